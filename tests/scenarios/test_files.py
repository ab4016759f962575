"""Scenario files from outside: what is refused, and in which words."""

from __future__ import annotations

import json

import pytest

import scenarios
from network.errors import BadInputError, UnknownNameError
from scenarios.scenario import ScenarioFile
from scenarios.tomls import MAX_FILE_BYTES

HEADWAY = """
[[change]]
type = "adjust-frequency"
where = { line = "line" }
headway_min = { am-peak = 5 }
source = "test"
"""


def problems(name, region):
    with pytest.raises(BadInputError) as caught:
        scenarios.get_scenario(name, region).apply(region)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "where", "word"),
    [
        ('extend = "base"', "mine.toml, extend", "did you mean extends"),
        ("year = nan", "mine.toml, year", "nan"),
        ('year = "2030"', "mine.toml, year", "integer"),
        ("year = true", "mine.toml, year", "integer"),
        ('[[change]]\nsource = "s"', "mine.toml, change 1", "has no type"),
        ('[[change]]\ntype = "add-servce"', "mine.toml, change 1", "did you mean add-service"),
        (HEADWAY.replace("= 5", "= -5"), "change 1 (adjust-frequency), headway_min, am-peak", "0.5"),
        (HEADWAY.replace("= 5", "= nan"), "headway_min, am-peak", "finite"),
        (HEADWAY.replace("= 5", "= inf"), "headway_min, am-peak", "finite"),
        (HEADWAY.replace("= 5", '= "5"'), "headway_min, am-peak", "number"),
        (HEADWAY.replace("line =", "lime ="), "where, lime", "did you mean line"),
        (HEADWAY + "were = 1", "change 1 (adjust-frequency), were", "did you mean where"),
        (HEADWAY.replace("where =", "#"), "change 1 (adjust-frequency), where", "is missing"),
        (HEADWAY.replace('{ line = "line" }', "{}"), "change 1 (adjust-frequency), where", "names nothing"),
        ('[[change]]\ntype = "set-entry"\nclass = "metro"\nsecurity_s = -1', "security_s", "greater than"),
        ('[[change]]\ntype = "set-entry"\nclass = "tram"\nwalk_s = 1', "(set-entry), class", "is none of"),
        ('[[card]]\nproject_id = "p"\nkind = "road"', "mine.toml, card 1", "either changes or one no_effect"),
    ],
)  # fmt: skip
def test_wrong_keys_and_values_are_told(line, write, text, where, word):
    found = problems(write(text), line)
    assert len(found) == 1
    assert where in found[0]
    assert word in found[0]


def test_all_problems_of_a_file_come_together(line, write):
    text = 'colour = "red"\n' + HEADWAY.replace("= 5", "= -5") + HEADWAY.replace("line =", "lime =")
    assert len(problems(write(text), line)) == 3


def test_all_changes_that_match_nothing_come_together(line, write):
    text = HEADWAY.replace('"line"', '"lime"') + HEADWAY.replace("am-peak", "am-pek")
    found = problems(write(text), line)
    assert len(found) == 2
    assert "did you mean line" in found[0]
    assert "is no period of the region" in found[1]


def test_duplicate_keys(line, write):
    assert "is not TOML" in problems(write("year = 2030\nyear = 2031"), line)[0]


def test_no_utf8(line, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes('name = "广州"\n'.encode("gb18030"))
    assert "not UTF-8" in problems(str(path), line)[0]


def test_too_large(line, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    assert "is larger than 4 MiB" in problems(str(path), line)[0]


def test_too_deep(line, write):
    assert len(problems(write("a = " + "[" * 5000 + "]" * 5000), line)) == 1


def test_missing_file(line, tmp_path):
    assert "mine.toml" in problems(str(tmp_path / "mine.toml"), line)[0]


def test_unknown_scenario_is_suggested(guangzhou):
    assert "plan-2030" in problems("plan-203", guangzhou)[0]


@pytest.mark.parametrize("name", ["../plan-2030", "", "plan-2030/../base", "a\0.toml"])
def test_names_are_no_paths(guangzhou, name):
    assert problems(name, guangzhou)


def test_circle(line, write):
    write('extends = "b.toml"', "a.toml")
    found = problems(write('extends = "a.toml"', "b.toml"), line)
    assert "goes round in a circle" in found[0]
    assert "circle" in problems(write('extends = "mine.toml"'), line)[0]


def test_extends_a_file_beside_it(line, write):
    write("year = 2031" + HEADWAY, "under.toml")
    scenario = scenarios.get_scenario(write('extends = "under.toml"' + HEADWAY, "over.toml"), line)
    assert scenario.year == 2031
    assert len(scenario.changes) == 2


@pytest.mark.parametrize("kind", ["build", "cancel", "delay"])
def test_unknown_card(guangzhou, write, kind):
    more = "years = 1" if kind == "delay" else ""
    found = problems(write(f'[[change]]\ntype = "{kind}"\nproject = "fs_metro44"\n{more}'), guangzhou)
    assert "did you mean fs_metro4" in found[0]


def test_compose_and_lookups_refuse_unknown_names(guangzhou):
    with pytest.raises(UnknownNameError):
        scenarios.compose(scenarios.get_scenario("base", guangzhou), build=["nothing"])
    with pytest.raises(UnknownNameError):
        scenarios.get_card("nothing", "guangzhou")
    with pytest.raises(UnknownNameError):
        scenarios.get_goal("nothing", "guangzhou")


def test_schema_is_plain_json_and_names_every_change():
    schema = json.loads(json.dumps(scenarios.json_schema()))
    assert schema["additionalProperties"] is False
    kinds = {name for name, part in schema["$defs"].items() if "type" in part.get("properties", {})}
    assert len(kinds) == 18
    assert "Card" in schema["$defs"]


def test_a_file_survives_the_round_trip(write, line):
    text = HEADWAY + '[[change]]\ntype = "set-entry"\nbetween = ["metro", "rail"]\nsecurity_s = 0\n'
    found = scenarios.get_scenario(write(text), line)
    file = ScenarioFile(name="mine", title="Mine", change=[change for _, change in found.changes])
    again = ScenarioFile.model_validate_json(file.model_dump_json(exclude_none=True))
    assert again == file
