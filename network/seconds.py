"""Whole seconds: the one way of rounding, half up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def whole_s(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return seconds rounded to whole ones, half up."""
    return np.floor(seconds + 0.5).astype(np.int64)


def minutes_s(minutes: float) -> int:
    """Return minutes as whole seconds, half rounded up."""
    return int(np.floor(minutes * 60 + 0.5))
