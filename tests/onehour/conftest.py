"""The command in this process, and studies that the tests share."""

import contextlib
import io
import json
import sys
from dataclasses import dataclass

import pytest

from network.testing import line_region, roads_region
from network.writer import write_region


@dataclass
class Done:
    """What a run of the command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        def refuse(word):
            raise AssertionError(f"{word} in JSON")

        return json.loads(self.out, parse_constant=refuse)


def run_command(*words):
    """Run the command; an error that it does not raise on purpose comes through."""
    from onehour.__main__ import main  # noqa: PLC0415

    out, err = io.StringIO(), io.StringIO()
    before, status = sys.argv, 0
    sys.argv = ["onehour", *map(str, words)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        status = end.code or 0
    finally:
        sys.argv = before
    return Done(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def command():
    """Return the runner of the command."""
    return run_command


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Return a folder with the tiny regions `line` and `roads`."""
    home = tmp_path_factory.mktemp("regions")
    write_region(line_region(), home / "line")
    write_region(roads_region(), home / "roads")
    return home


@pytest.fixture(scope="session")
def guangzhou():
    """Return the Guangzhou region."""
    import onehour  # noqa: PLC0415

    return onehour.load("guangzhou")


@pytest.fixture(scope="session")
def today(guangzhou):
    """Return the study of the network of 2026."""
    return guangzhou.scenario("today-2026")


@pytest.fixture(scope="session")
def checked():
    """Return what `onehour check --json` prints, run once."""
    done = run_command("check", "--json")
    assert done.status == 0
    return done
