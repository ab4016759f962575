"""Tables ``services`` and ``service_stops`` of metro and trams: headway services on the open lines."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd
from dates import PATTERN_CALLS, latest
from facts import Report, lowest, number, say_source

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_DEPARTURE, LAST_DEPARTURE = "06:00", "23:00"
#: Last departures at the two ends, where the operator's table gives them: pattern -> (forward, reverse).
LAST_DEPARTURES = {
    "gz-l3-north-local": ("23:30", "23:15"),
    "gz-l5-full": ("23:00", "22:40"),
    "gz-l5-short": ("23:30", LAST_DEPARTURE),
    "gz-l7-full": ("22:45", "22:45"),
    "gz-l7-short": ("23:10", LAST_DEPARTURE),
    "gz-l14-local": ("22:50", "22:35"),
    "gz-l21-local": ("22:35", "23:05"),
}

#: What an express saves at a stop that it passes: the dwell, and the time lost by braking and accelerating.
DWELL_MIN = 0.5
ACCELERATE_MS2 = 0.8
BRAKE_MS2 = 0.9

#: Patterns that take what another line's trains leave of a headway: (line, through pattern).
REST_OF_HEADWAY = {"gz-l3-north-local": "gz-l3-through"}
#: The loop runs round twice in the table, so that any two of its stops are on one ride.
LOOP = "gz-l11"
#: Stop that line 21 lost in 2024, beyond its present end.
LINE_21_END = ("gz-tianhe-park", "gz-yuancun")


@dataclass(frozen=True)
class Pattern:
    """A stop pattern of a line, in the direction in which the facts list it."""

    pattern_id: str
    line: str
    name: str
    stations: list[str]
    peak_min: float
    offpeak_min: float
    published_min: float
    source: str
    confidence: str


class Tracks:
    """Hops between neighbouring stops, by line: length, first day of calls and track, owners."""

    def __init__(self, line_stops: pd.DataFrame) -> None:
        self.graph = nx.Graph()
        self.opened: dict[str, str] = {}
        self.call_opened = {(row.line_id, row.station_id): row.opened for row in line_stops.itertuples()}
        for _, group in line_stops.groupby(["line_id", "branch"], sort=False):
            for before, stop in zip(group.itertuples(), group.iloc[1:].itertuples(), strict=False):
                self.graph.add_edge(
                    (stop.line_id, before.station_id), (stop.line_id, stop.station_id), km=stop.distance_km,
                    opened=stop.track_opened, owner=stop.project_id, confidence=stop.confidence,
                )  # fmt: skip

    def way(self, lines: tuple[str, ...], first: str, second: str) -> list[dict]:
        """Return the hops from one stop to another along one of `lines`."""
        for line in lines:
            if (line, first) in self.graph and (line, second) in self.graph:
                path = nx.dijkstra_path(self.graph, (line, first), (line, second), weight="km")
                return [self.graph[a][b] for a, b in itertools.pairwise(path)]
        raise ValueError(f"no line of {lines} joins {first} and {second}")


def build_metro_services(
    patterns: pd.DataFrame, lines: pd.DataFrame, line_stops: pd.DataFrame, report: Report
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables ``services`` and ``service_stops`` of metro and trams."""
    metro = lines[(lines["status"] == "open") & lines["line_id"].isin(line_stops["line_id"])].set_index(
        "line_id"
    )
    line_stops = line_stops[line_stops["line_id"].isin(metro.index)]
    tracks = Tracks(_with_line_21_end(line_stops))
    services, calls = [], []
    for pattern in _with_headways(list(_patterns(patterns, metro, line_stops)), metro):
        line = metro.loc[pattern.line]
        for direction in ("forward", "reverse"):
            services.append(_service_row(pattern, direction))
            calls += _call_rows(pattern, direction, line, metro, tracks)
        _report_minutes(pattern, calls, line, report)
    return pd.DataFrame(services), pd.DataFrame(calls)


def saved_min_per_stop(max_speed_kmh: float) -> float:
    """Return the minutes that an express saves at a stop it passes, by the line's top speed."""
    speed_ms = max_speed_kmh / 3.6
    return DWELL_MIN + (speed_ms / (2 * ACCELERATE_MS2) + speed_ms / (2 * BRAKE_MS2)) / 60


def _with_line_21_end(line_stops: pd.DataFrame) -> pd.DataFrame:
    """Return the stops with line 21's old end, as far along the track as line 11 has it."""
    loop = line_stops[line_stops["line_id"] == "gz-l11"].set_index("station_id")
    end = (
        line_stops[line_stops["line_id"] == "gz-l21"]
        .iloc[[-1]]
        .assign(
            station_id=LINE_21_END[1], distance_km=loop.loc[LINE_21_END[0], "distance_km"], confidence="low"
        )
    )
    end["seq"] += 1
    return pd.concat([line_stops, end], ignore_index=True)


def _patterns(table: pd.DataFrame, metro: pd.DataFrame, line_stops: pd.DataFrame) -> Iterator[Pattern]:
    """Yield the listed patterns, and an all-stop one for each line without any."""
    for row in table.itertuples():
        stations = row.stops.split("|")
        stations = _with_lost_stops(row.pattern_id, stations)
        found = re.search(r"(?:headway|peak) (high|medium)", row.confidence)
        yield Pattern(
            row.pattern_id, row.line_id, row.name, stations, number(row.headway_peak_min),
            number(row.headway_offpeak_min), number(row.run_minutes_total), row.source,
            found.group(1) if found else "low",
        )  # fmt: skip
    for line in metro.index[~metro.index.isin(table["line_id"])]:
        stations = list(line_stops.loc[line_stops["line_id"] == line, "station_id"])
        if line == LOOP:
            stations = [*stations[:-1], *stations[:-1]]
        found = re.search(r"end to end ([\d.]+) min", metro.loc[line, "service_note"])
        name = f"{metro.loc[line, 'name_en']}, {'loop' if line == LOOP else 'all stops'}"
        yield Pattern(
            f"{line}-{'loop' if line == LOOP else 'local'}", line, name, stations, float("nan"), float("nan"),
            number(found.group(1)) if found else float("nan"), _on_service(metro.loc[line, "source"]),
            _peak_confidence(metro.loc[line, "source"]),
        )  # fmt: skip


def _with_lost_stops(pattern_id: str, stations: list[str]) -> list[str]:
    """Return the stops with those that the service called at before the list was made."""
    if pattern_id.startswith("gz-l3-") and "gz-airport-north-t2" in stations:
        return [*stations[:-1], "gz-airport-south-t1", stations[-1]]
    if pattern_id.startswith("gz-l21-"):
        return [*stations, LINE_21_END[1]]
    return stations


def _peak_confidence(source: str) -> str:
    """Return how sure the peak headway of a line is, from its source."""
    found = re.search(r"(?:\bpeak|[\ds] / [\d.]+ min)\b[^;]*?: (high|medium|low)", source)
    return found.group(1) if found else "low"


def _on_service(source: str) -> str:
    """Return the clauses of a line's source that speak of its trains, all where none does."""
    clauses = source.split("; ")
    return (
        "; ".join(clause for clause in clauses if re.search(r"peak|headway|end-to-end|\d min", clause))
        or source
    )


def _with_headways(patterns: list[Pattern], metro: pd.DataFrame) -> Iterator[Pattern]:
    """Yield the patterns with headways: their own, else an equal share of the line's."""
    sharing = pd.Series([pattern.line for pattern in patterns]).value_counts()
    done: dict[str, Pattern] = {}
    for pattern in patterns:
        line = metro.loc[pattern.line]
        whole = (number(line["headway_peak_min"]), number(line["headway_offpeak_min"]))
        rest = done.get(REST_OF_HEADWAY.get(pattern.pattern_id, ""))
        if rest:
            shares = [
                1 / (1 / w - 1 / taken)
                for w, taken in zip(whole, (rest.peak_min, rest.offpeak_min), strict=True)
            ]
        else:
            parts = 1 if "-l12-" in pattern.pattern_id else sharing[pattern.line]
            shares = [w * parts for w in whole]
        own = (pattern.peak_min, pattern.offpeak_min)
        peak, offpeak = (s if isnan(o) else o for o, s in zip(own, shares, strict=True))
        shared = isnan(own[0]) and (rest is not None or sharing[pattern.line] > 1)
        note = "; headway: the line's, shared equally by its patterns" if shared else ""
        if pattern.pattern_id == "gf-line-full":
            note = "; the busy middle part has twice the trains, by a short turn whose ends are not known"
        done[pattern.pattern_id] = Pattern(
            pattern.pattern_id, pattern.line, pattern.name, pattern.stations,
            round(peak, 2), round(offpeak, 2),
            pattern.published_min, pattern.source + note, "low" if shared else pattern.confidence,
        )  # fmt: skip
        yield done[pattern.pattern_id]


def _service_row(pattern: Pattern, direction: str) -> dict[str, object]:
    forward = direction == "forward"
    lasts = LAST_DEPARTURES.get(pattern.pattern_id, (LAST_DEPARTURE, LAST_DEPARTURE))
    return {
        "service_id": f"{pattern.pattern_id}-{direction}",
        "line_id": pattern.line,
        "name": f"{pattern.name}, {direction}",
        "class": "metro",
        "first_departure": FIRST_DEPARTURE,
        "last_departure": lasts[0 if forward else 1],
        "headway_am_peak_min": pattern.peak_min,
        "headway_midday_min": pattern.offpeak_min,
        "headway_pm_peak_min": pattern.peak_min,
        "headway_evening_min": pattern.offpeak_min,
        "project_id": "guangfo_18_links" if pattern.line in {"gf-line", "fs-l2"} else "",
        "source": say_source(pattern.source),
        "confidence": pattern.confidence,
    }


def _call_rows(
    pattern: Pattern, direction: str, line: pd.Series, metro: pd.DataFrame, tracks: Tracks
) -> list[dict[str, object]]:
    stations = pattern.stations if direction == "forward" else pattern.stations[::-1]
    lines = (pattern.line, *(other for other in metro.index if other == f"{pattern.line}-north"))
    express = "express" in pattern.pattern_id
    saved_min = saved_min_per_stop(number(line["max_speed_kmh"]))
    rows, clock_min, ways = [], 0.0, [[]]
    for first, second in itertools.pairwise(stations):
        ways.append(tracks.way(lines, first, second))
    for seq, (station, way) in enumerate(zip(stations, ways, strict=True), 1):
        km = sum(hop["km"] for hop in way)
        clock_min += km / number(line["commercial_speed_kmh"]) * 60 - saved_min * max(0, len(way) - 1)
        opened, closed = PATTERN_CALLS.get((pattern.pattern_id, station), ("", ""))
        rows.append({
            "service_id": f"{pattern.pattern_id}-{direction}",
            "seq": seq,
            "station_id": station,
            "arrive_min": clock_min if express and seq > 1 else float("nan"),
            "depart_min": clock_min if express and seq < len(stations) else float("nan"),
            "distance_km": km if way else float("nan"),
            "opened": opened or _young_call(station, lines, ways[seq - 1 : seq + 1], tracks),
            "closed": closed,
            "track_opened": latest(*(hop["opened"] for hop in way)),
            "track_project_id": ";".join(dict.fromkeys(hop["owner"] for hop in way if hop["owner"])),
            "confidence": lowest(*(hop["confidence"] for hop in way), "medium"),
        })  # fmt: skip
    return rows


def _young_call(station: str, lines: tuple[str, ...], ways: list[list[dict]], tracks: Tracks) -> str:
    """Return the first day of a call that is younger than the track on both sides, else blank."""
    opened = min(tracks.call_opened[line, station] for line in lines if (line, station) in tracks.call_opened)
    around = [latest(*(hop["opened"] for hop in way)) for way in ways if way]
    return opened if around and opened > max(around) else ""


def _report_minutes(
    pattern: Pattern, calls: list[dict[str, object]], line: pd.Series, report: Report
) -> None:
    """Note the end-to-end minutes beside the published ones."""
    rows = [row for row in calls if row["service_id"] == f"{pattern.pattern_id}-forward"]
    if "gz-yuancun" in pattern.stations and pattern.line == "gz-l21":
        rows = rows[:-1]
    if pattern.line == LOOP:
        rows = rows[: len(rows) // 2 + 1]
    km = sum(row["distance_km"] for row in rows[1:])
    minutes = rows[-1]["arrive_min"]
    how = f"saving {saved_min_per_stop(number(line['max_speed_kmh'])):.2f} min a stop"
    if isnan(minutes):
        minutes, how = km / number(line["commercial_speed_kmh"]) * 60, "commercial speed"
    published = "none" if isnan(pattern.published_min) else f"{pattern.published_min:g}"
    note = f"{pattern.pattern_id}: {minutes:.1f} min ({how}, {km:.1f} km), published {published}"
    headways = f"every {pattern.peak_min:g} / {pattern.offpeak_min:g} min"
    report.add("metro patterns: minutes end to end", f"{note}; {headways}, {pattern.confidence}")
