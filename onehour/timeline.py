"""Timelines of a study: the verdict year by year, as tables with names and provenance."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.errors import BadInputError
from network.graph import PARTS
from onehour.provenance import version
from onehour.readings import verdict_row
from onehour.store import Store
from sim.check import Verdict
from sim.timeline import NO_CARD, timeline, year_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from onehour.study import Study, Words
    from scenarios import Card, Goal, Scenario
    from sim.timeline import Timeline

FIRST, LAST = 2023, 2035
"""Years of a timeline where none are given."""

MOST_PAIRS = 24
"""Up to so many pairs, a goal's percentile over a window is found in every year."""

NO_CARD_NAMES = ("无项目卡的变化", "dated rows of no card")
"""What is shown for `sim.timeline.NO_CARD`."""

_NUMBERS = ["minutes", "slack_min", "kept", "close", *(f"{part}_min" for part in PARTS)]


@dataclass(frozen=True, slots=True)
class TurnGroup:
    """Pairs that turned in a year by the same openings.

    Attributes
    ----------
    year, kept
        As of `sim.timeline.Turn`.
    alone
        Whether each opening was enough by itself.
    names
        Openings; none where several sets of them would do.
    pairs
        Origin and destination of each pair.
    """

    year: int
    kept: bool
    alone: bool
    names: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Course:
    """A goal's verdict over the years as the cards of a study's scenario open.

    Attributes
    ----------
    study
        The region under the scenario that is built in the end.
    goal
        The goal.
    found
        Years and turns.
    built
        Number of networks that were built for it; the verdicts of others were kept from before.
    """

    study: Study
    goal: Goal
    found: Timeline
    built: int = 0

    @cached_property
    def cards(self) -> dict[str, Card]:
        """Cards by id."""
        return {card.project_id: card for card in self.study.scenario.known_cards}

    @property
    def verdict(self) -> Verdict:
        """The verdict of the last year."""
        return self.found.years[-1].verdict

    def years(self) -> pd.DataFrame:
        """Return a row a year.

        Returns
        -------
        DataFrame
            year, kept, passing, pairs, people_share, worst_origin, worst_destination, worst_minutes (NaN: no
            journey), opened: ids of the cards that opened in it, separated by ``;``, dated: whether rows of
            no card opened or closed in it, come and gone: pairs that turned, scenario_hash; provenance in
            ``attrs``.
        """
        rows = []
        for one in self.found.years:
            turned = [turn.kept for turn in self.found.turns if turn.year == one.year]
            rows.append(
                {
                    "year": one.year,
                    **verdict_row(one.verdict),
                    "opened": ";".join(one.opened),
                    "dated": one.dated,
                    "come": sum(turned),
                    "gone": len(turned) - sum(turned),
                    "scenario_hash": one.scenario.hash,
                }
            )
        return self._with_attrs(pd.DataFrame(rows))

    def pairs(self) -> pd.DataFrame:
        """Return a row a year and pair.

        Returns
        -------
        DataFrame
            year, origin, destination, minutes (NaN: no journey), slack_min, kept, close, names; provenance in
            ``attrs``.
        """
        columns = ["origin", "destination", "minutes", "slack_min", "kept", "close"]
        parts = [one.verdict.table[columns].assign(year=one.year) for one in self.found.years]
        table = pd.concat(parts, ignore_index=True)
        return self._with_attrs(self._named(table[["year", *columns]]))

    def turns(self) -> pd.DataFrame:
        """Return a row a pair that turned.

        Returns
        -------
        DataFrame
            year, origin, destination, kept: whether it is kept from then on, rule: alone, together or several
            ways (see `sim.timeline`), by: ids of the cards, separated by ``;``, where `NO_CARD` is ``-``,
            names; provenance in ``attrs``.
        """
        rows = [
            {
                "year": turn.year,
                "origin": turn.origin,
                "destination": turn.destination,
                "kept": turn.kept,
                "rule": turn.rule,
                "by": ";".join(name or "-" for name in turn.alone or turn.together),
            }
            for turn in self.found.turns
        ]
        columns = ["year", "origin", "destination", "kept", "rule", "by"]
        return self._with_attrs(self._named(pd.DataFrame(rows, columns=columns)))

    def turn_groups(self) -> list[TurnGroup]:
        """Return the turns of a year by the same openings together, the largest of each year first."""
        groups: dict[tuple[int, bool, bool, tuple[str, ...]], list[tuple[str, str]]] = {}
        for turn in self.found.turns:
            key = turn.year, turn.kept, bool(turn.alone), turn.alone or turn.together
            groups.setdefault(key, []).append((turn.origin, turn.destination))
        found = [TurnGroup(*key, tuple(pairs)) for key, pairs in groups.items()]
        return sorted(found, key=lambda group: (group.year, not group.kept, -len(group.pairs)))

    def later(self) -> pd.DataFrame:
        """Return the cards that do not open by the last year: project_id, year (null: not known), names."""
        rows = [
            {"project_id": name, "year": year, "name_zh": card.name_zh, "name_en": card.name_en}
            for name, year in self.found.later.items()
            for card in (self.cards[name],)
        ]
        table = pd.DataFrame(rows, columns=["project_id", "year", "name_zh", "name_en"])
        return table.astype({"year": "Int64"})

    def names(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        """Return the Chinese and the English name of cards."""
        return [
            NO_CARD_NAMES
            if name == NO_CARD
            else (self.cards[name].name_zh or self.cards[name].name_seed, self.cards[name].name_en or name)
            for name in ids
        ]

    def provenance(self) -> dict[str, Any]:
        """Return what the timeline was computed from; doubtful are the cards that open within it."""
        opened = {name for one in self.found.years for name in one.opened}
        doubtful = sorted(name for name in opened if self.cards[name].confidence == "low")
        return self.study.provenance(self.verdict.query) | {
            "goal": self.goal.goal_id,
            "limit_min": self.goal.limit_min,
            "first": self.found.years[0].year,
            "last": self.found.years[-1].year,
            "low_confidence": [f"cards {name}" for name in doubtful],
        }

    def place_names(self) -> dict[str, tuple[str, str]]:
        """Return the Chinese and the English name of every place and station, whatever its dates."""
        found: dict[str, tuple[str, str]] = {}
        for region in (self.study.area.region, self.study.network.region):
            for rows, key in ((region.stations, "station_id"), (region.places, "place_id")):
                both = zip(rows["name_zh"], rows["name_en"], strict=True)
                found |= dict(zip(rows[key], both, strict=True))
        return found

    def _named(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table of pairs with the names of both ends."""
        names = self.place_names()
        for end in ("origin", "destination"):
            for at, name in enumerate(("name_zh", "name_en")):
                table[f"{end}_{name}"] = [names.get(one, ("", ""))[at] for one in table[end]]
        return table

    def _with_attrs(self, table: pd.DataFrame) -> pd.DataFrame:
        table.attrs |= self.provenance()
        return table


def course(
    study: Study,
    goal: str | None = None,
    *,
    first: int = FIRST,
    last: int = LAST,
    words: Words | None = None,
    folder: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> Course:
    """Return the verdict of each year as the cards of a study's scenario open.

    Parameters
    ----------
    study
        The region under the scenario that is built in the end.
    goal
        Id of a goal; by default the headline one.
    first, last
        Years.
    words
        clock, mode, period, traveller, statistic in place of the goal's own; its percentile gives way to
        ``expected`` where there are more than `MOST_PAIRS` pairs.
    folder
        Where verdicts found so far are kept, and taken from; they are not kept if not given.
    tell
        Gets a few words on long work.

    Raises
    ------
    BadInputError
        The goal, a word or a year cannot be used.
    """
    study.area.check_words(words or {}, goal)
    aim = study.goal(goal)
    few = len(aim.pairs_in(study.network.region)) <= MOST_PAIRS
    query = study.query_of(aim, words or {} if few else study.planning_words(aim, words or {}))
    if problems := year_problems(first, last):
        raise BadInputError(problems)
    values = sorted(study.values.items())  # noqa: PD011 - no table
    key = [version(), study.area.region.hash, values, aim.model_dump(mode="json"), str(query)]
    with Store(folder, "verdicts", key) as store:
        judge = _Judge(study, aim, asdict(query), store, tell)
        found = timeline(study.scenario, study.area.region, (first, last), judge)
        return Course(study, aim, found, judge.built)


class _Judge:
    """Judges scenarios, and takes the verdicts that are kept already."""

    def __init__(
        self, study: Study, aim: Goal, words: Words, store: Store, tell: Callable[[str], None] | None
    ) -> None:
        self.study, self.aim, self.words, self.store, self.tell = study, aim, words, store, tell
        self.built = 0

    def __call__(self, scenarios: Sequence[Scenario]) -> list[Verdict]:
        """Return the verdicts of scenarios."""
        new = {one.hash: one for one in scenarios if self._kept(one.hash) is None}
        for number, study in enumerate(self.study.siblings(list(new.values())), 1):
            verdict = study.verdict(self.aim.goal_id, words=self.words)
            table, name = verdict.table, study.scenario.hash
            self.store.put(**{
                f"{name}-ends": table[["origin", "destination", "note"]].to_numpy(str),
                f"{name}-numbers": table[_NUMBERS].to_numpy(np.float64),
                f"{name}-people": np.array([verdict.people_share]),
            })  # fmt: skip
            self.built += 1
            if self.tell is not None:
                self.tell(f"{number} of {len(new)} networks built and judged")
        return [found for one in scenarios if (found := self._kept(one.hash)) is not None]

    def _kept(self, name: str) -> Verdict | None:
        """Return the verdict that is kept of the scenario of a hash; None where there is none."""
        ends = self.store.get(f"{name}-ends", "str", (None, 3))
        share = self.store.get(f"{name}-people", "float64", (1,))
        if ends is None or share is None:
            return None
        numbers = self.store.get(f"{name}-numbers", "float64", (len(ends), len(_NUMBERS)))
        if numbers is None:
            return None
        table = pd.DataFrame(ends.tolist(), columns=["origin", "destination", "note"], dtype="str")
        table[_NUMBERS] = numbers
        table = table.astype({"kept": bool, "close": bool})
        return Verdict(self.study.query(**self.words), self.aim.limit_min, table, float(share[0]))
