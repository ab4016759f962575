"""What must hold of every search, on graphs that hypothesis makes."""

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from sim.search import UNREACHED, SearchGraph

quick = settings(max_examples=60, deadline=None)
large = settings(max_examples=15, deadline=None)


@st.composite
def link_tables(draw, most_nodes=12, most_links=40):
    """Draw (n_nodes, links [n, 3]) of a small graph, with many ties, links of 0 s, self loops and twins."""
    n_nodes = draw(st.integers(1, most_nodes))
    node = st.integers(0, n_nodes - 1)
    seconds = draw(st.sampled_from([st.integers(0, 2), st.integers(0, 60), st.integers(0, UNREACHED)]))
    links = draw(st.lists(st.tuples(node, node, seconds), max_size=most_links))
    return n_nodes, np.array(links, np.int64).reshape(-1, 3)


@st.composite
def large_tables(draw):
    """Draw (n_nodes, links [n, 3]) of several hundred nodes and thousands of links."""
    n_nodes = draw(st.integers(200, 600))
    n_links = draw(st.integers(1000, 6000))
    most_s = draw(st.sampled_from([0, 1, 10, 3600]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ends = rng.integers(0, n_nodes, (n_links, 2))
    return n_nodes, np.column_stack([ends, rng.integers(0, most_s + 1, n_links)])


tables = st.one_of(link_tables(), large_tables())


def graph_of(table):
    n_nodes, links = table
    return SearchGraph.from_arrays(*links.T, n_nodes)


def some_nodes(n_nodes):
    return np.unique(np.linspace(0, n_nodes - 1, 5).astype(int))


def by_scipy(table, sources):
    """Return SciPy's times, which sums parallel links and sees none where a link takes 0 s.

    So only the quickest of parallel links is given; and each is made `scale` times longer, plus 1, which
    whole division takes away again because no path has `scale` links.
    """
    n_nodes, links = table
    scale = n_nodes + 1
    quickest = {}
    for tail, head, seconds in links.tolist():
        quickest[tail, head] = min(seconds, quickest.get((tail, head), seconds))
    tail, head = np.array(list(quickest), int).reshape(-1, 2).T
    weights = np.array(list(quickest.values()), float) * scale + 1
    lengths = dijkstra(csr_matrix((weights, (tail, head)), shape=(n_nodes, n_nodes)), indices=sources)
    return np.minimum(np.minimum(lengths, (UNREACHED + 1.0) * scale) // scale, UNREACHED)


@quick
@given(link_tables())
def test_scipy_agrees_small(table):
    nodes = some_nodes(table[0])
    assert np.array_equal(graph_of(table).times(nodes), by_scipy(table, nodes))


@large
@given(large_tables())
def test_scipy_agrees_large(table):
    nodes = some_nodes(table[0])
    assert np.array_equal(graph_of(table).times(nodes), by_scipy(table, nodes))


@settings(max_examples=30, deadline=None)
@given(tables)
def test_networkx_agrees(table):
    n_nodes, links = table
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n_nodes))
    graph.add_weighted_edges_from(links.tolist(), weight="seconds")
    nodes = some_nodes(n_nodes)[:2]
    for node, times_s in zip(nodes, graph_of(table).times(nodes), strict=True):
        lengths = nx.single_source_dijkstra_path_length(graph, int(node), weight="seconds")
        wanted = [min(lengths.get(there, UNREACHED), UNREACHED) for there in range(n_nodes)]
        assert times_s.tolist() == wanted


@quick
@given(tables, st.integers(0, 5000))
def test_paths_recost_to_their_times(table, horizon_s):
    graph = graph_of(table)
    nodes, targets = some_nodes(graph.n_nodes), some_nodes(graph.n_nodes)[::-1]
    times_s = graph.times(nodes, horizon_s=horizon_s)[:, targets]
    for source, row_s, paths in zip(
        nodes, times_s, graph.paths(nodes, targets, horizon_s=horizon_s), strict=True
    ):
        for target, time_s, path in zip(targets, row_s, paths, strict=True):
            assert (path is None) == (time_s == UNREACHED)
            if path is None:
                continue
            stops = [source, *graph.head[path]]
            assert stops[:-1] == graph.tail[path].tolist()
            assert stops[-1] == target
            assert len(set(stops)) == len(stops)
            assert graph.seconds[path].sum(dtype=np.int64) == time_s


@quick
@given(tables)
def test_parts_sum_to_times(table):
    graph = graph_of(table)
    nodes = some_nodes(graph.n_nodes)
    first = graph.seconds // 3
    values = np.column_stack([first, graph.seconds - first, np.ones_like(first)])
    times_s, sums = graph.parts(nodes, nodes, values=values)
    reached = times_s != UNREACHED
    assert np.array_equal(sums[..., :2].sum(axis=2)[reached], times_s[reached])
    assert not sums[~reached].any()
    lengths = [[0 if path is None else path.size for path in paths] for paths in graph.paths(nodes, nodes)]
    assert sums[..., 2].tolist() == lengths


@quick
@given(tables, st.integers(0, 5000))
def test_horizon_changes_nothing_below_it(table, horizon_s):
    graph = graph_of(table)
    nodes = some_nodes(graph.n_nodes)
    whole, parents = graph.trees(nodes)
    within, parents_within = graph.trees(nodes, horizon_s=horizon_s)
    near = whole <= horizon_s
    assert np.array_equal(within, np.where(near, whole, UNREACHED))
    assert np.array_equal(parents_within, np.where(near, parents, -1))
    assert np.array_equal(graph.times(nodes, horizon_s=horizon_s), within)


@quick
@given(tables, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(table, random):
    n_nodes, links = table
    order = list(range(len(links)))
    random.shuffle(order)
    graph, shuffled = graph_of(table), graph_of((n_nodes, links[order]))
    nodes = some_nodes(n_nodes)
    one, other = graph.trees(nodes), shuffled.trees(nodes)
    assert np.array_equal(one.times_s, other.times_s)
    assert np.array_equal(one.parent_link < 0, other.parent_link < 0)
    reached = one.parent_link >= 0  # twins of equal time may be exchanged: the same journey
    rows = links[one.parent_link[reached]], links[order][other.parent_link[reached]]
    assert np.array_equal(*rows)


@large
@given(large_tables())
def test_threads_do_not_matter(table):
    graph = graph_of(table)
    nodes = np.arange(0, graph.n_nodes, 40)
    assert np.array_equal(graph.times(nodes, threads=1), graph.times(nodes, threads=2))
    for one, other in zip(graph.trees(nodes, threads=1), graph.trees(nodes, threads=2), strict=True):
        assert np.array_equal(one, other)


@quick
@given(tables, st.integers(0, 11), st.integers(0, 11), st.integers(0, 100))
def test_a_new_link_makes_nothing_slower(table, tail, head, seconds):
    n_nodes, links = table
    nodes = some_nodes(n_nodes)
    more = np.vstack([links, [[tail % n_nodes, head % n_nodes, seconds]]])
    assert (graph_of((n_nodes, more)).times(nodes) <= graph_of(table).times(nodes)).all()
