"""The departure window on two GTFS feeds: checked against single departures first, then timed.

``python -m benchmarks.window FEED.zip… --date 2019-05-13`` answers from one stop to all stops, each minute
from 14:00 to 14:59; without feeds, or where they are not there, it says that it was skipped. Times are CPU
times of one thread.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from network.timetable import Timetable
from sim.points import Access, Points, Settings
from sim.window import Window

WINDOW = ("14:00", "15:00")


def stops_of(timetable: Timetable) -> Points:
    """Return all stops as points of their own."""
    rows = np.arange(timetable.n_stops, dtype=np.int32)
    start = np.arange(timetable.n_stops + 1, dtype=np.int32)
    return Points(tuple(timetable.stops["stop_id"]), Access(start, rows, np.zeros_like(rows)))


def stop_of(timetable: Timetable, row: int) -> Points:
    """Return one stop as a point of its own."""
    access = Access(*(np.array(part, np.int32) for part in ([0, 1], [row], [0])))
    return Points((str(timetable.stops["stop_id"].iloc[row]),), access)


def main() -> None:
    """Check single departures against the window, then time both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feeds", nargs="*", type=Path)
    parser.add_argument("--date", default="2019-05-13")
    asked = parser.parse_args()
    if not asked.feeds or not all(feed.exists() for feed in asked.feeds):
        print("skipped: no feeds")
        return
    timetable = Timetable.from_gtfs(asked.feeds, asked.date)
    goals, settings = stops_of(timetable), Settings()
    whole = Window(timetable, WINDOW, settings=settings)
    single = [Window(timetable, (int(at), int(at) + 1), settings=settings) for at in whole.clocks_s]
    served = np.unique(timetable.pattern_stops)
    rows = np.random.default_rng(0).choice(served, min(10, len(served)), replace=False)
    whole_ms, single_ms = [], []
    for row in rows.tolist():
        origin = stop_of(timetable, row)
        together = whole.samples(origin, goals, threads=1)
        for number in range(0, len(single), 7):
            alone = single[number].samples(origin, goals, threads=1)
            assert (alone[0, 0, 0] == together[0, 0, number]).all()
        begin = time.thread_time()
        whole.samples(origin, goals, threads=1)
        whole_ms.append(1000 * (time.thread_time() - begin))
        begin = time.thread_time()
        for one in single:
            one.samples(origin, goals, threads=1)
        single_ms.append(1000 * (time.thread_time() - begin))
    print(
        f"{timetable.n_stops} stops, {timetable.n_trips} trips, {len(whole.clocks_s)} departures, "
        f"one origin: together {np.median(whole_ms):.1f} ms, one by one {np.median(single_ms):.1f} ms of CPU"
    )


if __name__ == "__main__":
    main()
