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
            with temporary.open("rb") as written:
                os.fsync(written.fileno())  # a name that outlives a power cut must not be that of nothing
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise BadInputError(Problem(str(path), what, "choose another file")) from error


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
