"""The page of the verb `report`: it stands alone, says what the check says, and draws what is there."""

import base64
import io
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from network.graph import PARTS
from network.testing import line_region, make_region
from onehour import load, page
from onehour.page import write_page
from onehour.page_sections import ANALYSES
from onehour.pagemap import page_map
from onehour.study import Area
from onehour.words import LANGUAGES, words_of
from scenarios.uncertain import get_uncertain
from sim.breakeven import levers_of, road_levers
from sim.compare import REASONS

VOID = {"meta", "link", "br", "hr", "img", "input", "col", "wbr"}


class Reader(HTMLParser):
    """Reads a page: its elements in order, all addresses, and whether every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.addresses, self.open, self.words = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.elements.append((tag, named))
        self.addresses += [
            (name, value)
            for name, value in attrs
            if name in {"href", "src", "srcset", "data", "action"} or name.startswith("xlink")
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag, name=None):
        return [
            named
            for one, named in self.elements
            if one == tag and (name is None or name in (named.get("class") or "").split())
        ]


@pytest.fixture(scope="module")
def written(guangzhou, tmp_path_factory):
    """Write the page of a scenario in both languages; return their texts and what was said of the last."""
    home = tmp_path_factory.mktemp("page")
    studies = [guangzhou.scenario("plan-2030")]
    said = [write_page(studies, home / f"{lang}.html", lang=lang) for lang in LANGUAGES]
    assert sorted(path.name for path in home.iterdir()) == ["en.html", "zh.html"]
    return {lang: (home / f"{lang}.html").read_text(encoding="utf-8") for lang in LANGUAGES}, said[-1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_comes_from_elsewhere(written, lang):
    text = written[0][lang]
    reader = Reader(text)
    assert {value.partition(",")[0] for _, value in reader.addresses} <= {"data:"}
    style, script = (re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("style", "script"))
    assert (len(style), len(script)) == (1, 1)
    assert "@import" not in style[0]
    assert {address[:15] for address in re.findall(r"url\(\s*[\"']?([^)]*)", style[0])} <= {"data:font/woff;"}
    assert not re.search(r"fetch|XMLHttpRequest|import\s*\(|WebSocket|sendBeacon|https?:", script[0])
    policy = next(named["content"] for named in reader.all("meta") if named.get("http-equiv"))
    assert policy.startswith("default-src 'none'; ")
    assert "http" not in policy
    for tag in ("iframe", "object", "embed", "img", "form", "base", "audio", "video"):
        assert not reader.all(tag)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_in_its_language_and_names_are_in_both(written, lang):
    reader = Reader(written[0][lang])
    assert reader.all("html")[0]["lang"] == {"en": "en", "zh": "zh-Hans"}[lang]
    text = " ".join(reader.words)
    assert ("未兑现" in text, "Not kept" in text) == (lang == "zh", lang == "en")
    assert "越秀区 Yuexiu" in text
    assert "實現都市圈各中心城區之間 1小時通達" in text


def test_the_page_says_what_the_check_says(written, checked):
    reader = Reader(written[0]["en"])
    text = " ".join(" ".join(reader.words).split())
    data = checked.json
    for row in data["readings"]:
        assert f"{row['passing']}/{row['pairs']}" in text
    for pair in data["pairs"]:
        assert f" {pair['minutes']:.1f} min" in text
        for row in pair["low_confidence"]:
            assert row in text
    for row in data["provenance"]["assumed"]:
        assert f"{row['name']} {row['value']:g} " in text
    assert data["scenario_hash"] in text
    assert data["region_hash"] in text
    assert "Buses and coaches between towns are not in the data" in text
    assert len(reader.all("details", "pair")) == len(data["pairs"])
    assert len(reader.all("path", "arc")) == len(data["pairs"])


def test_every_verdict_is_told(written):
    said = written[1]
    assert [one["scenario"] for one in said["scenarios"]] == ["plan-2030"]
    assert {one["kept"] for one in said["scenarios"]} == {False}


def test_the_font_holds_the_page_s_chinese(written):
    text = written[0]["zh"]
    held = re.search(r"data:font/woff;base64,([^\"]+)", text)[1]
    font = TTFont(io.BytesIO(base64.b64decode(held)))
    signs = {ord(sign) for sign in text if "一" <= sign <= "鿿"}
    assert len(signs) > 200
    assert signs <= set(font.getBestCmap())
    assert len(held) < 300_000


def test_both_languages_have_the_same_words():
    english, chinese = (words_of(lang) for lang in LANGUAGES)
    assert english.keys() == chinese.keys()
    for table in ("terms", "reasons", "planning"):
        assert english[table].keys() == chinese[table].keys()
    for table in ("lever", "robust"):
        assert english["planning"][table].keys() == chinese["planning"][table].keys()
    assert {*PARTS, *REASONS} - {""} <= english["terms"].keys() | english["reasons"].keys()
    for one, other in ((english, chinese), (english["planning"], chinese["planning"])):
        for key, text in one.items():
            if isinstance(text, str):
                assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", other[key]))


def test_the_command_writes_one_page(command, folder, tmp_path):
    done = command("report", "--region", folder / "line", "-o", tmp_path / "page.html")
    assert done.status == 0
    assert "base kept, 12 of 12 pairs" in done.out
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


# ------------------------------------------------------------------------------------------------------- made up


EXPECTED = {"statistic": "expected"}
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
status_2026 = "planned"
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
status_2026 = "planned"
opens_from = "2029"
[[card.change]]
type = "set-parameter"
name = "entry_security_intercity_min"
value = 0
"""


@pytest.fixture(scope="module")
def planned(command, folder, tmp_path_factory):
    """Return the study of a plan, and the folders that the five verbs wrote."""
    home = tmp_path_factory.mktemp("planned")
    (home / "plan.toml").write_text(PLAN, encoding="utf-8")
    (home / "before.toml").write_text(PLAN.split("[[card]]", 1)[0], encoding="utf-8")
    inputs = files("scenarios").joinpath("guangzhou", "uncertain.toml").read_text(encoding="utf-8")
    (home / "inputs.toml").write_text(inputs, encoding="utf-8")
    more = {
        "timeline": ["--statistic", "expected"],
        "attribute": ["--base", home / "before.toml"],
        "buildout": ["--base", home / "before.toml"],
        "breakeven": [],
        "risk": ["--samples", 8, "--last", 2030, "--inputs", home / "inputs.toml"],
    }
    for verb, words in more.items():
        where = ["--region", folder / "line", "-o", home / verb]
        done = command(verb, home / "plan.toml", *where, *words)
        assert (verb, done.status, done.err) == (verb, 0, "")
    study = load(str(folder / "line")).scenario(str(home / "plan.toml"))
    return study, [str(home / verb) for verb in more]


def hostile_region():
    """Return two places and a station with names that would break a page which believes them."""
    name = "<script>alert('x')</script>"
    places = [
        {
            "place_id": at,
            "name_zh": name,
            "name_en": "\"' & </svg>",
            "lon": 113 + east,
            "lat": 23.0,
            "level": "core",
        }
        for at, east in (("p", 0.0), ("q", 0.3))
    ]
    return make_region({"places": places})


def test_names_cannot_break_the_page(tmp_path):
    study = Area(hostile_region()).scenario()
    write_page([study], tmp_path / "page.html")
    reader = Reader((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert len(reader.all("script")) == 1
    assert "<script>alert('x')</script>" in " ".join(reader.words)


def test_a_pair_without_a_journey_has_a_dash(tmp_path):
    study = Area(hostile_region()).scenario()
    said = write_page([study, study], tmp_path / "page.html", lang="zh")
    assert [one["passing"] for one in said["scenarios"]] == [0, 0]
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<b>–</b> 分钟" in text
    assert "nan" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL).lower()


def test_changes_are_told_with_their_sign_and_turn(tmp_path):
    fast = Area(line_region()).scenario()
    slow = fast.area.scenario(values={"entry_walk_intercity_min": 40})  # 2 minutes in the region itself
    write_page([slow, fast], tmp_path / "page.html")
    reader = Reader((tmp_path / "page.html").read_text(encoding="utf-8"))
    text = " ".join(" ".join(reader.words).split())
    assert "6 newly within the limit 0 no longer within it 12 faster 0 slower 0 the same" in text
    assert text.count("+38.0") == 12
    assert text.count("why: entry") == 12
    assert "entry_walk_intercity_min = 40" in text


def test_equal_studies_give_equal_pages(tmp_path):
    study = Area(line_region()).scenario()
    for name in ("one", "other"):
        write_page([study], tmp_path / f"{name}.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


def test_the_map_is_in_whole_units_from_north_to_south():
    study = Area(line_region()).scenario()
    drawn = page_map(study, [], str)
    # four stations, each 10 km north of the last, are 500 units of 20 m apart
    spots = np.array([[int(x), int(y)] for x, y in re.findall(r"M(\d+) (\d+)h0", drawn["rail"])])
    assert np.abs(np.diff(spots[:, 1]) + 500).max() <= 3
    assert (spots >= 0).all()
    assert (spots[:, 1] <= drawn["height"]).all()
    (line,) = drawn["lines"]
    assert line["d"].startswith(f"M{spots[0, 0]} {spots[0, 1]}l")
    assert {label["text"] for label in drawn["labels"]} >= {"at-a", "at-d"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_planning_analyses_are_sections(planned, lang, tmp_path):
    """Six of 12 pairs pass at first, ten with faster trains, 12 with no security too: see test_planning."""
    study, folders = planned
    said = write_page(
        [study], tmp_path / "page.html", lang=lang, words=EXPECTED, analyses=["timeline", *folders]
    )
    assert said["analyses"] == ["timeline", *ANALYSES]
    reader = Reader((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert [named["data-verb"] for named in reader.all("section", "plan")] == ["timeline", *ANALYSES]
    text = " ".join(" ".join(reader.words).split())
    for word in ("6/12", "10/12", "12/12", "提速 Faster trains", "At A → At C"):
        assert word in text
    words = words_of(lang)["planning"]
    assert words["named"]["headway-intercity"] in text
    for word in ("timeline", "attribute", "buildout", "breakeven", "risk", "turns", "decides", "median"):
        assert words[word] in text
    assert "nan" not in re.sub(r"<style>.*?</style>", "", text).lower().split()
    meters = re.findall(r"width:([\d.]+)%", " ".join(str(one) for one in reader.all("i")))
    assert all(0 <= float(width) <= 100 for width in meters)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_levers_and_inputs_have_names(lang):
    named = words_of(lang)["planning"]["named"]
    levers = {lever.name for lever in [*levers_of({"a": "hsr", "b": "metro"}), *road_levers("any")]}
    inputs = {one.name for one in get_uncertain("guangzhou")}
    assert levers | inputs <= {*named, "a", "b"}
    if lang == "zh":
        assert not any(re.search("[A-Za-z]", word) for word in named.values())


def test_wrong_analyses_are_told(command, folder, tmp_path):
    words = ["report", "--region", folder / "line", "-o", tmp_path / "page.html"]
    done = command(*words, "--with", "timelines,risk", "--with", tmp_path)
    assert done.status == 2
    assert "2 problems" in done.err
    assert "'timelines' is no analysis and no folder" in done.err
    assert "holds no results" in done.err
    other = {"provenance": {"region_hash": "other"}}
    for text in ("[]", "{", json.dumps(other), '{"years": 3}', json.dumps({"years": [], "provenance": {}})):
        (tmp_path / "timeline.json").write_text(text, encoding="utf-8")
        done = command(*words, "--with", tmp_path)
        assert (done.status, "timeline.json" in done.err, "Traceback" in done.err) == (2, True, False)
    assert not (tmp_path / "page.html").exists()


def test_what_is_wrong_is_told_together(command, tmp_path):
    done = command("report", "plan-2039", "today", "-o", tmp_path / "page.pdf", "--lang", "fr", "--mode", "x")
    assert done.status == 2
    assert done.err.startswith("onehour: 5 problems")
    assert "there is no language 'fr'" in done.err
    assert not any(tmp_path.iterdir())


def test_a_page_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    output = tmp_path / "page.html"
    output.write_text("old", encoding="utf-8")
    monkeypatch.setattr(page, "_page", lambda *_: "\ud800")  # no text that can be written
    with pytest.raises(UnicodeEncodeError):
        write_page([Area(line_region()).scenario()], output)
    assert output.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]
