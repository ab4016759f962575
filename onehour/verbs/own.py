"""Verbs that make regions and scenarios of one's own: region new, gtfs import, scenario new."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from onehour.verbs.options import Json, Region, area_of, print_json, spinner
from onehour.verbs.streets import Speeds  # noqa: TC001 - typer reads it

if TYPE_CHECKING:
    from collections.abc import Mapping

    from network.errors import Problem
    from network.gtfs.regions import Settings
    from network.region import Period

Day = Annotated[str, typer.Option("--date", help="Day whose services are read: 2030-12-31.")]
Id = Annotated[str | None, typer.Option("--id", help="Id of the region; the folder's name if not given.")]
Like = Annotated[
    str | None, typer.Option("--like", help="A region whose periods and numbers of the model count.")
]

Periods = Annotated[
    list[str] | None,
    typer.Option(
        "--period",
        help="A period of the day, am-peak=07:00-09:00, in place of the usual ones; several times.",
    ),
]


def region_new_verb(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    *,
    feeds: Annotated[
        list[Path], typer.Option("--gtfs", help="A feed: zip archive or folder; may be given several times.")
    ],
    day: Day,
    places: Annotated[
        Path | None,
        typer.Option(
            "--places", help="A CSV file of centres: id, lon, lat, and name, population, city if known."
        ),
    ] = None,
    zones: Annotated[
        Path | None,
        typer.Option(
            "--zones",
            help="A CSV file of towns or cells: id, lon, lat, population; other numbers, such as jobs, are "
            "opportunities.",
        ),
    ] = None,
    osm: Annotated[
        Path | None,
        typer.Option("--osm", help="Streets on foot and by car: .osm.pbf, .osm, .graphml or saved ones."),
    ] = None,
    speeds: Speeds = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Leave out points with no street near by.")
    ] = False,
    name: Annotated[
        str, typer.Option("--name", help="Name of the region; those of the agencies if not given.")
    ] = "",
    region_id: Id = None,
    like: Like = None,
    periods: Periods = None,
    walk_m: Annotated[
        float,
        typer.Option("--walk", help="Join stations on foot up to so many metres apart.", min=0, max=2000),
    ] = 300,
    as_json: Json = False,
) -> None:
    """Make a region's folder of GTFS feeds, streets and points; every verb then takes it as --region."""
    from onehour.making import Sources, make_region  # noqa: PLC0415

    problems: list[Problem] = []
    settings = _settings(folder, region_id, like, periods or [], walk_m, problems)
    given = {"places": places, "zones": zones}
    points = {kind: path for kind, path in given.items() if path is not None}
    sources = Sources(
        feeds=feeds,
        day=day,
        settings=settings,
        name=name,
        points=points,
        streets=osm,
        speeds=speeds,
        leave_out=leave_out,
    )
    with spinner("Reading", show=not as_json):
        data = make_region(sources, folder, problems)
    _print(data, as_json=as_json)


def gtfs_import_verb(
    feeds: Annotated[list[Path], typer.Argument(metavar="FEED...", help="Feeds: zip archives or folders.")],
    *,
    day: Day,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to make.")],
    region_id: Id = None,
    like: Like = None,
    periods: Periods = None,
    walk_m: Annotated[
        float,
        typer.Option("--walk", help="Join stations on foot up to so many metres apart.", min=0, max=2000),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Make a region's folder of what runs on a day of GTFS feeds, and nothing else: see `region new`."""
    from onehour.making import Sources, make_region  # noqa: PLC0415

    problems: list[Problem] = []
    settings = _settings(output, region_id, like, periods or [], walk_m, problems)
    with spinner("Reading the feeds", show=not as_json):
        data = make_region(Sources(feeds=feeds, day=day, settings=settings), output, problems)
    _print(data, as_json=as_json)


def scenario_new_verb(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="File to write: .toml.")],
    *,
    region: Region = "guangzhou",
    as_json: Json = False,
) -> None:
    """Write a commented scenario with a card of your own in it, which applies to the region as it stands."""
    from onehour.template import write_template  # noqa: PLC0415

    option = "" if region == "guangzhou" else f" --region {region}"
    with spinner("Writing", show=not as_json):
        data = write_template(area_of(region), output, option)
    if as_json:
        print_json(data)
    else:
        typer.echo(f"{data['file']}: {data['extends']}, and {'; '.join(data['touched'])}")


def _settings(
    folder: Path,
    region_id: str | None,
    like: str | None,
    periods: list[str],
    walk_m: float,
    problems: list[Problem],
) -> Settings:
    """Return what feeds do not tell; what is wrong is added to `problems`."""
    from network.cells import ID  # noqa: PLC0415
    from network.errors import Problem, tried  # noqa: PLC0415
    from network.gtfs.regions import Settings  # noqa: PLC0415
    from network.reader import list_regions  # noqa: PLC0415

    name = folder.resolve().name if region_id is None else region_id
    if not ID.fullmatch(name):
        problems.append(Problem("--id", f"{name!r} is no identifier", "no spaces, commas or quotes"))
    elif name in list_regions():
        what = f"{name!r} is a shipped region, with scenarios of its own"
        problems.append(Problem("--id", what, "choose another"))
    model = None if like is None else tried(lambda: area_of(like).region, problems)
    found = tuple(filter(None, (_period(text, problems) for text in periods)))
    problems += [
        Problem("--period", f"{one!r} stands twice", "give it once")
        for one, count in Counter(period.name for period in found).items()
        if count > 1
    ]
    return Settings(region_id=name, like=model, walk_m=walk_m, own_periods=found)


def _period(text: str, problems: list[Problem]) -> Period | None:
    """Return the period of ``name=07:00-09:00``, or None with a problem added."""
    from network.errors import Problem  # noqa: PLC0415
    from network.reader import period_of  # noqa: PLC0415

    name, _, span = text.partition("=")
    found = period_of(name.strip(), [clock.strip() for clock in span.split("-")])
    if found is None:
        what = f"{text!r} is no name=start-end"
        problems.append(Problem("--period", what, "for example am-peak=07:00-09:00; a-z, 0-9 and hyphens"))
    return found


def _print(data: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what was made."""
    if as_json:
        print_json(data)
        return
    tables = ("stations", "lines", "services", "places", "zones")
    rows = ", ".join(f"{data['rows'][table]} {table}" for table in tables if table in data["rows"])
    typer.echo(f"{data['folder']}: {rows}, as on {data['day']} (region {data['region_hash']})")
    for one in data["streets"]:
        size = f"{one['nodes']:,} nodes, {one['links']:,} links, {one['km']:,.0f} km"
        apart = f"{one['km_dropped']:,.0f} km in {one['parts_dropped']:,} parts apart from the rest"
        typer.echo(f"streets, {one['network']}: {size}; left out: {apart}")
    for note in data["notes"]:
        typer.echo(f"· {note}")
