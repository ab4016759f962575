"""The command: its contract, its exit status, and what it says of wrong inputs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from network import reader

ROOT = Path(__file__).parents[2]
VERBS = ("check", "route", "matrix", "scenarios", "projects", "goals", "regions", "validate", "map")


# ----------------------------------------------------------------------------------------------------- check


def test_check_json_has_the_keys_of_the_contract(checked):
    data = checked.json
    assert {
        "region", "scenario", "scenario_hash", "region_hash", "goal", "limit_min", "headline", "readings",
        "pairs",
    } <= set(data)  # fmt: skip
    assert (data["region"], data["scenario"]) == ("guangzhou", "plan-2030")
    assert (data["goal"], data["limit_min"]) == ("G02_centres_1h_rail", 60)
    head = data["headline"]
    assert {"clock", "mode", "period", "statistic", "kept", "pairs", "passing"} <= set(head)
    assert (head["clock"], head["mode"], head["period"]) == ("door", "transit", "am-peak")
    assert head["statistic"] == "p50"
    assert head["pairs"] == len(data["pairs"]) == 12
    assert head["passing"] == sum(pair["kept"] for pair in data["pairs"])
    assert head["kept"] == (head["passing"] == head["pairs"])
    keys = {"origin", "destination", "minutes", "slack_min", "kept", "parts_min", "path", "low_confidence"}
    assert all(keys <= set(pair) for pair in data["pairs"])


def test_check_pairs_are_sorted_add_up_and_are_judged_by_the_limit(checked):
    pairs = checked.json["pairs"]
    ends = [(pair["origin"], pair["destination"]) for pair in pairs]
    assert ends == sorted(ends)
    for pair in pairs:
        assert sum(pair["parts_min"].values()) == pytest.approx(pair["minutes"])
        assert pair["slack_min"] == pytest.approx(60 - pair["minutes"])
        assert pair["kept"] == (pair["minutes"] <= 60)
        assert pair["path"][0]["from"] == pair["origin"]
        assert pair["path"][-1]["to"] == pair["destination"]
        assert pair["path"][-1]["end_min"] == pytest.approx(pair["minutes"])
        legs = sum(sum(leg["parts_min"].values()) for leg in pair["path"])
        assert legs == pytest.approx(pair["minutes"])


def test_check_readings_hold_every_clock_mode_and_set_of_places(checked):
    readings = checked.json["readings"]
    assert {row["places"] for row in readings} >= {"cores", "centres"}
    assert {row["pairs"] for row in readings} == {12, 506}
    found = {(row["clock"], row["mode"]) for row in readings}
    assert {("in-vehicle", "transit"), ("station", "transit"), ("door", "transit"), ("door", "car")} <= found
    assert ("station", "car") not in found
    for row in readings:
        assert row["kept"] == (row["passing"] == row["pairs"])
        assert 0 <= row["people_share"] <= 1
    missing = [row for row in readings if row["worst_minutes"] is None]
    assert all(not row["kept"] for row in missing)


def test_check_says_the_verdict_and_what_it_used(command, folder):
    done = command("check", "--region", folder / "line")
    assert done.status == 0
    assert done.err == ""
    assert "KEPT" in done.out
    assert "12 of 12 pairs within the limit" in done.out
    assert "door · transit · am-peak · random traveller · p50 · limit 60 min" in done.out
    assert "\x1b" not in done.out


def test_strict_exits_with_1_only_where_the_promise_is_not_kept(command, folder):
    kept = ["check", "--region", folder / "line", "--strict"]
    broken = [*kept, "--set", "entry_walk_intercity_min=60"]
    assert command(*kept).status == 0
    assert command(*broken[:3], *broken[4:]).status == 0
    assert command(*broken).status == 1
    assert command(*broken, "--json").json["headline"]["kept"] is False


def test_options_of_check_take_the_place_of_the_goal_s_words(command, folder):
    words = ["--clock", "station", "--mode", "transit", "--period", "midday", "--statistic", "best"]
    head = command("check", "--region", folder / "line", *words, "--json").json["headline"]
    assert (head["clock"], head["mode"], head["period"], head["statistic"]) == (
        "station", "transit", "midday", "best",
    )  # fmt: skip


def test_set_is_shown_and_counts(command, folder):
    words = ["check", "--region", folder / "line", "--statistic", "expected"]
    words += ["--set", "entry_walk_intercity_min=5"]
    assert "Set for this run: entry_walk_intercity_min=5" in command(*words).out
    data = command(*words, "--json").json
    assert data["provenance"]["set"] == {"entry_walk_intercity_min": 5}
    assert data["pairs"][0]["minutes"] == 22  # 19 with the 2 minutes of the table


# ----------------------------------------------------------------------------------------------------- route


def test_route_json_between_a_point_and_a_station(command):
    words = ["--scenario", "today-2026", "--set", "walk_kmh=5"]
    done = command("route", "113.25,23.13", "cr-guangzhou-south", *words, "--json")
    data = done.json
    assert (data["origin"], data["destination"]) == ("113.25,23.13", "cr-guangzhou-south")
    assert (data["clock"], data["mode"], data["period"]) == ("door", "transit", "midday")
    assert sum(data["parts_min"].values()) == pytest.approx(data["minutes"])
    rides = [leg for leg in data["legs"] if leg["kind"] == "ride"]
    assert rides
    assert all(leg["lines"] and len(leg["stops"]) >= 2 for leg in rides)
    assert data["legs"][-1]["end_min"] == pytest.approx(data["minutes"])
    assert data["provenance"]["set"] == {"walk_kmh": 5}


def test_route_without_a_journey_is_null_with_a_reason(command, folder):
    data = command("route", "-74.0,40.7", "at-a", "--region", folder / "line", "--json").json
    assert data["origin"] == "-74.0,40.7"
    assert data["minutes"] is None
    assert data["legs"] == []
    assert "no station in reach" in data["note"]


def test_route_prints_stages_with_their_minutes(command, folder):
    out = command("route", "at-a", "at-d", "--region", folder / "line", "--set", "walk_kmh=5").out
    assert "At A → At D: 33.0 min" in out
    assert "Set for this run: walk_kmh=5" in out
    assert "3 stops" in out
    assert "Parts, minutes: entry 5.0, wait 5.0, ride 20.0, exit 3.0" in out


# ----------------------------------------------------------------------------------------------------- lists


def test_projects_and_goals_keep_the_plan_s_ids_and_words(command):
    projects = command("projects", "--json").json
    assert len(projects) == len({row["project_id"] for row in projects}) == 135
    assert all(row["name_seed"] for row in projects)
    goals = command("goals", "--json").json
    assert len(goals) == 26
    assert all(row["goal_id"] and row["text_seed"] for row in goals)
    assert all(row["runnable"] != bool(row["reason_not"]) for row in goals)


def test_lists(command):
    names = {row["scenario"]: row for row in command("scenarios", "--json").json}
    assert {"plan-2023", "today-2026", "committed-2030", "plan-2030", "outlook-2035"} <= set(names)
    assert names["plan-2030"]["year"] == 2030
    assert names["base"]["year"] is None
    assert [row["region"] for row in command("regions", "--json").json] == ["guangzhou"]
    assert command("validate", "--json").json["region"] == "guangzhou"
    assert command("goals").status == command("projects").status == command("scenarios").status == 0


def test_schema_describes_scenarios_and_cards(command):
    schema = command("schema").json
    assert schema["$schema"].endswith("2020-12/schema")
    assert {"name", "title", "change"} <= set(schema["properties"])
    assert "Card" in schema["$defs"]
    assert command("schema", "--json").json == schema


def test_doctor(command):
    data = command("doctor", "--json").json
    assert set(data["versions"]) >= {"numpy", "numba", "pandas"}
    assert data["font"]
    assert Path(data["kernels"]["folder"]).is_dir()
    assert data["threads"]["of_a_kernel"] >= 1
    assert data["threads"]["layer"] in {"workqueue", "omp", "tbb"}
    out = command("doctor").out
    assert all(word in out for word in ("kernels", "threads", "font", "libraries"))


# ----------------------------------------------------------------------------------------------- wrong inputs

HEAD = 'name = "x"\ntitle = "x"\n'
CHANGE = HEAD + '[[change]]\nsource = "made up"\n'


def region_with(folder, tmp_path, file, edit):
    """Return a copy of the tiny region with one file edited."""
    shutil.copytree(folder / "line", tmp_path / "region")
    path = tmp_path / "region" / file
    path.write_bytes(edit(path.read_bytes()))
    return ["check", "--region", tmp_path / "region"]


def scenario(text):
    def make(folder, tmp_path):
        (tmp_path / "x.toml").write_text(text, encoding="utf-8")
        return ["check", tmp_path / "x.toml", "--region", folder / "line"]

    return make


def places(content, *more):
    def make(folder, tmp_path):
        (tmp_path / "p.csv").write_bytes(content)
        output = tmp_path / "out.parquet"
        return ["matrix", "--places", tmp_path / "p.csv", "-o", output, "--region", folder / "line", *more]

    return make


def words(*more):
    return lambda folder, _: ["check", "--region", folder / "line", *more]


def edited(file, edit):
    return lambda folder, tmp_path: region_with(folder, tmp_path, file, edit)


def circle(folder, tmp_path):
    (tmp_path / "x.toml").write_text(HEAD + 'extends = "y.toml"', encoding="utf-8")
    (tmp_path / "y.toml").write_text(HEAD + 'extends = "x.toml"', encoding="utf-8")
    return ["check", tmp_path / "x.toml", "--region", folder / "line"]


def no_rows(_, tmp_path):
    (tmp_path / "region").mkdir()
    (tmp_path / "region" / "region.toml").write_text("id = 'bare'", encoding="utf-8")
    return ["check", "--region", tmp_path / "region"]


def no_file(folder, tmp_path):
    return ["check", tmp_path / "gone.toml", "--region", folder / "line"]


def a_folder(folder, tmp_path):
    (tmp_path / "x.toml").mkdir()
    return ["check", tmp_path / "x.toml", "--region", folder / "line"]


def output(name):
    return lambda folder, tmp_path: ["matrix", "-o", tmp_path / name, "--region", folder / "line"]


WRONG = {
    # the ten of the issue
    "broken CSV": (
        edited("stations.csv", lambda raw: raw + b'e,"E,rail\n'),
        ["stations.csv row 6", "no CSV"],
    ),
    "unknown id": (edited("service_stops.csv", lambda raw: raw.replace(b",d,", b",zz,")), ["row", "zz"]),
    "negative time": (
        edited("service_stops.csv", lambda raw: raw.replace(b",20,", b",-20,")),
        ["arrive_min", "-20"],
    ),
    "duplicated key": (
        edited("stations.csv", lambda raw: raw + raw.splitlines()[1]),
        ["row 6", "already in row 2"],
    ),
    "missing file": (no_file, ["gone.toml", "No such file"]),
    "a change that matches nothing": (
        scenario(CHANGE + 'type = "remove-service"\nwhere = { class = "metro" }'),
        ["x, remove-service, where", "matches no service"],
    ),
    "circular extends": (circle, ["y.toml, extends", "x.toml → y.toml → x.toml"]),
    "not UTF-8": (edited("places.csv", lambda raw: raw + b"\xff"), ["places.csv row 6", "UTF-8"]),
    "empty region": (no_rows, ["the region is empty", "places.csv"]),
    "NaN coordinate": (
        edited("stations.csv", lambda raw: raw.replace(b"23.18", b"NaN")),
        ["stations.csv row 4, lat", "not finite"],
    ),
    # more
    "unknown goal": (words("--goal", "G99"), ["--goal", "'G99'"]),
    "goal that cannot be checked": (
        lambda *_: ["check", "--goal", "G11_one_ticket"],
        ["G11", "cannot be checked", "fares"],
    ),
    "unknown clock, mode and period": (
        words("--clock", "x", "--mode", "y", "--period", "z"),
        ["3 problems", "--clock", "--mode", "--period", "known: am-peak, midday"],
    ),
    "empty word": (words("--clock", ""), ["--clock", "''"]),
    "clock and mode that do not fit": (words("--clock", "station", "--mode", "car"), ["--clock", "car"]),
    "unknown statistic": (words("--statistic", "q"), ["--statistic", "known: best, expected, mean"]),
    "a share is no time": (words("--statistic", "reliability"), ["--statistic", "is a share", "--within"]),
    "no clock to be there by": (words("--arrive-by", "--statistic", "best"), ["--arrive-by", "p50"]),
    "unknown scenario": (lambda *_: ["check", "plan-2031"], ["plan-2031", "did you mean plan-2030"]),
    "unknown region": (lambda *_: ["check", "--region", "nowhere"], ["--region", "known: guangzhou"]),
    "unknown parameter": (words("--set", "walk_khm=5"), ["walk_khm", "did you mean walk_kmh"]),
    "no number": (words("--set", "walk_kmh", "--set", "walk_kmh=fast"), ["2 problems", "no name=number"]),
    "number out of range": (
        words("--set", "walk_kmh=nan", "--set", "feeder_kmh=1e-300"),
        ["2 problems", "out of range"],
    ),
    "a number set twice": (words("--set", "walk_kmh=5", "--set", "walk_kmh=6"), ["stands twice"]),
    "problems of all kinds together": (
        words("nope", "--goal", "G99", "--mode", "boat", "--set", "walk_kmh=0"),
        ["4 problems", "nope", "G99", "boat", "walk_kmh"],
    ),
    "unknown places": (
        lambda folder, _: ["route", "nowhere", "1,nan", "--region", folder / "line"],
        ["2 problems", "'nowhere'", "'1,nan'", "lon,lat"],
    ),
    "a place that is no text": (
        lambda folder, _: ["route", "\udcff", "a", "--region", folder / "line"],
        ["place"],
    ),
    "a point off the earth": (
        lambda folder, _: ["route", "999,9", "a", "--region", folder / "line"],
        ["999"],
    ),
    "unknown keys of a scenario": (
        scenario(HEAD + "yaer = 2030\nfoo = 1"),
        ["2 problems", "did you mean year", "foo"],
    ),
    "unknown kind of change": (
        scenario(CHANGE + 'type = "add-servise"'),
        ["change 1", "there is no change 'add-servise'", "add-service"],
    ),
    "no kind of change": (scenario(CHANGE), ["change 1", "has no type", "add-service"]),
    "no TOML": (scenario("name = ["), ["x.toml", "not TOML"]),
    "a zero byte in extends": (scenario(HEAD + 'extends = "a\\u0000.toml"'), ["x.toml, extends"]),
    "a deep TOML": (scenario("a = " + "[" * 100_000), ["x.toml", "nested too deeply"]),
    "a deep key": (scenario(HEAD + "x" + ".x" * 20_000 + " = 1"), ["x.toml", "nested too deeply"]),
    "a large TOML": (scenario("#" * (reader.MAX_TOML_BYTES + 1)), ["x.toml", "larger than 2 MiB"]),
    "a folder in place of a file": (a_folder, ["x.toml", "directory"]),
    "a new station on no line": (
        scenario(
            CHANGE + 'type = "add-station"\nline = "zz"\nafter = "a"\nbefore = "b"\nclass = "hub"\n'
            'station = { station = "n", lon = 113, lat = 23.04 }'
        ),
        ["add-station, line", "'zz'"],
    ),
    "places without a column": (places(b"id,lon\np,113\n"), ["p.csv row 1", "'lat' is missing"]),
    "places that are wrong in many ways": (
        places(b"id,lon,lat,population\np,113,23,\np,NaN,23,\n,113,95,-5\nq,113\n"),
        [
            "6 problems",
            "row 3, id",
            "already in row 2",
            "row 3, lon",
            "row 4, id",
            "row 4, lat",
            "row 4, population",
            "row 5: has 2 cells",
        ],
    ),
    "no places": (places(b"id,lon,lat\n"), ["p.csv", "holds no place"]),
    "a huge field": (
        places(b"id,lon,lat\n" + b"p" * 200_000 + b",113,23\n"),
        ["p.csv row 2", "field larger"],
    ),
    "places and zones": (places(b"id,lon,lat\np,113,23\n", "--zones"), ["--zones", "--places"]),
    "wrong ending": (output("out.xlsx"), ["out.xlsx", ".parquet or .csv"]),
    "no folder for the output": (output("gone/out.csv"), ["gone", "is not there"]),
    "a folder of other files as output": (
        lambda folder, _: ["matrix", "-o", folder / "line", "--region", folder / "line"],
        ["line", "holds other files", "no manifest of blocks"],
    ),
    "an output that cannot be written": (
        lambda folder, _: ["matrix", "-o", "/proc/out.csv", "--region", folder / "line"],
        ["/proc/out.csv", "written"],
    ),
    "an output of too long a name": (output("x" * 300 + ".csv"), ["cannot be written"]),
    "no such option": (words("--nope"), ["No such option", "--nope"]),
    "no output": (lambda *_: ["matrix"], ["--output"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_gives_one_message_and_status_2(command, folder, tmp_path, case):
    make, said = WRONG[case]
    arguments = make(folder, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = command(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert "Traceback" not in done.err
    assert [text for text in said if text not in done.err] == []
    assert sorted(tmp_path.rglob("*")) == before  # nothing half-written


def test_a_wrong_run_leaves_the_old_file(command, folder, tmp_path):
    output = tmp_path / "out.csv"
    output.write_text("old", encoding="utf-8")
    (tmp_path / "p.csv").write_text("id,lon,lat\np,113,23\np,113,23\n", encoding="utf-8")
    done = command("matrix", "--places", tmp_path / "p.csv", "-o", output, "--region", folder / "line")
    assert done.status == 2
    assert output.read_text(encoding="utf-8") == "old"


def test_a_region_without_trains_has_its_roads(command, folder):
    data = command("check", "--region", folder / "roads", "--json").json
    assert [pair["minutes"] for pair in data["pairs"]] == [None, None]
    assert all("no station in reach" in pair["note"] for pair in data["pairs"])
    car = command("check", "--region", folder / "roads", "--mode", "car", "--json").json
    assert [pair["minutes"] for pair in car["pairs"]] == [15, 19]


# ------------------------------------------------------------------------------------------------- processes


def run(*arguments, code=None, **environment):
    head = ["-c", code] if code else ["-m", "onehour"]
    return subprocess.run(
        [sys.executable, *head, *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_help_loads_no_heavy_library():
    code = (
        "import sys; sys.argv = ['onehour', '--help']\n"
        "from onehour.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = ('numpy', 'pandas', 'numba', 'pydantic', 'matplotlib', 'scipy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = run(code=code)
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(f" {verb} " in done.stdout for verb in VERBS)


def test_importing_the_package_loads_no_library():
    code = (
        "import sys, onehour; loaded = 'numpy' in sys.modules; dir(onehour)\n"
        "print(loaded, callable(onehour.load), onehour.Study.__name__, onehour.Area.__name__)"
    )
    assert run(code=code).stdout.split() == ["False", "True", "Study", "Area"]


def test_status_2_of_a_process_has_no_traceback():
    done = run("check", "--region", "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("onehour: one problem in the input:\n")


def test_a_cold_cache_is_told_once_on_standard_error(folder, tmp_path):
    words = ["check", "--region", str(folder / "line"), "--json"]
    cold = run(*words, NUMBA_CACHE_DIR=str(tmp_path))
    assert cold.returncode == 0
    assert cold.stderr == "onehour: compiling the search kernels (once per machine) …\n"
    warm = run(*words, NUMBA_CACHE_DIR=str(tmp_path))
    assert warm.stderr == ""
    assert json.loads(warm.stdout) == json.loads(cold.stdout)
