"""The verb `breakeven`: what would make each failing pair pass, and break each passing one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich.text import Text

from network.errors import BadInputError, Problem
from onehour.numbers import minutes_text
from onehour.terminal import console_of, empty_table, pair_text, print_basis
from sim.breakeven import HIGH, LOW, break_even, levers_of
from sim.evaluate import Evaluator

if TYPE_CHECKING:
    from onehour.study import Study, Words
    from sim.factors import Factors

ENDINGS = (".csv", ".parquet")

_KINDS = {"ride": "time in vehicles", "headway": "headway", "part": "time of"}
_MOST_LEVERS = 3


def breakeven(study: Study, goal: str | None = None, words: Words | None = None) -> pd.DataFrame:
    """Return what each lever would have to be multiplied by for each pair of a goal to turn.

    Parameters
    ----------
    study
        The region under a scenario.
    goal
        Id of a goal; by default the headline one.
    words
        clock, mode, period, traveller, statistic in place of the goal's own (``expected`` in place of a
        percentile); the mode must be transit.

    Returns
    -------
    DataFrame
        Sorted by origin, destination and lever: origin, destination, minutes, slack_min, kept, kind (ride,
        headway, part), lever, name_zh and name_en of its line, factor (NaN: none from a quarter to four times
        does it), end_minutes (at the end of the range), names of the places; provenance in ``attrs``.

    Raises
    ------
    BadInputError
        The goal has no limit, or cannot be asked of transit between places.
    """
    aim = study.goal(goal)
    query = study.query(**study.planning_words(aim, words or {}))
    if aim.limit_min is None:
        raise BadInputError(Problem("--goal", f"{aim.goal_id} sets no limit", "name a goal with a limit"))
    pairs = sorted(dict.fromkeys(aim.pairs_in(study.network.region)))
    places = sorted({name for pair in pairs for name in pair})
    evaluator = Evaluator(study.area.region, study.scenario, (), places, query, values=study.values)
    if not evaluator.is_fast:
        what = f"levers are not known for mode {query.mode} between these places"
        raise BadInputError(
            Problem("--mode, --statistic", what, "use transit between places, expected or best")
        )

    def times(factors: Factors, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        return evaluator.pair_times(pairs, np.zeros((count, 0), np.bool_), factors=factors)

    lines = evaluator.lines()
    levers = levers_of(lines)
    found = break_even(times, levers, 60 * aim.limit_min)
    named = study.network.region.table("lines").set_index("line_id")
    table = pd.DataFrame(
        {
            "origin": np.repeat([pair[0] for pair in pairs], len(levers)),
            "destination": np.repeat([pair[1] for pair in pairs], len(levers)),
            "minutes": np.repeat(_minutes(found.seconds), len(levers)),
            "slack_min": np.repeat(aim.limit_min - _minutes(found.seconds), len(levers)),
            "kept": np.repeat(found.kept, len(levers)),
            "kind": [lever.kind for lever in levers] * len(pairs),
            "lever": [lever.name for lever in levers] * len(pairs),
            "factor": found.factor.ravel(),
            "end_minutes": _minutes(found.end_s).ravel(),
        }
    ).astype({"origin": "str", "destination": "str"})
    for name in ("name_zh", "name_en"):
        table[name] = table["lever"].map(named[name]).fillna("")
    table = study.named(table)
    table.attrs |= study.provenance(query) | {
        "goal": aim.goal_id,
        "limit_min": aim.limit_min,
        "factors_searched": [LOW, HIGH],
        "evaluations": found.evaluations,
    }
    return table


def _minutes(seconds: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.where(seconds >= 0, seconds / 60, np.nan)


def breakeven_data(table: pd.DataFrame) -> dict[str, Any]:
    """Return a table of break-evens as plain data."""
    return {"rows": table.to_dict("records"), "provenance": dict(table.attrs)}


def print_breakeven(table: pd.DataFrame) -> None:
    """Print a row a pair: its minutes, and the levers that turn it, the smallest change first."""
    console = console_of()
    found: dict[Any, Any] = dict(table.attrs)
    console.print()
    limit = f"limit {found['limit_min']:g} min"
    console.print(f"{found['goal']} · {found['region']} · scenario {found['scenario']} · {limit}")
    console.print(
        f"Read as: {found['clock']} · {found['mode']} · {found['period']} · {found['traveller']} traveller · "
        f"{found['statistic']}"
    )
    console.print(
        f"One lever at a time, multiplied by {LOW:g} to {HIGH:g}; {found['evaluations']} networks searched."
    )
    console.print()
    shown = empty_table("What would turn each pair 临界")
    shown.add_column("pair", overflow="fold", ratio=2)
    shown.add_column("min", justify="right", no_wrap=True)
    shown.add_column("slack", justify="right", no_wrap=True)
    shown.add_column("turns with", overflow="fold", ratio=5)
    for (_, _), group in table.groupby(["origin", "destination"], sort=True):
        first = group.iloc[0]
        style = "green" if first["kept"] else "red"
        shown.add_row(
            pair_text(first),
            Text(minutes_text(first["minutes"]), style=style),
            Text(minutes_text(first["slack_min"], sign=True), style=style),
            _levers_text(group),
        )
    console.print(shown)
    print_basis(console, found, ())


def _levers_text(group: pd.DataFrame) -> str:
    """Return the levers that turn a pair, the smallest change first, or how near the best of them comes."""
    works = group[group["factor"].notna()]
    verb = "breaks" if group["kept"].iloc[0] else "passes"
    if works.empty:
        if group["end_minutes"].isna().all():
            return "no journey, whatever is multiplied"
        ends = group["end_minutes"].to_numpy(np.float64)
        at = int(np.nanargmax(ends) if verb == "breaks" else np.nanargmin(ends))
        value = HIGH if verb == "breaks" else LOW
        told = f"{_lever_text(group.iloc[at])} × {value:g} gives {minutes_text(float(ends[at]))} min"
        return f"none in the range; the most: {told}"
    order = np.argsort(np.abs(np.log(works["factor"].to_numpy(np.float64))), kind="stable")[:_MOST_LEVERS]
    rows = [works.iloc[int(at)] for at in order]
    each = [f"{_lever_text(row)} × {row['factor']:.3g}" for row in rows]
    more = f" (and {len(works) - len(each)} more)" if len(works) > len(each) else ""
    return f"{verb} with " + "; or ".join(each) + more


def _lever_text(row: pd.Series[Any]) -> str:
    """Return what a lever is called."""
    own = f"{row['name_zh']} {row['name_en']}".strip()
    return f"{_KINDS[str(row['kind'])]} {own or row['lever']}"
