"""One compiled graph of all states that a network has been met in, whose links a choice of cards opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.compile import RideTables, compile_graph
from network.complexes import are_one
from network.ends import ends_of
from network.graph import PARTS, LinkKind
from network.legs import Legs
from network.region import positions
from network.rides import Calls, Rides, rides
from network.seconds import minutes_s
from sim.access import ways
from sim.factors import SCALED_PARTS
from sim.kernels.masks import BEST, EXPECTED, USUAL, masked_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from network.compile import Query
    from network.graph import MultimodalGraph
    from network.parameters import Parameters
    from network.region import Region
    from sim.factors import Factors
    from sim.states import Run, States

    Ints = NDArray[np.int64]


class _SuperTables(RideTables):
    """Rides of all states at once; legs without times, for the links that a state opens."""

    def __init__(self, region: Region, made: Rides, keys: tuple[Ints, Ints]) -> None:
        super().__init__(region)
        self._made = made
        self._keys = keys
        self.asked: list[tuple[bool, bool]] = []

    @property
    def rides(self) -> Rides:
        """Rides of all states."""
        return self._made

    def legs(self, query: Query, *, gate: bool = True, later: bool = False) -> Legs:
        """Return a leg without times for each two stations that any state joins."""
        self.asked.append((gate, later and query.traveller == "planned"))
        zero = np.zeros(len(self._keys[0]), np.int64)
        return Legs(*self._keys, zero, zero, zero, np.zeros(len(zero) + 1, np.int64), zero[:0])


class AllRows:
    """The rows of all states at once, whatever the model's numbers.

    Parameters
    ----------
    states
        The states.
    region
        The region with every station that any of them names.
    """

    def __init__(self, states: States, region: Region) -> None:
        self.contents, self.region = states.contents, region
        held = [
            (state, key, value) for state, rows in enumerate(self.contents) for key, value in rows if value
        ]
        runs = sorted(
            ((state, run) for state, key, value in held if key[0] == "service" for run in value),
            key=lambda pair: pair[1].service,
        )
        ids = region.stations["station_id"]
        self.made, self.trips, self.kinds = _rides_of(runs, ids)
        self.running = np.flatnonzero(self.trips[self.made.call] > 0)
        pair = self.made.from_station[self.running] * len(ids) + self.made.to_station[self.running]
        keys, self.leg = np.unique(pair, return_inverse=True)
        self.keys = keys // len(ids), keys % len(ids)
        self.state_of = np.array([state for state, _ in runs], np.int64)
        self.lines = sorted({run.line for _, run in runs})
        self.line_of = positions(self.lines, [run.line for _, run in runs])
        self.walks = [(key[1], key[2], *value, state) for state, key, value in held if key[0] == "walk"]
        self.walks.sort(key=lambda walk: walk[:2])
        self.listed = [(key[1], key[2], state) for state, key, _ in held if key[0] == "centre"]
        self.tables = _walking(region, self.walks, self.listed)


class SuperGraph:
    """One compiled graph of all states, for one state of the model's numbers."""

    def __init__(
        self, rows: AllRows, numbers: Parameters, wanted: Sequence[str] | pd.DataFrame, query: Query
    ) -> None:
        self.n_states, self.lines = len(rows.contents), rows.lines
        region, keys = rows.region.replace(parameters=numbers), rows.keys
        tables = _SuperTables(region, rows.made, keys)
        region, ids = region.replace(tables=rows.tables), region.stations["station_id"]
        self.period_s = region.about.period(query.period).length_s
        self.way = BEST if query.statistic == "best" else USUAL if query.clock == "in-vehicle" else EXPECTED
        ends = ends_of(region, wanted)
        graph = compile_graph(region, ends, query, tables, ways(region, ends))
        self.origin, self.destination = graph.origin, graph.destination
        gate_s = {name: minutes_s(region.parameters[f"gate_{name}_min"]) for name in set(rows.kinds)}
        gates = np.array([gate_s[name] for name in rows.kinds], np.int64)
        cap_s = [minutes_s(region.parameters[f"planned_cap_{name}_min"]) for name in ("first", "change")]
        self.legs, table = _entries(
            tables.asked, rows, gates,
            cap_s if query.traveller == "planned" and query.statistic != "best" else None,
        )  # fmt: skip
        link_leg = np.full(graph.n_links, -1, np.int64)
        rides_ = graph.kind == LinkKind.RIDE
        row, n_legs = graph.row[rides_], len(keys[0])
        link_leg[rides_] = table[row // max(n_legs, 1)] * n_legs + row % max(n_legs, 1)
        states = [walk[4] for walk in rows.walks]
        self.graph = _rows_first(graph, link_leg, states, door=query.clock == "door")
        at = positions(ids, [name for walk in rows.walks for name in walk[:2]]).reshape(-1, 2)
        joined = np.column_stack([at, states]).reshape(-1, 3).astype(np.int64)
        self.walks = joined[are_one(region, joined[:, 0], joined[:, 1])].astype(np.int32)
        place = positions(ends.ids, [one[0] for one in rows.listed])
        station = positions(ids, [one[1] for one in rows.listed])
        stands = np.column_stack([place, station, [one[2] for one in rows.listed]])
        self.listed = stands.astype(np.int32).reshape(-1, 3)[place >= 0]
        self.n_stations = len(ids)

    def times(self, held: NDArray[np.int32], factors: Factors, threads: int | None) -> Ints:
        """Return the times between all ends, int64 [choices, ends, ends]."""
        standing = self.walks, self.listed, self.n_stations
        by = factors.by_line(factors.ride, self.lines), factors.by_line(factors.headway, self.lines)
        found: Ints = masked_times(
            held, (*by, factors.parts), self.n_states, self.legs, self.graph, standing,
            self.origin, self.destination, way=self.way, period_s=self.period_s, threads=threads,
        )  # fmt: skip
        return found


def _rides_of(
    runs: list[tuple[int, Run]], ids: pd.Series[str]
) -> tuple[Rides, NDArray[np.float64], list[str]]:
    """Return the rides of runs, the departures of each of their calls, and the class of each."""
    lengths = [len(run.stations) for _, run in runs]
    made = rides(
        Calls(
            np.repeat(np.arange(len(runs), dtype=np.int64), lengths),
            positions(ids, [name for _, run in runs for name in run.stations]),
            np.frombuffer(b"".join(run.arrive_s for _, run in runs), np.int64),
            np.frombuffer(b"".join(run.depart_s for _, run in runs), np.int64),
        )
    )
    return made, np.frombuffer(b"".join(run.trips for _, run in runs)), [run.kind for _, run in runs]


def _walking(
    region: Region, walks: list[tuple[Any, ...]], listed: list[tuple[str, str, int]]
) -> dict[str, pd.DataFrame]:
    """Return the tables of walking links and of centres' stations of all states at once."""
    links, stand = region.transfers, region.table("centre_stations")
    columns = ["from_station_id", "to_station_id", "walk_m", "security_waived"]
    frame = pd.DataFrame([walk[:4] for walk in walks], columns=columns).reindex(columns=links.columns)
    pairs = sorted({one[:2] for one in listed})
    centres = pd.DataFrame(pairs, columns=["place_id", "station_id"]).reindex(columns=stand.columns)
    return {
        "transfers": frame.astype({name: links.dtypes[name] for name in columns}),
        "centre_stations": centres,
    }


def _entries(
    asked: list[tuple[bool, bool]], rows: AllRows, gates: Ints, cap_s: list[int] | None
) -> tuple[tuple[NDArray[Any], ...], Ints]:
    """Return the legs of each kind of boarding for the kernel, and the kind of each that was asked for."""
    kinds = list(dict.fromkeys(asked))
    made, running, leg, n_legs = rows.made, rows.running, rows.leg, len(rows.keys[0])
    service = made.service[running]
    parts: list[tuple[NDArray[Any], ...]] = []
    for gate, later in kinds:
        gate_s = gates[service] if gate else np.zeros(len(service), np.int64)
        ride_s = made.ride_s[running]
        order = np.lexsort((service, gate_s, gate_s + ride_s, leg))
        count = np.bincount(leg, minlength=n_legs)
        cap = -1 if cap_s is None else cap_s[int(later)]
        parts.append((
            count, rows.state_of[service][order], rows.trips[made.call[running]][order], ride_s[order],
            gate_s[order], rows.line_of[service][order], np.full(n_legs, cap),
        ))  # fmt: skip
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    kept = (np.int32, np.float64, np.float64, np.float64, np.int32, np.int64)
    legs = (
        np.append(0, np.cumsum(columns[0])).astype(np.int32),
        *(column.astype(dtype) for column, dtype in zip(columns[1:], kept, strict=True)),
    )
    return legs, np.array([kinds.index(one) for one in asked], np.int64)


def _rows_first(
    graph: MultimodalGraph, link_leg: Ints, walk_state: list[int], *, door: bool
) -> tuple[NDArray[Any], ...]:
    """Return the graph in compressed rows, with what opens each link, as the kernel takes them."""
    order = np.argsort(graph.tail, kind="stable")
    start = np.searchsorted(graph.tail[order], np.arange(graph.n_nodes + 1)).astype(np.int32)
    walked = (graph.kind == LinkKind.TRANSFER) & (graph.row >= 0)
    link_state = np.full(graph.n_links, -1, np.int32)
    link_state[walked] = np.array(walk_state, np.int32)[graph.row[walked]]
    ends = np.full((graph.n_links, 2), -1, np.int32)
    station = np.full(graph.n_links, -1, np.int32)
    if not door:
        tail, head = graph.node_row[graph.tail], graph.node_row[graph.head]
        for kind, end, stop in ((LinkKind.ACCESS, tail, head), (LinkKind.EGRESS, head, tail)):
            at = graph.kind == kind
            ends[at, 0], station[at] = end[at], stop[at]
        at = (graph.kind == LinkKind.SAME) & (tail != head)
        ends[at, 0], ends[at, 1] = tail[at], head[at]
    extra_s = graph.seconds - graph.parts_s.sum(axis=1)
    named = graph.parts_s[:, [PARTS.index(name) for name in SCALED_PARTS]] > 0
    part = np.where(named.any(axis=1), named.argmax(axis=1), -1)
    columns = (graph.head, graph.seconds, part, link_leg, link_state, ends, station, extra_s, graph.tail)
    head, fixed, part, legs, state, both, stop, extra, tail = (
        column[order].astype(np.int32) for column in columns
    )
    return start, head, fixed, part, legs, state, np.ascontiguousarray(both), stop, extra, tail
