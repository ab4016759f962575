"""The published JSON Schema of scenario files and project cards."""

from __future__ import annotations

from typing import Any


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario's file, with that of a project card among its definitions."""
    from scenarios.cards import Card  # noqa: PLC0415
    from scenarios.scenario import ScenarioFile  # noqa: PLC0415

    schema = ScenarioFile.model_json_schema()
    card = Card.model_json_schema()
    definitions = {**schema.pop("$defs", {}), **card.pop("$defs", {}), "Card": card}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": definitions}
