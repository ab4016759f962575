"""Verbs that judge many networks: timeline, breakeven, risk, attribute, buildout."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onehour.verbs.options import (
    Goal,
    Json,
    Region,
    Scenario,
    Values,
    Words,
    asks,
    print_json,
    spinner,
    study_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from network.errors import Problem


@asks
def timeline_verb(
    scenario: Scenario = None,
    *,
    first: Annotated[int, typer.Option("--first", help="First year.")] = 2023,
    last: Annotated[int, typer.Option("--last", help="Last year.")] = 2035,
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
    """Judge the promise at the end of each year as cards open, and say which opening turned which pair."""
    from onehour.timeline import course  # noqa: PLC0415
    from onehour.timeline_report import print_timeline, timeline_data, write_timeline  # noqa: PLC0415
    from sim.timeline import year_problems  # noqa: PLC0415

    problems = year_problems(first, last) + _folder_problems(output)
    study = study_of(region, scenario, values, words, goal=goal, problems=problems)
    with _long("Building the network of each year", output, show=not as_json) as tell:
        found = course(study, goal, first=first, last=last, words=words, folder=output, tell=tell)
        data = timeline_data(found)
        data["files"] = [] if output is None else write_timeline(found, data, output)
    if as_json:
        print_json(data)
    else:
        print_timeline(found, data)


@asks
def breakeven_verb(
    scenario: Scenario = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="A file, .csv or .parquet, or a folder for table, data and plot; a run goes on from it.",
        ),
    ] = None,
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Find what would make each failing pair pass, and break each passing one: one lever at a time."""
    from onehour.breakeven import breakeven  # noqa: PLC0415
    from onehour.breakeven_report import (  # noqa: PLC0415
        breakeven_data,
        breakeven_problems,
        print_breakeven,
        write_breakeven,
    )

    problems = [] if output is None else breakeven_problems(output)
    study = study_of(region, scenario, values, words, goal=goal, problems=problems)
    folder = output if output is not None and not output.suffix else None
    with _long("Searching every lever", folder, show=not as_json) as tell:
        table = breakeven(study, goal, words, folder=folder, tell=tell)
        files = [] if output is None else write_breakeven(table, study, output)
    if as_json:
        print_json(breakeven_data(table) | {"files": files})
    else:
        print_breakeven(table, files)


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
        Path | None,
        typer.Option("-o", "--output", help="Folder for tables, data and the plot; a run goes on from it."),
    ] = None,
    region: Region = "guangzhou",
    goal: Goal = None,
    words: Words,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Say how surely the promise is kept in each year, which inputs decide, and which plan regrets least."""
    from onehour.risk import futures, print_risk, risk_data, risk_problems, write_risk  # noqa: PLC0415

    problems = risk_problems(first, last, samples) + _folder_problems(output)
    study = study_of(region, scenario, values, words, goal=goal, problems=problems)
    with _long("Drawing futures", output, show=not as_json) as tell:
        found = futures(
            study, goal, first=first, last=last, samples=samples, seed=seed, inputs=inputs, words=words,
            folder=output, tell=tell,
        )  # fmt: skip
        files = [] if output is None else write_risk(found, output)
    if as_json:
        print_json(risk_data(found) | {"files": files})
    else:
        print_risk(found, files)


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

    problems = _folder_problems(output)
    groups = _groups(group or [], problems)
    study = study_of(region, scenario, values, words, goal=goal, problems=problems)
    with _long("Learning what each card changes", output, show=not as_json) as tell:
        found = shares(
            study, _listed(cards), groups=groups, metric=metric, base=base, goal=goal, words=words,
            orders=orders, seed=seed, folder=output, tell=tell,
        )  # fmt: skip
        files = [] if output is None else write_attribution(found, output)
    if as_json:
        print_json(attribution_data(found) | {"files": files})
    else:
        print_attribution(found, files)


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

    problems = _folder_problems(output)
    study = study_of(region, scenario, values, words, goal=goal, problems=problems)
    with _long("Learning what each card changes", output, show=not as_json) as tell:
        found = plan(
            study, _listed(cards), minimise=minimise, pairs=pairs, base=base, goal=goal, words=words,
            most=most, budget=budget, folder=output, tell=tell,
        )  # fmt: skip
        files = [] if output is None else write_buildout(found, output)
    if as_json:
        print_json(buildout_data(found) | {"files": files})
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


def _folder_problems(output: Path | None) -> list[Problem]:
    """Return what is wrong with a folder for results, if one is given."""
    from onehour.files import folder_problems  # noqa: PLC0415

    return [] if output is None else folder_problems(output)


@contextmanager
def _long(words: str, folder: Path | None, *, show: bool) -> Iterator[Callable[[str], None] | None]:
    """Give what shows the words of a long run; say on an interrupt that what was found is kept."""
    with spinner(words, show=show) as status:
        try:
            yield None if status is None else lambda now: status.update(f"{now} …")
        except KeyboardInterrupt:
            if folder is not None:
                typer.echo(f"onehour: stopped; run again with -o {folder} to go on from here", err=True)
            raise
