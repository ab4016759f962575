"""Project cards: one for every project and policy of a plan, with what it changes or why it does not."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import as_file
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from network.errors import BadInputError, Problem, UnknownNameError
from scenarios.changes import ROAD_CHANGES, CardsChange
from scenarios.tomls import data_folder, read_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NoEffect = Literal["alias", "open in base", "outside", "not about time", "no position known"]
Status = Literal["open", "construction", "planned", "study", "partial"]
Kind = Literal[
    "hsr", "intercity", "metro", "street", "hub", "airport", "expressway", "crossing", "road", "policy"
]
_YEAR = re.compile(r"(\d{4})(\+?)")


class Card(BaseModel):
    """A project or policy of a plan."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    project_id: str = Field(pattern=r"^[a-z0-9_-]+$")
    name_seed: str = Field("", description="the plan's own words")
    name_zh: str = ""
    name_en: str = ""
    box: str = Field("", description="box or section of the plan")
    kind: Kind
    endpoints: str = ""
    length_km: Annotated[float, Field(gt=0)] | None = None
    design_speed_kmh: Annotated[float, Field(gt=0)] | None = None
    cost_cny: Annotated[float, Field(ge=0)] | None = None
    status_2023: Status = "planned"
    status_2026: Status = "planned"
    opens_from: str = Field("", pattern=r"^(\d{4}\+?)?$", description="first year in which it may open")
    opens_to: str = Field("", pattern=r"^(\d{4}\+?)?$", description="last year; 2031+: not before")
    relevance: Literal["core", "supporting", "outside"] = "core"
    needs: tuple[str, ...] = Field((), strict=False)
    excludes: tuple[str, ...] = Field((), strict=False)
    moves_trains: bool = Field(default=False, description="whether building it takes trains from elsewhere")
    no_effect: NoEffect | None = Field(None, description="why it leaves times as they are")
    reason: str = Field("", description="the same in words")
    source: str = "no source given"
    confidence: Literal["high", "medium", "low"] = "low"
    notes: str = ""
    change: tuple[CardsChange, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _one(self) -> Card:
        if bool(self.change) == bool(self.no_effect):
            raise ValueError(f"{self.project_id}: give either changes or one no_effect")
        if self.no_effect and not self.reason:
            raise ValueError(f"{self.project_id}: say the reason in words")
        return self

    @property
    def changes(self) -> tuple[CardsChange, ...]:
        """What the card changes beside the rows of the region that it owns."""
        return self.change

    @property
    def changes_transit(self) -> bool:
        """Whether the card changes more than roads."""
        return any(not isinstance(change, ROAD_CHANGES) for change in self.change)

    @property
    def section(self) -> str:
        """Box or section of the plan that names the card."""
        return self.box

    @property
    def policy(self) -> bool:
        """Whether the card is a policy rather than a building."""
        return self.kind == "policy"

    @property
    def opens(self) -> int | None:
        """Year from which the card counts: the later of a range, the next of ``2031+``; None: never."""
        found = _YEAR.fullmatch(self.opens_to or self.opens_from)
        return None if found is None else int(found[1]) + bool(found[2])


class _File(BaseModel):
    """A file of cards."""

    model_config = ConfigDict(extra="forbid")
    card: list[Card]


@cache
def list_cards(region_id: str) -> tuple[Card, ...]:
    """Return the project cards of a region in the plan's order; none where the region has none.

    Raises
    ------
    BadInputError
        A file of cards is wrong, or two cards share an id; lists every problem.
    """
    folder = data_folder(region_id).joinpath("projects")
    if not folder.is_dir():
        return ()
    problems: list[Problem] = []
    cards: list[Card] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            with as_file(entry) as path:
                found = read_model(path, _File, problems)
            cards += found.card if found else []
    seen: set[str] = set()
    for card in cards:
        if card.project_id in seen:
            problems.append(Problem(f"card {card.project_id}", "stands twice", "remove one"))
        seen.add(card.project_id)
    problems += [
        Problem(f"card {card.project_id}", f"names the unknown card {other!r}")
        for card in cards
        for other in (*card.needs, *card.excludes)
        if other not in seen
    ]
    if problems:
        raise BadInputError(problems)
    return tuple(cards)


def get_card(project_id: str, region_id: str) -> Card:
    """Return a card by its id.

    Raises
    ------
    UnknownNameError
        There is no such card.
    """
    cards = {card.project_id: card for card in list_cards(region_id)}
    if project_id not in cards:
        raise UnknownNameError("project", project_id, cards)
    return cards[project_id]


def relations(cards: Sequence[Card]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which of the cards need, and which exclude, which others of them, each bool [cards, cards]."""
    ids = [card.project_id for card in cards]

    def among(names: tuple[str, ...]) -> list[bool]:
        return [name in names for name in ids]

    shape = len(ids), len(ids)
    needs = np.array([among(card.needs) for card in cards], np.bool_).reshape(shape)
    excludes = np.array([among(card.excludes) for card in cards], np.bool_).reshape(shape)
    return needs, excludes | excludes.T
