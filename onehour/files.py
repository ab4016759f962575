"""Writing files whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

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
    problems += _parent_problems(path)
    try:
        if path.suffix and path.is_dir():
            problems.append(Problem(where, "is a folder", "give the name of a file"))
    except OSError as error:
        problems.append(Problem(where, f"cannot be written: {error.strerror}", "choose another file"))
    return problems


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside `path` to write to, which takes its place when all went well.

    Parameters
    ----------
    path
        The folder to be; the one around it must be there, and it must not be, or be empty.

    Yields
    ------
    Path
        An empty folder.

    Raises
    ------
    BadInputError
        The folder cannot be written; then nothing is left behind.
    """
    try:
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=".onehour-"))
        try:
            yield temporary
            mask = os.umask(0)
            os.umask(mask)
            temporary.chmod(0o777 & ~mask)
            temporary.replace(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise BadInputError(Problem(str(path), what, "choose another folder")) from error


def folder_problems(path: Path) -> list[Problem]:
    """Return why a folder cannot be made, as far as can be seen before the work."""
    where = str(path)
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            return [Problem(where, "is there already", "choose another folder, or remove it first")]
    except OSError as error:
        return [Problem(where, f"cannot be written: {error.strerror}", "choose another folder")]
    return _parent_problems(path)


def _parent_problems(path: Path) -> list[Problem]:
    where, parent = str(path), path.parent
    if not parent.is_dir():
        return [Problem(where, f"the folder {parent} is not there", "make it first")]
    if not os.access(parent, os.W_OK | os.X_OK):
        return [Problem(where, f"the folder {parent} cannot be written to", "choose another")]
    return []


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
