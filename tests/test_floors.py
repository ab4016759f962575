"""Imports go downwards only, and the contracts that say so can fail."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("onehour", "network", "scenarios", "sim")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = PROJECT["tool"]["importlinter"]["contracts"]


def lint(folder):
    """Run the contracts on the packages in a folder; return the exit status and the report in one line."""
    done = subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


@pytest.fixture
def house(tmp_path):
    """Return a copy of the packages' code and contracts."""
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            copy = tmp_path / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_contracts_are_kept():
    status, report = lint(ROOT)
    assert status == 0, report
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken" in report


def test_every_contract_can_fail(house):
    wrong = {
        "network/upward.py": "import scenarios\n",
        "scenarios/upward.py": "import sim\n",
        "sim/upward.py": "import onehour\n",
        "sim/printing.py": "import rich\n",
        "scenarios/plotting.py": "import matplotlib.pyplot\n",
        "network/asking.py": "def ask():\n    import typer\n",
        "sim/kernels/tables.py": "import pandas\n",
        "sim/kernels/names.py": "from network import schema\n",
    }
    for name, code in wrong.items():
        (house / name).write_text(code, encoding="utf-8")
    status, report = lint(house)
    assert status == 1
    assert f"Contracts: 0 kept, {len(CONTRACTS)} broken" in report
    for name, code in wrong.items():
        importer = name.removesuffix(".py").replace("/", ".")
        assert importer in report, f"{importer} ({code!r}) is not reported"


def test_the_contract_of_the_kernels_names_every_dependency():
    names = {re.split(r"[^\w-]", line)[0].replace("-", "_") for line in PROJECT["project"]["dependencies"]}
    forbidden = set(next(c for c in CONTRACTS if c["name"].startswith("Kernels know"))["forbidden_modules"])
    data_only = {"pylopdf_fonts_zh_cn", "tzdata"}
    assert names - data_only - {"numpy", "numba"} <= forbidden


def imported(file):
    """Return the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name} imports relatively"
            yield node.module


@pytest.mark.parametrize("file", sorted((ROOT / "sim" / "kernels").glob("*.py")), ids=lambda file: file.name)
def test_kernels_import_numpy_numba_and_the_standard_library_alone(file):
    for module in imported(file):
        top = module.partition(".")[0]
        assert top in {"numpy", "numba", *sys.stdlib_module_names} or f"{module}.".startswith("sim.kernels.")
