"""What searches return besides times: trees, parts of the time, strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Int32Array = NDArray[np.int32]
    Int64Array = NDArray[np.int64]
    Float64Array = NDArray[np.float64]


class Trees(NamedTuple):
    """Shortest times, and the link by which each node is reached.

    Attributes
    ----------
    times_s
        int32 [sources, nodes], s; `UNREACHED` where there is no path within the horizon.
    parent_link
        int32 [sources, nodes]: row of the graph's links by which the node is reached; -1 at roots and where
        unreached.
    """

    times_s: Int32Array
    parent_link: Int32Array


class Parts(NamedTuple):
    """Shortest times from sources to targets, and sums of link values along the paths.

    Attributes
    ----------
    times_s
        int32 [sources, targets], s; `UNREACHED` where there is no path within the horizon.
    sums
        int64 [sources, targets, k]; zeros where the target is unreached or is itself the root.
    """

    times_s: Int32Array
    sums: Int64Array


class Strategies(NamedTuple):
    """Expected times to destinations under optimal strategies, and how passengers spread over links.

    Attributes
    ----------
    times_s
        float64 [destinations, nodes]: expected time from each node, s; infinite where there is no way.
    shares
        float64 [destinations, links]: share of the passengers at a link's tail who leave by it; 0 where it is
        not in the strategy.
    """

    times_s: Float64Array
    shares: Float64Array
