"""The verb `compare`: what it prints and writes, and what it says of wrong inputs."""

import csv
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from onehour.compare import ENDINGS, FILES


@pytest.fixture(scope="module")
def plan(guangzhou):
    return guangzhou.scenario("plan-2030")


@pytest.fixture(scope="module")
def found(today, plan):
    return today.compare(plan, cell_m=1000)


@pytest.fixture(scope="module")
def written(command, tmp_path_factory):
    """Return a run with a folder, and the folder."""
    output = tmp_path_factory.mktemp("compare") / "out"
    return command("compare", "--cell-m", 2000, "-o", output, "--json"), output


def test_pairs_are_those_of_two_checks(found, plan, today):
    before, after = today.check(), plan.check()
    assert found.pairs["minutes_before"].to_list() == before["minutes"].to_list()
    assert found.pairs["minutes_after"].to_list() == after["minutes"].to_list()
    assert found.pairs["origin_name_en"].notna().all()
    assert found.summary["pairs_within_after"] == after.attrs["passing"]
    assert found.pairs.attrs["scenario"] == "plan-2030"
    assert found.pairs.attrs["against"] == "today-2026"
    assert found.pairs.attrs["low_confidence"]


def test_towns_and_people_are_those_of_a_matrix(found, plan, today):
    zones = today.network.region.zones
    ids = sorted(found.places["place"])
    people = zones.set_index("zone_id")["population"].astype(float)
    for study, side in ((today, "before"), (plan, "after")):
        table = study.matrix(zones["zone_id"].to_list(), ids, period="am-peak")
        table["people"] = table["origin"].map(people)
        within = table[table["minutes"] <= 60].groupby("destination")["people"].sum()
        told = found.places.set_index("place")[f"people_{side}"]
        assert told.to_dict() == {name: int(within.get(name, 0)) for name in ids}
        counts = table.assign(within=table["minutes"] <= 60).groupby("origin")["within"].sum()
        assert found.towns.set_index("town")[f"within_{side}"].to_dict() == counts.to_dict()
    gained = found.towns.loc[found.towns["newly_within"] > 0, "people"].sum()
    assert found.summary["people_newly_within"] == int(gained) > 0


def test_areas_are_those_of_isochrones(found, plan, today):
    places = found.places.set_index("place")
    for study, side in ((today, "before"), (plan, "after")):
        alone = study.isochrone("zq-duanzhou", [60], cell_m=1000, period="am-peak")
        assert places.loc["zq-duanzhou", f"area_{side}_km2"] == pytest.approx(alone["area_km2"].iloc[0])
    net = places["area_after_km2"] - places["area_before_km2"]
    np.testing.assert_allclose(places["area_gained_km2"] - places["area_lost_km2"], net)
    areas = found.areas.pivot_table(index="place", columns="change", values="area_km2")
    np.testing.assert_allclose(areas["kept"] + areas["gained"], places["area_after_km2"].loc[areas.index])
    assert found.areas.geometry.is_valid.all()


def test_a_scenario_beside_itself_differs_in_nothing(today):
    same = today.compare(today, cell_m=2000)
    told = same.summary
    changes = [
        name for name in told if name.split("_")[-1] in {"quicker", "slower", "changed"} or "newly" in name
    ]
    assert changes
    assert not any(told[name] for name in changes)
    assert same.places["area_gained_km2"].sum() == same.places["area_lost_km2"].sum() == 0


def test_what_is_printed(command):
    done = command("compare", "--cell-m", 3000)
    assert done.status == 0
    for words in ("today-2026 → plan-2030", "12 of 12 pairs quicker, 0 slower", "people newly within", "by "):
        assert words in done.out


def test_json_is_complete(written):
    done, output = written
    assert (done.status, done.err) == (0, "")
    data = done.json
    assert {"summary", "pairs", "towns", "places", "provenance", "files"} <= set(data)
    assert (data["before"], data["after"], data["limit_min"]) == ("today-2026", "plan-2030", 60)
    assert len(data["pairs"]) == 12
    assert len(data["towns"]) == 272
    assert data["files"] == [str(output / name) for name in FILES]
    pair = next(pair for pair in data["pairs"] if pair["destination"] == "qy-qingcheng")
    assert pair["reason"] == "line"
    assert pair["lines_new"]


def test_a_folder_gets_all_files_and_others_read_them(written):
    _, output = written
    assert sorted(entry.name for entry in output.iterdir()) == sorted(FILES)
    with (output / "pairs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert float(rows[0]["gained_min"]) > 0
    assert len(pd.read_csv(output / "towns.csv")) == 272
    assert len(pd.read_csv(output / "places.csv")) == 4
    areas = pyogrio.read_dataframe(output / "areas.geojson")
    assert areas["change"].to_list() == ["gained", "lost", "kept"] * 4
    assert json.loads((output / "comparison.json").read_text(encoding="utf-8"))["summary"]["pairs"] == 12
    assert (output / "map.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if ending not in {".png", ".json"}])
def test_one_file(command, folder, tmp_path, ending):
    output = tmp_path / f"out{ending}"
    done = command("compare", "base", "base", "--region", folder / "line", "-o", output, "--json")
    assert (done.status, done.err) == (0, "")
    assert [entry.name for entry in tmp_path.iterdir()] == [output.name]
    if ending in {".gpkg", ".geojson", ".parquet"}:
        areas = gpd.read_parquet(output) if ending == ".parquet" else pyogrio.read_dataframe(output)
        assert areas["change"].to_list() == ["gained", "lost", "kept"] * 4
        assert (areas.loc[areas["change"] == "kept", "area_km2"] > 0).all()
    elif ending == ".csv":
        assert len(pd.read_csv(output)) == 12


def test_the_other_way_round_what_was_gained_is_lost(found, today, plan):
    back = plan.compare(today, cell_m=1000)
    there, here = found.summary, back.summary
    assert here["pairs_slower"] == there["pairs_quicker"] == 12
    assert here["people_newly_beyond"] == there["people_newly_within"]
    np.testing.assert_allclose(back.places["area_lost_km2"], found.places["area_gained_km2"])


def test_a_goal_without_a_limit_has_no_areas(guangzhou, today, plan):
    free = [goal.goal_id for goal in guangzhou.goals() if goal.runnable and goal.limit_min is None]
    assert free
    without = today.compare(plan, free[0], cell_m=3000)
    assert without.limit_min is None
    assert len(without.areas) == 0
    assert without.summary["people_newly_within"] == 0
    assert without.summary["pairs_quicker"] > 0


def test_other_words_count(today, plan):
    other = today.compare(plan, cell_m=3000, clock="in-vehicle", period="midday")
    assert other.pairs.attrs["clock"] == "in-vehicle"
    assert other.summary["pairs_within_after"] > 0


def test_every_mistake_is_told_at_once(command, tmp_path):
    done = command(
        "compare",
        "yesterday",
        "tomorrow",
        "--goal",
        "G99",
        "--mode",
        "sledge",
        "-o",
        tmp_path / "no" / "out.doc",
    )
    assert done.status == 2
    for words in ("'tomorrow'", "'G99'", "'sledge'", "'.doc'", "is not there"):
        assert words in done.err
    done = command("compare", "yesterday", "plan-2030", "--cell-m", "0", "-o", tmp_path / "no" / "out")
    for words in ("'yesterday'", "0 is no side", "is not there"):
        assert words in done.err
    assert not any(tmp_path.iterdir())


def test_a_region_without_these_scenarios_wants_two_names(command, folder):
    done = command("compare", "--region", folder / "line")
    assert done.status == 2
    assert "the region line has no scenario but base (write one: onehour scenario new FILE" in done.err
    done = command("compare", "base", "base", "--region", folder / "line", "--json")
    assert done.status == 0
    assert done.json["towns"] == []
    assert command("compare", "base", "base", "--region", folder / "line").status == 0
