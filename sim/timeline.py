"""The timeline: a verdict at the end of each year, as cards open, and which opening turned which pair.

The network of a year is that of its 31 December. Rows with dates are there by their dates. A card that brings
changes counts from the year in which it is expected: the later year of a range, the next of ``2031+``, never
before a card that it needs, and never at all where no year is known. So cards that are already open follow
the dates of their rows, and the rest their expected year.

A pair that is kept in one year and was not in the year before, or the reverse, has turned. Who turned it is
asked in two steps:

1. **alone**: each opening of the year is added by itself to the network of the year before; those with which
   the pair has turned did it alone, each of them.
2. **together**: where none did, each opening is taken away by itself from the network of the year; those
   without which the pair has not turned did it together.

Where neither step names one, several sets of openings would do. A card counts whole in both steps: all of its
rows and changes. What is dated in the year and belongs to no card, such as new trains, is one opening more,
`NO_CARD`, in the first step: the network of the year without its cards.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from network.errors import BadInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from network.region import Region
    from scenarios import Card, Scenario
    from sim.check import Verdict

    Judge = Callable[[Sequence[Scenario]], Sequence[Verdict]]
    Pair = tuple[str, str]

NO_CARD = ""
"""Stands for rows that are dated in a year and belong to no card."""

_YEARS = range(1900, 2201)
_MOST_YEARS = 100
_DATED = (
    ("opened", "project_id"),
    ("closed", "project_id"),
    ("track_opened", "project_id"),
    ("opened", "track_project_id"),
    ("closed", "track_project_id"),
    ("track_opened", "track_project_id"),
)
_TABLES = ("stations", "lines", "line_stops", "services", "service_stops", "road_links", "transfers")


@dataclass(frozen=True, slots=True)
class Turn:
    """A pair that is kept in a year and was not in the year before, or the reverse.

    Attributes
    ----------
    year
        The year at whose end it had turned.
    origin, destination
        Ids of the pair.
    kept
        Whether it is kept from then on.
    alone
        Openings each of which turned it by itself; `NO_CARD` is what belongs to no card.
    together
        Where `alone` is empty: openings without any one of which it had not turned.
    """

    year: int
    origin: str
    destination: str
    kept: bool
    alone: tuple[str, ...]
    together: tuple[str, ...]

    @property
    def rule(self) -> str:
        """``alone``, ``together``, or ``several ways``: no opening was enough, and none was needed."""
        return "alone" if self.alone else "together" if self.together else "several ways"


@dataclass(frozen=True, eq=False, slots=True)
class Year:
    """A network at the end of a year and its verdict.

    Attributes
    ----------
    year
        The year.
    scenario
        The scenario that gives its network.
    opened
        Cards that opened in it, in the plan's order; none in the first year.
    dated
        Whether rows of no card opened or closed in it.
    verdict
        Answer for its network.
    """

    year: int
    scenario: Scenario
    opened: tuple[str, ...]
    dated: bool
    verdict: Verdict


@dataclass(frozen=True, eq=False, slots=True)
class Timeline:
    """Years and turns.

    Attributes
    ----------
    years
        Ascending, without gaps.
    turns
        Pairs that turned, by year, origin and destination.
    later
        Cards of the scenario that do not open by the last year, with their year; None where it is not known.
    """

    years: tuple[Year, ...]
    turns: tuple[Turn, ...]
    later: dict[str, int | None]


def opening_years(scenario: Scenario) -> dict[str, int | None]:
    """Return the year from which each card of a scenario counts, of those that bring changes; None: never.

    A card opens in its expected year (`scenarios.Card.opens`), not before a card that it needs; it never
    opens where it needs one that never does. A need that brings no changes is taken as met.
    """
    cards = {card.project_id: card for card in scenario.known_cards if card.changes}
    on = {name: cards[name] for name in scenario.cards if name in cards}
    found: dict[str, int | None] = {}

    def year(name: str, chain: tuple[str, ...]) -> int | None:
        if name not in on or name in chain:
            return None
        if name not in found:
            needed = [year(other, (*chain, name)) for other in on[name].needs if other in cards]
            own = [on[name].opens, *needed]
            known = [one for one in own if one is not None]
            found[name] = max(known) if len(known) == len(own) else None
        return found[name]

    return {name: year(name, ()) for name in on}


def scenario_in(scenario: Scenario, year: int, *, opens: dict[str, int | None] | None = None) -> Scenario:
    """Return the scenario that gives the network of the end of a year.

    Parameters
    ----------
    scenario
        What is built in the end. Cards that it cancels stay away; its own changes, outside cards, count from
        its year on, or from the first where it has none.
    year
        The year.
    opens
        Answer of `opening_years`, where it is at hand.
    """
    opens = opening_years(scenario) if opens is None else opens
    there = {name for name, first in opens.items() if first is not None and first <= year}
    own = scenario.year is None or year >= scenario.year
    return replace(
        scenario,
        name=f"{scenario.name}, {year}",
        year=year,
        day=dt.date(year, 12, 31),
        built={name: part for name, part in scenario.built.items() if name in there},
        changes=scenario.changes if own else (),
    )


def timeline(scenario: Scenario, region: Region, years: Sequence[int], judge: Judge) -> Timeline:
    """Return the verdict of each year and who turned which pair.

    Parameters
    ----------
    scenario
        What is built in the end.
    region
        The region with all its dates.
    years
        First and last year.
    judge
        Gives the verdicts of scenarios: the same pairs each time, but for those that are not there yet. It is
        asked three times: of all years, of each opening alone, and of all but each opening.

    Raises
    ------
    BadInputError
        The years are none, or a scenario cannot be applied.
    """
    first, last = years[0], years[-1]
    if problems := year_problems(first, last):
        raise BadInputError(problems)
    opens = opening_years(scenario)
    order = [card.project_id for card in scenario.known_cards]
    there = [scenario_in(scenario, year, opens=opens) for year in range(first, last + 1)]
    opened: list[tuple[str, ...]] = [()]
    dated = [False]
    for year, before, now in zip(range(first + 1, last + 1), there[:-1], there[1:], strict=True):
        cards, others = dated_in(region, year)
        cards = cards - scenario.cancelled | {name for name, one in opens.items() if one == year}
        opened.append(tuple(name for name in order if name in cards))
        dated.append(others or (bool(now.changes) and not before.changes))
    fresh = [not at or bool(opened[at]) or dated[at] for at in range(len(there))]
    verdicts = iter(judge([one for one, new in zip(there, fresh, strict=True) if new]))
    found: list[Year] = []
    for at, new in enumerate(fresh):
        verdict = next(verdicts) if new else found[-1].verdict
        found.append(Year(first + at, there[at], opened[at], dated[at], verdict))
    later = {name: one for name, one in opens.items() if one is None or one > last}
    return Timeline(tuple(found), tuple(_turns(found, judge)), later)


def year_problems(first: int, last: int) -> list[Problem]:
    """Return what is wrong with a first and a last year."""
    problems = [
        Problem(where, f"{year} is no year", f"{_YEARS[0]} to {_YEARS[-1]}")
        for where, year in (("--first", first), ("--last", last))
        if year not in _YEARS
    ]
    if not problems and first > last:
        problems.append(Problem("--last", f"{last} is before {first}", "the first year comes first"))
    if not problems and last - first >= _MOST_YEARS:
        problems.append(Problem("--last", f"{last - first + 1} years are too many", f"at most {_MOST_YEARS}"))
    return problems


def dated_in(region: Region, year: int) -> tuple[set[str], bool]:
    """Return the cards of whose rows some open or close in a year, and whether rows of no card do."""
    low, high = pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)
    owners: set[str] = set()
    for table in _TABLES:
        frame = region.table(table)
        for column, owner in _DATED:
            if column in frame and owner in frame:
                day = frame[column]
                owners |= set(frame.loc[(day >= low) & (day <= high), owner])
    cards = {name for text in owners for name in text.split(";")}
    return cards - {""}, "" in cards


def _turns(years: Sequence[Year], judge: Judge) -> list[Turn]:
    """Return the pairs that turned, and by which openings."""
    kept = [_kept(year.verdict) for year in years]
    turned = {
        at: [pair for pair in sorted(now) if now[pair] != was.get(pair, False)]
        for at, (was, now) in enumerate(pairwise(kept), 1)
    }
    alone: dict[tuple[int, Pair], list[str]] = {(at, pair): [] for at in turned for pair in turned[at]}
    together: dict[tuple[int, Pair], list[str]] = {key: [] for key in alone}
    trials: list[tuple[int, str, Scenario]] = []
    for at in (at for at, pairs in turned.items() if pairs):
        before, after = years[at - 1], years[at]
        if after.dated:
            trials.append((at, NO_CARD, _without(after.scenario, after.opened)))
        trials += [(at, name, _with(before, after, name)) for name in after.opened]
    for (at, name), now in _tried(trials, years, judge):
        _note(alone, at, name, (pair for pair in turned[at] if now.get(pair, False) == kept[at][pair]))
    trials = [
        (at, name, _without(years[at].scenario, (name,)))
        for at, pairs in turned.items()
        if not all(alone[at, pair] for pair in pairs)
        for name in years[at].opened
    ]
    for (at, name), now in _tried(trials, years, judge):
        open_pairs = (pair for pair in turned[at] if not alone[at, pair])
        _note(together, at, name, (pair for pair in open_pairs if now.get(pair, False) != kept[at][pair]))
    return [
        Turn(
            years[at].year, *pair, kept=kept[at][pair], alone=tuple(alone[at, pair]),
            together=tuple(together[at, pair]),
        )
        for at, pairs in turned.items()
        for pair in pairs
    ]  # fmt: skip


def _tried(
    trials: Sequence[tuple[int, str, Scenario]], years: Sequence[Year], judge: Judge
) -> list[tuple[tuple[int, str], dict[Pair, bool]]]:
    """Return which pairs are kept under each trial; a year's only opening alone is that year."""
    only = [len(years[at].opened) + years[at].dated == 1 for at, _, _ in trials]
    asked = [scenario for (_, _, scenario), same in zip(trials, only, strict=True) if not same]
    verdicts = iter(judge(asked) if asked else ())
    return [
        ((at, name), _kept(years[at].verdict if same else next(verdicts)))
        for (at, name, _), same in zip(trials, only, strict=True)
    ]


def _note(names: dict[tuple[int, Pair], list[str]], at: int, name: str, pairs: Iterable[Pair]) -> None:
    for pair in pairs:
        names[at, pair].append(name)


def _kept(verdict: Verdict) -> dict[Pair, bool]:
    """Return whether each pair is kept."""
    table = verdict.table
    pairs = zip(table["origin"], table["destination"], strict=True)
    return dict(zip(pairs, table["kept"].tolist(), strict=True))


def _with(before: Year, after: Year, name: str) -> Scenario:
    """Return the scenario of a year with a card of the next, and with those of the next that it needs."""
    cards = {card.project_id: card for card in after.scenario.known_cards}
    wanted = _closure(name, lambda one: [need for need in cards[one].needs if need in after.opened])
    built = {one: after.scenario.built.get(one, False) for one in wanted}
    label = f"{before.scenario.name} with {name}"
    return replace(before.scenario, name=label, built=before.scenario.built | built)


def _without(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """Return a scenario without some cards, and without those that need them."""
    on: list[Card] = [card for card in scenario.known_cards if card.project_id in scenario.built]
    gone = {
        other
        for name in names
        for other in _closure(name, lambda one: [card.project_id for card in on if one in card.needs])
    }
    built = {name: part for name, part in scenario.built.items() if name not in gone}
    label = f"{scenario.name} without {', '.join(names)}"
    return replace(scenario, name=label, built=built, cancelled=scenario.cancelled | gone)


def _closure(name: str, following: Callable[[str], list[str]]) -> list[str]:
    """Return a card and all that follow from it."""
    found = [name]
    for one in found:
        found += [other for other in following(one) if other not in found]
    return found
