"""Streets of a region: loading files, fetching them, and how far its places and stations are from them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from network.errors import BadInputError, Problem, UnknownNameError, tried
from network.reader import list_regions, read_region
from network.streets.building import shares_by_class
from network.streets.files import save
from network.streets.model import NETWORKS, SNAP_M
from network.streets.overpass import TILE_KM, URL, area_of, fetch
from network.streets.reading import read_streets
from network.streets.speeds import speed_tables
from onehour.files import output_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from network.region import Region
    from network.streets.model import Streets

ENDINGS = (".parquet",)
"""Endings of files of streets that are written."""

_POINTS = {"places": "place_id", "stations": "station_id", "zones": "zone_id"}
_SHOWN = 12


def load_streets(
    file: Path,
    network: str,
    *,
    speeds: str | None = None,
    output: Path | None = None,
    folder: Path | None = None,
    limit_m: float | None = None,
) -> dict[str, Any]:
    """Read streets and write them to a file, into a region's folder, or both; return what was read.

    Parameters
    ----------
    file
        OpenStreetMap's data, a graph of OSMnx, or streets that were written before.
    network
        ``walk`` or ``drive``.
    speeds
        Table of speeds; ``china`` for a region on China's clock, else ``general``, where not given.
    output
        File to write: .parquet.
    folder
        A region's folder: it gets ``streets_<network>.parquet``.
    limit_m
        Straight line to a street at most, m, for the report of what snaps; `SNAP_M` where not given.

    Raises
    ------
    BadInputError
        The file or the region cannot be used, nothing of the region is near to the streets, or a file
        cannot be written; lists every problem.
    """
    problems = [] if output is None else output_problems(output, ENDINGS)
    region = None if folder is None else tried(lambda: _region_in(folder), problems)
    table = speeds or default_speeds(region)
    streets = tried(lambda: read_streets(file, network, speeds=table), problems)
    if problems or streets is None:
        raise BadInputError(problems)
    limit_m = SNAP_M[network] if limit_m is None else limit_m
    snapped = {} if region is None else snapped_points(streets, region, limit_m)
    if snapped and not any(row["snapped"] for row in snapped.values()):
        what = f"nothing of the region in {folder} is within {limit_m:g} m of its streets"
        raise BadInputError(Problem(str(file), what, "take streets of the same area"))
    written = [] if output is None else [output]
    if folder is not None:
        written.append(folder / f"streets_{network}.parquet")
    for path in written:
        save(streets, path)
    return streets_data(streets, snapped, limit_m) | {"files": [str(path) for path in written]}


def fetch_streets(
    region: Region,
    network: str,
    output: Path,
    *,
    speeds: str | None = None,
    url: str = URL,
    tile_km: float = TILE_KM,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Fetch the streets of a region from OpenStreetMap and write them to a file; return what was fetched.

    Answers are kept in a folder beside the file, ``<file>.tiles``, until the file is written.

    Parameters
    ----------
    region
        Its area is fetched: its districts, or a box around what it has.
    network, output, speeds
        As for `load_streets`.
    url, tile_km, progress
        As for `network.streets.overpass.fetch`.

    Raises
    ------
    BadInputError
        The file cannot be written, or the server cannot be reached or gives no good answer.
    """
    problems = output_problems(output, ENDINGS)
    if network not in NETWORKS:
        problems += UnknownNameError("network", network, NETWORKS, where="--network").problems
    table = speeds or default_speeds(region)
    if table not in speed_tables():
        problems += UnknownNameError("table of speeds", table, speed_tables(), where="--speeds").problems
    if not url.startswith(("http://", "https://")):
        problems.append(Problem("--overpass", f"{url!r} is no web address", "begin it with https://"))
    if problems:
        raise BadInputError(problems)
    folder = output.with_name(f"{output.name}.tiles")
    streets = fetch(
        area_of(region), network, folder, speeds=table, url=url, tile_km=tile_km, progress=progress
    )
    save(streets, output)
    shutil.rmtree(folder, ignore_errors=True)
    limit_m = SNAP_M[network]
    return streets_data(streets, snapped_points(streets, region, limit_m), limit_m) | {"files": [str(output)]}


def default_speeds(region: Region | None) -> str:
    """Return the table of speeds that is taken for a region where none is named."""
    return "china" if region is not None and region.about.time_zone == "Asia/Shanghai" else "general"


def _region_in(folder: Path) -> Region:
    if not folder.is_dir():
        shipped = str(folder) in list_regions()
        what = "is a shipped region, which nothing is written into" if shipped else "is no folder"
        raise BadInputError(Problem("--region", f"{folder} {what}", "give the folder of a region of yours"))
    return read_region(folder)


def snapped_points(streets: Streets, region: Region, limit_m: float) -> dict[str, dict[str, Any]]:
    """Return how many places, stations and towns snap to streets, by table, and which do not."""
    found = {}
    for name, key in _POINTS.items():
        table = region.table(name)
        if table.empty:
            continue
        at = streets.snap(table[["lon", "lat"]].to_numpy(np.float64), limit_m)
        lost = table[key].iloc[at.lost].tolist()
        off_m = at.off_m[np.isfinite(at.off_m)]
        found[name] = {
            "points": len(table),
            "snapped": len(table) - len(lost),
            "median_off_m": round(float(np.median(off_m)), 1) if len(off_m) else None,
            "lost": lost,
        }
    return found


def streets_data(streets: Streets, snapped: Mapping[str, Any], limit_m: float) -> dict[str, Any]:
    """Return what streets hold, as plain data."""
    return {
        "network": streets.network,
        "source": streets.source,
        "sha256": streets.sha256,
        "nodes": streets.n_nodes,
        "links": streets.n_links,
        "summary": dict(streets.summary),
        "km_by_class": shares_by_class(streets),
        "snap_limit_m": limit_m,
        "snapped": dict(snapped),
    }


def print_streets(data: Mapping[str, Any]) -> None:
    """Print what was loaded, dropped and snapped."""
    from onehour.terminal import console_of  # noqa: PLC0415 - loads rich

    console, told = console_of(), data["summary"]
    console.print(
        f"{data['source']}: streets to {data['network']} on, {data['nodes']:,} nodes, "
        f"{data['links']:,} links, {told['km']:,.0f} km ({data['sha256'][:12]})"
    )
    classes = sorted(data["km_by_class"].items(), key=lambda one: -one[1])
    console.print("km by class: " + ", ".join(f"{name} {km:,.0f}" for name, km in classes[:_SHOWN]))
    if told.get("km_with_tagged_limit") is not None:
        share = told["km_with_tagged_limit"] / max(told["km"], 1e-9)
        console.print(
            f"Speeds: {share:.0%} of the km have a tagged limit; table {told['speeds']} for the rest"
        )
    console.print(
        f"Dropped: {told['parts_dropped']:,} parts that do not join both ways, "
        f"with {told['nodes_dropped']:,} nodes and {told['km_dropped']:,.1f} km"
    )
    if told.get("pieces_without_position"):
        console.print(
            f"Cut off: {told['pieces_without_position']:,} pieces whose nodes the file does not have"
        )
    for name, row in data["snapped"].items():
        off = "" if row["median_off_m"] is None else f", median {row['median_off_m']:g} m off"
        console.print(
            f"Snapped within {data['snap_limit_m']:g} m: {row['snapped']:,} of {row['points']:,} {name}{off}"
        )
        if row["lost"]:
            more = (
                f" and {len(row['lost']) - _SHOWN} more (--json lists all)"
                if len(row["lost"]) > _SHOWN
                else ""
            )
            console.print(f"  not snapped: {', '.join(row['lost'][:_SHOWN])}{more}", style="yellow")
    for path in data["files"]:
        console.print(path)
