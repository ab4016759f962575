"""The files of a feed, from an archive or folder that nobody vouches for: bounded, and never unpacked."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

from network.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

MAX_ENTRIES = 1_000
"""Most entries of an archive."""

MAX_FILE_BYTES = 2**30
"""Largest file of a feed, bytes when unpacked."""

MAX_FEED_BYTES = 2**31
"""Largest feed: the files that are read together, bytes when unpacked."""

MAX_RATIO = 250
"""How many times smaller a packed file may be: stop times shrink twentyfold, bombs a thousandfold."""

_SMALL_BYTES = 2**20
"""The ratio of files up to this size does not matter."""

_ENCRYPTED = 0x1


def read_files(path: Path, names: Collection[str], problems: list[Problem]) -> dict[str, bytes]:
    """Return the files of a feed.

    Parameters
    ----------
    path
        A zip archive or a folder, with the files at its top.
    names
        Names of the files that are wanted, such as ``stops.txt``; those that are not there are left out.
    problems
        Gets what is wrong, each with the feed's name and that of the file in it.

    Returns
    -------
    dict
        The bytes of each file by its name. What is not wanted is there as well, without its bytes.
    """
    try:
        if path.is_dir():
            return _from_folder(path, names, problems)
        with zipfile.ZipFile(path) as archive:
            return _from_archive(path.name, archive, names, problems)
    except zipfile.BadZipFile:
        problems.append(Problem(path.name, "is no zip archive", "a feed is a zip of .txt files, or a folder"))
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        problems.append(Problem(path.name, what, "check its name and rights"))
    except (ValueError, NotImplementedError) as error:
        problems.append(Problem(path.name, f"is a damaged archive: {error}", "fetch it again"))
    return {}


def _from_folder(path: Path, names: Collection[str], problems: list[Problem]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = MAX_FEED_BYTES
    for file in sorted(path.iterdir()):
        if not file.is_file():
            continue
        files[file.name] = b""
        if file.name in names:
            size = file.stat().st_size
            if _is_too_large(f"{path.name}/{file.name}", size, left, problems):
                continue
            files[file.name] = file.read_bytes()[:MAX_FILE_BYTES]
            left -= size
    return files


def _from_archive(
    feed: str, archive: zipfile.ZipFile, names: Collection[str], problems: list[Problem]
) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_ENTRIES:
        what = f"holds {len(entries)} files, more than {MAX_ENTRIES}"
        problems.append(Problem(feed, what, "a feed has one file a table"))
        return {}
    before = len(problems)
    files: dict[str, bytes] = {}
    left = MAX_FEED_BYTES
    for entry in entries:
        name, where = entry.filename, f"{feed}/{entry.filename}"
        if _leads_out(name):
            problems.append(Problem(where, "leads out of the archive", "do not trust this archive"))
        elif name in files:
            problems.append(Problem(where, "stands twice in the archive", "remove one of them"))
        else:
            files[name] = b""
            if name in names and not _is_refused(where, entry, left, problems):
                files[name] = _content(where, archive, entry, problems)
                left -= len(files[name])
    if len(problems) == before and not names & files.keys():
        inside = next((name for name in files if name.rpartition("/")[2] in names), None)
        if inside is not None:
            folder = inside.rpartition("/")[0]
            what = f"holds its files in the folder {folder!r}"
            problems.append(Problem(feed, what, "zip the files themselves, not their folder"))
    return files


def _leads_out(name: str) -> bool:
    """Return whether an entry would be unpacked elsewhere: none is, but such an archive means harm."""
    return name.startswith(("/", "\\")) or ":" in name[:2] or ".." in name.replace("\\", "/").split("/")


def _is_refused(where: str, entry: zipfile.ZipInfo, left: int, problems: list[Problem]) -> bool:
    if entry.flag_bits & _ENCRYPTED:
        problems.append(Problem(where, "is encrypted", "make an archive without a password"))
        return True
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        problems.append(Problem(where, "is packed by an unusual method", "zip it by deflate, the usual one"))
        return True
    if entry.file_size > _SMALL_BYTES and entry.file_size > MAX_RATIO * entry.compress_size:
        what = f"unpacks to more than {MAX_RATIO} times its size"
        problems.append(Problem(where, what, "do not trust this archive"))
        return True
    return _is_too_large(where, entry.file_size, left, problems)


def _is_too_large(where: str, size: int, left: int, problems: list[Problem]) -> bool:
    if size > min(left, MAX_FILE_BYTES):
        most = MAX_FILE_BYTES if size > MAX_FILE_BYTES else MAX_FEED_BYTES
        what = f"has {size / 2**20:.0f} MiB; {'a file' if most == MAX_FILE_BYTES else 'a feed'} may have"
        problems.append(Problem(where, f"{what} {most / 2**20:g}", "take a part of the feed"))
        return True
    return False


def _content(where: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, problems: list[Problem]) -> bytes:
    """Return the bytes of an entry; no more are unpacked than its header says."""
    try:
        with archive.open(entry) as file:
            return file.read(entry.file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        problems.append(Problem(where, f"is damaged: {error}", "fetch the archive again"))
        return b""
