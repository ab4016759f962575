"""Timetables drawn by chance, as the rows of `tests.reference.earliest.Plain` and as a `Timetable`."""

import numpy as np
import pandas as pd

from network.timetable import Timetable
from tests.reference.earliest import Plain


def random_plain(seed, *, n_stops=20, n_lines=10, n_trips=150):
    """Draw lines with trips of uneven speed (some overtake), loops, rights to board, gates, walks and headways."""
    rng = np.random.default_rng(seed)
    names = [f"s{at}" for at in range(n_stops)]
    stops = [(name, *(int(rng.integers(0, most)) for most in (200, 200, 300))) for name in names]
    gates = {f"r{line}": int(rng.choice([0, 0, 60, 300])) for line in range(n_lines)}
    trips, bands = {}, {}
    for line in range(n_lines):
        stops_of = rng.choice(n_stops, int(rng.integers(2, min(9, n_stops + 1))), replace=False).tolist()
        if rng.random() < 0.2:
            stops_of += stops_of[:1]
        rights = [(bool(rng.random() < 0.9), bool(rng.random() < 0.9)) for _ in stops_of]
        for number in range(max(1, n_trips // n_lines)):
            clock, calls = int(rng.integers(6 * 3600, 10 * 3600)), []
            for stop, right in zip(stops_of, rights, strict=True):
                dwell = int(rng.choice([0, 0, 30, 120]))
                calls.append((names[stop], clock, clock + dwell, *right))
                clock += dwell + int(rng.choice([0, 60, 200, 600, 1500]))
            trips[f"t{line}-{number}"] = (f"r{line}", calls)
        if rng.random() < 0.3:
            start = int(rng.integers(5 * 3600, 8 * 3600))
            middle, end = start + int(rng.integers(1, 5000)), start + int(rng.integers(5000, 12000))
            first, second = (int(one) for one in rng.integers(60, 1500, 2))
            bands[f"t{line}-0"] = [(start, middle, first, start), (middle, end, second, middle)]
    walks = {}
    for _ in range(n_stops):
        one, other = rng.choice(n_stops, 2, replace=False).tolist()
        walks[names[one], names[other]] = int(rng.integers(0, 900))
    return Plain(stops, trips, gates, walks, bands)


def timetable_of(plain, *, exact=True):
    """Return the timetable of such rows."""
    stops = pd.DataFrame(plain.stops, columns=["stop_id", "entry_s", "exit_s", "change_s"])
    stops = stops.assign(lon=[113 + at / 10 for at in range(len(stops))], lat=23.0)
    times = pd.DataFrame(
        [
            (trip, at, *call, route)
            for trip, (route, calls) in plain.trips.items()
            for at, call in enumerate(calls)
        ],
        columns=[
            "trip_id",
            "sequence",
            "stop_id",
            "arrival_s",
            "departure_s",
            "can_board",
            "can_alight",
            "route_id",
        ],
    )
    frequencies = pd.DataFrame(
        [(trip, *band[:3], exact) for trip, bands in plain.bands.items() for band in bands],
        columns=["trip_id", "start_s", "end_s", "headway_s", "exact"],
    )
    routes = pd.DataFrame({"route_id": list(plain.gates), "gate_s": list(plain.gates.values())})
    transfers = pd.DataFrame(
        [(*pair, seconds) for pair, seconds in plain.walks.items()],
        columns=["from_stop_id", "to_stop_id", "seconds"],
    )
    return Timetable.from_trips(stops, times, routes=routes, frequencies=frequencies, transfers=transfers)
