"""Pictures: how far ahead of each peer, and how times grow with the graph, or with the timetable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.ticker import NullLocator

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.tasks import Row

__all__ = ["draw", "draw_window_growth"]

_INK, _MET, _MISSED, _OTHER = "#222222", "#2a7f62", "#b5482f", "#7a8ca3"


def draw(report: dict[str, Any], folder: Path) -> None:
    """Draw ``ratios.png`` and ``growth.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    _ratios(report["rows"], folder / "ratios.png")
    _growth(report["growth"], folder / "growth.png")


def _ratios(rows: list[Row], path: Path) -> None:
    """Draw a bar for each comparison with a peer, and a mark where a target stands."""
    bars = [row for row in rows if row.theirs_ms and not row.at_most and row.peer != "preparing"]
    bars.sort(key=lambda row: (row.graph, row.measured), reverse=True)
    figure, axes = plt.subplots(figsize=(11, 0.27 * len(bars) + 1.6), layout="constrained")
    names = [f"{', '.join(row.graph.split(', ')[:2])}: {row.task} · {row.peer}" for row in bars]
    colours = [(_MET if row.is_met else _MISSED) if row.target else _OTHER for row in bars]
    widths = [row.measured - 1 for row in bars]
    axes.barh(range(len(bars)), widths, left=1, color=colours, height=0.72)
    for place, row in enumerate(bars):
        ahead = row.measured >= 1
        end = max(row.measured, row.target or 0) if ahead else row.measured
        options: dict[str, Any] = {
            "ha": "left" if ahead else "right",
            "va": "center",
            "fontsize": 8,
            "color": _INK,
        }
        shift = 5 if ahead else -5
        axes.annotate(f"{row.measured:.3g}", (end, place), (shift, 0), textcoords="offset points", **options)
        if row.target:
            axes.plot([row.target] * 2, [place - 0.42, place + 0.42], color=_INK, linewidth=2)
    axes.set_xscale("log")
    axes.margins(x=0.08, y=0.01)
    axes.axvline(1, color=_INK, linewidth=0.8)
    axes.set_yticks(range(len(bars)), names, fontsize=8)
    axes.set_xlabel("times as fast as the peer (green: target met, red: not; black mark: the target)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _growth(growth: list[dict[str, Any]], path: Path) -> None:
    """Draw times by size of the road graph."""
    figure, axes = plt.subplots(figsize=(8.5, 4.5), layout="constrained")
    nodes = [line["nodes"] for line in growth]
    styles = {
        "scipy": (_MISSED, "SciPy, one origin"),
        "plain": (_OTHER, "plain search, one origin"),
        "prepared, per origin": (_MET, "prepared, per origin of 64"),
        "preparation": (_INK, "preparation, once"),
        "new times": ("#c79a2b", "new times, once"),
    }
    for name in sorted(styles, key=lambda name: -growth[-1][name]):  # the legend in the order of the lines
        colour, label = styles[name]
        axes.loglog(nodes, [line[name] for line in growth], "o-", color=colour, label=label)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    axes.set_xlabel("nodes of the road-like graph")
    axes.set_ylabel("ms")
    axes.xaxis.set_minor_formatter("")
    axes.grid(which="major", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_window_growth(lines: list[dict[str, Any]], path: Path) -> None:
    """Draw times of the departure window by stops, trips and departures, each beside plain proportion."""
    names = {
        "stops": "stops (lines and trips grow too)",
        "trips": "trips",
        "departures": "departures, one a minute",
    }
    figure, panels = plt.subplots(1, len(names), figsize=(11, 3.8), sharey=True, layout="constrained")
    for axes, (by, label) in zip(panels, names.items(), strict=True):
        sizes, times = (np.array([line[key] for line in lines if line["by"] == by]) for key in ("size", "ms"))
        axes.loglog(sizes, times[0] * sizes / sizes[0], "--", color=_OTHER, label="in proportion")
        axes.loglog(sizes, times, "o-", color=_MET, label="one stop to all")
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes.tolist()], fontsize=8)
        axes.set_xlabel(label)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(which="major", alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("ms of the processor")
    panels[0].legend(frameon=False, loc="upper left")
    panels[0].yaxis.set_major_formatter("{x:g}")
    figure.savefig(path, dpi=110)
    plt.close(figure)
