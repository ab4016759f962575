"""The smallest, cheapest or earliest set of project cards that keeps a goal, with its proof; as tables."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.errors import BadInputError, Problem, UnknownNameError
from onehour.planning import ground
from scenarios.cards import relations
from scenarios.costs import Cost, cost_of
from sim.buildout import MOST_APART, Buildout, Rules, cheapest, cheapest_of_any
from sim.choices import takes_away, why_not_monotone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from onehour.planning import Ground
    from onehour.study import Study, Words
    from scenarios import Card

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]

AIMS = ("cards", "cost", "year")
"""What may be minimised: the number of cards, yuan, or the year in which the last card opens."""

_COST_FACTOR = 1.1
_MILLION = 1e6


@dataclass(frozen=True, eq=False)
class Plan:
    """The best sets of cards for a goal.

    Attributes
    ----------
    ground
        Goal, base and cards; cards that could not be used are not among them.
    aim
        One of `AIMS`.
    wanted
        Number of pairs that were to be kept.
    reached
        Number of pairs that the sets keep: `wanted`, or the most that any set keeps where that is fewer.
    found
        The sets; costs are numbers of cards, or million yuan.
    year
        The year in which the last card of the best sets opens, where that is minimised.
    in_base
        Number of pairs that the base alone keeps.
    seconds
        Of each pair with all cards, or with those that keep most where cards exclude each other, int32
        [pairs]; -1 where there is no journey.
    essential
        Ids of the cards without which no set at all keeps so many pairs.
    costs
        What each card costs, by its id; empty unless cost is minimised.
    unused
        Ids of cards that cannot be used: without a known cost, or a known year.
    not_monotone
        Why nothing was concluded from one set for another; empty where it was.
    apart
        Ids of cards that take trains away: sets with and without them were searched apart.
    """

    ground: Ground
    aim: str
    wanted: int
    reached: int
    found: Buildout
    year: int | None
    in_base: int
    seconds: NDArray[np.int32]
    essential: tuple[str, ...]
    costs: dict[str, Cost]
    unused: tuple[str, ...]
    not_monotone: str
    apart: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether it is proven that no better set keeps so many pairs."""
        found = self.found
        return found.bound is not None and bool(len(found.costs)) and int(found.costs[0]) == found.bound

    @property
    def most_proven(self) -> bool:
        """Whether it is proven that no set keeps more pairs than are reached."""
        return self.reached == self.wanted or not self.not_monotone

    def table(self) -> pd.DataFrame:
        """Return a row a set.

        Returns
        -------
        DataFrame
            set (number), cards (ids, separated by ``;``), count, cost_cny (NaN unless cost is minimised),
            opens (the last year; null where one is not known), best: whether no set is better; the best
            first; provenance in ``attrs``.
        """
        cards = self.ground.cards
        rows = []
        for number, (mask, cost) in enumerate(zip(self.found.sets, self.found.costs, strict=True), 1):
            chosen = [card for card, on in zip(cards, mask, strict=True) if on]
            years = [card.opens for card in chosen]
            known = [year for year in years if year is not None]
            rows.append(
                {
                    "set": number,
                    "cards": ";".join(card.project_id for card in chosen),
                    "count": len(chosen),
                    "cost_cny": self._cny(chosen),
                    "opens": max(known) if known and len(known) == len(years) else None,
                    "best": bool(cost == self.found.costs[0]),
                }
            )
        columns = ["set", "cards", "count", "cost_cny", "opens", "best"]
        table = pd.DataFrame(rows, columns=columns).astype({"opens": "Int64"})
        table.attrs |= self.provenance()
        return table

    def _cny(self, chosen: Sequence[Card]) -> float:
        """Return what cards cost together, yuan; NaN unless cost is minimised."""
        if not self.costs:
            return float("nan")
        return float(sum(self.costs[card.project_id].cny or 0.0 for card in chosen))

    def used(self) -> pd.DataFrame:
        """Return a row for each card that stands in a set.

        Returns
        -------
        DataFrame
            project_id, name_zh, name_en, kind, opens, sets (how many it stands in), in_every_best, essential,
            cost_cny, basis, confidence.
        """
        best = self.found.best
        rows = []
        for at in np.flatnonzero(self.found.sets.any(axis=0)).tolist():
            card = self.ground.cards[at]
            cost = self.costs.get(card.project_id)
            zh, en = self.ground.names[card.project_id]
            rows.append(
                {
                    "project_id": card.project_id,
                    "name_zh": zh,
                    "name_en": en,
                    "kind": card.kind,
                    "opens": card.opens,
                    "sets": int(self.found.sets[:, at].sum()),
                    "in_every_best": bool(best[:, at].all()),
                    "essential": card.project_id in self.essential,
                    "cost_cny": None if cost is None else cost.cny,
                    "basis": "" if cost is None else cost.basis,
                    "confidence": card.confidence,
                }
            )
        columns = ["project_id", "name_zh", "name_en", "kind", "opens", "sets", "in_every_best", "essential"]
        table = pd.DataFrame(rows, columns=[*columns, "cost_cny", "basis", "confidence"])
        table = table.astype({"opens": "Int64", "cost_cny": "float64"})
        return table.sort_values(["sets", "project_id"], ascending=[False, True], ignore_index=True)

    def missed(self) -> pd.DataFrame:
        """Return the pairs that miss the limit even with all cards: origin, destination, minutes, slack_min.

        Minutes are NaN where there is no journey; the pair that misses it by most comes first.
        """
        limit_s = self.ground.limit_s
        rows = [
            {
                "origin": origin,
                "destination": destination,
                "minutes": seconds / 60 if seconds >= 0 else float("nan"),
                "slack_min": (limit_s - seconds) / 60 if seconds >= 0 else float("nan"),
            }
            for (origin, destination), seconds in zip(self.ground.pairs, self.seconds.tolist(), strict=True)
            if seconds < 0 or seconds > limit_s
        ]
        table = pd.DataFrame(rows, columns=["origin", "destination", "minutes", "slack_min"])
        return table.sort_values(
            ["slack_min", "origin", "destination"], na_position="first", ignore_index=True
        )

    def provenance(self) -> dict[str, Any]:
        """Return what the sets were computed from, and what is proven of them."""
        found = self.found
        assumed = {
            cost.source: cost.confidence
            for cost in self.costs.values()
            if cost.source and cost.basis != "the card's own figure"
        }
        held = np.flatnonzero(self.found.sets.any(axis=0))
        used = [self.ground.cards[at].project_id for at in held.tolist()]
        return self.ground.provenance(used) | {
            "minimised": self.aim,
            "wanted": self.wanted,
            "reached": self.reached,
            "in_base": self.in_base,
            "cards": [card.project_id for card in self.ground.cards],
            "unused": list(self.unused),
            "best": None if not len(found.costs) else int(found.costs[0]),
            "bound": found.bound,
            "year": self.year,
            "proven": self.proven,
            "most_proven": self.most_proven,
            "complete": found.complete,
            "failing_sets": len(found.failing),
            "evaluated": found.evaluated,
            "programs": found.programs,
            "essential": list(self.essential),
            "not_monotone": self.not_monotone,
            "apart": list(self.apart),
            "assumed_costs": [{"source": one, "confidence": how} for one, how in assumed.items()],
        }


def plan(
    study: Study,
    cards: str | Sequence[str] = "auto",
    *,
    minimise: str = "cards",
    pairs: int | None = None,
    base: str | None = None,
    goal: str | None = None,
    words: Words | None = None,
    most: int = 200,
    budget: int = 50_000,
    folder: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> Plan:
    """Find the best sets of cards that keep a goal.

    Parameters
    ----------
    study
        The region under the scenario whose cards may be built.
    cards, base, goal, words, folder, tell
        See `onehour.planning.ground`.
    minimise
        ``cards``: how many; sets with one card more are found too. ``cost``: yuan, whole millions; sets up to
        a tenth dearer too. ``year``: the year in which the last card opens, then the number of cards.
    pairs
        Number of pairs to keep; by default all. Where no set keeps so many, the most that any does.
    most
        Number of sets to find at most.
    budget
        Number of sets to evaluate at most where nothing follows from one set for another.

    Raises
    ------
    BadInputError
        A name or a number cannot be used, or no card can; lists every problem.
    """
    problems: list[Problem] = []
    if minimise not in AIMS:
        problems += UnknownNameError("aim", minimise, AIMS, where="--minimise").problems
    for name, number in (("most", most), ("budget", budget)):
        if number < 1:
            problems.append(Problem(f"--{name}", f"{number} is below 1", "give at least 1"))
    if pairs is not None and pairs < 1:
        problems.append(Problem("--pairs", f"{pairs} is below 1", "give at least 1"))
    with ground(
        study, cards, base=base, goal=goal, words=words, folder=folder, tell=tell, problems=problems
    ) as there:
        if pairs is not None and pairs > len(there.pairs):
            what = f"the goal has {len(there.pairs)} pairs, not {pairs}"
            raise BadInputError(Problem("--pairs", what, "give fewer"))
        return _Search(there, minimise, most, budget, tell).plan(len(there.pairs) if pairs is None else pairs)


class _Search:
    """The search for the best sets of cards of one aim."""

    def __init__(
        self, there: Ground, aim: str, most: int, budget: int, tell: Callable[[str], None] | None
    ) -> None:
        self.there, self.aim, self.most, self.budget, self.tell = there, aim, most, budget, tell
        region = there.study.area.region
        known = {card.project_id: cost_of(card, region) for card in there.cards} if aim == "cost" else {}
        self.usable = np.array(
            [
                known[card.project_id].cny is not None
                if aim == "cost"
                else card.opens is not None or aim != "year"
                for card in there.cards
            ]
        )
        if not self.usable.any():
            what = f"no card has a known {aim}"
            raise BadInputError(Problem("--minimise", what, "minimise cards"))
        self.costs = known
        self.years = [card.opens for card in there.cards]
        self.reason = why_not_monotone(there.cards, there.query)
        self.apart = takes_away(there.cards)
        if there.query.clock != "in-vehicle" and self.apart.sum() <= MOST_APART:
            self.reason = ""

    def kept(self, masks: Bools) -> Ints:
        """Return how many pairs sets keep, int64 [sets]."""
        seconds = self.there.choices.seconds(masks)
        return np.asarray(((seconds >= 0) & (seconds <= self.there.limit_s)).sum(axis=1), np.int64)

    def plan(self, wanted: int) -> Plan:
        there = self.there
        none = np.zeros((1, len(there.cards)), np.bool_)
        in_base = int(self.kept(none)[0])
        while True:
            tops = self._tops(self.usable)
            counts = self.kept(tops)
            if not self.reason and self._spoilt(tops, counts):
                continue
            reached = wanted if self.reason else min(wanted, int(counts.max()))
            known = self.apart.sum()
            found, allowed, year = self._best(reached)
            if self.reason or self.apart.sum() == known:
                break
        if self.reason and not len(found.sets) and reached > in_base:
            # as many as any set that was looked at keeps
            masks, _ = there.choices.known()
            masks = masks[~(masks & ~self.usable).any(axis=1)]
            reached = min(wanted, int(self.kept(masks).max()))
            found, allowed, year = self._best(reached)
        essential = self._essential(reached, allowed) if not self.reason else ()
        return Plan(
            ground=there,
            aim=self.aim,
            wanted=wanted,
            reached=reached,
            found=found,
            year=year,
            in_base=in_base,
            seconds=there.choices.seconds(tops[[int(np.argmax(counts))]])[0],
            essential=essential,
            costs=self.costs,
            unused=tuple(
                card.project_id for card, use in zip(there.cards, self.usable, strict=True) if not use
            ),
            not_monotone=self.reason,
            apart=tuple(
                card.project_id
                for card, takes in zip(there.cards, self.apart & (not self.reason), strict=True)
                if takes
            ),
        )

    def _best(self, count: int) -> tuple[Buildout, Bools, int | None]:
        """Return the best sets that keep a number of pairs, the cards allowed, and the year, if minimised."""
        if self.aim != "year":
            return self._solved(count, self.usable), self.usable, None
        evaluated = 0
        years = sorted({year for year in self.years if year is not None})
        for year in years:
            allowed = np.array([one is not None and one <= year for one in self.years])
            if not self.reason and self.kept(self._tops(allowed)).max() < count:
                continue
            found = self._solved(count, allowed)
            evaluated += found.evaluated
            if len(found.sets) or year == years[-1]:
                nothing = not found.sets.any() and len(found.sets)
                return replace(found, evaluated=evaluated), allowed, None if nothing else year
        raise AssertionError("the last year is reached")

    def _solved(self, count: int, allowed: Bools) -> Buildout:
        """Return the best sets of allowed cards that keep a number of pairs."""
        rules = self._rules(allowed)
        at = np.flatnonzero(allowed)

        def wide(masks: Bools) -> Bools:
            full = np.zeros((len(masks), len(allowed)), np.bool_)
            full[:, at] = masks
            return full

        def passes(masks: Bools) -> Bools:
            return self.kept(wide(masks)) >= count

        def progress(evaluated: int, sets: int) -> None:
            if self.tell is not None:
                self.tell(f"{evaluated:,} sets of cards evaluated, {sets} found that keep {count} pairs")

        near: dict[str, Any] = {"factor": _COST_FACTOR} if self.aim == "cost" else {"margin": 1}
        near |= {"most": self.most, "progress": progress}
        found = None if self.reason else cheapest(passes, rules, apart=self.apart[at], **near)
        if found is not None and not found.is_monotone:
            self.reason = "a set was found that fails though a part of it passes"
        if found is None or not found.is_monotone:
            found = cheapest_of_any(passes, rules, budget=self.budget, **near)
        if found.apart is not None:
            self.apart[at] |= found.apart
        return replace(found, sets=wide(found.sets), failing=wide(found.failing))

    def _rules(self, allowed: Bools) -> Rules:
        """Return costs, needs and excludes of the allowed cards."""
        cards = [card for card, use in zip(self.there.cards, allowed, strict=True) if use]
        needs, excludes = relations(cards)
        costs = np.ones(len(cards), np.int64)
        if self.aim == "cost":
            costs = np.array(
                [round((self.costs[card.project_id].cny or 0) / _MILLION) for card in cards], np.int64
            )
        return Rules.of(costs, needs, excludes)

    def _tops(self, allowed: Bools) -> Bools:
        """Return the largest sets of allowed cards without two that exclude each other.

        There are some for each choice of the cards that are searched apart.
        """
        found = [np.zeros((0, len(allowed)), np.bool_)]
        taking = np.flatnonzero(allowed & self.apart & (not self.reason))
        for choice in itertools.product((True, False), repeat=len(taking)):
            some = allowed.copy()
            some[taking] = choice
            tops = self._rules(some).tops()
            full = np.zeros((len(tops), len(allowed)), np.bool_)
            full[:, np.flatnonzero(some)] = tops
            found.append(full)
        return np.concatenate(found)

    def _spoilt(self, tops: Bools, counts: Ints) -> bool:
        """Set cards apart without which a largest set keeps more pairs; return whether there were any."""
        before = self.apart.copy()
        for top, count in zip(tops, counts.tolist(), strict=True):
            cards = np.flatnonzero(top & ~self.apart)
            less = np.repeat(top[None], len(cards), axis=0)
            less[np.arange(len(cards)), cards] = False
            self.apart[cards[self.kept(less) > count]] = True
        if self.apart.sum() > MOST_APART:
            names = [
                card.project_id for card, takes in zip(self.there.cards, self.apart, strict=True) if takes
            ]
            self.reason = f"more cards may lengthen journeys than are searched apart: {', '.join(names)}"
        return bool((self.apart != before).any())

    def _essential(self, count: int, allowed: Bools) -> tuple[str, ...]:
        """Return the cards without which no set of the allowed ones keeps a number of pairs."""
        names = []
        for at in np.flatnonzero(allowed).tolist():
            less = allowed.copy()
            less[at] = False
            if self.kept(self._tops(less)).max(initial=0) < count:
                names.append(self.there.cards[at].project_id)
        return tuple(names)
