"""Reading streets from files of OpenStreetMap and OSMnx, or from streets that have been saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from network.errors import BadInputError, Problem, UnknownNameError
from network.streets.building import streets_of_ways
from network.streets.model import NETWORKS
from network.streets.speeds import speed_tables
from network.streets.ways import ways_of_file

if TYPE_CHECKING:
    from network.streets.model import Streets

ENDINGS = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".graphml", ".parquet")
"""Endings of files that can be read."""

MOST_BYTES = 1 << 30
"""Largest file that is read: the extract of a province has some 100 MiB."""


def read_streets(path: str | Path, network: str, *, speeds: str = "general") -> Streets:
    """Read a street network.

    Parameters
    ----------
    path
        A file with one of `ENDINGS`: OpenStreetMap's data (read by pyosmium), a graph that OSMnx saved, or
        streets saved by `network.streets.files.save`.
    network
        ``walk`` or ``drive``: which ways are taken, as by OSMnx.
    speeds
        Table of ``speeds.toml`` by which free-flow speeds are filled in where no limit is tagged:
        ``general`` or ``china``.

    Returns
    -------
    Streets
        The largest part in which every node can be reached from every other, simplified;
        `Streets.summary` tells what was dropped.

    Raises
    ------
    BadInputError
        (a `ValueError`) The file cannot be read, is too large, or holds no such streets; or a name is
        unknown; lists every problem.
    """
    file = Path(path)
    problems: list[Problem] = []
    if network not in NETWORKS:
        problems += UnknownNameError("network", network, NETWORKS, where="--network").problems
    if speeds not in speed_tables():
        problems += UnknownNameError("table of speeds", speeds, speed_tables(), where="--speeds").problems
    ending = next((one for one in ENDINGS if file.name.lower().endswith(one)), "")
    problems += _file_problems(file, ending)
    if problems:
        raise BadInputError(problems)
    if ending == ".parquet":
        from network.streets.files import load  # noqa: PLC0415 - loads pyarrow

        return load(file, network)
    if ending == ".graphml":
        from network.streets.graphml import streets_of_graphml  # noqa: PLC0415 - loads OSMnx

        return streets_of_graphml(file, network, speeds=speeds)
    return streets_of_ways(ways_of_file(file, network), network, speeds=speeds, source=file.name)


def _file_problems(file: Path, ending: str) -> list[Problem]:
    """Return why a file cannot be read, as far as can be seen from outside."""
    if not ending:
        fix = f"use {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
        return [Problem(str(file), "has none of the endings of street files", fix)]
    try:
        if not file.is_file():
            return [Problem(str(file), "is no file", "check its name")]
        size = file.stat().st_size
    except (OSError, ValueError) as error:
        return [Problem(str(file), f"cannot be read: {error}", "check its name and rights")]
    if size > MOST_BYTES:
        what = f"has {size / 2**30:.1f} GiB, more than {MOST_BYTES / 2**30:g}"
        return [Problem(str(file), what, "cut out the area first, with `osmium extract`")]
    if not size:
        return [Problem(str(file), "is empty", "get it anew")]
    return []
