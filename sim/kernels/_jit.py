"""How every kernel is compiled, `jit` or `pjit`, and `in_lanes`, which runs a kernel in many threads.

Both keep the machine code on disk (``cache``) and let go of the interpreter lock (``nogil``).

Two traps of Numba are met here, once:

- Where neither the package's ``__pycache__`` nor the user's cache folder can be written, Numba refuses to
  compile with ``cache``. The code is then kept in a temporary folder, with one warning.
- The threading layer that comes with a plain installation of Numba (``workqueue``) aborts the process when
  two threads are inside parallel kernels at once. A `pjit` kernel is therefore entered by one thread at a
  time.
"""

from __future__ import annotations

import functools
import os
import stat
import tempfile
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numba
from numba import config

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = TypeVar("Function", bound=Callable[..., Any])

_entry = threading.RLock()
_kernels: list[Any] = []


def jit(function: Function) -> Function:
    """Compile a kernel when it is first called; cached on disk, without the interpreter lock.

    Parameters
    ----------
    function
        A function that Numba can compile.

    Returns
    -------
    Function
        The compiled kernel; it can be called from other kernels.
    """
    return _compiled(function, parallel=False)


def pjit(function: Function) -> Function:
    """Compile a kernel that holds a `numba.prange` loop; entered by one thread at a time.

    Parameters
    ----------
    function
        A function that Numba can compile, with a `numba.prange` loop.

    Returns
    -------
    Function
        A Python function that waits for its turn and runs the compiled kernel. It cannot be called from other
        kernels.
    """
    kernel = _compiled(function, parallel=True)

    @functools.wraps(function)
    def entered(*args: Any) -> Any:
        with _entry:
            return kernel(*args)

    return entered  # type: ignore[return-value]


def in_lanes(kernel: Callable[..., object], lanes: int, *arguments: Any) -> None:
    """Run a `jit` kernel in so many threads at once, each with its share of the work.

    For work that falls into independent rows this is as quick as a `pjit` kernel, is compiled in half the
    time (there is no second kernel for one thread), and may be entered by many threads at once.

    Parameters
    ----------
    kernel
        Called as ``kernel(lane, lanes, *arguments)``, lane from 0 on; lanes write to different places.
    lanes
        Number of threads, from 1 on.
    *arguments
        The other arguments.
    """
    with ThreadPoolExecutor(max(1, lanes - 1)) as pool:  # starts no thread that it does not need
        others = [pool.submit(kernel, lane, lanes, *arguments) for lane in range(1, lanes)]
        kernel(0, lanes, *arguments)
        for other in others:
            other.result()


def are_stored() -> bool:
    """Whether compiled kernels of this version of the code are stored; else the first call compiles them.

    Only a hint: where Numba does not tell, it is taken that they are.
    """
    try:
        indexes = [kernel._cache._cache_file._load_index() for kernel in _kernels]  # noqa: SLF001 - no public way
    except AttributeError:
        return True
    return any(indexes) or not indexes


def cache_folder() -> str:
    """Return the folder in which compiled kernels are stored; blank where they are not."""
    return str(next((kernel.stats.cache_path for kernel in _kernels if kernel.stats.cache_path), ""))


def available_threads() -> int:
    """Return how many threads a kernel may use in this thread."""
    return int(numba.get_num_threads())


def _compiled(function: Function, *, parallel: bool) -> Function:
    """Return the dispatcher of a function, cached where a cache can be kept."""
    try:
        return _dispatcher(function, parallel=parallel, cache=True)
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
    folder = _temporary_cache()
    if folder is None:
        return _dispatcher(function, parallel=parallel, cache=False)
    before = config.CACHE_DIR  # type: ignore[attr-defined]
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # read here, redirects nothing else
    try:
        return _dispatcher(function, parallel=parallel, cache=True)
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        return _dispatcher(function, parallel=parallel, cache=False)
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]


def _dispatcher(function: Function, *, parallel: bool, cache: bool) -> Function:
    """Return the dispatcher that Numba makes of a function."""
    kernel: Function = numba.njit(function, cache=cache, nogil=True, parallel=parallel)
    _kernels.append(kernel)
    return kernel


@functools.cache
def _temporary_cache() -> Path | None:
    """Return a temporary folder for compiled kernels, and warn (once); None where there is none.

    The folder is shared by the runs of one user, so that later runs load what earlier ones compiled. What
    lies in it is executed, so it is only taken if it belongs to this user and nobody else can write to it.
    """
    try:
        folder = _own_folder() or Path(tempfile.mkdtemp(prefix="onehour-kernels-"))
    except OSError:
        folder = None
    kept = f"they are kept in {folder}" if folder else "they are compiled anew in every run"
    warnings.warn(
        f"compiled kernels cannot be stored beside the package or in the user's cache folder: {kept}; "
        "set NUMBA_CACHE_DIR to a folder that can be written",
        RuntimeWarning,
        stacklevel=2,
    )
    return folder


def _own_folder() -> Path | None:
    """Return this user's temporary folder of compiled kernels; None if it cannot be trusted."""
    if not hasattr(os, "getuid"):
        return None
    folder = Path(tempfile.gettempdir()) / f"onehour-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return folder if mine and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else None


def _fresh_entry() -> None:
    """Give a forked process a free lock: the thread that held it does not exist there."""
    global _entry  # noqa: PLW0603 - the lock belongs to the process
    _entry = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fresh_entry)
