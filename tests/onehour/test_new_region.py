"""Regions made of files: feeds, points and streets become a folder that every verb takes, or nothing is written."""

import numpy as np
import pandas as pd
import pytest

import onehour
from network.errors import BadInputError
from network.gtfs.regions import Settings
from network.reader import read_region
from onehour.making import Sources, make_region
from tests.gtfs.conftest import FILES
from tests.network.streets_files import osm_text

MONDAY = "2030-01-07"

#: A line of buses from west to east along 23° N, a stop every 1,025 m, and a metro line that crosses it at c.
STOPS = {name: (113 + k / 100, 23.0) for k, name in enumerate("abcde")} | {
    "n": (113.0202, 23.05),
    "m": (113.0202, 23.0),
}
FEED = {
    "agency.txt": FILES["agency.txt"],
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
    + "".join(f"{name},Stop {name},{lat},{lon}\n" for name, (lon, lat) in STOPS.items()),
    "routes.txt": "route_id,route_short_name,route_long_name,route_type\nbus,1,Main street,3\nmetro,M,Metro,1\n",
    "trips.txt": "route_id,service_id,trip_id\nbus,week,east\nbus,week,west\nmetro,week,up\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    + "".join(f"east,07:{4 * k:02}:00,07:{4 * k:02}:00,{name},{k}\n" for k, name in enumerate("abcde"))
    + "".join(f"west,07:{4 * k:02}:00,07:{4 * k:02}:00,{name},{k}\n" for k, name in enumerate("edcba"))
    + "up,07:00:00,07:00:00,m,1\nup,07:08:00,07:08:00,n,2\n",
    "calendar.txt": FILES["calendar.txt"],
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs\n"
    + "".join(f"{trip},06:00:00,22:00:00,600\n" for trip in ("east", "west", "up")),
}
PLACES = (
    "id,lon,lat,name,population,level\nwest,113.0,23.001,West End,1000,core\neast,113.04,23.001,,3000,core\n"
)
ZONES = (
    "id,lon,lat,population,jobs,note\n"
    "z1,113.0,23.0,100.4,5,hill\nz2,113.02,23.001,300,0,\nz3,113.04,23.001,200,2.5,flat\n"
)


def grid(lon=113.0, lat=23.0):
    """Return a map of streets: three rows along the line of buses, 111 m apart, and cross streets."""
    nodes = {
        100 * row + k: (round(lon + k / 200, 6), round(lat + row / 1000, 6))
        for row in range(3)
        for k in range(9)
    }
    ways = [
        (row + 1, [100 * row + k for k in range(9)], {"highway": "residential", "name": f"Row {row}"})
        for row in range(3)
    ]
    ways += [(10 + k, [k, 100 + k, 200 + k], {"highway": "residential"}) for k in range(9)]
    return osm_text(nodes, ways)


@pytest.fixture
def home(tmp_path):
    """Return a folder with a feed, places, zones and streets that fit each other."""
    (tmp_path / "feed").mkdir()
    for name, text in FEED.items():
        (tmp_path / "feed" / name).write_text(text, encoding="utf-8")
    (tmp_path / "centres.csv").write_text(PLACES, encoding="utf-8")
    (tmp_path / "cells.csv").write_text(ZONES, encoding="utf-8")
    (tmp_path / "streets.osm").write_text(grid(), encoding="utf-8")
    return tmp_path


@pytest.fixture
def make(command, home):
    """Return the function that runs `region new`, with further options, on the files of `home`."""

    def run(*words, points=True, folder="made"):
        given = ("--places", home / "centres.csv", "--zones", home / "cells.csv") if points else ()
        return command(
            "region", "new", home / folder, "--gtfs", home / "feed", "--date", MONDAY, *given, *words
        )

    return run


def left(home):
    """Return what lies beside the files."""
    return {path.name for path in home.iterdir()} - {"feed", "centres.csv", "cells.csv", "streets.osm"}


def test_files_become_a_region(make, home):
    done = make("--name", "Two Ends", "--osm", home / "streets.osm")
    assert (done.status, done.err) == (0, "")
    assert "7 stations, 2 lines, 3 services, 2 places, 3 zones, as on 2030-01-07" in done.out
    assert "streets, walk: " in done.out
    assert "· cells.csv: people are rounded to whole ones." in done.out
    assert "· cells.csv: the column note is left out, 'flat' is no number." in done.out
    region = read_region(home / "made")
    about = region.about
    assert (about.region_id, about.name_en, about.crs) == ("made", "Two Ends", "EPSG:32649")
    assert about.time_zone == "Asia/Shanghai"
    assert set(region.street_networks) == {"walk", "drive"}
    places = region.places.set_index("place_id")
    assert places["name_zh"].to_dict() == {"west": "West End", "east": ""}
    assert places["population"].to_dict() == {"west": 1000, "east": 3000}
    assert region.zones["population"].tolist() == [100, 300, 200]
    held = region.opportunities.set_index(["zone_id", "opportunity"])["amount"].to_dict()
    assert held == {("z1", "jobs"): 5, ("z3", "jobs"): 2.5}
    kinds = region.stations.set_index("station_id")["class"].to_dict()
    assert kinds == dict.fromkeys("abcde", "street") | dict.fromkeys("mn", "metro")
    assert region.parameters["feeder_max_km"] == 0
    listed = region.table("centre_stations")
    assert sorted(zip(listed["place_id"], listed["station_id"], strict=True)) == [
        ("east", "e"),
        ("west", "a"),
    ]


def test_the_times_are_those_worked_out_by_hand(make, home):
    """From west to east: 111 m over the cross street, 5 min for a bus, 16 min in it, and 111 m again.

    A metre of walking takes 0.8 s; a degree of latitude at 23° N is 110.75 km.
    """
    assert make("--osm", home / "streets.osm").status == 0
    study = onehour.load(str(home / "made")).scenario()
    row = study.matrix(["west"], ["east"], period="am-peak").iloc[0]
    walk_s = round(110.75 * 0.8)
    assert row[["wait_min", "ride_min"]].tolist() == [5, 16]
    assert row["access_min"] * 60 == pytest.approx(walk_s, abs=1)
    assert row["minutes"] == pytest.approx(21 + 2 * walk_s / 60, abs=0.04)
    # on foot alone, and a metro in between: exit 2 min, the walk of 21 m, security 1 min, entered by the street
    change = study.matrix(["a"], ["n"], period="am-peak").iloc[0]
    assert change["ride_min"] == 8 + 8


def test_stops_in_the_street_stand_alone_on_the_clock_of_stations(make, home):
    """Walks between stops do not make a city one station, which would be 0 minutes wide."""
    assert make("--walk", "1500").status == 0
    study = onehour.load(str(home / "made")).scenario()
    assert len(study.network.region.transfers) > 8
    assert study.matrix(["west"], ["east"], clock="in-vehicle")["minutes"].tolist() == [16]


def test_every_verb_works_on_a_region_of_feeds_alone(command, make, home):
    assert make(points=False).status == 0
    out = home / "out"
    out.mkdir()
    region = ("--region", home / "made")
    pairs = "goal all-places-60: the region has fewer than two of its places"
    good = [
        ("route", "a", "e"),
        ("matrix", "-o", out / "times.csv"),
        ("isochrone", "--from", "a", "-o", out / "reach.geojson"),
        ("plot", "network", "-o", out / "network.png"),
        ("gtfs", "export", "-o", out / "feed.zip"),
        ("export", "network", "-o", out / "network.gpkg"),
        ("scenarios",),
        ("projects",),
        ("goals",),
    ]
    for words in good:
        done = command(*words, *region)
        assert done.status == 0, (words, done.err)
    bad = {
        ("check",): pairs,
        ("map", "-o", out / "map.png"): pairs,
        ("report", "-o", out / "report.html"): pairs,
        ("plot", "slack", "-o", out / "slack.png"): pairs,
        ("timeline",): pairs,
        ("breakeven",): pairs,
        ("compare",): "SCENARIO: the region made has no scenario but base",
        ("plot", "difference", "-o", out / "difference.png"): "has no scenario but base",
        ("access",): "no population, so no people are in reach",
        ("route", "a", "e", "--mode", "car"): "--mode: the region has neither roads nor streets",
        ("risk",): "none are shipped for the region made",
        ("attribute",): "--cards",
        ("buildout",): "--cards",
    }
    for words, text in bad.items():
        done = command(*words, *region)
        assert done.status == 2, words
        assert text in done.err, words
        assert "Traceback" not in done.err
    assert {path.name for path in out.iterdir()} == {
        "times.csv", "reach.geojson", "network.png", "feed.zip", "network.gpkg"
    }  # fmt: skip


def test_check_reads_only_what_a_region_knows(command, make, home):
    assert make().status == 0
    data = command("check", "--region", home / "made", "--json").json
    assert (data["goal"], data["headline"]["pairs"]) == ("all-places-60", 2)
    assert {row["mode"] for row in data["readings"]} == {"transit"}
    done = command("access", "--region", home / "made", "--opportunity", "jobs", "--minutes", "30", "--json")
    rows = pd.DataFrame(done.json["rows"])
    assert done.json["provenance"]["opportunities"] == 7.5
    assert rows["within"].tolist() == [7.5]
    done = command("access", "--region", home / "made", "--opportunity", "shops")
    assert "zones carry no 'shops'" in done.err


def test_validate_tells_what_is_missing_and_what_it_costs(command, make, home):
    assert make(points=False).status == 0
    lacks = {one["what"]: one["costs"] for one in command("validate", home / "made", "--json").json["lacks"]}
    assert set(lacks) == {
        "no places", "no zones", "no streets", "no roads", "no districts", "no licence"
    }  # fmt: skip
    assert "straight line" in lacks["no streets"]
    (home / "centres.csv").write_text("id,lon,lat\nx,113.0,23.0\ny,113.9,23.0\n", encoding="utf-8")
    assert make("--osm", home / "streets.osm", "--leave-out", folder="other").status == 0
    done = command("validate", home / "other")
    assert "one place alone" in done.out
    assert "no population of places" in done.out
    assert "No problem found." in done.out


def test_periods_of_ones_own(command, make, home):
    assert make("--period", "early=06:00-08:00", "--period", "noon=12:00-13:00").status == 0
    about = read_region(home / "made").about
    assert [(one.name, one.start_s, one.end_s) for one in about.periods] == [
        ("early", 21_600, 28_800),
        ("noon", 43_200, 46_800),
    ]
    assert command("check", "--region", home / "made", "--json").json["headline"]["period"] == "early"


# -------------------------------------------------------------------------------------------- what is refused


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(command, home):
    (home / "bad.zip").write_bytes(b"no zip")
    (home / "centres.csv").write_text("id,lon\na b,1\n", encoding="utf-8")
    (home / "cells.csv").write_text("id,lon,lat\nz,113,23\nz,113,x\n", encoding="utf-8")
    done = command(
        "region", "new", home / "made", "--gtfs", home / "bad.zip", "--gtfs", home / "none.zip", "--date", "soon",
        "--places", home / "centres.csv", "--zones", home / "cells.csv", "--osm", home / "no.osm",
        "--id", "guangzhou", "--like", "nowhere", "--period", "noon",
    )  # fmt: skip
    assert done.status == 2
    for text in (
        "bad.zip: is no zip archive",
        "none.zip: cannot be read",
        "'soon' is no day",
        "centres.csv row 1: column 'lat' is missing",
        "cells.csv row 3, id: 'z' stands already in row 2",
        "cells.csv row 3, lat: 'x' is no lat",
        "no.osm",
        "'guangzhou' is a shipped region",
        "there is no region 'nowhere'",
        "--period: 'noon' is no name=start-end",
    ):
        assert text in done.err, text
    assert left(home) == {"bad.zip"}


def test_a_folder_that_is_there_is_left_alone(make, home):
    (home / "made").mkdir()
    (home / "made" / "mine.txt").write_text("mine")
    done = make("--date", "2030-01-12")
    assert done.status == 2
    assert "made: is there already" in done.err
    # a Saturday
    assert "no trip runs on 2030-01-12 (the nearest days with service: 2030-01-11 and 2030-01-14)" in done.err
    assert [path.name for path in (home / "made").iterdir()] == ["mine.txt"]


def test_points_elsewhere_are_told(make, home):
    (home / "centres.csv").write_text("id,lat,lon\nwest,113.0,23.0\neast,113.04,23.0\n", encoding="utf-8")
    done = make()
    assert (
        "centres.csv row 2, lat: '113.0' is no lat (a number from -90 to 90; lon and lat look swapped)"
        in done.err
    )
    (home / "centres.csv").write_text("id,lon,lat\nfar,115,23\nwest,113,23\na,113.01,23\n", encoding="utf-8")
    (home / "cells.csv").write_text("id,lon,lat\nwest,113,23\n", encoding="utf-8")
    done = make()
    assert "centres.csv row 2: far is 201 km from the nearest stop, Stop e" in done.err
    assert "centres.csv row 4, id: is the id of a station too" in done.err
    assert "cells.csv row 2, id: is the id of a place too" in done.err
    assert left(home) == set()


def test_swapped_columns_are_seen_where_degrees_cannot_tell(home):
    """Both numbers of a point could be latitudes: only the feeds tell."""
    move = {"113.": "13."}
    stops = FEED["stops.txt"]
    for old, new in move.items():
        stops = stops.replace(old, new)
    (home / "feed" / "stops.txt").write_text(stops, encoding="utf-8")
    (home / "cells.csv").write_text("id,lon,lat\nz1,23,13.01\nz2,23,13.02\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"cells\.csv: lon and lat are swapped: all 2 points"):
        onehour.new_region(home / "feed", MONDAY, zones=home / "cells.csv")


def test_streets_of_another_place_are_refused(make, home):
    (home / "streets.osm").write_text(grid(-51.0, -30.0), encoding="utf-8")
    done = make("--osm", home / "streets.osm")
    assert done.status == 2
    assert (
        "--osm: the streets are around -50.98, -30.00 (lon, lat), the stops of the feeds around 113.02"
        in done.err
    )
    assert "km apart (take streets and feeds of one region)" in done.err
    assert left(home) == set()


def test_points_without_streets_are_listed_with_their_distance_or_left_out(make, home):
    (home / "cells.csv").write_text(
        "id,lon,lat,population\nz1,113.0,23.0,1\nz2,113.02,23.02,1\n", encoding="utf-8"
    )
    done = make("--osm", home / "streets.osm")
    assert done.status == 2
    # 18/1000 of a degree from the northern row
    assert "cells.csv row 3: z2 is 1,993 m from the nearest street" in done.err
    assert left(home) == set()
    done = make("--osm", home / "streets.osm", "--leave-out")
    assert done.status == 0
    assert "· cells.csv: 1 zones without a street near by are left out: z2." in done.out
    assert "· 1 of 7 stations have no street within 500 m" in done.out
    assert read_region(home / "made").zones["zone_id"].tolist() == ["z1"]


def test_a_truncated_file_of_streets_leaves_nothing(make, home):
    whole = (home / "streets.osm").read_text(encoding="utf-8")
    (home / "streets.osm").write_text(whole[: len(whole) // 2], encoding="utf-8")
    done = make("--osm", home / "streets.osm")
    assert done.status == 2
    assert "streets.osm" in done.err
    assert left(home) == set()


# ------------------------------------------------------------------------------------------------- in Python


def test_python_makes_the_same_region_with_and_without_a_folder(make, home):
    given = {"places": home / "centres.csv", "zones": home / "cells.csv", "osm": home / "streets.osm"}
    area = onehour.new_region([home / "feed"], MONDAY, region_id="made", **given)
    written = onehour.new_region(home / "feed", MONDAY, region_id="made", folder=home / "made", **given)
    assert area.region.hash == written.region.hash
    assert make("--osm", home / "streets.osm", folder="again", points=True).status == 0
    assert read_region(home / "again").replace(about=written.region.about).hash == written.region.hash
    with pytest.raises(BadInputError, match="periods: 'noon'"):
        onehour.new_region(home / "feed", MONDAY, periods={"noon": ("12", "13")})


def test_the_order_of_points_does_not_count(home):
    def made(name):
        sources = Sources(
            feeds=[home / "feed"],
            day=MONDAY,
            settings=Settings(region_id="made"),
            points={"zones": home / "cells.csv"},
        )
        return make_region(sources, home / name)["region_hash"]

    first = made("one")
    head, *rows = (home / "cells.csv").read_text(encoding="utf-8").splitlines()
    rng = np.random.default_rng(3)
    (home / "cells.csv").write_text("\n".join([head, *rng.permutation(rows)]), encoding="utf-8")
    assert made("two") == first
