"""Comparing two scenarios: pairs, towns, places and areas, as data, tables, files and a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.ends import ends_of
from network.errors import BadInputError, Problem
from onehour.files import folder_problems, output_problems, whole_file
from onehour.isochrone import CHANGES, table_of, write_polygons
from onehour.jsons import json_text
from sim.compare import compare_pairs, compare_towns
from sim.grid import grid_of
from sim.isochrone import differences, isochrone
from sim.surface import surfaces

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    import shapely
    from numpy.typing import NDArray

    from network.compile import Query
    from onehour.study import Area, Study, Words

ENDINGS = (".json", ".csv", ".geojson", ".gpkg", ".parquet", ".png", ".svg", ".pdf")
"""Endings of one file; a path without an ending is a folder for `FILES`."""

FILES = ("comparison.json", "pairs.csv", "towns.csv", "places.csv", "areas.geojson", "map.png")
"""What is written into a folder."""

_PICTURES = (".png", ".svg", ".pdf")


@dataclass(frozen=True, eq=False)
class Comparison:
    """How one scenario differs from another, under one goal and reading.

    Attributes
    ----------
    before, after
        The two scenarios.
    query
        Clock, mode, period, traveller and statistic of the pairs; towns and areas are by ``expected`` where
        it is a percentile.
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


def default_scenarios(area: Area, before: str | None = None, after: str | None = None) -> tuple[str, str]:
    """Return the names of two scenarios: those given, else today's and the plan's where they are shipped.

    Where they are not, one that is given is compared with the region as it is.

    Raises
    ------
    BadInputError
        None is given, and the region ships none.
    """
    if {"today-2026", "plan-2030"} <= set(area.scenarios()["scenario"]):
        return before or "today-2026", after or "plan-2030"
    given = [name for name in (before, after) if name is not None]
    if not given:
        what = f"the region {area.region.about.region_id} has no scenario but base"
        fix = "write one: onehour scenario new FILE; base is compared with it"
        raise BadInputError(Problem("SCENARIO", what, fix))
    return (given[0], given[1]) if len(given) > 1 else ("base", given[0])


def compare(
    before: Study,
    after: Study,
    goal: str | None = None,
    *,
    cell_m: float | None = None,
    words: Words | None = None,
) -> Comparison:
    """Compare two scenarios; see `onehour.study.Study.compare`."""
    aim = after.goal(goal)
    verdicts = [study.verdict(goal, paths=True, words=words or {}) for study in (before, after)]
    query, limit_min = verdicts[1].query, verdicts[1].limit_min
    far = after.query(**after.planning_words(aim, words or {}))
    found = after.provenance(query) | {
        "goal": aim.goal_id,
        "limit_min": limit_min,
        "statistic_of_towns": far.statistic,
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
    towns, people = _towns(before, after, ids, far, limit_min)
    places, areas = _areas(before, after, ids, far, limit_min, cell_m, found)
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
    cell_m: float | None,
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
    columns: dict[str, Any] = {
        name: np.repeat(table[name].to_numpy(object), len(CHANGES) * len(limits)).tolist()
        for name in ("place", "name_zh", "name_en")
    }
    columns |= {"change": [*CHANGES] * len(changed), "minutes": [limit_min] * len(CHANGES) * len(changed)}
    areas = table_of(
        columns, [shape for trio in changed for shape in trio], grid, found | {"cell_m": grid.cell_m}
    )
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
        from onehour.compare_plot import plot_comparison  # noqa: PLC0415 - matplotlib is heavy
        from onehour.style import save  # noqa: PLC0415

        save(plot_comparison(found), file)
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
