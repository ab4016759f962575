"""The percentile of access: what is in reach at each departure, and its spread over the departures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.ends import ends_of
from network.errors import Problem, UnknownNameError
from sim.accessibility import Decay
from sim.kernels.window import UNREACHED
from sim.statistics import rank_of
from sim.window_router import WindowRouter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.compile import Query
    from onehour.access import Access

    Floats = NDArray[np.float64]

READINGS = ("times", "access")


def percentile_problems(query: Query, percentile_of: str) -> list[Problem]:
    """Return what is wrong with the reading of a percentile: ``times`` or ``access``."""
    if percentile_of not in READINGS:
        where = "--percentile-of"
        return list(UnknownNameError("reading", percentile_of, READINGS, where=where).problems)
    if percentile_of == "access" and not query.by_window:
        what = f"{query.statistic}, {query.mode}, {query.clock} has no departures to take a percentile of"
        fix = "ask for --statistic p50 (or mean) by transit, station or door"
        return [Problem("--percentile-of", what, fix)]
    return []


def spread_of(found: Access) -> Floats:
    """Return the percentile, or the mean, over departures of the opportunities in reach of each origin.

    Returns
    -------
    Floats
        float64 [origins, 2]: within the limit, and weighted by the decay. Percentile p is the
        ceil(p / 100 · n)-th smallest of the n values, so that high ones are good and p5 is a bad day.
    """
    network = found.study.network
    table = pd.concat([found.origins, found.destinations]).drop_duplicates("id")
    ends = ends_of(network.region, table)
    router = network.router(ends, found.query)
    assert isinstance(router, WindowRouter)  # noqa: S101 - `percentile_problems` saw to it
    rows, columns = ends.rows(found.origins["id"]), ends.rows(found.destinations["id"])
    step, percentile = Decay("step", found.decay.limit_min), found.query.percentile
    spread = np.empty((len(rows), 2))
    for at, row in enumerate(rows.tolist()):
        times_s = router.samples(row, columns)
        minutes = np.where(times_s == UNREACHED, np.nan, times_s / 60)
        for column, decay in enumerate((step, found.decay)):
            reached = decay.weights(minutes) @ found.opportunities
            if percentile:
                reached = np.sort(reached)[rank_of(percentile, len(reached)) - 1]
            spread[at, column] = np.mean(reached)
    return spread
