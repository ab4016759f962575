"""The page on scenarios says what the program does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import scenarios
from scenarios.changes import CardChange, TableChange

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def test_the_example_loads_and_applies(guangzhou, tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "example.toml"
    path.write_text(example, encoding="utf-8")
    found = scenarios.get_scenario(str(path), guangzhou)
    assert "my_line" in found.cards
    assert "fs_metro4" not in found.cards
    assert found.apply(guangzhou).region.stations["station_id"].eq("mine").any()


def test_every_type_of_change_is_listed():
    listed = set(re.findall(r"`([a-z-]+)`", PAGE[PAGE.index("| type |") : PAGE.index("**Headways.**")]))
    for kind in (*get_args(TableChange), *get_args(CardChange)):
        assert get_args(kind.model_fields["type"].annotation)[0] in listed


def test_every_card_is_listed():
    table = PAGE[PAGE.index("<!-- cards: begin -->") :]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [
        card.project_id for card in scenarios.list_cards("guangzhou")
    ]


def test_the_counts_of_cards_are_right(shipped):
    counts = dict(re.findall(r"^\| ([a-z]+-[a-z-]*\d{4}) \|.*\| (\d+) \|$", PAGE, re.MULTILINE))
    assert counts == {name: str(len(one.cards)) for name, (one, _) in shipped.items() if name in counts}
    assert len(counts) == 4
