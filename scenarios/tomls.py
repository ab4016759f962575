"""Reading TOML from outside into models, with every problem told: file, key, what is wrong, and the fix."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from network.errors import Problem, suggest
from network.reader import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)

_REGION = re.compile(r"[\w-]+")

MAX_FILE_BYTES = 4 * 1024 * 1024
"""Largest file of cards, goals or a scenario that is read."""


def read_model(path: Path, model: type[Model], problems: list[Problem]) -> Model | None:
    """Return the model that a TOML file holds, or None with every problem added."""
    if path.is_file() and path.stat().st_size > MAX_FILE_BYTES:
        what = f"is larger than {MAX_FILE_BYTES >> 20} MiB"
        problems.append(Problem(path.name, what, "split it: a scenario may extend another"))
        return None
    table = read_toml(path, problems)
    return None if table is None else checked(table, model, path.name, problems)


def checked(table: dict[str, Any], model: type[Model], file: str, problems: list[Problem]) -> Model | None:
    """Return the model of a table, or None with every problem added."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        problems += [_problem(table, model, file, found) for found in error.errors(include_url=False)]
        return None


def _problem(table: dict[str, Any], model: type[BaseModel], file: str, found: ErrorDetails) -> Problem:
    """Return one of pydantic's errors in the words of this program."""
    key, owner = _place(table, model, found)
    where = f"{file}, {key}" if key else file
    context, given = found.get("ctx", {}), repr(found["input"])[:80]
    match found["type"]:
        case "extra_forbidden":
            return Problem(where, "is an unknown key", suggest(str(found["loc"][-1]), _keys(owner)))
        case "union_tag_invalid":
            tag = str(context["tag"])
            return Problem(where, f"there is no change {tag!r}", suggest(tag, sorted(_changes())))
        case "union_tag_not_found":
            return Problem(where, "has no type", "write type = …, one of " + ", ".join(_changes()))
        case "missing":
            return Problem(where, "is missing", "add it")
        case "value_error":
            return Problem(where, str(context["error"]), "")
        case "finite_number":
            return Problem(where, f"{given} is no number", "give a finite number")
        case "literal_error":
            return Problem(where, f"{given} is none of {context['expected']}", "use one of them")
        case _:
            message = found["msg"]
            return Problem(where, f"{given} does not fit", message[0].lower() + message[1:])


def _place(table: dict[str, Any], model: type[BaseModel], found: ErrorDetails) -> tuple[str, type[BaseModel]]:
    """Return the key of an error in words, and the model whose key it is."""
    words: list[str] = []
    owner: type[BaseModel] = model
    value: Any = table
    for part in found["loc"]:
        if isinstance(part, int):
            if words:
                words[-1] += f" {part + 1}"
            value = value[part] if isinstance(value, list) and part < len(value) else None
            if isinstance(value, dict):
                owner = _changes().get(str(value.get("type")), owner)
            continue
        if isinstance(value, dict) and value.get("type") == part and words:
            words[-1] += f" ({part})"
            continue
        words.append(part)
        owner = _inside(owner, part) or owner
        value = value.get(part) if isinstance(value, dict) else None
    return ", ".join(words), owner


def _changes() -> dict[str, type[BaseModel]]:
    """Return the model of each type of change."""
    import scenarios.changes as changes  # noqa: PLC0415, PLR0402

    kinds = (*get_args(changes.TableChange), *get_args(changes.CardChange))
    return {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in kinds}


def _keys(model: type[BaseModel]) -> list[str]:
    """Return the keys of a model as they stand in a file."""
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _inside(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """Return the model that a key of another holds, None where it holds none, or several kinds."""
    for name, field in model.model_fields.items():
        if key in {name, field.alias}:
            found = set(_models(field.annotation))
            return found.pop() if len(found) == 1 else None
    return None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def data_folder(region_id: str) -> Traversable:
    """Return the folder of a region's cards, scenarios and goals; it need not be there."""
    plain = _REGION.fullmatch(region_id) is not None
    return files("scenarios").joinpath(region_id if plain else "a region of another name")


def content_hash(data: object) -> str:
    """Return the hash of plain data; the order of keys does not count."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
