"""Which project cards the shipped scenarios build: rules over the cards' own fields, in one place.

==========  ==================================================================================================
rule        cards
==========  ==================================================================================================
committed   open, or under construction and open by 2030; of others only the changes that the card marks as
            committed, a part under construction; of policies none beside what the region has
plan        committed; and every card of the plan's boxes and of chapter 3, late or not, without lines, hubs
            and roads that the plan only studies
all         every card
policies    every policy card
==========  ==================================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenarios.cards import Card

Rule = Literal["committed", "plan", "all", "policies"]

COMMITTED_BY = 2030
"""Year by which a committed card has opened."""


def members(cards: Sequence[Card], rule: Rule) -> dict[str, bool]:
    """Return the cards that a rule builds; True where only their committed parts count."""
    if rule == "all":
        return {card.project_id: False for card in cards}
    if rule == "policies":
        return {card.project_id: False for card in cards if card.policy}
    found = {card.project_id: not is_whole(card) for card in cards if is_committed(card)}
    if rule == "plan":
        found |= {card.project_id: False for card in cards if is_promised(card)}
    return found


def is_committed(card: Card) -> bool:
    """Whether a card, or a part of it that it marks, is open or will open by 2030."""
    return not card.policy and (is_whole(card) or any(change.committed for change in card.changes))


def is_whole(card: Card) -> bool:
    """Whether all of a card is open or will open by 2030."""
    built = card.status_2026 in {"open", "construction"}
    return built and card.opens is not None and card.opens <= COMMITTED_BY


def is_promised(card: Card) -> bool:
    """Whether the plan promises a card in its boxes or in chapter 3."""
    named = card.box.startswith(("專欄", "第三章"))
    return named and (card.policy or card.status_2023 != "study")
