"""What is only added never makes a journey between centres slower."""

from itertools import pairwise

import numpy as np
import pytest

import scenarios
from network import get_region
from network.compile import Query
from network.ends import ends_of
from sim.journeys import Network

CHAIN = ["today-2026", "committed-2030", "plan-2030", "outlook-2035"]
QUERIES = [
    Query("station", "transit"),
    Query("station", "transit", traveller="planned"),
    Query("door", "transit"),
    Query("door", "transit", traveller="planned"),
    Query("door", "transit", period="midday"),
    Query("door", "car"),
    Query("door", "park-and-ride"),
    Query("door", "any"),
]


@pytest.fixture(scope="module")
def networks():
    region = get_region("guangzhou")
    names = [*CHAIN, "policies-only-2030", "do-nothing-2030", "plan-2023"]
    return {name: Network(scenarios.get_scenario(name, region).apply(region).region) for name in names}


def router(network, query):
    places = network.region.places
    ids = sorted(places.loc[places["in_area"], "place_id"])
    return network.router(ends_of(network.region, ids), query)


def seconds(network, query):
    way = router(network, query)
    rows = range(len(way.ends))
    found = way.times(rows, rows).seconds
    return np.where(found < 0, np.iinfo(np.int64).max, found)


def weighed(network, query):
    """What the search minimises: in vehicles a change weighs 20 minutes, which the minutes leave out."""
    way = router(network, query)
    (graph,), (search,) = way.graphs, way.searches
    return search.times(graph.origin)[:, graph.destination]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_more_is_never_slower(networks, query):
    for less, more in pairwise([*CHAIN]):
        assert (seconds(networks[more], query) <= seconds(networks[less], query)).all(), (less, more)
    assert (seconds(networks["policies-only-2030"], query) <= seconds(networks["today-2026"], query)).all()


def test_more_never_weighs_more_in_vehicles(networks):
    """A slow direct train may replace two quick ones: minutes rise then, with the change weighed never."""
    query = Query("in-vehicle", "transit", statistic="best")
    for less, more in pairwise([*CHAIN]):
        assert (weighed(networks[more], query) <= weighed(networks[less], query)).all(), (less, more)


@pytest.mark.parametrize("mode", ["transit", "car", "park-and-ride"])
def test_any_mode_is_the_best_of_all(networks, mode):
    any_s = seconds(networks["plan-2030"], Query("door", "any"))
    assert (any_s <= seconds(networks["plan-2030"], Query("door", mode))).all()


def test_doing_nothing_changes_nothing(networks):
    query = Query("door", "transit")
    assert (seconds(networks["do-nothing-2030"], query) == seconds(networks["today-2026"], query)).all()


def test_the_plan_of_2023_lacked_what_has_opened_since(networks):
    """Chapter 1 of the plan: fast rail from Guangzhou to the other cities falls short."""
    query = Query("station", "transit")
    before, after = seconds(networks["plan-2023"], query), seconds(networks["today-2026"], query)
    assert (before <= 3600).sum() < (after <= 3600).sum()
    door = Query("door", "transit")
    ids = sorted(p for p in networks["plan-2023"].region.places.query("in_area")["place_id"])
    found = seconds(networks["plan-2023"], door)
    for pole in ("zq-duanzhou", "qy-qingcheng"):
        assert found[ids.index("gz-yuexiu"), ids.index(pole)] > 7200
