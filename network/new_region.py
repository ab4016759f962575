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
from network.errors import MOST_TOLD, Problem, told
from network.streets.model import SNAP_M
from network.writer import checked_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.region import Region
    from network.streets import Streets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FAR_KM = 100.0
"""Points farther than this from every stop do not belong to the region."""

STOP_M = 500.0
"""Stations and stops up to so far from a place, in a straight line, stand for it, m."""

_KINDS = {"places": "place", "zones": "zone"}


def with_points(
    region: Region, points: dict[str, tuple[str, pd.DataFrame]], problems: list[Problem]
) -> Region | None:
    """Return a region with places and zones, or None with every problem that is left added.

    Parameters
    ----------
    region
        What feeds gave: stations, lines, services.
    points
        For ``places`` and ``zones``, those that are given: the file's name, and its table, as
        `network.points.read_points` reads it; of zones, every other column of numbers is an opportunity.
    problems
        Gets what is wrong beside what `point_problems` finds: words that a column does not know.
    """
    before = len(problems)
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


def point_problems(region: Region, points: dict[str, tuple[str, pd.DataFrame]]) -> list[Problem]:
    """Return the ids of points that are none, or mean two things, and the points far from every stop."""
    problems = [problem for file, table in points.values() for problem in _id_problems(file, table)]
    problems += _shared_ids(region, points)
    for file, table in points.values():
        problems += _far(file, table, region)
    return problems


def _centre_stations(region: Region, places: pd.DataFrame) -> pd.DataFrame:
    """Return which stations stand for each place: those close to it, and the nearest of rail and metro.

    A place without either has the nearest station.
    """
    stations = region.stations
    xy, station_xy = metric_xy(region, places), metric_xy(region, stations)
    street = (stations["class"] == "street").to_numpy(bool)
    metro_m = 1000 * region.parameters["centre_metro_max_km"]
    place, station, away_m = pairs_within(xy, station_xy, max(metro_m, STOP_M))
    order = np.lexsort((station, away_m, street[station], place))
    first = np.diff(place[order], prepend=-1) != 0
    nearest_metro = np.zeros(len(place), bool)
    nearest_metro[order[first]] = True
    near = (away_m <= STOP_M) | (nearest_metro & ~street[station] & (away_m <= metro_m))
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
    columns = (stops[name].tolist() for name in ("name_zh", "name_en", "station_id"))
    names = [local or english or station for local, english, station in zip(*columns, strict=True)]
    return [
        Problem(
            f"{file} row {table.index[int(row)]}",
            f"{table['id'].iloc[row]} is {away_km[row]:,.0f} km from the nearest stop, {names[nearest[row]]}",
            "remove it, or mend lon and lat",
        )
        for row in np.flatnonzero(far)
    ]


def on_streets(
    region: Region,
    points: dict[str, tuple[str, pd.DataFrame]],
    streets: dict[str, Streets],
    problems: list[Problem],
    *,
    leave_out: bool = False,
) -> tuple[Region, dict[str, tuple[str, pd.DataFrame]]]:
    """Return a region with streets, and those points that lie on them.

    Parameters
    ----------
    region
        What feeds gave. Its stops may lie beyond the streets: a note tells how many do.
    points
        As for `with_points`.
    streets
        Streets by network: ``walk``, and ``drive`` where there are any.
    problems
        Gets what is wrong: streets that are somewhere else; points with no street near by.
    leave_out
        Whether points with no street near by are left out, with a note, in place of being a problem.
    """
    walk = streets["walk"]
    stations = region.stations
    off_m = _off_m(walk, stations)
    limit_m, near = SNAP_M["walk"], off_m <= SNAP_M["walk"]
    if not near.any():
        here = np.array([walk.node_lon.mean(), walk.node_lat.mean()])
        there = stations[["lon", "lat"]].to_numpy(np.float64).mean(axis=0)
        away_km = float(straight_km(here[:1], here[1:], there[:1], there[1:])[0])
        what = (
            f"the streets are around {here[0]:.2f}, {here[1]:.2f} (lon, lat), the stops of the feeds around "
            f"{there[0]:.2f}, {there[1]:.2f}: {away_km:,.0f} km apart"
        )
        problems.append(Problem("--osm", what, "take streets and feeds of one region"))
        return region, points
    notes = list(region.about.notes)
    if not near.all():
        notes.append(
            f"{(~near).sum():,} of {len(near):,} stations have no street within {limit_m:g} m: "
            "they are reached in a straight line."
        )
    kept = {}
    for name, (file, table) in points.items():
        off_m = _off_m(walk, table)
        lost = np.flatnonzero(~(off_m <= limit_m))
        kept[name] = file, table
        if not lost.size:
            continue
        if leave_out:
            named = ", ".join(table["id"].iloc[lost[:5]]) + (", …" if lost.size > 5 else "")  # noqa: PLR2004
            notes.append(f"{file}: {lost.size:,} {name} without a street near by are left out: {named}.")
            kept[name] = file, table.drop(index=table.index[lost])
            continue
        problems += [
            Problem(
                f"{file} row {table.index[row]}",
                f"{table['id'].iloc[row]} is {_away(off_m[row])} from the nearest street",
                f"at most {limit_m:g} m: mend it, take a larger extract, or --leave-out such points",
            )
            for row in lost[:MOST_TOLD].tolist()
        ]
        if lost.size > MOST_TOLD:
            what = f"{lost.size - MOST_TOLD} more {name} have no street near by"
            problems.append(Problem(file, what, "see above"))
    return region.replace(streets=streets, about=replace(region.about, notes=tuple(notes))), kept


def _off_m(streets: Streets, table: pd.DataFrame) -> Floats:
    """Return the straight line between points and the nearest street, m; NaN where there is none."""
    return streets.snap(table[["lon", "lat"]].to_numpy(np.float64), 1000 * FAR_KM).off_m


def _away(metres: float) -> str:
    return f"over {FAR_KM:g} km" if np.isnan(metres) else f"{metres:,.0f} m"


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
