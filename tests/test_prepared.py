"""The prepared graph: its times are those of the graph, and it comes back from a file whole."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.errors import BadInputError
from sim.kernels.ordering import by_subtree, minimum_degree, neighbours
from sim.prepared import PreparedGraph
from sim.search import UNREACHED, SearchGraph, Source


def random_graph(seed, n_nodes, per_node, most_s, *, local=True):
    """Return a graph with ties, loops and twins; local ones have a hierarchy to find, others none."""
    rng = np.random.default_rng(seed)
    n_links = n_nodes * per_node
    tail = rng.integers(0, n_nodes, n_links)
    step = rng.integers(-3, 4, n_links) * np.where(rng.random(n_links) < 0.2, 37, 1)
    head = (tail + step) % n_nodes if local else rng.integers(0, n_nodes, n_links)
    return SearchGraph.from_arrays(tail, head, rng.integers(0, most_s + 1, n_links), n_nodes)


@pytest.fixture(scope="module")
def graph():
    return random_graph(3, 900, 3, 60)


@pytest.fixture(scope="module")
def prepared(graph):
    return graph.prepare()


cases = st.builds(
    random_graph, st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 9, 60, 700, 2000]),
    st.sampled_from([0, 1, 3]),
    st.sampled_from([0, 1, 5, 900, UNREACHED - 1, UNREACHED]),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(cases, st.integers(1, 40))
def test_times_are_those_of_the_graph(graph, rows):
    sources = np.linspace(0, graph.n_nodes - 1, rows).astype(int)
    prepared = graph.prepare()
    wanted = graph.times(sources)
    assert np.array_equal(prepared.times(sources), wanted)
    assert np.array_equal(prepared.times(sources, threads=1), wanted)
    targets = sources[::-3]
    assert np.array_equal(prepared.times(sources, targets=targets), wanted[:, targets])
    assert np.array_equal(prepared.times(sources, horizon_s=50), np.where(wanted <= 50, wanted, UNREACHED))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 2, 50]))
def test_graphs_without_a_hierarchy(seed, most_s):
    graph = random_graph(seed, 400, 4, most_s, local=False)
    assert np.array_equal(graph.prepare().times(np.arange(0, 400, 9)), graph.times(np.arange(0, 400, 9)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 30, UNREACHED]))
def test_new_seconds_equal_a_new_preparation(seed, most_s):
    graph = random_graph(seed, 500, 3, 60)
    seconds = np.random.default_rng(seed).integers(0, most_s, graph.n_links, endpoint=True)
    again = graph.prepare().with_seconds(seconds)
    thorough = graph.prepare().with_seconds(seconds, thin=True)
    new = SearchGraph.from_arrays(graph.tail, graph.head, seconds, graph.n_nodes)
    nodes = np.arange(0, 500, 20)
    assert np.array_equal(again.times(nodes), new.times(nodes))
    assert np.array_equal(thorough.times(nodes), new.times(nodes))
    assert thorough._arcs.up.size <= again._arcs.up.size
    assert np.array_equal(again.graph.times(nodes), new.times(nodes))
    assert np.array_equal(again.graph.trees(nodes).parent_link, new.trees(nodes).parent_link)


@settings(max_examples=25, deadline=None)
@given(cases, st.integers(0, 2000))
def test_sums_within(graph, horizon_s):
    sources = np.arange(0, graph.n_nodes, max(1, graph.n_nodes // 20))
    weights = np.random.default_rng(0).integers(0, 9, graph.n_nodes) * 2.0**20
    wanted = np.where(graph.times(sources) <= horizon_s, weights, 0).sum(axis=1)
    prepared = graph.prepare()
    for threads in (1, 2):
        assert np.array_equal(
            prepared.sums_within(sources, weights, horizon_s=horizon_s, threads=threads), wanted
        )


def test_sources_of_several_nodes(graph, prepared):
    rng = np.random.default_rng(0)
    sources = [Source(rng.integers(0, 900, k), rng.integers(0, 500, k)) for k in (3, 0, 1, 40, 2)]
    sources.append(Source([5], [UNREACHED - 1]))
    assert np.array_equal(prepared.times(sources), graph.times(sources))


def test_out_is_used_again(prepared):
    first = prepared.times([1, 2, 3])
    wanted = prepared.times([4, 5, 6]).copy()
    again = prepared.times([4, 5, 6], out=first)
    assert np.shares_memory(first, again)
    assert np.array_equal(first, wanted)
    for wrong in (np.empty((3, 900), np.int32), first[:2], first.astype(np.int64), [1]):
        with pytest.raises(BadInputError, match="no earlier result"):
            prepared.times([4, 5, 6], out=wrong)


def test_results_that_are_held_stay_as_they_are(graph):
    prepared = graph.prepare()
    row = prepared.times([1, 2, 3])[1]  # of a result that is gone, but for this row
    for sources in ([4, 5, 6], [7, 8, 9]):
        assert np.array_equal(prepared.times(sources), graph.times(sources))
    assert np.array_equal(row, graph.times([2])[0])


def test_workspaces_are_used_again_and_left_clean(graph):
    prepared = graph.prepare()
    for rows, threads in ((40, 1), (40, 1), (3, 2), (40, 2), (40, 2)):
        nodes = np.arange(rows)
        assert np.array_equal(prepared.times(nodes, threads=threads), graph.times(nodes))
        prepared.times(nodes, targets=[5])
        prepared.sums_within(nodes, np.ones(900), horizon_s=9, threads=threads)
        (spare,) = prepared._spare
        assert not spare.touched.any()
        assert spare.labels[:, 900 * 16 :].min() == UNREACHED
    again = pickle.loads(pickle.dumps(prepared))  # noqa: S301 - our own
    assert np.array_equal(again.times([3]), graph.times([3]))
    assert len(prepared.with_seconds(graph.seconds).times([3])) == 1


def test_nothing_to_search(prepared):
    assert prepared.times([]).shape == (0, 900)
    assert prepared.times([1], targets=[]).shape == (1, 0)
    assert prepared.sums_within([], np.ones(900), horizon_s=5).shape == (0,)
    empty = SearchGraph.from_arrays([], [], [], 0).prepare()
    assert empty.times([]).shape == (0, 0)
    assert SearchGraph.from_arrays([], [], [], 3).prepare().times([1]).tolist() == [[UNREACHED, 0, UNREACHED]]


def test_wrong_questions(prepared):
    with pytest.raises(BadInputError, match="targets row 0"):
        prepared.times([0], targets=[900])
    with pytest.raises(BadInputError) as error:
        prepared.sums_within([900], [1, np.nan, np.inf], horizon_s=-1)
    assert str(error.value).splitlines() == [
        "weights: has 3 rows, not 900",
        "weights row 1: nan is not a number",
        "weights: are not all finite",
        "sources row 0: 900 is above 899 (nodes are 0 to 899)",
        "horizon_s: -1 is not between 0 and 2147483647",
    ]
    with pytest.raises(BadInputError, match="weights: holds <U1, not whole numbers"):
        prepared.sums_within([0], ["x"], horizon_s=1)
    with pytest.raises(BadInputError, match="seconds"):
        prepared.with_seconds([1])


def test_progress(graph):
    told = []
    graph.prepare(progress=lambda step, share: told.append((step, share)))
    assert [step for step, _ in told] == ["neighbours", "order", "shortcuts", "times", "done"]
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert "900 nodes" in repr(graph.prepare())


def test_save_and_load(graph, prepared, tmp_path):
    file = tmp_path / "roads.npz"
    prepared.save(file)
    prepared.save(file)
    assert list(tmp_path.iterdir()) == [file]
    again = PreparedGraph.load(file, graph)
    assert np.array_equal(again.times([0, 5]), prepared.times([0, 5]))
    assert np.array_equal(again._contraction.order, prepared._contraction.order)
    slower = graph.with_seconds(graph.seconds[::-1])
    told = []
    slow = PreparedGraph.load(file, slower, progress=lambda *step: told.append(step))
    assert np.array_equal(slow.times([7]), slower.times([7]))
    assert told[-1] == ("done", 1.0)


def test_files_that_cannot_be_used(graph, prepared, tmp_path):
    file = tmp_path / "roads.npz"
    prepared.save(file)
    other = SearchGraph.from_arrays(graph.head, graph.tail, graph.seconds, graph.n_nodes)
    with pytest.raises(BadInputError, match="of other links"):
        PreparedGraph.load(file, other)
    with pytest.raises(BadInputError, match="cannot be read: No such file"):
        PreparedGraph.load(tmp_path / "nothing.npz", graph)
    for size in (0, 100, file.stat().st_size - 50):
        (tmp_path / "half.npz").write_bytes(file.read_bytes()[:size])
        with pytest.raises(BadInputError, match="damaged"):
            PreparedGraph.load(tmp_path / "half.npz", graph)
    columns = dict(np.load(file))
    order = columns["order"]
    wrong = {
        "another version": {"format": 99},
        "damaged: not every node": {"order": np.zeros_like(order)},
        "damaged: ": {"order": np.array([object()] * order.size)},
    }
    for message, change in wrong.items():
        np.savez(tmp_path / "wrong.npz", **(columns | change))
        with pytest.raises(BadInputError, match=message):
            PreparedGraph.load(tmp_path / "wrong.npz", graph)
    for wrong_order in (order[:-1], order + 1, order.astype(float), order.reshape(2, -1)):
        np.savez(tmp_path / "wrong.npz", **(columns | {"order": wrong_order}))
        with pytest.raises(BadInputError, match="damaged: not every node"):
            PreparedGraph.load(tmp_path / "wrong.npz", graph)
    np.savez_compressed(tmp_path / "wrong.npz", **(columns | {"order": np.zeros(10**6, np.int32)}))
    with pytest.raises(BadInputError, match="damaged: it is too large"):
        PreparedGraph.load(tmp_path / "wrong.npz", graph)
    np.save(tmp_path / "wrong.npy", order)
    with pytest.raises(BadInputError, match="damaged"):
        PreparedGraph.load(tmp_path / "wrong.npy", graph)


def test_a_file_is_written_whole_or_not_at_all(prepared, tmp_path, monkeypatch):
    file = tmp_path / "roads.npz"
    prepared.save(file)
    before = file.read_bytes()

    def fail(*_args, **_kwargs):
        raise OSError

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(BadInputError, match="cannot be written"):
        prepared.save(file)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == before


@settings(max_examples=40, deadline=None)
@given(cases)
def test_the_order_against_plain_elimination(graph):
    """The tree's parents are those that eliminating node by node gives; every subtree is a run of ranks."""
    n = graph.n_nodes
    start, near = neighbours(graph.tail, graph.head, n)
    node, parent = by_subtree(start, near, minimum_degree(start, near))
    assert sorted(node.tolist()) == list(range(n))
    rank = np.argsort(node)
    above = [set() for _ in range(n)]
    for u in range(n):
        row = near[start[u] : start[u + 1]].tolist()
        assert row == sorted(set(row) - {u})
        above[rank[u]] = {int(rank[v]) for v in row if rank[v] > rank[u]}
    size = np.ones(n, int)
    for r in range(n):
        least = min(above[r], default=-1)
        assert parent[r] == least
        if least >= 0:
            above[least] |= above[r] - {least}
            size[least] += size[r]
    for r in range(n):
        if parent[r] >= 0:
            assert parent[r] - size[parent[r]] < r < parent[r]


def test_the_order_keeps_cliques_small():
    """A path is eliminated with one neighbour at a time, a grid with far fewer than its nodes."""
    side = 30
    cell = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([cell[:, 1:].ravel(), cell[1:].ravel()])
    head = np.concatenate([cell[:, :-1].ravel(), cell[:-1].ravel()])
    grid = SearchGraph.from_arrays(tail, head, np.ones(tail.size, int), side * side).prepare()
    assert np.diff(grid._contraction.first).max() < 2 * side
    path = SearchGraph.from_arrays(np.arange(99), np.arange(1, 100), np.ones(99, int), 100).prepare()
    assert np.diff(path._contraction.first).max() == 1
