"""Reading a region's folder: strict, and every problem of the folder in one report."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
import warnings
from datetime import date, datetime, time
from functools import partial
from importlib.resources import as_file, files
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyproj

from network.cells import CLOCK, ID, RawTable, empty_table, parse_table
from network.checks import check_references, cross_check
from network.errors import BadInputError, Problem, UnknownNameError, suggest, tried
from network.parameters import Parameters, default_parameters
from network.region import About, Period, Region, canonical, seconds_of
from network.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from network.streets.files import StreetsFile

#: Largest file that is read, bytes: a region's tables come from outside.
MAX_FILE_BYTES = 256 * 1024 * 1024

#: Largest TOML file that is read, bytes: they are written by hand, and reading them is slow.
MAX_TOML_BYTES = 2 * 1024 * 1024

#: Keys of ``region.toml`` and what they hold.
ABOUT_KEYS = {
    "id": "identifier of the region (default: the folder's name)",
    "name_zh": "name in Chinese (or the local language)",
    "name_en": "name in English",
    "crs": "projected coordinate system in metres, in which distances are measured (default: EPSG:32649)",
    "time_zone": "name of the time zone (default: Asia/Shanghai)",
    "date": "day whose network the tables describe (blank: every row counts as it stands)",
    "service_start": "when services with headways start, as text (default: 06:30)",
    "service_end": "when they end (default: 22:30)",
    "periods": "table of the periods of the day, each `name = [start, end]` "
    "(default: am-peak 07:00 to 09:00, midday 10:00 to 16:00)",
    "licence": "licence of the tables",
    "attribution": "sentence to show with all that is made from them",
    "notes": "list of sentences that results repeat",
}

_PERIOD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_DEEP_KEY = re.compile(r"(?<![\w.-])[\w-]++(?:\s*\.\s*[\w-]++){32}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_DISTRICTS = '{"type": "FeatureCollection", "features": []}'


def list_regions() -> list[str]:
    """Return the names of the regions that the package holds."""
    folder = files("network").joinpath("regions")
    return sorted(entry.name for entry in folder.iterdir() if entry.joinpath("region.toml").is_file())


def get_region(name: str) -> Region:
    """Return the shipped region called `name`, or the region in the folder `name`.

    Raises
    ------
    BadInputError
        There is no such region, or its folder has problems; all of them are listed.
    """
    if name in list_regions():
        with as_file(files("network").joinpath("regions", name)) as folder:
            return read_region(folder)
    if not name or "\0" in name or not Path(name).is_dir():
        raise UnknownNameError("region", name, list_regions(), where="--region")
    return read_region(Path(name))


def read_region(folder: Path) -> Region:
    """Read the region in `folder`.

    Parameters
    ----------
    folder
        Holds ``region.toml``, the tables of the schema, and ``streets_walk.parquet`` and
        ``streets_drive.parquet`` where it has real streets; these are read when they are needed. Only
        ``region.toml`` and either places, or stations and services, must be there.

    Raises
    ------
    BadInputError
        With every problem that was found, each with file, row, column, what is wrong and the fix.
    """
    problems: list[Problem] = []
    about = _read_about(folder, problems)
    parameters = _read_parameters(folder, about, problems)
    districts = _read_districts(folder, problems)
    tables = {name: _read_table(folder, name, about.period_names, problems) for name in TABLES}
    streets = _read_streets(folder, problems)
    region = checked_region(about, tables, parameters, districts, problems)
    return region.replace(streets=streets) if streets else region


def checked_region(
    about: About,
    tables: Mapping[str, pd.DataFrame],
    parameters: Parameters,
    districts: str = _NO_DISTRICTS,
    problems: list[Problem] | None = None,
) -> Region:
    """Return the region of tables whose cells have been read, checked against each other.

    Parameters
    ----------
    about, parameters
        What ``region.toml`` and ``parameters.toml`` say.
    tables
        Every table of the schema, as `network.cells.parse_table` makes them.
    districts
        Boundaries as GeoJSON text.
    problems
        What was found while the cells were read.

    Raises
    ------
    BadInputError
        With all of `problems` and, where the cells are good, all that is wrong between the tables.
    """
    found = list(problems or ())
    if not found:
        if tables["places"].empty and (tables["stations"].empty or tables["services"].empty):
            fix = "give places.csv, or stations.csv and services.csv"
            found.append(Problem(about.region_id, "the region is empty", fix))
        found += check_references(tables)
    if not found:
        found += cross_check(tables, about)
    if found:
        raise BadInputError(found)
    ordered = {name: canonical(name, tables[name]) for name in TABLES}
    return Region(about, ordered, parameters, districts)


def read_text(path: Path, problems: list[Problem], *, most_bytes: int | None = None) -> str | None:
    """Return the text of a UTF-8 file from outside, or None with a problem added."""
    most_bytes = most_bytes or MAX_FILE_BYTES
    try:
        with path.open("rb") as file:
            raw = file.read(most_bytes + 1)
    except OSError as error:
        problems.append(Problem(path.name, f"cannot be read: {error.strerror}", "check its name and rights"))
        return None
    if len(raw) > most_bytes:
        what = f"is larger than {most_bytes / 2**20:g} MiB"
        problems.append(Problem(path.name, what, "check that it is the right file, or split it"))
        return None
    return decoded(path.name, raw, problems)


def decoded(name: str, raw: bytes, problems: list[Problem]) -> str | None:
    """Return the text of a UTF-8 file from outside that is called `name`, or None with a problem added."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        problems.append(Problem(f"{name} row {row}", "is not UTF-8 text", "save the file as UTF-8"))
        return None
    if control := _CONTROL.search(text):
        row = text.count("\n", 0, control.start()) + 1
        what = f"holds the control character U+{ord(control[0]):04X}"
        problems.append(Problem(f"{name} row {row}", what, "save the file as plain UTF-8 text"))
        return None
    return text


def read_toml(path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Return the table in a TOML file from outside, or None with a problem added."""
    text = read_text(path, problems, most_bytes=MAX_TOML_BYTES)
    if text is None:
        return None
    if _DEEP_KEY.search(text):
        problems.append(Problem(path.name, "is nested too deeply", "write plain tables"))
        return None
    try:
        return tomllib.loads(text)
    except ValueError as error:
        problems.append(Problem(path.name, f"is not TOML: {error}", "mend the line"))
    except RecursionError:
        problems.append(Problem(path.name, "is nested too deeply", "write plain tables"))
    return None


def _read_about(folder: Path, problems: list[Problem]) -> About:
    path = folder / "region.toml"
    default = About(folder.resolve().name)
    if not path.is_file():
        problems.append(Problem("region.toml", "is missing", "write at least: id = 'my-region'"))
        return default
    table = read_toml(path, problems)
    if table is None:
        return default
    problems += [
        Problem(f"region.toml, {key}", "unknown key", suggest(key, sorted(ABOUT_KEYS)))
        for key in table
        if key not in ABOUT_KEYS
    ]
    text = {
        key: _text(table, key, getattr(default, key), problems)
        for key in ("name_zh", "name_en", "crs", "time_zone", "licence", "attribution")
    }
    region_id = _text(table, "id", default.region_id, problems)
    if not ID.fullmatch(region_id):
        what = f"{region_id!r} is no identifier"
        problems.append(Problem("region.toml, id", what, "no spaces, commas or quotes"))
    _check_crs(text["crs"], problems)
    _check_time_zone(text["time_zone"], problems)
    start, end = (
        _clock_s(table.get(key, clock))
        for key, clock in (("service_start", "06:30"), ("service_end", "22:30"))
    )
    if start is None or end is None or start >= end:
        problems.append(Problem("region.toml, service_start", "the service day is no span", 'write "06:30"'))
        start, end = default.service_start_s, default.service_end_s
    return About(
        region_id=region_id,
        **text,
        date=_about_date(table, problems),
        service_start_s=start,
        service_end_s=end,
        periods=_about_periods(table, problems) or default.periods,
        notes=_about_notes(table, problems),
    )


def _text(table: Mapping[str, Any], key: str, default: str, problems: list[Problem]) -> str:
    value = table.get(key, default)
    if isinstance(value, str):
        return value.strip()
    problems.append(Problem(f"region.toml, {key}", f"{value!r} is no text", "put it in quotes"))
    return default


def _check_crs(name: str, problems: list[Problem]) -> None:
    fix = "for example EPSG:32649"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            crs = pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError:
        problems.append(Problem("region.toml, crs", f"{name!r} is no CRS", fix))
        return
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info[:2]):
        problems.append(Problem("region.toml, crs", f"{name!r} does not measure metres on a plane", fix))


def _check_time_zone(name: str, problems: list[Problem]) -> None:
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError):
        what = f"{name!r} is no time zone"
        problems.append(Problem("region.toml, time_zone", what, "for example Asia/Shanghai"))


def _about_date(table: Mapping[str, Any], problems: list[Problem]) -> date | None:
    day = table.get("date")
    if day is None or (isinstance(day, date) and not isinstance(day, datetime)):
        return day
    problems.append(Problem("region.toml, date", f"{day!r} is no date", "write date = 2026-11-01, unquoted"))
    return None


def _about_periods(table: Mapping[str, Any], problems: list[Problem]) -> tuple[Period, ...]:
    spans = table.get("periods", {})
    fix = 'write am-peak = ["07:00", "09:00"]'
    if not isinstance(spans, dict):
        problems.append(Problem("region.toml, periods", "is no table", fix))
        return ()
    periods = []
    for name, span in spans.items():
        period = period_of(name, span)
        if not _PERIOD.fullmatch(name):
            what = f"{name!r} is no name of a period"
            problems.append(Problem("region.toml, periods", what, "use a-z, 0-9 and hyphens: am-peak"))
        elif period is None:
            problems.append(Problem(f"region.toml, periods.{name}", "is no span", fix))
        else:
            periods.append(period)
    return tuple(periods)


def period_of(name: str, span: object) -> Period | None:
    """Return the period of a name and a list of two times of day; None where they are none."""
    start, end = map(_clock_s, span) if isinstance(span, list) and len(span) == 2 else (None, None)  # noqa: PLR2004
    if not _PERIOD.fullmatch(name) or start is None or end is None or start >= end:
        return None
    return Period(name, start, end)


def _about_notes(table: Mapping[str, Any], problems: list[Problem]) -> tuple[str, ...]:
    notes = table.get("notes", [])
    if isinstance(notes, list) and all(isinstance(note, str) for note in notes):
        return tuple(notes)
    problems.append(Problem("region.toml, notes", "is no list of sentences", 'write ["…", "…"]'))
    return ()


def _clock_s(value: object) -> int | None:
    if isinstance(value, time):
        return seconds_of(value)
    return seconds_of(value) if isinstance(value, str) and CLOCK.fullmatch(value) else None


def _read_parameters(folder: Path, about: About, problems: list[Problem]) -> Parameters:
    path = folder / "parameters.toml"
    table = read_toml(path, problems) if path.exists() else None
    if table is None:
        return default_parameters()
    try:
        return default_parameters().merged(table, periods=about.period_names, where="parameters.toml")
    except BadInputError as error:
        problems += error.problems
        return default_parameters()


def _read_streets(folder: Path, problems: list[Problem]) -> dict[str, StreetsFile]:
    """Return the street networks of a folder, of which the footers alone are read."""
    paths = {network: folder / f"streets_{network}.parquet" for network in ("drive", "walk")}
    paths = {network: path for network, path in paths.items() if path.exists()}
    if not paths:
        return {}
    from network.streets.files import opened  # noqa: PLC0415 - loads pyarrow, and few regions have streets

    found = {network: tried(partial(opened, path), problems) for network, path in paths.items()}
    problems += [
        Problem(paths[network].name, f"holds streets to {file.network} on", f"name it streets_{file.network}")
        for network, file in found.items()
        if file is not None and file.network != network
    ]
    return {network: file for network, file in found.items() if file is not None}


def _read_districts(folder: Path, problems: list[Problem]) -> str:
    path = folder / "districts.geojson"
    text = read_text(path, problems) if path.exists() else None
    if text is None:
        return _NO_DISTRICTS
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path.name} row {error.lineno}"
        problems.append(Problem(where, f"is not JSON: {error.msg}", "mend the line"))
        return _NO_DISTRICTS
    except (ValueError, RecursionError):
        problems.append(Problem(path.name, "is not JSON that can be read", "export it as GeoJSON"))
        return _NO_DISTRICTS
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        problems.append(Problem(path.name, "is no FeatureCollection", "export it as GeoJSON"))
        return _NO_DISTRICTS
    before = len(problems)
    seen: dict[str, int] = {}
    for position, feature in enumerate(features, 1):
        if what := _wrong_feature(feature, seen, position):
            fix = "a polygon in degrees WGS 84 with a text property district_id"
            problems.append(Problem(f"{path.name} feature {position}", what, fix))
    if len(problems) > before:
        return _NO_DISTRICTS
    features.sort(key=lambda feature: str(feature["properties"]["district_id"]))
    return json.dumps({**data, "features": features}, sort_keys=True, ensure_ascii=False)


def _wrong_feature(feature: object, seen: dict[str, int], position: int) -> str:
    """Return what is wrong with a feature, blank if nothing; `seen` gets its district and position."""
    shape = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(feature, dict) or not isinstance(shape, dict):
        return "is no feature with a geometry"
    depth = {"Polygon": 2, "MultiPolygon": 3}.get(str(shape.get("type")))
    if depth is None:
        return "is no (multi)polygon"
    if not _are_rings(shape.get("coordinates"), depth):
        return "has coordinates that are no closed rings of longitude and latitude"
    properties = feature.get("properties")
    district = properties.get("district_id") if isinstance(properties, dict) else None
    if not isinstance(district, str) or not ID.fullmatch(district):
        return "has no property district_id that is an identifier"
    if seen.setdefault(district, position) != position:
        return f"district {district!r} stands already in feature {seen[district]}"
    return ""


def _are_rings(value: object, depth: int) -> bool:
    if not isinstance(value, list) or not value:
        return False
    if depth > 1:
        return all(_are_rings(part, depth - 1) for part in value)
    return len(value) >= 4 and all(map(_is_point, value)) and value[0] == value[-1]  # noqa: PLR2004


def _is_point(value: object) -> bool:
    if not isinstance(value, list) or len(value) < 2:  # noqa: PLR2004
        return False
    if any(isinstance(part, bool) or not isinstance(part, int | float) for part in value):
        return False
    return -180 <= value[0] <= 180 and -90 <= value[1] <= 90 and all(map(_is_finite, value))  # noqa: PLR2004


def _is_finite(value: float) -> bool:
    return isinstance(value, int) or isfinite(value)


def _read_table(folder: Path, name: str, periods: tuple[str, ...], problems: list[Problem]) -> pd.DataFrame:
    path = folder / f"{name}.csv"
    text = read_text(path, problems) if path.exists() else None
    if text is None:
        return empty_table(name, periods)
    cells = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    rows, numbers = [], []
    number = 1
    wrong = len(problems)
    try:
        header = next(cells, [])
        for number, row in enumerate(cells, 2):
            if len(row) == len(header):
                rows.append(row)
                numbers.append(number)
            elif row:
                what = f"has {len(row)} cells, the header {len(header)}"
                problems.append(Problem(f"{path.name} row {number}", what, "quote cells that hold commas"))
    except csv.Error as error:
        number += bool(header)
        fix = "a quote may be left open here"
        problems.append(Problem(f"{path.name} row {number}", f"is no CSV: {error}", fix))
        return empty_table(name, periods)
    frame = parse_table(RawTable(name, header, rows, numbers), periods, problems)
    problems[wrong:] = sorted(problems[wrong:], key=_row_of)
    return frame


def _row_of(problem: Problem) -> int:
    """Return the row that a problem of a table names."""
    return int(problem.where.partition(" row ")[2].partition(",")[0])
