"""The states that the rows of a network have been met in, and the project cards that they depend on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from network.compile import RideTables
from network.dates import PART
from network.headways import departures_a_day
from network.rides import departures_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from network.compile import Query
    from network.region import Region
    from scenarios.changes import Where

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]


class Run(NamedTuple):
    """One part of a service in one state: what its rides are made of."""

    service: str
    line: str
    kind: str
    stations: tuple[str, ...]
    arrive_s: bytes
    depart_s: bytes
    trips: bytes

    def chosen_by(self, where: Where) -> bool:
        """Whether a change of services is for this one."""
        named = (
            (where.class_, self.kind),
            (where.line, self.line),
            (where.service, self.service.split(PART, 1)[0]),
        )
        return where.road is None and all(wanted in (None, own) for wanted, own in named)


Key = tuple[str, ...]
Rows = dict[Key, Any]
"""State of each row by what it is about; a row that is not there is not in it.

``("service", id)`` has the runs of a service's parts, ``("walk", station, station)`` metres and whether
security is waived, ``("centre", place, station)`` is there where the station stands for the place,
``("numbers",)`` are those of the model. Stations are called by `station_keys`.
"""

NUMBERS = ("numbers",)
_PART_OF_KEY = "\x1f"


class States:
    """The states that the rows of a network have been met in, and the cards that they depend on.

    Rows that depend on the same cards make a group; a group has one state for each choice of its cards.
    """

    def __init__(self, n_cards: int) -> None:
        self.n_cards = n_cards
        self.met: dict[bytes, Rows] = {}
        self._cards: dict[Key, frozenset[int]] = {}
        self._column: dict[Key, int] = {}
        self._number: dict[tuple[Key, Any], int] = {}
        self._numbers: dict[bytes, Ints] = {}
        self._stale = True

    def rows(self, mask: Bools) -> Rows | None:
        """Return the rows under a choice of cards, if it has been met."""
        return self.met.get(mask.tobytes())

    def add(self, mask: Bools, rows: Rows) -> None:
        """Keep the rows under a choice of cards."""
        self.met[mask.tobytes()] = rows
        columns = [self._column.setdefault(key, len(self._column)) for key in rows]
        numbers = np.zeros(len(self._column), np.int64)  # 0 where there is no row
        numbers[columns] = [self._number.setdefault(one, len(self._number) + 1) for one in rows.items()]
        self._numbers[mask.tobytes()] = numbers
        self._stale = True

    def cards(self, key: Key) -> frozenset[int]:
        """Return the cards that a row depends on."""
        return self._cards.get(key, frozenset())

    def depend(self, keys: Iterable[Key], card: int) -> None:
        """Let rows depend on a card."""
        for key in keys:
            self._cards[key] = self.cards(key) | {card}
        self._stale = True

    def _grouped(self) -> None:
        """Give the groups and their states numbers."""
        groups: defaultdict[tuple[int, ...], list[Key]] = defaultdict(list)
        for key in sorted(self._column):
            groups[tuple(sorted(self.cards(key)))].append(key)
        self._group = {key: number for number, keys in enumerate(groups.values()) for key in keys}
        self.contents: list[list[tuple[Key, Any]]] = []
        self._codes: list[tuple[NDArray[np.int64], Ints, Ints]] = []
        self._clash: tuple[Key, Bools, Bools] | None = None
        masks = np.array([np.frombuffer(mask, np.bool_) for mask in self.met])
        met = list(self.met.values())
        numbers = np.zeros((len(met), len(self._column)), np.int64)
        for row, found in enumerate(self._numbers.values()):
            numbers[row, : len(found)] = found
        for cards, keys in groups.items():
            columns = np.array(cards, np.int64)
            codes, first, code = np.unique(_codes(masks, columns), return_index=True, return_inverse=True)
            self._codes.append((columns, codes, len(self.contents) + np.arange(len(codes))))
            self.contents += [[(key, met[row].get(key)) for key in keys] for row in first.tolist()]
            if self._clash is None:
                own = numbers[:, [self._column[key] for key in keys]]
                other = np.argwhere(own != own[first][code])
                if len(other):
                    row, at = other[0].tolist()
                    self._clash = keys[at], masks[first[code[row]]], masks[row]
        self._stale = False

    def clash(self) -> tuple[Key, Bools, Bools] | None:
        """Return a row and two choices in which it differs though its cards do not, if there is one."""
        if self._stale:
            self._grouped()
        return self._clash

    def group_of(self, key: Key) -> int:
        """Return the number of the group that a row is in."""
        return self._group[key]

    def held(self, masks: Bools) -> NDArray[np.int32]:
        """Return the state of each group, int32 [choices, groups]; -1 where it has not been met."""
        if self._stale:
            self._grouped()
        out = np.full((len(masks), len(self._codes)), -1, np.int32)
        for group, (columns, codes, states) in enumerate(self._codes):
            wanted = _codes(masks, columns)
            at = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
            out[:, group] = np.where(codes[at] == wanted, states[at], -1)
        return out

    def to_meet(self, masks: Bools) -> list[int]:
        """Return choices, by row, that together hold every state of `masks` which has not been met."""
        held = self.held(masks)
        covered: set[tuple[int, bytes]] = set()
        rows = []
        for row in np.flatnonzero((held < 0).any(axis=1)).tolist():
            groups = np.flatnonzero(held[row] < 0).tolist()
            new = {(group, masks[row, self._codes[group][0]].tobytes()) for group in groups}
            if not new <= covered:
                covered |= new
                rows.append(row)
        return rows


def _codes(masks: Bools, columns: Ints) -> Ints:
    """Return one whole number for each choice of some of the cards."""
    return np.asarray(masks[:, columns] @ (np.int64(1) << np.arange(len(columns), dtype=np.int64)), np.int64)


def station_keys(stations: pd.DataFrame) -> list[str]:
    """Return a name for each station that tells apart what may differ of it between states.

    A station that one card builds for a line of one class and another card for one of another class is two.
    """
    columns = [stations[name].astype(str) for name in ("station_id", "class", "district_id", "lon", "lat")]
    return [_PART_OF_KEY.join(row) for row in zip(*columns, strict=True)]


def station_of(key: str) -> str:
    """Return the id of the station that a name of `station_keys` is of."""
    return key.split(_PART_OF_KEY, 1)[0]


def stations_in(rows: Rows) -> set[str]:
    """Return the names, of `station_keys`, of the stations that rows are of."""
    found: set[str] = set()
    for key, state in rows.items():
        if key[0] == "service":
            found.update(name for run in state for name in run.stations)
        elif key[0] == "walk":
            found.update(key[1:])
        elif key[0] == "centre":
            found.add(key[2])
    return found


def rows_of(region: Region, query: Query) -> Rows:
    """Return the rows of a region in one state."""
    tables = RideTables(region)
    called = tables.calls
    if query.clock == "in-vehicle":
        trips = departures_a_day(region)[called.service]
    else:
        trips = departures_in(region, called, region.about.period(query.period))
    services = region.services
    stations = np.array(station_keys(region.stations), object)
    called_so = dict(zip(region.stations["station_id"], stations, strict=True))
    found: Rows = {}
    first = np.flatnonzero(np.diff(called.service, prepend=-1))
    last = np.append(first[1:], len(called.service))
    ids, lines, kinds = (services[name].tolist() for name in ("service_id", "line_id", "class"))
    names = stations[called.station].tolist()
    for start, end in zip(first.tolist(), last.tolist(), strict=True):
        row = int(called.service[start])
        run = Run(
            ids[row],
            lines[row],
            kinds[row],
            tuple(names[start:end]),
            called.arrive_s[start:end].tobytes(),
            called.depart_s[start:end].tobytes(),
            trips[start:end].astype(np.float64).tobytes(),
        )
        key = "service", ids[row].split(PART, 1)[0]
        found[key] = (*found.get(key, ()), run)
    links = region.transfers
    columns = (
        links[name].tolist() for name in ("from_station_id", "to_station_id", "walk_m", "security_waived")
    )
    for one, other, walk_m, waived in zip(*columns, strict=True):
        found["walk", called_so[one], called_so[other]] = float(walk_m), bool(waived)
    if query.clock != "door":
        listed = region.table("centre_stations")
        for place, station in zip(listed["place_id"], listed["station_id"], strict=True):
            found["centre", place, called_so[station]] = True
    found[NUMBERS] = tuple((name, number.value) for name, number in region.parameters.as_table())
    return found
