"""The run-time model: cases worked out by hand, what must hold for any run, and what it refuses."""

import doctest
import tomllib
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

import network
from network import runtimes
from network.errors import BadInputError, UnknownNameError
from network.runtimes import RunTimeModel, RunTimeParameters, Stock, default_run_time_parameters

NO_LIMIT = 1e15
PLAIN_TRAIN = Stock(
    top_speed_kmh=360, acceleration_m_s2=0.5, braking_m_s2=0.5, power_w_kg=NO_LIMIT, dwell_min=2
)
PLAIN = RunTimeParameters(
    recovery_share=0, approach_min=0, junction_min=0, junction_km=1, typical_further_lines=0,
    stock={"hsr": PLAIN_TRAIN, "slow": replace(PLAIN_TRAIN, top_speed_kmh=90)},
)  # fmt: skip
MODEL = RunTimeModel()
STOCK = sorted(MODEL.parameters.stock)

distances_km = st.floats(0.01, 1000)
speeds_kmh = st.floats(1, 500)
lines = st.floats(0, 10)
stock_names = st.sampled_from([None, *STOCK])


def with_train(**changes):
    return RunTimeModel(replace(PLAIN, stock={"hsr": replace(PLAIN_TRAIN, **changes)}))


# --- by hand --------------------------------------------------------------------------------------------


def test_a_short_run_is_a_triangle():
    # 0.5 m/s² up over 400 m to 20 m/s takes 40 s, and as long down
    assert RunTimeModel(PLAIN).hop_min(0.8, 360) == pytest.approx(80 / 60, rel=1e-12)


def test_a_long_run_is_a_trapezoid():
    # 50 m/s: 100 s and 2.5 km up, the same down, 5 km at 50 m/s take 100 s: 300 s
    assert RunTimeModel(PLAIN).hop_min(10, 180) == pytest.approx(5, rel=1e-12)


def test_braking_has_its_own_rate():
    # 50 m/s: 100 s, 2.5 km up at 0.5; 50 s, 1.25 km down at 1.0; 6.25 km take 125 s
    assert with_train(braking_m_s2=1.0).hop_min(10, 180) == pytest.approx(275 / 60, rel=1e-12)
    # up and down swapped take as long
    assert with_train(acceleration_m_s2=1.0).hop_min(10, 180) == pytest.approx(275 / 60, rel=1e-12)


def test_limited_power_slows_a_long_run():
    # 1/a = 2 + 0.03 v. Up to 50 m/s: 100 + 0.015·2500 = 137.5 s and 2500 + 0.01·125000 = 3750 m;
    # down 100 s, 2500 m; 3750 m left take 75 s
    assert with_train(power_w_kg=100 / 3).hop_min(10, 180) == pytest.approx(312.5 / 60, rel=1e-12)


def test_limited_power_slows_a_short_run():
    # up to 40 m/s: 80 + 24 = 104 s and 1600 + 640 = 2240 m; down 80 s, 1600 m
    assert with_train(power_w_kg=100 / 3).hop_min(3.84, 360) == pytest.approx(184 / 60, rel=1e-12)


def test_margin_approach_and_junction_come_on_top():
    parameters = replace(
        PLAIN, recovery_share=0.1, approach_min=1, junction_min=2, junction_km=20, typical_further_lines=0.5
    )
    model = RunTimeModel(parameters)
    # 5 min of running and 10 % of it, 1 min of approach, half of 2 min a line on a run of half 20 km
    assert model.hop_min(10, 180, further_lines=0) == pytest.approx(6.5, rel=1e-12)
    assert model.hop_min(10, 180, further_lines=3) == pytest.approx(9.5, rel=1e-12)
    assert model.hop_min(10, 180) == pytest.approx(7, rel=1e-12)
    # 30 km: 5 + 20/3 min of running, the whole of 2 min a line
    assert model.hop_min(30, 180, further_lines=3) == pytest.approx(1.1 * 35 / 3 + 7, rel=1e-12)


def test_speed_is_the_least_of_line_and_stock():
    # 25 m/s: 50 s and 625 m up and down, 8.75 km take 350 s
    model = RunTimeModel(PLAIN)
    assert model.hop_min(10, 180, stock="slow") == pytest.approx(450 / 60, rel=1e-12)
    assert model.hop_min(10, 90) == model.hop_min(10, 180, stock="slow")


def test_a_trip_is_its_runs_and_the_stops_between():
    model = RunTimeModel(PLAIN)
    assert model.trip_min([10, 0.8, 10], 180) == pytest.approx(5 + 80 / 60 + 5 + 2 * 2, rel=1e-12)
    assert model.trip_min([10, 10], [180, 90], dwell_min=0.5) == pytest.approx(5 + 7.5 + 0.5, rel=1e-12)
    assert model.trip_min([10], 180) == pytest.approx(5, rel=1e-12)


# --- the numbers that are shipped -----------------------------------------------------------------------

#: stock, km, km/h, further lines, minutes
SHIPPED = [
    (None, 3.0, 200.0, None, 3.661),
    (None, 33.0, 200.0, None, 14.158),
    (None, 33.0, 200.0, 5, 17.488),
    (None, 100.0, 350.0, 0, 24.317),
    ("hsr", 200.0, 400.0, 0, 42.590),
    ("emu", 100.0, 350.0, 0, 29.598),
    ("intercity", 100.0, 350.0, 0, 35.138),
    ("suburban", 20.0, 350.0, 2, 11.713),
    ("conventional", 40.0, 350.0, 0, 20.060),
    ("metro", 8.0, 350.0, 0, 5.368),
]


def golden(model):
    """Return whether the model gives every time above, and the usual stops, as written."""
    times = [
        abs(model.hop_min(km, speed, stock=name, further_lines=further) - minutes) < 0.001
        for name, km, speed, further, minutes in SHIPPED
    ]
    dwells = {"hsr": 2.0, "emu": 2.0, "intercity": 2.0, "suburban": 2.0, "conventional": 6.0, "metro": 0.7}
    return all(times) and {name: one.dwell_min for name, one in model.parameters.stock.items()} == dwells


def test_shipped_numbers():
    assert golden(MODEL)


NUMBERS = [field.name for field in fields(RunTimeParameters) if field.name != "stock"]
STOCK_NUMBERS = [(name, field.name) for name in STOCK for field in fields(Stock)]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_change_of_any_number_shows(name):
    parameters = MODEL.parameters
    assert not golden(RunTimeModel(replace(parameters, **{name: getattr(parameters, name) * 1.01})))


@pytest.mark.parametrize(("stock", "name"), STOCK_NUMBERS)
def test_a_change_of_any_number_of_a_class_shows(stock, name):
    changed = replace(
        MODEL.parameters.stock[stock], **{name: getattr(MODEL.parameters.stock[stock], name) * 0.98}
    )
    parameters = replace(MODEL.parameters, stock={**MODEL.parameters.stock, stock: changed})
    assert not golden(RunTimeModel(parameters))


def test_every_number_has_unit_source_and_confidence():
    file = Path(runtimes.__file__).with_name("runtimes.toml")
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    stock = table.pop("stock")
    assert set(table) == set(NUMBERS)
    assert all(set(row) == {"value", "unit", "source", "confidence"} for row in table.values())
    wanted = {field.name for field in fields(Stock)} | {"source", "confidence"}
    assert all(set(row) == wanted for row in stock.values())
    assert {row["confidence"] for row in [*table.values(), *stock.values()]} <= {"high", "medium", "low"}


def test_multiple_units_differ_in_top_speed_alone():
    # so that the default, the fastest of them, is the one that the line calls for
    units = {
        replace(MODEL.stock(name), top_speed_kmh=1, dwell_min=1)
        for name in ("hsr", "emu", "intercity", "suburban")
    }
    assert len(units) == 1
    assert MODEL.hop_min(20, 160) == MODEL.hop_min(20, 160, stock="suburban")
    assert MODEL.stock() == MODEL.stock("hsr")


@pytest.mark.parametrize("name", STOCK)
def test_ramps_are_the_integrals_of_the_acceleration(name):
    train = MODEL.stock(name)
    speed_m_s = train.top_speed_kmh / 3.6

    def slowness(speed):
        return 1 / train.acceleration_m_s2 + speed / train.power_w_kg + 1 / train.braking_m_s2

    ramps_s = quad(slowness, 0, speed_m_s)[0]
    ramps_m = quad(lambda speed: speed * slowness(speed), 0, speed_m_s)[0]
    wanted = (ramps_s + (100_000 - ramps_m) / speed_m_s) / 60 * (1 + MODEL.parameters.recovery_share)
    got = MODEL.hop_min(100, 999, stock=name, further_lines=0) - MODEL.parameters.approach_min
    assert got == pytest.approx(wanted, rel=1e-9)


# --- what holds for any run -----------------------------------------------------------------------------


@given(distances_km, distances_km, speeds_kmh, stock_names, lines)
def test_longer_is_never_shorter(one, other, speed, stock, further):
    short, long = (
        MODEL.hop_min(km, speed, stock=stock, further_lines=further) for km in sorted((one, other))
    )
    assert short <= long + 1e-9


@given(distances_km, speeds_kmh, speeds_kmh, stock_names, lines)
def test_faster_is_never_longer(distance, one, other, stock, further):
    slow, fast = (
        MODEL.hop_min(distance, v, stock=stock, further_lines=further) for v in sorted((one, other))
    )
    assert fast <= slow + 1e-9


@given(distances_km, speeds_kmh, stock_names, lines, lines)
def test_more_lines_at_the_ends_are_never_faster(distance, speed, stock, one, other):
    few, many = (MODEL.hop_min(distance, speed, stock=stock, further_lines=n) for n in sorted((one, other)))
    assert few <= many


@given(distances_km, distances_km, speeds_kmh, stock_names, lines)
def test_a_stop_on_the_way_is_never_faster(first, second, speed, stock, further):
    through = MODEL.hop_min(first + second, speed, stock=stock, further_lines=further)
    assert (
        through
        <= MODEL.trip_min([first, second], speed, stock=stock, further_lines=further, dwell_min=0) + 1e-9
    )


@given(distances_km, speeds_kmh, stock_names)
def test_never_above_full_speed(distance, speed, stock):
    full_kmh = min(speed, MODEL.stock(stock).top_speed_kmh)
    assert MODEL.hop_min(distance, speed, stock=stock) > distance / full_kmh * 60


@given(st.floats(30, 350), st.sampled_from(STOCK))
def test_triangle_meets_trapezoid(speed, stock):
    train = MODEL.stock(stock)
    full_m_s = min(speed, train.top_speed_kmh) / 3.6
    a, b = 1 / train.acceleration_m_s2 + 1 / train.braking_m_s2, 1 / train.power_w_kg
    edge_km = (a * full_m_s**2 / 2 + b * full_m_s**3 / 3) / 1000
    near = edge_km * np.array([1 - 1e-7, 1, 1 + 1e-7])
    minutes = MODEL.hop_min(near, speed, stock=stock)
    assert np.ptp(minutes) < 1e-5
    ramps_min = (a * full_m_s + b * full_m_s**2 / 2) / 60 * (1 + MODEL.parameters.recovery_share)
    assert MODEL.hop_min(edge_km, speed, stock=stock, further_lines=0) == pytest.approx(
        ramps_min + MODEL.parameters.approach_min, rel=1e-9
    )


@given(st.lists(st.tuples(distances_km, speeds_kmh, lines), min_size=1, max_size=5), stock_names)
def test_arrays_hold_what_single_runs_give(rows, stock):
    km, speed, further = np.array(rows).T
    together = MODEL.hop_min(km, speed, stock=stock, further_lines=further)
    alone = [MODEL.hop_min(*row[:2], stock=stock, further_lines=row[2]) for row in rows]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_shapes():
    assert isinstance(MODEL.hop_min(10, 200), float)
    assert MODEL.hop_min([10, 20, 30], 200).shape == (3,)
    assert MODEL.hop_min(10, [160, 200]).shape == (2,)
    assert MODEL.hop_min(10, 200, further_lines=[0, 1]).shape == (2,)
    assert MODEL.hop_min(np.ones((2, 1)), np.full(3, 200)).shape == (2, 3)
    assert MODEL.hop_min([], 200).shape == (0,)


def test_arguments_stay_as_they_are():
    km, speed = np.array([1.0, 50.0]), np.array([200.0, 200.0])
    MODEL.hop_min(km, speed)
    assert km.tolist() == [1, 50]
    assert speed.tolist() == [200, 200]


# --- what it refuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), "far", None, [10, float("nan")]])
@pytest.mark.parametrize("name", ["distance_km", "line_speed_kmh"])
def test_refuses_what_is_no_number_above_zero(name, wrong):
    arguments = {"distance_km": 10, "line_speed_kmh": 200, name: wrong}
    with pytest.raises(ValueError, match=name):
        MODEL.hop_min(**arguments)


@pytest.mark.parametrize("wrong", [-1, float("nan"), [0, -1]])
def test_refuses_what_is_no_count_of_lines(wrong):
    with pytest.raises(ValueError, match="further_lines"):
        MODEL.hop_min(10, 200, further_lines=wrong)


def test_names_all_that_is_wrong():
    with pytest.raises(BadInputError) as caught:
        MODEL.hop_min([10, -1, 0], 0)
    assert [str(problem) for problem in caught.value.problems] == [
        "distance_km[1]: -1.0 is not a number above 0, nor are 1 more",
        "line_speed_kmh: 0.0 is not a number above 0",
    ]


def test_refuses_shapes_that_do_not_fit():
    with pytest.raises(BadInputError, match=r"shapes \(2,\), \(3,\), \(\) do not fit together"):
        MODEL.hop_min([1, 2], [100, 200, 300])


def test_refuses_unknown_stock():
    with pytest.raises(UnknownNameError, match=r"there is no stock class 'intercty'.*did you mean intercity"):
        MODEL.hop_min(10, 200, stock="intercty")


def test_refuses_a_trip_without_runs_or_with_a_wrong_dwell():
    with pytest.raises(BadInputError, match="holds no run"):
        MODEL.trip_min([], 200)
    for wrong in (-1, float("nan")):
        with pytest.raises(BadInputError, match="dwell_min"):
            MODEL.trip_min([10], 200, dwell_min=wrong)


# --- the house ------------------------------------------------------------------------------------------


def test_examples_of_the_docstring():
    failed, tried = doctest.testmod(runtimes)
    assert failed == 0
    assert tried > 0


def test_names_of_the_room_are_lazy():
    assert network.RunTimeModel is RunTimeModel
    assert "RunTimeModel" in dir(network)
    assert default_run_time_parameters() is MODEL.parameters
