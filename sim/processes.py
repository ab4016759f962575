"""Work of one kind shared out among processes that are forked, and so begin with all that is known here."""

from __future__ import annotations

import multiprocessing
import signal
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from sim.kernels._jit import available_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Result = TypeVar("Result")

LEAST = 6
"""So many pieces of work are worth further processes."""

_work: list[Callable[[int], Any]] = []


def shared_out(
    work: Callable[[int], Result], count: int, *, processes: int | None = None
) -> Iterator[Result]:
    """Give the results of pieces of work, in their order.

    Parameters
    ----------
    work
        Does the piece of a number. It may not rely on what other pieces leave behind, and its result must be
        picklable.
    count
        Number of pieces, from 0 on.
    processes
        Processes to use at most; None is one a core. The results do not depend on it. Where there is one, or
        the system cannot fork, or there are fewer pieces than `LEAST`, all is done in this process.
    """
    most = min(available_threads() if processes is None else processes, count)
    daemon = multiprocessing.current_process().daemon
    if most < 2 or count < LEAST or daemon or "fork" not in multiprocessing.get_all_start_methods():  # noqa: PLR2004
        yield from map(work, range(count))
        return
    _work.append(work)
    try:
        with warnings.catch_warnings():
            # newer Pythons warn of other threads: the kernels' hold no lock while this one is here
            warnings.simplefilter("ignore", DeprecationWarning)
            pool = multiprocessing.get_context("fork").Pool(most, _leave_interrupts)
    finally:
        _work.pop()
    with pool:
        yield from pool.imap(_piece, range(count))


def _leave_interrupts() -> None:
    """Leave interrupts to the process that waits for the results: it ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _piece(number: int) -> Any:
    """Do a piece of the work that this process was forked with."""
    return _work[-1](number)
