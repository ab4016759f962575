"""The plot of a timeline: minutes of each pair, and how many pairs are kept, year by year."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from onehour import style as look

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from onehour.style import Style
    from onehour.timeline import Course

_MOST_LINES = 24
_MOST_TURNS = 10
_LINE = 150


def plot_timeline(course: Course) -> Axes:
    """Plot a timeline.

    Parameters
    ----------
    course
        The timeline.

    Returns
    -------
    Axes
        The upper ones: minutes over years, a line a pair, of very many pairs the median and the tenths. The
        lower ones show how many pairs are kept; below stands by which openings pairs turned.
    """
    years, pairs = course.years(), course.pairs()
    many = years["pairs"].max() > _MOST_LINES
    with look.styled() as style:
        words = _turn_lines(course, style)
        below = 0.3 + 0.14 * len(words)
        layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)
        figure = Figure(figsize=(11, 6.8 + below), layout=layout)
        upper: Axes
        upper, lower, text = figure.subplots(3, 1, height_ratios=(4.2, 1.6, below))
        lower.sharex(upper)
        upper.tick_params(labelbottom=False)
        limit = course.verdict.limit_min
        if limit is not None:
            span = years["year"].min() - 0.5, years["year"].max() + 0.3  # names of lines stand behind
            upper.hlines(limit, *span, color=look.INK, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        if many:
            _band(upper, pairs, style)
        else:
            _lines(upper, pairs, course, style)
        upper.set_ylim(bottom=0)
        upper.set_ylabel(style.both("分钟", "minutes"))
        _bars(lower, years, style)
        text.set_axis_off()
        text.text(0, 1, "\n".join(words), fontsize=7, va="top", linespacing=1.35, in_layout=False)
        upper.set_title(_title(course, style))
        look.add_source(upper, look.source_line(course.study, course.provenance()))
        for ax in (upper, lower):
            ax.spines[["top", "right"]].set_visible(False)
    return upper


def _title(course: Course, style: Style) -> str:
    """Return the goal in its own words, the scenario and the reading."""
    query, limit = course.verdict.query, course.verdict.limit_min
    judged = "" if limit is None else f", {style.both('限', 'limit')} {limit:g} min"
    words = f"{query.clock}, {query.mode}, {query.period}, {query.traveller} traveller, {query.statistic}"
    return (
        f"{style.both(course.goal.text_seed, '') or course.goal.goal_id}\n"
        f"{style.both('逐年', 'year by year')}: {course.study.scenario.name} ({words}{judged})"
    )


def _lines(ax: Axes, pairs: pd.DataFrame, course: Course, style: Style) -> None:
    """Draw a line a pair, green in the years in which it is kept, named at its end."""
    names = style.names(course.study, between=" ")
    ends: list[tuple[float, str, bool]] = []
    last = pairs["year"].max()
    for (origin, destination), part in pairs.groupby(["origin", "destination"]):
        minutes, kept = part["minutes"].to_numpy(), part["kept"].to_numpy(bool)
        year = part["year"].to_numpy()
        for at in range(1, len(part)):
            colour = look.KEEP if kept[at] else look.FAIL
            ax.plot(year[at - 1 : at + 1], minutes[at - 1 : at + 1], color=colour, linewidth=1.3, zorder=2)
        colours = [look.KEEP if one else look.FAIL for one in kept]
        ax.scatter(year, minutes, c=colours, s=9, zorder=3)
        if np.isfinite(minutes[-1]):
            label = " → ".join(names.get(str(end), str(end)) for end in (origin, destination))
            ends.append((float(minutes[-1]), label, bool(kept[-1])))
    top = max((end for end, _, _ in ends), default=60.0) * 1.06
    ax.set_ylim(0, top)
    heights = _spread([end for end, _, _ in sorted(ends)], top * 0.043)
    for height, (end, label, still) in zip(heights, sorted(ends), strict=True):
        ax.annotate(
            f"{label} {end:.0f}", (last, end), xytext=(last + 0.35, height), fontsize=7.5, va="center",
            color=look.KEEP if still else look.FAIL, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": look.FAINT, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3},
        )  # fmt: skip


def _spread(heights: list[float], gap: float) -> list[float]:
    """Return ascending heights moved apart as little as need be, each at least `gap` above the one before."""
    groups: list[tuple[float, int]] = []  # middle and size of heights that touch
    for height in heights:
        groups.append((height, 1))
        while len(groups) > 1:
            (low, few), (high, more) = groups[-2:]
            if high - low >= gap * (few + more) / 2:
                break
            groups[-2:] = [((low * few + high * more) / (few + more), few + more)]
    return [middle + gap * (at - (size - 1) / 2) for middle, size in groups for at in range(size)]


def _band(ax: Axes, pairs: pd.DataFrame, style: Style) -> None:
    """Draw the median of the pairs' minutes and their tenths; pairs without a journey are above all."""
    levels = (0.1, 0.25, 0.5, 0.75, 0.9)
    by_year = pairs.assign(minutes=pairs["minutes"].fillna(np.inf)).groupby("year")["minutes"]
    low, lower, middle, upper, high = (by_year.quantile(one, interpolation="lower") for one in levels)
    year = low.index.to_numpy()
    for one, other, alpha, label in (
        (low, high, 0.18, style.both("十分之八的组合", "eight tenths of the pairs")),
        (lower, upper, 0.3, style.both("一半的组合", "half of the pairs")),
    ):
        top = other.where(np.isfinite(other), np.nan)
        ax.fill_between(year, one, top, color="#0072B2", alpha=alpha, linewidth=0, label=label)
    ax.plot(year, middle, color="#0072B2", linewidth=2, marker="o", label=style.both("中位数", "median"))
    ax.legend(loc="upper right", ncols=3)


def _bars(ax: Axes, years: pd.DataFrame, style: Style) -> None:
    """Draw the number of pairs that are kept, and below each year the number of its openings."""
    ax.bar(years["year"], years["pairs"], color="#E9E6DE", width=0.62, zorder=1)
    ax.bar(years["year"], years["passing"], color=look.KEEP, width=0.62, zorder=2)
    for year, passing, pairs in zip(years["year"], years["passing"], years["pairs"], strict=True):
        ax.annotate(
            f"{passing}/{pairs}", (year, pairs), xytext=(0, 2), textcoords="offset points", ha="center",
            fontsize=8,
        )  # fmt: skip
    opened = [len([name for name in text.split(";") if name]) for text in years["opened"]]
    below = [
        f"{year}\n+{count}" if count else str(year) for year, count in zip(years["year"], opened, strict=True)
    ]
    ax.set_xticks(years["year"], below)
    ax.tick_params(axis="x", length=0)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    ax.set_ylim(0, float(years["pairs"].max()) * 1.22 + 0.5)
    ax.set_ylabel(style.both("达标", "pairs kept"))
    ax.set_xlabel(style.both("年末；+ 为当年开通的项目数", "end of the year; + cards that open in it"))


def _turn_lines(course: Course, style: Style) -> list[str]:
    """Return in words which openings turned how many pairs, folded to the width of the figure."""
    groups = course.turn_groups()
    if not groups:
        return [style.both("无组合变化", "no pair turns")]
    found = [style.both("达标变化", "pairs turned by")]
    largest = sorted(groups, key=lambda group: -len(group.pairs))[:_MOST_TURNS]
    for group in [group for group in groups if group in largest]:
        joint = " / " if group.alone else " + "
        names = joint.join(style.both(*both) for both in course.names(group.names))
        word = style.both("达标", "kept") if group.kept else style.both("不再达标", "no longer kept")
        text = f"{group.year}: {len(group.pairs)} {word} ← {names or style.both('多种组合', 'several ways')}"
        found += wrap(text, _LINE, subsequent_indent="            ")
    more = len(groups) - _MOST_TURNS
    return found + ([style.both(f"另有 {more} 组较小的", f"and {more} smaller groups")] if more > 0 else [])
