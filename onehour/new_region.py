"""The verbs `region new` and `gtfs import`: a region's folder made of files, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from network.errors import BadInputError, tried
from network.gtfs.reader import read_day
from network.gtfs.regions import Settings, region_of
from network.new_region import with_points
from network.points import read_points
from network.reader import read_region
from network.schema import TABLES
from network.writer import write_region
from onehour.files import new_folder_problems, whole_folder

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from network.errors import Problem
    from network.region import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a region is made of.

    Attributes
    ----------
    feeds
        GTFS feeds: zip archives or folders.
    day
        The day whose services are read, or its text YYYY-MM-DD.
    settings
        What feeds do not tell.
    name
        Name of the region; those of the agencies if blank.
    points
        CSV files with id, lon, lat of its ``places`` and ``zones``, where there are any.
    """

    feeds: Sequence[Path]
    day: dt.date | str
    settings: Settings
    name: str = ""
    points: dict[str, Path] = field(default_factory=dict)


def make_region(sources: Sources, output: Path, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """Make a region's folder; return what was written.

    Parameters
    ----------
    sources
        What it is made of.
    output
        The folder to be; it must not be there, or be empty.
    problems
        What is wrong already; it is told with the rest.

    Raises
    ------
    BadInputError
        The files or the folder cannot be used; lists every problem, by file and row.
    """
    found = [*problems, *new_folder_problems(output)]
    region = _region(sources, found)
    if region is None:
        raise BadInputError(dict.fromkeys(found))
    with whole_folder(output) as folder:
        write_region(region, folder)
        region = read_region(folder)
    return {
        "folder": str(output),
        "region": region.about.region_id,
        "day": region.about.date,
        "region_hash": region.hash,
        "rows": {name: len(table) for name in TABLES if len(table := region.table(name))},
        "notes": list(region.about.notes),
    }


def _region(sources: Sources, problems: list[Problem]) -> Region | None:
    """Return the region of some files, or None with every problem added."""
    points: dict[str, tuple[str, pd.DataFrame]] = {}
    for kind, path in sources.points.items():
        table = read_points(path, problems, amounts=kind == "zones")
        if table is not None:
            points[kind] = path.name, table
    day = tried(lambda: read_day(sources.feeds, sources.day, nights=False), problems)
    region: Region | None = None if day is None else tried(lambda: region_of(day, sources.settings), problems)
    if region is None:
        return None
    if sources.name:
        region = region.replace(about=replace(region.about, name_en=sources.name))
    region = with_points(region, points, problems)
    return None if problems else region
