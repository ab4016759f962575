"""The template of a scenario: it resolves and applies as it stands, and so does what is commented out."""

import tomllib

import pytest

import onehour
from network.testing import line_region, roads_region
from network.writer import write_region


@pytest.mark.parametrize("region", ["guangzhou", "line"])
def test_a_template_applies_as_it_stands(command, folder, tmp_path, region):
    where = region if region == "guangzhou" else str(folder / region)
    file = tmp_path / "mine.toml"
    done = command("scenario", "new", file, "--region", where)
    assert (done.status, done.err) == (0, "")
    area = onehour.load(where)
    assert done.out.startswith(f"{file}: {area.default_scenario}, and a line of 2 stops and ")
    study = area.scenario(str(file))
    services = study.network.region.services
    before = set(area.scenario().network.region.services["service_id"])
    assert set(services["service_id"]) - before == {"my-line-forward", "my-line-reverse"}
    held = tomllib.loads(file.read_text(encoding="utf-8"))
    (card,) = held["card"]
    one, other = (stop["station"] for stop in card["change"][0]["stops"])
    ride = study.matrix([one], [other], clock="in-vehicle", statistic="best")["minutes"].iloc[0]
    assert ride <= card["change"][0]["stops"][1]["run_min"] + 0.01


def test_what_is_commented_out_applies_too(command, folder, tmp_path):
    file = tmp_path / "mine.toml"
    assert command("scenario", "new", file, "--region", folder / "line").status == 0
    lines = file.read_text(encoding="utf-8").splitlines()
    body = lines.index('name    = "mine"')
    # in a line of comment that is TOML, nothing but a space stands before the text
    bare = [line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line for line in lines[body:]]
    bare = [line for line in bare if not line.startswith("-------")]
    file.write_text("\n".join(bare), encoding="utf-8")
    study = onehour.load(str(folder / "line")).scenario(str(file))
    assert [type(change).__name__ for _, change in study.scenario.changes] == [
        "AdjustFrequency", "AdjustSpeed", "SetAccess", "SetParameter"
    ]  # fmt: skip
    assert "new-stop" in set(study.network.region.stations["station_id"])
    assert study.scenario.year == 2035


def test_the_comparison_that_it_names_runs(command, folder, tmp_path):
    file = tmp_path / "mine.toml"
    assert command("scenario", "new", file, "--region", folder / "line").status == 0
    done = command("compare", file, "--region", folder / "line", "--json")
    assert (done.status, done.json["before"], done.json["after"]) == (0, "base", "mine")


def test_what_is_wrong_is_told_together_and_nothing_is_written(command, tmp_path):
    write_region(roads_region(), tmp_path / "roads")
    (tmp_path / "there.toml").write_text("mine")
    done = command("scenario", "new", tmp_path / "there.toml", "--region", tmp_path / "roads")
    assert done.status == 2
    assert "there.toml: is there already" in done.err
    assert "has fewer than two stations with service" in done.err
    done = command("scenario", "new", tmp_path / "x.json", "--region", tmp_path / "roads")
    assert "has the ending '.json'" in done.err
    assert (tmp_path / "there.toml").read_text() == "mine"
    assert not (tmp_path / "x.json").exists()


def test_a_region_of_one_station_has_no_template(command, tmp_path):
    region = line_region()
    empty = {name: region.table(name).iloc[:0] for name in ("services", "service_stops")}
    write_region(region.replace(tables=empty), tmp_path / "still")
    done = command("scenario", "new", tmp_path / "x.toml", "--region", tmp_path / "still")
    assert "fewer than two stations with service" in done.err
