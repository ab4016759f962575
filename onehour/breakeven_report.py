"""The verb `breakeven`: its data, its files, its plot, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Rectangle
from rich.text import Text

from onehour import style as look
from onehour.files import folder_problems, output_problems
from onehour.folders import write_all
from onehour.matrix import write_rows
from onehour.numbers import minutes_text
from onehour.planning import add_title, print_head
from onehour.terminal import console_of, empty_table, pair_text, print_basis
from onehour.words import words_of
from sim.breakeven import HIGH, LOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from rich.console import Console

    from network.errors import Problem
    from onehour.study import Study

ENDINGS = (".csv", ".parquet")

_KINDS = {"ride": "time in vehicles", "headway": "headway", "part": "time of", "number": ""}
_MOST_LEVERS = 3
_MOST_ROWS = 24
_CELL = ("origin", "destination", "kind", "lever")
_NEARLY = 0.995
_DARK = 0.6


def breakeven_data(table: pd.DataFrame) -> dict[str, Any]:
    """Return a table of break-evens as plain data."""
    return {"rows": table.to_dict("records"), "provenance": attrs_of(table)}


def attrs_of(table: pd.DataFrame) -> dict[str, Any]:
    """Return a table's provenance."""
    return {str(name): value for name, value in table.attrs.items()}


def breakeven_problems(output: Path) -> list[Problem]:
    """Return why break-evens cannot be written to a path, as far as can be seen before the work."""
    return output_problems(output, ENDINGS) if output.suffix or output.is_file() else folder_problems(output)


def write_breakeven(table: pd.DataFrame, study: Study, output: Path) -> list[str]:
    """Write the table into a file, or all into a folder; return the names of the files."""
    if output.suffix:
        write_rows(table, output)
        return [output.name]
    return write_all(
        output, "breakeven", {"levers": table}, breakeven_data(table), plot_breakeven(table, study)
    )


def plot_breakeven(table: pd.DataFrame, study: Study) -> Axes:
    """Plot a table: a row a pair, the nearest to the limit at the top; a column a lever, lines left out.

    Returns
    -------
    Axes
        Cells say with which factor the pair turns, the darker the nearer it is to 1; or within how many
        minutes a new stop would have to be.
    """
    found = attrs_of(table)
    lines = set(study.network.region.table("lines")["line_id"])
    shown = table[~table["lever"].isin(lines)]
    first = shown.drop_duplicates(["origin", "destination"])
    first = first.assign(away=first["slack_min"].abs().fillna(np.inf))
    first = first.sort_values(["away", "origin", "destination"]).head(_MOST_ROWS)
    columns = list(dict.fromkeys(zip(shown["kind"], shown["lever"], strict=True)))
    cells = {tuple(row[name] for name in _CELL): row for row in shown.to_dict("records")}
    with look.styled() as style:
        ax = look.chart_axes(max(9.0, 4.5 + 0.62 * len(columns)), 3.4 + 0.32 * len(first))
        for row, pair in enumerate(first.to_dict("records")):
            for column, (kind, lever) in enumerate(columns):
                key = (pair["origin"], pair["destination"], kind, lever)
                text, strength = _cell(cells[key]) if key in cells else ("", 0.0)
                colour = look.FAIL if pair["kept"] else look.KEEP
                face = (colour, strength) if text else "#F1EFE9"
                box = (column - 0.46, row - 0.42)
                ax.add_patch(Rectangle(box, 0.92, 0.84, facecolor=face, linewidth=0))
                ink = "white" if strength > _DARK else look.INK
                ax.text(column, row, text, ha="center", va="center", fontsize=7.5, color=ink)
        ax.set_xlim(-0.5, max(len(columns), 6) - 0.5)
        ax.set_ylim(len(first) - 0.5, -0.5)
        names = style.names(study, between=" ")
        labels = [
            f"{names.get(pair['origin'], pair['origin'])} → "
            f"{names.get(pair['destination'], pair['destination'])}  "
            f"{minutes_text(pair['minutes'], slack=pair['slack_min'])}"
            for pair in first.to_dict("records")
        ]
        ax.set_yticks(range(len(first)), labels)
        levers = [style.both(*_names_of(kind, lever), between="\n") for kind, lever in columns]
        ax.set_xticks(range(len(columns)), levers, rotation=40, ha="right")
        ax.tick_params(length=0, labelsize=8)
        ax.spines[:].set_visible(False)
        add_title(
            ax,
            f"{style.both('各对的临界值', 'What would turn each pair')}: × "
            f"{style.both('倍数；新站为步行等的分钟数', 'factor; of a new stop, minutes of access')}\n"
            f"{found['scenario']} ({found['clock']}, {found['mode']}, {found['period']}, "
            f"{found['traveller']} traveller, {found['statistic']}, limit {found['limit_min']:g} min; "
            f"{style.both('绿：可达标；红：将超限', 'green: it passes; red: it breaks')})",
        )
        look.add_source(ax, look.source_line(study, found))
    return ax


def _names_of(kind: str, lever: str) -> tuple[str, str]:
    """Return the Chinese and the English name of a lever, or of the end where a new stop is."""
    both = []
    for lang in ("zh", "en"):
        words = words_of(lang)["planning"]
        if kind == "new stop":
            both.append(f"{words['new_stop']}{words[f'at_{lever}']}")
        else:
            both.append(f"{words['lever'][kind]} {words['named'].get(lever, lever)}".strip())
    return both[0], both[1]


def _cell(row: Mapping[Any, Any]) -> tuple[str, float]:
    """Return what stands in a cell and how dark it is, from 0 to 1; no text where nothing does it."""
    if row["kind"] == "new stop":
        minutes = float(row["access_min"])
        return (f"{minutes:.0f} min", min(0.25 + minutes / 40, 0.9)) if minutes >= 0 else ("", 0.0)
    factor = float(row["factor"])
    if np.isnan(factor):
        return "", 0.0
    strength = 0.9 - 0.7 * abs(np.log(factor)) / np.log(HIGH)
    return f"{factor:.2g}" if factor < _NEARLY else f"{factor:.3g}", strength


def print_breakeven(table: pd.DataFrame, files: Sequence[str] = ()) -> None:
    """Print a row a pair: its minutes, and the levers that turn it, the smallest change first."""
    console = console_of()
    found = attrs_of(table)
    print_head(console, found, f"scenario {found['scenario']}")
    console.print(
        f"One lever at a time, multiplied by {LOW:g} to {HIGH:g}; {found['evaluations']} networks searched."
    )
    shown = empty_table("What would turn each pair 临界")
    shown.add_column("pair", overflow="fold", ratio=2)
    shown.add_column("min", justify="right", no_wrap=True)
    shown.add_column("slack", justify="right", no_wrap=True)
    shown.add_column("turns with", overflow="fold", ratio=5)
    for (_, _), group in table.groupby(["origin", "destination"], sort=True):
        first = group.iloc[0]
        style = "green" if first["kept"] else "red"
        shown.add_row(
            pair_text(first),
            Text(minutes_text(first["minutes"], slack=first["slack_min"]), style=style),
            Text(minutes_text(first["slack_min"], sign=True), style=style),
            _levers_text(group[group["kind"] != "new stop"]),
        )
    console.print(shown)
    _print_stops(console, table[table["kind"] == "new stop"])
    if files:
        console.print(f"Written: {', '.join(files)}")
    print_basis(console, found, ())


def _print_stops(console: Console, stops: pd.DataFrame) -> None:
    """Print where a new stop would do, and within how many minutes of the place."""
    if stops.empty:
        return
    works = stops[stops["access_min"] >= 0]
    left = stops.drop_duplicates(["origin", "destination"]).shape[0]
    left -= works.drop_duplicates(["origin", "destination"]).shape[0]
    if len(works):
        table = empty_table("A new stop near the places with which a pair passes 新站")
        table.add_column("pair", overflow="fold", ratio=3)
        table.add_column("near", no_wrap=True)
        table.add_column("with the trains of", overflow="fold", ratio=2)
        for name in ("access at most", "with it at the door"):
            table.add_column(name, justify="right", no_wrap=True)
        for _, row in works.iterrows():
            table.add_row(
                pair_text(row),
                "both ends" if row["lever"] == "both" else str(row["lever"]),
                _stations_text(row),
                f"{row['access_min']:.1f} min",
                f"{row['end_minutes']:.1f} min",
            )
        console.print(table)
    if left:
        console.print(f"{left} failing pairs do not pass even with new stops at the door of both places.")


def _stations_text(row: pd.Series[Any]) -> str:
    """Return the stations of a new stop by both names."""
    names = zip(*(str(row[name]).split("; ") for name in ("name_zh", "name_en")), strict=True)
    return "; ".join(" ".join(part for part in both if part) for both in names)


def _levers_text(group: pd.DataFrame) -> str:
    """Return the levers that turn a pair, the smallest change first, or how near the best of them comes."""
    works = group[group["factor"].notna()]
    verb = "breaks" if group["kept"].iloc[0] else "passes"
    if works.empty:
        if group["end_minutes"].isna().all():
            return "no journey, whatever is multiplied"
        ends = group["end_minutes"].to_numpy(np.float64)
        at = int(np.nanargmax(ends) if verb == "breaks" else np.nanargmin(ends))
        value = HIGH if verb == "breaks" else LOW
        told = f"{_lever_text(group.iloc[at])} × {value:g} gives {minutes_text(float(ends[at]))} min"
        return f"none in the range; the most: {told}"
    order = np.argsort(np.abs(np.log(works["factor"].to_numpy(np.float64))), kind="stable")[:_MOST_LEVERS]
    rows = [works.iloc[int(at)] for at in order]
    each = [f"{_lever_text(row)} × {row['factor']:.3g}" for row in rows]
    more = f" (and {len(works) - len(each)} more)" if len(works) > len(each) else ""
    return f"{verb} with " + "; or ".join(each) + more


def _lever_text(row: pd.Series[Any]) -> str:
    """Return what a lever is called."""
    own = f"{row['name_zh']} {row['name_en']}".strip()
    return f"{_KINDS[str(row['kind'])]} {own or row['lever']}".strip()
