"""The tables of a region, their columns and keys: read from ``schema.csv``, the single source.

The validator, the format's page in ``docs/`` and the reader all use this table. A column named
``headway_<period>_min`` stands for one column per period of ``region.toml``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

#: Tables in the order in which they are read; a table may refer to those before it.
TABLES = (
    "places",
    "zones",
    "opportunities",
    "stations",
    "centre_stations",
    "transfers",
    "lines",
    "line_stops",
    "services",
    "service_stops",
    "road_nodes",
    "road_links",
)

_PERIOD = "<period>"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: a row of ``schema.csv``."""

    table: str
    name: str
    type: str
    unit: str
    required: bool
    key: bool
    references: tuple[tuple[str, str], ...]
    allowed: str
    default: str
    description: str

    @property
    def choices(self) -> tuple[str, ...]:
        """Allowed words of a ``choice`` column."""
        return tuple(self.allowed.split("|")) if self.type == "choice" else ()

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest allowed number, both included."""
        if self.type not in {"float", "int"} or not self.allowed:
            return float("-inf"), float("inf")
        low, _, high = self.allowed.partition("..")
        return float(low or "-inf"), float(high or "inf")


@cache
def schema() -> dict[str, tuple[Column, ...]]:
    """Return the columns of every table, as ``schema.csv`` has them."""
    text = files("network").joinpath("schema.csv").read_text(encoding="utf-8")
    tables: dict[str, list[Column]] = {name: [] for name in TABLES}
    for row in csv.DictReader(text.splitlines()):
        references = tuple(
            (target.partition(".")[0], target.partition(".")[2])
            for target in row["references"].split("|")
            if target
        )
        tables[row["table"]].append(
            Column(
                table=row["table"],
                name=row["column"],
                type=row["type"],
                unit=row["unit"],
                required=row["required"] == "yes",
                key=row["key"] == "yes",
                references=references,
                allowed=row["allowed"],
                default=row["default"],
                description=row["description"],
            )
        )
    return {name: tuple(columns) for name, columns in tables.items()}


def columns(table: str, periods: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns of `table`, with one for each of `periods` where the schema says so."""
    out: list[Column] = []
    for column in schema()[table]:
        if _PERIOD in column.name:
            out += [_with_name(column, headway_column(period)) for period in periods]
        else:
            out.append(column)
    return tuple(out)


def headway_column(period: str) -> str:
    """Return the column of `services` that holds the headway of `period`, in minutes."""
    return f"headway_{period.replace('-', '_')}_min"


def keys(table: str) -> tuple[str, ...]:
    """Return the key columns of `table`."""
    return tuple(column.name for column in schema()[table] if column.key)


def _with_name(column: Column, name: str) -> Column:
    values = {field: getattr(column, field) for field in Column.__slots__}
    return Column(**{**values, "name": name})
