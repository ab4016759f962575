"""The numbers of the model: defaults, a region's own, periods, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.errors import BadInputError, UnknownNameError
from network.parameters import Parameter, default_parameters
from network.reader import read_region

PERIODS = ("am-peak", "midday")


def test_every_default_has_unit_source_and_confidence():
    rows = default_parameters().as_table()
    assert len(rows) > 40
    for name, row in rows:
        assert row.unit, name
        assert row.source, name
        assert row.confidence in {"high", "medium", "low"}
        assert row.value >= 0
        for end, unit in (("_min", "min"), ("_kmh", "km/h"), ("_m", "m"), ("_km", "km, straight line")):
            if name.endswith(end):
                assert row.unit == unit, name


def test_a_period_s_own_number_comes_first():
    table = {"congestion_urban_inner_am_peak": {"value": 1.75}}
    parameters = default_parameters().merged(table, periods=PERIODS, where="x")
    assert parameters.at("congestion_urban_inner", "am-peak") == 1.75
    assert parameters.at("congestion_urban_inner", "midday") == 1.35
    assert parameters.row("congestion_urban_inner_am_peak").source == "x"
    assert "congestion_urban_inner_am_peak" not in default_parameters()


WRONG = [
    ({"walk_mph": {"value": 3}}, "x, walk_mph: unknown parameter (did you mean walk_kmh"),
    ({"walk_kmh_night": {"value": 3}}, "x, walk_kmh_night: unknown parameter"),
    ({"walk_kmh": 3}, "x, walk_kmh: has no value (write value, unit, source, confidence)"),
    ({"walk_kmh": {"unit": "km/h"}}, "x, walk_kmh: has no value"),
    ({"walk_kmh": {"value": -1}}, "x, walk_kmh: -1 is out of range"),
    ({"walk_kmh": {"value": float("nan")}}, "x, walk_kmh: nan is out of range"),
    ({"walk_kmh": {"value": float("inf")}}, "x, walk_kmh: inf is out of range"),
    ({"walk_kmh": {"value": 10**400}}, "is out of range"),
    ({"walk_kmh": {"value": True}}, "x, walk_kmh: True is out of range"),
    ({"walk_kmh": {"value": "5"}}, "x, walk_kmh: '5' is out of range"),
    ({"walk_kmh": {"value": 0}}, "x, walk_kmh: 0 is out of range"),
    ({"walk_kmh_am_peak": {"value": 0}}, "x, walk_kmh_am_peak: 0 is out of range"),
    ({"walk_kmh": {"value": 5, "unit": "m/s"}}, "x, walk_kmh: unit 'm/s' (give it in 'km/h')"),
    ({"walk_kmh": {"value": 5, "sauce": "x"}}, "x, walk_kmh: unknown key 'sauce' (did you mean source"),
    ({"walk_kmh": {"value": 5, "confidence": "sure"}}, "x, walk_kmh: confidence 'sure' (use high, medium or low)"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "told"), WRONG)
def test_what_is_refused(table, told):
    with pytest.raises(BadInputError) as caught:
        default_parameters().merged(table, periods=PERIODS, where="x")
    assert told in str(caught.value)


def test_all_that_is_refused_comes_at_once():
    table = {name: entry for wrong, _ in WRONG[:2] for name, entry in wrong.items()} | {
        "walk_detour": {"value": -1}
    }
    with pytest.raises(BadInputError) as caught:
        default_parameters().merged(table, periods=PERIODS, where="x")
    assert len(caught.value.problems) == 3


def test_one_quick_what_if():
    parameters = default_parameters().with_values({"walk_kmh": 5}, periods=PERIODS, source="--set")
    assert parameters.row("walk_kmh") == Parameter(5.0, "km/h", "--set", "low")
    assert default_parameters()["walk_kmh"] == 4.5
    with pytest.raises(BadInputError, match="--set, wok_kmh: unknown parameter"):
        default_parameters().with_values({"wok_kmh": 5}, periods=PERIODS, source="--set")


def test_an_unknown_name_is_told():
    with pytest.raises(UnknownNameError, match="there is no parameter 'walk_kph'"):
        _ = default_parameters()["walk_kph"]


@given(st.floats(0.1, 1000))
def test_numbers_are_kept_as_given(value):
    parameters = default_parameters().with_values({"walk_kmh": value}, periods=(), source="x")
    assert parameters["walk_kmh"] == value


def test_a_region_s_own_numbers_and_the_rest(line_folder):
    (line_folder / "parameters.toml").write_text("[walk_kmh_midday]\nvalue = 4\n", encoding="utf-8")
    parameters = read_region(line_folder).parameters
    assert [parameters.at("walk_kmh", period) for period in PERIODS] == [4.5, 4]
    assert parameters["walk_detour"] == 1.3
