"""The search kernels: Numba only, arrays in, arrays out.

A kernel knows no tables, no files and no names of places. Each module holds one job; names are loaded when
they are first used, and load numpy and numba alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.kernels._jit import are_stored, available_threads, cache_folder
    from sim.kernels.dijkstra import UNREACHED, many_to_all, many_trees, path_links, path_parts

__all__ = [
    "UNREACHED",
    "are_stored",
    "available_threads",
    "cache_folder",
    "many_to_all",
    "many_trees",
    "path_links",
    "path_parts",
]

_HOME = {
    "UNREACHED": "sim.kernels.dijkstra",
    "many_to_all": "sim.kernels.dijkstra",
    "many_trees": "sim.kernels.dijkstra",
    "path_links": "sim.kernels.dijkstra",
    "path_parts": "sim.kernels.dijkstra",
    "are_stored": "sim.kernels._jit",
    "available_threads": "sim.kernels._jit",
    "cache_folder": "sim.kernels._jit",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted({*globals(), *_HOME})
