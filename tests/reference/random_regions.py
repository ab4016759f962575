"""Small regions drawn by chance, for tests that compare two ways of finding the same number."""

import numpy as np

from network.region import About, Period
from network.testing import make_region

#: Periods of which one passes midnight.
PERIODS = (
    Period("am-peak", 7 * 3600, 9 * 3600),
    Period("midday", 10 * 3600, 16 * 3600),
    Period("late", 23 * 3600, 25 * 3600),
)
ABOUT = About("drawn", periods=PERIODS)

_CLASSES = {"rail": ("hub", "national", "intercity", "national"), "metro": ("metro",)}
_FAMILIES = {"rail": ("hsr", "intercity", "conventional"), "metro": ("metro",)}


def random_tables(seed, *, n_stations=24, n_lines=8):
    """Return the rows of a region of rail and metro with walking links, centres and places of several kinds."""
    rng = np.random.default_rng(seed)
    systems = ["rail" if rng.random() < 0.5 else "metro" for _ in range(n_stations)]
    stations = [
        {
            "station_id": f"s{at}",
            "system": system,
            "class": str(rng.choice(_CLASSES[system])),
            "lon": round(113 + 0.5 * rng.random(), 5),
            "lat": round(23 + 0.5 * rng.random(), 5),
            "district_id": f"d{at % 4}",
        }
        for at, system in enumerate(systems)
    ]
    tables = {
        "stations": stations,
        "transfers": _transfers(rng, n_stations),
        "lines": [],
        "services": [],
        "service_stops": [],
        "places": [],
        "centre_stations": [],
    }
    for line in range(n_lines):
        system = "rail" if line % 2 else "metro"
        of_system = [at for at in range(n_stations) if systems[at] == system]
        size = min(len(of_system), int(rng.integers(3, 7)))
        if size >= 3:
            _add_line(rng, tables, line, system, rng.permutation(of_system)[:size].tolist())
    for at in range(4):
        near = stations[int(rng.integers(n_stations))]
        tables["places"].append({
            "place_id": f"p{at}",
            "level": "core" if at == 0 else "district",
            "lon": round(near["lon"] + rng.normal(0, 0.03), 5),
            "lat": round(near["lat"] + rng.normal(0, 0.03), 5),
            "district_id": f"d{at}",
            "population": int(rng.integers(1, 1000)),
        })  # fmt: skip
        for station in sorted(set(rng.integers(n_stations, size=2).tolist())):
            tables["centre_stations"].append({"place_id": f"p{at}", "station_id": f"s{station}"})
    return tables


def random_region(seed, **sizes):
    """Return the region of `random_tables`."""
    return make_region(random_tables(seed, **sizes), about=ABOUT)


def _transfers(rng, n_stations):
    links = {}
    for _ in range(n_stations // 4):
        one, other = rng.choice(n_stations, 2, replace=False).tolist()
        for tail, head in ((one, other), (other, one)):
            links[tail, head] = {
                "from_station_id": f"s{tail}",
                "to_station_id": f"s{head}",
                "walk_m": int(rng.integers(50, 600)),
                "security_waived": bool(rng.random() < 0.3),
            }
    return list(links.values())


def _add_line(rng, tables, line, system, stops):
    tables["lines"].append({"line_id": f"l{line}", "class": "metro" if system == "metro" else "hsr"})
    circle = rng.random() < 0.2
    for pattern in range(int(rng.integers(1, 4))):
        kept = [stop for stop in stops if rng.random() < 0.8]
        kept = kept if len(kept) >= 2 else stops
        kept = kept + kept if circle and len(kept) > 2 else kept
        for way in (kept, kept[::-1]):
            name = f"l{line}-{pattern}-{way is kept}"
            family = str(rng.choice(_FAMILIES[system]))
            tables["services"].append(
                {"service_id": name, "line_id": f"l{line}", "class": family, **_when(rng)}
            )
            clock = 0
            for seq, stop in enumerate(way):
                arrive, depart = clock, clock + int(rng.integers(0, 3))
                depart = arrive if seq == 0 else depart
                tables["service_stops"].append({
                    "service_id": name, "seq": seq, "station_id": f"s{stop}", "arrive_min": arrive, "depart_min": depart
                })  # fmt: skip
                clock = depart + int(rng.integers(2, 25))


def _when(rng):
    if rng.random() < 0.5:
        many = int(rng.choice([1, 2, 20, 80]))
        minutes = sorted(rng.integers(5 * 60, 25 * 60, many).tolist())
        return {"departures": " ".join(f"{at // 60:02d}:{at % 60:02d}" for at in minutes)}
    when = {
        f"headway_{period.name.replace('-', '_')}_min": float(rng.integers(4, 40))
        for period in PERIODS
        if rng.random() < 0.8
    }
    when = when or {"headway_midday_min": 7.5}
    if rng.random() < 0.5:
        when |= {"first_departure": "06:10", "last_departure": str(rng.choice(["08:20", "23:40", "24:30"]))}
    return when
