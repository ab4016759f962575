"""Fit the run-time model to run times between adjacent stops, and judge it on lines left out of the fit.

Run as ``python tools/fit_runtimes.py FILE.csv``. The file has a row for each run: ``line``,
``design_speed_kmh``, ``from``, ``to``, ``km``, ``run_minutes_median``, ``n_trains``. Printed are the fitted
numbers in the form of ``network/runtimes.toml``, the errors of the model and of simpler ones, and those of
each line. Nothing is drawn at random: two runs print the same.

What is made least is the mean of |predicted - published| / published over all rows, half of it with the count
of lines at both ends known (`further_lines`, counted from the file), half without.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

from network.runtimes import RunTimeModel, RunTimeParameters, default_run_time_parameters

Floats = NDArray[np.float64]
Predict = Callable[[Floats, "Runs"], Floats]

#: Fitted names with units, in the order of the vector, and where the search starts.
FITTED = {
    "power_w_kg": ("W/kg, of each electric multiple unit", 10.0),
    "recovery_share": ("minutes of margin / minute of running", 0.06),
    "approach_min": ("min per run", 0.8),
    "junction_min": ("min per further line at either end", 0.75),
    "junction_km": ("km; a shorter run loses its share of junction_min", 25.0),
    "typical_further_lines": ("further lines at both ends together, where they are not known", 0.6),
}
#: The classes that share the fitted power.
MULTIPLE_UNITS = ("hsr", "emu", "intercity", "suburban")
FOLDS = 5


@dataclass(frozen=True)
class Runs:
    """Runs between adjacent stops, one per row of the file."""

    line: NDArray[np.object_]
    km: Floats
    speed_kmh: Floats
    minutes: Floats
    trains: Floats
    further_lines: Floats

    def take(self, rows: NDArray[np.bool_]) -> Runs:
        """Return some of the rows."""
        return Runs(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class Candidate:
    """A model: how it predicts, what its fit makes least, and where the search starts."""

    name: str
    predict: Predict
    loss: Callable[[Floats, Runs], float]
    start: Floats


def main() -> int:
    """Fit, judge and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="runs between adjacent stops")
    parser.add_argument(
        "--acceleration",
        type=float,
        metavar="A",
        help="assume A m/s² for accelerating and braking, not the package's",
    )
    parser.add_argument("--brief", action="store_true", help="leave out the table by line")
    options = parser.parse_args()
    runs = read_runs(options.file)
    line, trapezoid, plain, known = candidates(base_parameters(options.acceleration))

    fitted = fit(known, runs)
    print_fitted(fitted)
    folds_by_line = [runs.line == name for name in np.unique(runs.line)]
    blocks = line_blocks(runs, FOLDS)

    print(f"\n{runs.km.size} runs, {len(folds_by_line)} lines; error |predicted - published| / published")
    print(f"{'':46}{'mean':>8}{'median':>8}{'by train':>9}{'bias':>8}{'min':>6}")
    held: dict[str, Floats] = {}
    for one in (line, trapezoid, plain, known):
        values = fit(one, runs)
        print_errors(f"{one.name}, fitted over all rows", one.predict(values, runs), runs)
        held[one.name] = held_out(one, runs, folds_by_line, values)
        print_errors(f"{one.name}, line left out", held[one.name], runs)
        print_errors(f"{one.name}, {FOLDS} blocks of lines", held_out(one, runs, blocks, values), runs)
    print("by train: mean weighted by the number of trains; bias: median of predicted / published - 1;")
    print("min: mean absolute error in minutes")

    print_floor(runs)
    if not options.brief:
        print_lines(runs, held)
    return 0


def read_runs(path: Path) -> Runs:
    """Read the file, and count the further lines that meet at the two ends of each run."""
    table = pd.read_csv(path)
    ends = pd.concat(
        [table[["line", end]].set_axis(["line", "station"], axis="columns") for end in ("from", "to")]
    )
    lines_at = ends.groupby("station")["line"].nunique()
    further = table["from"].map(lines_at) + table["to"].map(lines_at) - 2
    return Runs(
        line=table["line"].to_numpy(dtype=object),
        km=table["km"].to_numpy(dtype=float),
        speed_kmh=table["design_speed_kmh"].to_numpy(dtype=float),
        minutes=table["run_minutes_median"].to_numpy(dtype=float),
        trains=table["n_trains"].to_numpy(dtype=float),
        further_lines=further.to_numpy(dtype=float),
    )


def base_parameters(acceleration_m_s2: float | None) -> RunTimeParameters:
    """Return the package's numbers, with another acceleration and braking if one is given."""
    base = default_run_time_parameters()
    if acceleration_m_s2 is None:
        return base
    stock = {
        name: replace(one, acceleration_m_s2=acceleration_m_s2, braking_m_s2=acceleration_m_s2)
        for name, one in base.stock.items()
    }
    return replace(base, stock=stock)


def candidates(base: RunTimeParameters) -> tuple[Candidate, ...]:
    """Return the straight line, the trapezoid, and the model without and with the lines at the ends."""

    def straight(values: Floats, runs: Runs) -> Floats:
        minutes: Floats = values[0] + values[1] * runs.km / runs.speed_kmh
        return minutes

    def trapezoid(values: Floats, runs: Runs) -> Floats:
        speed, way = runs.speed_kmh / 3.6, runs.km * 1000
        acceleration = np.exp(values[0])
        peak = np.minimum(speed, np.sqrt(way * acceleration))
        minutes: Floats = np.exp(values[1]) * (peak / acceleration + way / peak) / 60
        return minutes

    def model(values: Floats) -> RunTimeModel:
        named = dict(zip(FITTED, np.exp(values).tolist(), strict=True))
        power = named.pop("power_w_kg")
        stock = {
            name: replace(one, power_w_kg=power) if name in MULTIPLE_UNITS else one
            for name, one in base.stock.items()
        }
        return RunTimeModel(replace(base, stock=stock, **named))

    def plain(values: Floats, runs: Runs) -> Floats:
        return model(values).hop_min(runs.km, runs.speed_kmh)

    def known(values: Floats, runs: Runs) -> Floats:
        return model(values).hop_min(runs.km, runs.speed_kmh, further_lines=runs.further_lines)

    def own(predict: Predict) -> Callable[[Floats, Runs], float]:
        return lambda values, runs: float(relative(predict(values, runs), runs).mean())

    def both(values: Floats, runs: Runs) -> float:
        return (own(plain)(values, runs) + own(known)(values, runs)) / 2

    start = np.log([start for _, start in FITTED.values()])
    return (
        Candidate("straight line", straight, own(straight), np.array([2.6, 72.0])),
        Candidate("trapezoid", trapezoid, own(trapezoid), np.log([0.3, 1.09])),
        Candidate("model", plain, both, start),
        Candidate("model, ends known", known, both, start),
    )


def relative(predicted: Floats, runs: Runs) -> Floats:
    """Return |predicted - published| / published."""
    return np.abs(predicted - runs.minutes) / runs.minutes


def fit(candidate: Candidate, runs: Runs, start: Floats | None = None) -> Floats:
    """Return the values of least loss: a simplex search, started twice."""
    best = candidate.start if start is None else start
    for _ in range(2):
        best = minimize(
            candidate.loss,
            best,
            args=(runs,),
            method="Nelder-Mead",
            options={"maxiter": 1500, "maxfev": 1500, "xatol": 1e-4, "fatol": 1e-7, "adaptive": True},
        ).x
    return np.asarray(best, dtype=float)


def held_out(candidate: Candidate, runs: Runs, parts: list[NDArray[np.bool_]], start: Floats) -> Floats:
    """Return predictions of each part by a fit to all others."""
    predicted = np.empty_like(runs.minutes)
    for part in parts:
        predicted[part] = candidate.predict(fit(candidate, runs.take(~part), start), runs.take(part))
    return predicted


def line_blocks(runs: Runs, count: int) -> list[NDArray[np.bool_]]:
    """Return whole lines in blocks of near equal size: the longest line first, to the smallest block."""
    names, sizes = np.unique(runs.line, return_counts=True)
    blocks: list[list[str]] = [[] for _ in range(count)]
    filled = [0] * count
    for index in np.argsort(-sizes, kind="stable"):
        block = filled.index(min(filled))
        blocks[block].append(names[index])
        filled[block] += int(sizes[index])
    return [np.isin(runs.line, np.array(block, dtype=object)) for block in blocks]


def print_fitted(values: Floats) -> None:
    """Print the fitted numbers as they stand in ``network/runtimes.toml``."""
    print("# Fitted; power_w_kg belongs into each of", ", ".join(f"stock.{name}" for name in MULTIPLE_UNITS))
    for (name, (unit, _)), value in zip(FITTED.items(), np.exp(values), strict=True):
        if name == "power_w_kg":
            print(f"# {name} = {value:#.3g}")
        else:
            print(f'[{name}]\nvalue = {value:#.3g}\nunit = "{unit}"')


def print_errors(name: str, predicted: Floats, runs: Runs) -> None:
    """Print one row of errors."""
    errors = relative(predicted, runs)
    weighted = np.average(errors, weights=runs.trains)
    bias = np.median(predicted / runs.minutes) - 1
    minutes = np.abs(predicted - runs.minutes).mean()
    print(f"{name:46}{errors.mean():8.2%}{np.median(errors):8.2%}{weighted:9.2%}{bias:+8.1%}{minutes:6.2f}")


def print_floor(runs: Runs) -> None:
    """Print what the best thinkable models would still miss."""
    table = pd.DataFrame({"line": runs.line, "km": runs.km, "speed": runs.speed_kmh, "minutes": runs.minutes})
    print("\nWhat remains at best (mean relative error)")
    print(f"  exact model, run rounded to whole minutes            {(0.25 / runs.minutes).mean():6.2%}")
    print(f"  exact model, departure and arrival rounded each      {(1 / 3 / runs.minutes).mean():6.2%}")
    for keys in (["line", "km"], ["km", "speed"]):
        middle = table.groupby(keys)["minutes"].transform("median").to_numpy(dtype=float)
        print(f"  median of the rows of equal {' and '.join(keys):24} {relative(middle, runs).mean():6.2%}")


def print_lines(runs: Runs, held: dict[str, Floats]) -> None:
    """Print mean relative errors of each line, left out of the fit."""
    print("\nMean relative error by line, left out of the fit")
    heads = "".join(f"{name.split(',')[-1].strip():>20}" for name in held)
    print(f"{'line':28}{'runs':>5}{'km/h':>6}{heads}")
    for name in np.unique(runs.line):
        rows = runs.line == name
        errors = "".join(f"{relative(values, runs)[rows].mean():20.1%}" for values in held.values())
        print(f"{name:28}{rows.sum():5}{runs.speed_kmh[rows][0]:6.0f}{errors}")


if __name__ == "__main__":
    sys.exit(main())
