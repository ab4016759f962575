"""The window's public face, and percentiles of regions worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from network.compile import Query
from network.ends import ends_of
from network.errors import BadInputError
from network.testing import hub_region, line_region
from network.timetable import Timetable
from sim.check import check
from sim.journeys import Network
from sim.kernels.window import UNREACHED
from sim.points import Settings, joined_on_foot
from sim.window import Window, travel_times


def shuttle():
    """A bus from a to b at every full quarter of an hour, 10 min, and a stop c that none serves."""
    stops = pd.DataFrame({"stop_id": list("abc"), "lon": [113.0, 113.1, 113.2], "lat": [23.0, 23.0, 23.0]})
    times = pd.DataFrame(
        [
            {
                "trip_id": f"t{at}",
                "sequence": end,
                "stop_id": "ab"[end],
                "arrival_s": at + 600 * end,
                "departure_s": at + 600 * end,
            }
            for at in range(13 * 3600, 17 * 3600, 900)
            for end in range(2)
        ]
    )
    return Timetable.from_trips(stops, times)


def test_statistics_of_a_shuttle_by_hand():
    found = travel_times(
        shuttle(), ["a"], statistics=("best", "p50", "p100", "mean", "reliability"), reliability_min=20
    )
    assert found.dims == ("origin", "stop", "statistic")
    # one must be there 60 s ahead: at each minute one waits 1 to 15 min
    assert found.sel(origin="a", stop="b").to_numpy().tolist() == [
        11.0,
        18.0,
        25.0,
        18.0,
        pytest.approx(10 / 15),
    ]
    assert found.sel(stop="a").to_numpy()[0].tolist() == [0, 0, 0, 0, 1]
    assert np.isnan(found.sel(stop="c").to_numpy()[0, :4]).all()
    assert found.attrs["departures"] == 60
    assert found.attrs["draws"] == 1
    assert found.coords["unit"].to_numpy().tolist() == ["min"] * 4 + ["share"]
    raw = travel_times(shuttle(), ["a"], raw=True)
    assert raw.shape == (1, 60, 3)
    assert raw[0, :3, 1].tolist() == [1500, 1440, 1380]
    assert (raw[0, :, 2] == UNREACHED).all()


def test_planned_and_arriving_by():
    planned = travel_times(shuttle(), ["a"], statistics=("best", "p100"), traveller="planned")
    assert planned.sel(stop="b").to_numpy()[0].tolist() == [11.0, 11.0]
    by = travel_times(shuttle(), ["a"], statistics=("best", "p100"), arrive_by=True)
    # the bus arrives at 5, 20, 35 and 50 past: it stands there for 0 to 14 min before the time to be there
    assert by.sel(stop="b").to_numpy()[0].tolist() == [11.0, 25.0]
    both = travel_times(shuttle(), ["a"], statistics=("best", "p100"), traveller="planned", arrive_by=True)
    assert both.sel(stop="b").to_numpy()[0].tolist() == [11.0, 11.0]


def test_points_walk_to_stops_and_to_each_other():
    settings = Settings(walk_kmh=3.6, walk_detour=1.0)
    near = (113.0, 23.005)  # 554 m north of a
    found = travel_times(
        shuttle(),
        [near, "a"],
        destinations=[(113.0, 23.0), (113.1, 23.001)],
        statistics=("p1",),
        settings=settings,
    )
    walk, ride = found.to_numpy()[0, :, 0]
    assert walk == pytest.approx(554 / 60, abs=0.05)
    assert ride > 10 + walk
    assert found.sel(origin="a").to_numpy()[0, 0] == 0


def test_stops_in_reach_are_joined_on_foot():
    stops = pd.DataFrame({"stop_id": list("abcd"), "lon": 113.0, "lat": [23.0, 23.1, 23.103, 23.2]})
    calls = [("t", "a", 50_400), ("t", "b", 51_000), ("u", "c", 51_900), ("u", "d", 52_500)]
    times = pd.DataFrame(calls, columns=["trip_id", "stop_id", "arrival_s"]).assign(sequence=[0, 1, 0, 1])
    walk = pd.DataFrame({"from_stop_id": ["b"], "to_stop_id": ["c"], "seconds": [200]})
    times = times.assign(departure_s=times["arrival_s"])
    apart = Timetable.from_trips(stops, times)

    def arrival(timetable, **options):
        settings = Settings(walk_kmh=3.6, walk_detour=1.0, **options)
        window = (50_000, 50_001)
        raw = travel_times(timetable, ["a"], window=window, settings=settings, raw=True, destinations=["d"])
        return int(raw[0, 0, 0])

    assert arrival(apart) == UNREACHED
    assert arrival(apart, transfer_max_m=400) == 2500  # 332 m on foot, 60 s before the departure
    assert arrival(apart, transfer_max_m=300) == UNREACHED
    near = Timetable.from_trips(stops, times.assign(departure_s=times["departure_s"]), transfers=walk)
    assert near.transfer_s.tolist() == [200]
    joined = joined_on_foot(near, Settings(walk_kmh=3.6, walk_detour=1.0, transfer_max_m=400))
    assert joined.transfer_s.tolist() == [200, 332]
    assert joined.transfer_stop.tolist() == [2, 1]
    with pytest.raises(BadInputError, match="transfer_max_m: -1 is too small"):
        arrival(apart, transfer_max_m=-1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"window": ("15:00", "14:00")}, "is empty"),
        ({"window": ("15h", "14:00")}, "is no clock"),
        ({"statistics": ("p0", "median")}, "'median' is no statistic"),
        ({"statistics": ("p100", "p101")}, "'p101' is no statistic"),
        ({"statistics": ("p05",)}, "'p05' is no statistic"),
        ({"step_s": 0, "max_min": 0}, "max_min: 0 is too small"),
        ({"traveller": "lazy"}, "no traveller 'lazy'"),
        ({"origins": ["a", "zz"]}, "'zz' is no stop"),
        ({"origins": [(200.0, 0.0)]}, "not on the earth"),
        ({"origins": []}, "there is none"),
    ],
)
def test_what_makes_no_sense_is_told(options, words):
    with pytest.raises(BadInputError, match=words):
        travel_times(shuttle(), **({"origins": ["a"]} | options))


def minutes(region, start, end, **words):
    ends = ends_of(region, [start, end])
    verdict = check(
        Network(region), ends, [(start, end)], Query(statistic="p50", **words), limit_min=60, paths=True
    )
    row = verdict.table.iloc[0]
    assert sum(stage.seconds for stage in verdict.paths[0] or ()) == 60 * row["minutes"]
    parts = [row[f"{name}_min"] for name in ("access", "entry", "wait", "ride", "transfer", "exit", "egress")]
    assert sum(parts) == pytest.approx(row["minutes"])
    return row["minutes"], parts


def test_medians_of_the_line_by_hand():
    # a train every 10 min: at each minute one waits 0 to 9, the 60th of 120 waits is 4
    assert minutes(line_region(), "a", "b", clock="station") == (10, [0, 0, 4, 6, 0, 0, 0])
    assert minutes(line_region(), "at-a", "at-d") == (32, [0, 5, 4, 20, 0, 3, 0])
    assert minutes(line_region(), "at-a", "at-d", traveller="planned") == (28, [0, 5, 0, 20, 0, 3, 0])
    assert minutes(line_region(), "at-a", "at-a")[0] == 0


def test_medians_through_the_street_of_a_hub():
    # timetabled train, then a metro every 5 min of unknown phase: expected 38.5 and 37.5
    there, parts = minutes(hub_region(), "at-r", "at-m")
    assert there == pytest.approx(38, abs=1)
    assert parts[1] == 5
    assert parts[4] == 12
    back, parts = minutes(hub_region(), "at-m", "at-r")
    assert back == pytest.approx(37, abs=1)
    assert parts[4] == 2 + 4 + 5 + 1


def test_the_same_window_twice_is_the_same():
    region = hub_region()
    timetable = Timetable.from_region(region)
    one, two = (Window(timetable, ("07:00", "09:00"), draws=3, seed=5) for _ in range(2))
    assert (one.phases == two.phases).all()
    assert (Window(timetable, ("07:00", "09:00"), draws=3, seed=6).phases != one.phases).any()
