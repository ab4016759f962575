"""The calls of a feed's trips, with the times that it leaves blank."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.distances import straight_km
from network.gtfs.feeds import filled
from network.gtfs.tables import NO_TIME
from network.seconds import whole_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.gtfs.feeds import Feed

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def calls_of(feed: Feed, notes: list[str]) -> pd.DataFrame:
    """Return the calls of all trips of a feed that have two or more.

    Times that are blank between two that are told are shared out by distance: by ``shape_dist_traveled``
    where all calls of the trip have it, else along straight lines from stop to stop.

    Parameters
    ----------
    feed
        A checked feed.
    notes
        Gets sentences on what was left out or filled in.

    Returns
    -------
    DataFrame
        trip_id, sequence, stop_id, arrival_s, departure_s (s after midnight of the day of service),
        route_id, can_board, can_alight, distance (in the feed's own unit, NaN if not told), service_id; in
        order of trip and sequence.
    """
    calls, trips = feed.tables["stop_times"], feed.tables["trips"]
    many = calls.groupby("trip_id", sort=False)["stop_id"].transform("size")
    short = calls.loc[many < 2, "trip_id"].nunique()  # noqa: PLR2004 - a ride needs two calls
    idle = len(trips) - calls["trip_id"].nunique()
    if short or idle:
        notes.append(f"{feed.name}: {short + idle} trips with fewer than two calls are left out.")
    calls = calls[many > 1].reset_index(drop=True)
    arrive_s, depart_s = filled(calls["arrival_time"].to_numpy(), calls["departure_time"].to_numpy())
    blank = arrive_s == NO_TIME
    if blank.any():
        arrive_s, depart_s = _between(feed, calls, arrive_s, depart_s)
        what = f"{blank.sum()} of {len(calls)} calls had no times, which were shared out by distance"
        notes.append(f"{feed.name}: {what}.")
    row = pd.Index(trips["trip_id"]).get_indexer(pd.Index(calls["trip_id"]))
    return pd.DataFrame(
        {
            "trip_id": calls["trip_id"],
            "sequence": calls["stop_sequence"],
            "stop_id": calls["stop_id"],
            "arrival_s": arrive_s,
            "departure_s": depart_s,
            "route_id": trips["route_id"].array.take(row),
            "can_board": calls["pickup_type"] != 1,
            "can_alight": calls["drop_off_type"] != 1,
            "distance": calls["shape_dist_traveled"],
            "service_id": trips["service_id"].array.take(row),
        }
    )


def _between(feed: Feed, calls: pd.DataFrame, arrive_s: Ints, depart_s: Ints) -> tuple[Ints, Ints]:
    """Return times of which the blank ones lie between the told ones around them as their ways do."""
    trip, place = calls["trip_id"].to_numpy(), np.arange(len(calls))
    first = np.append(True, trip[1:] != trip[:-1])
    blank = arrive_s == NO_TIME
    before = np.maximum.accumulate(np.where(blank, 0, place))
    after = np.minimum.accumulate(np.where(blank, len(calls) - 1, place)[::-1])[::-1]
    way = _way(feed, calls, first)
    rows = np.flatnonzero(blank)
    start, end = before[rows], after[rows]
    whole, part = way[end] - way[start], way[rows] - way[start]
    share = np.where(whole > 0, part / np.where(whole > 0, whole, 1), (rows - start) / (end - start))
    between = whole_s(depart_s[start] + share * (arrive_s[end] - depart_s[start]))
    arrive_s, depart_s = arrive_s.copy(), depart_s.copy()
    arrive_s[rows] = depart_s[rows] = between
    return arrive_s, depart_s


def _way(feed: Feed, calls: pd.DataFrame, first: Bools) -> Floats:
    """Return how far along its way each call lies; only differences within a trip mean something."""
    stops = feed.tables["stops"]
    rows = pd.Index(stops["stop_id"]).get_indexer(pd.Index(calls["stop_id"]))
    lon, lat = (stops[name].to_numpy()[rows] for name in ("stop_lon", "stop_lat"))
    hop = np.where(first, 0.0, straight_km(np.roll(lon, 1), np.roll(lat, 1), lon, lat))
    told = calls["shape_dist_traveled"].to_numpy()
    step = np.where(first, 0.0, told - np.roll(told, 1))
    trip = np.cumsum(first) - 1
    is_bad = np.isnan(told) | ~(step >= 0)
    use = np.bincount(trip, is_bad)[trip] == 0
    return np.cumsum(np.where(use, step, hop))
