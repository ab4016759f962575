"""What the verbs print, at every width."""

import pytest
from rich.cells import cell_len

WIDTHS = (80, 100, 132)
VERBS = (
    ["check"],
    ["route", "at-a", "at-d"],
    ["scenarios"],
    ["projects"],
    ["goals"],
    ["validate"],
)


def widths(text):
    return {cell_len(line.rstrip()) for line in text.splitlines()}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut(command, folder, monkeypatch, verb, width):
    monkeypatch.setenv("COLUMNS", str(width))
    where = [folder / "line"] if verb == ["validate"] else ["--region", folder / "line"]
    done = command(*verb, *where)
    assert done.status == 0
    assert max(widths(done.out)) <= width
    assert "…" not in done.out
    assert "\x1b" not in done.out


@pytest.mark.parametrize("width", WIDTHS)
def test_guangzhou_s_names_fold_and_are_not_cut(command, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    route = command("route", "gz-tianhe", "cr-foshan-west", "--scenario", "today-2026").out
    for text in (route, command("projects").out, command("goals").out, command("regions").out):
        assert max(widths(text)) <= width
        assert "…" not in text


def test_without_a_terminal_the_tables_have_room(command, folder, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    out = command("check", "--region", folder / "line").out
    header = next(line for line in out.splitlines() if line.lstrip().startswith("from"))
    assert header.split() == ["from", "to", "total", "slack", "in", "time", "entry", "wait", "ride", "exit"]
    assert max(widths(out)) <= 132


def test_a_narrow_terminal_keeps_every_part(command, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    out = command("check", "--region", folder / "line").out
    assert all(f"{part}=" in out for part in ("entry", "wait", "ride", "exit"))


def test_check_is_short_enough_to_read(command, folder):
    assert len(command("check", "--region", folder / "line").out.splitlines()) < 75


def test_low_confidence_rows_are_named(checked):
    rows = {row for pair in checked.json["pairs"] for row in pair["low_confidence"]}
    assert all(row.split(" ")[0].endswith(".csv") for row in rows)
