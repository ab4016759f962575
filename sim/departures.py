"""The clocks of a window: its first and last one, and the lanes that the kernel searches them in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from network.errors import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Int32s = NDArray[np.int32]

MOST_LANES = 128
"""Departures that are searched at once."""

WIDE_LANES = 256
"""Moments of who knows the timetable that are searched at once: there are thousands."""

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")
_FULL_LINE = 16  # int32 of a row of labels that fills whole cache lines
_FEW = 8


def clocks_s(window: tuple[str | int, str | int], step_s: int, problems: list[Problem]) -> Int32s:
    """Return the clocks of a window, s after midnight: from its first one on, before its end.

    Parameters
    ----------
    window
        Clocks ``hh:mm`` or ``hh:mm:ss``, or s after midnight.
    step_s
        From one to the next, s.
    problems
        Gets what is wrong.
    """
    before = len(problems)
    begin_s, end_s = (_clock_s(clock, problems) for clock in window)
    if len(problems) == before and end_s <= begin_s:
        what = f"{window[0]}–{window[1]} is empty"
        problems.append(Problem("window", what, "the end is after the beginning"))
    return np.arange(begin_s, end_s, max(1, step_s), dtype=np.int32)


def clock_text(seconds: int) -> str:
    """Return s after midnight as hh:mm."""
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def lanes_of(leave_s: Int32s, *, wide: bool = False) -> Int32s:
    """Return departures as blocks of equally many lanes, the last filled up with its last departure.

    Blocks are as wide as they may be if `wide`, else as wide as the departures need.
    """
    blocks = -(-len(leave_s) // (WIDE_LANES if wide else MOST_LANES))
    lanes = -(-len(leave_s) // blocks)
    lanes = -(-lanes // _FULL_LINE) * _FULL_LINE if lanes > _FEW else lanes
    lanes = WIDE_LANES if wide else lanes
    padded = np.full(blocks * lanes, leave_s[-1], np.int32)
    padded[: len(leave_s)] = leave_s
    return padded.reshape(blocks, lanes)


def _clock_s(clock: str | int, problems: list[Problem]) -> int:
    """Return a clock as s after midnight."""
    if isinstance(clock, int | np.integer):
        return int(clock)
    match = _CLOCK.fullmatch(clock.strip())
    if match is None:
        problems.append(Problem("window", f"{clock!r} is no clock", "hh:mm, for example 14:00"))
        return 0
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
