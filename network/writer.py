"""Writing a region as the folder that reads as the same region."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.cells import RawTable, empty_table, parse_table
from network.parameters import default_parameters
from network.schema import TABLES, keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from network.errors import Problem
    from network.region import About, Region


def write_region(region: Region, folder: Path) -> None:
    """Write a region's tables, numbers and streets into `folder`, which reads as a region of equal hash.

    Parameters
    ----------
    region
        What to write. Tables without rows and columns without entries are left out.
    folder
        Made where it is not there; files of the same names are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        frame = region.table(name)
        if frame.empty:
            continue
        texts = {column: [cell_text(value) for value in frame[column]] for column in frame}
        kept = {column: cells for column, cells in texts.items() if column in keys(name) or any(cells)}
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(kept)
            rows.writerows(zip(*kept.values(), strict=True))
    (folder / "region.toml").write_text("\n".join(_about_lines(region.about)), encoding="utf-8")
    default = dict(default_parameters().as_table())
    own = [(name, row) for name, row in region.parameters.as_table() if default.get(name) != row]
    if own:
        lines = [
            f"[{name}]\nvalue = {row.value!r}\nunit = {_quoted(row.unit)}\nsource = {_quoted(row.source)}\n"
            f"confidence = {_quoted(row.confidence)}\n"
            for name, row in own
        ]
        (folder / "parameters.toml").write_text("\n".join(lines), encoding="utf-8")
    if region.districts["features"]:
        text = json.dumps(region.districts, ensure_ascii=False)
        (folder / "districts.geojson").write_text(text, encoding="utf-8")
    if region.street_networks:
        from network.streets.files import save  # noqa: PLC0415 - loads pyarrow, and few regions have streets

        for name in region.street_networks:
            streets = region.streets(name)
            if streets is not None:
                save(streets, folder / f"streets_{name}.parquet")


def checked_frame(
    name: str, rows: pd.DataFrame, periods: tuple[str, ...], problems: list[Problem], *, file: str = ""
) -> pd.DataFrame:
    """Return a table as it reads once it is written; what is wrong is added to `problems`.

    Parameters
    ----------
    name
        Of the table in the schema.
    rows
        Values by column; the index numbers the rows where problems name them.
    periods
        Names of the region's periods.
    problems
        Gets every problem.
    file
        Name by which problems call it, where the rows come from another file.
    """
    if rows.empty:
        return empty_table(name, periods)
    columns = [[cell_text(cell) for cell in rows[column]] for column in rows]
    raw = RawTable(name, list(rows.columns), list(zip(*columns, strict=True)), rows.index.tolist())
    found: list[Problem] = []
    frame = parse_table(raw, periods, found)
    own = f"{name}.csv"
    problems += [replace(one, where=one.where.replace(own, file, 1)) if file else one for one in found]
    return frame


def cell_text(value: Any) -> str:
    """Return the text of a table's cell: blank for nothing, yes or no, a day as 2026-11-01."""
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(float(value)).removesuffix(".0")
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


def _about_lines(about: About) -> Iterator[str]:
    texts = {
        "id": about.region_id,
        "name_zh": about.name_zh,
        "name_en": about.name_en,
        "crs": about.crs,
        "time_zone": about.time_zone,
        "service_start": _clock(about.service_start_s),
        "service_end": _clock(about.service_end_s),
        "licence": about.licence,
        "attribution": about.attribution,
    }
    yield from (f"{key} = {_quoted(text)}" for key, text in texts.items())
    if about.date:
        yield f"date = {about.date.isoformat()}"
    yield f"notes = {_list(about.notes)}"
    yield "\n[periods]"
    for period in about.periods:
        yield f"{period.name} = {_list((_clock(period.start_s), _clock(period.end_s)))}"
    yield ""


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str) -> str:
    """Return the text as a TOML string; JSON's are a part of them."""
    return json.dumps(text, ensure_ascii=False)
