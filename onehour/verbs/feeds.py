"""The verb that gives networks to other programs as GTFS feeds: gtfs export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onehour.verbs.options import Json, Region, Scenario, Values, day_of, print_json, spinner, study_of


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
    day = None if first_day is None else day_of("--first-day", first_day, problems)
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
