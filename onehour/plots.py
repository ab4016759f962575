"""Plots that a planner would print: isochrones, slack, parts of the time, differences between scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.patches import Patch, Rectangle

from network.distances import metric_xy
from network.ends import ends_of
from network.errors import BadInputError, Problem, UnknownNameError
from network.graph import PARTS
from onehour import style as look
from onehour.files import output_problems
from onehour.map import add_layer, finish_map, map_axes, metric, plot_network, verdict_title
from onehour.numbers import minutes_text, signed_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from onehour.study import Study, Words
    from onehour.style import Style

KINDS = ("network", "slack", "parts", "difference")
"""Kinds of plots of the verb `plot`."""

_FEW = 8
_MOST_BARS = 30
_MOST_SPAN = 90
_LEAST_REACH_M = 15_000
_NEAR = 5


def write_plot(
    kind: str, studies: Sequence[Study], output: Path, *, goal: str | None = None, words: Words | None = None
) -> dict[str, Any]:
    """Draw one of `KINDS` into a file; return what was drawn.

    Parameters
    ----------
    kind
        One of `KINDS`.
    studies
        One study; two, before and after, for ``difference``.
    output
        A ``.png``, ``.svg`` or ``.pdf`` file; its folder must be there.
    goal
        Id of a goal; by default the headline one.
    words
        clock, mode, period, traveller, statistic in place of the goal's own.

    Raises
    ------
    BadInputError
        The file cannot be written so, or the goal cannot be plotted; lists every problem.
    """
    problems = output_problems(output, look.ENDINGS) + kind_problems(kind, len(studies))
    if problems:
        raise BadInputError(problems)
    if kind == "network":
        ax = plot_network(studies[0])
    elif kind == "slack":
        ax = plot_slack(studies[0], goal=goal, words=words)
    elif kind == "parts":
        ax = plot_parts(studies[0], goal=goal, words=words)
    else:
        ax = plot_difference(*studies, goal=goal, words=words)
    look.save(ax, output)
    title = ax.get_title(loc="left").replace("\n", "; ")
    return {"file": str(output), "kind": kind, "title": title}


def kind_problems(kind: str, scenarios: int) -> list[Problem]:
    """Return what is wrong with a kind of plot and the number of scenarios that are given for it."""
    if kind not in KINDS:
        return [UnknownNameError("kind of plot", kind, KINDS, where="KIND").problems[0]]
    wanted = 2 if kind == "difference" else 1
    if scenarios == wanted:
        return []
    what = f"{kind} takes {wanted}, not {scenarios}"
    return [Problem("SCENARIO", what, "onehour plot difference today-2026 plan-2030 -o FILE.png")]


# -------------------------------------------------------------------------------------------------- heat maps


def plot_slack(
    study: Study, *, goal: str | None = None, ax: Axes | None = None, words: Words | None = None
) -> Axes:
    """Plot the slack of each pair of a goal as a heat map: blue within the limit, orange over it.

    Parameters
    ----------
    study
        The region under a scenario.
    goal
        Id of a goal with a limit; by default the headline one.
    ax
        Where to plot; by default a new figure.
    words
        clock, mode, period, traveller, statistic in place of the goal's own.

    Returns
    -------
    Axes
        Origins are rows, destinations columns; slack in minutes.

    Raises
    ------
    BadInputError
        The goal sets no limit, or a word is unknown.
    """
    verdict = study.verdict(goal, words=words)
    if verdict.limit_min is None:
        what = f"{study.goal(goal).goal_id} sets no limit, so no pair has slack"
        raise BadInputError(Problem("--goal", what, "choose one with a limit: onehour goals"))
    table = verdict.table
    with look.styled() as style:
        cells = _square(table, "slack_min")
        turns = dict.fromkeys(_pairs_of(table), 0)
        ax = _heat(cells, turns, study, style, ax, label=style.both("富余（分钟）", "slack, min"))
        ax.set_title(verdict_title(study, goal, verdict, style))
        look.add_source(ax, look.source_line(study, study.provenance(verdict.query)))
    return ax


def plot_difference(
    before: Study,
    after: Study,
    *,
    goal: str | None = None,
    ax: Axes | None = None,
    words: Words | None = None,
) -> Axes:
    """Plot the minutes that each pair of a goal gains from one scenario to another as a heat map.

    Parameters
    ----------
    before, after
        The region under two scenarios.
    goal
        Id of a goal; by default the headline one.
    ax
        Where to plot; by default a new figure.
    words
        clock, mode, period, traveller, statistic in place of the goal's own.

    Returns
    -------
    Axes
        Origins are rows, destinations columns; minutes gained, blue and positive where `after` is faster. A
        frame marks pairs that come within the limit, a dashed one those that fall out of it.
    """
    old, new = (study.verdict(goal, words=words) for study in (before, after))
    table = new.table.merge(old.table, on=["origin", "destination"], how="outer", suffixes=("", "_before"))
    table["gained_min"] = table["minutes_before"] - table["minutes"]
    now, then = (table[name].eq(True) for name in ("kept", "kept_before"))
    table["turn"] = np.where(now & ~then, 1, np.where(then & ~now, -1, 0))
    with look.styled() as style:
        cells = _square(table, "gained_min")
        label = style.both("节省（分钟）", "gained, min")
        turns = dict(zip(_pairs_of(table), table["turn"].tolist(), strict=True))
        ax = _heat(cells, turns, after, style, ax, label=label)
        come, fall = int((table["turn"] > 0).sum()), int((table["turn"] < 0).sum())
        limit = "" if new.limit_min is None else f" within {new.limit_min:g} min"
        aim, query = after.goal(goal), new.query
        gained = f"{old.passing} → {new.passing} of {new.pairs} pairs{limit}"
        ax.set_title(
            f"{style.both(aim.text_seed, '') or aim.goal_id}\n"
            f"{before.scenario.name} → {after.scenario.name}: {gained}\n"
            f"{query.clock}, {query.mode}, {query.period}, {query.traveller} traveller, {query.statistic}"
        )
        handles = []
        if come:
            handles.append(_frame_handle("-", f"{style.both('新达标', 'newly within the limit')}: {come}"))
        if fall:
            handles.append(_frame_handle("--", f"{style.both('不再达标', 'no longer within it')}: {fall}"))
        if handles:
            ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.005), frameon=False, ncols=2)
        source = look.source_line(after, after.provenance(query))
        look.add_source(ax, f"before: scenario {before.scenario.name} {before.scenario.hash} · {source}")
    return ax


def _frame_handle(line: Literal["-", "--"], label: str) -> Patch:
    return Patch(facecolor="none", edgecolor="black", linewidth=1.6, linestyle=line, label=label)


def _square(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a column of pairs by origin and destination."""
    return table.set_index(["origin", "destination"])[column].unstack()  # noqa: PD010 - each pair once, NaN kept


def _pairs_of(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["origin"], table["destination"], strict=True))


def _heat(
    cells: pd.DataFrame,
    turns: dict[tuple[str, str], int],
    study: Study,
    style: Style,
    ax: Axes | None,
    *,
    label: str,
) -> Axes:
    """Draw a table of signed minutes as a heat map with numbers; pairs without one are hatched.

    `turns` has all pairs: those above 0 get a frame, those below it a dashed one.
    """
    rows, columns = len(cells.index), len(cells.columns)
    large = max(rows, columns) <= _FEW
    if ax is None:
        side = 0.95 if large else 0.4
        ax = look.chart_axes(max(columns * side + 2.6, 6.4), max(rows * side + 2.2, 4.2), compress=True)
    values = cells.to_numpy(np.float64)
    size = np.abs(values[np.isfinite(values)])
    span = float(np.clip(15 * np.ceil(np.quantile(size, 0.95) / 15), 15, _MOST_SPAN)) if size.size else 15.0
    image = ax.imshow(values, cmap=look.DIVERGING, vmin=-span, vmax=span, aspect="equal")
    names = style.names(study, between="\n" if large else " ")
    ax.set_yticks(range(rows), [names.get(name, name) for name in cells.index])
    ax.set_xticks(
        range(columns),
        [names.get(name, name) for name in cells.columns],
        rotation=0 if large else 60,
        ha="center" if large else "left",
        rotation_mode="anchor",
    )
    ax.tick_params(length=0, labelsize=9 if large else 7.5, top=False, bottom=False)
    ax.xaxis.set_ticks_position("top")
    ax.set_ylabel(style.both("起点", "from"))
    ax.set_xlabel(style.both("终点", "to"))
    ax.xaxis.set_label_position("top")
    for row, origin in enumerate(cells.index):
        for column, destination in enumerate(cells.columns):
            if (turn := turns.get((origin, destination))) is None:
                continue
            _cell(ax, row, column, values[row, column], span, size=10 if large else 6.5)
            if turn:
                line = "-" if turn > 0 else "--"
                corner = column - 0.46, row - 0.46
                ax.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, linewidth=1.6, linestyle=line))
    for spine in ax.spines.values():
        spine.set_visible(False)
    bar = ax.figure.colorbar(
        image, ax=ax, shrink=0.8, extend="both" if size.size and size.max() > span else "neither", pad=0.03
    )
    bar.set_label(label)
    bar.outline.set_visible(False)
    return ax


def _cell(ax: Axes, row: int, column: int, value: float, span: float, *, size: float) -> None:
    """Write a number into a cell of a heat map, or hatch a cell that has none."""
    if not np.isfinite(value):
        cell = Rectangle(
            (column - 0.5, row - 0.5), 1, 1, facecolor="#EEEEEE", edgecolor="#AAAAAA", hatch="///"
        )
        cell.set_linewidth(0)
        ax.add_patch(cell)
        return
    colour = "white" if abs(value) > 0.75 * span else look.INK
    ax.text(column, row, _signed(value), ha="center", va="center", fontsize=size, color=colour)


def _signed(value: float) -> str:
    """Return minutes with a sign, near nought with a decimal: what is nearly kept is not kept."""
    if not value:
        return "0"
    return signed_text(value) if abs(value) < _NEAR else f"{value:+.0f}".replace("-", "−")


# ------------------------------------------------------------------------------------------------------ parts


def plot_parts(
    study: Study, *, goal: str | None = None, ax: Axes | None = None, words: Words | None = None
) -> Axes:
    """Plot the parts of each pair's time as stacked bars; of very many pairs the slowest.

    Parameters
    ----------
    study
        The region under a scenario.
    goal
        Id of a goal; by default the headline one.
    ax
        Where to plot; by default a new figure.
    words
        clock, mode, period, traveller, statistic in place of the goal's own.

    Returns
    -------
    Axes
        A bar a pair with a journey, the slowest below; minutes.
    """
    verdict = study.verdict(goal, words=words)
    table = verdict.table.dropna(subset="minutes").sort_values(["minutes", "origin", "destination"])
    shown = table.tail(_MOST_BARS)
    with look.styled() as style:
        if ax is None:
            ax = look.chart_axes(10, 0.29 * max(len(shown), 4) + 2.2)
        names = style.names(study, between=" ")
        pairs = zip(shown["origin"], shown["destination"], strict=True)
        labels = [" → ".join(names.get(name, name) for name in pair) for pair in pairs]
        at, left = np.arange(len(shown)), np.zeros(len(shown))
        for part in PARTS:
            width = shown[f"{part}_min"].to_numpy(np.float64)
            if width.any():
                colour, label = look.PART_COLOURS[part], style.both(*look.PART_NAMES[part])
                ax.barh(
                    at,
                    width,
                    left=left,
                    color=colour,
                    label=label,
                    height=0.72,
                    edgecolor="white",
                    linewidth=0.5,
                )
                left += width
        for row, minutes, slack in zip(at, shown["minutes"], shown["slack_min"], strict=True):
            text = minutes_text(minutes, slack=slack)
            ax.annotate(text, (minutes, row), (4, 0), textcoords="offset points", va="center", fontsize=8)
        if verdict.limit_min is not None:
            label = style.both("限时", "limit") + f" {verdict.limit_min:g} min"
            ax.axvline(verdict.limit_min, color=look.FAIL, linestyle="--", linewidth=1.4, label=label)
        ax.set_yticks(at, labels)
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.margins(x=0.07)
        ax.set_xlim(left=0)
        ax.tick_params(axis="y", length=0, labelsize=8)
        ax.set_xlabel(style.both("分钟", "minutes"))
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
        labels = ax.get_legend_handles_labels()[1]
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, frameon=False, borderaxespad=0.2)
        more = f"\nthe {len(shown)} slowest of {verdict.pairs} pairs" if len(shown) < len(table) else ""
        ax.set_title(
            verdict_title(study, goal, verdict, style) + more, pad=10 + 14 * np.ceil(len(labels) / 4)
        )
        look.add_source(ax, look.source_line(study, study.provenance(verdict.query)))
    return ax


# ------------------------------------------------------------------------------------------------- isochrones


def plot_isochrones(gdf: gpd.GeoDataFrame, study: Study, ax: Axes | None = None) -> Axes:
    """Plot isochrones over the districts, with boundaries, lines and rail stations above them.

    Parameters
    ----------
    gdf
        Polygons with the column ``minutes``, the most that it takes to reach each; they may be nested, or
        rings. Any CRS. What ``attrs`` says of ``origin`` (an id, or ``lon,lat``) and of the reading is
        drawn too.
    study
        The study that they come from.
    ax
        Where to plot; by default a new figure.

    Returns
    -------
    Axes
        In the region's metric coordinates.
    """
    found = study.provenance(None) | dict(gdf.attrs)
    with look.styled() as style:
        new, ax = ax is None, map_axes(study, ax)
        minutes = sorted(gdf["minutes"].unique())
        shades = 0.25 + 0.75 * mpl.colormaps["viridis"](np.linspace(0.95, 0.3, max(len(minutes), 2)))[:, :3]
        handles: list[Patch] = []
        shapes = gdf.to_crs(study.network.region.about.crs)
        if new:
            _zoom(ax, shapes.total_bounds)
        for limit, shade in reversed(list(zip(minutes, shades, strict=False))):
            # the largest first: those within it are drawn over it
            add_layer(ax, shapes[shapes["minutes"] == limit], color=shade, edgecolor="none", zorder=0.5)
            handles.insert(0, Patch(color=shade, label=f"≤ {limit:g} min"))
        add_layer(
            ax, metric(study, "districts"), facecolor="none", edgecolor="#7A7466", linewidth=0.8, zorder=1
        )
        lines, stations = metric(study, "lines"), metric(study, "stations")
        street = lines["class"] == "street"
        add_layer(ax, lines[street], color="#555555", linewidth=0.35, alpha=0.6, zorder=2)
        add_layer(ax, lines[~street], color="#555555", linewidth=0.9, alpha=0.7, zorder=2)
        rail = stations["system"] == "rail"
        add_layer(ax, stations[stations["system"] == "metro"], markersize=1.5, color="#333333", zorder=3)
        add_layer(
            ax, stations[rail], markersize=10, color="white", edgecolor="#222222", linewidth=0.7, zorder=4
        )
        names = style.names(study)
        region = study.network.region
        area = region.places[region.places["in_area"]]
        spots = metric_xy(region, area)
        ax.scatter(spots[:, 0], spots[:, 1], s=14, color="black", edgecolor="white", linewidth=0.7, zorder=7)
        labels = [
            ((float(x), float(y)), names[name], 6.5)
            for name, (x, y) in zip(area["place_id"], spots, strict=True)
        ]
        origin = found.get("origin")
        head = "isochrones"
        if isinstance(origin, str):
            (spot,) = metric_xy(region, ends_of(region, [origin]).table)
            ax.scatter(
                spot[0], spot[1], s=150, marker="*", color="#CC1111", edgecolor="white", linewidth=1, zorder=8
            )
            head = style.names(study, between=" ").get(origin, origin)
            labels = [label for label in labels if label[0] != tuple(spot)]
            labels.insert(0, ((spot[0], spot[1]), names.get(origin, origin), 10.0))
        look.add_labels(ax, labels)
        reading = ", ".join(
            str(found[name]) for name in ("clock", "mode", "period", "statistic") if name in found
        )
        told = style.both("等时圈", "reach")
        ax.set_title(f"{head}: {told}\n{study.scenario.name}" + (f" ({reading})" if reading else ""))
        finish_map(ax, study, handles, found)
    return ax


def _zoom(ax: Axes, bounds: NDArray[np.float64]) -> None:
    """Zoom a map to bounds (left, low, right, high, m), where they are smaller, and keep its shape."""
    if not np.isfinite(bounds).all():
        return
    limits = np.array([ax.get_xlim(), ax.get_ylim()])
    middle, half = (bounds[:2] + bounds[2:]) / 2, np.maximum((bounds[2:] - bounds[:2]) / 2, _LEAST_REACH_M)
    share = float((1.1 * half / (np.diff(limits).ravel() / 2)).max())
    if share < 1:
        reach = share * np.diff(limits).ravel() / 2
        ax.set_xlim(middle[0] - reach[0], middle[0] + reach[0])
        ax.set_ylim(middle[1] - reach[1], middle[1] + reach[1])
