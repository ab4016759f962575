"""A region as the tables of a GTFS feed, so that other programs can run it and read the same times.

Services with departures become trips, services with headways one trip each and rows of ``frequencies.txt``
whose phase is not known (``exact_times`` 0). Complexes become parent stations. Changes inside the gates are
transfers from a stop to itself, walks between buildings transfers from one to the other: exit, walk and
security, and for routes whose gates close before departure a row of their own that has the gate in it too.
"""

from __future__ import annotations

import colorsys
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.complexes import complex_of
from network.distances import straight_km
from network.gtfs.clock import clock_texts
from network.gtfs.ids import unused_names
from network.gtfs.kinds import CLASS_NAMES, ROUTE_TYPES
from network.headways import Bands, headway_bands
from network.rides import Calls, calls, timetable
from network.station_times import change_s, gate_s, street_changes

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from network.region import Region

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

PUBLISHER, URL = "onehour", "https://example.org/"
"""Publisher of a feed, and its web address, where none is given."""

CLASS_COLUMN = "onehour_class"
"""Column of ``stops.txt`` beyond the format, which readers skip: the station's class."""

DAILY = "daily"
"""The one service of the calendar: every day is alike."""

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HAN = re.compile("[\u3400-\u9fff]")
_RANK = {"hub": 0, "national": 1, "intercity": 2, "metro": 3, "street": 4}
_DARK = 0.179
"""Relative luminance above which black text is easier to read than white."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """What a feed says of itself.

    Attributes
    ----------
    version
        What it was made from: scenario and hashes.
    description
        A sentence or two for people.
    publisher, url
        Who publishes it, and an address of theirs, which GTFS demands of publishers and agencies.
    first_day, last_day
        Days on which its trips run.
    """

    version: str
    first_day: date
    last_day: date
    description: str = ""
    publisher: str = PUBLISHER
    url: str = URL


def feed_tables(region: Region, imprint: Imprint) -> dict[str, pd.DataFrame]:
    """Return the tables of the feed of a region, by the names of their files without the ending.

    Parameters
    ----------
    region
        Its rows count as they stand: take the region at the wanted date first.
    imprint
        What the feed says of itself.

    Returns
    -------
    dict
        Tables without rows are left out. Distances are km, times text that may pass 24:00.
    """
    tables = _Feed(region, imprint).tables()
    return {name: table for name, table in tables.items() if len(table)}


class _Feed:
    """A feed under construction; trips are in the order of the services and their departures."""

    def __init__(self, region: Region, imprint: Imprint) -> None:
        self.region, self.imprint = region, imprint
        self.stations, self.services = region.stations, region.services
        self.names = _main_names(self.stations, self.stations["station_id"])
        self.calls: Calls = calls(region)
        self.bands: Bands = headway_bands(region)
        self.parent, self.parents = self._parents()
        self.first = np.searchsorted(self.calls.service, np.arange(len(self.services) + 1))
        self.routes = self._routes()
        self.route_of = self.services["service_id"].map(self._route_ids())
        self.trip_service, self.trip_start_s, self.trip_id = self._trips()
        self.shape_id, self.way_km, self.shapes = self._shapes()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables."""
        return {
            "agency": self._agency(),
            "stops": self._stops(),
            "routes": self.routes.drop(columns=["name_zh", "name_en"]),
            "trips": self._trip_table(),
            "stop_times": self._stop_times(),
            "calendar": self._calendar(),
            "frequencies": self._frequencies(),
            "shapes": self.shapes,
            "transfers": self._transfers(),
            "feed_info": self._feed_info(),
            "attributions": self._attributions(),
            "translations": self._translations(),
        }

    # ----------------------------------------------------------------------------------- region and calendar

    @property
    def _language(self) -> str:
        """Language of the names: Chinese, English, or undetermined where local names are in neither."""
        local = self.stations["name_zh"]
        if local.map(lambda name: _HAN.search(name) is not None).any():
            return "zh"
        return "und" if (local != "").any() else "en"

    def _agency(self) -> pd.DataFrame:
        about = self.region.about
        name = about.name_zh or about.name_en or about.region_id
        row = {
            "agency_id": about.region_id,
            "agency_name": name,
            "agency_url": self.imprint.url,
            "agency_timezone": about.time_zone,
            "agency_lang": self._language,
        }
        return pd.DataFrame([row])

    def _calendar(self) -> pd.DataFrame:
        row: dict[str, object] = {"service_id": DAILY, **dict.fromkeys(_DAYS, 1)}
        return pd.DataFrame([row | self._span("start_date", "end_date")])

    def _span(self, first: str, last: str) -> dict[str, str]:
        days = self.imprint.first_day, self.imprint.last_day
        return dict(zip((first, last), (day.isoformat().replace("-", "") for day in days), strict=True))

    def _feed_info(self) -> pd.DataFrame:
        imprint = self.imprint
        row = {
            "feed_publisher_name": imprint.publisher,
            "feed_publisher_url": imprint.url,
            "feed_lang": self._language,
            **self._span("feed_start_date", "feed_end_date"),
            "feed_version": imprint.version,
            "feed_desc": imprint.description,
        }
        return pd.DataFrame([row])

    def _attributions(self) -> pd.DataFrame:
        sentence = " ".join(self.region.about.attribution.split())
        row = {"attribution_id": "data", "organization_name": sentence, "is_producer": 1}
        return pd.DataFrame([row] if sentence else [])

    # ----------------------------------------------------------------------------------------------- stations

    def _stops(self) -> pd.DataFrame:
        stations = self.stations.assign(stop_name=self.names, parent_station=self.parent, location_type=0)
        parents = stations.iloc[self.parents["chief"]].assign(
            station_id=self.parents["stop_id"].to_numpy(), parent_station="", location_type=1
        )
        parents["class"] = ""
        rows = pd.concat([parents, stations], ignore_index=True)
        names = {"station_id": "stop_id", "lat": "stop_lat", "lon": "stop_lon", "class": CLASS_COLUMN}
        columns = [
            "stop_id",
            "stop_name",
            "stop_lat",
            "stop_lon",
            "location_type",
            "parent_station",
            CLASS_COLUMN,
        ]
        return rows.rename(columns=names)[columns]

    def _parents(self) -> tuple[list[str], pd.DataFrame]:
        """Return the parent of each station, blank if none, and the parents with their chief station.

        The chief is a member of the highest class: the parent has its name and stands where it does. It is
        given by its row.
        """
        stations, number = self.stations, complex_of(self.region)
        order = np.lexsort((stations["class"].map(_RANK).to_numpy(), number))
        _, begin, size = np.unique(number[order], return_index=True, return_counts=True)
        chief, ids = order[begin], stations["station_id"]
        names = unused_names([f"{ids.iloc[row]}@" for row in chief], set(ids))
        many = np.flatnonzero(size > 1)
        parents = pd.DataFrame({"stop_id": [names[one] for one in many], "chief": chief[many]})
        return [names[one] if size[one] > 1 else "" for one in number], parents

    def _transfers(self) -> pd.DataFrame:
        ids = self.stations["station_id"].to_numpy()
        served = np.unique(self.calls.station)
        inside = pd.DataFrame(
            {"tail": served, "head": served, "route": "", "s": change_s(self.region)[served]}
        )
        tail, head, seconds = street_changes(self.region)
        between = pd.DataFrame({"tail": tail, "head": head, "route": "", "s": seconds})
        own = between.drop(columns="route").merge(self._gates(), on="head")
        own["s"] += own["gate_s"]
        rows = pd.concat([inside, between, own.drop(columns="gate_s")], ignore_index=True)
        rows = rows.sort_values(["tail", "head", "route"], ignore_index=True)
        return pd.DataFrame(
            {
                "from_stop_id": ids[rows["tail"]],
                "to_stop_id": ids[rows["head"]],
                "from_route_id": "",
                "to_route_id": rows["route"],
                "transfer_type": 2,
                "min_transfer_time": rows["s"],
            }
        )

    def _gates(self) -> pd.DataFrame:
        """Return the routes that call at each station and whose gates close before departure."""
        table = pd.DataFrame(
            {
                "head": self.calls.station,
                "route": self.route_of.to_numpy()[self.calls.service],
                "gate_s": gate_s(self.region)[self.calls.service],
            }
        ).drop_duplicates()
        return table[table["gate_s"] > 0]

    # ------------------------------------------------------------------------------------------------- routes

    def _route_ids(self) -> dict[str, str]:
        """Return the route of each service: its line, or the trains of another class on it."""
        kinds = dict(zip(*(self.region.table("lines")[name] for name in ("line_id", "class")), strict=True))
        rows = zip(*(self.services[name] for name in ("service_id", "line_id", "class")), strict=True)
        return {
            service: line if kinds.get(line) == kind else f"{line or 'other'}:{kind}"
            for service, line, kind in rows
        }

    def _routes(self) -> pd.DataFrame:
        lines = self.region.table("lines").set_index("line_id")
        ids = self._route_ids()
        rows = {}
        for service, line, kind in zip(
            *(self.services[name] for name in ("service_id", "line_id", "class")), strict=True
        ):
            zh, en = (
                (lines.loc[line, "name_zh"], lines.loc[line, "name_en"]) if line in lines.index else ("", "")
            )
            colour, text = _colours(line or kind)
            words = CLASS_NAMES[kind]
            other = line in lines.index and lines.loc[line, "class"] != kind
            rows[ids[service]] = {
                "route_id": ids[service],
                "agency_id": self.region.about.region_id,
                "route_short_name": "",
                "route_long_name": "",
                "route_type": ROUTE_TYPES[kind],
                "route_color": colour,
                "route_text_color": text,
                "name_zh": f"{zh} {words[0]}" if zh and other else zh or (words[0] if not line else ""),
                "name_en": f"{en} {words[1]}" if en and other else en or (words[1] if not line else ""),
            }
        table = pd.DataFrame(list(rows.values())).sort_values("route_id", ignore_index=True)
        table["route_long_name"] = _main_names(table, table["route_id"])
        return table

    # -------------------------------------------------------------------------------------------------- trips

    def _trips(self) -> tuple[Ints, Ints, list[str]]:
        """Return service, start and id of each trip; a headway service is one, from its first band."""
        row, left_s = timetable(self.services)
        frequent, first_band = np.unique(self.bands.service, return_index=True)
        service = np.append(row, frequent)
        # the times of calls count from the departure; those of a headway's trip begin with the first call
        begin_s = self.bands.start_s[first_band] - self.calls.depart_s[self.first[frequent]]
        start_s = np.append(left_s, begin_s)
        order = np.lexsort((start_s, service))
        ids = self.services["service_id"].to_numpy()
        names = [
            f"{ids[service[at]]}:{clock[:5]}" if at < len(row) else ids[service[at]]
            for at, clock in zip(order, clock_texts(start_s[order]), strict=True)
        ]
        return service[order], start_s[order], unused_names(names)

    def _trip_table(self) -> pd.DataFrame:
        last = self.calls.station[self.first[1:] - 1]
        return pd.DataFrame(
            {
                "route_id": self.route_of.to_numpy()[self.trip_service],
                "service_id": DAILY,
                "trip_id": self.trip_id,
                "trip_headsign": self.names.to_numpy()[last][self.trip_service],
                "shape_id": np.array(self.shape_id, object)[self.trip_service],
            }
        )

    def _stop_times(self) -> pd.DataFrame:
        many = np.diff(self.first)[self.trip_service]
        trip = np.repeat(np.arange(len(many)), many)
        within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        call = self.first[self.trip_service][trip] + within
        start_s = self.trip_start_s[trip]
        return pd.DataFrame(
            {
                "trip_id": np.array(self.trip_id, object)[trip],
                "arrival_time": clock_texts(start_s + self.calls.arrive_s[call]),
                "departure_time": clock_texts(start_s + self.calls.depart_s[call]),
                "stop_id": self.stations["station_id"].to_numpy()[self.calls.station[call]],
                "stop_sequence": within + 1,
                "shape_dist_traveled": self.way_km[call],
            }
        )

    def _frequencies(self) -> pd.DataFrame:
        bands = self.bands
        return pd.DataFrame(
            {
                "trip_id": self.services["service_id"].to_numpy()[bands.service],
                "start_time": clock_texts(bands.start_s),
                "end_time": clock_texts(bands.end_s),
                "headway_secs": bands.headway_s,
                "exact_times": 0,
            }
        )

    def _shapes(self) -> tuple[list[str], Floats, pd.DataFrame]:
        """Return the shape of each service, the way of each call, and the shapes: one for equal ways.

        A shape leads straight from call to call; its distances are those of the track.
        """
        lon, lat = (self.stations[name].to_numpy(np.float64)[self.calls.station] for name in ("lon", "lat"))
        hop_km = self.region.service_stops["distance_km"].to_numpy(np.float64)
        detour = self.region.parameters["rail_detour"]
        straight = straight_km(np.roll(lon, 1), np.roll(lat, 1), lon, lat) * detour
        hop_km = np.where(np.isnan(hop_km), straight, hop_km)
        hop_km[self.first[:-1]] = 0
        total = np.cumsum(hop_km)
        begin = np.repeat(self.first[:-1], np.diff(self.first))
        way_km = np.round(total - total[begin], 3)
        shape_of: dict[tuple[bytes, bytes], str] = {}
        names, rows = [], []
        for service, (start, end) in enumerate(zip(self.first[:-1], self.first[1:], strict=True)):
            key = self.calls.station[start:end].tobytes(), way_km[start:end].tobytes()
            if key not in shape_of:
                shape_of[key] = str(self.services["service_id"].iloc[service])
                rows.append(np.arange(start, end))
            names.append(shape_of[key])
        row = np.concatenate([np.zeros(0, np.int64), *rows])
        shapes = pd.DataFrame(
            {
                "shape_id": self.services["service_id"].to_numpy()[self.calls.service[row]],
                "shape_pt_lat": lat[row],
                "shape_pt_lon": lon[row],
                "shape_pt_sequence": row - begin[row] + 1,
                "shape_dist_traveled": way_km[row],
            }
        )
        return names, way_km, shapes

    # ------------------------------------------------------------------------------------------ translations

    def _translations(self) -> pd.DataFrame:
        """Return the English names of what has a local one; headsigns by their text, all else by its id."""
        names = {"station_id": "id", "route_id": "id", "name_zh": "zh", "name_en": "en"}
        stops, routes = self.stations.rename(columns=names), self.routes.rename(columns=names)
        parents = stops.iloc[self.parents["chief"]].assign(id=self.parents["stop_id"].to_numpy())
        about = self.region.about
        region = pd.DataFrame([{"id": about.region_id, "zh": about.name_zh, "en": about.name_en}])
        signs = stops.iloc[np.unique(self.calls.station[self.first[1:] - 1])].drop_duplicates("zh")
        parts = (
            ("agency", "agency_name", region),
            ("stops", "stop_name", pd.concat([parents, stops])),
            ("routes", "route_long_name", routes),
            ("trips", "trip_headsign", signs),
        )
        return pd.concat([_translated(*part) for part in parts], ignore_index=True)


def _translated(table: str, field: str, rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows[(rows["zh"] != "") & (rows["en"] != "") & (rows["zh"] != rows["en"])]
    by_text = table == "trips"
    return pd.DataFrame(
        {
            "table_name": table,
            "field_name": field,
            "language": "en",
            "translation": rows["en"],
            "record_id": "" if by_text else rows["id"],
            "field_value": rows["zh"] if by_text else "",
        }
    )


def _main_names(table: pd.DataFrame, ids: pd.Series) -> pd.Series:
    """Return the local name of each row, else the English one, else the id."""
    names = table["name_zh"].where(table["name_zh"] != "", table["name_en"])
    return names.where(names != "", ids)


def _colours(name: str) -> tuple[str, str]:
    """Return a colour that belongs to a name, whatever other names there are, and that of text on it."""
    hue = zlib.crc32(name.encode()) / 2**32
    red, green, blue = colorsys.hls_to_rgb(hue, 0.42, 0.75)
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]  # noqa: PLR2004
    luminance = float(np.dot((0.2126, 0.7152, 0.0722), linear))  # of WCAG 2
    colour = "".join(f"{round(255 * c):02X}" for c in (red, green, blue))
    return colour, "000000" if luminance > _DARK else "FFFFFF"
