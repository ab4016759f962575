"""Blocks of a matrix on a Dask cluster: of this machine's processes, or one that is running already."""

# mypy: allow-untyped-calls

from __future__ import annotations

import logging
from collections import deque
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from network.errors import BadInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from distributed import Client

    from onehour.block_matrix import Answer, Question

CONNECT_S = 5
"""Longest wait for an answer of a scheduler, s."""

PATIENCE_S = 30
"""Longest wait for a cluster without workers, s."""

AHEAD = 2
"""Blocks that each worker has at most: the one that it computes, and the next."""

RETRIES = 2
"""How often a block that failed is tried again; a worker's death counts by the scheduler's own limit, 3."""


def cluster_problems(workers: int | None, cluster: str | None) -> list[Problem]:
    """Return what is wrong with the choice of a cluster, as far as can be seen before the work."""
    problems = []
    if workers is not None and cluster is not None:
        problems.append(Problem("--workers", "stands beside --cluster", "give one of the two"))
    if workers is not None and workers < 1:
        problems.append(Problem("--workers", f"{workers} is no number of processes", "1 or more"))
    if (workers is not None or cluster is not None) and find_spec("distributed") is None:
        option = "--workers" if cluster is None else "--cluster"
        problems.append(Problem(option, "Dask is not installed", "pip install 'onehour[dask]'"))
    return problems


def answers(
    question: Question, numbers: Iterable[int], *, workers: int | None = None, cluster: str | None = None
) -> Generator[tuple[int, Answer], None, None]:
    """Compute blocks on a Dask cluster and give them as they are done.

    At most `AHEAD` blocks a worker are under way or waiting to be taken, whatever their number; each process
    loads the region and the scenario once.

    Parameters
    ----------
    question
        What is asked.
    numbers
        Blocks to compute.
    workers
        Processes to start on this machine.
    cluster
        Address of a scheduler that is running, in place of them.

    Yields
    ------
    tuple
        Number of the block, and the block.

    Raises
    ------
    BadInputError
        The cluster cannot be reached or used, or a block killed its workers again and again.
    """
    from distributed import wait  # noqa: PLC0415 - an extra

    where = "--workers" if cluster is None else f"--cluster {cluster}"
    waiting, run = deque(numbers), uuid4().hex
    with _told(where), _client(workers, cluster) as client:
        running: dict[Any, int] = {}
        while waiting or running:
            most = AHEAD * max(1, len(_checked_workers(client, where)))
            while waiting and len(running) < most:
                number = waiting.popleft()
                key = f"matrix-block-{number}-{run}"
                running[client.submit(_answered, question, number, key=key, retries=RETRIES)] = number
            try:
                done = wait(list(running), timeout=PATIENCE_S, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                if not _checked_workers(client, where):
                    what = f"has had no worker for {PATIENCE_S} s"
                    raise BadInputError(Problem(where, what, "start workers")) from None
                continue
            for future in done:
                number = running.pop(future)
                yield number, _result(future, number, where)


def _answered(question: Question, number: int) -> Answer | list[Problem]:
    """Return a block in a worker, or what is wrong there: errors of ours do not survive pickling."""
    import numba  # noqa: PLC0415

    from onehour.block_matrix import loaded  # noqa: PLC0415

    numba.set_num_threads(1)
    try:
        return loaded(question).answer(number)
    except BadInputError as error:
        return list(error.problems)


def _result(future: Any, number: int, where: str) -> Answer:
    """Return a block that is done, and let the cluster forget it."""
    from distributed.scheduler import KilledWorker  # noqa: PLC0415

    try:
        found: Answer | list[Problem] = future.result()
    except KilledWorker as error:
        what = f"block {number} ended its workers {error.allowed_failures + 1} times"
        raise BadInputError(Problem(where, what, "a smaller --block needs less memory")) from error
    except (ImportError, AttributeError) as error:
        what = f"a worker cannot load the program: {error}"
        fix = "install the same version of onehour on all machines"
        raise BadInputError(Problem(where, what, fix)) from error
    future.release()
    if isinstance(found, list):
        raise BadInputError(found)
    return found


def _checked_workers(client: Client, where: str) -> dict[str, int]:
    """Return the threads of each worker: one each, since Numba's kernels want a process of their own."""
    found: dict[str, int] = client.nthreads()
    wide = [address for address, threads in found.items() if threads > 1]
    if wide:
        what = f"{wide[0]} has {found[wide[0]]} threads"
        raise BadInputError(Problem(where, what, "start workers with --nthreads 1, more of them"))
    return found


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turn the errors of a cluster that goes away into one of ours."""
    from distributed import CancelledError  # noqa: PLC0415
    from distributed.comm.core import CommClosedError  # noqa: PLC0415

    try:
        yield
    except (CancelledError, CommClosedError) as error:
        fix = "the same command goes on where this one ended"
        raise BadInputError(Problem(where, "the cluster was lost", fix)) from error


@contextmanager
def _client(workers: int | None, cluster: str | None) -> Iterator[Client]:
    """Give a client of a cluster, which is closed afterwards if it was started here."""
    from distributed import Client, LocalCluster  # noqa: PLC0415
    from distributed.utils import silence_logging_cmgr  # noqa: PLC0415

    quiet = silence_logging_cmgr(logging.CRITICAL)
    if cluster is None:
        with (
            quiet,
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
            ) as here,
            Client(here) as client,
        ):
            yield client
        return
    with quiet:
        try:
            client = Client(cluster, timeout=CONNECT_S)
        except (OSError, ValueError, TypeError) as error:
            what = f"no Dask scheduler answers within {CONNECT_S} s"
            raise BadInputError(Problem(f"--cluster {cluster}", what, "as tcp://10.0.0.1:8786")) from error
        with client:
            yield client
