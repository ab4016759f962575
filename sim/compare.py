"""Comparing two verdicts on the same pairs: minutes gained and lost, and why a journey takes another time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.graph import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.check import Verdict
    from sim.results import Stage

    Ints = NDArray[np.int64]
    Path = Sequence[Stage] | None

REASONS = ("", "reached", "cut", "line", "road", "transfer", "station", *PARTS)
"""Why a time differs, see `reason`."""

_ON_LINES = {"ride": "line", "drive": "road"}


def compare_pairs(before: Verdict, after: Verdict) -> pd.DataFrame:
    """Return how each pair differs between two verdicts.

    Parameters
    ----------
    before, after
        Verdicts on the same pairs under the same query, with paths.

    Returns
    -------
    DataFrame
        One row a pair, in the verdicts' order: origin, destination, minutes_before and minutes_after (NaN
        where there is no journey), gained_min (above 0: quicker), kept_before, kept_after, path_changed,
        reason (one of `REASONS`), lines_before and lines_after (the quickest line of each ride, or the
        roads), lines_new (lines or roads that one may take after and not before), changes_before and
        changes_after (of vehicles), and for each part ``<part>_gained_min``, which sum to gained_min.

    Raises
    ------
    ValueError
        The verdicts are not on the same pairs, or have no paths.
    """
    one, other = before.table, after.table
    ends = ["origin", "destination"]
    if not one[ends].equals(other[ends]):
        raise ValueError("the verdicts are on different pairs")
    if not len(before.paths) == len(after.paths) == len(one):
        raise ValueError("the verdicts have no paths")
    table = one[ends].copy()
    table["minutes_before"], table["minutes_after"] = one["minutes"], other["minutes"]
    table["gained_min"] = one["minutes"] - other["minutes"]
    table["kept_before"], table["kept_after"] = one["kept"], other["kept"]
    paths = list(zip(before.paths, after.paths, strict=True))
    table["path_changed"] = [_rides(first) != _rides(second) for first, second in paths]
    table["reason"] = pd.array([reason(*pair) for pair in paths], dtype="str")
    for name, side in (("before", 0), ("after", 1)):
        table[f"lines_{name}"] = [tuple(ride[2] for ride in _rides(pair[side])) for pair in paths]
    table["lines_new"] = [new_lines(*pair) for pair in paths]
    for name, side in (("before", 0), ("after", 1)):
        table[f"changes_{name}"] = [changes_of(pair[side]) for pair in paths]
    for part in PARTS:
        table[f"{part}_gained_min"] = one[f"{part}_min"] - other[f"{part}_min"]
    return table


def reason(before: Path, after: Path) -> str:
    """Return why a journey takes another time: the first of these that holds.

    ===========  ==============================================================================
    ``reached``  there was no journey before
    ``cut``      there is none after
    ``line``     a line may be taken that was not before, or one no longer that was taken first
    ``road``     the same of roads
    ``transfer`` vehicles are changed another number of times, or elsewhere
    ``station``  the first or the last station is another
    a part       the part of the time that differs most (`network.graph.PARTS`)
    blank        nothing differs
    ===========  ==============================================================================
    """
    if before is None or after is None:
        return "" if before is after else "reached" if before is None else "cut"
    new, old = (new_lines(*pair) for pair in ((before, after), (after, before)))
    first, second = _rides(before), _rides(after)
    if new or ([ride[2] for ride in first] != [ride[2] for ride in second] and old):
        kinds = {stage.kind for stage in (*before, *after) if {*stage.lines} & {*new, *old}}
        return "line" if "ride" in kinds else "road"
    gains_s = [_seconds(before, part) - _seconds(after, part) for part in PARTS]
    if [ride[:2] for ride in first] != [ride[:2] for ride in second]:
        inner = [[place for ride in rides for place in ride[:2]][1:-1] for rides in (first, second)]
        return "transfer" if inner[0] != inner[1] else "station"
    if not any(gains_s):
        return ""
    return PARTS[int(np.argmax(np.abs(gains_s)))]


def new_lines(before: Path, after: Path) -> tuple[str, ...]:
    """Return the lines and roads that a journey may use and another may not, in the order of the journey."""
    used = {line for stage in before or () for line in stage.lines}
    found = (line for stage in after or () if stage.kind in _ON_LINES for line in stage.lines)
    return tuple(dict.fromkeys(line for line in found if line not in used))


def changes_of(path: Path) -> int:
    """Return how often a journey changes from one ride to another; 0 without rides."""
    return max(sum(stage.kind == "ride" for stage in path or ()) - 1, 0)


def compare_towns(before_s: Ints, after_s: Ints, limit_min: float | None) -> pd.DataFrame:
    """Return how towns differ in their times to some places.

    Parameters
    ----------
    before_s, after_s
        Seconds, int64 [towns, places], -1 where there is no journey.
    limit_min
        Limit, minutes; None: nothing is within.

    Returns
    -------
    DataFrame
        One row a town: minutes_before, minutes_after and gained_min, means over the places that can be
        reached in both (NaN where there is none); within_before and within_after, the number of places
        within the limit; newly_within and newly_beyond, how many came in and fell out.
    """
    limit_s = -1.0 if limit_min is None else round(60 * limit_min, 6)
    within = [(seconds >= 0) & (seconds <= limit_s) for seconds in (before_s, after_s)]
    both = (before_s >= 0) & (after_s >= 0)
    count = both.sum(axis=1)
    means = [
        np.divide((seconds * both).sum(axis=1) / 60, count, out=np.full(len(count), np.nan), where=count > 0)
        for seconds in (before_s, after_s)
    ]
    return pd.DataFrame(
        {
            "minutes_before": means[0],
            "minutes_after": means[1],
            "gained_min": means[0] - means[1],
            "within_before": within[0].sum(axis=1),
            "within_after": within[1].sum(axis=1),
            "newly_within": (within[1] & ~within[0]).sum(axis=1),
            "newly_beyond": (within[0] & ~within[1]).sum(axis=1),
        }
    )


def _rides(path: Path) -> list[tuple[str, str, str]]:
    """Return start, end and quickest line of each ride, and start, end and road of each drive on a road."""
    return [
        (stage.start, stage.end, line)
        for stage in path or ()
        if stage.kind in _ON_LINES
        for line in (stage.lines[:1] if stage.kind == "ride" else stage.lines)
    ]


def _seconds(path: Sequence[Stage], part: str) -> int:
    """Return the seconds of a part."""
    return sum(stage.parts_s.get(part, 0) for stage in path)
