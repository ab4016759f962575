"""Run the benchmarks: ``python -m benchmarks [--quick] [--json]``."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path

from benchmarks.graphs import metropolitan, road_like
from benchmarks.searches import measure

TARGETS = {("road", None): 3.5, ("road", 3600): 2.0, ("metropolitan", None): 2.5, ("metropolitan", 3600): 2.0}
"""Least ratio to SciPy, by kind of graph and horizon, s."""


def main(arguments: list[str] | None = None) -> int:
    """Check and time the searches; return 1 where an answer is wrong, whatever the times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=measure.__doc__)
    parser.add_argument("--quick", action="store_true", help="small graphs: whether it runs, not how fast")
    parser.add_argument("--json", action="store_true", help="print JSON with the machine and the versions")
    options = parser.parse_args(arguments)
    size, cells, pairs = (10_000, 6_400, 3) if options.quick else (1_000_000, 80_000, 15)
    graphs = {"road": road_like(size), "metropolitan": metropolitan(cells)}
    try:
        rows = [
            measure(graph, horizon_s, pairs, TARGETS[kind, horizon_s])
            for kind, graph in graphs.items()
            for horizon_s in (None, 3600)
        ]
    except AssertionError as error:
        print(f"wrong answer: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"machine": machine(), "rows": [row._asdict() for row in rows]}, indent=2))
        return 0
    heads = ("horizon", "scipy ms", "heap ms", "ours ms", "ratio", "target")
    print(f"{'graph':<42}" + "".join(f"{head:>9}" for head in heads))
    for row in rows:
        horizon = "none" if row.horizon_s is None else f"{row.horizon_s} s"
        missed = "" if row.ratio >= row.target else "  missed"
        print(
            f"{row.graph:<42}{horizon:>9}{row.scipy_ms:>9.2f}{row.heap_ms:>9.2f}{row.ours_ms:>9.2f}"
            f"{row.ratio:>9.2f}{row.target:>9.1f}{missed}"
        )
    print(f"one origin to all nodes, one thread; medians of {pairs} pairs, the ratio that of pairs")
    return 0


def machine() -> dict[str, object]:
    """Return what the times depend on."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    except OSError:
        models = {platform.processor()}
    packages = ("numba", "llvmlite", "numpy", "scipy")
    return {
        "processor": ", ".join(sorted(models)),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in packages},
    }


if __name__ == "__main__":
    sys.exit(main())
