"""The departure window, checked against a plain connection scan, then timed against its targets.

``python -m benchmarks.window FEED.zip… --date 2019-05-13 --points cells.csv`` answers each minute from 14:00
to 14:59: from one stop to all stops, and between all points of a CSV file (id, lon, lat). Without feeds that
part says that it was skipped. The check of the Guangzhou region follows. Times are of the processor, which a
busy machine changes less than those of the wall.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.scan import NEVER, connections_of, scan
from network.timetable import Timetable
from sim.kernels.window import UNREACHED
from sim.points import Access, Points, Settings
from sim.window import Window, travel_times

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW = ("14:00", "15:00")
SETTINGS = Settings(transfer_max_m=1000, max_rides=30)
PERCENTILES = ("p5", "p25", "p50", "p75", "p95")
READINGS = [(clock, who) for clock in ("door", "station") for who in ("random", "planned")]


@dataclass(frozen=True)
class Figure:
    """One figure and its target; `at_most` tells on which side of it is good."""

    name: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = True

    def __str__(self) -> str:
        """Return the figure as a line of text."""
        text = f"{self.name}: {self.value:.3g} {self.unit}"
        if self.target is None:
            return text
        met = self.value <= self.target if self.at_most else self.value >= self.target
        side = "at most" if self.at_most else "at least"
        return f"{text} (target: {side} {self.target:g} {self.unit}, {'met' if met else 'NOT met'})"


def processor_s(work: Callable[[], object], repeats: int = 3) -> float:
    """Return the least processor time of some work, of all threads, s."""
    taken_s = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        taken_s.append(time.process_time() - begin)
    return min(taken_s)


def stops_of(timetable: Timetable) -> Points:
    """Return all stops as points of their own."""
    rows = np.arange(timetable.n_stops, dtype=np.int32)
    start = np.arange(timetable.n_stops + 1, dtype=np.int32)
    return Points(tuple(timetable.stops["stop_id"]), Access(start, rows, np.zeros_like(rows)))


def grid_timetable(side: int, trips: int) -> Timetable:
    """Return a made city for figures of growth: side² stops 500 m apart, a line along each street both ways.

    Parameters
    ----------
    side
        Stops along a street; there are 4 · side lines.
    trips
        Trips of each line and direction, spread over the hours from 6:00 to 18:00; 2 min from stop to stop.
    """
    place = np.arange(side**2).reshape(side, side)
    stops = pd.DataFrame({"stop_id": [f"s{at}" for at in range(side**2)]})
    stops["lon"], stops["lat"] = (
        113 + np.arange(side**2) % side * 0.005,
        23 + np.arange(side**2) // side * 0.0045,
    )
    lines = [*place, *place[:, ::-1], *place.T, *place.T[:, ::-1]]
    begin_s = np.floor(np.linspace(6 * 3600, 18 * 3600, trips, endpoint=False))
    line, trip, call = (
        part.ravel()
        for part in np.meshgrid(np.arange(len(lines)), np.arange(trips), np.arange(side), indexing="ij")
    )
    at_s = (begin_s[trip] + 37 * line % (43_200 // trips) + 120 * call).astype(np.int64)
    names = np.char.add(np.char.add(line.astype(str), "-"), trip.astype(str))
    times = {
        "trip_id": names,
        "sequence": call,
        "stop_id": stops["stop_id"].to_numpy()[np.array(lines)[line, call]],
        "arrival_s": at_s,
        "departure_s": at_s,
        "route_id": line.astype(str),
    }
    return Timetable.from_trips(stops, pd.DataFrame(times))


def origin_s(
    timetable: Timetable, window: tuple[str | int, str | int] = WINDOW, settings: Settings = SETTINGS
) -> float:
    """Return the processor time from one stop to all at every minute of a window, median of ten stops, s."""
    asked, goals = Window(timetable, window, settings=settings), stops_of(timetable)
    return float(np.median([_origin_s(asked, goals, row) for row in _some_rows(timetable)]))


def growth() -> list[dict[str, Any]]:
    """Return the times from one stop to all in made cities, ms, by stops, trips and length of the window.

    One of the three grows at a time, from 1,600 stops, 9,600 trips and 60 departures.
    """
    larger = {side: grid_timetable(side, 60) for side in (20, 40, 80)}
    busier = {trips: grid_timetable(40, trips) for trips in (15, 30, 120, 240)}
    base, begin_s = larger[40], 14 * 3600
    asked = [("stops", city.n_stops, city, 60) for city in larger.values()]
    asked += [("trips", city.n_trips, city, 60) for city in (*busier.values(), base)]
    asked += [("departures", minutes, base, minutes) for minutes in (15, 30, 60, 120, 240)]
    lines = []
    for by, size, city, minutes in sorted(asked, key=lambda one: one[:2]):
        window = begin_s, begin_s + 60 * minutes
        lines.append({"by": by, "size": size, "ms": 1000 * min(origin_s(city, window) for _ in range(7))})
    return lines


def _origin_s(asked: Window, goals: Points, row: int) -> float:
    return processor_s(lambda: asked.samples(goals.one(row), goals, threads=1), 2)


def _some_rows(timetable: Timetable) -> list[int]:
    """Return ten stops that are served."""
    served = np.unique(timetable.pattern_stops)
    return sorted(np.random.default_rng(0).choice(served, min(10, len(served)), replace=False).tolist())


def against_scan(timetable: Timetable) -> list[Figure]:
    """Check every departure from some stops against the plain scan, and time both."""
    asked, goals = Window(timetable, WINDOW, settings=SETTINGS), stops_of(timetable)
    limit_s, least_s = asked.limit_s, SETTINGS.min_transfer_s
    connections = connections_of(asked.timetable, least_s)
    ready, arrival = np.empty((2, timetable.n_stops), np.int32)
    aboard = np.empty(timetable.n_trips, np.bool_)
    together, afresh = [], []
    for row in _some_rows(timetable):
        found = asked.samples(goals.one(row), goals, threads=1)[0, 0]
        for number, leave_s in enumerate(asked.clocks_s.tolist()):
            scan(connections, row, leave_s, least_s, limit_s, ready, arrival, aboard)
            taken_s = np.where(arrival < NEVER, arrival - leave_s, UNREACHED)
            assert (np.where(taken_s <= limit_s, taken_s, UNREACHED) == found[number]).all()

        def every_scan(row: int = row) -> None:
            for leave_s in asked.clocks_s.tolist():
                scan(connections, row, leave_s, least_s, limit_s, ready, arrival, aboard)

        together.append(_origin_s(asked, goals, row))
        afresh.append(processor_s(every_scan, 2))
    one_ms, other_ms = 1000 * float(np.median(together)), 1000 * float(np.median(afresh))
    return [
        Figure("one stop to all, a window at once", one_ms, "ms"),
        Figure("the same, a connection scan afresh for each departure", other_ms, "ms"),
        Figure("that many times as fast", other_ms / one_ms, "×", 6, at_most=False),
    ]


def between_points(timetable: Timetable, points: list[tuple[float, float]], threads: int) -> list[Figure]:
    """Time percentiles from one point to all, and between all points."""

    def work(origins: list[tuple[float, float]], threads: int) -> None:
        travel_times(
            timetable, origins,
            destinations=points, window=WINDOW, statistics=PERCENTILES, settings=SETTINGS, threads=threads,
        )  # fmt: skip

    work(points[:1], 1)
    few_s = processor_s(lambda: work(points[:1], 1))
    more_s = processor_s(lambda: work(points[:11], 1))
    begin = time.perf_counter()
    all_s = processor_s(lambda: work(points, threads), 1)
    wall_s = time.perf_counter() - begin
    return [
        Figure(f"one more point to {len(points)}, five percentiles", 100 * (more_s - few_s), "ms", 12),
        Figure(f"all {len(points)} × {len(points)}, processor time / {threads}", all_s / threads, "s", 8),
        Figure(f"the same by the wall, on {threads} threads", wall_s, "s"),
    ]


def of_the_check() -> list[Figure]:
    """Time the searches of all Guangzhou centres, with the parts of their medians.

    Once as the check makes them, by door and by station, for both travellers; and once the headline alone,
    with phases drawn for a hundred days.
    """
    import onehour  # noqa: PLC0415 - imports much
    from network.compile import Query  # noqa: PLC0415
    from network.ends import ends_of  # noqa: PLC0415
    from sim.window_router import WindowRouter  # noqa: PLC0415

    def search_s(readings: list[tuple[str, str]], values: dict[str, float]) -> tuple[float, int]:
        study = onehour.load("guangzhou").scenario("plan-2030", values=values)
        network, ends = study.network, ends_of(study.network.region, study.centres())
        rows = np.arange(len(ends))
        assert network.timetable.n_stops

        def work() -> None:
            for clock, traveller in readings:
                query = Query(clock, "transit", "am-peak", traveller, "p50")
                WindowRouter(network, ends, query).times(rows, rows, within_min=60)

        work()
        return processor_s(work, 1) / 2, len(ends)

    check_s, centres = search_s(READINGS, {})
    many_s, _ = search_s(READINGS[:1], {"window_draws": 100})
    name = f"Guangzhou, {centres} centres, 120 departures"
    return [
        Figure(f"{name}, both clocks and travellers, processor time / 2", check_s, "s", 15),
        Figure(f"{name}, the headline over 100 drawn days, processor time / 2", many_s, "s", 15),
    ]


def main() -> None:
    """Check, time and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feeds", nargs="*", type=Path)
    parser.add_argument("--date", default="2019-05-13")
    parser.add_argument("--points", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="also draw window-growth.png")
    asked = parser.parse_args()
    figures = []
    if asked.plots is not None:
        from benchmarks.plots import draw_window_growth  # noqa: PLC0415 - matplotlib is heavy

        lines = growth()
        asked.plots.mkdir(parents=True, exist_ok=True)
        draw_window_growth(lines, asked.plots / "window-growth.png")
        figures += [
            Figure(f"one stop to all, {line['size']:,} {line['by']}", line["ms"], "ms") for line in lines
        ]
    if asked.feeds and all(feed.exists() for feed in asked.feeds):
        timetable = Timetable.from_gtfs(asked.feeds, asked.date)
        print(f"{timetable.n_stops} stops, {timetable.n_trips} trips, 60 departures")
        figures += against_scan(timetable)
        if asked.points is not None:
            cells = pd.read_csv(asked.points)
            where = list(zip(cells["lon"].tolist(), cells["lat"].tolist(), strict=True))
            figures += between_points(timetable, where, asked.threads)
    else:
        print("feeds: skipped, none is named that is there")
    for figure in [*figures, *of_the_check()]:
        print(figure)


if __name__ == "__main__":
    main()
