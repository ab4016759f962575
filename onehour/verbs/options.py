"""What the verbs share: options, loading a study with every problem told, progress, and printing data."""

from __future__ import annotations

import functools
import inspect
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from network.errors import Problem
    from onehour.study import Area, Study

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
    "statistic": "expected, best, or over the departures their mean or a percentile: p5, p50, p95 …",
}
Within = Annotated[
    float | None,
    typer.Option("--within", help="Also the share of departures that take so many minutes at most."),
]
_ARRIVE_BY = "The period holds times to be there, not departures; with a percentile or mean."

Verb = TypeVar("Verb", bound="Callable[..., None]")


def asks(verb: Verb) -> Verb:
    """Return a verb with an option for each word of a query in the place of its parameter `words`."""
    return _asking(verb, [])


def asks_when(verb: Verb) -> Verb:
    """Return a verb as `asks` does, with ``--arrive-by`` too: for verbs that answer over departures."""
    flag = inspect.Parameter(
        "arrive_by",
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[bool, typer.Option("--arrive-by", help=_ARRIVE_BY)],
    )
    return _asking(verb, [flag])


def _asking(verb: Verb, flags: list[inspect.Parameter]) -> Verb:
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(f"--{name}", help=words)],
        )
        for name, words in _WORDS.items()
    ] + flags
    signature = inspect.signature(verb, eval_str=True)
    given = signature.parameters.values()

    @functools.wraps(verb)
    def asked(**options: Any) -> None:
        words = {name: options.pop(name) for name in _WORDS}
        words["timing"] = "arrive-by" if options.pop("arrive_by", False) else None
        verb(words=words, **options)

    parameters = [one for word in given for one in (options if word.name == "words" else [word])]
    setattr(asked, "__signature__", signature.replace(parameters=parameters))  # noqa: B010 - typer reads it
    return asked  # type: ignore[return-value]


def share_check(within_min: float | None, words: Words) -> Callable[[Study], object]:
    """Return a check that a share of departures can be told: `Study.share_query` raises what is wrong."""
    return lambda study: None if within_min is None else study.share_query(within_min, **words)


def area_of(region: str) -> Area:
    """Load a region."""
    from onehour.study import load  # noqa: PLC0415

    return load(region)


def study_of(
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
    return studies_of(region, [scenario], values, words, goal=goal, problems=problems, checks=checks)[0]


def studies_of(
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
    area = tried(lambda: area_of(region), found)
    studies: list[Study] = []
    if area is not None:
        for name in names:
            studies += [tried(partial(area.scenario, name, values=numbers), found)]
        tried(lambda: area.check_words(words, goal), found)
        for study in filter(None, studies):
            if not found:  # of the words, only these depend on what the region has
                tried(partial(study.query, clock=words.get("clock"), mode=words.get("mode")), found)
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


def day_of(option: str, text: str, problems: list[Problem]) -> date | None:
    """Return the day of a text, or None with a problem added."""
    import datetime as dt  # noqa: PLC0415

    from network.errors import Problem  # noqa: PLC0415

    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        problems.append(Problem(option, f"{text!r} is no day", "write it as 2030-01-01"))
        return None


def spinner(words: str, *, show: bool) -> Any:
    """Return a spinner on a terminal's standard error while something runs."""
    from contextlib import nullcontext  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=True)
    return console.status(f"{words} …") if show and console.is_terminal else nullcontext()


def print_json(data: object) -> None:
    """Print data as JSON."""
    from onehour.jsons import json_text  # noqa: PLC0415

    typer.echo(json_text(data))
