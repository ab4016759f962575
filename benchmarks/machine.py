"""The machine: what it is, what its memory gives, what a fresh start costs."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from benchmarks.clock import seconds_of
from benchmarks.peers import versions

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cold_start", "copy_bytes_per_s", "description", "last_cache_bytes", "quiet", "resident_bytes"]

_COLD = """
import json, sys, time
t = [time.perf_counter()]
def tick(): t.append(time.perf_counter())
import onehour; tick()
import sim.search; tick()
graph = sim.search.SearchGraph.from_arrays([0], [1], [1], 2)
graph.times([0], threads=1); tick()
ready = graph.prepare(); ready.times([0]); tick()
ready.sums_within([0], [1, 1], horizon_s=1); ready.times([0], targets=[1]); tick()
names = ["import onehour", "import sim.search", "first search", "first prepared search", "sums, targets"]
print(json.dumps(dict(zip(names, (b - a for a, b in zip(t, t[1:]))))))
"""


def description() -> dict[str, Any]:
    """Return what the times depend on."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    except OSError:
        models = {platform.processor()}
    return {
        "processor": ", ".join(sorted(models)),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "threads": numba.get_num_threads(),
        "python": platform.python_version(),
        **versions(),
    }


def copy_bytes_per_s(threads: int) -> float:
    """Return how many bytes a second the machine reads and writes when it copies, at best.

    The arrays are larger than the caches. Lines that a copy fetches only to overwrite them are not counted.
    """
    source = np.ones((threads, max(1 << 23, last_cache_bytes() // 4)), np.int64)
    target = np.zeros_like(source)
    with ThreadPoolExecutor(threads) as pool:

        def copy() -> None:
            list(pool.map(np.copyto, target, source))

        return 2 * source.nbytes / min(seconds_of(copy) for _ in range(7))


def last_cache_bytes() -> int:
    """Return the size of the processor's last cache; 0 where the system does not say."""
    sizes = [0]
    for file in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        with contextlib.suppress(OSError, ValueError):
            sizes.append(int(file.read_text(encoding="ascii").strip().removesuffix("K")) * 1024)
    return max(sizes)


def resident_bytes() -> int:
    """Return how much memory the process holds; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what compiled libraries print to standard error, so that standard output stays clean."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def cold_start() -> dict[str, dict[str, float]]:
    """Return the seconds of a fresh start, with an empty cache of compiled kernels and with a full one."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder, "PYTHONPATH": str(Path(__file__).parents[1])}

        def run(*arguments: str) -> str:
            command = [sys.executable, *arguments]
            done = subprocess.run(  # noqa: S603 - our own interpreter
                command, check=True, capture_output=True, text=True, env=environment
            )
            return done.stdout

        found = {}
        for state in ("empty cache", "full cache"):
            check_s = seconds_of(lambda: run("-m", "onehour", "check", "--json"))
            found[state] = {"onehour check": check_s, **json.loads(run("-c", _COLD))}
        return found
