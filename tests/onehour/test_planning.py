"""Attribution and build-out of a study: a line by hand, the commands, their files, plots and wrong input."""

import json

import numpy as np
import pandas as pd
import pytest

from network.errors import BadInputError
from network.testing import line_region
from network.writer import write_region
from onehour import load
from onehour.attribution import shares
from onehour.attribution_report import plot_attribution
from onehour.buildout import plan
from onehour.buildout_report import plot_buildout
from onehour.style import save
from sim.choices import Choices

# Door to door, entry of 40 min: 57, 64 and 71 min to the next, second and third station. Twice the speed takes
# 3, 6 and 9 min off: 54, 58, 62. No security takes 2 off. So 6 of 12 pairs pass at first (next stations, both
# ways), 10 with faster trains, no more without security alone (55, 62, 69), all 12 with both (52, 56, 60).
PLAN = """
name = "plan"
title = "A plan"
[[change]]
type = "set-parameter"
name = "entry_walk_intercity_min"
value = 40
[[card]]
project_id = "faster"
name_zh = "提速"
name_en = "Faster trains"
kind = "intercity"
opens_from = "2027"
cost_cny = 5e8
confidence = "high"
[[card.change]]
type = "adjust-speed"
where = { class = "intercity" }
factor = 2
[[card]]
project_id = "checks"
name_en = "No security"
kind = "policy"
opens_from = "2028"
opens_to = "2029+"
cost_cny = 1e8
[[card.change]]
type = "set-parameter"
name = "entry_security_intercity_min"
value = 0
[[card]]
project_id = "idle"
kind = "policy"
[[card.change]]
type = "set-parameter"
name = "taxi_wait_min"
value = 9
"""
BASE = """
name = "before"
title = "Before"
[[change]]
type = "set-parameter"
name = "entry_walk_intercity_min"
value = 40
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("planning")
    write_region(line_region(), home / "line")
    (home / "plan.toml").write_text(PLAN, encoding="utf-8")
    (home / "before.toml").write_text(BASE, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def study(home):
    return load(str(home / "line")).scenario(str(home / "plan.toml"))


@pytest.fixture(scope="module")
def before(home):
    return str(home / "before.toml")


def test_passing_pairs_by_hand(study, before):
    found = shares(study, metric="passing", base=before)
    table = found.table().set_index("player")
    assert (found.found.none, found.found.every, found.scenario_worth) == (6, 12, 12)
    assert table["shapley"].to_dict() == {"faster": 5, "checks": 1}
    assert table["first_in"].to_dict() == {"faster": 4, "checks": 0}
    assert table["leave_one_out"].to_dict() == {"faster": 6, "checks": 2}
    assert found.interactions().to_dict("records") == [{"one": "faster", "other": "checks", "interaction": 2}]
    assert found.silent == ("idle",)
    assert table.attrs["exact"]
    assert table.attrs["base"] == "before"
    assert table.attrs["low_confidence"] == ["cards checks"]


def test_minutes_over_the_limit_by_hand(study, before):
    """Four pairs are 4 min over, two 11 min: 38 in all. Faster trains alone leave 4, no security alone 26."""
    found = shares(study, ["faster", "checks", "idle"], base=before)
    assert found.found.none == pytest.approx(-38)
    assert found.found.every == pytest.approx(0)
    table = found.table().set_index("player")
    assert table["shapley"].to_dict() == pytest.approx({"faster": 30, "checks": 8, "idle": 0})
    assert table["shapley"].sum() == pytest.approx(found.found.every - found.found.none)


def test_what_each_does_for_each_pair_by_hand(study, before):
    """Twice the speed takes 3, 6 and 9 min off, no security 2, together 5, 8 and 11, by how far it is."""
    table = (
        shares(study, metric="passing", base=before).pairs().set_index(["player", "origin", "destination"])
    )
    ends = {"at-b": 3, "at-c": 6, "at-d": 9}
    for end, minutes in ends.items():
        assert table.loc[("faster", "at-a", end)].tolist() == [minutes, minutes]
        assert table.loc[("checks", "at-a", end)].tolist() == [2, 2]
    assert len(table) == 2 * 12


def test_people_are_those_of_the_check(study, before):
    found = shares(study, metric="people", base=before)
    assert found.found.every == pytest.approx(study.check().attrs["people_share"])
    assert found.table()["shapley"].sum() == pytest.approx(0.5)


def test_groups(study, before):
    found = shares(study, groups={"both": ["faster", "checks"]}, metric="passing", base=before)
    assert found.table()[["player", "cards", "shapley"]].to_numpy().tolist() == [["both", "faster;checks", 6]]
    assert found.silent == ("idle",)


def test_without_monotonicity_the_same(study, before):
    found = shares(study, metric="passing", base=before, words={"clock": "in-vehicle"})
    assert "in-vehicle" in found.not_monotone
    assert found.found.evaluated == 2 ** len(found.players)


def test_the_smallest_set_by_hand(study, before):
    found = plan(study, base=before)
    assert found.table()["cards"].tolist() == ["faster;checks"]
    assert found.proven
    assert (found.in_base, found.reached, found.wanted) == (6, 12, 12)
    assert found.essential == ("faster", "checks")
    assert found.missed().empty
    found = plan(study, base=before, pairs=10)
    assert found.table()["cards"].tolist() == ["faster"]
    assert found.used()["in_every_best"].all()


def test_cost_and_year_by_hand(study, before):
    found = plan(study, base=before, pairs=10, minimise="cost")
    assert found.table()[["cards", "cost_cny"]].to_numpy().tolist() == [["faster", 5e8]]
    assert found.unused == ("idle",)  # no cost is known
    found = plan(study, base=before, minimise="year")
    assert found.year == 2030
    assert found.table()["opens"].tolist() == [2030]
    assert plan(study, base=before, minimise="year", pairs=7).year == 2027


def test_what_no_set_can_keep_is_told_with_the_reason(study, before):
    found = plan(study, ["checks", "idle"], base=before)
    assert (found.wanted, found.reached, found.in_base) == (12, 6, 6)
    assert found.table()["cards"].tolist() == [""]
    assert found.missed()["slack_min"].tolist() == [-9, -9, -2, -2, -2, -2]
    assert found.most_proven


def test_a_card_that_turns_out_to_spoil_is_searched_apart(study, before, monkeypatch):
    """No security is made to spoil what faster trains bring: ten pairs without it, six with it."""

    def spoilt(self, masks):
        seconds = evaluated(self, masks).copy()
        both = masks[:, list(self.cards).index("faster")] & masks[:, list(self.cards).index("checks")]
        seconds[both] = evaluated(self, np.zeros_like(masks[:1]))
        return seconds

    evaluated = Choices.seconds
    monkeypatch.setattr(Choices, "seconds", spoilt)
    found = plan(study, base=before)
    assert (found.reached, found.proven) == (10, True)
    assert found.table()["cards"].tolist() == ["faster"]
    found = plan(study, base=before, pairs=10)
    assert (found.reached, found.table()["cards"].tolist()) == (10, ["faster"])


def test_in_vehicles_all_smaller_sets_are_tried(study, before):
    words = {"clock": "in-vehicle"}
    found = plan(study, base=before, words=words)
    assert found.not_monotone
    assert found.proven
    assert found.reached == 12


def test_a_run_goes_on_from_what_is_kept(study, before, tmp_path):
    first = shares(study, base=before, folder=tmp_path / "out")
    assert first.ground.choices.evaluated > 0
    again = shares(study, base=before, folder=tmp_path / "out")
    assert again.ground.choices.evaluated == 0
    pd.testing.assert_frame_equal(first.table(), again.table())
    other = shares(study, base=before, folder=tmp_path / "out", words={"clock": "station"})
    assert other.ground.choices.evaluated > 0
    kept = sorted((tmp_path / "out").glob("times-*.npz"))
    assert len(kept) == 2
    for path in kept:
        path.write_bytes(b"damaged")
    mended = shares(study, base=before, folder=tmp_path / "out")
    assert mended.ground.choices.evaluated > 0
    np.testing.assert_array_equal(mended.found.shapley, first.found.shapley)


def test_an_interrupt_keeps_what_was_found(study, before, tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("onehour.attribution.attribute", stop)
    with pytest.raises(KeyboardInterrupt):
        shares(study, base=before, folder=tmp_path / "out")
    monkeypatch.undo()
    found = shares(study, base=before, folder=tmp_path / "out")
    assert found.ground.choices.evaluated <= 1  # the others were met when the cards were chosen


def test_the_study_s_methods(study, before):
    table = study.attribute(base=before, metric="passing")
    assert table["player"].tolist() == ["faster", "checks"]
    assert table.attrs["interactions"][0]["interaction"] == 2
    table = study.buildout(base=before, pairs=10)
    assert table["cards"].tolist() == ["faster"]
    assert table.attrs["proven"]


def test_the_command_attribute(command, home, before, tmp_path):
    words = ["--region", home / "line", "--base", before, "--metric", "passing"]
    done = command("attribute", home / "plan.toml", *words, "-o", tmp_path / "out", "--json")
    assert (done.status, done.err) == (0, "")
    assert [row["shapley"] for row in done.json["players"]] == [5, 1]
    assert done.json["players"][0]["cards"] == ["faster"]
    files = {path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".npz"}
    assert files == set(done.json["files"])
    assert json.loads((tmp_path / "out" / "attribution.json").read_text(encoding="utf-8"))["provenance"][
        "exact"
    ]
    done = command("attribute", home / "plan.toml", *words)
    assert done.status == 0
    for text in ("提速 Faster trains", "+5.00", "Exact: all 4 subsets of 2", "left out: idle", "6 with none"):
        assert text in done.out


def test_the_command_buildout(command, home, before, tmp_path):
    words = ["--region", home / "line", "--base", before]
    done = command("buildout", home / "plan.toml", *words, "--pairs", 10, "-o", tmp_path / "out", "--json")
    assert (done.status, done.err) == (0, "")
    assert done.json["sets"][0]["cards"] == ["faster"]
    assert done.json["provenance"]["proven"]
    assert {path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".npz"} == set(
        done.json["files"]
    )
    done = command("buildout", home / "plan.toml", *words, "--minimise", "cost")
    assert done.status == 0
    for text in (
        "The base alone keeps 6 of 12",
        "Proven: no better set keeps 12 pairs",
        "no cost known: idle",
    ):
        assert text in done.out
    done = command("buildout", home / "plan.toml", *words, "--cards", "checks")
    assert "No set keeps all: the most is 6." in done.out
    assert "+9.0" in done.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["attribute", "--cards", "fasterr", "--metric", "speed"], ["fasterr", "speed"]),
        (["attribute", "--group", "g=faster+checks", "--group", "h=faster"], ["faster stands in g already"]),
        (["attribute", "--group", "g"], ["is no name=card+card"]),
        (["attribute", "--group", "faster=checks"], ["the name of a card"]),
        (["attribute", "--orders", "7"], ["odd or below 4"]),
        (["buildout", "--minimise", "beauty", "--pairs", "0"], ["beauty", "below 1"]),
        (["buildout", "--pairs", "13"], ["12 pairs, not 13"]),
        (["buildout", "--cards", ","], ["names no card"]),
        (["buildout", "--base", "yesterday"], ["--base", "yesterday"]),
    ],
)
def test_wrong_input_is_told(command, home, words, told):
    done = command(*words, home / "plan.toml", "--region", home / "line")
    assert done.status == 2
    for text in told:
        assert text in done.err
    assert "Traceback" not in done.err


def test_a_scenario_without_cards_of_its_own(home):
    with pytest.raises(BadInputError, match="has no card that"):
        plan(load(str(home / "line")).scenario(str(home / "before.toml")))


def test_plots(study, before, tmp_path):
    axes = plot_attribution(shares(study, metric="passing", base=before))
    assert [label.get_text() for label in axes.get_yticklabels()][-1] == "提速 Faster trains"
    save(axes, tmp_path / "a.png")
    axes = plot_buildout(plan(study, base=before))
    assert len(axes.patches) == 2
    save(axes, tmp_path / "b.pdf")
    assert all(path.stat().st_size > 1000 for path in tmp_path.iterdir())
