"""The tables of a feed that matter here: their columns, and the checked frames of a file's bytes.

A frame has the file's row numbers as its index: the header is row 1, as a spreadsheet counts.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from network import errors
from network.cells import NUMBER, WHOLE, shown
from network.errors import MOST_TOLD, Problem
from network.gtfs.clock import find_clock_s
from network.reader import decoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

NO_TIME, BAD_TIME = -1, -2
"""Clock times that are blank, and that cannot be read, s; blank whole numbers are -1 too."""


BAD_NUMBER = np.inf
"""A number that cannot be read; a blank one is NaN."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a feed's file.

    Attributes
    ----------
    name
        As the format has it.
    kind
        ``text``, ``whole``, ``number``, ``clock`` or ``day``.
    needed
        Whether the column must be there, and each of its cells filled.
    low, high
        Least and largest number.
    blank
        Number that a blank cell stands for.
    """

    name: str
    kind: str = "text"
    needed: bool = False
    low: float = 0
    high: float = 2**31 - 1
    blank: float = NO_TIME


def _flags(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, "whole", needed=True, high=1) for name in names)


#: Columns that are read, by file; others are left alone.
FIELDS: dict[str, tuple[Field, ...]] = {
    "agency": (Field("agency_name"), Field("agency_timezone", needed=True), Field("agency_lang")),
    "stops": (
        Field("stop_id", needed=True),
        Field("stop_name"),
        Field("stop_lat", "number", low=-90, high=90),
        Field("stop_lon", "number", low=-180, high=180),
        Field("location_type", "whole", high=4, blank=0),
        Field("parent_station"),
        Field("onehour_class"),
    ),
    "routes": (
        Field("route_id", needed=True),
        Field("route_short_name"),
        Field("route_long_name"),
        Field("route_type", "whole", needed=True),
        Field("route_color"),
    ),
    "trips": (
        Field("route_id", needed=True),
        Field("service_id", needed=True),
        Field("trip_id", needed=True),
    ),
    "stop_times": (
        Field("trip_id", needed=True),
        Field("arrival_time", "clock"),
        Field("departure_time", "clock"),
        Field("stop_id", needed=True),
        Field("stop_sequence", "whole", needed=True),
        Field("pickup_type", "whole", high=3, blank=0),
        Field("drop_off_type", "whole", high=3, blank=0),
        Field("shape_dist_traveled", "number", high=1e9),
    ),
    "calendar": (
        Field("service_id", needed=True),
        *_flags("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        Field("start_date", "day", needed=True),
        Field("end_date", "day", needed=True),
    ),
    "calendar_dates": (
        Field("service_id", needed=True),
        Field("date", "day", needed=True),
        Field("exception_type", "whole", needed=True, low=1, high=2),
    ),
    "frequencies": (
        Field("trip_id", needed=True),
        Field("start_time", "clock", needed=True),
        Field("end_time", "clock", needed=True),
        Field("headway_secs", "whole", needed=True, low=1, high=86_400),
        Field("exact_times", "whole", high=1, blank=0),
    ),
    "transfers": (
        *(Field(f"{end}_{what}_id") for what in ("stop", "route", "trip") for end in ("from", "to")),
        Field("transfer_type", "whole", high=5, blank=0),
        Field("min_transfer_time", "whole", high=86_400),
    ),
    "feed_info": (Field("feed_lang"),),
    "attributions": (Field("organization_name", needed=True),),
    "translations": (
        *(Field(name) for name in ("table_name", "field_name", "language", "translation", "record_id")),
        Field("field_value"),
    ),
}

#: Columns of which no two rows of a file may have the same cells.
KEYS = {
    "stops": ("stop_id",),
    "routes": ("route_id",),
    "trips": ("trip_id",),
    "stop_times": ("trip_id", "stop_sequence"),
    "calendar": ("service_id",),
    "calendar_dates": ("service_id", "date"),
    "frequencies": ("trip_id", "start_time"),
}

#: Files without which there is no feed.
NEEDED = ("agency", "stops", "routes", "trips", "stop_times")


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """A file of a feed as it was read.

    Attributes
    ----------
    frame
        The columns of `FIELDS`: text blank where there is none, whole numbers and seconds int64, numbers
        float64, days text as YYYYMMDD.
    is_whole
        Whether all its rows could be read, so that what is not in it is nowhere.
    """

    frame: pd.DataFrame
    is_whole: bool


def empty_table(table: str, *, is_whole: bool = True) -> Table:
    """Return a table without rows."""
    return Table(_frame(table, {}, np.zeros(0, np.int64)), is_whole)


def read_table(table: str, feed: str, raw: bytes, problems: list[Problem]) -> Table:
    """Return the table of a file's bytes; what is wrong is added to `problems`.

    Parameters
    ----------
    table
        Name of the file without its ending.
    feed
        Name of the feed, which problems begin with.
    raw
        The bytes of the file.
    problems
        Gets what is wrong, by row and column.
    """
    where = f"{feed}/{table}.txt"
    before = len(problems)
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    header = _header(table, where, raw, problems)
    if header is None:
        return empty_table(table, is_whole=False)
    found: list[tuple[int, Problem]] = []
    cells, numbers = _cells(table, where, raw, header, found, problems)
    is_whole = len(problems) == before and not found
    values = {
        field.name: _values(field, cells[field.name], numbers, where, found)
        for field in FIELDS[table]
        if field.name in cells
    }
    frame = _frame(table, values, numbers)
    if frame.empty and table in NEEDED and is_whole:
        problems.append(Problem(where, "has no row", "the format demands one"))
    found += _repeated(table, where, frame)
    found.sort(key=lambda pair: pair[0])
    problems += [problem for _, problem in found]
    return Table(frame, is_whole)


def told(rows: NDArray[np.int64], where: str, column: str, what: str, fix: str) -> list[tuple[int, Problem]]:
    """Return the problem of some rows as `network.errors.told` does, each with its row, to be sorted by."""
    given = rows.tolist()
    return list(zip(given, errors.told(where, given, what, fix, column=column), strict=False))


def _header(table: str, where: str, raw: bytes, problems: list[Problem]) -> list[str] | None:
    before = len(problems)
    text = decoded(where, raw, problems)
    if text is None:
        return None
    first = text.partition("\n")[0]
    header = [name.strip() for name in next(csv.reader(io.StringIO(first)), [])]
    if not any(header):
        problems.append(Problem(where, "is empty", "give it a header and rows, or leave it out"))
        return None
    known = [field.name for field in FIELDS[table]]
    problems += [
        Problem(f"{where} row 1", f"column {name!r} stands twice", "remove one")
        for name in dict.fromkeys(header)
        if header.count(name) > 1 and name in known
    ]
    problems += [
        Problem(f"{where} row 1", f"column {field.name!r} is missing", "the format demands it")
        for field in FIELDS[table]
        if field.needed and field.name not in header
    ]
    if text.count('"') % 2:
        row = next(row for row, line in enumerate(text.splitlines(), 1) if line.count('"') % 2)
        problems.append(Problem(f"{where} row {row}", "a quote is opened and never closed", "close it"))
    return header if len(problems) == before else None


def _cells(
    table: str,
    where: str,
    raw: bytes,
    header: list[str],
    found: list[tuple[int, Problem]],
    problems: list[Problem],
) -> tuple[dict[str, pa.Array], NDArray[np.int64]]:
    """Return the text cells of the columns that are read, and the numbers of their rows."""
    wanted = [field.name for field in FIELDS[table] if field.name in header]
    columns = [f"{at} {name}" if header.index(name) != at else name for at, name in enumerate(header)]
    wrong: list[tuple[int, int]] = []

    def skip(row: Any) -> str:
        wrong.append((row.number, row.actual_columns))
        return "skip"

    body = memoryview(raw)[(raw.find(b"\n") + 1) or len(raw) :]
    rows = {name: pa.array([], pa.string()) for name in wanted}
    if not wanted:  # none of the columns is one that is read
        return rows, np.zeros(0, np.int64)
    if len(body):
        try:
            table_read = arrow_csv.read_csv(
                pa.BufferReader(body),
                read_options=arrow_csv.ReadOptions(column_names=columns, use_threads=False),
                parse_options=arrow_csv.ParseOptions(
                    newlines_in_values=b'"' in raw, invalid_row_handler=skip, ignore_empty_lines=False
                ),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=wanted,
                    column_types=dict.fromkeys(columns, pa.string()),
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as error:
            problems.append(Problem(where, f"is no CSV: {error}", "write it anew"))
            return rows, np.zeros(0, np.int64)
        rows = {name: table_read[name].combine_chunks() for name in wanted}
    found += _widths(wrong, where, len(header))
    count = len(next(iter(rows.values()))) + len(wrong)
    read = np.ones(count, bool)
    read[[number - 1 for number, _ in wrong]] = False
    numbers = np.flatnonzero(read) + 2
    blank = np.ones(len(numbers), bool)
    for cells in rows.values():
        blank &= np.asarray(pa.compute.equal(cells, ""))
    if blank.any():  # an empty line, which arrow takes for a row of blanks
        keep = np.flatnonzero(~blank)
        rows, numbers = {name: cells.take(pa.array(keep)) for name, cells in rows.items()}, numbers[keep]
    return rows, numbers


def _widths(wrong: list[tuple[int, int]], where: str, width: int) -> list[tuple[int, Problem]]:
    """Return the problems of rows that have other than `width` cells."""
    found = []
    for count in sorted({many for _, many in wrong}):
        rows = np.array([number + 1 for number, many in wrong if many == count], np.int64)
        fix = "quote cells that hold commas" if count > width else "give a cell for every column"
        found += told(rows, where, "", f"has {count} cells, the header {width}", fix)
    return found


def _values(
    field: Field, cells: pa.Array, numbers: NDArray[np.int64], where: str, found: list[tuple[int, Problem]]
) -> Any:
    """Return the values of a column; each distinct text is read once."""
    coded = cells.dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False)
    texts = [text.strip() for text in coded.dictionary.to_pylist()]
    parse, dtype = _PARSERS[field.kind]
    parsed = [_parsed(field, parse, text) for text in texts]
    for code, (_, what, fix) in enumerate(parsed):
        if what:
            found += told(numbers[codes == code], where, field.name, what, fix)
    return _array([value for value, _, _ in parsed], dtype).take(codes)


def _parsed(
    field: Field, parse: Callable[[Field, str], tuple[Any, str, str]], text: str
) -> tuple[Any, str, str]:
    if text:
        return parse(field, text)
    what = "is blank" if field.needed else ""
    return _BLANK.get(field.kind, field.blank), what, "the format demands it"


def _number(field: Field, text: str) -> tuple[Any, str, str]:
    whole = field.kind == "whole"
    kind, blank = ("whole number", field.blank) if whole else ("number", BAD_NUMBER)
    fix = f"a {kind} from {field.low:g} to {field.high:g}"
    if not (WHOLE if whole else NUMBER).fullmatch(text):
        return blank, f"{shown(text)} is no {kind}", fix
    if not field.low <= float(text) <= field.high:
        return blank, f"{shown(text)} is out of range", fix
    return (int(text) if whole else float(text)), "", ""


def _clock(_: Field, text: str) -> tuple[Any, str, str]:
    seconds = find_clock_s(text)
    if seconds is None:
        return BAD_TIME, f"{shown(text)} is no time", "write it as 07:05:00; it may pass 24:00:00"
    return seconds, "", ""


def _day(_: Field, text: str) -> tuple[Any, str, str]:
    try:
        good = len(text) == 8 and text.isascii() and text.isdigit() and date.fromisoformat(text)  # noqa: PLR2004
    except ValueError:
        good = False
    return (text, "", "") if good else ("", f"{shown(text)} is no day", "write it as 20301231")


_PARSERS: dict[str, tuple[Callable[[Field, str], tuple[Any, str, str]], str]] = {
    "text": (lambda _, text: (text, "", ""), "str"),
    "whole": (_number, "int64"),
    "number": (_number, "float64"),
    "clock": (_clock, "int64"),
    "day": (_day, "str"),
}
_BLANK: dict[str, Any] = {"text": "", "number": np.nan, "clock": NO_TIME, "day": ""}


def _frame(table: str, values: dict[str, Any], numbers: NDArray[np.int64]) -> pd.DataFrame:
    columns = {}
    for field in FIELDS[table]:
        dtype = _PARSERS[field.kind][1]
        if field.name in values:
            columns[field.name] = values[field.name]
        else:
            blank = [_BLANK.get(field.kind, field.blank)]
            columns[field.name] = _array(blank, dtype).repeat(len(numbers))
    return pd.DataFrame(columns, index=pd.Index(numbers, dtype="int64"))


def _array(values: list[Any], dtype: str) -> Any:
    return pd.Series(values, dtype=dtype).array


def _repeated(table: str, where: str, frame: pd.DataFrame) -> list[tuple[int, Problem]]:
    key = list(KEYS.get(table, ()))
    if not key:
        return []
    again = frame.duplicated(key)
    found = []
    for row, cells in zip(
        frame.index[again][:MOST_TOLD], frame.loc[again, key].itertuples(index=False), strict=False
    ):
        what = f"{', '.join(map(str, cells))} stands already in a row before"
        found.append((int(row), Problem(f"{where} row {row}, {', '.join(key)}", what, "remove one of them")))
    if again.sum() > MOST_TOLD:
        row = int(frame.index[again][MOST_TOLD])
        what = f"the same in {again.sum() - MOST_TOLD} more rows"
        found.append((row, Problem(f"{where} row {row}, {', '.join(key)}", what, "remove one of them")))
    return found
