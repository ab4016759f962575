"""The benchmarks' graphs are the same in every run, and the command checks answers before it times them."""

import json

import numpy as np
import pytest

import benchmarks.searches
from benchmarks.__main__ import main
from benchmarks.graphs import metropolitan, road_like


@pytest.mark.parametrize("make", [road_like, metropolitan])
def test_graphs_are_sound_and_the_same_each_time(make):
    graph, again = make(2500), make(2500)
    assert all(np.array_equal(one, other) for one, other in zip(graph[1:4], again[1:4], strict=True))
    assert graph.tail.dtype == graph.head.dtype == graph.seconds.dtype == np.int32
    assert graph.seconds.min() >= 1
    assert min(graph.tail.min(), graph.head.min()) == 0
    assert max(graph.tail.max(), graph.head.max()) == graph.n_nodes - 1
    pairs = graph.tail.astype(np.int64) * graph.n_nodes + graph.head
    assert np.unique(pairs).size == pairs.size


def test_json(capsys):
    assert main(["--quick", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert len(report["rows"]) == 4
    assert {"processor", "cores", "python", "numba", "scipy"} <= set(report["machine"])


def test_a_wrong_answer_stops_the_run(capsys, monkeypatch):
    monkeypatch.setattr(benchmarks.searches, "many_to_all", lambda *_, **__: np.zeros((1, 1), np.int32))
    assert main(["--quick"]) == 1
    assert "wrong answer: road-like" in capsys.readouterr().err
