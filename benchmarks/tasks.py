"""What is measured: each task is checked against SciPy first, then timed in pairs with a peer."""

from __future__ import annotations

from functools import cached_property, partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.clock import paired, seconds_of
from benchmarks.graphs import SEED
from benchmarks.machine import quiet, resident_bytes
from benchmarks.peers import PEERS, SciPy, Searcher
from sim.search import UNREACHED, SearchGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from benchmarks.clock import Pairs
    from benchmarks.graphs import Links
    from benchmarks.peers import Peer
    from sim.prepared import PreparedGraph

__all__ = ["Case", "Row", "peer_rows", "plain_rows", "prepared_rows"]

HORIZON_S = 3600
ORIGINS = 64
SIDE = 100  # origins, and destinations, of a table


class Row(NamedTuple):
    """One comparison.

    Attributes
    ----------
    graph, task, peer
        What was done where, and by what else.
    ours_ms, theirs_ms
        Median times, ms.
    measured, low, high
        Their time over ours, or what the task says: median and quartiles.
    pairs
        Number of pairs, or of calls.
    target
        What was promised; None: nothing.
    at_most
        Whether less is better.
    note
        What a reader should know.
    """

    graph: str
    task: str
    peer: str
    ours_ms: float
    theirs_ms: float
    measured: float
    low: float
    high: float
    pairs: int
    target: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the target is met, if there is one."""
        if self.target is None:
            return True
        return self.measured <= self.target if self.at_most else self.measured >= self.target


class Case:
    """A graph, and what is made of it once.

    Parameters
    ----------
    kind
        What targets are looked up by: ``road``, ``metropolitan`` or other.
    links
        The graph.
    turns
        Number of pairs of the tasks that count.
    """

    def __init__(self, kind: str, links: Links, turns: int) -> None:
        self.kind, self.links, self.turns = kind, links, turns
        rng = np.random.default_rng(SEED)
        self.origins = rng.integers(0, links.n_nodes, turns).tolist()
        self.many = rng.integers(0, links.n_nodes, ORIGINS).astype(np.int32)
        self.starts, self.ends = rng.integers(0, links.n_nodes, (2, SIDE)).astype(np.int32)
        self.build_s = seconds_of(self._build)
        self.scipy = SciPy(links)

    def _build(self) -> None:
        links = self.links
        self.graph = SearchGraph.from_arrays(links.tail, links.head, links.seconds, links.n_nodes)

    @property
    def is_sparse(self) -> bool:
        """Whether the graph is worth preparing: a compiled region has dozens of links a node."""
        return self.links.tail.size < 16 * self.links.n_nodes

    @cached_property
    def prepared(self) -> PreparedGraph:
        """The prepared graph."""
        return self.graph.prepare()

    def exact(self, origin: int, limit_s: float = np.inf) -> NDArray[np.int64]:
        """Return SciPy's times in whole seconds."""
        return _whole(self.scipy.times(origin, limit_s))

    def row(self, task: str, peer: str, found: Pairs, **more: Any) -> Row:
        """Return a row of this graph."""
        values = (found.ours_ms, found.theirs_ms, found.ratio, found.low, found.high, found.pairs)
        return Row(self.links.name, task, peer, *values, **more)

    def check(self, what: str, found: NDArray[Any], exact: NDArray[np.int64]) -> None:
        """Stop the run where an answer is not SciPy's."""
        assert np.array_equal(_whole(found), exact), f"{self.links.name}, {what}"


def plain_rows(case: Case) -> Iterator[Row]:
    """Yield the rows of one origin to all nodes, without preparation, on one thread."""
    targets = {"road": (3.5, 2.0), "metropolitan": (2.5, 2.0)}.get(case.kind, (None, None))
    for horizon_s, target in zip((None, HORIZON_S), targets, strict=True):
        limit_s = np.inf if horizon_s is None else float(horizon_s)
        task = "one to all" if horizon_s is None else f"one, within {horizon_s} s"

        def ours(origin: int, horizon_s: int | None = horizon_s) -> NDArray[np.int32]:
            times_s: NDArray[np.int32] = case.graph.times([origin], horizon_s=horizon_s, threads=1)[0]
            return times_s

        for origin in case.origins[:5]:
            case.check(task, ours(origin), case.exact(origin, limit_s))
        found = paired(ours, partial(case.scipy.times, limit_s=limit_s), case.origins)
        yield case.row(task, "scipy", found, target=target)


def prepared_rows(case: Case) -> Iterator[Row]:
    """Yield the rows of a prepared graph."""
    ready, many, n = case.prepared, case.many, case.links.n_nodes
    people = np.ones(n)
    found_s = ready.times(many)
    for row in (0, 17, ORIGINS - 1):
        exact = case.exact(many[row])
        case.check("prepared", found_s[row], exact)
        within = ready.sums_within(many[row : row + 1], people, horizon_s=HORIZON_S)
        assert within[0] == (exact <= HORIZON_S).sum(), f"{case.links.name}, sums"
    del found_s  # its memory is to be used again
    table = ready.times(case.starts, targets=case.ends)
    for row in (0, SIDE - 1):
        case.check("table", table[row], case.exact(case.starts[row])[case.ends])

    def scipys(turn: int) -> None:  # 4 of the 64 origins stand for all
        for origin in many[turn % 16 * 4 : turn % 16 * 4 + 4]:
            case.scipy.times(int(origin))

    turns = range(max(3, case.turns // 2))
    units = {"ours_units": ORIGINS, "theirs_units": 4}
    note = "per origin; scipy origin by origin"
    name = f"{ORIGINS} to all, prepared"
    target = 250.0 if case.kind == "road" else None
    for threads in (2, 1):
        search = partial(ready.times, many, threads=threads)
        found = paired(_asked(search), scipys, turns, **units)
        task = f"{name}, {threads} thread{'s' * (threads > 1)}"
        yield case.row(task, "scipy", found, target=target if threads > 1 else None, note=note)
        held: list[NDArray[np.int32]] = []  # results that are held leave no memory to be used again
        found = paired(_asked(search, held), scipys, turns, **units)
        yield case.row(f"{task}, held", "scipy", found, note=f"{note}; each result in fresh memory")
    found = paired(
        lambda _: ready.sums_within(many, people, horizon_s=HORIZON_S, threads=2), scipys, turns, **units
    )
    yield case.row(f"{ORIGINS} sums within {HORIZON_S} s, 2 threads", "scipy", found, note=note)
    units["ours_units"] = SIDE
    found = paired(lambda _: ready.times(case.starts, targets=case.ends, threads=2), scipys, turns, **units)
    yield case.row(f"{SIDE} x {SIDE}, prepared, 2 threads", "scipy", found, note=note)
    yield from _preparation_rows(case)


def _preparation_rows(case: Case) -> Iterator[Row]:
    """Yield what preparing costs, and what new times cost on a prepared graph."""
    ready, seconds = case.prepared, case.graph.seconds
    slower = (seconds + seconds // 3 + 1).astype(np.int32)
    again = ready.with_seconds(slower)
    origin = int(case.many[0])
    exact = _whole(SciPy(case.links._replace(seconds=slower)).times(origin))
    case.check("new times", again.times([origin])[0], exact)
    turns = range(3)
    out = ready.times(case.many)
    each = seconds_of(lambda: ready.times(case.many, out=out), 3) / ORIGINS
    found = paired(lambda _: case.graph.prepare(), lambda turn: case.scipy.times(int(case.many[turn])), turns)
    origins = found.ours_ms / (found.theirs_ms - each * 1e3)
    target = 150.0 if case.kind == "road" else None
    yield case.row("preparation pays in … origins", "scipy", found, target=target, at_most=True)._replace(
        measured=origins, low=origins, high=origins
    )
    new = paired(lambda _: ready.with_seconds(slower), lambda _: case.graph.prepare(), turns)
    yield case.row("new times", "preparing", new, target=15.0 if case.kind == "road" else None)
    new = paired(lambda _: ready.with_seconds(slower, thin=True), lambda _: case.graph.prepare(), turns)
    yield case.row("new times, thinned out", "preparing", new)


def peer_rows(case: Case, absent: dict[str, str]) -> Iterator[Row]:
    """Yield the rows of the other peers; why one is not there is noted in `absent`."""
    for kind in PEERS:
        if case.links.tail.size > kind.most_links or (kind.needs_positions and not case.links.x.size):
            continue
        before = resident_bytes()
        try:
            with quiet():
                begun = perf_counter()
                peer = kind(case.links)
                build_s = perf_counter() - begun
        except ImportError as error:
            absent[kind.name] = f"not measured: {error}"
            continue
        note = f"{kind.name} made its graph in {build_s:.1f} s"
        grown = resident_bytes() - before
        note += f", {grown / 2**20:.0f} MiB" if grown > 0 else ""
        yield from _rows_of(case, peer, note)


def _rows_of(case: Case, peer: Peer, note: str) -> Iterator[Row]:
    """Yield the rows of one peer."""
    kind, origins = type(peer), case.origins[: type(peer).turns]
    if isinstance(peer, Searcher):
        case.check(f"{kind.name}'s times", peer.times(origins[0]), case.exact(origins[0]))
        found = paired(lambda origin: case.graph.times([origin], threads=1), peer.times, origins)
        yield case.row("one to all", kind.name, found, note=note)
    if not kind.needs_positions:
        return
    table = peer.table(case.starts, case.ends)
    case.check(f"{kind.name}'s table", table[0], case.exact(case.starts[0])[case.ends])
    found = paired(
        lambda _: case.prepared.times(case.starts, targets=case.ends, threads=2),
        lambda _: peer.table(case.starts, case.ends), origins, ours_units=SIDE, theirs_units=SIDE,
    )  # fmt: skip
    yield case.row(f"{SIDE} x {SIDE}, prepared, 2 threads", kind.name, found, note=f"per origin; {note}")
    if hasattr(peer, "customize"):
        found = paired(
            lambda _: case.prepared.with_seconds(case.graph.seconds),
            lambda _: peer.customize(case.graph.seconds), origins,
        )  # fmt: skip
        yield case.row("new times", kind.name, found)


def _asked(search: Callable[[], object], held: list[Any] | None = None) -> Callable[[Any], object]:
    """Return a call that asks the same in every turn, and lets go of the result unless it is to be held."""
    return lambda _turn: search() if held is None else held.append(search())


def _whole(times_s: NDArray[Any]) -> NDArray[np.int64]:
    """Return times in whole seconds, `UNREACHED` where there is no way."""
    times = np.where(np.asarray(times_s, np.float64) >= UNREACHED, UNREACHED, times_s)
    return times.astype(np.int64)
