"""Evaluating many scenarios of one region fast: project cards as switches of one compiled super-graph.

A scenario with other cards differs from its base in some rows only. `Evaluator` finds out once which cards
each row of the compiled network depends on, keeps every state of it that it has met, and compiles all states
together into one super-graph (`sim.supergraph`). Switching cards then opens, closes or re-times links of that
graph; no table is touched. What it answers equals what building the scenario afresh gives.

How a row's cards are found: the scenario is built without any of the cards, with each alone (and with what
it needs), with all of them, and with all but each whose rows the others may touch. A card on which a row's
state differs in such a comparison is one that the row depends on. So are the cards that would build a
station of the row in different classes, and those whose changes choose its service. A state that has not
been met is never guessed: its scenario is built, and what comes out is compared with what was foretold for
all other rows, so that a dependence that was missed comes to light; `Evaluator.audit` does the same for
choices drawn at random.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.ends import ends_of
from network.errors import BadInputError, Problem, UnknownNameError
from network.region import among
from scenarios.cards import relations
from scenarios.scenario import compose
from sim.access import with_street_changes
from sim.factors import Factors
from sim.journeys import Network
from sim.processes import shared_out
from sim.states import NUMBERS, States, rows_of, station_keys, station_of, stations_in
from sim.supergraph import AllRows, SuperGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from network.compile import Query
    from network.ends import Ends
    from network.region import Region
    from scenarios import Scenario
    from sim.states import Key, Rows

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]

__all__ = ["Evaluator", "is_fast"]


class Evaluator:
    """Times between places under any choice of some cards.

    Parameters
    ----------
    region
        The region with all its dates.
    base
        The scenario that the cards are switched on.
    cards
        Ids of the cards that are switches. A card that is off is cancelled, as `scenarios.compose` does it.
    wanted
        Ids of the places, or a table of them, as `network.ends.ends_of` takes them.
    query
        Clock, mode, period, traveller and statistic.
    values
        Numbers of the model that are set, whatever the scenario.
    progress
        Called with the number of scenarios built so far, and of those to build, while dependences are found.

    Raises
    ------
    BadInputError
        A card is unknown or stands twice.

    Notes
    -----
    Fast for transit between places. For other modes, for stations, and for free points and towns on the
    clocks that begin at a centre's stations, each choice is built afresh and remembered: `is_fast` tells.
    """

    def __init__(
        self,
        region: Region,
        base: Scenario,
        cards: Sequence[str],
        wanted: Sequence[str] | pd.DataFrame,
        query: Query,
        *,
        values: Mapping[str, float] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        known = {card.project_id for card in base.known_cards}
        problems = [
            UnknownNameError("project", name, known).problems[0] for name in cards if name not in known
        ]
        twice = sorted({name for name in cards if list(cards).count(name) > 1})
        problems += [Problem("cards", f"{name} stands twice", "name it once") for name in twice]
        if problems:
            raise BadInputError(problems)
        self.region, self.base, self.cards, self.query = region, base, tuple(cards), query
        self.built = 0
        self._wanted = wanted
        self._values = dict(values or {})
        self._memory: dict[bytes, Ints] = {}
        self._last: tuple[bytes, Network] | None = None
        self._all: AllRows | None = None
        self._supers: dict[int, SuperGraph] = {}
        self._states = States(len(self.cards))
        by_id = {card.project_id: card for card in base.known_cards}
        switched = [by_id[name] for name in self.cards]
        self._needs = relations(switched)[0]
        self._wheres = [
            [change.where for change in card.changes if hasattr(change, "where")] for card in switched
        ]
        self._stations: dict[str, dict[Hashable, Any]] = {}
        self.is_fast = is_fast(region, self.ends, query)
        if self.is_fast:
            self._learn(progress)

    # --------------------------------------------------------------------------------------------- questions

    def times(self, masks: ArrayLike, *, factors: Factors | None = None, threads: int | None = None) -> Ints:
        """Return the times between all places under each choice of cards.

        Parameters
        ----------
        masks
            Which cards are on, bool [choices, cards], in the order of `cards`.
        factors
            What is multiplied, a value a choice: times and headways by transit; numbers of the model where
            choices are built afresh.
        threads
            Threads to use at most; None is all that there are. The result does not depend on it.

        Returns
        -------
        ndarray
            int64 [choices, places, places], whole seconds; -1 where there is no journey. The places are in
            the order in which they were asked for.

        Raises
        ------
        BadInputError
            The masks have another shape, a choice of cards cannot be built, or there are factors of a kind
            that the mode does not know.
        """
        on = np.atleast_2d(np.asarray(masks, np.bool_))
        if on.ndim != 2 or on.shape[1] != len(self.cards):  # noqa: PLR2004
            what = f"have the shape {on.shape}, not [choices, {len(self.cards)} cards]"
            raise BadInputError(Problem("masks", what, "give a row a choice"))
        on = self.closed(on)
        out = np.empty((len(on), len(self.ends), len(self.ends)), np.int64)
        if self.is_fast:
            self._meet(on)
        given = factors or Factors()
        if not self.is_fast:
            if given.ride or given.headway or given.part:
                what = f"rides and waits are not multiplied by mode {self.query.mode} between these places"
                raise BadInputError(Problem("factors", what, "use transit between places"))
            for row, mask in enumerate(on):
                one = given.taken(np.array([row])).number
                out[row] = self._afresh(mask, {name: float(value[0]) for name, value in one.items()})
            return out
        if given.number:
            what = "the model's numbers are multiplied for journeys by road alone"
            raise BadInputError(Problem("factors", what, "multiply rides, headways or parts"))
        held = self._states.held(on)
        numbers = held[:, self._states.group_of(NUMBERS)]
        for number in np.unique(numbers):
            rows = np.flatnonzero(numbers == number)
            out[rows] = self._super(int(number)).times(held[rows], given.taken(rows), threads)
        return out

    def pair_times(
        self, pairs: Sequence[tuple[str, str]], masks: ArrayLike, *, factors: Factors | None = None
    ) -> Ints:
        """Return the times of pairs of places by their ids, int64 [choices, pairs]; see `times`."""
        rows, columns = (self.ends.rows(pair[end] for pair in pairs) for end in (0, 1))
        return self.times(masks, factors=factors)[:, rows, columns]

    def closed(self, masks: ArrayLike) -> Bools:
        """Return the choices without the cards that lack a card which they need, bool [choices, cards].

        What a card needs stands in it (``needs``); further, a card that cannot be built without another,
        since it calls at the other's station, needs it.
        """
        on = np.array(np.atleast_2d(masks), np.bool_)
        while True:
            lacking = on & ((~on).astype(np.int64) @ self._needs.T.astype(np.int64) > 0)
            if not lacking.any():
                return on
            on &= ~lacking

    def rebuilt(self, mask: ArrayLike) -> Ints:
        """Return the times under one choice by building it afresh, int64 [places, places], s."""
        return self._times_in(Network(self._applied(self.closed(mask)[0])))

    def audit(self, count: int, *, seed: int = 0) -> int:
        """Build random choices afresh, and return how many rows had been foretold wrongly.

        Parameters
        ----------
        count
            Number of choices.
        seed
            Seed of the choices.

        Notes
        -----
        A row that was foretold wrongly is mended: the cards that it turns out to depend on are added to it.
        """
        drawn = np.random.default_rng(seed).random((count, len(self.cards))) < 0.5  # noqa: PLR2004
        return sum(self._look(mask) for mask in self.closed(drawn)) if self.is_fast else 0

    def lines(self) -> dict[str, str]:
        """Return the lines that transit runs on under any choice met so far, and the class of each."""
        found = {}
        for rows in self._states.met.values():
            for key, runs in rows.items():
                if key[0] == "service":
                    found.update({run.line: run.kind for run in runs})
        return dict(sorted(found.items()))

    @cached_property
    def ends(self) -> Ends:
        """The places."""
        return ends_of(self.region, self._wanted)

    # ------------------------------------------------------------------------------------------------ states

    def _scenario(self, mask: Bools) -> Scenario:
        on = [name for name, wanted in zip(self.cards, mask, strict=True) if wanted]
        off = [name for name, wanted in zip(self.cards, mask, strict=True) if not wanted]
        return compose(self.base, build=on, cancel=off)

    def _applied(self, mask: Bools, *, roads: bool = True) -> Region:
        """Return the region under a choice of cards, with the numbers that are set."""
        region = self._scenario(mask).apply(self.region, roads=roads).region
        if self._values:
            periods = region.about.period_names
            numbers = region.parameters.with_values(self._values, periods=periods, source="set")
            region = region.replace(parameters=numbers)
        return with_street_changes(region)

    def _learn(self, progress: Callable[[int, int], None] | None) -> None:
        """Find out which cards each row depends on."""
        n = len(self.cards)
        none, every = np.zeros(n, np.bool_), np.ones(n, np.bool_)
        alone = [self._with_needs(card) for card in range(n)]
        self._build([none, *alone, every], progress)
        for card in range(n):
            self._compare(self._with_needs(card), card)
        waiting = self._unclear(self._rows(self.closed(every)[0]))
        self._build([self._less(every, card) for card in waiting], progress)
        for card in waiting:
            self._compare(every, card)
        self._overlap(alone)
        self._mend()

    def _overlap(self, alone: Sequence[Bools]) -> None:
        """Let rows depend on cards that building with each alone, and all but each, may not show.

        Of two cards that do the same to a row of a third, neither is missed while the other is on. They are
        the cards that build one station in different classes, for the rows at it, and those whose changes
        choose services, for the services.
        """
        builders: defaultdict[str, dict[int, str]] = defaultdict(dict)
        before = stations_in(self._rows(np.zeros(len(self.cards), np.bool_)))
        for card, mask in enumerate(alone):
            for name in stations_in(self._rows(self.closed(mask)[0])) - before:
                builders[station_of(name)][card] = name
        shared = {station: on for station, on in builders.items() if len(set(on.values())) > 1}
        for key, state in {(key, state) for rows in self._states.met.values() for key, state in rows.items()}:
            for station in {station_of(name) for name in stations_in({key: state})} & shared.keys():
                for card in shared[station]:
                    self._states.depend([key], card)
            if key[0] == "service":
                for card, wheres in enumerate(self._wheres):
                    if any(map(state[0].chosen_by, wheres)):
                        self._states.depend([key], card)

    def _compare(self, mask: Bools, card: int) -> None:
        """Let the rows depend on a card that differ without it."""
        before, after = (self._rows(self.closed(one)[0]) for one in (self._less(mask, card), mask))
        keys = before.keys() | after.keys()
        self._states.depend([key for key in keys if before.get(key) != after.get(key)], card)

    @staticmethod
    def _less(mask: Bools, card: int) -> Bools:
        less = mask.copy()
        less[card] = False
        return less

    def _build(self, masks: Sequence[Bools], progress: Callable[[int, int], None] | None) -> None:
        """Build scenarios side by side; those that cannot be built are left for later."""
        asked = {mask.tobytes(): mask for mask in (self.closed(np.stack(masks)) if masks else ())}
        new = [mask for mask in asked.values() if self._states.rows(mask) is None]
        done = self.built
        for number, (mask, made) in enumerate(
            zip(new, shared_out(lambda k: self._made(new[k]), len(new)), strict=True), 1
        ):
            if not isinstance(made, BadInputError):
                self.built += 1
                self._keep(mask, *made)
            if progress is not None:
                progress(done + number, done + len(new))

    def _unclear(self, every: Rows) -> list[int]:
        """Return the cards whose rows may depend on other cards too, as the rows under all cards tell.

        Those are the cards that share a row, and those of rows that are not under all cards what they are
        with their card alone. Where such a row has no card, cards without rows are unclear as well.
        """
        n = len(self.cards)
        none = self._rows(np.zeros(n, np.bool_))
        alone = [self._rows(self.closed(self._with_needs(card))[0]) for card in range(n)]
        found: set[int] = set()
        owners: set[int] = set()
        hidden = False
        for key in none.keys() | every.keys() | set().union(*alone):
            cards = self._states.cards(key)
            owners |= cards
            before = none if not cards else alone[min(cards)]
            if len(cards) > 1 or before.get(key) != every.get(key):
                found |= cards
                hidden |= not cards
        return sorted(found | (set(range(n)) - owners if hidden else set()))

    def _with_needs(self, card: int) -> Bools:
        """Return the choice of a card with all that it needs."""
        mask = np.zeros(len(self.cards), np.bool_)
        wanted = [card]
        while wanted:
            one = wanted.pop()
            wanted += [other for other in np.flatnonzero(self._needs[one]).tolist() if not mask[other]]
            mask[one] = True
        return mask

    def _rows(self, mask: Bools) -> Rows:
        """Return the rows under a choice of cards; builds it if it has not been met."""
        known = self._states.rows(mask)
        if known is not None:
            return known
        made = self._made(mask)
        if isinstance(made, BadInputError):
            if not self._learn_needs(mask, made):
                raise made
            made = self._rows(self.closed(mask)[0]), []
        else:
            self.built += 1
        return self._keep(mask, *made)

    def _made(self, mask: Bools) -> tuple[Rows, list[dict[Hashable, Any]]] | BadInputError:
        """Build a scenario; return its rows and its stations, or why it cannot be built."""
        try:
            region = self._applied(mask, roads=False)
        except BadInputError as error:
            return error
        names = np.array(station_keys(region.stations), object)
        new = ~among(names, self._stations)
        stations = region.stations[new].assign(station_id=names[new])
        return rows_of(region, self.query), stations.to_dict("records")

    def _keep(self, mask: Bools, rows: Rows, stations: list[dict[Hashable, Any]]) -> Rows:
        """Keep the rows and stations of a scenario."""
        for row in stations:
            self._stations.setdefault(row["station_id"], row)
        self._states.add(mask, rows)
        return rows

    def _learn_needs(self, mask: Bools, error: BadInputError) -> bool:
        """Note which cards of a choice cannot be built without one that is off; return whether any was found.

        Each that failed is tried with one card more at a time.
        """
        failed = {problem.where.split(",", 1)[0] for problem in error.problems}
        others = np.flatnonzero(~mask).tolist()
        found = False
        for card in np.flatnonzero(mask).tolist():
            if self.cards[card] not in failed:
                continue
            pairs = [[card, other] for other in others]
            goes_with = shared_out(lambda number: self._goes(pairs[number]), len(pairs))  # noqa: B023 - used here
            for other, goes in zip(others, goes_with, strict=True):
                if goes:
                    self._needs[card, other] = found = True
        return found

    def _goes(self, cards: Sequence[int]) -> bool:
        """Whether some cards alone can be built."""
        mask = np.zeros(len(self.cards), np.bool_)
        mask[cards] = True
        try:
            self._scenario(mask).apply(self.region, roads=False)
        except BadInputError:
            return False
        return True

    def _meet(self, masks: Bools) -> None:
        """Build scenarios until every state that the choices hold has been met."""
        while rows := self._states.to_meet(masks):
            self._build(list(masks[rows]), None)
            for mask in masks[rows]:
                self._rows(mask)
            self._mend()

    def _look(self, mask: Bools) -> int:
        """Build a scenario, keep its states, and return how many rows were foretold wrongly."""
        self._rows(mask)
        return self._mend()

    def _mend(self) -> int:
        """Find the cards behind rows that differ where nothing that they depend on does; return how many."""
        mended: set[Key] = set()
        while clash := self._states.clash():
            key, one, other = clash
            self._states.depend([key], self._between(key, one, other))
            mended.add(key)
        return len(mended)

    def _between(self, key: Key, one: Bools, other: Bools) -> int:
        """Return a card on which a row depends, between two choices that differ in it."""
        value = (self._states.rows(one) or {}).get(key)
        differ = [
            card for card in np.flatnonzero(one != other).tolist() if card not in self._states.cards(key)
        ]
        low, high = 0, len(differ)
        while high - low > 1:
            middle = (low + high) // 2
            mask = one.copy()
            mask[differ[:middle]] ^= True
            rows = self._rows(self.closed(mask)[0])
            low, high = (middle, high) if rows.get(key) == value else (low, middle)
        return differ[high - 1]

    def _super(self, number: int) -> SuperGraph:
        """Return the super-graph for one state of the model's numbers."""
        if self._all is None or self._all.contents is not self._states.contents:
            frame = pd.DataFrame(list(self._stations.values()))
            stations = frame.astype(self.region.stations.dtypes.to_dict())
            self._all = AllRows(self._states, self.region.replace(tables={"stations": stations}))
            self._supers.clear()
        if number not in self._supers:
            values = dict(self._states.contents[number])[NUMBERS]
            names = self.region.about.period_names
            numbers = self.region.parameters.with_values(dict(values), periods=names, source="scenario")
            self._supers[number] = SuperGraph(self._all, numbers, self._wanted, self.query)
        return self._supers[number]

    def _afresh(self, mask: Bools, scaled: Mapping[str, float]) -> Ints:
        """Return the times under a choice that is built, with numbers of the model multiplied."""
        key = mask.tobytes() + repr(sorted(scaled.items())).encode()
        if key not in self._memory:
            there = mask.tobytes()
            if self._last is None or self._last[0] != there:
                self._last = there, Network(self._applied(mask))
                self.built += 1
            network = self._last[1]
            numbers, about = network.region.parameters, network.region.about
            if scaled:
                name_in = {name: f"{name}_{self.query.period.replace('-', '_')}" for name in scaled}
                have = {name for name, _ in numbers.as_table()}
                names = {name: [one for one in (name, name_in[name]) if one in have] for name in scaled}
                values = {one: numbers[one] * scaled[name] for name in scaled for one in names[name]}
                numbers = numbers.with_values(values, periods=about.period_names, source="factor")
            self._memory[key] = self._times_in(Network(network.region.replace(parameters=numbers)))
        return self._memory[key]

    def _times_in(self, network: Network) -> Ints:
        """Return the times between all places in a network."""
        ends = ends_of(network.region, self._wanted)
        every = np.arange(len(ends))
        return network.router(ends, self.query).times(every, every).seconds


def is_fast(region: Region, ends: Ends, query: Query) -> bool:
    """Whether choices of cards are switches of one graph, and need not each be built afresh."""
    if query.mode != "transit" or query.by_window or (ends.station >= 0).any():
        return False
    listed = set(region.table("centre_stations")["place_id"])
    return query.clock == "door" or listed.issuperset(ends.ids)
