"""Isochrones of a study: surfaces and polygons with provenance, and the files that the verb writes."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from network.distances import metric_xy
from network.ends import ends_of
from network.errors import BadInputError, Problem, tried
from onehour.files import output_problems, whole_file
from sim.grid import grid_of
from sim.isochrone import differences, isochrone
from sim.surface import surfaces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from network.compile import Query
    from network.ends import Ends
    from onehour.study import Study, Words
    from sim.grid import Grid

MINUTES = (15.0, 30.0, 45.0, 60.0)
"""Limits of the isochrones where none are given, minutes."""

CHANGES = ("gained", "lost", "kept")
"""What happens to an area: only the later scenario reaches it, only the earlier one, or both."""

ENDINGS = (".geojson", ".gpkg", ".parquet", ".png", ".svg", ".pdf", ".tif")

_PICTURES = (".png", ".svg", ".pdf")
_COLUMNS = (
    "origin", "origin_name_zh", "origin_name_en", "scenario", "against", "clock", "mode", "period",
    "traveller", "statistic",
)  # fmt: skip
_LONGEST_MIN = 1440
_DECIMALS = 7  # of degrees: about a centimetre


def minutes_given(text: str, problems: list[Problem]) -> list[float]:
    """Return the limits written ``15,30,45,60``; what is wrong is added to `problems`."""
    try:
        return checked_minutes([float(word) for word in text.split(",")])
    except BadInputError as error:
        problems += error.problems
    except ValueError:
        problems.append(Problem("--minutes", f"{text!r} is no list of minutes", "for example 15,30,45,60"))
    return []


def checked_minutes(minutes: Sequence[float]) -> list[float]:
    """Return limits in minutes.

    Raises
    ------
    BadInputError
        There are none, they are not ascending, or one is not above 0 and at most a day.
    """
    given = [float(limit) for limit in minutes]
    if not given:
        raise BadInputError(Problem("--minutes", "is empty", "for example 15,30,45,60"))
    problems = [
        Problem("--minutes", f"{limit:g} is no limit", f"above 0, up to {_LONGEST_MIN}")
        for limit in given
        if not 0 < limit <= _LONGEST_MIN
    ]
    if not problems and any(after <= limit for limit, after in pairwise(given)):
        shown = ",".join(f"{limit:g}" for limit in given)
        fix = ",".join(f"{limit:g}" for limit in sorted(set(given)))
        problems.append(Problem("--minutes", f"{shown} is not ascending", fix))
    if problems:
        raise BadInputError(problems)
    return given


def asked_of(study: Study, place: str, cell_m: float | None, words: Words | None) -> tuple[Grid, Query, Ends]:
    """Return the cells, the query, and the place, station, zone or point that a study is asked about.

    Raises
    ------
    BadInputError
        There is no such place or it lies outside, the side is no sensible length, or a word is unknown; lists
        every problem.
    """
    problems: list[Problem] = []
    grid, query, ends = (
        tried(make, problems)
        for make in (
            lambda: grid_of(study.area.region, cell_m),
            lambda: study.free_query(**(words or {})),
            lambda: ends_of(study.network.region, [place.strip()]),
        )
    )
    is_point = ends is not None and "," in ends.ids[0]  # no id has a comma
    if grid is not None and is_point and not grid.holds(metric_xy(study.network.region, ends.table))[0]:
        about = study.area.region.about
        what = f"{place} lies outside of the region {about.name_en or about.region_id}"
        problems.append(Problem("--from", what, "a point within it, longitude first"))
    if problems:
        raise BadInputError(problems)
    return grid, query, ends


def surface(
    study: Study, place: str, *, cell_m: float | None = None, words: Words | None = None
) -> xr.DataArray:
    """Return the minutes from a place to the centre of each cell; see `onehour.study.Study.surface`."""
    import xarray as xr  # noqa: PLC0415 - polygons do not need it

    grid, query, ends, seconds = _searched(study, place, cell_m, words)
    found = _attributes(study, query, ends, grid)
    return xr.DataArray(
        np.where(seconds < 0, np.nan, seconds / 60).astype(np.float32),
        coords={
            "y": ("y", grid.y_m, {"units": "m", "standard_name": "projection_y_coordinate"}),
            "x": ("x", grid.x_m, {"units": "m", "standard_name": "projection_x_coordinate"}),
        },
        name="minutes",
        attrs={"units": "min", "crs": grid.crs} | found,
    )


def isochrones(
    study: Study,
    place: str,
    minutes: Sequence[float] = MINUTES,
    *,
    cell_m: float | None = None,
    words: Words | None = None,
) -> gpd.GeoDataFrame:
    """Return what can be reached from a place within limits; see `onehour.study.Study.isochrone`."""
    limits = checked_minutes(minutes)
    grid, query, ends, seconds = _searched(study, place, cell_m, words)
    shapes = _shapes(study, grid, seconds, limits)
    return table_of({"minutes": limits}, shapes, grid, _attributes(study, query, ends, grid))


def changes(
    before: Study,
    after: Study,
    place: str,
    minutes: Sequence[float] = MINUTES,
    *,
    cell_m: float | None = None,
    words: Words | None = None,
) -> gpd.GeoDataFrame:
    """Return the area that can be reached from a place in one scenario, in another, and in both.

    Parameters
    ----------
    before, after
        Two scenarios of one region.
    place, minutes, cell_m, words
        As for `isochrones`.

    Returns
    -------
    GeoDataFrame
        As of `isochrones`, with the column ``change``: a row a limit for each of `CHANGES`. In ``attrs``,
        ``against`` and ``against_hash`` tell of the scenario `before`.

    Raises
    ------
    BadInputError
        As for `isochrones`.
    """
    limits = checked_minutes(minutes)
    found = [_searched(study, place, cell_m, words) for study in (before, after)]
    first, second = (
        _shapes(study, grid, seconds, limits)
        for study, (grid, _, _, seconds) in zip((before, after), found, strict=True)
    )
    shapes = [shape for pair in zip(first, second, strict=True) for shape in differences(*pair)]
    grid, query, ends, _ = found[1]
    attributes = _attributes(after, query, ends, grid)
    attributes |= {"against": before.scenario.name, "against_hash": before.scenario.hash}
    columns = {"minutes": np.repeat(limits, len(CHANGES)), "change": [*CHANGES] * len(limits)}
    return table_of(columns, shapes, grid, attributes)


def write_isochrone(
    study: Study,
    output: Path,
    place: str,
    minutes: Sequence[float],
    *,
    cell_m: float | None = None,
    words: Words | None = None,
    against: Study | None = None,
) -> dict[str, Any]:
    """Write isochrones, or their changes, or a surface to a file; return what was written.

    Parameters
    ----------
    study
        The region under a scenario.
    output
        A file with one of `ENDINGS`; its folder must be there. A ``.tif`` is a cloud-optimised GeoTIFF of the
        surface, minutes as float32 in the region's metric CRS, NaN where there is no journey.
    place, minutes, cell_m, words
        As for `isochrones`.
    against
        Another scenario: what was gained and lost since is written in place of the isochrones.

    Raises
    ------
    BadInputError
        The file cannot be written, or the input cannot be used.
    """
    ending = output.suffix.lower()
    problems = output_problems(output, ENDINGS)
    if against is not None and ending == ".tif":
        problems.append(
            Problem("--against", "a .tif holds one surface", "choose .geojson, .gpkg or .parquet")
        )
    if problems:
        raise BadInputError(problems)
    if ending == ".tif":
        layer = surface(study, place, cell_m=cell_m, words=words)
        with whole_file(output) as file:
            _write_tif(layer, file)
        reached = np.isfinite(layer)
        rows = [
            {"minutes": limit, "area_km2": float((layer <= limit).sum()) * layer.attrs["cell_m"] ** 2 / 1e6}
            for limit in checked_minutes(minutes)
        ]
        found = {str(name): value for name, value in layer.attrs.items()} | {"cells": int(reached.sum())}
    else:
        if against is None:
            table = isochrones(study, place, minutes, cell_m=cell_m, words=words)
        else:
            table = changes(against, study, place, minutes, cell_m=cell_m, words=words)
        _write_table(table, study, output)
        told = [name for name in ("minutes", "change", "area_km2") if name in table]
        rows = table[told].to_dict("records")
        found = dict(table.attrs)
    return {"file": str(output), "rows": rows, "provenance": found}


def print_isochrone(data: Mapping[str, Any]) -> None:
    """Print what was written, with the area within each limit."""
    from onehour.report import print_frame  # noqa: PLC0415
    from onehour.terminal import console_of, print_basis  # noqa: PLC0415

    found = data["provenance"]
    name = f"{found['origin_name_zh']} {found['origin_name_en']}".strip() or found["origin"]
    against = f" against {found['against']}" if "against" in found else ""
    console = console_of()
    console.print()
    console.print(f"{name} · {found['scenario']}{against}", style="bold")
    console.print(
        f"{found['clock']} · {found['mode']} · {found['period']} · {found['traveller']} traveller · "
        f"{found['statistic']} · cells of {found['cell_m']:g} m"
    )
    console.print()
    print_frame("", pd.DataFrame(data["rows"]).round({"area_km2": 1}))
    empty = [f"{row['minutes']:g}" for row in data["rows"] if not row["area_km2"] and "change" not in row]
    if empty:
        what = f"The centre of no cell is within {', '.join(empty)} min: a smaller --cell-m may show more."
        console.print(what, style="yellow")
    console.print(data["file"])
    print_basis(console, found, [])


def write_polygons(table: gpd.GeoDataFrame, file: Path, layer: str) -> None:
    """Write a table of polygons in degrees, with its provenance, as GeoJSON, GeoPackage or GeoParquet.

    Parameters
    ----------
    table
        Polygons with provenance in ``attrs``.
    file
        An empty file; its ending says how it is written. GeoJSON has the provenance as the member
        ``onehour``, GeoPackage as metadata of the layer, GeoParquet as metadata of the file.
    layer
        Name of the layer in a GeoPackage.
    """
    found = json.dumps(table.attrs, ensure_ascii=False, default=str)
    plain = table.copy()
    plain.attrs = {}
    if file.suffix.lower() == ".geojson":
        data = {"type": "FeatureCollection", "onehour": json.loads(found)}
        data["features"] = json.loads(plain.to_json(drop_id=True, to_wgs84=True))["features"]
        file.write_text(json.dumps(data, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    elif file.suffix.lower() == ".gpkg":
        import pyogrio  # noqa: PLC0415

        file.unlink()  # GDAL makes the file itself
        pyogrio.write_dataframe(plain, file, layer=layer, layer_metadata={"onehour": found})
    else:
        import pyarrow.parquet as pq  # noqa: PLC0415

        plain.to_parquet(file)
        data = pq.read_table(file)
        held = {**(data.schema.metadata or {}), b"onehour": found.encode()}
        pq.write_table(data.replace_schema_metadata(held), file)


def _write_table(table: gpd.GeoDataFrame, study: Study, output: Path) -> None:
    """Write a table of isochrones or their changes, or draw it."""
    if output.suffix.lower() not in _PICTURES:
        with whole_file(output) as file:
            write_polygons(table, file, "changes" if "change" in table else "isochrones")
        return
    from onehour.compare_plot import plot_changes  # noqa: PLC0415 - matplotlib is heavy
    from onehour.plots import plot_isochrones  # noqa: PLC0415
    from onehour.style import save  # noqa: PLC0415

    save(plot_changes(table, study) if "change" in table else plot_isochrones(table, study), output)


def _write_tif(layer: xr.DataArray, file: Path) -> None:
    """Write a surface as a cloud-optimised GeoTIFF, the north on top."""
    import rasterio  # noqa: PLC0415

    minutes = layer.to_numpy()[::-1]
    cell_m = layer.attrs["cell_m"]
    left, top = float(layer["x"][0]) - cell_m / 2, float(layer["y"][-1]) + cell_m / 2
    found = {str(name): value for name, value in layer.attrs.items()}
    with rasterio.open(
        file,
        "w",
        driver="COG",
        width=minutes.shape[1],
        height=minutes.shape[0],
        count=1,
        dtype="float32",
        crs=found["crs"],
        transform=rasterio.Affine(cell_m, 0, left, 0, -cell_m, top),
        nodata=math.nan,
        compress="deflate",
        predictor="3",
        overview_resampling="nearest",
    ) as tif:
        tif.write(minutes, 1)
        tif.set_band_description(1, "minutes")
        tif.set_band_unit(1, "min")
        tif.update_tags(onehour=json.dumps(found, ensure_ascii=False, default=str))


def _searched(
    study: Study, place: str, cell_m: float | None, words: Words | None
) -> tuple[Grid, Query, Ends, NDArray[np.int64]]:
    """Return cells, query, place and seconds [rows, columns]."""
    grid, query, ends = asked_of(study, place, cell_m, words)
    return grid, query, ends, surfaces(study.network, ends, query, grid)[0]


def _shapes(
    study: Study, grid: Grid, seconds: NDArray[np.int64], limits: Sequence[float]
) -> list[shapely.MultiPolygon]:
    """Return the polygon of each limit, in metres."""
    numbers = study.network.region.parameters
    return [isochrone(seconds, grid, round(60 * limit, 6), numbers) for limit in limits]


def _attributes(study: Study, query: Query, ends: Ends, grid: Grid) -> dict[str, Any]:
    """Return the provenance of what was found from a place."""
    row = ends.table.iloc[0]
    place = {
        "origin": row["id"],
        "origin_name_zh": row["name_zh"],
        "origin_name_en": row["name_en"],
        "origin_lon": float(row["lon"]),
        "origin_lat": float(row["lat"]),
    }
    return study.provenance(query) | place | {"cell_m": grid.cell_m}


def table_of(
    columns: dict[str, Any], shapes: Sequence[shapely.Geometry], grid: Grid, found: dict[str, Any]
) -> gpd.GeoDataFrame:
    """Return metric polygons as a table in degrees, with areas in the projection, and provenance.

    Parameters
    ----------
    columns
        Further columns, which come first.
    shapes
        Polygons in the grid's CRS, one a row.
    grid
        The cells that they come from.
    found
        Provenance; place, scenarios and query stand in columns too.
    """
    in_metres = gpd.GeoSeries(shapes, crs=grid.crs)
    table = pd.DataFrame(columns | {"area_km2": in_metres.area.to_numpy() / 1e6})
    for name in _COLUMNS:
        if name in found:
            table[name] = found[name]
    in_degrees = in_metres.to_crs("EPSG:4326").to_numpy()
    rounded = shapely.transform(in_degrees, lambda degrees: np.round(degrees, _DECIMALS))
    result = gpd.GeoDataFrame(table, geometry=shapely.orient_polygons(rounded), crs="EPSG:4326")
    result.attrs = found
    return result
