"""Feeds on disk: written whole or not at all, by the command."""

import gtfs_kit
import pandas as pd
import pytest

import onehour
from network.gtfs import read_day
from network.gtfs.regions import Settings, region_of
from network.writer import write_region


@pytest.fixture(scope="module")
def feed(command, tmp_path_factory):
    """Return the feed of today's network, and what the command said of it."""
    file = tmp_path_factory.mktemp("feed") / "today.zip"
    done = command("gtfs", "export", "today-2026", "-o", file, "--json")
    assert done.status == 0, done.err
    return file, done.json


def test_export_says_what_the_feed_was_made_from(feed, today):
    file, said = feed
    info = gtfs_kit.read_feed(file, dist_units="km").feed_info.iloc[0]
    assert said["state_hash"] == today.network.region.hash
    assert f"state_hash={said['state_hash']}" in info["feed_version"]
    assert info["feed_version"].startswith("today-2026 region_hash=")
    assert "scenario today-2026" in info["feed_desc"]
    assert said["rows"]["feed_info.txt"] == 1


def test_every_train_of_the_scenario_runs_in_the_feed(feed, today):
    file, said = feed
    read = gtfs_kit.read_feed(file, dist_units="km")
    day = said["first_day"].replace("-", "")
    services = today.network.region.services
    timed = services["departures"].str.split().map(len).sum()
    frequent = (services["departures"] == "").sum()
    assert len(read.get_trips(day)) == timed + frequent
    assert set(read.frequencies["trip_id"]) == set(services.loc[services["departures"] == "", "service_id"])


def test_values_set_by_hand_are_told_and_counted(command, folder, tmp_path):
    words = ("--region", folder / "line", "--first-day", "2030-02-01", "--set", "change_rail_min=3")
    done = command("gtfs", "export", *words, "-o", tmp_path / "feed.zip")
    assert (done.status, done.err) == (0, "")
    assert "4 stops, 1 routes, 204 trips (base, from 2030-02-01 for a year)" in done.out
    read = gtfs_kit.read_feed(tmp_path / "feed.zip", dist_units="km")
    assert set(read.transfers["min_transfer_time"]) == {180}
    assert "change_rail_min=3" in read.feed_info["feed_desc"].iloc[0]
    assert read.get_dates()[::364] == ["20300201", "20310131"]


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(command, tmp_path):
    before = tmp_path / "feed.txt"
    before.write_text("old")
    words = ("--region", "nowhere", "--first-day", "2030", "--publisher-url", "me")
    done = command("gtfs", "export", "-o", before, *words)
    assert done.status == 2
    assert len(done.err.splitlines()) == 1 + 4
    for text in ("feed.txt", "--first-day: '2030' is no day", "--publisher-url: 'me'", "nowhere"):
        assert text in done.err
    assert before.read_text() == "old"


def test_a_region_without_services_has_no_feed(command, folder, tmp_path):
    words = ("--region", folder / "roads", "--first-day", "2030-02-01")
    done = command("gtfs", "export", *words, "-o", tmp_path / "feed.zip")
    assert done.status == 2
    assert "roads: has no services (a feed is made of services)" in done.err


@pytest.mark.parametrize(
    ("words", "text"), [((), "nor the region a date"), (("--first-day", "9999-12-01"), "is too late")]
)
def test_a_feed_needs_days(command, folder, tmp_path, words, text):
    done = command("gtfs", "export", "--region", folder / "line", "-o", tmp_path / "feed.zip", *words)
    assert done.status == 2
    assert text in done.err
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------------------ import


def test_a_scenario_comes_back_from_its_feed_with_the_same_times(feed, today, tmp_path):
    """Station to station, every pair of the 30 stations with most services, in every period."""
    file, said = feed
    region = today.network.region
    found = read_day([file], said["first_day"], nights=False)
    folder = tmp_path / "back"
    write_region(region_of(found, Settings(region_id="back", like=region)), folder)
    back = onehour.load(str(folder)).scenario()
    assert len(back.network.region.services) == len(region.services)
    ids = region.service_stops["station_id"].value_counts().index[:30].tolist()
    for words in ({"clock": "station"}, {"clock": "door", "statistic": "best"}, {"clock": "in-vehicle"}):
        for period in ("am-peak", "midday"):
            there = today.matrix(ids, period=period, **words)
            here = back.matrix(ids, period=period, **words)
            assert (there["minutes"].isna() == here["minutes"].isna()).all()
            off_s = ((here["minutes"] - there["minutes"]) * 60).abs().fillna(0)
            assert off_s.max() <= 1 + 1e-6  # headways are whole seconds in a feed


def test_import_makes_a_valid_region(command, folder, tmp_path):
    file, home = tmp_path / "line.zip", tmp_path / "made"
    words = ("--region", folder / "line", "--first-day", "2030-02-01")
    assert command("gtfs", "export", *words, "-o", file).status == 0
    done = command("gtfs", "import", file, "--date", "2030-02-01", "-o", home, "--id", "copy")
    assert (done.status, done.err) == (0, "")
    assert "4 stations, 1 lines, 2 services, as on 2030-02-01" in done.out
    assert "· Made from GTFS feeds: what runs on 2030-02-01, alone." in done.out
    assert command("validate", home).status == 0
    done = command("matrix", "--region", home, "-o", tmp_path / "times.csv", "--clock", "station", "--json")
    assert (done.status, done.json["rows"], done.json["region"]) == (0, 16, "copy")
    times = pd.read_csv(tmp_path / "times.csv").set_index(["origin", "destination"])["minutes"]
    assert (times[("a", "b")], times[("a", "d")]) == (11, 25)  # as line_region says


def test_import_tells_all_that_is_wrong_and_leaves_nothing(command, tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    done = command("gtfs", "import", tmp_path / "bad.zip", "--date", "2030-02-01", "-o", tmp_path / "made")
    assert done.status == 2
    assert "bad.zip: is no zip archive" in done.err
    assert [file.name for file in tmp_path.iterdir()] == ["bad.zip"]
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    words = ("--date", "soon", "-o", full, "--id", "two words", "--like", "nowhere")
    done = command("gtfs", "import", tmp_path / "bad.zip", *words)
    assert done.status == 2
    for text in ("is there already", "'soon' is no day", "'two words' is no identifier", "nowhere"):
        assert text in done.err
    assert [file.name for file in full.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_made_is_told_before_the_work(command, tmp_path):
    done = command("gtfs", "import", "x.zip", "--date", "2030-02-01", "-o", tmp_path / "no" / "made")
    assert done.status == 2
    assert "is not there (make it first)" in done.err
    (tmp_path / "file").write_text("x")
    done = command("gtfs", "import", "x.zip", "--date", "2030-02-01", "-o", tmp_path / "file")
    assert "is there already" in done.err
