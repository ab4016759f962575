"""Statistics of travel times over departures, and the two readings of a percentile."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from network.errors import BadInputError, Problem
from sim.kernels.window import UNREACHED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Int32s = NDArray[np.int32]
    Int64s = NDArray[np.int64]
    Floats = NDArray[np.float64]

DEFAULT_STATISTICS = ("best", "p5", "p25", "p50", "p75", "p95", "mean", "reliability")

_PERCENTILE = re.compile(r"p([1-9]\d?|100)")


def rank_of(percentile: int, count: int) -> int:
    """Return which smallest of `count` values, from 1 on, a percentile is: the ceil(p / 100 · n)-th."""
    return math.ceil(percentile * count / 100)


def ranks_of(names: Sequence[str], count: int) -> tuple[Int64s, dict[str, int]]:
    """Return which smallest of `count` times statistics want, and the column of each among them.

    Raises
    ------
    BadInputError
        A name is none of ``best``, ``p1`` to ``p100``, ``mean`` and ``reliability``; lists every problem.
    """
    found = {name: _PERCENTILE.fullmatch(name) for name in names}
    wrong = [
        name for name, match in found.items() if match is None and name not in {"best", "mean", "reliability"}
    ]
    if wrong:
        fix = "best, p1 to p100, mean or reliability"
        raise BadInputError(Problem("statistics", f"{name!r} is no statistic", fix) for name in wrong)
    wanted = {"best": 1} if "best" in found else {}
    wanted |= {name: rank_of(int(match[1]), count) for name, match in found.items() if match}
    ranks = np.array(list(wanted.values()) or [1], np.int64)
    return ranks, {name: at for at, name in enumerate(wanted)}


def time_percentiles(times_s: Int32s, percentiles: Sequence[int], *, axis: int = -2) -> Floats:
    """Return percentiles of travel times: per pair, the ceil(p / 100 · n)-th smallest of its n times.

    This is the **time percentile**: each destination has a typical time of its own, and what can be reached
    in it need not be reachable at any one departure. See `access_percentiles` for the other reading.

    Parameters
    ----------
    times_s
        int32 array, s, or `UNREACHED`; the departures stand on `axis`.
    percentiles
        1 to 100.
    axis
        Axis of the departures.

    Returns
    -------
    Floats
        float64, s, infinite where unreached; the percentiles stand on the last axis.
    """
    found = _ranked(np.moveaxis(times_s, axis, -1), percentiles)
    return np.where(found == UNREACHED, np.inf, found)


def access_percentiles(
    times_s: Int32s, opportunities: NDArray[np.generic], limit_min: float, percentiles: Sequence[int]
) -> Floats:
    """Return percentiles of access: what is reached at each departure, and its ceil(p / 100 · n)-th smallest.

    This is the **percentile of access** (Conway, Byrd & van Eggermond 2018): the spread over departures of
    the sum of opportunities within the limit. The sum over `time_percentiles` within the limit is another
    number.

    Parameters
    ----------
    times_s
        int32 [origins, departures, destinations], s, or `UNREACHED`.
    opportunities
        Number at each destination, [destinations].
    limit_min
        Limit, min.
    percentiles
        1 to 100.

    Returns
    -------
    Floats
        float64 [origins, percentiles].
    """
    reached = np.where(times_s <= 60 * limit_min, np.asarray(opportunities, np.float64), 0).sum(axis=-1)
    return _ranked(reached, percentiles)


def _ranked(values: NDArray[np.generic], percentiles: Sequence[int]) -> Floats:
    """Return percentiles along the last axis."""
    ordered = np.sort(values, axis=-1)
    rows = [rank_of(percentile, ordered.shape[-1]) - 1 for percentile in percentiles]
    return np.asarray(ordered[..., rows], np.float64)
