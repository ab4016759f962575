"""From the text cells of a table to a checked frame: each distinct text is read once, each problem told.

A frame made here has the table's row numbers as its index: the header is row 1, as a spreadsheet counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any

import pandas as pd

from network.errors import Problem, suggest
from network.schema import Column, columns, keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Largest whole number of a table: the largest up to which a float holds every whole number.
MAX_WHOLE = 2**53

#: An identifier: no spaces, commas, semicolons, bars or quotes.
ID = re.compile(r"[^\s,;|\"']+")

#: A time of day, which may pass midnight: 25:10.
CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])")

#: A number, and a whole one.
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
WHOLE = re.compile(r"[+-]?[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_BLANK: dict[str, Any] = {"float": float("nan"), "int": pd.NA, "date": pd.NaT, "bool": False}
_DTYPE = {"float": "float64", "int": "Int64", "bool": "bool", "date": "datetime64[s]"}
_MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as text.

    Attributes
    ----------
    name
        Name of the table in the schema; problems name the file ``<name>.csv``.
    header
        Names of the columns.
    rows
        Cells of each row, as many as the header has.
    numbers
        Number of each row; the header is row 1.
    """

    name: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int]


def empty_table(name: str, periods: tuple[str, ...]) -> pd.DataFrame:
    """Return the table called `name` without rows."""
    return _frame(columns(name, periods), {}, ())


def parse_table(raw: RawTable, periods: tuple[str, ...], problems: list[Problem]) -> pd.DataFrame:
    """Return the frame of a table of text; what is wrong is added to `problems`.

    Parameters
    ----------
    raw
        The text.
    periods
        Names of the region's periods.
    problems
        Gets every problem of the table, in the order of its rows.
    """
    wanted = columns(raw.name, periods)
    file = f"{raw.name}.csv"
    if not _check_header(file, raw.header, wanted, problems):
        return empty_table(raw.name, periods)
    found: list[tuple[int, Problem]] = []
    values = {}
    for column in wanted:
        place = raw.header.index(column.name) if column.name in raw.header else None
        texts = [""] * len(raw.rows) if place is None else [row[place].strip() for row in raw.rows]
        parsed = {text: _parse(column, text) for text in dict.fromkeys(texts)}
        values[column.name] = [parsed[text].value for text in texts]
        if any(cell.what for cell in parsed.values()):
            found += [
                (number, Problem(f"{file} row {number}, {column.name}", parsed[text].what, parsed[text].fix))
                for number, text in zip(raw.numbers, texts, strict=True)
                if parsed[text].what
            ]
    found += _repeated(raw.name, values, raw.numbers)
    found.sort(key=lambda pair: pair[0])
    problems += [problem for _, problem in found]
    return _frame(wanted, values, raw.numbers)


def _check_header(
    file: str, header: Sequence[str], wanted: tuple[Column, ...], problems: list[Problem]
) -> bool:
    before = len(problems)
    known = [column.name for column in wanted]
    for name in dict.fromkeys(header):
        if name not in known:
            problems.append(
                Problem(f"{file} row 1", f"unknown column {shown(name)}", suggest(name[:_MAX_SHOWN], known))
            )
        elif header.count(name) > 1:
            problems.append(Problem(f"{file} row 1", f"column {name!r} stands twice", "remove one"))
    problems += [
        Problem(f"{file} row 1", f"column {column.name!r} is missing", column.description)
        for column in wanted
        if column.required and column.name not in header
    ]
    return len(problems) == before


def _frame(
    wanted: tuple[Column, ...], values: Mapping[str, list[Any]], numbers: Sequence[int]
) -> pd.DataFrame:
    index = pd.Index(list(numbers), dtype="int64")
    return pd.DataFrame(
        {
            column.name: pd.Series(
                values.get(column.name, []), index=index, dtype=_DTYPE.get(column.type, "str")
            )
            for column in wanted
        },
        index=index,
    )


def _repeated(
    name: str, values: Mapping[str, list[Any]], numbers: Sequence[int]
) -> list[tuple[int, Problem]]:
    parts = keys(name)
    first: dict[tuple[Any, ...], int] = {}
    found = []
    for number, *key in zip(numbers, *(values[part] for part in parts), strict=True):
        if any(part is pd.NA or part == "" for part in key):
            continue
        before = first.setdefault(tuple(key), number)
        if before != number:
            what = f"{', '.join(map(str, key))} stands already in row {before}"
            where = f"{name}.csv row {number}, {', '.join(parts)}"
            found.append((number, Problem(where, what, "remove one of them")))
    return found


@dataclass(frozen=True, slots=True)
class _Cell:
    """Value of a cell; `what` is the problem with it, blank if none."""

    value: Any
    what: str = ""
    fix: str = ""


def _parse(column: Column, raw: str) -> _Cell:
    text = raw or column.default
    if not text:
        what, fix = ("is blank", column.description) if column.required else ("", "")
        return _Cell(_BLANK.get(column.type, ""), what, fix)
    return _PARSERS[column.type](column, text)


def _flag(_: Column, text: str) -> _Cell:
    if text.lower() in _WORDS:
        return _Cell(_WORDS[text.lower()])
    return _Cell(False, f"{shown(text)} is not yes or no", "write yes or no")


def _choice(column: Column, text: str) -> _Cell:
    if text in column.choices:
        return _Cell(text)
    what = f"{shown(text)} is none of {', '.join(column.choices)}"
    return _Cell("", what, suggest(text[:_MAX_SHOWN], column.choices))


def _id(_: Column, text: str) -> _Cell:
    if ID.fullmatch(text):
        return _Cell(text)
    return _Cell("", f"{shown(text)} is no identifier", "no spaces, commas or quotes")


def _ids(_: Column, text: str) -> _Cell:
    if all(ID.fullmatch(part) for part in text.split(";")):
        return _Cell(text)
    return _Cell("", f"{shown(text)} is no list of identifiers", "separate them by ;")


def _times(column: Column, text: str) -> _Cell:
    parts = text.split() if column.type == "times" else [text]
    bad = [part for part in parts if not CLOCK.fullmatch(part)]
    if bad:
        return _Cell("", f"{shown(bad[0])} is no time", "write it as 07:05")
    return _Cell(" ".join(parts))


def _number(column: Column, text: str) -> _Cell:
    blank, (low, high) = _BLANK[column.type], column.bounds
    unit = f" {column.unit}" if column.unit else ""
    ends = f"from {low:g} to {high:g}{unit}" if isfinite(high) else f"of {low:g}{unit} or more"
    fix = f"a number {ends}"
    whole = column.type == "int"
    if not (WHOLE if whole else NUMBER).fullmatch(text):
        if text.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
            return _Cell(blank, f"{shown(text)} is not finite", fix)
        return _Cell(blank, f"{shown(text)} is no {'whole ' * whole}number", fix)
    near = float(text)
    if not isfinite(near) or (whole and abs(int(text)) > MAX_WHOLE):
        return _Cell(blank, f"{shown(text)} is too large", fix)
    if not low <= near <= high:
        return _Cell(blank, f"{shown(text)} is out of range", fix)
    return _Cell(int(text) if whole else near)


def _day(_: Column, text: str) -> _Cell:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not _DATE.fullmatch(text):
        return _Cell(pd.NaT, f"{shown(text)} is no date", "write it as 2026-11-01")
    return _Cell(pd.Timestamp(day))


_PARSERS: dict[str, Callable[[Column, str], _Cell]] = {
    "bool": _flag,
    "choice": _choice,
    "date": _day,
    "float": _number,
    "id": _id,
    "ids": _ids,
    "int": _number,
    "text": lambda _, text: _Cell(text),
    "time": _times,
    "times": _times,
}


def shown(text: str) -> str:
    """Return the text as a message shows it: quoted, and cut where it is very long."""
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…")
