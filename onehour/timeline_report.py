"""The verb `timeline`: its data, its files, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.text import Text

from onehour.folders import write_all
from onehour.numbers import minutes_text, share_text
from onehour.terminal import console_of, empty_table, print_basis
from onehour.timeline_plot import plot_timeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from onehour.timeline import Course

TABLES = ("years", "pairs", "turns", "later")

_MOST_PAIRS = 6


def timeline_data(course: Course) -> dict[str, Any]:
    """Return a timeline as plain data: years, pairs, turns, cards that open later, names of the cards."""
    named = {name for one in course.found.years for name in one.opened} | set(course.found.later)
    return {
        "goal": course.goal.goal_id,
        "goal_text": course.goal.text_seed,
        **{name: _records(getattr(course, name)()) for name in TABLES},
        "cards": [
            {
                "project_id": card.project_id,
                "name_zh": card.name_zh or card.name_seed,
                "name_en": card.name_en,
                "opens": card.opens,
                "opens_from": card.opens_from,
                "opens_to": card.opens_to,
                "confidence": card.confidence,
                "moves_trains": card.moves_trains,
            }
            for card in course.study.scenario.known_cards
            if card.project_id in named
        ],
        "provenance": course.provenance(),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain data, lists of cards as lists."""
    rows = table.to_dict("records")
    for row in rows:
        for name in ("opened", "by"):
            if name in row:
                row[name] = [part for part in row[name].split(";") if part]
    return [{str(name): None if value is pd.NA else value for name, value in row.items()} for row in rows]


def write_timeline(course: Course, data: Mapping[str, Any], folder: Path) -> list[str]:
    """Write tables, data and pictures of a timeline into a folder; return the names of the files.

    Raises
    ------
    BadInputError
        A file cannot be written.
    """
    tables = {name: getattr(course, name)() for name in TABLES}
    return write_all(folder, "timeline", tables, data, plot_timeline(course))


def print_timeline(course: Course, data: Mapping[str, Any]) -> None:
    """Print years, turns and the cards that open later."""
    console = console_of()
    found = data["provenance"]
    console.print()
    console.print(Text(data["goal_text"], style="bold"))
    limit = "no limit" if found["limit_min"] is None else f"limit {found['limit_min']:g} min"
    console.print(f"{data['goal']} · {found['region']} · scenario {found['scenario']} year by year")
    console.print(
        f"Read as: {found['clock']} · {found['mode']} · {found['period']} · {found['traveller']} traveller · "
        f"{found['statistic']} · {limit}"
    )
    console.print()
    _print_years(console, course, data)
    _print_turns(console, course)
    _print_later(console, data)
    if data["files"]:
        console.print(f"Written: {', '.join(data['files'])}")
    print_basis(console, found, found["low_confidence"])


def _print_years(console: Console, course: Course, data: Mapping[str, Any]) -> None:
    """Print a row a year."""
    names = {key: f"{zh} {en}".strip() or key for key, (zh, en) in course.place_names().items()}
    table = empty_table("At the end of each year 逐年")
    table.add_column("year", no_wrap=True)
    table.add_column("kept")
    for name in ("pairs", "people"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("worst pair", overflow="fold", ratio=2)
    table.add_column("min", justify="right", no_wrap=True)
    table.add_column("opens in it", overflow="fold", ratio=4)
    for row, year in zip(data["years"], course.found.years, strict=True):
        opened = [english for _, english in course.names(year.opened)] + [
            "dated rows of no card"
        ] * year.dated
        worst = f"{names.get(row['worst_origin'], '')} → {names.get(row['worst_destination'], '')}"
        table.add_row(
            str(row["year"]),
            Text("yes" if row["kept"] else "no", style="green" if row["kept"] else "red"),
            f"{row['passing']}/{row['pairs']}",
            share_text(row["people_share"]),
            worst if row["worst_origin"] else "",
            minutes_text(row["worst_minutes"]),
            "; ".join(opened),
        )
    console.print(table)


def _print_turns(console: Console, course: Course) -> None:
    """Print which openings turned which pairs; of many pairs the first."""
    groups = course.turn_groups()
    if not groups:
        console.print("No pair turns: none comes within the limit or falls out of it over these years.")
        console.print()
        return
    names = course.place_names()
    table = empty_table("Which opening turned which pairs 哪一项目使之达标")
    table.add_column("year", no_wrap=True)
    table.add_column("now", no_wrap=True)
    table.add_column("pairs", justify="right", no_wrap=True)
    table.add_column("which", overflow="fold", ratio=3)
    table.add_column("by", overflow="fold", ratio=3)
    table.add_column("how", no_wrap=True)
    for group in groups:
        joint = " / " if group.alone else " + "
        by = joint.join(f"{zh} {en}".strip() for zh, en in course.names(group.names))
        pairs = [" → ".join(names[end][1] or end for end in pair) for pair in group.pairs]
        more = [f"and {len(pairs) - _MOST_PAIRS} more"] if len(pairs) > _MOST_PAIRS else []
        table.add_row(
            str(group.year),
            Text("kept", style="green") if group.kept else Text("not kept", style="red"),
            str(len(pairs)),
            ", ".join([*pairs[:_MOST_PAIRS], *more]),
            by,
            "alone" if group.alone else "together" if group.names else "several ways",
        )
    console.print(table)


def _print_later(console: Console, data: Mapping[str, Any]) -> None:
    """Print the cards that do not open by the last year."""
    later = data["later"]
    if not later:
        return
    names = {row["project_id"]: row["name_en"] or row["project_id"] for row in later}
    years = {row["project_id"]: row["year"] for row in later}
    after = [f"{names[name]} {year}" for name, year in years.items() if year is not None]
    never = [names[name] for name, year in years.items() if year is None]
    if after:
        console.print(f"Opens after {data['provenance']['last']}: {'; '.join(after)}", style="dim")
    if never:
        console.print(f"No year known, so never counted: {'; '.join(never)}", style="dim")
