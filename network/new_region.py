"""A region made of feeds, with the points that its trips start and end at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from network.access import pairs_within
from network.cells import ID
from network.distances import metric_xy, on_sphere, straight_km
from network.errors import Problem, told
from network.writer import checked_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.region import Region

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FAR_KM = 100.0
"""Points farther than this from every stop do not belong to the region."""

STOP_M = 500.0
"""Stops in the street up to so far from a place, in a straight line, stand for it, m."""

_KINDS = {"places": "place", "zones": "zone"}


def with_points(
    region: Region, points: dict[str, tuple[str, pd.DataFrame]], problems: list[Problem]
) -> Region | None:
    """Return a region with places and zones, or None with every problem added.

    Parameters
    ----------
    region
        What feeds gave: stations, lines, services.
    points
        For ``places`` and ``zones``, those that are given: the file's name, and its table, as
        `network.points.read_points` reads it; of zones, every other column of numbers is an opportunity.
    problems
        Gets what is wrong: ids that are none, or that stand twice; points far from every stop.
    """
    before = len(problems)
    problems += [problem for file, table in points.values() for problem in _id_problems(file, table)]
    problems += _shared_ids(region, points)
    for file, table in points.values():
        problems += _far(file, table, region)
    if len(problems) > before:
        return None
    periods, tables, notes = region.about.period_names, {}, list(region.about.notes)
    for name, (file, table) in points.items():
        rows = table.rename(columns={"id": f"{_KINDS[name]}_id"}).assign(source=file, confidence="medium")
        if "population" in rows:
            rows["population"] = _whole(rows["population"], file, notes)
        known = [column for column in region.table(name) if column in rows]
        tables[name] = checked_frame(name, rows[known], periods, problems, file=file)
    if "zones" in points:
        file, table = points["zones"]
        tables["opportunities"] = checked_frame(
            "opportunities", _opportunities(table, file, notes), periods, problems, file=file
        )
    if len(problems) > before:
        return None
    if "places" in points:
        tables["centre_stations"] = _centre_stations(region, tables["places"])
    return region.replace(tables=tables, about=replace(region.about, notes=tuple(notes)))


def _centre_stations(region: Region, places: pd.DataFrame) -> pd.DataFrame:
    """Return which stations stand for each place: rail and metro near by, and stops close to it.

    A place without either has the nearest station.
    """
    stations = region.stations
    xy, station_xy = metric_xy(region, places), metric_xy(region, stations)
    street = (stations["class"] == "street").to_numpy(bool)
    metro_m = 1000 * region.parameters["centre_metro_max_km"]
    place, station, away_m = pairs_within(xy, station_xy, max(metro_m, STOP_M))
    near = away_m <= np.where(street[station], STOP_M, metro_m)
    place, station = place[near], station[near]
    alone = np.setdiff1d(np.arange(len(places)), place)
    if alone.size:
        nearest = np.asarray(cKDTree(station_xy).query(xy[alone])[1], np.int64)
        place, station = np.append(place, alone), np.append(station, nearest)
    why = np.where(np.isin(place, alone), "nearest station", "station near the place")
    rows = pd.DataFrame(
        {
            "place_id": places["place_id"].to_numpy()[place],
            "station_id": stations["station_id"].to_numpy()[station],
            "why": why,
        }
    )
    return checked_frame("centre_stations", rows, (), [])


def _id_problems(file: str, table: pd.DataFrame) -> list[Problem]:
    """Return the ids that are no identifiers."""
    bad = table.index[[ID.fullmatch(name) is None for name in table["id"]]].tolist()
    return told(file, bad, "is no identifier", "no spaces, commas or quotes", column="id")


def _shared_ids(region: Region, points: dict[str, tuple[str, pd.DataFrame]]) -> list[Problem]:
    """Return the ids that mean two things."""
    problems: list[Problem] = []
    taken = dict.fromkeys(region.stations["station_id"], "a station")
    for name, (file, table) in points.items():
        for what in ("a station", "a place"):
            rows = table.index[[taken.get(one) == what for one in table["id"]]].tolist()
            fix = f"give each {_KINDS[name]} an id of its own, such as {_KINDS[name]}-1"
            problems += told(file, rows, f"is the id of {what} too", fix, column="id")
        taken |= dict.fromkeys(table["id"], f"a {_KINDS[name]}")
    return problems


def _far(file: str, table: pd.DataFrame, region: Region) -> list[Problem]:
    """Return the points that are far from every stop; of all of them, whether they are swapped."""
    stops = region.stations
    away_km, nearest = nearest_km(table["lon"], table["lat"], stops)
    far = away_km > FAR_KM
    if not far.any():
        return []
    if far.all() and table["lat"].between(-180, 180).all() and table["lon"].between(-90, 90).all():
        turned_km, _ = nearest_km(table["lat"], table["lon"], stops)
        if (turned_km <= FAR_KM).all():
            what = f"lon and lat are swapped: all {len(table)} points are near the stops the other way round"
            return [Problem(file, what, "swap the names of the two columns")]
    if far.all() and len(table) > 1:
        what = f"all {len(table)} points are far from the stops of the feeds, {away_km.min():,.0f} km or more"
        return [Problem(file, what, "take points and feeds of one region, degrees WGS 84")]
    names = stops["name_zh"].where(stops["name_zh"] != "", stops["station_id"]).to_numpy()
    return [
        Problem(
            f"{file} row {table.index[int(row)]}",
            f"{table['id'].iloc[row]} is {away_km[row]:,.0f} km from the nearest stop, {names[nearest[row]]}",
            "remove it, or mend lon and lat",
        )
        for row in np.flatnonzero(far)
    ]


def nearest_km(lon: pd.Series[float], lat: pd.Series[float], to: pd.DataFrame) -> tuple[Floats, Ints]:
    """Return the distance of points to the nearest row of a table with lon and lat, km, and that row."""
    there = to[["lon", "lat"]].to_numpy(np.float64)
    here = np.column_stack([lon, lat]).astype(np.float64)
    row = np.asarray(cKDTree(on_sphere(there)).query(on_sphere(here))[1], np.int64)
    return straight_km(here[:, 0], here[:, 1], there[row, 0], there[row, 1]), row


def _whole(people: pd.Series[float], file: str, notes: list[str]) -> pd.Series[float]:
    """Return whole numbers of people; a note says where they were not."""
    whole = people.round()
    if ((people - whole).abs() > 0).any():
        notes.append(f"{file}: people are rounded to whole ones.")
    return whole


def _opportunities(table: pd.DataFrame, file: str, notes: list[str]) -> pd.DataFrame:
    """Return a row for each zone and opportunity of which it has some; notes say what is left out."""
    known = {"id", "lon", "lat", "population", "name_zh", "name_en", "city", "level"}
    left_out: dict[str, str] = dict(table.attrs.get("left_out", {}))
    names = []
    for name in map(str, table):
        if name in known:
            continue
        if ID.fullmatch(name):
            names.append(name)
        else:
            left_out[name] = name
    notes += [
        f"{file}: the column {name} is left out, {cell!r} is no number." for name, cell in left_out.items()
    ]
    long = table.melt(id_vars="id", value_vars=names, var_name="opportunity", value_name="amount")
    long = long[long["amount"] > 0].rename(columns={"id": "zone_id"})
    return long.assign(source=file, confidence="medium")
