"""The benchmarks' graphs are the same in every run, and the command checks answers before it times them."""

import json
import sys

import numpy as np
import osmnx as ox
import pytest

import benchmarks.tasks
from benchmarks import graphs
from benchmarks.__main__ import main, start_rows
from benchmarks.clock import paired
from benchmarks.peers import PEERS, SciPy
from benchmarks.tasks import Case, Row, peer_rows


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
    for a, b, length in ((7, 8, 100.0), (7, 8, 50.0), (8, 9, 1.0), (9, 9, 5.0)):
        for ends in ((a, b), (b, a)):
            streets.add_edge(*ends, length=length, highway="residential", maxspeed="36", osmid=1)
    ox.save_graphml(streets, tmp_path / "town.graphml")
    links = graphs.from_osm(tmp_path / "town.graphml")
    is_sound(links)
    assert links.name == "town, 3 nodes"
    assert [links.tail.tolist(), links.head.tolist(), links.seconds.tolist()] == [
        [0, 1, 1, 2],
        [1, 0, 2, 1],
        [5, 5, 1, 1],
    ]


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
    assert {file.name for file in tmp_path.iterdir()} == {"ratios.png", "growth.png"}


@pytest.mark.usefixtures("alone")
def test_a_wrong_answer_stops_the_run(capsys, monkeypatch):
    times = benchmarks.tasks.SearchGraph.times
    monkeypatch.setattr(
        benchmarks.tasks.SearchGraph, "times", lambda *rest, **options: times(*rest, **options) + 1
    )
    assert main(["--quick"]) == 1
    assert "wrong answer, nothing is reported: road-like" in capsys.readouterr().err
