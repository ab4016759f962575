"""Writing files whole or not at all, and data as JSON."""

from __future__ import annotations

import json
import math
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from network.errors import BadInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator


def output_problems(path: Path, endings: tuple[str, ...]) -> list[Problem]:
    """Return why a file cannot be written, as far as can be seen before the work.

    Parameters
    ----------
    path
        The file to be.
    endings
        Endings that are known: ``.csv``.
    """
    where = str(path)
    problems = []
    if path.suffix.lower() not in endings:
        problems.append(Problem(where, f"has the ending {path.suffix!r}", f"use {' or '.join(endings)}"))
    if not path.parent.is_dir():
        problems.append(Problem(where, f"the folder {path.parent} is not there", "make it first"))
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        problems.append(Problem(where, f"the folder {path.parent} cannot be written to", "choose another"))
    try:
        if path.suffix and path.is_dir():
            problems.append(Problem(where, "is a folder", "give the name of a file"))
    except OSError as error:
        problems.append(Problem(where, f"cannot be written: {error.strerror}", "choose another file"))
    return problems


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary file beside `path` to write to, which takes its place when all went well.

    Parameters
    ----------
    path
        The file to be; its folder must be there.

    Yields
    ------
    Path
        An empty file with the same ending.

    Raises
    ------
    BadInputError
        The file cannot be written; then what stood there before still does.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".onehour-", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            mask = os.umask(0)
            os.umask(mask)
            temporary.chmod(0o666 & ~mask)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise BadInputError(Problem(str(path), what, "choose another file")) from error


def json_text(data: object) -> str:
    """Return data as JSON; a number that is none becomes null."""
    return json.dumps(_plain(data), ensure_ascii=False, allow_nan=False, indent=2)


def _plain(data: Any) -> Any:
    """Return data in JSON's own types."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if data is None or type(data).__name__ in {"NAType", "NaTType"}:
        return None
    if hasattr(data, "isoformat"):
        return data.isoformat()
    if hasattr(data, "item"):
        data = data.item()
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data
