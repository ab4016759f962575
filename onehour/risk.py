"""The verb `risk`: how surely the promise is kept year by year, by which inputs, with what regret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from rich.text import Text

import scenarios
from network.ends import ends_of
from network.errors import BadInputError, Problem, tried
from onehour import style as look
from onehour.folders import write_all
from onehour.numbers import share_text
from onehour.planning import print_head
from onehour.states import States, told
from onehour.terminal import console_of, empty_table, pair_text, print_basis
from scenarios.uncertain import get_uncertain, uncertain_hash
from sim.evaluate import is_fast
from sim.risk import NEVER, Cards, factors_of, sensitivity, simulate, verdict_of, wilson

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from network.compile import Query
    from onehour.study import Study, Words
    from scenarios.uncertain import Uncertain

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]

FIRST, LAST = 2026, 2035
"""Years that are judged where none are given."""

SAMPLES = 256
_MOST_NAMES = 8
TABLES = ("years", "pairs", "inputs", "regret")

_RIVALS = ("do-nothing-2030", "policies-only-2030", "committed-2030", "plan-2030", "outlook-2035")
_SENSITIVITY_SAMPLES = 64


@dataclass(frozen=True, eq=False, slots=True)
class Futures:
    """What drawn futures gave, as tables.

    Attributes
    ----------
    years
        A row a year: kept_share (of futures in which all pairs are kept), low, high (Wilson, 95 %), passing
        (mean number of pairs), pairs.
    pairs
        A row a year and pair: share of futures in which it passes, low, high, verdict, median_minutes.
    inputs
        A row an uncertain input: its range and source, and its Sobol' indices in the last year.
    regret
        A row a shipped scenario: mean and most pairs that another scenario keeps more in the same future.
    study
        The study.
    attrs
        Provenance.
    searched
        Number of states that were searched for it; the times of others were kept from before.
    """

    years: pd.DataFrame
    pairs: pd.DataFrame
    inputs: pd.DataFrame
    regret: pd.DataFrame
    study: Study
    attrs: dict[str, Any]
    searched: int = 0


def futures(
    study: Study,
    goal: str | None = None,
    *,
    first: int = FIRST,
    last: int = LAST,
    samples: int = SAMPLES,
    seed: int = 0,
    inputs: Path | None = None,
    words: Words | None = None,
    folder: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> Futures:
    """Judge a goal in drawn futures.

    Parameters
    ----------
    study
        The region under a scenario, whose cards may open late.
    goal
        Id of a goal; by default the headline one.
    first, last
        Years.
    samples
        Number of futures, a power of two.
    seed
        Seed.
    inputs
        File of uncertain inputs; by default the region's own.
    words
        clock, mode, period, traveller, statistic in place of the goal's own (``expected`` in place of a
        percentile); the mode must be transit.
    folder
        Where times found so far are kept, and taken from; they are not kept if not given.
    tell
        Gets a few words on long work.

    Raises
    ------
    BadInputError
        An option cannot be used; lists every problem.
    """
    aim = study.goal(goal)
    query = study.query(**study.planning_words(aim, words or {}))
    problems = risk_problems(first, last, samples)
    if aim.limit_min is None:
        problems.append(Problem("--goal", f"{aim.goal_id} sets no limit", "name a goal with a limit"))
    region = study.area.region
    found: tuple[Uncertain, ...] = tried(lambda: get_uncertain(region.about.region_id, inputs), problems)
    pairs = sorted(dict.fromkeys(aim.pairs_in(study.network.region)))
    if not is_fast(region, ends_of(region, _places(pairs)), query):
        what = f"futures are not drawn for mode {query.mode} between these places"
        problems.append(Problem("--mode, --statistic", what, "use transit between places, expected or best"))
    if problems or aim.limit_min is None:
        raise BadInputError(problems)
    limit_s = 60 * aim.limit_min
    cards = _cards(study)
    with States(study, study.scenario, cards.names, pairs, query, folder=folder, tell=tell) as states:
        years = range(first, last + 1)
        risk = simulate(
            states.times, found, cards, states.lines(), years, limit_s,
            samples=samples, seed=seed, progress=told(tell, "futures judged"),
        )  # fmt: skip
        indices = sensitivity(
            states.times, found, cards, states.lines(), last, limit_s,
            samples=_SENSITIVITY_SAMPLES, seed=seed,
        )  # fmt: skip
    attrs = study.provenance(query) | {
        "goal": aim.goal_id,
        "goal_text": aim.text_seed,
        "limit_min": aim.limit_min,
        "samples": samples,
        "seed": seed,
        "inputs_hash": uncertain_hash(found),
        "cards": list(cards.names),
    }
    years_table, pairs_table = _shares(study, risk.years, risk.kept, risk.seconds, pairs, samples)
    rivals = _rivals(study, pairs, query, found, samples, seed, folder, tell)
    searched = states.times.searched + sum(rival.times.searched for _, rival, _ in rivals)
    passing = {name: ((s >= 0) & (s <= limit_s)).sum(axis=1) for name, _, s in rivals}
    return Futures(
        years_table, pairs_table, _inputs(found, indices), _regret(passing), study, attrs, searched
    )


def _rivals(
    study: Study,
    pairs: list[tuple[str, str]],
    query: Query,
    inputs: tuple[Uncertain, ...],
    samples: int,
    seed: int,
    folder: Path | None,
    tell: Callable[[str], None] | None,
) -> list[tuple[str, States, Ints]]:
    """Return the shipped scenarios with the times of the pairs in each future, all their cards built."""
    region = study.area.region
    drawn = np.random.default_rng(seed).random((samples, len(inputs)))
    shipped = set(scenarios.list_scenarios(region.about.region_id))
    found = []
    for name in (one for one in _RIVALS if one in shipped):
        if tell is not None:
            tell(f"Regret: {name}")
        one = scenarios.get_scenario(name, region)
        with States(study, one, (), pairs, query, folder=folder) as states:
            factors = factors_of(inputs, drawn, states.lines())
            found.append((name, states, states.times(np.zeros((samples, 0), np.bool_), factors)))
    return found


def risk_problems(first: int, last: int, samples: int) -> list[Problem]:
    """Return what is wrong with the years and the number of futures."""
    problems = []
    if not 2000 <= first <= last <= 2100:  # noqa: PLR2004
        problems.append(
            Problem("--first, --last", f"{first} to {last}", "two years from 2000 to 2100, ascending")
        )
    if not 8 <= samples <= 65536 or samples & (samples - 1):  # noqa: PLR2004
        problems.append(Problem("--samples", f"{samples}", "a power of two from 8 to 65536"))
    return problems


def _places(pairs: list[tuple[str, str]]) -> list[str]:
    return sorted({name for pair in pairs for name in pair})


def _cards(study: Study) -> Cards:
    """Return the cards of a scenario that are still to open and change journeys by transit."""
    built, cancelled = study.scenario.built, study.scenario.cancelled
    chosen = [
        card
        for card in study.scenario.known_cards
        if built.get(card.project_id) is False  # whole, not its committed parts alone
        and card.project_id not in cancelled
        and card.status_2026 != "open"
        and card.changes_transit
    ]
    return Cards(
        tuple(card.project_id for card in chosen),
        np.array([NEVER if card.opens is None else card.opens for card in chosen], np.float64),
        tuple(card.status_2026 for card in chosen),
    )


def _shares(
    study: Study,
    years: tuple[int, ...],
    kept: Bools,
    seconds: Ints,
    pairs: list[tuple[str, str]],
    samples: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return shares by year, and by year and pair."""
    all_kept, each = kept.all(axis=2).mean(axis=1), kept.mean(axis=1)
    low, high = wilson(all_kept, samples)
    by_year = pd.DataFrame(
        {
            "year": years,
            "kept_share": all_kept,
            "low": low,
            "high": high,
            "passing": kept.sum(axis=2).mean(axis=1),
            "pairs": len(pairs),
        }
    )
    low, high = wilson(each, samples)
    with_journey = np.where(seconds >= 0, seconds / 60, np.inf)
    median = np.median(with_journey, axis=1)
    by_pair = pd.DataFrame(
        {
            "year": np.repeat(years, len(pairs)),
            "origin": [pair[0] for pair in pairs] * len(years),
            "destination": [pair[1] for pair in pairs] * len(years),
            "share": each.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "verdict": [verdict_of(float(share)) for share in each.ravel()],
            "median_minutes": np.where(np.isfinite(median), median, np.nan).ravel(),
        }
    ).astype({"origin": "str", "destination": "str"})
    return by_year, study.named(by_pair)


def _inputs(inputs: tuple[Uncertain, ...], indices: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return the uncertain inputs with their indices."""
    table = pd.DataFrame(
        {
            "input": [one.name for one in inputs],
            "kind": [one.kind for one in inputs],
            "distribution": [one.distribution for one in inputs],
            "low": [one.low for one in inputs],
            "mode": [np.nan if one.mode is None else one.mode for one in inputs],
            "high": [one.high for one in inputs],
            "unit": [one.unit for one in inputs],
        }
    )
    for answer, found in indices.items():
        for name, values in found.items():
            table[f"{answer}_{name}"] = values
    table["source"] = [one.source for one in inputs]
    table["confidence"] = [one.confidence for one in inputs]
    return table


def _regret(passing: dict[str, Ints]) -> pd.DataFrame:
    """Return how many pairs fewer each scenario keeps than the best of them in the same future."""
    if not passing:
        return pd.DataFrame(columns=["scenario", "passing", "regret_mean", "regret_most"])
    table = np.stack(list(passing.values()))
    regret = table.max(axis=0) - table
    return pd.DataFrame(
        {
            "scenario": list(passing),
            "passing": table.mean(axis=1),
            "regret_mean": regret.mean(axis=1),
            "regret_most": regret.max(axis=1),
        }
    )


def plot_risk(found: Futures) -> Axes:
    """Plot the share of futures in which the promise, and each pair, is kept, year by year."""
    with look.styled() as style:
        figure = Figure(figsize=(10, 5.6), layout="constrained")
        axes: Axes = figure.subplots()
        years = found.years["year"].to_numpy()
        names, ends = style.names(found.study, between=" "), []
        for key, pair in found.pairs.groupby(["origin", "destination"], sort=True):
            axes.plot(pair["year"], pair["share"], color=look.INK, alpha=0.35, linewidth=0.9)
            told = " → ".join(names.get(str(one), str(one)) for one in key)
            ends.append((float(pair["share"].iloc[-1]), told))
        _name_ends(axes, float(years[-1]), ends)
        axes.fill_between(years, found.years["low"], found.years["high"], alpha=0.25, linewidth=0)
        axes.plot(years, found.years["kept_share"], linewidth=2.4, marker="o", markersize=4)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xticks(years)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set_ylabel(style.both("未来情景中的比例", "share of futures"))
        attrs = found.attrs
        axes.set_title(
            f"{style.both(attrs['goal_text'], '') or attrs['goal']}\n"
            f"{style.both('风险', 'risk')}: {attrs['scenario']} ({attrs['clock']}, {attrs['mode']}, "
            f"{attrs['period']}, {attrs['traveller']} traveller, {attrs['statistic']}, "
            f"{style.both('限', 'limit')} {attrs['limit_min']:g} min)\n"
            f"{style.both('粗线：全部兑现；细线：各对', 'thick: all pairs kept; thin: each pair')}"
        )
        axes.spines[["top", "right"]].set_visible(False)
        look.add_source(axes, look.source_line(found.study, found.attrs))
    return axes


def _name_ends(axes: Axes, year: float, ends: list[tuple[float, str]]) -> None:
    """Write the names of lines beside their ends; lines that end together share a place."""
    at: dict[float, list[str]] = {}
    for share, name in sorted(ends, reverse=True):
        at.setdefault(round(share, 2), []).append(name)
    shares = list(at)
    lines = [len(names[:_MOST_NAMES]) + (len(names) > _MOST_NAMES) for names in at.values()]
    top = 1.04
    for share, names, count in zip(shares, at.values(), lines, strict=True):
        more = [f"… +{len(names) - _MOST_NAMES}"] if len(names) > _MOST_NAMES else []
        height = 0.026 * count + 0.012
        middle = max(min(share, top - height / 2), height / 2 - 0.03)
        words = "\n".join(names[:_MOST_NAMES] + more)
        axes.annotate(
            words, (year, share), (year + 0.25, middle), fontsize=7, va="center", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": look.FAINT, "linewidth": 0.5, "relpos": (0, 0.5)},
        )  # fmt: skip
        top = middle - height / 2


def risk_data(found: Futures) -> dict[str, Any]:
    """Return futures as plain data."""
    return {name: getattr(found, name).to_dict("records") for name in TABLES} | {"provenance": found.attrs}


def write_risk(found: Futures, folder: Path) -> list[str]:
    """Write tables, data and picture into a folder; return the names of the files."""
    tables = {name: getattr(found, name) for name in TABLES}
    return write_all(folder, "risk", tables, risk_data(found), plot_risk(found))


def print_risk(found: Futures, files: list[str]) -> None:
    """Print shares by year, the pairs of the last year, inputs and regret."""
    console = console_of()
    attrs = found.attrs
    print_head(console, attrs, f"scenario {attrs['scenario']}")
    count = len(attrs["cards"])
    console.print(f"{attrs['samples']} futures, seed {attrs['seed']}; {count} cards that may open late")
    table = empty_table("Kept in what share of futures 兑现概率")
    for name in ("year", "all pairs", "95 %", "pairs on average"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.years.to_dict("records"):
        table.add_row(
            str(row["year"]),
            share_text(row["kept_share"]),
            f"{share_text(row['low'])} to {share_text(row['high'])}",
            f"{row['passing']:.1f} of {row['pairs']}",
        )
    console.print(table)
    _print_pairs(found)
    _print_inputs(found)
    if len(found.regret):
        table = empty_table("Regret of the shipped scenarios, all built, in pairs 后悔值")
        table.add_column("scenario", no_wrap=True)
        for name in ("pairs kept", "regret, mean", "regret, most"):
            table.add_column(name, justify="right", no_wrap=True)
        for row in found.regret.to_dict("records"):
            cells = [f"{row[name]:.1f}" for name in ("passing", "regret_mean")]
            table.add_row(str(row["scenario"]), *cells, str(row["regret_most"]))
        console.print(table)
    if files:
        console.print(f"Written: {', '.join(files)}")
    print_basis(console, attrs, ())


def _print_pairs(found: Futures) -> None:
    """Print the pairs in the last year."""
    last = found.pairs[found.pairs["year"] == found.pairs["year"].max()]
    table = empty_table(f"Each pair in {last['year'].iloc[0]} 各对" if len(last) else "Each pair")
    table.add_column("pair", overflow="fold")
    for name in ("passes in", "95 %", "median min"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    colours = {"robust pass": "green", "fragile": "yellow", "robust fail": "red"}
    for row in last.to_dict("records"):
        table.add_row(
            pair_text(row),
            share_text(row["share"]),
            f"{share_text(row['low'])} to {share_text(row['high'])}",
            f"{row['median_minutes']:.1f}",
            Text(str(row["verdict"]), style=colours[str(row["verdict"])]),
        )
    console_of().print(table)


def _print_inputs(found: Futures) -> None:
    """Print the uncertain inputs, the most decisive first."""
    table = empty_table("Which inputs decide in the last year (share of the variance, in total) 敏感性")
    table.add_column("input", no_wrap=True)
    for name in ("range", "pairs kept", "minutes"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("source", overflow="fold")
    for row in found.inputs.sort_values("minutes_total", ascending=False, kind="stable").to_dict("records"):
        shares = [row["passing_total"], row["minutes_total"]]
        table.add_row(
            str(row["input"]),
            f"{row['low']:g} to {row['high']:g} {row['unit']}",
            *("–" if np.isnan(share) else f"{share:.2f}" for share in shares),
            str(row["source"]),
        )
    console_of().print(table)
