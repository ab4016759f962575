"""The check: which pairs of places keep a limit, with what slack, by which path, and what share of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.graph import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from network.compile import Query
    from network.ends import Ends
    from sim.journeys import Network
    from sim.results import Stage

CLOSE_MIN = 5
"""A pair whose slack is at most this, either way, is flagged as close."""


@dataclass(frozen=True, eq=False, slots=True)
class Verdict:
    """What a check found for one query.

    Attributes
    ----------
    query
        Clock, mode, period, traveller and statistic.
    limit_min
        Limit in minutes; None where the goal sets none.
    table
        One row an ordered pair, sorted by origin and destination: origin, destination, minutes (NaN: no
        journey), slack_min, kept, close, note, and a column ``<part>_min`` for each part. Over departures
        and with a limit also reliability: the share of the departures within it.
    people_share
        Share of the origins' people whose destinations are within the limit, each origin's people counting by
        the share of its destinations; NaN without population.
    paths
        Stages of each pair's journey, in the table's order; None where there is none. Empty if not asked for.
    """

    query: Query
    limit_min: float | None
    table: pd.DataFrame
    people_share: float
    paths: tuple[tuple[Stage, ...] | None, ...] = ()

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return len(self.table)

    @property
    def passing(self) -> int:
        """Number of pairs within the limit."""
        return int(self.table["kept"].sum())

    @property
    def kept(self) -> bool:
        """Whether every pair, in both directions, is within the limit."""
        return bool(self.table["kept"].all())

    @property
    def worst(self) -> pd.Series[float] | None:
        """Row of the slowest pair; a pair without a journey is the worst; None without pairs."""
        if self.table.empty:
            return None
        return self.table.iloc[int(np.argmax(self.table["minutes"].fillna(np.inf)))]


def check(
    network: Network,
    ends: Ends,
    pairs: Sequence[tuple[str, str]],
    query: Query,
    *,
    limit_min: float | None,
    paths: bool = False,
) -> Verdict:
    """Judge ordered pairs of places under one query.

    Parameters
    ----------
    network
        The region in the state of a scenario.
    ends
        All places that `pairs` names.
    pairs
        Ids of origin and destination.
    query
        Clock, mode, period, traveller and statistic.
    limit_min
        Limit, minutes; whole seconds are compared with it, before any rounding. None judges nothing: then
        every pair with a journey counts as kept.
    paths
        Whether to find the journeys too.

    Returns
    -------
    Verdict
        With the parts of each time, which sum to it.
    """
    router = network.router(ends, query)
    ordered = sorted(dict.fromkeys(pairs))
    start = ends.rows(pair[0] for pair in ordered)
    end = ends.rows(pair[1] for pair in ordered)
    origins, destinations = np.unique(start), np.unique(end)
    times = router.times(origins, destinations, within_min=limit_min)
    at = np.searchsorted(origins, start), np.searchsorted(destinations, end)
    seconds, parts = times.seconds[at], times.parts_s[at]
    reached = seconds >= 0
    limit_s = np.inf if limit_min is None else round(60 * limit_min, 6)
    table = pd.DataFrame(
        {"origin": [pair[0] for pair in ordered], "destination": [pair[1] for pair in ordered]}
    )
    table["minutes"] = np.where(reached, seconds / 60, np.nan)
    table["slack_min"] = np.nan if limit_min is None else limit_min - table["minutes"]
    table["kept"] = reached & (seconds <= limit_s)
    table["close"] = table["slack_min"].abs() <= CLOSE_MIN
    if times.within is not None and limit_min is not None:
        table["reliability"] = times.within[at]
    shared = (seconds == 0) & (start != end) & (query.clock != "door") & (query.mode != "car")
    table["note"] = np.where(shared, "same station", "")
    for row in np.flatnonzero(~reached):
        table.loc[row, "note"] = router.missing(int(start[row]), int(end[row]))
    for column, name in enumerate(PARTS):
        table[f"{name}_min"] = np.where(reached, parts[:, column] / 60, np.nan)
    found: list[list[Stage] | None] = []
    if paths:
        found = router.paths(list(zip(start.tolist(), end.tolist(), strict=True)))
    return Verdict(
        query,
        limit_min,
        table,
        _people_share(ends, start, table["kept"].to_numpy(bool)),
        tuple(None if stages is None else tuple(stages) for stages in found),
    )


def _people_share(ends: Ends, start: NDArray[np.int64], kept: NDArray[np.bool_]) -> float:
    """Return the share of the origins' people within the limit of their destinations."""
    population = ends.table["population"].to_numpy(np.float64, na_value=np.nan)[start]
    frame = pd.DataFrame({"start": start, "kept": kept, "people": population})
    each = frame.groupby("start").agg(share=("kept", "mean"), people=("people", "first")).dropna()
    total = each["people"].sum()
    return float((each["share"] * each["people"]).sum() / total) if total > 0 else float("nan")
