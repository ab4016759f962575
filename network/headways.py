"""Headway services: the spans of the day in which they keep one headway."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from network.rides import DAY_S, span_s, timetable
from network.schema import headway_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.region import Region

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Bands:
    """Spans of the day in which a headway service keeps one headway, in order of service and time.

    Attributes
    ----------
    service
        Row of ``region.services``, [bands].
    start_s, end_s
        The first call is left at or after the start and before the end, s after midnight, [bands].
    headway_s
        From one departure to the next in whole seconds, [bands].
    """

    service: Ints
    start_s: Ints
    end_s: Ints
    headway_s: Ints


def headway_bands(region: Region) -> Bands:
    """Return when headway services run, and how often.

    A service runs from its first to its last departure: in a period at that period's headway, not at all
    where the period has none, and outside all periods at its longest headway. Where periods overlap, the
    first of them counts.
    """
    services, periods = region.services, region.about.periods
    first_s, last_s = span_s(region)
    columns = [services[headway_column(period.name)].to_numpy(np.float64) * 60 for period in periods]
    headways_s = np.array(columns).reshape(len(periods), len(services))
    rows: list[tuple[int, int, int, int]] = []
    for service in np.flatnonzero(~np.isnan(headways_s).all(axis=0)).tolist():
        mine_s, span = headways_s[:, service], (first_s[service], last_s[service])
        ends_s = {
            edge + shift for p in periods for edge in (p.start_s, p.end_s) for shift in (-DAY_S, 0, DAY_S)
        }
        cuts = sorted({*span, *(edge for edge in ends_s if span[0] < edge < span[1])})
        for start_s, end_s in pairwise(cuts):
            here = [one for one, p in enumerate(periods) if (start_s - p.start_s) % DAY_S < p.length_s]
            headway_s = mine_s[here[0]] if here else np.nanmax(mine_s)
            if np.isnan(headway_s):
                continue
            whole = int(np.floor(headway_s + 0.5))
            if rows and rows[-1][::3] == (service, whole) and rows[-1][2] == start_s:
                rows[-1] = (service, rows[-1][1], int(end_s), whole)
            else:
                rows.append((service, int(start_s), int(end_s), whole))
    table = np.array(rows, np.int64).reshape(-1, 4)
    return Bands(*(np.ascontiguousarray(column) for column in table.T))


def departures_a_day(region: Region) -> Floats:
    """Return how many trips each service makes on a day, [services]; headway services by their bands."""
    row, _ = timetable(region.services)
    trips = np.bincount(row, minlength=len(region.services)).astype(np.float64)
    bands = headway_bands(region)
    np.add.at(trips, bands.service, (bands.end_s - bands.start_s) / bands.headway_s)
    return trips
