"""Maps of what is gained and lost between two scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import Patch

from network.distances import metric_xy
from network.ends import ends_of
from onehour import style as look
from onehour.map import add_layer, finish_map, map_axes

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from onehour.compare import Comparison
    from onehour.study import Study
    from onehour.style import Style

#: Colours of areas, the lowest first, and their Chinese names.
_SHADES = {"lost": ("#DDA0B8", "失去"), "gained": ("#8FCBB0", "新增"), "kept": ("#D9D4C5", "保持")}
_FEW = 10


def plot_changes(table: gpd.GeoDataFrame, study: Study, ax: Axes | None = None) -> Axes:
    """Plot the area that is gained, lost and kept within the longest limit from a place.

    Parameters
    ----------
    table
        What `onehour.isochrone.changes` returned.
    study
        The later of the two scenarios.
    ax
        Where to plot; by default a new figure.

    Returns
    -------
    Axes
        In the region's metric coordinates.
    """
    found = {str(name): value for name, value in table.attrs.items()}
    with look.styled() as style:
        ax = map_axes(study, ax)
        handles = _areas(ax, table[table["minutes"] == table["minutes"].max()], study, style)
        region = study.network.region
        ((x, y),) = metric_xy(region, ends_of(region, [found["origin"]]).table)
        ax.scatter(x, y, s=150, marker="*", color="#CC1111", edgecolor="white", linewidth=1, zorder=8)
        _centres(ax, study, style, {found["origin"]})
        place = style.both(found["origin_name_zh"], found["origin_name_en"]) or found["origin"]
        reading = ", ".join(found[name] for name in ("clock", "mode", "period", "statistic"))
        ax.set_title(f"{place}\n{found['against']} → {found['scenario']} ({reading})")
        finish_map(ax, study, handles, found)
    return ax


def plot_comparison(found: Comparison, ax: Axes | None = None) -> Axes:
    """Plot the area within the limit of any place that was gained and lost, and the minutes of the towns.

    Parameters
    ----------
    found
        What `compare` returned.
    ax
        Where to plot; by default a new figure.

    Returns
    -------
    Axes
        In the region's metric coordinates.
    """
    study, towns = found.after, found.towns
    region = study.network.region
    with look.styled() as style:
        ax = map_axes(study, ax)
        handles = _areas(ax, found.areas, study, style)
        known = towns[towns["gained_min"].notna()]
        if len(known):
            gains = known["gained_min"].to_numpy(np.float64)
            span = max(float(np.nanpercentile(np.abs(gains), 98)), 1.0)
            people = known["people"].to_numpy(np.float64, na_value=0)
            xy = metric_xy(region, known)
            scale = Normalize(-span, span)
            ax.scatter(
                xy[:, 0], xy[:, 1], s=8 + 90 * people / max(people.max(), 1), c=gains, cmap=look.DIVERGING,
                norm=scale, edgecolor="#555555", linewidth=0.4, zorder=3,
            )  # fmt: skip
            bar = ax.inset_axes((0.02, 0.145, 0.27, 0.014))
            bar.figure.colorbar(
                ScalarMappable(scale, look.DIVERGING), cax=bar, orientation="horizontal",
                label=style.both("各镇街平均节省（分钟）", "towns: mean minutes gained"),
            )  # fmt: skip
        _centres(ax, study, style, set(found.places["place"]))
        told, query, other = found.summary, found.query, found.provenance["statistic_of_towns"]
        people_told = f", {told['people_newly_within']:,} people newly within" if told["towns"] else ""
        ax.set_title(
            f"{found.before.scenario.name} → {found.after.scenario.name}: "
            f"{told['pairs_within_before']} → {told['pairs_within_after']} of {told['pairs']} pairs "
            f"within the limit{people_told}\n{found.provenance['goal']} "
            f"({query.clock}, {query.mode}, {query.period}, {query.statistic}"
            + (
                ""
                if other == query.statistic
                else f"; {style.both('镇街与面积', 'towns and areas')}: {other}"
            )
            + ")"
        )
        finish_map(ax, study, handles, found.provenance)
    return ax


def _areas(ax: Axes, areas: gpd.GeoDataFrame, study: Study, style: Style) -> list[Patch]:
    """Draw areas by their change, each spot once, however many places it is near to; return the legend."""
    handles = []
    in_metres = areas.to_crs(study.network.region.about.crs)
    for change, (shade, chinese) in _SHADES.items():
        shapes = in_metres[(in_metres["change"] == change) & ~in_metres.is_empty]
        if len(shapes):
            add_layer(ax, shapes.dissolve(), color=shade, edgecolor="none", zorder=0.6)
            label = style.both(chinese, f"{change}: within {shapes['minutes'].iloc[0]:g} min")
            handles.append(Patch(color=shade, label=label))
    return handles


def _centres(ax: Axes, study: Study, style: Style, judged: set[str]) -> None:
    """Draw the centres and their names, large for those in question where they are few."""
    region = study.network.region
    centres = region.places[region.places["in_area"]]
    spots = metric_xy(region, centres)
    ax.scatter(spots[:, 0], spots[:, 1], s=14, color="black", edgecolor="white", linewidth=0.7, zorder=7)
    names, few = style.names(study), len(judged) <= _FEW
    first = sorted(
        zip(centres["place_id"], spots.tolist(), strict=True), key=lambda one: one[0] not in judged
    )
    labels = [((x, y), names[name], 10.0 if few and name in judged else 6.5) for name, (x, y) in first]
    look.add_labels(ax, labels)
