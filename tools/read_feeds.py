"""Times the reading of GTFS feeds.

Run as ``python -m tools.read_feeds 2019-05-13 FEED.zip …``.

Prints the seconds of processor time from files to long tables and to a timetable, the best of three, and the
peak of memory.
"""

from __future__ import annotations

import resource
import sys
import time
from typing import TYPE_CHECKING, TypeVar

from network.gtfs import read_day, read_timetable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def best_s(work: Callable[[], T]) -> tuple[float, T]:
    """Return the least processor time that some work takes, s, and what it gives."""
    taken_s = []
    for _ in range(3):
        begin = time.process_time()
        made = work()
        taken_s.append(time.process_time() - begin)
    return min(taken_s), made


def main() -> None:
    """Read the feeds that the command line names."""
    day, *paths = sys.argv[1:]
    before_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tables_s, found = best_s(lambda: read_day(paths, day))
    timetable_s, timetable = best_s(lambda: read_timetable(paths, day))
    after_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(found.stops)} stops, {len(found.stop_times)} calls, {timetable.n_trips} trips")
    print(f"{timetable.n_patterns} patterns; to tables {tables_s:.2f} s, to a timetable {timetable_s:.2f} s")
    print(f"memory {before_mib:.0f} MiB before, {after_mib:.0f} MiB at its peak")
    for note in found.notes:
        print(f"· {note}")


if __name__ == "__main__":
    main()
