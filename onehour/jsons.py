"""Data as JSON."""

from __future__ import annotations

import json
import math
from typing import Any


def json_text(data: object) -> str:
    """Return data as JSON; a number that is none becomes null.

    Parameters
    ----------
    data
        Mappings, lists and tuples of values of Python, NumPy or pandas.
    """
    return json.dumps(_plain(data), ensure_ascii=False, allow_nan=False, indent=2)


def compact_json(data: object) -> str:
    """Return data as JSON on one line; a number that is none becomes null.

    Parameters
    ----------
    data
        As for `json_text`.
    """
    return json.dumps(_plain(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(data: Any) -> Any:
    """Return data in JSON's own types."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if data is None or type(data).__name__ in {"NAType", "NaTType"}:
        return None
    if hasattr(data, "isoformat"):
        return data.isoformat()
    if hasattr(data, "item"):
        data = data.item()
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data
