"""Reading a region's folder: strict, and every problem of the folder in one report."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from datetime import date, datetime, time
from importlib.resources import as_file, files
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd
import pyproj

from network.checks import cross_check
from network.errors import BadInputError, Problem, UnknownNameError, suggest
from network.parameters import Parameters, default_parameters
from network.region import About, Period, Region, canonical, seconds_of
from network.schema import TABLES, Column, columns, keys

#: Largest file that is read, bytes: a region's tables come from outside.
MAX_FILE_BYTES = 256 * 1024 * 1024

_ID = re.compile(r"[^\s,;|\"']+")
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")
_ABOUT_KEYS = {
    "id", "name_zh", "name_en", "crs", "time_zone", "date", "service_start", "service_end",
    "periods", "licence", "attribution", "notes",
}  # fmt: skip
_BLANK: dict[str, Any] = {"float": float("nan"), "int": pd.NA, "date": pd.NaT, "bool": False}
_DTYPE = {"float": "float64", "int": "Int64", "bool": "bool", "date": "datetime64[s]"}


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
    folder = Path(name)
    if not folder.is_dir():
        raise UnknownNameError("region", name, list_regions(), where="--region")
    return read_region(folder)


def read_region(folder: Path) -> Region:
    """Read the region in `folder`.

    Parameters
    ----------
    folder
        Holds ``region.toml`` and the tables of the schema. Only ``region.toml`` and either places,
        or stations and services, must be there.

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
    if not problems:
        if tables["places"].empty and (tables["stations"].empty or tables["services"].empty):
            problems.append(
                Problem(
                    str(folder), "the region is empty", "give places.csv, or stations.csv and services.csv"
                )
            )
        _check_references(tables, problems)
    if not problems:
        problems += cross_check(tables, about)
    if problems:
        raise BadInputError(problems)
    return Region(
        about, {name: canonical(name, frame) for name, frame in tables.items()}, parameters, districts
    )


def read_text(path: Path, problems: list[Problem]) -> str | None:
    """Return the text of a UTF-8 file from outside, or None with a problem added."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            problems.append(
                Problem(path.name, f"is larger than {MAX_FILE_BYTES >> 20} MiB", "split the region")
            )
            return None
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        problems.append(Problem(f"{path.name} row {line}", "is not UTF-8 text", "save the file as UTF-8"))
    except OSError as error:
        problems.append(Problem(path.name, f"cannot be read: {error.strerror}", "check its name and rights"))
    return None


def read_toml(path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Return the table in a TOML file from outside, or None with a problem added."""
    text = read_text(path, problems)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(path.name, f"is not TOML: {error}", "mend the line"))
        return None


def _read_about(folder: Path, problems: list[Problem]) -> About:
    path = folder / "region.toml"
    if not path.is_file():
        problems.append(Problem("region.toml", "is missing", "write at least: id = 'my-region'"))
        return About(folder.name)
    table = read_toml(path, problems)
    if table is None:
        return About(folder.name)
    problems += [
        Problem(f"region.toml, {key}", "unknown key", suggest(key, sorted(_ABOUT_KEYS)))
        for key in table
        if key not in _ABOUT_KEYS
    ]
    default = About(str(table.get("id", folder.name)))
    try:
        pyproj.CRS.from_user_input(table.get("crs", default.crs))
    except pyproj.exceptions.CRSError:
        problems.append(Problem("region.toml, crs", f"{table['crs']!r} is no CRS", "for example EPSG:32649"))
    day = table.get("date")
    if isinstance(day, datetime) or (day is not None and not isinstance(day, date)):
        problems.append(Problem("region.toml, date", f"{day!r} is no date", "write date = 2026-11-01"))
        day = None
    periods = []
    for name, span in table.get("periods", {}).items():
        bounds = [_clock_s(value) for value in span] if isinstance(span, list) else []
        if len(bounds) != 2 or None in bounds or bounds[0] >= bounds[1]:  # type: ignore[operator]  # noqa: PLR2004
            problems.append(Problem(f"region.toml, periods.{name}", "is no span", 'write ["07:00", "09:00"]'))
        else:
            periods.append(Period(name, int(bounds[0] or 0), int(bounds[1] or 0)))
    start, end = _clock_s(table.get("service_start", "06:30")), _clock_s(table.get("service_end", "22:30"))
    if start is None or end is None or start >= end:
        problems.append(Problem("region.toml, service_start", "the service day is no span", 'write "06:30"'))
        start, end = default.service_start_s, default.service_end_s
    return About(
        region_id=str(table.get("id", folder.name)),
        name_zh=str(table.get("name_zh", "")),
        name_en=str(table.get("name_en", "")),
        crs=str(table.get("crs", default.crs)),
        time_zone=str(table.get("time_zone", default.time_zone)),
        date=day,
        service_start_s=start,
        service_end_s=end,
        periods=tuple(periods) or default.periods,
        licence=str(table.get("licence", "")),
        attribution=str(table.get("attribution", "")),
        notes=tuple(str(note) for note in table.get("notes", ())),
    )


def _clock_s(value: object) -> int | None:
    if isinstance(value, time):
        return seconds_of(value)
    return seconds_of(value) if isinstance(value, str) and _CLOCK.fullmatch(value) else None


def _read_parameters(folder: Path, about: About, problems: list[Problem]) -> Parameters:
    path = folder / "parameters.toml"
    if not path.exists():
        return default_parameters()
    table = read_toml(path, problems)
    if table is None:
        return default_parameters()
    try:
        return default_parameters().merged(table, periods=about.period_names, where="parameters.toml")
    except BadInputError as error:
        problems += error.problems
        return default_parameters()


def _read_districts(folder: Path, problems: list[Problem]) -> dict[str, Any]:
    path = folder / "districts.geojson"
    empty: dict[str, Any] = {"type": "FeatureCollection", "features": []}
    if not path.exists():
        return empty
    text = read_text(path, problems)
    if text is None:
        return empty
    try:
        data: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError as error:
        problems.append(
            Problem(f"{path.name} row {error.lineno}", f"is not JSON: {error.msg}", "mend the line")
        )
        return empty
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        problems.append(Problem(path.name, "is no FeatureCollection", "export it as GeoJSON"))
        return empty
    for position, feature in enumerate(features, 1):
        shape = feature.get("geometry") if isinstance(feature, dict) else None
        if not isinstance(shape, dict) or shape.get("type") not in {"Polygon", "MultiPolygon"}:
            problems.append(Problem(f"{path.name} feature {position}", "is no (multi)polygon"))
        elif "district_id" not in (feature.get("properties") or {}):
            problems.append(Problem(f"{path.name} feature {position}", "has no property district_id"))
    return data


def _read_table(folder: Path, name: str, periods: tuple[str, ...], problems: list[Problem]) -> pd.DataFrame:
    wanted = columns(name, periods)
    path = folder / f"{name}.csv"
    if not path.exists():
        return _frame(wanted, {column.name: [] for column in wanted})
    text = read_text(path, problems)
    if text is None:
        return _frame(wanted, {column.name: [] for column in wanted})
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    cells: dict[str, list[Any]] = {column.name: [] for column in wanted}
    try:
        header = next(rows, [])
        if not _check_header(path.name, header, wanted, problems):
            return _frame(wanted, cells)
        position = {column: place for place, column in enumerate(header)}
        seen: dict[tuple[Any, ...], int] = {}
        for row in rows:
            line = rows.line_num
            if not row:
                continue
            if len(row) != len(header):
                fix = "quote cells that hold commas"
                problems.append(
                    Problem(f"{path.name} row {line}", f"has {len(row)} cells, the header {len(header)}", fix)
                )
                continue
            values = {}
            for column in wanted:
                raw = row[position[column.name]].strip() if column.name in position else ""
                values[column.name] = _cell(f"{path.name} row {line}, {column.name}", column, raw, problems)
                cells[column.name].append(values[column.name])
            key = tuple(values[part] for part in keys(name))
            if key in seen:
                what = f"{', '.join(map(str, key))} stands already in row {seen[key]}"
                problems.append(
                    Problem(f"{path.name} row {line}, {', '.join(keys(name))}", what, "remove one of them")
                )
            seen.setdefault(key, line)
    except csv.Error as error:
        problems.append(Problem(f"{path.name} row {rows.line_num}", f"is no CSV: {error}", "mend the quotes"))
        return _frame(wanted, {column.name: [] for column in wanted})
    return _frame(wanted, cells)


def _check_header(file: str, header: list[str], wanted: tuple[Column, ...], problems: list[Problem]) -> bool:
    before = len(problems)
    known = [column.name for column in wanted]
    for name in header:
        if name not in known:
            problems.append(Problem(f"{file} row 1", f"unknown column {name!r}", suggest(name, known)))
        elif header.count(name) > 1:
            problems.append(Problem(f"{file} row 1", f"column {name!r} stands twice", "remove one"))
    problems += [
        Problem(f"{file} row 1", f"column {column.name!r} is missing", column.description)
        for column in wanted
        if column.required and column.name not in header
    ]
    return len(problems) == before


def _frame(wanted: tuple[Column, ...], cells: dict[str, list[Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            column.name: pd.Series(cells[column.name], dtype=_DTYPE.get(column.type, "str"))
            for column in wanted
        }
    )


def _cell(where: str, column: Column, raw: str, problems: list[Problem]) -> Any:
    text = raw or column.default
    if not text:
        if column.required:
            problems.append(Problem(where, "is blank", column.description))
        return _BLANK.get(column.type, "")
    value, what, fix = _parse(column, text)
    if what:
        problems.append(Problem(where, what, fix))
        return _BLANK.get(column.type, "")
    return value


def _parse(column: Column, text: str) -> tuple[Any, str, str]:
    """Return value, problem and fix of one cell."""
    match column.type:
        case "float" | "int":
            return _parse_number(column, text)
        case "bool":
            words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
            return (
                words.get(text.lower(), False),
                "" if text.lower() in words else f"{text!r} is not yes or no",
                "",
            )
        case "choice":
            good = text in column.choices
            return (
                text,
                "" if good else f"{text!r} is none of {', '.join(column.choices)}",
                suggest(text, column.choices),
            )
        case "date":
            try:
                return pd.Timestamp(date.fromisoformat(text)), "", ""
            except ValueError:
                return pd.NaT, f"{text!r} is no date", "write it as 2026-11-01"
        case "id":
            return (
                text,
                "" if _ID.fullmatch(text) else f"{text!r} is no identifier",
                "no spaces, commas or quotes",
            )
        case "ids":
            good = all(_ID.fullmatch(part) for part in text.split(";"))
            return text, "" if good else f"{text!r} is no list of identifiers", "separate them by ;"
        case "time" | "times":
            parts = text.split() if column.type == "times" else [text]
            bad = [part for part in parts if not _CLOCK.fullmatch(part)]
            return " ".join(parts), f"{bad[0]!r} is no time" if bad else "", "write it as 07:05"
        case _:
            return text, "", ""


def _parse_number(column: Column, text: str) -> tuple[Any, str, str]:
    low, high = column.bounds
    unit = f" {column.unit}" if column.unit else ""
    allowed = (
        f"a number from {low:g} to {high:g}{unit}"
        if high < float("inf")
        else f"a number of {low:g}{unit} or more"
    )
    try:
        value = float(text) if column.type == "float" else int(text)
    except ValueError:
        return _BLANK[column.type], f"{text!r} is no {'whole ' * (column.type == 'int')}number", allowed
    if not isfinite(value):
        return _BLANK[column.type], f"{text!r} is not finite", allowed
    if not low <= value <= high:
        return _BLANK[column.type], f"{text} is out of range", allowed
    return value, "", ""


def _check_references(tables: dict[str, pd.DataFrame], problems: list[Problem]) -> None:
    for name in TABLES:
        for column in columns(name, ()):
            if not column.references:
                continue
            known: set[str] = set()
            for table, key in column.references:
                known |= set(tables[table][key])
            values = tables[name][column.name]
            for row, value in values[~values.isin(known) & (values != "")].items():
                target = " or ".join(f"{table}.csv" for table, _ in column.references)
                fix = suggest(str(value), sorted(known))
                where = f"{name}.csv row {int(str(row)) + 2}, {column.name}"
                problems.append(Problem(where, f"{value!r} is not in {target}", fix))
