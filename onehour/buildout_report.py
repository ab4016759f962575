"""The verb `buildout`: its data, its files, its plot, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from onehour import style as look
from onehour.folders import write_all
from onehour.numbers import minutes_text
from onehour.planning import add_title, print_head
from onehour.terminal import console_of, empty_table, print_basis

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.axes import Axes
    from rich.console import Console

    from onehour.buildout import Plan

_MOST_SETS = 12
_MOST_DRAWN = 40
_MOST_MISSED = 6
_AIMS = {"cards": "the fewest cards", "cost": "the least cost", "year": "the earliest year"}


def buildout_data(plan: Plan) -> dict[str, Any]:
    """Return sets, cards and missed pairs as plain data."""
    sets = plan.table().to_dict("records")
    for row in sets:
        row["cards"] = [name for name in row["cards"].split(";") if name]
    return {
        "sets": sets,
        "used": plan.used().to_dict("records"),
        "missed": plan.missed().to_dict("records"),
        "failing": [
            [card.project_id for card, on in zip(plan.ground.cards, mask, strict=True) if on]
            for mask in plan.found.failing
        ],
        "provenance": plan.provenance(),
    }


def write_buildout(plan: Plan, folder: Path) -> list[str]:
    """Write tables, data and picture into a folder; return the names of the files."""
    tables = {"sets": plan.table(), "used": plan.used(), "missed": plan.missed()}
    return write_all(folder, "buildout", tables, buildout_data(plan), plot_buildout(plan))


def plot_buildout(plan: Plan) -> Axes:
    """Plot the sets as a matrix: a row a card, a column a set, the best sets in the stronger colour.

    Returns
    -------
    Axes
        Cards from the one that stands in most sets at the top, the best set on the left.
    """
    found = plan.provenance()
    sets, used = plan.table().head(_MOST_DRAWN), plan.used()
    with look.styled() as style:
        ax = look.chart_axes(max(8.5, 5.5 + 0.3 * len(sets)), 2.6 + 0.34 * max(len(used), 2))
        held = [set(text.split(";")) for text in sets["cards"]]
        for row, name in enumerate(used["project_id"]):
            for column, (members, best) in enumerate(zip(held, sets["best"], strict=True)):
                on = name in members
                colour = (look.KEEP if best else "#9BC4A8") if on else "#F1EFE9"
                ax.add_patch(_cell(column, row, colour))
        ax.set_xlim(-0.5, max(len(sets), 6) - 0.5)
        ax.set_ylim(max(len(used), 1) - 0.5, -0.5)
        labels = [
            style.both(row["name_zh"], row["name_en"])
            + ("" if pd.isna(row["opens"]) else f" ({row['opens']})")
            + (" !" if row["essential"] else "")
            for row in used.to_dict("records")
        ]
        ax.set_yticks(range(len(used)), labels)
        sizes = [_size(plan, row) for row in sets.to_dict("records")]
        ax.set_xticks(range(len(sets)), sizes, rotation=0 if len(sets) <= 12 else 90)  # noqa: PLR2004
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        what = {
            "cards": ("项目数", "cards in the set"),
            "cost": ("亿元", "cost, 100 million yuan"),
            "year": ("项目数", "cards in the set"),
        }[plan.aim]
        note = style.both("! 任何达标方案都不可少", "! no set keeps so many pairs without it")
        words = f"{style.both(*what)}\n{note}" if used["essential"].any() else style.both(*what)
        ax.set_xlabel(words, loc="left")
        if not len(used):
            words = (
                style.both("无需任何项目", "no card is needed") if len(sets) else style.both("无解", "no set")
            )
            ax.annotate(words, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", fontsize=11)
        add_title(
            ax,
            f"{style.both('方案', 'Sets of cards')}: {_AIMS[plan.aim]}, "
            f"{plan.reached}/{len(plan.ground.pairs)} {style.both('组合达标', 'pairs kept')}\n"
            f"{found['scenario']} ← {found['base']} ({found['clock']}, {found['mode']}, {found['period']}, "
            f"{found['traveller']} traveller, {found['statistic']}, limit {found['limit_min']:g} min)",
        )
        look.add_source(ax, look.source_line(plan.ground.study, found))
    return ax


def _cell(column: int, row: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    return Rectangle((column - 0.42, row - 0.4), 0.84, 0.8, facecolor=colour, linewidth=0)


def _size(plan: Plan, row: Mapping[Any, Any]) -> str:
    """Return what a set costs in the unit that is minimised."""
    return f"{row['cost_cny'] / 1e8:,.0f}" if plan.aim == "cost" else str(row["count"])


def print_buildout(plan: Plan, files: list[str]) -> None:
    """Print the answer with its proof, the sets, and why no more pairs can be kept."""
    console = console_of()
    found = plan.provenance()
    total = len(plan.ground.pairs)
    print_head(
        console, found,
        f"{_AIMS[plan.aim]}, of the {len(found['cards'])} of {found['scenario']}, added to {found['base']}",
    )  # fmt: skip
    console.print(f"The base alone keeps {plan.in_base} of {total} pairs.")
    if plan.reached < plan.wanted:
        sure = "No set keeps" if plan.most_proven else "No set was found that keeps"
        wanted = "all" if plan.wanted == total else str(plan.wanted)
        console.print(f"{sure} {wanted}: the most is {plan.reached}.", style="bold red")
    _print_missed(console, plan)
    _print_sets(console, plan)
    for line in _remarks(plan, found):
        console.print(line, style="dim")
    if files:
        console.print(f"Written: {', '.join(files)}")
    print_basis(console, found, found["low_confidence"])


def _print_missed(console: Console, plan: Plan) -> None:
    """Print the pairs that miss the limit even with all cards."""
    missed = plan.missed()
    if plan.reached == plan.wanted or not len(missed):
        return
    more = f", the worst {_MOST_MISSED} of {len(missed)}" if len(missed) > _MOST_MISSED else ""
    table = empty_table(f"Over the limit even with all cards{more} 全部建成仍超限")
    for name in ("from", "to", "min", "over"):
        table.add_column(name, overflow="fold", justify="right" if name in {"min", "over"} else "left")
    for row in missed.head(_MOST_MISSED).to_dict("records"):
        ends = [
            " ".join(plan.ground.names[row[end]]).strip() or row[end] for end in ("origin", "destination")
        ]
        table.add_row(*ends, minutes_text(row["minutes"]), minutes_text(-row["slack_min"], sign=True))
    console.print(table)


def _print_sets(console: Console, plan: Plan) -> None:
    """Print the sets, the best first."""
    rows = plan.table().to_dict("records")
    if not rows:
        return
    if not rows[0]["cards"]:
        console.print(f"No card is needed to keep {plan.reached} pairs.")
        return
    more = f", the first {_MOST_SETS} of {len(rows)}" if len(rows) > _MOST_SETS else ""
    table = empty_table(f"Sets that keep {plan.reached} pairs{more} 可行方案")
    for name in ("cards", *(("100 million yuan",) if plan.costs else ()), "opens"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("which", overflow="fold", ratio=1)
    for row in rows[:_MOST_SETS]:
        names = [" ".join(part for part in plan.ground.names[one] if part) for one in row["cards"].split(";")]
        opens = row["opens"]
        table.add_row(
            str(row["count"]),
            *([f"{row['cost_cny'] / 1e8:,.0f}"] if plan.costs else []),
            "–" if pd.isna(opens) else str(opens),
            "; ".join(names),
            style="" if row["best"] else "dim",
        )
    console.print(table)


def _remarks(plan: Plan, found: dict[str, Any]) -> list[str]:
    """Return the proof, what stands in every set, what was left out, and the assumed costs."""
    lines = []
    if plan.proven and not plan.not_monotone:
        how = f"{found['failing_sets']} largest failing sets, {found['programs']} integer programs"
        how += f", {found['evaluated']:,} sets evaluated"
        lines.append(f"Proven: no better set keeps {plan.reached} pairs ({how}).")
    elif plan.proven:
        lines.append(f"Proven: all better sets were tried; {found['evaluated']:,} sets evaluated.")
    else:
        bound = "" if found["bound"] is None else f"; all sets below {found['bound']} were tried"
        lines.append(f"Not proven: {found['evaluated']:,} sets evaluated{bound}.")
    if plan.not_monotone:
        lines.append(f"Nothing is concluded from one set for another: {plan.not_monotone}.")
    if plan.apart:
        apart = ", ".join(plan.apart)
        lines.append(f"Searched for each choice of these apart, since they may lengthen journeys: {apart}.")
    if not found["complete"] and plan.proven:
        lines.append("There may be more sets as good or nearly as good: the search for them was cut off.")
    if plan.found.sets.any():
        best = np.flatnonzero(plan.found.best.all(axis=0))
        names = [plan.ground.cards[at].project_id for at in best]
        lines.append(f"In every best set: {', '.join(names) or 'none'}.")
    if plan.essential:
        lines.append(f"No set at all keeps so many pairs without: {', '.join(plan.essential)}.")
    if plan.unused:
        what = {"cost": "cost", "year": "year"}.get(plan.aim, "")
        lines.append(f"Left out, no {what} known: {', '.join(plan.unused)}.")
    lines += [
        f"Assumed cost ({one['confidence']} confidence): {one['source']}" for one in found["assumed_costs"]
    ]
    return lines
