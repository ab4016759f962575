"""What the verb `compare` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich.text import Text

from network.graph import PARTS
from onehour.numbers import minutes_text
from onehour.report import names_of, print_frame
from onehour.terminal import console_of, print_basis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from onehour.compare import Comparison

_MOST_PAIRS = 24
_MOST_TOWNS = 12
_WIDE = 120


def print_comparison(found: Comparison) -> None:
    """Print the summary, the pairs with the reasons, the places, and the towns that differ most."""
    console, query, attrs = console_of(), found.query, found.provenance
    names = names_of(found.after, short=console.width < _WIDE)
    told = found.summary
    console.print()
    console.print(Text(f"{found.before.scenario.name} → {found.after.scenario.name}", style="bold"))
    limit = "no limit" if found.limit_min is None else f"limit {found.limit_min:g} min"
    other = attrs["statistic_of_towns"]
    towns = "" if other == query.statistic else f" (towns and areas: {other})"
    console.print(
        f"{attrs['goal']} · {query.clock} · {query.mode} · {query.period} · {query.traveller} traveller · "
        f"{query.statistic}{towns} · {limit}"
    )
    console.print(
        f"{told['pairs_quicker']} of {told['pairs']} pairs quicker, {told['pairs_slower']} slower; "
        f"within the limit {told['pairs_within_before']} → {told['pairs_within_after']}; "
        f"{told['paths_changed']} other paths"
    )
    if told["towns"]:
        console.print(
            f"{told['towns_quicker']} of {told['towns']} towns quicker, {told['towns_slower']} slower; "
            f"{told['people_newly_within']:,} people newly within the limit of a place, "
            f"{told['people_newly_beyond']:,} newly beyond"
        )
    console.print()
    _print_pairs(found, names)
    _print_places(found, names)
    _print_towns(found)
    before = f"{found.before.scenario.name}: scenario {attrs['against_hash']}"
    console.print(f"{before} · state {attrs['against_state_hash']}", style="dim")
    print_basis(console, attrs, attrs["low_confidence"])


def _print_pairs(found: Comparison, names: Mapping[str, str]) -> None:
    """Print the pairs; of many, those that differ most."""
    rows, title = found.pairs, "Pairs, minutes"
    if len(rows) > _MOST_PAIRS:
        order = rows["gained_min"].abs().sort_values(ascending=False, kind="stable").index[:_MOST_PAIRS]
        title = f"The {_MOST_PAIRS} of {len(rows)} pairs that differ most, minutes (--json lists all)"
        rows = rows.loc[order]
    columns: dict[str, Callable[[Any], str]] = {
        "from": lambda row: names.get(row.origin, row.origin),
        "to": lambda row: names.get(row.destination, row.destination),
        "before": lambda row: minutes_text(row.minutes_before),
        "after": lambda row: minutes_text(row.minutes_after),
        "gained": lambda row: _gain(row.gained_min),
        "limit": _newly,
        "why, and change of the parts": lambda row: _why(row, names),
    }
    _print_rows(title, rows, columns, right=("before", "after", "gained"))


def _print_places(found: Comparison, names: Mapping[str, str]) -> None:
    """Print people and area within the limit of each place."""
    if found.limit_min is None:
        return
    columns: dict[str, Callable[[Any], str]] = {
        "place": lambda row: names.get(row.place, row.place),
        "people": lambda row: f"{row.people_before:,} → {row.people_after:,}",
        "gained": lambda row: f"{row.people_gained:+,}",
        "km²": lambda row: f"{row.area_before_km2:,.0f} → {row.area_after_km2:,.0f}",
        "gained km²": lambda row: f"{row.area_gained_km2:+,.0f}",
        "lost km²": lambda row: f"{-row.area_lost_km2:+,.0f}" if row.area_lost_km2 else "",
    }
    title = f"Within {found.limit_min:g} minutes: people of the towns to a place, area from it"
    _print_rows(title, found.places, columns, right=tuple(columns)[1:])


def _print_towns(found: Comparison) -> None:
    """Print the towns that gain and lose most."""
    towns = found.towns
    if towns.empty:
        return
    order = towns["gained_min"].abs().sort_values(ascending=False, kind="stable").index[:_MOST_TOWNS]
    columns: dict[str, Callable[[Any], str]] = {
        "town": lambda row: f"{row.name_zh} {row.name_en}".strip() or row.town,
        "people": lambda row: "" if pd.isna(row.people) else f"{row.people:,}",
        "before": lambda row: minutes_text(row.minutes_before),
        "after": lambda row: minutes_text(row.minutes_after),
        "gained": lambda row: _gain(row.gained_min),
        "places within": lambda row: f"{row.within_before} → {row.within_after}",
    }
    title = f"The {_MOST_TOWNS} of {len(towns)} towns that differ most: mean minutes to the places"
    _print_rows(
        title, towns.loc[order], columns, right=("people", "before", "after", "gained", "places within")
    )


def _print_rows(
    title: str, rows: pd.DataFrame, columns: Mapping[str, Callable[[Any], str]], *, right: Sequence[str]
) -> None:
    """Print rows of a table, with a function a column that writes its cell."""
    cells = [[write(row) for write in columns.values()] for row in rows.itertuples(index=False)]
    print_frame(title, pd.DataFrame(cells, columns=list(columns)), right=right)


def _why(row: Any, names: Mapping[str, str]) -> str:
    """Return why a pair differs: the new lines and the parts that differ most."""
    parts = {part: getattr(row, f"{part}_gained_min") for part in PARTS}
    large = sorted((part for part in PARTS if abs(parts[part]) >= 0.05), key=lambda part: -abs(parts[part]))  # noqa: PLR2004
    texts = [f"{part} {-parts[part]:+.1f}" for part in large[:3]]
    if row.reason in {"line", "road"}:
        first = [line for line in row.lines_new if line in row.lines_after] or row.lines_new
        new = [names.get(line, line) for line in dict.fromkeys(first)]
        more = f" and {len(new) - 2} more" if len(new) > 2 else ""  # noqa: PLR2004
        texts.insert(0, f"by {', '.join(new[:2])}{more}" if new else f"another {row.reason}")
    elif row.reason == "transfer":
        texts.insert(0, f"{row.changes_before} → {row.changes_after} changes")
    elif row.reason == "station":
        texts.insert(0, "another station")
    elif row.reason in {"reached", "cut"}:
        texts.insert(0, {"reached": "no journey before", "cut": "no journey any more"}[row.reason])
    return "; ".join(texts)


def _newly(row: Any) -> str:
    """Return whether a pair came within the limit, fell out of it, or is within all the time."""
    words = {(False, True): "newly within", (True, False): "newly beyond", (True, True): "within"}
    return words.get((bool(row.kept_before), bool(row.kept_after)), "")


def _gain(value: float) -> str:
    """Return minutes gained, with their sign; blank where nothing is."""
    return "" if np.isnan(value) or not value else f"{value:+.1f}"
