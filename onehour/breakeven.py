"""Break-even of a goal: what would make each failing pair pass, and break each passing one; as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.ends import ends_of
from network.errors import BadInputError, Problem
from onehour.states import States
from sim.breakeven import HIGH, LOW, break_even, levers_of, new_stop, road_levers
from sim.evaluate import is_fast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from network.compile import Query
    from onehour.study import Study, Words
    from sim.factors import Factors

    Ints = NDArray[np.int64]

STOPS = ("origin", "destination", "both")
"""Where a new stop may be."""


def breakeven(
    study: Study,
    goal: str | None = None,
    words: Words | None = None,
    *,
    folder: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Return what each lever would have to be multiplied by for each pair of a goal to turn.

    Parameters
    ----------
    study
        The region under a scenario.
    goal
        Id of a goal; by default the headline one.
    words
        clock, mode, period, traveller, statistic in place of the goal's own (``expected`` in place of a
        percentile).
    folder
        Where times found so far are kept, and taken from; they are not kept if not given.
    tell
        Gets a few words on long work.

    Returns
    -------
    DataFrame
        Sorted by origin, destination and lever: origin, destination, minutes, slack_min, kept, kind, lever,
        name_zh and name_en of its line or station, factor (NaN: none from a quarter to four times does it),
        end_minutes (at the end of the range), access_min, station, names of the places; provenance in
        ``attrs``.

        The kinds are ``ride``, ``headway`` and ``part`` by transit, ``number`` (congestion, parking, toll
        gates) by other modes. From door to door by transit, each pair that fails also has rows of the kind
        ``new stop`` at its origin, destination, and both: access_min is the longest way to, or to and from, a
        stop where trains call as they do at `station` today (two ids, ``a;b``, for both ends), negative where
        even one at the door would not do, and end_minutes the minutes with one at the door. `station` is one
        of those that stand for the place on the clock ``station``.

    Raises
    ------
    BadInputError
        The goal has no limit, or cannot be asked of these places in this reading.
    """
    aim = study.goal(goal)
    query = study.query(**study.planning_words(aim, words or {}))
    if aim.limit_min is None:
        raise BadInputError(Problem("--goal", f"{aim.goal_id} sets no limit", "name a goal with a limit"))
    pairs = sorted(dict.fromkeys(aim.pairs_in(study.network.region)))
    places = sorted({name for pair in pairs for name in pair})
    if query.by_window:
        what = f"levers are not pulled under {query.statistic}, departure by departure"
        raise BadInputError(Problem("--statistic", what, "use expected or best"))
    transit = query.mode == "transit"
    if transit and not is_fast(study.area.region, ends_of(study.area.region, places), query):
        what = "levers are not known between these places"
        raise BadInputError(Problem("--goal", what, "use a goal between places"))
    with States(study, study.scenario, (), pairs, query, folder=folder, tell=tell) as states:

        def times(factors: Factors, count: int) -> Ints:
            found = states.times(np.zeros((count, 0), np.bool_), factors)
            if tell is not None:
                tell(f"{states.times.searched:,} networks searched")
            return found

        levers = levers_of(states.lines()) if transit else road_levers(query.mode)
        found = break_even(times, levers, 60 * aim.limit_min)
    table = pd.DataFrame(
        {
            "origin": np.repeat([pair[0] for pair in pairs], len(levers)),
            "destination": np.repeat([pair[1] for pair in pairs], len(levers)),
            "minutes": np.repeat(_minutes(found.seconds), len(levers)),
            "slack_min": np.repeat(aim.limit_min - _minutes(found.seconds), len(levers)),
            "kept": np.repeat(found.kept, len(levers)),
            "kind": [lever.kind for lever in levers] * len(pairs),
            "lever": [lever.name for lever in levers] * len(pairs),
            "factor": found.factor.ravel(),
            "end_minutes": _minutes(found.end_s).ravel(),
            "access_min": np.nan,
            "station": "",
        }
    )
    if transit and query.clock == "door":
        failing = np.flatnonzero(~found.kept).tolist()
        stops = _new_stops(study, query, [pairs[at] for at in failing], 60 * aim.limit_min)
        stops["minutes"] = np.repeat(_minutes(found.seconds)[failing], len(STOPS))
        stops["slack_min"] = aim.limit_min - stops["minutes"]
        stops = stops.astype({"kept": bool})
        table = pd.concat([table, stops], ignore_index=True)
        table = table.sort_values(["origin", "destination"], kind="stable", ignore_index=True)
    table = table.astype(dict.fromkeys(("origin", "destination", "kind", "lever", "station"), "str"))
    region = study.network.region
    named = [region.table("lines").set_index("line_id"), region.stations.set_index("station_id")]
    for name in ("name_zh", "name_en"):
        of_line, of_station = (dict(zip(rows.index, rows[name], strict=True)) for rows in named)
        table[name] = [
            "; ".join(of_station.get(one, "") for one in station.split(";")) or of_line.get(lever, "")
            for lever, station in zip(table["lever"], table["station"], strict=True)
        ]
    table = study.named(table)
    table.attrs |= study.provenance(query) | {
        "goal": aim.goal_id,
        "goal_text": aim.text_seed,
        "limit_min": aim.limit_min,
        "factors_searched": [LOW, HIGH],
        "evaluations": found.evaluations,
        "searched": states.times.searched,
    }
    return table


def _new_stops(study: Study, query: Query, pairs: Sequence[tuple[str, str]], limit_s: float) -> pd.DataFrame:
    """Return how near new stops would have to be to the ends of pairs, a row a pair and place of `STOPS`."""
    region = study.network.region
    places = sorted({name for pair in pairs for name in pair})
    listed = region.table("centre_stations")
    served = set(region.stations["station_id"].iloc[study.network.tables.served])
    near: dict[str, list[str]] = {name: [] for name in places}
    for place, station in zip(listed["place_id"], listed["station_id"], strict=True):
        if place in near and station in served:
            near[place].append(station)
    everywhere = sorted(set(places).union(*near.values()))
    ends = ends_of(region, everywhere)
    rows = np.arange(len(ends))
    seconds = study.network.router(ends, query).times(rows, rows).seconds if pairs else np.zeros((0, 0))
    parts = []
    for where in STOPS:
        starts = [near[one] if where != "destination" else [one] for one, _ in pairs]
        stops = [near[other] if where != "origin" else [other] for _, other in pairs]
        found = new_stop(
            seconds.astype(np.int64),
            [ends.rows(names) for names in starts],
            [ends.rows(names) for names in stops],
            limit_s,
        )
        used = [found.start] * (where != "destination") + [found.end] * (where != "origin")
        parts.append(
            pd.DataFrame(
                {
                    "origin": [pair[0] for pair in pairs],
                    "destination": [pair[1] for pair in pairs],
                    "kept": False,
                    "kind": "new stop",
                    "lever": where,
                    "factor": np.nan,
                    "end_minutes": _minutes(found.door_s),
                    "access_min": np.where(found.door_s >= 0, found.access_s / 60, np.nan),
                    "station": [
                        ";".join(ends.ids[row] for row in rows if row >= 0)
                        for rows in zip(*(rows.tolist() for rows in used), strict=True)
                    ],
                }
            )
        )
    table = pd.concat(parts)
    return table.sort_values(["origin", "destination"], kind="stable", ignore_index=True)


def _minutes(seconds: Ints) -> NDArray[np.float64]:
    return np.where(seconds >= 0, seconds / 60, np.nan)
