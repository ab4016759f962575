"""Scenarios: an ordered list of project cards and changes on a base, for a year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import as_file
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from network.dates import region_on
from network.errors import BadInputError, Problem, UnknownNameError, suggest
from scenarios.apply import Applied, apply_changes
from scenarios.cards import Card, list_cards
from scenarios.changes import ROAD_CHANGES, Build, Cancel, Change, Delay, TableChange
from scenarios.membership import members
from scenarios.tomls import content_hash, data_folder, read_model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from network.region import Region

ORDER = (
    "base",
    "plan-2023",
    "today-2026",
    "do-nothing-2030",
    "committed-2030",
    "plan-2030",
    "outlook-2035",
    "policies-only-2030",
)
"""The shipped scenarios in the order in which they are listed; others follow by name."""


class ScenarioFile(BaseModel):
    """A scenario as it stands in its file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, title="onehour scenario")
    name: str = Field(pattern=r"^[^\s/\\]+$", max_length=100)
    title: str
    extends: str | None = Field(None, description="a shipped scenario, or the path of a file beside this one")
    year: int | None = Field(None, ge=1900, le=2200)
    date: dt.date | None = Field(
        None, description="day on which the region is taken; the base's if not given"
    )
    cards: Literal["committed", "plan", "all", "policies"] | None = Field(
        None, description="cards that are built by a rule of the plan, beside those of `change`"
    )
    notes: str = ""
    change: tuple[Change, ...] = Field((), strict=False)
    card: tuple[Card, ...] = Field((), strict=False, description="cards of one's own; they are built")


@dataclass(frozen=True, eq=False)
class Scenario:
    """A scenario, ready to be applied.

    Attributes
    ----------
    name, title, year, notes
        What it is called and about.
    day
        Day on which the region is taken; None is the region's own.
    built
        Cards that are built; with True where only their committed parts are.
    cancelled
        Cards that are cancelled.
    changes
        Changes of its own, each with the name of the scenario that it stands in.
    own_cards
        Cards that stand in its file, not in the plan.
    """

    name: str
    title: str
    year: int | None = None
    day: dt.date | None = None
    built: dict[str, bool] = field(default_factory=dict)
    cancelled: frozenset[str] = frozenset()
    changes: tuple[tuple[str, TableChange], ...] = ()
    notes: str = ""
    region_id: str = ""
    own_cards: tuple[Card, ...] = ()

    @property
    def cards(self) -> tuple[str, ...]:
        """Ids of the cards that are built, in the plan's order."""
        return tuple(card.project_id for card in self._built_cards())

    def _built_cards(self) -> list[Card]:
        on = set(self.built) - self.cancelled
        return [card for card in self.known_cards if card.project_id in on]

    @property
    def known_cards(self) -> tuple[Card, ...]:
        """The region's cards and those of the scenario's own, built or not."""
        return (*list_cards(self.region_id), *self.own_cards)

    @cached_property
    def hash(self) -> str:
        """Hash of what the scenario does: its name and title do not count."""
        cards = [
            [
                card.project_id,
                self.built[card.project_id],
                [change.model_dump(mode="json") for change in card.changes],
            ]
            for card in self._built_cards()
        ]
        own = [change.model_dump(mode="json") for _, change in self.changes]
        return content_hash([str(self.day), self.year, cards, sorted(self.cancelled), own])

    def apply(self, region: Region, *, roads: bool = True) -> Applied:
        """Take the region at the scenario's date, then make the changes, on a copy.

        Parameters
        ----------
        region
            The region with all its dates.
        roads
            Whether to make the changes of roads: no journey by transit depends on them.

        Raises
        ------
        BadInputError
            A change cannot be made, or cards that need or exclude each other do not fit; lists every problem.
        """
        problems = self._card_problems()
        if problems:
            raise BadInputError(problems)
        cards = self._built_cards()
        forced = frozenset(card.project_id for card in cards if not self.built[card.project_id])
        there = region_on(region, self.day, built=forced, cancelled=self.cancelled)
        changes = [
            (card.project_id, change)
            for card in cards
            for change in card.changes
            if change.committed or not self.built[card.project_id]
        ]
        changes += self.changes
        if not roads:
            changes = [pair for pair in changes if not isinstance(pair[1], ROAD_CHANGES)]
        return apply_changes(there, changes)

    def _card_problems(self) -> list[Problem]:
        """Return what is wrong between the cards."""
        on = {card.project_id for card in self._built_cards()}
        lacking = {card.project_id for card in self.known_cards if card.changes} - on | self.cancelled
        problems = []
        for card in self._built_cards():
            problems += [
                Problem(
                    f"{self.name}, {card.project_id}", f"needs {other}, which is not built", f"build {other}"
                )
                for other in card.needs
                if other in lacking
            ]
            problems += [
                Problem(
                    f"{self.name}, {card.project_id}", f"excludes {other}, which is built", f"cancel {other}"
                )
                for other in card.excludes
                if other in on
            ]
        return problems


def list_scenarios(region_id: str) -> list[str]:
    """Return the names of the scenarios shipped for a region; every region has ``base``."""
    folder = data_folder(region_id).joinpath("scenarios")
    names = {"base"}
    if folder.is_dir():
        names |= {
            entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
        }
    return sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def get_scenario(name: str, region: Region) -> Scenario:
    """Return a shipped scenario by its name, or the one in a ``.toml`` file.

    Parameters
    ----------
    name
        A shipped name, or a path that ends in ``.toml``.
    region
        The region with all its dates.

    Raises
    ------
    BadInputError
        There is no such scenario, or its file cannot be used; lists every problem.
    """
    problems: list[Problem] = []
    scenario = _load(name, region, Path(), (), problems)
    if problems or scenario is None:
        raise BadInputError(problems)
    return scenario


def compose(
    base: Scenario, *, build: Iterable[str] = (), cancel: Iterable[str] = (), name: str = ""
) -> Scenario:
    """Return a scenario with single cards switched on or off.

    Parameters
    ----------
    base
        What to start from.
    build, cancel
        Ids of cards.
    name
        Name of the new scenario.

    Raises
    ------
    UnknownNameError
        There is no such card.
    """
    known = {card.project_id for card in base.known_cards}
    build, cancel = list(build), list(cancel)
    for card in (*build, *cancel):
        if card not in known:
            raise UnknownNameError("project", card, known)
    built = {**base.built, **dict.fromkeys(build, False)}
    cancelled = (base.cancelled | frozenset(cancel)) - frozenset(build)
    return replace(base, name=name or base.name, built=built, cancelled=cancelled)


def _load(
    name: str, region: Region, beside: Path, chain: tuple[str, ...], problems: list[Problem]
) -> Scenario | None:
    """Return a scenario and what it extends, or None with problems added."""
    region_id = region.about.region_id
    if name == "base":
        return Scenario("base", "The region as it is", region_id=region_id)
    shipped = list_scenarios(region_id)
    if name in shipped:
        key = name
        with as_file(data_folder(region_id).joinpath("scenarios", f"{name}.toml")) as path:
            found = read_model(path, ScenarioFile, problems)
            folder = path.parent
    elif name.endswith(".toml") and "\0" not in name:
        path = beside / name
        key, folder = str(path.resolve()), path.parent
        found = None if key in chain else read_model(path, ScenarioFile, problems)
    else:
        fix = suggest(name, shipped) or f"shipped: {', '.join(shipped)}"
        where = f"{Path(chain[-1]).name}, extends" if chain else "scenario"
        problems.append(
            Problem(where, f"there is no scenario {name!r}", f"give a .toml file, or a shipped name: {fix}")
        )
        return None
    if key in chain:
        way = " → ".join(Path(part).name for part in (*chain, key))
        problems.append(
            Problem(f"{Path(chain[-1]).name}, extends", f"goes round in a circle: {way}", "extend base")
        )
        return None
    if found is None:
        return None
    under = _load(found.extends or "base", region, folder, (*chain, key), problems)
    return None if under is None else _extended(under, found, Path(key).name, problems)


def _extended(under: Scenario, found: ScenarioFile, file: str, problems: list[Problem]) -> Scenario:
    """Return the scenario of a file on what it extends."""
    cards = {card.project_id: card for card in under.known_cards}
    for card in found.card:
        if card.project_id in cards:
            where = f"{found.name}, card {card.project_id}"
            problems.append(Problem(where, "is the id of another card", "take another project_id"))
        cards[card.project_id] = card
    own = {card.project_id: card for card in found.card}
    built = dict(under.built)
    cancelled = set(under.cancelled)
    changes = list(under.changes)
    year = found.year if found.year is not None else under.year
    if found.cards:
        for name, part in members(list_cards(under.region_id), found.cards).items():
            built[name] = part and built.get(name, True)
    built |= dict.fromkeys(own, False)
    for order, change in enumerate(found.change, 1):
        if isinstance(change, Build | Cancel | Delay):
            if change.project not in cards:
                fix = suggest(change.project, list(cards))
                where = f"{file}, change.{order}.project"
                problems.append(Problem(where, f"there is no project {change.project!r}", fix))
            elif isinstance(change, Build):
                built[change.project] = False
                cancelled.discard(change.project)
            elif isinstance(change, Cancel) or _late(cards[change.project], change, year):
                built.pop(change.project, None)
                cancelled.add(change.project)
        else:
            changes.append((found.name, change))
    return Scenario(
        name=found.name,
        title=found.title,
        year=year,
        day=found.date or under.day,
        built=built,
        cancelled=frozenset(cancelled),
        changes=tuple(changes),
        notes=found.notes or under.notes,
        region_id=under.region_id,
        own_cards=(*under.own_cards, *own.values()),
    )


def _late(card: Card, change: Delay, year: int | None) -> bool:
    """Whether a delayed card opens after the scenario's year."""
    return year is not None and card.opens is not None and card.opens + change.years > year
