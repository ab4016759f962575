"""Feeds read for a day: against what the feed says, worked out by hand."""

from datetime import date

import numpy as np
import pytest

from network.errors import BadInputError
from network.gtfs import read_day, read_timetable
from network.gtfs.calls import calls_of
from network.gtfs.feeds import read_feed

MONDAY, TUESDAY, WEDNESDAY, SATURDAY = "2030-01-07", "2030-01-08", "2030-01-09", "2030-01-12"


def day_of(path, day=MONDAY, **options):
    return read_day([path], day, **options)


def calls_by_trip(found):
    """Return stops and times of each trip, in minutes."""
    return {
        trip: [
            (stop, arrive / 60, depart / 60)
            for stop, arrive, depart in zip(
                rows["stop_id"], rows["arrival_s"], rows["departure_s"], strict=True
            )
        ]
        for trip, rows in found.stop_times.groupby("trip_id")
    }


def test_trips_of_a_day_with_the_nights_around_it(zipped, files):
    trips = calls_by_trip(day_of(zipped(files), TUESDAY))
    assert trips["t1"][0] == ("a", 420, 420)
    assert trips["t1"][2] == ("c", 460, 460)
    assert trips["t3"] == [("a", 540, 540), ("c", 560, 560)]
    assert trips["night"] == [("a", 1430, 1430), ("c", 1470, 1470)]
    assert trips["night (day before)"] == [("a", -10, -10), ("c", 30, 30)]
    # the headways of the day before end at 24:10 and their trips take 6 minutes: they reach this day
    assert set(trips) == {"t1", "t2", "t3", "night", "night (day before)", "t2 (day before)"}


def test_a_day_alone(zipped, files):
    found = day_of(zipped(files), MONDAY, nights=False)
    assert set(found.stop_times["trip_id"]) == {"t1", "t2", "night"}
    assert found.day == date(2030, 1, 7)
    assert found.time_zone == "Asia/Shanghai"


def test_the_next_morning_is_read_as_far_as_searches_need_it(zipped, files):
    files["stop_times.txt"] = files["stop_times.txt"].replace("07:00:00", "05:59:00")
    found = day_of(zipped(files), MONDAY)
    trips = calls_by_trip(found)
    assert trips["t1 (day after)"][0] == ("a", 24 * 60 + 359, 24 * 60 + 359)
    assert "night (day after)" not in trips
    assert "t1 (day after)" not in calls_by_trip(day_of(zipped(files), TUESDAY))  # nothing runs on the 9th


def test_calendar_dates_add_and_remove_services(zipped, files):
    assert "t3" not in set(day_of(zipped(files), MONDAY).stop_times["trip_id"])
    for day, near in (
        ("2030-01-13", "2030-01-11 and 2030-01-14"),
        ("2029-06-01", "2030-01-01"),
        ("2040-06-01", "2030-12-31"),
    ):
        found = rf"no trip runs on {day} \(the nearest days with service: {near}\)"
        with pytest.raises(BadInputError, match=found):
            day_of(zipped(files), day)
    trips = set(day_of(zipped(files), WEDNESDAY).stop_times["trip_id"])
    assert trips == {"night (day before)", "t2 (day before)"}
    del files["calendar.txt"]
    files["calendar_dates.txt"] = "service_id,date,exception_type\nextra,20300108,1\nweek,20300108,1\n"
    assert "t3" in set(day_of(zipped(files), TUESDAY).stop_times["trip_id"])


def test_missing_times_are_shared_out_by_straight_lines(zipped, files):
    found = day_of(zipped(files))
    # b lies 0.1 of 0.4 degrees on the way from a to c along a meridian: a quarter of 40 minutes, but for the ellipsoid
    rows = calls_by_trip(found)["t1"]
    assert rows[1][1] == rows[1][2] == pytest.approx(430, abs=1 / 60)
    assert any("1 of 9 calls had no times" in note for note in found.notes)


def test_missing_times_follow_the_distances_of_the_feed_where_it_has_them(zipped, files):
    lines = files["stop_times.txt"].splitlines()
    along = ["shape_dist_traveled", "0", "30", "40", *[""] * 6]
    files["stop_times.txt"] = "\n".join(f"{line},{end}" for line, end in zip(lines, along, strict=True))
    rows = calls_by_trip(day_of(zipped(files)))["t1"]
    assert rows[1][1] == 450
    files["stop_times.txt"] = files["stop_times.txt"].replace(
        ",30\n", ",50\n"
    )  # goes back: not to be trusted
    assert calls_by_trip(day_of(zipped(files)))["t1"][1][1] == pytest.approx(430, abs=1 / 60)


def test_several_missing_times_against_a_plain_loop(zipped, files):
    rng = np.random.default_rng(1)
    rows = ["trip_id,arrival_time,departure_time,stop_id,stop_sequence"]
    stops = ["a", "b1", "c", "b2"]
    for trip in ("t1", "t2", "t3", "night"):
        minute = 400
        count = int(rng.integers(3, 9))
        for seq in range(count):
            minute += int(rng.integers(1, 9))
            clock = f"{minute // 60:02d}:{minute % 60:02d}:00"
            told = seq in {0, count - 1} or rng.random() < 0.4
            rows.append(f"{trip},{clock if told else ''},{clock if told else ''},{stops[seq % 4]},{seq}")
    files["stop_times.txt"] = "\n".join(rows)
    feed = read_feed(zipped(files), [])
    calls = calls_of(feed, [])
    place = {"a": 23.0, "b1": 23.1, "b2": 23.1, "c": 23.4}
    for _, trip in calls.groupby("trip_id"):
        told = feed.tables["stop_times"].query("trip_id == @trip.trip_id.iloc[0]")["arrival_time"].to_numpy()
        way = [0.0]
        for one, two in zip(trip["stop_id"], trip["stop_id"][1:], strict=False):
            way.append(way[-1] + abs(place[two] - place[one]))
        known = np.flatnonzero(told >= 0)
        expected = np.interp(way, np.array(way)[known], told[known])
        # on the sphere's ellipse a degree is not the same everywhere, and b2 lies 100 m beside the meridian
        assert np.allclose(trip["arrival_s"], expected, atol=4)


def test_rights_to_board_and_alight(zipped, files):
    found = day_of(zipped(files))
    rows = found.stop_times.query("trip_id == 't1'")
    assert rows["can_board"].tolist() == [True, True, False]
    assert rows["can_alight"].tolist() == [False, True, True]


def test_frequencies(zipped, files):
    files["frequencies.txt"] = files["frequencies.txt"].replace("24:10:00,900,0", "24:10:00,900,1")
    bands = day_of(zipped(files), nights=False).frequencies
    assert bands.to_numpy().tolist() == [
        ["t2", 6 * 3600, 10 * 3600, 600, False],
        ["t2", 10 * 3600, 87000, 900, True],
    ]
    night = day_of(zipped(files), TUESDAY).frequencies.query("trip_id == 't2 (day before)'")
    assert night.to_numpy().tolist() == [["t2 (day before)", 10 * 3600 - 86400, 600, 900, True]]


def test_transfers_of_stations_hold_for_their_platforms(zipped, files):
    found = day_of(zipped(files))
    times = {(row.from_stop_id, row.to_stop_id): row.seconds for row in found.transfers.itertuples()}
    assert times[("a", "b1")] == times[("a", "b2")] == 300
    assert times[("c", "c")] == 120
    # 0.001 degrees of longitude at 23.1 N are 102.4 m: times 1.3, at 4.5 km/h
    assert times[("b1", "b2")] == pytest.approx(102.4 * 1.3 / 1.25, abs=1)
    assert len(times) == 4
    assert found.routes.set_index("route_id")["gate_s"].to_dict() == {"r1": 0, "r2": 60}
    notes = " ".join(found.notes)
    assert "1 rows of transfers.txt forbid a change" in notes
    assert "1 rows of transfers.txt hold for single routes or trips" in notes
    assert "pathways.txt" not in notes
    assert "ways inside stations are not read" in notes


def test_changes_without_a_time_between_stops_too_far_to_walk_are_left_out(zipped, files):
    files["transfers.txt"] += "b1,c,,,1,\n"
    found = day_of(zipped(files))
    assert "c" not in set(found.transfers.query("from_stop_id == 'b1'")["to_stop_id"])
    assert any("1 changes without a time" in note for note in found.notes)


def test_gates_that_differ_from_place_to_place_are_none(zipped, files):
    files["transfers.txt"] += "a,b2,,r2,2,400\n"
    found = day_of(zipped(files))
    assert set(found.routes["gate_s"]) == {0}
    assert any("3 rows of transfers.txt hold for single" in note for note in found.notes)


def test_names_of_both_languages(zipped, files):
    files["translations.txt"] = (
        "table_name,field_name,language,translation,record_id,field_value\n"
        "stops,stop_name,zh-Hans,甲,a,\n"
        "stops,stop_name,zh,丙,,C\n"
        "stops,stop_name,fr,Bé,b1,\n"
        "routes,route_long_name,zh,北线,r1,\n"
    )
    stops = day_of(zipped(files)).stops.set_index("stop_id")
    assert stops["name_en"].to_dict() == {"a": "A", "b1": "B platform 1", "b2": "B platform 2", "c": "C"}
    assert stops["name_zh"].to_dict() == {"a": "甲", "b1": "", "b2": "", "c": "丙"}
    assert stops["complex"].to_dict() == {"a": "", "b1": "b", "b2": "b", "c": ""}
    routes = day_of(zipped(files)).routes.set_index("route_id")
    assert routes.loc["r1", ["name", "name_zh", "name_en", "colour", "class"]].tolist() == [
        "1 North line", "北线", "North line", "00ff00", "metro",
    ]  # fmt: skip
    assert routes.loc["r2", ["name", "class"]].tolist() == ["Expresses", "hsr"]


def test_several_feeds_keep_apart(zipped, files):
    one, two = zipped(files, "one.zip"), zipped(files, "two words.zip")
    found = read_day([one, two], MONDAY, nights=False)
    assert set(found.stop_times["trip_id"]) == {
        f"{feed}:{trip}" for feed in ("one", "two_words") for trip in ("t1", "t2", "night")
    }
    assert set(found.stops["complex"]) == {"", "one:b", "two_words:b"}
    assert set(found.stop_times["stop_id"]) <= set(found.stops["stop_id"])
    assert set(found.transfers["from_stop_id"]) <= set(found.stops["stop_id"])
    assert set(found.stop_times["route_id"]) <= set(found.routes["route_id"])
    again = read_day([one, one], MONDAY, nights=False)
    assert set(again.stops["complex"]) == {"", "one:b", "one-2:b"}


def test_a_folder_is_a_feed(tmp_path, zipped, files):
    home = tmp_path / "feed"
    home.mkdir()
    for name, text in files.items():
        (home / name).write_text(text, encoding="utf-8")
    (home / "sub").mkdir()
    found, packed = day_of(home), day_of(zipped(files))
    for table in ("stops", "stop_times", "frequencies", "transfers", "routes"):
        assert getattr(found, table).equals(getattr(packed, table))


def test_byte_order_mark_carriage_returns_blank_lines_and_padding(zipped, files):
    plain = day_of(zipped(files))
    odd = {name: "\ufeff" + text.replace("\n", "\r\n") + "\r\n\r\n" for name, text in files.items()}
    odd["stops.txt"] = (
        odd["stops.txt"].replace("stop_id,stop_name", " stop_id , stop_name").replace("a,A,", '"a", "A",')
    )
    odd["stops.txt"] = odd["stops.txt"].replace(' "A"', '"A, the ""first"""')
    found = day_of(zipped(odd))
    assert found.stop_times.equals(plain.stop_times)
    assert found.stops["stop_id"].tolist() == plain.stops["stop_id"].tolist()
    assert found.stops["name_en"].iloc[0] == 'A, the "first"'


def test_trips_that_no_one_can_ride_are_left_out_and_told(zipped, files):
    files["trips.txt"] += "r1,week,idle\nr1,week,short\n"
    files["stop_times.txt"] += "short,07:00:00,07:00:00,a,1,,\n"
    found = day_of(zipped(files))
    assert not {"idle", "short"} & set(found.stop_times["trip_id"])
    assert "feed.zip: 2 trips with fewer than two calls are left out." in found.notes


def test_the_timetable_of_a_day(zipped, files):
    timetable = read_timetable([zipped(files)], TUESDAY)
    assert timetable.n_trips == 4  # t1, t3, night, night of the day before; t2 is a headway's
    assert timetable.stops["complex"].tolist() == ["a", "b", "b", "c"]
    assert timetable.change_s.tolist() == [0, 0, 0, 120]
    assert sorted(timetable.headway_s.tolist()) == [600, 900, 900]
    with pytest.raises(BadInputError, match="'soon' is no day"):
        read_timetable([zipped(files)], "soon")
    with pytest.raises(BadInputError, match="name a zip archive"):
        read_timetable([], TUESDAY)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar(zipped, files, day):
    files["calendar.txt"] = files["calendar.txt"].replace(
        "20300101,20301231", f"{day.replace('-', '')},{day.replace('-', '')}"
    )
    files["calendar_dates.txt"] = (
        f"service_id,date,exception_type\nweek,{day.replace('-', '')},1\nextra,20300108,1\n"
    )
    assert "t1" in set(day_of(zipped(files), day).stop_times["trip_id"])
