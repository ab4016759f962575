"""The verb `breakeven`, on Guangzhou as it is."""

import numpy as np
import pandas as pd
import pytest

import onehour
from network.errors import BadInputError
from onehour.breakeven import breakeven, breakeven_data, print_breakeven
from onehour.matrix import write_rows


@pytest.fixture(scope="module")
def study():
    return onehour.load().scenario("today-2026")


@pytest.fixture(scope="module")
def table(study):
    return breakeven(study, words={"clock": "in-vehicle", "statistic": "best"})


def test_every_pair_with_every_lever(study, table):
    check = study.check(clock="in-vehicle", statistic="best").set_index(["origin", "destination"])
    first = table.drop_duplicates(["origin", "destination"]).set_index(["origin", "destination"])
    pd.testing.assert_series_equal(first["minutes"], check["minutes"], check_names=False)
    assert (first["kept"] == check["kept"]).all()
    assert len(table) == len(first) * len(set(zip(table["kind"], table["lever"], strict=True)))
    turned = table["factor"].notna()
    assert turned.any()
    np.testing.assert_array_equal((table.loc[turned, "factor"] > 1), table.loc[turned, "kept"])


def test_it_tells_what_it_rests_on_and_prints_both_names(table, capsys):
    data = breakeven_data(table)
    assert data["provenance"]["goal"] == "G02_centres_1h_rail"
    assert data["provenance"]["factors_searched"] == [0.25, 4.0]
    print_breakeven(table)
    told = capsys.readouterr().out
    assert "越秀区" in told
    assert "Yuexiu" in told
    assert "breaks with" in told


def test_it_is_written_and_read(table, tmp_path):
    write_rows(table, tmp_path / "levers.parquet")
    read = pd.read_parquet(tmp_path / "levers.parquet")
    np.testing.assert_array_equal(read["factor"], table["factor"])


def test_cars_are_not_asked_for(study):
    with pytest.raises(BadInputError, match="use transit"):
        breakeven(study, words={"mode": "car"})
