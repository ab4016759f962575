"""Earliest arrivals for every departure of a window at once: RAPTOR in rounds, with departures as lanes.

Method: Delling, Pajor & Werneck (2012), "Round-based public transit routing". A round rides one vehicle more:
it scans the trips of the patterns that can be boarded, then walks on from where somebody alighted. Its range
form runs the departures one by one, the latest first, and keeps what is found. Here all departures run
together: who leaves later is never earlier anywhere, so those who catch a trip at a stop are always the
first so many departures. A trip carries that number alone, a label holds one time a departure (a lane), and
a trip is scanned once a round, however many departures there are.

=================  =======  =====================  =====================================================
array              dtype    shape                  meaning
=================  =======  =====================  =====================================================
pattern_start      int32    [patterns + 1]         first call of each pattern
board_at           int32    [calls]                platform that is boarded at; `platforms` where nobody may
alight_at          int32    [calls]                platform alighted at; `platforms` + 1 where nobody may
trips_start        int32    [patterns]             first trip of each pattern
trips_end          int32    [patterns]             the one after its last
trip_s             int32    [trips]                s that are added to the times of the trip's run
trip_run           int32    [trips]                first place of the trip's times in the runs
run_arrive_s       int32    [places]               arrival of a run at each call, s
run_depart_s       int32    [places]               departure of a run from each call, s
at_start           int32    [platforms + 1]        first call of each platform in the two below
at_pattern         int32    [boardable calls]      pattern that can be boarded there
at_place           int32    [boardable calls]      and its call, counted from the pattern's first
link_start         int32    [platforms + 1]        first link from each platform
link_to            int32    [links]                platform on which one is ready again
link_s             int32    [links]                s from alighting to being ready
leave_s            int32    [lanes]                departures, ascending, s
access_start       int32    [origins + 1]          first access of each origin
access_to          int32    [accesses]             platform, and
access_s           int32    [accesses]             s from leaving to being ready on it
egress_start       int32    [destinations + 1]     first egress of each destination
egress_from        int32    [egresses]             platform, and
egress_s           int32    [egresses]             s from alighting on it to the destination
direct_start       int32    [origins + 1]          first destination that each origin reaches without riding
direct_to          int32    [directs]              that destination, and
direct_s           int32    [directs]              s to it
ready              int32    [platforms + 2, lanes] time at which one can board, s, or `NEVER`
alight             int32    [platforms + 2, lanes] earliest alighting, s, or `NEVER`
=================  =======  =====================  =====================================================

Trips of one pattern never overtake each other. A platform is a stop as seen by patterns of one gate time, so
that all that stands between alighting and boarding is in the links. Times are whole seconds on any clock; all
lie between -`NEVER` and `NEVER`. Arriving by a time is the same search with time running backwards.

A headway pattern has room for as many trips as it may have. Per draw `headway_trips` writes its departures.

The kernels trust their arguments; `sim.window` checks them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels._jit import in_lanes, jit

NEVER = 1 << 29
"""A time that is not reached, s."""

ONE = np.uint64(1)

u64 = (
    np.uint64
)  # an index that is never negative: Numba then spares the check, and the loops over lanes vectorize

UNREACHED = 2_147_483_647
"""Travel time where there is no journey within the limit, s."""

_REGISTER = np.int64(8)  # lanes that are taken at once, a power of two


@jit
def headway_trips(
    band_pattern,
    band_start_s,
    band_end_s,
    band_headway_s,
    band_exact,
    phase,
    backward,
    trips_start,
    trips_end,
    trip_s,
):
    """Write the departures of all headway patterns for one draw; bands are sorted by pattern and start.

    Parameters
    ----------
    band_pattern, band_start_s, band_end_s, band_headway_s, band_exact
        The bands, see `network.timetable.Timetable`.
    phase
        float64 [patterns]: share of the headway at which the first departure falls, 0 to 1.
    backward
        Whether time runs backwards.
    trips_start, trips_end, trip_s
        The trips; ends and times of headway patterns are written.
    """
    for band in range(band_pattern.size):
        if band == 0 or band_pattern[band] != band_pattern[band - 1]:
            trips_end[band_pattern[band]] = trips_start[band_pattern[band]]
    for turn in range(band_pattern.size):
        band = band_pattern.size - 1 - turn if backward else turn
        pattern, step_s = band_pattern[band], band_headway_s[band]
        first_s = band_start_s[band]
        if not band_exact[band]:
            first_s += min(np.int64(phase[pattern] * step_s), step_s - 1)
        many = max(0, (band_end_s[band] - first_s + step_s - 1) // step_s)
        for number in range(many):
            if backward:
                trip_s[trips_end[pattern]] = -(first_s + (many - 1 - number) * step_s)
            else:
                trip_s[trips_end[pattern]] = first_s + number * step_s
            trips_end[pattern] += 1


@jit
def _first_trip(place, time_s, begin, end, trip_s, trip_run, run_depart_s):
    """Return the first trip of begin … end that leaves a place no earlier than a time."""
    while begin < end:
        middle = (begin + end) >> 1
        if trip_s[u64(middle)] + run_depart_s[u64(trip_run[u64(middle)] + place)] < time_s:
            begin = middle + 1
        else:
            end = middle
    return begin


@jit
def _scan(
    call, calls, first, trip, end, board_at, alight_at, trip_s, trip_run, run_arrive_s, run_depart_s,
    leave_s, limit_s, ready, alight, low, high, improved, many, is_touched, soon_low, soon_high,
):  # fmt: skip
    """Ride the trips `trip` … `end` of a pattern, boarding from its call `first` on.

    Only lanes that are sooner ready than a round ago matter, and each only the first trip that it catches.

    Returns
    -------
    int
        How many platforms improved, those that had before (`many`) included.
    """
    call, calls, first = u64(call), u64(calls), u64(first)
    begin, bottom, top = trip, np.int64(leave_s.size), u64(0)
    least, most = end, begin
    for place in range(first, calls - ONE):
        platform = u64(board_at[call + place])
        if not is_touched[platform]:
            continue
        bottom = min(bottom, np.int64(soon_low[platform]))
        top = max(top, u64(soon_high[platform] + 1))
        since_s = ready[platform, u64(soon_low[platform])]
        if least == end or since_s <= trip_s[u64(least)] + run_depart_s[u64(trip_run[u64(least)]) + place]:
            least = _first_trip(place, since_s, begin, least, trip_s, trip_run, run_depart_s)
        until_s = ready[platform, u64(soon_high[platform])]
        if most < end and until_s > trip_s[u64(most)] + run_depart_s[u64(trip_run[u64(most)]) + place]:
            most = _first_trip(place, until_s, most, end, trip_s, trip_run, run_depart_s)
    most = min(most + 1, end)
    horizon_s = leave_s[top - ONE] + limit_s
    last = calls
    for number in range(u64(least), u64(most)):
        run, base_s = u64(trip_run[number]), trip_s[number]
        if base_s + run_depart_s[run + first] > horizon_s:
            break
        aboard = u64(bottom)
        full = last
        for place in range(first, last):
            if aboard > bottom:
                time_s = base_s + run_arrive_s[run + place]
                platform = u64(alight_at[call + place])
                lane = np.int64(aboard) - 1
                if alight[platform, u64(lane)] > time_s and time_s <= leave_s[u64(lane)] + limit_s:
                    if high[platform] < 0:
                        improved[u64(many)] = platform
                        many += 1
                        low[platform] = lane
                    high[platform] = max(high[platform], lane)
                    while lane >= bottom and alight[platform, u64(lane)] > time_s:
                        alight[platform, u64(lane)] = time_s
                        lane -= 1
                    low[platform] = min(low[platform], lane + 1)
            if aboard < top:
                time_s = base_s + run_depart_s[run + place]
                platform = u64(board_at[call + place])
                while aboard < top and ready[platform, aboard] <= time_s:
                    aboard += ONE
                if aboard == top:
                    full = place + ONE  # whoever comes later has nothing to gain beyond
        last = min(last, full)
    return many


@jit
def _walk(
    link_start, link_to, link_s, ready, alight, low, high, improved, many,
    touched, is_touched, soon_low, soon_high,
):  # fmt: skip
    """Walk on from the platforms that improved; return on how many others one is sooner ready.

    Lanes are taken by whole registers, since those beside the ones that improved have nothing to gain. Nor
    have most links, which are found out without a store.
    """
    touches = 0
    for row in range(u64(many)):
        platform = u64(improved[row])
        begin = u64(low[platform] & ~(_REGISTER - 1))
        end = u64(min((high[platform] + _REGISTER) & ~(_REGISTER - 1), np.int64(ready.shape[1])))
        for link in range(u64(link_start[platform]), u64(link_start[platform + ONE])):
            target, step_s = u64(link_to[link]), link_s[link]
            gain_s = np.int32(0)
            for lane in range(begin, end):
                time_s = np.int32(alight[platform, lane] + step_s)
                gain_s = min(gain_s, np.int32(time_s - ready[target, lane]))
            if gain_s < 0:
                for lane in range(begin, end):
                    time_s = np.int32(alight[platform, lane] + step_s)
                    ready[target, lane] = min(ready[target, lane], time_s)
                if not is_touched[target]:
                    is_touched[target] = True
                    touched[u64(touches)] = target
                    touches += 1
                    soon_low[target], soon_high[target] = low[platform], high[platform]
                else:
                    soon_low[target] = min(soon_low[target], low[platform])
                    soon_high[target] = max(soon_high[target], high[platform])
        high[platform] = -1
    return touches


@jit
def search(
    pattern_start, board_at, alight_at, trips_start, trips_end, trip_s, trip_run, run_arrive_s, run_depart_s,
    at_start, at_pattern, at_place, link_start, link_to, link_s,
    leave_s, access_to, access_s, limit_s, max_rides,
    ready, alight, low, high, improved, touched, is_touched, soon_low, soon_high, first, queue,
):  # fmt: skip
    """Write the earliest times of all lanes at which one is ready and alights, from one origin.

    Parameters
    ----------
    leave_s
        The lanes of this search, one or more.
    access_to, access_s
        The accesses of the origin alone.
    limit_s
        Longest time from leaving to alighting that counts, s; labels beyond it may be later than the truth.
    max_rides
        Most vehicles of a journey.
    low, high, improved
        int32 [platforms + 2]: workspace. The lanes that alight sooner than before this round, and where.
    touched, is_touched, soon_low, soon_high
        int32 [platforms + 2] (bool: is_touched): workspace. Where one is sooner ready, and the lanes.
    first, queue
        int32 [patterns]: workspace. The first call at which a pattern can be boarded anew, and which can.
    """
    platforms, lanes = at_start.size - 1, leave_s.size
    ready[:] = NEVER
    alight[:] = NEVER
    alight[platforms + 1] = -NEVER  # nothing is earlier: nobody alights there
    high[:] = -1
    first[:] = -1
    is_touched[:] = False
    touches = 0
    for row in range(access_to.size):
        platform = access_to[row]
        for lane in range(lanes):
            ready[platform, lane] = min(ready[platform, lane], leave_s[lane] + access_s[row])
        if not is_touched[platform]:
            is_touched[platform] = True
            touched[touches] = platform
            touches += 1
            soon_low[platform], soon_high[platform] = 0, lanes - 1
    for _ in range(max_rides):
        queued = 0
        for row in range(touches):
            platform = touched[row]
            for at in range(at_start[platform], at_start[platform + 1]):
                pattern, place = at_pattern[at], at_place[at]
                if first[pattern] < 0:
                    queue[queued] = pattern
                    queued += 1
                    first[pattern] = place
                else:
                    first[pattern] = min(first[pattern], place)
        many = np.int64(0)
        for row in range(queued):
            pattern = queue[row]
            call = pattern_start[pattern]
            many = _scan(
                call, pattern_start[pattern + 1] - call, first[pattern],
                np.int64(trips_start[pattern]), np.int64(trips_end[pattern]), board_at, alight_at,
                trip_s, trip_run, run_arrive_s, run_depart_s, leave_s, limit_s,
                ready, alight, low, high, improved, many, is_touched, soon_low, soon_high,
            )  # fmt: skip
            first[pattern] = -1
        for row in range(touches):
            is_touched[touched[row]] = False
        if many == 0:
            break
        touches = _walk(
            link_start, link_to, link_s, ready, alight, low, high, improved, many,
            touched, is_touched, soon_low, soon_high,
        )  # fmt: skip


@jit
def _arrivals(
    alight, leave_s, lanes, limit_s, egress_start, egress_from, egress_s, sample, samples_s
):  # fmt: skip
    """Write the travel times of the first `lanes` lanes to all destinations, from column `sample` on."""
    begin, stop = u64(sample), u64(lanes)
    for end in range(u64(egress_start.size - 1)):
        for lane in range(stop):
            samples_s[end, begin + lane] = NEVER
        for row in range(u64(egress_start[end]), u64(egress_start[end + ONE])):
            platform, step_s = u64(egress_from[row]), egress_s[row]
            for lane in range(stop):
                time_s = np.int32(alight[platform, lane] + step_s)
                samples_s[end, begin + lane] = min(samples_s[end, begin + lane], time_s)
        for lane in range(stop):
            time_s = np.int32(samples_s[end, begin + lane] - leave_s[lane])
            samples_s[end, begin + lane] = time_s if time_s <= limit_s else UNREACHED


@jit
def _moments(
    begin_s, access_to, access_s, at_start, at_pattern, at_place,
    trips_start, trips_end, trip_s, trip_run, run_depart_s, is_moment, moments_s,
):  # fmt: skip
    """Write the last moments to leave at to catch each first vehicle, ascending; return how many.

    They are those of the `is_moment.size` seconds from the beginning on.
    """
    is_moment[:] = False
    for row in range(access_to.size):
        for at in range(at_start[access_to[row]], at_start[access_to[row] + 1]):
            pattern, place = at_pattern[at], at_place[at]
            for trip in range(trips_start[pattern], trips_end[pattern]):
                since_s = trip_s[trip] + run_depart_s[trip_run[trip] + place] - access_s[row] - begin_s
                if 0 <= since_s < is_moment.size:
                    is_moment[since_s] = True
    many = 0
    for number in range(is_moment.size):
        if is_moment[number]:
            moments_s[many] = begin_s + number
            many += 1
    return many


@jit
def _longest(times_s):
    """Return the longest of the times that are reached, 0 without any.

    Who is free at the last departure is everywhere by then: nobody is sooner there by leaving later.
    """
    most_s = np.int64(0)
    for time_s in times_s:
        if time_s != UNREACHED:
            most_s = max(most_s, np.int64(time_s))
    return most_s


@jit
def _from_moments(moments_s, times_s, leave_s, departures, limit_s, sample, samples_s, left_s):
    """Write the travel times of who knows the timetable and is free to leave from each departure on.

    Of the journeys within the limit that leave then, or at most so much later, the one that arrives first
    counts, and of those the one that leaves last; `left_s` gets the moment at which it leaves.
    """
    for end in range(samples_s.shape[0]):
        arrival_s, best = np.int64(NEVER), -1
        at = moments_s.size - 1
        for departure in range(departures - 1, -1, -1):
            while at >= 0 and moments_s[at] >= leave_s[departure]:
                if times_s[end, at] != UNREACHED and moments_s[at] + times_s[end, at] < arrival_s:
                    arrival_s, best = moments_s[at] + times_s[end, at], at
                at -= 1
            taken = best
            while taken > at and (
                moments_s[taken] > leave_s[departure] + limit_s
                or moments_s[taken] + np.int64(times_s[end, taken]) != arrival_s
            ):
                taken -= 1
            found = taken > at
            samples_s[end, sample + departure] = times_s[end, taken] if found else UNREACHED
            left_s[end, sample + departure] = moments_s[taken] if found else NEVER


@jit
def _sample_origin(
    timetable, bands, phases, backward, leave_s, access_to, access_s, egress, direct_to, direct_s,
    limit_s, max_rides, trips_end, trip_s, work, samples_s, is_moment, moments_s, times_s, left_s,
):  # fmt: skip
    """Write the travel times from one origin, [destinations, draws × departures], draw by draw."""
    (
        pattern_start, board_at, alight_at, trips_start, trip_run, run_arrive_s, run_depart_s,
        at_start, at_pattern, at_place, link_start, link_to, link_s,
    ) = timetable  # fmt: skip
    band_pattern, band_start_s, band_end_s, band_headway_s, band_exact = bands
    ready, alight, low, high, improved, touched, is_touched, soon_low, soon_high, first, queue = work
    egress_start, egress_from, egress_s = egress
    blocks, lanes = leave_s.shape
    departures = samples_s.shape[1] // phases.shape[0]
    every_s = leave_s.reshape(leave_s.size)
    planned = moments_s.size > 0
    for draw in range(phases.shape[0]):
        headway_trips(
            band_pattern, band_start_s, band_end_s, band_headway_s, band_exact,
            phases[draw], backward, trips_start, trips_end, trip_s,
        )  # fmt: skip
        if planned:
            last_s = every_s[departures - 1 : departures]
            search(
                pattern_start, board_at, alight_at, trips_start, trips_end, trip_s, trip_run,
                run_arrive_s, run_depart_s, at_start, at_pattern, at_place, link_start, link_to, link_s,
                last_s, access_to, access_s, 2 * limit_s, max_rides,
                ready, alight, low, high, improved, touched, is_touched, soon_low, soon_high, first, queue,
            )  # fmt: skip
            _arrivals(
                alight, last_s, np.int64(1), 2 * limit_s, egress_start, egress_from, egress_s,
                np.int64(0), times_s,
            )  # fmt: skip
            most = min(is_moment.size, last_s[0] - every_s[0] + 1 + _longest(times_s[:, 0]))
            many = _moments(
                every_s[0], access_to, access_s, at_start, at_pattern, at_place,
                trips_start, trips_end, trip_s, trip_run, run_depart_s, is_moment[:most], moments_s,
            )  # fmt: skip
            blocks = (many + lanes - 1) // lanes
            moments_s[many : blocks * lanes] = moments_s[many - 1] if many else 0
        for block in range(blocks):
            part_s = moments_s[block * lanes : (block + 1) * lanes] if planned else leave_s[block]
            search(
                pattern_start, board_at, alight_at, trips_start, trips_end, trip_s, trip_run,
                run_arrive_s, run_depart_s, at_start, at_pattern, at_place, link_start, link_to, link_s,
                part_s, access_to, access_s, limit_s, max_rides,
                ready, alight, low, high, improved, touched, is_touched, soon_low, soon_high, first, queue,
            )  # fmt: skip
            if planned:
                _arrivals(
                    alight,
                    part_s,
                    lanes,
                    limit_s,
                    egress_start,
                    egress_from,
                    egress_s,
                    block * lanes,
                    times_s,
                )
            else:
                _arrivals(
                    alight, part_s, min(lanes, departures - block * lanes), limit_s,
                    egress_start, egress_from, egress_s, draw * departures + block * lanes, samples_s,
                )  # fmt: skip
        if planned:
            _from_moments(
                moments_s[:many], times_s, every_s, departures, limit_s, draw * departures, samples_s, left_s
            )
    for row in range(direct_to.size):
        if direct_s[row] <= limit_s:
            for sample in range(samples_s.shape[1]):
                at = direct_to[row], sample
                samples_s[at] = min(samples_s[at], direct_s[row])


@jit
def rank(samples_s, wanted, limit_s):
    """Return the `wanted`-th smallest of the samples, from 1 on; `UNREACHED` if it is above the limit."""
    low, high = np.int64(0), np.int64(limit_s) + 1
    while low < high:
        middle = (low + high) >> 1
        many, most = np.int32(0), np.int32(middle)
        for sample in range(u64(samples_s.size)):
            many += np.int32(samples_s[sample] <= most)
        if many >= wanted:
            high = middle
        else:
            low = middle + 1
    return low if low <= limit_s else np.int64(UNREACHED)


@jit
def _summarize(samples_s, limit_s, within_s, ranks, ranked_s, sample_of, mean_s, within):
    """Write the statistics of all destinations; the mean is infinite where a sample is unreached."""
    for end in range(samples_s.shape[0]):
        row = samples_s[end]
        for at in range(ranks.size):
            ranked_s[end, at] = rank(row, ranks[at], limit_s)
            sample = u64(0)
            while row[sample] != ranked_s[end, at]:
                sample += ONE
            sample_of[end, at] = sample
        total, many = np.int64(0), np.int64(0)
        for sample in range(row.size):
            total += row[sample]
            many += row[sample] <= within_s
        slowest = rank(row, row.size, limit_s)
        mean_s[end] = total / row.size if slowest != UNREACHED else np.inf
        within[end] = many


@jit
def _share(
    thread, threads, timetable, bands, phases, backward, leave_s, access_start, access_to, access_s, egress,
    direct_start, direct_to, direct_s, limit_s, max_rides, trips_end, trip_s, work,
    samples_s, is_moment, moments_s, times_s, left_s, within_s, ranks, ranked_s, sample_of, left_of,
    mean_s, within,
):  # fmt: skip
    """Search from every `threads`-th origin; keep the samples, or if there are ranks their statistics."""
    own = (
        work[0][thread], work[1][thread], work[2][thread], work[3][thread], work[4][thread],
        work[5][thread], work[6][thread], work[7][thread], work[8][thread], work[9][thread],
        work[10][thread],
    )  # fmt: skip
    for origin in range(thread, access_start.size - 1, threads):
        reach = slice(access_start[origin], access_start[origin + 1])
        straight = slice(direct_start[origin], direct_start[origin + 1])
        place = thread if ranks.size else origin
        rows, left = samples_s[place], left_s[place]
        _sample_origin(
            timetable, bands, phases, backward, leave_s, access_to[reach], access_s[reach], egress,
            direct_to[straight], direct_s[straight], limit_s, max_rides,
            trips_end[thread], trip_s[thread], own, rows,
            is_moment[thread], moments_s[thread], times_s[thread], left,
        )  # fmt: skip
        if ranks.size:
            _summarize(
                rows,
                limit_s,
                within_s,
                ranks,
                ranked_s[origin],
                sample_of[origin],
                mean_s[origin],
                within[origin],
            )
            if moments_s.shape[1]:
                for end in range(rows.shape[0]):
                    for at in range(ranks.size):
                        left_of[origin, end, at] = left[end, sample_of[origin, end, at]]


def window_times(*arguments: Any) -> None:
    """Search from all origins for every draw and departure; write all travel times, or their statistics.

    The result depends on neither the number of threads nor the order of the origins.

    Parameters
    ----------
    *arguments
        In this order; see the head of the module for arrays that are not named here.

        - timetable: tuple of pattern_start, board_at, alight_at, trips_start, trip_run, run_arrive_s,
          run_depart_s, at_start, at_pattern, at_place, link_start, link_to, link_s;
        - bands: tuple of the bands, see `headway_trips`;
        - phases: float64 [draws, patterns];
        - backward: bool, whether time runs backwards;
        - leave_s: int32 [blocks, lanes], the departures, filled up at the end with the last one;
        - access_start, access_to, access_s;
        - egress: tuple of egress_start, egress_from, egress_s;
        - direct_start, direct_to, direct_s;
        - limit_s: longest travel time that counts; max_rides: most vehicles of a journey;
        - trips_end [threads, patterns] and trip_s [threads, trips]: overwritten;
        - work: tuple of the workspaces of `search`, each with a first axis of threads;
        - samples_s: int32 [origins, destinations, draws × departures], written; where statistics are asked
          for a workspace whose first axis are threads;
        - is_moment bool [threads, moments], moments_s int32 [threads, moments and a block], times_s int32
          [threads, destinations, moments and a block]: workspace for who knows the timetable; of size 0
          behind the threads for others;
        - left_s: int32, the shape of samples_s, the moments at which who knows the timetable leaves; written;
          of size 0 behind the first axis for others;
        - within_s: time within which samples are counted, s;
        - ranks: int64 [statistics], which smallest samples are wanted, from 1 on; none to keep the samples;
        - ranked_s: int32 [origins, destinations, statistics], those samples, s, or `UNREACHED`; written;
        - sample_of: int64 [origins, destinations, statistics], the first sample that is that long; written;
        - left_of: int64 like it, the moment at which who knows the timetable leaves then; written;
        - mean_s: float64 [origins, destinations], infinite if a sample is unreached; written;
        - within: int64 [origins, destinations], samples within `within_s`; written.
    """
    in_lanes(_share, arguments[_TRIP_S].shape[0], *arguments)


_TRIP_S = 15  # place of trip_s among the arguments of `window_times`
