"""The verb `matrix`: files that read back, with their provenance."""

import json

import numpy as np
import openmatrix
import pandas as pd
import pyarrow.parquet as pq
import pytest

from network.points import read_points
from onehour.matrix import Side, given_sides

PLACES = "id,lon,lat,junk\nq,113,23.09,1\np,113,23,2\nfar,100,10,3\n"


@pytest.fixture(scope="module")
def files(command, folder, tmp_path_factory):
    """Write the same matrix in both forms; return their paths and what the command said."""
    home = tmp_path_factory.mktemp("matrix")
    (home / "places.csv").write_text(PLACES, encoding="utf-8")
    words = ["--places", home / "places.csv", "--region", folder / "line", "--set", "walk_kmh=5", "--json"]
    said = {}
    for ending in ("parquet", "csv", "omx"):
        done = command("matrix", *words, "-o", home / f"out.{ending}")
        assert (done.status, done.err) == (0, "")
        said[ending] = done.json
    return home, said


def test_parquet_and_csv_hold_the_same(files):
    home, _ = files
    parquet, csv = pd.read_parquet(home / "out.parquet"), pd.read_csv(home / "out.csv")
    assert list(parquet) == list(csv)
    pd.testing.assert_frame_equal(parquet[["minutes"]], csv[["minutes"]])
    assert list(parquet.columns[:3]) == ["origin", "destination", "minutes"]


def test_rows_are_sorted_complete_and_add_up(files):
    table = pd.read_parquet(files[0] / "out.parquet")
    ends = list(zip(table["origin"], table["destination"], strict=True))
    assert ends == [(one, other) for one in ("far", "p", "q") for other in ("far", "p", "q")]
    parts = table[[name for name in table if name.endswith("_min")]]
    there = table["minutes"].notna()
    assert there.sum() == 5
    assert (parts[there].sum(axis=1) - table["minutes"][there]).abs().max() < 1e-9
    assert parts[~there].isna().all(axis=None)


def test_what_cannot_be_reached_is_null(files):
    column = pq.read_table(files[0] / "out.parquet")["minutes"]
    assert column.null_count == 4
    assert ",far,," in (files[0] / "out.csv").read_text(encoding="utf-8").replace("q,far,", ",far,")


def test_parquet_carries_its_provenance(files):
    held = json.loads(pq.read_schema(files[0] / "out.parquet").metadata[b"onehour"])
    assert (held["region"], held["scenario"], held["clock"], held["mode"]) == (
        "line",
        "base",
        "door",
        "transit",
    )
    assert held["set"] == {"walk_kmh": 5}
    assert held["region_hash"]
    assert held["scenario_hash"]
    assert pd.read_parquet(files[0] / "out.parquet").attrs["region_hash"] == held["region_hash"]


def test_the_command_says_what_it_wrote(files):
    home, said = files
    assert said["csv"]["file"] == str(home / "out.csv")
    assert (said["csv"]["rows"], said["csv"]["reached"]) == (9, 5)
    assert said["csv"]["period"] == "midday"
    assert said["csv"]["set"] == {"walk_kmh": 5}
    assert sorted(path.name for path in home.iterdir()) == ["out.csv", "out.omx", "out.parquet", "places.csv"]


def test_zones_are_the_region_s_towns(command, tmp_path, today):
    output = tmp_path / "zones.parquet"
    done = command("matrix", "today-2026", "--zones", "-o", output)
    zones = set(today.area.region.zones["zone_id"])
    assert f"{len(zones) ** 2} rows" in done.out
    table = pd.read_parquet(output)
    assert set(table["origin"]) == zones
    assert table[["origin", "destination"]].equals(
        table[["origin", "destination"]].sort_values(["origin", "destination"], ignore_index=True)
    )


def test_the_centres_are_the_default(command, folder, tmp_path):
    done = command("matrix", "--region", folder / "line", "-o", tmp_path / "out.CSV", "--clock", "station")
    assert "16 rows, 16 with a journey (base, station, transit, midday, expected)" in done.out
    assert "at-a,at-b,11.0" in (tmp_path / "out.CSV").read_text(encoding="utf-8")


def test_places_may_have_a_byte_order_mark_blank_lines_and_spaces(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(b"\xef\xbb\xbfid, lon,lat,population\r\n\r\n p ,113, 23 ,\r\nq,113,23.1,5\r\n")
    problems = []
    table = read_points(path, problems)
    assert problems == []
    assert table["id"].tolist() == ["p", "q"]
    assert table["lat"].tolist() == [23, 23.1]


def test_neither_places_nor_zones_are_the_centres():
    asked = {"cell_m": 500.0, "problems": []}
    assert given_sides("centres", None, None, zones=False, **asked) == (Side(), Side())
    assert given_sides("centres", None, None, zones=True, **asked) == (Side("zones"), Side("zones"))


def test_omx_reads_back_with_mapping_and_provenance(files):
    home, said = files
    table = pd.read_parquet(home / "out.parquet")
    with openmatrix.open_file(str(home / "out.omx")) as omx:
        assert omx.version() == b"0.2"
        assert omx.shape() == (3, 3)
        assert omx.list_mappings() == ["zone_id", "zone_number"]
        at = {key.decode(): row for key, row in omx.mapping("zone_id").items()}
        assert omx.mapping("zone_number") == {1: 0, 2: 1, 3: 2}
        columns = [name for name in table if name == "minutes" or name.endswith("_min")]
        assert omx.list_matrices() == sorted(columns)
        for name in columns:
            matrix = omx[name]
            assert np.isnan(matrix.attrs["NA"])
            for origin, destination, value in table[["origin", "destination", name]].itertuples(index=False):
                np.testing.assert_array_equal(matrix[at[origin], at[destination]], value)
        held = json.loads(omx.root._v_attrs["onehour"])
    assert held["scenario_hash"] == said["omx"]["scenario_hash"]
    assert (held["clock"], held["set"]) == ("door", {"walk_kmh": 5})


def test_a_byte_order_mark_stands_where_it_is_asked_for(command, folder, tmp_path):
    for words, head in ((["--bom"], b"\xef\xbb\xbforigin,"), ([], b"origin,")):
        output = tmp_path / "out.csv"
        assert command("matrix", "--region", folder / "line", "-o", output, *words).status == 0
        assert output.read_bytes().startswith(head)


def test_rows_of_omx_are_origins(command, tmp_path, today):
    output = tmp_path / "centres.omx"
    assert command("matrix", "today-2026", "-o", output).status == 0
    times = today.matrix().set_index(["origin", "destination"])["minutes"]
    with openmatrix.open_file(str(output)) as omx:
        at = {key.decode(): row for key, row in omx.mapping("zone_id").items()}
        for ends in (("zq-duanzhou", "gz-yuexiu"), ("gz-yuexiu", "zq-duanzhou")):
            assert omx["minutes"][at[ends[0]], at[ends[1]]] == times[ends]
    assert times["zq-duanzhou", "gz-yuexiu"] != times["gz-yuexiu", "zq-duanzhou"]
