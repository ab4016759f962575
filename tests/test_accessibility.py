"""Accessibility and inequality: PySAL, printed and closed forms, plain twins, and what always holds."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from network.errors import BadInputError
from sim.accessibility import DECAYS, ZONE_WEIGHTS, Decay, catchment, minutes_to_reach, reach, step_weights
from sim.inequality import gini, lorenz, mean, palma, share_above, theil

quick = settings(max_examples=60, deadline=None)

N = np.nan
TIMES = np.array([[0.0, 25.0, 60.0, N], [25.0, 0.0, 61.0, 90.0]])
JOBS = np.array([10.0, 20.0, 40.0, 80.0])

# ------------------------------------------------------------------------------------------------------ decay


def test_step_counts_the_limit_itself_and_never_what_is_not_reached():
    assert reach(Decay("step", 60).weights(TIMES), JOBS).tolist() == [70, 30]
    assert reach(Decay("step", 1e6).weights(TIMES), JOBS).tolist() == [70, 150]


@pytest.mark.parametrize(
    ("kind", "width", "time", "weight"),
    [
        ("linear", 40, 40, 1),
        ("linear", 40, 60, 0.5),
        ("linear", 40, 70, 0.25),
        ("linear", 40, 80, 0),
        ("logistic", 10, 0, 1),
        ("logistic", 10, 60, (1 + math.exp(-6 * math.pi / math.sqrt(3))) / 2),
        # the logistic distribution has the variance s² π² / 3, so one deviation above is 1 / (1 + e^(π/√3))
        ("logistic", 10, 70, (1 + math.exp(-6 * math.pi / 3**0.5)) / (1 + math.exp(math.pi / 3**0.5))),
        ("exponential", None, 60, 0.5),
        ("exponential", None, 120, 0.25),
        ("gaussian", None, 60, 0.5),
        ("gaussian", None, 120, 0.0625),
        ("zones", None, 20, 1),
        ("zones", None, 20.1, 0.68),
        ("zones", None, 60, 0.22),
        ("zones", None, 60.1, 0),
    ],
)
def test_decay_at_a_time(kind, width, time, weight):
    assert Decay(kind, 60, width).weights(time) == pytest.approx(weight, abs=1e-12)


@pytest.mark.parametrize("kind", DECAYS)
def test_every_decay_falls_from_one_and_gives_nothing_to_what_is_not_reached(kind):
    weights = Decay(kind, 45).weights(np.append(np.arange(0, 500, 0.5), np.nan))
    assert weights[0] == pytest.approx(1)
    assert (np.diff(weights[:-1]) <= 0).all()
    assert weights[-1] == 0
    assert ((weights >= 0) & (weights <= 1)).all()


def test_gaussian_is_pysal_s_with_the_named_deviation():
    from access import weights  # noqa: PLC0415

    twin = weights.gaussian(60 / math.sqrt(2 * math.log(2)))
    assert Decay("gaussian", 60).weights(37) == pytest.approx(twin(37))


def test_what_is_wrong_with_a_decay_is_told_together():
    with pytest.raises(BadInputError) as error:
        Decay("cubic", -5, 0)
    assert [problem.where for problem in error.value.problems] == ["--decay", "--minutes", "--width"]
    with pytest.raises(BadInputError, match="a step decay has no width"):
        Decay("step", 60, 10)
    with pytest.raises(BadInputError, match="no limit"):
        Decay("step", math.nan)


# ----------------------------------------------------------------------------------------------- dual access


def test_minutes_until_an_amount_is_in_reach():
    assert minutes_to_reach(TIMES, JOBS, 10).tolist() == [0, 0]
    assert minutes_to_reach(TIMES, JOBS, 30).tolist() == [25, 25]
    assert minutes_to_reach(TIMES, JOBS, 71).tolist()[1] == 90
    assert np.isnan(minutes_to_reach(TIMES, JOBS, 71)[0])


def test_the_nearest_two_destinations():
    assert minutes_to_reach(TIMES, np.ones(4), 2).tolist() == [25, 25]
    assert minutes_to_reach(TIMES, np.ones(4), 3).tolist() == [60, 61]


def test_no_amount_is_refused():
    with pytest.raises(BadInputError):
        minutes_to_reach(TIMES, JOBS, 0)


def cases(*, least=0.0):
    """Draw times with holes, opportunities and people."""

    def made(shape):
        time = st.one_of(st.just(np.nan), st.integers(0, 150).map(float))
        amount = st.floats(least, 1e6).map(lambda value: round(value, 3))
        return st.tuples(
            arrays(np.float64, shape, elements=time),
            arrays(np.float64, shape[1], elements=amount),
            arrays(np.float64, shape[0], elements=amount),
        )

    return st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(made)


@quick
@given(cases(), st.integers(1, 10**6))
def test_dual_access_turns_the_primal_round(case, amount):
    minutes, jobs, _ = case
    found = minutes_to_reach(minutes, jobs, amount)
    for row, time in enumerate(found):
        if np.isnan(time):
            assert np.nansum(np.where(np.isnan(minutes[row]), 0, jobs)) < amount * (1 + 1e-9)
        else:
            within = jobs[minutes[row] <= time].sum()
            before = jobs[minutes[row] < time].sum()
            assert before * (1 - 1e-9) < amount <= within * (1 + 1e-9)


# -------------------------------------------------------------------------------------------------- catchment


def pysal_fca(minutes, supply, demand, limit, weight=None):
    """Return PySAL's two-step floating catchment area of the origins that reach something."""
    from access.fca import two_stage_fca  # noqa: PLC0415

    pairs = [(i, j, minutes[i, j]) for i, j in product(*map(range, minutes.shape))]
    costs = pd.DataFrame(pairs, columns=["origin", "dest", "cost"]).dropna()
    people = pd.DataFrame({"geoid": range(len(demand)), "demand": demand}).set_index("geoid")
    places = pd.DataFrame({"geoid": range(len(supply)), "supply": supply}).set_index("geoid")
    found = two_stage_fca(
        people, places, costs, limit, demand_index=True, supply_index=True, weight_fn=weight
    )
    return found.reindex(range(len(demand))).fillna(0).to_numpy()


@quick
@given(cases(least=1))
def test_two_steps_are_pysal_s(case):
    minutes, supply, demand = case
    minutes[0, 0] = 0  # PySAL stumbles over a matrix without a journey
    found = catchment(Decay("step", 60).weights(minutes), supply, demand)
    np.testing.assert_allclose(found, pysal_fca(minutes, supply, demand, 60), rtol=1e-9)


@quick
@given(cases(least=1))
def test_enhanced_two_steps_are_pysal_s(case):
    from access import weights  # noqa: PLC0415

    minutes, supply, demand = case
    minutes[0, 0] = 0
    twin = weights.step_fn(dict(zip((20, 40, 60), ZONE_WEIGHTS, strict=True)))
    found = catchment(Decay("zones", 60).weights(minutes), supply, demand)
    np.testing.assert_allclose(found, pysal_fca(minutes, supply, demand, 60, twin), rtol=1e-9)


def test_weighted_reach_is_pysal_s():
    from access import weights  # noqa: PLC0415
    from access.fca import weighted_catchment  # noqa: PLC0415

    places = pd.DataFrame({"jobs": JOBS}, index=range(4))
    pairs = [(i, j, TIMES[i, j]) for i, j in product(range(2), range(4))]
    costs = pd.DataFrame(pairs, columns=["origin", "dest", "cost"]).dropna()
    for decay, twin in (
        (Decay("gaussian", 60), weights.gaussian(60 / math.sqrt(2 * math.log(2)))),
        (Decay("zones", 90), weights.step_fn(dict(zip((30, 60, 90), ZONE_WEIGHTS, strict=True)))),
    ):
        theirs = weighted_catchment(
            places.copy(), costs, cost_source="dest", cost_dest="origin", loc_index=True,
            loc_value="jobs", weight_fn=twin,
        )  # fmt: skip
        np.testing.assert_allclose(reach(decay.weights(TIMES), JOBS), theirs.to_numpy(), rtol=1e-12)


def test_two_steps_by_hand():
    # one doctor for towns of 100 and 300, another that only the second town reaches
    minutes = np.array([[10.0, N], [20.0, 5.0]])
    found = catchment(Decay("step", 30).weights(minutes), [1.0, 3.0], [100.0, 300.0])
    assert found.tolist() == pytest.approx([1 / 400, 1 / 400 + 3 / 300])
    # enhanced: weights 1 within 10 min and 0.68 within 20
    found = catchment(Decay("zones", 30).weights(minutes), [1.0, 3.0], [100.0, 300.0])
    first = 1 / (100 + 0.68 * 300)
    assert found.tolist() == pytest.approx([first, 0.68 * first + 3 / 300])


def test_what_nobody_reaches_serves_nobody():
    # the second town has no people; only it reaches the second doctor
    minutes = np.array([[10.0, N], [20.0, 5.0]])
    found = catchment(Decay("step", 30).weights(minutes), [2.0, 3.0], [100.0, 0.0])
    assert found.tolist() == pytest.approx([0.02, 0.02])


@quick
@given(cases(), st.sampled_from(DECAYS))
def test_people_together_have_the_supply_that_anyone_reaches(case, kind):
    minutes, supply, demand = case
    weights = Decay(kind, 40).weights(minutes)
    weights[weights < 1e-9] = 0
    reached = (demand @ weights) > 0
    total = demand @ catchment(weights, supply, demand)
    assert total == pytest.approx(supply[reached].sum(), rel=1e-6)


@quick
@given(cases(), st.sampled_from(DECAYS), st.integers(0, 60))
def test_a_quicker_journey_never_reaches_less(case, kind, gain):
    minutes, jobs, _ = case
    decay = Decay(kind, 50)
    before, after = (
        reach(decay.weights(minutes), jobs),
        reach(decay.weights(np.maximum(minutes - gain, 0)), jobs),
    )
    assert (after >= before * (1 - 1e-12)).all()


def test_zones_of_time():
    assert step_weights([0, 10, 10.5, 20, 21, N], [10, 20], [1, 0.5]).tolist() == [1, 1, 0.5, 0.5, 0, 0]


# ------------------------------------------------------------------------------------------------- inequality


def test_equal_shares():
    assert gini([7, 7, 7], [1, 2, 3]) == pytest.approx(0)
    assert theil([7, 7, 7], [1, 2, 3]) == pytest.approx(0)
    assert palma([7, 7, 7], [1, 2, 3]) == pytest.approx(0.25)


@pytest.mark.parametrize("people", [4, 10, 250])
def test_one_of_many_has_all(people):
    values = np.zeros(people)
    values[1] = 5
    assert gini(values, np.ones(people)) == pytest.approx(1 - 1 / people)
    assert theil(values, np.ones(people)) == pytest.approx(math.log(people))
    assert math.isnan(palma(values, np.ones(people)))


def test_two_classes():
    # a tenth of the people has half of all: Gini = 0.5 - 0.1; each poor person has 5/9, each rich 5 of the mean
    values, people = [9.0, 1.0], [1.0, 9.0]
    assert gini(values, people) == pytest.approx(0.4)
    assert palma(values, people) == pytest.approx(0.5 / (0.5 * 4 / 9))
    assert theil(values, people) == pytest.approx(0.5 * math.log(5) + 0.5 * math.log(5 / 9))


def test_uniform_from_nothing_to_all():
    # evenly spread over (0, 1): Gini 1/3; top tenth (1 - 0.81) over bottom four tenths 0.16; Theil ln 2 - 1/2
    values = (np.arange(100_000) + 0.5) / 100_000
    assert gini(values, np.ones_like(values)) == pytest.approx(1 / 3, abs=1e-4)
    assert palma(values, np.ones_like(values)) == pytest.approx(0.19 / 0.16, abs=1e-3)
    assert theil(values, np.ones_like(values)) == pytest.approx(math.log(2) - 0.5, abs=1e-4)


GROUPS = st.lists(
    st.tuples(st.floats(0, 1e5).map(lambda v: round(v, 2)), st.integers(0, 500)), min_size=1, max_size=8
)


@quick
@given(GROUPS)
def test_gini_is_half_the_mean_difference_over_the_mean(groups):
    values, people = (np.array(column, float) for column in zip(*groups, strict=True))
    total = people.sum()
    if not (values @ people) > 0:
        assert math.isnan(gini(values, people))
        return
    apart = sum(a * b * abs(x - y) for (x, a), (y, b) in product(groups, groups)) / total**2
    assert gini(values, people) == pytest.approx(apart / (2 * (values @ people) / total), abs=1e-9)


@quick
@given(GROUPS, st.floats(0.1, 100))
def test_scale_order_and_grouping_do_not_matter(groups, factor):
    values, people = (np.array(column, float) for column in zip(*groups, strict=True))
    split = np.tile(values, 2)[::-1], np.tile(people / 2, 2)[::-1]
    for measure in (gini, palma, theil):
        one = measure(values, people)
        assert measure(factor * values, 3 * people) == pytest.approx(one, rel=1e-6, abs=1e-9, nan_ok=True)
        assert measure(*split) == pytest.approx(one, rel=1e-6, abs=1e-9, nan_ok=True)


@quick
@given(GROUPS)
def test_a_gift_from_rich_to_poor_makes_it_more_equal(groups):
    values, people = (np.array(column, float) for column in zip(*groups, strict=True))
    level = mean(values, people)
    nearer = values + 0.3 * (level - values) if people.sum() else values
    for measure in (gini, theil):
        assert not measure(nearer, people) > measure(values, people) + 1e-9


def test_lorenz_curve_is_convex():
    people, held = lorenz([3, 1, 2], [1, 1, 2])
    assert people.tolist() == [0, 0.25, 0.75, 1]
    assert held.tolist() == pytest.approx([0, 1 / 8, 5 / 8, 1])


def test_share_above_counts_the_unreached_and_not_the_limit():
    assert share_above([60, 60.1, N, 5], [1, 2, 3, 4], 60) == pytest.approx(0.5)
    assert math.isnan(share_above([1], [0], 60))
    assert mean([1, N, 4], [1, 5, 2]) == pytest.approx(3)
    assert math.isnan(mean([1], [0]))
