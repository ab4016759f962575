"""Tables ``lines`` and ``line_stops``: the open lines, their stops, distances, dates and owners."""

from __future__ import annotations

import itertools
import re
from math import isnan
from typing import TYPE_CHECKING

import pandas as pd
from dates import CALLS_OPENED, UNDATED_LINES, track_dates
from facts import TRACK_DETOUR, Places, Report, lowest, number, say_source

if TYPE_CHECKING:
    from collections.abc import Sequence

AIRPORT_SOUTH_METRO = "gz-airport-south-t1"

#: Project cards that own the track of a whole line.
LINE_OWNERS = {
    "jingguang-hsr": "base_jingguang_hsr",
    "guangshengang-hsr": "base_gsg",
    "guiguang-hsr": "base_guiguang",
    "nanguang-hsr": "base_nanguang",
    "guangzhan-hsr": "gz_zhanjiang_hsr",
    "guangshan-hsr": "gz_shanwei_hsr",
    "guangzhu-icr": "base_guangzhu",
    "guangzhao-icr": "base_guangfozhao",
    "guangfo-south-ring": "gf_ring_fsxi_gznan",
    "foguan-icr": "foshan_dongguan_intercity",
    "xinbaiguang-icr-south": "xintang_airport_gzbei",
    "guangfo-east-ring-icr": "gf_ring_gznan_airport",
    "palian-icr": "suishen_pazhou_branch",
    "guangqing-icr": "base_guangqing",
    "guangqing-icr-north": "gq_north_ext",
    "guangqing-icr-south": "gq_south_ext",
    "guangshen-conv": "base_guangshen",
    "gf-line": "guangfo_18_links",
    "fs-l2": "guangfo_18_links",
}
#: Parts of lines with an owner of their own: line, card, stops at the far ends of the hops.
_PARTS = (
    (
        "guangzhou-east-ring-icr",
        "xintang_airport_gzbei",
        ("cr-huachengjie", "cr-huashanzhen", "cr-baiyun-airport-north"),
    ),
    (
        "guangzhou-east-ring-icr",
        "gf_ring_gznan_airport",
        ("cr-baiyun-airport-south", "cr-baiyun-airport-east", "cr-zhuliao"),
    ),
    (
        "gz-l7",
        "guangfo_18_links",
        (
            *("fs-beijiao-park", "fs-midea", "fs-nanchong", "fs-jinlong", "fs-chencun", "fs-chencunbei"),
            *("fs-dazhou", "gz-guangzhou-south-railway-station"),
        ),
    ),
)
#: Owners of single hops, by line and stop at the far end.
HOP_OWNERS = {(line, stop): card for line, card, stops in _PARTS for stop in stops}


def build_lines(rail: pd.DataFrame, metro: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    """Return the table of lines that are open and have stops."""
    rail = rail.rename(columns={"design_speed_kmh": "max_speed_kmh"}).assign(commercial_speed_kmh="")
    metro = metro.assign(**{"class": "metro"})
    columns = [
        "line_id",
        "name_zh",
        "name_en",
        "class",
        "max_speed_kmh",
        "commercial_speed_kmh",
        "length_km",
        "source",
    ]
    lines = pd.concat([rail[columns], metro[columns]], ignore_index=True)
    lines = lines[lines["line_id"].isin(stops["line_id"])].copy()
    lines["opened"] = lines["line_id"].map(stops.groupby("line_id")["opened"].min())
    lines["project_id"] = lines["line_id"].map(LINE_OWNERS).fillna("")
    lines["confidence"] = ["low" if "rest knowledge low" in text or line in UNDATED_LINES else "medium"
                           for line, text in zip(lines["line_id"], lines["source"], strict=True)]  # fmt: skip
    notes = lines["line_id"].map(
        lambda line: f"; opened: {UNDATED_LINES[line][1]}" if line in UNDATED_LINES else ""
    )
    lines["source"] = lines["source"].map(say_source) + notes
    return lines


def mend_commercial_speeds(metro: pd.DataFrame, stops: pd.DataFrame, report: Report) -> pd.DataFrame:
    """Return the metro lines with a mean speed over the same track lengths that the services run on.

    The facts divide a line's official length, tail tracks and branches included, by the operator's
    end-to-end minutes; over stop-to-stop lengths that made rides 2-10 % too short. Line 3 keeps its
    speed: its minutes are those of one leg only, its services run on both.
    """
    metro = metro.copy()
    km = stops.groupby("line_id")["distance_km"].sum()
    for row in metro[(metro["line_id"] != "gz-l3") & metro["line_id"].isin(km.index)].itertuples():
        minutes = _published_minutes(row.service_note)
        if minutes:
            speed_kmh = f"{km[row.line_id] / minutes * 60:.1f}"
            note = f"{row.line_id}: {row.commercial_speed_kmh} -> {speed_kmh} km/h"
            report.add("mended: commercial speed", f"{note} ({km[row.line_id]:.1f} km in {minutes:g} min)")
            metro.loc[row.Index, "commercial_speed_kmh"] = speed_kmh
            metro.loc[row.Index, "source"] += "; commercial speed here: stop-to-stop km / those minutes"
    return metro


def rail_line_stops(stops: pd.DataFrame, lines: pd.DataFrame, places: Places, report: Report) -> pd.DataFrame:
    """Return the stops of the open rail lines, with track lengths from their chainage."""
    running = lines.loc[lines["status"] == "open", "line_id"]
    stops = _mend_rail_stops(stops[stops["line_id"].isin(running)], report)
    parts = []
    for line, group in stops.groupby("line_id", sort=False):
        opened = _calls_opened(str(line), group["station_id"], group["opened"], "", report)
        hops, measured = _chainage_hops(str(line), group, places, report)
        parts.append(_stop_rows(str(line), group, opened, hops, measured))
    return pd.concat(parts, ignore_index=True)


def metro_line_stops(
    stops: pd.DataFrame, distances: pd.DataFrame, lines: pd.DataFrame, places: Places, report: Report
) -> pd.DataFrame:
    """Return the stops of the open metro lines and trams, with measured or estimated track lengths."""
    lines = lines[lines["status"] == "open"].set_index("line_id")
    joined = stops.merge(distances, on=["line_id", "seq", "station_id"], how="left")
    joined = _add_airport_south(joined[joined["line_id"].isin(lines.index)], places, report)
    parts = []
    for (line, _), group in joined.groupby(["line_id", "branch"], sort=False):
        opened = _calls_opened(line, group["station_id"], group["opened"], lines.loc[line, "opened"], report)
        hops, measured = [], []
        for row, before in zip(group.itertuples(), [None, *group["station_id"]], strict=False):
            hop_km = number(row.distance_km_from_previous)
            known = not isnan(hop_km)
            if before is not None:
                hop_km = _metro_hop_km(line, before, row.station_id, hop_km, places, report)
            hops.append(float("nan") if before is None else hop_km)
            word = row.confidence if isinstance(row.confidence, str) and row.confidence else "medium"
            measured.append(word if known or before is None else "low")
        parts.append(_stop_rows(line, group, opened, hops, measured))
    return pd.concat(parts, ignore_index=True)


def _published_minutes(service_note: str) -> float:
    """Return the end-to-end minutes of all parts of a line, 0 where none are published."""
    found = re.search(r"end to end ([\d.]+) min(?: \(west\) and ([\d.]+) min)?", service_note)
    return sum(float(part) for part in found.groups() if part) if found else 0.0


def _mend_rail_stops(stops: pd.DataFrame, report: Report) -> pd.DataFrame:
    """Return the stops with the branch to Huizhou North leaving the line at its end, not a stop before."""
    stops = stops.copy()
    branch = (stops["line_id"] == "guanhui-icr-huizhou-north") & (stops["station_id"] == "cr-yunshan")
    if branch.any():
        stops.loc[branch, ["station_id", "km"]] = ["cr-xiaojinkou", "5"]
        report.add(
            "mended: line stops",
            "guanhui-icr-huizhou-north: leaves from Xiaojinkou, not Yunshan (11.2 km from Yunshan are "
            "5 km to Xiaojinkou + 6.2; Xiaojinkou-Huizhou North takes 5-8 min)",
        )
    return stops


def _add_airport_south(stops: pd.DataFrame, places: Places, report: Report) -> pd.DataFrame:
    """Return the stops with Airport South back on line 3 north: trains called there until May 2026."""
    line = stops[stops["line_id"] == "gz-l3-north"].copy()
    end = line.iloc[-1]
    before = line.iloc[-2]["station_id"]
    first_km = places.straight_km(before, AIRPORT_SOUTH_METRO)
    share = first_km / (first_km + places.straight_km(AIRPORT_SOUTH_METRO, end["station_id"]))
    whole_km = number(end["distance_km_from_previous"])
    south = end.copy()
    south["station_id"], south["opened"] = AIRPORT_SOUTH_METRO, ""
    south["distance_km_from_previous"] = f"{whole_km * share:.2f}"
    end = end.copy()
    end["seq"], end["distance_km_from_previous"] = str(int(end["seq"]) + 1), f"{whole_km * (1 - share):.2f}"
    report.add(
        "mended: line stops",
        f"gz-l3-north: Airport South put back, {whole_km:.2f} km shared by straight line",
    )
    line = pd.concat([line.iloc[:-1], pd.DataFrame([south, end])])
    others = stops["line_id"] != "gz-l3-north"
    place = int((stops["line_id"] == "gz-l3-north").to_numpy().argmax())
    return pd.concat([stops.iloc[:place], line, stops.iloc[place:][others.iloc[place:]]], ignore_index=True)


def _calls_opened(
    line: str, stations: Sequence[str], opened: Sequence[str], line_opened: str, report: Report
) -> list[str]:
    """Return the first day of each call: the stop's, else ours, else the line's."""
    days = []
    for station, day in zip(stations, opened, strict=True):
        ours = CALLS_OPENED.get((line, station))
        if ours:
            report.add("dates filled", f"{line}, {station}: {ours[0]} ({ours[1]})")
            days.append(ours[0])
        elif day or line_opened:
            days.append(day or line_opened)
        else:
            date, why = UNDATED_LINES[line]
            report.add("dates filled", f"{line}: {date or 'blank'} ({why})")
            days.append(date)
    return days


def _chainage_hops(
    line: str, group: pd.DataFrame, places: Places, report: Report
) -> tuple[list[float], list[str]]:
    """Return the track length from the stop before, and how sure it is, for each stop of a rail line."""
    stations, km = list(group["station_id"]), [number(text) for text in group["km"]]
    straight = [float("nan"), *(places.straight_km(a, b) for a, b in itertools.pairwise(stations))]
    hops, sure = [float("nan")], ["medium"]
    for place in range(1, len(km)):
        if not isnan(km[place]) and not isnan(km[place - 1]):
            hop_km, word = km[place] - km[place - 1], "medium"
            if hop_km <= 0:
                report.add("in doubt: line stops", f"{line}: chainage falls before {stations[place]}")
                hop_km = straight[place] * TRACK_DETOUR
            elif hop_km < straight[place]:
                note = f"{line}: {stations[place - 1]}-{stations[place]} {hop_km:g} km of whole-km chainage"
                report.add(
                    "mended: line stops",
                    f"{note} is shorter than the straight line, {straight[place]:.2f} km",
                )
                hop_km = straight[place]
        else:
            hop_km, word = _share(place, km, straight), "low"
            report.add(
                "filled: track length", f"{line}: {stations[place - 1]}-{stations[place]} {hop_km:.2f} km"
            )
        hops.append(hop_km)
        sure.append(word)
    return hops, sure


def _share(place: int, km: list[float], straight: list[float]) -> float:
    """Return the hop's share of the chainage around it, else straight line × detour."""
    before = next((k for k in range(place - 1, -1, -1) if not isnan(km[k])), None)
    after = next((k for k in range(place, len(km)) if not isnan(km[k])), None)
    if before is None or after is None:
        return straight[place] * TRACK_DETOUR
    return (km[after] - km[before]) * straight[place] / sum(straight[before + 1 : after + 1])


def _metro_hop_km(
    line: str, before: str, station: str, hop_km: float, places: Places, report: Report
) -> float:
    straight_km = places.straight_km(before, station)
    if isnan(hop_km):
        report.add("filled: track length", f"{line}: {before}-{station} {straight_km * TRACK_DETOUR:.2f} km")
        return straight_km * TRACK_DETOUR
    if hop_km < 0.97 * straight_km:
        report.add(
            "mended: line stops",
            f"{line}: {before}-{station} {hop_km:g} km, straight line {straight_km:.2f} km",
        )
        return straight_km
    if hop_km > 1.6 * straight_km:
        report.add(
            "in doubt: line stops",
            f"{line}: {before}-{station} {hop_km:g} km, straight line {straight_km:.2f} km",
        )
    return hop_km


def _stop_rows(
    line: str, group: pd.DataFrame, opened: list[str], hops: list[float], sure: list[str]
) -> pd.DataFrame:
    stations = list(group["station_id"])
    tracks = track_dates(opened)
    owners = ["", *(HOP_OWNERS.get((line, station), LINE_OWNERS.get(line, "")) for station in stations[1:])]
    dated = line in UNDATED_LINES
    return pd.DataFrame({
        "line_id": line,
        "seq": group["seq"].astype(int).to_numpy(),
        "station_id": stations,
        "branch": group["branch"].to_numpy() if "branch" in group else "",
        "distance_km": hops,
        "opened": opened,
        "track_opened": tracks,
        "project_id": owners,
        "confidence": ["low" if dated or (line, station) in CALLS_OPENED else lowest(word)
                       for word, station in zip(sure, stations, strict=True)],
    })  # fmt: skip
