"""Isochrones: valid, nested, with holes, exact at the centres, never smaller where times are no longer."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.ndimage import binary_fill_holes
from scipy.spatial import cKDTree

import scenarios
from network import get_region
from network.compile import Query
from network.distances import metric_xy
from network.ends import ends_of
from network.parameters import default_parameters
from network.roads import local_pace, road_nodes
from network.testing import make_region
from sim.grid import Grid, grid_of, without_holes
from sim.isochrone import differences, isochrone
from sim.journeys import Network
from sim.surface import surfaces
from tests.reference.random_regions import ABOUT, random_tables

NUMBERS = default_parameters()
LIMITS_S = (900, 1800, 2700, 3600)


def grid_like(seconds, cell_m=500.0):
    """Return a grid for drawn seconds with a ring of cells around."""
    rows, columns = seconds.shape
    inside = np.zeros((rows, columns), bool)
    inside[1:-1, 1:-1] = True
    x_m, y_m = (cell_m * (np.arange(count) + 0.5) for count in (columns, rows))
    return Grid("EPSG:32649", cell_m, x_m, y_m, inside, np.zeros_like(inside))


def ringed(seconds):
    return np.pad(seconds, 1, constant_values=-1)


surface = arrays.arrays(
    np.int64,
    st.tuples(st.integers(1, 7), st.integers(1, 7)),
    elements=st.one_of(st.just(-1), st.integers(0, 5000), st.sampled_from([899, 900, 901, 3600, 3601])),
).map(ringed)


def centres_within(shape, grid):
    x_m, y_m = np.meshgrid(grid.x_m, grid.y_m)
    return shapely.intersects_xy(shape, x_m, y_m)


@settings(max_examples=200, deadline=None)
@given(surface, st.sampled_from([10.0, 500.0, 3000.0]))
def test_polygons_are_valid_nested_and_exact_at_the_centres(seconds, cell_m):
    grid = grid_like(seconds, cell_m)
    shapes = [isochrone(seconds, grid, limit_s, NUMBERS) for limit_s in LIMITS_S]
    for shape, limit_s in zip(shapes, LIMITS_S, strict=True):
        assert shape.is_valid
        assert all(part.area > 0 for part in shape.geoms)
        np.testing.assert_array_equal(centres_within(shape, grid), (seconds >= 0) & (seconds <= limit_s))
    assert all(less.is_empty or more.covers(less) for less, more in pairwise(shapes))


@settings(max_examples=200, deadline=None)
@given(surface, st.data())
def test_times_that_are_nowhere_longer_never_give_less(seconds, data):
    grid = grid_like(seconds)
    gain = data.draw(arrays.arrays(np.int64, seconds.shape, elements=st.sampled_from([0, 0, 1, 60, 5000])))
    after = np.where(
        seconds < 0, np.where(grid.inside & (gain > 100), gain, -1), np.maximum(seconds - gain, 0)
    )
    for limit_s in LIMITS_S:
        less, more = (isochrone(one, grid, limit_s, NUMBERS) for one in (seconds, after))
        # the smaller one may run along an edge of the larger one: rounding is a nanometre there
        assert less.difference(more).area < 1e-3
        gained, lost, kept = differences(less, more)
        assert lost.area < 1e-3
        assert gained.area == pytest.approx(more.area - less.area, abs=1e-3)
        assert kept.area == pytest.approx(less.area, abs=1e-3)


def test_a_single_cell_is_worked_out_by_hand():
    """Half a second into the limit, next to cells that cannot be reached: 0.5 / (0.5 + a cell's walk)."""
    seconds = ringed(np.array([[900]]))
    across_s = 500 * 1.3 * 3.6 / 4.5
    assert isochrone(seconds, grid_like(seconds), 900, NUMBERS).area == pytest.approx(
        2 * (500 * 0.5 / (0.5 + across_s)) ** 2
    )
    early = ringed(np.array([[0]]))  # as early as a walk across or more: half a cell each way
    assert isochrone(early, grid_like(early), 900, NUMBERS).area == pytest.approx(2 * 250**2)


def test_what_cannot_be_reached_within_is_a_hole():
    seconds = np.full((5, 5), 100)
    seconds[2, 2] = 5000
    shape = isochrone(ringed(seconds), grid_like(ringed(seconds)), 900, NUMBERS)
    ((part,), (hole,)) = shape.geoms, shape.geoms[0].interiors
    assert shapely.Polygon(hole).area == pytest.approx(2 * 250**2)
    assert part.bounds == (500, 500, 3000, 3000)


def test_nothing_in_reach_is_an_empty_polygon():
    seconds = ringed(np.array([[901, -1]]))
    assert isochrone(seconds, grid_like(seconds), 900, NUMBERS).is_empty


# -------------------------------------------------------------------------------------- networks that grow


@pytest.fixture(scope="module")
def networks():
    region = get_region("guangzhou")
    names = ("today-2026", "committed-2030", "plan-2030", "outlook-2035", "policies-only-2030")
    return {name: Network(scenarios.get_scenario(name, region).apply(region).region) for name in names}


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(period="midday", traveller="planned"),
        Query(statistic="best"),
    ],
    ids=str,
)
def test_shipped_scenarios_that_add_never_reach_less(networks, query):
    grid = grid_of(get_region("guangzhou"), 1000)
    found = {
        name: surfaces(one, ends_of(one.region, ["gz-tianhe", "qy-qingcheng", "113.0,23.2"]), query, grid)
        for name, one in networks.items()
    }
    order = ["today-2026", "committed-2030", "plan-2030", "outlook-2035"]
    for less, more in [*pairwise(order), ("today-2026", "policies-only-2030")]:
        before, after = found[less], found[more]
        assert not ((before >= 0) & ((after < 0) | (after > before))).any(), (less, more)
        for start in range(len(before)):
            for limit_s in (1800, 3600):
                shapes = [isochrone(one[start], grid, limit_s, NUMBERS) for one in (before, after)]
                assert shapes[0].difference(shapes[1]).area < 1, (less, more, start, limit_s)
    assert (found["plan-2030"] != found["today-2026"]).any()


@pytest.mark.parametrize("seed", range(8))
def test_a_line_more_never_reaches_less_in_drawn_regions(seed):
    tables = random_tables(seed)
    *fewer, last = sorted({row["line_id"] for row in tables["services"]})
    less = {
        name: [row for row in rows if not str(row.get("service_id", "")).startswith(f"{last}-")]
        for name, rows in tables.items()
    }
    assert fewer
    assert len(less["services"]) < len(tables["services"])
    shapes = []
    for one in (less, tables):
        network = Network(make_region(one, about=ABOUT))
        grid = grid_of(network.region, 1000)
        (seconds,) = surfaces(network, ends_of(network.region, ["p1"]), Query(), grid)
        shapes.append([isochrone(seconds, grid, limit_s, NUMBERS) for limit_s in LIMITS_S])
    for before, after in zip(*shapes, strict=True):
        assert before.difference(after).area < 1


def test_the_same_question_has_the_same_answer(networks):
    grid = grid_of(get_region("guangzhou"), 1000)
    answers = []
    for _ in range(2):
        network = Network(networks["today-2026"].region)
        (seconds,) = surfaces(network, ends_of(network.region, ["gz-tianhe"]), Query(), grid)
        answers.append(isochrone(seconds, grid, 3600, NUMBERS).wkb)
    assert answers[0] == answers[1]


def test_by_car_only_what_is_joined_to_roads_by_their_distance_may_grow(networks):
    """Far from all junctions the nearest one is taken, and the nearest connector says how slow streets are."""
    grid = grid_of(get_region("guangzhou"), 1000)
    found, away_m, pace = [], [], []
    for name in ("today-2026", "plan-2030"):
        region = networks[name].region
        nodes = road_nodes(region)
        xy = metric_xy(region, nodes)
        found.append(
            surfaces(networks[name], ends_of(region, ["gz-tianhe"]), Query("door", "car"), grid)[0][
                grid.inside
            ]
        )
        away_m.append(cKDTree(xy[~nodes["is_place"].to_numpy(bool)]).query(grid.xy)[0])
        pace.append(local_pace(region, "am-peak", grid.xy, nodes, xy))
    sure = (away_m[0] <= 12_000) & (pace[1] <= pace[0])
    assert sure.mean() > 0.6
    assert (found[1] <= found[0])[sure].all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 12), st.floats(0.2, 0.9))
def test_holes_are_filled_as_scipy_does_it(seed, rows, columns, share):
    inside = np.random.default_rng(seed).random((rows, columns)) < share
    np.testing.assert_array_equal(without_holes(inside), binary_fill_holes(inside))
