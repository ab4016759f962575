"""Changing trains: the time inside the gates of a station, and through the street to another building."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from network.region import positions
from network.seconds import minutes_s, whole_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.region import Region

    Ints = NDArray[np.int64]


def class_s(region: Region, name: str) -> Ints:
    """Return a parameter that goes by the station's class (``exit``, ``entry_walk`` …), s, [stations]."""
    kinds = region.stations["class"]
    seconds = {kind: minutes_s(region.parameters[f"{name}_{kind}_min"]) for kind in set(kinds)}
    return np.array([seconds[kind] for kind in kinds], np.int64)


def change_s(region: Region) -> Ints:
    """Return the seconds from alighting to being ready to board again inside the gates, [stations]."""
    kinds = region.stations["class"].to_numpy()
    metro, hub, other = (
        minutes_s(region.parameters[f"change_{name}_min"]) for name in ("metro", "rail_hub", "rail")
    )
    return np.where(kinds == "hub", hub, np.where(kinds == "metro", metro, other)).astype(np.int64)


def street_s(region: Region) -> tuple[Ints, Ints, Ints]:
    """Return both ends of the walking links, as rows of the stations, and their time.

    Returns
    -------
    tail, head, seconds : Ints
        Exit, walk and security in the order of ``region.transfers``, [transfers]; the gate, which goes by the
        train that is boarded, is not in it.
    """
    stations, links = region.stations["station_id"], region.transfers
    tail, head = positions(stations, links["from_station_id"]), positions(stations, links["to_station_id"])
    walk = whole_s(links["walk_m"].to_numpy(np.float64) * 3.6 / region.parameters["walk_kmh"])
    security = np.where(links["security_waived"], 0, class_s(region, "entry_security")[head])
    return tail, head, class_s(region, "exit")[tail] + walk + security
