"""The reader: wrong input gives one error that lists every problem with file, row, column and fix."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network import reader
from network.errors import BadInputError, UnknownNameError
from network.reader import get_region, list_regions, read_region
from network.region import Period, Region
from network.schema import TABLES, columns
from network.writer import write_region

BIG = "9" * 400
LONG = "x" * 200_000


def test_a_good_folder_reads(folder):
    region = read_region(folder)
    assert region.about.region_id == "hub"
    assert region.parameters["walk_kmh"] == 5
    assert [one["properties"]["district_id"] for one in region.districts["features"]] == ["d1", "d2"]
    assert region.places["level"].tolist() == ["core", "district"]
    assert region.about.periods == (Period("am-peak", 25_200, 32_400), Period("midday", 36_000, 57_600))


WRONG_CELLS = [
    # file, text that is there, what takes its place, the line that tells
    ("stations.csv", "\nr,", "\nr r,", "row 5, station_id: 'r r' is no identifier (no spaces, commas"),
    ("stations.csv", "metro,metro", "tram,metro", "row 2, system: 'tram' is none of rail, metro"),
    ("stations.csv", "113,23,", "nan,23,", "'nan' is not finite (a number from -180 to 180 deg)"),
    ("stations.csv", "113,23,", "-inf,23,", "'-inf' is not finite (a number from -180 to 180 deg)"),
    ("stations.csv", "113,23,", "113,91,", "lat: '91' is out of range (a number from -90 to 90 deg)"),
    ("stations.csv", "113,23,", "113,1e999,", "lat: '1e999' is too large (a number from -90 to 90 deg)"),
    ("stations.csv", "113,23,", "113,1_0,", "lat: '1_0' is no number (a number from -90 to 90 deg)"),
    ("stations.csv", "113,23,", "113,２３,", "lat: '２３' is no number (a number from -90 to 90 deg)"),
    ("stations.csv", "113,23,", ",23,", "lon: is blank (longitude WGS 84)"),
    ("places.csv", ",1000,", ",-1,", "population: '-1' is out of range (a number of 0 people or more)"),
    ("places.csv", ",1000,", ",1.5,", "population: '1.5' is no whole number (a number of 0 people or more)"),
    ("places.csv", ",1000,", f",{BIG},", "population: '999"),
    ("places.csv", ",1000,", f",{2**53 + 1},", "population: '9007199254740993' is too large"),
    ("places.csv", ",1000,", f",{BIG * 20},", "population: '999"),
    ("places.csv", ",yes,", ",perhaps,", "in_area: 'perhaps' is not yes or no (write yes or no)"),
    ("places.csv", ",high", ",sure", "confidence: 'sure' is none of high, medium, low"),
    ("services.csv", "06:00 ", "6.00 ", "departures: '6.00' is no time (write it as 07:05)"),
    ("services.csv", "06:00 ", "06:60 ", "departures: '06:60' is no time (write it as 07:05)"),
    ("service_stops.csv", ",6,", ",-6,", "arrive_min: '-6' is out of range (a number of 0 min or more)"),
    ("service_stops.csv", "metro-down,", "metro-dawn,", "'metro-dawn' is not in services.csv (did you mean metro-down"),
    ("transfers.csv", "g,h", "g,hh", "to_station_id: 'hh' is not in stations.csv"),
    ("transfers.csv", "300", "6000", "walk_m: '6000' is out of range (a number from 0 to 5000 m)"),
    ("road_links.csv", ",p,j,", ",p,jj,", "to_node_id: 'jj' is not in road_nodes.csv or places.csv"),
    ("road_links.csv", ",p,j,", ",j,j,", "leads from a node to itself (remove it)"),
    ("lines.csv", "line_id", "line_ids", "row 1: unknown column 'line_ids' (did you mean line_id?)"),
    ("lines.csv", "line_id", "class", "row 1: column 'class' stands twice (remove one)"),
    ("lines.csv", "metro,metro", "metro,metro,extra", "cells, the header"),
    ("lines.csv", "metro,metro", 'metro,"metro', "is no CSV: unexpected end of data (a quote may be left open here)"),
    ("lines.csv", "metro,metro", f"metro,{LONG}", "is no CSV: field larger than field limit (131072)"),
    ("lines.csv", "metro,metro", "metro,me\0tro", "holds the control character U+0000 (save the file as plain"),
    ("lines.csv", "made up", "", "source: is blank (where the row comes from)"),
    ("stations.csv", "\nr,", "\nh,", "station_id: h stands already in row 3 (remove one of them)"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "told"), WRONG_CELLS)
def test_a_wrong_cell_is_told_with_its_place_and_fix(folder, problems, edit, file, old, new, told):
    edit(folder / file, old, new)
    lines = problems(folder)
    assert [line for line in lines if line.startswith(file) and told in line], lines
    assert all(len(line) < 300 for line in lines)


WRONG_DATES = ["2026-02-30", "20260101", "2026-W01-1", "01.02.2026", "2026-1-1", "２０２６-01-01", "soon"]


@pytest.mark.parametrize("day", WRONG_DATES)
def test_a_wrong_date_is_told(folder, problems, edit, day):
    edit(folder / "lines.csv", "line_id,", "opened,line_id,")
    edit(folder / "lines.csv", "\nmetro,", f"\n{day},metro,")
    edit(folder / "lines.csv", "\nrail,", "\n2020-01-01,rail,")
    assert problems(folder) == [f"lines.csv row 2, opened: {day!r} is no date (write it as 2026-11-01)"]


@pytest.mark.parametrize("day", ["0001-01-01", "1677-01-01", "9999-12-31", "2024-02-29"])
def test_every_real_date_is_read_and_written(folder, edit, tmp_path, day):
    edit(folder / "lines.csv", "line_id,", "opened,line_id,")
    edit(folder / "lines.csv", "\nmetro,", f"\n{day},metro,")
    edit(folder / "lines.csv", "\nrail,", "\n2020-01-01,rail,")
    region = read_region(folder)
    assert region.table("lines")["opened"][0].date().isoformat() == day
    write_region(region, tmp_path / "again")
    assert read_region(tmp_path / "again").hash == region.hash


def test_all_problems_of_a_folder_come_at_once_in_their_order(folder, problems, edit):
    edit(folder / "places.csv", ",1000,", ",many,")
    edit(folder / "stations.csv", "\nr,", "\nr r,")
    edit(folder / "stations.csv", "metro,metro", "tram,metro")
    edit(folder / "lines.csv", "metro,metro", "metro,metro,extra,cells")
    edit(folder / "lines.csv", "rail,intercity", "rail,fast")
    edit(folder / "road_links.csv", "road_id,", "roadid,")
    (folder / "parameters.toml").write_text(
        "[walk_kmh]\nvalue = 0\n[walk_mph]\nvalue = 3\n", encoding="utf-8"
    )
    (folder / "region.toml").write_text("crs = 'EPSG:4326'\nname = 'x'\n", encoding="utf-8")
    (folder / "districts.geojson").write_text("{]", encoding="utf-8")
    where = [line.partition(":")[0] for line in problems(folder)]
    assert where == [
        "region.toml, name",
        "region.toml, crs",
        "parameters.toml, walk_kmh",
        "parameters.toml, walk_mph",
        "districts.geojson row 1",
        "places.csv row 2, population",
        "stations.csv row 2, system",
        "stations.csv row 5, station_id",
        "lines.csv row 2",
        "lines.csv row 3, class",
        "road_links.csv row 1",
        "road_links.csv row 1",
    ]  # fmt: skip


def test_rows_are_counted_as_a_spreadsheet_does(folder, problems, edit):
    text = (folder / "lines.csv").read_text(encoding="utf-8").replace("made up", '"made\nup"', 1)
    (folder / "lines.csv").write_text(f"{text}\n\nbad id,bus,made up,high\n", encoding="utf-8")
    where = {line.partition(",")[0] for line in problems(folder)}
    assert where == {"lines.csv row 6"}
    edit(folder / "lines.csv", "bad id,bus", "bad,metro")
    assert len(read_region(folder).table("lines")) == 3
    edit(folder / "service_stops.csv", "metro-down,", "lost,")
    assert problems(folder)[0].startswith(
        "service_stops.csv row 2, service_id: 'lost' is not in services.csv"
    )


def test_missing_files_are_told(folder, problems):
    (folder / "region.toml").unlink()
    assert problems(folder) == ["region.toml: is missing (write at least: id = 'my-region')"]


def test_an_empty_folder_is_told(tmp_path, problems):
    assert problems(tmp_path) == ["region.toml: is missing (write at least: id = 'my-region')"]
    (tmp_path / "region.toml").write_text("id = 'x'", encoding="utf-8")
    assert problems(tmp_path) == [
        "x: the region is empty (give places.csv, or stations.csv and services.csv)"
    ]
    (tmp_path / "places.csv").write_text("place_id,lon,lat,source,confidence\n", encoding="utf-8")
    assert "the region is empty" in problems(tmp_path)[0]
    (tmp_path / "places.csv").write_text("", encoding="utf-8")
    assert [line.partition(":")[0] for line in problems(tmp_path)] == ["places.csv row 1"] * 5


@pytest.mark.parametrize("name", ["stations.csv", "region.toml", "parameters.toml", "districts.geojson"])
def test_a_file_that_is_no_text_is_told(folder, problems, name):
    raw = (folder / name).read_bytes()
    (folder / name).write_bytes(raw[:2] + "é\n".encode("latin-1") + raw[2:])
    assert f"{name} row 1: is not UTF-8 text (save the file as UTF-8)" in problems(folder)
    (folder / name).write_bytes(raw.decode().encode("utf-16"))
    assert f"{name} row 1: is not UTF-8 text (save the file as UTF-8)" in problems(folder)
    (folder / name).unlink()
    (folder / name).mkdir()
    told = problems(folder) if name != "region.toml" else ["region.toml: cannot be read"]
    assert any(line.startswith(f"{name}: cannot be read") for line in told)


def test_a_byte_order_mark_does_no_harm(folder):
    before = read_region(folder).hash
    for name in ("stations.csv", "region.toml", "parameters.toml", "districts.geojson"):
        (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    assert read_region(folder).hash == before


def test_windows_line_ends_do_no_harm(folder):
    before = read_region(folder).hash
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert read_region(folder).hash == before


def test_a_file_beyond_the_bound_is_told(folder, problems, monkeypatch):
    largest = max(folder.iterdir(), key=lambda file: file.stat().st_size)
    monkeypatch.setattr(reader, "MAX_FILE_BYTES", largest.stat().st_size)
    read_region(folder)
    monkeypatch.setattr(reader, "MAX_FILE_BYTES", largest.stat().st_size - 1)
    assert [line.partition(":")[0] for line in problems(folder)] == [largest.name]
    assert "MiB (check that it is the right file, or split it)" in problems(folder)[0]


WRONG_ABOUT = [
    ("id = 'two words'", "id: 'two words' is no identifier"),
    ("id = ''", "id: '' is no identifier"),
    ("id = 5", "id: 5 is no text (put it in quotes)"),
    ("name_zh = ['a', 'b']", "name_zh: ['a', 'b'] is no text"),
    ("licence = {a = 1}", "licence: {'a': 1} is no text"),
    ("crs = 32649", "crs: 32649 is no text"),
    ("crs = 'EPSG:0'", "crs: 'EPSG:0' is no CRS (for example EPSG:32649)"),
    ("crs = 'EPSG:4326'", "crs: 'EPSG:4326' does not measure metres on a plane"),
    ("crs = 'EPSG:2263'", "crs: 'EPSG:2263' does not measure metres on a plane"),
    ("time_zone = 'Asia/Guangzhou'", "time_zone: 'Asia/Guangzhou' is no time zone"),
    ("time_zone = '../../etc/passwd'", "time_zone: '../../etc/passwd' is no time zone"),
    ("time_zone = ''", "time_zone: '' is no time zone"),
    ("date = '2026-11-01'", "date: '2026-11-01' is no date (write date = 2026-11-01, unquoted)"),
    ("date = 2026-11-01T10:00:00", "is no date"),
    ("date = 2026", "date: 2026 is no date"),
    ("service_start = 6", "service_start: the service day is no span"),
    ("service_end = '05:00'", "service_start: the service day is no span"),
    ("periods = 3", "periods: is no table"),
    ("periods = ['am']", "periods: is no table"),
    ("periods = {am = 3}", "periods.am: is no span"),
    ("periods = {am = ['07:00']}", "periods.am: is no span"),
    ("periods = {am = ['07:00', 9]}", "periods.am: is no span"),
    ("periods = {am = ['07:00', ['09:00']]}", "periods.am: is no span"),
    ("periods = {am = ['09:00', '07:00']}", "periods.am: is no span"),
    ("periods = {am_peak = ['07:00', '09:00']}", "periods: 'am_peak' is no name of a period"),
    ("notes = 'one'", "notes: is no list of sentences"),
    ("notes = [1]", "notes: is no list of sentences"),
    ("colour = 'red'", "colour: unknown key"),
    ("id = 'x'\nid = 'y'", "is not TOML: Cannot overwrite a value"),
    ("id =", "is not TOML"),
    ("id = " + "[" * 20_000, "is nested too deeply"),
    ("id = " + BIG * 20, "is not TOML: Exceeds the limit"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG_ABOUT)
def test_a_wrong_region_file_is_told(line_folder, problems, text, told):
    (line_folder / "region.toml").write_text(text, encoding="utf-8")
    lines = [line for line in problems(line_folder) if line.startswith("region.toml")]
    assert len(lines) == 1
    assert told in lines[0]


def test_local_times_and_other_periods_are_read(line_folder):
    text = "[periods]\nearly = [05:00:00, '07:00']\nlate = ['22:00', '25:30']\n"
    (line_folder / "region.toml").write_text(text, encoding="utf-8")
    about = read_region(line_folder).about
    assert about.region_id == "line"
    assert about.periods == (Period("early", 18_000, 25_200), Period("late", 79_200, 91_800))


def one_feature(properties, geometry):
    """Return a collection of one feature as text."""
    return json.dumps({"features": [{"properties": properties, "geometry": geometry}]})


RING = [[0, 0], [1, 0], [1, 1], [0, 0]]
ID = {"district_id": "d"}
WRONG_DISTRICTS = [
    ("", "districts.geojson row 1: is not JSON"),
    ("[]", "is no FeatureCollection"),
    ('{"features": {}}', "is no FeatureCollection"),
    ("[" * 100_000, "is not JSON that can be read"),
    (f'{{"features": {BIG * 20}}}', "is not JSON that can be read"),
    ('{"features": [5, null, "x", []]}', "feature 4: is no feature with a geometry"),
    ('{"features": [{"geometry": null}]}', "feature 1: is no feature with a geometry"),
    (one_feature(ID, {"type": "Point", "coordinates": [0, 0]}), "feature 1: is no (multi)polygon"),
    (one_feature(ID, {"type": ["Polygon"], "coordinates": [RING]}), "feature 1: is no (multi)polygon"),
    (one_feature(5, {"type": "Polygon", "coordinates": [RING]}), "has no property district_id"),
    (one_feature([ID], {"type": "Polygon", "coordinates": [RING]}), "has no property district_id"),
    (one_feature({}, {"type": "Polygon", "coordinates": [RING]}), "has no property district_id"),
    (one_feature({"district_id": 7}, {"type": "Polygon", "coordinates": [RING]}), "has no property district_id"),
    (one_feature(ID, {"type": "Polygon"}), "are no closed rings"),
    (one_feature(ID, {"type": "Polygon", "coordinates": []}), "are no closed rings"),
    (one_feature(ID, {"type": "Polygon", "coordinates": RING}), "are no closed rings"),
    (one_feature(ID, {"type": "MultiPolygon", "coordinates": [RING]}), "are no closed rings"),
    (one_feature(ID, {"type": "Polygon", "coordinates": [RING[:3]]}), "are no closed rings"),
    (one_feature(ID, {"type": "Polygon", "coordinates": [[*RING[:3], [0, 1]]]}), "are no closed rings"),
    (one_feature(ID, {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 91], [0, 0]]]}), "are no closed rings"),
    (one_feature(ID, {"type": "Polygon", "coordinates": [[["0", 0], *RING[1:]]]}), "are no closed rings"),
    (one_feature(ID, {"type": "Polygon", "coordinates": [[[True, 0], *RING[1:]]]}), "are no closed rings"),
    (one_feature(ID, {"type": "Polygon", "coordinates": [RING]}).replace("[1, 1]", "[1, NaN]"), "are no closed rings"),
    (one_feature(ID, {"type": "Polygon", "coordinates": [RING]}).replace("[1, 1]", f"[1, {BIG}]"), "are no closed rings"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), WRONG_DISTRICTS)
def test_wrong_districts_are_told(folder, problems, text, told):
    (folder / "districts.geojson").write_text(text, encoding="utf-8")
    assert told in problems(folder)[-1]


def test_a_district_that_stands_twice_is_told(folder, problems):
    text = (folder / "districts.geojson").read_text(encoding="utf-8").replace('"d2"', '"d1"')
    (folder / "districts.geojson").write_text(text, encoding="utf-8")
    [line] = problems(folder)
    assert line.startswith("districts.geojson feature 2: district 'd1' stands already in feature 1 (")


def test_the_shipped_region_reads_by_name_and_by_folder():
    assert "guangzhou" in list_regions()
    folder = reader.files("network").joinpath("regions", "guangzhou")
    assert get_region("guangzhou").hash == get_region(str(folder)).hash


@pytest.mark.parametrize("name", ["guangzhuo", "", "no/such/folder", "a\0b", "region.toml"])
def test_an_unknown_region_is_told(name):
    with pytest.raises(UnknownNameError, match="there is no region"):
        get_region(name)


MUTATIONS = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def read_or_refuse(folder):
    """Read a folder; anything but a region or a listed problem is a fault of the reader."""
    try:
        region = read_region(folder)
    except BadInputError as error:
        problems = error.problems
    else:
        assert isinstance(region, Region)
        assert len(region.hash) == 16
        json.dumps(region.districts)
        return
    assert problems
    assert all(str(problem) and "\n" not in str(problem) for problem in problems)


@MUTATIONS
@given(data=st.data())
def test_bytes_changed_anywhere_never_break_the_reader(folder, data):
    file = data.draw(st.sampled_from(sorted(folder.iterdir())))
    good = file.read_bytes()
    start = data.draw(st.integers(0, len(good)))
    length = data.draw(st.integers(0, 12))
    piece = data.draw(
        st.binary(max_size=8)
        | st.sampled_from([b'"', b"\n", b",", b"\0", b"[", b"]", b"{", b"=", b"1e400", b"\xff"])
    )
    file.write_bytes(good[:start] + piece + good[start + length :])
    try:
        read_or_refuse(folder)
    finally:
        file.write_bytes(good)


ODD_TEXT = st.text(max_size=12) | st.sampled_from(
    ["", "0", "-0", "-1", "1e308", "1e-320", BIG, "nan", "NA", "null", "True", "2026-11-01", "0001-01-01", "24:00",
     "99:59", "\u3000", "a;b", ";", "=1+1", '"', "a\rb", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]
)  # fmt: skip


@MUTATIONS
@given(data=st.data())
def test_cells_changed_anywhere_never_break_the_reader(folder, data):
    name = data.draw(st.sampled_from(TABLES))
    names = [column.name for column in columns(name, ("am-peak", "midday"))]
    kept = (
        data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        if data.draw(st.booleans())
        else names
    )
    file = folder / f"{name}.csv"
    good = file.read_bytes() if file.exists() else None
    rows = data.draw(st.lists(st.lists(ODD_TEXT, min_size=len(kept), max_size=len(kept)), max_size=4))
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [kept, *rows]]
    file.write_bytes("\n".join(quoted).encode("utf-8", "replace"))
    try:
        read_or_refuse(folder)
    finally:
        file.unlink()
        if good is not None:
            file.write_bytes(good)


TOML_VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.dates().map(str) | st.times().map(lambda t: t.isoformat()[:8])
    | st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Z"]), max_size=8).map(json.dumps),
    lambda part: st.lists(part.map(str), max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
    max_leaves=5,
)  # fmt: skip


@MUTATIONS
@given(key=st.sampled_from([*reader.ABOUT_KEYS, "periods.am-peak"]), value=TOML_VALUES)
def test_any_value_in_the_region_file_is_read_or_refused(line_folder, key, value):
    (line_folder / "region.toml").write_text(f"{key} = {value}\n", encoding="utf-8")
    read_or_refuse(line_folder)


@MUTATIONS
@given(
    name=st.sampled_from(["walk_kmh", "walk_kmh.value", "walk_kmh.unit", "walk_kmh_am_peak"]),
    value=TOML_VALUES,
)
def test_any_value_in_the_parameters_is_read_or_refused(line_folder, name, value):
    (line_folder / "parameters.toml").write_text(f"{name} = {value}\n", encoding="utf-8")
    read_or_refuse(line_folder)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("Polygon"),
    lambda part: st.lists(part, max_size=4)
    | st.dictionaries(st.sampled_from(["features", "geometry", "properties", "type", "coordinates"]), part),
    max_leaves=12,
)  # fmt: skip


@MUTATIONS
@given(value=JSON_VALUES)
def test_any_json_as_districts_is_read_or_refused(folder, value):
    (folder / "districts.geojson").write_text(json.dumps({"features": [value]}), encoding="utf-8")
    read_or_refuse(folder)
