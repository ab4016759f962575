"""Columns of whole numbers that a caller gives: every problem of theirs, each with its row."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from network.errors import BadInputError, Problem
from sim.kernels.dijkstra import UNREACHED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Int32Array = NDArray[np.int32]

TIMES = f"times are 0 to {UNREACHED} s"
"""The sentence that says which times a link may take."""


def checked_number(value: Any, name: str, least: int, most: int, problems: list[Problem]) -> int:
    """Return a whole number from `least` to `most`; note the problem where it is none."""
    try:
        number = operator.index(value)
    except TypeError:
        problems.append(Problem(name, f"{value!r} is not a whole number"))
        return least
    if not least <= number <= most:
        problems.append(Problem(name, f"{number} is not between {least} and {most}"))
    return number


def _array(values: Any, name: str, n_dimensions: int, problems: list[Problem]) -> NDArray[Any] | None:
    """Return an array of numbers; note the problem and return None where it is none."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        problems.append(Problem(name, f"is no array: {error}"))
        return None
    if array.ndim != n_dimensions:
        problems.append(Problem(name, f"has {array.ndim} dimensions, not {n_dimensions}"))
        return None
    if array.size and array.dtype.kind not in "iuf":
        problems.append(Problem(name, f"holds {array.dtype}, not whole numbers"))
        return None
    return array


def checked_column(
    values: Any, name: str, most: int, problems: list[Problem], *, fix: str = ""
) -> Int32Array | None:
    """Return a new column of whole numbers up to `most`; note every problem, None where it is no column."""
    column = _array(values, name, 1, problems)
    return None if column is None else _bounded(column, name, 0, most, problems, fix=fix)


def _bounded(
    array: NDArray[Any], name: str, least: int, most: int, problems: list[Problem], *, fix: str = ""
) -> Int32Array:
    """Return an array of numbers as int32; note each kind of value that is wrong, with its first row."""
    if not array.size or (array.dtype.kind in "iu" and array.min() >= least and array.max() <= most):
        return array.astype(np.int32, order="C")
    finite = np.isfinite(array)
    known = np.where(finite, array, least)
    kinds = {
        "is not finite": ~finite,
        "is not a whole number": known != np.floor(known),
        "is negative" if least == 0 else f"is below {least}": known < least,
        f"is above {most}": known > most,
    }
    for what, wrong in kinds.items():
        if wrong.any():
            place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
            more = int(np.count_nonzero(wrong)) - 1
            where = f"{name} row {place[0]}" + "".join(f", column {column}" for column in place[1:])
            problems.append(
                Problem(where, f"{array[place]} {what}" + (f", and {more} more" if more else ""), fix)
            )
    fits = np.logical_not(np.logical_or.reduce(list(kinds.values())))
    return np.where(fits, known, 0).astype(np.int32, order="C")


def checked_table(values: Any, n_links: int, problems: list[Problem]) -> Int32Array:
    """Return the values of each link, [links, k]; note every problem."""
    table = _array(values, "values", 2, problems)
    if table is None:
        return np.empty((n_links, 0), np.int32)
    if len(table) != n_links:
        problems.append(
            Problem("values", f"has {len(table)} rows for {n_links} links", "give one row a link")
        )
    return _bounded(table, "values", -UNREACHED, UNREACHED, problems)


def checked_numbers(
    values: Any, name: str, size: int, least: float, problems: list[Problem]
) -> NDArray[np.float64]:
    """Return a new column of numbers from `least` on, possibly infinite; note every problem."""
    column = _array(values, name, 1, problems)
    if column is None:
        return np.zeros(size)
    if column.size != size:
        problems.append(Problem(name, f"has {column.size} rows, not {size}"))
    numbers = column.astype(np.float64)
    wrong = ~(numbers >= least)
    if wrong.any():
        row = int(np.argmax(wrong))
        problems.append(
            Problem(
                f"{name} row {row}",
                f"{column[row]} is not a number" + (f" from {least:g}" if least > -np.inf else ""),
            )
        )
    return numbers


def checked_seconds(values: Any, n_links: int) -> Int32Array:
    """Return new, read-only times of the links of a graph; a `BadInputError` lists every problem."""
    problems: list[Problem] = []
    column = checked_column(values, "seconds", UNREACHED, problems, fix=TIMES)
    if column is not None and column.size != n_links:
        what = f"has {column.size} rows for {n_links} links"
        problems.append(Problem("seconds", what, "give one row a link"))
    if problems or column is None:
        raise BadInputError(problems)
    column.flags.writeable = False
    return column
