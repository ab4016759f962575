"""Reading the facts and the small helpers that every transit table shares."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj

if TYPE_CHECKING:
    from pathlib import Path

#: Metric CRS of the Guangzhou region, in which straight lines are measured.
METRIC_CRS = "EPSG:32649"
#: Track length over straight line where no length is known (an assumption of the model).
TRACK_DETOUR = 1.15
CONFIDENCE = ("low", "medium", "high")

_RAIL_POSITIONS = "OpenStreetMap 2026-09-24, codes of 12306 (railway-panorama)"
_GEOMETRY_SOURCES = (
    (r"railway-panorama stations\.json \(OSM 2026-09-24 \+ 12306 codes\)", _RAIL_POSITIONS),
    (r"osm2026-07 \(JamieStudio-lab/(\S+) js/geo\.js\)", r"OpenStreetMap 2026-07 (\1)"),
    (r"amap2026 \(picc-lu/(\S+) GZCoords GCJ-02\)", r"AMap 2026 (\1), turned into WGS 84"),
    (r"baidu2024 \(HKUST-Trans-Lab/(\S+)\)", r"Baidu 2024 (\1)"),
    (r"\bOSM\b", "OpenStreetMap"),
    (r"\bosm(20\d\d)", r"OpenStreetMap \1"),
)  # fmt: skip
_TEXT_SOURCES = (
    (r"\s*\((?:disagree on [^()]*)\)", ""),
    (r" ?\((?:via )?read_file ids? [\d, and]+\)", ""),
    (r",? via read_file ids? [\d, and]+", ""),
    (r", see metro_lines", ""),
    (r"GitHub timeline script", "opening dates: a public timeline"),
    (r"dates: opening dates", "opening dates"),
    (r"railway-panorama trains\.json (2026-09) \(OSM route distance\)", r"length on OpenStreetMap track, \1"),
    (r"ChinaRail_Mileage \(KZ25T 2021, passenger mileage\)", "passenger mileage table of 2021"),
    (r"railway-panorama 2026-09", "12306 timetable of 2026-09"),
    (r"12306 stop times, trains of Tuesday 2026-09-29 \(github [^)]*\)", "12306 stop times"),
    (r"pages corpus", "public page"),
    (r"plan_projects ", "project card "),
    (r"via a survey of operator notices, 2026-09", "from a survey of operator notices of 2026-09"),
    (r"\bOSM\b", "OpenStreetMap"),
    (r"\(\s*\)", ""),
)  # fmt: skip


@dataclass
class Report:
    """What was mended or is in doubt, line by line under a heading."""

    notes: dict[str, list[str]] = field(default_factory=dict)

    def add(self, heading: str, note: str) -> None:
        """Note something under `heading`, once."""
        lines = self.notes.setdefault(heading, [])
        if note not in lines:
            lines.append(note)

    def show(self) -> None:
        """Print all notes."""
        for heading, lines in self.notes.items():
            print(f"\n{heading} ({len(lines)})")
            for line in lines:
                print(f"  {line}")


class Places:
    """Positions of stations, and straight lines between them."""

    def __init__(self, stations: pd.DataFrame) -> None:
        project = pyproj.Transformer.from_crs("EPSG:4326", METRIC_CRS, always_xy=True)
        x_m, y_m = project.transform(stations["lon"].to_numpy(float), stations["lat"].to_numpy(float))
        self.xy_m = dict(zip(stations["station_id"], zip(x_m, y_m, strict=True), strict=True))

    def straight_km(self, first: str, second: str) -> float:
        """Return the straight line between two stations, km."""
        (x1, y1), (x2, y2) = self.xy_m[first], self.xy_m[second]
        return float(np.hypot(x1 - x2, y1 - y2)) / 1000


def read_facts(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of the facts; blank cells are empty text, numbers stay text."""
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


def number(text: str) -> float:
    """Return the number in a cell, NaN where it is blank."""
    return float(text) if text else float("nan")


def say_position_source(text: str) -> str:
    """Return the source of a position in words that a reader understands, without its confidence."""
    text = re.sub(r";?\s*confidence[ =]\w+$", "", text)
    for pattern, words in _GEOMETRY_SOURCES:
        text = re.sub(pattern, words, text)
    if " xcheck " in text:
        text, _, others = text.partition(" xcheck ")
        offsets = re.findall(r"([a-z]+)(\d{4}):(\d+m)", others)
        names = {"baidu": "Baidu", "amap": "AMap"}
        text += "; off " + ", ".join(f"{names[who]} {year} by {off[:-1]} m" for who, year, off in offsets)
    return text.strip()


def say_source(text: str) -> str:
    """Return a source without the bookkeeping of whoever looked it up."""
    for pattern, words in _TEXT_SOURCES:
        text = re.sub(pattern, words, text)
    return re.sub(r"\s+", " ", text).replace(" ,", ",").strip(" ;")


def confidence_in(text: str, default: str = "medium") -> str:
    """Return the confidence that stands at the end of a source."""
    found = re.search(r"confidence[ =](high|medium|low)", text)
    return found.group(1) if found else default


def lowest(*words: str) -> str:
    """Return the least of some confidences; of a range (``low-medium``) the lower end counts."""
    return min((word.partition("-")[0] for word in words), key=CONFIDENCE.index)
