"""The edges of a NetworkX graph as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from network.errors import BadInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Hashable

    import networkx as nx
    from numpy.typing import NDArray


def edge_columns(
    graph: nx.Graph[Any], weight: str, *, fix: str
) -> tuple[list[Hashable], list[Hashable], NDArray[Any]]:
    """Return the ends and the weight of every edge of a NetworkX graph."""
    edges: list[tuple[Hashable, Hashable, Any]] = list(graph.edges(data=weight, default=None))
    lacking = [(tail, head) for tail, head, value in edges if value is None]
    if lacking:
        first = f"{lacking[0][0]!r} to {lacking[0][1]!r}"
        what = f"{len(lacking)} of {len(edges)} edges have no {weight!r}, first {first}"
        raise BadInputError(Problem("edges", what, fix))
    values = np.asarray([value for _, _, value in edges])
    return [tail for tail, _, _ in edges], [head for _, head, _ in edges], values
