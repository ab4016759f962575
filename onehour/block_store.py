"""A folder of the blocks of a matrix, with a manifest by which a run that was interrupted is taken up."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq

from network.errors import BadInputError, Problem
from onehour.files import whole_file
from onehour.folders import make_folder
from onehour.jsons import json_text

if TYPE_CHECKING:
    from pathlib import Path

    from onehour.block_matrix import Answer, BlockMatrix

MANIFEST = "_manifest.json"
"""Name of the manifest; the underscore keeps it out of datasets that are read by folder."""

_FORMAT = 1
_MOST_BYTES = 64 << 20
_LONGEST = 80


class BlockStore:
    """The folder of the blocks of one matrix.

    Files and manifest are written whole or not at all, a file before the manifest names it, so that a run may
    end at any time. A block counts as done only if its file has the hash that the manifest says.

    Parameters
    ----------
    folder
        Holds the blocks of this matrix, or is empty, or is made.
    matrix
        What the blocks are of.

    Attributes
    ----------
    done
        Rows of the manifest by the number of the block.
    damaged
        Numbers of the blocks that the manifest names and whose files are missing or not what it says.

    Raises
    ------
    BadInputError
        The folder cannot be made or read, or holds something else.
    """

    def __init__(self, folder: Path, matrix: BlockMatrix) -> None:
        self.folder, self.matrix = folder, matrix
        make_folder(folder)
        self.done: dict[int, dict[str, Any]] = {}
        self.damaged: list[int] = []
        for row in self._listed():
            number = row["block"]
            if self._is_whole(number, row):
                self.done[number] = row
            else:
                self.damaged.append(number)

    @property
    def left(self) -> list[int]:
        """Numbers of the blocks that are still to compute."""
        return [number for number in range(self.matrix.count) if number not in self.done]

    def path(self, number: int) -> Path:
        """Return the file of a block."""
        return self.folder / f"block-{number:06}.parquet"

    def add(self, number: int, answer: Answer) -> None:
        """Write a block, then name it in the manifest.

        Raises
        ------
        BadInputError
            A file cannot be written; the blocks that are done stay.
        """
        with whole_file(self.path(number)) as file:
            file.write_bytes(answer.data)
        rows = self.matrix.origins(number)
        self.done[number] = {
            "block": number,
            "file": self.path(number).name,
            "first": self.matrix.ends.ids[rows[0]],
            "last": self.matrix.ends.ids[rows[-1]],
            "rows": answer.rows,
            "reached": answer.reached,
            "bytes": len(answer.data),
            "sha256": hashlib.sha256(answer.data).hexdigest(),
        }
        self.save()

    def save(self) -> None:
        """Write the manifest."""
        held = {
            "format": _FORMAT,
            "matrix": self.matrix.described,
            "blocks": self.matrix.count,
            "done": [self.done[number] for number in sorted(self.done)],
        }
        with whole_file(self.folder / MANIFEST) as file:
            file.write_text(json_text(held) + "\n", encoding="utf-8")

    def table(self) -> pd.DataFrame:
        """Return the rows of the manifest."""
        return pd.DataFrame([self.done[number] for number in sorted(self.done)])

    def join(self, output: Path) -> None:
        """Write all blocks into one Parquet file, a row group a block.

        Raises
        ------
        BadInputError
            The file cannot be written.
        """
        schema = pq.read_schema(self.path(0))
        with whole_file(output) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for number in range(self.matrix.count):
                table = pq.read_table(self.path(number))
                writer.write_table(table, row_group_size=max(1, len(table)))

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder)

    # ---------------------------------------------------------------------------------------------- manifest

    def _listed(self) -> list[dict[str, Any]]:
        """Return the rows of the manifest that is there."""
        path = self.folder / MANIFEST
        if not path.exists():
            self._refuse_others()
            return []
        try:
            with path.open("rb") as file:
                held = json.loads(file.read(_MOST_BYTES))
            matrix, rows = held["matrix"], held["done"]
            known = held["format"] == _FORMAT and isinstance(matrix, dict)
            rows = [row for row in rows if 0 <= row["block"] < self.matrix.count]
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise BadInputError(Problem(str(path), "is no manifest of blocks", _OTHER)) from error
        if not known:
            raise BadInputError(Problem(str(path), "is of another version of onehour", _OTHER))
        asked = json.loads(json_text(self.matrix.described))
        differences = [
            f"{name} {str(matrix.get(name))[:_LONGEST]}, not {str(value)[:_LONGEST]}"
            for name, value in asked.items()
            if matrix.get(name) != value
        ]
        if differences:
            what = f"holds blocks of another matrix: {'; '.join(differences)}"
            raise BadInputError(Problem(str(self.folder), what, _OTHER))
        return rows

    def _refuse_others(self) -> None:
        """Raise an error where the folder holds files that are not blocks."""
        others = [
            file.name for file in self.folder.iterdir() if not file.name.startswith((".onehour-", "block-"))
        ]
        if others:
            what = f"holds other files, as {min(others)}, and no manifest of blocks"
            raise BadInputError(Problem(str(self.folder), what, _OTHER))

    def _is_whole(self, number: int, row: dict[str, Any]) -> bool:
        """Whether the file of a block is what the manifest says."""
        try:
            with self.path(number).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == row.get("sha256")
        except OSError:
            return False


_OTHER = "choose another output, or remove this one"
