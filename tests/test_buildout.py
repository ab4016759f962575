"""The cheapest passing sets against trying all of them, on random games."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.attribution import subsets
from sim.buildout import Rules, cheapest, cheapest_of_any


@st.composite
def instances(draw, *, monotone=True):
    """Costs, needs, excludes, and which sets pass: all that hold one of a few sets."""
    count = draw(st.integers(1, 7))
    cards = st.integers(0, count - 1)
    costs = np.array(draw(st.lists(st.integers(0, 6), min_size=count, max_size=count)))
    needs, excludes = np.zeros((2, count, count), bool)
    for one, other in draw(st.lists(st.tuples(cards, cards), max_size=3)):
        needs[max(one, other), min(one, other)] = one != other
    for one, other in draw(st.lists(st.tuples(cards, cards), max_size=3)):
        excludes[one, other] = one != other
    cores = draw(st.lists(st.frozensets(cards, max_size=4), max_size=4))
    spoilt = draw(st.lists(st.frozensets(cards, min_size=1), max_size=4)) if not monotone else []
    rules = Rules.of(costs, needs, excludes)

    def passes(masks):
        on = masks.copy()
        for _ in range(count):  # a card that lacks what it needs counts as off
            on &= ~((~on)[:, None, :] & needs[None]).any(axis=2)
        verdict = np.zeros(len(on), bool)
        for core in cores:
            verdict |= on[:, sorted(core)].all(axis=1)
        for bad in spoilt:
            verdict &= ~(on[:, sorted(bad)].all(axis=1) & (on.sum(axis=1) == len(bad)))
        return verdict

    def asked(masks):
        assert not any((mask[:, None] & mask[None] & excludes).any() for mask in masks)
        return passes(masks)

    return rules, asked, passes


def brute(rules, passes, limit_of):
    """All allowed passing sets no part of which passes, within the limit, by trying each."""
    masks = subsets(len(rules.costs))
    allowed = np.array([_allowed(mask, rules) for mask in masks])
    passing = masks[allowed & passes(masks)]
    if not len(passing):
        return None, set()
    costs = passing @ rules.costs
    best = costs.min()
    minimal = {
        mask.tobytes()
        for mask, cost in zip(passing, costs, strict=True)
        if cost <= limit_of(best)
        and not any((other & ~mask).sum() == 0 and (other != mask).any() for other in passing)
    }
    return best, minimal


def _allowed(mask, rules):
    on = np.flatnonzero(mask)
    return all(mask[other] for one in on for other in np.flatnonzero(rules.needs[one])) and not any(
        rules.excludes[one, other] for one in on for other in on
    )


@settings(deadline=None, max_examples=80)
@given(instances(), st.integers(0, 2), st.sampled_from([1.0, 1.5]))
def test_the_cheapest_sets_and_near_misses(instance, margin, factor):
    rules, asked, passes = instance
    best, minimal = brute(rules, passes, lambda cost: factor * cost + margin)
    found = cheapest(asked, rules, margin=margin, factor=factor)
    assert found.complete
    assert found.is_monotone
    assert found.bound == best
    assert {mask.tobytes() for mask in found.sets} == minimal
    assert (np.diff(found.costs) >= 0).all()
    if best is not None:
        assert found.costs[0] == best == (found.best @ rules.costs).max()
    # the proof: each of the failing sets fails, and nothing can be added that would fail too
    assert not passes(found.failing).any() if len(found.failing) else True


@settings(deadline=None, max_examples=60)
@given(instances(monotone=False), st.integers(0, 2))
def test_without_monotonicity_every_cheaper_set_is_tried(instance, margin):
    rules, asked, passes = instance
    best, minimal = brute(rules, passes, lambda cost: cost + margin)
    found = cheapest_of_any(asked, rules, margin=margin)
    assert found.complete
    assert found.bound == best
    assert {mask.tobytes() for mask in found.sets} == minimal


CARDS = st.frozensets(st.integers(0, 5), max_size=4)


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.integers(0, 5), min_size=6, max_size=6),
    st.dictionaries(st.sets(st.sampled_from([1, 4])).map(frozenset), st.lists(CARDS, max_size=3), max_size=4),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=2),
    st.integers(0, 2),
)
def test_cards_that_spoil_are_searched_apart(costs, cores, excluding, margin):
    """Which sets pass is another monotone game for each choice of the cards 1 and 4."""
    excludes = np.zeros((6, 6), bool)
    for one, other in excluding:
        excludes[one, other] = one != other
    rules = Rules.of(np.array(costs), None, excludes)
    apart = np.isin(np.arange(6), [1, 4])

    def passes(masks):
        return np.array(
            [
                any(set(core) <= set(on) for core in cores.get(frozenset(on) & {1, 4}, ()))
                for on in (np.flatnonzero(mask).tolist() for mask in masks)
            ],
            bool,
        )

    best, minimal = brute(rules, passes, lambda cost: cost + margin)
    found = cheapest(passes, rules, apart=apart, margin=margin)
    assert (found.complete, found.is_monotone) == (True, True)
    assert found.bound == best
    assert {mask.tobytes() for mask in found.sets} == minimal


@settings(deadline=None, max_examples=60)
@given(instances())
def test_the_failing_sets_prove_the_bound(instance):
    """Any allowed set that has a card outside each of them costs at least the bound."""
    rules, asked, _ = instance
    found = cheapest(asked, rules)
    masks = subsets(len(rules.costs))
    meets = np.array(
        [_allowed(mask, rules) and all((mask & ~fails).any() for fails in found.failing) for mask in masks]
    )
    if found.bound is None:
        assert not meets.any()
    else:
        assert (masks[meets] @ rules.costs).min() == found.bound


def test_a_large_instance_needs_few_evaluations():
    """One of each of ten groups of six, and two fixed cards: 2 ** 62 sets."""
    groups = np.arange(60).reshape(10, 6)

    def passes(masks):
        return masks[:, 60:].all(axis=1) & np.stack([masks[:, group].any(axis=1) for group in groups]).all(
            axis=0
        )

    costs = np.ones(62, int)
    costs[groups[:, 0]] = 0
    found = cheapest(passes, Rules.of(costs), most=50)
    assert found.complete
    assert found.bound == 2
    assert found.evaluated < 5000
    assert len(found.sets) == 1


def test_too_many_ties_are_cut_off():
    found = cheapest(lambda masks: masks.sum(axis=1) >= 3, Rules.of(np.ones(6, int)), most=12)
    assert not found.complete
    assert found.bound == 3
    assert len(found.sets) == 12
    assert (found.costs == 3).all()


def test_a_budget_that_does_not_suffice_is_told():
    rules = Rules.of(np.ones(20, int))
    found = cheapest_of_any(lambda masks: masks.sum(axis=1) >= 9, rules, budget=1000)
    assert not found.complete
    assert found.bound == 3  # 1 + 20 + 190 sets of up to two, and some of three
    assert not len(found.sets)
    assert found.evaluated == 1000


def test_what_is_not_monotone_is_found_out():
    """The fourth card spoils what the first brings."""
    rules = Rules.of(np.ones(4, int))
    assert not cheapest(lambda masks: masks[:, 0] & ~masks[:, 3], rules, most_apart=0).is_monotone
    found = cheapest(lambda masks: masks[:, 0] & ~masks[:, 3], rules)
    assert (found.is_monotone, found.apart.tolist()) == (True, [False, False, False, True])
    assert found.sets.tolist() == [[True, False, False, False]]


def test_nothing_to_build():
    found = cheapest(lambda masks: np.ones(len(masks), bool), Rules.of(np.ones(3, int)))
    assert found.bound == 0
    assert found.sets.tolist() == [[False] * 3]


@pytest.mark.parametrize("solve", [cheapest, cheapest_of_any])
def test_contradictory_needs_are_never_built(solve):
    """The one card that helps needs another that it excludes."""
    needs, excludes = np.zeros((2, 2, 2), bool)
    needs[0, 1] = excludes[0, 1] = True
    rules = Rules.of(np.ones(2, int), needs, excludes)
    found = solve(lambda masks: masks.all(axis=1), rules)
    assert found.complete
    assert found.bound is None
    assert not len(found.sets)
    assert sorted(rules.tops().tolist()) == [[False, True], [True, False]]


@settings(deadline=None)
@given(instances())
def test_tops_are_the_largest_sets_without_a_clash(instance):
    rules, _, _ = instance
    masks = subsets(len(rules.costs))
    fine = [
        mask
        for mask in masks
        if not any(rules.excludes[i, j] for i in np.flatnonzero(mask) for j in np.flatnonzero(mask))
    ]
    largest = {m.tobytes() for m in fine if not any((o & m == m).all() and (o != m).any() for o in fine)}
    assert {mask.tobytes() for mask in rules.tops()} == largest
