"""Streets in a file: GeoParquet with a row a link, whole or not at all, and checked by its hash.

Besides the columns of `network.streets.model.Streets` a row has the ids of its nodes and its shape as a
linestring (GeoParquet 1.1, native encoding), so that QGIS and GeoPandas open it. The footer tells what the
file holds: it is read at once, the rows only when they are needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from network.errors import BadInputError, Problem, UnknownNameError
from network.files import whole_file
from network.streets.building import assembled
from network.streets.model import CLASSES, NETWORKS

if TYPE_CHECKING:
    from pathlib import Path

    from network.streets.model import Streets

FORMAT = 1
MOST_BYTES = 1 << 30
"""Largest file that is read."""

_MOST_LINKS = 20_000_000
_MOST_UNPACKED_BYTES = 8 << 30
_POINT = pa.struct([pa.field("x", pa.float64(), nullable=False), pa.field("y", pa.float64(), nullable=False)])
_SCHEMA = pa.schema(
    [
        pa.field("tail_id", pa.int64(), nullable=False),
        pa.field("head_id", pa.int64(), nullable=False),
        pa.field("oneway", pa.bool_(), nullable=False),
        pa.field("class", pa.uint8(), nullable=False),
        pa.field("length_m", pa.float64(), nullable=False),
        pa.field("speed_kmh", pa.float64(), nullable=False),
        pa.field("tolled", pa.bool_(), nullable=False),
        pa.field("geometry", pa.list_(pa.field("vertices", _POINT, nullable=False)), nullable=False),
    ]
)


@dataclass(frozen=True, eq=False)
class StreetsFile:
    """A file of streets of which only the footer has been read.

    Attributes
    ----------
    path
        The file.
    network
        ``walk`` or ``drive``.
    sha256
        Hash of the streets; `read` checks it.
    source
        Where they come from.
    summary
        What was read, and what was dropped and why.
    """

    path: Path
    network: str
    sha256: str
    source: str
    summary: dict[str, Any]

    @cached_property
    def streets(self) -> Streets:
        """The streets, read when they are first asked for.

        Raises
        ------
        BadInputError
            The file has changed or is damaged.
        """
        return _read(self)


def save(streets: Streets, path: Path) -> None:
    """Write streets to a file, whole or not at all.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """
    points = pa.StructArray.from_arrays([streets.shape_lon, streets.shape_lat], fields=list(_POINT))
    shapes = pa.ListArray.from_arrays(
        pa.array(streets.shape_start.astype(np.int32)), points, type=_SCHEMA.field("geometry").type
    )
    columns = [
        streets.node_id[streets.tail],
        streets.node_id[streets.head],
        streets.oneway,
        streets.road_class,
        streets.length_m,
        streets.speed_kmh,
        streets.tolled,
    ]
    held = {
        "format": FORMAT,
        "network": streets.network,
        "sha256": streets.sha256,
        "source": streets.source,
        "summary": dict(streets.summary),
        "classes": list(CLASSES),
    }
    lon, lat = streets.shape_lon, streets.shape_lat
    box = [float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())] if len(lon) else []
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "linestring", "geometry_types": ["LineString"], "bbox": box}},
    }
    meta = {"onehour_streets": json.dumps(held, ensure_ascii=False), "geo": json.dumps(geo)}
    table = pa.Table.from_arrays([*map(pa.array, columns), shapes], schema=_SCHEMA.with_metadata(meta))
    with whole_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", compression_level=6)


def opened(path: Path) -> StreetsFile:
    """Return a file of streets of which the footer alone is read.

    Raises
    ------
    BadInputError
        The file is no such file, or too large.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            what = f"is larger than {MOST_BYTES / 2**30:g} GiB"
            raise BadInputError(Problem(path.name, what, "take the streets of a smaller area"))
        meta = pq.read_metadata(path)
        held = json.loads((meta.metadata or {})[b"onehour_streets"])
        unpacked = sum(meta.row_group(row).total_byte_size for row in range(meta.num_row_groups))
        if held["format"] != FORMAT or held["classes"] != list(CLASSES):
            raise BadInputError(Problem(path.name, "is of another version", "load the streets anew"))
        network, sha256, source = (held[name] for name in ("network", "sha256", "source"))
        if network not in NETWORKS or not all(isinstance(text, str) for text in (sha256, source)):
            raise BadInputError(
                Problem(path.name, "is damaged: its footer is not whole", "load the streets anew")
            )
        if meta.num_rows > _MOST_LINKS or unpacked > _MOST_UNPACKED_BYTES:
            what = f"holds too much: {meta.num_rows:,} links"
            raise BadInputError(Problem(path.name, what, "take the streets of a smaller area"))
        return StreetsFile(path, network, sha256, source, dict(held["summary"]))
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise BadInputError(Problem(path.name, what, "check its name and rights")) from error
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        if isinstance(error, BadInputError):
            raise
        what = f"is no file of streets, or damaged ({_first_line(error)})"
        raise BadInputError(Problem(path.name, what, "make it with `onehour streets load`")) from error


def load(path: Path, network: str | None = None) -> Streets:
    """Read streets from a file that `save` wrote; checked by their hash.

    Parameters
    ----------
    path
        The file.
    network
        Network that the streets must be of; any where not given.

    Raises
    ------
    BadInputError
        (a `ValueError`) The file is no such file, damaged, too large, or of another network.
    """
    found = opened(path)
    if network not in {None, found.network}:
        raise UnknownNameError("network", str(network), [found.network], where=path.name)
    return found.streets


def _read(file: StreetsFile) -> Streets:
    """Return the streets of a file."""
    damaged = Problem(file.path.name, "is damaged: its rows are not those that were written", "load it anew")
    try:
        table = pq.read_table(file.path, columns=_SCHEMA.names)
        if table.schema.remove_metadata() != _SCHEMA:
            raise BadInputError(damaged)
        columns = {name: table[name].combine_chunks() for name in table.schema.names}
        shapes = columns["geometry"]
        start = shapes.offsets.to_numpy().astype(np.int64)
        lon, lat = (shapes.values.field(side).to_numpy() for side in ("x", "y"))
        ends = [columns[name].to_numpy() for name in ("tail_id", "head_id")]
        ids, number = np.unique(np.concatenate(ends), return_inverse=True)
        of_link = {
            "tail": number[: len(ends[0])],
            "head": number[len(ends[0]) :],
            "road_class": columns["class"].to_numpy(),
            **{name: columns[name].to_numpy() for name in ("length_m", "speed_kmh")},
            **{name: columns[name].to_numpy(zero_copy_only=False) for name in ("oneway", "tolled")},
        }
        if len(start) != len(number) // 2 + 1 or (np.diff(start) < 2).any():  # noqa: PLR2004 - two ends
            raise BadInputError(damaged)
        streets = assembled(
            file.network, ids, of_link, (start, lon, lat), source=file.source, summary=file.summary
        )
    except (OSError, pa.ArrowException, LookupError, ValueError, TypeError) as error:
        if isinstance(error, BadInputError):
            raise
        raise BadInputError(damaged) from error
    if streets.sha256 != file.sha256:
        raise BadInputError(damaged)
    return streets


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
