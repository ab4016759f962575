"""Surfaces: at the centre of every cell the time that the router finds to a destination there."""

import numpy as np
import pandas as pd
import pyproj
import pytest

import scenarios
from network import get_region
from network.compile import CLOCKS, MODES, Query
from network.ends import ends_of
from network.errors import BadInputError
from network.testing import line_region, roads_region
from sim.grid import grid_of
from sim.journeys import Network
from sim.surface import surfaces
from tests.reference.random_regions import random_region

READINGS = [Query(clock, mode) for clock in CLOCKS for mode in MODES if Query(clock, mode).is_reading]
PLACES = ["gz-tianhe", "zq-duanzhou", "cr-guangzhou-south", "113.35,23.05"]


@pytest.fixture(scope="module")
def today():
    region = get_region("guangzhou")
    return Network(scenarios.get_scenario("plan-2030", region).apply(region).region)


def centres(grid, count, seed=1):
    """Return some cells inside: rows, columns, and a table of their centres in degrees."""
    rows, columns = np.nonzero(grid.inside)
    some = np.random.default_rng(seed).choice(len(rows), min(count, len(rows)), replace=False)
    rows, columns = rows[some], columns[some]
    to_degrees = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(grid.x_m[columns], grid.y_m[rows])
    return rows, columns, pd.DataFrame({"id": [f"cell-{at}" for at in some], "lon": lon, "lat": lat})


def routed(network, places, cells, query):
    """Return the router's seconds from places to cells, -1 where there is no journey."""
    starts = ends_of(network.region, places)
    table = pd.concat([starts.table, cells], ignore_index=True)
    ends = ends_of(network.region, table)
    return (
        network.router(ends, query).times(np.arange(len(starts)), np.arange(len(starts), len(ends))).seconds
    )


def agree(network, places, query, cell_m, count=200):
    grid = grid_of(network.region, cell_m)
    found = surfaces(network, ends_of(network.region, places), query, grid)
    rows, columns, cells = centres(grid, count)
    np.testing.assert_array_equal(found[:, rows, columns], routed(network, places, cells, query))
    return found, grid


@pytest.mark.parametrize("query", READINGS, ids=str)
def test_cells_have_the_router_s_times(today, query):
    found, grid = agree(today, PLACES, query, 500, count=300)
    assert found.shape == (len(PLACES), *grid.shape)
    assert (found[:, ~grid.inside] == -1).all()
    assert (found[:, grid.inside] >= 0).any(axis=1).all()


@pytest.mark.parametrize(
    "query",
    [
        Query(traveller="planned"),
        Query(period="midday", statistic="best"),
        Query("in-vehicle", statistic="best"),
        Query("door", "any", period="midday", traveller="planned"),
    ],
    ids=str,
)
def test_so_do_other_travellers_periods_and_statistics(today, query):
    agree(today, PLACES, query, 1000)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("clock", CLOCKS)
def test_cells_of_drawn_regions_have_the_router_s_times(seed, clock):
    network = Network(random_region(seed))
    agree(network, ["p0", "p1", "s3"], Query(clock), 700, count=150)


@pytest.mark.parametrize("mode", MODES)
def test_cells_around_tiny_roads_have_the_router_s_times(mode):
    agree(Network(roads_region()), ["p", "q"], Query("door", mode), 900, count=400)


def test_numbers_that_are_set_count():
    network = Network(line_region())
    numbers = network.region.parameters.with_values(
        {"walk_max_km": 0.5, "feeder_max_km": 3}, periods=network.region.about.period_names, source="test"
    )
    changed = Network(network.region.replace(parameters=numbers))
    found, _ = agree(changed, ["a"], Query(), 200)
    assert 0 < (found >= 0).sum() < (agree(network, ["a"], Query(), 200)[0] >= 0).sum()


# ----------------------------------------------------------------------------------------------------- grid


def test_cells_lie_on_multiples_of_their_side_and_fill_the_districts():
    grid = grid_of(get_region("guangzhou"), 500)
    np.testing.assert_allclose(grid.x_m % 500, 250)
    np.testing.assert_allclose(grid.y_m % 500, 250)
    edge = np.ones(grid.shape, bool)
    edge[1:-1, 1:-1] = False
    assert not grid.inside[edge].any()
    # the plan prints about 20,000 km2 for the metropolitan area
    assert grid.inside.sum() * grid.cell_km2 == pytest.approx(20_000, rel=0.03)
    assert len(grid.xy) == grid.inside.sum()
    assert grid.holds(grid.xy).all()
    assert not grid.holds(np.array([[0.0, 0.0], [grid.x_m[0], grid.y_m[0]]])).any()


def test_cores_are_the_cells_of_their_districts():
    region = get_region("guangzhou")
    grid = grid_of(region, 1000)
    rows, columns, cells = centres(grid, 500)
    np.testing.assert_array_equal(grid.core[rows, columns], ends_of(region, cells).core)
    assert 0 < grid.core.sum() < grid.inside.sum() / 10


def test_without_districts_the_box_around_all_stations_is_inside():
    region = line_region()
    grid = grid_of(region, 1000)
    assert grid.inside[1:-1, 1:-1].all()
    assert grid.holds(np.array([[grid.x_m[1], grid.y_m[1]]]))[0]


@pytest.mark.parametrize(
    ("cell_m", "words"),
    [(0, "no side of a cell"), (float("nan"), "no side"), (1e9, "no side"), (10, "more than 5,000,000")],
)
def test_silly_sides_are_refused(cell_m, words):
    with pytest.raises(BadInputError, match=words):
        grid_of(get_region("guangzhou"), cell_m)


def test_the_advice_on_the_side_is_good():
    region = get_region("guangzhou")
    with pytest.raises(BadInputError) as found:
        grid_of(region, 20)
    advised = float(found.value.problems[0].fix.split()[0])
    assert 3_000_000 < grid_of(region, advised).inside.size <= 5_000_000
