"""What a region lacks, and what that costs: nothing that is missing is wrong, but results are the poorer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from network.access import pairs_within
from network.distances import metric_xy
from network.region import among
from network.rides import calls, departures_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from network.region import Region


FEW = 0.25
"""A period with less than this share of the departures an hour of the busiest one is told of."""


class Lack(NamedTuple):
    """Something that a region does not have.

    Attributes
    ----------
    what
        What is not there.
    costs
        What cannot be told without it, or is told otherwise.
    mend
        What would mend it.
    """

    what: str
    costs: str
    mend: str


def lacks_of(region: Region) -> list[Lack]:
    """Return what a region lacks, the dearest first.

    Parameters
    ----------
    region
        A valid region; its rows count as they stand.
    """
    return [
        *_lacking_places(region),
        *_lacking_people(region),
        *_lacking_services(region),
        *_lacking_ways(region),
        *_lacking_ground(region),
    ]


def _lacking_places(region: Region) -> Iterator[Lack]:
    inside = int(region.places["in_area"].sum())
    if inside < 2:  # noqa: PLR2004 - a pair
        yield Lack(
            "no places" if not inside else "one place alone",
            "there are no pairs to judge: no check, comparison, map of pairs or timeline; a matrix is "
            "between all stations",
            "places.csv with in_area = yes",
        )
    elif not (region.places["level"] == "core").any():
        yield Lack(
            "no cores", "no commuting circles, and all places count as centres", "level = core in places.csv"
        )


def _lacking_people(region: Region) -> Iterator[Lack]:
    zones, places = region.zones, region.places
    held = {
        "zones.csv": zones["population"].fillna(0).sum(),
        "places.csv": places["population"].fillna(0).sum(),
    }
    if zones.empty:
        yield Lack("no zones", "accessibility is told from the places alone", "zones.csv")
    elif not held["zones.csv"]:
        costs = "accessibility tells neither means nor inequality, since nobody lives there"
        yield Lack("no population of zones", costs, "population in zones.csv")
    elif blank := int(zones["population"].isna().sum()):
        costs = "they count as empty"
        yield Lack(f"no population of {blank:,} of {len(zones):,} zones", costs, "population in zones.csv")
    if len(places) and not held["places.csv"]:
        costs = "shares of people are not told: a check counts pairs alone"
        yield Lack("no population of places", costs, "population in places.csv")


def _lacking_services(region: Region) -> Iterator[Lack]:
    if region.services.empty:
        yield Lack("no services", "nothing runs: no journeys by transit", "stations.csv, services.csv")
        return
    first = np.flatnonzero(np.diff(calls(region).service, prepend=-1))
    an_hour = {
        period.name: 3600 * departures_in(region, calls(region), period)[first].sum() / period.length_s
        for period in region.about.periods
    }
    most = max(an_hour.values(), default=0.0)
    for name, trips in an_hour.items():
        if trips < FEW * most:
            what = f"few services in the period {name}: {trips:,.0f} an hour, elsewhere {most:,.0f}"
            yield Lack(what, "waits are long then: ask for another --period", "a feed of the whole day")
    idle = ~among(region.stations["station_id"], region.service_stops["station_id"])
    if idle.any():
        costs = "they are on maps, and in no journey"
        yield Lack(f"no service at {idle.sum():,} of {len(idle):,} stations", costs, "services.csv")
    if region.transfers.empty:
        yield Lack("no transfers", "one changes within a station alone", "transfers.csv")


def _lacking_ways(region: Region) -> Iterator[Lack]:
    streets = region.street_networks
    if "walk" not in streets:
        costs = "one walks in a straight line × walk_detour"
        yield Lack("no streets", costs, "onehour region new --osm FILE")
    if region.table("road_links").empty and "drive" not in streets:
        yield Lack("no roads", "no car, taxi, or park-and-ride", "streets, or road_links.csv")
    for name, table in (("zones", region.zones), ("places", region.places)):
        far = _out_of_reach(region, table)
        if far:
            costs = "they reach the rest by car alone, if at all"
            mend = "walk_max_km and feeder_max_km set the reach"
            yield Lack(f"no stop in reach of {far:,} of {len(table):,} {name}", costs, mend)


def _out_of_reach(region: Region, table: pd.DataFrame) -> int:
    """Return how many points have no served station within the reach of feet and feeder buses."""
    served = region.stations[among(region.stations["station_id"], region.service_stops["station_id"])]
    if table.empty or served.empty:
        return 0
    reach_m = 1000 * max(region.parameters["walk_max_km"], region.parameters["feeder_max_km"])
    near = pairs_within(metric_xy(region, table), metric_xy(region, served), reach_m)[0]
    return len(table) - len(np.unique(near))


def _lacking_ground(region: Region) -> Iterator[Lack]:
    if not region.districts["features"]:
        costs = "a surface covers the box around stations and places, water and all; no areas of circles"
        yield Lack("no districts", costs, "districts.geojson")
    if not region.about.licence:
        yield Lack("no licence", "nobody knows whether the tables may be passed on", "licence in region.toml")
