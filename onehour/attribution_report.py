"""The verb `attribute`: its data, its files, its plot, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from onehour import style as look
from onehour.attribution import OTHERS
from onehour.folders import write_all
from onehour.numbers import share_text
from onehour.planning import add_title, print_head
from onehour.terminal import console_of, empty_table, print_basis

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from onehour.attribution import Shares

_TITLES = {
    "passing": ("达标组合", "pairs within the limit"),
    "people": ("时限内人口比例", "share of people within the limit"),
    "slack": ("超限组合的裕量合计（分钟）", "slack of the pairs over the limit, min"),
}
_MOST_JOINT = 6


def attribution_data(shares: Shares) -> dict[str, Any]:
    """Return shares as plain data."""
    rows = shares.table().to_dict("records")
    for row in rows:
        row["cards"] = row["cards"].split(";")
    return {
        "players": rows,
        "interactions": shares.interactions().to_dict("records"),
        "pairs": shares.pairs().to_dict("records"),
        "provenance": shares.provenance(),
    }


def write_attribution(shares: Shares, folder: Path) -> list[str]:
    """Write tables, data and picture into a folder; return the names of the files."""
    tables = {"players": shares.table(), "interactions": shares.interactions(), "pairs": shares.pairs()}
    return write_all(folder, "attribution", tables, attribution_data(shares), plot_attribution(shares))


def plot_attribution(shares: Shares) -> Axes:
    """Plot a bar a player: its Shapley value with its interval, alone on the base, and taken from all.

    Returns
    -------
    Axes
        Players from the largest share at the top.
    """
    table = shares.table().iloc[::-1].reset_index(drop=True)
    found = shares.provenance()
    factor = 100 if shares.metric == "people" else 1
    with look.styled() as style:
        ax = look.chart_axes(10, 2.2 + 0.42 * len(table))
        at = np.arange(len(table))
        value = table["shapley"].to_numpy(float) * factor
        colours = [look.MODE_COLOURS["intercity"] if one >= 0 else look.MODE_COLOURS["hsr"] for one in value]
        ax.barh(
            at, value, color=colours, height=0.62, label=style.both("夏普利值", "Shapley value"), zorder=2
        )
        if not shares.found.exact:
            low, high = (table[name].to_numpy(float) * factor for name in ("low", "high"))
            level = f"{100 * shares.level:.0f} %"
            ax.errorbar(
                value, at, xerr=np.stack([value - low, high - value]), fmt="none", ecolor=look.INK, capsize=3,
                linewidth=1, label=style.both(f"{level} 置信区间", f"{level} interval"), zorder=3,
            )  # fmt: skip
        for name, marker, words in (
            ("first_in", "o", style.both("单独建成", "alone on the base")),
            ("leave_one_out", "D", style.both("从全部中去掉", "taken from all")),
        ):
            ax.scatter(
                table[name].to_numpy(float) * factor, at, marker=marker, s=26, facecolor="white",
                edgecolor=look.INK, linewidth=1, label=words, zorder=4,
            )  # fmt: skip
        ax.axvline(0, color=look.INK, linewidth=0.8)
        names = [
            style.both(*shares.name(player)) + ("*" if player in _doubtful(shares) else "")
            for player in table["player"]
        ]
        ax.set_yticks(at, names)
        ax.tick_params(axis="y", length=0)
        unit = {
            "passing": ("组合", "pairs"),
            "people": ("百分点", "percentage points"),
            "slack": ("分钟", "min"),
        }
        ax.set_xlabel(style.both(*unit[shares.metric]))
        zh, en = _TITLES[shares.metric]
        add_title(
            ax,
            f"{style.both('各项目的贡献', 'What each project earns')}: {style.both(zh, en)}, "
            f"{_number(shares, found['none'])} → {_number(shares, found['every'])}\n"
            f"{found['scenario']} ← {found['base']} ({found['clock']}, {found['mode']}, {found['period']}, "
            f"{found['traveller']} traveller, {found['statistic']}, limit {found['limit_min']:g} min)",
        )
        ax.grid(axis="x", color="#E9E6DE", zorder=0)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.legend(loc="lower right")
        star = "* low confidence 可信度低 · " if _doubtful(shares) else ""
        look.add_source(ax, star + look.source_line(shares.ground.study, found))
    return ax


def _doubtful(shares: Shares) -> set[str]:
    """Return the players that are cards of low confidence."""
    table = shares.table()
    return set(table.loc[table["confidence"] == "low", "player"])


def _number(shares: Shares, value: float, *, sign: bool = False) -> str:
    """Return a value of the metric in words."""
    plus = "+" if sign else ""
    value += 0.0  # no minus nought
    if shares.metric == "people":
        return f"{100 * value:{plus}.1f} %"
    return f"{value:{plus}.2f}" if sign else f"{value:g}" if value == round(value) else f"{value:.1f}"


def print_attribution(shares: Shares, files: list[str]) -> None:
    """Print players with their shares, and which do more or less together."""
    console = console_of()
    found = shares.provenance()
    print_head(console, found, f"what the cards of {found['scenario']} earn over {found['base']}")
    zh, en = _TITLES[shares.metric]
    console.print(
        f"{zh} {en}: {_number(shares, found['none'])} with none of the cards, "
        f"{_number(shares, found['every'])} with all"
    )
    table = empty_table("What each earns 各项目的贡献")
    table.add_column("card or group", overflow="fold", ratio=5)
    for name in ("opens", "Shapley", "95 %" if shares.level == 0.95 else "interval"):  # noqa: PLR2004
        if name not in {"95 %", "interval"} or not found["exact"]:
            table.add_column(name, justify="right", no_wrap=True)
    for name in ("of all", "alone", "taken away"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("confidence", no_wrap=True)
    for row in shares.table().to_dict("records"):
        name = " ".join(part for part in (row["name_zh"], row["name_en"]) if part)
        wide = [f"{_number(shares, row['low'], sign=True)} to {_number(shares, row['high'], sign=True)}"]
        table.add_row(
            name,
            "" if pd.isna(row["opens"]) else str(row["opens"]),
            _number(shares, row["shapley"], sign=True),
            *([] if found["exact"] else wide),
            share_text(row["share"]),
            _number(shares, row["first_in"], sign=True),
            _number(shares, row["leave_one_out"], sign=True),
            row["confidence"],
        )
    console.print(table)
    joint = shares.interactions().head(_MOST_JOINT).to_dict("records")
    if joint:
        table = empty_table("Together (+: they need each other; −: they stand in for each other) 相互作用")
        for name in ("one", "other", "interaction"):
            table.add_column(name, overflow="fold", justify="right" if name == "interaction" else "left")
        for row in joint:
            names = [" ".join(part for part in shares.name(row[end]) if part) for end in ("one", "other")]
            table.add_row(*names, _number(shares, row["interaction"], sign=True))
        console.print(table)
    for line in _remarks(shares, found):
        console.print(line, style="dim")
    if files:
        console.print(f"Written: {', '.join(files)}")
    print_basis(console, found, found["low_confidence"])


def _remarks(shares: Shares, found: dict[str, Any]) -> list[str]:
    """Return how the shares were found, and what was left out."""
    count = len(shares.players)
    if found["exact"]:
        proven = found["subsets"] - found["evaluated"]
        how = f"all {found['subsets']:,} subsets of {count}; {found['evaluated']:,} evaluated"
        lines = [f"Exact: {how}, {proven:,} proven by monotonicity."]
    else:
        lines = [
            f"Sampled: {found['orders']:,} orders of {count}, seed {found['seed']}, each with its reverse."
        ]
    if found["not_monotone"]:
        lines.append(f"No value is taken from another: {found['not_monotone']}.")
    if OTHERS in shares.players:
        lines.append("The others: cards with a smaller effect both alone and taken away, as one.")
    if found["silent"]:
        lines.append(
            f"Change no pair's time, alone or taken away, and left out: {', '.join(found['silent'])}."
        )
    if abs(found["scenario_worth"] - found["every"]) > 1e-9:  # noqa: PLR2004 - rounding
        itself = _number(shares, found["scenario_worth"])
        rest = f"it is not {found['base']} and these cards alone"
        lines.append(f"{found['scenario']} itself reaches {itself}: {rest}.")
    return lines
