"""One feed: its tables, read and checked against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from network.errors import MOST_TOLD, Problem, suggest
from network.gtfs.archive import read_files
from network.gtfs.kinds import find_class
from network.gtfs.tables import (
    BAD_TIME,
    FIELDS,
    NEEDED,
    NO_TIME,
    Table,
    empty_table,
    read_table,
    told,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

PLATFORM, STATION = 0, 1
"""Location types of what trips call at, and of what platforms belong to."""

#: Column, the file and column that its ids must stand in.
_REFERENCES = (
    ("stops", "parent_station", "stops", "stop_id"),
    ("trips", "route_id", "routes", "route_id"),
    ("stop_times", "trip_id", "trips", "trip_id"),
    ("stop_times", "stop_id", "stops", "stop_id"),
    ("frequencies", "trip_id", "trips", "trip_id"),
    *(("transfers", f"{end}_stop_id", "stops", "stop_id") for end in ("from", "to")),
    *(("transfers", f"{end}_route_id", "routes", "route_id") for end in ("from", "to")),
    *(("transfers", f"{end}_trip_id", "trips", "trip_id") for end in ("from", "to")),
)

#: Files that change nothing here, and why.
_UNUSED = {
    "pathways.txt": "ways inside stations are not read: changes follow transfers.txt",
    "levels.txt": "levels of stations are not read",
    "locations.geojson": "zones of demand-responsive services are not read",
}


@dataclass(frozen=True, eq=False, slots=True)
class Feed:
    """A feed's tables, checked.

    Attributes
    ----------
    name
        Of the file or folder.
    tables
        The frames of `network.gtfs.tables.FIELDS`, one without rows for each file that is not there.
        ``stop_times`` are in order of trip and sequence.
    notes
        What was left alone, in sentences.
    """

    name: str
    tables: dict[str, pd.DataFrame]
    notes: tuple[str, ...]

    @property
    def time_zone(self) -> str:
        """Time zone of all its clocks."""
        return str(self.tables["agency"]["agency_timezone"].iloc[0])


def read_feed(path: Path, problems: list[Problem]) -> Feed:
    """Read a feed.

    Parameters
    ----------
    path
        A zip archive or a folder.
    problems
        Gets everything that is wrong, by file and row; where that is so the feed is not to be used.
    """
    before = len(problems)
    name = path.name or str(path)
    files = read_files(path, {f"{table}.txt" for table in FIELDS}, problems)
    if not files and len(problems) > before:
        return Feed(name, {}, ())
    tables = {}
    for table in FIELDS:
        if f"{table}.txt" in files:
            tables[table] = read_table(table, name, files.pop(f"{table}.txt"), problems)
        else:
            tables[table] = empty_table(table, is_whole=table not in NEEDED)
            if table in NEEDED:
                problems.append(Problem(f"{name}/{table}.txt", "is missing", "the format demands it"))
    problems += _problems(name, tables)
    frames = {table: read.frame for table, read in tables.items()}
    calls = frames["stop_times"].sort_values(["trip_id", "stop_sequence"], kind="stable")
    problems += [
        problem for _, problem in sorted(_call_problems(name, calls, tables), key=lambda pair: pair[0])
    ]
    frames["stop_times"] = calls
    notes = [f"{name}: {sentence}." for file, sentence in _UNUSED.items() if file in files]
    return Feed(name, frames, tuple(notes))


def _problems(feed: str, tables: dict[str, Table]) -> list[Problem]:
    """Return what is wrong between tables, and with what they say."""
    found: list[tuple[int, Problem]] = []
    for table, column, target, key in _REFERENCES:
        if tables[target].is_whole:
            cells, known = tables[table].frame[column], tables[target].frame[key]
            unknown = set(cells.unique()) - set(known) - {""}
            lost = cells[cells.isin(unknown)]
            found += _lost(f"{feed}/{table}.txt", column, lost, f"{target}.txt", list(known))
    found += _stop_problems(feed, tables["stops"].frame)
    found += _kind_problems(feed, tables["routes"].frame)
    found += _zone_problems(feed, tables["agency"].frame)
    found += _service_problems(feed, tables)
    found += _frequency_problems(feed, tables["frequencies"].frame)
    return [problem for _, problem in found]


def _lost(
    where: str, column: str, lost: pd.Series, target: str, known: list[str]
) -> list[tuple[int, Problem]]:
    """Return the ids that stand nowhere, each once with its first row."""
    if lost.empty:
        return []
    first = lost[~lost.duplicated()]
    counts = lost.value_counts()
    found = []
    for row, name in first[:MOST_TOLD].items():
        more = f", nor in {counts[name] - 1} more rows" if counts[name] > 1 else ""
        what = f"{name!r} is not in {target}{more}"
        near = suggest(str(name), known) if len(known) <= 10_000 else ""  # noqa: PLR2004 - it is slow
        found.append((int(str(row)), Problem(f"{where} row {row}, {column}", what, near)))
    if len(first) > MOST_TOLD:
        row = first.index[MOST_TOLD]
        what = f"{len(first) - MOST_TOLD} more ids are not in {target}"
        found.append((int(row), Problem(f"{where} row {row}, {column}", what)))
    return found


def _stop_problems(feed: str, stops: pd.DataFrame) -> list[tuple[int, Problem]]:
    placed = stops["stop_lat"].notna() & stops["stop_lon"].notna()
    parent = stops["parent_station"]
    types = dict(zip(stops["stop_id"], stops["location_type"], strict=True))
    child = (stops["location_type"] == PLATFORM) & (parent != "") & parent.isin(stops["stop_id"])
    no_station = child & (parent.map(types) != STATION)
    platform = stops["location_type"] == PLATFORM
    return [
        *told(
            stops.index[platform & ~placed].to_numpy(),
            f"{feed}/stops.txt",
            "stop_lat and stop_lon",
            "are blank",
            "a stop needs a position, in degrees WGS 84",
        ),
        *told(
            stops.index[no_station].to_numpy(),
            f"{feed}/stops.txt",
            "parent_station",
            "is no station",
            "a parent has the location_type 1",
        ),
    ]


def _kind_problems(feed: str, routes: pd.DataFrame) -> list[tuple[int, Problem]]:
    kinds, where, fix = routes["route_type"], f"{feed}/routes.txt", "see the list of routes.txt in the format"
    # a blank one, or one that is no number, has been told
    unknown = [kind for kind in kinds.unique() if kind >= 0 and find_class(int(kind)) is None]
    return [
        problem
        for kind in unknown
        for problem in told(
            routes.index[kinds == kind].to_numpy(), where, "route_type", f"{kind} is no type of route", fix
        )
    ]


def _zone_problems(feed: str, agencies: pd.DataFrame) -> list[tuple[int, Problem]]:
    found = []
    zones = agencies["agency_timezone"]
    where = f"{feed}/agency.txt"
    for row, zone in zones[zones != ""].items():
        try:
            ZoneInfo(zone)
        except (LookupError, OSError, ValueError):
            what = f"{zone!r} is no time zone"
            place = f"{where} row {row}, agency_timezone"
            found.append((int(str(row)), Problem(place, what, "for example Asia/Shanghai")))
    if len(zones.unique()) > 1:
        what = f"the agencies have {len(zones.unique())} time zones"
        found.append((0, Problem(f"{where}, agency_timezone", what, "a feed has one")))
    return found


def _service_problems(feed: str, tables: dict[str, Table]) -> list[tuple[int, Problem]]:
    calendar, dates, trips = (tables[name].frame for name in ("calendar", "calendar_dates", "trips"))
    found = []
    if calendar.empty and dates.empty and tables["calendar"].is_whole and tables["calendar_dates"].is_whole:
        what = "has neither calendar.txt nor calendar_dates.txt"
        found.append((0, Problem(feed, what, "a feed says on which days its trips run")))
    elif tables["calendar"].is_whole and tables["calendar_dates"].is_whole:
        known = pd.concat([calendar["service_id"], dates["service_id"]])
        unknown = set(trips["service_id"]) - set(known) - {""}
        lost = trips["service_id"][trips["service_id"].isin(unknown)]
        target = "calendar.txt or calendar_dates.txt"
        found += _lost(f"{feed}/trips.txt", "service_id", lost, target, list(known.unique()))
    told_days = (calendar["start_date"] != "") & (calendar["end_date"] != "")
    wrong = calendar.index[told_days & (calendar["end_date"] < calendar["start_date"])]
    what, fix = "is before start_date", "mend one of the two"
    return [*found, *told(wrong.to_numpy(), f"{feed}/calendar.txt", "end_date", what, fix)]


def _frequency_problems(feed: str, bands: pd.DataFrame) -> list[tuple[int, Problem]]:
    where = f"{feed}/frequencies.txt"
    bands = bands[(bands["start_time"] >= 0) & (bands["end_time"] >= 0)].sort_values(
        ["trip_id", "start_time"]
    )
    backward = (bands["end_time"] <= bands["start_time"]).to_numpy()
    same = (bands["trip_id"] == bands["trip_id"].shift()).to_numpy()
    over = same & (bands["start_time"] < bands["end_time"].shift()).to_numpy() & ~backward
    rows = bands.index.to_numpy()
    return [
        *told(np.sort(rows[backward]), where, "end_time", "is not after start_time", "mend one of the two"),
        *told(
            np.sort(rows[over]), where, "start_time", "is before the end of the span before", "part the two"
        ),
    ]


def _call_problems(feed: str, calls: pd.DataFrame, tables: dict[str, Table]) -> list[tuple[int, Problem]]:
    """Return what is wrong with the times of trips; `calls` are in order of trip and sequence."""
    if calls.empty:
        return []
    where, rows = f"{feed}/stop_times.txt", calls.index.to_numpy()
    trip = calls["trip_id"].to_numpy()
    first = np.append(True, trip[1:] != trip[:-1])
    last = np.append(first[1:], True)
    arrive, depart = calls["arrival_time"].to_numpy(), calls["departure_time"].to_numpy()
    unread = (arrive == BAD_TIME) | (depart == BAD_TIME)
    number = np.cumsum(first) - 1
    good = ~np.isin(number, number[unread])
    blank = (arrive == NO_TIME) & (depart == NO_TIME)
    whole = tables["stop_times"].is_whole
    ends = blank & (first | last) & good & whole
    arrive, depart = filled(arrive, depart)
    back = (depart < arrive) & good
    known = np.maximum.accumulate(
        np.where(blank, 0, np.arange(len(trip)))
    )  # the last call with a time, or this
    before = np.append(0, known[:-1])
    early = ~first & ~blank & good & (trip[before] == trip) & (arrive < depart[before]) & ~blank[before]
    platforms = tables["stops"].frame.set_index("stop_id")["location_type"]
    platforms = platforms[~platforms.index.duplicated()]
    kind = calls["stop_id"].map(platforms).fillna(PLATFORM).to_numpy()
    what = "both are blank at the first or last call"
    return [
        *told(
            np.sort(rows[ends]),
            where,
            "arrival_time and departure_time",
            what,
            "give the trip both ends' times",
        ),
        *told(np.sort(rows[back]), where, "departure_time", "is before the arrival", "mend one of the two"),
        *told(
            np.sort(rows[early]),
            where,
            "arrival_time",
            "is before the departure of the call before",
            "mend one of the two",
        ),
        *told(
            np.sort(rows[kind != PLATFORM]),
            where,
            "stop_id",
            "is no stop or platform",
            "trips call at location_type 0",
        ),
    ]


def filled(arrive_s: Ints, depart_s: Ints) -> tuple[Ints, Ints]:
    """Return arrivals and departures of which each stands for the other where that is blank."""
    return np.where(arrive_s < 0, depart_s, arrive_s), np.where(depart_s < 0, arrive_s, depart_s)
