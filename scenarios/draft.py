"""A region being changed: copies of its tables, and what each change touched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from network.errors import BadInputError, Problem, UnknownNameError
from network.schema import TABLES, headway_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


class Draft:
    """Copies of a region's tables that changes work on; the region itself is never touched."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.about = region.about
        self.parameters: Parameters = region.parameters
        self.tables = {name: region.table(name) for name in TABLES}

    def finished(self) -> Region:
        """Return the changed region."""
        return self.region.replace(tables=self.tables, parameters=self.parameters)

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Add rows to a table, blank where they say nothing; return how many."""
        rows = list(rows)
        if not rows:
            return 0
        old = self.tables[table]
        new = {}
        for column, dtype in old.dtypes.items():
            cells = [None if pd.isna(cell) else cell for cell in (row.get(str(column)) for row in rows)]
            if pd.api.types.is_bool_dtype(dtype):
                cells = [bool(cell) for cell in cells]
            elif pd.api.types.is_string_dtype(dtype):
                cells = ["" if cell is None else cell for cell in cells]
            new[column] = pd.Series(cells, dtype=dtype)
        self.tables[table] = pd.concat([old, pd.DataFrame(new)], ignore_index=True)
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
        return set(self.tables["stations"]["station_id"])

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
