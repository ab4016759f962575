"""What a search is asked, checked and in the kernels' own terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from network.errors import BadInputError, Problem
from sim.columns import checked_column, checked_number, checked_table
from sim.kernels.dijkstra import HORIZON_MAX_S, UNREACHED
from sim.sources import Seeds, checked_seeds, node_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from sim.sources import Source

    Int32Array = NDArray[np.int32]


class Query(NamedTuple):
    """What a method was asked.

    Attributes
    ----------
    seeds
        Seeds of each row of the result.
    targets
        int32 [targets]: nodes.
    values
        int32 [links, k]: values of each link.
    horizon_s
        Longest time that counts as reached, s.
    threads
        Threads to use at most; None is all that there are.
    """

    seeds: Seeds
    targets: Int32Array
    values: Int32Array
    horizon_s: int
    threads: int | None


def checked_query(
    sources: ArrayLike | Sequence[Source],
    n_nodes: int,
    *,
    horizon_s: int | None = None,
    threads: int | None = None,
    targets: ArrayLike = (),
    values: ArrayLike | None = None,
    n_links: int = 0,
) -> Query:
    """Return what was asked; raise a `BadInputError` that lists every problem."""
    problems: list[Problem] = []
    seeds = checked_seeds(sources, n_nodes - 1, problems)
    ends = checked_column(targets, "targets", n_nodes - 1, problems, fix=node_range(n_nodes - 1))
    table = np.empty((n_links, 0), np.int32)
    if values is not None:
        table = checked_table(values, n_links, problems)
    horizon = HORIZON_MAX_S
    if horizon_s is not None:
        horizon = min(horizon, checked_number(horizon_s, "horizon_s", 0, UNREACHED, problems))
    if threads is not None:
        threads = checked_number(threads, "threads", 1, UNREACHED, problems)
    if problems or ends is None:
        raise BadInputError(problems)
    return Query(seeds, ends, table, horizon, threads)
