"""Files that are written: what would stop it, said before the work."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from network.errors import Problem
from network.files import whole_file, whole_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["folder_problems", "new_folder_problems", "output_problems", "whole_file", "whole_folder"]


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


def folder_problems(folder: Path) -> list[Problem]:
    """Return why files cannot be written into a folder, which may be still to make in one that is there."""
    there = folder if folder.exists() else folder.parent
    if not there.is_dir():
        what = "is no folder" if folder.exists() else f"the folder {there} is not there"
        return [Problem(str(folder), what, "choose another, or make it first")]
    if not os.access(there, os.W_OK | os.X_OK):
        return [Problem(str(folder), f"the folder {there} cannot be written to", "choose another")]
    return []


def new_folder_problems(path: Path) -> list[Problem]:
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
