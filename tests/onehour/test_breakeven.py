"""The verb `breakeven`, on Guangzhou as it is."""

import numpy as np
import pandas as pd
import pytest

import onehour
from network.errors import BadInputError
from network.testing import line_region, roads_region
from network.writer import write_region
from onehour import Area
from onehour.breakeven import breakeven
from onehour.breakeven_report import breakeven_data, print_breakeven
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


def test_congestion_is_a_lever_by_car(tmp_path):
    """By the toll road 2 + 6 + 2 and 1 at the gates: 11; by the other 2 + 15 + 2: 19. The limit is 60."""
    study = Area(roads_region()).scenario()
    words = {"mode": "car", "clock": "in-vehicle", "period": "midday"}
    table = breakeven(study, words=words, folder=tmp_path / "out").set_index(["origin", "lever"])
    assert table["minutes"].to_list() == [11] * len(table)
    assert (table["kind"] == "number").all()
    assert table["factor"].isna().all()
    one = table.loc["p"]
    # four times: 8 on each connector; 24 on the toll road or 60 on the other; 4 at the gates
    assert one.loc["congestion", "end_minutes"] == 8 + 24 + 8 + 1
    assert one.loc["congestion, expressway roads", "end_minutes"] == 19
    assert one.loc["congestion, connector roads", "end_minutes"] == 23
    assert one.loc["congestion, urban roads", "end_minutes"] == 11
    assert one.loc["toll gates", "end_minutes"] == 14
    again = breakeven(study, words=words, folder=tmp_path / "out")
    assert (table.attrs["searched"] > 0, again.attrs["searched"]) == (True, 0)


def test_a_percentile_is_refused(study):
    with pytest.raises(BadInputError, match="use expected or best"):
        breakeven(study, words={"statistic": "p50"})


def test_new_stops_and_files(command, tmp_path):
    """On the line: entry of 40 min makes 64 and 71 of two and three stations, all with stops at the door."""
    write_region(line_region(), tmp_path / "line")
    words = ["--region", tmp_path / "line", "--set", "entry_walk_intercity_min=40", "-o", tmp_path / "out"]
    done = command("breakeven", *words, "--json")
    assert (done.status, done.err) == (0, "")
    rows = [row for row in done.json["rows"] if row["kind"] == "new stop"]
    assert {row["minutes"] for row in rows} == {64, 71}
    for row in rows:
        # places are at their stations' doors already: no stop is nearer, and the rest takes too long
        assert row["end_minutes"] == row["minutes"]
        assert row["access_min"] == 60 - row["minutes"]
        assert row["station"]
    kept = {path.name for path in (tmp_path / "out").iterdir() if not path.name.startswith("states-")}
    assert (
        kept
        == set(done.json["files"])
        == {"levers.csv", *(f"breakeven.{end}" for end in ("json", "png", "svg"))}
    )
    done = command("breakeven", *words)
    assert "6 failing pairs do not pass even with new stops at the door of both places" in done.out
    assert "0 networks" not in done.out
