"""Verbs on real streets: streets load, streets fetch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onehour.verbs.options import Json, Region, area_of, print_json, spinner

Network = Annotated[str, typer.Option("--network", help="walk or drive.")]
Speeds = Annotated[
    str | None,
    typer.Option("--speeds", help="Speeds where no limit is tagged: china or general (docs/streets.md)."),
]


def load_verb(
    file: Annotated[Path, typer.Argument(help="OpenStreetMap's data (.osm.pbf, .osm) or OSMnx's .graphml.")],
    *,
    network: Network,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write: .parquet.")] = None,
    region: Annotated[
        Path | None, typer.Option("--region", help="Folder of a region of yours, which gets the streets.")
    ] = None,
    speeds: Speeds = None,
    limit_m: Annotated[
        float | None,
        typer.Option("--snap-m", help="Report what is farther from a street, m.", min=1, max=50_000),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read a street network, tell what it holds and what was dropped, and keep it."""
    from onehour.streets import load_streets, print_streets  # noqa: PLC0415

    with spinner("Reading the streets", show=not as_json):
        data = load_streets(file, network, speeds=speeds, output=output, folder=region, limit_m=limit_m)
    if as_json:
        print_json(data)
    else:
        print_streets(data)


def fetch_verb(
    *,
    network: Network,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .parquet.")],
    region: Region = "guangzhou",
    speeds: Speeds = None,
    overpass: Annotated[
        str | None, typer.Option("--overpass", help="Address of the Overpass API, without /interpreter.")
    ] = None,
    tile_km: Annotated[
        float, typer.Option("--tile-km", help="Side of the tiles that are asked for, km.", min=1, max=200)
    ] = 20,
    as_json: Json = False,
) -> None:
    """Fetch the streets of a region from OpenStreetMap, tile by tile; run it again where it broke off."""
    from network.streets.overpass import URL  # noqa: PLC0415
    from onehour.streets import fetch_streets, print_streets  # noqa: PLC0415

    found = area_of(region).region
    with spinner("Fetching the streets", show=not as_json) as status:

        def told(done: int, count: int) -> None:
            if status is not None:
                status.update(f"Fetching the streets: {done} of {count} tiles …")

        data = fetch_streets(
            found,
            network,
            output,
            speeds=speeds,
            url=URL if overpass is None else overpass,
            tile_km=tile_km,
            progress=told,
        )
    if as_json:
        print_json(data)
    else:
        print_streets(data)
