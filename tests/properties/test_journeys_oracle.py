"""Journeys of small regions drawn by chance against a plain search written from the model's page."""

from itertools import pairwise, product

import numpy as np
import pytest

from network.compile import Query
from network.ends import ends_of
from sim.journeys import Network
from tests.reference.journeys import Oracle
from tests.reference.random_regions import random_region

SEEDS = range(3)
READINGS = [
    ("am-peak", "random", "expected"),
    ("am-peak", "planned", "expected"),
    ("midday", "random", "best"),
    ("late", "random", "expected"),
    ("late", "planned", "expected"),
]


def ends_and_points(region):
    """Four centres, two stations and a free point, each with its position and the station that it is."""
    ends = ends_of(region, ["p0", "p1", "p2", "p3", "s0", "s7", "113.25,23.25"])
    points = {
        row.id: (row.lon, row.lat, row.id if row.id.startswith("s") else None)
        for row in ends.table.itertuples()
    }
    return ends, points


def all_seconds(router):
    rows = range(len(router.ends))
    times = router.times(rows, rows)
    assert (times.parts_s.sum(axis=2) == np.maximum(times.seconds, 0)).all()
    return dict(zip(product(router.ends.ids, repeat=2), times.seconds.ravel().tolist(), strict=True))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("reading", READINGS, ids="-".join)
def test_door_and_station(seed, reading):
    period, traveller, statistic = reading
    region = random_region(seed)
    oracle, network = Oracle(region, period, traveller, statistic), Network(region)
    ends, points = ends_and_points(region)
    words = {"period": period, "traveller": traveller, "statistic": statistic}
    door = all_seconds(network.router(ends, Query(clock="door", **words)))
    station = all_seconds(network.router(ends, Query(clock="station", **words)))
    stand = {name: oracle.stations_of(name, point) for name, point in points.items()}
    for start, end in product(points, repeat=2):
        expected = 0 if start == end else oracle.door(points[start], points[end])
        assert door[start, end] == expected, (start, end)
        assert station[start, end] == oracle.station(stand[start], stand[end]), (start, end)


@pytest.mark.parametrize("statistic", ["expected", "best"])
@pytest.mark.parametrize("seed", SEEDS)
def test_in_vehicle(seed, statistic):
    region = random_region(seed)
    oracle = Oracle(region, statistic=statistic)
    ends, points = ends_and_points(region)
    found = all_seconds(Network(region).router(ends, Query(clock="in-vehicle", statistic=statistic)))
    stand = {name: oracle.stations_of(name, point) for name, point in points.items()}
    for start, end in product(points, repeat=2):
        assert found[start, end] == oracle.in_vehicle(stand[start], stand[end]), (start, end)


@pytest.mark.parametrize("seed", SEEDS)
def test_paths_add_up_to_their_times(seed):
    region = random_region(seed)
    ends, _ = ends_and_points(region)
    router = Network(region).router(ends, Query(clock="door"))
    times = all_seconds(router)
    rows = dict(zip(product(range(len(ends)), repeat=2), times.items(), strict=True))
    kinds = set()
    for (pair, seconds), stages in zip(rows.values(), router.paths(list(rows)), strict=True):
        assert (stages is None) == (seconds < 0)
        if not stages:
            assert seconds <= 0
            continue
        assert sum(stage.seconds for stage in stages) == seconds
        assert (stages[0].start, stages[-1].end) == pair
        assert all(one.end == two.start for one, two in pairwise(stages))
        for stage in stages:
            kinds.add(stage.kind)
            if stage.kind == "ride":
                assert (stage.stops[0], stage.stops[-1]) == (stage.start, stage.end)
    assert {"access", "entry", "ride", "transfer", "exit", "egress"} <= kinds
