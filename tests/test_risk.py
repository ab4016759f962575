"""Futures: distributions and indices in closed form, and the promise under them."""

import numpy as np
import pytest
from pydantic import ValidationError

from network.errors import BadInputError
from scenarios.uncertain import Uncertain, get_uncertain
from sim.risk import NEVER, Cards, openings, sensitivity, simulate, values_of, verdict_of, wilson

LINES = {"m": "metro", "r": "hsr"}


def uncertain(name, kind, low, high, mode=None, **more):
    given = {"name": name, "kind": kind, "low": low, "high": high, "source": "made up", **more}
    given["distribution"] = "uniform" if mode is None else "triangular"
    given["unit"] = "years" if kind == "delay" else "factor"
    return Uncertain.model_validate(given | ({} if mode is None else {"mode": mode}))


LATE = uncertain("late", "delay", 0, 4, status=["planned"])
METRO = uncertain("metro", "ride", 0.5, 1.5, **{"class": ["metro"]})
HSR = uncertain("hsr", "ride", 0.9, 1.1, **{"class": ["hsr"]})
CARDS = Cards(("a", "b", "c"), np.array([2028.0, 2027.0, NEVER]), ("planned", "open", "planned"))


def test_values_at_quantiles_in_closed_form():
    q = np.array([0.0, 0.25, 0.5, 1.0])
    np.testing.assert_allclose(values_of(METRO, q), [0.5, 0.75, 1.0, 1.5])
    peak = uncertain("peak", "delay", 0, 4, mode=2, status=["planned"])  # symmetric: F(x) = x² / 8 up to 2
    np.testing.assert_allclose(values_of(peak, q), [0, np.sqrt(2), 2, 4])


def test_only_cards_of_the_status_are_late():
    moment = openings([LATE], CARDS, np.full((1, 1, 3), 0.5))
    assert moment.tolist() == [[2030.0, 2027.0, NEVER + 2]]


def test_wilson_as_printed():
    """Brown, Cai & DasGupta (2001) and any table: 0 of 10 gives 0 to 0.278; 5 of 10 gives 0.237 to 0.763."""
    low, high = wilson(np.array([0.0, 0.5]), 10)
    np.testing.assert_allclose(low, [0, 0.2366], atol=1e-4)
    np.testing.assert_allclose(high, [0.2775, 0.7634], atol=1e-4)


def test_the_share_of_futures_follows_the_delay():
    def times(on, _factors):
        return np.where(on[:, [0, 1]], 3000, 4000)

    risk = simulate(times, [LATE], CARDS, LINES, [2027, 2028, 2030, 2033], 3600, samples=256, seed=1)
    # card a opens at 2028 + U(0, 4): by the end of 2028 with chance 1/4, of 2030 with 3/4, of 2033 surely
    np.testing.assert_allclose(risk.pair_share[:, 0], [0, 0.25, 0.75, 1], atol=0.01)
    np.testing.assert_array_equal(risk.pair_share[:, 1], 1)
    np.testing.assert_allclose(risk.kept_share, risk.pair_share[:, 0])
    again = simulate(times, [LATE], CARDS, LINES, [2028], 3600, samples=256, seed=1)
    np.testing.assert_array_equal(again.kept[0], risk.kept[1])


def test_indices_of_a_sum_in_closed_form():
    """Minutes = 60 m + 100 r with m in U(.5, 1.5), r in U(.9, 1.1): variances 60²/12 and 20²/12."""

    def times(_on, factors):
        ride = factors.by_line(factors.ride, ["m", "r"])
        return np.rint(3600 * ride[:, :1] + 6000 * ride[:, 1:]).astype(np.int64)

    found = sensitivity(times, [METRO, HSR, LATE], CARDS, LINES, 2030, 9600, samples=512, seed=2)
    share = np.array([60.0**2, 20.0**2]) / (60.0**2 + 20.0**2)
    np.testing.assert_allclose(found["minutes"]["first"], [*share, 0], atol=0.02)
    np.testing.assert_allclose(found["minutes"]["total"], [*share, 0], atol=0.02)
    nothing = sensitivity(lambda on, _factors: np.full((len(on), 1), 60), [METRO, HSR], CARDS, LINES, 2030, 1, samples=8,
                          seed=2)  # fmt: skip
    assert np.isnan(nothing["minutes"]["total"]).all()


@pytest.mark.parametrize(("share", "word"), [(1.0, "robust pass"), (0.95, "robust pass"), (0.5, "fragile"), (0.05, "robust fail"), (0.0, "robust fail")])  # fmt: skip
def test_words_of_shares(share, word):
    assert verdict_of(share) == word


def test_the_shipped_inputs_all_name_a_source():
    inputs = get_uncertain("guangzhou")
    assert {one.kind for one in inputs} == {"delay", "ride", "headway", "part"}
    assert all(len(one.source) > 20 for one in inputs)


@pytest.mark.parametrize(
    "change",
    [
        {"low": 2, "high": 1},
        {"low": -1},
        {"mode": 3},
        {"class": []},
        {"unit": "years"},
        {"source": ""},
        {"x": 1},
    ],
)
def test_wrong_inputs_are_refused(change):
    with pytest.raises(ValidationError):
        Uncertain.model_validate(METRO.model_dump(by_alias=True) | change)


def test_every_problem_of_a_file_is_told(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[[input]]\nname = "a"\nkind = "ride"\n[[input]]\nname = "B B"\n', encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        get_uncertain("guangzhou", file)
    assert len(caught.value.problems) > 4
    with pytest.raises(BadInputError, match="none are shipped"):
        get_uncertain("nowhere")
