"""What results carry of where they come from."""

import json

from network.testing import line_region
from onehour.provenance import assumed_numbers, provenance
from onehour.study import Area


def test_everything_that_a_result_was_computed_from():
    study = Area(line_region()).scenario(values={"walk_kmh": 5})
    found = provenance(study, study.query(mode="transit"))
    assert (found["region"], found["scenario"]) == ("line", "base")
    assert found["region_hash"] == study.area.region.hash
    assert found["scenario_hash"] == study.scenario.hash
    assert found["state_hash"] != found["region_hash"]  # walk_kmh is another
    assert found["set"] == {"walk_kmh": 5}
    assert (found["clock"], found["mode"], found["period"]) == ("door", "transit", "am-peak")
    json.dumps(found, allow_nan=False)


def test_a_scenario_without_changes_leaves_the_state():
    study = Area(line_region()).scenario()
    found = provenance(study, None)
    assert found["state_hash"] == found["region_hash"]
    assert "clock" not in found


def test_assumed_numbers_are_those_that_the_mode_uses():
    study = Area(line_region()).scenario()
    names = {
        mode: {row["name"] for row in assumed_numbers(study, study.area.query(mode=mode))}
        for mode in ("transit", "car", "any")
    }
    assert "change_metro_min" in names["transit"]
    assert not any(name.startswith(("congestion", "taxi")) for name in names["transit"])
    assert "toll_plaza_min" in names["car"]
    assert not any(name.startswith("gate") for name in names["car"])
    assert names["any"] >= names["transit"] | names["car"] | {"taxi_wait_min"}


def test_a_number_that_was_set_is_listed_as_assumed():
    study = Area(line_region()).scenario(values={"walk_kmh": 5})
    rows = {row["name"]: row for row in assumed_numbers(study, study.query())}
    assert rows["walk_kmh"] == {"name": "walk_kmh", "value": 5, "unit": "km/h", "source": "--set"}
