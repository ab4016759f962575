"""Ends of trips: places, stations, towns or free points, looked up by id or given as a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from network.errors import BadInputError, Problem, suggest
from network.region import positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from network.region import Region

_POINT = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*")
_SAME_POINT_DEG = 1e-5
_COLUMNS = ["id", "name_zh", "name_en", "lon", "lat", "district_id", "population", "confidence"]


@dataclass(frozen=True, eq=False)
class Ends:
    """Ends of trips in the order in which they were asked for.

    Attributes
    ----------
    table
        Columns id, name_zh, name_en, lon, lat, district_id, population, confidence; one row an end.
    station
        Row of ``region.stations`` where the end is a station, else -1, [ends].
    core
        Whether the end is a metropolitan core or lies in the district of one, [ends].
    """

    table: pd.DataFrame
    station: NDArray[np.int64]
    core: NDArray[np.bool_]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Identifiers."""
        return tuple(self.table["id"])

    @cached_property
    def key(self) -> tuple[tuple[str, float, float, str], ...]:
        """What tells these ends from others: ids, positions and districts."""
        columns = self.table[["id", "lon", "lat", "district_id"]]
        return tuple(columns.itertuples(index=False, name=None))

    def __len__(self) -> int:
        """Return the number of ends."""
        return len(self.table)

    def rows(self, ids: Iterable[str]) -> NDArray[np.int64]:
        """Return the rows of ends by their ids.

        Raises
        ------
        BadInputError
            An id is none of these ends; lists all of them.
        """
        wanted = list(ids)
        rows = positions(self.ids, wanted)
        lost = dict.fromkeys(name for name, row in zip(wanted, rows, strict=True) if row < 0)
        if lost:
            raise BadInputError(
                Problem("pairs", f"{name!r} is none of the ends", suggest(name, self.ids)) for name in lost
            )
        return rows


def ends_of(region: Region, wanted: Sequence[str] | pd.DataFrame) -> Ends:
    """Look up the ends of trips.

    Parameters
    ----------
    region
        The region in its state of the scenario.
    wanted
        Ids of places, stations or zones, or points written ``lon,lat`` (degrees WGS 84); or a table with the
        columns id, lon, lat (and name_zh, name_en, population if there are any). Repeated ids count once.

    Raises
    ------
    BadInputError
        An id is unknown, a position is not on the earth, or the table lacks a column; lists every problem.
    """
    table = _from_table(wanted) if isinstance(wanted, pd.DataFrame) else _from_ids(region, list(wanted))
    blank = table["district_id"] == ""
    if blank.any():
        table.loc[blank, "district_id"] = district_of(
            region, table.loc[blank, "lon"], table.loc[blank, "lat"]
        )
    cores = region.places.loc[region.places["level"] == "core", "place_id"]
    core = in_core(region, table["district_id"]) | table["id"].isin(set(cores)).to_numpy(bool)
    return Ends(table, _station_rows(region, table), core)


def _station_rows(region: Region, table: pd.DataFrame) -> NDArray[np.int64]:
    """Return the row of the station that each end is, else -1: its id alone, at another point, is none."""
    stations = region.stations
    row = positions(stations["station_id"], table["id"])
    apart = np.zeros(len(row))
    for name in ("lon", "lat") if len(stations) else ():
        apart += np.abs(stations[name].to_numpy(np.float64)[row] - table[name].to_numpy(np.float64))
    row[apart > _SAME_POINT_DEG] = -1
    return row


def in_core(region: Region, district_ids: pd.Series[str]) -> NDArray[np.bool_]:
    """Return whether each district is that of a metropolitan core."""
    places = region.places
    cores = set(places.loc[places["level"] == "core", "district_id"]) - {""}
    return district_ids.isin(cores).to_numpy(bool)


def district_of(region: Region, lon: pd.Series[float], lat: pd.Series[float]) -> list[str]:
    """Return the district whose boundary surrounds each point; blank where none does."""
    names, shapes = region.district_shapes
    found = [""] * len(lon)
    points = shapely.points(lon.to_numpy(np.float64), lat.to_numpy(np.float64))
    for point, shape in reversed(shapes.query(points, predicate="intersects").T.tolist()):
        found[point] = names[shape]
    return found


def _from_ids(region: Region, wanted: list[str]) -> pd.DataFrame:
    """Return the table of ends called `wanted`."""
    known = pd.concat(
        [
            frame.rename(columns={key: "id"}).reindex(columns=_COLUMNS)
            for frame, key in (
                (region.places, "place_id"),
                (region.stations, "station_id"),
                (region.zones, "zone_id"),
            )
        ],
        ignore_index=True,
    ).drop_duplicates("id")
    problems, points = [], []
    names = set(known["id"])
    for name in dict.fromkeys(wanted):
        point = _POINT.fullmatch(name)
        if name in names:
            continue
        if point is None:
            fix = f"give a point as lon,lat, or an id: {suggest(name, sorted(names))}"
            problems.append(Problem("place", f"there is no place, station or zone {name!r}", fix))
        else:
            points.append({"id": name, "lon": float(point[1]), "lat": float(point[2]), "confidence": "high"})
    if points:
        known = pd.concat([known, pd.DataFrame(points)], ignore_index=True)
        problems += _position_problems(known.tail(len(points)), "place")
    if problems:
        raise BadInputError(problems)
    table = known.set_index("id").loc[list(dict.fromkeys(wanted))].reset_index()
    return _filled(table)


def _from_table(given: pd.DataFrame) -> pd.DataFrame:
    """Return the table of ends from one with the columns id, lon, lat."""
    lacking = [name for name in ("id", "lon", "lat") if name not in given]
    if lacking:
        raise BadInputError(
            Problem("places", f"has no column {name!r}", "columns id, lon, lat") for name in lacking
        )
    table = given.reindex(columns=_COLUMNS).astype({"id": "str"})
    for name in ("lon", "lat"):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    problems = _position_problems(table, "places")
    people = pd.to_numeric(table["population"].replace("", None), errors="coerce")
    wrong = (people.isna() & table["population"].notna() & (table["population"] != "")) | (people < 0)
    problems += [
        Problem(f"places {name}, population", f"{value!r} is no number of people", "0 or more, or blank")
        for name, value in zip(table.loc[wrong, "id"], table.loc[wrong, "population"], strict=True)
    ]
    table["population"] = people
    twice = table["id"].duplicated()
    problems += [
        Problem(f"places row {row + 2}, id", f"{table['id'].iloc[row]!r} stands twice", "remove one")
        for row in np.flatnonzero(twice)
    ]
    if problems:
        raise BadInputError(problems)
    return _filled(table)


def _position_problems(table: pd.DataFrame, where: str) -> list[Problem]:
    bad = ~(table["lon"].between(-180, 180) & table["lat"].between(-90, 90))
    rows = table[bad]
    return [
        Problem(f"{where} {name}", f"lon {lon}, lat {lat} is no position", "degrees WGS 84, longitude first")
        for name, lon, lat in zip(rows["id"], rows["lon"], rows["lat"], strict=True)
    ]


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its columns' types, blanks where nothing is known."""
    text = ["id", "name_zh", "name_en", "district_id", "confidence"]
    table = table[_COLUMNS].astype(dict.fromkeys(text, "object"))
    table[text] = table[text].where(table[text].notna(), "")
    return table.astype(dict.fromkeys(text, "str")).astype({"population": "Float64"}).reset_index(drop=True)
