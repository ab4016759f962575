"""Provenance: what a result was computed from, and the assumed numbers that it rests on."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.window_router import draws_of

if TYPE_CHECKING:
    from network.compile import Query
    from network.region import Region
    from onehour.study import Study

#: First words of the parameters that each kind of reading uses.
_USED = {
    "transit": (
        "rail_detour",
        "change_",
        "gate_",
        "entry_",
        "exit_",
        "walk_",
        "feeder_",
        "complex_",
        "centre_",
    ),
    "planned": ("planned_",),
    "car": ("congestion_", "toll_", "park_", "local_road_", "walk_detour"),
    "taxi": ("taxi_",),
}

_OF_ROADS = {"add-road", "modify-road"}


def provenance(study: Study, query: Query | None) -> dict[str, Any]:
    """Return region, scenario, their hashes, the query, values set by hand, and notes, as plain data."""
    region = study.area.region
    found: dict[str, Any] = {
        "onehour": version(),
        "region": region.about.region_id,
        "scenario": study.scenario.name,
        "scenario_hash": study.scenario.hash,
        "region_hash": region.hash,
        "state_hash": study.network.region.hash,
        "seed": None,
        "draws": None,
        "set": dict(study.values),
        "notes": list(region.about.notes),
        "licence": region.about.licence,
        "attribution": attribution(region),
        "ways": ways_told(study),
    }
    if query is not None:
        found |= asdict(query)
        found["assumed"] = assumed_numbers(study, query)
        if query.by_window:
            numbers = study.network.region.parameters
            found |= {
                "seed": int(numbers["window_seed"]),
                "draws": draws_of(numbers, query.traveller),
                "departure_step_s": round(60 * numbers["window_step_min"]),
            }
    return found


def ways_told(study: Study) -> dict[str, str]:
    """Return over what one walks and drives, by ``walking`` and ``car``: words for people.

    Changes of roads are made on the sketch of roads; where the car runs over streets, they are not in them.
    """
    region = study.area.region
    held = {name: f"streets ({one.sha256[:12]})" for name, one in region.street_networks.items()}
    straight = f"straight line × {region.parameters['walk_detour']:g}"
    sketch = straight if region.table("road_links").empty else "sketch network"
    if "drive" in held:
        changes = sum(one.change in _OF_ROADS for one in study.applied.touched)
        sketch = held["drive"]
        if changes:
            sketch += f" as they are: {changes} changes of roads in the scenario are not in them"
    return {"walking": held.get("walk", straight), "car": sketch}


def attribution(region: Region) -> str:
    """Return the sentence to show with a region's results; it names OpenStreetMap where its streets serve."""
    told = region.about.attribution.strip()
    if region.street_networks and "OpenStreetMap" not in told:
        return f"{told} Streets © OpenStreetMap contributors (ODbL 1.0).".strip()
    return told


def assumed_numbers(study: Study, query: Query) -> list[dict[str, Any]]:
    """Return the model's numbers of low confidence that a query rests on, with value, unit and source."""
    kinds = {
        "transit": ("transit",),
        "car": ("car",),
        "park-and-ride": ("transit", "car"),
        "any": ("transit", "car", "taxi"),
    }[query.mode]
    kinds += ("planned",) if query.traveller == "planned" else ()
    first = tuple(word for kind in kinds for word in _USED[kind])
    return [
        {"name": name, "value": number.value, "unit": number.unit, "source": number.source}
        for name, number in study.network.region.parameters.as_table()
        if number.confidence == "low" and name.startswith(first)
    ]


def version() -> str:
    """Return the version of the installed distribution."""
    try:
        return metadata.version("onehour")
    except metadata.PackageNotFoundError:
        return "unknown"


@cache
def code_hash() -> str:
    """Return the hash of the program's own code: equal where every module is the same, byte for byte."""
    digest = hashlib.sha256()
    home = Path(__file__).resolve().parents[1]
    for room in ("network", "onehour", "scenarios", "sim"):
        for file in sorted((home / room).rglob("*.py")):
            digest.update(f"{file.relative_to(home).as_posix()} ".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
