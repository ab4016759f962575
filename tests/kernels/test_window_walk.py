"""Walking on in the window engine, against a loop over single lanes."""

import numpy as np
import pytest

from sim.kernels.window import NEVER, _walk


@pytest.mark.parametrize("lanes", [1, 5, 8, 64, 67])
def test_walks_are_those_of_single_lanes(lanes):
    for seed in range(40):
        rng = np.random.default_rng(seed)
        links, ready, alight, improved = _drawn(rng, int(rng.integers(2, 30)), lanes)
        platforms = len(ready)
        wanted, touched = ready.copy(), {}
        for row, (least, most) in improved.items():
            for end, step_s in links[row]:
                walked_s = alight[row, least : most + 1] + step_s
                if (walked_s < wanted[end, least : most + 1]).any():
                    before = touched.get(end, (lanes, -1))
                    touched[end] = min(before[0], least), max(before[1], most)
                wanted[end, least : most + 1] = np.minimum(wanted[end, least : most + 1], walked_s)
        low, high, found, soon_low, soon_high = np.full((5, platforms), -1, np.int32)
        for row, (least, most) in improved.items():
            low[row], high[row] = least, most
        flat = [(end, step_s) for row in links for end, step_s in row]
        many = _walk(
            np.append(0, np.cumsum([len(row) for row in links])).astype(np.int32),
            *np.array(flat, np.int32).reshape(-1, 2).T.copy(),
            ready, alight, low, high, np.array(list(improved), np.int32), len(improved),
            found, is_touched := np.zeros(platforms, np.bool_), soon_low, soon_high,
        )  # fmt: skip
        np.testing.assert_array_equal(ready, wanted)
        assert {end: (soon_low[end], soon_high[end]) for end in found[:many]} == touched
        assert np.flatnonzero(is_touched).tolist() == sorted(touched)
        assert (high == -1).all()


def _drawn(rng, platforms, lanes):
    """Draw links, times, and which lanes improved where; all other lanes have walked on before."""
    links = [
        [(int(end), int(rng.integers(0, 90))) for end in rng.integers(0, platforms, rng.integers(0, 6))]
        for _ in range(platforms)
    ]
    ready, alight = (np.sort(rng.integers(0, 200, (platforms, lanes)), 1).astype(np.int32) for _ in "ab")
    alight[rng.random(platforms) < 0.2] = NEVER
    improved = {
        int(row): tuple(np.sort(rng.integers(0, lanes, 2)).tolist())
        for row in rng.permutation(platforms)[: rng.integers(0, platforms)]
    }
    for row, ends in enumerate(links):
        least, most = improved.get(row, (lanes, lanes))
        others = np.r_[0:least, most + 1 : lanes]
        for end, step_s in ends:
            ready[end, others] = np.minimum(ready[end, others], alight[row, others] + step_s)
    return links, ready, alight, improved
