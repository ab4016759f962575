"""What importing a room loads, and how kernels are kept where little can be written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("pandas", "scipy.sparse", "networkx", "matplotlib", "shapely", "osmnx", "pydantic")

SEARCH = """
import json, sys, warnings
import numpy as np
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from sim.kernels import dijkstra
i = lambda *values: np.array(values, np.int32)
times = dijkstra.many_to_all(i(0, 1, 1), i(1), i(7), i(0, 1, 2), i(0, 1), i(0, 0))
print(json.dumps([times.tolist(), [str(one.message) for one in caught]]))
"""


def run(code, *, cwd=ROOT, **environment):
    """Run code in a fresh interpreter; return its last line of output, parsed."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=cwd, env={**os.environ, **environment}, check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def loaded(code):
    """Return the heavy libraries, and the rooms of the house, that a statement loads."""
    rooms = ("network", "scenarios", "onehour", "sim.search")
    return run(
        f"{code}\nimport sys, json; print(json.dumps([n for n in {HEAVY + rooms} if n in sys.modules]))"
    )


@pytest.mark.parametrize("code", ["import sim", "import sim.kernels", "import sim.kernels.dijkstra"])
def test_kernels_load_numpy_and_numba_alone(code):
    assert loaded(code) == []


def test_kernels_load_no_library_that_numba_does_not():
    code = "import sys, json, {}; print(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    more = set(run(code.format("sim.kernels.dijkstra"))) - set(run(code.format("numpy, numba")))
    assert {name for name in more if name not in sys.stdlib_module_names} == {"sim"}


def test_search_loads_no_heavy_library():
    assert set(loaded("from sim import SearchGraph")) == {"network", "sim.search"}


@pytest.mark.parametrize("room", ["sim", "sim.kernels"])
def test_lazy_names(room):
    module = pytest.importorskip(room)
    assert set(module.__all__) <= set(dir(module))
    assert all(getattr(module, name) is not None for name in module.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = module.nothing


@pytest.fixture
def locked(tmp_path):
    """Return a copy of the kernels, and an environment, in which no cache folder can be made."""
    house, temporary = tmp_path / "house", tmp_path / "temporary"
    for room in ("sim", "sim/kernels"):
        (house / room).mkdir(parents=True)
        (house / room / "__pycache__").touch()  # a file: stops root too
        for file in (ROOT / room).glob("*.py"):
            shutil.copy(file, house / room)
    temporary.mkdir()
    nowhere = str(house / "sim" / "__pycache__")
    environment = {
        "HOME": nowhere,
        "XDG_CACHE_HOME": nowhere,
        "TMPDIR": str(temporary),
        "NUMBA_CACHE_DIR": "",
    }
    return house, temporary, environment


def test_kernels_fall_back_to_a_temporary_cache_with_one_warning(locked):
    house, temporary, environment = locked
    times, warned = run(SEARCH, cwd=house, **environment)
    assert times == [[0, 7], [2147483647, 0]]
    assert len(warned) == 1
    assert "compiled kernels cannot be stored" in warned[0]
    assert str(temporary) in warned[0]
    kept = {file: file.stat().st_mtime_ns for file in temporary.rglob("*.nb?")}
    assert kept
    assert run(SEARCH, cwd=house, **environment)[0] == times
    assert {
        file: file.stat().st_mtime_ns for file in temporary.rglob("*.nb?")
    } == kept  # loaded, not made anew


def test_a_folder_that_others_can_write_to_is_not_trusted(locked):
    house, temporary, environment = locked
    shared = temporary / f"onehour-kernels-{os.getuid()}"
    shared.mkdir()
    shared.chmod(0o777)
    _, warned = run(SEARCH, cwd=house, **environment)
    assert len(warned) == 1
    assert not any(shared.iterdir())


def test_kernels_run_without_any_cache(locked):
    house, _, environment = locked
    code = "import tempfile; tempfile.tempdir = '/nowhere/at/all'\n" + SEARCH
    times, warned = run(code, cwd=house, **environment)
    assert times == [[0, 7], [2147483647, 0]]
    assert len(warned) == 1
    assert "compiled anew in every run" in warned[0]
