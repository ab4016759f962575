"""The verb `doctor`: what this machine has of what the program needs."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Any

from onehour.fonts import NO_FONT, cjk_font

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z0-9._-]+")

#: What is needed, where the program runs from its folder without being installed.
_DISTRIBUTIONS = (
    "fontTools",
    "geopandas",
    "h5py",
    "jinja2",
    "matplotlib",
    "networkx",
    "numba",
    "numpy",
    "osmium",
    "osmnx",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyogrio",
    "pyproj",
    "rich",
    "scipy",
    "shapely",
    "typer",
)


def doctor_data() -> dict[str, Any]:
    """Return versions, font, cache of kernels and threads of this machine, as plain data.

    Returns
    -------
    dict
        ``onehour``, ``python``, ``machine``, ``versions`` by distribution (None: not installed), ``font``
        (file, or None), ``kernels`` (folder, whether it can be written to, whether compiled kernels lie in
        it), ``threads`` (processors, threads of a parallel kernel, threading layer), and ``problems``:
        sentences on what should be mended.
    """
    import sim.kernels.dijkstra  # noqa: F401, PLC0415 - its kernels tell where they are stored
    from sim.kernels import are_stored, available_threads, cache_folder  # noqa: PLC0415

    versions = {name: _version(name) for name in _distributions()}
    font = cjk_font()
    stored = are_stored()
    folder = cache_folder()
    problems = [f"{name} is not installed" for name, found in versions.items() if found is None]
    problems += [] if font else [NO_FONT]
    if not folder:
        problems.append("compiled kernels are not stored: every run compiles them anew")
    return {
        "onehour": _version("onehour"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": versions,
        "font": None if font is None else str(font),
        "kernels": {"folder": folder or None, "stored": stored and bool(folder)},
        "threads": {
            "processors": os.cpu_count(),
            "of_a_kernel": available_threads(),
            "layer": _threading_layer(),
        },
        "problems": problems,
    }


def _distributions() -> tuple[str, ...]:
    """Return the names of the distributions that the program needs."""
    try:
        lines = requires("onehour") or ()
    except PackageNotFoundError:
        return _DISTRIBUTIONS
    names = (_NAME.match(line) for line in lines if "extra ==" not in line)
    return tuple(sorted(name[0] for name in names if name))


def _version(name: str) -> str | None:
    """Return the version of an installed distribution."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _threading_layer() -> str:
    """Return the threading layer that a parallel kernel takes; it is chosen when one first runs."""
    import numpy as np  # noqa: PLC0415
    from numba import threading_layer  # type: ignore[attr-defined]  # noqa: PLC0415

    from sim.search import SearchGraph  # noqa: PLC0415

    SearchGraph.from_arrays(np.array([0]), np.array([1]), np.array([1]), 2).times([0, 1])
    try:
        return str(threading_layer())
    except ValueError:
        return "none has run"


def print_doctor(data: Mapping[str, Any]) -> None:
    """Print what `doctor_data` found."""
    from onehour.terminal import console_of  # noqa: PLC0415

    console = console_of()
    kernels, threads = data["kernels"], data["threads"]
    console.print(f"onehour   {data['onehour'] or 'not installed'}", highlight=False)
    console.print(f"Python    {data['python']} ({sys.executable})", highlight=False)
    console.print(f"machine   {data['machine']}", highlight=False)
    console.print(f"font      {data['font'] or 'none with Chinese characters'}", highlight=False)
    stored = "compiled kernels are there" if kernels["stored"] else "empty: the first search compiles"
    console.print(f"kernels   {kernels['folder'] or 'not stored'} ({stored})", highlight=False)
    console.print(
        f"threads   {threads['of_a_kernel']} of {threads['processors']} processors, layer {threads['layer']}",
        highlight=False,
    )
    versions = ", ".join(f"{name} {found or 'missing'}" for name, found in data["versions"].items())
    console.print(f"libraries {versions}", highlight=False)
    for problem in data["problems"]:
        console.print(f"! {problem}", style="yellow", highlight=False)
    if not data["problems"]:
        console.print("No problem found.")
