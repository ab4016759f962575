"""What a long run has found so far, kept in a folder, so that the run can be taken up again."""

from __future__ import annotations

import time
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from onehour.files import whole_file
from onehour.folders import make_folder
from scenarios.tomls import content_hash

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

_EVERY_S = 10.0
_SHARE = 20
_MOST_BYTES = 2 << 30


class Store:
    """Arrays by name in one file; within a ``with`` block they are written when it ends, or breaks off.

    The file's name carries a hash of all that the arrays depend on, so that another region, scenario, card,
    query or version of the program never reads it. A file that is damaged counts as none: it is written anew.

    Parameters
    ----------
    folder
        Where the file is; made where it is not there. None: nothing is read or written, only remembered.
    kind
        Begin of the file's name.
    key
        All that the arrays depend on, as plain data.

    Raises
    ------
    BadInputError
        The folder cannot be made.
    """

    def __init__(self, folder: Path | None, kind: str, key: object) -> None:
        self.path = None if folder is None else folder / f"{kind}-{content_hash(key)[:16]}.npz"
        self._arrays: dict[str, NDArray[Any]] = {}
        self._is_new = False
        self._next_s = time.monotonic() + _EVERY_S
        if folder is not None:
            make_folder(folder)
            self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.save()

    def _read(self) -> None:
        """Read the file, if it is there and whole."""
        if self.path is None or not self.path.is_file() or self.path.stat().st_size > _MOST_BYTES:
            return
        try:
            with self.path.open("rb") as bytes_, np.load(bytes_, allow_pickle=False) as file:
                if sum(member.file_size for member in file.zip.infolist()) <= _MOST_BYTES:
                    self._arrays = {name: file[name] for name in file.files}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zipfile.LargeZipFile):
            self._arrays = {}

    def get(self, name: str, kind: str, shape: tuple[int | None, ...]) -> NDArray[Any] | None:
        """Return an array; None where there is none, or it is of another kind or shape.

        Parameters
        ----------
        name
            Its name.
        kind
            Type of its elements, such as ``int64``; ``str`` of any length.
        shape
            Its shape; None is any length.
        """
        found = self._arrays.get(name)
        if found is None or found.ndim != len(shape):
            return None
        same = found.dtype.kind == "U" if kind == "str" else found.dtype == np.dtype(kind)
        fits = all(want in (None, have) for want, have in zip(shape, found.shape, strict=True))
        return found if same and fits else None

    def put(self, **arrays: NDArray[Any]) -> None:
        """Keep arrays by name; now and then the file is written, the rarer the dearer that is."""
        self._arrays |= arrays
        self._is_new = True
        if self.is_due:
            self.save()

    @property
    def is_due(self) -> bool:
        """Whether what is new is to be written."""
        return time.monotonic() >= self._next_s

    def save(self) -> None:
        """Write what is known, whole or not at all."""
        if self.path is None or not self._is_new:
            return
        start = time.monotonic()
        with whole_file(self.path) as file, file.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **self._arrays)
        self._is_new = False
        end = time.monotonic()
        self._next_s = end + max(_EVERY_S, _SHARE * (end - start))
