"""Write the table of all cards into docs/scenarios.md, between its two marks.

python -m tools.build_cards.table
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import scenarios
from network import get_region
from scenarios.membership import members

DOC = Path("docs/scenarios.md")
BEGIN, END = "<!-- cards: begin -->\n", "<!-- cards: end -->"


def table() -> str:
    """Return the table of all cards, and what each touches where it is built on today's network."""
    region = get_region("guangzhou")
    base = scenarios.get_scenario("today-2026", region)
    cards = scenarios.list_cards("guangzhou")
    inside = {rule: members(cards, rule) for rule in ("committed", "plan")}
    lines = ["| card | opens | in | what it does |", "|---|---|---|---|"]
    for card in cards:
        where = "plan" if card.project_id in inside["plan"] else "outlook"
        if card.project_id in inside["committed"]:
            where = "committed, in part" if inside["committed"][card.project_id] else "committed"
        what = f"{card.no_effect}: {card.reason}"
        if card.changes:
            touched = scenarios.compose(base, build=[card.project_id]).apply(region).touched
            rows: Counter[str] = Counter()
            for one in touched:
                rows.update({name: count for name, count in one.rows.items() if count})
            counted = ", ".join(f"{name} {count}" for name, count in rows.items())
            what = "; ".join(dict.fromkeys(one.words for one in touched)) + f" ({counted})"
        name = card.name_zh or card.name_seed
        lines.append(
            f"| `{card.project_id}` {name} | {card.opens or ''} | {where} | {what} |".replace("  ", " ")
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the table."""
    text = DOC.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOC.write_text(f"{head}{BEGIN}\n{table()}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
