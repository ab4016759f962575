"""Seconds in stations: entering, leaving, changing, and when gates close, by the numbers of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from network.region import positions
from network.seconds import minutes_s, whole_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.region import Region

    Ints = NDArray[np.int64]


def by_class_s(region: Region, name: str) -> Ints:
    """Return a number that goes by the class of the station, such as ``exit``, s, [stations]."""
    kinds = region.stations["class"]
    seconds = {kind: minutes_s(region.parameters[f"{name}_{kind}_min"]) for kind in set(kinds)}
    return np.array([seconds[kind] for kind in kinds], np.int64)


def entry_s(region: Region) -> Ints:
    """Return the walk in and the security check, s, [stations]."""
    return by_class_s(region, "entry_walk") + by_class_s(region, "entry_security")


def change_s(region: Region) -> Ints:
    """Return the time of a change inside the gates, s, [stations]."""
    kind = region.stations["class"].to_numpy()
    names = {"hub": "rail_hub", "metro": "metro", "street": "street"}
    seconds = {
        name: minutes_s(region.parameters[f"change_{names.get(name, 'rail')}_min"]) for name in set(kind)
    }
    return np.array([seconds[name] for name in kind], np.int64)


def gate_s(region: Region) -> Ints:
    """Return the seconds before departure at which the gate of each service closes, [services]."""
    classes = region.services["class"]
    seconds = {name: minutes_s(region.parameters[f"gate_{name}_min"]) for name in set(classes)}
    return classes.map(seconds).to_numpy(np.int64)


def street_changes(region: Region) -> tuple[Ints, Ints, Ints]:
    """Return both stations of each walking link, and the time: exit, walk and security, s, [transfers]."""
    links, stations = region.transfers, region.stations["station_id"]
    tail = positions(stations, links["from_station_id"])
    head = positions(stations, links["to_station_id"])
    walk = whole_s(links["walk_m"].to_numpy(np.float64) * 3.6 / region.parameters["walk_kmh"])
    security = np.where(links["security_waived"], 0, by_class_s(region, "entry_security")[head])
    return tail, head, by_class_s(region, "exit")[tail] + walk + security
