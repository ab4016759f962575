"""Verbs that judge and time a scenario: check, route, matrix, access, compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from onehour.verbs.options import (
    Goal,
    Json,
    Region,
    Scenario,
    Values,
    Within,
    Words,
    area_of,
    asks,
    asks_when,
    print_json,
    share_check,
    spinner,
    studies_of,
    study_of,
)

if TYPE_CHECKING:
    from network.errors import Problem


@asks_when
def check_verb(
    scenario: Scenario = None,
    *,
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if the promise is not kept.")] = False,
) -> None:
    """Judge the promise: the verdict, its pairs, and the verdict under every reading."""
    from onehour.report import check_data, print_check  # noqa: PLC0415

    study = study_of(region, scenario, values, words, goal=goal)
    with spinner("Searching all pairs under every reading", show=not as_json):
        data = check_data(study, goal, words)
    if as_json:
        print_json(data)
    else:
        print_check(study, data)
    if strict and not data["headline"]["kept"]:
        raise typer.Exit(1)


@asks_when
def route_verb(
    origin: Annotated[str, typer.Argument(help="Id of a place, station or zone, or a point lon,lat.")],
    destination: Annotated[str, typer.Argument(help="The same.")],
    *,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="A shipped scenario or a .toml file.")
    ] = None,
    region: Region = "guangzhou",
    within_min: Within = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Show one journey: its stages with lines and stops, and the parts of its time."""
    from onehour.report import print_route, route_data  # noqa: PLC0415

    study = study_of(region, scenario, values, words, checks=[share_check(within_min, words)])
    origin, destination = origin.strip(), destination.strip()
    with spinner("Searching", show=not as_json):
        data = route_data(study, origin, destination, words, within_min=within_min)
    if as_json:
        print_json(data)
    else:
        print_route(study, data)


@asks_when
def matrix_verb(
    scenario: Scenario = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .parquet, .csv or .omx.")],
    region: Region = "guangzhou",
    start: Annotated[
        str, typer.Option("--from", help="centres, zones, stations, cells, or a CSV file with id, lon, lat.")
    ] = "centres",
    end: Annotated[str | None, typer.Option("--to", help="The same; what --from says if not given.")] = None,
    cell_m: Annotated[float, typer.Option("--cell-m", help="Side of cells, m.")] = 500.0,
    places: Annotated[
        Path | None, typer.Option("--places", help="A CSV file: short for --from FILE --to FILE.")
    ] = None,
    zones: Annotated[bool, typer.Option("--zones", help="Short for --from zones --to zones.")] = False,
    parts: Annotated[bool, typer.Option("--parts/--no-parts", help="Find the parts of the times.")] = True,
    block: Annotated[
        int | None,
        typer.Option("--block", help="Compute in blocks of so many origins, each kept."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Compute blocks in so many processes (needs Dask).")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", metavar="ADDRESS", help="Compute blocks on a Dask cluster: tcp://host:8786."
        ),
    ] = None,
    bom: Annotated[
        bool, typer.Option("--bom", help="Begin a CSV file with a byte order mark, for Excel.")
    ] = False,
    within_min: Within = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Write the times from places to places with their parts, in long form; in blocks where they are many."""
    from onehour.matrix import ENDINGS, given_sides, write_blocks, write_matrix  # noqa: PLC0415

    problems: list[Problem] = []
    sides = given_sides(start, end, places, zones=zones, cell_m=cell_m, problems=problems)
    in_blocks = not output.suffix or any(option is not None for option in (block, workers, cluster))
    if in_blocks:
        from onehour.blocks import blocks_problems  # noqa: PLC0415

        problems += blocks_problems(output, block=block, workers=workers, cluster=cluster)
    else:
        from onehour.files import output_problems  # noqa: PLC0415

        problems += output_problems(output, ENDINGS)
    checks = [share_check(within_min, words)]
    study = study_of(region, scenario, values, words, problems=problems, checks=checks)
    with spinner("Searching", show=not as_json) as status:
        options: dict[str, Any] = {"parts": parts, "within_min": within_min}
        if in_blocks:
            tell = None if status is None else lambda done, of: status.update(f"Block {done} of {of} …")
            options |= {"block": block, "workers": workers, "cluster": cluster, "tell": tell}
            data = write_blocks(study, output, sides, words, **options)
        else:
            data = write_matrix(study, output, sides, words, bom=bom, **options)
    if as_json:
        print_json(data)
        return
    told = ["scenario", "clock", "mode", "period", "statistic"]
    told += ["timing"] if words["timing"] else []
    typer.echo(
        f"{data['file']}: {data['rows']} rows, {data['reached']} with a journey "
        f"({', '.join(data[word] for word in told)})"
    )
    if in_blocks:
        damaged = f", {len(data['damaged'])} of them damaged before" if data["damaged"] else ""
        typer.echo(
            f"{data['blocks']} blocks: {data['kept']} were there, {data['computed']} computed{damaged}"
        )


@asks_when
def access_verb(
    scenario: Scenario = None,
    *,
    minutes: Annotated[float, typer.Option("--minutes", help="The limit.")] = 60.0,
    opportunity: Annotated[
        str,
        typer.Option(
            "--opportunity", help="population, another of the region's (jobs), or a column of --to FILE.csv."
        ),
    ] = "population",
    decay: Annotated[
        str, typer.Option("--decay", help="step, linear, logistic, exponential, gaussian or zones (E2SFCA).")
    ] = "step",
    width: Annotated[
        float | None, typer.Option("--width", help="Width of a linear or logistic decay, minutes.")
    ] = None,
    nearest: Annotated[
        float | None, typer.Option("--nearest", help="Minutes until so many opportunities are in reach.")
    ] = None,
    to: Annotated[
        str, typer.Option("--to", help="zones, or a CSV file with id, lon, lat and more.")
    ] = "zones",
    by: Annotated[
        str | None,
        typer.Option("--by", help="town, district or city; district where the region has any, else city."),
    ] = None,
    percentile_of: Annotated[
        str,
        typer.Option(
            "--percentile-of",
            help="What a percentile over departures is of: times to each place, or access: what is in reach.",
        ),
    ] = "times",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File for the rows: .csv or .parquet.")
    ] = None,
    region: Region = "guangzhou",
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Count the people, or other opportunities, in reach: by place, how unequally, and around each core."""
    from onehour.access import access, opportunity_problems  # noqa: PLC0415
    from onehour.access_report import access_data, checked_options, print_access  # noqa: PLC0415

    options: dict[str, Any] = {"minutes": minutes, "opportunity": opportunity, "decay": decay}
    options, problems = checked_options(options | {"width": width, "nearest": nearest}, to, by, output)
    options["percentile_of"] = percentile_of
    checks = [] if to != "zones" else [lambda study: opportunity_problems(study, opportunity)]
    study = study_of(region, scenario, values, words, problems=problems, checks=checks)
    with spinner("Searching", show=not as_json):
        data = access_data(access(study, **options, words=words), by, output)
    if as_json:
        print_json(data)
    else:
        print_access(data)


@asks
def compare_verb(
    before: Annotated[str | None, typer.Argument(help="A scenario: today-2026 if not given.")] = None,
    after: Annotated[str | None, typer.Argument(help="Another: plan-2030 if not given.")] = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="A folder for all files, or one file: .json, .csv (pairs), .geojson, .gpkg or .parquet "
            "(areas), .png, .svg or .pdf (map).",
        ),
    ] = None,
    cell_m: Annotated[
        float | None,
        typer.Option(
            "--cell-m", help="Side of the surface's cells in metres; by the region's size if not given."
        ),
    ] = None,
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Compare two scenarios: minutes, pairs, people and area gained and lost, and why paths changed."""
    from onehour.compare import (  # noqa: PLC0415
        compare,
        compare_output_problems,
        default_scenarios,
        write_comparison,
    )
    from onehour.compare_report import print_comparison  # noqa: PLC0415
    from sim.grid import grid_of  # noqa: PLC0415

    first, second = studies_of(
        region,
        default_scenarios(area_of(region), before, after),
        values,
        words,
        goal=goal,
        problems=[] if output is None else compare_output_problems(output),
        checks=[lambda study: grid_of(study.area.region, cell_m)],
    )
    with spinner("Comparing", show=not as_json):
        found = compare(first, second, goal, cell_m=cell_m, words=words)
        files = [] if output is None else write_comparison(found, output)
    if as_json:
        print_json(found.data() | {"files": files})
        return
    print_comparison(found)
    for file in files:
        typer.echo(file)
