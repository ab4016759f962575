"""Plots that a planner would print: isochrones, slack, parts of the time, differences between scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.patches import Patch

from network.distances import metric_xy
from network.ends import ends_of
from onehour import style as look
from onehour.map import add_layer, finish_map, map_axes, metric

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from onehour.study import Study


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
        ax = map_axes(study, ax)
        minutes = sorted(gdf["minutes"].unique())
        shades = 0.25 + 0.75 * mpl.colormaps["viridis"](np.linspace(0.95, 0.3, max(len(minutes), 2)))[:, :3]
        handles: list[Patch] = []
        shapes = gdf.to_crs(study.network.region.about.crs)
        for limit, shade in reversed(list(zip(minutes, shades, strict=False))):
            # the largest first: those within it are drawn over it
            add_layer(ax, shapes[shapes["minutes"] == limit], color=shade, edgecolor="none", zorder=0.5)
            handles.insert(0, Patch(color=shade, label=f"≤ {limit:g} min"))
        add_layer(
            ax, metric(study, "districts"), facecolor="none", edgecolor="#7A7466", linewidth=0.8, zorder=1
        )
        add_layer(ax, metric(study, "lines"), color="white", linewidth=0.8, alpha=0.9, zorder=2)
        stations = metric(study, "stations")
        rail = stations["system"] == "rail"
        add_layer(ax, stations[~rail], markersize=1.5, color="#333333", zorder=3)
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
