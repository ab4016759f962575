"""One origin to all nodes: checked against SciPy, then timed in pairs."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.graphs import SEED
from sim.kernels.dijkstra import HORIZON_MAX_S, many_to_all
from sim.search import UNREACHED, SearchGraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.graphs import Links


class Measured(NamedTuple):
    """What one search took.

    Attributes
    ----------
    graph, links, horizon_s
        What was searched: name, number of links, longest time, s (None: all).
    build_s
        Time that `SearchGraph.from_arrays` took, s.
    scipy_ms, heap_ms, ours_ms
        Median times of an origin, ms: SciPy, the heap of `sim.kernels.dijkstra`, `SearchGraph.times`.
    ratio, ratio_low, ratio_high
        SciPy's time over ours: median and quartiles of the pairs' ratios.
    target
        The least ratio that was promised.
    """

    graph: str
    links: int
    horizon_s: int | None
    build_s: float
    scipy_ms: float
    heap_ms: float
    ours_ms: float
    ratio: float
    ratio_low: float
    ratio_high: float
    target: float


def measure(links: Links, horizon_s: int | None, pairs: int, target: float) -> Measured:
    """Check every answer against SciPy, then time the searches origin by origin, in turns."""
    begun = perf_counter()
    graph = SearchGraph.from_arrays(links.tail, links.head, links.seconds, links.n_nodes)
    build_s = perf_counter() - begun
    shape = (links.n_nodes, links.n_nodes)
    matrix = csr_array((links.seconds.astype(np.float64), (links.tail, links.head)), shape=shape)
    assert matrix.nnz == links.tail.size, "parallel links: SciPy adds them up"
    rows = graph._rows[:3]  # noqa: SLF001 - the heap is not what the graph would choose
    one, zero = np.array([0, 1], np.int32), np.zeros(1, np.int32)
    limit, most_s = (np.inf, HORIZON_MAX_S) if horizon_s is None else (float(horizon_s), horizon_s)

    def ours(origin: int) -> NDArray[np.int32]:
        times_s: NDArray[np.int32] = graph.times([origin], horizon_s=horizon_s, threads=1)[0]
        return times_s

    def heap(origin: int) -> NDArray[np.int32]:
        node = np.array([origin], np.int32)
        times_s: NDArray[np.int32] = many_to_all(*rows, one, node, zero, horizon_s=most_s, threads=1)[0]
        return times_s

    def peer(origin: int) -> NDArray[np.float64]:
        times_s: NDArray[np.float64] = dijkstra(matrix, indices=np.array([origin]), limit=limit)[0]
        return times_s

    origins = [int(node) for node in np.random.default_rng(SEED).integers(0, links.n_nodes, pairs)]
    for origin in origins:
        exact = np.nan_to_num(peer(origin), posinf=UNREACHED).astype(np.int64)
        for search in (ours, heap):
            assert np.array_equal(search(origin), exact), f"{links.name}, origin {origin}, {horizon_s} s"
    searches: list[Callable[[int], object]] = [peer, heap, ours]
    took = np.empty((pairs, len(searches)))
    for pair, origin in enumerate(origins):
        for turn in range(len(searches)):
            which = (pair + turn) % len(searches)
            begun = perf_counter()
            searches[which](origin)
            took[pair, which] = perf_counter() - begun
    ratio = took[:, 0] / took[:, 2]
    low, middle, high = np.percentile(ratio, [25, 50, 75])
    scipy_ms, heap_ms, ours_ms = np.median(took, axis=0) * 1e3
    return Measured(
        links.name, links.tail.size, horizon_s, round(build_s, 3), round(float(scipy_ms), 3),
        round(float(heap_ms), 3), round(float(ours_ms), 3), round(float(middle), 3),
        round(float(low), 3), round(float(high), 3), target,
    )  # fmt: skip
