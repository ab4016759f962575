"""Tables of a draft: rows that are added count at once, whether or not a table is read between."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from network.region import among
from network.testing import line_region
from scenarios.draft import Draft

ROWS = [
    {"station_id": f"new{k}", "system": "rail", "class": "intercity", "lon": 113.0 + k, "lat": 23.0}
    for k in range(4)
]


@pytest.fixture
def draft():
    return Draft(line_region())


def test_added_rows_stand_in_columns_and_tables(draft):
    old = draft.region.stations["station_id"].tolist()
    assert draft.tables.column("stations", "station_id") == old
    assert draft.add("stations", ROWS[:2]) == 2
    assert draft.tables.column("stations", "station_id") == [*old, "new0", "new1"]
    assert draft.tables.column("stations", "lon")[-2:] == [113.0, 114.0]
    draft.add("stations", ROWS[2:])
    assert draft.by("stations", "station_id", "lon", "lat")["new3"] == (116.0, 23.0)
    table = draft.tables["stations"]
    assert table["station_id"].tolist() == draft.tables.column("stations", "station_id")
    assert table["name_zh"].tolist()[-4:] == [""] * 4
    assert table.dtypes.equals(draft.region.stations.dtypes)


@pytest.mark.parametrize("reads", [(), (1,), (2, 3), (1, 2, 3, 4)])
def test_reading_between_changes_nothing(reads):
    whole, read = Draft(line_region()), Draft(line_region())
    whole.add("stations", ROWS)
    for count, row in enumerate(ROWS, 1):
        read.add("stations", [row])
        if count in reads:
            assert read.tables["stations"]["station_id"].tolist()[-1] == row["station_id"]
            read.tables.column("stations", "station_id")
    assert read.finished().hash == whole.finished().hash != line_region().hash


def test_a_table_that_is_set_stands_in_columns(draft):
    draft.tables.column("stations", "station_id")
    draft.add("stations", ROWS)
    draft.tables["stations"] = draft.tables["stations"].iloc[1:]
    assert draft.tables.column("stations", "station_id")[-1] == "new3"
    assert len(draft.tables.column("stations", "station_id")) == len(draft.region.stations) + 3
    assert set(draft.tables.changed()) == {"stations"}


def test_a_draft_without_changes_is_the_region(draft):
    assert draft.add("stations", []) == 0
    assert not draft.tables.changed()
    assert draft.finished().hash == draft.region.hash


def test_among_is_what_pandas_finds():
    cells = pd.Series(["a", "", "b", "a", "c"], dtype="str")
    for known in ([], ["a"], {"b", ""}, pd.Series(["c", "d"], dtype="str")):
        np.testing.assert_array_equal(among(cells, known), cells.isin(list(known)).to_numpy(bool))
    assert among(cells.iloc[:0], ["a"]).shape == (0,)
