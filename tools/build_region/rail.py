"""Tables ``services`` and ``service_stops`` of the railway: timetabled stop patterns on the open lines."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from math import isnan
from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd
from dates import (
    BAIYUN,
    BAIYUN_CARD,
    BAIYUN_OPENED,
    CONVENTIONAL_LEAVES_GUANGZHOU,
    ESTIMATES_OPENED,
    FOSHAN,
    FOSHAN_CARD,
    FOSHAN_HSR_OPENED,
    latest,
)
from facts import Places, Report, number, say_source

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Junctions that trains of the timetable use and no line of the facts holds:
#: (station, station, first day). Only used to find the way of a train.
JUNCTIONS = (
    # Trains between Guangzhou East and Dongguan South; day: that of the Ganzhou-Shenzhen HSR.
    ("cr-zhangmutou", "cr-dongguan-south", "2021-12-10"),
)
JUNCTION_DETOUR = 1.15

#: A way longer than this many times the straight line (and some km) is none that a train takes.
LONGEST_WAY = (2.0, 3.0)
FASTEST_KMH = 330
SLOWEST_KMH = 15

#: How much longer a track of another kind may be and still be chosen; the service's own line goes first.
OTHER_KIND = 1.1
OWN_LINE = 0.98
FAST_CONVENTIONAL_KMH = 200

#: Run time between Guangzhou and Guangzhou Baiyun, by which the estimates were moved.
BAIYUN_MINUTES = 11
GUANGZHOU, GUANGZHOU_SOUTH = "cr-guangzhou", "cr-guangzhou-south"
#: Stations east of Guangzhou: trains between them and Baiyun pass Guangzhou.
EAST = {
    "cr-guangzhou-east",
    "cr-guangzhou-xintang",
    "cr-dongguan",
    "cr-dongguan-east",
    "cr-shenzhen-east",
    "cr-zengcheng",
}


@dataclass(frozen=True)
class Call:
    """One call of a service, and the track from the call before."""

    station: str
    arrive_min: float
    depart_min: float
    distance_km: float = float("nan")
    opened: str = ""
    track_opened: str = ""
    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """A stop pattern with its calls."""

    service_id: str
    family: str
    row: dict[str, str]
    calls: tuple[Call, ...]
    opened: str = ""
    closed: str = ""
    project: str = ""
    replaced_by: str = ""

    @property
    def stations(self) -> list[str]:
        """Stations in their order."""
        return [call.station for call in self.calls]

    @property
    def estimate(self) -> bool:
        """Whether no timetable has the service."""
        return self.row["source"].startswith("estimate")


def build_rail_services(
    services: pd.DataFrame,
    stops: pd.DataFrame,
    lines: pd.DataFrame,
    line_stops: pd.DataFrame,
    places: Places,
    names: dict[str, str],
    report: Report,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables ``services`` and ``service_stops`` of all trains."""
    ways = Ways(lines, line_stops, places, report)
    calls = {str(service): group for service, group in stops.groupby("service_id", sort=False)}
    out: list[Service] = []
    for row in services.to_dict("records"):
        service = _with_ways(_read_service(row, calls[row["service_id"]]), ways)
        out += _with_earlier_terminal(_dated(service), names)
    for service in out:
        _check(service, report)
    report.add(
        "trains", f"{sum(bool(s.replaced_by) for s in out)} twins of trains that end at Guangzhou Baiyun"
    )
    return _service_table(out, names, set(lines["line_id"])), _call_table(out)


class Ways:
    """Finds the way of a train between two calls over the open lines."""

    def __init__(self, lines: pd.DataFrame, line_stops: pd.DataFrame, places: Places, report: Report) -> None:
        self.places, self.report = places, report
        self.graph = nx.MultiGraph()
        kind = lines.set_index("line_id")["class"]
        speed = lines.set_index("line_id")["max_speed_kmh"].map(number)
        self.infill: dict[str, str] = {}
        for line, group in line_stops.groupby("line_id", sort=False):
            if kind[line] == "metro":
                continue
            slow = kind[line] == "conventional" and speed[line] < FAST_CONVENTIONAL_KMH
            for before, stop in zip(group.itertuples(), group.iloc[1:].itertuples(), strict=False):
                self.graph.add_edge(
                    before.station_id, stop.station_id, line=line, km=stop.distance_km,
                    opened=stop.track_opened, owner=stop.project_id, kind="slow" if slow else kind[line],
                )  # fmt: skip
        for first, second, day in JUNCTIONS:
            km = places.straight_km(first, second) * JUNCTION_DETOUR
            self.graph.add_edge(first, second, line="junction", km=km, opened=day, owner="", kind="junction")
        self.calls = {(row.line_id, row.station_id): row.opened for row in line_stops.itertuples()}

    def find(self, first: str, second: str, family: str, line: str) -> list[dict]:
        """Return the edges of the way, none if no train could run so."""

        def cost(edge: dict) -> float:
            other = edge["kind"] == "hsr" if family == "conventional" else edge["kind"] == "slow"
            return edge["km"] * (OTHER_KIND if other else 1) * (OWN_LINE if edge["line"] == line else 1)

        def best(edges: dict) -> float:
            return min(cost(edge) for edge in edges.values())

        try:
            path = nx.dijkstra_path(self.graph, first, second, weight=lambda _a, _b, edges: best(edges))
        except nx.NetworkXNoPath:
            return []
        way = [
            min(self.graph[a][b].values(), key=lambda e: (cost(e), e["line"]))
            for a, b in itertools.pairwise(path)
        ]
        longest_km = LONGEST_WAY[0] * self.places.straight_km(first, second) + LONGEST_WAY[1]
        return way if sum(edge["km"] for edge in way) <= longest_km else []


def _read_service(row: dict[str, str], stops: pd.DataFrame) -> Service:
    stops = stops.assign(seq=stops["seq"].astype(int)).sort_values("seq")
    calls = tuple(
        Call(station, number(arrive), number(depart))
        for station, arrive, depart in zip(
            stops["station_id"], stops["arrive_min"], stops["depart_min"], strict=True
        )
    )
    return Service(row["service_id"], row["service_id"].partition("-")[0], row, calls)


def _with_ways(service: Service, ways: Ways) -> Service:
    """Return the service with each hop's length, first day and owners; and young calls on old track."""
    calls, lines_at = [service.calls[0]], [set()]
    for before, call in zip(service.calls, service.calls[1:], strict=False):
        way = ways.find(before.station, call.station, service.family, service.row["line_id"])
        minutes = call.arrive_min - before.depart_min
        way_km = sum(edge["km"] for edge in way)
        if way and minutes > 0 and way_km / minutes * 60 > FASTEST_KMH:
            way = []
        if not way:
            ways.report.add(
                "trains: no way found (length, dates and owners blank)", f"{before.station}-{call.station}"
            )
            calls.append(call)
            lines_at.append(set())
            continue
        owners = tuple(dict.fromkeys(edge["owner"] for edge in way if edge["owner"]))
        opened = latest(*(edge["opened"] for edge in way))
        calls.append(replace(call, distance_km=way_km, track_opened=opened, owners=owners))
        lines_at[-1].add(way[0]["line"])
        lines_at.append({way[-1]["line"]})
    dated = []
    for place, call in enumerate(calls):
        days = [
            ways.calls[line, call.station] for line in lines_at[place] if (line, call.station) in ways.calls
        ]
        tracks = [c.track_opened for c in calls[max(place, 1) : place + 2]]
        young = days and min(days) > max(tracks)
        dated.append(replace(call, opened=min(days)) if young else call)
    return replace(service, calls=tuple(dated))


def _dated(service: Service) -> Service:
    """Return the service with what its timetable's date says of earlier years."""
    if service.estimate:
        moved = service.family == "conventional"
        service = replace(service, opened=CONVENTIONAL_LEAVES_GUANGZHOU if moved else ESTIMATES_OPENED)
    if FOSHAN in service.stations and service.family != "conventional":
        service = _cut_at_foshan(service)
    return service


def _cut_at_foshan(service: Service) -> Service:
    """Return the service so that it reaches Foshan only since high-speed and intercity trains call there.

    The track from Guangzhou is of 1991, so it would not be cut by itself. A train that runs through on
    the Guangzhou-Zhanjiang line only loses the call.
    """
    calls = list(service.calls)
    place = service.stations.index(FOSHAN)
    through = 0 < place < len(calls) - 1
    for hop in {place, place + 1} & set(range(1, len(calls))):
        if through and "gz_zhanjiang_hsr" in calls[hop].owners:
            continue
        day = latest(calls[hop].track_opened, FOSHAN_HSR_OPENED)
        calls[hop] = replace(calls[hop], track_opened=day, owners=(*calls[hop].owners, FOSHAN_CARD))
    calls[place] = replace(calls[place], opened=FOSHAN_HSR_OPENED)
    return replace(service, calls=tuple(calls))


def _with_earlier_terminal(service: Service, names: dict[str, str]) -> list[Service]:
    """Return the service, and where it ends at Baiyun only, its twin at the station that Baiyun relieved."""
    terminal = _earlier_terminal(service)
    if not terminal:
        return [service]
    last = service.stations[-1] == BAIYUN
    shift_min = _estimate_shift_min(service)
    calls = list(service.calls)
    place = len(calls) - 1 if last else 0
    end = replace(calls[place], station=terminal, opened="")
    calls[place] = replace(end, arrive_min=end.arrive_min + shift_min) if last else end
    hop = max(place, 1)
    calls[hop] = replace(calls[hop], distance_km=float("nan"))
    row = dict(service.row)
    if not last and shift_min:
        calls = [calls[0], *(_shifted(call, shift_min) for call in calls[1:])]
        row["departures"] = " ".join(_earlier(clock, shift_min) for clock in row["departures"].split())
    until = service.opened or BAIYUN_OPENED
    row["source"] += f"; before {until} taken to run to {names[terminal]} instead of Guangzhou Baiyun"
    row["confidence"] = "low"
    twin = replace(
        service, service_id=f"{service.service_id}-before-baiyun", calls=tuple(calls), row=row,
        opened="", closed=until, replaced_by=BAIYUN_CARD,
    )  # fmt: skip
    since = replace(service, opened=until, project=BAIYUN_CARD)
    return [since, twin]


def _earlier_terminal(service: Service) -> str:
    """Return where a train that starts or ends at Baiyun did so before, blank where the call only drops."""
    stations = service.stations if service.stations[-1] == BAIYUN else service.stations[::-1]
    if stations[-1] != BAIYUN or GUANGZHOU in stations:
        return ""
    if service.family == "conventional":
        return GUANGZHOU
    if stations[-2] in EAST:
        return GUANGZHOU
    return GUANGZHOU_SOUTH if service.family == "hsr" else ""


def _estimate_shift_min(service: Service) -> int:
    """Return how much later an estimate's train reached Guangzhou than it reaches Baiyun.

    From the north and west (by the freight line) Guangzhou lies behind Baiyun, from the east before it.
    """
    if not service.estimate:
        return 0
    other = service.stations[-2] if service.stations[-1] == BAIYUN else service.stations[1]
    return -BAIYUN_MINUTES if other in EAST else BAIYUN_MINUTES


def _shifted(call: Call, minutes: float) -> Call:
    return replace(call, arrive_min=call.arrive_min + minutes, depart_min=call.depart_min + minutes)


def _earlier(clock: str, minutes: int) -> str:
    hours, _, rest = clock.partition(":")
    total = (int(hours) * 60 + int(rest) - minutes) % 1440
    return f"{total // 60:02d}:{total % 60:02d}"


def _check(service: Service, report: Report) -> None:
    for before, call in zip(service.calls, service.calls[1:], strict=False):
        minutes = call.arrive_min - before.depart_min
        hop = f"{before.station}-{call.station} in {service.service_id}"
        if minutes <= 0:
            report.add("in doubt: trains", f"{hop}: {minutes:g} min")
        elif (
            not isnan(call.distance_km) and not SLOWEST_KMH <= call.distance_km / minutes * 60 <= FASTEST_KMH
        ):
            report.add("in doubt: trains", f"{hop}: {call.distance_km:.1f} km in {minutes:g} min")


def _service_table(services: Iterable[Service], names: dict[str, str], lines: set[str]) -> pd.DataFrame:
    return pd.DataFrame([
        {
            "service_id": service.service_id,
            "line_id": service.row["line_id"] if service.row["line_id"] in lines else "",
            "name": f"{names[service.stations[0]]}-{names[service.stations[-1]]}",
            "class": service.family,
            "train_class": service.row["class"],
            "departures": " ".join(sorted(service.row["departures"].split())),
            "opened": service.opened,
            "closed": service.closed,
            "project_id": service.project,
            "replaced_by": service.replaced_by,
            "source": f"{say_source(service.row['source'])}, timetable of {service.row['timetable_date']}",
            "confidence": service.row["confidence"],
        }
        for service in services
    ])  # fmt: skip


def _call_table(services: Iterable[Service]) -> pd.DataFrame:
    return pd.DataFrame([
        {
            "service_id": service.service_id,
            "seq": seq,
            "station_id": call.station,
            "arrive_min": call.arrive_min,
            "depart_min": call.depart_min,
            "distance_km": call.distance_km,
            "opened": call.opened,
            "closed": "",
            "track_opened": call.track_opened,
            "track_project_id": ";".join(call.owners),
            "confidence": service.row["confidence"],
        }
        for service in services
        for seq, call in enumerate(service.calls, 1)
    ])  # fmt: skip
