"""The words of pages and pictures, in English and Chinese: ``templates/words.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "zh")


@cache
def words_of(lang: str) -> dict[str, Any]:
    """Return the words in a language; the table ``terms`` has the model's words."""
    text = files("onehour").joinpath("templates", "words.toml").read_text(encoding="utf-8")
    words: dict[str, Any] = tomllib.loads(text)[lang]
    return words
