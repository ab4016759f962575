"""Times between ends of trips in plain Python, written from the model's page and not from the program.

Services that serve the same two stations are tried in every subset, fractions are exact, and the search is a
label-setting one over (what one has behind oneself, station). Slow and short.
"""

import heapq
import math
from fractions import Fraction
from functools import cache
from itertools import combinations

import pyproj

DAY_S = 86_400
ENTRY = {"hub": (5, 5), "national": (3, 3), "intercity": (2, 2), "metro": (2, 1)}  # walk in, security, min
EXIT = {"hub": 7, "national": 4, "intercity": 3, "metro": 2}
GATE = {"hsr": 5, "conventional": 5, "intercity": 1, "metro": 0}
CHANGE = {"hub": 12, "national": 8, "intercity": 8, "metro": 4}


def whole(seconds):
    """Half up."""
    return math.floor(Fraction(seconds) + Fraction(1, 2))


class Oracle:
    """Times of a region for one period, traveller and statistic."""

    def __init__(self, region, period="am-peak", traveller="random", statistic="expected"):
        self.region, self.traveller, self.statistic = region, traveller, statistic
        self.period = region.about.period(period)
        self.kind = dict(zip(region.stations["station_id"], region.stations["class"], strict=True))
        self.walks = {
            (row.from_station_id, row.to_station_id): (row.walk_m, row.security_waived)
            for row in region.transfers.itertuples()
        }
        self.by_pair = self._rides()
        self.after = {name: [] for name in self.kind}
        for one, other in self.by_pair:
            self.after[one].append(other)
        self.legs = {}

    # -------------------------------------------------------------------------------------------- services

    def _rides(self):
        """By pair of stations, one entry a service: gate and ride in s, trips in the period and on a day."""
        calls, by_pair = {}, {}
        for call in self.region.service_stops.to_dict("records"):
            calls.setdefault(call["service_id"], []).append(call)
        for service in self.region.services.to_dict("records"):
            stops, quickest = calls[service["service_id"]], {}
            for at, board in enumerate(stops):
                for alight in stops[at + 1 :]:
                    pair = board["station_id"], alight["station_id"]
                    ride = whole(60 * alight["arrive_min"]) - whole(60 * board["depart_min"])
                    if pair[0] != pair[1] and (pair not in quickest or ride < quickest[pair][0]):
                        quickest[pair] = ride, whole(60 * board["depart_min"])
            for pair, (ride, after) in quickest.items():
                trips, a_day = self._trips(service, after), self._trips_a_day(service)
                by_pair.setdefault(pair, []).append((60 * GATE[service["class"]], ride, trips, a_day))
        return by_pair

    def _trips(self, service, after):
        """Departures in the period from a stop that trains leave so long after their first one."""
        if service["departures"]:
            left = [clock(text) + after for text in service["departures"].split()]
            return Fraction(sum(inside(at, self.period) for at in left))
        return self._by_headway(service, self.period)

    def _by_headway(self, service, period):
        headway = service[f"headway_{period.name.replace('-', '_')}_min"]
        if math.isnan(headway):
            return Fraction(0)
        first, last = self._span(service)
        minutes = sum(inside(at, period) for at in range(first, last, 60))
        return Fraction(minutes) / Fraction(headway)

    def _span(self, service):
        about = self.region.about
        first = clock(service["first_departure"]) if service["first_departure"] else about.service_start_s
        last = clock(service["last_departure"]) if service["last_departure"] else about.service_end_s
        return first, last

    def _trips_a_day(self, service):
        if service["departures"]:
            return Fraction(len(service["departures"].split()))
        periods = self.region.about.periods
        slowest = max(
            headway
            for period in periods
            if not math.isnan(headway := service[f"headway_{period.name.replace('-', '_')}_min"])
        )
        first, last = self._span(service)
        rest = sum(not any(inside(at, period) for period in periods) for at in range(first, last, 60))
        return sum(self._by_headway(service, period) for period in periods) + Fraction(rest) / Fraction(
            slowest
        )

    def leg(self, pair, *, gate, first):
        """Gate, wait and ride from one station to another, s; None where nothing runs."""
        key = pair, gate, first
        if key not in self.legs:
            self.legs[key] = self._leg(pair, gate=gate, first=first)
        return self.legs[key]

    def _leg(self, pair, *, gate, first):
        options = [
            (ride + closes * gate, trips) for closes, ride, trips, _ in self.by_pair[pair] if trips > 0
        ]
        if not options:
            return None
        quickest = min(time for time, _ in options)
        if self.statistic == "best":
            return quickest
        best = min(
            (self.period.length_s / Fraction(2) + sum(time * trips for time, trips in chosen))
            / sum(trips for _, trips in chosen)
            for size in range(1, len(options) + 1)
            for chosen in combinations(options, size)
        )
        cap = 60 * (5 if first else 15)
        return min(whole(best), quickest + cap) if self.traveller == "planned" else whole(best)

    def in_vehicle_leg(self, pair):
        """Median of the trips of a day, or the quickest, s."""
        options = sorted((ride, a_day) for _, ride, _, a_day in self.by_pair[pair] if a_day > 0)
        half = sum(trips for _, trips in options) / 2 if self.statistic == "expected" else 0
        so_far = 0
        for ride, trips in options:
            so_far += trips
            if so_far >= half:
                return ride
        return None

    # --------------------------------------------------------------------------------------------- search

    def in_vehicle(self, starts, ends):
        """Minutes in vehicles; a change weighs 20 min in choosing. s, or -1."""
        if set(starts) & set(ends):
            return 0
        queue, done = [(0, 0, "in", name) for name in starts], set()
        heapq.heapify(queue)
        while queue:
            weighed, changes, state, name = heapq.heappop(queue)
            if (state, name) in done:
                continue
            done.add((state, name))
            if state == "off" and name in ends:
                return weighed - 1200 * changes
            if state == "in":
                onward = [
                    (ride, 0, "off", other)
                    for other in self.after[name]
                    if (ride := self.in_vehicle_leg((name, other))) is not None
                ]
            else:
                near = [name, *(head for tail, head in self.walks if tail == name)]
                onward = [(1200, 1, "in", other) for other in near]
            for cost, more, to, other in onward:
                heapq.heappush(queue, (weighed + cost, changes + more, to, other))
        return -1

    def search(self, starts, ends):
        """Return the least seconds from states with their seconds to any of `ends`, -1 if there is none."""
        queue, done = [(seconds, *state) for state, seconds in starts.items()], set()
        heapq.heapify(queue)
        best = math.inf
        while queue:
            seconds, state, name = heapq.heappop(queue)
            if seconds >= best:
                break
            if (state, name) in done:
                continue
            done.add((state, name))
            if state == "off":
                best = min(best, seconds + ends.get(name, math.inf))
                heapq.heappush(queue, (seconds + 60 * CHANGE[self.kind[name]], "later in", name))
                for (tail, head), (walk_m, waived) in self.walks.items():
                    if tail == name:
                        security = 0 if waived else ENTRY[self.kind[head]][1]
                        street = 60 * (EXIT[self.kind[name]] + security) + whole(Fraction(walk_m) * 36 / 45)
                        heapq.heappush(queue, (seconds + street, "later hall", head))
                continue
            for other in self.after[name]:
                cost = self.leg((name, other), gate="hall" in state, first="first" in state)
                if cost is not None:
                    heapq.heappush(queue, (seconds + cost, "off", other))
        return best if best < math.inf else -1

    def station(self, starts, ends):
        """From behind the gate of any of `starts` to alighting at any of `ends`, s."""
        if set(starts) & set(ends):
            return 0
        return self.search({("first in", name): 0 for name in starts}, dict.fromkeys(ends, 0))

    def door(self, start, end):
        """From a point to a point, both ``(lon, lat, station that it is or None)``, s."""
        reach = {}
        for way, point in (("from", start), ("to", end)):
            for name, at in self.points().items():
                seconds = 0 if name == point[2] else access(apart_m(self.region, point, at))
                if seconds is not None:
                    reach[way, name] = seconds
        starts = {
            ("first hall", name): seconds + 60 * sum(ENTRY[self.kind[name]])
            for (way, name), seconds in reach.items()
            if way == "from"
        }
        ends = {
            name: seconds + 60 * EXIT[self.kind[name]]
            for (way, name), seconds in reach.items()
            if way == "to"
        }
        by_train = self.search(starts, ends)
        away_m = apart_m(self.region, start, end)
        on_foot = whole(away_m * 1.3 * 3.6 / 4.5) if away_m <= 2000 else -1
        found = [seconds for seconds in (by_train, on_foot) if seconds >= 0]
        return min(found, default=-1)

    def points(self):
        """Positions of stations that have a service or not."""
        stations = self.region.stations
        return dict(
            zip(stations["station_id"], zip(stations["lon"], stations["lat"], strict=True), strict=True)
        )

    # ------------------------------------------------------------------------------------------- stations

    def complex(self, names):
        """Return the stations that links on foot join to `names`."""
        found = set(names)
        while more := {
            head if tail in found else tail for tail, head in self.walks if (tail in found) != (head in found)
        }:
            found |= more
        return found

    def stations_of(self, name, point):
        """Return the stations that stand for an end of a trip."""
        centres = self.region.table("centre_stations")
        own = set(centres.loc[centres["place_id"] == name, "station_id"])
        if name in self.kind:
            own = {name}
        if not own:
            served = {station for pair in self.by_pair for station in pair}
            away = {
                at: apart_m(self.region, point, where) for at, where in self.points().items() if at in served
            }
            own = {min(away, key=away.__getitem__)}
        return self.complex(own)


def clock(text):
    """Seconds after midnight of hh:mm."""
    hours, minutes = text.split(":")
    return 3600 * int(hours) + 60 * int(minutes)


def inside(at, period):
    """Whether a second after midnight lies in a period, on this day, the one before or the next."""
    return any(period.start_s <= at + shift < period.end_s for shift in (-DAY_S, 0, DAY_S))


def access(away_m):
    """Seconds to or from a station: the quicker of walking and feeder bus; None out of reach."""
    ways = []
    if away_m <= 2000:
        ways.append(away_m * 1.3 * 3.6 / 4.5)
    if away_m <= 12000:
        ways.append(300 + away_m * 1.3 * 3.6 / 16)
    return whole(min(ways)) if ways else None


def apart_m(region, one, other):
    """Straight line in the region's metric projection."""
    return math.dist(_xy(region.about.crs, *one[:2]), _xy(region.about.crs, *other[:2]))


@cache
def _xy(crs, lon, lat):
    return _projection(crs).transform(lon, lat)


@cache
def _projection(crs):
    return pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
