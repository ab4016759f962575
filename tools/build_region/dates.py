"""When stops, tracks and trains appeared: what the facts leave blank, and the rules that fill it.

A row is there on a day D when ``opened <= D < closed``; blank means always. A date known only as a
range counts at its later end.
"""

from __future__ import annotations

import itertools

BAIYUN = "cr-guangzhou-baiyun"
BAIYUN_OPENED = "2023-12-26"
BAIYUN_CARD = "hub_gzbaiyun"
#: First day of Guangzhou without conventional trains; the last one left the day before.
CONVENTIONAL_LEAVES_GUANGZHOU = "2026-01-26"

FOSHAN = "cr-foshan"
FOSHAN_CARD = "foshan_station_hsr"
#: High-speed and intercity trains at Foshan: not yet on 2026-06-19, in the timetable of 2026-09-11.
FOSHAN_HSR_OPENED = "2026-09-11"

#: Trains that only an estimate knows: their timetable is of September 2026 and earlier years are unknown.
ESTIMATES_OPENED = "2024-01-01"

#: Lines that the facts leave undated: (date, what brackets it). From the project cards and timetables.
UNDATED_LINES = {
    "guangqing-icr-north": ("2025-01-31", "card gq_north_ext: December 2024 or January 2025"),
    "xinbaiguang-icr-south": (
        "2026-09-11",
        "card xintang_airport_gzbei: 2026, in the timetable of 2026-09-11",
    ),
    "guanhui-icr-huizhou-north": ("2025-11-10", "not in the timetable of 2025-07, in that of 2025-11-10"),
    "gz-tram-hp2": ("", "opening date not found: taken as always there"),
}

#: First day of a call where the facts are blank or say otherwise: (line, station) -> (date, why).
CALLS_OPENED = {
    # The link's date in the facts is that of Baiyun station; the old line beside it, equally long, is older.
    ("gz-baiyun-links", "cr-guangzhou"): ("1936-09-01", "track of the old line beside it"),
    ("gz-baiyun-links", "cr-guangzhou-north"): ("1936-09-01", "track of the old line beside it"),
    ("guangzhan-hsr", FOSHAN): (
        FOSHAN_HSR_OPENED,
        "card foshan_station_hsr: between 2026-06-19 and 2026-09-11",
    ),
    ("guangzhou-east-ring-icr", "cr-baiyun-airport-south"): ("2025-09-29", "with its section"),
    ("gz-l3-north", "gz-airport-south-t1"): ("2010-10-30", "with the section Guangzhou East-Airport South"),
    ("gz-l12", "gz-chigang"): ("2026-02-23", "after 2025-06-29, open by 2026-02-23"),
}

#: Stations that closed: station -> (date, why).
STATIONS_CLOSED = {
    "gz-airport-south-t1": ("2026-05-07", "closed with Terminal 1"),
    "cr-baiyun-airport-south": ("2026-05-07", "no train calls since Terminal 1 closed"),
    "cr-sanshui": ("2023-10-11", "trains diverted from the old line"),
}

#: Calls that ended or began while their service went on: (pattern, station) -> (opened, closed).
PATTERN_CALLS = {
    ("gz-l3-through", "gz-airport-south-t1"): ("", "2026-05-07"),
    ("gz-l3-north-local", "gz-airport-south-t1"): ("", "2026-05-07"),
    ("gz-l14-express", "gz-zhuliao"): ("2026-03-01", ""),
    ("gz-l18-express", "gz-nancun-wanbo"): ("2024-11-01", ""),
    ("gz-l21-local", "gz-yuancun"): ("", "2024-10-03"),
    ("gz-l21-express", "gz-yuancun"): ("", "2024-10-03"),
}


def track_dates(calls_opened: list[str]) -> list[str]:
    """Return for each stop of a line section the first day of the track from the stop before.

    A single stop that is younger than both its neighbours was put into a track that was there
    (Shahe on line 6). Several young stops in a row came with their track (the middle of Foshan 3).
    The first entry is blank.
    """
    dates = list(calls_opened)
    for place in range(1, len(dates) - 1):
        before, after = calls_opened[place - 1], calls_opened[place + 1]
        if dates[place] > before and dates[place] > after:
            dates[place] = max(before, after)
    return ["", *(max(a, b) for a, b in itertools.pairwise(dates))]


def latest(*days: str) -> str:
    """Return the latest of some days, blank where none is given."""
    return max(days, default="")
