"""A region's feed, read by another library and compared with times worked out by hand."""

import zipfile
from datetime import date

import gtfs_kit
import numpy as np
import pytest

from network.gtfs.export import Imprint, feed_tables
from network.headways import departures_a_day, headway_bands
from network.region import About, Period
from network.testing import diamond_region, headway_region, hub_region, line_region, make_region
from onehour.gtfs import write_tables

IMPRINT = Imprint(version="v1", first_day=date(2030, 1, 1), last_day=date(2030, 12, 31))
MONDAY = "20300107"


def feed_of(region, folder):
    """Return the feed of a region as gtfs-kit reads it from a file."""
    file = folder / "feed.zip"
    write_tables(feed_tables(region, IMPRINT), file)
    return gtfs_kit.read_feed(file, dist_units="km")


@pytest.fixture
def line(tmp_path):
    return feed_of(line_region(), tmp_path)


def test_trips_have_the_departures_and_times_of_the_services(line):
    assert len(line.get_trips(MONDAY)) == len(line.trips) == 2 * 17 * 6
    calls = line.stop_times[line.stop_times["trip_id"] == "up:06:10"]
    assert calls["stop_id"].tolist() == ["a", "b", "c", "d"]
    assert calls["arrival_time"].tolist() == ["06:10:00", "06:16:00", "06:23:00", "06:30:00"]
    assert calls["departure_time"].tolist() == ["06:10:00", "06:17:00", "06:24:00", "06:30:00"]
    assert calls["shape_dist_traveled"].tolist() == [0, 10, 20, 30]


def test_distances_and_speeds_are_plausible_to_another_library(line):
    stats = line.compute_trip_stats()
    assert np.allclose(stats["distance"], 30)
    assert np.allclose(stats["duration"] * 60, 20)
    assert set(stats["num_stops"]) == {4}


def test_names_stand_in_both_languages():
    stations = line_region().stations.assign(name_zh=["甲", "乙", "丙", ""])
    tables = feed_tables(line_region().replace(tables={"stations": stations}), IMPRINT)
    assert tables["stops"]["stop_name"].tolist() == ["甲", "乙", "丙", "D"]
    words = tables["translations"]
    words = words[words["table_name"] == "stops"]
    assert dict(zip(words["record_id"], words["translation"], strict=True)) == {"a": "A", "b": "B", "c": "C"}
    signs = tables["translations"].query("table_name == 'trips'")
    assert signs[["field_value", "translation"]].to_numpy().tolist() == [["甲", "A"]]
    assert tables["feed_info"]["feed_lang"].tolist() == ["zh"]
    assert feed_tables(line_region(), IMPRINT)["feed_info"]["feed_lang"].tolist() == ["en"]


def test_headways_are_frequencies_without_phase(tmp_path):
    feed = feed_of(headway_region(), tmp_path)
    assert set(feed.frequencies["exact_times"]) == {0}
    bands = feed.frequencies[feed.frequencies["trip_id"] == "full-up"]
    assert bands[["start_time", "end_time", "headway_secs"]].to_numpy().tolist() == [
        ["06:30:00", "07:00:00", 720],
        ["07:00:00", "09:00:00", 360],
        ["09:00:00", "22:30:00", 720],
    ]
    calls = feed.stop_times[feed.stop_times["trip_id"] == "full-up"]
    assert calls["arrival_time"].tolist() == ["06:30:00", "06:36:00", "06:42:00"]
    expanded = feed.expand_frequencies().trips
    # 06:30 to 07:00 every 12 minutes: 06:30, 06:42, 06:54; then 20, then 67.5 of which the last one begins
    assert expanded["trip_id"].str.startswith("full-up-").sum() == 3 + 20 + 68


def test_a_complex_is_a_parent_and_changes_are_transfers(tmp_path):
    feed = feed_of(hub_region(), tmp_path)
    stops = feed.stops.set_index("stop_id")
    parent = stops.loc["h", "parent_station"]
    assert stops.loc["g", "parent_station"] == parent
    assert stops.loc[parent, ["location_type", "stop_name"]].tolist() == [1, "H"]
    assert stops.loc[["r", "m"], "parent_station"].isna().all()
    rows = feed.transfers.fillna({"to_route_id": ""})
    times = {tuple(row[:3]): row[3] / 60 for row in rows[
        ["from_stop_id", "to_stop_id", "to_route_id", "min_transfer_time"]
    ].itertuples(index=False)}  # fmt: skip
    assert times == {
        ("h", "h", ""): 12,
        ("r", "r", ""): 8,
        ("g", "g", ""): 4,
        ("m", "m", ""): 4,
        ("h", "g", ""): 7 + 4 + 1,
        ("g", "h", ""): 2 + 4 + 5,
        ("g", "h", "rail"): 2 + 4 + 5 + 1,  # the gate of the intercity train
    }


def test_routes_have_types_and_colours(tmp_path):
    routes = feed_of(hub_region(), tmp_path).routes.set_index("route_id")
    assert routes["route_type"].to_dict() == {"rail": 106, "metro": 1}
    assert routes["route_color"].str.fullmatch("[0-9A-F]{6}").all()
    assert routes["route_text_color"].isin({"000000", "FFFFFF"}).all()


def test_every_reference_of_the_feed_is_there(tmp_path):
    for region in (diamond_region(), hub_region(), headway_region(), line_region()):
        feed = feed_of(region, tmp_path)
        assert set(feed.trips["route_id"]) == set(feed.routes["route_id"])
        assert set(feed.trips["shape_id"]) == set(feed.shapes["shape_id"])
        assert set(feed.stop_times["trip_id"]) == set(feed.trips["trip_id"])
        assert set(feed.stop_times["stop_id"]) <= set(feed.stops["stop_id"])
        assert set(feed.stops["parent_station"].dropna()) <= set(feed.stops["stop_id"])
        assert feed.get_active_services("20310101") == []
        assert feed.trips["trip_id"].is_unique


def test_departures_at_the_same_minute_are_two_trips():
    region = line_region()
    services = region.services.assign(departures="08:00 08:00 24:30")
    tables = feed_tables(region.replace(tables={"services": services}), IMPRINT)
    assert tables["trips"]["trip_id"].tolist() == [
        "down:08:00", "down:08:00#2", "down:24:30", "up:08:00", "up:08:00#2", "up:24:30",
    ]  # fmt: skip
    late = tables["stop_times"].query("trip_id == 'up:24:30'")
    assert late["arrival_time"].tolist() == ["24:30:00", "24:36:00", "24:43:00", "24:50:00"]


BAND_ABOUT = About(
    "bands",
    service_start_s=5 * 3600,
    service_end_s=24 * 3600,
    periods=(Period("peak", 7 * 3600, 9 * 3600), Period("night", 22 * 3600, 26 * 3600)),
)


def bands_of(**service):
    """Return the bands of one service, in hours and minutes."""
    stations = [
        {"station_id": s, "system": "metro", "class": "metro", "lon": 113, "lat": 23 + n / 10}
        for n, s in enumerate("ab")
    ]
    region = make_region(
        {
            "stations": stations,
            "services": [{"service_id": "x", "class": "metro", **service}],
            "service_stops": [
                {"service_id": "x", "seq": 1, "station_id": "a", "depart_min": 0},
                {"service_id": "x", "seq": 2, "station_id": "b", "arrive_min": 9},
            ],
        },
        about=BAND_ABOUT,
    )
    bands = headway_bands(region)
    count = ((bands.end_s - bands.start_s) / bands.headway_s).sum()
    assert count == pytest.approx(departures_a_day(region)[0])
    return [
        (start / 3600, end / 3600, headway / 60)
        for start, end, headway in zip(bands.start_s, bands.end_s, bands.headway_s, strict=True)
    ]


def test_bands_follow_the_periods_and_else_the_longest_headway():
    assert bands_of(headway_peak_min=5, headway_night_min=20) == [(5, 7, 20), (7, 9, 5), (9, 24, 20)]
    assert bands_of(headway_peak_min=5) == [(5, 22, 5)]
    assert bands_of(headway_night_min=20, first_departure="23:00", last_departure="01:30") == [(23, 25.5, 20)]
    late = {"first_departure": "21:00", "last_departure": "03:00"}
    assert bands_of(headway_night_min=20, headway_peak_min=30, **late) == [
        (21, 22, 30),
        (22, 26, 20),
        (26, 27, 30),
    ]


def test_equal_feeds_are_equal_bytes(tmp_path):
    for name in ("one", "two"):
        write_tables(feed_tables(hub_region(), IMPRINT), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with zipfile.ZipFile(tmp_path / "one") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
