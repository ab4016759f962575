"""The verb `matrix`: times between many places, written whole or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from network.errors import BadInputError, Problem
from network.graph import PARTS
from network.points import read_points
from onehour.files import output_problems, whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from onehour.study import Study

ENDINGS = (".parquet", ".csv", ".omx")

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
    "set",
)


def ends_given(places: Path | None, *, zones: bool, problems: list[Problem]) -> pd.DataFrame | str | None:
    """Return which places a matrix is between; what is wrong is added to `problems`.

    Parameters
    ----------
    places
        CSV file with the columns id, lon, lat (and name_zh, name_en, population if there are any).
    zones
        Take the region's zones.
    problems
        Gets every problem.

    Returns
    -------
    DataFrame or str or None
        The table of the file; ``zones``; or None, the region's centres.
    """
    if places is not None and zones:
        problems.append(Problem("--zones", "stands beside --places", "give one of the two"))
    if places is not None:
        return read_points(places, problems)
    return "zones" if zones else None


def write_matrix(
    study: Study,
    output: Path,
    given: pd.DataFrame | str | None,
    words: Mapping[str, str | None],
    *,
    bom: bool = False,
) -> dict[str, Any]:
    """Write a matrix to a file; return what was written.

    Parameters
    ----------
    study
        The region under a scenario.
    output
        A ``.parquet``, ``.csv`` or ``.omx`` file; its folder must be there.
    given
        What `ends_given` returns.
    words
        clock, mode, period, traveller, statistic; None is the default.
    bom
        Whether a CSV file begins with a byte order mark, by which Excel knows UTF-8.

    Raises
    ------
    BadInputError
        A file or a place cannot be used; lists every problem.
    """
    if problems := output_problems(output, ENDINGS):
        raise BadInputError(problems)
    ends: list[str] | pd.DataFrame | None = None
    if isinstance(given, pd.DataFrame):
        ends = given
    elif given == "zones":
        ends = sorted(study.network.region.zones["zone_id"])
        if not ends:
            raise BadInputError(Problem("--zones", "the region has no zones", "give --places FILE.csv"))
    asked = {name: word for name, word in words.items() if word is not None}
    table = study.matrix(ends, **asked)
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
        for name in ("minutes", *(f"{part}_min" for part in PARTS)):
            values = table[name].to_numpy(np.float64).reshape(shape)
            matrix = data.create_dataset(name, data=values, compression="gzip", shuffle=True)
            matrix.attrs["NA"] = np.nan
            matrix.attrs["unit"] = "min"
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
