"""Optimal strategies: the network printed in Spiess and Florian (1989), a plain-Python twin, a simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kernels.dijkstra import UNREACHED, many_to_all
from sim.kernels.strategy import _add, _drop, by_head, expected_times, link_shares

A, X, Y, B = range(4)  # stops; then the vehicles of lines 1 to 4 at their stops
L1A, L1B, L2A, L2X, L2Y, L3X, L3Y, L3B, L4Y, L4B = range(4, 14)
BOARD = [(A, L1A, 5), (A, L2A, 5), (X, L2X, 5), (X, L3X, 2), (Y, L3Y, 2), (Y, L4Y, 10)]  # an hour
RIDE = [(L1A, L1B, 25), (L2A, L2X, 7), (L2X, L2Y, 6), (L3X, L3Y, 4), (L3Y, L3B, 4), (L4Y, L4B, 10)]  # minutes
LEAVE = [(L1B, B), (L2X, X), (L2Y, Y), (L3Y, Y), (L3B, B), (L4B, B)]
PAPER = (
    [(tail, head, 0, float(per_hour)) for tail, head, per_hour in BOARD]
    + [(tail, head, 60 * minutes, math.inf) for tail, head, minutes in RIDE]
    + [(tail, head, 0, math.inf) for tail, head in LEAVE]
)


def arrays(links):
    tail, head, seconds = (np.array(column, np.int32) for column in list(zip(*links, strict=True))[:3])
    return tail, head, seconds, np.array([link[3] for link in links], np.float64)


def solve(links, n_nodes, destinations, **options):
    tail, head, seconds, per_hour = arrays(links)
    ends = np.array(destinations, np.int32)
    return expected_times(*by_head(head, n_nodes), tail, seconds, per_hour, ends, **options)


def twin(links, n_nodes, destination, wait):
    """Repeat the best choice at every node, given what is expected at the others, until nothing changes."""
    times = [math.inf] * n_nodes
    times[destination] = 0.0
    for _ in range(100_000):
        after = list(times)
        for node in range(n_nodes):
            if node == destination:
                continue
            out = sorted((seconds + times[head], rate) for tail, head, seconds, rate in links if tail == node)
            best = min((key for key, rate in out if rate == math.inf), default=math.inf)
            total, weighted = 0.0, wait * 3600
            for key, rate in out:
                if 0 < rate < math.inf and key < math.inf:
                    total += rate
                    weighted += rate * key
                    best = min(best, weighted / total)
            after[node] = best
        if all(one == other or abs(one - other) < 1e-10 for one, other in zip(times, after, strict=True)):
            return after
        times = after
    raise AssertionError("the twin does not settle")


def random_links(seed, n_nodes, n_links):
    rng = np.random.default_rng(seed)
    ends, seconds = rng.integers(0, n_nodes, (2, n_links)), rng.integers(0, 900, n_links)
    rate = rng.choice([0.0, 1.0, 4.0, 7.5, 20.0, math.inf, math.inf], n_links)
    return list(zip(*ends.tolist(), seconds.tolist(), rate.tolist(), strict=True))


def test_the_printed_network():
    """Half the time between services is waited: line 1 12 min, line 2 12, line 3 30, line 4 6."""
    times_s, attractive = solve(PAPER, 14, [B], wait=0.5)
    assert times_s[0, [A, X, Y, B]] / 60 == pytest.approx([27.75, 19.0 + 1 / 14, 11.5, 0.0])
    assert times_s[0, L2X] / 60 == pytest.approx(17.5)
    chosen = {PAPER[link][:2] for link in np.flatnonzero(attractive[0])}
    # who rides line 2 stays in it at X, and at Y takes line 3 or 4, whichever comes first
    assert {(A, L1A), (A, L2A), (L2X, L2Y), (Y, L3Y), (Y, L4Y)} <= chosen
    assert (L2X, X) not in chosen
    tail, _, _, per_hour = arrays(PAPER)
    share = link_shares(tail, per_hour, attractive)[0]
    assert share[[0, 1, 4, 5]] == pytest.approx([1 / 2, 1 / 2, 1 / 6, 5 / 6])


def test_simulated():
    """Services that come by chance: mean of journeys that take the first attractive one at every stop."""
    times_s, attractive = solve(PAPER, 14, [B])
    rng = np.random.default_rng(5)
    chosen = [
        [PAPER[link] for link in np.flatnonzero(attractive[0]) if PAPER[link][0] == node]
        for node in range(14)
    ]
    took = []
    for _ in range(20_000):
        node, clock_s = A, 0.0
        while node != B:
            waits = [
                0.0 if rate == math.inf else rng.exponential(3600 / rate) for _, _, _, rate in chosen[node]
            ]
            first = int(np.argmin(waits))
            clock_s += waits[first] + chosen[node][first][2]
            node = chosen[node][first][1]
        took.append(clock_s)
    error_s = np.std(took) / len(took) ** 0.5
    assert abs(np.mean(took) - times_s[0, A]) < 4 * error_s


@pytest.mark.parametrize("seed", range(25))
def test_twin(seed):
    n_nodes = 3 + seed
    links = random_links(seed, n_nodes, 4 * n_nodes)
    for wait in (1.0, 0.5):
        times_s, _ = solve(links, n_nodes, range(n_nodes), wait=wait)
        for destination in range(n_nodes):
            assert times_s[destination] == pytest.approx(twin(links, n_nodes, destination, wait), rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n_nodes=st.integers(1, 300), degree=st.integers(1, 6))
def test_any_network(seed, n_nodes, degree):
    links = random_links(seed, n_nodes, degree * n_nodes)
    tail, head, seconds, per_hour = arrays(links)
    ends = np.arange(0, n_nodes, 1 + n_nodes // 5)
    times_s, attractive = solve(links, n_nodes, ends)
    # what the strategy says is what it gives: shares of (time ahead), and the wait
    for row, share in enumerate(link_shares(tail, per_hour, attractive)):
        for node in np.flatnonzero(np.isfinite(times_s[row])):
            mine = np.flatnonzero((tail == node) & attractive[row])
            if node == ends[row]:
                assert times_s[row, node] == 0
                assert not mine.size
                continue
            assert share[mine].sum() == pytest.approx(1)
            ahead_s = share[mine] @ (seconds[mine] + times_s[row, head[mine]])
            assert times_s[row, node] == pytest.approx(ahead_s + 3600 / per_hour[mine].sum())
    # one more service, or a more frequent one, makes nobody later
    more = [*links, (0, n_nodes - 1, 100, 3.0)]
    often = [(*link[:3], 2 * link[3]) for link in more]
    more_s, often_s = solve(more, n_nodes, ends)[0], solve(often, n_nodes, ends)[0]
    assert (more_s <= times_s * (1 + 1e-9)).all()
    assert (often_s <= more_s * (1 + 1e-9)).all()


def test_without_waits_it_is_the_shortest_time():
    links = sorted((a, b, s, math.inf) for a, b, s, _ in random_links(3, 200, 700))
    tail, head, seconds, _ = arrays(links)
    start = np.append(0, np.cumsum(np.bincount(tail, minlength=200))).astype(np.int32)
    rows = np.arange(201, dtype=np.int32)
    exact = many_to_all(start, head, seconds, rows, rows[:200].copy(), np.zeros(200, np.int32)).T
    times_s, attractive = solve(links, 200, range(200))
    assert np.array_equal(np.where(np.isinf(times_s), UNREACHED, times_s), exact)
    for row in attractive:
        assert np.bincount(tail[row], minlength=1).max() <= 1


def test_who_need_not_wait_does_not():
    # the service is quicker once aboard, but not with its wait: the walk alone is left
    links = [(0, 1, 100, 6.0), (0, 1, 500, math.inf)]
    times_s, attractive = solve(links, 2, [1])
    assert times_s[0].tolist() == [500, 0]
    assert attractive[0].tolist() == [False, True]
    tail, _, _, per_hour = arrays(links)
    assert link_shares(tail, per_hour, attractive).tolist() == [[0, 1]]


def test_closed_links_and_services_that_never_run_lead_nowhere():
    times_s, attractive = solve([(0, 1, UNREACHED, 5.0), (0, 1, 9, 0.0), (1, 0, 9, math.inf)], 2, [1, 0])
    assert times_s.tolist() == [[math.inf, 0], [0, 9]]
    assert attractive.tolist() == [[False] * 3, [False, False, True]]


def test_serial_and_parallel_are_equal():
    links = random_links(9, 150, 800)
    for serial, parallel in zip(
        solve(links, 150, range(150), threads=1), solve(links, 150, range(150), threads=2), strict=True
    ):
        assert np.array_equal(serial, parallel)


def test_heap_gives_entries_in_order():
    rng = np.random.default_rng(1)
    entries = list(
        zip(rng.integers(0, 20, 200).astype(float).tolist(), rng.permutation(200).tolist(), strict=True)
    )
    keys, items = np.empty(200), np.empty(200, np.int64)
    for size, (key, item) in enumerate(entries):
        assert _add(keys, items, size, key, item) == size + 1
    given_back = []
    for size in range(200, 0, -1):
        given_back.append((keys[0], items[0]))
        assert _drop(keys, items, size) == size - 1
    assert given_back == sorted(entries)
