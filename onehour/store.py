"""Times that a long run has found so far, kept in a folder, so that it can be taken up again."""

from __future__ import annotations

import time
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from onehour.files import whole_file
from scenarios.tomls import content_hash

if TYPE_CHECKING:
    from pathlib import Path

    from sim.choices import Choices

_EVERY_S = 10.0
_SHARE = 20
_MOST_BYTES = 2 << 30


class Store:
    """A file of choices of cards with the seconds of each pair.

    Its name carries a hash of all that the times depend on, so that another region, scenario, card, query or
    version of the program never reads it.

    Parameters
    ----------
    folder
        Where the file is.
    choices
        What it belongs to.
    version
        Version of the program.
    """

    def __init__(self, folder: Path, choices: Choices, version: str) -> None:
        cards = {card.project_id: card for card in choices.base.known_cards}
        key = content_hash([
            version,
            choices.region.hash,
            choices.base.hash,
            [[name, list(cards[name].needs), *(c.model_dump(mode="json") for c in cards[name].changes)]
             for name in choices.cards],
            [list(pair) for pair in choices.pairs],
            str(choices.query),
        ])  # fmt: skip
        self.path = folder / f"times-{key[:16]}.npz"
        self._kept = 0
        self._next_s = time.monotonic() + _EVERY_S

    def load(self, choices: Choices) -> int:
        """Give what is kept to `choices`, and return how many choices of cards that is.

        A file that is damaged counts as none: it is written anew.
        """
        try:
            if self.path.stat().st_size > _MOST_BYTES:
                return 0
            with np.load(self.path, allow_pickle=False) as file:
                packed, seconds = file["masks"], file["seconds"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return 0
        cards, pairs = len(choices.cards), len(choices.pairs)
        fits = (
            packed.dtype == np.uint8
            and packed.ndim == seconds.ndim == 2  # noqa: PLR2004
            and packed.shape == (len(seconds), -(-cards // 8))
            and seconds.dtype == np.int32
            and seconds.shape[1] == pairs
            and (seconds >= -1).all()
        )
        if not fits:
            return 0
        choices.recall(np.unpackbits(packed, axis=1, count=cards).astype(np.bool_), seconds)
        self._kept = len(seconds)
        return len(seconds)

    def keep(self, choices: Choices) -> None:
        """Write what is known if the last time is some seconds ago; the dearer writing is, the rarer."""
        if time.monotonic() >= self._next_s:
            self.save(choices)

    def save(self, choices: Choices) -> None:
        """Write what is known, whole or not at all."""
        masks, seconds = choices.known()
        if len(masks) == self._kept:
            return
        start = time.monotonic()
        with whole_file(self.path) as file, file.open("wb") as stream:
            np.savez_compressed(stream, masks=np.packbits(masks, axis=1), seconds=seconds)
        self._kept = len(masks)
        end = time.monotonic()
        self._next_s = end + max(_EVERY_S, _SHARE * (end - start))
