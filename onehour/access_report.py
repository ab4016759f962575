"""The verb `access`: its data, its file, and what it prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from network.errors import Problem, UnknownNameError
from network.points import read_points
from onehour.access import GROUPS, PEOPLE, RESERVED, decay_asked
from onehour.files import output_problems
from onehour.matrix import write_rows
from onehour.numbers import minutes_text, share_text
from onehour.terminal import console_of, empty_table, print_basis, statistic_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from onehour.access import Access

ENDINGS = (".csv", ".parquet")
ZONES = "zones"


def checked_options(
    options: dict[str, Any], to: str, by: str | None, output: Path | None
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the options of `onehour.access.access` with the destinations read, and all that is wrong.

    Parameters
    ----------
    options
        minutes, opportunity, decay, width and nearest.
    to
        ``zones``, or the path of a CSV file.
    by
        Groups of the rows, if given.
    output
        The file to be, or None.
    """
    problems = [] if output is None else output_problems(output, ENDINGS)
    if by is not None and by not in GROUPS:
        problems += UnknownNameError("group", by, GROUPS, where="--by").problems
    numbers = {name: value for name, value in options.items() if name != "opportunity"}
    decay_asked(**numbers, problems=problems)
    wanted = options["opportunity"]
    given = None
    if wanted in RESERVED:
        problems.append(Problem("--opportunity", f"{wanted!r} is no opportunity", "a column of numbers"))
    elif to != ZONES:
        given = read_points(Path(to), problems, numbers=(wanted,))
    return options | {"to": given}, problems


def access_data(found: Access, by: str | None, output: Path | None) -> dict[str, Any]:
    """Return accessibility as plain data; with an output, write the rows of the groups there too.

    Raises
    ------
    BadInputError
        There are no such groups, or the file cannot be written.
    """
    by = by or found.usual_groups
    table = found.groups(by)
    if output is not None:
        write_rows(table, output)
    return {
        "file": None if output is None else str(output),
        "by": by,
        "inequality": found.inequality(),
        "circles": found.circles().to_dict("records"),
        "rows": table.to_dict("records"),
        "provenance": found.provenance(),
    }


def print_access(data: Mapping[str, Any]) -> None:
    """Print what people reach: means and inequality, the circles of the cores, the groups."""
    console = console_of()
    found = data["provenance"]
    console.print()
    console.print(
        f"{found['region']} · scenario {found['scenario']} · {found['clock']} · {found['mode']} · "
        f"{found['period']} · {found['traveller']} traveller · {statistic_text(found)}"
    )
    console.print(f"Opportunity: {found['opportunity']}, {found['opportunities']:,.0f} in all; "
                  f"weight {found['decay_words']}")  # fmt: skip
    _print_inequality(console, data)
    _print_circles(console, data)
    _print_groups(console, data)
    if data["file"]:
        console.print(f"{data['file']}: {len(data['rows'])} rows by {data['by']}")
    print_basis(console, found, found["low_confidence"])


def _print_inequality(console: Console, data: Mapping[str, Any]) -> None:
    """Print the mean and the measures of inequality."""
    found, head = data["inequality"], data["provenance"]
    words = [f"{name} {found[name]:.3f}" for name in ("gini", "palma", "theil") if found[name] is not None]
    average = "–" if found["mean"] is None else f"{found['mean']:,.0f}"
    console.print(f"A person reaches {average} on average; {', '.join(words) or 'no inequality to measure'}")
    if found["beyond_core_share"] is not None and data["circles"]:
        share = share_text(found["beyond_core_share"])
        console.print(f"{share} of people have no core within {head['minutes']:g} min")
    if "beyond_nearest_share" in found:
        share = share_text(found["beyond_nearest_share"])
        console.print(f"{share} of people do not reach {head['nearest']:,.0f} within {head['minutes']:g} min")
    console.print()


def _print_circles(console: Console, data: Mapping[str, Any]) -> None:
    """Print the commuting circles."""
    if not data["circles"]:
        return
    head = data["provenance"]
    table = empty_table(
        f"Commuting circles {head['minutes']:g} 分钟通勤圈: towns from which a core is reached"
    )
    further = () if head["opportunity"] == PEOPLE else (head["opportunity"],)
    table.add_column("core", no_wrap=True)
    for name in ("towns", "area, km²", "people", "of all", "from other cities", *further):
        table.add_column(name, justify="right")
    for row in data["circles"]:
        table.add_row(
            f"{row['name_zh']} {row['name_en']}".strip() or row["core"],
            str(row["towns"]),
            _count(row["area_km2"]),
            _count(row["people"]),
            share_text(row["people_share"]),
            _count(row["other_people"]),
            *(_count(row[name]) for name in further),
        )
    console.print(table)


def _print_groups(console: Console, data: Mapping[str, Any]) -> None:
    """Print the groups."""
    by, head = data["by"], data["provenance"]
    jobs = head["opportunity"] != PEOPLE
    table = empty_table(f"{head['opportunity'].capitalize()} within {head['minutes']:g} min, by {by}")
    table.add_column(by, no_wrap=True)
    columns = ["people", "within", "of all"]
    columns += ["weighted"] if head["decay"] != "step" else []
    columns += ["per head"] if jobs else []
    if by == "town":
        columns += [f"min to {head['nearest']:,.0f}"] if head["nearest"] else []
    else:
        columns += ["least", "most"]
    if data["circles"]:
        columns += ["min to a core" if by == "town" else "no core within"]
    for name in columns:
        table.add_column(name, justify="right")
    for row in data["rows"]:
        cells = {
            "people": _count(row[PEOPLE]),
            "within": _count(row["within"]),
            "of all": share_text(row["within_share"]),
            "weighted": _count(row["weighted"]),
            "per head": f"{row['per_head']:.3f}",
            f"min to {head['nearest'] or 0:,.0f}": minutes_text(row.get("nearest_min")),
            "min to a core": minutes_text(row.get("nearest_core_min")),
            "least": _count(row.get("within_least")),
            "most": _count(row.get("within_most")),
            "no core within": share_text(row.get("beyond_core_share")),
        }
        name = f"{row['name_zh']} {row['name_en']}".strip() or str(row.get(by, row.get("origin"))) or "all"
        table.add_row(name, *(cells[column] for column in columns))
    console.print(table)


def _count(value: Any) -> str:
    """Return a whole number with separators; a dash where there is none."""
    return "–" if value is None or pd.isna(value) else f"{value:,.0f}"
