"""The verbs on streets: what they print, write and refuse."""

import pytest

from network.reader import read_region
from network.streets.files import load
from network.streets.reading import read_streets
from network.testing import line_region, make_region
from network.writer import write_region
from onehour.provenance import ways_told
from onehour.study import Area
from onehour.style import source_line
from tests.network.streets_files import HELSINKI, osm_text
from tests.network.test_overpass import running


@pytest.fixture
def home(tmp_path):
    """Return the folder of a region in Helsinki with one place off the streets."""
    places = [("square", 24.9414, 60.1710), ("park", 24.9480, 60.1675), ("island", 24.9890, 60.1454)]
    region = make_region(
        {"places": [{"place_id": name, "lon": lon, "lat": lat} for name, lon, lat in places]}
    )
    write_region(region, tmp_path / "region")
    return tmp_path / "region"


def test_load_into_a_region(command, home, tmp_path):
    before = read_region(home).hash
    done = command(
        "streets", "load", HELSINKI, "--network", "walk", "--region", home, "-o", tmp_path / "w.parquet"
    )
    assert done.status == 0, done.err
    assert "streets to walk on, 2,438 nodes, 3,308 links, 81 km" in done.out
    assert "Dropped: 60 parts that do not join both ways, with 317 nodes and 3.1 km" in done.out
    assert "Cut off: 583 pieces whose nodes the file does not have" in done.out
    assert "Snapped within 500 m: 2 of 3 places" in done.out
    assert "not snapped: island" in done.out
    assert read_region(home).hash != before
    assert read_region(home).street_networks["walk"].sha256 == load(tmp_path / "w.parquet").sha256


def test_load_as_data(command, home):
    done = command(
        "streets", "load", HELSINKI, "--network", "drive", "--region", home, "--json", "--snap-m", 9000
    )
    assert done.json["summary"]["speeds"] == "china"  # the clock of the region, where nothing else is said
    assert done.json["snapped"]["places"]["lost"] == []
    assert sum(done.json["km_by_class"].values()) == pytest.approx(done.json["summary"]["km"], abs=0.5)
    told = command("streets", "load", HELSINKI, "--network", "drive", "--speeds", "general")
    assert "Speeds: 100% of the km have a tagged limit; table general for the rest" in told.out


def test_results_say_over_what_one_walks(command, home):
    words = ("route", "square", "park", "--region", home)
    plain = command(*words)
    assert "Walking: straight line × 1.3 · car: no roads" in plain.out
    command("streets", "load", HELSINKI, "--network", "walk", "--region", home)
    over = command(*words)
    name = read_region(home).street_networks["walk"].sha256[:12]
    assert f"Walking: streets ({name}) · car: no roads" in over.out
    told = command(*words, "--json").json["provenance"]
    assert told["ways"] == {"walking": f"streets ({name})", "car": "no roads"}
    assert "OpenStreetMap contributors" in told["attribution"]
    study = Area(read_region(home)).scenario()
    assert "OpenStreetMap contributors" in source_line(study, told | {"set": {}})


def test_changes_of_roads_are_not_in_streets(guangzhou, tmp_path):
    nodes = {1: (113.26, 23.12), 2: (113.27, 23.13)}
    path = tmp_path / "a.osm"
    path.write_text(osm_text(nodes, [(5, [1, 2], {"highway": "primary"})]), encoding="utf-8")
    streets = read_streets(path, "drive")
    area = Area(guangzhou.region.replace(streets={"drive": streets}))
    told = ways_told(area.scenario("plan-2030"))
    count = sum(
        one.change in {"add-road", "modify-road"} for one in area.scenario("plan-2030").applied.touched
    )
    assert count > 0
    name = streets.sha256[:12]
    assert (
        told["car"]
        == f"streets ({name}) as they are: {count} changes of roads in the scenario are not in them"
    )
    assert ways_told(area.scenario("base"))["car"] == f"streets ({name})"
    assert ways_told(guangzhou.scenario("base")) == {
        "walking": "straight line × 1.3",
        "car": "sketch network",
    }


def test_wrong_input_writes_nothing(command, home, tmp_path):
    held = sorted(home.iterdir())
    (tmp_path / "cut.osm.pbf").write_bytes(HELSINKI.read_bytes()[:200_000])
    far = osm_text({1: (-70, -40), 2: (-70.01, -40)}, [(5, [1, 2], {"highway": "residential"})])
    (tmp_path / "far.osm").write_text(far, encoding="utf-8")
    cases = {
        ("cut.osm.pbf", "walk", home): "cannot be read as OpenStreetMap data",
        ("none.osm.pbf", "walk", home): "is no file",
        ("far.osm", "walk", home): "nothing of the region in",
        ("far.osm", "fly", home): "there is no network 'fly'",
        ("far.osm", "walk", tmp_path / "nowhere"): "is no folder",
        ("far.osm", "walk", "guangzhou"): "is a shipped region",
    }
    for (file, network, region), words in cases.items():
        done = command("streets", "load", tmp_path / file, "--network", network, "--region", region)
        assert done.status == 2
        assert words in done.err
    done = command("streets", "load", tmp_path / "far.osm", "--network", "fly", "-o", tmp_path / "a.shp")
    assert done.status == 2
    assert len(done.err.splitlines()) == 3
    assert sorted(home.iterdir()) == held
    assert not list(tmp_path.glob("*.parquet"))


def test_streets_of_another_city_are_told_with_the_region(command, tmp_path):
    write_region(line_region(), tmp_path / "line")
    done = command("streets", "load", HELSINKI, "--network", "walk", "--region", tmp_path / "line")
    assert done.status == 2
    assert "is within 500 m of its streets (take streets of the same area)" in done.err


def test_fetch(command, home, tmp_path, monkeypatch):
    """The verb on a server that is away: a clear message and status 2; on one that answers: a file."""
    monkeypatch.setenv("NO_PROXY", "*")
    words = ("streets", "fetch", "--region", home, "--network", "drive", "-o", tmp_path / "d.parquet")
    with running([]) as server:
        away = server.url
    done = command(*words, "--overpass", away)
    assert done.status == 2
    assert "cannot be reached (ConnectionError); 0 of 1 tiles are kept" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "d.parquet").exists()
    nodes = [(1, 24.9414, 60.1710), (2, 24.9480, 60.1675), (3, 24.95, 60.17)]
    way = {"type": "way", "id": 5, "nodes": [1, 2, 3], "tags": {"highway": "primary"}}
    with running([(way, nodes)]) as server:
        done = command(*words, "--overpass", server.url)
    assert done.status == 0, done.err
    assert "Overpass API, 1 tiles of 20 km: streets to drive on, 2 nodes, 1 links" in done.out
    assert load(tmp_path / "d.parquet").n_links == 1
    assert not (tmp_path / "d.parquet.tiles").exists()
    done = command(*words[:-1], tmp_path / "d.csv", "--overpass", "ftp://x", "--speeds", "light")
    assert done.status == 2
    assert len(done.err.splitlines()) == 4
