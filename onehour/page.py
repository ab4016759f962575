"""The verb `report`: one page in HTML that stands alone, offline, on screens and on paper."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import jinja2

from network.errors import BadInputError, UnknownNameError
from network.graph import PARTS
from network.schema import keys
from onehour.files import output_problems, whole_file
from onehour.fonts import embedded_font
from onehour.numbers import minutes_text, number_or, share_text, signed_text
from onehour.page_sections import analyses_of, analyses_problems, sections_of
from onehour.pagemap import SCALES, page_map
from onehour.report import check_data
from onehour.words import LANGUAGES, words_of
from sim.compare import compare_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from network.errors import Problem
    from network.region import Region
    from onehour.study import Study

    Words = dict[str, str | None]
    Data = dict[str, Any]

ENDINGS = (".html", ".htm")

_MOST_PAIRS = 24
_MOST_CHANGES = 40
_MOST_PLACES = 30


def page_problems(output: Path, lang: str) -> list[Problem]:
    """Return what is wrong with a page's file and language."""
    problems = output_problems(output, ENDINGS)
    if lang not in LANGUAGES:
        problems += UnknownNameError("language", lang, LANGUAGES, where="--lang").problems
    return problems


def write_page(
    studies: Sequence[Study],
    output: Path,
    *,
    goal: str | None = None,
    words: Words | None = None,
    lang: str = "en",
    analyses: Sequence[str] = (),
    tell: Callable[[str], None] | None = None,
) -> Data:
    """Write the report of scenarios to a file; return what it says.

    Parameters
    ----------
    studies
        A region under one or more scenarios; what changes is told against the first.
    output
        An ``.html`` file; its folder must be there.
    goal
        Id of a goal; by default the headline one.
    words
        clock, mode, period, traveller, statistic in place of the goal's own.
    lang
        ``en`` or ``zh``, the language of the page's own words. Names are in both.
    analyses
        Planning analyses to tell too: verbs of `onehour.page_sections.ANALYSES`, made of the last scenario;
        or folders that they wrote.
    tell
        Gets a few words on long work.

    Raises
    ------
    BadInputError
        The file cannot be written so, the language or a word is unknown; lists every problem.
    """
    if problems := page_problems(output, lang) + analyses_problems(analyses):
        raise BadInputError(problems)
    asked = {name: (words or {}).get(name) for name in ("clock", "mode", "period", "traveller", "statistic")}
    checks = [check_data(study, goal, asked) for study in studies]
    verdicts = [study.verdict(goal, paths=True, words=asked) for study in studies]
    told = analyses_of(analyses, studies[-1], goal, asked, tell)
    tables = [compare_pairs(verdicts[0], one) for one in verdicts[1:]]
    html = _page(studies, checks, tables, lang, told)
    with whole_file(output) as file:
        file.write_text(html, encoding="utf-8", newline="\n")
    return {
        "file": str(output),
        "lang": lang,
        "goal": checks[0]["goal"],
        "analyses": [verb for verb, _ in told],
        "scenarios": [
            {"scenario": data["scenario"], "scenario_hash": data["scenario_hash"], **data["headline"]}
            for data in checks
        ],
    }


def _page(
    studies: Sequence[Study],
    checks: Sequence[Data],
    tables: Sequence[pd.DataFrame],
    lang: str,
    analyses: Sequence[tuple[str, Data]] = (),
) -> str:
    """Return the page; `tables` compare each scenario but the first with the first."""
    terms = words_of(lang)
    names = _Names([study.network.region for study in studies])
    parts = [_part(study, data, names.of) for study, data in zip(studies, checks, strict=True)]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("onehour", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"minutes": minutes_text, "signed": signed_text, "share": share_text}
    page = environment.get_template("report.html.j2")
    said: Data = {
        "lang": lang,
        "w": terms,
        "term": lambda word: terms["terms"].get(word, word),
        "name": names.of,
        "parts": parts,
        "part_names": PARTS,
        "readings": _readings(checks),
        "changes": [_changes(parts[0], part, table) for part, table in zip(parts[1:], tables, strict=True)],
        "about": studies[0].area.region.about,
        "goal_text": checks[0]["goal_text"],
        "goal": checks[0]["goal"],
        "limit_min": checks[0]["limit_min"],
        "scales": SCALES,
        "sections": sections_of(analyses, terms["planning"], names.of),
    }
    # written twice: the font holds the signs of the page
    return page.render(font=embedded_font(page.render(font=None, **said)), **said)


class _Names:
    """Both names of every row that has them, in any of the regions."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self._names: dict[str, str] = {}
        for region in regions:
            for table in ("zones", "road_links", "lines", "stations", "places"):
                frame = region.table(table)
                key = "road_id" if table == "road_links" else keys(table)[0]
                for row, zh, en in zip(frame[key], frame["name_zh"], frame["name_en"], strict=True):
                    self._names[str(row)] = f"{zh} {en}".strip() or str(row)

    def of(self, row: str) -> str:
        """Return both names of a row, or its id."""
        return self._names.get(row, row)


# ------------------------------------------------------------------------------------------ a scenario's part


def _part(study: Study, data: Data, name: Callable[[str], str]) -> Data:
    """Return all that the page says of one scenario."""
    pairs = data["pairs"]
    slowest = sorted(
        pairs, key=lambda pair: (-number_or(pair["minutes"], math.inf), pair["origin"], pair["destination"])
    )
    shown = pairs if len(pairs) <= _MOST_PAIRS else slowest[:_MOST_PAIRS]
    longest = max((number_or(pair["minutes"], 0) for pair in shown), default=0)
    top = 1.02 * max(longest, data["limit_min"] or 0, 1)
    region, built = study.network.region, set(study.scenario.cards)
    used = {part for pair in shown for part, minutes in pair["parts_min"].items() if minutes > 0}
    return {
        **data,
        "worst": slowest[0] if slowest else None,
        "shown": [{**pair, "bar": _bar(pair, top)} for pair in shown],
        "limit_at": None if data["limit_min"] is None else round(100 * data["limit_min"] / top, 2),
        "matrix": _matrix(pairs),
        "map": page_map(study, pairs, name),
        "cards": {
            card.project_id: card
            for card in study.scenario.known_cards
            if card.project_id in built and card.changes
        },
        "assumptions": study.applied.assumptions,
        "doubts": _doubts(region, pairs, name),
        "sources": _sources(region, pairs),
        "used_parts": [part for part in PARTS if part in used],
    }


def _bar(pair: Data, top: float) -> list[tuple[str, float, float]]:
    """Return the parts of a time with minutes and width in per cent."""
    return [
        (part, float(minutes), round(100 * float(minutes) / top, 2))
        for part, minutes in pair["parts_min"].items()
        if minutes > 0
    ]


def _matrix(pairs: Sequence[Data]) -> Data | None:
    """Return slack by origin and destination with a strength of colour; None where it is too large."""
    origins = sorted({pair["origin"] for pair in pairs})
    destinations = sorted({pair["destination"] for pair in pairs})
    if len(origins) > _MOST_PLACES or len(destinations) > _MOST_PLACES or not pairs:
        return None
    span = max(30.0, *(min(abs(number_or(pair["slack_min"], 0)), 90.0) for pair in pairs))
    cells = {
        (pair["origin"], pair["destination"]): {
            "slack": pair["slack_min"],
            "kept": pair["kept"],
            "strength": round(0.08 + 0.6 * min(abs(number_or(pair["slack_min"], 90)) / span, 1), 2),
        }
        for pair in pairs
    }
    return {"origins": origins, "destinations": destinations, "cells": cells}


def _doubts(region: Region, pairs: Sequence[Data], name: Callable[[str], str]) -> list[Data]:
    """Return the rows of low confidence that journeys rest on, the most used first."""
    used = Counter(row for pair in pairs for row in pair["low_confidence"])
    tables: dict[str, pd.DataFrame] = {}
    found = []
    for row, count in sorted(used.items(), key=lambda item: (-item[1], item[0])):
        file, _, key = row.partition(" ")
        table = file.removesuffix(".csv")
        if table not in tables:
            frame = region.table(table)
            tables[table] = frame.set_index(frame[list(keys(table))].agg(" ".join, axis=1))
        held = tables[table].loc[key]
        label = held.get("name") or name(key)
        if table == "transfers":
            label = " → ".join(name(end) for end in key.split(" "))
        found.append({"file": file, "row": key, "name": label, "source": held["source"], "pairs": count})
    return found


def _sources(region: Region, pairs: Sequence[Data]) -> list[tuple[str, int]]:
    """Return the sources of the rows that journeys use with how many rows each gives, the most first."""
    used: dict[str, set[str]] = {"services": set(), "stations": set(), "lines": set(), "road_links": set()}
    for stage in (stage for pair in pairs for stage in pair["path"]):
        used["services"].update(stage["services"])
        used["stations"].update([stage["from"], stage["to"], *stage["stops"]])
        used["road_links" if stage["kind"] in {"drive", "taxi"} else "lines"].update(stage["lines"])
    counts: Counter[str] = Counter()
    for table, ids in used.items():
        frame = region.table(table)
        key = "road_id" if table == "road_links" else keys(table)[0]
        counts.update(frame.loc[frame[key].isin(ids), "source"])
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


# -------------------------------------------------------------------------------------- between the scenarios


def _readings(checks: Sequence[Data]) -> dict[str, list[Data]]:
    """Return the readings by places, each with the verdict in every scenario."""
    groups: dict[str, list[Data]] = {}
    for rows in zip(*(data["readings"] for data in checks), strict=True):
        first = rows[0]
        words = {name: first[name] for name in ("clock", "mode", "traveller")}
        groups.setdefault(first["places"], []).append({**words, "verdicts": rows})
    return groups


def _changes(before: Data, after: Data, table: pd.DataFrame) -> Data:
    """Return what changes from one scenario to another: cards, and pairs with times, ways, reasons."""
    rows = table.to_dict("records")
    for row in rows:
        row["turn"] = int(row["kept_after"]) - int(row["kept_before"])
        times = (number_or(row[f"minutes_{when}"], math.inf) for when in ("before", "after"))
        row["better"] = _order(*times)
    changed = sorted(
        (row for row in rows if row["better"]), key=lambda row: -abs(number_or(row["gained_min"], math.inf))
    )
    signs = Counter(row["better"] for row in rows)
    return {
        "before": before,
        "after": after,
        "built": [card for key, card in after["cards"].items() if key not in before["cards"]],
        "removed": [card for key, card in before["cards"].items() if key not in after["cards"]],
        "newly": sum(row["turn"] > 0 for row in rows),
        "lost": sum(row["turn"] < 0 for row in rows),
        "faster": signs[1],
        "slower": signs[-1],
        "same": signs[0],
        "rows": changed[:_MOST_CHANGES],
        "changed": len(changed),
    }


def _order(before: float, after: float) -> int:
    """Return 1 where the time after is less, -1 where it is more, 0 where they are equal."""
    return (before > after) - (before < after)
