"""Work of one kind shared out among processes that are forked, and so begin with all that is known here."""

from __future__ import annotations

import itertools
import multiprocessing
import signal
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, TypeVar

from sim.kernels._jit import available_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Result = TypeVar("Result")

LEAST = 3
"""So many pieces of work are worth further processes."""

_works: dict[int, Callable[[int], Any]] = {}
_number = itertools.count()


def shared_out(
    work: Callable[[int], Result], count: int, *, processes: int | None = None
) -> Iterator[Result]:
    """Give the results of pieces of work, in their order.

    Parameters
    ----------
    work
        Does the piece of a number. It may not rely on what other pieces leave behind, nor call a parallel
        kernel (no layer of threads lives through a fork), and its result must be picklable.
    count
        Number of pieces, from 0 on.
    processes
        Processes to use at most; None is one a core. The results do not depend on it. Where there is one, or
        the system cannot fork, or there are fewer pieces than `LEAST`, all is done in this process, as is
        what is left where a process breaks down.
    """
    most = min(available_threads() if processes is None else processes, count)
    inside = multiprocessing.parent_process() is not None
    if most < 2 or count < LEAST or inside or "fork" not in multiprocessing.get_all_start_methods():  # noqa: PLR2004
        yield from map(work, range(count))
        return
    key = next(_number)
    _works[key] = work
    pool = ProcessPoolExecutor(most, multiprocessing.get_context("fork"), _leave_interrupts)
    done = 0
    try:
        with warnings.catch_warnings():
            # newer Pythons warn of other threads; those that may be there hold no lock that the work needs
            warnings.simplefilter("ignore", DeprecationWarning)
            futures = [pool.submit(_piece, key, number) for number in range(count)]
        for future in futures:
            try:
                found = future.result()
            except BrokenProcessPool:
                break
            done += 1
            yield found
    finally:
        pool.shutdown(cancel_futures=True)
        del _works[key]
    yield from map(work, range(done, count))


def _leave_interrupts() -> None:
    """Leave interrupts to the process that waits for the results."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _piece(key: int, number: int) -> Any:
    """Do a piece of a work that this process was forked with."""
    return _works[key](number)
