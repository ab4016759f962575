"""States of a network, cards and factors, whose times are kept while a long run goes on."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from onehour.planning import states_key
from onehour.store import Store
from sim.evaluate import Evaluator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from network.compile import Query
    from onehour.study import Study
    from scenarios import Scenario
    from sim.factors import Factors

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]
    Times = Callable[[Bools, Factors], Ints]


class StoredTimes:
    """Times of pairs under choices of cards and factors, asked for once and kept in a store.

    Parameters
    ----------
    store
        Where they are kept; its key tells all that they depend on beside choices and factors.
    times
        Returns the times for masks, bool [rows, cards], and as many rows of factors, s, int64 [rows, pairs].
    """

    def __init__(self, store: Store, times: Times) -> None:
        self.store, self.times = store, times
        self.searched = 0

    def __call__(self, masks: Bools, factors: Factors) -> Ints:
        """Return the times, s, int64 [rows, pairs]."""
        digest = hashlib.blake2b(repr(masks.shape).encode() + masks.tobytes(), digest_size=12)
        for kind in factors.kinds:
            for name in sorted(kind):
                digest.update(name.encode() + np.asarray(kind[name], np.float64).tobytes())
            digest.update(b"/")
        name = digest.hexdigest()
        known = self.store.get(name, "int64", (len(masks), None))
        if known is not None:
            return known
        found = self.times(masks, factors)
        self.searched += len(masks)
        self.store.put(**{name: found})
        return found


class States:
    """Times of pairs under choices of cards and factors, some of them kept from before.

    What evaluates them is made when a state is asked for that is not kept. Within a ``with`` block, times are
    written when it ends, or breaks off.

    Parameters
    ----------
    study
        The region, and the numbers that are set.
    base
        The scenario that the cards are switched on.
    cards
        Ids of the cards that are switches.
    pairs
        Ids of origin and destination.
    query
        Clock, mode, period, traveller and statistic.
    folder
        Where times are kept; None: they are not.
    tell
        Gets a few words on long work.
    """

    def __init__(
        self,
        study: Study,
        base: Scenario,
        cards: tuple[str, ...],
        pairs: Sequence[tuple[str, str]],
        query: Query,
        *,
        folder: Path | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.study, self.base, self.cards, self.pairs, self.query = study, base, cards, pairs, query
        self.tell = tell
        self.store = Store(folder, "states", states_key(study, base, cards, pairs, query))
        self.times = StoredTimes(self.store, self._times)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.store.save()

    @cached_property
    def evaluator(self) -> Evaluator:
        """What evaluates states."""
        places = sorted({name for pair in self.pairs for name in pair})
        return Evaluator(
            self.study.area.region, self.base, self.cards, places, self.query,
            values=self.study.values, progress=told(self.tell, "scenarios built to learn from"),
        )  # fmt: skip

    def _times(self, on: Bools, factors: Factors) -> Ints:
        return self.evaluator.pair_times(self.pairs, on, factors=factors)

    def lines(self) -> dict[str, str]:
        """Return the class of each line."""
        kept = self.store.get("lines", "str", (None, 2))
        if kept is None:
            kept = np.array(list(self.evaluator.lines().items()), str).reshape(-1, 2)
            self.store.put(lines=kept)
        return dict(kept.tolist())


def told(tell: Callable[[str], None] | None, what: str) -> Callable[[int, int], None] | None:
    """Return what tells how much of something is done, if there is somebody to tell."""
    return None if tell is None else lambda done, of: tell(f"{done:,} of {of:,} {what}")
