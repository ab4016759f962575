"""Shapley values against games whose values are known in closed form, and against sums over all orders."""

from itertools import permutations
from math import comb, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.attribution import all_values, attribute, interactions, interval, sampled_gains, shapley, subsets


def unanimity(coalition):
    """1 once all of a coalition are in: each of them gets the same, the others nothing."""
    return lambda masks: masks[:, coalition].all(axis=1).astype(float)


def majority(players):
    return lambda masks: (masks.sum(axis=1) * 2 > players).astype(float)


def glove(left):
    """Players before `left` hold a left glove, the others a right one; a pair is worth 1."""
    return lambda masks: np.minimum(masks[:, :left].sum(axis=1), masks[:, left:].sum(axis=1)).astype(float)


def airport(costs):
    """A runway as long as the longest plane needs: each stretch is shared by those who need it."""
    return lambda masks: np.where(masks, costs, 0.0).max(axis=1)


def by_definition(value, players):
    """What each player adds, over all orders, one at a time."""
    total = np.zeros(players)
    for order in permutations(range(players)):
        mask = np.zeros((1, players), bool)
        before = value(mask)[0]
        for player in order:
            mask[0, player] = True
            after = value(mask)[0]
            total[player] += after - before
            before = after
    return total / factorial(players)


def table_game(draw_values):
    """A game from a list of 2 ** players numbers."""
    values = np.array(draw_values, float)
    return lambda masks: values[masks @ (1 << np.arange(masks.shape[1]))]


def test_unanimity():
    found = attribute(unanimity([1, 3, 4]), 5, monotone=True)
    np.testing.assert_allclose(found.shapley, [0, 1 / 3, 0, 1 / 3, 1 / 3])
    np.testing.assert_allclose(found.first_in, 0)
    np.testing.assert_allclose(found.leave_one_out, [0, 1, 0, 1, 1])
    assert found.exact
    assert (found.none, found.every) == (0, 1)


def test_interaction_of_unanimity():
    """Of a coalition of size s the index of each two members is 1 / (s - 1), of others 0."""
    found = interactions(all_values(unanimity([0, 2, 3]), 5).values)
    expected = np.zeros((5, 5))
    for one, other in permutations([0, 2, 3], 2):
        expected[one, other] = 1 / 2
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_majority():
    found = attribute(majority(7), 7, monotone=True)
    np.testing.assert_allclose(found.shapley, 1 / 7)


@pytest.mark.parametrize(("left", "right"), [(1, 2), (2, 3), (1, 4)])
def test_gloves(left, right):
    """Shapley and Shubik 1969; of one left and two right gloves the left one earns 2/3."""
    found = attribute(glove(left), left + right, monotone=True).shapley
    np.testing.assert_allclose(found, by_definition(glove(left), left + right))
    if (left, right) == (1, 2):
        np.testing.assert_allclose(found, [2 / 3, 1 / 6, 1 / 6])


def test_airport():
    """Littlechild and Owen 1973."""
    costs = np.array([1.0, 4.0, 4.0, 9.0])
    found = attribute(airport(costs), 4, monotone=True).shapley
    first, second, third = 1 / 4, 3 / 3, 5 / 1
    np.testing.assert_allclose(found, [first, first + second, first + second, first + second + third])


def test_additive_game_has_no_interaction():
    worth = np.array([3.0, -1.0, 0.0, 2.5])
    found = attribute(lambda masks: 7 + masks @ worth, 4)
    np.testing.assert_allclose(found.shapley, worth)
    np.testing.assert_allclose(found.interaction, 0, atol=1e-12)
    assert found.none == 7


games = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.integers(-9, 9), min_size=1 << n, max_size=1 << n).map(lambda v: (n, v))
)


@settings(deadline=None)
@given(games)
def test_any_game(game):
    players, numbers = game
    value = table_game(numbers)
    found = attribute(value, players)
    np.testing.assert_allclose(found.shapley, by_definition(value, players), atol=1e-9)
    assert found.shapley.sum() == pytest.approx(found.every - found.none)
    assert found.evaluated == 1 << players
    # the index of two is the change of one's value that the other brings, averaged the same way
    if players >= 2:
        joint = _interaction_by_definition(value, players, 0, 1)
        assert found.interaction[0, 1] == pytest.approx(joint)


def _interaction_by_definition(value, players, one, other):
    total = 0.0
    for mask in subsets(players):
        if mask[one] or mask[other]:
            continue
        s = int(mask.sum())
        parts = np.array([mask] * 4)
        parts[[1, 3], one] = True
        parts[[2, 3], other] = True
        v = value(parts)
        weight = factorial(s) * factorial(players - s - 2) / factorial(players - 1)
        total += weight * (v[3] - v[1] - v[2] + v[0])
    return total


@settings(deadline=None)
@given(games, st.data())
def test_twins_and_dummies(game, data):
    """A player that changes nothing is added, and one that does what another does."""
    players, numbers = game
    value = table_game(numbers)
    dummy = attribute(lambda masks: value(masks[:, :players]), players + 1)
    assert dummy.shapley[players] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(dummy.shapley[:players], attribute(value, players).shapley, atol=1e-9)
    twin = data.draw(st.integers(0, players - 1))

    def twins(masks):
        merged = masks[:, :players].copy()
        merged[:, twin] |= masks[:, players]
        return value(merged)

    shares = attribute(twins, players + 1).shapley
    assert shares[twin] == pytest.approx(shares[players])


def _monotone(numbers, players):
    """The least monotone game above some numbers."""
    values = np.array(numbers, float)
    masks = subsets(players)
    return [values[[not (one & ~mask).any() for one in masks]].max() for mask in masks]


@settings(deadline=None)
@given(games)
def test_monotone_shortcuts_change_nothing(game):
    players, numbers = game
    value = table_game(_monotone(numbers, players))
    short, full = all_values(value, players, monotone=True), all_values(value, players)
    np.testing.assert_array_equal(short.values, full.values)
    assert short.is_monotone
    assert short.evaluated <= full.evaluated


def test_monotone_shortcuts_save_evaluations():
    counted = []

    def value(masks):
        counted.append(len(masks))
        return majority(12)(masks)

    found = all_values(value, 12, monotone=True)
    np.testing.assert_array_equal(found.values, majority(12)(subsets(12)))
    assert found.evaluated == sum(counted) < 2 * (comb(12, 6) + comb(12, 7))


def test_a_game_that_is_not_monotone_is_found_out():
    """A player that spoils what others bring: nothing may be taken as proven."""

    def value(masks):
        return (masks[:, :6].sum(axis=1) >= 2) * 1.0 - 0.5 * masks[:, 6]

    found = all_values(value, 9, monotone=True)
    assert not found.is_monotone
    np.testing.assert_array_equal(found.values, value(subsets(9)))


def test_each_subset_is_evaluated_once():
    seen = []

    def value(masks):
        seen.extend(map(bytes, masks))
        return masks.sum(axis=1).astype(float)

    told = []
    all_values(value, 11, progress=lambda done, every: told.append((done, every)))
    assert len(seen) == len(set(seen)) == 2048
    assert told[-1] == (2048, 2048)


def test_sampled_values_sum_to_the_gain_and_repeat():
    value = airport(np.arange(1.0, 21.0))
    found = attribute(value, 20, orders=40, rng=np.random.default_rng(5))
    again = attribute(value, 20, orders=40, rng=np.random.default_rng(5))
    assert not found.exact
    assert found.shapley.sum() == pytest.approx(20)
    np.testing.assert_array_equal(found.shapley, again.shapley)
    np.testing.assert_allclose(found.first_in, np.arange(1.0, 21.0))
    np.testing.assert_allclose(found.leave_one_out, [0] * 19 + [1])
    assert found.interaction is None


def test_every_second_order_is_the_reverse_of_the_one_before():
    """In an order and its reverse each player comes before each other once: of two, gains are then exact."""
    pair = lambda masks: masks[:, :2].all(axis=1).astype(float)  # noqa: E731
    gains = sampled_gains(pair, 6, 10, np.random.default_rng(1))
    np.testing.assert_allclose(gains, [[0.5, 0.5, 0, 0, 0, 0]] * 5)


@pytest.mark.parametrize("game", ["airport", "glove", "majority of weights"])
def test_the_interval_covers_the_exact_value_at_its_rate(game):
    players, rounds, level = 9, 200, 0.9
    weights = np.array([1, 1, 2, 3, 3, 4, 5, 6, 8])
    value = {
        "airport": airport(weights.astype(float)),
        "glove": glove(4),
        "majority of weights": lambda masks: (masks @ weights > 16).astype(float),
    }[game]
    table = all_values(value, players).values
    exact = shapley(table)
    rng = np.random.default_rng(11)
    covered = np.zeros(players)
    for _ in range(rounds):
        mean, half = interval(sampled_gains(table_game(table), players, 400, rng), level)
        covered += np.abs(mean - exact) <= half
    # binomial: 200 rounds at 0.9 have a standard error of 2.1 %
    assert covered.min() / rounds > level - 0.06
    assert covered.mean() / rounds < level + 0.06


def test_what_no_order_has_shown_still_has_an_interval():
    """A player that matters in one order of many has no spread in a sample, but no certainty either."""
    gains = np.zeros((100, 3))
    gains[:, 0] = 1.0
    mean, half = interval(gains, 0.95)
    assert mean.tolist() == [1, 0, 0]
    np.testing.assert_allclose(half, -np.log(0.05) / 100)


@pytest.mark.parametrize(("players", "orders"), [(0, 10), (20, 3), (20, 7)])
def test_wrong_numbers(players, orders):
    with pytest.raises(ValueError, match=r"no player|even number"):
        attribute(majority(3), players, orders=orders)
