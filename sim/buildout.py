"""The smallest set of project cards that keeps a promise: exact, with its proof, all ties and near misses.

Where a card more never makes a passing set fail (the *monotone* case) this is the implicit hitting set
method. A set that fails is grown until every further card would make it pass: then any set that passes must
hold a card outside it, which is a cut. An integer program (SciPy's HiGHS) finds the cheapest set that meets
all cuts so far; if it passes, nothing cheaper can, and the cuts are the proof; if it fails, it is grown into
new cuts. Sets that were found are forbidden, with all that hold them, and the search goes on for ties and
near misses.

Elsewhere nothing follows from one set for another: sets are evaluated in the order of their costs. That no
cheaper one passes is then shown by having tried them all, up to a number of sets.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]
    Passes = Callable[[Bools], Bools]
    Progress = Callable[[int, int], None]

MOST_APART = 6
"""Cards that may make a passing set fail, and are searched apart, at most."""

_ORDERS = 4
_BLOCK = 512
_INFEASIBLE = 2


@dataclass(frozen=True, eq=False, slots=True)
class Rules:
    """What sets may be built.

    Attributes
    ----------
    costs
        Cost of each card, whole numbers of at least 0, int64 [cards].
    needs
        Which cards need which others, bool [cards, cards].
    excludes
        Which cards exclude which others, either way round, bool [cards, cards].
    """

    costs: Ints
    needs: Bools
    excludes: Bools

    @classmethod
    def of(cls, costs: Ints, needs: Bools | None = None, excludes: Bools | None = None) -> Rules:
        """Return rules; without needs or excludes there are none."""
        costs = np.asarray(costs, np.int64)
        none = np.zeros((len(costs), len(costs)), np.bool_)
        both = none if excludes is None else excludes | excludes.T
        return cls(costs, none if needs is None else needs, both)

    def allow(self, masks: Bools) -> Bools:
        """Return which sets hold all that they need and nothing that they exclude, bool [sets]."""
        held = masks.astype(np.int64)
        lacking = (masks & ((1 - held) @ self.needs.T.astype(np.int64) > 0)).any(axis=1)
        clash = (masks & (held @ self.excludes.astype(np.int64) > 0)).any(axis=1)
        return np.asarray(~(lacking | clash), np.bool_)

    def tops(self) -> Bools:
        """Return the largest sets without cards that exclude each other, bool [sets, cards]."""
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(range(len(self.costs)))
        beside = ~self.excludes & ~np.eye(len(self.costs), dtype=np.bool_)
        graph.add_edges_from((one, other) for one, other in np.argwhere(beside).tolist())
        found = np.zeros((0, len(self.costs)), np.bool_)
        for clique in nx.find_cliques(graph):
            top = np.zeros((1, len(self.costs)), np.bool_)
            top[0, clique] = True
            found = np.concatenate([found, top])
        return found


@dataclass(frozen=True, eq=False, slots=True)
class Buildout:
    """The cheapest sets that pass.

    Attributes
    ----------
    sets
        Sets that pass, of which no part passes as far as was seen, cheapest first, bool [sets, cards].
    costs
        Their costs, int64 [sets].
    bound
        Every set that passes is proven to cost at least this; with the first of `costs` equal to it, no
        cheaper set can pass. None where it is proven that no set passes.
    complete
        Whether `sets` are all those within the margin, or where there are none, whether it is proven that no
        set passes.
    failing
        The proof of the monotone case: sets that fail, to which no card can be added without passing or
        breaking the rules, bool [sets, cards]; no card but those searched apart.
    evaluated
        Number of sets that were evaluated.
    programs
        Number of integer programs solved.
    is_monotone
        Whether no set that failed holds one that passed; where one does, `cheapest` proves nothing.
    apart
        Cards for each choice of which the search was made by itself, bool [cards]; None where none can be.
    """

    sets: Bools
    costs: Ints
    bound: int | None
    complete: bool
    failing: Bools
    evaluated: int
    programs: int
    is_monotone: bool = True
    apart: Bools | None = None

    @property
    def best(self) -> Bools:
        """Those of the sets that cost least, bool [sets, cards]."""
        least = self.costs == self.costs.min(initial=np.iinfo(np.int64).max)
        return np.asarray(self.sets[least], np.bool_)


class _Counted:
    """A judge of sets that counts them and knows its answers."""

    def __init__(self, passes: Passes, progress: Progress | None) -> None:
        self.passes, self.progress = passes, progress
        self.known: dict[bytes, bool] = {}
        self.found = 0

    def __call__(self, masks: Bools) -> Bools:
        keys = [mask.tobytes() for mask in masks]
        new = {key: row for row, key in enumerate(keys) if key not in self.known}
        if new:
            verdicts = self.passes(masks[list(new.values())])
            self.known.update(zip(new, verdicts.tolist(), strict=True))
        self.tell()
        return np.array([self.known[key] for key in keys], np.bool_)

    def spoiling(self, on: Bools, off: Bools) -> Bools | None:
        """Return a card that makes a passing set fail, bool [cards]; None where no set that failed shows one.

        Of the sets with some cards and without others. Where a set that failed holds one that passed, the
        cards that it has more are added one by one: one of them must have turned it.
        """
        masks = np.array([np.frombuffer(key, np.bool_) for key in self.known])
        passing = np.fromiter(self.known.values(), np.bool_, len(self.known))
        within = masks[:, on].all(axis=1) & ~masks[:, off].any(axis=1)
        good, bad = masks[within & passing], masks[within & ~passing]
        lacking = good.astype(np.float32) @ (1 - bad.astype(np.float32)).T
        pairs = np.argwhere(lacking == 0)
        if not len(pairs):
            return None
        more = bad[pairs[:, 1]].sum(axis=1) - good[pairs[:, 0]].sum(axis=1)
        one, other = pairs[int(np.argmin(more))]
        cards = np.flatnonzero(bad[other] & ~good[one])
        between = np.repeat(good[one][None], len(cards), axis=0)
        for step, card in enumerate(cards.tolist()):
            between[step:, card] = True
        found = np.zeros(masks.shape[1], np.bool_)
        found[cards[int(np.argmin(self(between)))]] = True
        return found

    def tell(self) -> None:
        if self.progress is not None:
            self.progress(len(self.known), self.found)


def cheapest(
    passes: Passes,
    rules: Rules,
    *,
    apart: Bools | None = None,
    most_apart: int = MOST_APART,
    margin: int = 0,
    factor: float = 1.0,
    most: int = 200,
    rng: np.random.Generator | None = None,
    progress: Progress | None = None,
) -> Buildout:
    """Return the cheapest sets that pass, where a card more never makes a passing set fail.

    Parameters
    ----------
    passes
        Whether sets pass: from bool [sets, cards] to bool [sets]. A card that lacks what it needs must count
        as off. It is never asked about a set in which cards exclude each other.
    rules
        Costs, needs and excludes.
    apart
        Cards, few, that may make a passing set fail, bool [cards]. The search is made once for each choice of
        them, and nothing follows from sets with one choice for sets with another.
    most_apart
        Where a set fails though a part of it passes, the search is made again with a card that turned it
        apart too, as long as there are no more than this.
    margin, factor
        Sets that cost up to ``factor * best + margin`` are found too.
    most
        Number of sets to find at most, for each choice of the cards apart.
    rng
        Where the orders of growing come from; by default one with seed 0. The best sets and the bound do not
        depend on it.
    progress
        Called with the numbers of sets evaluated and found.
    """
    judge = _Counted(passes, progress)
    rng = rng or np.random.default_rng(0)
    orders = [rng.permutation(len(rules.costs)) for _ in range(_ORDERS)]
    split = np.zeros(len(rules.costs), np.bool_) if apart is None else apart.copy()
    while True:
        found = [
            _cheapest(judge, rules, on, split & ~on, margin, factor, most, orders)
            for on in _choices(split)
            if not rules.excludes[on][:, on].any()
        ]
        spoiling = [cards for on in _choices(split) if (cards := judge.spoiling(on, split & ~on)) is not None]
        more = split | np.array(spoiling, np.bool_).reshape(-1, len(split)).any(axis=0)
        if not spoiling or more.sum() > most_apart:
            break
        split = more
    bounds = [one.bound for one in found if one.bound is not None]
    limit = factor * min(bounds) + margin if bounds else 0.0
    sets = [mask for one in found for mask in one.sets if rules.costs[mask].sum() <= limit]
    minimal = [
        mask for mask in sets if not any((other <= mask).all() and (other != mask).any() for other in sets)
    ]
    return _result(
        minimal,
        rules,
        min(bounds) if bounds else None,
        np.concatenate([one.failing for one in found]),
        judge,
        sum(one.programs for one in found),
        complete=all(one.complete for one in found),
        is_monotone=not spoiling,
        apart=split,
    )


def _choices(cards: Bools) -> Iterator[Bools]:
    """Give all choices of some cards, bool [cards]."""
    at = np.flatnonzero(cards)
    for choice in itertools.product((False, True), repeat=len(at)):
        on = np.zeros(len(cards), np.bool_)
        on[at] = choice
        yield on


def _cheapest(
    judge: _Counted,
    rules: Rules,
    on: Bools,
    off: Bools,
    margin: int,
    factor: float,
    most: int,
    orders: Sequence[Ints],
) -> Buildout:
    """Return the cheapest sets that pass, of those that hold some cards and hold none of others."""
    count = len(rules.costs)
    failing = np.zeros((0, count), np.bool_)
    sets: list[Bools] = []
    limit: float = np.inf
    bound: int | None = None
    programs, complete = 0, False
    start = _program(rules, failing, sets, on, off) if on.any() else np.zeros(count, np.bool_)
    while start is not None and rules.costs[start].sum() <= limit:
        if judge(start[None])[0]:
            found = _shrunk(start, judge, rules, on)
            sets.append(found)
            judge.found += 1
            if bound is None:
                bound = int(rules.costs[found].sum())
                limit = factor * bound + margin
            if len(sets) >= most:
                break
        else:
            failing = np.concatenate([failing, _grown(start, judge, rules, off, orders)])
        start = _program(rules, failing, sets, on, off)
        programs += 1
    else:
        complete = True
    return _result(sets, rules, bound, failing, judge, programs, complete=complete)


def cheapest_of_any(
    passes: Passes,
    rules: Rules,
    *,
    margin: int = 0,
    factor: float = 1.0,
    most: int = 200,
    budget: int = 50_000,
    progress: Progress | None = None,
) -> Buildout:
    """Return the cheapest sets that pass, where nothing follows from one set for another.

    Parameters
    ----------
    passes, rules, margin, factor, most, progress
        See `cheapest`.
    budget
        Number of sets to evaluate at most. Where it does not suffice, `Buildout.complete` is false, and the
        bound is the cost up to which all sets have been tried.
    """
    judge = _Counted(passes, progress)
    count = len(rules.costs)
    sets: list[Bools] = []
    limit: float = np.inf
    best: int | None = None
    tried = 0
    complete = False
    ordered = _by_cost(rules)
    while not complete and len(sets) < most and len(judge.known) < budget:
        block = [
            mask for _, mask in zip(range(min(_BLOCK, budget - len(judge.known))), ordered, strict=False)
        ]
        complete = not block or bool(rules.costs[block[0]].sum() > limit)
        if complete:
            break
        masks = np.array(block, np.bool_).reshape(-1, count)
        passing = judge(masks)
        tried = int(rules.costs[masks[-1]].sum())
        for mask in masks[passing]:
            if rules.costs[mask].sum() > limit:
                break
            if best is None:
                best = int(rules.costs[mask].sum())
                limit = factor * best + margin
            if not any((mask | found == mask).all() for found in sets):
                sets.append(mask)
        judge.found = len(sets)
    none_left = complete and best is None
    bound = best if best is not None else None if none_left else tried
    failing = np.zeros((0, count), np.bool_)
    return _result(sets[:most], rules, bound, failing, judge, 0, complete=complete)


def _result(
    sets: list[Bools],
    rules: Rules,
    bound: int | None,
    failing: Bools,
    judge: _Counted,
    programs: int,
    *,
    complete: bool,
    is_monotone: bool = True,
    apart: Bools | None = None,
) -> Buildout:
    """Return sets by cost, then by number of cards, then by the cards."""
    ordered = sorted(sets, key=lambda mask: (rules.costs[mask].sum(), mask.sum(), (~mask).tolist()))
    found = np.array(ordered, np.bool_).reshape(-1, len(rules.costs))
    costs = found.astype(np.int64) @ rules.costs
    return Buildout(found, costs, bound, complete, failing, len(judge.known), programs, is_monotone, apart)


def _program(rules: Rules, failing: Bools, sets: list[Bools], on: Bools, off: Bools) -> Bools | None:
    """Return the cheapest set that meets all cuts and holds none of the sets found; None if there is none.

    It holds the cards `on` and none of those `off`.
    """
    count = len(rules.costs)
    rows, least, largest = [np.ones(count)], [0.0], [float(count)]
    for outside in ~(failing | off):
        rows.append(outside.astype(np.float64))
        least.append(1.0)
        largest.append(np.inf)
    for found in sets:
        rows.append(found.astype(np.float64))
        least.append(-np.inf)
        largest.append(float(found.sum()) - 1)
    for one, other in np.argwhere(rules.needs).tolist():
        rows.append(np.eye(count)[one] - np.eye(count)[other])
        least.append(-np.inf)
        largest.append(0.0)
    for one, other in np.argwhere(np.triu(rules.excludes)).tolist():
        rows.append(np.eye(count)[one] + np.eye(count)[other])
        least.append(-np.inf)
        largest.append(1.0)
    solved = milp(
        rules.costs.astype(np.float64),
        constraints=LinearConstraint(np.array(rows), np.array(least), np.array(largest)),
        integrality=np.ones(count, np.int64),
        bounds=Bounds(on.astype(np.float64), 1 - off.astype(np.float64)),
        options={"mip_rel_gap": 0.0},
    )
    if solved.status == _INFEASIBLE:
        return None
    if solved.x is None or solved.status != 0:
        raise RuntimeError(f"the integer program was not solved: {solved.message}")
    return np.asarray(solved.x > 0.5, np.bool_)  # noqa: PLR2004


def _grown(start: Bools, judge: _Counted, rules: Rules, off: Bools, orders: Sequence[Ints]) -> Bools:
    """Return failing sets around one, each as large as can be without some cards, bool [sets, cards].

    Several orders of adding cards are followed side by side. In each, all beginnings of the order are
    evaluated at once: since they grow, they fail up to some card, which is left out. The orders are the same
    each time: sets that are much alike share states of the network.
    """
    grown = np.repeat(start[None], len(orders), axis=0)
    barred = start | off
    left: list[list[int]] = [[card for card in order.tolist() if not barred[card]] for order in orders]
    while any(left):
        asked: list[Bools] = []
        steps: list[list[int]] = []
        for row, cards in enumerate(left):
            mask = grown[row].copy()
            taken = []
            for card in cards:
                if not (mask & rules.excludes[card]).any():
                    mask[card] = True
                    taken.append(card)
                    asked.append(mask.copy())
            steps.append(taken)
        verdicts = iter(judge(np.array(asked))) if asked else iter(())
        for row, taken in enumerate(steps):
            passing = [bool(next(verdicts)) for _ in taken]
            first = passing.index(True) if any(passing) else len(taken)
            grown[row, taken[:first]] = True
            left[row] = taken[first + 1 :]
    return np.unique(grown, axis=0)


def _shrunk(mask: Bools, judge: _Counted, rules: Rules, on: Bools) -> Bools:
    """Return a passing part of a set that is no dearer, from which none but some cards can be taken."""
    mask = mask.copy()
    for card in np.flatnonzero(mask & ~on & (rules.costs == 0)).tolist():
        less = mask.copy()
        less[card] = False
        if rules.allow(less[None])[0] and judge(less[None])[0]:
            mask = less
    return mask


def _by_cost(rules: Rules) -> Iterator[Bools]:
    """Give the sets that the rules allow in the order of their costs."""
    count = len(rules.costs)
    order = np.argsort(rules.costs, kind="stable")
    costs = rules.costs[order].tolist()

    def mask_of(places: tuple[int, ...]) -> Bools:
        mask = np.zeros(count, np.bool_)
        mask[order[list(places)]] = True
        return mask

    yield mask_of(())
    heap: list[tuple[int, int, tuple[int, ...]]] = [(costs[0], 1, (0,))] if count else []
    while heap:
        cost, size, places = heapq.heappop(heap)
        mask = mask_of(places)
        if rules.allow(mask[None])[0]:
            yield mask
        last = places[-1]
        if last + 1 < count:
            heapq.heappush(heap, (cost + costs[last + 1], size + 1, (*places, last + 1)))
            heapq.heappush(heap, (cost - costs[last] + costs[last + 1], size, (*places[:-1], last + 1)))
