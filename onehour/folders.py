"""Folders of results: tables, data and a picture, the same for all verbs that write several files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from network.errors import BadInputError, Problem
from onehour import style as look
from onehour.files import whole_file
from onehour.jsons import json_text
from onehour.matrix import write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes


def write_all(
    folder: Path, name: str, tables: Mapping[str, pd.DataFrame], data: Mapping[str, Any], axes: Axes
) -> list[str]:
    """Write tables, data and a picture into a folder; return the names of the files.

    Raises
    ------
    BadInputError
        A file cannot be written.
    """
    make_folder(folder)
    names = []
    for title, table in tables.items():
        names.append(f"{title}.csv")
        write_rows(table, folder / names[-1])
    names.append(f"{name}.json")
    with whole_file(folder / names[-1]) as file:
        file.write_text(json_text(data) + "\n", encoding="utf-8")
    for ending in (".png", ".svg"):
        names.append(f"{name}{ending}")
        look.save(axes, folder / names[-1])
    return names


def make_folder(folder: Path) -> None:
    """Make a folder where it is not there.

    Raises
    ------
    BadInputError
        It cannot be made.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        what = f"cannot be made: {error.strerror or error}"
        raise BadInputError(Problem(str(folder), what, "choose another")) from error
