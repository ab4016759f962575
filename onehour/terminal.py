"""Words and tables on a terminal, the same for all verbs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

_MOST_DOUBTS = 6


def console_of() -> Console:
    """Return where to print: as wide as the terminal; where there is none, as COLUMNS says, else 132."""
    console = Console(highlight=False)
    if console.is_terminal or os.environ.get("COLUMNS", "").isdecimal():
        return console
    return Console(width=132, highlight=False)


def empty_table(title: str) -> Table:
    """Return an empty table in the style of all of them."""
    return Table(
        title=title or None,
        box=box.SIMPLE_HEAD,
        title_justify="left",
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def pair_text(row: Mapping[str, Any] | pd.Series[Any]) -> str:
    """Return both ends of a row with names, in Chinese and English: ``禅城区 Chancheng → 越秀区 Yuexiu``.

    An end without a name is called by its id.
    """
    ends = (
        f"{row[f'{end}_name_zh']} {row[f'{end}_name_en']}".strip() or str(row[end])
        for end in ("origin", "destination")
    )
    return " → ".join(ends)


def statistic_text(found: Mapping[str, Any]) -> str:
    """Return a statistic, what it is of where that is not the times, and if the period holds arrivals."""
    of = " of access" if found.get("percentile_of") == "access" else ""
    return f"{found['statistic']}{of}{' · arrive-by' if found['timing'] == 'arrive-by' else ''}"


def print_set(console: Console, found: Mapping[str, Any]) -> None:
    """Print the numbers that were set for this run."""
    if found["set"]:
        values = ", ".join(f"{name}={value:g}" for name, value in found["set"].items())
        console.print(f"Set for this run: {values}", style="yellow")


def print_ways(console: Console, found: Mapping[str, Any]) -> None:
    """Print over what one walks and drives."""
    ways = found["ways"]
    console.print(f"Walking: {ways['walking']} · car: {ways['car']}", style="dim")


def print_doubts(console: Console, rows: Sequence[str]) -> None:
    """Print the rows of low confidence that a result rests on, the first of each table."""
    tables: dict[str, list[str]] = {}
    for row in rows:
        table, _, key = row.partition(" ")
        tables.setdefault(table, []).append(key)
    for table, keys in tables.items():
        more = f" and {len(keys) - _MOST_DOUBTS} more (--json lists all)" if len(keys) > _MOST_DOUBTS else ""
        shown = ", ".join(keys[:_MOST_DOUBTS])
        console.print(f"Low confidence, {table}: {shown}{more}", style="dim")


def print_basis(console: Console, found: Mapping[str, Any], doubts: Sequence[str]) -> None:
    """Print what a result rests on: hashes, numbers set and assumed, doubtful rows, notes, sources.

    Parameters
    ----------
    console
        Where to print.
    found
        Provenance of the result.
    doubts
        Rows of low confidence that it rests on.
    """
    console.print(
        f"region {found['region_hash']} · scenario {found['scenario_hash']} · state {found['state_hash']} · "
        f"onehour {found['onehour']}",
        style="dim",
    )
    print_ways(console, found)
    print_set(console, found)
    print_doubts(console, doubts)
    assumed = ", ".join(f"{row['name']}={row['value']:g}" for row in found["assumed"])
    if assumed:
        console.print(f"Assumed numbers (low confidence): {assumed}", style="dim")
    for note in found["notes"]:
        console.print(f"· {note}", style="dim")
    if found["attribution"]:
        console.print(found["attribution"], style="dim")
