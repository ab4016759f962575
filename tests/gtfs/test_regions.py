"""Feeds made into regions: what is kept, and that a region comes back from its own feed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from network.errors import BadInputError
from network.gtfs import read_day, read_timetable
from network.gtfs.export import feed_tables
from network.gtfs.regions import PERIODS, Settings, region_of
from network.region import Period
from network.rides import calls, departures_in
from network.station_times import by_class_s, change_s, entry_s, street_changes
from network.testing import diamond_region, headway_region, hub_region, line_region
from onehour.gtfs import write_tables
from tests.gtfs.test_export import IMPRINT
from tests.reference.random_regions import random_region

MONDAY, TUESDAY = "2030-01-07", "2030-01-08"


def credited_region():
    """Return the line region with a sentence that must stay with its data."""
    region = line_region()
    return region.replace(about=replace(region.about, attribution="© the surveyors,\nof 2030"))


REGIONS = {
    "credited": credited_region,
    "line": line_region,
    "diamond": diamond_region,
    "hub": hub_region,
    "headway": headway_region,
}


def there_and_back(region, folder):
    """Return the region that is made of a region's own feed, with its numbers and periods."""
    write_tables(feed_tables(region, IMPRINT), folder / "own.zip")
    found = read_day([folder / "own.zip"], MONDAY, nights=False)
    return region_of(found, Settings(region_id=region.about.region_id, like=region))


def runs_of(region):
    """Return departures, and how many a headway gives in each period, by class, stations and times of services."""
    found = calls(region)
    names, kinds = region.stations["station_id"].to_numpy(), region.services["class"]
    many = [departures_in(region, found, period) for period in region.about.periods]
    runs = {}
    for row, clocks in enumerate(region.services["departures"].str.split()):
        mine = np.flatnonzero(found.service == row)
        shift_s = int(found.depart_s[mine[0]])
        key = (
            kinds[row],
            tuple(names[found.station[mine]]),
            tuple((found.arrive_s[mine][1:] - shift_s).tolist()),
            tuple((found.depart_s[mine][:-1] - shift_s).tolist()),
        )
        times, counts = runs.setdefault(key, ([], []))
        times += [int(clock[:-3]) * 3600 + int(clock[-2:]) * 60 + shift_s for clock in clocks]
        counts += [] if clocks else [tuple(round(float(one[mine[0]]), 6) for one in many)]
    return {key: (sorted(times), sorted(counts)) for key, (times, counts) in runs.items()}


def changes_of(region):
    """Return the seconds of all changes by stations."""
    names = region.stations["station_id"].to_numpy()
    served = set(region.service_stops["station_id"])
    tail, head, seconds = street_changes(region)
    inside = dict(zip(names, change_s(region), strict=True))
    found = {(name, name): second for name, second in inside.items() if name in served}
    rows = zip(names[tail], names[head], seconds, strict=True)
    return found | {(a, b): second for a, b, second in rows if a in served and b in served}


@pytest.mark.parametrize("name", REGIONS)
def test_a_region_comes_back_from_its_feed(tmp_path, name):
    region = REGIONS[name]()
    back = there_and_back(region, tmp_path)
    assert runs_of(back) == runs_of(region)
    assert changes_of(back) == changes_of(region)
    assert back.about.attribution == " ".join(region.about.attribution.split())
    columns = ["station_id", "system", "class", "name_en", "lon", "lat"]
    assert back.stations[columns].equals(region.stations[columns])
    assert set(back.table("lines")["line_id"]) == set(region.table("lines")["line_id"])


@settings(max_examples=8, deadline=None, phases=(Phase.generate,))
@given(seed=st.integers(0, 10_000))
def test_whatever_region_comes_back_from_its_feed(tmp_path_factory, seed):
    region = random_region(seed)
    back = there_and_back(region, tmp_path_factory.mktemp("drawn"))
    before, after = runs_of(region), runs_of(back)
    assert before.keys() == after.keys()
    # headways outside of all periods come back as departures
    idle = {key for key, (_, counts) in before.items() if any(sum(count) == 0 for count in counts)}
    assert all(before[key] == after[key] for key in before.keys() - idle)
    assert changes_of(back) == changes_of(region)


@pytest.mark.parametrize("name", REGIONS)
def test_the_timetable_of_a_feed_has_the_times_of_its_region(tmp_path, name):
    region = REGIONS[name]()
    write_tables(feed_tables(region, IMPRINT), tmp_path / "own.zip")
    found = read_timetable([tmp_path / "own.zip"], MONDAY)
    own = type(found).from_region(region)
    # of the next day, the feed is read for a morning, the region for a half
    assert trips_of(found) == trips_of(own)
    assert found.change_s.tolist() == own.change_s.tolist()
    for array in ("transfer_start", "transfer_stop", "transfer_s"):
        assert getattr(found, array).tolist() == getattr(own, array).tolist()


def trips_of(timetable):
    """Return stops and times of the trips of a timetable that leave before the next morning is over."""
    stops = timetable.stops["stop_id"].to_numpy()
    trips = []
    for pattern in range(timetable.n_patterns):
        begin, end = timetable.pattern_start[pattern : pattern + 2]
        names = tuple(stops[timetable.pattern_stops[begin:end]])
        for trip in range(*timetable.pattern_trips_start[pattern : pattern + 2]):
            times = slice(*timetable.trip_times_start[trip : trip + 2])
            arrive, depart = timetable.arrival_s[times], timetable.departure_s[times]
            if arrive[-1] >= 0 and depart[0] < 30 * 3600:
                trips.append((names, tuple(arrive[1:]), tuple(depart[:-1])))
    return sorted(trips)


def made(zipped, files, day=MONDAY, **options):
    found = read_day([zipped(files)], day, nights=False)
    return region_of(found, Settings(region_id="made", **options))


def test_platforms_become_a_station(zipped, files):
    region = made(zipped, files, TUESDAY)
    stations = region.stations.set_index("station_id")
    assert stations["class"].to_dict() == {"a": "national", "b": "metro", "c": "national"}
    assert stations["name_en"].to_dict() == {"a": "A", "b": "B", "c": "C"}
    assert stations.loc["b", "lon"] == 113.0005
    assert region.services["class"].tolist().count("hsr") == 2
    assert region.about.crs == "EPSG:32649"
    assert region.about.periods == PERIODS


def test_times_in_seconds_stay(zipped, files):
    region = made(zipped, files)
    found = calls(region)
    row = region.services.index[region.services["departures"] == "07:00"][0]
    assert found.arrive_s[found.service == row].tolist() == [0, 600, 2400]
    files["stop_times.txt"] = files["stop_times.txt"].replace(",07:00:00,a", ",07:00:50,a")
    region = made(zipped, files)
    found = calls(region)
    row = region.services.index[region.services["departures"] == "07:00"][0]
    mine = np.flatnonzero(found.service == row)
    assert (found.arrive_s[mine[-1]] - found.depart_s[mine[0]], found.depart_s[mine[0]]) == (2350, 50)
    counted = departures_in(region, found, Period("midday", 7 * 3600 + 50, 7 * 3600 + 51))
    assert counted[mine[0]] == 1


def test_headways_by_period_give_the_departures_of_the_feed(zipped, files):
    region = made(zipped, files)
    service = region.services.set_index("service_id").loc["t2"]
    # 600 s from 06:00 to 10:00, 900 s from 10:00 to 24:10
    assert service[["headway_am_peak_min", "headway_midday_min", "headway_evening_min"]].tolist() == [
        10,
        15,
        15,
    ]
    assert service[["first_departure", "last_departure"]].tolist() == ["06:00", "24:10"]
    files["frequencies.txt"] = (
        "trip_id,start_time,end_time,headway_secs\nt2,07:30:00,08:00:00,300\nt2,08:00:00,10:30:00,600\n"
    )
    service = made(zipped, files).services.set_index("service_id").loc["t2"]
    # am-peak: 90 minutes of service with 6 + 6 departures; midday: 30 minutes with 3
    assert service["headway_am_peak_min"] == 90 / 12
    assert service["headway_midday_min"] == 10
    assert np.isnan(service["headway_evening_min"])


def test_exact_headways_and_those_outside_of_all_periods_are_departures(zipped, files):
    files["frequencies.txt"] = (
        "trip_id,start_time,end_time,headway_secs,exact_times\n"
        "t2,07:00:00,07:05:00,90,1\n"
    )  # fmt: skip
    region = made(zipped, files)
    assert {key[1]: times for key, (times, _) in runs_of(region).items() if key[1] == ("a", "b")} == {
        ("a", "b"): [25200, 25290, 25380, 25470]
    }
    files["frequencies.txt"] = "trip_id,start_time,end_time,headway_secs\nt2,04:00:00,04:30:00,600\n"
    region = made(zipped, files)
    assert "04:00 04:10 04:20" in region.services["departures"].tolist()
    assert any("1 headways outside of all periods" in note for note in region.about.notes)


def test_rail_and_metro_under_one_roof_are_two_stations(zipped, files):
    files["stop_times.txt"] += "t4,09:00:00,09:00:00,b1,1,,\nt4,09:30:00,09:30:00,c,2,,\n"
    files["trips.txt"] += "r2,week,t4\n"
    files["stop_times.txt"] = files["stop_times.txt"].replace("t1,,,b1,2,,\n", "")
    region = made(zipped, files)
    assert set(region.stations["station_id"]) == {"a", "b:metro", "b:rail", "c"}
    links = region.transfers.set_index(["from_station_id", "to_station_id"])
    told = links.loc[("b:rail", "b:metro"), "walk_m"]
    # the feed tells of a change of 107 s (102 m on foot), which exit (4 min) and security take up
    assert told == 0
    files["transfers.txt"] = files["transfers.txt"].replace("b1,b2,,,0,\n", "")
    links = made(zipped, files).transfers.set_index(["from_station_id", "to_station_id"])
    assert links.loc[("b:rail", "b:metro"), "walk_m"] == pytest.approx(102.4 * 1.3, abs=0.5)


def test_walks_take_the_time_that_the_feed_gives_a_change(zipped, files):
    files["transfers.txt"] = (
        "from_stop_id,to_stop_id,transfer_type,min_transfer_time\na,b1,2,900\nb1,a,2,300\n"
    )
    region = made(zipped, files, TUESDAY)
    found = changes_of(region)
    assert (found[("a", "b")], found[("b", "a")]) == (900, 300)
    assert region.transfers["security_waived"].tolist() == [False, False]


def test_a_change_quicker_than_a_security_check_waives_it(zipped, files):
    # leaving a takes 4 minutes, the check at b 1: 270 s leave half a minute to walk
    files["transfers.txt"] = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\na,b1,2,270\n"
    region = made(zipped, files, TUESDAY)
    assert changes_of(region)[("a", "b")] == 270
    assert region.transfers[["walk_m", "security_waived"]].to_numpy().tolist() == [[37.5, True]]


def test_stops_in_the_street_have_a_class_of_their_own(zipped, files):
    assert made(zipped, files).parameters["feeder_max_km"] == 12
    files["routes.txt"] = files["routes.txt"].replace("North line,1,", "North line,3,")
    files["stops.txt"] += "d,D,23.2,113.0,0,\n"
    files["stop_times.txt"] = files["stop_times.txt"].replace(
        "t2,08:05:30,08:06:00,b2", "t2,08:05:30,08:06:00,d"
    )
    region = made(zipped, files, TUESDAY)
    kinds = region.stations.set_index("station_id")[["class", "system"]].to_numpy().tolist()
    assert kinds == [["national", "rail"], ["street", "street"], ["national", "rail"], ["street", "street"]]
    assert region.services.set_index("service_id").loc["t2", "class"] == "street"
    assert (entry_s(region)[1], by_class_s(region, "exit")[1], change_s(region)[1]) == (0, 0, 60)
    assert region.parameters["feeder_max_km"] == 0
    # a metro keeps its minutes beside buses
    files["routes.txt"] = files["routes.txt"].replace("Expresses,101", "Metro,1")
    region = made(zipped, files, TUESDAY)
    stations = region.stations.set_index("station_id")
    assert stations["class"].to_dict() == {"a": "metro", "b": "street", "c": "metro", "d": "street"}
    assert entry_s(region).tolist() == [180, 0, 180, 0]


def test_stations_near_each_other_are_joined_if_one_asks_for_it(zipped, files):
    files["stops.txt"] += "d,D,23.401,113.0,0,\n"
    files["stop_times.txt"] += "t3,9:30:00,9:30:00,d,3,,\n"
    del files["transfers.txt"]
    bare = made(zipped, files, TUESDAY)
    assert bare.transfers.empty
    assert any("No feed tells of changes on foot" in note for note in bare.about.notes)
    region = made(zipped, files, TUESDAY, walk_m=150)
    rows = region.transfers[["from_station_id", "to_station_id", "confidence"]].to_numpy().tolist()
    assert rows == [["c", "d", "medium"], ["d", "c", "medium"]]
    assert region.transfers["walk_m"].tolist() == pytest.approx([110.8 * 1.3] * 2, abs=1)


def test_odd_ids_become_plain_ones(zipped, files):
    odd = {"a": "'stop, no. 1'", "c": "stop|no 1", "t2": "a trip; late"}
    for name in ("stops.txt", "stop_times.txt", "transfers.txt", "trips.txt", "frequencies.txt"):
        lines = files[name].splitlines()
        files[name] = "\n".join(
            ",".join(f'"{odd[cell]}"' if cell in odd else cell for cell in line.split(",")) for line in lines
        )
    region = made(zipped, files)
    assert set(region.stations["station_id"]) == {"stop_no._1", "stop_no_1", "b"}
    assert "a_trip_late" in set(region.services["service_id"])


def test_calls_at_two_platforms_in_a_row_are_one(zipped, files):
    files["stop_times.txt"] = (
        files["stop_times.txt"]
        .replace("t1,,,b1,2,,", "t1,07:10:00,07:11:00,b1,2,,\nt1,07:12:00,07:13:00,b2,3,,")
        .replace("c,3,1,0", "c,4,1,0")
    )
    region = made(zipped, files)
    rows = {key[1]: key[2:] for key in runs_of(region)}
    assert rows[("a", "b", "c")] == ((600, 2400), (0, 780))


def test_trips_within_one_station_are_left_out(zipped, files):
    files["stop_times.txt"] = files["stop_times.txt"].replace(
        "t2,08:00:00,08:00:00,a", "t2,08:00:00,08:00:00,b1"
    )
    files["frequencies.txt"] = "trip_id,start_time,end_time,headway_secs\n"
    region = made(zipped, files)
    assert any("1 trips that call at one station alone" in note for note in region.about.notes)
    keep = ("t2,", "trip_id")
    files["stop_times.txt"] = "\n".join(
        line for line in files["stop_times.txt"].splitlines() if line.startswith(keep)
    )
    with pytest.raises(BadInputError, match="no trip of 2030-01-07 calls at two stations"):
        made(zipped, files)


def test_a_headway_that_a_region_cannot_hold_is_a_problem(zipped, files):
    files["frequencies.txt"] = "trip_id,start_time,end_time,headway_secs\nt2,07:00:00,09:00:00,5\n"
    with pytest.raises(BadInputError, match=r"headway_am_peak_min: '0\.083"):
        made(zipped, files)
