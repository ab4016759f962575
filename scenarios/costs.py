"""What project cards cost: the card's own figure, else its length at the unit cost of its kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from network.distances import straight_km
from network.errors import BadInputError, Problem
from scenarios.cards import Kind
from scenarios.changes import AddService
from scenarios.tomls import data_folder, read_model

if TYPE_CHECKING:
    from network.region import Region
    from scenarios.cards import Card


class UnitCost(BaseModel):
    """What a kilometre costs."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    kind: Kind
    cny_per_km: Annotated[float, Field(ge=0)]
    source: str
    confidence: Literal["high", "medium", "low"]


class _File(BaseModel):
    """A file of unit costs."""

    model_config = ConfigDict(extra="forbid")
    cost: list[UnitCost]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a card costs.

    Attributes
    ----------
    cny
        Yuan; None where it is not known.
    basis
        How it was found, in words.
    source, confidence
        Of the figure, or of the unit cost.
    """

    cny: float | None
    basis: str
    source: str
    confidence: str


@cache
def unit_costs(region_id: str) -> dict[str, UnitCost]:
    """Return the unit costs of a region by kind of card; none where it ships none.

    Raises
    ------
    BadInputError
        The file is wrong; lists every problem.
    """
    entry = data_folder(region_id).joinpath("unit_costs.toml")
    if not entry.is_file():
        return {}
    problems: list[Problem] = []
    with as_file(entry) as path:
        found = read_model(path, _File, problems)
    if found is None:
        raise BadInputError(problems)
    return {one.kind: one for one in found.cost}


def cost_of(card: Card, region: Region) -> Cost:
    """Return what a card costs.

    Parameters
    ----------
    card
        The card.
    region
        The region, for the positions of stations and for the detour of rails.

    Notes
    -----
    The card's own figure where it has one; else its length times the unit cost of its kind. Where it gives no
    length, that of its lines' stops by straight lines, times ``rail_detour``.
    """
    if card.cost_cny is not None:
        return Cost(card.cost_cny, "the card's own figure", card.source, card.confidence)
    unit = unit_costs(region.about.region_id).get(card.kind)
    if unit is None:
        return Cost(None, f"no unit cost of the kind {card.kind} is known", "", "")
    if unit.cny_per_km == 0:
        return Cost(0.0, "counted as free", unit.source, unit.confidence)
    length_km, how = card.length_km, "its length"
    if length_km is None:
        length_km, how = _stops_km(card, region), "straight lines between its stops and a detour"
    if not length_km:
        return Cost(None, "its length is not known", "", "")
    basis = f"{length_km:.0f} km ({how}) at {unit.cny_per_km / 1e6:g} million yuan"
    return Cost(length_km * unit.cny_per_km, basis, unit.source, unit.confidence)


def _stops_km(card: Card, region: Region) -> float:
    """Return the length of the lines that a card builds, by straight lines and the detour of rails, km."""
    stations = region.stations.set_index("station_id")[["lon", "lat"]]
    total_km = 0.0
    for change in card.changes:
        if isinstance(change, AddService):
            at = np.array(
                [
                    stations.loc[stop.station]
                    if stop.lon is None or stop.lat is None
                    else (stop.lon, stop.lat)
                    for stop in change.stops
                    if stop.lon is not None or stop.station in stations.index
                ],
                np.float64,
            ).reshape(-1, 2)
            total_km += float(straight_km(*at[:-1].T, *at[1:].T).sum())
    return total_km * region.parameters["rail_detour"]
