"""The maps: a region's network by mode and status, and the pairs of a goal that keep its limit or do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from network.distances import metric_xy
from network.errors import BadInputError
from network.streets.model import CLASSES
from onehour import style as look
from onehour.files import output_problems
from onehour.layers import network_layer
from onehour.style import FAIL, KEEP, MODE_COLOURS, MODE_NAMES, STATUS_LINES, STATUS_NAMES

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from matplotlib.axes import Axes

    from network.region import Region
    from onehour.study import Study, Words
    from onehour.style import Style
    from sim.check import Verdict

_MOST_ARCS = 60
_FEW = 10
_LARGE_STREETS = ("motorway", "trunk", "primary", "secondary", "tertiary")
_WIDTHS = {"expressway": 1.0, "street": 0.6, "metro": 1.3}
_ORDERS = {"expressway": 1, "street": 1.5, "metro": 3}


def write_map(study: Study, output: Path, goal: str | None, words: Words) -> dict[str, Any]:
    """Draw the map of a goal's pairs into a file; return what was drawn.

    Raises
    ------
    BadInputError
        The file cannot be written so, or the goal or a word is unknown.
    """
    if problems := output_problems(output, look.ENDINGS):
        raise BadInputError(problems)
    ax = plot_map(study, goal=goal, words=words)
    look.save(ax, output)
    return {"file": str(output), "title": ax.get_title(loc="left").replace("\n", "; ")}


def plot_map(
    study: Study, *, goal: str | None = None, ax: Axes | None = None, words: Words | None = None
) -> Axes:
    """Plot the network of a scenario, and each pair of a goal as an arc: dashed and red where it fails.

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
        In the region's metric coordinates.
    """
    verdict = study.verdict(goal, words=words)
    with look.styled() as style:
        ax = map_axes(study, ax)
        handles = _network(ax, study, style)
        handles += _pairs(ax, study, verdict, style)
        judged = {*verdict.table["origin"], *verdict.table["destination"]}
        _centres(ax, study, style, judged if len(judged) <= _FEW else set())
        ax.set_title(verdict_title(study, goal, verdict, style))
        finish_map(ax, study, handles, study.provenance(verdict.query))
    return ax


def plot_network(study: Study, *, ax: Axes | None = None) -> Axes:
    """Plot the network of a scenario by mode and status: open, under construction, planned.

    Parameters
    ----------
    study
        The region under a scenario.
    ax
        Where to plot; by default a new figure.

    Returns
    -------
    Axes
        In the region's metric coordinates.
    """
    with look.styled() as style:
        ax = map_axes(study, ax)
        handles = _network(ax, study, style)
        _centres(ax, study, style, set(), hubs=True)
        about = study.area.region.about
        ax.set_title(
            f"{style.both(about.name_zh, about.name_en) or about.region_id}\n"
            f"{study.scenario.name}: {study.scenario.title}"
        )
        finish_map(ax, study, handles, study.provenance(None))
    return ax


# ----------------------------------------------------------------------------------------------------- pieces


def map_axes(study: Study, ax: Axes | None) -> Axes:
    """Return axes of a map of the region's centres, with the districts on them."""
    if ax is None:
        ax = look.map_figure_axes(11, 10.9)
    region = study.network.region
    area = region.places[region.places["in_area"]]
    points = metric_xy(region, area if len(area) else region.stations)
    ax.set_aspect("equal")
    if len(points):
        low, high = points.min(axis=0), points.max(axis=0)
        extent = float((high - low).max())
        margin = 0.07 * extent + (min(4000.0, 0.15 * extent) or 4000.0)
        ax.set_xlim(low[0] - margin, high[0] + margin)
        ax.set_ylim(low[1] - margin, high[1] + margin)
    ax.set_xticks([])
    ax.set_yticks([])
    add_layer(
        ax, metric(study, "districts"), facecolor=look.LAND, edgecolor=look.BORDER, linewidth=0.7, zorder=0
    )
    if not region.districts["features"]:
        _streets(ax, region)
    return ax


def _streets(ax: Axes, region: Region) -> None:
    """Draw the larger streets of a region, if it has any, where no boundaries tell where one is."""
    streets = region.streets("drive")
    if streets is None:
        return
    large = np.flatnonzero(np.isin(streets.road_class, [CLASSES.index(name) for name in _LARGE_STREETS]))
    points = pd.DataFrame({"lon": streets.shape_lon, "lat": streets.shape_lat})
    xy = metric_xy(region, points)
    start = streets.shape_start
    shapes = LineCollection(
        [xy[start[link] : start[link + 1]] for link in large],
        colors=look.BORDER, linewidths=0.5, zorder=0.8, alpha=0.8,
    )  # fmt: skip
    ax.add_collection(shapes, autolim=False)


def verdict_title(study: Study, goal: str | None, verdict: Verdict, style: Style) -> str:
    """Return a goal's words, the verdict and its reading, as the title of a picture."""
    aim, query = study.goal(goal), verdict.query
    word = style.both("兑现", "kept") if verdict.kept else style.both("未兑现", "not kept")
    limit = "" if verdict.limit_min is None else f" within {verdict.limit_min:g} min"
    return (
        f"{style.both(aim.text_seed, '') or aim.goal_id}\n"
        f"{study.scenario.name}: {word}, {verdict.passing} of {verdict.pairs} pairs{limit}\n"
        f"{query.clock}, {query.mode}, {query.period}, {query.traveller} traveller, {query.statistic}"
    )


def finish_map(ax: Axes, study: Study, handles: list[Any], provenance: dict[str, Any]) -> None:
    """Add legend, scale bar, north arrow and the line of sources."""
    ax.set(xlabel="", ylabel="")
    ax.legend(handles=handles, loc="lower left").set_zorder(11)
    look.add_scale(ax)
    look.add_source(ax, look.source_line(study, provenance))


def metric(study: Study, name: str) -> gpd.GeoDataFrame:
    """Return a layer of the network in the region's metric CRS."""
    return network_layer(study, name).to_crs(study.network.region.about.crs)


def add_layer(ax: Axes, layer: gpd.GeoDataFrame, **options: Any) -> None:
    """Draw a layer and leave the limits of the axes as they are."""
    if len(layer):
        limits = ax.axis()
        layer.plot(ax=ax, aspect=None, **options)
        ax.axis(limits)


def _network(ax: Axes, study: Study, style: Style) -> list[Line2D]:
    """Draw roads, lines and rail stations; return the handles of a legend for what is there."""
    roads, lines, stations = (metric(study, name) for name in ("roads", "lines", "stations"))
    roads = roads[roads["class"] != "connector"].assign(**{"class": "expressway"})
    drawn = []
    for layer, order in (
        (roads, ["expressway"]),
        (lines, ["street", "metro", "conventional", "intercity", "hsr"]),
    ):
        for mode in order:
            for status, dashes in STATUS_LINES.items():
                part = layer[(layer["class"] == mode) & (layer["status"] == status)]
                if part.empty:
                    continue
                drawn.append((mode, status))
                width = _WIDTHS.get(mode, 2.0)
                add_layer(
                    ax, part, color=MODE_COLOURS[mode], linestyle=dashes, linewidth=width,
                    zorder=_ORDERS.get(mode, 2),
                )  # fmt: skip
    rail = stations[stations["system"] == "rail"]
    add_layer(ax, rail, markersize=8, color="white", edgecolor="#444444", linewidth=0.6, zorder=4)
    modes, statuses = ({key[at] for key in drawn} for at in (0, 1))
    handles = [
        Line2D([], [], color=MODE_COLOURS[mode], linewidth=2, label=style.both(*MODE_NAMES[mode]))
        for mode in MODE_NAMES
        if mode in modes
    ]
    if statuses - {"open"}:
        handles += [
            Line2D(
                [],
                [],
                color=look.INK,
                linewidth=1.6,
                linestyle=dashes,
                label=style.both(*STATUS_NAMES[status]),
            )
            for status, dashes in STATUS_LINES.items()
            if status in statuses
        ]
    return handles


def _pairs(ax: Axes, study: Study, verdict: Verdict, style: Style) -> list[Line2D]:
    """Draw each ordered pair as an arc, of very many the slowest; return the handles of a legend."""
    places = _positions(study, "places", "place_id") | _positions(study, "stations", "station_id")
    table = verdict.table
    fails = table[~table["kept"]].sort_values("minutes", ascending=False, na_position="first")
    shown = table if len(table) <= _MOST_ARCS else fails.head(_MOST_ARCS)
    few = len(shown) <= 2 * _FEW
    for start, end, kept in zip(shown["origin"], shown["destination"], shown["kept"], strict=True):
        if start not in places or end not in places:
            continue
        ax.annotate(
            "",
            xy=places[end],
            xytext=places[start],
            arrowprops={
                "arrowstyle": "-|>",
                "color": KEEP if kept else FAIL,
                "linestyle": "-" if kept else (0, (5, 2)),
                "connectionstyle": "arc3,rad=0.16",
                "linewidth": 1.6 if few else 0.7,
                "alpha": 0.85 if few else 0.45,
                "shrinkA": 6,
                "shrinkB": 6,
            },
            zorder=6,
        )
    over, within = style.both("超时", "pair over the limit"), style.both("达标", "pair within it")
    return [
        Line2D([], [], color=FAIL, linestyle=(0, (5, 2)), marker=">", linewidth=1.6, label=over),
        Line2D([], [], color=KEEP, marker=">", linewidth=1.6, label=within),
    ]


def _centres(ax: Axes, study: Study, style: Style, large: set[str], *, hubs: bool = False) -> None:
    """Draw the centres, some of them large, and with `hubs` the main stations, all with their names."""
    region = study.network.region
    area = region.places[region.places["in_area"]]
    spots, names = _positions(study, "places", "place_id"), style.names(study)
    marked = [str(name) for name in area["place_id"]]
    marked.sort(key=lambda name: name not in large)
    levels = dict(zip(area["place_id"], area["level"] == "core", strict=True))
    for name in marked:
        ax.scatter(
            *spots[name],
            s=46 if name in large else 16,
            color="black",
            edgecolor="white",
            linewidth=0.8,
            zorder=8,
        )
    labels = [
        (spots[name], names[name], 10.0 if name in large else 7.5 if levels[name] else 6.5) for name in marked
    ]
    if hubs:
        stations = _positions(study, "stations", "station_id")
        main = region.stations.loc[region.stations["class"] == "hub", "station_id"]
        for name in main:
            ax.scatter(
                *stations[name], s=22, marker="s", color="white", edgecolor="black", linewidth=1.1, zorder=7
            )
        labels[:0] = [(stations[name], names[name], 6.5) for name in main]
    look.add_labels(ax, labels)


def _positions(study: Study, table: str, key: str) -> dict[str, tuple[float, float]]:
    """Return the metric position of each row of a table by id."""
    frame = study.network.region.table(table)
    xy = metric_xy(study.network.region, frame)
    return {str(name): (float(x), float(y)) for name, (x, y) in zip(frame[key], xy, strict=True)}
