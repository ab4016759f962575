"""Run the benchmarks: ``python -m benchmarks [--quick] [--json] [--plots FOLDER] [--graph FILE]``."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.clock import seconds_of
from benchmarks.graphs import SEED, from_osm, guangzhou, metropolitan, road_like
from benchmarks.machine import cold_start, copy_bytes_per_s, description, last_cache_bytes
from benchmarks.peers import PEERS
from benchmarks.tasks import ORIGINS, Case, Row, peer_rows, plain_rows, prepared_rows
from network.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    Report = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Check every answer against SciPy, then time the search core against its peers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="small graphs: whether it runs, not how fast")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="also draw ratios.png and growth.png")
    parser.add_argument(
        "--graph", type=Path, action="append", default=[], metavar="FILE",
        help="also streets to drive on: OpenStreetMap (.osm, .osm.pbf), OSMnx (.graphml), saved (.parquet)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        files = [Case("other", from_osm(file), 3 if options.quick else 15) for file in options.graph]
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        report = run(quick=options.quick, files=files)
    except AssertionError as error:
        print(f"wrong answer, nothing is reported: {error}", file=sys.stderr)
        return 1
    if options.plots:
        from benchmarks.plots import draw  # noqa: PLC0415 - matplotlib is heavy

        draw(report, options.plots)
    if options.json:
        print(json.dumps({**report, "rows": [row._asdict() for row in report["rows"]]}, indent=1))
    else:
        print_report(report)
    return 0


def run(*, quick: bool, files: list[Case]) -> Report:
    """Return all that is measured."""
    report: Report = {"machine": description(), "quick": quick}
    turns = 3 if quick else 15
    rows: list[Row] = []
    absent: dict[str, str] = {}
    sizes = (2_500, 10_000) if quick else (10_000, 100_000, 1_000_000)
    road = [Case("road" if size == sizes[-1] else "smaller road", road_like(size), turns) for size in sizes]
    cases = [road[-1], Case("metropolitan", metropolitan(*((900, 40) if quick else (80_000, 400))), turns)]
    if not quick:
        cases.append(Case("compiled region", guangzhou(), turns))
    cases += files
    for case in cases:
        tell(f"{case.links.name}: plain, prepared")
        rows += plain_rows(case)
        if case.is_sparse:
            rows += prepared_rows(case)
        else:
            absent[case.links.name] = (
                "not prepared: links between all stops of a service leave nothing sparse"
            )
    for case in [road[-2], *cases]:
        tell(f"{case.links.name}: peers")
        rows += peer_rows(case, absent)
    tell("growth, memory")
    report["growth"] = [growth(case) for case in road]
    report["memory"] = [memory(case) for case in cases if case.is_sparse]
    report["bandwidth"] = bandwidth(road[-1])
    if not quick:
        tell("scenario evaluations")
        rows.append(evaluations())
        tell("cold start")
        report["cold_start"] = cold_start()
        rows += start_rows(report["cold_start"])
    return {**report, "rows": rows, "absent": absent}


def growth(case: Case) -> Report:
    """Return how long things take on a graph of this size, ms."""
    origin, out = [case.many[0]], case.prepared.times(case.many)
    times = {
        "scipy": seconds_of(lambda: case.scipy.times(case.many[0]), 5),
        "plain": seconds_of(lambda: case.graph.times(origin, threads=1), 5),
        "prepared, per origin": seconds_of(lambda: case.prepared.times(case.many, out=out), 5) / ORIGINS,
        "build": case.build_s,
        "preparation": seconds_of(case.graph.prepare),
        "new times": seconds_of(lambda: case.prepared.with_seconds(case.graph.seconds), 3),
    }
    return {"nodes": case.links.n_nodes, **{name: 1e3 * time_s for name, time_s in times.items()}}


def memory(case: Case) -> Report:
    """Return how much memory a graph and its preparation hold, MiB."""
    graph, prepared = case.graph, case.prepared
    parts: dict[str, list[Any]] = {
        "graph": [graph.tail, graph.head, graph.seconds, *graph._rows],  # noqa: SLF001 - all that it holds
        "preparation": [*prepared._contraction, *prepared._arcs],  # noqa: SLF001
        "workspace": [array for space in prepared._spare for array in space],  # noqa: SLF001
    }
    return {
        "graph": case.links.name,
        **{name: sum(map(_bytes, part)) / 2**20 for name, part in parts.items()},
    }


def _bytes(thing: Any) -> int:
    """Return the bytes of an array, or of those in a tuple or a list."""
    return sum(map(_bytes, thing)) if isinstance(thing, (tuple, list)) else int(getattr(thing, "nbytes", 0))


def bandwidth(case: Case) -> Report:
    """Return between which bounds a sweep moves memory, by threads, and what copying moves.

    What caches keep cannot be counted from here. Sure to reach memory are the rows written, 4 bytes a node
    and origin. If caches kept nothing, a sweep of 16 origins would also move all arcs, and the labels three
    times: fetched, written and gathered (see `sim.kernels.phast`).
    """
    arcs, n, cache = case.prepared._arcs, case.links.n_nodes, last_cache_bytes()  # noqa: SLF001 - what a sweep reads
    rows = labels = 64 * n
    table = arcs.down.nbytes + arcs.down_start.nbytes + 4 * n
    if labels + table <= cache:
        sizes = f"labels and arcs take {(labels + table) / 2**20:.1f} MiB, the cache {cache / 2**20:.0f} MiB"
        return {"not measured": f"{sizes}: a sweep reads from the cache"}
    found: Report = {}
    out = case.prepared.times(case.many)
    for threads in (1, 2):
        took_s = seconds_of(partial(case.prepared.times, case.many, threads=threads, out=out), 7)
        per_s = ORIGINS / 16 / took_s / 1e9
        found[f"threads {threads}, GB/s"] = {
            "at least": rows * per_s,
            "at most": (rows + 3 * labels + table) * per_s,
            "copying reads and writes": copy_bytes_per_s(threads) / 1e9,
        }
    return found


def evaluations() -> Row:
    """Return how many scenarios a second are evaluated: the four-core goal of the Guangzhou region."""
    import onehour  # noqa: PLC0415 - loads the libraries of tables
    from network.compile import Query  # noqa: PLC0415
    from sim.evaluate import Evaluator  # noqa: PLC0415

    study = onehour.load("guangzhou").scenario("plan-2030")
    region, base = study.area.region, study.scenario
    cores = region.places.loc[region.places["level"] == "core", "place_id"].tolist()
    cards = [card.project_id for card in base.known_cards if card.changes][:4]
    evaluator = Evaluator(region, base, cards, cores, Query())
    masks = np.arange(1 << len(cards))[:, None] >> np.arange(len(cards)) & 1 == 1
    masks = np.random.default_rng(SEED).permutation(np.repeat(masks, 20, axis=0))
    evaluator.times(masks)
    rate = len(masks) / seconds_of(lambda: evaluator.times(masks), 5)
    task = f"scenario evaluations a second, {len(cards)} cards"
    return Row("Guangzhou region", task, "-", 1e3 / rate, 0.0, rate, rate, rate, 5, target=100.0)


def start_rows(cold: Report) -> Iterator[Row]:
    """Yield the rows of a fresh start."""
    import_s = cold["full cache"]["import onehour"]
    compile_s = cold["empty cache"]["onehour check"] - cold["full cache"]["onehour check"]
    for task, measured, target in (
        ("import onehour, s", import_s, 0.3),
        ("first onehour check compiles, s", compile_s, 30.0),
    ):
        yield Row("-", task, "-", measured * 1e3, 0.0, measured, measured, measured, 1, target, at_most=True)


def tell(what: str) -> None:
    """Say on standard error what is going on."""
    print(f"{what} …", file=sys.stderr, flush=True)


def print_report(report: Report) -> None:
    """Print the tables."""
    rows: list[Row] = report["rows"]
    if report["quick"]:
        print("--quick: small graphs. The targets are those of the large ones.")
    print("Targets\n")
    for row in (row for row in rows if row.target is not None):
        sign = "at most" if row.at_most else "at least"
        state = "met" if row.is_met else "NOT MET"
        print(f"  {row.graph:<38} {row.task:<36} {row.measured:>8.2f}  {sign} {row.target:<6g} {state}")
    print("\nAll, medians; ratio: the peer's time over ours, median of pairs (quartiles)\n")
    print(f"  {'task':<40} {'peer':<13} {'ours ms':>9} {'peer ms':>10} {'ratio':>8}")
    for graph in dict.fromkeys(row.graph for row in rows if row.theirs_ms):
        print(f"\n{graph}")
        for row in (row for row in rows if row.graph == graph and row.theirs_ms):
            spread = f"({row.low:.2f} to {row.high:.2f}, {row.pairs} pairs)"
            print(
                f"  {row.task:<40} {row.peer:<13} {row.ours_ms:>9.2f} {row.theirs_ms:>10.2f} "
                f"{row.measured:>8.2f} {spread}" + (f" {row.note}" if row.note else "")
            )
    asked = {row.peer for row in rows}
    missing = {peer.name: "no graph here suits it" for peer in PEERS if peer.name not in asked}
    for name, why in {**missing, **report["absent"]}.items():
        print(f"\n{name}: {why}")
    for name in ("growth", "memory", "bandwidth", "cold_start", "machine"):
        if name in report:
            print(f"\n{name}")
            lines = report[name]
            for line in lines if isinstance(lines, list) else [f"{key}: {lines[key]}" for key in lines]:
                print(f"  {_rounded(line) if isinstance(line, dict) else line}")


def _rounded(line: Report) -> str:
    """Return a line of numbers."""
    return ", ".join(
        f"{name}: {value:.2f}" if isinstance(value, float) else f"{name}: {value}"
        for name, value in line.items()
    )


if __name__ == "__main__":
    sys.exit(main())
