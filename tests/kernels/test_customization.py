"""Orders, shortcuts and their times, against elimination and search in plain Python."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sim.contraction import Contraction
from sim.kernels import customization, phast
from sim.kernels._lanes import aligned
from sim.kernels.dijkstra import UNREACHED
from sim.search import SearchGraph


def graph_of(seed, n_nodes, per_node, most_s):
    """Return a graph in which near nodes are linked, and some far ones; twins, loops, closed links."""
    rng = np.random.default_rng(seed)
    n_links = n_nodes * per_node
    tail = rng.integers(0, n_nodes, n_links)
    head = (tail + rng.integers(-4, 5, n_links) * np.where(rng.random(n_links) < 0.1, 29, 1)) % n_nodes
    seconds = rng.integers(0, most_s + 1, n_links)
    seconds[rng.random(n_links) < 0.05] = UNREACHED
    return SearchGraph.from_arrays(tail, head, seconds, n_nodes)


graphs = st.builds(
    graph_of, st.integers(0, 10**6), st.sampled_from([1, 2, 30, 300]), st.sampled_from([1, 3]),
    st.sampled_from([0, 1, 40, UNREACHED - 1]),
)  # fmt: skip


def shares(top, monkeypatch):
    """Let the top be everything, or nothing, and be taken in small blocks."""
    monkeypatch.setattr("sim.contraction._SHARE", 10**9 if top else 1)


def contracted(graph):
    return Contraction.of(graph, lambda *_: None)


def eliminated(graph, rank):
    """Contract rank by rank; return the times of all arcs, {(rank, rank): s}, by way of lower ranks."""
    arcs = {}
    for tail, head, seconds in zip(rank[graph.tail], rank[graph.head], graph.seconds.tolist(), strict=True):
        if tail != head:
            arcs[tail, head] = min(seconds, arcs.get((tail, head), UNREACHED))
            arcs.setdefault((head, tail), UNREACHED)
    for w in range(graph.n_nodes):
        near = [v for u, v in arcs if u == w and v > w]
        for a in near:
            for b in near:
                if a != b:
                    arcs[a, b] = min(arcs[a, w] + arcs[w, b], arcs.get((a, b), UNREACHED))
    return arcs


def customized(made, graph, threads):
    """Return the arcs' times after both passes, as {(rank, rank): s}, and what is needed."""
    times_s = customization.arc_column(made.n_arcs)
    rows = aligned(5 * threads, 2 * graph.n_nodes).reshape(threads, 5, -1)
    customization.link_times(made.link, made.place, graph.seconds, times_s, threads)
    lower = made.lower_start, made.inner, made.lower
    customization.basic(made.first, made.runs, *lower, made.trees, made.top, times_s, rows)
    basic = times_s.tolist()
    best_s = customization.arc_column(made.n_arcs)
    best_s[:] = times_s
    needed = (times_s != customization.CLOSED).view(np.uint8)
    customization.perfect(made.first, made.runs, made.trees, made.top, times_s, best_s, needed, rows)
    ends = []
    for x in range(graph.n_nodes):
        for arc in range(made.first[x], made.first[x + 1]):
            ends += [(x, int(made.runs[2 * arc])), (int(made.runs[2 * arc]), x)]
    return [dict(zip(ends, column, strict=True)) for column in (basic, best_s.tolist(), needed.tolist())]


@pytest.mark.parametrize("top", [False, True])
@settings(max_examples=40, deadline=None)
@given(graph=graphs)
def test_times_of_arcs(top, graph):
    """Basic times are those of plain elimination; the best are SciPy's; what is needed is enough."""
    with pytest.MonkeyPatch.context() as patch:
        shares(top, patch)
        made = contracted(graph)
    if graph.n_nodes == 300:
        assert bool(made.top.size) == top
    rank = graph.n_nodes - 1 - made.line
    wanted = eliminated(graph, rank)
    exact = times_between(graph)
    node = made.order
    for threads in (1, 2):
        basic, best, needed = customized(made, graph, threads)
        assert basic == {ends: min(time_s, UNREACHED) for ends, time_s in wanted.items()}
        assert best == {(a, b): exact[node[a], node[b]] for a, b in wanted}
        up = {ends: basic[ends] for ends in needed if needed[ends] and ends[0] < ends[1]}
        down = {ends: basic[ends] for ends in needed if needed[ends] and ends[0] > ends[1]}
        assert all(best[ends] == time_s for ends, time_s in (up | down).items())
    for source in range(0, graph.n_nodes, 50):
        dist = climb_and_sweep(graph.n_nodes, up, down, int(rank[source]))
        assert [dist[r] for r in rank] == exact[source].tolist()


def climb_and_sweep(n, up, down, source):
    """Search a hierarchy in plain Python: first all that leads up, by rank, then all that leads down."""
    dist = [UNREACHED] * n
    dist[source] = 0
    for a, b in sorted(up):
        dist[b] = min(dist[b], dist[a] + up[a, b])
    for a, b in sorted(down, reverse=True):
        dist[b] = min(dist[b], dist[a] + down[a, b])
    return dist


def times_between(graph):
    """Return SciPy's times between all nodes: links of 0 s and twins, which it does not know, are dealt with."""
    quickest = {}
    for tail, head, seconds in zip(graph.tail, graph.head, graph.seconds.tolist(), strict=True):
        quickest[tail, head] = min(seconds, quickest.get((tail, head), UNREACHED))
    scale = graph.n_nodes + 1
    tail, head = np.array(list(quickest)).reshape(-1, 2).T
    weights = np.array(list(quickest.values()), float) * scale + 1
    lengths = dijkstra(csr_array((weights, (tail, head)), shape=(graph.n_nodes, graph.n_nodes)))
    return np.minimum(np.minimum(lengths, (UNREACHED + 1.0) * scale) // scale, UNREACHED).astype(int)


@settings(max_examples=30, deadline=None)
@given(graph=graphs)
def test_needed_arcs_as_the_search_takes_them(graph):
    made = contracted(graph)
    arcs = made.arcs(graph.seconds, thin=True)
    _, _, needed = customized(made, graph, 1)
    n = graph.n_nodes
    up, down = set(), set()
    for line in range(n):
        up |= {
            (line, int(arc) & 0x7FFFFFFF) for arc in arcs.up[arcs.up_start[line] : arcs.up_start[line + 1]]
        }
        pairs = arcs.down[2 * arcs.down_start[line] : 2 * arcs.down_start[line + 1]]
        assert pairs.size
        assert [int(arc) >> 31 & 1 for arc in pairs] == [0] * (pairs.size - 2) + [1, 0]
        down |= {(int(arc) & 0x7FFFFFFF, line) for arc in pairs} - {(n, line)}
    turned = {(n - 1 - a, n - 1 - b) for (a, b), need in needed.items() if need}
    assert up | down == turned
    assert all(a > b for a, b in up)
    assert all(a < b for a, b in down)


@settings(max_examples=30, deadline=None)
@given(graph=graphs, share=st.integers(1, 9))
def test_lines_above_targets(graph, share):
    arcs = contracted(graph).arcs(graph.seconds, thin=False)
    targets = np.arange(0, graph.n_nodes, share).astype(np.int32)
    wanted, todo = set(), set(targets.tolist())
    while todo:
        line = todo.pop()
        wanted.add(line)
        pairs = arcs.down[2 * arcs.down_start[line] : 2 * arcs.down_start[line + 1]]
        todo |= {int(arc) & 0x7FFFFFFF for arc in pairs} - wanted - {graph.n_nodes}
    runs = phast.lines_above(arcs.down_start, arcs.down, targets)
    lines = [line for begin, end in runs for line in range(begin, end)]
    assert lines == sorted(wanted)
    assert all(end < begin for (_, end), (begin, _) in pairwise(runs))
