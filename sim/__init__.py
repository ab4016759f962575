"""How long it takes: the search kernels, journeys, the goal check and every analysis on top.

Names are loaded when they are first used, so that importing one room of this package (`sim.kernels` above
all) does not load the libraries of the others.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.search import UNREACHED, SearchGraph, Source

__all__ = ["UNREACHED", "SearchGraph", "Source"]

_HOME = {
    "UNREACHED": "sim.search",
    "SearchGraph": "sim.search",
    "Source": "sim.search",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted({*globals(), *_HOME})
