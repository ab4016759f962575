"""The schema table: whole, and in step with itself, the format's page and the shipped region."""

import csv
import runpy
from importlib.resources import files
from pathlib import Path

import pytest

from network.reader import get_region
from network.schema import TABLES, columns, headway_column, keys, schema

ROOT = Path(__file__).parents[2]
TYPES = {"id", "ids", "text", "choice", "bool", "float", "int", "date", "time", "times"}
ALL = [column for table in TABLES for column in schema()[table]]


def test_every_row_of_the_file_is_a_column():
    with files("network").joinpath("schema.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["table"], row["column"]) for row in rows] == [(one.table, one.name) for one in ALL]
    assert len({(one.table, one.name) for one in ALL}) == len(ALL)


@pytest.mark.parametrize("column", ALL, ids=lambda column: f"{column.table}.{column.name}")
def test_every_column_is_described_and_of_a_known_type(column):
    assert column.type in TYPES
    assert column.description
    assert column.required or not column.key
    assert bool(column.choices) == (column.type == "choice")
    if column.default and column.choices:
        assert column.default in column.choices
    if column.type in {"float", "int"}:
        low, high = column.bounds
        assert low < high
        assert column.unit or column.name == "seq"
    if column.unit in {"km", "m", "min", "km/h"}:
        assert column.name.endswith({"km/h": "kmh"}.get(column.unit, column.unit))


@pytest.mark.parametrize("table", TABLES)
def test_references_lead_to_keys_of_earlier_tables(table):
    assert keys(table)
    for column in schema()[table]:
        for other, key in column.references:
            assert TABLES.index(other) < TABLES.index(table)
            assert keys(other) == (key,)


def test_headways_have_a_column_a_period():
    names = [column.name for column in columns("services", ("am-peak", "night"))]
    assert headway_column("am-peak") == "headway_am_peak_min"
    assert {"headway_am_peak_min", "headway_night_min"} <= set(names)
    assert not [name for name in names if "<" in name]


def test_the_shipped_region_has_the_columns_of_the_schema():
    region = get_region("guangzhou")
    for table in TABLES:
        wanted = [column.name for column in columns(table, region.about.period_names)]
        assert region.table(table).columns.tolist() == wanted


def test_the_page_of_the_format_is_up_to_date():
    page = runpy.run_path(str(ROOT / "tools" / "write_format_page.py"))["page"]()
    written = (ROOT / "docs" / "region-format.md").read_text(encoding="utf-8")
    assert written == page, "run python tools/write_format_page.py"


def test_the_page_names_every_column_and_key():
    written = (ROOT / "docs" / "region-format.md").read_text(encoding="utf-8")
    for column in ALL:
        name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
        assert f"| {name} |" in written
    for key in ("time_zone", "service_start", "walk_kmh", "congestion_urban_inner"):
        assert f"| `{key}` |" in written
