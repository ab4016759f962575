"""Streets made of the pieces of ways: the largest strong part, without the nodes that only bend a street.

A node is passed over where two pieces of one class meet that may be used in the same directions: what OSMnx
does with ``simplify_graph(edge_attrs_differ=["highway", …])``, written for arrays, since graphs of Python
objects take minutes and gigabytes for a metropolis. Shortest times between the nodes that stay are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]


class Pieces(NamedTuple):
    """Straight pieces of streets: arrays [pieces].

    Attributes
    ----------
    tail, head
        Nodes at their ends.
    oneway
        Whether a piece may be used from tail to head alone.
    road_class
        Its class.
    tolled
        Whether a toll is due.
    length_m, seconds
        Length and free-flow time.
    """

    tail: Ints
    head: Ints
    oneway: Bools
    road_class: NDArray[np.uint8]
    tolled: Bools
    length_m: Floats
    seconds: Floats

    def kept(self, which: Bools | Ints) -> Pieces:
        """Return some of the pieces."""
        return Pieces(
            self.tail[which],
            self.head[which],
            self.oneway[which],
            self.road_class[which],
            self.tolled[which],
            self.length_m[which],
            self.seconds[which],
        )


class Chains(NamedTuple):
    """Links, each a chain of pieces: first half of each in `half`, which has the pieces in order.

    Attributes
    ----------
    start
        First piece of each chain in `half`, [chains + 1].
    half
        Twice the row of a piece, plus 1 where it is passed from head to tail.
    """

    start: Ints
    half: Ints


def strong_part(pieces: Pieces, n_nodes: int) -> tuple[Ints, int]:
    """Return the number of the strong part of each node, and that of the largest one (by nodes)."""
    back = ~pieces.oneway
    tail = np.concatenate([pieces.tail, pieces.head[back]])
    head = np.concatenate([pieces.head, pieces.tail[back]])
    joined = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(n_nodes, n_nodes)).tocsr()
    part = np.asarray(connected_components(joined, directed=True, connection="strong")[1], np.int64)
    return part, int(np.bincount(part).argmax()) if len(part) else -1


def chains_of(pieces: Pieces, n_nodes: int) -> Chains:
    """Return the links that are left when nodes that only bend a street are passed over.

    Each is found once: one-way ones in their direction, others from the end whose half has the lower number.
    Rings without any other node are left out.
    """
    count = len(pieces.tail)
    half = np.arange(2 * count)
    node = np.empty(2 * count, np.int64)
    node[0::2], node[1::2] = pieces.tail, pieces.head
    mate = _mates(pieces, node, n_nodes)
    after = mate[half ^ 1]  # the half by which the next piece is entered, -1 at the end of a chain
    last, steps = _ends(after)
    head = np.flatnonzero(mate < 0)
    one = np.repeat(pieces.oneway, 2)[head]
    wanted = np.where(one, head % 2 == 0, head <= last[head] ^ 1)
    first = head[wanted]
    number = np.full(2 * count, -1, np.int64)
    number[last[first]] = np.arange(len(first))
    chain = number[last]  # a chain's reverse ends in another half, which has no number; rings end in none
    held = np.flatnonzero(chain >= 0)
    order = np.lexsort((-steps[held], chain[held]))
    held = held[order]
    return Chains(np.searchsorted(chain[held], np.arange(len(first) + 1)), held)


def _mates(pieces: Pieces, node: Ints, n_nodes: int) -> Ints:
    """Return the half that a half is joined to across a node that is passed over, else -1, [halves]."""
    mate = np.full(len(node), -1, np.int64)
    order = np.argsort(node, kind="stable")
    start = np.searchsorted(node[order], np.arange(n_nodes + 1))
    two = np.flatnonzero(np.diff(start) == 2)  # noqa: PLR2004 - two pieces meet
    one, other = order[start[two]], order[start[two] + 1]
    a, b = one >> 1, other >> 1
    same = (
        (a != b)
        & (pieces.road_class[a] == pieces.road_class[b])
        & (pieces.tolled[a] == pieces.tolled[b])
        & (pieces.oneway[a] == pieces.oneway[b])
        & (~pieces.oneway[a] | ((one ^ other) & 1 == 1))
        & (node[one ^ 1] != node[other ^ 1])
    )
    mate[one[same]], mate[other[same]] = other[same], one[same]
    return mate


def _ends(after: Ints) -> tuple[Ints, Ints]:
    """Return the last half of the chain that each half is in, and the steps to it; by doubling the steps."""
    count = len(after)
    last = np.where(after < 0, np.arange(count), after)
    steps = (after >= 0).astype(np.int64)
    for _ in range(max(count, 1).bit_length()):
        farther = last[last]
        if np.array_equal(farther, last):
            break
        steps += steps[last]
        last = farther
    return last, steps
