"""Times under many states of one network: against Python and NetworkX, mask by mask."""

import math
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from sim.kernels.masks import BEST, EXPECTED, USUAL, masked_times

PERIOD_S = 7200
PARTS = 5


def leg_s(rides, cap_s, way):
    """Return the seconds of a leg from rides (s, departures), or None without any."""
    rides = sorted(rides)
    if not rides:
        return None
    if way == BEST:
        return rides[0][0]
    if way == USUAL:
        half, met = sum(many for _, many in rides) / 2, 0.0
        for time_s, many in rides:
            met += many
            if met >= half - 1e-7:
                return time_s
    waits = []
    for count in range(1, len(rides) + 1):
        often = sum(many for _, many in rides[:count])
        spent = sum(many * time_s for time_s, many in rides[:count])
        waits.append(PERIOD_S / (2 * often) + spent / often)
    expected = math.floor(min(waits) + 0.5)
    return expected if cap_s < 0 else min(expected, cap_s + rides[0][0])


def drawn(seed, way):
    """Draw a super-graph of two places, stations that may stand for them, legs and states."""
    rng = np.random.default_rng(seed)
    parts, per_part, stations, legs = 4, 3, 5, 8
    n_states = parts * per_part
    held = rng.integers(0, per_part, (6, parts)) + per_part * np.arange(parts)
    counts = rng.integers(0, 5, legs)
    entries, lines = int(counts.sum()), 3
    leg = (
        np.append(0, np.cumsum(counts)).astype(np.int32),
        rng.integers(0, n_states, entries).astype(np.int32),
        rng.integers(1, 20, entries).astype(np.float64),
        rng.integers(60, 3000, entries).astype(np.float64),
        rng.integers(0, 3, entries) * 60.0,
        rng.integers(0, lines, entries).astype(np.int32),
        np.where(rng.random(legs) < 0.5, rng.integers(0, 600, legs), -1).astype(np.int64),
    )
    nodes, links = 9, 40
    tail = np.sort(rng.integers(0, nodes, links)).astype(np.int32)
    kind = rng.choice(4, links, p=[0.4, 0.3, 0.2, 0.1])  # ridden, walked, of an end's station, of two ends
    link_leg = np.where(kind == 0, rng.integers(0, legs, links), -1)
    link_state = np.where((kind == 1) & (rng.random(links) < 0.6), rng.integers(0, n_states, links), -1)
    end = np.full((links, 2), -1)
    end[kind == 2, 0] = rng.integers(0, 2, (kind == 2).sum())
    end[kind == 3] = [0, 1]
    extra = np.where(kind == 1, rng.integers(0, 2, links) * 240, 0)
    link_part = np.where((kind > 0) & (rng.random(links) < 0.7), rng.integers(0, PARTS, links), -1)
    graph = (
        np.searchsorted(tail, np.arange(nodes + 1)),
        rng.integers(0, nodes, links),
        rng.integers(1, 900, links) + extra,
        link_part, link_leg, link_state, end,
        np.where(kind == 2, rng.integers(0, stations, links), -1),
        extra, tail,
    )  # fmt: skip
    graph = tuple(np.ascontiguousarray(one, np.int32) for one in graph)
    walks = [(*rng.integers(0, stations, 2), rng.integers(-1, n_states)) for _ in range(4)]
    listed = [(rng.integers(0, 2), rng.integers(0, stations), rng.integers(-1, n_states)) for _ in range(5)]
    standing = np.array(walks, np.int32), np.array(listed, np.int32), stations
    factors = tuple(rng.choice([0.5, 0.8, 1.0, 1.7], (6, size)) for size in (lines, lines, PARTS))
    cap = np.full(legs, -1) if way == USUAL else leg[6]
    return held.astype(np.int32), factors, n_states, (*leg[:6], cap.astype(np.int64)), graph, standing


def network_under(mask, held, factors, legs, graph, standing, way):
    """Return the open links under one mask as a NetworkX graph with the seconds to choose by and to count."""
    on = set(held[mask].tolist())
    ride_by, headway_by, part_by = (one[mask] for one in factors)
    start, state, trips, ride_s, gate_s, line, cap_s = legs
    walks, listed, stations = standing
    complexes = nx.Graph()
    complexes.add_nodes_from(range(stations))
    complexes.add_edges_from((int(a), int(b)) for a, b, s in walks if s < 0 or s in on)
    of = {node: number for number, some in enumerate(nx.connected_components(complexes)) for node in some}
    stands = {(int(end), of[int(station)]) for end, station, s in listed if s < 0 or s in on}
    seconds = [
        leg_s(
            [
                (
                    int(gate_s[k] + math.floor(ride_s[k] * ride_by[line[k]] + 0.5)),
                    trips[k] / headway_by[line[k]],
                )
                for k in range(start[leg], start[leg + 1])
                if state[k] in on
            ],
            int(cap_s[leg]),
            way,
        )
        for leg in range(len(cap_s))
    ]
    found = nx.MultiDiGraph()
    found.add_nodes_from(range(len(graph[0]) - 1))
    for tail, head, fixed, part, leg, needs, (end, other), station, extra in zip(
        graph[9], graph[1], graph[2], *graph[3:9], strict=True
    ):
        if leg >= 0:
            if seconds[leg] is not None:
                found.add_edge(tail, head, s=seconds[leg], counted=seconds[leg])
            continue
        shared = any((0, number) in stands and (1, number) in stands for number in of.values())
        standing_for = end < 0 or (shared if other >= 0 else (end, of.get(station)) in stands)
        if (needs < 0 or needs in on) and standing_for:
            own = fixed - extra if part < 0 else math.floor((fixed - extra) * part_by[part] + 0.5)
            found.add_edge(tail, head, s=int(own + extra), counted=int(own))
    return found


@pytest.mark.parametrize("way", [EXPECTED, BEST, USUAL])
@pytest.mark.parametrize("threads", [1, 2])
def test_each_mask_equals_a_network_of_its_own(way, threads):
    reached = 0
    ends = np.array([0, 4], np.int32), np.array([3, 8], np.int32)
    for seed in range(60):
        held, factors, n_states, legs, graph, standing = drawn(seed, way)
        found = masked_times(
            held, factors, n_states, legs, graph, standing, *ends, way=way, period_s=PERIOD_S, threads=threads
        )
        for mask in range(len(held)):
            plain = network_under(mask, held, factors, legs, graph, standing, way)
            for row, column in np.ndindex(2, 2):
                start, goal = int(ends[0][row]), int(ends[1][column])
                time_s = found[mask, row, column]
                if not nx.has_path(plain, start, goal):
                    assert time_s == -1
                    continue
                reached += 1
                best = {
                    sum(
                        min((one["s"], one["counted"]) for one in plain[a][b].values())[1]
                        for a, b in pairwise(path)
                    )
                    for path in nx.all_shortest_paths(plain, start, goal, weight="s")
                }
                assert time_s in best
    assert reached > 400


def test_half_the_departures_are_half_whatever_the_order_of_adding():
    """0.3 of 0.3 + 0.1 + 0.2 departures is a half, though the sum of floats is a little above 0.6."""
    assert 2 * 0.3 < 0.3 + 0.1 + 0.2
    entries = np.zeros(3, np.int32), np.array([0.3, 0.1, 0.2]), np.array([600.0, 700.0, 800.0]), np.zeros(3)
    legs = np.array([0, 3], np.int32), *entries, np.zeros(3, np.int32), np.full(1, -1)
    single = (1, 0, -1, 0, -1)  # head, seconds, part, leg, state
    graph = (
        np.array([0, 1, 1], np.int32), *np.array([[one] for one in single], np.int32),
        np.full((1, 2), -1, np.int32), np.full(1, -1, np.int32), np.zeros(1, np.int32),
        np.zeros(1, np.int32),
    )  # fmt: skip
    none = np.empty((0, 3), np.int32)
    factors = np.ones((1, 1)), np.ones((1, 1)), np.ones((1, PARTS))
    found = masked_times(
        np.zeros((1, 1), np.int32), factors, 1, legs, graph, (none, none, 1),
        np.zeros(1, np.int32), np.ones(1, np.int32), way=USUAL, period_s=PERIOD_S,
    )  # fmt: skip
    assert found.tolist() == [[[600]]]
