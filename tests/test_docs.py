"""The documents: examples run, and the numbers and files that they name are there."""

import doctest
import re
from pathlib import Path

import pytest

from network.parameters import default_parameters

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("page", ["python.md", "search.md"])
def test_the_examples_in_python_run(page):
    done = doctest.testfile(str(DOCS / page), module_relative=False)
    assert done.attempted > 8
    assert done.failed == 0


def test_every_parameter_of_the_model_s_page_exists():
    text = (DOCS / "model.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([a-z_]+_(?:min|km|kmh|detour))`", text))
    assert len(names) > 20
    assert names <= set(default_parameters())


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
