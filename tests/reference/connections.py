"""A connection scan in plain Python (Dibbelt, Pajor, Strasser & Wagner 2018), over the tables of feeds.

Written from the meaning of the tables and not from the program. One departure (or one time to be there) a scan,
any number of rides; who alights changes at the stop or walks on, and is there `least_s` before a departure.
"""

from itertools import pairwise

import numpy as np
import pyproj
from scipy.spatial import cKDTree

NEVER = 10**9


def foot_table(stops, metres, *, kmh=3.6, detour=1.3):
    """Return walks between stops as {stop: (stops, s)}, along geodesics of at most so many metres of way."""
    lon, lat = stops["lon"].to_numpy(float), stops["lat"].to_numpy(float)
    scale_m = 111_320
    flat = np.column_stack([lon * np.cos(np.radians(lat.mean())), lat]) * scale_m
    pairs = cKDTree(flat).query_pairs(1.05 * metres / detour + 1, output_type="ndarray")
    one, other = np.concatenate([pairs, pairs[:, ::-1]]).T
    away_m = pyproj.Geod(ellps="WGS84").inv(lon[one], lat[one], lon[other], lat[other])[2]
    near = away_m * detour <= metres
    one, other, seconds = one[near], other[near], np.rint(away_m[near] * detour * 3.6 / kmh).astype(int)
    order = np.argsort(one, kind="stable")
    start = np.searchsorted(one[order], np.arange(len(stops) + 1))
    return [(other[order[a:b]], seconds[order[a:b]]) for a, b in pairwise(start)]


class Connections:
    """The connections of a day's feeds, sorted; backwards they are those of arriving by a time."""

    def __init__(self, day, walks, *, least_s=60, backward=False):
        stops = {name: row for row, name in enumerate(day.stops["stop_id"])}
        bands = {}
        for band in day.frequencies.itertuples():
            assert band.exact, "a phase that nobody knows has no single earliest arrival"
            bands.setdefault(band.trip_id, []).extend(range(band.start_s, band.end_s, band.headway_s))
        rows, trips = [], 0
        calls = day.stop_times.sort_values(["trip_id", "sequence"])
        names = "stop_id", "arrival_s", "departure_s", "can_board", "can_alight"
        for trip, table in calls.groupby("trip_id"):
            stop, arrival, departure, board, alight = (table[name].tolist() for name in names)
            for begin in bands.get(trip, [departure[0]]):
                shift = begin - departure[0]
                rows += [
                    (
                        departure[at] + shift, arrival[at + 1] + shift, stops[stop[at]], stops[stop[at + 1]],
                        trips, board[at], alight[at + 1], at,
                    )
                    for at in range(len(stop) - 1)
                ]  # fmt: skip
                trips += 1
        if backward:
            rows = [(-arr, -dep, b, a, t, off, on, -at) for dep, arr, a, b, t, on, off, at in rows]
        self.first_s = 0 if backward else least_s
        self.rows = sorted(rows, key=lambda row: (row[0], row[4], row[7]))
        self.least_s, self.trips, self.walks = least_s, trips, walks
        self.change_s = np.maximum(np.zeros(len(stops), int), least_s).tolist()
        for row in day.transfers.itertuples():
            one, other = stops[row.from_stop_id], stops[row.to_stop_id]
            assert one == other, "walks come from the table of walks alone"
            self.change_s[one] = max(row.seconds, least_s)
        self.departures = [row[0] for row in self.rows]

    def earliest(self, origin, leave_s, limit_s):
        """Earliest alighting at every stop, of who is at the entrance of the origin at a time; s, or NEVER.

        Backwards the least time before a departure is not in it yet where one alights, that is boards.
        """
        ready = [NEVER] * len(self.change_s)
        arrival = [NEVER] * len(self.change_s)
        ready[origin] = leave_s + self.first_s
        aboard = [False] * self.trips
        first = int(np.searchsorted(self.departures, leave_s))
        for at in range(first, len(self.rows)):
            departure, time, start, end, trip, board, alight, _ = self.rows[at]
            if departure > leave_s + limit_s:
                break
            if not aboard[trip]:
                if not board or ready[start] > departure:
                    continue
                aboard[trip] = True
            if alight and time < arrival[end]:
                arrival[end] = time
                ready[end] = min(ready[end], time + self.change_s[end])
                for other, seconds in zip(*self.walks[end], strict=True):
                    ready[other] = min(ready[other], time + seconds + self.least_s)
        return np.array(arrival)
