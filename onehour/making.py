"""Regions made of files: `region new` and `gtfs import`, whole or not at all, and `onehour.new_region`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from network.errors import BadInputError, Problem, tried
from network.gtfs.reader import read_day
from network.gtfs.regions import Settings, region_of
from network.new_region import on_streets, point_problems, with_points
from network.points import read_points
from network.reader import period_of, read_region
from network.schema import TABLES
from network.streets.reading import read_streets
from network.writer import write_region
from onehour.files import new_folder_problems, whole_folder
from onehour.streets import default_speeds
from onehour.study import Area, load

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from network.region import Region
    from network.streets import Streets


WALK_M = 300.0
"""Stations up to so far apart are joined on foot where nothing else is said, m in a straight line."""


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
    streets
        A file of streets, as `network.streets.reading` reads it, where there is one.
    speeds
        Table of free-flow speeds where no limit is tagged; that of `onehour.streets.default_speeds` if None.
    leave_out
        Whether points with no street near by are left out, with a note, in place of being a problem.
    """

    feeds: Sequence[Path]
    day: dt.date | str
    settings: Settings
    name: str = ""
    points: dict[str, Path] = field(default_factory=dict)
    streets: Path | None = None
    speeds: str | None = None
    leave_out: bool = False


def new_region(
    gtfs: str | Path | Sequence[str | Path],
    date: dt.date | str,
    *,
    osm: str | Path | None = None,
    places: str | Path | None = None,
    zones: str | Path | None = None,
    region_id: str = "my-region",
    name: str = "",
    like: Area | None = None,
    periods: Mapping[str, tuple[str, str]] | None = None,
    walk_m: float = WALK_M,
    speeds: str | None = None,
    leave_out: bool = False,
    folder: str | Path | None = None,
) -> Area:
    """Return a region made of GTFS feeds, streets and points; written into a folder if one is given.

    Parameters
    ----------
    gtfs
        A feed or several: zip archives or folders.
    date
        Day whose services are read, or its text YYYY-MM-DD.
    osm
        Streets on foot and by car: ``.osm.pbf``, ``.osm``, ``.graphml``, or saved ones.
    places
        CSV file of centres: id, lon, lat (degrees WGS 84), and name, population, city, level if known.
    zones
        CSV file of towns or cells: id, lon, lat, population; other columns of numbers are opportunities.
    region_id, name
        Id and name of the region; the agencies' names if blank.
    like
        A region whose periods and numbers of the model count.
    periods
        Periods of the day by name, ``{"am-peak": ("07:00", "09:00")}``, in place of the usual ones.
    walk_m
        Stations up to so far apart, in a straight line, are joined on foot where no feed joins them, m.
    speeds
        Table of free-flow speeds where no limit is tagged: ``general`` or ``china``; by the clock if None.
    leave_out
        Whether points with no street near by are left out, with a note, in place of being an error.
    folder
        Folder to make; it must not be there, or be empty.

    Raises
    ------
    BadInputError
        (a `ValueError`) A file cannot be used, or they do not fit together; lists every problem.
    """
    problems: list[Problem] = []
    spans = [period_of(word, list(span)) for word, span in (periods or {}).items()]
    problems += [
        Problem("periods", f"{word!r}: {span!r} is no period", '{"am-peak": ("07:00", "09:00")}')
        for (word, span), found in zip((periods or {}).items(), spans, strict=True)
        if found is None
    ]
    given = {"places": places, "zones": zones}
    sources = Sources(
        feeds=[Path(gtfs)] if isinstance(gtfs, str | Path) else [Path(one) for one in gtfs],
        day=date,
        settings=Settings(
            region_id=region_id,
            like=None if like is None else like.region,
            walk_m=walk_m,
            own_periods=tuple(filter(None, spans)),
        ),
        name=name,
        points={kind: Path(path) for kind, path in given.items() if path is not None},
        streets=None if osm is None else Path(osm),
        speeds=speeds,
        leave_out=leave_out,
    )
    if folder is not None:
        make_region(sources, Path(folder), problems)
        return load(str(folder))
    region = _region(sources, problems)
    if region is None:
        raise BadInputError(dict.fromkeys(problems))
    return Area(region)


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
        "streets": [{"network": name, **held.summary} for name, held in region.street_networks.items()],
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
    streets = _streets(sources, region, problems)
    if region is None:
        return None
    if sources.name:
        region = region.replace(about=replace(region.about, name_en=sources.name))
    problems += point_problems(region, points)
    if streets and not problems:
        region, points = on_streets(region, points, streets, problems, leave_out=sources.leave_out)
    return None if problems else with_points(region, points, problems)


def _streets(sources: Sources, region: Region | None, problems: list[Problem]) -> dict[str, Streets]:
    """Return the streets of a file on foot and by car; without any for cars, those on foot alone."""
    path = sources.streets
    if path is None:
        return {}
    speeds = sources.speeds or default_speeds(region)
    walk = tried(lambda: read_streets(path, "walk", speeds=speeds), problems)
    if walk is None:
        return {}
    drive = tried(lambda: read_streets(path, "drive", speeds=speeds), [])
    return {"walk": walk} | ({} if drive is None else {"drive": drive})
