"""The map: lines, stations and expressways of a region, its centres, and the pairs of a goal that fail."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from network.distances import metric_xy
from network.errors import BadInputError, Problem
from onehour.files import output_problems, whole_file
from onehour.fonts import NO_FONT, cjk_font

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes

    from onehour.study import Study, Words
    from sim.check import Verdict

ENDINGS = (".png", ".svg", ".pdf")

# Okabe and Ito's colours, which people with any colour vision tell apart.
_COLOURS = {
    "hsr": "#D55E00",
    "intercity": "#0072B2",
    "conventional": "#8C6BB1",
    "metro": "#009E73",
    "expressway": "#B8B8B8",
}
_NAMES = {
    "hsr": "high-speed rail 高铁",
    "intercity": "intercity rail 城际",
    "conventional": "conventional rail 普速",
    "metro": "metro, tram 地铁",
    "expressway": "expressway 高速公路",
}
_FAIL, _KEEP = "#CC1111", "#117733"
_HALO = [withStroke(linewidth=2.5, foreground="white")]
_MOST_ARCS = 60
_FEW = 10


def write_map(study: Study, output: Path, goal: str | None, words: Words) -> dict[str, Any]:
    """Draw the map of a goal's pairs into a file; return what was drawn.

    Raises
    ------
    BadInputError
        The file cannot be written so, or the goal or a word is unknown.
    """
    if problems := output_problems(output, ENDINGS):
        raise BadInputError(problems)
    axes = plot_map(study, goal=goal, words=words)
    figure = axes.get_figure(root=True)
    if figure is None:
        raise BadInputError(Problem(str(output), "the map has no figure"))
    with whole_file(output) as file:
        figure.savefig(file, dpi=160, format=output.suffix[1:].lower())
    return {"file": str(output), "title": axes.get_title(loc="left").replace("\n", "; ")}


def plot_map(
    study: Study, *, goal: str | None = None, axes: Axes | None = None, words: Words | None = None
) -> Axes:
    """Plot the network of a scenario, and each pair of a goal as an arc: red where it fails.

    Parameters
    ----------
    study
        The region under a scenario.
    goal
        Id of a goal; by default the headline one.
    axes
        Where to plot; by default a new figure.
    words
        clock, mode, period, traveller, statistic in place of the goal's own.

    Returns
    -------
    Axes
        In the region's metric coordinates.
    """
    verdict = study.verdict(goal, words=words)
    font = cjk_font()
    if font is None:
        warnings.warn(NO_FONT, stacklevel=2)
    else:
        font_manager.fontManager.addfont(str(font))
    family = ["DejaVu Sans"] if font is None else [font_manager.FontProperties(fname=str(font)).get_name()]
    if axes is None:
        axes = Figure(figsize=(11, 10.4)).add_axes((0.02, 0.045, 0.96, 0.885))
    axes.set_aspect("equal")
    region = study.network.region
    area = region.places[region.places["in_area"]]
    points = metric_xy(region, area if len(area) else region.stations)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.07 * (high - low).max() + 4000
    axes.set_xlim(low[0] - margin, high[0] + margin)
    axes.set_ylim(low[1] - margin, high[1] + margin)
    _districts(axes, study)
    _roads(axes, study)
    _lines(axes, study)
    _pairs(axes, study, verdict)
    _centres(axes, study, area, verdict, family)
    _dress(axes, study, verdict, goal, family)
    return axes


def _districts(axes: Axes, study: Study) -> None:
    """Draw the boundaries of the districts."""
    region = study.network.region
    for feature in region.districts["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        for part in getattr(shape, "geoms", [shape]):
            ring = _metric(study, np.asarray(part.exterior.coords)[:, :2])
            axes.fill(
                ring[:, 0], ring[:, 1], facecolor="#F6F4EE", edgecolor="#C9C3B4", linewidth=0.7, zorder=0
            )


def _roads(axes: Axes, study: Study) -> None:
    """Draw expressways and urban fast roads."""
    region = study.network.region
    nodes = _positions(study, "road_nodes", "node_id") | _positions(study, "places", "place_id")
    links = region.table("road_links")
    links = links[links["class"] != "connector"]
    for start, end in zip(links["from_node_id"], links["to_node_id"], strict=True):
        xy = np.array([nodes[start], nodes[end]])
        axes.plot(xy[:, 0], xy[:, 1], color=_COLOURS["expressway"], linewidth=1.0, zorder=1)


def _lines(axes: Axes, study: Study) -> None:
    """Draw the lines, branch by branch, and the stations."""
    region = study.network.region
    stations = _positions(study, "stations", "station_id")
    kinds = dict(zip(region.table("lines")["line_id"], region.table("lines")["class"], strict=True))
    stops = region.table("line_stops")
    for (line, _), group in stops.groupby(["line_id", "branch"], sort=False):
        kind = kinds[str(line)]
        xy = np.array([stations[name] for name in group.sort_values("seq")["station_id"]])
        width = 1.2 if kind == "metro" else 2.0
        axes.plot(
            xy[:, 0], xy[:, 1], color=_COLOURS[kind], linewidth=width, zorder=3 if kind == "metro" else 2
        )
    rail = region.stations[region.stations["system"] == "rail"]
    xy = np.array([stations[name] for name in rail["station_id"]]).reshape(-1, 2)
    axes.scatter(xy[:, 0], xy[:, 1], s=7, color="white", edgecolor="#444444", linewidth=0.6, zorder=4)


def _pairs(axes: Axes, study: Study, verdict: Verdict) -> None:
    """Draw each ordered pair as an arc, of very many the slowest."""
    places = _positions(study, "places", "place_id") | _positions(study, "stations", "station_id")
    table = verdict.table
    fails = table[~table["kept"]].sort_values("minutes", ascending=False, na_position="first")
    shown = table if len(table) <= _MOST_ARCS else fails.head(_MOST_ARCS)
    for start, end, kept in zip(shown["origin"], shown["destination"], shown["kept"], strict=True):
        if start not in places or end not in places:
            continue
        axes.annotate(
            "",
            xy=places[end],
            xytext=places[start],
            arrowprops={
                "arrowstyle": "-|>",
                "color": _KEEP if kept else _FAIL,
                "connectionstyle": "arc3,rad=0.16",
                "linewidth": 1.6 if len(shown) <= 2 * _FEW else 0.7,
                "alpha": 0.85 if len(shown) <= 2 * _FEW else 0.45,
                "shrinkA": 6,
                "shrinkB": 6,
            },
            zorder=6,
        )


def _centres(axes: Axes, study: Study, area: pd.DataFrame, verdict: Verdict, family: list[str]) -> None:
    """Draw the centres, large for those of the goal; names point away from the nearest of these."""
    places = _positions(study, "places", "place_id")
    judged = {*verdict.table["origin"], *verdict.table["destination"]}
    few = len(judged) <= _FEW
    large = np.array([places[name] for name in sorted(judged) if name in places]).reshape(-1, 2)
    for row in area.itertuples(index=False):
        spot = np.array(places[str(row.place_id)])
        marked = row.place_id in judged and few
        away = spot - large
        others = away[np.hypot(*away.T) > 1] if len(large) else away
        side = others[np.argmin(np.hypot(*others.T))] if len(others) else np.ones(2)
        east, north = (1 if part >= 0 else -1 for part in side)
        size = 10 if marked else 6.5
        axes.scatter(
            spot[:1],
            spot[1:],
            s=46 if marked else 16,
            color="black",
            edgecolor="white",
            linewidth=0.8,
            zorder=8,
        )
        axes.annotate(
            f"{row.name_zh}\n{row.name_en}".strip(),
            tuple(spot),
            xytext=(7 * east, 4 * north),
            textcoords="offset points",
            ha="left" if east > 0 else "right",
            va="bottom" if north > 0 else "top",
            fontsize=size,
            family=family,
            path_effects=_HALO,
            zorder=9 if marked else 8.5,
        )


def _dress(axes: Axes, study: Study, verdict: Verdict, goal: str | None, family: list[str]) -> None:
    """Add title, legend, scale bar, north arrow and the line of sources."""
    query, aim = verdict.query, study.goal(goal)
    axes.set_xticks([])
    axes.set_yticks([])
    word = "kept" if verdict.kept else "not kept"
    limit = "" if verdict.limit_min is None else f" within {verdict.limit_min:g} min"
    axes.set_title(
        f"{aim.text_seed}\n{study.scenario.name}: {word}, {verdict.passing} of {verdict.pairs} pairs{limit} "
        f"({query.clock}, {query.mode}, {query.period}, {query.statistic})",
        loc="left",
        family=family,
        fontsize=12,
    )
    kinds = set(study.network.region.table("lines")["class"])
    handles = [
        Line2D([], [], color=_COLOURS[name], linewidth=2, label=_NAMES[name])
        for name in _NAMES
        if name in kinds or name == "expressway"
    ]
    handles += [
        Line2D([], [], color=_FAIL, marker=">", linewidth=1.6, label="pair over the limit 超时"),
        Line2D([], [], color=_KEEP, marker=">", linewidth=1.6, label="pair within it 达标"),
    ]
    axes.legend(handles=handles, loc="lower left", prop={"family": family, "size": 8}, framealpha=0.95)
    _scale(axes)
    about = study.area.region.about
    found = study.provenance(query)
    source = (
        f"scenario {found['scenario_hash']} · region {found['region_hash']} · {about.attribution.strip()}"
    )
    axes.text(
        0.0,
        -0.012,
        source,
        transform=axes.transAxes,
        fontsize=6,
        color="#555555",
        va="top",
        wrap=True,
        family=family,
    )


def _scale(axes: Axes) -> None:
    """Add a scale bar of a round length and a north arrow in the lower right corner."""
    left, right = axes.get_xlim()
    low, high = axes.get_ylim()
    target = (right - left) / 5
    step = 10 ** np.floor(np.log10(target))
    length = float(max(step * factor for factor in (1, 2, 5) if step * factor <= target))
    x, y = right - 0.04 * (right - left) - length, low + 0.035 * (high - low)
    axes.plot([x, x + length], [y, y], color="black", linewidth=2.5, zorder=10)
    axes.text(
        x + length / 2, y + 0.008 * (high - low), f"{length / 1000:g} km", ha="center", fontsize=8,
        path_effects=_HALO, zorder=10,
    )  # fmt: skip
    axes.annotate(
        "N", xy=(x + length, y + 0.10 * (high - low)), xytext=(x + length, y + 0.045 * (high - low)),
        ha="center", fontsize=9, arrowprops={"arrowstyle": "-|>", "color": "black"}, zorder=10,
    )  # fmt: skip


def _positions(study: Study, table: str, key: str) -> dict[str, tuple[float, float]]:
    """Return the metric position of each row of a table by id."""
    frame = study.network.region.table(table)
    xy = metric_xy(study.network.region, frame)
    return {str(name): (float(x), float(y)) for name, (x, y) in zip(frame[key], xy, strict=True)}


def _metric(study: Study, lon_lat: Any) -> Any:
    """Return metric positions of points in degrees."""
    import pandas as pd  # noqa: PLC0415

    return metric_xy(study.network.region, pd.DataFrame(lon_lat, columns=["lon", "lat"]))
