"""Tiny regions with times worked out by hand, for tests of what is built on regions.

Stations are 10 km apart and trains run 6 minutes from one to the next; the numbers of the model are the
package's own (``network/parameters.toml``), the periods am-peak (07:00 to 09:00) and midday (10:00 to 16:00).
Minutes in the docstrings are those of a random traveller, who waits half a combined headway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from network.cells import RawTable, empty_table, parse_table
from network.parameters import Parameters, default_parameters
from network.reader import checked_region
from network.region import About, Region
from network.schema import TABLES, columns
from network.writer import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from network.errors import Problem

    Row = Mapping[str, Any]

#: Degrees of latitude that are 10 km.
TEN_KM_DEG = 0.09

_FILLED = {"source": "made up", "confidence": "high"}
_EVERY_10_MIN = " ".join(f"{hour:02d}:{minute:02d}" for hour in range(6, 23) for minute in range(0, 60, 10))


def make_region(
    tables: Mapping[str, Sequence[Row]], *, about: About | None = None, parameters: Parameters | None = None
) -> Region:
    """Return a region of rows written in code, read and checked as the tables of a folder are.

    Parameters
    ----------
    tables
        Per table its rows, each a mapping from column to value. Columns left out take the schema's
        default; ``source`` and ``confidence`` are filled in.
    about
        What ``region.toml`` would say.
    parameters
        Numbers of the model; the package's own where not given.

    Raises
    ------
    BadInputError
        With every problem, each with the file and row where it would stand.

    Examples
    --------
    >>> place = {"place_id": "here", "lon": 113.0, "lat": 23.0}
    >>> make_region({"places": [place]}).places["level"].tolist()
    ['district']
    """
    about = about or About("tiny")
    problems: list[Problem] = []
    frames = {name: empty_table(name, about.period_names) for name in TABLES}
    for name, rows in tables.items():
        if not rows:
            continue
        known = {column.name for column in columns(name, about.period_names)}
        filled = [{**{key: text for key, text in _FILLED.items() if key in known}, **row} for row in rows]
        header = list(dict.fromkeys(key for row in filled for key in row))
        cells = [[cell_text(row.get(key)) for key in header] for row in filled]
        raw = RawTable(name, header, cells, range(2, len(cells) + 2))
        frames[name] = parse_table(raw, about.period_names, problems)
    return checked_region(about, frames, parameters or default_parameters(), problems=problems)


def line_region() -> Region:
    """Return four stations on one intercity line, with a train every 10 minutes each way, all day.

    ``a — b — c — d``: 6 minutes a run, 1 minute a stop. Places ``at-a`` … ``at-d`` stand at the stations'
    doors; each is stood for by its station.

    ===================  ====  ======
    minutes              a→b   a→d
    ===================  ====  ======
    ride (in-vehicle)    6     20
    wait                 5     5
    station              11    25
    entry (2 + 2), gate  5     5
    exit                 3     3
    door                 19    33
    ===================  ====  ======
    """
    stops = "abcd"
    times = ((None, 0), (6, 7), (13, 14), (20, None))
    return make_region(
        {
            **_stations(stops, "rail", "intercity"),
            **_places(stops),
            "lines": [{"line_id": "line", "class": "intercity", "max_speed_kmh": 200}],
            "line_stops": _line_stops("line", stops),
            **_services(
                [
                    ("up", "line", stops, times, {"departures": _EVERY_10_MIN}),
                    ("down", "line", stops[::-1], times, {"departures": _EVERY_10_MIN}),
                ],
                "intercity",
            ),
        },
        about=About("line"),
    )


def diamond_region() -> Region:
    """Return two metro lines from ``s`` to ``t``, through ``n`` and through ``m``, each every 10 minutes.

    ``s — n — t`` runs 6 + 6 minutes, ``s — m — t`` runs 7 + 7; no dwell, both ways.

    s→t: the line through n alone takes 5 + 12 = 17. The other's ride, 14, is shorter than that, so both are
    used: wait 2.5, mean ride 13, station clock 15.5. s→n: 5 + 6 = 11; n→m: 5 + 6, change 4, 5 + 7 = 27 over s
    and 5 + 6, 4, 5 + 7 = 27 over t.
    """
    every = {"headway_am_peak_min": 10, "headway_midday_min": 10}
    north = ((None, 0), (6, 6), (12, None))
    south = ((None, 0), (7, 7), (14, None))
    return make_region(
        {
            **_stations("snmt", "metro", "metro", {"n": (0.05, 1), "m": (-0.05, 1), "t": (0, 2)}),
            **_places("st", {"t": (0, 2)}),
            "lines": [{"line_id": "north", "class": "metro"}, {"line_id": "south", "class": "metro"}],
            "line_stops": [*_line_stops("north", "snt"), *_line_stops("south", "smt")],
            **_services(
                [
                    ("north-up", "north", "snt", north, every),
                    ("north-down", "north", "tns", north, every),
                    ("south-up", "south", "smt", south, every),
                    ("south-down", "south", "tms", south, every),
                ],
                "metro",
            ),
        },
        about=About("diamond"),
    )


def hub_region() -> Region:
    """Return a railway and a metro line that meet in a hub of two buildings, 300 m on foot apart.

    Intercity trains ``r — h`` every 10 minutes, metro trains ``g — m`` every 5, each 6 minutes' run both
    ways. ``h`` is a main hub, ``g`` its metro station; the walk of 300 m takes 4 minutes at 4.5 km/h.

    ==========================================  =====  =====
    minutes                                     r→m    m→r
    ==========================================  =====  =====
    ride                                        12     12
    wait (5 for the train, 2.5 for the metro)   7.5    7.5
    exit of the first building                  7      2
    walk                                        4      4
    security of the second building             1      5
    gate of the second vehicle                  0      1
    station                                     31.5   31.5
    entry (2 + 2, gate 1; metro 2 + 1)          5      3
    exit                                        2      3
    door                                        38.5   37.5
    ==========================================  =====  =====
    """
    rail = _stations("rh", "rail", "intercity")["stations"]
    rail[1]["class"] = "hub"
    metro = _stations("gm", "metro", "metro", {"g": (0.002, 1), "m": (0.002, 2)})["stations"]
    run = ((None, 0), (6, None))
    metro_every = {"headway_am_peak_min": 5, "headway_midday_min": 5}
    trains = {"departures": _EVERY_10_MIN}
    by_rail = _services(
        [("rail-up", "rail", "rh", run, trains), ("rail-down", "rail", "hr", run, trains)], "intercity"
    )
    by_metro = _services(
        [("metro-up", "metro", "gm", run, metro_every), ("metro-down", "metro", "mg", run, metro_every)],
        "metro",
    )
    return make_region(
        {
            "stations": [*rail, *metro],
            **_places("rm", {"m": (0.002, 2)}),
            "transfers": [
                {"from_station_id": "h", "to_station_id": "g", "walk_m": 300},
                {"from_station_id": "g", "to_station_id": "h", "walk_m": 300},
            ],
            "lines": [{"line_id": "rail", "class": "intercity"}, {"line_id": "metro", "class": "metro"}],
            "line_stops": [*_line_stops("rail", "rh"), *_line_stops("metro", "gm")],
            "services": by_rail["services"] + by_metro["services"],
            "service_stops": by_rail["service_stops"] + by_metro["service_stops"],
        },
        about=About("hub"),
    )


def roads_region() -> Region:
    """Return two places joined by a tolled expressway and by an urban road without toll.

    Place ``p`` (a core) and place ``q`` (a district) are 1 km of connector at 30 km/h from junctions ``j``
    and ``k``: 2 minutes each. Between the junctions: 10 km of expressway at 115 km/h and congestion 1.15, 6
    minutes; or 10 km of urban road at 50 km/h and congestion 1.25, 15 minutes.

    p→q by the expressway: drive 2 + 6 + 2 = 10, toll plazas 0.5 + 0.5 = 1: 11 minutes (in-vehicle), and 4 for
    parking at q: 15 (door). q→p: 11 and, parking in a core, 19. Without the expressway: 19 in the car.
    """
    kinds = (
        ("p-j", "p", "j", "connector", 1, 30, False),
        ("j-k-fast", "j", "k", "expressway", 10, 115, True),
        ("j-k-slow", "j", "k", "urban", 10, 50, False),
        ("k-q", "k", "q", "connector", 1, 30, False),
    )
    return make_region(
        {
            "places": [
                {"place_id": "p", "level": "core", "lon": 113.0, "lat": 23.0, "population": 1000},
                {"place_id": "q", "level": "district", "lon": 113.0, "lat": 23.11, "population": 1000},
            ],
            "road_nodes": [
                {"node_id": "j", "lon": 113.0, "lat": 23.01},
                {"node_id": "k", "lon": 113.0, "lat": 23.1},
            ],
            "road_links": [
                {
                    "link_id": link,
                    "road_id": kind,
                    "from_node_id": tail,
                    "to_node_id": head,
                    "class": kind,
                    "length_km": length_km,
                    "speed_kmh": speed_kmh,
                    "tolled": tolled,
                }
                for link, tail, head, kind, length_km, speed_kmh, tolled in kinds
            ],
        },
        about=About("roads"),
    )


def headway_region() -> Region:
    """Return one metro line ``a — b — c`` on which a full and a short pattern share the track to ``b``.

    Each pattern runs every 6 minutes in the peak and every 12 at midday, both ways, 6 minutes a run, no
    dwell.

    ================  =======  ======
    station clock     am-peak  midday
    ================  =======  ======
    a→b (both)        7.5      9
    a→c (full)        15       18
    b→c (full)        9        12
    ================  =======  ======
    """
    every = {"headway_am_peak_min": 6, "headway_midday_min": 12}
    full, short = ((None, 0), (6, 6), (12, None)), ((None, 0), (6, None))
    return make_region(
        {
            **_stations("abc", "metro", "metro"),
            **_places("abc"),
            "lines": [{"line_id": "metro", "class": "metro", "commercial_speed_kmh": 100}],
            "line_stops": _line_stops("metro", "abc"),
            **_services(
                [
                    ("full-up", "metro", "abc", full, every),
                    ("full-down", "metro", "cba", full, every),
                    ("short-up", "metro", "ab", short, every),
                    ("short-down", "metro", "ba", short, every),
                ],
                "metro",
            ),
        },
        about=About("headway"),
    )


def _point(name: str, names: str, moved: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    east_deg, steps = moved.get(name, (0.0, names.index(name)))
    return {"lon": 113.0 + east_deg, "lat": round(23.0 + TEN_KM_DEG * steps, 6)}


def _stations(
    names: str, system: str, kind: str, moved: Mapping[str, tuple[float, float]] | None = None
) -> dict[str, list[dict[str, Any]]]:
    return {
        "stations": [
            {"station_id": name, "name_en": name.upper(), "system": system, "class": kind}
            | _point(name, names, moved or {})
            for name in names
        ]
    }


def _places(
    names: str, moved: Mapping[str, tuple[float, float]] | None = None
) -> dict[str, list[dict[str, Any]]]:
    return {
        "places": [
            {"place_id": f"at-{name}", "name_en": f"At {name.upper()}", "level": "core", "population": 1000}
            | _point(name, names, moved or {})
            for name in names
        ],
        "centre_stations": [
            {"place_id": f"at-{name}", "station_id": name, "why": "at its door"} for name in names
        ],
    }


def _line_stops(line: str, names: str) -> list[dict[str, Any]]:
    return [
        {"line_id": line, "seq": seq, "station_id": name, "distance_km": 10 if seq > 1 else None}
        for seq, name in enumerate(names, 1)
    ]


def _services(
    patterns: Iterable[tuple[str, str, str, Sequence[tuple[int | None, int | None]], Row]], kind: str
) -> dict[str, list[dict[str, Any]]]:
    services, calls = [], []
    for service, line, names, times, when in patterns:
        services.append({"service_id": service, "line_id": line, "name": service, "class": kind, **when})
        calls += [
            {
                "service_id": service,
                "seq": seq,
                "station_id": name,
                "arrive_min": arrive,
                "depart_min": depart,
                "distance_km": 10 if seq > 1 else None,
            }
            for seq, (name, (arrive, depart)) in enumerate(zip(names, times, strict=True), 1)
        ]
    return {"services": services, "service_stops": calls}
