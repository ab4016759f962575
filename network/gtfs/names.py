"""Names in two languages: a feed's own, and those of ``translations.txt``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from network.gtfs.feeds import Feed


def names_of(
    feed: Feed, table: str, field: str, ids: pd.Series[str], names: pd.Series[str]
) -> tuple[pd.Series[str], pd.Series[str]]:
    """Return the local and the English names of a table's rows.

    Parameters
    ----------
    feed
        A checked feed; its language, where it says one, tells which of the two its names are.
    table, field
        As ``translations.txt`` has them: ``stops``, ``stop_name``.
    ids, names
        Ids and names of the rows.

    Returns
    -------
    local, english : Series
        Blank where there is none.
    """
    tables = feed.tables
    spoken = [*tables["feed_info"]["feed_lang"], *tables["agency"]["agency_lang"]]
    is_english = next((word for word in spoken if word), "").lower().startswith("en")
    words = tables["translations"]
    words = words[(words["table_name"] == table) & (words["field_name"] == field)]
    words = words[words["language"].str.lower().str.startswith("zh" if is_english else "en")]
    by_id = _first(words, "record_id")
    by_text = _first(words, "field_value")
    found = [by_id.get(one) or by_text.get(name, "") for one, name in zip(ids, names, strict=True)]
    other = pd.Series(found, names.index, dtype="str")
    return (other, names) if is_english else (names, other)


def _first(words: pd.DataFrame, key: str) -> dict[str, str]:
    """Return the first translation by id or text."""
    words = words[words[key] != ""].drop_duplicates(key)
    return dict(zip(words[key], words["translation"], strict=True))
