"""How long a train runs from stop to stop where there is no timetable: physics, fitted to timetables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import isfinite
from types import MappingProxyType
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from network.errors import BadInputError, Problem, UnknownNameError

Floats = NDArray[np.float64]
Numbers = NDArray[Any] | Sequence[float]

DEFAULT_STOCK = "hsr"
"""Class of a train of which only the line is known: the fastest of the multiple units."""

KMH_PER_M_S = 3.6
M_PER_KM = 1000.0
S_PER_MIN = 60.0
NEWTON_STEPS = 8
"""Steps to the peak speed of a run too short for full speed; five reach the last bit."""


@dataclass(frozen=True, slots=True)
class Stock:
    """A class of rolling stock.

    Attributes
    ----------
    top_speed_kmh
        Top speed in service, km/h.
    acceleration_m_s2
        Acceleration from standstill, m/s².
    braking_m_s2
        Deceleration in service, m/s².
    power_w_kg
        Power left for accelerating per mass, W/kg (= m²/s³): acceleration falls as speed rises.
    dwell_min
        Usual stop between two runs, minutes.
    """

    top_speed_kmh: float
    acceleration_m_s2: float
    braking_m_s2: float
    power_w_kg: float
    dwell_min: float


@dataclass(frozen=True, slots=True)
class RunTimeParameters:
    """The numbers of the model; the package's own are `default_run_time_parameters`.

    Attributes
    ----------
    recovery_share
        Recovery margin of the timetable, minutes a minute of running at full speed.
    approach_min
        Slow entry to and exit from platforms, and rounding up, minutes a run.
    junction_min
        What a long run loses for every further line that meets at either of its ends, minutes.
    junction_km
        A run shorter than this loses its share of `junction_min`, km.
    typical_further_lines
        Further lines at both ends together where they are not known.
    stock
        The classes of rolling stock by name.
    """

    recovery_share: float
    approach_min: float
    junction_min: float
    junction_km: float
    typical_further_lines: float
    stock: Mapping[str, Stock]


@cache
def default_run_time_parameters() -> RunTimeParameters:
    """Return the numbers in ``network/runtimes.toml``, which has their units and sources."""
    table = tomllib.loads(files("network").joinpath("runtimes.toml").read_text(encoding="utf-8"))
    fields = ("top_speed_kmh", "acceleration_m_s2", "braking_m_s2", "power_w_kg", "dwell_min")
    return RunTimeParameters(
        recovery_share=table["recovery_share"]["value"],
        approach_min=table["approach_min"]["value"],
        junction_min=table["junction_min"]["value"],
        junction_km=table["junction_km"]["value"],
        typical_further_lines=table["typical_further_lines"]["value"],
        stock=MappingProxyType(
            {name: Stock(**{field: row[field] for field in fields}) for name, row in table["stock"].items()}
        ),
    )


class RunTimeModel:
    """Minutes between two stops, from distance and line speed.

    A run accelerates, keeps the lesser of the line's speed and its stock's, and brakes; a short one brakes
    from the highest speed it reaches. On top come a recovery margin, a fixed approach, and a loss at stations
    where several lines meet. The formula, its fit and its errors stand in ``docs/runtimes.md``.

    A longer run never takes less time, and a faster line never more.

    Parameters
    ----------
    parameters
        The numbers of the model; by default those of the package.

    Examples
    --------
    >>> model = RunTimeModel()
    >>> model.hop_min(30.0, 200.0) < model.hop_min(30.0, 160.0)
    True
    >>> model.hop_min([10.0, 20.0], 200.0).shape
    (2,)
    """

    def __init__(self, parameters: RunTimeParameters | None = None) -> None:
        self.parameters = default_run_time_parameters() if parameters is None else parameters

    @overload
    def hop_min(
        self,
        distance_km: float,
        line_speed_kmh: float,
        *,
        stock: str | None = ...,
        further_lines: float | None = ...,
    ) -> float: ...

    @overload
    def hop_min(
        self,
        distance_km: Numbers,
        line_speed_kmh: float | Numbers,
        *,
        stock: str | None = ...,
        further_lines: float | Numbers | None = ...,
    ) -> Floats: ...

    @overload
    def hop_min(
        self,
        distance_km: float,
        line_speed_kmh: Numbers,
        *,
        stock: str | None = ...,
        further_lines: float | Numbers | None = ...,
    ) -> Floats: ...

    def hop_min(
        self,
        distance_km: float | Numbers,
        line_speed_kmh: float | Numbers,
        *,
        stock: str | None = None,
        further_lines: float | Numbers | None = None,
    ) -> float | Floats:
        """Return the minutes from departure at one stop to arrival at the next, without dwell.

        Parameters
        ----------
        distance_km
            Length of track between the stops, km; a number or an array.
        line_speed_kmh
            Speed the line is built for, km/h; a number or an array.
        stock
            Class of rolling stock: ``hsr``, ``emu``, ``intercity``, ``suburban``, ``conventional`` or
            ``metro``. By default a multiple unit as fast as the line, up to 350 km/h.
        further_lines
            Lines that meet at the two stops beside the one travelled on, both stops added: 0 between plain
            stations, 4 to a station of five lines. By default `typical_further_lines`.

        Returns
        -------
        float or array of float
            Minutes; an array of the common shape where any argument is one.

        Raises
        ------
        BadInputError
            A distance or speed is not above 0, a count of lines is below 0, or one is not finite
            (a `ValueError`); lists all that is wrong.
        UnknownNameError
            There is no such class of stock.
        """
        problems: list[Problem] = []
        distance = _numbers("distance_km", distance_km, problems, above_zero=True)
        speed = _numbers("line_speed_kmh", line_speed_kmh, problems, above_zero=True)
        lines = _numbers(
            "further_lines",
            self.parameters.typical_further_lines if further_lines is None else further_lines,
            problems,
            above_zero=False,
        )
        if problems:
            raise BadInputError(problems)
        try:
            distance, speed, lines = np.broadcast_arrays(distance, speed, lines)
        except ValueError:
            shapes = ", ".join(str(part.shape) for part in (distance, speed, lines))
            raise BadInputError(
                Problem("distance_km, line_speed_kmh, further_lines", f"shapes {shapes} do not fit together")
            ) from None
        minutes = self._run_min(distance, speed, self.stock(stock)) + self._ends_min(distance, lines)
        return float(minutes) if minutes.ndim == 0 else minutes

    def trip_min(
        self,
        distances_km: Numbers,
        line_speed_kmh: float | Numbers,
        *,
        stock: str | None = None,
        further_lines: float | Numbers | None = None,
        dwell_min: float | None = None,
    ) -> float:
        """Return the minutes over several runs one after the other, with the stops between them.

        Parameters
        ----------
        distances_km
            Length of each run, km.
        line_speed_kmh, stock, further_lines
            As for `hop_min`.
        dwell_min
            Minutes at each stop on the way; by default those of the stock.

        Returns
        -------
        float
            Minutes from the first departure to the last arrival.

        Raises
        ------
        BadInputError
            As for `hop_min`; or there is no run, or the dwell is below 0 or not finite.
        """
        hops = np.atleast_1d(
            self.hop_min(
                np.asarray(distances_km, dtype=float),
                line_speed_kmh,
                stock=stock,
                further_lines=further_lines,
            )
        )
        dwell = self.stock(stock).dwell_min if dwell_min is None else dwell_min
        if hops.size == 0:
            raise BadInputError(Problem("distances_km", "holds no run"))
        if not isfinite(dwell) or dwell < 0:
            raise BadInputError(Problem("dwell_min", f"{dwell} is not a number of 0 or more"))
        return float(hops.sum() + dwell * (hops.size - 1))

    def stock(self, name: str | None = None) -> Stock:
        """Return the class of rolling stock called `name`, by default that of an unknown train.

        Raises
        ------
        UnknownNameError
            There is no such class.
        """
        key = DEFAULT_STOCK if name is None else name
        try:
            return self.parameters.stock[key]
        except KeyError:
            raise UnknownNameError("stock class", key, self.parameters.stock) from None

    def _run_min(self, distance_km: Floats, line_speed_kmh: Floats, stock: Stock) -> Floats:
        """Return the minutes from standstill to standstill, with the recovery margin.

        Acceleration a(v) keeps to adhesion and power together, 1/a(v) = 1/a₀ + v/p, braking is constant. From
        standstill to v and back to standstill take A·v + B·v²/2 seconds and A·v²/2 + B·v³/3 metres, with
        A = 1/a₀ + 1/b and B = 1/p.
        """
        way_m = distance_km * M_PER_KM
        a = 1.0 / stock.acceleration_m_s2 + 1.0 / stock.braking_m_s2
        b = 1.0 / stock.power_w_kg
        full_m_s = np.minimum(line_speed_kmh, stock.top_speed_kmh) / KMH_PER_M_S
        peak_m_s = np.minimum(full_m_s, np.minimum(np.sqrt(2.0 * way_m / a), np.cbrt(3.0 * way_m / b)))
        for _ in range(NEWTON_STEPS):  # from above towards A·v²/2 + B·v³/3 = way, which is convex
            too_far_m = np.maximum(peak_m_s**2 * (a / 2.0 + b * peak_m_s / 3.0) - way_m, 0.0)
            peak_m_s = peak_m_s - too_far_m / (a * peak_m_s + b * peak_m_s**2)
        ramps_s = a * peak_m_s + b * peak_m_s**2 / 2.0
        ramps_m = peak_m_s**2 * (a / 2.0 + b * peak_m_s / 3.0)
        cruise_s = (way_m - ramps_m) / peak_m_s
        minutes: Floats = (1.0 + self.parameters.recovery_share) * (ramps_s + cruise_s) / S_PER_MIN
        return minutes

    def _ends_min(self, distance_km: Floats, further_lines: Floats) -> Floats:
        """Return the minutes lost at the platforms and at the junctions around them."""
        share = np.minimum(distance_km / self.parameters.junction_km, 1.0)
        minutes: Floats = self.parameters.approach_min + self.parameters.junction_min * further_lines * share
        return minutes


def _numbers(name: str, given: float | Numbers, problems: list[Problem], *, above_zero: bool) -> Floats:
    """Return `given` as an array, noting the first value that cannot be."""
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        problems.append(Problem(name, f"{given!r} is not a number"))
        return np.ones(())
    wrong = ~np.isfinite(values) | ((values <= 0) if above_zero else (values < 0))
    if wrong.any():
        place = tuple(int(index) for index in np.argwhere(wrong)[0])
        where = f"{name}[{', '.join(map(str, place))}]" if place else name
        more = f", nor are {wrong.sum() - 1} more" if wrong.sum() > 1 else ""
        bound = "above 0" if above_zero else "of 0 or more"
        problems.append(Problem(where, f"{values[place]} is not a number {bound}{more}"))
    return values
