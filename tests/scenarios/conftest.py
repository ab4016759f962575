"""Regions that the tests of scenarios share."""

from __future__ import annotations

import pytest

import scenarios
from network import get_region
from network.testing import line_region


@pytest.fixture(scope="session")
def guangzhou():
    return get_region("guangzhou")


@pytest.fixture(scope="session")
def shipped(guangzhou):
    """Return the shipped scenarios with what applying them gave."""
    found = {}
    for name in scenarios.list_scenarios("guangzhou"):
        scenario = scenarios.get_scenario(name, guangzhou)
        found[name] = (scenario, scenario.apply(guangzhou))
    return found


@pytest.fixture(scope="session")
def line():
    return line_region()


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a scenario's file and gives its path."""

    def write(text, name="mine.toml"):
        path = tmp_path / name
        path.write_text('name = "mine"\ntitle = "Mine"\n' + text, encoding="utf-8")
        return str(path)

    return write
