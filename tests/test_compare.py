"""Comparing: reasons by hand, gains that add up, towns by hand."""

import numpy as np
import pytest

import scenarios
from network import get_region
from network.compile import Query
from network.ends import ends_of
from network.graph import PARTS
from sim.check import check
from sim.compare import REASONS, changes_of, compare_pairs, compare_towns, new_lines, reason
from sim.journeys import Network, Stage


def ride(start, end, *lines, kind="ride", **parts_s):
    return Stage(kind, start, end, parts_s or {"ride": 600}, lines)


WALK = Stage("access", "a", "p", {"access": 300})
DIRECT = (WALK, ride("p", "q", "one", wait=120, ride=600))


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (DIRECT, DIRECT, ""),
        (None, None, ""),
        (None, DIRECT, "reached"),
        (DIRECT, None, "cut"),
        (DIRECT, (WALK, ride("p", "q", "one", wait=60, ride=600)), "wait"),
        (DIRECT, (WALK, ride("p", "q", "one", wait=60, ride=400)), "ride"),
        (DIRECT, (WALK, ride("p", "q", "one", wait=140, ride=580)), "wait"),  # of equals the first part
        (DIRECT, (WALK, ride("p", "q", "two", wait=120, ride=600)), "line"),
        (DIRECT, (WALK, ride("p", "q", "one", "two", wait=60, ride=600)), "line"),  # shares the frequency
        ((WALK, ride("p", "q", "one", "two")), (WALK, ride("p", "q", "one", wait=90, ride=600)), "wait"),
        (DIRECT, (WALK, ride("p", "r", "one"), ride("r", "q", "one")), "transfer"),
        (
            (ride("p", "r", "one"), ride("r", "q", "one")),
            (ride("p", "s", "one"), ride("s", "q", "one")),
            "transfer",
        ),
        (DIRECT, (WALK, ride("p0", "q", "one")), "station"),
        ((ride("a", "b", "n1", kind="drive"),), (ride("a", "b", "n2", kind="drive"),), "road"),
        ((WALK,), (Stage("access", "a", "p", {"access": 200}),), "access"),
    ],
)
def test_reasons_by_hand(before, after, why):
    assert reason(before, after) == why
    assert why in REASONS


def test_new_lines_and_changes_by_hand():
    after = (WALK, ride("p", "r", "two", "one"), ride("r", "q", "three", "two"))
    assert new_lines(DIRECT, after) == ("two", "three")
    assert new_lines(after, DIRECT) == ()
    assert new_lines(None, DIRECT) == ("one",)
    assert [changes_of(path) for path in (None, (WALK,), DIRECT, after)] == [0, 0, 0, 1]


def test_towns_by_hand():
    before = np.array([[600, 3600], [4200, 7200], [-1, -1], [-1, 3601]])
    after = np.array([[600, 3000], [3600, 5400], [1200, -1], [60, 3600]])
    table = compare_towns(before, after, 60)
    assert table["minutes_before"].to_list()[:2] == [35, 95]
    assert table["gained_min"].to_list()[:2] == [5, 20]
    assert table["gained_min"].isna().to_list() == [False, False, True, False]
    assert table["gained_min"].iloc[3] == pytest.approx(1 / 60)
    assert table["within_before"].to_list() == [2, 0, 0, 0]
    assert table["newly_within"].to_list() == [0, 1, 1, 2]
    assert table["newly_beyond"].to_list() == [0, 0, 0, 0]
    back = compare_towns(after, before, 60)
    assert back["newly_beyond"].to_list() == table["newly_within"].to_list()
    assert compare_towns(before, after, None)["within_after"].sum() == 0


@pytest.fixture(scope="module")
def verdicts():
    region = get_region("guangzhou")
    places = region.places
    ids = sorted(places.loc[places["level"] == "core", "place_id"])
    pairs = [(one, other) for one in ids for other in ids if one != other]
    found = {}
    for name in ("today-2026", "plan-2030"):
        network = Network(scenarios.get_scenario(name, region).apply(region).region)
        for query in (Query(), Query("station"), Query("door", "car")):
            ends = ends_of(network.region, ids)
            found[name, query] = check(network, ends, pairs, query, limit_min=60, paths=True)
    return found


@pytest.mark.parametrize("query", [Query(), Query("station"), Query("door", "car")], ids=str)
def test_gains_add_up_and_turn_their_sign(verdicts, query):
    before, after = verdicts["today-2026", query], verdicts["plan-2030", query]
    table = compare_pairs(before, after)
    parts = table[[f"{part}_gained_min" for part in PARTS]].sum(axis=1)
    np.testing.assert_allclose(parts, table["gained_min"], atol=1e-9)
    np.testing.assert_allclose(table["minutes_before"] - table["minutes_after"], table["gained_min"])
    back = compare_pairs(after, before)
    np.testing.assert_allclose(back["gained_min"], -table["gained_min"])
    assert (back["kept_before"] == table["kept_after"]).all()
    assert set(table["reason"]) <= set(REASONS)
    assert ((table["gained_min"] != 0) <= (table["reason"] != "")).all()


def test_a_verdict_beside_itself_differs_in_nothing(verdicts):
    one = verdicts["today-2026", Query()]
    table = compare_pairs(one, one)
    assert not table["gained_min"].any()
    assert not table["path_changed"].any()
    assert set(table["reason"]) == {""}
    assert not any(table["lines_new"])


def test_verdicts_that_do_not_belong_together_are_refused(verdicts):
    one = verdicts["today-2026", Query()]
    other = check(
        Network(get_region("guangzhou")), ends_of(get_region("guangzhou"), ["gz-yuexiu", "gz-tianhe"]),
        [("gz-yuexiu", "gz-tianhe")], Query(), limit_min=60,
    )  # fmt: skip
    with pytest.raises(ValueError, match="different pairs"):
        compare_pairs(one, other)
    with pytest.raises(ValueError, match="no paths"):
        compare_pairs(other, other)
