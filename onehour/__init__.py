"""The front door: the `onehour` command, the public Python API, the report.

Its names are loaded when they are first used: importing this package loads no library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from onehour._names import check_names

if TYPE_CHECKING:
    from onehour.making import new_region
    from onehour.study import Area, Study, load

check_names()

__all__ = ["Area", "Study", "load", "new_region"]

_HOME = dict.fromkeys(__all__, "onehour.study") | {"new_region": "onehour.making"}


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted({*globals(), *_HOME})
