"""Sections of the page for the planning analyses: made anew, or read from the folders of earlier runs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from network.errors import BadInputError, Problem
from onehour.numbers import minutes_text, share_text, signed_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from onehour.study import Study, Words

    Data = dict[str, Any]
    Name = Callable[[str], str]
    Tell = Callable[[str], None] | None

ANALYSES = {
    "timeline": "timeline.json",
    "attribute": "attribution.json",
    "buildout": "buildout.json",
    "breakeven": "breakeven.json",
    "risk": "risk.json",
}
"""Verbs that a page can have sections of, and the file of data that each writes into its folder."""

_MOST_BYTES = 64 << 20
_MOST_ROWS = 24
_MOST_LEVERS = 3


def analyses_problems(asked: Sequence[str]) -> list[Problem]:
    """Return what is wrong with analyses that are asked for: verbs, or folders of their results."""
    problems = []
    for one in asked:
        if one in ANALYSES:
            continue
        folder = Path(one)
        if not folder.is_dir():
            fix = f"use {', '.join(ANALYSES)}, or a folder that one of them wrote with -o"
            problems.append(Problem("--with", f"{one!r} is no analysis and no folder", fix))
        elif not any((folder / file).is_file() for file in ANALYSES.values()):
            what = f"{one} holds no results"
            problems.append(Problem("--with", what, f"looked for {', '.join(ANALYSES.values())}"))
    return problems


def analyses_of(
    asked: Sequence[str], study: Study, goal: str | None, words: Words, tell: Tell = None
) -> list[tuple[str, Data]]:
    """Return the data of analyses by verb: computed, or read from folders.

    Parameters
    ----------
    asked
        Verbs of `ANALYSES`, or folders that they wrote.
    study
        The region under the scenario that is asked about.
    goal
        Id of a goal; by default the headline one.
    words
        clock, mode, period, traveller, statistic in place of the goal's own.
    tell
        Gets a few words on long work.

    Raises
    ------
    BadInputError
        A file cannot be read; lists every problem.
    """
    problems: list[Problem] = []
    found: list[tuple[str, Data]] = []
    for one in asked:
        if one in ANALYSES:
            found.append((one, _computed(one, study, goal, words, tell)))
            continue
        for verb, file in ANALYSES.items():
            path = Path(one) / file
            if path.is_file():
                data = _read(path, problems)
                basis = (data or {}).get("provenance")
                if isinstance(basis, dict) and basis.get("region_hash") != study.area.region.hash:
                    problems.append(Problem(str(path), "is of another region", "run the analysis again"))
                found += [] if data is None else [(verb, data)]
    if problems:
        raise BadInputError(problems)
    return found


def _computed(verb: str, study: Study, goal: str | None, words: Words, tell: Tell) -> Data:
    """Return the data of a verb, as it writes them."""
    if verb == "timeline":
        from onehour.timeline import course  # noqa: PLC0415 - each is heavy
        from onehour.timeline_report import timeline_data  # noqa: PLC0415

        return timeline_data(course(study, goal, words=words, tell=tell))
    if verb == "attribute":
        from onehour.attribution import shares  # noqa: PLC0415
        from onehour.attribution_report import attribution_data  # noqa: PLC0415

        return attribution_data(shares(study, goal=goal, words=words, tell=tell))
    if verb == "buildout":
        from onehour.buildout import plan  # noqa: PLC0415
        from onehour.buildout_report import buildout_data  # noqa: PLC0415

        return buildout_data(plan(study, goal=goal, words=words, tell=tell))
    if verb == "breakeven":
        from onehour.breakeven import breakeven  # noqa: PLC0415
        from onehour.breakeven_report import breakeven_data  # noqa: PLC0415

        return breakeven_data(breakeven(study, goal, words, tell=tell))
    from onehour.risk import futures, risk_data  # noqa: PLC0415

    return risk_data(futures(study, goal, words=words, tell=tell))


def _read(path: Path, problems: list[Problem]) -> Data | None:
    """Return the data of a file, or None with a problem added."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            problems.append(Problem(str(path), "is larger than 64 MiB", "run the analysis again"))
            return None
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        problems.append(Problem(str(path), f"cannot be read: {error}", "run the analysis again"))
        return None
    return data if isinstance(data, dict) else {}


def sections_of(analyses: Sequence[tuple[str, Data]], words: Mapping[str, Any], name: Name) -> list[Data]:
    """Return the sections of a page: each with a title, its basis, notes and tables of cells.

    Parameters
    ----------
    analyses
        Data by verb, as of `analyses_of`.
    words
        The page's words on planning, in its language.
    name
        Returns both names of a row.

    Raises
    ------
    BadInputError
        Data are not of the form that the verb writes.
    """
    makers = {"timeline": _timeline, "attribute": _attribute, "buildout": _buildout, "breakeven": _breakeven}
    found = []
    for verb, data in analyses:
        try:
            notes, tables = makers.get(verb, _risk)(data, words, name)
            about = {key: data["provenance"][key] for key in _ABOUT}
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            what = f"is damaged, or of another version ({type(error).__name__}: {error})"
            raise BadInputError(Problem(ANALYSES[verb], what, "run the analysis again")) from error
        found.append({"verb": verb, "title": words[verb], "text": words[f"{verb}_text"], "about": about,
                      "notes": notes, "tables": [table for table in tables if table["rows"]]})  # fmt: skip
    return found


_ABOUT = (
    "goal", "scenario", "scenario_hash", "region_hash", "clock", "mode", "period", "traveller", "statistic",
    "limit_min",
)  # fmt: skip


def _table(words: Mapping[str, Any], title: str, keys: str, rows: Sequence[Sequence[Any]]) -> Data:
    """Return a table whose columns are called by `words`; those whose key begins with ``#`` stand right."""
    heads = [{"text": words[key.removeprefix("#")], "number": key.startswith("#")} for key in keys.split()]
    return {"title": title, "columns": heads, "rows": [[_cell(cell) for cell in row] for row in rows]}


def _cell(cell: Any) -> Data:
    return cell if isinstance(cell, dict) else {"text": str(cell), "bar": None, "kind": ""}


def _bar(text: str, share: float, kind: str = "") -> Data:
    """Return a cell with a bar behind its text; the share is from 0 to 1."""
    return {"text": text, "bar": round(100 * min(max(float(share), 0.0), 1.0), 1), "kind": kind}


def _marked(text: str, *, kept: bool) -> Data:
    return {"text": text, "bar": None, "kind": "kept" if kept else "fail"}


def _pair(row: Data, name: Name) -> str:
    return f"{name(str(row['origin']))} → {name(str(row['destination']))}"


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _year(value: Any) -> str:
    return "–" if value is None or value != value else str(int(value))  # noqa: PLR0124 - not a number


# ---------------------------------------------------------------------------------------------- each analysis


def _timeline(data: Data, words: Mapping[str, Any], name: Name) -> tuple[list[str], list[Data]]:
    years = [
        [
            row["year"],
            _bar(f"{row['passing']}/{row['pairs']}", row["passing"] / max(row["pairs"], 1)),
            share_text(_number(row["people_share"])),
            minutes_text(_number(row["worst_minutes"])),
        ]
        for row in data["years"]
    ]
    cards = {card["project_id"]: f"{card['name_zh']} {card['name_en']}".strip() for card in data["cards"]}
    groups: dict[tuple[Any, ...], list[str]] = {}
    for turn in data["turns"]:
        key = turn["year"], turn["kept"], turn["rule"], *turn["by"]
        groups.setdefault(key, []).append(_pair(turn, name))
    turns = [
        [
            year,
            _marked(words["within"] if kept else words["over"], kept=kept),
            len(pairs),
            "; ".join(pairs[:_MOST_LEVERS]) + (" …" if len(pairs) > _MOST_LEVERS else ""),
            (" / " if rule == "alone" else " + ").join(cards.get(one, words["no_card"]) for one in by)
            or words["several_ways"],
        ]
        for (year, kept, rule, *by), pairs in groups.items()
    ]
    notes = [] if turns else [words["no_turn"]]
    return notes, [
        _table(words, "", "#year pairs_kept #people #worst_min", years),
        _table(words, words["turns"], "#year now #pairs which by", turns),
    ]


def _attribute(data: Data, words: Mapping[str, Any], _name: Name) -> tuple[list[str], list[Data]]:
    found = data["provenance"]
    people = found["metric"] == "people"
    unit = "%" if people else {"slack": words["min"]}.get(found["metric"], "")

    def value(number: Any, *, sign: bool = True) -> str:
        scaled = _number(number) * (100 if people else 1)
        text = signed_text(scaled, 1) if sign else f"{scaled:.1f}".replace("-", "−")
        return f"{text} {unit}".strip()

    largest = max((abs(row["shapley"]) for row in data["players"]), default=0) or 1
    rows = [
        [
            f"{row['name_zh']} {row['name_en']}".strip(),
            _year(row["opens"]),
            _bar(value(row["shapley"]), abs(row["shapley"]) / largest, "" if row["shapley"] >= 0 else "fail"),
            share_text(_number(row["share"])),
            value(row["first_in"]),
            value(row["leave_one_out"]),
        ]
        for row in data["players"]
    ]
    notes = [
        words["earned"].format(
            metric=words[found["metric"]], none=value(found["none"], sign=False),
            every=value(found["every"], sign=False), base=found["base"], scenario=found["scenario"],
        )
    ]  # fmt: skip
    notes.append(words["exact" if found["exact"] else "sampled"].format(**{
        key: found[key] for key in ("subsets", "evaluated", "orders")
    }))  # fmt: skip
    return notes, [_table(words, "", "project #opens shapley #share #alone #taken", rows)]


def _buildout(data: Data, words: Mapping[str, Any], name: Name) -> tuple[list[str], list[Data]]:
    found = data["provenance"]
    cards = {row["project_id"]: f"{row['name_zh']} {row['name_en']}".strip() for row in data["used"]}
    notes = [words["in_base"].format(kept=found["in_base"], pairs=found["pairs"], base=found["base"])]
    if found["reached"] < found["wanted"]:
        notes.append(words["most"].format(reached=found["reached"], wanted=found["wanted"]))
    notes.append(words["proven" if found["proven"] else "not_proven"].format(evaluated=found["evaluated"]))
    if found["essential"]:
        names = "; ".join(cards.get(one, one) for one in found["essential"])
        notes.append(words["essential"].format(names=names))
    sets = [
        [
            row["count"],
            _year(row["opens"]),
            "; ".join(cards.get(one, one) for one in row["cards"]) or words["nothing"],
        ]
        for row in data["sets"][:_MOST_ROWS]
    ]
    missed = [
        [
            _pair(row, name),
            minutes_text(_number(row["minutes"]), slack=_number(row["slack_min"])),
            signed_text(_number(row["slack_min"]), 1),
        ]
        for row in data["missed"][:_MOST_ROWS]
    ]
    missed = missed if found["reached"] < found["wanted"] else []
    sets = sets if found["reached"] > found["in_base"] else []  # else no card is of any use
    return notes, [
        _table(words, words["sets"].format(reached=found["reached"]), "#count #opens which_cards", sets),
        _table(words, words["missed"], "pair #minutes #spare", missed),
    ]


def _breakeven(data: Data, words: Mapping[str, Any], name: Name) -> tuple[list[str], list[Data]]:
    pairs: dict[tuple[str, str], list[Data]] = {}
    for row in data["rows"]:
        pairs.setdefault((row["origin"], row["destination"]), []).append(row)
    nearest = sorted(
        pairs.values(),
        key=lambda rows: abs(_number(rows[0]["slack_min"])) if rows[0]["slack_min"] is not None else math.inf,
    )
    rows = []
    for own in nearest[:_MOST_ROWS]:
        first = own[0]
        levers = [row for row in own if row["factor"] is not None and row["factor"] == row["factor"]]
        levers.sort(key=lambda row: abs(math.log(row["factor"])))
        told = [f"{_lever(row, words)} × {row['factor']:.3g}" for row in levers[:_MOST_LEVERS]]
        if len(levers) > _MOST_LEVERS:
            told.append(words["and_more"].format(count=len(levers) - _MOST_LEVERS))
        told += [
            words["stop"].format(where=words[f"at_{row['lever']}"], minutes=f"{row['access_min']:.0f}")
            for row in own
            if row["kind"] == "new stop" and _number(row["access_min"]) >= 0
        ]
        kept = bool(first["kept"])
        slack = _number(first["slack_min"])
        rows.append([
            _pair(first, name), _marked(minutes_text(_number(first["minutes"]), slack=slack), kept=kept),
            signed_text(slack), "; ".join(told) or words["nothing_does"],
        ])  # fmt: skip
    return [], [_table(words, "", "pair #minutes #spare turns_with", rows)]


def _lever(row: Data, words: Mapping[str, Any]) -> str:
    """Return what a lever is called."""
    lever = str(row["lever"])
    own = f"{row['name_zh']} {row['name_en']}".strip() or words["named"].get(lever, lever)
    kind = words["lever"].get(row["kind"], "")
    return f"{kind} {own}".strip()


def _risk(data: Data, words: Mapping[str, Any], name: Name) -> tuple[list[str], list[Data]]:
    years = [
        [
            row["year"],
            _bar(share_text(row["kept_share"]), row["kept_share"]),
            f"{share_text(row['low'])} – {share_text(row['high'])}",
            f"{row['passing']:.1f}/{row['pairs']}",
        ]
        for row in data["years"]
    ]
    last = max(row["year"] for row in data["pairs"])
    pairs = [
        [
            _pair(row, name),
            _bar(share_text(row["share"]), row["share"]),
            f"{share_text(row['low'])} – {share_text(row['high'])}",
            minutes_text(_number(row["median_minutes"])),
            _marked(words["robust"][row["verdict"]], kept=row["verdict"] == "robust pass"),
        ]
        for row in data["pairs"]
        if row["year"] == last
    ]
    inputs = sorted(data["inputs"], key=lambda row: -_number(row["minutes_total"] or 0))
    decide = [
        [
            words["named"].get(row["input"], row["input"]),
            f"{row['low']:g} – {row['high']:g}",
            _index(row["passing_total"]),
            _index(row["minutes_total"]),
        ]
        for row in inputs
    ]  # fmt: skip
    regret = [
        [row["scenario"], f"{row['passing']:.1f}", f"{row['regret_mean']:.1f}", row["regret_most"]]
        for row in data["regret"]
    ]
    found = data["provenance"]
    notes = [words["futures"].format(samples=found["samples"], seed=found["seed"], cards=len(found["cards"]))]
    return notes, [
        _table(words, "", "#year all_kept #interval #on_average", years),
        _table(
            words, words["each_pair"].format(year=last), "pair passes_in #interval #median verdict", pairs
        ),
        _table(words, words["decides"], "input #range on_pairs on_minutes", decide),
        _table(words, words["regret"], "scenario #on_average #regret_mean #regret_most", regret),
    ]


def _index(value: Any) -> Data:
    """Return a cell with a share of the variance."""
    number = _number(value)
    return _cell("–") if math.isnan(number) else _bar(f"{max(number, 0):.2f}", number)
