"""The changes that a feed's ``transfers.txt`` tells of, and the gates that follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.access import walk_s
from network.distances import straight_km
from network.gtfs.feeds import PLATFORM, STATION
from network.parameters import default_parameters
from network.seconds import whole_s

if TYPE_CHECKING:
    from network.gtfs.feeds import Feed

_NOT_ALLOWED, _IN_SEAT, _STAY = 3, 4, 5
_SINGLE = ("from_route_id", "from_trip_id", "to_trip_id")


def transfers_of(feed: Feed, notes: list[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the changes between platforms, and the gates of routes.

    A row for a station holds for all of its platforms. Where a row has no time, the walk along a straight
    line at the package's speed and detour counts, as far as one walks. Rows for single routes and trips are
    not read, but where changes to a route take longer than others everywhere by the same seconds, that is the
    gate of its trains.

    Parameters
    ----------
    feed
        A checked feed.
    notes
        Gets sentences on what is not read.

    Returns
    -------
    transfers : DataFrame
        from_stop_id, to_stop_id, seconds; each pair once.
    gates : dict
        Seconds by route.
    """
    rows = feed.tables["transfers"]
    for kinds, sentence in (
        ({_NOT_ALLOWED}, "forbid a change; here none is forbidden"),
        ({_IN_SEAT, _STAY}, "let passengers stay in their seats; that is not read"),
    ):
        if count := int(rows["transfer_type"].isin(kinds).sum()):
            notes.append(f"{feed.name}: {count} rows of transfers.txt {sentence}.")
    rows = rows[
        (rows["transfer_type"] < _NOT_ALLOWED) & (rows["from_stop_id"] != "") & (rows["to_stop_id"] != "")
    ]
    for_all = (rows[list(_SINGLE)] == "").all(axis=1)
    general = for_all & (rows["to_route_id"] == "")
    pairs = _between_platforms(feed, rows[general], notes)
    gates, used = _gates(pairs, rows[for_all & ~general])
    if count := len(rows) - int(general.sum()) - used:
        notes.append(
            f"{feed.name}: {count} rows of transfers.txt hold for single routes or trips; they are not read."
        )
    return pairs, gates


def _between_platforms(feed: Feed, rows: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    stops = feed.tables["stops"]
    platforms = stops[stops["location_type"] == PLATFORM]
    own = pd.DataFrame({"place": platforms["stop_id"], "stop": platforms["stop_id"]})
    child = pd.DataFrame({"place": platforms["parent_station"], "stop": platforms["stop_id"]})
    stations = stops.loc[stops["location_type"] == STATION, "stop_id"]
    places = pd.concat([own, child[child["place"].isin(stations)]])
    table = rows.merge(places, left_on="from_stop_id", right_on="place")
    table = table.merge(places, left_on="to_stop_id", right_on="place", suffixes=("_from", "_to"))
    seconds = table["min_transfer_time"].to_numpy(np.float64).copy()
    untold = seconds < 0
    if untold.any():
        position = platforms.set_index("stop_id")[["stop_lon", "stop_lat"]]
        start, end = (position.loc[table.loc[untold, f"stop_{end}"]].to_numpy() for end in ("from", "to"))
        away_m = 1000 * straight_km(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
        numbers = default_parameters()
        seconds[untold] = walk_s(away_m, numbers, longest_km=numbers["walk_max_km"])
    pairs = pd.DataFrame(
        {"from_stop_id": table["stop_from"], "to_stop_id": table["stop_to"], "seconds": seconds}
    )
    if far := int(np.isinf(seconds).sum()):
        notes.append(
            f"{feed.name}: {far} changes without a time, between stops too far to walk, are left out."
        )
        pairs = pairs[np.isfinite(seconds)]
    pairs["seconds"] = whole_s(pairs["seconds"].to_numpy())
    pairs = pairs.sort_values(["from_stop_id", "to_stop_id", "seconds"], ignore_index=True)
    return pairs.drop_duplicates(["from_stop_id", "to_stop_id"], ignore_index=True)


def _gates(pairs: pd.DataFrame, rows: pd.DataFrame) -> tuple[dict[str, int], int]:
    """Return the gates, and how many of the rows are told by them."""
    table = rows.merge(pairs, on=["from_stop_id", "to_stop_id"])
    table["more"] = table["min_transfer_time"] - table["seconds"]
    found = {
        str(route): int(more.iloc[0])
        for route, more in table.groupby("to_route_id")["more"]
        if more.iloc[0] >= 0 and (more == more.iloc[0]).all()
    }
    return found, int(table["to_route_id"].isin(list(found)).sum())
