"""A day of GTFS feeds as a region, for the whole of the program.

Platforms of one parent become one station; rail, metro and buses under one roof are several, joined on foot.
Trips of one route with the same stations and the same times from call to call become one service with
departures; headways without a phase become services with a headway in each period.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.access import pairs_within
from network.cells import empty_table
from network.distances import metric_xy, straight_km, utm_crs
from network.errors import BadInputError, Problem
from network.gtfs.ids import plain_ids
from network.gtfs.patterns import patterns_of, services_of
from network.parameters import Parameter, default_parameters
from network.reader import checked_region
from network.region import About, Period, Region, positions
from network.schema import TABLES
from network.seconds import minutes_s
from network.writer import checked_frame

if TYPE_CHECKING:
    from network.gtfs.reader import ServiceDay
    from network.parameters import Parameters

PERIODS = (
    Period("am-peak", 7 * 3600, 9 * 3600),
    Period("midday", 10 * 3600, 16 * 3600),
    Period("pm-peak", 17 * 3600, 19 * 3600),
    Period("evening", 19 * 3600, 22 * 3600),
)
"""Periods of a region that is made of feeds, where no other region gives them."""

_SYSTEMS = {"hub": "rail", "national": "rail", "intercity": "rail", "metro": "metro", "street": "street"}
_LONGEST_WALK_M = 5_000
_NO_FEEDER = Parameter(0.0, "km, straight line", "the feeds hold the buses themselves", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a region has that feeds do not tell.

    Attributes
    ----------
    region_id
        Id of the region.
    like
        A region whose periods, hours of service and numbers of the model count. Without it, `PERIODS` and the
        package's numbers; and where the feeds hold buses, no feeder bus beside them.
    walk_m
        Stations up to so far apart, in a straight line, are joined on foot where no feed joins them.
    own_periods
        Periods of the region, in place of those of `like` and `PERIODS`.
    """

    region_id: str
    like: Region | None = None
    walk_m: float = 0
    own_periods: tuple[Period, ...] = ()

    @property
    def periods(self) -> tuple[Period, ...]:
        """Periods of the region."""
        return self.own_periods or (PERIODS if self.like is None else self.like.about.periods)


def region_of(found: ServiceDay, settings: Settings) -> Region:
    """Return the region of a day of feeds.

    Parameters
    ----------
    found
        What `network.gtfs.reader.read_day` returns without the nights.
    settings
        What feeds do not tell.

    Returns
    -------
    Region
        Checked as a folder is; its notes say what was left out or is told otherwise.

    Raises
    ------
    BadInputError
        A table is not valid, or no trip is left; lists every problem.
    """
    return _Making(found, settings).region()


class _Making:
    """A region under construction."""

    def __init__(self, found: ServiceDay, settings: Settings) -> None:
        self.found, self.settings = found, settings
        self.notes = [f"Made from GTFS feeds: what runs on {found.day}, alone.", *found.notes]
        agencies = ", ".join(found.agencies) or "unnamed agencies"
        self.row = {"source": f"GTFS of {agencies} for {found.day}", "confidence": "high"}
        self.numbers = self._numbers()
        self.stations, self.station_of = self._stations()
        self.about = self._about(agencies)

    def region(self) -> Region:
        """Return the region, its tables read as those of a folder are."""
        tables = {"stations": self.stations, "transfers": self._transfers(), **self._services()}
        problems: list[Problem] = []
        frames = {name: empty_table(name, self.about.period_names) for name in TABLES}
        for name, table in tables.items():
            rows = table.set_axis(range(2, len(table) + 2))
            frames[name] = checked_frame(name, rows, self.about.period_names, problems)
        about = replace(self.about, notes=tuple(self.notes))
        return checked_region(about, frames, self.numbers, problems=problems)

    def _about(self, name: str) -> About:
        like = self.settings.like
        hours = About("") if like is None else like.about
        return About(
            self.settings.region_id,
            name_en=name,
            crs=utm_crs(float(self.stations["lon"].mean()), float(self.stations["lat"].mean())),
            time_zone=self.found.time_zone,
            date=self.found.day,
            attribution=" ".join(self.found.attributions),
            periods=self.settings.periods,
            service_start_s=hours.service_start_s,
            service_end_s=hours.service_end_s,
        )

    def _numbers(self) -> Parameters:
        """Return the numbers of the model; a feeder bus is assumed only where the feeds hold no buses."""
        if self.settings.like is not None:
            return self.settings.like.parameters
        routes, numbers = self.found.routes, default_parameters()
        used = routes["route_id"].isin(self.found.stop_times["route_id"].unique())
        if not (used & (routes["class"] == "street")).any():
            return numbers
        return numbers.replace(feeder_max_km=_NO_FEEDER)

    # ----------------------------------------------------------------------------------------------- stations

    def _stations(self) -> tuple[pd.DataFrame, dict[str, str]]:
        """Return the stations, and the station of each stop at which something calls."""
        class_of = dict(zip(self.found.routes["route_id"], self.found.routes["class"], strict=True))
        calls = self.found.stop_times[["stop_id", "route_id"]].drop_duplicates()
        kinds = calls["route_id"].map(class_of).groupby(calls["stop_id"]).agg(frozenset)
        stops = self.found.stops.set_index("stop_id", drop=False).loc[kinds.index].assign(kinds=kinds)
        stops["system"] = [_SYSTEMS[_class_of(one)] for one in kinds]
        # the stops of an own export are stations; platforms of other parents are parts of one
        alone = stops["station_class"].isin(list(_SYSTEMS)) | (stops["complex"] == "")
        systems = stops[~alone].groupby("complex")["system"].nunique()
        mixed = stops["complex"].isin(systems.index[systems > 1])
        place = stops["complex"].where(~mixed, stops["complex"] + ":" + stops["system"])
        stops["place"] = place.where(~alone, stops["stop_id"])
        ids = plain_ids(sorted(stops["place"].unique()))
        parents = self.found.stations.set_index("stop_id")
        rows = []
        for name, group in stops.assign(alone=alone).groupby("place", sort=True):
            first = group.iloc[0]
            is_whole = bool(first["alone"])
            named = (
                first if is_whole or first["complex"] not in parents.index else parents.loc[first["complex"]]
            )
            kind = first["station_class"] if is_whole else ""
            kind = kind if kind in _SYSTEMS else _class_of(frozenset().union(*group["kinds"]))
            rows.append(
                {
                    "station_id": ids[str(name)],
                    "name_zh": named["name_zh"],
                    "name_en": named["name_en"],
                    "system": _SYSTEMS[kind],
                    "class": kind,
                    "lon": round(float(group["lon"].mean()), 7),
                    "lat": round(float(group["lat"].mean()), 7),
                    **self.row,
                }
            )
        station_of = {stop: ids[name] for stop, name in zip(stops["stop_id"], stops["place"], strict=True)}
        return pd.DataFrame(rows), station_of

    def _transfers(self) -> pd.DataFrame:
        """Return the walks between stations, as the feeds tell them, else along straight lines."""
        table = pd.concat([self._told(), self._under_one_roof(), self._near()], ignore_index=True)
        table = table[table["from_station_id"] != table["to_station_id"]]
        table = table.drop_duplicates(["from_station_id", "to_station_id"])
        far = table["walk_m"] > _LONGEST_WALK_M
        if far.any():
            self.notes.append(f"{far.sum()} changes on foot of more than {_LONGEST_WALK_M} m are left out.")
        elif table.empty:
            self.notes.append("No feed tells of changes on foot: one changes at a station alone.")
        return table[~far].assign(source=self.row["source"])

    def _told(self) -> pd.DataFrame:
        """Return the transfers of the feeds: the walk is what exit and security leave of the time."""
        found, numbers = self.found.transfers, self.numbers
        start, end = (
            [self.station_of.get(stop) for stop in found[f"{name}_stop_id"]] for name in ("from", "to")
        )
        rows = pd.DataFrame({"start": start, "end": end, "s": found["seconds"].to_numpy(np.float64)})
        rows = rows.dropna().sort_values("s").drop_duplicates(["start", "end"]).sort_values(["start", "end"])
        kind = dict(zip(self.stations["station_id"], self.stations["class"], strict=True))
        exit_s = np.array([minutes_s(numbers[f"exit_{kind[name]}_min"]) for name in rows["start"]])
        check_s = np.array([minutes_s(numbers[f"entry_security_{kind[name]}_min"]) for name in rows["end"]])
        rest_s = rows["s"].to_numpy() - exit_s
        waived = rest_s < check_s
        walk_s = np.maximum(rest_s - np.where(waived, 0, check_s), 0)
        return pd.DataFrame(
            {
                "from_station_id": rows["start"],
                "to_station_id": rows["end"],
                "walk_m": walk_s * numbers["walk_kmh"] / 3.6,
                "security_waived": waived,
                "confidence": "high",
            }
        )

    def _under_one_roof(self) -> pd.DataFrame:
        """Return walks between the stations of one parent."""
        stops = self.found.stops[
            (self.found.stops["complex"] != "") & (self.found.stops["station_class"] == "")
        ]
        stations = [self.station_of.get(stop) for stop in stops["stop_id"]]
        parts = pd.DataFrame({"complex": stops["complex"].to_numpy(), "station": stations}, dtype="str")
        parts = parts.dropna().drop_duplicates()
        pairs = parts.merge(parts, on="complex", suffixes=("", "_other"))
        return self._straight(pairs["station"], pairs["station_other"])

    def _near(self) -> pd.DataFrame:
        """Return walks between stations that are close enough."""
        xy = metric_xy(Region(self.about, {}), self.stations)[: None if self.settings.walk_m > 0 else 0]
        one, other, _ = pairs_within(xy, xy, self.settings.walk_m)
        ids = self.stations["station_id"]
        return self._straight(ids.iloc[one], ids.iloc[other])

    def _straight(self, start: pd.Series[str], end: pd.Series[str]) -> pd.DataFrame:
        places = self.stations[["lon", "lat"]].to_numpy(np.float64)
        one, other = (places[positions(self.stations["station_id"], ends)] for ends in (start, end))
        away_m = 1000 * straight_km(one[:, 0], one[:, 1], other[:, 0], other[:, 1])
        return pd.DataFrame(
            {
                "from_station_id": start.to_numpy(),
                "to_station_id": end.to_numpy(),
                "walk_m": np.round(away_m * self.numbers["walk_detour"], 1),
                "security_waived": False,
                "confidence": "medium",
            }
        )

    # ----------------------------------------------------------------------------------------------- services

    def _services(self) -> dict[str, pd.DataFrame]:
        """Return lines, services and their calls."""
        calls = self.found.stop_times.assign(station_id=self.found.stop_times["stop_id"].map(self.station_of))
        patterns = patterns_of(calls, self.notes)
        if not patterns:
            what = f"no trip of {self.found.day} calls at two stations"
            raise BadInputError(Problem("feeds", what, "take another day, or other feeds"))
        services, stops = services_of(patterns, self.found.frequencies, self.settings.periods, self.notes)
        routes = self.found.routes[self.found.routes["route_id"].isin(services["route_id"])]
        ids = plain_ids(routes["route_id"])
        kind = dict(zip(routes["route_id"], routes["class"], strict=True))
        lines = pd.DataFrame(
            {
                "line_id": [ids[route] for route in routes["route_id"]],
                "name_zh": routes["name_zh"],
                "name_en": routes["name_en"].where(
                    (routes["name_zh"] != "") | (routes["name_en"] != ""), routes["name"]
                ),
                "class": routes["class"],
                **self.row,
            }
        )
        names = plain_ids(services["service_id"])
        names_of = self.stations.set_index("station_id")
        label = names_of["name_en"].where(names_of["name_en"] != "", names_of["name_zh"])
        services["name"] = [
            f"{label[a]} – {label[b]}"
            for a, b in zip(services.pop("first"), services.pop("last"), strict=True)
        ]
        services["line_id"] = services["route_id"].map(ids)
        services["class"] = services["route_id"].map(kind)
        services["service_id"] = services["service_id"].map(names)
        stops["service_id"] = stops["service_id"].map(names)
        longest = services.loc[services.groupby("line_id")["calls"].idxmax(), ["line_id", "service_id"]]
        line_stops = stops.merge(longest, on="service_id")[["line_id", "seq", "station_id"]]
        return {
            "lines": lines,
            "line_stops": line_stops.assign(confidence="medium"),
            "services": services.drop(columns=["route_id", "calls"]).assign(**self.row),
            "service_stops": stops.assign(confidence="high"),
        }


def _class_of(kinds: frozenset[str]) -> str:
    """Return the class of a station at which lines of these classes call."""
    if kinds & {"hsr", "conventional"}:
        return "national"
    return next(kind for kind in ("intercity", "metro", "street") if kind in kinds)
