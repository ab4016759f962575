"""The region and its physics: tables, their schema and checks, roads, and run times.

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from network.reader import get_region, list_regions, read_region
    from network.region import Region
    from network.runtimes import RunTimeModel

__all__ = ["Region", "RunTimeModel", "get_region", "list_regions", "read_region"]

_HOMES = {
    "Region": "network.region",
    "RunTimeModel": "network.runtimes",
    "get_region": "network.reader",
    "list_regions": "network.reader",
    "read_region": "network.reader",
}


def __getattr__(name: str) -> Any:
    """Load a name of the package on first use."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names of the package."""
    return sorted({*globals(), *__all__})
