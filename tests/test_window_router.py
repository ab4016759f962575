"""Statistics over departures between the places of tiny regions, worked out by hand."""

import numpy as np
import pytest

from network.compile import Query
from network.ends import ends_of
from network.graph import PARTS
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


def asked(statistic, timing="depart-after", traveller="random", **options):
    """Return times, stages and router from a to d of the line: 28 min, and 0 to 9 min of wait."""
    region = line_region()
    ends = ends_of(region, ["at-a", "at-d"])
    query = Query(period="am-peak", statistic=statistic, timing=timing, traveller=traveller)
    router = Network(region).router(ends, query)
    times = router.times([0], [1], **options)
    return times, router.paths([(0, 1)])[0], router


@pytest.mark.parametrize("timing", ["depart-after", "arrive-by"])
@pytest.mark.parametrize(
    ("statistic", "minutes", "wait_min"),
    [("p10", 28, 0), ("p50", 32, 4), ("p100", 37, 9), ("mean", 32.5, 4.5)],
)
def test_statistics_of_the_line_by_hand(timing, statistic, minutes, wait_min):
    times, stages, _ = asked(statistic, timing, within_min=30)
    assert times.seconds[0, 0] == 60 * minutes
    assert times.parts_s[0, 0].sum() == 60 * minutes
    assert times.parts_s[0, 0, PARTS.index("wait")] == 60 * wait_min
    assert times.within[0, 0] == pytest.approx(0.3)
    assert np.isnan(asked(statistic, timing)[0].within[0, 0])
    if statistic == "mean":
        assert abs(sum(stage.seconds for stage in stages) - 60 * minutes) == 30
    else:
        assert sum(stage.seconds for stage in stages) == 60 * minutes
    late = timing == "arrive-by" and minutes > 28
    assert (stages[-1].kind == "wait") == late
    if late:
        assert stages[-1].start == stages[-1].end == "at-d"
        assert stages[0].parts_s.keys() == {"entry"}


@pytest.mark.parametrize("timing", ["depart-after", "arrive-by"])
def test_who_knows_the_timetable_waits_nowhere(timing):
    for statistic in ("p1", "p50", "mean"):
        times, stages, _ = asked(statistic, timing, "planned")
        assert times.seconds[0, 0] == 28 * 60
        assert [stage.kind for stage in stages] == ["entry", "ride", "exit"]


def test_parts_are_found_where_they_are_asked_for(monkeypatch):
    for most in (64, 1):
        monkeypatch.setattr("sim.window_router.MOST_ENDS", most)
        for statistic in ("p50", "mean"):
            whole, _, router = asked(statistic)
            bare = router.times([0], [1], parts=False)
            assert bare.seconds.tolist() == whole.seconds.tolist()
            assert bare.parts_s.shape == (1, 1, 0)


def test_without_trains_one_walks():
    region = line_region()
    none = {name: region.table(name)[:0] for name in ("services", "service_stops")}
    region = region.replace(tables=none)
    ends = ends_of(region, ["at-a", "at-d"])
    for statistic in ("p50", "mean"):
        for timing in ("depart-after", "arrive-by"):
            router = Network(region).router(ends, Query(statistic=statistic, timing=timing))
            times = router.times([0, 1], [0, 1])
            assert times.seconds.tolist() == [[0, -1], [-1, 0]]
            assert router.paths([(0, 1), (0, 0)]) == [None, []]
            assert "no station in reach" in router.missing(0, 1)
