"""The window engine on feeds, against a plain connection scan of each departure."""

from dataclasses import replace

import numpy as np
import pandas as pd

from network.gtfs import read_day
from network.timetable import Timetable
from sim.kernels.window import UNREACHED
from sim.points import Access, Points, Settings
from sim.window import Window
from tests.reference.connections import NEVER, Connections, foot_table


def check_departures(paths, day, window, *, many, arrive_by, walk_m=1000, max_min=120, seed=0):
    """Compare all departures of a window (or times to be there) from some stops to all stops; return how many."""
    found = read_day(paths, day)
    walks = foot_table(found.stops, walk_m)
    names = found.stops["stop_id"].to_numpy()
    links = [
        pd.DataFrame({"from_stop_id": names[row], "to_stop_id": names[others], "seconds": seconds})
        for row, (others, seconds) in enumerate(walks)
    ]
    own = found.transfers[found.transfers["from_stop_id"] == found.transfers["to_stop_id"]]
    timetable = Timetable.from_trips(
        found.stops,
        found.stop_times,
        routes=found.routes.assign(gate_s=0),
        frequencies=found.frequencies,
        transfers=pd.concat([own, *links]),
    )
    settings = Settings(min_transfer_s=60, max_rides=30)
    asked = Window(timetable, window, max_min=max_min, arrive_by=arrive_by, settings=settings)
    plain = Connections(replace(found, transfers=own), walks, backward=arrive_by)
    served = np.unique(timetable.pattern_stops)
    chosen = np.random.default_rng(seed).choice(served, min(many, len(served)), replace=False)
    rows = np.arange(timetable.n_stops, dtype=np.int32)
    every = Points(tuple(names), Access(np.append(rows, np.int32(len(rows))), rows, np.zeros_like(rows)))
    sign = -1 if arrive_by else 1
    for row in chosen.tolist():
        one = every.one(row)
        sides = (every, one) if arrive_by else (one, every)
        times_s = asked.samples(*sides)[:, 0]
        times_s = times_s[:, :, 0].T if arrive_by else times_s[0]
        for number, clock in enumerate(asked.clocks_s.tolist()):
            arrival = plain.earliest(row, sign * clock, 60 * max_min)
            taken_s = arrival - sign * clock + (60 if arrive_by else 0)
            wanted = np.where(arrival < NEVER, taken_s, UNREACHED)
            wanted[wanted > 60 * max_min] = UNREACHED
            assert (wanted == times_s[number]).all()
    return len(chosen) * len(asked.clocks_s)
