"""The verbs of the command line. Heavy libraries are imported by the verb that needs them."""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from network.errors import Problem
    from onehour.study import Area, Study

app = typer.Typer(
    name="onehour",
    help="Does a metropolitan plan keep its one-hour promise, under which reading, and with what margin?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
gtfs = typer.Typer(
    name="gtfs", help="Exchange networks with other programs as GTFS feeds.", no_args_is_help=True
)
app.add_typer(gtfs)

exports = typer.Typer(name="export", help="Write a network for other programs.", no_args_is_help=True)
app.add_typer(exports)

Scenario = Annotated[str | None, typer.Argument(help="A shipped scenario or the path of a .toml file.")]
Region = Annotated[str, typer.Option("--region", help="A shipped region or the path of a folder.")]
Goal = Annotated[str | None, typer.Option("--goal", help="Id of a goal; see `onehour goals`.")]
Values = Annotated[
    list[str] | None, typer.Option("--set", help="A number of the model for this run: --set walk_kmh=5.")
]
Json = Annotated[bool, typer.Option("--json", help="Print data in place of tables.")]

#: Words of a query, None for the default: what `asks` makes of these options.
Words = dict[str, str | None]
_WORDS = {
    "clock": "in-vehicle, station or door.",
    "mode": "transit, car, park-and-ride or any.",
    "period": "am-peak, midday, … : a period of the region.",
    "traveller": "random, or planned: knows the timetable.",
    "statistic": "expected, best, or a percentile over the departures: p5, p50, p95 …",
}

Verb = TypeVar("Verb", bound="Callable[..., None]")


def asks(verb: Verb) -> Verb:
    """Return a verb with an option for each word of a query in the place of its parameter `words`."""
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(f"--{name}", help=words)],
        )
        for name, words in _WORDS.items()
    ]
    signature = inspect.signature(verb, eval_str=True)
    given = signature.parameters.values()

    @functools.wraps(verb)
    def asked(**options: Any) -> None:
        verb(words={name: options.pop(name) for name in _WORDS}, **options)

    parameters = [one for word in given for one in (options if word.name == "words" else [word])]
    setattr(asked, "__signature__", signature.replace(parameters=parameters))  # noqa: B010 - typer reads it
    return asked  # type: ignore[return-value]


@app.command("check")
@asks
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

    study = _study(region, scenario, values, words, goal=goal)
    with _status("Searching all pairs under every reading", show=not as_json):
        data = check_data(study, goal, words)
    if as_json:
        _print_json(data)
    else:
        print_check(study, data)
    if strict and not data["headline"]["kept"]:
        raise typer.Exit(1)


@app.command("route")
@asks
def route_verb(
    origin: Annotated[str, typer.Argument(help="Id of a place, station or zone, or a point lon,lat.")],
    destination: Annotated[str, typer.Argument(help="The same.")],
    *,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="A shipped scenario or a .toml file.")
    ] = None,
    region: Region = "guangzhou",
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Show one journey: its stages with lines and stops, and the parts of its time."""
    from onehour.report import print_route, route_data  # noqa: PLC0415

    study = _study(region, scenario, values, words)
    origin, destination = origin.strip(), destination.strip()
    with _status("Searching", show=not as_json):
        data = route_data(study, origin, destination, words)
    if as_json:
        _print_json(data)
    else:
        print_route(study, data)


@app.command("matrix")
@asks
def matrix_verb(
    scenario: Scenario = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .parquet, .csv or .omx.")],
    region: Region = "guangzhou",
    places: Annotated[
        Path | None, typer.Option("--places", help="A CSV file with the columns id, lon, lat.")
    ] = None,
    zones: Annotated[bool, typer.Option("--zones", help="Between all towns of the region.")] = False,
    bom: Annotated[
        bool, typer.Option("--bom", help="Begin a CSV file with a byte order mark, for Excel.")
    ] = False,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Write the times from places to places with their parts, in long form."""
    from onehour.files import output_problems  # noqa: PLC0415
    from onehour.matrix import ENDINGS, ends_given, write_matrix  # noqa: PLC0415

    problems = output_problems(output, ENDINGS)
    given = ends_given(places, zones=zones, problems=problems)
    study = _study(region, scenario, values, words, problems=problems)
    with _status("Searching", show=not as_json):
        data = write_matrix(study, output, given, words, bom=bom)
    if as_json:
        _print_json(data)
    else:
        typer.echo(
            f"{data['file']}: {data['rows']} rows, {data['reached']} with a journey "
            f"({data['scenario']}, {data['clock']}, {data['mode']}, {data['period']}, {data['statistic']})"
        )


@app.command("access")
@asks
def access_verb(
    scenario: Scenario = None,
    *,
    minutes: Annotated[float, typer.Option("--minutes", help="The limit.")] = 60.0,
    opportunity: Annotated[
        str, typer.Option("--opportunity", help="population, or a column of numbers of --to FILE.csv.")
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
    by: Annotated[str, typer.Option("--by", help="town, district or city.")] = "district",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File for the rows: .csv or .parquet.")
    ] = None,
    region: Region = "guangzhou",
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Count the people, or other opportunities, in reach: by place, how unequally, and around each core."""
    from onehour.access import access  # noqa: PLC0415
    from onehour.access_report import access_data, checked_options, print_access  # noqa: PLC0415

    options: dict[str, Any] = {"minutes": minutes, "opportunity": opportunity, "decay": decay}
    options, problems = checked_options(options | {"width": width, "nearest": nearest}, to, by, output)
    study = _study(region, scenario, values, words, problems=problems)
    with _status("Searching", show=not as_json):
        data = access_data(access(study, **options, words=words), by, output)
    if as_json:
        _print_json(data)
    else:
        print_access(data)


@app.command("timeline")
@asks
def timeline_verb(
    scenario: Scenario = None,
    *,
    first: Annotated[int, typer.Option("--first", help="First year.")] = 2023,
    last: Annotated[int, typer.Option("--last", help="Last year.")] = 2035,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for tables, data and the plot.")
    ] = None,
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Judge the promise at the end of each year as cards open, and say which opening turned which pair."""
    from onehour.files import folder_problems  # noqa: PLC0415
    from onehour.timeline import course  # noqa: PLC0415
    from onehour.timeline_report import print_timeline, timeline_data, write_timeline  # noqa: PLC0415
    from sim.timeline import year_problems  # noqa: PLC0415

    problems = year_problems(first, last) + ([] if output is None else folder_problems(output))
    study = _study(region, scenario, values, words, goal=goal, problems=problems)
    with _status("Building the network of each year", show=not as_json) as status:
        tell = None if status is None else partial(_tell, status)
        found = course(study, goal, first=first, last=last, words=words, progress=tell)
        data = timeline_data(found)
        data["files"] = [] if output is None else write_timeline(found, data, output)
    if as_json:
        _print_json(data)
    else:
        print_timeline(found, data)


@app.command("breakeven")
@asks
def breakeven_verb(
    scenario: Scenario = None,
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write: .csv or .parquet.")
    ] = None,
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Find what would make each failing pair pass, and break each passing one: one lever at a time."""
    from onehour.breakeven import ENDINGS, breakeven, breakeven_data, print_breakeven  # noqa: PLC0415
    from onehour.files import output_problems  # noqa: PLC0415
    from onehour.matrix import write_rows  # noqa: PLC0415

    problems = [] if output is None else output_problems(output, ENDINGS)
    study = _study(region, scenario, values, words, goal=goal, problems=problems)
    with _status("Searching every lever", show=not as_json):
        table = breakeven(study, goal, words)
    if output is not None:
        write_rows(table, output)
    if as_json:
        _print_json(breakeven_data(table))
    else:
        print_breakeven(table)


@app.command("risk")
@asks
def risk_verb(
    scenario: Scenario = None,
    *,
    first: Annotated[int, typer.Option("--first", help="First year.")] = 2026,
    last: Annotated[int, typer.Option("--last", help="Last year.")] = 2035,
    samples: Annotated[int, typer.Option("--samples", help="Futures to draw, a power of two.")] = 256,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the futures.", min=0)] = 0,
    inputs: Annotated[
        Path | None,
        typer.Option("--inputs", help="A .toml file of uncertain inputs in place of the region's."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for tables, data and the plot.")
    ] = None,
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Say how surely the promise is kept in each year, which inputs decide, and which plan regrets least."""
    from onehour.files import folder_problems  # noqa: PLC0415
    from onehour.risk import futures, print_risk, risk_data, risk_problems, write_risk  # noqa: PLC0415

    problems = risk_problems(first, last, samples) + ([] if output is None else folder_problems(output))
    study = _study(region, scenario, values, words, goal=goal, problems=problems)
    with _status("Drawing futures", show=not as_json) as status:
        tell = None if status is None else partial(_tell_of, status)
        found = futures(
            study, goal, first=first, last=last, samples=samples, seed=seed, inputs=inputs, words=words,
            progress=tell,
        )  # fmt: skip
        files = [] if output is None else write_risk(found, output)
    if as_json:
        _print_json(risk_data(found) | {"files": files})
    else:
        print_risk(found, files)


def _tell_of(status: Any, what: str, done: int, of: int) -> None:
    """Show how much of something is done."""
    status.update(f"{what} {done}/{of} …")


@app.command("attribute")
@asks
def attribute_verb(
    scenario: Scenario = None,
    *,
    cards: Annotated[
        str, typer.Option("--cards", help="Ids, separated by commas; auto: those that tell most; or all.")
    ] = "auto",
    group: Annotated[
        list[str] | None, typer.Option("--group", help="Cards taken as one: --group metro=a+b.")
    ] = None,
    metric: Annotated[str, typer.Option("--metric", help="passing, people or slack.")] = "slack",
    base: Annotated[
        str | None, typer.Option("--base", help="Scenario that the cards are added to; today-2026.")
    ] = None,
    orders: Annotated[int, typer.Option("--orders", help="Orders drawn where there are over 16.")] = 400,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the orders.", min=0)] = 0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder for tables, data and the plot; a run goes on from it."),
    ] = None,
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Say which project earned which passes, people or minutes: Shapley values over a base."""
    from onehour.attribution import shares  # noqa: PLC0415
    from onehour.attribution_report import (  # noqa: PLC0415
        attribution_data,
        print_attribution,
        write_attribution,
    )
    from onehour.files import folder_problems  # noqa: PLC0415

    problems = [] if output is None else folder_problems(output)
    groups = _groups(group or [], problems)
    study = _study(region, scenario, values, words, goal=goal, problems=problems)
    with _status("Learning what each card changes", show=not as_json) as status, _to_go_on(output):
        tell = None if status is None else partial(_tell, status)
        found = shares(
            study, _listed(cards), groups=groups, metric=metric, base=base, goal=goal, words=words,
            orders=orders, seed=seed, folder=output, tell=tell,
        )  # fmt: skip
        files = [] if output is None else write_attribution(found, output)
    if as_json:
        _print_json(attribution_data(found) | {"files": files})
    else:
        print_attribution(found, files)


@app.command("buildout")
@asks
def buildout_verb(
    scenario: Scenario = None,
    *,
    minimise: Annotated[str, typer.Option("--minimise", help="cards, cost or year.")] = "cards",
    pairs: Annotated[int | None, typer.Option("--pairs", help="Pairs to keep; all if not given.")] = None,
    cards: Annotated[
        str, typer.Option("--cards", help="Ids, separated by commas; auto: the scenario's; or all.")
    ] = "auto",
    base: Annotated[
        str | None, typer.Option("--base", help="Scenario that the cards are added to; today-2026.")
    ] = None,
    most: Annotated[int, typer.Option("--most", help="Sets to list at most.")] = 200,
    budget: Annotated[
        int, typer.Option("--budget", help="Sets to evaluate at most where a card more may slow journeys.")
    ] = 50_000,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder for tables, data and the plot; a run goes on from it."),
    ] = None,
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Find the smallest, cheapest or earliest set of projects that keeps the promise, with its proof."""
    from onehour.buildout import plan  # noqa: PLC0415
    from onehour.buildout_report import buildout_data, print_buildout, write_buildout  # noqa: PLC0415
    from onehour.files import folder_problems  # noqa: PLC0415

    problems = [] if output is None else folder_problems(output)
    study = _study(region, scenario, values, words, goal=goal, problems=problems)
    with _status("Learning what each card changes", show=not as_json) as status, _to_go_on(output):
        tell = None if status is None else partial(_tell, status)
        found = plan(
            study, _listed(cards), minimise=minimise, pairs=pairs, base=base, goal=goal, words=words,
            most=most, budget=budget, folder=output, tell=tell,
        )  # fmt: skip
        files = [] if output is None else write_buildout(found, output)
    if as_json:
        _print_json(buildout_data(found) | {"files": files})
    else:
        print_buildout(found, files)


def _listed(text: str) -> str | list[str]:
    """Return names that are separated by commas; a word for several as it is."""
    return text if text in {"auto", "all"} else [name.strip() for name in text.split(",") if name.strip()]


def _groups(texts: Sequence[str], problems: list[Problem]) -> dict[str, list[str]]:
    """Return the cards of ``--group name=a+b``, by name."""
    from network.errors import Problem  # noqa: PLC0415

    found: dict[str, list[str]] = {}
    for text in texts:
        name, sign, members = (part.strip() for part in text.partition("="))
        if not name or not sign or name in found:
            what = "stands twice" if name in found else "is no name=card+card"
            problems.append(Problem("--group", f"{text!r} {what}", "for example --group metro=a+b"))
        found[name] = [member.strip() for member in members.split("+") if member.strip()]
    return found


@contextmanager
def _to_go_on(folder: Path | None) -> Iterator[None]:
    """Say on an interrupt that what was found is kept."""
    try:
        yield
    except KeyboardInterrupt:
        if folder is not None:
            typer.echo(f"onehour: stopped; run again with -o {folder} to go on from here", err=True)
        raise


@app.command("scenarios")
def scenarios_verb(*, region: Region = "guangzhou", as_json: Json = False) -> None:
    """List the shipped scenarios."""
    from onehour.report import print_frame  # noqa: PLC0415

    table = _area(region).scenarios()
    if as_json:
        _print_json(table.to_dict("records"))
    else:
        print_frame("Scenarios", table.drop(columns="scenario_hash"))


@app.command("projects")
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

    with _status("Building and cancelling each card", show=effects and not as_json):
        rows = projects_data(_area(region), effects=effects)
    if as_json:
        _print_json(rows)
    else:
        print_projects(rows)


@app.command("goals")
def goals_verb(*, region: Region = "guangzhou", as_json: Json = False) -> None:
    """List the plan's goals in its own words, and which of them can be checked."""
    from onehour.report import goals_data, print_goals  # noqa: PLC0415

    rows = goals_data(_area(region))
    if as_json:
        _print_json(rows)
    else:
        print_goals(rows)


@app.command("regions")
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
        _print_json(rows)
    else:
        print_regions(rows)


@app.command("validate")
def validate_verb(
    folder: Annotated[
        str, typer.Argument(help="A region's folder, or the name of a shipped region.")
    ] = "guangzhou",
    *,
    as_json: Json = False,
) -> None:
    """Read a region's folder and report every problem; exit with 2 if there is one."""
    from onehour.report import print_regions, region_data  # noqa: PLC0415

    data = region_data(_area(folder))
    if as_json:
        _print_json(data)
    else:
        print_regions([data])
        typer.echo("No problem found.")


@app.command("map")
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
    study = _study(region, scenario, values, words, goal=goal, problems=problems)
    with _status("Drawing", show=not as_json):
        data = write_map(study, output, goal, words)
    if as_json:
        _print_json(data)
    else:
        typer.echo(f"{data['file']}: {data['title']}")


@app.command("isochrone")
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
    cell_m: Annotated[float, typer.Option("--cell-m", help="Side of the surface's cells in metres.")] = 500,
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
    study = _study(region, scenario, values, words, problems=problems, checks=checks)
    other = None if against is None else study.beside(against)
    with _status("Searching", show=not as_json):
        data = write_isochrone(study, output, place, limits, cell_m=cell_m, words=words, against=other)
    if as_json:
        _print_json(data)
    else:
        print_isochrone(data)


@app.command("compare")
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
    cell_m: Annotated[float, typer.Option("--cell-m", help="Side of the surface's cells in metres.")] = 500,
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

    first, second = _studies(
        region,
        default_scenarios(_area(region), before, after),
        values,
        words,
        goal=goal,
        problems=[] if output is None else compare_output_problems(output),
        checks=[lambda study: grid_of(study.area.region, cell_m)],
    )
    with _status("Comparing", show=not as_json):
        found = compare(first, second, goal, cell_m=cell_m, words=words)
        files = [] if output is None else write_comparison(found, output)
    if as_json:
        _print_json(found.data() | {"files": files})
        return
    print_comparison(found)
    for file in files:
        typer.echo(file)


@app.command("plot")
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
    from onehour.files import output_problems  # noqa: PLC0415
    from onehour.plots import kind_problems, write_plot  # noqa: PLC0415
    from onehour.style import ENDINGS  # noqa: PLC0415

    names: list[str | None] = [*(scenario or ())]
    if not names:
        names = ["today-2026", "plan-2030"] if kind == "difference" else [None]
    problems = output_problems(output, ENDINGS) + kind_problems(kind, len(names))
    studies = _studies(region, names, values, words, goal=goal, problems=problems)
    with _status("Drawing", show=not as_json):
        data = write_plot(kind, studies, output, goal=goal, words=words)
    if as_json:
        _print_json(data)
    else:
        typer.echo(f"{data['file']}: {data['title']}")


@app.command("report")
@asks
def report_verb(
    scenario: Annotated[
        list[str] | None,
        typer.Argument(help="Shipped scenarios or .toml files; the first is the base."),
    ] = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .html.")],
    lang: Annotated[str, typer.Option("--lang", help="Language of the page: en or zh.")] = "en",
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Write one page that stands alone: the verdict under every reading, maps, pairs, changes, sources."""
    from onehour.page import page_problems, write_page  # noqa: PLC0415

    names: list[str | None] = [*scenario] if scenario else [None]
    problems = page_problems(output, lang)
    studies = _studies(region, names, values, words, goal=goal, problems=problems)
    with _status("Searching all pairs under every reading", show=not as_json):
        data = write_page(studies, output, goal=goal, words=words, lang=lang)
    if as_json:
        _print_json(data)
    else:
        verdicts = []
        for one in data["scenarios"]:
            word = "kept" if one["kept"] else "not kept"
            verdicts.append(f"{one['scenario']} {word}, {one['passing']} of {one['pairs']} pairs")
        typer.echo(f"{data['file']}: {'; '.join(verdicts)}")


@exports.command("network")
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

    study = _study(region, scenario, values, {}, problems=output_problems(output, ENDINGS))
    with _status("Writing", show=not as_json):
        data = write_network(study, output)
    if as_json:
        _print_json(data)
    else:
        counts = ", ".join(f"{name} {count}" for name, count in data["rows"].items())
        typer.echo(f"{data['file']}: {counts} ({data['scenario']})")


@app.command("schema")
def schema_verb(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The same: the schema is JSON.")] = True,  # noqa: ARG001
) -> None:
    """Print the JSON Schema of scenarios and project cards."""
    import scenarios  # noqa: PLC0415 - loads pydantic

    _print_json(scenarios.json_schema())


@app.command("doctor")
def doctor_verb(*, as_json: Json = False) -> None:
    """Show versions, fonts, the cache of compiled kernels, and threads."""
    from onehour.doctor import doctor_data, print_doctor  # noqa: PLC0415

    data = doctor_data()
    if as_json:
        _print_json(data)
    else:
        print_doctor(data)


@gtfs.command("export")
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
    study = _study(region, scenario, values, {}, problems=problems)
    with _status("Writing the feed", show=not as_json):
        data = write_feed(study, output, first_day=day, publisher=publisher, url=url)
    if as_json:
        _print_json(data)
    else:
        rows = ", ".join(
            f"{data['rows'].get(f'{name}.txt', 0)} {name}" for name in ("stops", "routes", "trips")
        )
        typer.echo(f"{data['file']}: {rows} ({data['scenario']}, from {data['first_day']} for a year)")


@gtfs.command("import")
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
    model = None if like is None else tried(lambda: _area(like).region, problems)
    if problems or on is None:
        raise BadInputError(problems)
    with _status("Reading the feeds", show=not as_json):
        data = import_feeds(feeds, output, day=on, region_id=name, like=model, walk_m=walk_m)
    if as_json:
        _print_json(data)
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


def _area(region: str) -> Area:
    """Load a region."""
    from onehour.study import load  # noqa: PLC0415

    return load(region)


def _study(
    region: str,
    scenario: str | None,
    values: list[str] | None,
    words: Words,
    *,
    goal: str | None = None,
    problems: list[Problem] | None = None,
    checks: Sequence[Callable[[Study], object]] = (),
) -> Study:
    """Load a region under a scenario, with numbers set for this run; tell all that is wrong together."""
    return _studies(region, [scenario], values, words, goal=goal, problems=problems, checks=checks)[0]


def _studies(
    region: str,
    names: Sequence[str | None],
    values: list[str] | None,
    words: dict[str, str | None],
    *,
    goal: str | None = None,
    problems: list[Problem] | None = None,
    checks: Sequence[Callable[[Study], object]] = (),
) -> list[Study]:
    """Load a region under scenarios, with numbers set for this run; tell all that is wrong together.

    Each of `checks` gets each study, where there is one, and raises what else is wrong.
    """
    from network.errors import BadInputError, tried  # noqa: PLC0415

    found = list(problems or ())
    numbers = tried(lambda: _numbers(values or []), found)
    area = tried(lambda: _area(region), found)
    studies: list[Study] = []
    if area is not None:
        for name in names:
            studies += [tried(partial(area.scenario, name, values=numbers), found)]
        tried(lambda: area.check_words(words, goal), found)
        for study in filter(None, studies):
            for check in checks:
                tried(partial(check, study), found)
    if found:
        raise BadInputError(dict.fromkeys(found))
    _tell_of_compiling()
    return studies


def _numbers(values: list[str]) -> dict[str, float]:
    """Return the numbers of ``--set name=value``."""
    from network.errors import BadInputError, Problem  # noqa: PLC0415

    found: dict[str, float] = {}
    problems = []
    for value in values:
        name, _, text = (part.strip() for part in value.partition("="))
        if name in found:
            problems.append(Problem("--set", f"{name!r} stands twice", "give it once"))
        elif name and text.isascii() and "_" not in text and _is_number(text):
            found[name] = float(text)
        else:
            problems.append(Problem("--set", f"{value!r} is no name=number", "for example --set walk_kmh=5"))
    if problems:
        raise BadInputError(problems)
    return found


def _is_number(text: str) -> bool:
    """Whether a text can be read as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _tell_of_compiling() -> None:
    """Say once on standard error that the kernels are about to be compiled, where none is stored yet."""
    from sim.kernels import are_stored  # noqa: PLC0415 - loads numba

    if not are_stored():
        typer.echo("onehour: compiling the search kernels (once per machine) …", err=True)


def _status(words: str, *, show: bool) -> Any:
    """Return a spinner on a terminal's standard error while something runs."""
    from contextlib import nullcontext  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=True)
    return console.status(f"{words} …") if show and console.is_terminal else nullcontext()


def _tell(status: Any, words: str) -> None:
    """Show what a long run is at."""
    status.update(f"{words} …")


def _print_json(data: object) -> None:
    """Print data as JSON."""
    from onehour.jsons import json_text  # noqa: PLC0415

    typer.echo(json_text(data))
