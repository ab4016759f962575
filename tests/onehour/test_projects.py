"""Project cards as data."""

from onehour.projects import projects_data


def test_cards_say_what_they_change_or_why_not(guangzhou):
    rows = projects_data(guangzhou)
    assert [row["project_id"] for row in rows] == [card.project_id for card in guangzhou.projects()]
    assert all(row["changes"] or (row["no_effect"] and row["reason"]) for row in rows)
    assert all(row["source"] for row in rows)
    assert all(row["opens"] is None or 1900 <= row["opens"] <= 2100 for row in rows)


def test_a_region_without_a_plan_has_no_cards(command, folder):
    done = command("projects", "--region", folder / "line", "--json")
    assert (done.status, done.json) == (0, [])
