"""The verbs of the command line. Heavy libraries are imported by the verb that needs them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable
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

Scenario = Annotated[str | None, typer.Argument(help="A shipped scenario or the path of a .toml file.")]
Region = Annotated[str, typer.Option("--region", help="A shipped region or the path of a folder.")]
Goal = Annotated[str | None, typer.Option("--goal", help="Id of a goal; see `onehour goals`.")]
Clock = Annotated[str | None, typer.Option("--clock", help="in-vehicle, station or door.")]
Mode = Annotated[str | None, typer.Option("--mode", help="transit, car, park-and-ride or any.")]
Period = Annotated[str | None, typer.Option("--period", help="am-peak, midday, … : a period of the region.")]
Traveller = Annotated[
    str | None, typer.Option("--traveller", help="random, or planned: knows the timetable.")
]
Statistic = Annotated[str | None, typer.Option("--statistic", help="expected, or best.")]
Values = Annotated[
    list[str] | None, typer.Option("--set", help="A number of the model for this run: --set walk_kmh=5.")
]
Json = Annotated[bool, typer.Option("--json", help="Print data in place of tables.")]


@app.command("check")
def check_verb(
    scenario: Scenario = None,
    *,
    region: Region = "guangzhou",
    goal: Goal = None,
    clock: Clock = None,
    mode: Mode = None,
    period: Period = None,
    traveller: Traveller = None,
    statistic: Statistic = None,
    values: Values = None,
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if the promise is not kept.")] = False,
) -> None:
    """Judge the promise: the verdict, its pairs, and the verdict under every reading."""
    from onehour.report import check_data, print_check  # noqa: PLC0415

    words = _words(clock, mode, period, traveller, statistic)
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
def route_verb(
    origin: Annotated[str, typer.Argument(help="Id of a place, station or zone, or a point lon,lat.")],
    destination: Annotated[str, typer.Argument(help="The same.")],
    *,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="A shipped scenario or a .toml file.")
    ] = None,
    region: Region = "guangzhou",
    clock: Clock = None,
    mode: Mode = None,
    period: Period = None,
    traveller: Traveller = None,
    statistic: Statistic = None,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Show one journey: its stages with lines and stops, and the parts of its time."""
    from onehour.report import print_route, route_data  # noqa: PLC0415

    words = _words(clock, mode, period, traveller, statistic)
    study = _study(region, scenario, values, words)
    origin, destination = origin.strip(), destination.strip()
    with _status("Searching", show=not as_json):
        data = route_data(study, origin, destination, words)
    if as_json:
        _print_json(data)
    else:
        print_route(study, data)


@app.command("matrix")
def matrix_verb(
    scenario: Scenario = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .parquet or .csv.")],
    region: Region = "guangzhou",
    places: Annotated[
        Path | None, typer.Option("--places", help="A CSV file with the columns id, lon, lat.")
    ] = None,
    zones: Annotated[bool, typer.Option("--zones", help="Between all towns of the region.")] = False,
    clock: Clock = None,
    mode: Mode = None,
    period: Period = None,
    traveller: Traveller = None,
    statistic: Statistic = None,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Write the times from places to places with their parts, in long form."""
    from onehour.files import output_problems  # noqa: PLC0415
    from onehour.matrix import ENDINGS, ends_given, write_matrix  # noqa: PLC0415

    problems = output_problems(output, ENDINGS)
    given = ends_given(places, zones=zones, problems=problems)
    words = _words(clock, mode, period, traveller, statistic)
    study = _study(region, scenario, values, words, problems=problems)
    with _status("Searching", show=not as_json):
        data = write_matrix(study, output, given, words)
    if as_json:
        _print_json(data)
    else:
        typer.echo(
            f"{data['file']}: {data['rows']} rows, {data['reached']} with a journey "
            f"({data['scenario']}, {data['clock']}, {data['mode']}, {data['period']}, {data['statistic']})"
        )


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
def map_verb(
    scenario: Scenario = None,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .png, .svg or .pdf.")],
    region: Region = "guangzhou",
    goal: Goal = None,
    clock: Clock = None,
    mode: Mode = None,
    period: Period = None,
    traveller: Traveller = None,
    statistic: Statistic = None,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Draw the network and the pairs of a goal that fail."""
    from onehour.files import output_problems  # noqa: PLC0415
    from onehour.map import ENDINGS, write_map  # noqa: PLC0415

    words = _words(clock, mode, period, traveller, statistic)
    problems = output_problems(output, ENDINGS)
    study = _study(region, scenario, values, words, goal=goal, problems=problems)
    with _status("Drawing", show=not as_json):
        data = write_map(study, output, goal, words)
    if as_json:
        _print_json(data)
    else:
        typer.echo(f"{data['file']}: {data['title']}")


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
    feeds: Annotated[list[Path], typer.Argument(help="Feeds: zip archives or folders.")],
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
    from network.errors import BadInputError, Problem  # noqa: PLC0415
    from onehour.files import folder_problems  # noqa: PLC0415
    from onehour.gtfs import import_feeds  # noqa: PLC0415

    problems = folder_problems(output)
    on = _day("--date", day, problems)
    name = output.resolve().name if region_id is None else region_id
    if not ID.fullmatch(name):
        problems.append(Problem("--id", f"{name!r} is no identifier", "no spaces, commas or quotes"))
    try:
        model = None if like is None else _area(like).region
    except BadInputError as error:
        problems += error.problems
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


def _words(
    clock: str | None, mode: str | None, period: str | None, traveller: str | None, statistic: str | None
) -> dict[str, str | None]:
    """Return the words of a query by name; None is the default."""
    return {
        "clock": clock,
        "mode": mode,
        "period": period,
        "traveller": traveller,
        "statistic": statistic,
    }


def _study(
    region: str,
    scenario: str | None,
    values: list[str] | None,
    words: dict[str, str | None],
    *,
    goal: str | None = None,
    problems: list[Problem] | None = None,
) -> Study:
    """Load a region under a scenario, with numbers set for this run; tell all that is wrong together."""
    from network.errors import BadInputError  # noqa: PLC0415

    found = list(problems or ())

    def tried(make: Callable[[], Any]) -> Any:
        try:
            return make()
        except BadInputError as error:
            found.extend(error.problems)
            return None

    numbers = tried(lambda: _numbers(values or []))
    area = tried(lambda: _area(region))
    if area is not None:
        study = tried(lambda: area.scenario(scenario, values=numbers))
        tried(lambda: area.check_words(words, goal))
    if found:
        raise BadInputError(found)
    _tell_of_compiling()
    done: Study = study
    return done


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


def _print_json(data: object) -> None:
    """Print data as JSON; a number that is none becomes null."""
    typer.echo(json.dumps(_plain(data), ensure_ascii=False, allow_nan=False, indent=2))


def _plain(data: Any) -> Any:
    """Return data in JSON's own types."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if data is None or type(data).__name__ in {"NAType", "NaTType"}:
        return None
    if hasattr(data, "isoformat"):
        return data.isoformat()
    if hasattr(data, "item"):
        data = data.item()
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data
