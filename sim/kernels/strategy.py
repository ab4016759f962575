"""Expected times under optimal strategies: passengers board whichever attractive service comes first.

Method: Spiess and Florian (1989), "Optimal strategies: a new assignment model for transit networks",
Transportation Research Part B 23 (2), part 1 of the algorithm (labels). A strategy names, for each node, the
attractive links; at a node whose links have frequencies the passenger waits for the first of them. With
Poisson arrivals of services of combined frequency f the mean wait is 1 / f; services evenly spaced
take half of the mean time between them. `wait` is that factor.

The labels are found from the destination backwards. One binary heap holds nodes by their expected time and
links by that of their head plus their own; a node that comes first is settled, and the links that reach it
enter; a link that comes first is attractive if its key is less than the time expected at its tail so far.
Whatever is left has no lesser key, so a settled node cannot improve.

=================  =======  ==================  ===========================================================
array              dtype    shape               meaning
=================  =======  ==================  ===========================================================
start              int32    [nodes + 1]         first place in `link` of the links that reach each node
link               int32    [links]             links by the node that they reach
tail               int32    [links]             node that a link leaves
seconds            int32    [links]             time of a link, s, not negative; `UNREACHED` is closed
per_hour           float64  [links]             services an hour; infinite: no wait; 0: never runs
expected_s         float64  [rows, nodes]       expected time to the row's destination, s; infinite: no way
attractive         bool     [rows, links]       the link is in the optimal strategy
=================  =======  ==================  ===========================================================

Links without wait and links with wait may leave the same node: reaching the former is certain, so of several
of them the quickest is taken alone; those with a wait are dropped if, wait included, they are not quicker.

The kernels trust their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels._jit import in_lanes, jit
from sim.kernels.dijkstra import UNREACHED, lanes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Int32Array = NDArray[np.int32]
    Float64Array = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

_HOUR_S = 3600.0


def by_head(head: Int32Array, n_nodes: int) -> tuple[Int32Array, Int32Array]:
    """Return the links by the node that they reach: `start` and `link`, see the module.

    Parameters
    ----------
    head
        Node that each link reaches, [links].
    n_nodes
        Number of nodes.
    """
    start = np.append(0, np.cumsum(np.bincount(head, minlength=n_nodes))).astype(np.int32)
    return start, np.argsort(head, kind="stable").astype(np.int32)


def expected_times(
    start: Int32Array,
    link: Int32Array,
    tail: Int32Array,
    seconds: Int32Array,
    per_hour: Float64Array,
    destinations: Int32Array,
    *,
    wait: float = 1.0,
    threads: int | None = None,
) -> tuple[Float64Array, BoolArray]:
    """Return the expected time from all nodes to each destination, and the attractive links.

    Parameters
    ----------
    start, link, tail, seconds, per_hour
        The graph, see the module.
    destinations
        Nodes, [rows].
    wait
        Mean wait as a share of the mean time between services: 1 for Poisson arrivals, 0.5 for even ones.
    threads
        Threads to use at most; None is all that there are. The result does not depend on it.

    Returns
    -------
    expected_s : Float64Array
        Expected times, s, [rows, nodes]; infinite where there is no way.
    attractive : BoolArray
        Whether a link is in the optimal strategy, [rows, links].
    """
    rows, nodes = destinations.size, start.size - 1
    expected_s = np.empty((rows, nodes), np.float64)
    attractive = np.empty((rows, tail.size), np.bool_)
    lanes = lanes_of(rows, threads)
    size = 2 * tail.size + 1  # each link is in the heap once, and improves its tail at most once
    keys = np.empty((lanes, size), np.float64)
    items = np.empty((lanes, size), np.int64)
    rates = np.empty((lanes, nodes), np.float64)
    settled = np.empty((lanes, nodes), np.bool_)
    in_lanes(
        _rows, lanes, start, link, tail, seconds, per_hour, destinations, wait * _HOUR_S,
        keys, items, rates, settled, expected_s, attractive,
    )  # fmt: skip
    return expected_s, attractive


def link_shares(tail: Int32Array, per_hour: Float64Array, attractive: BoolArray) -> Float64Array:
    """Return the share of a node's passengers that leave by each link under a strategy.

    Parameters
    ----------
    tail, per_hour
        The graph, see the module.
    attractive
        The strategies, [rows, links], from `expected_times`.

    Returns
    -------
    Float64Array
        Shares, [rows, links]; those of a node's links add up to 1 where it has any that is attractive.
    """
    share = np.zeros(attractive.shape, np.float64)
    for row, chosen in enumerate(attractive):
        links = np.flatnonzero(chosen)
        certain = np.isinf(per_hour[links])  # alone at its node, by the rule of the kernel
        total = np.bincount(tail[links], np.where(certain, 1.0, per_hour[links]))
        share[row, links] = np.where(certain, 1.0, per_hour[links]) / total[tail[links]]
    return share


@jit
def _before(keys, items, one, other):
    """Whether entry `one` of the heap comes before the other."""
    return keys[one] < keys[other] or (keys[one] == keys[other] and items[one] < items[other])


@jit
def _swap(keys, items, one, other):
    """Let two entries change places."""
    keys[one], keys[other] = keys[other], keys[one]
    items[one], items[other] = items[other], items[one]


@jit
def _add(keys, items, size, key, item):
    """Add an entry to a binary heap; return the new size."""
    keys[size], items[size] = key, item
    hole = size
    while hole > 0 and _before(keys, items, hole, (hole - 1) >> 1):
        _swap(keys, items, hole, (hole - 1) >> 1)
        hole = (hole - 1) >> 1
    return size + 1


@jit
def _drop(keys, items, size):
    """Remove the least entry, the first, of a binary heap; return the new size."""
    size -= 1
    keys[0], items[0] = keys[size], items[size]
    hole = 0
    while 2 * hole + 1 < size:
        below = 2 * hole + 1
        if below + 1 < size and _before(keys, items, below + 1, below):
            below += 1
        if not _before(keys, items, below, hole):
            break
        _swap(keys, items, hole, below)
        hole = below
    return size


@jit
def _one_destination(
    start,
    link,
    tail,
    seconds,
    per_hour,
    destination,
    wait,
    keys,
    items,
    rate,
    settled,
    expected_s,
    attractive,
):
    """Write the expected times to one destination; items of the heap are links, then ``links + node``."""
    links = tail.size
    expected_s[:] = np.inf
    rate[:] = 0.0
    settled[:] = False
    attractive[:] = False
    expected_s[destination] = 0.0
    size = _add(keys, items, 0, 0.0, links + destination)
    while size > 0:
        key, item = keys[0], items[0]
        size = _drop(keys, items, size)
        if item >= links:
            node = item - links
            if settled[node]:
                continue
            settled[node] = True
            for place in range(start[node], start[node + 1]):
                into = np.int64(link[place])
                if seconds[into] != UNREACHED and per_hour[into] > 0 and not settled[tail[into]]:
                    size = _add(keys, items, size, key + seconds[into], into)
            continue
        node = np.int64(tail[item])
        if settled[node] or key >= expected_s[node]:
            continue
        attractive[item] = True
        if np.isinf(per_hour[item]):
            expected_s[node] = key
            rate[node] = np.inf
        elif rate[node] == 0.0:
            rate[node] = per_hour[item]
            expected_s[node] = key + wait / per_hour[item]
        else:
            total = rate[node] + per_hour[item]
            expected_s[node] += (key - expected_s[node]) * (per_hour[item] / total)
            rate[node] = total
        size = _add(keys, items, size, expected_s[node], links + node)
    for item in range(links):  # who need not wait does not wait for another service
        if attractive[item] and np.isinf(rate[tail[item]]) and not np.isinf(per_hour[item]):
            attractive[item] = False


@jit
def _rows(
    lane, lanes, start, link, tail, seconds, per_hour, destinations, wait,
    keys, items, rates, settled, expected_s, attractive,
):  # fmt: skip
    """Search from the destinations lane, lane + lanes, and so on."""
    for row in range(lane, destinations.size, lanes):
        _one_destination(
            start, link, tail, seconds, per_hour, np.int64(destinations[row]), wait,
            keys[lane], items[lane], rates[lane], settled[lane], expected_s[row], attractive[row],
        )  # fmt: skip
