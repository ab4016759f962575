"""The bucket queue against the heap, SciPy, NetworkX and a plain-Python twin."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sim.kernels.buckets import LONGEST_S, bucket_times, buckets_of, pack_arcs
from sim.kernels.dijkstra import HORIZON_MAX_S, UNREACHED, many_to_all
from sim.search import SearchGraph


def graph_of(seed, n_nodes, n_links, most_s):
    """Return a random graph in compressed rows, with loops, parallel links and links of 0 s."""
    rng = np.random.default_rng(seed)
    tail = np.sort(rng.integers(0, n_nodes, n_links))
    start = np.append(0, np.cumsum(np.bincount(tail, minlength=n_nodes))).astype(np.int32)
    head, seconds = rng.integers(0, n_nodes, n_links), rng.integers(0, most_s + 1, n_links)
    return start, head.astype(np.int32), seconds.astype(np.int32)


def seeds_of(rng, n_nodes, sizes, most_s):
    rows = np.append(0, np.cumsum(sizes)).astype(np.int32)
    nodes, offset_s = rng.integers(0, n_nodes, rows[-1]), rng.integers(0, most_s + 1, rows[-1])
    return rows, nodes.astype(np.int32), offset_s.astype(np.int32)


def one_each(nodes):
    nodes = np.array(nodes, np.int32)
    return np.arange(nodes.size + 1, dtype=np.int32), nodes, np.zeros(nodes.size, np.int32)


def twin(start, arcs, seeds, horizon_s):
    """Search in plain Python: one list a second, as many as are needed."""
    dist = [UNREACHED] * (len(start) - 1)
    buckets = {}
    for node, offset_s in seeds:
        if offset_s <= horizon_s:
            buckets.setdefault(int(offset_s), []).append(int(node))
    while buckets:
        time_s = min(buckets)
        todo = buckets.pop(time_s)
        while todo:
            node = todo.pop()
            if dist[node] <= time_s:
                continue
            dist[node] = time_s
            for place in range(start[node], start[node + 1]):
                there_s = time_s + (int(arcs[place]) >> 32)
                if there_s <= horizon_s:
                    (todo if there_s == time_s else buckets.setdefault(there_s, [])).append(
                        int(arcs[place]) & 0xFFFFFFFF
                    )
    return dist


@pytest.mark.parametrize("most_s", [0, 1, 63, 64, 700, LONGEST_S])
@pytest.mark.parametrize("n_nodes", [1, 40, 600])
def test_heap_and_twin(most_s, n_nodes):
    graph = graph_of(most_s + n_nodes, n_nodes, 4 * n_nodes, most_s)
    rng = np.random.default_rng(most_s)
    packed = pack_arcs(*graph)
    for seeds in (
        seeds_of(rng, n_nodes, [1, 0, 3, 40, 1], most_s),
        seeds_of(rng, n_nodes, [2, 30], HORIZON_MAX_S),  # far outside the ring of each other
    ):
        for horizon_s in (HORIZON_MAX_S, 3 * most_s, 0):
            wanted = many_to_all(*graph, *seeds, horizon_s=horizon_s)
            for threads in (1, 2):
                times_s = bucket_times(*packed, *seeds, horizon_s=horizon_s, threads=threads)
                assert times_s.dtype == np.int32
                assert np.array_equal(times_s, wanted)
            rows, nodes, offset_s = seeds
            for row in range(len(wanted)):
                here = slice(rows[row], rows[row + 1])
                pairs = zip(nodes[here], offset_s[here], strict=True)
                assert wanted[row].tolist() == twin(*packed[:2], pairs, horizon_s)


@pytest.mark.parametrize("most_s", [9, 900])
def test_scipy_and_networkx(most_s):
    start, head, seconds = graph_of(most_s, 300, 1500, most_s)
    seconds += 1  # a stored 0 is no link to SciPy
    sources = np.arange(0, 300, 13)
    times_s = bucket_times(*pack_arcs(start, head, seconds), *one_each(sources))
    # quickest of the parallel links: SciPy would add them up
    tail = np.repeat(np.arange(300), np.diff(start))
    slowest_first = np.lexsort((-seconds, head, tail))
    ends = np.append(np.diff(tail[slowest_first] * 300 + head[slowest_first]) != 0, True)
    kept = slowest_first[ends]
    matrix = csr_array((seconds[kept].astype(float), (tail[kept], head[kept])), shape=(300, 300))
    exact = dijkstra(matrix, indices=sources)
    assert np.array_equal(np.where(np.isinf(exact), UNREACHED, exact), times_s)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(300))
    graph.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), seconds.tolist(), strict=True))
    for row, source in enumerate(sources.tolist()):
        found = nx.single_source_dijkstra_path_length(graph, source)
        assert [found.get(node, UNREACHED) for node in range(300)] == times_s[row].tolist()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6), n_nodes=st.integers(1, 500), degree=st.integers(0, 6),
    most_s=st.sampled_from([0, 1, 5, 64, 3000]), horizon_s=st.integers(0, 6000),
)  # fmt: skip
def test_any_graph(seed, n_nodes, degree, most_s, horizon_s):
    graph = graph_of(seed, n_nodes, degree * n_nodes, most_s)
    seeds = seeds_of(np.random.default_rng(seed), n_nodes, [1, 2, 5], 2 * most_s)
    packed = pack_arcs(*graph)
    times_s = bucket_times(*packed, *seeds)
    assert np.array_equal(times_s, many_to_all(*graph, *seeds))
    within = bucket_times(*packed, *seeds, horizon_s=horizon_s)
    assert np.array_equal(within, np.where(times_s <= horizon_s, times_s, UNREACHED))


def test_blocks_are_filled_and_used_again():
    # a star: 10,000 leaves in one bucket, then all reach one node, the last of them soonest
    leaves = 10_000
    tail = np.append(np.zeros(leaves, np.int32), np.arange(1, leaves + 1))
    head = np.append(np.arange(1, leaves + 1), np.full(leaves, leaves + 1))
    seconds = np.append(np.full(leaves, 5), 60 - np.arange(leaves) % 50)
    start = np.append(0, np.cumsum(np.bincount(tail, minlength=leaves + 2))).astype(np.int32)
    packed = pack_arcs(start, head.astype(np.int32), seconds.astype(np.int32))
    times_s = bucket_times(*packed, *one_each([0, 1, 0]), threads=1)
    assert np.array_equal(times_s[0], times_s[2])
    assert (times_s[0, 1:-1] == 5).all()
    assert times_s[0, -1] == 5 + 11
    assert times_s[1, [0, 1, 2, -1]].tolist() == [UNREACHED, 0, UNREACHED, 60]


def test_workspaces_are_used_again_and_left_clean():
    graph = graph_of(5, 300, 1200, 90)
    packed, kept = pack_arcs(*graph), []
    for sizes, threads in (([1], 1), ([1, 2], 2), ([1], 1), ([1, 900, 3], 2), ([2], 1)):
        seeds = seeds_of(np.random.default_rng(6), 300, sizes, 90)
        wanted = many_to_all(*graph, *seeds)
        before = list(kept)
        times_s = bucket_times(*packed, *seeds, threads=threads, workspaces=kept)
        assert np.array_equal(times_s, wanted)
        (workspace,) = kept
        assert not workspace.ring.any()
        assert not workspace.full.any()
        if before and sizes in ([1], [2]):
            assert workspace is before[0]


def test_times_never_wrap():
    start = np.array([0, 1, 2, 2], np.int32)
    packed = pack_arcs(start, np.array([1, 2], np.int32), np.array([9, 1], np.int32))
    seeds = np.array([0, 1], np.int32), np.array([0], np.int32), np.array([HORIZON_MAX_S - 9], np.int32)
    assert bucket_times(*packed, *seeds).tolist() == [[HORIZON_MAX_S - 9, HORIZON_MAX_S, UNREACHED]]
    unreached = np.array([UNREACHED], np.int32)
    assert bucket_times(*packed, *seeds[:2], unreached).tolist() == [[UNREACHED] * 3]


def test_closed_links_do_not_count():
    start = np.array([0, 2, 3, 3], np.int32)
    links = np.array([1, 2, 2], np.int32), np.array([UNREACHED, 7, 1], np.int32)
    start, arcs, longest_s = pack_arcs(start, *links)
    assert (start.tolist(), arcs.size, longest_s) == ([0, 1, 2, 2], 2, 7)
    assert bucket_times(start, arcs, longest_s, *one_each([0])).tolist() == [[0, UNREACHED, 7]]


def test_nothing_to_search():
    packed = pack_arcs(np.zeros(4, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32))
    assert bucket_times(*packed, *one_each([])).shape == (0, 3)
    assert bucket_times(*packed, *one_each([1])).tolist() == [[UNREACHED, 0, UNREACHED]]


def test_ring_is_larger_than_the_longest_link():
    assert [buckets_of(longest_s) for longest_s in (0, 63, 64, 127, 128)] == [64, 64, 128, 128, 256]


@pytest.mark.parametrize("longest_s", [LONGEST_S, LONGEST_S + 1])
def test_the_graph_chooses(longest_s):
    graph = SearchGraph.from_arrays([0, 1, 0], [1, 2, 2], [longest_s, 5, UNREACHED], 3)
    assert (graph._rows.arcs is None) == (longest_s > LONGEST_S)
    assert graph.times([0]).tolist() == [[0, longest_s, longest_s + 5]]
    assert graph.times([0], horizon_s=longest_s).tolist() == [[0, longest_s, UNREACHED]]
