"""Whether the rooms of the house are this distribution's own: `network` and `sim` are common names."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

_ROOMS = ("network", "scenarios", "sim")


def check_names(home: Path | None = None) -> None:
    """Raise an error where another distribution owns the name of one of the packages.

    Parameters
    ----------
    home
        Folder that holds the packages; the one that holds `onehour` where not given.

    Raises
    ------
    ImportError
        A package is missing, or Python would import it from somewhere else.
    """
    home = home or Path(__file__).resolve().parents[1]
    for name in _ROOMS:
        spec = find_spec(name)
        folders = [Path(folder).resolve() for folder in (spec and spec.submodule_search_locations) or ()]
        if home / name in folders[:1]:
            continue
        found = (folders[0] if folders else spec and spec.origin) or "nowhere"
        raise ImportError(
            f"onehour needs its own package {name!r} from {home}, but Python finds {found}. "
            "Install onehour into an environment of its own, or run it from a folder without that name."
        )
