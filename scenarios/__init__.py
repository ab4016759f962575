"""What changes: typed changes, project cards, scenarios and goals; tables in, tables out.

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.apply import Applied, Touched
    from scenarios.cards import Card, get_card, list_cards
    from scenarios.goals import Goal, get_goal, headline_goal, list_goals
    from scenarios.scenario import Scenario, compose, get_scenario, list_scenarios
    from scenarios.schema import json_schema

_HOMES = {
    "Applied": "scenarios.apply",
    "Card": "scenarios.cards",
    "Goal": "scenarios.goals",
    "Scenario": "scenarios.scenario",
    "Touched": "scenarios.apply",
    "compose": "scenarios.scenario",
    "get_card": "scenarios.cards",
    "get_goal": "scenarios.goals",
    "get_scenario": "scenarios.scenario",
    "headline_goal": "scenarios.goals",
    "json_schema": "scenarios.schema",
    "list_cards": "scenarios.cards",
    "list_goals": "scenarios.goals",
    "list_scenarios": "scenarios.scenario",
}

__all__ = [
    "Applied",
    "Card",
    "Goal",
    "Scenario",
    "Touched",
    "compose",
    "get_card",
    "get_goal",
    "get_scenario",
    "headline_goal",
    "json_schema",
    "list_cards",
    "list_goals",
    "list_scenarios",
]


def __getattr__(name: str) -> Any:
    """Load a name of the package on first use."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names of the package."""
    return sorted({*globals(), *__all__})
