"""Write ``docs/region-format.md`` from the schema table: ``python tools/write_format_page.py``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from network.parameters import default_parameters  # noqa: E402 - the line above finds the package
from network.reader import ABOUT_KEYS  # noqa: E402
from network.schema import TABLES, Column, schema  # noqa: E402

PAGE = ROOT / "docs" / "region-format.md"

HEAD = """\
# The format of a region

A region is a folder of plain tables. `network.get_region("path/to/folder")` reads it, and lists everything
that is wrong with it, each with file, row, column and what would mend it. The folder
`network/regions/guangzhou/` is an example; `network.testing` makes small ones in code, and
`network.writer.write_region` writes any region as a folder.

Only `region.toml`, and either `places.csv` or `stations.csv` with `services.csv`, must be there.

Tables are CSV files in UTF-8 with a header. The order of rows and columns does not count, blank lines are
skipped, and a column that is not named below is an error. Rows are counted as a spreadsheet counts them:
the header is row 1. Positions are degrees WGS 84.

| type | how it is written |
|---|---|
| id | text without spaces, commas, semicolons, bars or quotes |
| ids | several of them, separated by `;` |
| text | any text |
| choice | one of the words given |
| bool | `yes` or `no` |
| float, int | number, whole number; the range is given |
| date | `2026-11-01` |
| time | `07:05`; may pass midnight (`25:10`) |
| times | several of them, separated by spaces |

**Bold** columns must be there and filled in; the key columns (🔑) together name a row, and no two rows may
share them.
"""

ABOUT = """
## region.toml

What the region is. `id` is the only key that most need. Periods name columns of `services.csv` (`am-peak`:
`headway_am_peak_min`) and ends of parameters.

```toml
id        = "my-region"
crs       = "EPSG:32649"
time_zone = "Asia/Shanghai"

[periods]
am-peak = ["07:00", "09:00"]
midday  = ["10:00", "16:00"]
```

| key | meaning |
|---|---|
"""

PARAMETERS = """
## parameters.toml

Numbers of the model that differ in this region. Each entry has `value` and, if you can, `source` and
`confidence`; `unit` may be repeated, and must then be the one below. An entry may end in a period's name and
then holds in that period alone: `[congestion_urban_inner_am_peak]`.

```toml
[walk_kmh]
value = 5
source = "counted on site"
confidence = "medium"
```

| name | default | unit | source | confidence |
|---|---|---|---|---|
"""

DISTRICTS = """
## districts.geojson

A FeatureCollection of polygons or multipolygons in degrees WGS 84, each with the property `district_id`, the
identifier that places, zones and stations refer to. Maps and results by district use it; the search does not.
"""

TITLES = {
    "places": "Centres and other named places.",
    "zones": "Towns, or the cells of a grid, with their population.",
    "opportunities": "What else there is in the zones: jobs, schools, shops; `onehour access --opportunity jobs`.",
    "stations": "Rail and metro stations, and stops of buses and trams. A change between two buildings needs a row in `transfers.csv`.",
    "centre_stations": "Which stations stand for a centre on the clocks that start at a station.",
    "transfers": "Ways on foot between two stations, one row a direction.",
    "lines": "Infrastructure with ordered stops.",
    "line_stops": "Stops of each line in their order.",
    "services": "Stop patterns, one direction each, with departures or with headways by period.",
    "service_stops": "Calls of each service. All calls have times, or none has.",
    "road_nodes": "Junctions.",
    "road_links": "Roads between junctions and places.",
}


def page() -> str:
    """Return the text of the page."""
    parts = [HEAD, ABOUT, *(f"| `{key}` | {meaning} |\n" for key, meaning in ABOUT_KEYS.items())]
    for table in TABLES:
        parts.append(
            f"\n## {table}.csv\n\n{TITLES[table]}\n\n| column | type | range or words | default | meaning |\n"
        )
        parts.append("|---|---|---|---|---|\n")
        parts += [_row(column) for column in schema()[table]]
    parts += [PARAMETERS]
    parts += [
        f"| `{name}` | {row.value:g} | {row.unit} | {row.source} | {row.confidence} |\n"
        for name, row in default_parameters().as_table()
    ]
    return "".join([*parts, DISTRICTS])


def _row(column: Column) -> str:
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    low, _, high = column.allowed.partition("..")
    if column.references:
        allowed = " or ".join(f"`{table}.{key}`" for table, key in column.references)
    elif column.choices:
        allowed = ", ".join(column.choices)
    elif column.allowed:
        allowed = (f"{low} to {high}" if high else f"{low} or more") + (
            f" {column.unit}" if column.unit else ""
        )
    else:
        allowed = column.unit
    kind = f"{column.type} 🔑" if column.key else column.type
    return f"| {name} | {kind} | {allowed} | {column.default} | {column.description} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
