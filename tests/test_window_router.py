"""The router of percentiles where nothing runs in the period."""

import numpy as np
import pytest

from network.compile import Query
from network.ends import ends_of
from network.testing import line_region
from sim.journeys import Network


@pytest.mark.parametrize("clock", ["door", "station"])
def test_nothing_runs_in_the_period(clock):
    region = line_region()
    services = region.services
    services["departures"] = "22:00"
    for column in services.columns:
        if column.startswith("headway_"):
            services[column] = np.nan
    region = region.replace(tables={"services": services})
    places = sorted(region.places["place_id"])
    router = Network(region).router(
        ends_of(region, places), Query(clock, "transit", "am-peak", statistic="p50")
    )
    rows = np.arange(len(places))
    times = router.times(rows, rows)
    assert (times.seconds[~np.eye(len(places), dtype=bool)] == -1).all()
    assert (times.parts_s.sum(axis=2) == np.maximum(times.seconds, 0)).all()
