"""Clock times of GTFS: hours of one, two or three digits, which may pass 24:00, as seconds after midnight."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")


def clock_texts(seconds: Iterable[int]) -> list[str]:
    """Return seconds after midnight as ``HH:MM:SS``."""
    return [f"{s // 3600:02d}:{s % 3600 // 60:02d}:{s % 60:02d}" for s in map(int, seconds)]


def find_clock_s(text: str) -> int | None:
    """Return the seconds after midnight of ``HH:MM:SS``, None where it is no time."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = map(int, found.groups())
    return hours * 3600 + minutes * 60 + seconds
