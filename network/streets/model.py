"""Streets as plain arrays: nodes, links with their shape, length, class and free-flow speed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from network.seconds import whole_s

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from network.streets.snapping import Snapped, Snapper

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Int32s = NDArray[np.int32]
    Bools = NDArray[np.bool_]

NETWORKS = ("walk", "drive")
"""Kinds of street networks, as OSMnx calls them."""

CLASSES = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
    "busway",
    "pedestrian",
    "track",
    "footway",
    "path",
    "steps",
    "bridleway",
    "corridor",
    "elevator",
    "other",
)
"""Classes of links: OpenStreetMap's values of ``highway``; the last one stands for all others."""

SNAP_M = {"walk": 500.0, "drive": 2000.0}
"""Straight line from a point to the nearest street, at most, by network, m."""


class Directed(NamedTuple):
    """Links in the directions in which they may be used: int32 arrays [arcs]."""

    tail: Int32s
    head: Int32s
    link: Int32s


@dataclass(frozen=True, eq=False)
class Streets:
    """A street network: the largest part in which every node can be reached from every other.

    Nodes are sorted by their OpenStreetMap id, links by the nodes they join: equal streets have equal arrays,
    whatever the order of a file.

    Attributes
    ----------
    network
        ``walk`` or ``drive``.
    node_id
        OpenStreetMap's id of each node, ascending, int64 [nodes].
    tail, head
        Nodes that a link joins, int32 [links].
    oneway
        Whether a link may be used from tail to head alone, bool [links].
    road_class
        Row of `CLASSES` of each link, uint8 [links].
    length_m
        Length along the shape, m, float64 [links].
    speed_kmh
        Free-flow speed, km/h, float64 [links]; of streets on foot a plain pace, which a region's ``walk_kmh``
        takes the place of.
    tolled
        Whether a toll is due, bool [links].
    shape_start
        First point of each link's shape, int64 [links + 1].
    shape_lon, shape_lat
        Points of the shapes, both ends included, degrees WGS 84, float64 [points].
    source
        Where the streets come from.
    summary
        What was read, and what was dropped and why: counts and kilometres by plain names.
    """

    network: str
    node_id: Ints
    tail: Int32s
    head: Int32s
    oneway: Bools
    road_class: NDArray[np.uint8]
    length_m: Floats
    speed_kmh: Floats
    tolled: Bools
    shape_start: Ints
    shape_lon: Floats
    shape_lat: Floats
    source: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Guard the arrays."""
        for name in ARRAYS:
            getattr(self, name).flags.writeable = False

    @property
    def streets(self) -> Streets:
        """These streets: what has been read is asked for as `network.streets.files.StreetsFile` is."""
        return self

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_id)

    @property
    def n_links(self) -> int:
        """Number of links."""
        return len(self.tail)

    @cached_property
    def node_lon(self) -> Floats:
        """Longitude of each node, degrees WGS 84, float64 [nodes]."""
        return self._at_nodes(self.shape_lon)

    @cached_property
    def node_lat(self) -> Floats:
        """Latitude of each node, degrees WGS 84, float64 [nodes]."""
        return self._at_nodes(self.shape_lat)

    def _at_nodes(self, of_points: Floats) -> Floats:
        found = np.full(self.n_nodes, np.nan)
        found[self.tail] = of_points[self.shape_start[:-1]]
        found[self.head] = of_points[self.shape_start[1:] - 1]
        return found

    @cached_property
    def seconds(self) -> Int32s:
        """Time along each link at its free-flow speed, whole s, int32 [links]."""
        return whole_s(self.length_m * 3.6 / self.speed_kmh).astype(np.int32)

    @cached_property
    def directed(self) -> Directed:
        """Links in the directions in which they may be used: first all forwards, then those backwards."""
        forward, back = np.arange(self.n_links, dtype=np.int32), np.flatnonzero(~self.oneway).astype(np.int32)
        return Directed(
            np.concatenate([self.tail, self.head[back]]),
            np.concatenate([self.head, self.tail[back]]),
            np.concatenate([forward, back]),
        )

    @cached_property
    def sha256(self) -> str:
        """Hash of all that can change a result; neither `source` nor `summary` counts."""
        digest = hashlib.sha256(self.network.encode())
        for name in ARRAYS:
            column = getattr(self, name)
            digest.update(f"{name} {len(column)}".encode())
            digest.update(np.ascontiguousarray(column, column.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()

    @cached_property
    def _snapper(self) -> Snapper:
        from network.streets.snapping import Snapper  # noqa: PLC0415 - loads shapely

        return Snapper(self)

    def metric_xy(self, lon_lat: Floats) -> Floats:
        """Return points in degrees, [points, 2], in metres around the middle of the streets, [points, 2]."""
        return self._snapper.metres(lon_lat)

    def snap(self, lon_lat: Floats, limit_m: float | None = None) -> Snapped:
        """Return the nearest place on a street of each point.

        Parameters
        ----------
        lon_lat
            Points, degrees WGS 84, float64 [points, 2].
        limit_m
            Straight line to the street, at most, m; `SNAP_M` of the network where not given.

        Returns
        -------
        Snapped
            Links and places on them, of streets to drive on neither motorways nor those with a toll, which
            nobody starts or ends on; a point farther from all streets has none (`Snapped.lost`).
        """
        return self._snapper.snap(lon_lat, SNAP_M[self.network] if limit_m is None else limit_m)


#: The arrays of `Streets`, in their order.
ARRAYS = tuple(one.name for one in fields(Streets) if one.name not in {"network", "source", "summary"})


def by_class(streets: Streets, names: Sequence[str]) -> Bools:
    """Return whether each link is of one of some classes, bool [links]."""
    return np.isin(streets.road_class, [CLASSES.index(name) for name in names])
