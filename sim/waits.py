"""The exact distribution of a sum of waits, each uniform over a headway of its own.

Who arrives at random at a service whose phase is not known waits a uniform time from 0 to the headway; the
waits of services with independent phases that are taken one after another are independent too. Along one path
without timetabled services the time is then what is fixed plus a sum of uniform waits (Irwin 1927; Hall 1927,
here with unequal ranges): what drawn phases converge to.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from network.errors import BadInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

MOST_WAITS = 12
"""Waits of one sum at most: beyond, the alternating sum loses its digits."""


def wait_share(headways_s: Sequence[float], within_s: ArrayLike) -> NDArray[np.float64]:
    """Return the probability that a sum of uniform waits is at most a time.

    Parameters
    ----------
    headways_s
        Headways, s, above 0, up to `MOST_WAITS` of them.
    within_s
        Times, s, any shape.

    Returns
    -------
    NDArray
        float64, the shape of `within_s`: Σ over subsets S of (-1)^|S| (t - Σ S)₊ⁿ / (n! Π headways).

    Raises
    ------
    BadInputError
        A headway is not above 0, or there are too many.
    """
    times = np.asarray(within_s, np.float64)
    many = len(headways_s)
    if many > MOST_WAITS or any(not headway > 0 for headway in headways_s):
        what = f"{list(headways_s)} cannot be summed"
        raise BadInputError(Problem("headways_s", what, f"up to {MOST_WAITS}, each above 0"))
    if many == 0:
        return (times >= 0).astype(np.float64)
    total = np.zeros_like(times)
    for size in range(many + 1):
        for chosen in combinations(headways_s, size):
            total += (-1) ** size * np.maximum(times - sum(chosen), 0) ** many
    share = np.clip(total / (math.factorial(many) * math.prod(headways_s)), 0, 1)
    return np.where(times >= sum(headways_s), 1.0, share)


def wait_percentile_s(headways_s: Sequence[float], percentile: float) -> float:
    """Return the time that a sum of uniform waits exceeds with a chance of 100 - `percentile` in 100, s."""
    low, high = 0.0, float(sum(headways_s))
    while high - low > 1e-6:  # noqa: PLR2004 - a millionth of a second
        middle = (low + high) / 2
        if float(wait_share(headways_s, middle)) * 100 < percentile:
            low = middle
        else:
            high = middle
    return high
