"""Inequality of what people have, each group counting by its people.

Values and people are one-dimensional arrays of equal length, [groups]. Groups without people, or whose value
is NaN, are left out; where nothing is left, or the measure has no value, the answer is NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_POOR, _RICH = 0.4, 0.9


def gini(values: ArrayLike, people: ArrayLike) -> float:
    """Return the Gini index: half the mean difference between two people, over the mean (Gini 1912).

    Parameters
    ----------
    values
        What a person of each group has, 0 or more.
    people
        Number of people in each group.

    Returns
    -------
    float
        0 where all have the same, near 1 where one has all; NaN where nobody has anything.
    """
    share_people, share_value = lorenz(values, people)
    if not share_value.size:
        return float("nan")
    return float(1 - np.sum(np.diff(share_people) * (share_value[1:] + share_value[:-1])))


def palma(values: ArrayLike, people: ArrayLike) -> float:
    """Return the Palma ratio: what the best-off tenth has, over what the worst-off four tenths have.

    Parameters
    ----------
    values, people
        As of `gini`. A group on the border of a tenth is divided.

    Returns
    -------
    float
        A ratio of shares of the total (Palma 2011; Cobham & Sumner 2013): 0.25 where all have the same. Four
        times this is the ratio of the two means. NaN where the four tenths have nothing.
    """
    share_people, share_value = lorenz(values, people)
    if not share_value.size:
        return float("nan")
    poor, rich = np.interp((_POOR, _RICH), share_people, share_value)
    return float((1 - rich) / poor) if poor > 0 else float("nan")


def theil(values: ArrayLike, people: ArrayLike) -> float:
    """Return the Theil index T: mean of (value / mean) ln(value / mean) (Theil 1967).

    Parameters
    ----------
    values, people
        As of `gini`.

    Returns
    -------
    float
        0 where all have the same, ln n where one of n people has all; NaN where nobody has anything.
    """
    value, weight = _counted(values, people)
    total = float(value @ weight)
    if not total > 0:
        return float("nan")
    ratio = value * (weight.sum() / total)
    logs = np.log(ratio, where=ratio > 0, out=np.zeros_like(ratio))
    return float(max(0.0, weight @ (ratio * logs) / weight.sum()))


def mean(values: ArrayLike, people: ArrayLike) -> float:
    """Return the mean over people; NaN where there are none."""
    value, weight = _counted(values, people)
    return float(value @ weight / weight.sum()) if weight.size else float("nan")


def share_above(minutes: ArrayLike, people: ArrayLike, limit_min: float) -> float:
    """Return the share of people whose time is above a limit; those without a journey (NaN) are.

    Parameters
    ----------
    minutes
        Time of each group, minutes.
    people
        Number of people in each group.
    limit_min
        Limit, minutes; a time equal to it is not above.

    Returns
    -------
    float
        From 0 to 1; NaN where there are no people.
    """
    time, weight = np.asarray(minutes, np.float64), np.nan_to_num(np.asarray(people, np.float64))
    total = weight.sum()
    return float(weight[~(time <= limit_min)].sum() / total) if total > 0 else float("nan")


def lorenz(values: ArrayLike, people: ArrayLike) -> tuple[Floats, Floats]:
    """Return the Lorenz curve: shares of people, worst-off first, and of all that they have.

    Returns
    -------
    tuple of ndarray of float64
        Both ascend from 0 to 1, [groups + 1]; empty where nobody has anything.
    """
    value, weight = _counted(values, people)
    order = np.argsort(value, kind="stable")
    below = np.append(0.0, np.cumsum(weight[order]))
    held = np.append(0.0, np.cumsum((value * weight)[order]))
    if not held[-1] > 0:
        return np.zeros(0), np.zeros(0)
    return below / below[-1], held / held[-1]


def _counted(values: ArrayLike, people: ArrayLike) -> tuple[Floats, Floats]:
    """Return values and people of the groups that count."""
    value, weight = np.asarray(values, np.float64), np.asarray(people, np.float64)
    there = (weight > 0) & ~np.isnan(value)
    return value[there], weight[there]
