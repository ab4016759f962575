"""Risk: how surely a promise is kept when openings slip and times vary.

Futures are drawn by scrambled Sobol' points (Owen 1998; `scipy.stats.qmc`): one coordinate an uncertain
input, and one a card for its own delay. In each future and year the cards that have opened are switched on in
one super-graph, times are multiplied, and the pairs are judged (`sim.evaluate`). Shares come with Wilson's
interval (1927) of 95 %, which is wide enough for the points of Sobol', whose error is less than that of
independent ones.

Which inputs decide: variance-based indices of first order and in total (Saltelli et al. 2010; `SALib`), of
the number of pairs kept and of the mean minutes in one year. There all cards of an input are late alike, by
the input's own quantile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from sim.factors import Factors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from scenarios.uncertain import Uncertain

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Times = Callable[[Bools, Factors], Ints]
    Progress = Callable[[int, int], None]

ROBUST = 0.95
"""A pair that passes in at least this share of futures passes robustly; with one minus this it fails so."""

NEVER = 9999.0
"""Year in which a card opens that has none."""

_LEVEL_Z = 1.959963984540054
_BLOCK = 512


@dataclass(frozen=True, eq=False, slots=True)
class Cards:
    """The cards that may be late.

    Attributes
    ----------
    names
        Ids, in the order of the masks.
    opens
        Year in which each opens as planned, `NEVER` where none is known, float64 [cards].
    status
        State of each.
    """

    names: tuple[str, ...]
    opens: Floats
    status: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Risk:
    """What the drawn futures gave.

    Attributes
    ----------
    years
        The years.
    seconds
        Times of the pairs, s, int64 [years, futures, pairs]; -1 where there is no journey.
    kept
        Whether each pair is within the limit, [years, futures, pairs].
    """

    years: tuple[int, ...]
    seconds: Ints
    kept: Bools

    @property
    def kept_share(self) -> Floats:
        """Share of the futures in which all pairs are kept, [years]."""
        return np.asarray(self.kept.all(axis=2).mean(axis=1))

    @property
    def pair_share(self) -> Floats:
        """Share of the futures in which each pair is kept, [years, pairs]."""
        return np.asarray(self.kept.mean(axis=1))


def wilson(share: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the ends of Wilson's interval of 95 % of shares found in `count` draws."""
    z = _LEVEL_Z
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def verdict_of(share: float) -> str:
    """Return what the share of futures in which a pair passes is called."""
    if share >= ROBUST:
        return "robust pass"
    return "robust fail" if share <= 1 - ROBUST else "fragile"


def values_of(one: Uncertain, quantiles: Floats) -> Floats:
    """Return the values of an uncertain input at quantiles from 0 to 1."""
    width = one.high - one.low
    if one.distribution == "uniform":
        return one.low + width * quantiles
    middle = one.low if one.mode is None else one.mode
    return np.asarray(stats.triang.ppf(quantiles, (middle - one.low) / width, one.low, width), np.float64)


def factors_of(inputs: Sequence[Uncertain], quantiles: Floats, lines: Mapping[str, str]) -> Factors:
    """Return what times are multiplied by in each future.

    Parameters
    ----------
    inputs
        Uncertain inputs.
    quantiles
        float64 [futures, inputs].
    lines
        Class of each line.
    """
    kinds: dict[str, dict[str, Floats]] = {"ride": {}, "headway": {}, "part": {}}
    for column, one in enumerate(inputs):
        if one.kind == "delay":
            continue
        own = [line for line, kind in lines.items() if kind in one.class_]
        keys = one.parts if one.kind == "part" else own
        values = values_of(one, quantiles[:, column])
        for key in keys:
            kinds[one.kind][key] = kinds[one.kind].get(key, np.ones(len(values))) * values
    return Factors(**kinds)


def openings(inputs: Sequence[Uncertain], cards: Cards, quantiles: Floats) -> Floats:
    """Return the moment at which each card opens in each future, years, float64 [futures, cards].

    Parameters
    ----------
    inputs
        Uncertain inputs; delays of several add up.
    cards
        The cards.
    quantiles
        float64 [futures, inputs, cards]: each card's own, for each input.
    """
    opens = np.broadcast_to(cards.opens, (len(quantiles), len(cards.names))).copy()
    for column, one in enumerate(inputs):
        if one.kind == "delay":
            late = np.array([status in one.status for status in cards.status], np.bool_)
            opens[:, late] += values_of(one, quantiles[:, column][:, late])
    return opens


def simulate(
    times: Times,
    inputs: Sequence[Uncertain],
    cards: Cards,
    lines: Mapping[str, str],
    years: Sequence[int],
    limit_s: float,
    *,
    samples: int,
    seed: int,
    progress: Progress | None = None,
) -> Risk:
    """Draw futures and judge all pairs in each of them and in each year.

    Parameters
    ----------
    times
        Returns the times of all pairs for masks bool [rows, cards] and as many rows of factors, s, int64
        [rows, pairs]; -1 where there is no journey.
    inputs, cards, lines
        What is uncertain, what may be late, and the class of each line.
    years
        Years, at whose ends pairs are judged.
    limit_s
        Limit, s; times up to it pass.
    samples
        Number of futures; a power of two makes the best use of the points.
    seed
        Seed of the points.
    progress
        Called with the number of states judged, and of all.
    """
    drawn = stats.qmc.Sobol(len(inputs) + len(cards.names), rng=np.random.default_rng(seed)).random(samples)
    own = np.broadcast_to(drawn[:, None, len(inputs) :], (samples, len(inputs), len(cards.names)))
    opens, factors = openings(inputs, cards, own), factors_of(inputs, drawn[:, : len(inputs)], lines)
    blocks = []
    for number, year in enumerate(years):
        rows = []
        for start in range(0, samples, _BLOCK):
            some = np.arange(start, min(start + _BLOCK, samples))
            rows.append(times(opens[some] < year + 1, factors.taken(some)))
            if progress is not None:
                progress(number * samples + int(some[-1]) + 1, len(years) * samples)
        blocks.append(np.concatenate(rows))
    seconds = np.stack(blocks)
    return Risk(tuple(years), seconds, (seconds >= 0) & (seconds <= limit_s))


def sensitivity(
    times: Times,
    inputs: Sequence[Uncertain],
    cards: Cards,
    lines: Mapping[str, str],
    year: int,
    limit_s: float,
    *,
    samples: int,
    seed: int,
) -> dict[str, dict[str, Floats]]:
    """Return Sobol' indices of the inputs in one year.

    Parameters
    ----------
    times, inputs, cards, lines, limit_s
        As for `simulate`.
    year
        The year.
    samples
        Number of base points, a power of two; inputs + 2 times as many states are judged.
    seed
        Seed of the points.

    Returns
    -------
    dict
        ``passing`` (number of pairs kept) and ``minutes`` (mean over the pairs that have a journey in all
        states): first order, total, and half the width of their intervals of 95 %, each float64 [inputs]; NaN
        where nothing varies.
    """
    from SALib.analyze import sobol as analysis  # noqa: PLC0415 - loads plotting libraries
    from SALib.sample import sobol as points  # noqa: PLC0415

    problem = {
        "num_vars": len(inputs),
        "names": [one.name for one in inputs],
        "bounds": [[0.0, 1.0]] * len(inputs),
    }
    drawn = points.sample(problem, samples, calc_second_order=False, seed=seed)
    every = np.broadcast_to(drawn[:, :, None], (len(drawn), len(inputs), len(cards.names)))
    seconds = times(openings(inputs, cards, every) < year + 1, factors_of(inputs, drawn, lines))
    always = (seconds >= 0).all(axis=0)
    answers = {"passing": ((seconds >= 0) & (seconds <= limit_s)).sum(axis=1).astype(np.float64)}
    answers["minutes"] = seconds[:, always].mean(axis=1) / 60 if always.any() else np.zeros(len(seconds))
    found = {}
    for name, answer in answers.items():
        if np.ptp(answer) == 0:
            found[name] = {key: np.full(len(inputs), np.nan) for key in _INDICES}
            continue
        indices = analysis.analyze(problem, answer, calc_second_order=False, seed=seed)
        found[name] = {key: np.asarray(indices[own], np.float64) for key, own in _INDICES.items()}
    return found


_INDICES = {"first": "S1", "first_half": "S1_conf", "total": "ST", "total_half": "ST_conf"}
