"""The readings of a promise: which clock, which mode, which places. The plan does not say; all are shown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

from network.compile import CLOCKS, MODES, Query
from network.roads import can_drive

if TYPE_CHECKING:
    from network.region import Region
    from sim.check import Verdict

    Pairs = tuple[tuple[str, str], ...]

READING_COLUMNS = (
    "places",
    "clock",
    "mode",
    "traveller",
    "kept",
    "pairs",
    "passing",
    "people_share",
    "worst_origin",
    "worst_destination",
    "worst_minutes",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a promise.

    Attributes
    ----------
    places
        Name of the set of places: ``cores``, ``centres``, or ``cores, Tianhe``.
    words
        clock, mode and, where it is not the goal's own, traveller.
    pairs
        Ordered pairs of places.
    """

    places: str
    words: dict[str, str]
    pairs: Pairs


def reading_queries(region: Region) -> list[Reading]:
    """Return the readings of a region: clock × mode × places, and the traveller who knows the timetable.

    The clock ``station`` knows no car, so only transit is read there; nor does a region without roads and
    streets. A region without cores has its centres alone; in the Guangzhou region Tianhe in Yuexiu's place is
    a further set of cores.
    """
    places = region.places[region.places["in_area"]]
    cores = sorted(places.loc[places["level"] == "core", "place_id"])
    sets: dict[str, Pairs] = {}
    if len(cores) > 1:
        sets["cores"] = tuple(permutations(cores, 2))
        if "gz-yuexiu" in cores and "gz-tianhe" in set(places["place_id"]):
            other = sorted({*cores, "gz-tianhe"} - {"gz-yuexiu"})
            sets["cores, Tianhe"] = tuple(permutations(other, 2))
    sets["centres"] = tuple(permutations(sorted(places["place_id"]), 2))
    readings = []
    for name, pairs in sets.items():
        for clock in CLOCKS:
            for mode in MODES if can_drive(region) else ("transit",):
                if not Query(clock=clock, mode=mode).is_reading or (clock == "station" and mode == "any"):
                    continue
                readings.append(Reading(name, {"clock": clock, "mode": mode}, pairs))
                if mode == "transit" and clock != "in-vehicle":
                    planned = {"clock": clock, "mode": mode, "traveller": "planned"}
                    readings.append(Reading(name, planned, pairs))
    return readings


def reading_row(reading: Reading, verdict: Verdict) -> dict[str, Any]:
    """Return a reading and its verdict as a row with `READING_COLUMNS`."""
    return {
        "places": reading.places,
        "clock": verdict.query.clock,
        "mode": verdict.query.mode,
        "traveller": verdict.query.traveller,
        **verdict_row(verdict),
    }


def verdict_row(verdict: Verdict) -> dict[str, Any]:
    """Return what a verdict says in short: kept, pairs, people, and the worst pair."""
    worst = verdict.worst
    return {
        "kept": verdict.kept,
        "passing": verdict.passing,
        "pairs": verdict.pairs,
        "people_share": verdict.people_share,
        "worst_origin": "" if worst is None else worst["origin"],
        "worst_destination": "" if worst is None else worst["destination"],
        "worst_minutes": float("nan") if worst is None else worst["minutes"],
    }
