"""The notebooks run, and what stands in them is what they print now."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def printed(notebook):
    """Return the text that each cell printed or showed; of pictures only that there is one."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert output["output_type"] != "error"
            data = output.get("data", {})
            texts.append("picture" if "image/png" in data else output.get("text", data.get("text/plain")))
    return texts


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 2


@pytest.mark.filterwarnings("default")  # those of the kernel's own libraries are not ours to mend
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_stands_in_it(path):
    stored = nbformat.read(path, as_version=4)
    nbformat.validate(stored)
    fresh = nbformat.read(path, as_version=4)
    for cell in fresh.cells:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    NotebookClient(fresh, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    assert printed(fresh) == printed(stored), "run `make notebooks`, and read whether the prose still holds"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_and_uses_the_public_api_alone(path):
    assert path.stat().st_size < 400_000
    for cell in nbformat.read(path, as_version=4).cells:
        if cell["cell_type"] == "code":
            imported = re.findall(r"^\s*(?:import|from)\s+([\w.]+)", cell["source"], re.MULTILINE)
            assert {name.split(".")[0] for name in imported} <= {"onehour", "pandas", "matplotlib", "pyrosm"}
            assert not re.search(r"\._\w|import _", cell["source"])
