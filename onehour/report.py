"""What the verbs print: data for ``--json``, and tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from network.graph import PARTS
from network.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from onehour.study import Area, Study
    from sim.check import Verdict
    from sim.journeys import Stage

Words = dict[str, str | None]

_MOST_DOUBTS = 12


# ------------------------------------------------------------------------------------------------------ check


def check_data(study: Study, goal: str | None, words: Words) -> dict[str, Any]:
    """Return the check as plain data: headline, readings, and the pairs with their journeys.

    Raises
    ------
    BadInputError
        The goal cannot be checked, or a word is unknown.
    """
    aim = study.goal(goal)
    verdict = study.verdict(goal, paths=True, words=words)
    query = verdict.query
    found = study.provenance(query)
    readings = study.readings(goal, **{name: words[name] for name in ("period", "traveller", "statistic")})
    return {
        "region": found["region"],
        "scenario": found["scenario"],
        "title": study.scenario.title,
        "scenario_hash": found["scenario_hash"],
        "region_hash": found["region_hash"],
        "state_hash": found["state_hash"],
        "goal": aim.goal_id,
        "goal_text": aim.text_seed,
        "limit_min": aim.limit_min,
        "headline": {
            "clock": query.clock,
            "mode": query.mode,
            "period": query.period,
            "traveller": query.traveller,
            "statistic": query.statistic,
            "kept": verdict.kept,
            "pairs": verdict.pairs,
            "passing": verdict.passing,
            "people_share": verdict.people_share,
        },
        "readings": readings.to_dict("records"),
        "pairs": [_pair_data(verdict, row) for row in range(verdict.pairs)],
        "provenance": found,
    }


def _pair_data(verdict: Verdict, row: int) -> dict[str, Any]:
    pair = verdict.table.iloc[row]
    stages = verdict.paths[row] if verdict.paths else None
    reached = stages is not None
    return {
        "origin": pair["origin"],
        "destination": pair["destination"],
        "minutes": pair["minutes"],
        "slack_min": pair["slack_min"],
        "kept": bool(pair["kept"]),
        "close": bool(pair["close"]),
        "note": pair["note"],
        "parts_min": {name: pair[f"{name}_min"] for name in PARTS} if reached else {},
        "path": _path_data(stages or ()),
        "low_confidence": sorted({row for stage in stages or () for row in stage.low_confidence}),
    }


def _path_data(stages: Sequence[Stage]) -> list[dict[str, Any]]:
    """Return stages with the minutes since the start at which each begins and ends."""
    data, at_s = [], 0
    for stage in stages:
        begin_s, at_s = at_s, at_s + stage.seconds
        data.append(
            {
                "kind": stage.kind,
                "from": stage.start,
                "to": stage.end,
                "start_min": begin_s / 60,
                "end_min": at_s / 60,
                "parts_min": {name: seconds / 60 for name, seconds in stage.parts_s.items()},
                "lines": list(stage.lines),
                "services": list(stage.services),
                "stops": list(stage.stops),
                "low_confidence": list(stage.low_confidence),
            }
        )
    return data


def print_check(study: Study, data: Mapping[str, Any]) -> None:
    """Print the verdict, the pairs and the readings."""
    console = _console()
    names = _names(study)
    head = data["headline"]
    word = "KEPT 兑现" if head["kept"] else "NOT KEPT 未兑现"
    console.print()
    console.print(Text(f"{data['goal_text']}", style="bold"))
    console.print(f"{data['goal']} · {data['region']} · scenario {data['scenario']}: {data['title']}")
    limit = "no limit" if data["limit_min"] is None else f"limit {data['limit_min']:g} min"
    console.print(
        f"Read as: {head['clock']} · {head['mode']} · {head['period']} · {head['traveller']} traveller · "
        f"{head['statistic']} · {limit}"
    )
    verdict = Text(f"{word}: {head['passing']} of {head['pairs']} pairs within the limit")
    verdict.stylize("bold green" if head["kept"] else "bold red")
    console.print(verdict)
    console.print()
    _print_pairs(console, data["pairs"], names)
    _print_readings(console, data["readings"], names)
    _print_basis(console, data)


def _print_pairs(console: Console, pairs: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """Print pairs with their parts; of many, the slowest."""
    most = 24
    shown = list(pairs)
    title = "Pairs, minutes"
    if len(shown) > most:
        shown = sorted(shown, key=lambda pair: -_or_infinite(pair["minutes"]))[:most]
        title = f"The {most} slowest of {len(pairs)} pairs, minutes"
    used = [name for name in PARTS if any(_number(pair["parts_min"].get(name)) > 0 for pair in shown)]
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in ("from", "to"):
        table.add_column(column, no_wrap=True)
    for column in ("total", "slack", *used):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for pair in shown:
        style = "green" if pair["kept"] else "red"
        flag = pair["note"] or ("close" if pair["close"] else "")
        table.add_row(
            names[pair["origin"]],
            names[pair["destination"]],
            Text(_minutes(pair["minutes"]), style=style),
            Text(_minutes(pair["slack_min"], sign=True), style=style),
            *(_minutes(pair["parts_min"].get(name)) for name in used),
            flag,
        )
    console.print(table)


def _print_readings(
    console: Console, readings: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> None:
    """Print the verdict under every reading."""
    table = Table(
        title="The promise under every reading", box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False
    )
    for column in ("places", "clock", "mode", "traveller", "verdict"):
        table.add_column(column, no_wrap=True)
    for column in ("pairs", "people"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("worst pair, min", no_wrap=True)
    before = ""
    for row in readings:
        if before and row["places"] != before:
            table.add_section()
        before = row["places"]
        pair = f"{names[row['worst_origin']]} → {names[row['worst_destination']]}"
        table.add_row(
            row["places"],
            row["clock"],
            row["mode"],
            row["traveller"],
            Text("kept" if row["kept"] else "not kept", style="green" if row["kept"] else "red"),
            f"{row['passing']}/{row['pairs']}",
            _share(row["people_share"]),
            f"{pair} {_minutes(row['worst_minutes'])}",
        )
    console.print(table)


def _print_basis(console: Console, data: Mapping[str, Any]) -> None:
    """Print hashes, assumed numbers, notes and doubtful rows."""
    found = data["provenance"]
    console.print(
        f"region {data['region_hash']} · scenario {data['scenario_hash']} · state {data['state_hash']} · "
        f"onehour {found['onehour']}",
        style="dim",
    )
    if found["set"]:
        values = ", ".join(f"{name}={value:g}" for name, value in found["set"].items())
        console.print(f"Set for this run: {values}", style="yellow")
    doubts = sorted({row for pair in data["pairs"] for row in pair["low_confidence"]})
    if doubts:
        more = (
            f" and {len(doubts) - _MOST_DOUBTS} more (--json lists all)" if len(doubts) > _MOST_DOUBTS else ""
        )
        console.print(
            f"Low-confidence rows on these paths: {', '.join(doubts[:_MOST_DOUBTS])}{more}", style="dim"
        )
    assumed = ", ".join(f"{row['name']} {row['value']:g}" for row in found["assumed"])
    console.print(f"Assumed numbers (low confidence): {assumed}", style="dim")
    for note in found["notes"]:
        console.print(f"· {note}", style="dim")
    console.print(found["attribution"], style="dim")


# ------------------------------------------------------------------------------------------------------ route


def route_data(study: Study, origin: str, destination: str, words: Words) -> dict[str, Any]:
    """Return a journey as plain data."""
    verdict, stages = study.route(origin, destination, **words)
    row = verdict.table.iloc[0]
    found = study.provenance(verdict.query)
    return {
        "region": found["region"],
        "scenario": found["scenario"],
        "scenario_hash": found["scenario_hash"],
        "region_hash": found["region_hash"],
        "origin": origin,
        "destination": destination,
        "clock": verdict.query.clock,
        "mode": verdict.query.mode,
        "period": verdict.query.period,
        "traveller": verdict.query.traveller,
        "statistic": verdict.query.statistic,
        "minutes": row["minutes"],
        "note": row["note"],
        "parts_min": {} if stages is None else {name: row[f"{name}_min"] for name in PARTS},
        "legs": _path_data(stages or ()),
        "low_confidence": sorted({name for stage in stages or () for name in stage.low_confidence}),
        "provenance": found,
    }


def print_route(study: Study, data: Mapping[str, Any]) -> None:
    """Print a journey."""
    console = _console()
    names = _names(study)
    console.print()
    start, end = (names.get(data[side], data[side]) for side in ("origin", "destination"))
    console.print(Text(f"{start} → {end}: {_minutes(data['minutes'])} min", style="bold"))
    console.print(
        f"{data['scenario']} · {data['clock']} · {data['mode']} · {data['period']} · "
        f"{data['traveller']} traveller · {data['statistic']}"
    )
    if data["note"]:
        console.print(data["note"], style="yellow")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column, justify in (
        ("at", "right"),
        ("min", "right"),
        ("stage", "left"),
        ("from", "left"),
        ("to", "left"),
    ):
        table.add_column(column, justify=justify, no_wrap=column in {"at", "min", "stage"})  # type: ignore[arg-type]
    table.add_column("how")
    for leg in data["legs"]:
        parts = " + ".join(f"{name} {_minutes(value)}" for name, value in leg["parts_min"].items())
        lines = " / ".join(names.get(line, line) for line in leg["lines"][:3])
        lines += f" and {len(leg['lines']) - 3} more" if len(leg["lines"]) > 3 else ""  # noqa: PLR2004
        stops = f"{len(leg['stops']) - 1} stops" if len(leg["stops"]) > 1 else ""
        how = "; ".join(text for text in (lines, stops, parts if "+" in parts else "") if text)
        table.add_row(
            _minutes(leg["start_min"]),
            _minutes(leg["end_min"] - leg["start_min"]),
            leg["kind"],
            names.get(leg["from"], leg["from"]),
            names.get(leg["to"], leg["to"]),
            how,
        )
    console.print(table)
    parts = ", ".join(f"{name} {_minutes(value)}" for name, value in data["parts_min"].items() if value)
    console.print(f"Parts, minutes: {parts or 'none'}")
    if data["low_confidence"]:
        console.print(f"Low-confidence rows: {', '.join(data['low_confidence'])}", style="dim")


# ------------------------------------------------------------------------------------------------------ lists


def goals_data(area: Area) -> list[dict[str, Any]]:
    """Return the goals as plain data."""
    return [
        {
            "goal_id": goal.goal_id,
            "text_seed": goal.text_seed,
            "section": goal.section,
            "scope": goal.scope,
            "limit_min": goal.limit_min,
            "year": goal.year,
            "clock": goal.clock,
            "mode": goal.mode,
            "period": goal.period,
            "statistic": goal.statistic,
            "traveller": goal.traveller,
            "runnable": goal.runnable,
            "reason_not": goal.reason_not,
        }
        for goal in area.goals()
    ]


def print_goals(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the goals."""
    table = Table(title=f"{len(rows)} goals", box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in ("goal", "the plan's words", "limit, min", "checked as, or why not"):
        table.add_column(column, overflow="fold")
    for row in rows:
        how = f"{row['clock']}, {row['mode']}, {row['period']}" if row["runnable"] else row["reason_not"]
        limit = "" if row["limit_min"] is None else f"{row['limit_min']:g}"
        table.add_row(
            row["goal_id"], row["text_seed"], limit, Text(how, style="" if row["runnable"] else "dim")
        )
    _console().print(table)


def region_data(area: Area) -> dict[str, Any]:
    """Return what a region holds, as plain data."""
    about = area.region.about
    return {
        "region": about.region_id,
        "name_zh": about.name_zh,
        "name_en": about.name_en,
        "date": about.date,
        "rows": {table: len(area.region.table(table)) for table in TABLES},
        "licence": about.licence,
        "region_hash": area.region.hash,
    }


def print_regions(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print regions with the numbers of their rows."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("region", "name", "date", "rows", "licence", "hash"):
        table.add_column(column)
    for row in rows:
        counts = ", ".join(f"{name} {count}" for name, count in row["rows"].items() if count)
        table.add_row(
            row["region"], f"{row['name_zh']} {row['name_en']}", str(row["date"] or ""), counts,
            row["licence"], row["region_hash"],
        )  # fmt: skip
    _console().print(table)


def print_frame(title: str, frame: pd.DataFrame) -> None:
    """Print a table of few columns."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in frame:
        table.add_column(str(column).replace("_", " "), overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*("" if value is None or value != value else str(value) for value in row))  # noqa: PLR0124
    _console().print(table)


# ---------------------------------------------------------------------------------------------------- helpers


def _console() -> Console:
    """Return where to print: as wide as the terminal, and wide enough for the tables where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=132)


def _names(study: Study) -> dict[str, str]:
    """Return both names of every place, station, zone and line by id."""
    region = study.network.region
    names = {"": ""}
    for table, key in (
        ("zones", "zone_id"),
        ("stations", "station_id"),
        ("places", "place_id"),
        ("lines", "line_id"),
    ):
        frame = region.table(table)
        for row, chinese, english in zip(frame[key], frame["name_zh"], frame["name_en"], strict=True):
            names[row] = f"{chinese} {english}".strip() or row
    return names


def _minutes(value: float | None, *, sign: bool = False) -> str:
    """Return minutes with one decimal; a dash where there is none."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "–"
    return f"{value:+.1f}" if sign else f"{value:.1f}"


def _share(value: float | None) -> str:
    """Return a share as a percentage; a dash where there is none."""
    return "–" if value is None or value != value else f"{100 * value:.0f} %"  # noqa: PLR0124 - NaN


def _number(value: float | None) -> float:
    """Return a number, 0 where there is none."""
    return 0.0 if value is None or value != value else float(value)  # noqa: PLR0124 - NaN


def _or_infinite(value: float | None) -> float:
    """Return a number, infinity where there is none."""
    return float("inf") if value is None or value != value else float(value)  # noqa: PLR0124 - NaN
