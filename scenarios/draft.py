"""A region being changed: copies of its tables, and what each change touched."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.distances import metric_xy
from network.errors import BadInputError, Problem, UnknownNameError
from network.schema import headway_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from network.parameters import Parameters
    from network.region import Region
    from scenarios.changes import Where


@dataclass(frozen=True, slots=True)
class Touched:
    """What one change touched.

    Attributes
    ----------
    by
        The card or scenario that the change stands in.
    change
        Type of the change.
    words
        What it did: ``headway of 41 services``.
    rows
        Rows touched by table; ``parameters`` counts numbers of the model.
    source, confidence
        Where the change or its numbers come from, and how sure it is.
    """

    by: str
    change: str
    words: str
    rows: Mapping[str, int] = field(default_factory=dict)
    source: str = ""
    confidence: str = "low"


class Tables:
    """Copies of a region's tables; rows that are added go into a table when it is next read as a whole.

    A table that is read is not to be edited in place: set it anew.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._frames: dict[str, pd.DataFrame] = {}
        self._added: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._columns: dict[tuple[str, str], list[Any]] = {}
        self._changed: set[str] = set()

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Return a table with the rows that were added."""
        if table not in self._frames:
            self._frames[table] = self._region.table(table)
        rows = self._added.pop(table, None)
        if rows:
            old = self._frames[table]
            columns = {name: [row.get(str(name)) for row in rows] for name in old}
            new = pd.DataFrame({name: _column(columns[name], dtype) for name, dtype in old.dtypes.items()})
            self._frames[table] = pd.concat([old, new], ignore_index=True)
        return self._frames[table]

    def __setitem__(self, table: str, frame: pd.DataFrame) -> None:
        """Put another table, all its rows included, in place of the old one."""
        self._added.pop(table, None)
        self._columns = {key: cells for key, cells in self._columns.items() if key[0] != table}
        self._frames[table] = frame
        self._changed.add(table)

    def add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to a table, blank where they say nothing."""
        self._added[table] += rows
        self._changed.add(table)
        for (owner, name), cells in self._columns.items():
            if owner == table:
                cells += [row.get(name) for row in rows]

    def column(self, table: str, name: str) -> Sequence[Any]:
        """Return the cells of a column that all rows fill; the table is not put together for it."""
        if (table, name) not in self._columns:
            self._columns[table, name] = self[table][name].tolist()
        return self._columns[table, name]

    def changed(self) -> dict[str, pd.DataFrame]:
        """Return the tables that are no longer those of the region."""
        return {table: self[table] for table in sorted(self._changed)}


class Draft:
    """Copies of a region's tables that changes work on; the region itself is never touched."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.about = region.about
        self.parameters: Parameters = region.parameters
        self.tables = Tables(region)
        self._xy = np.empty((0, 2))  # of stations, which are only ever added

    def finished(self) -> Region:
        """Return the changed region."""
        return self.region.replace(tables=self.tables.changed(), parameters=self.parameters)

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Add rows to a table, blank where they say nothing; return how many."""
        rows = list(rows)
        if rows:
            self.tables.add(table, rows)
        return len(rows)

    def services_where(self, where: Where) -> pd.Series[bool]:
        """Return which services a change is for.

        Raises
        ------
        BadInputError
            A name is unknown, a road is named, or nothing fits.
        """
        services = self.tables["services"]
        fits = pd.Series(True, index=services.index)
        if where.road is not None:
            raise BadInputError(Problem("where.road", "services run on lines", "give class, line or service"))
        for word, column in ((where.class_, "class"), (where.line, "line_id"), (where.service, "service_id")):
            if word is None:
                continue
            same = services[column] == word
            if column == "service_id":
                same |= services[column].str.startswith(f"{word}~")
            if not same.any() and column != "class":
                raise UnknownNameError(column.removesuffix("_id"), word, sorted(set(services[column]) - {""}))
            fits &= same
        if not fits.any():
            raise BadInputError(Problem("where", "matches no service", "see the tables of the region"))
        return fits

    def station_ids(self) -> set[str]:
        """Return the ids of all stations."""
        return set(self.tables.column("stations", "station_id"))

    @cached_property
    def centres(self) -> pd.DataFrame:
        """Places of the area."""
        places = self.region.places
        return places[places["in_area"]]

    @cached_property
    def centres_xy(self) -> NDArray[np.float64]:
        """Positions of the places of the area in the region's metric CRS, m, [places, 2]."""
        return metric_xy(self.region, self.centres)

    def station_xy(self) -> NDArray[np.float64]:
        """Return the positions of all stations in the region's metric CRS, m, [stations, 2]."""
        done = len(self._xy)
        lon, lat = (self.tables.column("stations", name) for name in ("lon", "lat"))
        if len(lon) > done:
            new = pd.DataFrame({"lon": lon[done:], "lat": lat[done:]})
            self._xy = np.concatenate([self._xy, metric_xy(self.region, new)])
        return self._xy

    @cached_property
    def old_station_ids(self) -> set[str]:
        """Ids of the stations of the region as it was."""
        return set(self.region.stations["station_id"])

    @cached_property
    def old_served_ids(self) -> set[str]:
        """Ids of the stations at which trains of the region as it was call."""
        return set(self.region.service_stops["station_id"])

    def by(self, table: str, key: str, *columns: str) -> dict[str, Any]:
        """Return the cells of a column by those of another, or of several columns as tuples."""
        cells = [self.tables.column(table, name) for name in columns]
        values = cells[0] if len(cells) == 1 else zip(*cells, strict=True)
        return dict(zip(self.tables.column(table, key), values, strict=True))

    def headways(self, given: Mapping[str, float]) -> dict[str, float]:
        """Return headways by column; ``pm-peak`` takes am-peak's and ``evening`` midday's if not given.

        Raises
        ------
        BadInputError
            A period is unknown.
        """
        names = self.about.period_names
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise BadInputError(
                Problem(f"headway_min.{name}", "is no period of the region", f"use {', '.join(names)}")
                for name in unknown
            )
        full = dict(given)
        for name, like in (("pm-peak", "am-peak"), ("evening", "midday")):
            if name in names and like in given:
                full.setdefault(name, given[like])
        return {headway_column(name): value for name, value in full.items()}


def _column(values: list[Any], dtype: Any) -> pd.Series[Any]:
    """Return the values of one column of new rows; a blank text is empty, a blank mark is false."""
    blank = [value is None or value is pd.NA or value != value for value in values]  # noqa: PLR0124 - not a number
    if pd.api.types.is_bool_dtype(dtype):
        values = [bool(value) and not no for value, no in zip(values, blank, strict=True)]
    elif pd.api.types.is_string_dtype(dtype):
        values = ["" if no else str(value) for value, no in zip(values, blank, strict=True)]
    column: pd.Series[Any] = pd.Series(values, dtype=dtype)
    return column
