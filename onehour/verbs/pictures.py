"""Verbs that draw and write a scenario: map, isochrone, plot, report, export network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onehour.verbs.options import (
    Goal,
    Json,
    Region,
    Scenario,
    Values,
    Words,
    area_of,
    asks,
    print_json,
    spinner,
    studies_of,
    study_of,
)


@asks
def map_verb(
    scenario: Scenario = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .png, .svg or .pdf.")],
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Draw the network and the pairs of a goal that fail."""
    from onehour.files import output_problems  # noqa: PLC0415
    from onehour.map import write_map  # noqa: PLC0415
    from onehour.style import ENDINGS  # noqa: PLC0415

    problems = output_problems(output, ENDINGS)
    study = study_of(region, scenario, values, words, goal=goal, problems=problems)
    with spinner("Drawing", show=not as_json):
        data = write_map(study, output, goal, words)
    if as_json:
        print_json(data)
    else:
        typer.echo(f"{data['file']}: {data['title']}")


@asks
def isochrone_verb(
    scenario: Scenario = None,
    *,
    place: Annotated[str, typer.Option("--from", help="Id of a place, station or zone, or a point lon,lat.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="File to write: .geojson, .gpkg, .parquet, .png, .svg, .pdf, or .tif."
        ),
    ],
    minutes: Annotated[str, typer.Option("--minutes", help="Limits, ascending.")] = "15,30,45,60",
    cell_m: Annotated[
        float | None,
        typer.Option(
            "--cell-m", help="Side of the surface's cells in metres; by the region's size if not given."
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", help="Another scenario: what is gained and lost since, in their place."),
    ] = None,
    region: Region = "guangzhou",
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Write what can be reached within limits as nested polygons, or the surface of times as a .tif."""
    from onehour.files import output_problems  # noqa: PLC0415
    from onehour.isochrone import (  # noqa: PLC0415
        ENDINGS,
        asked_of,
        minutes_given,
        print_isochrone,
        write_isochrone,
    )

    problems = output_problems(output, ENDINGS)
    limits = minutes_given(minutes, problems)
    checks = [lambda study: asked_of(study, place, cell_m, words)]
    if against is not None:
        checks.append(lambda study: study.beside(against))
    study = study_of(region, scenario, values, words, problems=problems, checks=checks)
    other = None if against is None else study.beside(against)
    with spinner("Searching", show=not as_json):
        data = write_isochrone(study, output, place, limits, cell_m=cell_m, words=words, against=other)
    if as_json:
        print_json(data)
    else:
        print_isochrone(data)


@asks
def plot_verb(
    kind: Annotated[str, typer.Argument(help="network, slack, parts, or difference (of two scenarios).")],
    scenario: Annotated[
        list[str] | None, typer.Argument(help="Shipped scenarios or paths of .toml files.")
    ] = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .png, .svg or .pdf.")],
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Draw the network by status, the slack of all pairs, the parts of their times, or what a plan gains."""
    from onehour.compare import default_scenarios  # noqa: PLC0415
    from onehour.files import output_problems  # noqa: PLC0415
    from onehour.plots import kind_problems, write_plot  # noqa: PLC0415
    from onehour.style import ENDINGS  # noqa: PLC0415

    names: list[str | None] = [*(scenario or ())]
    if kind == "difference" and not names:
        names = [*default_scenarios(area_of(region))]
    problems = output_problems(output, ENDINGS) + kind_problems(kind, len(names or [None]))
    names = names or [None]
    studies = studies_of(region, names, values, words, goal=goal, problems=problems)
    with spinner("Drawing", show=not as_json):
        data = write_plot(kind, studies, output, goal=goal, words=words)
    if as_json:
        print_json(data)
    else:
        typer.echo(f"{data['file']}: {data['title']}")


@asks
def report_verb(
    scenario: Annotated[
        list[str] | None,
        typer.Argument(help="Shipped scenarios or .toml files; the first is the base."),
    ] = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .html.")],
    lang: Annotated[str, typer.Option("--lang", help="Language of the page: en or zh.")] = "en",
    analyses: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="Of the last scenario too: timeline, attribute, buildout, breakeven, risk, "
            "separated by commas; or a folder that one of them wrote with -o.",
        ),
    ] = None,
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Write one page that stands alone: the verdict under every reading, maps, pairs, changes, sources."""
    from onehour.page import page_problems, write_page  # noqa: PLC0415
    from onehour.page_sections import analyses_problems  # noqa: PLC0415

    names: list[str | None] = [*scenario] if scenario else [None]
    asked = [one.strip() for text in analyses or () for one in _listed(text) if one.strip()]
    problems = page_problems(output, lang) + analyses_problems(asked)
    studies = studies_of(region, names, values, words, goal=goal, problems=problems)
    with spinner("Searching all pairs under every reading", show=not as_json) as status:
        tell = None if status is None else lambda now: status.update(f"{now} …")
        data = write_page(studies, output, goal=goal, words=words, lang=lang, analyses=asked, tell=tell)
    if as_json:
        print_json(data)
    else:
        verdicts = []
        for one in data["scenarios"]:
            word = "kept" if one["kept"] else "not kept"
            verdicts.append(f"{one['scenario']} {word}, {one['passing']} of {one['pairs']} pairs")
        typer.echo(f"{data['file']}: {'; '.join(verdicts)}")


def _listed(text: str) -> list[str]:
    """Return names that are separated by commas; the path of a folder as it is."""
    return [text] if Path(text).is_dir() else text.split(",")


def export_network_verb(
    scenario: Scenario = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .gpkg or .graphml.")],
    region: Region = "guangzhou",
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Write stations, lines, services, roads, centres, zones and districts as a GeoPackage, or GraphML."""
    from onehour.files import output_problems  # noqa: PLC0415
    from onehour.networks import ENDINGS, write_network  # noqa: PLC0415

    study = study_of(region, scenario, values, {}, problems=output_problems(output, ENDINGS))
    with spinner("Writing", show=not as_json):
        data = write_network(study, output)
    if as_json:
        print_json(data)
    else:
        counts = ", ".join(f"{name} {count}" for name, count in data["rows"].items())
        typer.echo(f"{data['file']}: {counts} ({data['scenario']})")
