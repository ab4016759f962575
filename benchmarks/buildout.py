"""The search for the smallest set of cards against branch and bound: sets evaluated, and time.

Both get the same monotone games: a set passes if it holds one of a few random cores, or, with ``--region``,
if the cards keep as many pairs of the headline goal as all of them do, from station to station.

    python -m benchmarks.buildout [--region guangzhou]
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import numpy as np

from sim.buildout import Rules, cheapest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Passes = Callable[[Bools], Bools]


def branch_and_bound(passes: Passes, costs: NDArray[np.int64], *, margin: int = 0) -> tuple[Bools, int]:
    """Return all cheapest minimal sets up to a margin, bool [sets, cards], and how many sets were evaluated.

    Depth first. A branch holds cards that are in and cards that are open. It ends where it costs too much,
    where all its cards together fail (the monotone bound), or where those that are in pass. Open cards
    without which the rest fails are in; the search branches on the dearest open card, without it first.
    """
    count = len(costs)
    known: dict[bytes, bool] = {}

    def ask(masks: Bools) -> Bools:
        new = {mask.tobytes(): mask for mask in masks if mask.tobytes() not in known}
        if new:
            known.update(zip(new, passes(np.array(list(new.values()))).tolist(), strict=True))
        return np.array([known[mask.tobytes()] for mask in masks], np.bool_)

    found: list[Bools] = []
    best = [float("inf")]
    stack = [(np.zeros(count, np.bool_), np.ones(count, np.bool_))]
    while stack:
        inside, there = stack.pop()
        if costs[inside].sum() > best[0] + margin or not ask(there[None])[0]:
            continue
        free = np.flatnonzero(there & ~inside)
        less = np.repeat(there[None], len(free), axis=0)
        less[np.arange(len(free)), free] = False
        inside = inside.copy()
        if len(free):
            inside[free[~ask(less)]] = True
        cost = int(costs[inside].sum())
        if cost > best[0] + margin:
            continue
        if ask(inside[None])[0]:
            found.append(inside)
            best[0] = min(best[0], cost)
            continue
        free = np.flatnonzero(there & ~inside)
        card = free[np.argmax(costs[free])]
        with_it, without = inside.copy(), there.copy()
        with_it[card], without[card] = True, False
        stack += [(with_it, there), (inside, without)]
    kept = {mask.tobytes(): mask for mask in found if costs[mask].sum() <= best[0] + margin}
    minimal = [
        mask for mask in kept.values()
        if not any((other <= mask).all() and (other != mask).any() for other in kept.values())
    ]  # fmt: skip
    return np.array(minimal, np.bool_).reshape(-1, count), len(known)


def game(cards: int, cores: int, size: int, seed: int) -> tuple[Passes, NDArray[np.int64]]:
    """Return a random monotone game and costs of 1."""
    rng = np.random.default_rng(seed)
    chosen = [rng.choice(cards, rng.integers(2, size + 1), replace=False) for _ in range(cores)]

    def passes(masks: Bools) -> Bools:
        return np.asarray(np.array([masks[:, core].all(axis=1) for core in chosen]).any(axis=0))

    return passes, np.ones(cards, np.int64)


def compared(name: str, passes: Passes, costs: NDArray[np.int64], margin: int) -> str:
    """Return a line that says what both found, in what time."""
    start = time.process_time()
    one = cheapest(passes, Rules.of(costs), margin=margin)
    middle = time.process_time()
    sets, evaluated = branch_and_bound(passes, costs, margin=margin)
    end = time.process_time()
    same = {mask.tobytes() for mask in one.sets} == {mask.tobytes() for mask in sets}
    return (
        f"{name:34} {len(sets):4} sets {'equal' if same else 'DIFFERENT'}   hitting sets {one.evaluated:7} "
        f"{middle - start:7.2f} s   branch and bound {evaluated:7} {end - middle:7.2f} s"
    )


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--region", default="")
    region = parser.parse_args().region
    if region:
        import onehour  # noqa: PLC0415
        from onehour.planning import ground  # noqa: PLC0415

        study = onehour.load(region).scenario("outlook-2035")
        with ground(study, words={"clock": "station"}) as there:
            limit_s = there.limit_s

            def kept(masks: Bools) -> NDArray[np.int64]:
                seconds = there.choices.seconds(masks)
                return np.asarray(((seconds >= 0) & (seconds <= limit_s)).sum(axis=1), np.int64)

            count = len(there.cards)
            most = int(kept(np.ones((1, count), np.bool_))[0])
            for wanted in range(most - 1, most + 1):
                name = f"{region}, {count} cards, {wanted} pairs"
                print(compared(name, lambda masks, w=wanted: kept(masks) >= w, np.ones(count, np.int64), 1))  # type: ignore[misc]
        return
    for cards, cores, size in ((12, 4, 4), (20, 6, 6), (30, 10, 6), (40, 12, 8), (60, 20, 8)):
        name = f"{cards} cards, {cores} cores of up to {size}"
        print(compared(name, *game(cards, cores, size, 1), margin=1))


if __name__ == "__main__":
    main()
