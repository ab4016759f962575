"""Feeds as the long tables of one day: what a `Timetable`, or a region, is made of."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.errors import BadInputError, Problem
from network.gtfs.calls import calls_of
from network.gtfs.feeds import PLATFORM, STATION, Feed, read_feed
from network.gtfs.kinds import find_class
from network.gtfs.names import names_of
from network.gtfs.transfers import transfers_of
from network.rides import DAY_S
from network.timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Sequence

MORNING_S = 6 * 3600
"""Trips of the next day that leave before this second of it are read too: evening searches meet them."""

_DAY = dt.timedelta(days=1)
_LONGEST_SEARCH = 400
"""Days that are looked at, before and after one without service, for one with it."""

_COLOUR = re.compile("[0-9A-Fa-f]{6}")


@dataclass(frozen=True, eq=False, slots=True)
class ServiceDay:
    """What runs on one day, as long tables; all times are whole seconds after its midnight.

    Attributes
    ----------
    day
        The day.
    time_zone
        Time zone of all clocks.
    stops
        stop_id, name_zh (the local name), name_en, lon, lat (degrees WGS 84), complex (the parent station,
        blank if none), station_class (that of an own export, else blank). All stops, used or not.
    stations
        Parents of stops: stop_id, name_zh, name_en, lon, lat (NaN where the feed does not say).
    agencies
        Names of the agencies.
    attributions
        Whom the feeds name in ``attributions.txt``.
    routes
        route_id, name_zh, name_en, name, colour (six hexadecimal digits or blank), class, route_type, gate_s
        (s before departure by which one who comes from the street must be there).
    stop_times
        trip_id, sequence, stop_id, arrival_s, departure_s, route_id, can_board, can_alight, distance (along
        the way in the feed's own unit, NaN if not told). In order of trip and sequence, two or more each.
    frequencies
        trip_id, start_s, end_s, headway_s, exact. Their trips are patterns of times alone.
    transfers
        from_stop_id, to_stop_id, seconds.
    notes
        What was left alone or filled in, in sentences.
    """

    day: dt.date
    time_zone: str
    agencies: tuple[str, ...]
    attributions: tuple[str, ...]
    stops: pd.DataFrame
    stations: pd.DataFrame
    routes: pd.DataFrame
    stop_times: pd.DataFrame
    frequencies: pd.DataFrame
    transfers: pd.DataFrame
    notes: tuple[str, ...]


def read_timetable(paths: Sequence[str | Path], date: dt.date | str) -> Timetable:
    """Read the timetable of a day from GTFS feeds.

    Parameters
    ----------
    paths
        One or more feeds, each a zip archive or a folder. Ids of several feeds begin with the feed's name.
    date
        The day, or its text YYYY-MM-DD.

    Raises
    ------
    BadInputError
        A feed cannot be used, or nothing runs on that day; lists every problem by file and row.
    """
    found = read_day(paths, date)
    return Timetable.from_trips(
        found.stops,
        found.stop_times,
        routes=found.routes,
        frequencies=found.frequencies,
        transfers=found.transfers,
    )


def read_day(paths: Sequence[str | Path], date: dt.date | str, *, nights: bool = True) -> ServiceDay:
    """Read what runs on a day from GTFS feeds.

    Parameters
    ----------
    paths
        One or more feeds, each a zip archive or a folder. Ids of several feeds begin with the feed's name.
    date
        The day, or its text YYYY-MM-DD.
    nights
        Whether to add what runs over midnight: trips of the day before that arrive after it, with times that
        may begin below 0, and trips of the day after that leave before `MORNING_S`.

    Raises
    ------
    BadInputError
        A feed cannot be used, or nothing runs on that day; lists every problem by file and row.
    """
    problems: list[Problem] = []
    day = _day(date, problems)
    if not paths:
        problems.append(Problem("feeds", "there is none", "name a zip archive"))
    feeds = [read_feed(Path(path), problems) for path in paths]
    if not problems:
        zones = sorted({feed.time_zone for feed in feeds})
        if len(zones) > 1:
            problems.append(
                Problem("feeds", f"have several time zones: {', '.join(zones)}", "read them apart")
            )
    if problems or day is None:
        raise BadInputError(problems)
    parts = [_Day(feed, day, nights=nights) for feed in feeds]
    if any(part.stop_times.empty for part in parts):
        raise BadInputError([part.nothing() for part in parts if part.stop_times.empty])
    prefixes = _prefixes([feed.name for feed in feeds])
    return _joined(day, feeds[0].time_zone, [part.tables() for part in parts], prefixes, parts)


def _day(date: dt.date | str, problems: list[Problem]) -> dt.date | None:
    if isinstance(date, dt.date):
        return date
    try:
        return dt.date.fromisoformat(date)
    except ValueError:
        problems.append(Problem("--date", f"{date!r} is no day", "write it as 2030-12-31"))
        return None


def _prefixes(names: Sequence[str]) -> list[str]:
    """Return what the ids of each feed begin with: nothing for one, else its name and a colon."""
    if len(names) == 1:
        return [""]
    stems = [re.sub(r"[\s,;|\"':]+", "_", Path(name).stem) or "feed" for name in names]
    return [
        f"{stem}{f'-{stems[:at].count(stem) + 1}' if stem in stems[:at] else ''}:"
        for at, stem in enumerate(stems)
    ]


_IDS = {
    "stops": ("stop_id", "complex"),
    "stations": ("stop_id",),
    "routes": ("route_id",),
    "stop_times": ("trip_id", "stop_id", "route_id"),
    "frequencies": ("trip_id",),
    "transfers": ("from_stop_id", "to_stop_id"),
}


def _joined(
    day: dt.date, zone: str, found: list[dict[str, pd.DataFrame]], prefixes: list[str], parts: list[_Day]
) -> ServiceDay:
    """Return the tables of several feeds as one day."""
    tables = {}
    for table, columns in _IDS.items():
        frames = []
        for part, prefix in zip(found, prefixes, strict=True):
            frame = part[table]
            if prefix:
                named = {name: (prefix + frame[name]).where(frame[name] != "", "") for name in columns}
                frame = frame.assign(**named)
            frames.append(frame)
        tables[table] = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    notes = tuple(note for part in parts for note in part.notes)
    found_names = [
        dict.fromkeys(name for part in parts for name in part.feed.tables[table][column] if name)
        for table, column in (("agency", "agency_name"), ("attributions", "organization_name"))
    ]
    agencies, attributions = map(tuple, found_names)
    return ServiceDay(
        day=day, time_zone=zone, agencies=agencies, attributions=attributions, notes=notes, **tables
    )


class _Day:
    """A day of one feed."""

    def __init__(self, feed: Feed, day: dt.date, *, nights: bool) -> None:
        self.feed, self.day = feed, day
        self.notes = list(feed.notes)
        self.calls = calls_of(feed, self.notes)
        # one row a trip, and the row of each call's
        self.trips = self.calls.groupby("trip_id", sort=True).agg(
            service_id=("service_id", "first"), start_s=("departure_s", "min"), end_s=("arrival_s", "max")
        )
        self.trips["frequent"] = self.trips.index.isin(feed.tables["frequencies"]["trip_id"])
        self.trip_of = self.trips.index.get_indexer(pd.Index(self.calls["trip_id"]))
        runs = [self._running(shift) for shift in ((-1, 0, 1) if nights else (0,))]
        self.stop_times = pd.concat([times for times, _ in runs], ignore_index=True)
        self.frequencies = pd.concat([bands for _, bands in runs], ignore_index=True)

    def nothing(self) -> Problem:
        """Return the problem that nothing runs on the day, with the nearest days on which something does."""
        calendar, dates = self.feed.tables["calendar"], self.feed.tables["calendar_dates"]
        texts = [*calendar["start_date"], *calendar["end_date"], *dates["date"]]
        first, last = (dt.date.fromisoformat(text) for text in (min(texts), max(texts)))
        used = set(self.trips["service_id"])
        near = [
            self._next_day(used, min(self.day, last + _DAY), first, back=True),
            self._next_day(used, max(self.day, first - _DAY), last, back=False),
        ]
        words = " and ".join(str(day) for day in near if day is not None)
        fix = f"the nearest days with service: {words}" if words else "no day near by has service"
        return Problem(self.feed.name, f"no trip runs on {self.day}", fix)

    def _next_day(self, used: set[str], start: dt.date, end: dt.date, *, back: bool) -> dt.date | None:
        """Return the first day after `start`, or before it, with one of the services, up to `end`."""
        day = start
        for _ in range(_LONGEST_SEARCH):
            if day == end or (day < end) == back:
                break
            day += -_DAY if back else _DAY
            if used.intersection(self._services((day - self.day).days)):
                return day
        return None

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the long tables."""
        transfers, gates = transfers_of(self.feed, self.notes)
        routes = self._routes()
        routes["gate_s"] = [gates.get(route, 0) for route in routes["route_id"]]
        return {
            "stops": self._stops(PLATFORM),
            "stations": self._stops(STATION).drop(columns=["complex", "station_class"]),
            "routes": routes,
            "stop_times": self.stop_times,
            "frequencies": self.frequencies,
            "transfers": transfers,
        }

    def _running(self, shift: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return calls and headways of the service of the day `shift` days off, in seconds of the day.

        Of other days, what is still under way after midnight, or leaves before the end of the next morning.
        """
        trips, shift_s = self.trips, shift * DAY_S
        bands = self._bands(shift_s)
        row = trips.index.get_indexer(pd.Index(bands["trip_id"]))
        runs = trips["service_id"].isin(self._services(shift)).to_numpy(bool)
        near, near_band = np.ones(len(trips), bool), np.ones(len(bands), bool)
        if shift < 0:
            lasts_s = (trips["end_s"] - trips["start_s"]).to_numpy()[row]
            near, near_band = (
                (trips["end_s"] + shift_s >= 0).to_numpy(),
                (bands["end_s"] + lasts_s > 0).to_numpy(),
            )
        elif shift:
            near = (trips["start_s"] + shift_s < DAY_S + MORNING_S).to_numpy()
            near_band = (bands["start_s"] < DAY_S + MORNING_S).to_numpy()
        bands = bands[near_band & runs[row]]
        often = trips["frequent"].to_numpy(bool)
        runs = runs & np.where(often, trips.index.isin(bands["trip_id"]), near)
        calls = self.calls[runs[self.trip_of]].drop(columns="service_id")
        word = {-1: " (day before)", 0: "", 1: " (day after)"}[shift]
        moved = {name: calls[name] + shift_s for name in ("arrival_s", "departure_s")}
        return calls.assign(trip_id=calls["trip_id"] + word, **moved), bands.assign(
            trip_id=bands["trip_id"] + word
        )

    def _bands(self, shift_s: int) -> pd.DataFrame:
        """Return the headways of all trips, later by `shift_s`."""
        bands = self.feed.tables["frequencies"]
        bands = bands[self.trips.index.get_indexer(pd.Index(bands["trip_id"])) >= 0].reset_index(drop=True)
        return pd.DataFrame(
            {
                "trip_id": bands["trip_id"],
                "start_s": bands["start_time"] + shift_s,
                "end_s": bands["end_time"] + shift_s,
                "headway_s": bands["headway_secs"],
                "exact": bands["exact_times"] == 1,
            }
        )

    def _services(self, shift: int) -> list[str]:
        """Return the services of ``calendar.txt`` and ``calendar_dates.txt`` that run `shift` days off."""
        import gtfs_kit  # noqa: PLC0415 - it is heavy

        tables = {name: self.feed.tables[name] for name in ("calendar", "calendar_dates")}
        given = {name: table for name, table in tables.items() if len(table)}
        try:
            day = (self.day + dt.timedelta(days=shift)).isoformat().replace("-", "")
        except OverflowError:
            return []
        services: list[str] = gtfs_kit.Feed(dist_units="km", **given).get_active_services(day)
        return services

    def _stops(self, location_type: int) -> pd.DataFrame:
        stops = self.feed.tables["stops"]
        stops = stops[stops["location_type"] == location_type]
        local, english = names_of(self.feed, "stops", "stop_name", stops["stop_id"], stops["stop_name"])
        return pd.DataFrame(
            {
                "stop_id": stops["stop_id"],
                "name_zh": local,
                "name_en": english,
                "lon": stops["stop_lon"],
                "lat": stops["stop_lat"],
                "complex": stops["parent_station"],
                "station_class": stops["onehour_class"],
            }
        ).reset_index(drop=True)

    def _routes(self) -> pd.DataFrame:
        routes = self.feed.tables["routes"]
        short, long, ids = routes["route_short_name"], routes["route_long_name"], routes["route_id"]
        local, english = names_of(self.feed, "routes", "route_long_name", ids, long)
        name = (short + " " + long).str.strip()
        return pd.DataFrame(
            {
                "route_id": ids,
                "name_zh": local,
                "name_en": english,
                "name": name.where(name != "", ids),
                "colour": [text if _COLOUR.fullmatch(text) else "" for text in routes["route_color"]],
                "class": [find_class(kind) for kind in routes["route_type"]],
                "route_type": routes["route_type"],
            }
        ).reset_index(drop=True)
