"""The verb `projects`: the cards of a plan, and what each changes when it alone is built or cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.table import Table

import scenarios
from network.compile import Query
from network.ends import ends_of
from onehour.terminal import console_of
from sim.journeys import Network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from network.region import Region
    from onehour.study import Area
    from scenarios import Card, Scenario

#: Readings by which the effect of a card is counted. In vehicles only the quickest trains: a train that is
#: added can make the usual one slower.
EFFECT_QUERIES = (
    Query(clock="door", mode="transit"),
    Query(clock="door", mode="car"),
    Query(clock="station", mode="transit"),
    Query(clock="in-vehicle", mode="transit", statistic="best"),
)


def projects_data(area: Area, *, effects: bool = False) -> list[dict[str, Any]]:
    """Return the cards as plain data.

    Parameters
    ----------
    area
        The region.
    effects
        Whether to build (or, if its rows are open in the base, to cancel) each card alone and to count the
        rows it touches, the pairs of centres whose time changes, and by how many seconds.
    """
    measure = _Measure.of(area) if effects else None
    rows = []
    for card in area.projects():
        row: dict[str, Any] = {
            "project_id": card.project_id,
            "name_seed": card.name_seed,
            "name_zh": card.name_zh,
            "name_en": card.name_en,
            "box": card.box,
            "kind": card.kind,
            "status_2023": card.status_2023,
            "status_2026": card.status_2026,
            "opens": card.opens,
            "no_effect": card.no_effect,
            "reason": card.reason,
            "changes": [change.type for change in card.changes],
            "moves_trains": card.moves_trains,
            "confidence": card.confidence,
            "source": card.source,
            "notes": card.notes,
        }
        if measure is not None:
            row["effect"] = measure.effect(card)
        rows.append(row)
    return rows


@dataclass(frozen=True, eq=False, slots=True)
class _Measure:
    """Times between the centres today, against which a card is measured."""

    region: Region
    base: Scenario
    there: Region
    times: dict[Query, np.ndarray]

    @classmethod
    def of(cls, area: Area) -> _Measure:
        """Search the base."""
        names = scenarios.list_scenarios(area.region.about.region_id)
        base = scenarios.get_scenario("today-2026" if "today-2026" in names else "base", area.region)
        there = base.apply(area.region).region
        return cls(area.region, base, there, _times(there))

    def effect(self, card: Card) -> dict[str, Any]:
        """Return rows touched, pairs changed and seconds gained by a card alone."""
        owned = _owned_rows(self.there, card.project_id)
        if not card.changes and not owned:
            return {"how": "none", "rows": {}, "readings": []}
        how = "build" if card.changes else "cancel"
        mine = [card.project_id]
        build, cancel = (mine, mine[:0]) if how == "build" else (mine[:0], mine)
        applied = scenarios.compose(self.base, build=build, cancel=cancel).apply(self.region)
        rows: dict[str, int] = dict(owned) if how == "cancel" else {}
        for touched in applied.touched:
            for table, count in touched.rows.items():
                rows[table] = rows.get(table, 0) + count
        found: dict[str, Any] = {"how": how, "rows": {name: count for name, count in rows.items() if count}}
        after = _times(applied.region)
        readings = []
        for query, before in self.times.items():
            # what building brings: faster is positive, whether the card is built or cancelled here
            old, new = (before, after[query]) if how == "build" else (after[query], before)
            both = (old >= 0) & (new >= 0)
            readings.append(
                {
                    "clock": query.clock,
                    "mode": query.mode,
                    "statistic": query.statistic,
                    "pairs": int((old != new).sum()),
                    "newly_reached": int(((old < 0) & (new >= 0)).sum()),
                    "seconds": int((old - new)[both].sum()),
                }
            )
        return {**found, "readings": readings}


def _owned_rows(region: Region, project_id: str) -> dict[str, int]:
    """Return how many rows of each table a card owns, calls by their track."""
    rows = {}
    for name in ("stations", "transfers", "lines", "line_stops", "services", "road_nodes", "road_links"):
        count = int((region.table(name)["project_id"] == project_id).sum())
        if count:
            rows[name] = count
    owners = region.service_stops["track_project_id"]
    calls = sum(project_id in text.split(";") for text in owners if text)
    return rows | ({"service_stops": calls} if calls else {})


def _times(region: Region) -> dict[Query, np.ndarray]:
    """Return seconds between all centres by reading, -1 where there is no journey."""
    places = region.places
    ids = sorted(places.loc[places["in_area"], "place_id"])
    network, ends = Network(region), ends_of(region, ids)
    pairs = np.array(list(permutations(range(len(ids)), 2)))
    found = {}
    for query in EFFECT_QUERIES:
        seconds = network.router(ends, query).times(range(len(ids)), range(len(ids))).seconds
        found[query] = seconds[pairs[:, 0], pairs[:, 1]]
    return found


def _effect_words(readings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the readings under which a card changes a time, in words."""
    words = []
    for row in readings:
        if row["pairs"]:
            reached = f", {row['newly_reached']} newly reached" if row["newly_reached"] else ""
            words.append(
                f"{row['clock']} {row['mode']}: {row['pairs']}{reached}; {row['seconds'] / 60:.0f} min"
            )
    return words


def print_projects(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the cards."""
    table = Table(
        title=f"{len(rows)} project cards",
        box=box.SIMPLE_HEAD,
        title_justify="left",
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    widths = {"project": 3, "name": 4, "box": None, "opens": None, "changes, or why none": 4}
    for column, ratio in widths.items():
        table.add_column(column, overflow="fold", ratio=ratio, min_width=4 if ratio is None else None)
    effects = any("effect" in row for row in rows)
    if effects:
        table.add_column("pairs changed; minutes gained in all")
    for row in rows:
        how = ", ".join(row["changes"]) or f"{row['no_effect']}: {row['reason']}"
        cells = [
            row["project_id"],
            f"{row['name_zh']} {row['name_en']}",
            row["box"],
            str(row["opens"] or "–"),
            how,
        ]
        if effects:
            effect = row["effect"]
            cells.append("; ".join(_effect_words(effect["readings"])) or ("none" if effect["rows"] else ""))
        table.add_row(*cells)
    console_of().print(table)
