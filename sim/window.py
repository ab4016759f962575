"""Travel times over a window of departures: real timetables, drawn phases, and their statistics."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from network.errors import BadInputError, Problem, UnknownNameError
from sim.departures import MOST_LANES, clock_text, clocks_s, lanes_of
from sim.kernels._jit import available_threads
from sim.kernels.window import NEVER, UNREACHED, window_times
from sim.kernels.window_journeys import window_journeys
from sim.platforms import Platforms, platforms
from sim.points import (
    Access,
    Directs,
    Placed,
    Points,
    Settings,
    direct_walks,
    joined_on_foot,
    points,
    positions,
)
from sim.statistics import DEFAULT_STATISTICS, ranks_of
from sim.window_journeys import Journeys, journeys_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from network.timetable import Timetable
    from sim.platforms import Ways

    Int32s = NDArray[np.int32]
    Int64s = NDArray[np.int64]
    Floats = NDArray[np.float64]

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
        Whether the window holds times to arrive by, in place of departures: time runs backwards. The random
        traveller leaves as late as he may, and what is left until the time counts; who knows the timetable
        takes of the journeys that are there in time, `max_min` before it at most, the one that leaves last
        and of those the one that arrives first, and what is left does not count.
    settings
        See `sim.points.Settings`.

    Attributes
    ----------
    clocks_s
        int32 [clocks]: the departures, or times to arrive by, s after midnight.
    limit_s
        Longest journey that counts, s.
    draws
        How many times phases are drawn: 1 where none is left to chance.

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
        arrive_by: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings or Settings()
        problems = _number_problems(step_s, max_min, draws, self.settings)
        self.clocks_s = clocks_s(window, step_s, problems)
        if problems:
            raise BadInputError(problems)
        self.timetable = timetable = joined_on_foot(timetable, self.settings)
        self.traveller, self.arrive_by, self.seed = traveller, arrive_by, seed
        if traveller not in {"random", "planned"}:
            raise UnknownNameError("traveller", traveller, ("random", "planned"))
        self.limit_s = int(60 * max_min)
        late_s = self.limit_s * (2 if traveller == "planned" else 1)
        low_s, high_s = int(self.clocks_s[0]), int(self.clocks_s[-1])
        low_s, high_s = (low_s - late_s, high_s) if arrive_by else (low_s, high_s + late_s)
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
        return self.draws * len(self.clocks_s)

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
        return self._sampled(self._every(origins, destinations, directs, threads).samples_s)

    def moments(
        self,
        origins: Points,
        destinations: Points,
        directs: Directs | None = None,
        *,
        threads: int | None = None,
    ) -> tuple[Int32s, Int32s]:
        """Return the travel times of every draw and clock, and when the traveller leaves.

        Returns
        -------
        times_s, moment_s
            int32 [origins, draws, clocks, destinations]: as of `samples`; and s after midnight at which the
            traveller leaves, or where the window holds times to arrive by is there, of those in the limit.

        Raises
        ------
        BadInputError
            As of `samples`.
        """
        found = self._every(origins, destinations, directs, threads)
        own_s = -self.clocks_s[::-1] if self.arrive_by else self.clocks_s
        moment_s = np.tile(own_s, (*found.samples_s.shape[:2], self.draws))
        if found.left_s.size:
            moment_s = np.where(found.left_s < NEVER, found.left_s, moment_s)
        return self._sampled(found.samples_s), self._sampled(-moment_s if self.arrive_by else moment_s)

    def _every(
        self, origins: Points, destinations: Points, directs: Directs | None, threads: int | None
    ) -> _Found:
        """Search for all single times."""
        size = 4 * len(origins.ids) * len(destinations.ids) * self.count
        if size > _MOST_BYTES:
            what = f"asks for {size / 1e9:.0f} GB of single times"
            raise BadInputError(Problem("raw", what, "ask for statistics, or fewer origins"))
        return self._search(origins, destinations, directs, threads)

    def _sampled(self, values: Int32s) -> Int32s:
        """Return what the kernel wrote for all samples as [origins, draws, clocks, destinations]."""
        values = values.reshape(*values.shape[:2], self.draws, len(self.clocks_s))
        if self.arrive_by:
            return np.ascontiguousarray(values[..., ::-1].transpose(1, 2, 3, 0))
        return np.ascontiguousarray(values.transpose(0, 2, 3, 1))

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
        self,
        origins: Points,
        destinations: Points,
        rank: int,
        directs: Directs | None = None,
        *,
        within_min: float | None = None,
    ) -> Ranked:
        """Return the rank-th smallest travel time between points, and the moment behind it.

        Parameters
        ----------
        origins, destinations, directs
            As for `samples`.
        rank
            From 1 to `count`.
        within_min
            Time within which samples are counted, min; by default the longest journey that counts.
        """
        within_s = self.limit_s if within_min is None else int(60 * within_min)
        found = self._search(origins, destinations, directs, None, np.array([rank], np.int64), within_s)
        sample, left_s = found.sample_of[..., 0], found.left_of[..., 0]
        clocks_s = (self.clocks_s[::-1] if self.arrive_by else self.clocks_s).astype(np.int64)
        moment_s = np.where(
            left_s < NEVER, -left_s if self.arrive_by else left_s, clocks_s[sample % len(clocks_s)]
        )
        answer = Ranked(
            found.ranked_s[..., 0], moment_s, sample // len(clocks_s), found.within / self.count, found.mean_s
        )
        if self.arrive_by:
            return Ranked(
                answer.times_s.T, answer.moment_s.T, answer.draw.T, answer.within.T, answer.mean_s.T
            )
        return answer

    def journeys(self, origins: Points, destinations: Points, query: Int32s) -> Journeys:
        """Return the journeys behind single travel times.

        Parameters
        ----------
        origins, destinations
            Points with their accesses.
        query
            int32 [queries, 5]: row of the origin, draw, moment (s after midnight: when the traveller leaves,
            or where the window holds times to arrive by is there), row of the destination, travel time (s).

        Returns
        -------
        Journeys
            In the order of the queries.
        """
        found = self.platforms
        rows, columns = origins, destinations
        asked = np.ascontiguousarray(query, np.int32)
        if self.arrive_by:
            rows, columns = destinations, origins
            asked = asked[:, [3, 1, 2, 0, 4]]
            asked[:, 2] *= -1
        order = np.lexsort((asked[:, 2], asked[:, 1], asked[:, 0]))
        start = self._ways(rows, entering=not self.arrive_by)
        end = self._ways(columns, entering=self.arrive_by)
        threads, rides = _threads(len(query), None), self.settings.max_rides
        legs = np.zeros((len(query), rides, 6), np.int32)
        ends = np.full((len(query), 2), -1, np.int32)
        room = threads, (rides + 1) * (found.count + 2) * min(MOST_LANES, max(1, len(query)))
        window_journeys(
            tuple(found.arrays), found.alightings(), found.links_back(), tuple(found.bands), self.phases,
            found.backward, self.limit_s, rides, *start, tuple(end),
            np.repeat(found.trips_end[None], threads, axis=0), np.repeat(found.trip_s[None], threads, axis=0),
            _marks(threads, found.count, len(found.pattern)),
            np.empty(room, np.int32), np.empty(room, np.int32), asked[order], legs, ends,
        )  # fmt: skip
        turned = np.argsort(order)
        return journeys_of(
            self.timetable, found, asked, legs[turned], ends[turned], least_s=self.settings.min_transfer_s,
            from_inside=origins.inside, to_inside=destinations.inside,
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
        knows = self.traveller == "planned"
        leave_s = lanes_of(-self.clocks_s[::-1] if self.arrive_by else self.clocks_s, wide=knows)
        few = ranks is not None
        ranks = np.zeros(0, np.int64) if ranks is None else ranks
        kept = (lanes if few else len(rows.ids)), len(columns.ids), self.count
        moments = room = known = 0
        if knows:
            moments = int(self.clocks_s[-1] - self.clocks_s[0] + self.limit_s) + 1
            room, known = moments + leave_s.shape[1], len(columns.ids)
        pairs = (len(rows.ids), len(columns.ids)) if few else (0, 0)
        out = _Found(
            samples_s=np.empty(kept, np.int32),
            left_s=np.empty((kept[0], known, self.count), np.int32),
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
            out.samples_s,
            np.empty((lanes, moments), np.bool_), np.empty((lanes, room), np.int32),
            np.empty((lanes, known, room), np.int32), out.left_s,
            within_s, ranks, out.ranked_s, out.sample_of, out.left_of, out.mean_s, out.within,
        )  # fmt: skip
        return out

    def _ways(self, points: Points, *, entering: bool) -> Ways:
        """Return the ways between points and platforms."""
        if entering:
            return self.platforms.entries(self.timetable, points, self.settings.min_transfer_s)
        return self.platforms.exits(self.timetable, points)


class Ranked(NamedTuple):
    """The times of one rank, each [origins, destinations].

    Attributes
    ----------
    times_s
        int32, s, or `UNREACHED`.
    moment_s
        int64: when the traveller leaves, or where the window holds times to arrive by is there, s after
        midnight.
    draw
        int64: the draw of the phases.
    within
        float64: share of the times within the limit that was asked for.
    mean_s
        float64: the mean of all times, s; infinite where one is unreached.
    """

    times_s: Int32s
    moment_s: Int64s
    draw: Int64s
    within: Floats
    mean_s: Floats


class _Found(NamedTuple):
    """What the kernel writes; see `sim.kernels.window.window_times`."""

    samples_s: Int32s
    left_s: Int32s
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
            "window": [clock_text(int(asked.clocks_s[0])), clock_text(int(asked.clocks_s[-1]))],
            "step_s": step_s,
            "departures": len(asked.clocks_s),
            "draws": asked.draws,
            "seed": seed,
            "max_min": max_min,
            "reliability_min": max_min if reliability_min is None else reliability_min,
            "arrive_by": arrive_by,
            "traveller": traveller,
            **asdict(settings),
        },
    )


# ------------------------------------------------------------------------------------------------ arguments


def _number_problems(step_s: int, max_min: float, draws: int, settings: Settings) -> list[Problem]:
    """Return what is wrong with the numbers of a window."""
    return [
        Problem(name, f"{value} is too small", f"{least} or more")
        for name, value, least in (
            ("step_s", step_s, 1),
            ("max_min", max_min, 1),
            ("draws", draws, 1),
            ("max_rides", settings.max_rides, 1),
            ("min_transfer_s", settings.min_transfer_s, 0),
            ("walk_kmh", settings.walk_kmh, 0.1),
            ("walk_detour", settings.walk_detour, 1),
            ("transfer_max_m", settings.transfer_max_m, 0),
        )
        if not value >= least
    ]


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
    shape = threads, count + 2, lanes
    return np.empty(shape, np.int32), np.empty(shape, np.int32), *_marks(threads, count, patterns)


def _marks(threads: int, count: int, patterns: int) -> tuple[NDArray[np.generic], ...]:
    """Return the workspaces of a search behind its labels."""
    rows = threads, count + 2
    return (
        *(np.empty(rows, np.int32) for _ in range(4)),
        np.empty(rows, np.bool_), np.empty(rows, np.int32), np.empty(rows, np.int32),
        np.empty((threads, patterns), np.int32), np.empty((threads, patterns), np.int32),
    )  # fmt: skip
