"""Rides: every way to sit in one service from one call to a later one, its time, and how often it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.distances import straight_km
from network.errors import BadInputError, Problem
from network.region import positions
from network.runtimes import RunTimeModel
from network.schema import headway_column
from network.seconds import whole_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.region import Period, Region

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

DAY_S = 86_400
"""Seconds of a day; a service that runs over midnight calls again in the next day's morning."""

_STOCK = {
    "hsr": "hsr",
    "intercity": "intercity",
    "conventional": "conventional",
    "metro": "metro",
    "street": "metro",
}


@dataclass(frozen=True, eq=False, slots=True)
class Rides:
    """All rides of a region, sorted by boarding station, alighting station, seconds and service.

    Of the rides of one service between the same two stations (a loop line that goes round twice) only the
    quickest is kept, since they are one train.

    Attributes
    ----------
    from_station, to_station
        Rows of ``region.stations``, [rides].
    service
        Row of ``region.services``, [rides].
    call
        Row of ``region.service_stops`` at which the ride begins, [rides].
    ride_s
        Time in the vehicle, dwells on the way included, s, [rides].
    """

    from_station: Ints
    to_station: Ints
    service: Ints
    call: Ints
    ride_s: Ints

    def __len__(self) -> int:
        """Return the number of rides."""
        return len(self.ride_s)


@dataclass(frozen=True, eq=False, slots=True)
class Calls:
    """The calls of a region's services in running order, in whole seconds.

    Attributes
    ----------
    service, station
        Rows of ``region.services`` and ``region.stations``, [calls].
    arrive_s, depart_s
        Seconds after the departure from the first call, [calls].
    """

    service: Ints
    station: Ints
    arrive_s: Ints
    depart_s: Ints


def calls(region: Region) -> Calls:
    """Return the calls of all services, timetabled or by the run-time model.

    A metro service without times runs at its line's commercial speed, which includes dwells. Where the line
    has none, at the median of the metro lines of equal top speed. Other services without times run by
    `RunTimeModel` on the line's top speed, with the dwell of their stock. How many lines meet at a stop does
    not count, though the model could: one line more would slow the others there, and what is only added must
    never make a journey longer.

    Raises
    ------
    BadInputError
        A service has neither times nor a line with a speed.
    """
    table = region.service_stops
    services, stations = region.services, region.stations
    service = positions(services["service_id"], table["service_id"])
    station = positions(stations["station_id"], table["station_id"])
    arrive_s, depart_s = _seconds(table["arrive_min"]), _seconds(table["depart_min"])
    first = np.append(True, service[1:] != service[:-1]) if len(service) else np.zeros(0, bool)
    timed = np.zeros(len(services), bool)
    known = ~np.isnan(arrive_s) | (~np.isnan(depart_s) & ~first)
    np.logical_or.at(timed, service[known], True)
    arrive_s, depart_s = (
        np.where(np.isnan(arrive_s), depart_s, arrive_s),
        np.where(np.isnan(depart_s), arrive_s, depart_s),
    )
    here = np.flatnonzero(~timed[service])
    if here.size:
        arrive_s[here], depart_s[here] = _model_s(
            region, table.iloc[here], service[here], station[here], first[here]
        )
    return Calls(service, station, whole_s(arrive_s), whole_s(depart_s))


def rides(calls: Calls) -> Rides:
    """Return every ride of the services whose calls these are."""
    service, station = calls.service, calls.station
    starts = (
        np.flatnonzero(np.append(True, service[1:] != service[:-1])) if len(service) else np.zeros(0, int)
    )
    lengths = np.diff(np.append(starts, len(service)))
    boards, alights = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for length in np.unique(lengths):
        board, alight = np.triu_indices(length, 1)
        first = starts[lengths == length][:, None]
        boards.append((first + board).ravel())
        alights.append((first + alight).ravel())
    board, alight = np.concatenate(boards), np.concatenate(alights)
    keep = station[board] != station[alight]
    board, alight = board[keep], alight[keep]
    ride_s = calls.arrive_s[alight] - calls.depart_s[board]
    order = np.lexsort((board, ride_s, service[board], station[alight], station[board]))
    board, alight, ride_s = board[order], alight[order], ride_s[order]
    keys = station[board], station[alight], service[board]
    again = np.logical_and.reduce([key[1:] == key[:-1] for key in keys])
    once = np.append(True, ~again) if len(board) else np.zeros(0, bool)
    board, alight, ride_s = board[once], alight[once], ride_s[once]
    order = np.lexsort((service[board], ride_s, station[alight], station[board]))
    board, alight, ride_s = board[order], alight[order], ride_s[order]
    return Rides(station[board], station[alight], service[board], board, ride_s)


def departures_in(region: Region, calls: Calls, period: Period) -> Floats:
    """Return how many departures each call has in a period, [calls].

    A timetabled departure counts in the period in which it leaves that call. A headway service has as many as
    its headway fits into the part of the period between its first and last departure.
    """
    services = region.services
    count = _headway_trips(region, period)[calls.service]
    row, left_s = timetable(services)
    trips = np.bincount(row, minlength=len(services))
    if len(row):
        start = np.append(0, np.cumsum(trips))[:-1]
        each = trips[calls.service]
        call = np.repeat(np.arange(len(calls.service)), each)
        within = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
        at_s = left_s[start[calls.service[call]] + within] + calls.depart_s[call]
        inside = (at_s - period.start_s) % DAY_S < period.length_s  # both may pass midnight
        count = count + np.bincount(call[inside], minlength=len(calls.service))
    return np.asarray(count, np.float64)


def departures_a_day(region: Region) -> Floats:
    """Return how many trips each service makes on a day, [services].

    Where a headway service runs outside all periods, it does so at its longest headway.
    """
    services = region.services
    row, _ = timetable(services)
    trips = np.bincount(row, minlength=len(services)).astype(np.float64)
    rest_s = np.subtract(*span_s(region)[::-1])
    longest_s = np.zeros(len(services))
    for period in region.about.periods:
        trips += _headway_trips(region, period)
        rest_s = rest_s - _overlap_s(region, period)
        headway_s = services[headway_column(period.name)].to_numpy(np.float64) * 60
        longest_s = np.fmax(longest_s, headway_s)
    frequent = longest_s > 0
    trips[frequent] += np.maximum(rest_s[frequent], 0) / longest_s[frequent]
    return trips


def timetable(services: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return service row and second after midnight of every timetabled departure from a first call."""
    listed = [clocks.split() for clocks in services["departures"]]
    trips = np.array([len(clocks) for clocks in listed], np.int64)
    text = pd.Series([clock for clocks in listed for clock in clocks], dtype="str")
    if text.empty:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    hours, minutes = text.str.slice(0, -3).astype("int64"), text.str.slice(-2).astype("int64")
    left_s = np.asarray(hours * 3600 + minutes * 60, np.int64)
    return np.repeat(np.arange(len(services), dtype=np.int64), trips), left_s


def _headway_trips(region: Region, period: Period) -> Floats:
    """Return how many trips each headway service makes in a period, [services]; 0 for timetabled ones."""
    headway_s = region.services[headway_column(period.name)].to_numpy(np.float64) * 60
    return np.asarray(np.nan_to_num(_overlap_s(region, period) / headway_s), np.float64)


def _overlap_s(region: Region, period: Period) -> Floats:
    """Return how long each service runs within a period, s, [services]; both may pass midnight."""
    first_s, last_s = span_s(region)
    within_s = np.zeros_like(first_s)
    for shift_s in (-DAY_S, 0, DAY_S):
        start_s, end_s = first_s + shift_s, last_s + shift_s
        overlap_s = np.minimum(end_s, period.end_s) - np.maximum(start_s, period.start_s)
        within_s += np.clip(overlap_s, 0, None)
    return np.minimum(within_s, period.length_s)


def span_s(region: Region) -> tuple[Floats, Floats]:
    """Return when each headway service begins and ends; the region's service day where it does not say."""
    first = _clock_s(region.services["first_departure"], region.about.service_start_s)
    last = _clock_s(region.services["last_departure"], region.about.service_end_s)
    return first, np.asarray(np.where(last < first, last + DAY_S, last), np.float64)


def _clock_s(column: pd.Series[str], blank_s: int) -> Floats:
    parts = column.str.split(":", expand=True).reindex(columns=[0, 1])
    seconds = pd.to_numeric(parts[0]) * 3600.0 + pd.to_numeric(parts[1]) * 60.0
    return np.asarray(seconds.fillna(blank_s), np.float64)


def _model_s(
    region: Region, table: pd.DataFrame, service: Ints, station: Ints, first: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Return arrivals and departures of calls without times, s; `table` holds their rows."""
    services = region.services
    line = services["line_id"].iloc[service].to_numpy()
    lines = region.table("lines").set_index("line_id")
    speed_kmh = lines["max_speed_kmh"].reindex(line).to_numpy(np.float64)
    commercial_kmh = _commercial_kmh(lines).reindex(line).to_numpy(np.float64)
    kind = services["class"].iloc[service].to_numpy()
    commercial_kmh = np.where(np.isin(kind, ("metro", "street")), commercial_kmh, np.nan)
    hop_km = table["distance_km"].to_numpy(np.float64)
    lon, lat = (region.stations[name].to_numpy(np.float64)[station] for name in ("lon", "lat"))
    straight = straight_km(np.roll(lon, 1), np.roll(lat, 1), lon, lat) * region.parameters["rail_detour"]
    hop_km = np.where(np.isnan(hop_km), straight, hop_km)
    lacking = np.unique(service[np.isnan(speed_kmh) & np.isnan(commercial_kmh)])
    if lacking.size:
        raise BadInputError(
            Problem(
                f"services.csv, {services['service_id'].iloc[row]}",
                "has no times in service_stops.csv and no line with a speed",
                "give arrive_min and depart_min, or a line_id whose line has max_speed_kmh",
            )
            for row in lacking
        )
    model, run_min, dwell_min = RunTimeModel(), np.zeros(len(table)), np.zeros(len(table))
    by_speed = ~np.isnan(commercial_kmh)
    run_min[by_speed] = 60 * hop_km[by_speed] / commercial_kmh[by_speed]
    for name in np.unique(kind[~by_speed]):
        rows = np.flatnonzero(~by_speed & (kind == name) & ~first & (hop_km > 0))
        stock = _STOCK[str(name)]
        run_min[rows] = model.hop_min(hop_km[rows], speed_kmh[rows], stock=stock)
        dwell_min[~by_speed & (kind == name) & ~first] = model.stock(stock).dwell_min
    run_min[first] = 0
    # each run in whole seconds: a line that is led on at an end keeps its times elsewhere
    run_s, dwell_s = whole_s(run_min * 60), whole_s(dwell_min * 60)
    depart_s = np.cumsum(run_s + dwell_s)
    begin = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
    depart_s = depart_s - depart_s[begin]
    return (depart_s - dwell_s).astype(np.float64), depart_s.astype(np.float64)


def _commercial_kmh(lines: pd.DataFrame) -> pd.Series[float]:
    """Return each line's commercial speed, filled with the median of metro lines of equal top speed."""
    metro = lines["class"] == "metro"
    usual = lines["commercial_speed_kmh"].where(metro).groupby(lines["max_speed_kmh"]).transform("median")
    filled: pd.Series[float] = lines["commercial_speed_kmh"].fillna(usual.where(metro))
    return filled


def _seconds(minutes: pd.Series[float]) -> Floats:
    return np.asarray(minutes, np.float64) * 60
