"""Points in a CSV file from outside: id, lon, lat, and what else stands beside them."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pandas as pd

from network.cells import shown
from network.errors import Problem, told
from network.reader import read_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NEEDED = ("id", "lon", "lat")
TEXTS = ("name_zh", "name_en", "city", "level")
"""Columns of text that are known, beside ``name``, the local name: another word for ``name_zh``."""

_BOUNDS = {"lon": (-180.0, 180.0), "lat": (-90.0, 90.0), "population": (0.0, 1e10)}
_AMOUNT = (0.0, 1e15)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def read_points(
    path: Path, problems: list[Problem], *, numbers: Sequence[str] = (), amounts: bool = False
) -> pd.DataFrame | None:
    """Return the table of points in a CSV file, or None with every problem added.

    Parameters
    ----------
    path
        CSV file with the columns id, lon, lat (degrees WGS 84); population and those of `TEXTS` are read too,
        and `numbers`.
    problems
        Gets every problem, each with the file's name and row; the header is row 1.
    numbers
        Further columns that must be there and hold a number, 0 or more, in every row.
    amounts
        Whether every other column of numbers, 0 or more, is read too, a blank cell as 0. One that holds
        anything else is left out; ``attrs["left_out"]`` has its name and one such cell.

    Returns
    -------
    DataFrame
        The row numbers of the file are its index. Numbers that are not known are NaN, texts blank.
    """
    text = read_text(path, problems)
    if text is None:
        return None
    before = len(problems)
    cells = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows = [(number, [cell.strip() for cell in row]) for number, row in enumerate(cells, 1) if any(row)]
    except csv.Error as error:
        where = f"{path.name} row {len(rows) + cells.line_num}"
        problems.append(Problem(where, f"is no CSV: {error}", "a quote may be left open"))
        return None
    header = rows[0][1] if rows else []
    problems += _header_problems(path.name, header, (*NEEDED, *numbers))
    if len(problems) == before and len(rows) == 1:
        problems.append(Problem(path.name, "holds no place", "a header id,lon,lat and a row a place"))
    if len(problems) > before:
        return None
    for count in sorted({len(row) for _, row in rows[1:]} - {len(header)}):
        wrong = [number for number, row in rows[1:] if len(row) == count]
        what = f"has {count} cells, the header {len(header)}"
        problems += told(path.name, wrong, what, "quote cells that hold commas")
    good = [(number, row) for number, row in rows[1:] if len(row) == len(header)]
    index = pd.Index([number for number, _ in good])
    table = pd.DataFrame([row for _, row in good], columns=header, index=index, dtype="str")
    found = _read(path.name, table, numbers, problems)
    if len(problems) > before:
        return None
    return _with_amounts(found, table) if amounts else found


def _header_problems(file: str, header: Sequence[str], needed: Sequence[str]) -> list[Problem]:
    problems = [
        Problem(f"{file} row 1", f"column {name!r} is missing", f"needed: {', '.join(needed)}")
        for name in needed
        if name not in header
    ]
    return problems + [
        Problem(f"{file} row 1", f"column {name!r} stands twice", "remove one")
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]


def _read(file: str, table: pd.DataFrame, numbers: Sequence[str], problems: list[Problem]) -> pd.DataFrame:
    """Return the known columns of a table of text; what is wrong is added to `problems`."""
    found = pd.DataFrame({"id": table["id"]})
    blank = table.index[table["id"] == ""].tolist()
    problems += told(file, blank, "is blank", "give each place an id", column="id")
    first: dict[str, int] = {}
    for row, name in table["id"].items():
        if name and first.setdefault(name, int(str(row))) != row:
            what = f"{shown(name)} stands already in row {first[name]}"
            problems.append(Problem(f"{file} row {row}, id", what, "remove one"))
    for column, (low, high) in (_BOUNDS | dict.fromkeys(numbers, _AMOUNT)).items():
        if column not in table:
            continue
        values = _numbers(table[column])
        may_be_blank = column not in {*NEEDED, *numbers}
        good = values.between(low, high) | (may_be_blank & (table[column] == ""))
        fix = f"a number from {low:g} to {high:g}" + _swapped(table, column)
        for cell in table.loc[~good, column].unique():
            rows = table.index[~good & (table[column] == cell)].tolist()
            problems += told(file, rows, f"{shown(cell)} is no {column}", fix, column=column)
        found[column] = values
    for name in TEXTS:
        if name in table:
            found[name] = table[name]
    if "name" in table and "name_zh" not in table:
        found["name_zh"] = table["name"]
    return found


def _numbers(column: pd.Series[str]) -> pd.Series[float]:
    """Return the numbers of a column, NaN where a cell holds none."""
    return pd.Series(
        [float(cell) if _NUMBER.fullmatch(cell) else float("nan") for cell in column], column.index
    )


def _swapped(table: pd.DataFrame, column: str) -> str:
    """Return the hint that latitudes stand where longitudes should, where that is so."""
    if column != "lat":
        return ""
    lon, lat = _numbers(table["lon"]), _numbers(table["lat"])
    return "; lon and lat look swapped" if (lat.abs() > 90).any() and (lon.abs() <= 90).all() else ""  # noqa: PLR2004


def _with_amounts(found: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the other columns of numbers."""
    left_out: dict[str, str] = {}
    for name in table:
        if name in found or name in {"name", ""}:
            continue
        values = _numbers(table[name])
        bad = ~values.between(*_AMOUNT) & (table[name] != "")
        if bad.any():
            left_out[str(name)] = min(table[name][bad])
        else:
            found[name] = values.fillna(0.0)
    found.attrs["left_out"] = left_out
    return found
