"""What must hold of every network: on the Guangzhou region, and on small regions drawn by chance."""

from datetime import date
from itertools import product

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from network import get_region
from network.compile import Query
from network.dates import region_on
from network.ends import ends_of
from network.schema import headway_column
from network.testing import make_region
from sim.journeys import Network
from sim.search import UNREACHED
from tests.reference.random_regions import ABOUT, PERIODS, random_region, random_tables

NEVER_LONGER = [
    Query(clock, traveller=traveller, period=period)
    for clock, traveller, period in product(("station", "door"), ("random", "planned"), ("am-peak", "midday"))
]
SEEDS = range(4)


@pytest.fixture(scope="module")
def guangzhou():
    return Network(region_on(get_region("guangzhou"), date(2026, 11, 1)))


def router_of(network, query):
    places = network.region.places
    return network.router(ends_of(network.region, sorted(places["place_id"])), query)


def minutes(network, query):
    """Seconds between all places, infinite where there is no journey."""
    router = router_of(network, query)
    rows = range(len(router.ends))
    seconds = router.times(rows, rows).seconds
    return np.where(seconds < 0, np.inf, seconds)


def weighed(network, query):
    """What the search minimises, with the weight of changes that the minutes leave out."""
    router = router_of(network, query)
    (graph,), (search,) = router.graphs, router.searches
    return search.times(graph.origin)[:, graph.destination]


def more_often(region, share, rng):
    """Return the region with a share of its services running twice as often."""
    services = region.services
    chosen = rng.random(len(services)) < share
    for name in region.about.period_names:
        column = headway_column(name)
        services[column] = services[column].where(~chosen, services[column] / 2)
    departures = services["departures"]
    services["departures"] = departures.where(~chosen, (departures + " " + departures).str.strip())
    return region.replace(tables={"services": services})


def with_service(region, stops, run_min, departures):
    """Return the region with one more railway service, of the family of fast trains."""
    service = region.services.iloc[:1].assign(
        service_id="zz-more", departures=departures, first_departure="", last_departure="", line_id=""
    )
    service["class"] = "hsr"
    for name in region.about.period_names:
        service[headway_column(name)] = np.nan
    calls = region.service_stops.iloc[: len(stops)].assign(
        service_id="zz-more",
        seq=range(len(stops)),
        station_id=stops,
        arrive_min=[float(run_min * at) for at in range(len(stops))],
        depart_min=[float(run_min * at) for at in range(len(stops))],
    )
    return region.replace(
        tables={
            "services": pd.concat([region.services, service]),
            "service_stops": pd.concat([region.service_stops, calls]),
        }
    )


# ------------------------------------------------------------------------------------------- never longer


@pytest.mark.parametrize("seed", SEEDS)
def test_more_service_is_never_longer(seed):
    region, rng = random_region(seed), np.random.default_rng(seed)
    stops = rng.permutation(region.stations["station_id"].to_numpy())[:4].tolist()
    changed = [
        more_often(region, 0.3, rng),
        with_service(region, stops, int(rng.integers(4, 40)), "07:20 12:00"),
    ]
    before = Network(region)
    for more in map(Network, changed):
        for query in NEVER_LONGER:
            assert (minutes(more, query) <= minutes(before, query)).all(), query
        query = Query("in-vehicle", statistic="best")
        assert (weighed(more, query) <= weighed(before, query)).all()


@pytest.mark.parametrize("change", ["twice as often", "one more train"])
def test_more_service_is_never_longer_in_guangzhou(guangzhou, change):
    region, rng = guangzhou.region, np.random.default_rng(1)
    hashed = region.hash
    if change == "twice as often":
        more = Network(more_often(region, 0.5, rng))
    else:
        of_rail = region.stations.query("system == 'rail'")["station_id"]
        stops = of_rail.sample(6, random_state=1).tolist()
        more = Network(with_service(region, stops, 11, "07:10 08:20"))
    shorter = 0
    for query in NEVER_LONGER[::3]:
        before, after = minutes(guangzhou, query), minutes(more, query)
        assert (after <= before).all(), query
        shorter += (after < before).sum()
    assert shorter > 0
    query = Query("in-vehicle", statistic="best")
    assert (weighed(more, query) <= weighed(guangzhou, query)).all()
    assert guangzhou.region.hash == hashed


@pytest.mark.parametrize("seed", SEEDS)
def test_readings_in_order(seed):
    """The timetable's traveller is never later than the other, the best never later than either."""
    network = Network(random_region(seed))
    for clock in ("station", "door"):
        random = minutes(network, Query(clock))
        planned = minutes(network, Query(clock, traveller="planned"))
        best = minutes(network, Query(clock, statistic="best"))
        assert (best <= planned).all()
        assert (planned <= random).all()


# ------------------------------------------------------------------------------------------------- searches


@pytest.mark.parametrize("query", [Query("door", "any"), Query("station"), Query("in-vehicle")], ids=str)
def test_paths_cost_what_the_times_say(guangzhou, query):
    router = router_of(guangzhou, query)
    for graph, search in zip(router.graphs, router.searches, strict=True):
        times = search.times(graph.origin)[:, graph.destination]
        paths = search.paths(graph.origin, graph.destination)
        for row, column in product(range(0, len(router.ends), 3), range(len(router.ends))):
            links = paths[row][column]
            if links is None:
                assert times[row, column] == UNREACHED
            else:
                assert graph.seconds[links].sum() == times[row, column]
                assert (graph.head[links[:-1]] == graph.tail[links[1:]]).all()


@pytest.mark.parametrize("horizon_s", [0, 1800, 3600])
def test_a_horizon_changes_no_value_below_it(guangzhou, horizon_s):
    router = router_of(guangzhou, Query("door"))
    (graph,), (search,) = router.graphs, router.searches
    full = search.times(graph.origin)
    near = search.times(graph.origin, horizon_s=horizon_s)
    assert (near == np.where(full <= horizon_s, full, UNREACHED)).all()


def test_threads_do_not_count(guangzhou):
    router = router_of(guangzhou, Query("door", "any"))
    (graph,), (search,) = router.graphs, router.searches
    one, two = (
        search.parts(graph.origin, graph.destination, values=graph.parts_s, threads=n) for n in (1, 2)
    )
    assert (one.times_s == two.times_s).all()
    assert (one.sums == two.sums).all()


def test_networkx_finds_the_same_times(guangzhou):
    router = router_of(guangzhou, Query("door"))
    (graph,), (search,) = router.graphs, router.searches
    there = graph.to_networkx()
    assert (there.number_of_nodes(), there.number_of_edges()) == (graph.n_nodes, graph.n_links)
    for node in graph.origin[:2].tolist():
        lengths = nx.single_source_dijkstra_path_length(there, node, weight="seconds")
        found = search.times([node])[0]
        assert lengths == {at: int(found[at]) for at in np.flatnonzero(found != UNREACHED)}


# ------------------------------------------------------------------------------------- order of the rows


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_does_not_count(seed):
    """Rows are shuffled, and every station and service gets a name that sorts elsewhere."""
    tables, rng = random_tables(seed), np.random.default_rng(seed)
    stations = [row["station_id"] for row in tables["stations"]]
    services = [row["service_id"] for row in tables["services"]]
    named = {
        "station_id": dict(zip(stations, rng.permutation(stations).tolist(), strict=True)),
        "service_id": dict(zip(services, rng.permutation(services).tolist(), strict=True)),
    }
    named |= {f"{end}_station_id": named["station_id"] for end in ("from", "to")}
    renamed = {
        name: [{key: named.get(key, {}).get(value, value) for key, value in row.items()} for row in rows]
        for name, rows in tables.items()
    }
    for rows in renamed.values():
        rng.shuffle(rows)
    region, other = make_region(tables, about=ABOUT), make_region(renamed, about=ABOUT)
    for query in [*NEVER_LONGER, Query("in-vehicle"), Query("station", period=PERIODS[2].name)]:
        first, second = router_of(Network(region), query), router_of(Network(other), query)
        rows = range(len(first.ends))
        first, second = first.times(rows, rows), second.times(rows, rows)
        assert (first.seconds == second.seconds).all()


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_shuffled_rows_are_the_same_region(seed):
    tables, rng = random_tables(seed), np.random.default_rng(seed)
    shuffled = {name: [rows[at] for at in rng.permutation(len(rows))] for name, rows in tables.items()}
    assert make_region(shuffled, about=ABOUT).hash == make_region(tables, about=ABOUT).hash


def test_computing_leaves_the_region_as_it_is():
    region = get_region("guangzhou")
    hashed = region.hash
    network = Network(region)
    for query in (Query("door", "any"), Query("in-vehicle")):
        minutes(network, query)
    assert region.hash == hashed
