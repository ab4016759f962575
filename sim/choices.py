"""Times of a goal's pairs under choices of project cards, each evaluated once, and what they are worth."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from network.ends import ends_of
from sim.evaluate import Evaluator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from network.compile import Query
    from network.region import Region
    from scenarios import Card, Scenario
    from scenarios.changes import TableChange

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Seconds = NDArray[np.int32]
    Pair = tuple[str, str]

METRICS = ("passing", "people", "slack")
"""What a choice of cards can be worth: see `worth`."""

WORST = 5
"""A pair that takes longer than this many limits, or has no journey, counts for `slack` as taking so long."""

_BLOCK = 512


class Choices:
    """Seconds of ordered pairs of places under choices of cards, remembered.

    Parameters
    ----------
    region
        The region with all its dates.
    base
        The scenario that the cards are switched on.
    cards
        Ids of the cards that are switches.
    pairs
        Ids of origin and destination.
    query
        Clock, mode, period, traveller and statistic.
    values
        Numbers of the model that are set, whatever the cards.
    tell
        Gets a few words on long work, from time to time.
    keep
        Called after each block of choices, so that what is known may be stored.
    """

    def __init__(
        self,
        region: Region,
        base: Scenario,
        cards: Sequence[str],
        pairs: Sequence[Pair],
        query: Query,
        *,
        values: Mapping[str, float] | None = None,
        tell: Callable[[str], None] | None = None,
        keep: Callable[[Choices], None] | None = None,
    ) -> None:
        self.region, self.base, self.query = region, base, query
        self.cards, self.pairs = tuple(cards), tuple(pairs)
        self.values = dict(values or {})
        self.tell, self.keep = tell, keep
        self.evaluated = 0
        self._ids = sorted({name for pair in pairs for name in pair})
        self._known: dict[bytes, Seconds] = {}

    @cached_property
    def evaluator(self) -> Evaluator:
        """What evaluates choices; made when a choice is asked for that is not known."""

        def learned(done: int, every: int) -> None:
            if self.tell is not None:
                self.tell(f"Learning what each card changes: {done} of {every} scenarios")

        return Evaluator(
            self.region, self.base, self.cards, self._ids, self.query, values=self.values, progress=learned
        )

    def seconds(self, masks: Bools) -> Seconds:
        """Return the seconds of each pair under each choice.

        Parameters
        ----------
        masks
            Which cards are on, bool [choices, cards]. A card that lacks what it needs counts as off.

        Returns
        -------
        ndarray
            int32 [choices, pairs]; -1 where there is no journey.
        """
        keys = [mask.tobytes() for mask in masks]
        new = {key: row for row, key in enumerate(keys) if key not in self._known}
        rows = list(new.values())
        for start in range(0, len(rows), _BLOCK):
            part = masks[rows[start : start + _BLOCK]]
            found = self.evaluator.pair_times(self.pairs, part).astype(np.int32)
            self._known.update((mask.tobytes(), one) for mask, one in zip(part, found, strict=True))
            self.evaluated += len(part)
            if self.keep is not None:
                self.keep(self)
        return np.array([self._known[key] for key in keys], np.int32).reshape(len(masks), len(self.pairs))

    def known(self) -> tuple[Bools, Seconds]:
        """Return the choices evaluated so far, bool [choices, cards], and their seconds."""
        masks = [np.frombuffer(key, np.bool_) for key in self._known]
        return (
            np.array(masks, np.bool_).reshape(-1, len(self.cards)),
            np.array(list(self._known.values()), np.int32).reshape(-1, len(self.pairs)),
        )

    def recall(self, masks: Bools, seconds: Seconds) -> None:
        """Take choices evaluated before, in the form of `known`."""
        self._known.update((mask.tobytes(), one) for mask, one in zip(masks, seconds, strict=True))


def worth(metric: str, seconds: Seconds, limit_s: float, weights: Floats) -> Floats:
    """Return what choices of cards are worth, float [choices].

    Parameters
    ----------
    metric
        ``passing``, the number of pairs within the limit; ``people``, the share of the origins' people whose
        destinations are within it, each origin's people counting by the share of its destinations; ``slack``,
        the minutes by which pairs miss the limit, together and negative. A pair within the limit adds nothing
        to ``slack``: minutes to spare on one pair do not make up for those that another lacks, and ``slack``
        is 0 exactly where the promise is kept. One without a journey must count as some number, and counts
        as `WORST` limits, as do those that take longer.
    seconds
        Of each pair under each choice, int [choices, pairs]; -1 where there is no journey.
    limit_s
        Limit, s.
    weights
        Share of each pair in ``people``, float [pairs]; see `people_weights`.
    """
    kept = (seconds >= 0) & (seconds <= limit_s)
    if metric == "passing":
        return np.asarray(kept.sum(axis=1), np.float64)
    if metric == "people":
        return np.asarray((kept * weights).sum(axis=1), np.float64)
    took = np.where(seconds < 0, WORST * limit_s, np.minimum(seconds, WORST * limit_s))
    return np.asarray(np.minimum(limit_s - took, 0.0).sum(axis=1) / 60, np.float64)


def people_weights(region: Region, pairs: Sequence[Pair]) -> Floats:
    """Return the share of each pair in the people within the limit, float [pairs]; 0 without population.

    An origin's people stand for it, each of its destinations for an equal part of them.
    """
    ends = ends_of(region, sorted({name for pair in pairs for name in pair}))
    table = ends.table.set_index("id")["population"]
    people = np.array([table.loc[pair[0]] for pair in pairs], dtype=object)
    known = np.array([0.0 if value is None or value != value else float(value) for value in people])  # noqa: PLR0124
    origins = [pair[0] for pair in pairs]
    destinations = np.array([origins.count(name) for name in origins], np.float64)
    shares = known / destinations
    total = shares.sum()
    return np.asarray(shares / total if total > 0 else shares, np.float64)


def why_not_monotone(cards: Sequence[Card], query: Query) -> str:
    """Return why a card more may make a journey longer, in words; empty where it never does.

    Notes
    -----
    In vehicles the journey is chosen with changes weighed, and the reported minutes leave the weight out:
    a slow direct train may take the place of two quick ones. A card that moves trains takes some away.
    """
    if query.clock == "in-vehicle":
        return "on the clock in-vehicle an added train may lengthen a journey"
    taking = [card.project_id for card, takes in zip(cards, takes_away(cards), strict=True) if takes]
    return f"{', '.join(taking)} takes trains away or slows them" if taking else ""


def takes_away(cards: Sequence[Card]) -> Bools:
    """Return which cards take trains away or slow something, bool [cards]."""
    return np.array([card.moves_trains or any(map(_lessens, card.changes)) for card in cards], np.bool_)


def _lessens(change: TableChange) -> bool:
    """Whether a change takes something away or slows it."""
    if change.type in {"adjust-speed", "set-congestion"}:
        return getattr(change, "factor", 1) < 1 or change.type == "set-congestion"
    return change.type in {"remove-service", "remove-stops"}
