"""Feeds on disk: written whole or not at all, by the command."""

import gtfs_kit
import pytest


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


@pytest.mark.parametrize(
    ("words", "text"), [((), "nor the region a date"), (("--first-day", "9999-12-01"), "is too late")]
)
def test_a_feed_needs_days(command, folder, tmp_path, words, text):
    done = command("gtfs", "export", "--region", folder / "line", "-o", tmp_path / "feed.zip", *words)
    assert done.status == 2
    assert text in done.err
    assert not list(tmp_path.iterdir())
