"""Verbs that list and check what is there: scenarios, projects, goals, regions, validate, schema, doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from onehour.verbs.options import Json, Region, area_of, print_json, spinner


def scenarios_verb(*, region: Region = "guangzhou", as_json: Json = False) -> None:
    """List the shipped scenarios."""
    from onehour.report import print_frame  # noqa: PLC0415

    table = area_of(region).scenarios()
    if as_json:
        print_json(table.to_dict("records"))
    else:
        print_frame("Scenarios", table.drop(columns="scenario_hash"))


def projects_verb(
    *,
    region: Region = "guangzhou",
    effects: Annotated[
        bool, typer.Option("--effects", help="Count what each card changes on its own (takes a while).")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the project cards, with their state and what they change."""
    from onehour.projects import print_projects, projects_data  # noqa: PLC0415

    with spinner("Building and cancelling each card", show=effects and not as_json):
        rows = projects_data(area_of(region), effects=effects)
    if as_json:
        print_json(rows)
    else:
        print_projects(rows)


def goals_verb(*, region: Region = "guangzhou", as_json: Json = False) -> None:
    """List the plan's goals in its own words, and which of them can be checked."""
    from onehour.report import goals_data, print_goals  # noqa: PLC0415

    rows = goals_data(area_of(region))
    if as_json:
        print_json(rows)
    else:
        print_goals(rows)


def regions_verb(*, as_json: Json = False) -> None:
    """List the shipped regions."""
    from network.reader import get_region, list_regions  # noqa: PLC0415
    from network.schema import TABLES  # noqa: PLC0415
    from onehour.report import print_regions  # noqa: PLC0415

    rows = []
    for name in list_regions():
        one = get_region(name)
        rows.append(
            {
                "region": name,
                "name_zh": one.about.name_zh,
                "name_en": one.about.name_en,
                "date": None if one.about.date is None else one.about.date.isoformat(),
                "rows": {table: len(one.table(table)) for table in TABLES},
                "licence": one.about.licence,
                "region_hash": one.hash,
            }
        )
    if as_json:
        print_json(rows)
    else:
        print_regions(rows)


def validate_verb(
    folder: Annotated[
        str, typer.Argument(help="A region's folder, or the name of a shipped region.")
    ] = "guangzhou",
    *,
    as_json: Json = False,
) -> None:
    """Read a region's folder: every problem, with exit status 2; else what is missing, and what it costs."""
    from onehour.report import print_lacks, print_regions, region_data  # noqa: PLC0415

    area = area_of(folder)
    data = region_data(area) | {"lacks": area.lacks().to_dict("records")}
    if as_json:
        print_json(data)
    else:
        print_regions([data])
        print_lacks(data["lacks"])
        typer.echo("No problem found.")


def schema_verb(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The same: the schema is JSON.")] = True,  # noqa: ARG001
) -> None:
    """Print the JSON Schema of scenarios and project cards."""
    import scenarios  # noqa: PLC0415 - loads pydantic

    print_json(scenarios.json_schema())


def doctor_verb(*, as_json: Json = False) -> None:
    """Show versions, fonts, the cache of compiled kernels, and threads."""
    from onehour.doctor import doctor_data, print_doctor  # noqa: PLC0415

    data = doctor_data()
    if as_json:
        print_json(data)
    else:
        print_doctor(data)
