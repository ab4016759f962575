"""The verb `matrix`: times between many places, written whole or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from network.errors import BadInputError, Problem
from network.reader import read_text
from onehour.files import whole_file

if TYPE_CHECKING:
    from pathlib import Path

    from onehour.study import Study

ENDINGS = (".parquet", ".csv")


def write_matrix(
    study: Study, output: Path, places: Path | None, *, zones: bool, words: dict[str, str]
) -> dict[str, Any]:
    """Write a matrix to a file; return what was written.

    Parameters
    ----------
    study
        The region under a scenario.
    output
        A ``.parquet`` or ``.csv`` file; its folder must be there.
    places
        CSV file with the columns id, lon, lat (and name_zh, name_en, population if there are any). Without
        it, and without `zones`, the matrix is that of the region's centres.
    zones
        Take the region's zones.
    words
        clock, mode, period, traveller, statistic.

    Raises
    ------
    BadInputError
        A file or an option cannot be used; lists every problem.
    """
    problems = []
    if output.suffix not in ENDINGS:
        problems.append(
            Problem(str(output), f"has the ending {output.suffix!r}", f"use {' or '.join(ENDINGS)}")
        )
    if not output.parent.is_dir():
        problems.append(Problem(str(output), f"the folder {output.parent} is not there", "make it first"))
    if places is not None and zones:
        problems.append(Problem("--zones", "stands beside --places", "give one of the two"))
    given: list[str] | pd.DataFrame | None = None
    if places is not None:
        given = _read_places(places, problems)
    elif zones:
        given = sorted(study.network.region.zones["zone_id"])
        if not given:
            problems.append(Problem("--zones", "the region has no zones", "give --places FILE.csv"))
    if problems:
        raise BadInputError(problems)
    table = study.matrix(given, **words)
    found = {str(name): value for name, value in table.attrs.items()}
    with whole_file(output) as file:
        if output.suffix == ".csv":
            table.to_csv(file, index=False, encoding="utf-8")
        else:
            _write_parquet(table, found, file)
    names = (
        "region",
        "scenario",
        "scenario_hash",
        "region_hash",
        "clock",
        "mode",
        "period",
        "traveller",
        "statistic",
    )
    return {
        "file": str(output),
        "rows": len(table),
        "reached": int(table["minutes"].notna().sum()),
        **{name: found[name] for name in names},
    }


def _write_parquet(table: pd.DataFrame, found: dict[str, Any], file: Path) -> None:
    """Write a table as Parquet with its provenance, missing minutes as null."""
    data = pa.Table.from_pandas(table, preserve_index=False)
    held = {b"onehour": json.dumps(found, ensure_ascii=False, default=str).encode()}
    pq.write_table(data.replace_schema_metadata({**(data.schema.metadata or {}), **held}), file)


def _read_places(path: Path, problems: list[Problem]) -> pd.DataFrame | None:
    """Return the table of places in a CSV file, or None with problems added."""
    import csv  # noqa: PLC0415
    import io  # noqa: PLC0415

    text = read_text(path, problems)
    if text is None:
        return None
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        problems.append(Problem(path.name, f"is no CSV: {error}", "mend the quotes"))
        return None
    if not rows:
        problems.append(Problem(path.name, "holds no place", "a header id,lon,lat and a row a place"))
        return None
    return pd.DataFrame(rows)
