"""Switching cards on one super-graph gives the times of a full rebuild."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network import compile as compiling
from network.compile import Query, compile_graph
from network.ends import ends_of
from network.errors import BadInputError
from network.graph import PARTS, LinkKind
from network.headways import departures_a_day
from network.reader import get_region
from network.rides import departures_in
from network.testing import make_region
from scenarios.cards import Card
from scenarios.scenario import Scenario, get_scenario
from sim.evaluate import Evaluator
from sim.factors import Factors
from sim.journeys import Network
from sim.search import SearchGraph

QUERIES = [
    Query("door", "transit", "am-peak"),
    Query("door", "transit", "am-peak", "planned"),
    Query("station", "transit", "midday", "random"),
    Query("station", "transit", "am-peak", "planned"),
    Query("in-vehicle", "transit", "am-peak"),
    Query("in-vehicle", "transit", "am-peak", statistic="best"),
    Query("door", "transit", "midday", statistic="best"),
]
#: Two that lead the same line on, two that open the same station in different classes, two policies.
CARDS = (
    "gz_metro8_north",
    "gz_metro8_east",
    "zhaoqing_shunde_nansha",
    "zhuzhao_hsr_b_jiangmen_airport",
    "intercity_transit_operation",
    "bus_extension",
)
CORES = ["gz-yuexiu", "fs-chancheng", "zq-duanzhou", "qy-qingcheng"]


@pytest.mark.parametrize("query", [QUERIES[0], QUERIES[3], QUERIES[4]], ids=str)
def test_the_cards_of_guangzhou_as_switches(query):
    region = get_region("guangzhou")
    places = region.places
    centres = sorted(places.loc[places["in_area"], "place_id"])
    evaluator = Evaluator(region, get_scenario("today-2026", region), CARDS, centres, query)
    assert evaluator.is_fast
    masks = np.random.default_rng(3).random((40, len(CARDS))) < 0.5
    found = evaluator.times(masks)
    assert len({times.tobytes() for times in found}) > 3  # the cards do something
    for row in (0, 21):
        np.testing.assert_array_equal(found[row], evaluator.rebuilt(masks[row]))
    np.testing.assert_array_equal(found, evaluator.times(masks, threads=1))
    assert evaluator.audit(1, seed=1) == 0


def test_a_card_that_lacks_what_it_needs_counts_as_off():
    region = get_region("guangzhou")
    cards = ("hub_gzbaiyun", "yongzhou_qingyuan_gz_hsr")
    evaluator = Evaluator(region, get_scenario("today-2026", region), cards, CORES, QUERIES[0])
    closed = evaluator.closed([[False, True], [True, True], [True, False], [False, False]])
    assert closed.tolist() == [[False, False], [True, True], [True, False], [False, False]]
    found = evaluator.times([[False, True], [False, False]])
    np.testing.assert_array_equal(found[0], found[1])


def _line(name, stops, **more):
    change = {
        "type": "add-service",
        "line": name,
        "class": "metro",
        "max_speed_kmh": 80,
        "stops": stops,
        **more,
    }
    return Card.model_validate({"project_id": name, "kind": "metro", "change": [change]})


@st.composite
def scenes(draw):
    """A grid of places, a line along one side, and cards that add lines and set headways, entries and access."""
    side = 4
    spots = [f"s{row}{column}" for row, column in product(range(side), range(side))]
    at = {name: {"lon": 113 + 0.03 * int(name[2]), "lat": 23 + 0.03 * int(name[1])} for name in spots}
    places = [
        {"place_id": f"p{k}", "in_area": True, "district_id": "d", **at[name]}
        for k, name in enumerate(draw(st.lists(st.sampled_from(spots), min_size=2, max_size=4, unique=True)))
    ]
    base = ["s00", "s01", "s02", "s03"]
    tables = {
        "places": places,
        "stations": [{"station_id": name, "system": "metro", "class": "metro", **at[name]} for name in base],
        "lines": [{"line_id": "old", "class": "metro", "max_speed_kmh": 80, "commercial_speed_kmh": 35}],
        "line_stops": [{"line_id": "old", "seq": k + 1, "station_id": name} for k, name in enumerate(base)],
        "services": [
            {"service_id": f"old-{way}", "line_id": "old", "class": "metro", "headway_am_peak_min": 6,
             "headway_midday_min": 9}
            for way in "ab"
        ],
        "service_stops": [
            {"service_id": f"old-{way}", "seq": k + 1, "station_id": name}
            for way, order in (("a", base), ("b", base[::-1]))
            for k, name in enumerate(order)
        ],
        "centre_stations": [
            {"place_id": place["place_id"], "station_id": draw(st.sampled_from(base))} for place in places
        ],
    }  # fmt: skip
    cards = []
    for k in range(draw(st.integers(2, 3))):
        way = draw(st.lists(st.sampled_from(spots), min_size=2, max_size=6, unique=True))
        headway = {"am-peak": draw(st.integers(2, 30)), "midday": draw(st.integers(2, 30))}
        kind = draw(st.sampled_from(["metro", "intercity"]))
        stops = [{"station": name, **at[name]} for name in way]
        cards.append(_line(f"new{k}", stops, headway_min=headway) if kind == "metro" else _line(
            f"new{k}", stops, headway_min=headway, **{"class": "intercity"}))  # fmt: skip
    policies = [
        {"type": "adjust-frequency", "where": {"class": "metro"}, "headway_min": {"am-peak": 3, "midday": 5}},
        {"type": "set-entry", "class": "metro", "security_s": 0},
        {"type": "set-access", "walk_kmh": 6},
    ]
    chosen = draw(st.lists(st.sampled_from(range(3)), max_size=2, unique=True))
    cards += [
        Card.model_validate({"project_id": f"policy{k}", "kind": "policy", "change": [policies[k]]})
        for k in chosen
    ]
    return make_region(tables), tuple(cards), [place["place_id"] for place in places]


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(scenes(), st.sampled_from(QUERIES))
def test_every_choice_of_random_cards(scene, query):
    region, cards, places = scene
    base = Scenario("base", "", own_cards=cards)
    evaluator = Evaluator(region, base, [card.project_id for card in cards], places, query)
    masks = np.array(list(product([False, True], repeat=len(cards))))
    found = evaluator.times(masks)
    for mask, times in list(zip(masks, found, strict=True))[:: max(1, len(masks) // 5)]:
        np.testing.assert_array_equal(times, evaluator.rebuilt(mask), err_msg=str(mask))


def _grid(spots, places, near=()):
    """Stations along one side of a grid, on a line, and places; spots are named by row and column.

    Each spot in `near` has another station of the line 100 m away.
    """
    at = {f"s{k:02}": {"lon": 113 + 0.03 * (k % 10), "lat": 23 + 0.03 * (k // 10)} for k in spots}
    at |= {f"near-{name}": {"lon": at[name]["lon"] + 0.001, "lat": at[name]["lat"]} for name in near}
    base = ["s00", "s01", "s02", "s03", *(f"near-{name}" for name in near)]
    region = make_region(
        {
            "places": [
                {"place_id": f"p-{name}", "in_area": True, "district_id": "d", **at[name]} for name in places
            ],
            "stations": [
                {"station_id": name, "system": "metro", "class": "metro", **at[name]} for name in base
            ],
            "lines": [{"line_id": "old", "class": "metro", "max_speed_kmh": 80, "commercial_speed_kmh": 35}],
            "line_stops": [{"line_id": "old", "seq": k, "station_id": name} for k, name in enumerate(base)],
            "services": [
                {"service_id": "old-a", "line_id": "old", "class": "metro", "headway_am_peak_min": 6}
            ],
            "service_stops": [
                {"service_id": "old-a", "seq": k, "station_id": name} for k, name in enumerate(base)
            ],
            "centre_stations": [{"place_id": f"p-{name}", "station_id": "s00"} for name in places],
        }
    )
    return region, at


def test_a_station_that_several_cards_would_build_in_different_classes():
    """Leaving out one of the metro lines shows nothing to the intercity line at their station."""
    region, at = _grid((0, 1, 2, 3, 12, 13, 20, 30), ("s00", "s20", "s30", "s01"), near=("s13",))

    def card(name, way, minutes, **more):
        stops = [{"station": f"s{k:02}", **at[f"s{k:02}"]} for k in way]
        return _line(name, stops, headway_min={"am-peak": minutes}, **more)

    cards = (
        card("one", (0, 13), 18),
        card("two", (0, 30, 1, 2, 13, 3), 16),
        card("three", (20, 13), 2, **{"class": "intercity"}),
        card("four", (12, 13), 5),
    )
    wrong = 0
    for order in permutations(cards, 3):
        for query in (QUERIES[0], QUERIES[2]):
            base = Scenario("base", "", own_cards=order)
            ids = [one.project_id for one in order]
            evaluator = Evaluator(region, base, ids, ["p-s00", "p-s20", "p-s30", "p-s01"], query)
            assert evaluator.is_fast
            wrong += evaluator.audit(20)
    assert wrong == 0


def test_policies_that_do_the_same_to_the_line_of_another_card():
    """Leaving out one of them shows nothing, and each alone finds other lines of the class only."""
    region, at = _grid((0, 1, 2, 3, 20, 30), ("s20", "s30", "s03"))
    stops = [{"station": name, **at[name]} for name in ("s20", "s30", "s03")]
    line = _line("new", stops, headway_min={"am-peak": 20})
    often = {"type": "adjust-frequency", "where": {"class": "metro"}, "headway_min": {"am-peak": 5}}
    policies = tuple(
        Card.model_validate({"project_id": name, "kind": "policy", "change": [often]})
        for name in ("first", "second", "third")
    )
    base = Scenario("base", "", own_cards=(line, *policies))
    names = [card.project_id for card in base.own_cards]
    evaluator = Evaluator(region, base, names, ["p-s20", "p-s30", "p-s03"], QUERIES[0])
    masks = np.array(list(product([False, True], repeat=4)))
    for mask, times in zip(masks, evaluator.times(masks), strict=True):
        np.testing.assert_array_equal(times, evaluator.rebuilt(mask), err_msg=str(mask))
    assert evaluator.is_fast


def test_other_modes_are_built_afresh():
    region = get_region("guangzhou")
    cards = ["city_gateways"]
    evaluator = Evaluator(
        region, get_scenario("today-2026", region), cards, CORES, Query("door", "car", "am-peak")
    )
    assert not evaluator.is_fast
    found = evaluator.times([[False], [True]])
    assert (found[1] <= found[0]).all()
    assert (found[1] < found[0]).any()
    np.testing.assert_array_equal(found[1], evaluator.rebuilt([True]))


def test_wrong_input_is_told_at_once():
    region = get_region("guangzhou")
    base = get_scenario("today-2026", region)
    with pytest.raises(BadInputError) as caught:
        Evaluator(region, base, ["gz_metro8_nort", "fs_metro4", "fs_metro4"], CORES, QUERIES[0])
    told = str(caught.value)
    assert "gz_metro8_north" in told
    assert "fs_metro4 stands twice" in told
    evaluator = Evaluator(region, base, ["fs_metro4"], CORES, QUERIES[0])
    with pytest.raises(BadInputError, match="not \\[choices, 1 cards\\]"):
        evaluator.times([[True, False]])


def test_factors_of_parts_scale_the_links_of_the_compiled_graph():
    region = get_region("guangzhou")
    base, query = get_scenario("today-2026", region), QUERIES[0]
    evaluator = Evaluator(region, base, (), CORES, query)
    given = {"access": 0.8, "entry": 1.5, "transfer": 1.25, "exit": 2.0, "egress": 0.9}
    found = evaluator.times(
        np.zeros((1, 0), bool), factors=Factors(part={name: np.array([by]) for name, by in given.items()})
    )[0]
    state = base.apply(region).region
    graph = compile_graph(state, ends_of(state, CORES), query)
    parts, still = graph.parts_s.astype(float), graph.kind != LinkKind.RIDE
    for name, by in given.items():
        column = PARTS.index(name)
        parts[still, column] = np.floor(parts[still, column] * by + 0.5)
    search = SearchGraph.from_arrays(graph.tail, graph.head, parts.sum(axis=1).astype(int), graph.n_nodes)
    wanted = search.times(graph.origin)[:, graph.destination]
    np.testing.assert_array_equal(found, wanted)
    assert (found != evaluator.times(np.zeros((1, 0), bool))[0]).any()


@pytest.mark.parametrize("query", [QUERIES[0], QUERIES[1], QUERIES[4]], ids=str)
def test_factors_of_lines_time_the_legs_anew(query, monkeypatch):
    region = get_region("guangzhou")
    base = get_scenario("today-2026", region)
    evaluator = Evaluator(region, base, (), CORES, query)
    kinds = evaluator.lines()
    slow = {line: 1.4 if kind == "metro" else 0.7 for line, kind in kinds.items()}
    rare = {line: 2.0 if kind == "metro" else 0.5 for line, kind in kinds.items()}
    found = evaluator.times(np.zeros((1, 0), bool), factors=Factors(ride=slow, headway=rare))[0]
    network = Network(base.apply(region).region)
    line = network.region.services["line_id"].to_numpy()
    old, called = network.tables.rides, network.tables.calls
    ride_s = np.floor(old.ride_s * np.array([slow[name] for name in line])[old.service] + 0.5).astype(
        np.int64
    )
    network.tables.rides = replace(old, ride_s=ride_s)
    every = np.array([rare[name] for name in line])
    monkeypatch.setattr(
        compiling, "departures_in", lambda *given: departures_in(*given) / every[called.service]
    )
    monkeypatch.setattr(compiling, "departures_a_day", lambda given: departures_a_day(given) / every)
    rows = np.arange(len(CORES))
    wanted = network.router(ends_of(network.region, CORES), query).times(rows, rows).seconds
    np.testing.assert_array_equal(found, wanted)


def test_wrong_factors_are_told_at_once():
    with pytest.raises(BadInputError) as caught:
        Factors(ride={"l1": np.array([1.0, 0.0])}, part={"drive": np.array([1.0])})
    assert "l1" in str(caught.value)
    assert "drive" in str(caught.value)
