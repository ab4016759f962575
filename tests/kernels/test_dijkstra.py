"""The shortest-path kernels against a plain-Python twin, and on tiny networks worked out by hand."""

import heapq
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sim.kernels.dijkstra import (
    HORIZON_MAX_S,
    UNREACHED,
    _drop,
    _drop_pair,
    _heap_size,
    _one_to_all,
    _push,
    _push_pair,
    many_to_all,
    many_trees,
    path_links,
    path_parts,
)


def csr(links, n_nodes):
    """Return start, head, seconds and tail of (tail, head, seconds) links, which must be sorted by tail."""
    table = np.array(links, np.int32).reshape(-1, 3)
    assert (np.diff(table[:, 0]) >= 0).all()
    start = np.zeros(n_nodes + 1, np.int32)
    start[1:] = np.cumsum(np.bincount(table[:, 0], minlength=n_nodes))
    tail, head, seconds = (np.ascontiguousarray(column) for column in table.T)
    return start, head, seconds, tail


def one_each(nodes):
    """Return seeds with one row for each node, without offset."""
    nodes = np.array(nodes, np.int32)
    return np.arange(nodes.size + 1, dtype=np.int32), nodes, np.zeros(nodes.size, np.int32)


def twin(start, head, seconds, seeds, horizon_s=HORIZON_MAX_S):
    """Search in plain Python: labels (time, links), then parents from all links that fit the labels."""
    n_nodes = len(start) - 1
    label = {}
    heap = [((int(offset_s), 0), int(node)) for node, offset_s in seeds if offset_s <= horizon_s]
    heapq.heapify(heap)
    while heap:
        (time_s, count), node = heapq.heappop(heap)
        if node in label:
            continue
        label[node] = time_s, count
        for link in range(start[node], start[node + 1]):
            there_s = time_s + int(seconds[link])
            if there_s <= horizon_s:
                heapq.heappush(heap, ((there_s, count + 1), int(head[link])))
    parent = [-1] * n_nodes
    for node in sorted(label):
        time_s, count = label[node]
        for link in range(start[node], start[node + 1]):
            there = int(head[link])
            fits = label.get(there) == (time_s + int(seconds[link]), count + 1)
            if fits and parent[there] == -1:
                parent[there] = link
    return [label[node][0] if node in label else UNREACHED for node in range(n_nodes)], parent


def search(links, n_nodes, source, horizon_s=HORIZON_MAX_S):
    """Return times and parents from one source, after checking that both kernels agree on the times."""
    start, head, seconds, _ = csr(links, n_nodes)
    times_s = many_to_all(start, head, seconds, *one_each([source]), horizon_s=horizon_s)
    tree_s, parent = many_trees(start, head, seconds, *one_each([source]), horizon_s=horizon_s)
    assert times_s.dtype == tree_s.dtype == parent.dtype == np.int32
    assert times_s.tolist() == tree_s.tolist()
    return times_s[0].tolist(), parent[0].tolist()


def random_links(seed, n_nodes, n_links, most_s):
    rng = np.random.default_rng(seed)
    tail = np.sort(rng.integers(0, n_nodes, n_links))
    return np.column_stack([tail, rng.integers(0, n_nodes, n_links), rng.integers(0, most_s + 1, n_links)])


def test_line():
    links = [(0, 1, 60), (1, 2, 90), (2, 3, 30)]
    assert search(links, 5, 0) == ([0, 60, 150, 180, UNREACHED], [-1, 0, 1, 2, -1])
    assert search(links, 5, 2) == ([UNREACHED, UNREACHED, 0, 30, UNREACHED], [-1, -1, -1, 2, -1])


def test_grid():
    # 0 - 1 - 2      every link 10 s in both directions, but 1-4 takes 1 s
    # 3 - 4 - 5
    both = [(0, 1, 10), (1, 2, 10), (3, 4, 10), (4, 5, 10), (0, 3, 10), (1, 4, 1), (2, 5, 10)]
    links = sorted(both + [(head, tail, seconds) for tail, head, seconds in both])
    times_s, parent = search(links, 6, 0)
    assert times_s == [0, 10, 20, 10, 11, 21]
    assert [links[link][0] if link >= 0 else None for link in parent] == [None, 0, 1, 0, 1, 4]


def test_diamond_takes_the_smallest_tail():
    assert search([(0, 1, 5), (0, 2, 5), (1, 3, 5), (2, 3, 5)], 4, 0) == ([0, 5, 5, 10], [-1, 0, 1, 2])
    # node 1 is settled after node 2, and is still preferred
    assert search([(0, 1, 7), (0, 2, 5), (1, 3, 3), (2, 3, 5)], 4, 0) == ([0, 7, 5, 10], [-1, 0, 1, 2])


def test_ring():
    links = [(node, (node + 1) % 5, 10) for node in range(5)]
    assert search(links, 5, 3)[0] == [20, 30, 40, 0, 10]


def test_fewest_links_among_equally_quick_paths():
    links = [(0, 1, 0), (0, 3, 4), (1, 2, 2), (2, 3, 2)]
    assert search(links, 4, 0) == ([0, 0, 2, 4], [-1, 0, 2, 1])


def test_parallel_links_take_the_quickest_then_the_first():
    assert search([(0, 1, 9), (0, 1, 4), (0, 1, 4), (0, 0, 0)], 2, 0) == ([0, 4], [-1, 1])


def test_zero_cycle_has_no_cyclic_parents():
    links = [(0, 1, 5), (1, 2, 0), (2, 1, 0), (2, 3, 0), (3, 1, 0), (3, 3, 0)]
    assert search(links, 4, 0) == ([0, 5, 5, 5], [-1, 0, 1, 3])


def test_zero_cycle_entered_at_two_nodes():
    # nodes 1, 2 and 3 are all at 5 s; the cycle 1-2-3 takes no time; 0 enters at 3 and, through 4, at 1
    links = [(0, 3, 5), (0, 4, 5), (1, 2, 0), (2, 3, 0), (3, 1, 0), (4, 1, 0)]
    assert search(links, 5, 0) == ([0, 5, 5, 5, 5], [-1, 4, 2, 0, 1])


def test_horizon_is_inclusive():
    links = [(0, 1, 60), (1, 2, 60), (2, 3, 0), (2, 4, 1)]
    assert search(links, 5, 0, 120)[0] == [0, 60, 120, 120, UNREACHED]
    assert search(links, 5, 0, 119)[0] == [0, 60, UNREACHED, UNREACHED, UNREACHED]
    assert search(links, 5, 0, 0) == ([0] + [UNREACHED] * 4, [-1] * 5)


def test_long_paths_never_wrap():
    big = UNREACHED - 1
    assert search([(0, 1, big), (1, 2, 1), (1, 3, 0)], 4, 0)[0] == [0, big, UNREACHED, big]
    assert search([(0, 1, big), (1, 2, big), (2, 0, big)], 3, 0) == ([0, big, UNREACHED], [-1, 0, -1])
    assert search([(0, 1, UNREACHED), (0, 2, 1)], 3, 0) == ([0, UNREACHED, 1], [-1, -1, 1])


def test_seeds_with_offsets():
    start, head, seconds, _ = csr([(0, 1, 10), (1, 0, 10), (1, 2, 10), (2, 1, 10)], 3)
    rows = np.array([0, 2, 2, 5], np.int32)
    nodes = np.array([0, 2, 1, 1, 0], np.int32)
    offset_s = np.array([100, 3, 7, 5, 15], np.int32)
    times_s = many_to_all(start, head, seconds, rows, nodes, offset_s)
    tree_s, parent = many_trees(start, head, seconds, rows, nodes, offset_s)
    assert times_s.tolist() == tree_s.tolist() == [[23, 13, 3], [UNREACHED] * 3, [15, 5, 15]]
    assert parent.tolist() == [[1, 3, -1], [-1] * 3, [-1, -1, 2]]  # a seed that ties with a path stays a root


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("most_s", [0, 1, 3, 500])
def test_twin(seed, most_s):
    n_nodes, n_links = [(1, 3), (30, 20), (40, 200), (60, 500)][seed % 4]
    start, head, seconds, tail = csr(random_links(seed, n_nodes, n_links, most_s), n_nodes)
    rng = np.random.default_rng(seed)
    nodes, offset_s = rng.integers(0, n_nodes, 9).astype(np.int32), rng.integers(0, 5, 9).astype(np.int32)
    rows = np.array([0, 1, 2, 5, 9], np.int32)
    horizon_s = [HORIZON_MAX_S, 2 * most_s][seed % 2]
    wanted = [
        twin(start, head, seconds, list(zip(nodes[low:high], offset_s[low:high], strict=True)), horizon_s)
        for low, high in pairwise(rows)
    ]
    for threads in (1, 2):
        times_s = many_to_all(
            start, head, seconds, rows, nodes, offset_s, horizon_s=horizon_s, threads=threads
        )
        tree_s, parent = many_trees(
            start, head, seconds, rows, nodes, offset_s, horizon_s=horizon_s, threads=threads
        )
        assert times_s.tolist() == tree_s.tolist() == [times for times, _ in wanted]
        assert parent.tolist() == [parents for _, parents in wanted]
    ones = np.ones((tail.size, 1), np.int32)
    assert path_parts(parent, tail, ones, np.arange(n_nodes, dtype=np.int32)).max(initial=0) < n_nodes


def test_serial_and_parallel_are_equal():
    start, head, seconds, _ = csr(random_links(0, 800, 6000, 40), 800)
    seeds = one_each(np.arange(0, 800, 17))
    assert np.array_equal(
        many_to_all(start, head, seconds, *seeds, threads=1),
        many_to_all(start, head, seconds, *seeds, threads=2),
    )
    for serial, parallel in zip(
        many_trees(start, head, seconds, *seeds, threads=1),
        many_trees(start, head, seconds, *seeds, threads=2),
        strict=True,
    ):
        assert np.array_equal(serial, parallel)


THREADS = """
import threading
import numba, numpy as np
from sim.kernels.dijkstra import many_to_all

rng = np.random.default_rng(0)
start = np.arange(0, 4001, 10, dtype=np.int32)
head, seconds = rng.integers(0, 400, (2, 4000)).astype(np.int32)
rows = np.arange(41, dtype=np.int32)
graph = start, head, seconds, rows, rows[:40].copy(), np.zeros(40, np.int32)
wanted = many_to_all(*graph, threads=1)
equal = []

def run():
    for _ in range(20):
        equal.append(np.array_equal(wanted, many_to_all(*graph, threads=2)))

threads = [threading.Thread(target=run) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(equal) == 80
assert all(equal)
assert numba.threading_layer() == "workqueue"
"""


def test_parallel_kernels_can_be_called_from_several_threads():
    """Of all threading layers, workqueue aborts the process where two threads are inside at once."""
    layer = {"NUMBA_THREADING_LAYER": "workqueue", "NUMBA_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", THREADS],
        cwd=Path(__file__).parents[2], env={**os.environ, **layer}, check=False, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("size", [1, 2, 5, 6, 300])
def test_heap_gives_keys_in_order(size):
    keys = np.random.default_rng(size).integers(0, 200, size)
    heap, paired, items = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int32)
    for filled, key in enumerate(keys):
        assert _push(heap, filled, key) == filled + 1
        assert _push_pair(paired, items, filled, key, -key) == filled + 1
    given, given_pairs = [], []
    for filled in range(size, 0, -1):
        given.append(heap[0])
        given_pairs.append((paired[0], items[0]))
        assert _drop(heap, filled) == _drop_pair(paired, items, filled) == filled - 1
    assert given == sorted(keys)
    assert given_pairs == [(key, -key) for key in sorted(keys)]


def test_heap_holds_all_seeds_and_links():
    # all seeds are in the heap at once; then each of the links from 0 makes its head quicker
    start, head, seconds, _ = csr([(0, node, 10 - copy) for node in range(1, 5) for copy in range(3)], 5)
    nodes = np.array([0, 1, 2, 3, 4], np.int32)
    offset_s = np.array([0, 90, 90, 90, 90], np.int32)
    size = _heap_size(head, np.array([0, 2, 7], np.int32))
    assert size == 12 + 5
    memory = np.full(size + 100, -1, np.int64)
    dist_s = np.empty(5, np.int32)
    _one_to_all(start, head, seconds, nodes, offset_s, HORIZON_MAX_S, memory[:size], dist_s)
    assert dist_s.tolist() == [0, 8, 8, 8, 8]
    assert (memory[size:] == -1).all()


def test_nothing_to_search():
    start, head, seconds, _ = csr([], 3)
    assert many_to_all(start, head, seconds, *one_each([])).shape == (0, 3)
    assert many_to_all(start, head, seconds, *one_each([1])).tolist() == [[UNREACHED, 0, UNREACHED]]
    assert many_to_all(np.zeros(1, np.int32), head, seconds, *one_each([])).shape == (0, 0)


def test_path_parts_and_links():
    # 0 -> 1 -> 2 -> 3, and 4 apart; parts: walk, ride, a boarding
    start, head, seconds, tail = csr([(0, 1, 60), (1, 2, 90), (2, 3, 30)], 5)
    parts = np.array([[60, 0, 0], [0, 90, 1], [30, 0, 0]], np.int32)
    _, parent = many_trees(start, head, seconds, *one_each([0, 2]))
    targets = np.array([3, 0, 4, 3], np.int32)
    sums = path_parts(parent, tail, parts, targets)
    assert sums.dtype == np.int64
    assert sums.tolist() == [
        [[90, 90, 1], [0, 0, 0], [0, 0, 0], [90, 90, 1]],
        [[30, 0, 0], [0, 0, 0], [0, 0, 0], [30, 0, 0]],
    ]
    path_start = np.cumsum([0, 3, 0, 0, 3, 1, 0, 0, 1])
    assert path_links(parent, tail, targets, path_start).tolist() == [0, 1, 2, 0, 1, 2, 2, 2]


def test_path_parts_do_not_wrap():
    start, head, seconds, tail = csr([(0, 1, 1), (1, 2, 1)], 3)
    _, parent = many_trees(start, head, seconds, *one_each([0]))
    parts = np.full((2, 1), UNREACHED, np.int32)
    assert path_parts(parent, tail, parts, np.array([2], np.int32)).item() == 2 * UNREACHED
