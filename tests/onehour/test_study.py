"""Studies in Python: results are tables with provenance, and the same call twice is the same."""

import numpy as np
import pandas as pd
import pytest

import onehour
from network.errors import BadInputError, UnknownNameError
from network.testing import hub_region, line_region, roads_region
from onehour.study import Area


@pytest.fixture(scope="module")
def line():
    return Area(line_region()).scenario()


def test_the_call_of_the_contract(today):
    ids = ["cr-guangzhou-south", "gz-tianhe"]
    table = onehour.load("guangzhou").scenario("today-2026").matrix(
        origins=ids, destinations=["cr-foshan-west", *ids], clock="in-vehicle", mode="transit"
    )  # fmt: skip
    assert list(table.columns[:3]) == ["origin", "destination", "minutes"]
    assert len(table) == 6
    assert table.attrs["scenario"] == "today-2026"
    again = today.matrix(ids, ["cr-foshan-west", *ids], clock="in-vehicle")
    pd.testing.assert_frame_equal(table, again)


def test_the_in_vehicle_clock_counts_the_vehicle_alone(line):
    table = line.matrix(["a"], ["b", "d"], clock="in-vehicle")
    assert table["minutes"].tolist() == [6, 20]
    assert table["ride_min"].tolist() == [6, 20]
    assert table["wait_min"].tolist() == [0, 0]


def test_hand_computed_clocks(line):
    minutes = {
        clock: line.matrix(["at-a"], ["at-b", "at-d"], clock=clock)["minutes"].tolist()
        for clock in ("in-vehicle", "station", "door")
    }
    assert minutes == {"in-vehicle": [6, 20], "station": [11, 25], "door": [19, 33]}


def test_a_matrix_is_sorted_complete_and_its_parts_add_up():
    study = Area(hub_region()).scenario()
    table = study.matrix(["m", "r", "h"])
    ends = list(zip(table["origin"], table["destination"], strict=True))
    assert ends == sorted(ends)
    assert len(ends) == 9
    parts = table[[name for name in table if name.endswith("_min")]].sum(axis=1)
    np.testing.assert_allclose(parts, table["minutes"])


def test_no_journey_is_not_a_number():
    study = Area(roads_region()).scenario()
    table = study.matrix(["p"], ["q"])
    assert table["minutes"].isna().all()
    assert study.matrix(["p"], ["q"], mode="car")["minutes"].tolist() == [15]


def test_results_carry_names_and_provenance(today):
    table = today.check()
    assert {"origin_name_zh", "origin_name_en", "destination_name_zh"} <= set(table)
    assert {"region_hash", "scenario_hash", "clock", "kept", "limit_min"} <= set(table.attrs)
    assert table.copy().attrs == table.attrs


def test_values_are_those_of_the_study_alone():
    area = Area(line_region())
    slow = area.scenario(values={"entry_walk_intercity_min": 12})
    before = area.region.hash
    assert slow.matrix(["at-a"], ["at-b"])["minutes"].tolist() == [29]
    assert area.scenario().matrix(["at-a"], ["at-b"])["minutes"].tolist() == [19]
    assert area.region.hash == before
    assert slow.provenance(None)["set"] == {"entry_walk_intercity_min": 12}


def test_a_table_of_places(line):
    given = pd.DataFrame({"id": ["x", "y"], "lon": [113.0, 113.0], "lat": [23.0, 23.09]})
    table = line.matrix(given)
    assert table["minutes"].tolist() == [0, 19, 19, 0]


def test_a_place_with_a_station_s_id_elsewhere_is_not_that_station(line):
    given = pd.DataFrame({"id": ["a", "far"], "lon": [113.0, 113.0], "lat": [24.0, 23.09]})
    table = line.matrix(given, ["b"])
    assert table.set_index("origin")["minutes"].isna().to_dict() == {"a": True, "far": False}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"id": ["x"], "lon": [113.0]}, "'lat'"),
        ({"id": ["x", "x"], "lon": [113.0] * 2, "lat": [23.0] * 2}, "stands twice"),
        ({"id": ["x"], "lon": [float("nan")], "lat": [23.0]}, "is no position"),
        ({"id": ["x"], "lon": [113.0], "lat": [23.0], "population": ["many"]}, "no number of people"),
    ],
)
def test_wrong_tables_of_places(line, given, said):
    with pytest.raises(BadInputError, match=said):
        line.matrix(pd.DataFrame(given))


def test_wrong_words_are_told_together(line):
    with pytest.raises(BadInputError) as caught:
        line.matrix(clock="x", mode="y", period="z")
    assert len(caught.value.problems) == 3
    with pytest.raises(BadInputError, match="did you mean at-a"):
        line.matrix(["at-aa"])


def test_a_scenario_and_a_value_are_judged_when_the_study_is_made():
    with pytest.raises(BadInputError) as caught:
        Area(line_region()).scenario("nope", values={"walk_kmh": -1})
    assert len(caught.value.problems) == 2


def test_a_region_with_other_periods_takes_its_first(today):
    assert today.query().period == "am-peak"
    with pytest.raises(UnknownNameError, match="no period 'night'"):
        today.matrix(["gz-tianhe"], period="night")


def test_the_graph_is_networkx_s(line):
    assert line.graph.number_of_nodes() > 8


def test_route_gives_time_and_stages(line):
    verdict, stages = line.route("at-a", "at-d")
    assert verdict.table["minutes"].tolist() == [33]
    assert sum(stage.seconds for stage in stages) == 33 * 60
    assert [stage.kind for stage in stages if stage.lines] == ["ride"]
