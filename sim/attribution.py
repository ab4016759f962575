"""Which project earned what: Shapley values of a value function over subsets, exact or sampled.

A value function takes subsets of the players (project cards, or groups of them) as bool [subsets, players]
and returns a float each. The Shapley value of a player is what it adds when the players join one after the
other, on average over all orders (Shapley 1953): the values sum to the whole gain, twins get the same, and
who changes nothing gets nothing. Up to `MOST_EXACT` players all subsets count. Beyond, orders are drawn in
antithetic pairs, each with its reverse (Mitchell, Cooper, Frank & Holmes 2022), and the interval is Student's
over the pairs; it keeps its level from some hundred orders on, with fewer a rare gain may be missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from scipy.special import comb

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Value = Callable[[Bools], Floats]
    Progress = Callable[[int, int], None]

MOST_EXACT = 16
"""Players up to whose number all subsets are evaluated."""

_BLOCK = 1024
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Attribution:
    """What each player earns.

    Attributes
    ----------
    none, every
        Value without any player, and with all of them.
    shapley
        Shapley values, float [players]; they sum to ``every - none``.
    low, high
        Ends of their confidence intervals, float [players]; the values themselves where exact.
    first_in
        What each adds to none of the others, float [players].
    leave_one_out
        What each adds to all of the others, float [players].
    interaction
        Shapley interaction index of each two players, float [players, players]: above 0 they do more
        together, below 0 they stand in for each other. None where sampled.
    exact
        Whether all subsets count.
    evaluated
        Number of subsets whose value was asked for; of the others monotonicity proves it.
    orders
        Number of orders drawn; 0 where exact.
    is_monotone
        Whether no value contradicts monotonicity where it was relied on; then all subsets were evaluated.
    """

    none: float
    every: float
    shapley: Floats
    low: Floats
    high: Floats
    first_in: Floats
    leave_one_out: Floats
    interaction: Floats | None
    exact: bool
    evaluated: int
    orders: int
    is_monotone: bool


def attribute(
    value: Value,
    players: int,
    *,
    monotone: bool = False,
    orders: int = 400,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
    most_exact: int = MOST_EXACT,
    progress: Progress | None = None,
) -> Attribution:
    """Attribute the gain of all players to each.

    Parameters
    ----------
    value
        From subsets, bool [subsets, players], to float [subsets].
    players
        Number of players, at least 1.
    monotone
        Whether a player more never lowers the value; saves evaluations where all subsets count.
    orders
        Number of orders to draw where there are more than `most_exact` players: even, at least 4.
    level
        Confidence level of the intervals.
    rng
        Where the orders come from; by default one with seed 0.
    most_exact
        Players up to whose number all subsets count.
    progress
        Called with the number of subsets whose value is known, and of all that are needed.

    Raises
    ------
    ValueError
        There is no player, or the number of orders is odd or below 4.
    """
    if players < 1:
        raise ValueError("there is no player")
    if players <= most_exact:
        found = all_values(value, players, monotone=monotone, progress=progress)
        shares = shapley(found.values)
        single = 1 << np.arange(players)
        last = len(found.values) - 1
        return Attribution(
            none=float(found.values[0]),
            every=float(found.values[last]),
            shapley=shares,
            low=shares,
            high=shares,
            first_in=found.values[single] - found.values[0],
            leave_one_out=found.values[last] - found.values[last - single],
            interaction=interactions(found.values),
            exact=True,
            evaluated=found.evaluated,
            orders=0,
            is_monotone=found.is_monotone,
        )
    if orders < 4 or orders % 2:  # noqa: PLR2004
        raise ValueError("give an even number of orders, at least 4")
    ends = np.zeros((2 + 2 * players, players), np.bool_)
    ends[1] = True
    ends[2 : 2 + players] = np.eye(players, dtype=np.bool_)
    ends[2 + players :] = ~ends[2 : 2 + players]
    at_ends = value(ends)
    none, every = float(at_ends[0]), float(at_ends[1])
    gains = sampled_gains(value, players, orders, rng or np.random.default_rng(0), progress=progress)
    shares, half = interval(gains, level)
    return Attribution(
        none=none,
        every=every,
        shapley=shares,
        low=shares - half,
        high=shares + half,
        first_in=at_ends[2 : 2 + players] - none,
        leave_one_out=every - at_ends[2 + players :],
        interaction=None,
        exact=False,
        evaluated=len(ends) + orders * (players - 1),
        orders=orders,
        is_monotone=monotone,
    )


# ------------------------------------------------------------------------------------------------ all subsets


@dataclass(frozen=True, eq=False, slots=True)
class AllValues:
    """The values of all subsets.

    Attributes
    ----------
    values
        Float [2 ** players]; player k is in subset s where bit k of s is 1.
    evaluated
        Number of subsets whose value was asked for.
    is_monotone
        Whether no value contradicts monotonicity where it was relied on.
    """

    values: Floats
    evaluated: int
    is_monotone: bool


def subsets(players: int) -> Bools:
    """Return all subsets, bool [2 ** players, players]; player k is in subset s where bit k of s is 1."""
    return (np.arange(1 << players)[:, None] >> np.arange(players) & 1).astype(np.bool_)


def all_values(
    value: Value, players: int, *, monotone: bool = False, progress: Progress | None = None
) -> AllValues:
    """Return the values of all subsets.

    Parameters
    ----------
    value
        From subsets, bool [subsets, players], to float [subsets].
    players
        Number of players.
    monotone
        Whether a player more never lowers the value. Then a subset between two others of equal value has that
        value too and is not evaluated. Each value that is evaluated is held against those known before: where
        one contradicts monotonicity, nothing is taken as proven and all subsets are evaluated.
    progress
        Called with the number of subsets whose value is known, and of all.
    """
    masks = subsets(players)
    size = masks.sum(axis=1)
    values = np.full(len(masks), np.nan)
    low, high = np.full(len(masks), -np.inf), np.full(len(masks), np.inf)
    # the middle ones first: they say most about those below and above
    order = np.argsort(np.abs(size - players / 2), kind="stable")
    order = np.concatenate([[0, len(masks) - 1], order])
    block = min(_BLOCK, max(16, len(masks) // 16)) if monotone else _BLOCK
    evaluated, proven = 0, monotone
    while True:
        waiting = order[np.isnan(values[order]) & ~(proven & (high[order] - low[order] <= 0))]
        waiting = np.array(list(dict.fromkeys(waiting[: block + 2].tolist()))[:block], np.int64)
        if not waiting.size:
            break
        now = value(masks[waiting])
        values[waiting] = now
        evaluated += len(waiting)
        if proven:
            slip = _ROUNDING * (1 + np.abs(now))
            if (now < low[waiting] - slip).any() or (now > high[waiting] + slip).any():
                proven = False
            low[waiting], high[waiting] = np.maximum(low[waiting], now), np.minimum(high[waiting], now)
            _spread(low, players, up=True)
            _spread(high, players, up=False)
        if progress is not None:
            known = ~np.isnan(values) | (proven & (high - low <= 0))
            progress(int(known.sum()), len(masks))
    values = np.where(np.isnan(values), low, values)
    return AllValues(values, evaluated, proven or not monotone)


def _spread(bound: Floats, players: int, *, up: bool) -> None:
    """Carry lower bounds from subsets to their supersets, or upper bounds the other way, in place."""
    for player in range(players):
        halves = bound.reshape(-1, 2, 1 << player)  # without the player, with it
        if up:
            np.maximum(halves[:, 1], halves[:, 0], out=halves[:, 1])
        else:
            np.minimum(halves[:, 0], halves[:, 1], out=halves[:, 0])


def shapley(values: Floats) -> Floats:
    """Return the Shapley values, float [players], from the values of all subsets as `all_values` has them."""
    players = len(values).bit_length() - 1
    sizes = subsets(players - 1).sum(axis=1)
    weight = 1 / (players * comb(players - 1, sizes))  # of each subset of the others, in the same order
    found = np.empty(players)
    for player in range(players):
        halves = values.reshape(-1, 2, 1 << player)
        found[player] = weight @ (halves[:, 1] - halves[:, 0]).ravel()
    return found


def interactions(values: Floats) -> Floats:
    """Return the Shapley interaction index of each two players, float [players, players]; the diagonal is 0.

    The average over subsets of the others of what the two add together beyond what each adds alone, weighed
    as the Shapley value weighs (Grabisch & Roubens 1999).
    """
    players = len(values).bit_length() - 1
    found = np.zeros((players, players))
    if players < 2:  # noqa: PLR2004
        return found
    sizes = subsets(players - 2).sum(axis=1)
    weight = 1 / ((players - 1) * comb(players - 2, sizes))
    for one in range(players):
        for other in range(one + 1, players):
            parts = values.reshape(-1, 2, 1 << (other - one - 1), 2, 1 << one)
            joint = parts[:, 1, :, 1] - parts[:, 1, :, 0] - parts[:, 0, :, 1] + parts[:, 0, :, 0]
            found[one, other] = found[other, one] = weight @ joint.ravel()
    return found


# ---------------------------------------------------------------------------------------------------- sampled


def sampled_gains(
    value: Value,
    players: int,
    orders: int,
    rng: np.random.Generator,
    *,
    progress: Progress | None = None,
) -> Floats:
    """Return what each player adds in orders drawn at random, float [orders / 2, players].

    Parameters
    ----------
    value
        From subsets, bool [subsets, players], to float [subsets].
    players
        Number of players.
    orders
        Number of orders, even; every second one is the reverse of the one before, and a row is their mean.
    rng
        Where the orders come from.
    progress
        Called with the number of orders done, and of all.
    """
    drawn = np.array([rng.permutation(players) for _ in range(orders // 2)])
    both = np.stack([drawn, drawn[:, ::-1]], axis=1).reshape(-1, players)
    gains = np.empty(both.shape)
    per_block = max(2, _BLOCK // (players + 1))
    for start in range(0, len(both), per_block):
        part = both[start : start + per_block]
        place = np.argsort(part, axis=1)  # of each player in the order
        masks = place[:, None, :] < np.arange(players + 1)[None, :, None]
        steps = value(masks.reshape(-1, players)).reshape(len(part), players + 1)
        gains[start : start + per_block] = np.take_along_axis(np.diff(steps, axis=1), place, axis=1)
        if progress is not None:
            progress(min(start + per_block, len(both)), len(both))
    rows: Floats = gains.reshape(-1, 2, players).mean(axis=1)
    return rows


def interval(gains: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the mean of independent rows and half the width of its confidence interval, float [players].

    Student's interval. Where all rows of a player are equal it would have no width, though rare orders may
    have been missed: there the rule of three stands in. An event that no row has shown has at most a
    probability of ``-log(1 - level) / rows``, and then moves a row by at most the largest sum of gains.
    """
    rows = len(gains)
    mean = gains.mean(axis=0)
    error = gains.std(axis=0, ddof=1) / np.sqrt(rows)
    half = stats.t.ppf((1 + level) / 2, rows - 1) * error
    most = np.abs(gains).sum(axis=1).max(initial=0.0)
    constant = np.ptp(gains, axis=0) <= _ROUNDING * (1 + np.abs(mean))
    return mean, np.where(constant, -np.log(1 - level) / rows * most, half)
