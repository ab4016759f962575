"""Reading TOML from outside into models, with every problem told: file, key, what is wrong, and the fix."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from network.errors import Problem, suggest
from network.reader import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

Model = TypeVar("Model", bound=BaseModel)


def read_model(path: Path, model: type[Model], problems: list[Problem]) -> Model | None:
    """Return the model that a TOML file holds, or None with every problem added."""
    table = read_toml(path, problems)
    return None if table is None else checked(table, model, path.name, problems)


def checked(table: dict[str, Any], model: type[Model], file: str, problems: list[Problem]) -> Model | None:
    """Return the model of a table, or None with every problem added."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        problems += [_problem(table, model, file, found) for found in error.errors()]
        return None


def _problem(table: dict[str, Any], model: type[BaseModel], file: str, found: Any) -> Problem:
    """Return one of pydantic's errors in the words of this program."""
    path = [part for part in found["loc"] if not _is_tag(part, table)]
    key = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in path)
    what, fix = str(found["msg"]).removeprefix("Value error, "), ""
    if found["type"] == "extra_forbidden":
        known = _keys(model, [part for part in found["loc"][:-1] if isinstance(part, str)])
        what, fix = "is an unknown key", suggest(str(found["loc"][-1]), known)
    elif found["type"] == "missing":
        what, fix = "is missing", "add it"
    elif found["type"] == "union_tag_not_found":
        key, what, fix = f"{key}.type", "is missing", f"add it: {', '.join(_kinds(model))}"
    elif found["type"] == "union_tag_invalid":
        tag, known = str(found["ctx"]["tag"]), _kinds(model)
        key, what, fix = f"{key}.type", f"there is no change {tag!r}", suggest(tag, known)
    elif found["type"] == "literal_error":
        what = f"{found['input']!r} is none of {found['ctx']['expected']}"
    elif found["type"].startswith("date"):
        what, fix = f"{found['input']!r} is no date", "write 2026-11-01, unquoted"
    elif found["type"] == "string_type":
        what, fix = f"{found['input']!r} is no text", "put it in quotes"
    elif found["type"] != "value_error":
        what = f"{found['input']!r}: {what}"[:200]
    return Problem(f"{file}, {key}" if key else file, what, fix)


def _is_tag(part: object, table: dict[str, Any]) -> bool:
    """Whether a part of an error's place is only the name of a kind of change."""
    kinds = {str(change.get("type")) for change in table.get("change", []) if isinstance(change, dict)}
    return isinstance(part, str) and part in kinds


def _kinds(model: type[BaseModel]) -> list[str]:
    """Return the names of all kinds of change."""
    tags = (kind.model_fields.get("type") for kind in _models(model))
    names = (getattr(tag.annotation, "__args__", ()) for tag in tags if tag is not None)
    return sorted({str(name) for many in names for name in many})


def _keys(model: type[BaseModel], path: list[str]) -> list[str]:
    """Return the keys that a table of the model may have at a place."""
    names: set[str] = set()
    for kind in _models(model):
        fields = {field.alias or name for name, field in kind.model_fields.items()}
        tag = kind.model_fields.get("type")
        if not path and kind is model:
            return sorted(fields)
        if tag is not None and getattr(tag.annotation, "__args__", ("",))[0] in path:
            return sorted(fields)
        names |= fields
    return sorted(names)


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a model and the models in it."""
    import scenarios.changes as changes  # noqa: PLC0415, PLR0402

    yield model
    for kind in vars(changes).values():
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not BaseModel:
            yield kind


def data_folder(region_id: str) -> Traversable:
    """Return the folder of a region's cards, scenarios and goals; it need not be there."""
    return files("scenarios").joinpath(region_id)


def content_hash(data: object) -> str:
    """Return the hash of plain data; the order of keys does not count."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
