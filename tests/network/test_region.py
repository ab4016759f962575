"""A region: its hash is of its content alone, and nobody edits it through what it hands out."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.errors import UnknownNameError
from network.parameters import Parameter
from network.reader import get_region, read_region
from network.region import About, Period, canonical, seconds_of
from network.schema import TABLES
from network.testing import hub_region, line_region
from network.writer import cell_text, write_region


def fresh_hash(region):
    """Return the hash, worked out again."""
    return region.replace().hash


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_hash_does_not_depend_on_the_order_of_rows(seed):
    region = hub_region()
    rng = np.random.default_rng(seed)
    shuffled = {name: region.table(name).iloc[rng.permutation(len(region.table(name)))] for name in TABLES}
    assert region.replace(tables=shuffled).hash == region.hash


def test_the_hash_does_not_depend_on_the_order_of_rows_or_columns_in_the_files(folder):
    before = read_region(folder).hash
    for file in folder.glob("*.csv"):
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
        table.iloc[::-1, ::-1].to_csv(file, index=False)
    assert read_region(folder).hash == before


def test_writing_and_reading_gives_the_same_region(tmp_path):
    region = get_region("guangzhou")
    write_region(region, tmp_path)
    again = read_region(tmp_path)
    assert again.hash == region.hash
    assert again.about == region.about
    assert again.districts == region.districts
    for name in TABLES:
        pd.testing.assert_frame_equal(again.table(name), region.table(name))


CHANGES = {
    "a number": lambda region: {"tables": {"transfers": region.transfers.assign(walk_m=301)}},
    "a text": lambda region: {"tables": {"lines": region.table("lines").assign(name_en="x")}},
    "a flag": lambda region: {"tables": {"transfers": region.transfers.assign(security_waived=True)}},
    "a day": lambda region: {"tables": {"lines": region.table("lines").assign(opened=pd.Timestamp("2020-01-01"))}},
    "a row less": lambda region: {"tables": {"services": region.services.iloc[1:]}},
    "a parameter": lambda region: {"parameters": region.parameters.replace(walk_kmh=Parameter(5, "km/h", "", "low"))},
    "a period": lambda region: {"about": dataclasses.replace(region.about, periods=(Period("am-peak", 0, 60),))},
    "the date": lambda region: {"about": dataclasses.replace(region.about, date=pd.Timestamp("2026-11-01").date())},
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_kind_of_content_counts_in_the_hash(change):
    region = hub_region()
    changed = region.replace(**change(region))
    assert changed.hash != region.hash
    assert fresh_hash(region) == hub_region().hash


def test_cells_do_not_run_into_each_other_in_the_hash():
    region = line_region()
    ways = (["x", "", "c", "d"], ["", "x", "c", "d"])
    hashes = {region.replace(tables={"stations": region.stations.assign(name_en=way)}).hash for way in ways}
    assert len(hashes) == 2


def test_equal_cells_of_another_type_hash_equally():
    region = hub_region()
    as_float = region.places.assign(population=region.places["population"].astype("float64"))
    assert region.replace(tables={"places": as_float}).hash == region.hash
    calls = region.service_stops
    assert set(calls["depart_min"].dropna()) == {0}
    negative_zero = calls.assign(depart_min=calls["depart_min"] * -1.0)
    assert region.replace(tables={"service_stops": negative_zero}).hash == region.hash


@pytest.mark.parametrize("name", TABLES)
def test_editing_what_was_handed_out_leaves_the_region(name):
    region = hub_region()
    before = fresh_hash(region)
    table = region.table(name)
    table["source"] = "edited"
    if len(table):
        table.iloc[0, 0] = "edited"
        table.pop("confidence" if "confidence" in table else "why")
        for column in region.table(name):
            cells = region.table(name)[column].to_numpy()
            if cells.flags.writeable:
                cells[0] = cells[-1]
                cells[-1] = cells[len(cells) // 2]
    region.districts["features"].append("edited")
    assert fresh_hash(region) == before


def test_fields_cannot_be_set():
    region = hub_region()
    with pytest.raises(dataclasses.FrozenInstanceError):
        region.parameters = None
    with pytest.raises(dataclasses.FrozenInstanceError):
        region.about.crs = "x"
    with pytest.raises(TypeError):
        region.parameters["walk_kmh"] = 3


def test_tables_are_sorted_by_their_keys():
    region = hub_region()
    assert region.stations["station_id"].is_monotonic_increasing
    assert list(region.stations.index) == list(range(4))
    assert canonical("stations", region.stations.iloc[::-1]).equals(region.stations)


def test_periods_by_name():
    about = About("x")
    assert about.period("midday").length_s == 6 * 3600
    assert about.period_names == ("am-peak", "midday")
    with pytest.raises(UnknownNameError, match=r"there is no period 'am_peak' \(did you mean am-peak\?\)"):
        about.period("am_peak")


@pytest.mark.parametrize(("clock", "seconds"), [("07:05", 25_500), ("7:05", 25_500), ("25:00", 90_000)])
def test_seconds_of_a_clock(clock, seconds):
    assert seconds_of(clock) == seconds


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (pd.NA, ""), (pd.NaT, ""), (float("nan"), ""), (True, "yes"), (np.False_, "no"), (3, "3"), (3.0, "3"),
     (0.1, "0.1"), (1e22, "1e+22"), (pd.Timestamp("0900-01-02"), "0900-01-02"), ("中", "中")],
)  # fmt: skip
def test_the_text_of_a_cell(value, text):
    assert cell_text(value) == text
