"""Travel times over a window of departures: real timetables, drawn phases, and their statistics."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from network.errors import BadInputError, Problem, UnknownNameError
from sim.kernels._jit import available_threads
from sim.kernels.window import NEVER, UNREACHED, window_times
from sim.kernels.window_journeys import window_journeys
from sim.platforms import Platforms, platforms
from sim.points import Access, Directs, Placed, Points, Settings, direct_walks, points, positions
from sim.window_journeys import Journeys

if TYPE_CHECKING:
    from collections.abc import Sequence

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
_MOST_BYTES = 4_000_000_000


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
    traveller
        ``random``, who leaves at each departure whatever runs; or ``planned``, who knows the timetable of the
        day: free from each departure on, takes of the journeys within `max_min` the one that arrives first,
        and leaves for it as late as it allows, so that there is no first wait.
    arrive_by
        Whether the window holds times to arrive by, in place of departures.
    settings
        See `sim.points.Settings`.

    Raises
    ------
    BadInputError
        The window or a number makes no sense; lists every problem.
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
        traveller: str = "random",
        grain_s: int = 1,
        arrive_by: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self.timetable, self.settings = timetable, settings or Settings()
        begin_s, end_s = _window_s(window, step_s, max_min, draws, self.settings)
        self.traveller, self.arrive_by, self.seed = traveller, arrive_by, seed
        self.grain_s = max(1, int(grain_s))
        if traveller not in {"random", "planned"}:
            raise UnknownNameError("traveller", traveller, ("random", "planned"))
        if arrive_by and traveller == "planned":
            what = "a planned traveller arrives by a time as a random one does"
            raise BadInputError(Problem("traveller", what, "leave one of the two out"))
        self.limit_s = int(60 * max_min)
        self.leave_s = np.arange(begin_s, end_s, step_s, dtype=np.int32)
        late_s = self.limit_s * (2 if traveller == "planned" else 1)
        low_s, high_s = (begin_s - late_s, end_s) if arrive_by else (begin_s, end_s + late_s)
        self.platforms: Platforms = platforms(
            timetable, low_s, high_s, least_s=self.settings.min_transfer_s, backward=arrive_by
        )
        self.draws = draws if self.platforms.by_chance else 1
        shares = np.random.default_rng(seed).random((self.draws, timetable.n_patterns))
        self.phases = np.ascontiguousarray(shares[:, self.platforms.pattern])
        self._last: tuple[Points, Ways] | None = None  # the destinations asked for last

    @property
    def count(self) -> int:
        """Number of times behind each statistic: draws × departures."""
        return self.draws * len(self.leave_s)

    def samples(
        self,
        origins: Points,
        destinations: Points,
        directs: Directs | None = None,
        *,
        threads: int | None = None,
    ) -> Int32s:
        """Return the travel times of every draw and departure between points.

        Parameters
        ----------
        origins, destinations
            Points with their accesses.
        directs
            Ways without riding; none by default.
        threads
            Threads to use at most; the result does not depend on it.

        Returns
        -------
        Int32s
            int32 [origins, draws, departures, destinations], s; `UNREACHED` where no journey is in the limit.

        Raises
        ------
        BadInputError
            The result would be larger than 4 GB.
        """
        size = 4 * len(origins.ids) * len(destinations.ids) * self.count
        if size > _MOST_BYTES:
            what, fix = (
                f"asks for {size / 1e9:.0f} GB of single times",
                "ask for statistics, or fewer origins",
            )
            raise BadInputError(Problem("raw", what, fix))
        found = self._search(origins, destinations, directs, threads)
        times_s = found.samples_s.reshape(*found.samples_s.shape[:2], self.draws, len(self.leave_s))
        if self.arrive_by:
            return np.ascontiguousarray(times_s[..., ::-1].transpose(1, 2, 3, 0))
        return np.ascontiguousarray(times_s.transpose(0, 2, 3, 1))

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
        ranks, column = ranks_of(names, self.count)
        within_s = self.limit_s if within_min is None else int(60 * within_min)
        found = self._search(origins, destinations, directs, threads, ranks, within_s)
        table = np.empty((*found.mean_s.shape, len(names)))
        for at, name in enumerate(names):
            if name == "mean":
                table[..., at] = found.mean_s
            elif name == "reliability":
                table[..., at] = found.within / self.count
            else:
                ranked = found.ranked_s[..., column[name]]
                table[..., at] = np.where(ranked == UNREACHED, np.inf, ranked)
        return table.transpose(1, 0, 2) if self.arrive_by else table

    def ranked(
        self, origins: Points, destinations: Points, rank: int, directs: Directs | None = None
    ) -> tuple[Int32s, Int64s, Int64s]:
        """Return the rank-th smallest travel time between points, and the departure behind it.

        Parameters
        ----------
        origins, destinations, directs
            As for `samples`.
        rank
            From 1 to `count`.

        Returns
        -------
        times_s, leave_s, draw
            [origins, destinations]: int32 s, or `UNREACHED`; s after midnight at which the traveller leaves,
            and the draw, for `journeys`.
        """
        found = self._search(origins, destinations, directs, None, np.array([rank], np.int64))
        sample = found.sample_of[..., 0]
        leave_s = self.leave_s.astype(np.int64)[sample % len(self.leave_s)]
        leave_s = np.where(found.left_of[..., 0] < NEVER, found.left_of[..., 0], leave_s)
        return found.ranked_s[..., 0], leave_s, sample // len(self.leave_s)

    def journeys(self, origins: Points, destinations: Points, query: Int32s) -> Journeys:
        """Return the journeys behind single travel times.

        Parameters
        ----------
        origins, destinations
            Points with their accesses.
        query
            int32 [queries, 5]: row of the origin, draw, departure (s), row of the destination, travel time
            (s).

        Returns
        -------
        Journeys
            In the order of the queries.
        """
        found = self.platforms
        order = np.lexsort((query[:, 2], query[:, 1], query[:, 0]))
        start, end = self._ways(origins, entering=True), self._ways(destinations, entering=False)
        threads = _threads(len(query), None)
        rides = self.settings.max_rides
        legs = np.zeros((len(query), rides, 6), np.int32)
        ends = np.full((len(query), 4), -1, np.int32)
        labels = np.empty((2, threads, rides + 1, found.count + 2), np.int32)
        window_journeys(
            tuple(found.arrays), found.alightings(), found.links_back(), tuple(found.bands), self.phases,
            self.limit_s, rides, *start, tuple(end),
            np.repeat(found.trips_end[None], threads, axis=0), np.repeat(found.trip_s[None], threads, axis=0),
            _workspace(threads, found.count, len(found.pattern), 1), labels[0], labels[1],
            np.ascontiguousarray(query[order], np.int32), legs, ends,
        )  # fmt: skip
        turned = np.argsort(order)
        return Journeys(
            self.timetable, found, query, legs[turned], ends[turned],
            self.settings.min_transfer_s, origins.inside, destinations.inside,
        )  # fmt: skip

    def _search(
        self,
        origins: Points,
        destinations: Points,
        directs: Directs | None,
        threads: int | None,
        ranks: Int64s | None = None,
        within_s: int = 0,
    ) -> _Found:
        """Search from all origins; keep the samples, or statistics where there are ranks."""
        found, shape = self.platforms, (len(origins.ids), len(destinations.ids))
        rows, columns = origins, destinations
        if directs is None:
            directs = Directs(np.zeros(shape[0] + 1, np.int32), *(np.zeros(0, np.int32),) * 2)
        if self.arrive_by:
            rows, columns, directs = destinations, origins, _turned(directs, shape)
        start = self._ways(rows, entering=not self.arrive_by)
        if self._last is None or self._last[0] is not columns:
            self._last = columns, self._ways(columns, entering=self.arrive_by)
        end = self._last[1]
        lanes = _threads(len(rows.ids), threads)
        leave_s = _blocks(-self.leave_s[::-1] if self.arrive_by else self.leave_s)
        few = ranks is not None
        ranks = np.zeros(0, np.int64) if ranks is None else ranks
        kept = (lanes if few else len(rows.ids)), len(columns.ids), self.count
        moments = room = known = 0
        if self.traveller == "planned":
            moments = int(self.leave_s[-1] - self.leave_s[0] + self.limit_s) // self.grain_s + 1
            room, known = moments + leave_s.shape[1], len(columns.ids)
        pairs = (len(rows.ids), len(columns.ids)) if few else (0, 0)
        out = _Found(
            samples_s=np.empty(kept, np.int32),
            ranked_s=np.empty((*pairs, len(ranks)), np.int32),
            sample_of=np.empty((*pairs, len(ranks)), np.int64),
            left_of=np.full((*pairs, len(ranks)), NEVER, np.int64),
            mean_s=np.empty(pairs),
            within=np.empty(pairs, np.int64),
        )
        window_times(
            tuple(found.arrays), tuple(found.bands), self.phases, found.backward, leave_s, *start, tuple(end),
            *directs, self.limit_s, self.settings.max_rides,
            np.repeat(found.trips_end[None], lanes, axis=0), np.repeat(found.trip_s[None], lanes, axis=0),
            _workspace(lanes, found.count, len(found.pattern), leave_s.shape[1]),
            out.samples_s, self.grain_s,
            np.empty((lanes, moments), np.bool_), np.empty((lanes, room), np.int32),
            np.empty((lanes, known, room), np.int32), np.empty((lanes, known, self.count), np.int32),
            within_s, ranks, out.ranked_s, out.sample_of, out.left_of, out.mean_s, out.within,
        )  # fmt: skip
        return out

    def _ways(self, points: Points, *, entering: bool) -> Ways:
        """Return the ways between points and platforms."""
        if entering:
            return self.platforms.entries(self.timetable, points, self.settings.min_transfer_s)
        return self.platforms.exits(self.timetable, points)


class _Found(NamedTuple):
    """What the kernel writes; see `sim.kernels.window.window_times`."""

    samples_s: Int32s
    ranked_s: Int32s
    sample_of: Int64s
    left_of: Int64s
    mean_s: Floats
    within: Int64s


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
    traveller: str = "random",
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
    traveller
        ``random`` or ``planned``; see `Window`.
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
    ranks_of(statistics, 1)
    asked = Window(
        timetable, window,
        step_s=step_s, max_min=max_min, draws=draws, seed=seed,
        traveller=traveller, arrive_by=arrive_by, settings=settings,
    )  # fmt: skip
    start = points(timetable, origins, settings, access=True)
    if destinations is None:
        count = np.arange(timetable.n_stops, dtype=np.int32)
        own = Access(np.append(count, np.int32(len(count))), count, np.zeros_like(count))
        end = Placed(Points(tuple(timetable.stops["stop_id"]), own), positions(timetable.stops))
    else:
        end = points(timetable, destinations, settings, access=False)
    if directs is None:
        directs = direct_walks(start, end, settings)
    if raw:
        found = asked.samples(start.points, end.points, directs, threads=threads)
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
            "traveller": traveller,
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


def ranks_of(names: Sequence[str], count: int) -> tuple[Int64s, dict[str, int]]:
    """Return which smallest samples are wanted, and the column of each statistic among them."""
    wrong = [name for name in names if not is_statistic(name)]
    if wrong:
        fix = "best, p1 to p100, mean or reliability"
        raise BadInputError(Problem("statistics", f"{name!r} is no statistic", fix) for name in wrong)
    wanted: dict[str, int] = {"best": 1} if "best" in names else {}
    wanted |= {name: math.ceil(int(name[1:]) * count / 100) for name in names if _PERCENTILE.fullmatch(name)}
    ranks = np.array(list(wanted.values()) or [1], np.int64)
    return ranks, {name: at for at, name in enumerate(wanted)}


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


def _turned(directs: Directs, shape: tuple[int, ...]) -> Directs:
    """Return the ways without riding by destination."""
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
