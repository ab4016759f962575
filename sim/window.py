"""Travel times over a window of departures: real timetables, drawn phases, and their statistics."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from network.distances import straight_km
from network.errors import BadInputError, Problem
from sim.kernels._jit import available_threads
from sim.kernels.window import UNREACHED, window_times
from sim.platforms import Access, Platforms, platforms

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from network.timetable import Timetable
    from sim.platforms import Ways

    Int32s = NDArray[np.int32]
    Int64s = NDArray[np.int64]
    Floats = NDArray[np.float64]

DEFAULT_STATISTICS = ("best", "p5", "p25", "p50", "p75", "p95", "mean", "reliability")

MOST_LANES = 64
"""Departures that are searched at once."""

_PERCENTILE = re.compile(r"p([1-9]\d?|100)")
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")
_SAMPLE_BYTES = 4_000_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How one walks, changes and rides where the timetable does not say.

    The defaults are those of the comparison with R5 (see ``docs/window.md``). Distances on foot are straight
    lines times the detour.

    Attributes
    ----------
    walk_kmh
        Walking speed, km/h.
    walk_detour
        Way on foot / straight line.
    access_max_min, egress_max_min
        Longest walk to the first stop and from the last one, min.
    access_max_m, egress_max_m
        The same, m along the way.
    walk_max_min
        Longest walk all the way, min.
    min_transfer_s
        Least time between reaching a stop and a departure, s; the first one too.
    max_rides
        Most vehicles of a journey.
    """

    walk_kmh: float = 3.6
    walk_detour: float = 1.3
    access_max_min: float = 30.0
    access_max_m: float = math.inf
    egress_max_min: float = 30.0
    egress_max_m: float = 2000.0
    walk_max_min: float = 30.0
    min_transfer_s: int = 60
    max_rides: int = 8


class Points(NamedTuple):
    """Starts or ends of trips, with the ways between them and the stops.

    Attributes
    ----------
    ids
        Identifiers.
    access
        Ways between each point and the street in front of stops.
    """

    ids: tuple[str, ...]
    access: Access


class Directs(NamedTuple):
    """Ways from origins to destinations without riding, in compressed rows: int32 arrays, s."""

    start: Int32s
    to: Int32s
    seconds: Int32s


@dataclass(frozen=True, eq=False, slots=True)
class Samples:
    """Travel times of every departure and draw.

    Attributes
    ----------
    times_s
        int32 [origins, draws, departures, destinations], s; `UNREACHED` where there is no journey in the
        limit.
    leave_s
        int32 [departures], s after midnight; of an arrive-by search the times to arrive by.
    """

    times_s: Int32s
    leave_s: Int32s


class Window:
    """A timetable prepared for one window of departures: ask it for times between points.

    Parameters
    ----------
    timetable
        The timetable.
    window
        First departure, and the time before which the last one is, as clocks ``hh:mm`` or s after midnight.
    step_s
        From one departure to the next, s.
    max_min
        Longest journey that counts, min.
    draws
        How many times the phases of headway services are drawn; 1 where no phase is left to chance.
    seed
        Seed of the draws.
    arrive_by
        Whether the window holds times to arrive by, in place of departures.
    settings
        See `Settings`.
    """

    def __init__(
        self,
        timetable: Timetable,
        window: tuple[str | int, str | int],
        *,
        step_s: int = 60,
        max_min: float = 120,
        draws: int = 100,
        seed: int = 0,
        arrive_by: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self.timetable, self.settings = timetable, settings or Settings()
        self.arrive_by, self.seed = arrive_by, seed
        begin_s, end_s = _window_s(window, step_s, max_min, draws, self.settings)
        self.limit_s = int(60 * max_min)
        self.leave_s = np.arange(begin_s, end_s, step_s, dtype=np.int32)
        low_s, high_s = begin_s - self.limit_s * arrive_by, end_s + self.limit_s * (not arrive_by)
        self.platforms: Platforms = platforms(
            timetable, low_s, high_s, least_s=self.settings.min_transfer_s, backward=arrive_by
        )
        self.draws = draws if self.platforms.by_chance else 1
        shares = np.random.default_rng(seed).random((self.draws, timetable.n_patterns))
        self._last: tuple[Points, Ways] | None = None  # the destinations asked for last
        self.phases = np.ascontiguousarray(shares[:, self.platforms.pattern])

    def samples(
        self,
        origins: Points,
        destinations: Points,
        directs: Directs | None = None,
        *,
        threads: int | None = None,
    ) -> Samples:
        """Return the travel times of every draw and departure between points.

        Parameters
        ----------
        origins, destinations
            Points with their accesses.
        directs
            Ways without riding; none by default.
        threads
            Threads to use at most; the result does not depend on it.

        Raises
        ------
        BadInputError
            The result would be larger than 4 GB.
        """
        shape = len(origins.ids), len(destinations.ids), self.draws * len(self.leave_s)
        if 4 * math.prod(shape) > _SAMPLE_BYTES:
            size = f"{4 * math.prod(shape) / 1e9:.0f} GB of single travel times"
            raise BadInputError(
                Problem("raw", f"asks for {size}", "ask for statistics, or for fewer origins")
            )
        rows, columns = (destinations, origins) if self.arrive_by else (origins, destinations)
        found = np.empty((len(rows.ids), len(columns.ids), shape[2]), np.int32)
        directs = _turned(directs, shape) if self.arrive_by else directs
        arguments = self._arguments(rows, columns, directs, _threads(len(rows.ids), threads))
        none = np.zeros(0, np.int64)
        window_times(
            *arguments, found, 0, none,
            np.empty((0, 0, 0), np.int32), np.empty((0, 0)), np.empty((0, 0), np.int64),
        )  # fmt: skip
        times_s = found.reshape(*found.shape[:2], self.draws, len(self.leave_s))
        if self.arrive_by:
            return Samples(np.ascontiguousarray(times_s[..., ::-1].transpose(1, 2, 3, 0)), self.leave_s)
        return Samples(np.ascontiguousarray(times_s.transpose(0, 2, 3, 1)), self.leave_s)

    def statistics(
        self,
        origins: Points,
        destinations: Points,
        names: Sequence[str],
        directs: Directs | None = None,
        *,
        within_min: float | None = None,
        threads: int | None = None,
    ) -> Floats:
        """Return statistics of the travel times between points.

        Parameters
        ----------
        origins, destinations, directs, threads
            As for `samples`.
        names
            ``best``, ``p1`` to ``p100``, ``mean``, ``reliability``.
        within_min
            Limit of ``reliability``, min; by default the longest journey that counts.

        Returns
        -------
        Floats
            float64 [origins, destinations, statistics]: s, infinite where unreached; reliability as a share.

        Raises
        ------
        BadInputError
            A name is no statistic.
        """
        count = self.draws * len(self.leave_s)
        ranks, column = _ranks(names, count)
        ranks = ranks if ranks.size else np.ones(1, np.int64)
        rows, columns = (destinations, origins) if self.arrive_by else (origins, destinations)
        shape = len(origins.ids), len(destinations.ids)
        directs = _turned(directs, shape) if self.arrive_by else directs
        lanes = _threads(len(rows.ids), threads)
        ranked_s = np.empty((len(rows.ids), len(columns.ids), len(ranks)), np.int32)
        mean_s = np.empty(ranked_s.shape[:2])
        within = np.empty(ranked_s.shape[:2], np.int64)
        work = np.empty((lanes, len(columns.ids), count), np.int32)
        within_s = self.limit_s if within_min is None else int(60 * within_min)
        arguments = self._arguments(rows, columns, directs, lanes)
        window_times(*arguments, work, within_s, ranks, ranked_s, mean_s, within)
        table = np.empty((*ranked_s.shape[:2], len(names)))
        for at, name in enumerate(names):
            if name == "mean":
                table[..., at] = mean_s
            elif name == "reliability":
                table[..., at] = within / count
            else:
                ranked = ranked_s[..., column[name]]
                table[..., at] = np.where(ranked == UNREACHED, np.inf, ranked)
        return table.transpose(1, 0, 2) if self.arrive_by else table

    def _arguments(
        self, rows: Points, columns: Points, directs: Directs | None, lanes: int
    ) -> tuple[object, ...]:
        """Return what the kernels take, up to their results."""
        found = self.platforms
        start = self._ways(rows, entering=not self.arrive_by)
        if self._last is None or self._last[0] is not columns:
            self._last = columns, self._ways(columns, entering=self.arrive_by)
        end = self._last[1]
        if directs is None:
            directs = Directs(np.zeros(len(rows.ids) + 1, np.int32), *(np.zeros(0, np.int32),) * 2)
        trips_end = np.repeat(found.trips_end[None], lanes, axis=0)
        trip_s = np.repeat(found.trip_s[None], lanes, axis=0)
        leave_s = _blocks(-self.leave_s[::-1] if self.arrive_by else self.leave_s)
        return (
            tuple(found.arrays), tuple(found.bands), self.phases, found.backward, leave_s, *start, tuple(end),
            *directs, self.limit_s, self.settings.max_rides, trips_end, trip_s,
            _workspace(lanes, found.count, len(found.pattern), leave_s.shape[1]),
        )  # fmt: skip

    def _ways(self, points: Points, *, entering: bool) -> Ways:
        """Return the ways between points and platforms."""
        if entering:
            return self.platforms.entries(self.timetable, points.access, self.settings.min_transfer_s)
        return self.platforms.exits(self.timetable, points.access)


def travel_times(
    timetable: Timetable,
    origins: Sequence[str | tuple[float, float]] | Points,
    *,
    destinations: Sequence[str | tuple[float, float]] | Points | None = None,
    window: tuple[str | int, str | int] = ("14:00", "15:00"),
    step_s: int = 60,
    max_min: float = 120,
    statistics: Sequence[str] = DEFAULT_STATISTICS,
    reliability_min: float | None = None,
    draws: int = 100,
    seed: int = 0,
    arrive_by: bool = False,
    settings: Settings | None = None,
    directs: Directs | None = None,
    raw: bool = False,
    threads: int | None = None,
) -> xr.DataArray | Int32s:
    """Return statistics of the travel times from origins over a window of departures.

    Each departure and each draw of the unknown phases counts once. Percentile p is the ceil(p / 100 · n)-th
    smallest of the n times, those without a journey within `max_min` counting as infinite.

    Parameters
    ----------
    timetable
        The timetable.
    origins
        Ids of stops, or points (lon, lat) in degrees WGS 84, from which one walks to stops; or ready
        `Points`. A stop is its own street entrance.
    destinations
        The same; by default all stops, reached by alighting there or on foot from the origin.
    window, step_s
        First departure and the end of the window (clocks ``hh:mm``, or s after midnight; the end itself is
        not a departure), and s from one departure to the next.
    max_min
        Longest journey that counts, min.
    statistics
        ``best``, ``p1`` to ``p100``, ``mean`` (null if a time is infinite), and ``reliability``: the share of
        departures within `reliability_min` (by default `max_min`).
    draws, seed
        How often the phases of headway services are drawn, each service's on its own, and with which seed.
    arrive_by
        Whether the window holds times to arrive by.
    settings
        Walking, least time to change, most rides.
    directs
        Ways from origins to destinations without riding; by default on foot where both have positions.
    raw
        Whether to return the single times instead.
    threads
        Threads to use at most; nothing in the result depends on it.

    Returns
    -------
    DataArray
        minutes (origin, stop, statistic), null where infinite; the coordinate `unit` tells minutes from
        shares. With `raw` an int32 array [origin, departure, stop], s, or `UNREACHED`; of several draws, all
        departures of the first come first.

    Raises
    ------
    BadInputError
        What was asked cannot be done; lists every problem.
    """
    import xarray as xr  # noqa: PLC0415 - heavy

    settings = settings or Settings()
    _ranks(statistics, 1)
    asked = Window(
        timetable, window,
        step_s=step_s, max_min=max_min, draws=draws, seed=seed, arrive_by=arrive_by, settings=settings,
    )  # fmt: skip
    start = _points(timetable, origins, settings, access=True)
    if destinations is None:
        count = np.arange(timetable.n_stops, dtype=np.int32)
        own = Access(np.append(count, np.int32(len(count))), count, np.zeros_like(count))
        end = _Placed(Points(tuple(timetable.stops["stop_id"]), own), _positions(timetable.stops))
    else:
        end = _points(timetable, destinations, settings, access=False)
    if directs is None:
        directs = _walks(start, end, settings)
    if raw:
        found = asked.samples(start.points, end.points, directs, threads=threads).times_s
        return found.reshape(found.shape[0], -1, found.shape[3])
    table = asked.statistics(
        start.points, end.points, statistics, directs, within_min=reliability_min, threads=threads
    )
    shares = np.array([name == "reliability" for name in statistics])
    table = np.where(shares, table, table / 60)
    table[~np.isfinite(table)] = np.nan
    return xr.DataArray(
        table,
        dims=("origin", "stop", "statistic"),
        coords={
            "origin": list(start.points.ids),
            "stop": list(end.points.ids),
            "statistic": list(statistics),
            "unit": ("statistic", np.where(shares, "share", "min")),
        },
        name="travel_time",
        attrs={
            "window": [_clock(int(asked.leave_s[0])), _clock(int(asked.leave_s[-1]))],
            "step_s": step_s,
            "departures": len(asked.leave_s),
            "draws": asked.draws,
            "seed": seed,
            "max_min": max_min,
            "reliability_min": max_min if reliability_min is None else reliability_min,
            "arrive_by": arrive_by,
            "traveller": "random",
            **asdict(settings),
        },
    )


def time_percentiles(times_s: Int32s, percentiles: Sequence[int], *, axis: int = -2) -> Floats:
    """Return percentiles of travel times: per pair, the ceil(p / 100 · n)-th smallest of its n times.

    This is the **time percentile**: each destination has a typical time of its own, and what can be reached
    in it need not be reachable at any one departure. See `access_percentiles` for the other reading.

    Parameters
    ----------
    times_s
        int32 array, s, or `UNREACHED`; the departures stand on `axis`.
    percentiles
        1 to 100.
    axis
        Axis of the departures.

    Returns
    -------
    Floats
        float64, s, infinite where unreached; the percentiles stand on the last axis.
    """
    ordered = np.sort(np.moveaxis(times_s, axis, -1), axis=-1)
    rows = [math.ceil(p * ordered.shape[-1] / 100) - 1 for p in percentiles]
    found = ordered[..., rows]
    return np.where(found == UNREACHED, np.inf, found)


def access_percentiles(
    times_s: Int32s, opportunities: NDArray[np.generic], limit_min: float, percentiles: Sequence[int]
) -> Floats:
    """Return percentiles of access: what is reached at each departure, and its ceil(p / 100 · n)-th smallest.

    This is the **percentile of access** (Conway, Byrd & van Eggermond 2018): the spread over departures of
    the sum of opportunities within the limit. The sum over `time_percentiles` within the limit is another
    number.

    Parameters
    ----------
    times_s
        int32 [origins, departures, destinations], s, or `UNREACHED`.
    opportunities
        Number at each destination, [destinations].
    limit_min
        Limit, min.
    percentiles
        1 to 100.

    Returns
    -------
    Floats
        float64 [origins, percentiles].
    """
    reached = np.where(times_s <= 60 * limit_min, np.asarray(opportunities, np.float64), 0).sum(axis=-1)
    ordered = np.sort(reached, axis=-1)
    rows = [math.ceil(p * ordered.shape[-1] / 100) - 1 for p in percentiles]
    return np.asarray(ordered[..., rows], np.float64)


# ------------------------------------------------------------------------------------------------- points


class _Placed(NamedTuple):
    """Points, and where they are: degrees, [points, 2]; None where that is not known."""

    points: Points
    lon_lat: Floats | None


def _points(
    timetable: Timetable,
    wanted: Sequence[str | tuple[float, float]] | Points,
    settings: Settings,
    *,
    access: bool,
) -> _Placed:
    """Return points with the walks to the stops in reach; a stop is at its own entrance."""
    if isinstance(wanted, Points):
        return _Placed(wanted, None)
    named = [one for one in wanted if isinstance(one, str)]
    row = dict(zip(named, timetable.stop_rows(named).tolist(), strict=True))
    places = _positions(timetable.stops)
    problems, ids, at = [], [], []
    for one in wanted:
        if isinstance(one, str):
            at.append(places[row[one]])
            ids.append(one)
            continue
        lon, lat = float(one[0]), float(one[1])
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # noqa: PLR2004 - degrees of the earth
            problems.append(
                Problem("origins", f"({lon}, {lat}) is not on the earth", "(lon, lat) in degrees")
            )
        at.append(np.array([lon, lat]))
        ids.append(f"{lon:g},{lat:g}")
    if not ids:
        problems.append(Problem("origins", "there is none", "give ids of stops, or (lon, lat)"))
    if problems:
        raise BadInputError(problems)
    lon_lat = np.array(at)
    own = [row.get(name, -1) for name in ids]
    most_min = settings.access_max_min if access else settings.egress_max_min
    most_m = settings.access_max_m if access else settings.egress_max_m
    point, stop, seconds = walks_between(lon_lat, places, settings, most_min=most_min, most_m=most_m)
    seconds[stop == np.array(own)[point]] = 0
    start = np.searchsorted(point, np.arange(len(ids) + 1))
    ways = Access(start.astype(np.int32), stop.astype(np.int32), seconds.astype(np.int32))
    return _Placed(Points(tuple(ids), ways), lon_lat)


def _walks(start: _Placed, end: _Placed, settings: Settings) -> Directs | None:
    """Return the walks from origins to destinations, where all positions are known."""
    if start.lon_lat is None or end.lon_lat is None:
        return None
    one, other, seconds = walks_between(
        start.lon_lat, end.lon_lat, settings, most_min=settings.walk_max_min, most_m=math.inf
    )
    begin = np.searchsorted(one, np.arange(len(start.lon_lat) + 1))
    return Directs(begin.astype(np.int32), other.astype(np.int32), seconds.astype(np.int32))


def walks_between(
    lon_lat: Floats, other: Floats, settings: Settings, *, most_min: float, most_m: float
) -> tuple[Int64s, Int64s, Int64s]:
    """Return all walks between points in degrees, [points, 2]: rows of both ends, sorted, and whole s.

    The way is the geodesic times the detour; it takes at most `most_min` and is at most `most_m` long.
    """
    reach_m = min(most_m, most_min * settings.walk_kmh * 1000 / 60) / settings.walk_detour
    if not len(lon_lat) or not len(other):
        none = np.zeros(0, np.int64)
        return none, none, none
    found = cKDTree(_on_sphere(lon_lat)).sparse_distance_matrix(
        cKDTree(_on_sphere(other)), 1.01 * reach_m + 1, output_type="ndarray"
    )
    one, two = found["i"].astype(np.int64), found["j"].astype(np.int64)
    away_m = 1000 * straight_km(lon_lat[one, 0], lon_lat[one, 1], other[two, 0], other[two, 1])
    near = away_m <= reach_m
    order = np.lexsort((two[near], one[near]))
    one, two, away_m = one[near][order], two[near][order], away_m[near][order]
    seconds = np.floor(away_m * settings.walk_detour * 3.6 / settings.walk_kmh + 0.5)
    return one, two, seconds.astype(np.int64)


def _on_sphere(lon_lat: Floats) -> Floats:
    """Return points in degrees as x, y, z on a sphere of the earth's size, m."""
    lon, lat = np.radians(lon_lat).T
    return 6_371_000 * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _positions(stops: pd.DataFrame) -> Floats:
    return stops[["lon", "lat"]].to_numpy(np.float64)


# ------------------------------------------------------------------------------------------------ arguments


def _window_s(
    window: tuple[str | int, str | int], step_s: int, max_min: float, draws: int, settings: Settings
) -> tuple[int, int]:
    """Return begin and end of a window, s after midnight; check the numbers that go with it."""
    problems = [
        Problem(name, f"{value} is too small", f"{least} or more")
        for name, value, least in (
            ("step_s", step_s, 1),
            ("max_min", max_min, 1),
            ("draws", draws, 1),
            ("max_rides", settings.max_rides, 1),
            ("min_transfer_s", settings.min_transfer_s, 0),
            ("walk_kmh", settings.walk_kmh, 0.1),
            ("walk_detour", settings.walk_detour, 1),
        )
        if not value >= least
    ]
    clocks = [_clock_s(clock, problems) for clock in window]
    if not problems and clocks[1] <= clocks[0]:
        problems.append(
            Problem("window", f"{window[0]}–{window[1]} is empty", "the end is after the beginning")
        )
    if problems:
        raise BadInputError(problems)
    return clocks[0], clocks[1]


def _clock_s(clock: str | int, problems: list[Problem]) -> int:
    """Return a clock, hh:mm or hh:mm:ss, as s after midnight."""
    if isinstance(clock, int | np.integer):
        return int(clock)
    match = _CLOCK.fullmatch(clock.strip())
    if match is None:
        problems.append(Problem("window", f"{clock!r} is no clock", "hh:mm, for example 14:00"))
        return 0
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def is_statistic(name: str) -> bool:
    """Whether a name is a statistic of a window: best, p1 … p100, mean or reliability."""
    return name in {"best", "mean", "reliability"} or _PERCENTILE.fullmatch(name) is not None


def _ranks(names: Sequence[str], count: int) -> tuple[Int64s, dict[str, int]]:
    """Return which smallest samples are wanted, and the column of each statistic among them."""
    wrong = [name for name in names if not is_statistic(name)]
    if wrong:
        fix = "best, p1 to p100, mean or reliability"
        raise BadInputError(Problem("statistics", f"{name!r} is no statistic", fix) for name in wrong)
    wanted: dict[str, int] = {"best": 1} if "best" in names else {}
    wanted |= {name: math.ceil(int(name[1:]) * count / 100) for name in names if _PERCENTILE.fullmatch(name)}
    return np.array(list(wanted.values()), np.int64), {name: at for at, name in enumerate(wanted)}


def _blocks(leave_s: Int32s) -> Int32s:
    """Return departures as blocks of equally many lanes, the last filled up with its last departure."""
    blocks = -(-len(leave_s) // MOST_LANES)
    lanes = -(-len(leave_s) // blocks)
    lanes = -(-lanes // 16) * 16 if lanes > 8 else lanes  # noqa: PLR2004 - a row of labels fills whole cache lines
    padded = np.full(blocks * lanes, leave_s[-1], np.int32)
    padded[: len(leave_s)] = leave_s
    return padded.reshape(blocks, lanes)


def _threads(rows: int, threads: int | None) -> int:
    """Return how many threads share some origins."""
    free = available_threads()
    return max(1, min(rows, free if threads is None else min(threads, free)))


def _turned(directs: Directs | None, shape: tuple[int, ...]) -> Directs | None:
    """Return the ways without riding by destination."""
    if directs is None:
        return None
    origin = np.repeat(np.arange(shape[0]), np.diff(directs.start))
    order = np.lexsort((origin, directs.to))
    start = np.searchsorted(directs.to[order], np.arange(shape[1] + 1))
    return Directs(start.astype(np.int32), origin[order].astype(np.int32), directs.seconds[order])


def _workspace(threads: int, count: int, patterns: int, lanes: int) -> tuple[NDArray[np.generic], ...]:
    """Return the workspaces of a search, one a thread."""
    rows = threads, count + 2
    return (
        np.empty((*rows, lanes), np.int32), np.empty((*rows, lanes), np.int32),
        *(np.empty(rows, np.int32) for _ in range(4)),
        np.empty(rows, np.bool_), np.empty(rows, np.int32), np.empty(rows, np.int32),
        np.empty((threads, patterns), np.int32), np.empty((threads, patterns), np.int32),
    )  # fmt: skip
