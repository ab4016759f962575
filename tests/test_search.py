"""The front door of the search core: what it takes, what it gives, what it refuses."""

import dataclasses
import pickle

import networkx as nx
import numpy as np
import osmnx as ox
import pytest

import sim.sources
from network.errors import BadInputError
from sim.search import UNREACHED, SearchGraph, Source

# 0 -> 1 -> 2 -> 0 with a slow twin of 0 -> 1, rows out of order; node 3 is apart
TAIL, HEAD, SECONDS = [2, 0, 1, 0], [0, 1, 2, 1], [30, 100, 20, 10]


@pytest.fixture
def graph():
    return SearchGraph.from_arrays(TAIL, HEAD, SECONDS, 4)


def lines(error):
    return str(error.value).splitlines()


def test_times(graph):
    times_s = graph.times([0, 2])
    assert times_s.dtype == np.int32
    assert times_s.tolist() == [[0, 10, 30, UNREACHED], [30, 40, 0, UNREACHED]]
    assert graph.times([0], horizon_s=10).tolist() == [[0, 10, UNREACHED, UNREACHED]]
    assert graph.times(np.array([0, 2], np.uint8), threads=1).tolist() == times_s.tolist()
    assert graph.times([]).shape == (0, 4)
    assert graph.times([0], horizon_s=UNREACHED).tolist() == graph.times([0]).tolist()


def test_trees_give_rows_of_the_input(graph):
    times_s, parent_link = graph.trees([0, 3])
    assert times_s.tolist() == [[0, 10, 30, UNREACHED], [UNREACHED, UNREACHED, UNREACHED, 0]]
    assert parent_link.tolist() == [[-1, 3, 2, -1], [-1, -1, -1, -1]]
    assert parent_link.dtype == np.int32


def test_paths(graph):
    paths = graph.paths([0, 2], [2, 0, 3, 1])
    as_lists = [[None if path is None else path.tolist() for path in row] for row in paths]
    assert as_lists == [[[3, 2], [], None, [3]], [[], [0], None, [0, 3]]]
    assert graph.paths([0], [2], horizon_s=29) == [[None]]
    assert graph.paths([], [1]) == []
    assert graph.paths([0, 1], []) == [[], []]


def test_parts(graph):
    values = [[0, 30, 1], [100, 0, 1], [20, 0, 1], [4, 6, 1]]
    times_s, sums = graph.parts([0, 2], [1, 3], values=values)
    assert times_s.tolist() == [[10, UNREACHED], [40, UNREACHED]]
    assert sums.tolist() == [[[4, 6, 1], [0, 0, 0]], [[4, 36, 2], [0, 0, 0]]]
    assert graph.parts([0], [1], values=np.zeros((4, 0), int)).sums.shape == (1, 1, 0)


def test_blocks_of_trees_do_not_matter(graph, monkeypatch):
    values = np.array(SECONDS).reshape(-1, 1)
    whole = graph.parts([0, 1, 2, 3], [0, 1, 2], values=values)
    paths = graph.paths([0, 1, 2, 3], [0, 1])
    monkeypatch.setattr(sim.sources, "_BLOCK_CELLS", 9)
    for one, other in zip(whole, graph.parts([0, 1, 2, 3], [0, 1, 2], values=values), strict=True):
        assert np.array_equal(one, other)
    assert str(graph.paths([0, 1, 2, 3], [0, 1])) == str(paths)


def test_with_seconds(graph):
    other = graph.with_seconds([1, UNREACHED, 2, 3])
    new = SearchGraph.from_arrays(TAIL, HEAD, [1, UNREACHED, 2, 3], 4)
    assert (
        other.times([0, 2]).tolist()
        == new.times([0, 2]).tolist()
        == [[0, 3, 5, UNREACHED], [1, 4, 0, UNREACHED]]
    )
    assert other.trees([0]).parent_link.tolist() == [[-1, 3, 2, -1]]
    assert graph.times([0]).tolist() == [[0, 10, 30, UNREACHED]]
    with pytest.raises(BadInputError) as error:
        graph.with_seconds([1, -2])
    assert lines(error) == [
        "seconds row 1: -2 is negative (times are 0 to 2147483647 s)",
        "seconds: has 2 rows for 4 links (give one row a link)",
    ]


def test_strategies():
    """Two services of 10 and 5 an hour share their passengers 2 to 1; a walk of 1,000 s is too slow for them."""
    graph = SearchGraph.from_arrays([0, 0, 0, 1], [1, 1, 1, 2], [300, 360, 1000, 60], 4)
    per_hour = [10, 5, np.inf, np.inf]
    times_s, shares = graph.strategies([2], per_hour=per_hour)
    expected_s = 3600 / 15 + (10 * 300 + 5 * 360) / 15 + 60
    assert times_s.tolist() == [[pytest.approx(expected_s), 60, 0, np.inf]]
    assert shares.tolist() == [[pytest.approx(2 / 3), pytest.approx(1 / 3), 0, 1]]
    half = graph.strategies([2], per_hour=per_hour, wait=0.5, threads=1)
    assert half.times_s[0, 0] == pytest.approx(expected_s - 120)
    with pytest.raises(BadInputError) as error:
        graph.strategies([4], per_hour=[-1, np.nan], wait=np.inf, threads=0)
    assert lines(error) == [
        "per_hour: has 2 rows, not 4",
        "per_hour row 0: -1.0 is not a number from 0",
        "destinations row 0: 4 is above 3 (nodes are 0 to 3)",
        "wait: inf is not a number from 0",
        "threads: 0 is not between 1 and 2147483647",
    ]


def test_a_source_of_several_nodes(graph):
    sources = [Source([0, 2], [60, 5]), Source([], []), Source([3], [7])]
    assert graph.times(sources).tolist() == [[35, 45, 5, UNREACHED], [UNREACHED] * 4, [UNREACHED] * 3 + [7]]
    assert [path.tolist() for path in graph.paths(sources[:1], [1, 2])[0]] == [[0, 3], []]


def test_it_never_changes(graph):
    tail = np.array(TAIL, np.int32)
    mine = SearchGraph.from_arrays(tail, HEAD, SECONDS, 4)
    tail[:] = 3
    assert mine.tail.tolist() == TAIL
    with pytest.raises(ValueError, match="read-only"):
        mine.seconds[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        mine.n_nodes = 9
    copy = pickle.loads(pickle.dumps(mine))  # noqa: S301 - our own bytes
    assert copy.times([0]).tolist() == mine.times([0]).tolist()
    assert not copy.seconds.flags.writeable
    assert repr(mine) == "SearchGraph(4 nodes, 4 links)"
    assert (graph.n_nodes, graph.n_links) == (4, 4)


def test_read_only_arguments(graph):
    sources = np.array([0], np.int32)
    sources.flags.writeable = False
    assert graph.times(sources).tolist() == graph.times([0]).tolist()


def test_a_graph_without_links_or_nodes():
    assert SearchGraph.from_arrays([], [], [], 2).times([1]).tolist() == [[UNREACHED, 0]]
    assert SearchGraph.from_arrays([], [], [], 0).times([]).shape == (0, 0)


def test_whole_floats_are_taken():
    assert SearchGraph.from_arrays(TAIL, HEAD, np.array(SECONDS, float), 4).seconds.tolist() == SECONDS


def test_every_problem_of_the_links_is_listed():
    with pytest.raises(ValueError, match="negative") as error:
        SearchGraph.from_arrays([0, 5, -1], [0, 1], [1.5, np.nan, -3.0, np.inf], 2)
    assert isinstance(error.value, BadInputError)
    assert lines(error) == [
        "tail row 2: -1 is negative (nodes are 0 to 1)",
        "tail row 1: 5 is above 1 (nodes are 0 to 1)",
        "seconds row 1: nan is not finite, and 1 more (times are 0 to 2147483647 s)",
        "seconds row 0: 1.5 is not a whole number (times are 0 to 2147483647 s)",
        "seconds row 2: -3.0 is negative (times are 0 to 2147483647 s)",
        "links: the columns differ in length: tail has 3, head has 2, seconds has 4 (give one row a link)",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0], [0], [UNREACHED + 1], 1), "seconds row 0: 2147483648 is above 2147483647"),
        (([0], [0], [2**63], 1), "seconds row 0: 9223372036854775808 is above 2147483647"),
        (([0], [0], [2**70], 1), "seconds: holds object, not whole numbers"),
        (([0], [0], ["a"], 1), "seconds: holds <U1, not whole numbers"),
        (([0], [0], [True], 1), "seconds: holds bool, not whole numbers"),
        (([0], [0], [None], 1), "seconds: holds object, not whole numbers"),
        (([[0]], [0], [1], 1), "tail: has 2 dimensions, not 1"),
        (([[0], [0, 1]], [0], [1], 1), "tail: is no array"),
        (([0], 0, [1], 1), "head: has 0 dimensions, not 1"),
        (([0], [0], [1], 0), r"tail row 0: 0 is above -1 \(there are no nodes\)"),
        (([0], [0], [1], -1), "n_nodes: -1 is not between"),
        (([0], [0], [1], 2**31), "n_nodes: 2147483648 is not between"),
        (([0], [0], [1], 1.0), "n_nodes: 1.0 is not a whole number"),
        (([0], [0], [1], None), "n_nodes: None is not a whole number"),
    ],
)
def test_wrong_links(arguments, message):
    with pytest.raises(BadInputError, match=message):
        SearchGraph.from_arrays(*arguments)


def test_every_problem_of_a_question_is_listed(graph):
    with pytest.raises(BadInputError) as error:
        graph.parts([0, 4], [-1], values=[[1.5], [np.inf], [2**40]], horizon_s=-1, threads=0)
    assert lines(error) == [
        "sources row 1: 4 is above 3 (nodes are 0 to 3)",
        "targets row 0: -1 is negative (nodes are 0 to 3)",
        "values: has 3 rows for 4 links (give one row a link)",
        "values row 1, column 0: inf is not finite",
        "values row 0, column 0: 1.5 is not a whole number",
        "values row 2, column 0: 1099511627776.0 is above 2147483647",
        "horizon_s: -1 is not between 0 and 2147483647",
        "threads: 0 is not between 1 and 2147483647",
    ]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (0, "sources: has 0 dimensions, not 1"),
        (Source([0], [0]), "sources: is a single Source"),
        ([Source([0], [0]), 1], "sources row 1: 1 is not a Source"),
        ([Source([9], [-1])], r"sources row 0, nodes row 0: 9 is above 3"),
        ([Source([1], [-1])], r"sources row 0, offsets_s row 0: -1 is negative"),
        ([Source([1], [1, 2])], "sources row 0: has 1 nodes and 2 offsets"),
        ([Source(1, 2)], "sources row 0, nodes: has 0 dimensions"),
    ],
)
def test_wrong_sources(graph, sources, message):
    with pytest.raises(BadInputError, match=message):
        graph.times(sources)


def test_wrong_horizon_and_values(graph):
    with pytest.raises(BadInputError, match=r"horizon_s: 1\.5 is not a whole number"):
        graph.trees([0], horizon_s=1.5)
    with pytest.raises(BadInputError, match="values: has 1 dimensions, not 2"):
        graph.parts([0], [0], values=[1, 2, 3, 4])


def test_from_csr(graph):
    same = SearchGraph.from_csr([0, 2, 3, 4, 4], [1, 1, 2, 0], [100, 10, 20, 30])
    assert same.times([0, 2]).tolist() == graph.times([0, 2]).tolist()
    assert same.trees([0]).parent_link.tolist() == [[-1, 1, 2, -1]]


@pytest.mark.parametrize(
    ("indptr", "message"),
    [
        ([1, 2], "indptr: does not start with 0"),
        ([], "indptr: does not start with 0"),
        ([0, 2, 1], "indptr row 2: is below the row before"),
        ([0, 3], "links: the columns differ in length: tail has 3, head has 2"),
        ([0, -1], "indptr row 1: -1 is negative"),
    ],
)
def test_wrong_csr(indptr, message):
    with pytest.raises(BadInputError, match=message):
        SearchGraph.from_csr(indptr, [0, 0], [1, 1])


def test_from_networkx_directed():
    graph = nx.MultiDiGraph()
    graph.add_edge("b", "a", seconds=5)
    graph.add_edge("b", "a", seconds=3)
    graph.add_edge("a", "c", seconds=0)
    search = SearchGraph.from_networkx(graph)
    assert search.ids(["b", "a", "c"]).tolist() == [0, 1, 2]
    assert search.times(search.ids("b")).tolist() == [[0, 3, 3]]
    assert search.paths([0], [2])[0][0].tolist() == [1, 2]


def test_from_networkx_undirected():
    graph = nx.path_graph(3)
    nx.set_edge_attributes(graph, {(0, 1): 4, (1, 2): 6}, "time")
    search = SearchGraph.from_networkx(graph, weight="time")
    assert search.times([0, 2]).tolist() == [[0, 4, 10], [10, 6, 0]]
    assert [path.tolist() for path in search.paths([0, 2], [1])[1]] == [[3]]
    assert search.n_links == 4


def test_from_networkx_problems():
    graph = nx.DiGraph([("a", "b"), ("b", "c")])
    graph.edges["a", "b"]["seconds"] = 1
    with pytest.raises(BadInputError, match="1 of 2 edges have no 'seconds', first 'b' to 'c'"):
        SearchGraph.from_networkx(graph)
    graph.edges["b", "c"]["seconds"] = 1.5
    with pytest.raises(BadInputError, match=r"seconds row 1: 1\.5 is not a whole number"):
        SearchGraph.from_networkx(graph)
    graph.edges["b", "c"]["seconds"] = 2
    with pytest.raises(BadInputError, match="labels: there is no node 'x'\nlabels: there is no node 3"):
        SearchGraph.from_networkx(graph).ids(["a", "x", 3])


def test_ids_need_labels(graph):
    with pytest.raises(BadInputError, match="made without labels"):
        graph.ids([0])


def test_from_osmnx():
    streets = nx.MultiDiGraph(crs="EPSG:4326")
    streets.add_node(900, x=113.30, y=23.10)
    streets.add_node(800, x=113.31, y=23.10)
    streets.add_node(700, x=113.32, y=23.10)
    streets.add_edge(900, 800, length=1000.0, speed_kph=36.0)
    streets.add_edge(800, 700, length=26.0, speed_kph=36.0)
    with pytest.raises(BadInputError, match=r"have no 'travel_time'.*add_edge_travel_times"):
        SearchGraph.from_osmnx(streets)
    search = SearchGraph.from_osmnx(ox.routing.add_edge_travel_times(streets))
    assert search.seconds.tolist() == [100, 3]  # 2.6 s is rounded
    assert search.times(search.ids([900])).tolist() == [[0, 100, 103]]
