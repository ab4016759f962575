"""The wheel: what it holds, and that it runs from elsewhere, offline, where nothing can be written."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import onehour
from onehour._names import check_names

ROOT = Path(__file__).parents[1]
ROOMS = ("onehour", "network", "scenarios", "sim")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel, without a package index."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel):
    """Return the names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_rooms_alone(names):
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(ROOMS)
    assert not [name for name in names if "__pycache__" in name or name.endswith((".nbi", ".nbc"))]


def test_the_wheel_holds_every_file_of_the_rooms(names):
    files = {
        file.relative_to(ROOT).as_posix()
        for room in ROOMS
        for file in (ROOT / room).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert len(files) > 30
    assert not files - set(names)


def test_the_wheel_holds_data_schema_and_both_licences(names):
    assert {
        "network/schema.csv",
        "network/parameters.toml",
        "network/runtimes.toml",
        "network/regions/guangzhou/region.toml",
        "network/regions/guangzhou/service_stops.csv",
        "network/regions/guangzhou/districts.geojson",
        "network/regions/guangzhou/LICENCE.md",
    } <= set(names)
    licences = [name.partition("/licenses/")[2] for name in names if "/licenses/" in name]
    assert sorted(licences) == ["LICENSE", "network/regions/guangzhou/LICENCE.md"]


@pytest.fixture(scope="module")
def house(wheel, tmp_path_factory):
    """Install the wheel into a clean environment; return its interpreter's environment and folder.

    The libraries are those of this environment; its own packages, and those of the checkout, are not seen.
    """
    home = tmp_path_factory.mktemp("house")
    venv.create(home / "venv", with_pip=False, symlinks=True)
    site = Path(
        sysconfig.get_path("purelib", vars={"base": str(home / "venv"), "platbase": str(home / "venv")})
    )
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    libraries = home / "libraries"
    libraries.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not re.match(r"(_?onehour|_editable|network$|scenarios$|sim$|__pycache__)", entry.name):
            (libraries / entry.name).symlink_to(entry)
    (site / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    folders = [site, *(entry for entry in site.rglob("*") if entry.is_dir())]
    for folder in folders:
        (folder / "__pycache__").touch()  # a file: no cache can be made here, not even by root
        folder.chmod(folder.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    before = sorted(site.rglob("*"))
    yield home
    assert sorted(site.rglob("*")) == before
    for folder in folders:
        folder.chmod(folder.stat().st_mode | stat.S_IWUSR)
    shutil.rmtree(home)


def run(house, *arguments):
    """Run the environment's interpreter from an empty folder with an empty HOME; return its output."""
    home, elsewhere = house / "empty-home", house / "elsewhere"
    home.mkdir(exist_ok=True)
    elsewhere.mkdir(exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "XDG"))}
    done = subprocess.run(
        [str(house / "venv" / "bin" / "python"), "-B", *arguments],
        cwd=elsewhere,
        env={**environment, "HOME": str(home), "no_proxy": "", "https_proxy": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_region_reads_from_the_wheel(house):
    code = (
        "import network, onehour; region = network.get_region('guangzhou'); "
        "print(network.__file__); print(region.hash)"
    )
    file, region_hash = run(house, "-c", code).split()
    assert Path(file).is_relative_to(house)
    from network.reader import get_region  # noqa: PLC0415

    assert region_hash == get_region("guangzhou").hash


def test_the_search_runs_from_the_wheel(house):
    code = (
        "from sim.search import SearchGraph; "
        "print(SearchGraph.from_arrays([0, 1], [1, 2], [5, 6], 3).times([0]).tolist())"
    )
    assert json.loads(run(house, "-c", code)) == [[0, 5, 11]]


def test_the_fonts_and_tiny_regions_are_there(house):
    code = (
        "from network.testing import line_region; from onehour.fonts import cjk_font; "
        "print(line_region().about.region_id, cjk_font().is_file())"
    )
    assert run(house, "-c", code).split() == ["line", "True"]


def test_the_check_runs_from_the_wheel(house):
    answer = json.loads(run(house, "-m", "onehour", "check", "--json"))
    assert answer["region"] == "guangzhou"
    assert len(answer["pairs"]) == answer["headline"]["pairs"]


def test_names_are_the_house_s_own():
    check_names()
    assert Path(onehour.__file__).parents[1] == ROOT


def test_another_distribution_s_package_is_named(tmp_path):
    with pytest.raises(ImportError) as caught:
        check_names(tmp_path)
    assert str(ROOT / "network") in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "an environment of its own" in str(caught.value)


def test_importing_fails_where_another_package_comes_first(tmp_path):
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").touch()
    done = subprocess.run(
        [sys.executable, "-c", "import onehour"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: onehour needs its own package 'sim'")
    assert str(tmp_path / "sim") in last
