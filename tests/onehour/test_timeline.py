"""The timeline of a study: a line by hand, today's Guangzhou, the command, its files and its plot."""

import json
from itertools import pairwise

import pandas as pd
import pytest

from network.testing import line_region
from network.writer import write_region
from onehour import load
from onehour.study import Study
from onehour.style import ENDINGS, save
from onehour.timeline import course
from onehour.timeline_plot import _spread, plot_timeline
from sim.timeline import scenario_in

# Door to door, entry of 40 min: 57, 64 and 71 min to the next, second and third station. Twice the speed takes
# 3, 6 and 9 min off: 54, 58, 62. No security takes 2 off: 52, 56, 60.
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
[[card.change]]
type = "set-parameter"
name = "entry_security_intercity_min"
value = 0
[[card]]
project_id = "dream"
kind = "hsr"
[[card.change]]
type = "adjust-speed"
where = { class = "intercity" }
factor = 3
"""


EXPECTED = {"statistic": "expected"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("timeline")
    write_region(line_region(), home / "line")
    (home / "plan.toml").write_text(PLAN, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def found(home):
    study = load(str(home / "line")).scenario(str(home / "plan.toml"))
    return course(study, first=2026, last=2031, words=EXPECTED)


def test_years_by_hand(found):
    table = found.years()
    assert table["year"].tolist() == list(range(2026, 2032))
    assert table["passing"].tolist() == [6, 10, 10, 10, 12, 12]
    assert table["kept"].tolist() == [False, False, False, False, True, True]
    assert table["worst_minutes"].tolist() == [71, 62, 62, 62, 60, 60]
    assert table["opened"].tolist() == ["", "faster", "", "", "checks", ""]
    assert table["come"].tolist() == [0, 4, 0, 0, 2, 0]
    assert table["people_share"].tolist()[0] == pytest.approx(0.5)
    assert table.attrs["limit_min"] == 60
    assert table.attrs["low_confidence"] == ["cards checks"]


def test_pairs_by_hand(found):
    table = found.pairs().query("origin == 'at-a' and destination == 'at-c'")
    assert table["minutes"].tolist() == [64, 58, 58, 58, 56, 56]
    assert table["kept"].tolist() == [False] + [True] * 5
    assert set(table["origin_name_en"]) == {"At A"}


def test_turns_by_hand(found):
    table = found.turns()
    assert table[["year", "by"]].drop_duplicates().to_numpy().tolist() == [[2027, "faster"], [2030, "checks"]]
    assert set(table["rule"]) == {"alone"}
    assert table["kept"].all()
    assert found.later().to_dict("records")[0]["project_id"] == "dream"
    assert found.names(["faster", "dream"]) == [("提速", "Faster trains"), ("", "dream")]


def test_turns_by_the_same_openings_are_a_group(found):
    groups = found.turn_groups()
    assert [(group.year, group.names, len(group.pairs), group.alone) for group in groups] == [
        (2027, ("faster",), 4, True),
        (2030, ("checks",), 2, True),
    ]


def test_the_study_s_method(home):
    study = load(str(home / "line")).scenario(str(home / "plan.toml"))
    table = study.timeline(first=2026, last=2027, words={"clock": "station"})
    assert table["passing"].tolist() == [12, 12]
    assert table.attrs["turns"] == []
    assert table.attrs["clock"] == "station"


def test_a_run_goes_on_from_where_it_was_stopped(home, found, tmp_path):
    study = load(str(home / "line")).scenario(str(home / "plan.toml"))

    def stop(words):
        if words.startswith("2 of"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        course(study, first=2026, last=2031, folder=tmp_path / "out", words=EXPECTED, tell=stop)
    again = course(study, first=2026, last=2031, folder=tmp_path / "out", words=EXPECTED)
    assert (found.built, again.built) == (3, 1)
    for name in ("years", "pairs", "turns"):
        pd.testing.assert_frame_equal(getattr(again, name)(), getattr(found, name)())
    (kept,) = (tmp_path / "out").iterdir()
    kept.write_bytes(kept.read_bytes()[:-100])  # damaged: counts as none
    assert course(study, first=2026, last=2031, folder=tmp_path / "out", words=EXPECTED).built == 3
    other = course(study, first=2026, last=2031, folder=tmp_path / "out", words={"clock": "station"})
    assert other.built == 3


def test_few_pairs_are_judged_by_the_goal_s_percentile(home, found):
    study = load(str(home / "line")).scenario(str(home / "plan.toml"))
    table = course(study, first=2026, last=2026).years()
    assert table.attrs["statistic"] == study.goal().statistic == "p50"
    assert found.years().attrs["statistic"] == "expected"
    scenario = scenario_in(study.scenario, 2026)
    check = Study(study.area, scenario, {}).check()
    assert table["worst_minutes"].tolist() == [check["minutes"].max()]


def test_today_is_the_last_year_of_what_is_open(today):
    table = today.timeline(first=2026, last=2026, words={"clock": "station"})
    check = today.check(clock="station")
    assert table["passing"].tolist() == [check.attrs["passing"]]
    assert table["worst_minutes"].tolist() == [check["minutes"].max()]


def test_the_command_prints_data_and_writes_files(command, home, tmp_path):
    words = ["--region", home / "line", "--first", 2026, "--last", 2031, "--statistic", "expected"]
    done = command("timeline", home / "plan.toml", *words, "-o", tmp_path / "out", "--json")
    assert (done.status, done.err) == (0, "")
    assert [row["passing"] for row in done.json["years"]] == [6, 10, 10, 10, 12, 12]
    assert done.json["turns"][0]["by"] == ["faster"]
    assert done.json["later"] == [{"project_id": "dream", "year": None, "name_zh": "", "name_en": ""}]
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert [name for name in files if not name.startswith("verdicts-")] == sorted(done.json["files"])
    assert pd.read_csv(tmp_path / "out" / "pairs.csv").shape[0] == 6 * 12
    held = json.loads((tmp_path / "out" / "timeline.json").read_text(encoding="utf-8"))
    assert held["years"] == done.json["years"]
    assert held["provenance"]["state_hash"]


def test_the_command_prints_tables(command, home):
    words = ["--first", 2026, "--last", 2031, "--statistic", "expected"]
    done = command("timeline", home / "plan.toml", "--region", home / "line", *words)
    assert done.status == 0
    for text in (
        "10/12",
        "提速 Faster trains",
        "alone",
        "No year known, so never counted: dream",
        "At A → At C",
    ):
        assert text in done.out
    done = command("timeline", home / "plan.toml", "--region", home / "line", "--clock", "station")
    assert "No pair turns" in done.out


def test_wrong_options_are_told_together(command, home, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = command(
        "timeline", "none", "--region", home / "line", "--first", 2030, "--last", 2020, "--goal", "G", "--clock",
        "sun", "-o", tmp_path / "file",
    )  # fmt: skip
    assert done.status == 2
    for text in ("5 problems", "--last", "is no folder", "'none'", "'sun'", "goal 'G'"):
        assert text in done.err
    done = command("timeline", "--region", home / "line", "-o", tmp_path / "no" / "out")
    assert (done.status, "is not there" in done.err) == (2, True)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_plot_is_written(found, tmp_path, ending):
    ax = plot_timeline(found)
    save(ax, tmp_path / f"plot{ending}")
    assert (tmp_path / f"plot{ending}").stat().st_size > 10_000
    upper, lower, text = ax.figure.axes
    assert "plan" in upper.get_title(loc="left")
    words = " ".join(text.get_text() for text in [*upper.texts, *lower.texts, *text.texts])
    assert "Faster trains" in words
    assert "10/12" in words
    assert "At A → At D 60" in words


def test_names_at_the_ends_of_lines_stand_apart():
    assert _spread([1, 1, 9], 2) == [0, 2, 9]
    assert _spread([], 2) == []
    apart = _spread([0, 1, 2, 3, 20], 2)
    assert all(high - low >= 2 - 1e-9 for low, high in pairwise(apart))
