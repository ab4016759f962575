"""Compare the clock in-vehicle with published train times.

    python -m tools.judge_rail FACTS_DIR [--worst 20]

Reads ``rail_runtimes.csv`` of the facts: published minutes between stations by direct train, median and fastest.
The program itself never reads that file; its times come from the timetable in the region's tables and, where there
is none, from the run-time model. Pairs are judged where the region has a direct train: ``expected`` (median of the
day's trains, by trips) against the published median, ``best`` against the published fastest.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network import get_region
from network.compile import Query, RideTables
from network.dates import region_on
from network.region import positions

if TYPE_CHECKING:
    from network.legs import Legs

NAMED = [
    ("cr-guangzhou-south", "cr-zhaoqing-east"),
    ("cr-guangzhou-south", "cr-foshan-west"),
    ("cr-guangzhou-baiyun", "cr-qingyuan"),
    ("cr-panyu", "cr-zhaoqing"),
]


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("facts", type=Path)
    parser.add_argument("--worst", type=int, default=20)
    options = parser.parse_args()
    region = region_on(get_region("guangzhou"), None)
    tables = RideTables(region)
    stations = region.stations["station_id"]
    published = pd.read_csv(options.facts / "rail_runtimes.csv")
    published["start"] = positions(stations, published["from_station_id"])
    published["end"] = positions(stations, published["to_station_id"])
    for statistic, column in (("expected", "run_minutes"), ("best", "fastest_minutes")):
        legs = tables.legs(Query(clock="in-vehicle", statistic=statistic))
        published[statistic] = minutes(legs, published["start"].to_numpy(), published["end"].to_numpy())
        pairs = published.dropna(subset=[statistic]).groupby(["from_station_id", "to_station_id"])
        judged = pairs.agg(
            model=(statistic, "first"), low=(column, "min"), high=(column, "max"), median=(column, "median")
        ).reset_index()
        error = judged["model"] - judged["median"]
        outside = np.maximum(judged["low"] - judged["model"], judged["model"] - judged["high"]).clip(lower=0)
        missing = published.groupby(["from_station_id", "to_station_id"]).ngroups - len(judged)
        print(
            f"\n{statistic} against published {column}: {len(judged)} pairs with a direct train, {missing} without"
        )
        spread = np.percentile(error.abs(), [25, 50, 75, 90, 95, 100])
        print(
            "absolute error, min: "
            + ", ".join(
                f"{name} {value:.1f}"
                for name, value in zip(("p25", "median", "p75", "p90", "p95", "most"), spread, strict=True)
            )
        )
        print(
            f"signed: mean {error.mean():+.1f}, median {error.median():+.1f}; within 3 min {np.mean(error.abs() <= 3):.0%}; "
            f"inside the range that the sources give, or within 3 min of it {np.mean(outside <= 3):.0%}"
        )
        if statistic == "expected":
            print(f"\nThe {options.worst} largest")
            worst = (
                judged.assign(error=error)
                .sort_values("error", key=np.abs, ascending=False)
                .head(options.worst)
            )
            print(worst.round(1).to_string(index=False))
    print("\nNamed pairs")
    rows = published[
        [pair in NAMED for pair in zip(published["from_station_id"], published["to_station_id"], strict=True)]
    ]
    columns = [
        "from_station_id",
        "to_station_id",
        "train_class",
        "run_minutes",
        "fastest_minutes",
        "expected",
        "best",
    ]
    print(rows[columns].sort_values(columns[:3]).to_string(index=False))


def minutes(legs: Legs, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the minutes of each pair's leg; NaN where there is none."""
    known = {
        pair: row
        for row, pair in enumerate(zip(legs.from_station.tolist(), legs.to_station.tolist(), strict=True))
    }
    rows = [known.get(pair, -1) for pair in zip(start.tolist(), end.tolist(), strict=True)]
    return np.array([legs.ride_s[row] / 60 if row >= 0 else np.nan for row in rows])


if __name__ == "__main__":
    main()
