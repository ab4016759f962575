"""Means over the departures of a window: of the travel times, and of the parts that sum to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.kernels.window import UNREACHED
from sim.window_journeys import WINDOW_PARTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.points import Directs, Points
    from sim.window import Window

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_MOST_JOURNEYS = 50_000
"""Journeys that are read at once."""


class Means(NamedTuple):
    """Means between points, each [origins, destinations].

    Attributes
    ----------
    seconds
        int64: the mean rounded to whole s, -1 where a departure has no journey within the limit.
    parts_s
        int64 [origins, destinations, 7]: means of `WINDOW_PARTS`, whole s that sum to `seconds`.
    nearest
        int64 [origins, destinations, 3]: moment (s after midnight), draw and travel time (s) of the journey
        whose time is nearest to the mean, the first of several.
    """

    seconds: Ints
    parts_s: Ints
    nearest: Ints


def window_means(
    window: Window, origins: Points, destinations: Points, directs: Directs, *, parts: bool = True
) -> Means:
    """Return the means of the travel times over all draws and clocks of a window.

    Parameters
    ----------
    window, origins, destinations, directs
        As for `Window.samples`.
    parts
        Whether to find the parts: every journey of the window is then read.
    """
    shape = len(origins.ids), len(destinations.ids)
    found = Means(
        np.full(shape, -1, np.int64),
        np.zeros((*shape, len(WINDOW_PARTS)), np.int64),
        np.zeros((*shape, 3), np.int64),
    )
    for row in range(shape[0]):
        one = origins.one(row)
        times_s, moment_s = (
            side[0].reshape(window.count, -1) for side in window.moments(one, destinations, directs.one(row))
        )
        reached = np.flatnonzero((times_s != UNREACHED).all(axis=0))
        mean_s = times_s[:, reached].mean(axis=0)
        at = np.abs(times_s[:, reached] - mean_s).argmin(axis=0)
        draw = at // len(window.clocks_s)
        found.nearest[row, reached] = np.stack([moment_s[at, reached], draw, times_s[at, reached]], axis=1)
        found.seconds[row, reached] = np.floor(mean_s + 0.5)
        if parts and len(reached):
            sums = _sums(window, one, destinations, reached, times_s, moment_s)
            found.parts_s[row, reached] = _whole(sums / window.count, found.seconds[row, reached])
    return found


def _sums(
    window: Window, origin: Points, destinations: Points, reached: Ints, times_s: Ints, moment_s: Ints
) -> Ints:
    """Return the sums of the parts of all journeys from one origin, [destinations that are reached, 7]."""
    total = np.zeros((len(reached), len(WINDOW_PARTS)), np.int64)
    step = max(1, _MOST_JOURNEYS // len(reached))
    for first in range(0, window.count, step):
        number = np.arange(first, min(first + step, window.count))
        sample, column = (side.ravel() for side in np.meshgrid(number, reached, indexing="ij"))
        draw = sample // len(window.clocks_s)
        query = np.stack(
            [np.zeros_like(sample), draw, moment_s[sample, column], column, times_s[sample, column]], axis=1
        )
        parts = window.journeys(origin, destinations, query.astype(np.int32)).parts_s()
        total += parts.reshape(len(number), len(reached), -1).sum(axis=0)
    return total


def _whole(parts: Floats, seconds: Ints) -> Ints:
    """Return parts as whole s that sum to the seconds: those with the largest rests are rounded up."""
    whole = np.floor(parts + 1e-9)
    rest = np.argsort(np.argsort(whole - parts, axis=1, kind="stable"), axis=1)
    lacking = seconds - whole.sum(axis=1).astype(np.int64)
    return np.asarray(whole + (rest < lacking[:, None]), np.int64)
