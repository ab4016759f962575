"""The benchmarks' graphs are the same in every run, and the command checks answers before it times them."""

import json
import sys

import numpy as np
import osmnx as ox
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import benchmarks.__main__
import benchmarks.tasks
from benchmarks import buildout, graphs, window
from benchmarks.__main__ import bandwidth, main, start_rows
from benchmarks.clock import paired
from benchmarks.peers import PEERS, SciPy
from benchmarks.plots import draw_window_growth
from benchmarks.tasks import Case, Row, peer_rows
from network.distances import straight_km
from sim.buildout import Rules, cheapest
from tests.network.streets_files import HELSINKI


def is_sound(graph):
    assert graph.tail.dtype == graph.head.dtype == graph.seconds.dtype == np.int32
    assert graph.seconds.min() >= 1
    assert min(graph.tail.min(), graph.head.min()) >= 0
    assert max(graph.tail.max(), graph.head.max()) < graph.n_nodes
    pairs = graph.tail.astype(np.int64) * graph.n_nodes + graph.head
    assert np.unique(pairs).size == pairs.size
    assert graph.x.size in {0, graph.n_nodes}


@pytest.mark.parametrize("make", [graphs.road_like, graphs.metropolitan])
def test_graphs_are_sound_and_the_same_each_time(make):
    graph, again = make(2500), make(2500)
    assert all(np.array_equal(one, other) for one, other in zip(graph[1:], again[1:], strict=True))
    is_sound(graph)


def test_a_street_network_from_a_file(tmp_path):
    streets = ox.graph.nx.MultiDiGraph(crs="EPSG:4326", simplified=True)
    for node, x in ((7, 113.0), (8, 113.01), (9, 113.02)):
        streets.add_node(node, x=x, y=23.0)
    for a, b, length in ((7, 8, 2000.0), (7, 8, 1500.0), (8, 9, 1100.0), (9, 7, 3000.0), (9, 9, 50.0)):
        streets.add_edge(a, b, length=length, highway="residential", maxspeed="36", oneway=True, osmid=1)
    ox.save_graphml(streets, tmp_path / "town.graphml")
    links = graphs.from_osm(tmp_path / "town.graphml")
    is_sound(links)
    assert links.name == "town, 3 nodes"
    assert [links.tail.tolist(), links.head.tolist()] == [[0, 1, 2], [1, 2, 0]]
    assert links.seconds.tolist() == [150, 110, 300]


def test_a_real_extract():
    links = graphs.from_osm(HELSINKI)
    is_sound(links)
    assert links.n_nodes > 100
    whole = coo_array((np.ones(links.tail.size), (links.tail, links.head)), shape=(links.n_nodes,) * 2)
    assert connected_components(whole, connection="strong")[0] == 1
    away_km = straight_km(*(part[end] for end in (links.tail, links.head) for part in (links.x, links.y)))
    assert (links.seconds >= away_km * 3600 / 120 - 1).all()


def test_a_graph_that_cannot_be_read_is_told(capsys, tmp_path):
    (tmp_path / "town.osm.pbf").write_bytes(b"no streets")
    assert main(["--quick", "--graph", str(tmp_path / "town.osm.pbf")]) == 2
    assert "town.osm.pbf" in capsys.readouterr().err


def test_peers_that_are_not_installed_are_named(monkeypatch):
    for peer in PEERS:
        monkeypatch.setitem(sys.modules, peer.name, None)
    absent = {}
    case = Case("road", graphs.road_like(400), 3)
    assert list(peer_rows(case, absent)) == []
    assert set(absent) == {peer.name for peer in PEERS}
    assert all("not measured" in why for why in absent.values())


@pytest.mark.parametrize("kind", PEERS)
def test_peers_that_are_installed_are_checked(kind, monkeypatch):
    pytest.importorskip(kind.name)
    case = Case("road", graphs.road_like(400), 2)
    monkeypatch.setattr(benchmarks.tasks, "PEERS", (kind,))
    rows = list(peer_rows(case, {}))
    assert rows
    assert {row.peer for row in rows} == {kind.name}
    other = SciPy(case.links._replace(seconds=case.links.seconds + 1))
    case.scipy = other
    with pytest.raises(AssertionError, match=f"{kind.name}'s"):
        list(peer_rows(case, {}))


def test_pairs_are_medians_of_units():
    order = []
    found = paired(
        lambda turn: order.append(("ours", turn)), lambda turn: order.append(("theirs", turn)),
        range(3), ours_units=4,
    )  # fmt: skip
    turns = [("theirs", 0), ("ours", 0), ("ours", 1), ("theirs", 1), ("theirs", 2), ("ours", 2)]
    assert order == turns
    assert found.pairs == 3
    assert found.low <= found.ratio <= found.high


def test_targets():
    row = Row("g", "t", "p", 1.0, 2.0, 2.0, 2.0, 2.0, 3)
    assert row.is_met
    assert row._replace(target=2.0).is_met
    assert not row._replace(target=2.1).is_met
    assert not row._replace(target=1.9, at_most=True).is_met
    cold = {
        "empty cache": {"onehour check": 50.0},
        "full cache": {"onehour check": 10.0, "import onehour": 0.1},
    }
    assert [(start.measured, start.is_met) for start in start_rows(cold)] == [(0.1, True), (40.0, False)]


@pytest.fixture
def alone(monkeypatch):
    """Leave SciPy as the only peer: the others take their time."""
    monkeypatch.setattr(benchmarks.tasks, "PEERS", ())


@pytest.mark.usefixtures("alone")
def test_the_command(capsys, tmp_path):
    assert main(["--quick", "--json", "--plots", str(tmp_path)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {"processor", "cores", "python", "numba", "scipy", "pandana"} <= set(report["machine"])
    tasks = {row["task"] for row in report["rows"] if row["target"] is not None}
    assert tasks >= {"one to all", "one, within 3600 s", "64 to all, prepared, 2 threads", "new times"}
    assert [line["nodes"] for line in report["growth"]] == [2500, 10_000]
    assert set(report["bandwidth"]) in ({"not measured"}, {"threads 1, GB/s", "threads 2, GB/s"})
    assert {file.name for file in tmp_path.iterdir()} == {"ratios.png", "growth.png"}


def test_memory_that_is_moved_lies_between_bounds_unless_the_cache_holds_all(monkeypatch):
    case = Case("road", graphs.road_like(400), 3)
    monkeypatch.setattr(benchmarks.__main__, "last_cache_bytes", lambda: 1 << 30)
    assert "a sweep reads from the cache" in bandwidth(case)["not measured"]
    monkeypatch.setattr(benchmarks.__main__, "last_cache_bytes", lambda: 0)
    monkeypatch.setattr(benchmarks.__main__, "copy_bytes_per_s", lambda threads: 2e9 * threads)
    for threads in (1, 2):
        line = bandwidth(case)[f"threads {threads}, GB/s"]
        assert 0 < 4 * line["at least"] < line["at most"]
        assert line["copying reads and writes"] == 2 * threads


def test_growth_of_the_window_is_drawn_by_what_grows(tmp_path):
    lines = [
        {"by": by, "size": size, "ms": size / 7}
        for by in ("stops", "trips", "departures")
        for size in (1, 2, 4)
    ]
    draw_window_growth(lines, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").stat().st_size > 10_000


@pytest.mark.usefixtures("alone")
def test_a_wrong_answer_stops_the_run(capsys, monkeypatch):
    times = benchmarks.tasks.SearchGraph.times
    monkeypatch.setattr(
        benchmarks.tasks.SearchGraph, "times", lambda *rest, **options: times(*rest, **options) + 1
    )
    assert main(["--quick"]) == 1
    assert "wrong answer, nothing is reported: road-like" in capsys.readouterr().err


def test_the_window_equals_the_scan_and_tells_its_targets():
    timetable = window.grid_timetable(5, 20)
    assert (timetable.n_stops, timetable.n_trips) == (25, 400)
    figures = window.against_scan(timetable)  # asserts that all departures are equal
    assert [figure.target for figure in figures] == [None, None, 6]
    assert window.origin_s(timetable) > 0
    assert "target: at least 6 ×" in str(figures[2])
    points = list(zip(timetable.stops["lon"], timetable.stops["lat"], strict=True))
    assert len(window.between_points(timetable, points, 1)) == 3


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("margin", [0, 1])
def test_branch_and_bound_finds_the_sets_that_hitting_sets_find(seed, margin):
    passes, costs = buildout.game(9, 4, 4, seed)
    costs = costs + seed % 3 * (np.arange(9) % 2)
    sets, evaluated = buildout.branch_and_bound(passes, costs, margin=margin)
    found = cheapest(passes, Rules.of(costs), margin=margin).sets
    assert {mask.tobytes() for mask in sets} == {mask.tobytes() for mask in found}
    assert 0 < evaluated <= 2**9
    line = buildout.compared("game", passes, costs, margin)
    assert "equal" in line
    assert "DIFFERENT" not in line
