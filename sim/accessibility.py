"""Accessibility: what can be reached within a time, weighted by it, or shared with all who also reach it.

Arrays in, arrays out. Times are minutes from origins to destinations, float64 [origins, destinations]; NaN is
no journey, and counts as out of reach whatever the measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from network.errors import BadInputError, Problem, UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

DECAYS = ("step", "linear", "logistic", "exponential", "gaussian", "zones")
"""Names of the functions of `Decay`."""

DEFAULT_WIDTH_MIN = 10.0
"""Width of a linear or logistic decay where none is given, minutes: an assumption, not an observation."""

ZONE_WEIGHTS = (1.0, 0.68, 0.22)
"""Weights of three zones of equal width up to the limit (Luo & Qi 2009, their slower set)."""

_WIDE = ("linear", "logistic")


@dataclass(frozen=True, slots=True)
class Decay:
    """How much an opportunity counts by the minutes to it: 1 at 0 minutes, never more further away.

    Attributes
    ----------
    kind
        One of `DECAYS`, t being the time, T `limit_min` and W `width_min`:

        - ``step``: 1 up to T, T included, else 0 (cumulative opportunities; Wachs & Kumagai 1973);
        - ``linear``: 1 up to T - W/2, then evenly down to 0 at T + W/2 (Conveyal R5);
        - ``logistic``: g(0) / g(t), g(t) = 1 + exp(π (t - T) / (W √3)): W is the standard deviation of the
          times that people accept (Bauer & Groneberg 2016, equation 9; Conveyal R5);
        - ``exponential``: 2^(-t / T), T is the half-life (Wilson 1971; Conveyal R5);
        - ``gaussian``: exp(-t² / (2 σ²)), σ = T / √(2 ln 2) (Ingram 1971);
        - ``zones``: three zones up to T/3, 2T/3 and T with `ZONE_WEIGHTS`, 0 beyond (Luo & Qi 2009).

        So T is where a weight is one half (logistic: within a thousandth if W ≤ T/4), but for step and zones,
        where it is the last minute that counts.
    limit_min
        T, minutes, above 0.
    width_min
        W of ``linear`` and ``logistic``, minutes, above 0; `DEFAULT_WIDTH_MIN` where None. The others have
        none.

    Raises
    ------
    BadInputError
        A word or number cannot be used; lists every problem.
    """

    kind: str = "step"
    limit_min: float = 60.0
    width_min: float | None = None

    def __post_init__(self) -> None:
        """Check word and numbers."""
        problems: list[Problem] = []
        if self.kind not in DECAYS:
            problems += UnknownNameError("decay", self.kind, DECAYS, where="--decay").problems
        if not (np.isfinite(self.limit_min) and self.limit_min > 0):
            problems.append(Problem("--minutes", f"{self.limit_min:g} is no limit", "a number above 0"))
        if self.width_min is None:
            if self.kind in _WIDE:
                object.__setattr__(self, "width_min", DEFAULT_WIDTH_MIN)
        elif self.kind in DECAYS and self.kind not in _WIDE:
            what = f"a {self.kind} decay has no width"
            problems.append(Problem("--width", what, f"leave it out, or take --decay {' or '.join(_WIDE)}"))
        elif not (np.isfinite(self.width_min) and self.width_min > 0):
            problems.append(Problem("--width", f"{self.width_min:g} is no width", "a number above 0"))
        if problems:
            raise BadInputError(problems)

    def weights(self, minutes: ArrayLike) -> Floats:
        """Return the weight of each time: from 0 to 1, and 0 where there is no journey.

        Parameters
        ----------
        minutes
            Times, minutes, any shape.

        Returns
        -------
        ndarray of float64
            Of the same shape.
        """
        time = np.asarray(minutes, np.float64)
        return self._weights(np.where(np.isnan(time), np.inf, time))

    def _weights(self, time: Floats) -> Floats:
        limit, width = self.limit_min, self.width_min or 0.0
        match self.kind:
            case "step":
                return (time <= limit).astype(np.float64)
            case "linear":
                return np.clip(0.5 + (limit - time) / width, 0.0, 1.0)
            case "logistic":
                scale = width * np.sqrt(3) / np.pi
                at_zero, at_time = (
                    np.logaddexp(0.0, -limit / scale),
                    np.logaddexp(0.0, (time - limit) / scale),
                )
                return np.asarray(np.exp(at_zero - at_time))
            case "exponential":
                return np.exp2(-time / limit)
            case "gaussian":
                return np.exp2(-((time / limit) ** 2))
            case _:
                return step_weights(time, limit * np.arange(1, 4) / 3, ZONE_WEIGHTS)

    @property
    def words(self) -> str:
        """The function in words, with its numbers."""
        limit, sigma = f"{self.limit_min:g} min", self.limit_min / np.sqrt(2 * np.log(2))
        return {
            "step": f"1 within {limit}, else 0",
            "linear": f"1/2 at {limit}, evenly from 1 to 0 over {self.width_min or 0:g} min",
            "logistic": f"1/2 at {limit}, standard deviation {self.width_min or 0:g} min",
            "exponential": f"half-life {limit}",
            "gaussian": f"1/2 at {limit}, standard deviation {sigma:.3g} min",
            "zones": f"{', '.join(f'{weight:g}' for weight in ZONE_WEIGHTS)} in thirds of {limit}",
        }[self.kind]


def step_weights(minutes: ArrayLike, edges_min: ArrayLike, weights: ArrayLike) -> Floats:
    """Return weights by zones of time: the first zone whose edge a time does not pass; 0 beyond the last.

    Parameters
    ----------
    minutes
        Times, minutes, any shape; NaN gets 0.
    edges_min
        Last minute of each zone, ascending, [zones].
    weights
        Weight of each zone, [zones].
    """
    time = np.asarray(minutes, np.float64)
    values = np.append(np.asarray(weights, np.float64), 0.0)
    return np.asarray(values[np.searchsorted(np.asarray(edges_min, np.float64), time, side="left")])


def reach(weights: Floats, opportunities: ArrayLike) -> Floats:
    """Return the opportunities that each origin reaches, each counted by its weight (Hansen 1959).

    Parameters
    ----------
    weights
        Answer of `Decay.weights`, [origins, destinations].
    opportunities
        What there is at each destination: people, jobs, 0 or more, [destinations].

    Returns
    -------
    ndarray of float64
        [origins].
    """
    return np.asarray(weights @ np.asarray(opportunities, np.float64))


def minutes_to_reach(minutes: Floats, opportunities: ArrayLike, amount: float) -> Floats:
    """Return the minutes until an amount of opportunities is in reach (dual access; Cui & Levinson 2020).

    Parameters
    ----------
    minutes
        Times, minutes, [origins, destinations].
    opportunities
        What there is at each destination, 0 or more, [destinations]. With 1 at each destination, the answer
        is the time to the nearest `amount` destinations.
    amount
        Above 0.

    Returns
    -------
    ndarray of float64
        Minutes, NaN where the amount is never reached, [origins].
    """
    if not amount > 0:
        raise BadInputError(Problem("--nearest", f"{amount:g} is no amount", "a number above 0"))
    count = np.asarray(opportunities, np.float64)
    order = np.argsort(minutes, axis=1, kind="stable")  # NaN comes last: reached there is not reached
    times = np.take_along_axis(minutes, order, axis=1)
    there = count[order].cumsum(axis=1) >= amount * (1 - _ROUNDING)
    first = np.argmax(there, axis=1)
    return np.where(there.any(axis=1), times[np.arange(len(times)), first], np.nan)


_ROUNDING = 1e-12


def catchment(weights: Floats, supply: ArrayLike, demand: ArrayLike) -> Floats:
    """Return supply per head by the two-step floating catchment area.

    First each destination's supply is shared among all who reach it, then each origin adds up the shares of
    what it reaches. With the weights of a ``step`` decay this is 2SFCA (Luo & Wang 2003), with those of
    ``zones`` E2SFCA (Luo & Qi 2009), with any other a continuous form of it.

    Parameters
    ----------
    weights
        Answer of `Decay.weights`, [origins, destinations].
    supply
        What there is at each destination, 0 or more, [destinations].
    demand
        People at each origin, 0 or more, [origins].

    Returns
    -------
    ndarray of float64
        Supply a head, [origins]. Weighted by `demand` it sums to the supply that anyone reaches.
    """
    people = np.asarray(demand, np.float64) @ weights
    share = weights / np.where(people > 0, people, np.inf)
    return np.asarray(share @ np.asarray(supply, np.float64))
