"""Timing in pairs: what is compared is timed in turns, in one run, so that both meet the same machine."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Call = Callable[[Any], object]

__all__ = ["Pairs", "paired", "seconds_of"]


class Pairs(NamedTuple):
    """Two things timed in turns.

    Attributes
    ----------
    ours_ms, theirs_ms
        Median times of one unit of work, ms.
    ratio, low, high
        Their time over ours: median and quartiles of the pairs' ratios.
    pairs
        Number of pairs.
    """

    ours_ms: float
    theirs_ms: float
    ratio: float
    low: float
    high: float
    pairs: int


def paired(
    ours: Call, theirs: Call, turns: Sequence[Any], *, ours_units: int = 1, theirs_units: int = 1
) -> Pairs:
    """Time two calls in turns; which of them comes first changes from pair to pair.

    Parameters
    ----------
    ours, theirs
        Called with each of `turns`.
    turns
        What they are called with: an origin, say.
    ours_units, theirs_units
        How many units of work a call does. What is compared is the time of a unit.
    """
    took = np.empty((len(turns), 2))
    for pair, turn in enumerate(turns):
        for which in (0, 1) if pair % 2 else (1, 0):
            begun = perf_counter()
            (ours, theirs)[which](turn)
            took[pair, which] = perf_counter() - begun
    took /= [ours_units, theirs_units]
    low, middle, high = np.percentile(took[:, 1] / took[:, 0], [25, 50, 75])
    ours_ms, theirs_ms = np.median(took, axis=0) * 1e3
    return Pairs(float(ours_ms), float(theirs_ms), float(middle), float(low), float(high), len(turns))


def seconds_of(call: Callable[[], object], times: int = 1) -> float:
    """Return the median time of a call, s."""
    took = np.empty(times)
    for turn in range(times):
        begun = perf_counter()
        call()
        took[turn] = perf_counter() - begun
    return float(np.median(took))
