"""The verb `matrix`: times between many places, written whole or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from network.errors import BadInputError, Problem, tried
from network.graph import PARTS
from network.points import read_points
from onehour.files import output_problems, whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from onehour.study import Study

    Places = list[str] | pd.DataFrame

ENDINGS = (".parquet", ".csv", ".omx")

SIDES = ("centres", "zones", "stations", "cells")

MOST_PAIRS = 10_000_000
"""Pairs that are computed at once at most."""

CELL_M = 500.0
"""Side of cells where none is given, m."""

#: What the verb tells of the matrix that it wrote, beside the file and the numbers of rows.
_TOLD = (
    "region",
    "scenario",
    "scenario_hash",
    "region_hash",
    "clock",
    "mode",
    "period",
    "traveller",
    "statistic",
    "timing",
    "set",
)


@dataclass(frozen=True)
class Side:
    """What stands at one side of a matrix.

    Attributes
    ----------
    word
        ``centres``, ``zones``, ``stations`` or ``cells``; blank where there is a table.
    table
        Places of a file.
    cell_m
        Side of the cells, m.
    """

    word: str = "centres"
    table: pd.DataFrame | None = None
    cell_m: float = CELL_M

    def of(self, study: Study) -> list[str] | pd.DataFrame:
        """Return the places of this side in a study.

        Raises
        ------
        BadInputError
            The region has none of these, or the side of the cells is no sensible length.
        """
        if self.table is not None:
            return self.table
        if self.word == "centres":
            return study.centres()
        if self.word == "cells":
            from sim.grid import grid_of  # noqa: PLC0415 - loads shapely

            return grid_of(study.area.region, self.cell_m).cells()
        key = {"zones": "zone_id", "stations": "station_id"}[self.word]
        found = sorted(study.network.region.table(self.word)[key])
        if not found:
            raise BadInputError(
                Problem(self.word, "the region has none", "give a CSV file with id, lon, lat")
            )
        return found


def given_sides(
    start: str,
    end: str | None,
    places: Path | None,
    *,
    zones: bool,
    cell_m: float,
    problems: list[Problem],
) -> tuple[Side, Side]:
    """Return origins and destinations as options name them; what is wrong is added to `problems`.

    Parameters
    ----------
    start, end
        Values of ``--from`` and ``--to``; None is what `start` says.
    places, zones
        ``--places FILE`` and ``--zones``, short for both of them.
    cell_m
        Side of cells, m.
    problems
        Gets every problem.
    """
    long = ["--from"] * (start != "centres") + ["--to"] * (end is not None)
    if zones and long:
        problems.append(Problem(long[0], "stands beside --zones", "give one of the two"))
    if places is not None and (zones or long):
        what = "stands beside --places"
        problems.append(Problem("--zones" if zones else long[0], what, "give one of the two"))
    if places is not None:
        side = Side("", read_points(places, problems))
        return side, side
    if zones:
        return Side("zones"), Side("zones")
    one = side_given("--from", start, cell_m, problems)
    return one, one if end is None else side_given("--to", end, cell_m, problems)


def side_given(option: str, word: str, cell_m: float, problems: list[Problem]) -> Side:
    """Return the side of a matrix that a word or the name of a CSV file means; problems are added.

    Parameters
    ----------
    option
        Where the word stands: ``--from``.
    word
        ``centres``, ``zones``, ``stations``, ``cells``, or a CSV file with the columns id, lon, lat (and
        name_zh, name_en, population if there are any).
    cell_m
        Side of cells, m.
    problems
        Gets every problem.
    """
    if word in SIDES:
        return Side(word, None, cell_m)
    if not word.lower().endswith(".csv"):
        fix = f"{', '.join(SIDES)}, or a file .csv with the columns id, lon, lat"
        problems.append(Problem(option, f"{word!r} is no set of places", fix))
        return Side()
    return Side("", read_points(Path(word), problems), cell_m)


def write_matrix(
    study: Study,
    output: Path,
    sides: tuple[Side, Side],
    words: Mapping[str, str | None],
    *,
    parts: bool = True,
    bom: bool = False,
    within_min: float | None = None,
) -> dict[str, Any]:
    """Write a matrix to a file; return what was written.

    Parameters
    ----------
    study
        The region under a scenario.
    output
        A ``.parquet``, ``.csv`` or ``.omx`` file; its folder must be there.
    sides
        Origins and destinations.
    words
        clock, mode, period, traveller, statistic, timing; None is the default.
    parts
        Whether to find the parts of the times.
    within_min
        Limit of the share of departures that the column ``reliability`` tells, minutes; none by default.
    bom
        Whether a CSV file begins with a byte order mark, by which Excel knows UTF-8.

    Raises
    ------
    BadInputError
        A file or a place cannot be used; lists every problem.
    """
    if problems := output_problems(output, ENDINGS):
        raise BadInputError(problems)
    asked = {name: word for name, word in words.items() if word is not None}
    origins, destinations = places_of(study, sides)
    if len(origins) * len(destinations) > MOST_PAIRS:
        what = f"{len(origins)} × {len(destinations)} pairs are too many at once"
        raise BadInputError(Problem(str(output), what, "compute them in blocks: --block 100"))
    table = study.matrix(origins, destinations, parts=parts, within_min=within_min, **asked)
    found = {str(name): value for name, value in table.attrs.items()}
    with whole_file(output) as file:
        ending = output.suffix.lower()
        if ending == ".csv":
            table.to_csv(file, index=False, encoding="utf-8-sig" if bom else "utf-8")
        elif ending == ".omx":
            _write_omx(table, found, file)
        else:
            _write_parquet(table, found, file)
    return {
        "file": str(output),
        "rows": len(table),
        "reached": int(table["minutes"].notna().sum()),
        **{name: found[name] for name in _TOLD},
    }


def write_blocks(
    study: Study,
    output: Path,
    sides: tuple[Side, Side],
    words: Mapping[str, str | None],
    **options: Any,
) -> dict[str, Any]:
    """Write a matrix in blocks; return what was written. See `onehour.blocks.write_blocks`."""
    origins, destinations = places_of(study, sides)
    table = study.matrix_blocks(output, origins, destinations, **options, **words)
    found = {str(name): value for name, value in table.attrs.items()}
    return {
        "file": found["output"],
        "rows": int(table["rows"].sum()),
        "reached": int(table["reached"].sum()),
        **{name: found[name] for name in ("blocks", "kept", "computed", "damaged", *_TOLD)},
    }


def places_of(study: Study, sides: tuple[Side, Side]) -> tuple[Places, Places]:
    """Return the places of both sides.

    Raises
    ------
    BadInputError
        The region has none of these; lists every problem.
    """
    problems: list[Problem] = []
    origins, destinations = (tried(partial(side.of, study), problems) for side in sides)
    if problems:
        raise BadInputError(dict.fromkeys(problems))
    return origins, destinations


def _write_parquet(table: pd.DataFrame, found: dict[str, Any], file: Path) -> None:
    """Write a table as Parquet with its provenance, missing minutes as null."""
    data = pa.Table.from_pandas(table, preserve_index=False)
    held = {b"onehour": json.dumps(found, ensure_ascii=False, default=str).encode()}
    pq.write_table(data.replace_schema_metadata({**(data.schema.metadata or {}), **held}), file)


def _write_omx(table: pd.DataFrame, found: dict[str, Any], file: Path) -> None:
    """Write a complete table of pairs, sorted by origin and destination, as an Open Matrix file, OMX 0.2.

    Matrices are ``minutes`` and the parts, NaN where there is no journey; mappings are ``zone_id`` (UTF-8
    text) and ``zone_number``, which counts from 1.
    """
    origins, destinations = (table[end].unique() for end in ("origin", "destination"))
    shape = len(origins), len(destinations)
    with h5py.File(file, "w", track_order=False) as omx:
        omx.attrs["OMX_VERSION"] = np.bytes_(b"0.2")
        omx.attrs["SHAPE"] = np.array(shape, np.int32)
        omx.attrs["onehour"] = json.dumps(found, ensure_ascii=False, default=str)
        data, lookup = omx.create_group("data"), omx.create_group("lookup")
        names = [name for name in ("minutes", *(f"{part}_min" for part in PARTS)) if name in table]
        shares = ["reliability"] if "reliability" in table else []
        for name in (*names, *shares):
            values = table[name].to_numpy(np.float64).reshape(shape)
            matrix = data.create_dataset(name, data=values, compression="gzip", shuffle=True)
            matrix.attrs["NA"] = np.nan
            matrix.attrs["unit"] = "share" if name in shares else "min"
        lookup["zone_id"] = np.array([name.encode() for name in origins], np.bytes_)
        lookup["zone_number"] = np.arange(1, len(origins) + 1, dtype=np.int32)


def write_rows(table: pd.DataFrame, output: Path) -> None:
    """Write a table of any rows to a ``.csv`` or ``.parquet`` file, with its ``attrs`` in the latter.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """
    with whole_file(output) as file:
        if output.suffix.lower() == ".csv":
            table.to_csv(file, index=False, encoding="utf-8")
        else:
            _write_parquet(table, {str(name): value for name, value in table.attrs.items()}, file)
