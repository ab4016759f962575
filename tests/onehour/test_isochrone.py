"""Isochrones and surfaces of a study, and the files of the verb, each read back by another program."""

import json
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely

from network.errors import BadInputError
from network.testing import line_region
from onehour.isochrone import ENDINGS, changes
from onehour.study import Area

WORDS = ("--from", "a", "--minutes", "10,20,40", "--cell-m", 400)


@pytest.fixture(scope="module")
def line():
    return Area(line_region()).scenario()


def test_the_call_of_the_contract(today):
    table = today.isochrone("gz-tianhe", minutes=[15, 30, 60], cell_m=1000)
    assert isinstance(table, gpd.GeoDataFrame)
    assert table.crs == "EPSG:4326"
    assert table["minutes"].tolist() == [15, 30, 60]
    assert table["area_km2"].is_monotonic_increasing
    assert table["area_km2"].iloc[-1] > 500
    assert table.geometry.is_valid.all()
    assert {"scenario_hash", "region_hash", "assumed", "notes"} <= set(table.attrs)
    told = [table.attrs[name] for name in ("scenario", "clock", "mode", "period", "origin_name_en", "cell_m")]
    assert told == ["today-2026", "door", "transit", "midday", "Tianhe", 1000]
    again = today.isochrone("gz-tianhe", minutes=[15, 30, 60], cell_m=1000)
    assert [shape.wkb for shape in table.geometry] == [shape.wkb for shape in again.geometry]


def test_a_limit_alone_has_the_polygon_that_it_has_among_others(line):
    (alone,) = line.isochrone("a", [20], cell_m=400).geometry
    among = line.isochrone("a", [10, 20, 40], cell_m=400).geometry
    assert alone.equals_exact(among.iloc[1])
    assert among.iloc[2].covers(among.iloc[1])
    assert among.iloc[1].covers(among.iloc[0])


def test_a_surface_has_the_minutes_of_a_matrix(line):
    layer = line.surface("at-a", cell_m=400, clock="door", period="am-peak")
    assert layer.dims == ("y", "x")
    assert layer.attrs["units"] == "min"
    assert layer.attrs["crs"] == "EPSG:32649"
    assert layer.dtype == np.float32
    near = layer.isel(x=20, y=15)
    spot = gpd.GeoSeries.from_xy([float(near.x)], [float(near.y)], crs="EPSG:32649").to_crs(4326).iloc[0]
    (minutes,) = line.matrix(["at-a"], [f"{spot.x:.7f},{spot.y:.7f}"], period="am-peak")["minutes"]
    assert float(near) == pytest.approx(minutes, abs=1 / 60 + 1e-5)


def test_changes_are_what_the_polygons_differ_by(guangzhou, today):
    plan = guangzhou.scenario("plan-2030")
    table = changes(today, plan, "gz-tianhe", [30, 60], cell_m=1000)
    assert table[["minutes", "change"]].to_numpy().tolist() == [
        [30, "gained"], [30, "lost"], [30, "kept"], [60, "gained"], [60, "lost"], [60, "kept"],
    ]  # fmt: skip
    before, after = (one.isochrone("gz-tianhe", [30, 60], cell_m=1000) for one in (today, plan))
    gained, lost, kept = (table["area_km2"].to_numpy()[at::3] for at in range(3))
    np.testing.assert_allclose(gained + kept, after["area_km2"])
    np.testing.assert_allclose(lost + kept, before["area_km2"])
    assert gained[1] > 300
    assert lost[1] == 0
    assert table.attrs["against"] == "today-2026"
    back = changes(plan, today, "gz-tianhe", [60], cell_m=1000)
    np.testing.assert_allclose(back["area_km2"], [lost[1], gained[1], kept[1]])


# ---------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("ending", ENDINGS)
def test_files_are_written_whole_and_read_by_another_program(command, folder, tmp_path, ending, line):
    output = tmp_path / f"out{ending}"
    done = command("isochrone", "--region", folder / "line", *WORDS, "-o", output, "--json")
    assert (done.status, done.err) == (0, "")
    assert [entry.name for entry in tmp_path.iterdir()] == [output.name]
    assert done.json["provenance"]["clock"] == "door"
    expected = line.isochrone("a", [10, 20, 40], cell_m=400)
    if ending in {".png", ".svg", ".pdf"}:
        assert output.read_bytes()[:4] in {b"\x89PNG", b"<?xm", b"%PDF"}
        return
    if ending == ".tif":
        with rasterio.open(output) as tif:
            assert tif.driver == "GTiff"
            assert tif.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert tif.crs == "EPSG:32649"
            assert tif.descriptions == ("minutes",)
            assert json.loads(tif.tags()["onehour"])["origin"] == "a"
            data = tif.read(1)
            layer = line.surface("a", cell_m=400)
            at = [float(layer.x[7]), float(layer.y[30])]
            np.testing.assert_array_equal(next(tif.sample([at]))[0], layer.to_numpy()[30, 7])
        np.testing.assert_array_equal(data, layer.to_numpy()[::-1])
        return
    if ending == ".parquet":
        table = gpd.read_parquet(output)
    else:
        assert pyogrio.list_layers(output)[:, 1].tolist() == ["MultiPolygon"]
        table = pyogrio.read_dataframe(output)
    assert table.crs == "EPSG:4326"
    assert table["minutes"].tolist() == [10, 20, 40]
    assert table.geometry.is_valid.all()
    for found, shape in zip(table.geometry, expected.geometry, strict=True):
        assert shapely.symmetric_difference(found, shape).area < 1e-12
    assert list(table.columns) == list(expected.columns)


def test_a_geojson_is_in_degrees_and_tells_where_it_comes_from(command, folder, tmp_path):
    output = tmp_path / "out.geojson"
    command("isochrone", "--region", folder / "line", *WORDS, "-o", output)
    text = output.read_text(encoding="utf-8")
    data = json.loads(text)
    assert data["onehour"]["scenario"] == "base"
    assert "crs" not in data  # RFC 7946: always WGS 84
    assert data["features"][0]["properties"]["minutes"] == 10
    (lon, lat), *_ = data["features"][2]["geometry"]["coordinates"][0][0]
    assert 112 < lon < 115
    assert 22 < lat < 25
    command("isochrone", "--region", folder / "line", *WORDS, "-o", output)
    assert output.read_text(encoding="utf-8") == text


def test_the_table_on_the_terminal(command, folder, tmp_path):
    done = command("isochrone", "--region", folder / "line", *WORDS, "-o", tmp_path / "out.gpkg")
    assert "door · transit · midday · random traveller · expected · cells of 400 m" in done.out
    assert "40.0" in done.out


def test_an_empty_isochrone_says_so(command, folder, tmp_path):
    words = ("--from", "a", "--minutes", "0.1,30", "--cell-m", "2000", "-o", tmp_path / "out.geojson")
    done = command("isochrone", "--region", folder / "line", *words)
    assert "The centre of no cell is within 0.1 min" in done.out
    assert pyogrio.read_dataframe(tmp_path / "out.geojson")["area_km2"].tolist()[0] == 0


def test_against_writes_gains_and_losses(command, tmp_path):
    output = tmp_path / "gains.gpkg"
    done = command(
        "isochrone", "policies-only-2030", "--against", "today-2026", "--from", "fs-chancheng",
        "--minutes", "45", "--cell-m", "2000", "-o", output,
    )  # fmt: skip
    assert done.status == 0
    assert pyogrio.read_dataframe(output)["change"].tolist() == ["gained", "lost", "kept"]


def test_every_mistake_is_told_at_once(command, folder, tmp_path):
    done = command(
        "isochrone", "--region", folder / "line", "--from", "nowhere", "--minutes", "60,30", "--cell-m", "0",
        "--mode", "sledge", "--against", "lost", "-o", tmp_path / "no" / "out.doc",
    )  # fmt: skip
    assert done.status == 2
    assert done.err.startswith("onehour: 7 problems")
    for words in ("--minutes: 60,30 is not ascending (30,60)", "'nowhere'", "'sledge'", "'lost'", "'.doc'"):
        assert words in done.err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "120.5,30"), "120.5,30 lies outside of the region"),
        (("--from", "a", "--minutes", "15,x"), "'15,x' is no list of minutes"),
        (("--from", "a", "--minutes", "0,15"), "0 is no limit"),
        (("--from", "a", "--minutes", "nan"), "nan is no limit"),
        (("--from", "a", "--minutes", "15,15"), "15,15 is not ascending (15)"),
        (("--from", "a", "--cell-m", "nan"), "nan is no side"),
        (("--from", "200,95"), "is no position"),
    ],
)
def test_mistakes_are_told(command, folder, tmp_path, words, told):
    done = command("isochrone", "--region", folder / "line", *words, "-o", tmp_path / "out.geojson")
    assert done.status == 2
    assert told in done.err
    assert not any(tmp_path.iterdir())


def test_a_tif_holds_no_changes(command, folder, tmp_path):
    words = ("--from", "a", "--against", "base", "-o", tmp_path / "out.tif")
    done = command("isochrone", "--region", folder / "line", *words)
    assert done.status == 2
    assert "a .tif holds one surface" in done.err


def test_minutes_in_python_are_checked_too(line):
    for minutes in ([], [30, 15], [-1], [2000]):
        with pytest.raises(BadInputError, match="--minutes"):
            line.isochrone("a", minutes)


def test_the_verb_is_quick_to_tell_its_options():
    words = [sys.executable, "-X", "importtime", "-m", "onehour", "isochrone", "--help"]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stderr
    assert not any(name in loaded for name in ("geopandas", "numba", "rasterio", "xarray", "contourpy"))
