"""Real feeds, where they lie on this machine: as another library and plain loops read and search them.

ONEHOUR_FEEDS holds the paths of the feeds, separated as in PATH; ONEHOUR_FEEDS_DATE the day, as 2019-05-13;
ONEHOUR_FEEDS_ORIGINS from how many stops every departure of 14:00 to 15:00 is searched, 3 if not given.
"""

import os
from datetime import date
from pathlib import Path

import gtfs_kit
import numpy as np
import pyproj
import pytest

from network.gtfs import read_day, read_timetable
from tests.gtfs.departures import check_departures

FEEDS = [Path(one) for one in os.environ.get("ONEHOUR_FEEDS", "").split(os.pathsep) if one]
DAY = os.environ.get("ONEHOUR_FEEDS_DATE", "")

pytestmark = pytest.mark.skipif(
    not FEEDS or not all(map(Path.exists, FEEDS)) or not DAY,
    reason="ONEHOUR_FEEDS and ONEHOUR_FEEDS_DATE name no feeds that are there",
)


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_a_real_feed_is_read_as_by_another_library(path):
    own = read_day([path], DAY, nights=False)
    other = gtfs_kit.read_feed(path, dist_units="km")
    trips = set(other.get_trips(date.fromisoformat(DAY).strftime("%Y%m%d"))["trip_id"])
    calls = other.stop_times[other.stop_times["trip_id"].isin(trips)].sort_values(
        ["trip_id", "stop_sequence"]
    )
    ours = own.stop_times.sort_values(["trip_id", "sequence"], ignore_index=True)
    assert ours["trip_id"].tolist() == calls["trip_id"].tolist()
    assert ours["stop_id"].tolist() == calls["stop_id"].tolist()
    told = calls["departure_time"].notna().to_numpy()
    seconds = [gtfs_kit.helpers.timestr_to_seconds(text) for text in calls["departure_time"][told]]
    assert ours["departure_s"][told].tolist() == seconds
    _check_between(ours, calls, told, other.stops.set_index("stop_id"))


def _check_between(ours, calls, told, stops):
    """Check times that were blank against a loop over some trips."""
    geod = pyproj.Geod(ellps="WGS84")
    told_s = np.where(told, ours["departure_s"], -1)
    for trip in calls["trip_id"].drop_duplicates()[::97]:
        rows = np.flatnonzero((ours["trip_id"] == trip).to_numpy())
        place = stops.loc[ours["stop_id"][rows]]
        hops = geod.line_lengths(place["stop_lon"], place["stop_lat"])
        way = np.append(0, np.cumsum(hops))[: len(rows)]
        known = told_s[rows] >= 0
        expected = np.interp(way, way[known], told_s[rows][known])
        assert np.abs(ours["departure_s"][rows] - expected).max() <= 0.5 + 1e-6


def test_real_feeds_together_are_a_timetable():
    timetable = read_timetable(FEEDS, DAY)
    assert timetable.n_trips + len(timetable.headway_s) > 0
    assert (timetable.departure_s >= timetable.arrival_s).all()


@pytest.mark.parametrize("arrive_by", [False, True])
def test_every_departure_of_an_hour_equals_a_plain_connection_scan(arrive_by):
    many = int(os.environ.get("ONEHOUR_FEEDS_ORIGINS", "3"))
    check_departures(FEEDS, DAY, ("14:00", "15:00"), many=many, arrive_by=arrive_by)
