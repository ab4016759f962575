"""Verbs that exchange networks as GTFS feeds: gtfs export, gtfs import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onehour.verbs.options import Json, Region, Scenario, Values, area_of, print_json, spinner, study_of

if TYPE_CHECKING:
    from datetime import date

    from network.errors import Problem


def gtfs_export_verb(
    scenario: Scenario = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .zip.")],
    region: Region = "guangzhou",
    first_day: Annotated[
        str | None,
        typer.Option("--first-day", help="First day of the trips: 2030-01-01, that of the scenario."),
    ] = None,
    publisher: Annotated[str, typer.Option("--publisher", help="Who publishes the feed.")] = "onehour",
    url: Annotated[
        str, typer.Option("--publisher-url", help="A web address of the publisher, which GTFS demands.")
    ] = "https://example.org/",
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Write the network of a scenario as a GTFS feed, for other programs."""
    from onehour.files import output_problems  # noqa: PLC0415
    from onehour.gtfs import ENDINGS, publisher_problems, write_feed  # noqa: PLC0415

    problems = output_problems(output, ENDINGS) + publisher_problems(url)
    day = None if first_day is None else _day("--first-day", first_day, problems)
    study = study_of(region, scenario, values, {}, problems=problems)
    with spinner("Writing the feed", show=not as_json):
        data = write_feed(study, output, first_day=day, publisher=publisher, url=url)
    if as_json:
        print_json(data)
    else:
        rows = ", ".join(
            f"{data['rows'].get(f'{name}.txt', 0)} {name}" for name in ("stops", "routes", "trips")
        )
        typer.echo(f"{data['file']}: {rows} ({data['scenario']}, from {data['first_day']} for a year)")


def gtfs_import_verb(
    feeds: Annotated[list[Path], typer.Argument(metavar="FEED...", help="Feeds: zip archives or folders.")],
    *,
    day: Annotated[str, typer.Option("--date", help="Day that is read: 2030-12-31.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to make.")],
    region_id: Annotated[
        str | None, typer.Option("--id", help="Id of the region; the folder's name if not given.")
    ] = None,
    like: Annotated[
        str | None, typer.Option("--like", help="A region whose periods and numbers of the model count.")
    ] = None,
    walk_m: Annotated[
        float,
        typer.Option("--walk", help="Join stations on foot up to so many metres apart.", min=0, max=2000),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Make a region's folder of what runs on a day of GTFS feeds."""
    from network.cells import ID  # noqa: PLC0415
    from network.errors import BadInputError, Problem, tried  # noqa: PLC0415
    from onehour.files import new_folder_problems  # noqa: PLC0415
    from onehour.gtfs import import_feeds  # noqa: PLC0415

    problems = new_folder_problems(output)
    on = _day("--date", day, problems)
    name = output.resolve().name if region_id is None else region_id
    if not ID.fullmatch(name):
        problems.append(Problem("--id", f"{name!r} is no identifier", "no spaces, commas or quotes"))
    model = None if like is None else tried(lambda: area_of(like).region, problems)
    if problems or on is None:
        raise BadInputError(problems)
    with spinner("Reading the feeds", show=not as_json):
        data = import_feeds(feeds, output, day=on, region_id=name, like=model, walk_m=walk_m)
    if as_json:
        print_json(data)
    else:
        rows = ", ".join(
            f"{data['rows'].get(table, 0)} {table}" for table in ("stations", "lines", "services")
        )
        typer.echo(f"{data['folder']}: {rows}, as on {data['day']} (region {data['region_hash']})")
        for note in data["notes"]:
            typer.echo(f"· {note}")


def _day(option: str, text: str, problems: list[Problem]) -> date | None:
    """Return the day of a text, or None with a problem added."""
    import datetime as dt  # noqa: PLC0415

    from network.errors import Problem  # noqa: PLC0415

    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        problems.append(Problem(option, f"{text!r} is no day", "write it as 2030-01-01"))
        return None
