"""What attribution and build-out stand on: a goal, a base, the cards that are switches, and their times."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

import scenarios
from network.errors import BadInputError, Problem, UnknownNameError, tried
from onehour.provenance import version
from onehour.store import Store
from sim.choices import Choices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from rich.console import Console

    from network.compile import Query
    from network.region import Region
    from onehour.study import Study, Words
    from scenarios import Card, Goal, Scenario

DEFAULT_BASE = "today-2026"
"""Scenario that the cards are added to where none is named and the region ships it, else ``base``."""

_OWNERS = {
    "stations": "project_id",
    "lines": "project_id",
    "line_stops": "project_id",
    "services": "project_id",
    "transfers": "project_id",
    "service_stops": "track_project_id",
    "road_links": "project_id",
}


@dataclass(frozen=True, eq=False)
class Ground:
    """A goal, the base, and cards that are switches on it.

    Attributes
    ----------
    study
        The region under the scenario whose cards are asked about.
    base
        What the cards are switched on.
    goal, query
        The goal, and the reading of it.
    limit_s
        Limit, s.
    pairs
        Ordered pairs of places.
    cards
        The cards, in the plan's order.
    choices
        Seconds of the pairs under choices of the cards.
    """

    study: Study
    base: Study
    goal: Goal
    query: Query
    limit_s: float
    pairs: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...]
    choices: Choices

    @cached_property
    def names(self) -> dict[str, tuple[str, str]]:
        """Chinese and English name of each card, place and station by id."""
        found: dict[str, tuple[str, str]] = {}
        for region in (self.base.network.region, self.study.network.region):
            for table, key in ((region.stations, "station_id"), (region.places, "place_id")):
                both = zip(table["name_zh"], table["name_en"], strict=True)
                found |= dict(zip(table[key], both, strict=True))
        known = self.study.scenario.known_cards
        return found | {
            card.project_id: (card.name_zh or card.name_seed, card.name_en or card.project_id)
            for card in known
        }

    def provenance(self, cards: Iterable[str]) -> dict[str, Any]:
        """Return what a result was computed from; of some cards, those of low confidence are doubtful."""
        doubtful = {card.project_id for card in self.cards if card.confidence == "low"}
        return self.study.provenance(self.query) | {
            "base": self.base.scenario.name,
            "base_hash": self.base.scenario.hash,
            "goal": self.goal.goal_id,
            "goal_text": self.goal.text_seed,
            "limit_min": self.goal.limit_min,
            "pairs": len(self.pairs),
            "low_confidence": [f"cards {name}" for name in sorted(doubtful & set(cards))],
        }


@contextmanager
def ground(
    study: Study,
    cards: str | Sequence[str] = "auto",
    *,
    base: str | None = None,
    goal: str | None = None,
    words: Words | None = None,
    folder: Path | None = None,
    tell: Callable[[str], None] | None = None,
    problems: Sequence[Problem] = (),
) -> Iterator[Ground]:
    """Give the ground of an analysis; what it has found is kept when it ends, or breaks off.

    Parameters
    ----------
    study
        The region under the scenario whose cards are asked about.
    cards
        Ids of the cards that are switches; ``auto``: those that the scenario has and the base has not, as far
        as the mode can tell; ``all``: every card of which the mode can tell, also what the base holds: it is
        then taken away where it is off.
    base
        Scenario that the cards are switched on.
    goal
        Id of a goal; by default the headline one.
    words
        clock, mode, period, traveller, statistic in place of the goal's own.
    folder
        Where times found so far are kept, and taken from; they are not kept if not given.
    tell
        Gets a few words on long work.
    problems
        What is wrong with the input already; it is told with the rest.

    Raises
    ------
    BadInputError
        The base, the goal, a word or a card is unknown, or the goal has no limit; lists every problem.
    """
    problems = list(problems)
    area = study.area
    tried(lambda: area.check_words(words or {}, goal), problems)
    under: Study | None = None
    try:
        under = area.scenario(_base_name(area.region) if base is None else base, values=study.values)
    except BadInputError as error:
        problems += [
            replace(one, where="--base") if one.where == "scenario" else one for one in error.problems
        ]
    known = {card.project_id: card for card in study.scenario.known_cards}
    if not isinstance(cards, str):
        wrong = [name for name in cards if name not in known]
        problems += [UnknownNameError("project", name, known, where="--cards").problems[0] for name in wrong]
        if not cards:
            problems.append(Problem("--cards", "names no card", "name at least one, or auto"))
    aim = None if problems else area.goal(goal)
    if aim is not None and aim.limit_min is None:
        problems.append(Problem(f"goal {aim.goal_id}", "sets no limit", "choose a goal with one"))
    if problems or aim is None or under is None or aim.limit_min is None:
        raise BadInputError(problems)
    query = study.query(**study.planning_words(aim, words or {}))
    chosen = _cards(study, under, cards, query)
    if not chosen:
        what = (
            f"{study.scenario.name} has no card that {under.scenario.name} lacks and {query.mode} could tell"
        )
        raise BadInputError(Problem("--cards", what, "name cards, or take another scenario or --base"))
    pairs = aim.pairs_in(study.network.region)
    choices = Choices(
        area.region,
        _with_own(under.scenario, study.scenario),
        [card.project_id for card in chosen],
        pairs,
        query,
        values=study.values,
        tell=tell,
    )
    found = Ground(study, under, aim, query, round(60 * aim.limit_min, 6), pairs, chosen, choices)
    key = states_key(study, choices.base, choices.cards, pairs, query)
    with Store(folder, "times", key) as store:
        _recall(choices, store)
        try:
            yield found
        finally:
            _keep(choices, store)


def states_key(
    study: Study, base: Scenario, names: Sequence[str], pairs: Sequence[tuple[str, str]], query: Query
) -> list[object]:
    """Return all that the times of pairs under choices of cards on a base depend on, as plain data."""
    cards = {card.project_id: card for card in base.known_cards}
    changes = [
        [name, list(cards[name].needs), *(change.model_dump(mode="json") for change in cards[name].changes)]
        for name in names
    ]
    values = sorted(study.values.items())
    return [
        version(),
        study.area.region.hash,
        base.hash,
        changes,
        [list(pair) for pair in pairs],
        str(query),
        values,
    ]


def _recall(choices: Choices, store: Store) -> None:
    """Give choices the times that are kept, and let them be kept from now on."""
    count = len(choices.cards)
    packed = store.get("masks", "uint8", (None, -(-count // 8)))
    seconds = store.get("seconds", "int32", (None, len(choices.pairs)))
    if packed is not None and seconds is not None and len(packed) == len(seconds) and (seconds >= -1).all():
        choices.recall(np.unpackbits(packed, axis=1, count=count).astype(np.bool_), seconds)

    def keep(now: Choices) -> None:
        if store.is_due:
            _keep(now, store)

    choices.keep = keep


def _keep(choices: Choices, store: Store) -> None:
    """Keep the times of all choices that were evaluated."""
    if choices.evaluated:
        masks, seconds = choices.known()
        store.put(masks=np.packbits(masks, axis=1), seconds=seconds)


def _base_name(region: Region) -> str:
    return DEFAULT_BASE if DEFAULT_BASE in scenarios.list_scenarios(region.about.region_id) else "base"


def _with_own(base: Scenario, scenario: Scenario) -> Scenario:
    """Return a base that knows the cards of a scenario's file too."""
    there = {card.project_id for card in base.known_cards}
    own = tuple(card for card in scenario.own_cards if card.project_id not in there)
    return replace(base, own_cards=(*base.own_cards, *own))


def _cards(study: Study, under: Study, wanted: str | Sequence[str], query: Query) -> tuple[Card, ...]:
    """Return the cards that are switches, in the plan's order."""
    known = study.scenario.known_cards
    if not isinstance(wanted, str):
        return tuple(card for card in known if card.project_id in set(wanted))
    transit = query.mode == "transit"
    telling = {card.project_id for card in known if (card.changes_transit if transit else bool(card.changes))}
    after = _owned(study.network.region, transit=transit)
    if wanted == "all":
        return tuple(card for card in known if card.project_id in telling | after.keys())
    before = _owned(under.network.region, transit=transit)
    new = (telling & set(study.scenario.cards)) - set(under.scenario.cards)
    new |= {name for name, count in after.items() if count > before.get(name, 0)} - set(under.scenario.cards)
    return tuple(card for card in known if card.project_id in new)


def _owned(region: Region, *, transit: bool) -> dict[str, int]:
    """Return how many rows each card owns."""
    counts: dict[str, int] = {}
    for table, column in _OWNERS.items():
        if transit and table == "road_links":
            continue
        for text, count in region.table(table)[column].value_counts().items():
            for name in str(text).split(";"):
                if name:
                    counts[name] = counts.get(name, 0) + int(count)
    return counts


def print_head(console: Console, found: Mapping[str, Any], words: str) -> None:
    """Print the goal, what is asked of it, and how it is read."""
    console.print()
    console.print(Text(found["goal_text"], style="bold"))
    console.print(f"{found['goal']} · {found['region']} · {words}")
    console.print(
        f"Read as: {found['clock']} · {found['mode']} · {found['period']} · {found['traveller']} traveller · "
        f"{found['statistic']} · limit {found['limit_min']:g} min"
    )
    console.print()


def add_title(ax: Axes, text: str) -> None:
    """Write a title from the left edge of the figure, since names left of the axes take much room."""
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.suptitle(text, x=0.01, ha="left", fontsize=11)
