"""Comparing two scenarios: pairs, towns, places and areas, as data, tables, files and a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich.text import Text

from network.ends import ends_of
from network.errors import BadInputError, Problem
from network.graph import PARTS
from onehour.files import folder_problems, output_problems, whole_file
from onehour.isochrone import table_of, write_polygons
from onehour.jsons import json_text
from onehour.numbers import minutes_text
from onehour.terminal import console_of, print_basis
from sim.compare import compare_pairs, compare_towns
from sim.grid import CELL_M, grid_of
from sim.isochrone import differences, isochrone
from sim.surface import surfaces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import shapely
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from network.compile import Query
    from onehour.study import Area, Study, Words

ENDINGS = (".json", ".csv", ".geojson", ".gpkg", ".parquet", ".png", ".svg", ".pdf")
"""Endings of one file; a path without an ending is a folder for `FILES`."""

FILES = ("comparison.json", "pairs.csv", "towns.csv", "places.csv", "areas.geojson", "map.png")
"""What is written into a folder."""

_PICTURES = (".png", ".svg", ".pdf")
_MOST_PAIRS = 24
_MOST_TOWNS = 12
_WIDE = 120


@dataclass(frozen=True, eq=False)
class Comparison:
    """How one scenario differs from another, under one goal and reading.

    Attributes
    ----------
    before, after
        The two scenarios.
    query
        Clock, mode, period, traveller and statistic.
    limit_min
        Limit of the goal, minutes; None where it sets none.
    pairs
        The goal's pairs: see `sim.compare.compare_pairs`; with names of both ends.
    towns
        The region's towns with their times to the goal's places: see `sim.compare.compare_towns`; with names,
        position and people.
    places
        The goal's places: people of the towns from which they are within the limit, before and after, and the
        area within the limit from them, before, after, gained and lost, km².
    areas
        Area within the limit from each place that was gained, lost, and kept, as polygons in EPSG:4326.
    """

    before: Study
    after: Study
    query: Query
    limit_min: float | None
    pairs: pd.DataFrame
    towns: pd.DataFrame
    places: pd.DataFrame
    areas: gpd.GeoDataFrame

    @property
    def provenance(self) -> dict[str, Any]:
        """What the comparison was computed from."""
        return {str(name): value for name, value in self.pairs.attrs.items()}

    @property
    def summary(self) -> dict[str, Any]:
        """Numbers of pairs, towns and people that gain and lose, and of those newly within the limit."""
        pairs, towns = self.pairs, self.towns
        kept = pairs[["kept_before", "kept_after"]].to_numpy(bool)
        people = towns["people"].to_numpy(np.float64, na_value=0)
        return {
            "pairs": len(pairs),
            "pairs_quicker": int((pairs["gained_min"] > 0).sum() + (pairs["reason"] == "reached").sum()),
            "pairs_slower": int((pairs["gained_min"] < 0).sum() + (pairs["reason"] == "cut").sum()),
            "pairs_within_before": int(kept[:, 0].sum()),
            "pairs_within_after": int(kept[:, 1].sum()),
            "pairs_newly_within": int((kept[:, 1] & ~kept[:, 0]).sum()),
            "pairs_newly_beyond": int((kept[:, 0] & ~kept[:, 1]).sum()),
            "paths_changed": int(pairs["path_changed"].sum()),
            "towns": len(towns),
            "towns_quicker": int((towns["gained_min"] > 0).sum()),
            "towns_slower": int((towns["gained_min"] < 0).sum()),
            "towns_newly_within": int((towns["newly_within"] > 0).sum()),
            "people": int(people.sum()),
            "people_newly_within": int(people[(towns["newly_within"] > 0).to_numpy()].sum()),
            "people_newly_beyond": int(people[(towns["newly_beyond"] > 0).to_numpy()].sum()),
        }

    def data(self) -> dict[str, Any]:
        """Return everything but the polygons as plain data."""
        found = self.provenance
        return {
            "region": found["region"],
            "before": self.before.scenario.name,
            "after": self.after.scenario.name,
            "goal": found["goal"],
            "limit_min": self.limit_min,
            "summary": self.summary,
            "pairs": self.pairs.to_dict("records"),
            "towns": self.towns.to_dict("records"),
            "places": self.places.to_dict("records"),
            "provenance": found,
        }


def default_scenarios(area: Area, before: str | None, after: str | None) -> tuple[str, str]:
    """Return the names of two scenarios: those given, else today's and the plan's where they are shipped.

    Raises
    ------
    BadInputError
        The region ships none.
    """
    known = set(area.scenarios()["scenario"])
    pair = before or "today-2026", after or "plan-2030"
    if (before is None or after is None) and not {"today-2026", "plan-2030"} <= known:
        what = f"the region {area.region.about.region_id} has no scenarios that are compared by default"
        raise BadInputError(Problem("compare", what, "name two: onehour compare A B"))
    return pair


def compare(
    before: Study,
    after: Study,
    goal: str | None = None,
    *,
    cell_m: float = CELL_M,
    words: Words | None = None,
) -> Comparison:
    """Compare two scenarios; see `onehour.study.Study.compare`."""
    verdicts = [study.verdict(goal, paths=True, words=words) for study in (before, after)]
    query, limit_min = verdicts[1].query, verdicts[1].limit_min
    found = after.provenance(query) | {
        "goal": after.goal(goal).goal_id,
        "limit_min": limit_min,
        "against": before.scenario.name,
        "against_hash": before.scenario.hash,
        "against_state_hash": before.network.region.hash,
        "low_confidence": sorted(
            {
                row
                for one in verdicts
                for path in one.paths
                for stage in path or ()
                for row in stage.low_confidence
            }
        ),
    }
    pairs = after.named(compare_pairs(*verdicts))
    ids = sorted({*pairs["origin"], *pairs["destination"]})
    towns, people = _towns(before, after, ids, query, limit_min)
    places, areas = _areas(before, after, ids, query, limit_min, cell_m, found)
    places = places.merge(people, on="place", how="left")
    for table in (pairs, towns, places):
        table.attrs |= found
    return Comparison(before, after, query, limit_min, pairs, towns, places, areas)


def _towns(
    before: Study, after: Study, ids: Sequence[str], query: Query, limit_min: float | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the towns, and the people from whom each place is within the limit."""
    zones = after.area.region.zones
    names = zones["zone_id"].tolist()
    seconds: list[NDArray[np.int64]] = []
    for study in (before, after):
        ends = ends_of(study.network.region, [*names, *ids])
        times = study.network.router(ends, query).times(ends.rows(names), ends.rows(ids))
        seconds.append(times.seconds)
    table = zones[["zone_id", "name_zh", "name_en", "city", "lon", "lat"]].rename(columns={"zone_id": "town"})
    table["people"] = zones["population"]
    table = table.join(compare_towns(seconds[0], seconds[1], limit_min))
    limit_s = -1.0 if limit_min is None else round(60 * limit_min, 6)
    people = zones["population"].to_numpy(np.float64, na_value=0)
    within = [((one >= 0) & (one <= limit_s)).T @ people for one in seconds]
    by_place = pd.DataFrame({"place": list(ids), "people_before": within[0], "people_after": within[1]})
    by_place["people_gained"] = by_place["people_after"] - by_place["people_before"]
    return table, by_place.astype(dict.fromkeys(by_place.columns[1:], "int64"))


def _areas(
    before: Study,
    after: Study,
    ids: Sequence[str],
    query: Query,
    limit_min: float | None,
    cell_m: float,
    found: dict[str, Any],
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return places with the area within the limit from them, and what was gained, lost and kept."""
    grid = grid_of(after.area.region, cell_m)
    limits = [] if limit_min is None else [round(60 * limit_min, 6)]
    shapes: list[list[shapely.MultiPolygon]] = []
    for study in (before, after):
        ends = ends_of(study.network.region, list(ids))
        numbers = study.network.region.parameters
        seconds = surfaces(study.network, ends, query, grid) if limits else ()
        shapes.append([isochrone(one, grid, limit_s, numbers) for one in seconds for limit_s in limits])
    ends = ends_of(after.network.region, list(ids))
    table = ends.table[["id", "name_zh", "name_en"]].rename(columns={"id": "place"})
    changed = [differences(*pair) for pair in zip(*shapes, strict=True)]
    if limits:
        gained, lost, _ = zip(*changed, strict=True)
        for name, column in zip(("before", "after", "gained", "lost"), (*shapes, gained, lost), strict=True):
            table[f"area_{name}_km2"] = [shape.area / 1e6 for shape in column]
    kinds = ["gained", "lost", "kept"]
    columns: dict[str, Any] = {
        name: np.repeat(table[name].to_numpy(object), len(kinds) * len(limits)).tolist()
        for name in ("place", "name_zh", "name_en")
    }
    columns |= {"change": kinds * len(changed), "minutes": [limit_min] * len(kinds) * len(changed)}
    areas = table_of(columns, [shape for trio in changed for shape in trio], grid, found | {"cell_m": cell_m})
    return table, areas


# ------------------------------------------------------------------------------------------------------ files


def compare_output_problems(output: Path) -> list[Problem]:
    """Return why a comparison cannot be written to a path, as far as can be seen before the work."""
    if output.suffix or output.is_file():
        return output_problems(output, ENDINGS)
    return folder_problems(output)


def write_comparison(found: Comparison, output: Path) -> list[str]:
    """Write a comparison to a file, or all of `FILES` into a folder; return the files.

    Parameters
    ----------
    found
        What `compare` returned.
    output
        A file with one of `ENDINGS`: the data as ``.json``; the pairs as ``.csv``; the areas as
        ``.geojson``, ``.gpkg`` or ``.parquet``; the map as a picture. Without an ending it is a folder,
        which is made where it is not there.

    Raises
    ------
    BadInputError
        It cannot be written; each file is written whole or not at all.
    """
    if problems := compare_output_problems(output):
        raise BadInputError(problems)
    if output.suffix:
        files = {output: output.name if output.suffix != ".csv" else "pairs.csv"}
    else:
        try:
            output.mkdir(exist_ok=True)
        except OSError as error:
            raise BadInputError(
                Problem(str(output), f"cannot be made: {error.strerror}", "choose another")
            ) from error
        files = {output / name: name for name in FILES}
    for file, name in files.items():
        _write(found, file, name)
    return [str(file) for file in files]


def _write(found: Comparison, file: Path, name: str) -> None:
    """Write one file."""
    if file.suffix.lower() in _PICTURES:
        from onehour import style as look  # noqa: PLC0415 - matplotlib is heavy

        look.save(plot_comparison(found), file)
        return
    with whole_file(file) as temporary:
        if file.suffix.lower() == ".json":
            temporary.write_text(json_text(found.data()), encoding="utf-8")
        elif file.suffix.lower() == ".csv":
            table: pd.DataFrame = getattr(found, name.removesuffix(".csv"))
            table = table.map(lambda cell: ";".join(cell) if isinstance(cell, tuple) else cell)
            table.to_csv(temporary, index=False, encoding="utf-8")
        else:
            write_polygons(found.areas, temporary, "areas")


# --------------------------------------------------------------------------------------------------- terminal


def print_comparison(found: Comparison) -> None:
    """Print the summary, the pairs with the reasons, the places, and the towns that differ most."""
    from onehour.report import names_of  # noqa: PLC0415

    console, query, attrs = console_of(), found.query, found.provenance
    names = names_of(found.after, short=console.width < _WIDE)
    told = found.summary
    console.print()
    console.print(Text(f"{found.before.scenario.name} → {found.after.scenario.name}", style="bold"))
    limit = "no limit" if found.limit_min is None else f"limit {found.limit_min:g} min"
    console.print(
        f"{attrs['goal']} · {query.clock} · {query.mode} · {query.period} · {query.traveller} traveller · "
        f"{query.statistic} · {limit}"
    )
    console.print(
        f"{told['pairs_quicker']} of {told['pairs']} pairs quicker, {told['pairs_slower']} slower; "
        f"within the limit {told['pairs_within_before']} → {told['pairs_within_after']}; "
        f"{told['paths_changed']} other paths"
    )
    if told["towns"]:
        console.print(
            f"{told['towns_quicker']} of {told['towns']} towns quicker, {told['towns_slower']} slower; "
            f"{told['people_newly_within']:,} people newly within the limit of a place, "
            f"{told['people_newly_beyond']:,} newly beyond"
        )
    console.print()
    _print_pairs(found, names)
    _print_places(found, names)
    _print_towns(found)
    before = f"{found.before.scenario.name}: scenario {attrs['against_hash']}"
    console.print(f"{before} · state {attrs['against_state_hash']}", style="dim")
    print_basis(console, attrs, attrs["low_confidence"])


def _print_pairs(found: Comparison, names: Mapping[str, str]) -> None:
    """Print the pairs; of many, those that differ most."""
    rows, title = found.pairs, "Pairs, minutes"
    if len(rows) > _MOST_PAIRS:
        order = rows["gained_min"].abs().sort_values(ascending=False, kind="stable").index[:_MOST_PAIRS]
        title = f"The {_MOST_PAIRS} of {len(rows)} pairs that differ most, minutes (--json lists all)"
        rows = rows.loc[order]
    columns: dict[str, Callable[[Any], str]] = {
        "from": lambda row: names.get(row.origin, row.origin),
        "to": lambda row: names.get(row.destination, row.destination),
        "before": lambda row: minutes_text(row.minutes_before),
        "after": lambda row: minutes_text(row.minutes_after),
        "gained": lambda row: _gain(row.gained_min),
        "limit": _newly,
        "why, and change of the parts": lambda row: _why(row, names),
    }
    _print_rows(title, rows, columns, right=("before", "after", "gained"))


def _print_places(found: Comparison, names: Mapping[str, str]) -> None:
    """Print people and area within the limit of each place."""
    if found.limit_min is None:
        return
    columns: dict[str, Callable[[Any], str]] = {
        "place": lambda row: names.get(row.place, row.place),
        "people": lambda row: f"{row.people_before:,} → {row.people_after:,}",
        "gained": lambda row: f"{row.people_gained:+,}",
        "km²": lambda row: f"{row.area_before_km2:,.0f} → {row.area_after_km2:,.0f}",
        "gained km²": lambda row: f"{row.area_gained_km2:+,.0f}",
        "lost km²": lambda row: f"{-row.area_lost_km2:+,.0f}" if row.area_lost_km2 else "",
    }
    title = f"Within {found.limit_min:g} minutes: people of the towns to a place, area from it"
    _print_rows(title, found.places, columns, right=tuple(columns)[1:])


def _print_towns(found: Comparison) -> None:
    """Print the towns that gain and lose most."""
    towns = found.towns
    if towns.empty:
        return
    order = towns["gained_min"].abs().sort_values(ascending=False, kind="stable").index[:_MOST_TOWNS]
    columns: dict[str, Callable[[Any], str]] = {
        "town": lambda row: f"{row.name_zh} {row.name_en}".strip(),
        "people": lambda row: "" if pd.isna(row.people) else f"{row.people:,}",
        "before": lambda row: minutes_text(row.minutes_before),
        "after": lambda row: minutes_text(row.minutes_after),
        "gained": lambda row: _gain(row.gained_min),
        "places within": lambda row: f"{row.within_before} → {row.within_after}",
    }
    title = f"The {_MOST_TOWNS} of {len(towns)} towns that differ most: mean minutes to the places"
    _print_rows(
        title, towns.loc[order], columns, right=("people", "before", "after", "gained", "places within")
    )


def _print_rows(
    title: str, rows: pd.DataFrame, columns: Mapping[str, Callable[[Any], str]], *, right: Sequence[str]
) -> None:
    """Print rows of a table, with a function a column that writes its cell."""
    from onehour.report import print_frame  # noqa: PLC0415

    cells = [[write(row) for write in columns.values()] for row in rows.itertuples(index=False)]
    print_frame(title, pd.DataFrame(cells, columns=list(columns)), right=right)


def _why(row: Any, names: Mapping[str, str]) -> str:
    """Return why a pair differs: the new lines and the parts that differ most."""
    parts = {part: getattr(row, f"{part}_gained_min") for part in PARTS}
    large = sorted((part for part in PARTS if abs(parts[part]) >= 0.05), key=lambda part: -abs(parts[part]))  # noqa: PLR2004
    texts = [f"{part} {-parts[part]:+.1f}" for part in large[:3]]
    if row.reason in {"line", "road"}:
        first = [line for line in row.lines_new if line in row.lines_after] or row.lines_new
        new = [names.get(line, line) for line in dict.fromkeys(first)]
        more = f" and {len(new) - 2} more" if len(new) > 2 else ""  # noqa: PLR2004
        texts.insert(0, f"by {', '.join(new[:2])}{more}" if new else f"another {row.reason}")
    elif row.reason == "transfer":
        texts.insert(0, f"{row.changes_before} → {row.changes_after} changes")
    elif row.reason == "station":
        texts.insert(0, "another station")
    elif row.reason in {"reached", "cut"}:
        texts.insert(0, {"reached": "no journey before", "cut": "no journey any more"}[row.reason])
    return "; ".join(texts)


def _newly(row: Any) -> str:
    """Return whether a pair came within the limit, fell out of it, or is within all the time."""
    words = {(False, True): "newly within", (True, False): "newly beyond", (True, True): "within"}
    return words.get((bool(row.kept_before), bool(row.kept_after)), "")


def _gain(value: float) -> str:
    """Return minutes gained, with their sign; blank where nothing is."""
    return "" if np.isnan(value) or not value else f"{value:+.1f}"


# -------------------------------------------------------------------------------------------------------- map


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
    from matplotlib.cm import ScalarMappable  # noqa: PLC0415 - heavy
    from matplotlib.colors import Normalize  # noqa: PLC0415
    from matplotlib.patches import Patch  # noqa: PLC0415

    from network.distances import metric_xy  # noqa: PLC0415
    from onehour import style as look  # noqa: PLC0415
    from onehour.map import add_layer, finish_map, map_axes  # noqa: PLC0415

    study, towns = found.after, found.towns
    region = study.network.region
    with look.styled() as style:
        ax = map_axes(study, ax)
        areas = found.areas.to_crs(region.about.crs)
        handles = []
        for change, (shade, chinese) in _SHADES.items():
            shapes = areas[(areas["change"] == change) & ~areas.is_empty]
            if len(shapes):
                whole = shapes.dissolve()  # each spot once, however many places it is near to
                add_layer(ax, whole, color=shade, edgecolor="none", zorder=0.6)
                label = style.both(chinese, f"{change}: within {found.limit_min:g} min from a place")
                handles.append(Patch(color=shade, label=label))
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
        centres = region.places[region.places["in_area"]]
        spots = metric_xy(region, centres)
        judged = set(found.places["place"])
        names = style.names(study)
        ax.scatter(spots[:, 0], spots[:, 1], s=14, color="black", edgecolor="white", linewidth=0.7, zorder=7)
        few = len(judged) <= _FEW
        look.add_labels(
            ax,
            [
                ((float(x), float(y)), names[name], 10.0 if few and name in judged else 6.5)
                for name, (x, y) in sorted(
                    zip(centres["place_id"], spots.tolist(), strict=True),
                    key=lambda pair: pair[0] not in judged,
                )
            ],
        )
        told, query = found.summary, found.query
        people_told = f", {told['people_newly_within']:,} people newly within" if told["towns"] else ""
        ax.set_title(
            f"{found.before.scenario.name} → {found.after.scenario.name}: "
            f"{told['pairs_within_before']} → {told['pairs_within_after']} of {told['pairs']} pairs "
            f"within the limit{people_told}\n{found.provenance['goal']} "
            f"({query.clock}, {query.mode}, {query.period}, {query.statistic})"
        )
        finish_map(ax, study, handles, found.provenance)
    return ax


#: Colours of areas, the lowest first, and their Chinese names.
_SHADES = {"lost": ("#DDA0B8", "失去"), "gained": ("#8FCBB0", "新增"), "kept": ("#D9D4C5", "保持")}
_FEW = 10
