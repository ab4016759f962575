"""Where searches start: `Source`, and the seeds that the kernels take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from network.errors import Problem
from sim.columns import checked_column
from sim.kernels.dijkstra import UNREACHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    Int32Array = NDArray[np.int32]

_BLOCK_CELLS = 1 << 24  # nodes of all trees that are held at a time while paths are read from them


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A start that is spread over several nodes: one row of a result.

    Attributes
    ----------
    nodes
        Node ids, [seeds].
    offsets_s
        Time already spent on reaching each of them, s, [seeds], not negative. A node's time in the result
        includes it.
    """

    nodes: ArrayLike
    offsets_s: ArrayLike


class Seeds(NamedTuple):
    """The seeds of each row, as the kernels take them."""

    start: Int32Array
    node: Int32Array
    offset_s: Int32Array


def node_range(most: int) -> str:
    """Return the sentence that says which nodes there are."""
    return f"nodes are 0 to {most}" if most >= 0 else "there are no nodes"


def checked_seeds(sources: Any, most: int, problems: list[Problem]) -> Seeds:
    """Return the seeds of each row; note every problem."""
    nothing = np.zeros(0, np.int32)
    if isinstance(sources, Source):
        problems.append(Problem("sources", "is a single Source", "give a list of them, one for each row"))
        return Seeds(np.zeros(1, np.int32), nothing, nothing)
    if not (isinstance(sources, (list, tuple)) and any(isinstance(source, Source) for source in sources)):
        nodes = checked_column(sources, "sources", most, problems, fix=node_range(most))
        nodes = nothing if nodes is None else nodes
        return Seeds(np.arange(nodes.size + 1, dtype=np.int32), nodes, np.zeros(nodes.size, np.int32))
    rows: list[tuple[Int32Array, Int32Array]] = []
    for row, source in enumerate(sources):
        if not isinstance(source, Source):
            problems.append(
                Problem(f"sources row {row}", f"{source!r} is not a Source", "do not mix the two kinds")
            )
            continue
        nodes = checked_column(
            source.nodes, f"sources row {row}, nodes", most, problems, fix=node_range(most)
        )
        offset_s = checked_column(source.offsets_s, f"sources row {row}, offsets_s", UNREACHED, problems)
        if nodes is None or offset_s is None:
            continue
        if nodes.size != offset_s.size:
            what = f"has {nodes.size} nodes and {offset_s.size} offsets"
            problems.append(Problem(f"sources row {row}", what, "give each node an offset"))
        rows.append((nodes, offset_s))
    start = np.append(0, np.cumsum([nodes.size for nodes, _ in rows])).astype(np.int32)
    return Seeds(
        start,
        np.concatenate([nodes for nodes, _ in rows] or [nothing]),
        np.concatenate([offset_s for _, offset_s in rows] or [nothing]),
    )


def seed_blocks(seeds: Seeds, n_nodes: int) -> Iterator[Seeds]:
    """Yield the rows of seeds in blocks whose trees fit into memory together."""
    size = max(1, _BLOCK_CELLS // max(n_nodes, 1))
    for first in range(0, seeds.start.size - 1, size):
        yield Seeds(seeds.start[first : first + size + 1], seeds.node, seeds.offset_s)
