"""Walking on in the window engine, against a loop over single lanes."""

import numpy as np
import pytest

from sim.kernels.window import NEVER, _walk


@pytest.mark.parametrize("lanes", [1, 5, 8, 64, 67])
def test_walks_are_those_of_single_lanes(lanes):
    for seed in range(40):
        rng = np.random.default_rng(seed)
        platforms = int(rng.integers(2, 30))
        ends = [np.sort(rng.choice(platforms, rng.integers(0, 6))) for _ in range(platforms)]
        link_start = np.append(0, np.cumsum([len(one) for one in ends])).astype(np.int32)
        link_to = np.concatenate(ends).astype(np.int32)
        link_s = rng.integers(0, 90, len(link_to)).astype(np.int32)
        ready, alight = (np.sort(rng.integers(0, 200, (platforms, lanes)), 1).astype(np.int32) for _ in "ab")
        alight[rng.random(platforms) < 0.2] = NEVER
        improved = rng.permutation(platforms)[: rng.integers(0, platforms)].astype(np.int32)
        low, high = np.zeros(platforms, np.int32), np.full(platforms, -1, np.int32)
        for row in improved:
            low[row], high[row] = np.sort(rng.integers(0, lanes, 2))
        for row in range(platforms):  # all other lanes have walked on before
            for link in range(link_start[row], link_start[row + 1]):
                for lane in range(lanes):
                    if not low[row] <= lane <= high[row]:
                        walked_s = alight[row, lane] + link_s[link]
                        ready[link_to[link], lane] = min(ready[link_to[link], lane], walked_s)
        wanted = ready.copy()
        touched: dict[int, tuple[int, int]] = {}
        for row in improved:
            for link in range(link_start[row], link_start[row + 1]):
                end, gains = int(link_to[link]), False
                for lane in range(low[row], high[row] + 1):
                    if alight[row, lane] + link_s[link] < wanted[end, lane]:
                        wanted[end, lane], gains = alight[row, lane] + link_s[link], True
                if gains:
                    least, most = touched.get(end, (lanes, -1))
                    touched[end] = min(least, low[row]), max(most, high[row])
        found, is_touched = np.full(platforms, -1, np.int32), np.zeros(platforms, np.bool_)
        soon = np.zeros((2, platforms), np.int32)
        many = _walk(
            link_start, link_to, link_s, ready, alight, low, high, improved, len(improved),
            found, is_touched, soon[0], soon[1],
        )  # fmt: skip
        np.testing.assert_array_equal(ready, wanted)
        assert {end: (soon[0, end], soon[1, end]) for end in found[:many]} == touched
        assert np.flatnonzero(is_touched).tolist() == sorted(touched)
        assert (high == -1).all()
