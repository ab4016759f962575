"""What the verbs print: data for ``--json``, and tables for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.measure import Measurement
from rich.text import Text

from network.graph import PARTS
from network.schema import TABLES
from onehour.numbers import minutes_text, number_or, share_text
from onehour.terminal import (
    console_of,
    empty_table,
    print_basis,
    print_doubts,
    print_set,
    print_ways,
    statistic_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from rich.console import Console, JustifyMethod
    from rich.table import Table

    from onehour.study import Area, Study
    from sim.check import Verdict
    from sim.results import Stage

Words = dict[str, str | None]

_MOST_PAIRS = 24


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
    readings = study.readings(
        goal, **{name: words.get(name) for name in ("period", "traveller", "statistic", "timing")}
    )
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
            "timing": query.timing,
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
        "reliability": pair.get("reliability"),
        "parts_min": {name: pair[f"{name}_min"] for name in PARTS} if reached else {},
        "binding_part": max(PARTS, key=lambda name: pair[f"{name}_min"]) if reached else None,
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
    console = console_of()
    head = data["headline"]
    word = "KEPT 兑现" if head["kept"] else "NOT KEPT 未兑现"
    console.print()
    console.print(Text(f"{data['goal_text']}", style="bold"))
    console.print(f"{data['goal']} · {data['region']} · scenario {data['scenario']}: {data['title']}")
    limit = "no limit" if data["limit_min"] is None else f"limit {data['limit_min']:g} min"
    console.print(
        f"Read as: {head['clock']} · {head['mode']} · {head['period']} · {head['traveller']} traveller · "
        f"{statistic_text(head)} · {limit}"
    )
    verdict = Text(f"{word}: {head['passing']} of {head['pairs']} pairs within the limit")
    verdict.stylize("bold green" if head["kept"] else "bold red")
    console.print(verdict)
    console.print()
    _print_pairs(console, data["pairs"], study)
    _print_readings(console, data["readings"], study)
    doubts = sorted({row for pair in data["pairs"] for row in pair["low_confidence"]})
    print_basis(console, data["provenance"], doubts)


def _print_pairs(console: Console, pairs: Sequence[Mapping[str, Any]], study: Study) -> None:
    """Print pairs with their parts; of many, the slowest. Narrow terminals get fewer columns."""
    shown = list(pairs)
    title = "Pairs, minutes"
    if len(shown) > _MOST_PAIRS:
        shown = sorted(shown, key=lambda pair: -number_or(pair["minutes"], math.inf))[:_MOST_PAIRS]
        title = f"The {_MOST_PAIRS} slowest of {len(pairs)} pairs, minutes (--json lists all)"
    used = [name for name in PARTS if any(number_or(pair["parts_min"].get(name), 0) > 0 for pair in shown)]
    long, short = names_of(study), names_of(study, short=True)
    _print_first_that_fits(
        console,
        lambda: _pairs_table(title, shown, long, used),
        lambda: _pairs_table(title, shown, short, used),
        lambda: _pairs_table(title, shown, short, used, folded=True),
    )


def _pairs_table(
    title: str,
    pairs: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    used: Sequence[str],
    *,
    folded: bool = False,
) -> Table:
    """Return the table of pairs, with a column a part, or all parts folded into one column."""
    table = empty_table(title)
    for column in ("from", "to"):
        table.add_column(column, overflow="fold")
    shares = ["in time"] if any(pair["reliability"] is not None for pair in pairs) else []
    for column in ("total", "slack", *shares, *(() if folded else used)):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("parts" if folded else "", overflow="fold")
    for pair in pairs:
        style = "green" if pair["kept"] else "red"
        parts = {name: pair["parts_min"].get(name) for name in used}
        flag = pair["note"] or ("close" if pair["close"] else "")
        if folded:
            text = ", ".join(
                f"{name}={minutes_text(value)}" for name, value in parts.items() if number_or(value, 0)
            )
            cells = [f"{flag}: {text}" if flag and text else flag or text]
        else:
            cells = [*map(minutes_text, parts.values()), flag]
        table.add_row(
            names.get(pair["origin"], pair["origin"]),
            names.get(pair["destination"], pair["destination"]),
            Text(minutes_text(pair["minutes"], slack=pair["slack_min"]), style=style),
            Text(minutes_text(pair["slack_min"], sign=True), style=style),
            *(share_text(pair["reliability"]) for _ in shares),
            *cells,
        )
    return table


def _print_readings(console: Console, readings: Sequence[Mapping[str, Any]], study: Study) -> None:
    """Print the verdict under every reading."""
    long, short = names_of(study), names_of(study, short=True)
    _print_first_that_fits(
        console,
        lambda: _readings_table(readings, long),
        lambda: _readings_table(readings, short),
        lambda: _readings_table(readings, short, narrow=True),
    )


def _readings_table(
    readings: Sequence[Mapping[str, Any]], names: Mapping[str, str], *, narrow: bool = False
) -> Table:
    """Return the table of readings; a traveller other than the random one stands beside the mode.

    A narrow one has the places in rows of their own, and no column `kept`: the pairs tell it.
    """
    table = empty_table("The promise under every reading")
    for column in ("clock", "mode") if narrow else ("places", "clock", "mode", "kept"):
        table.add_column(column, no_wrap=True)
    for column in ("pairs", "people"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("worst pair", overflow="fold")
    table.add_column("min", justify="right", no_wrap=True)
    before = ""
    for row in readings:
        if before and row["places"] != before:
            table.add_section()
        first, before = row["places"] != before, row["places"]
        mode = row["mode"] if row["traveller"] == "random" else f"{row['mode']}, {row['traveller']}"
        ends = [names.get(row[f"worst_{end}"], row[f"worst_{end}"]) for end in ("origin", "destination")]
        style = "green" if row["kept"] else "red"
        if narrow and first:
            table.add_row("", Text(row["places"], style="bold"))
        table.add_row(
            *(() if narrow else (row["places"] if first else "",)),
            row["clock"],
            mode,
            *(() if narrow else (Text("yes" if row["kept"] else "no", style=style),)),
            Text(f"{row['passing']}/{row['pairs']}", style=style),
            share_text(row["people_share"]),
            " → ".join(ends) if all(ends) else "",
            minutes_text(row["worst_minutes"]),
        )
    return table


# ------------------------------------------------------------------------------------------------------ route


def route_data(
    study: Study, origin: str, destination: str, words: Words, *, within_min: float | None = None
) -> dict[str, Any]:
    """Return a journey as plain data."""
    verdict, stages = study.route(origin, destination, within_min=within_min, **words)
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
        "timing": verdict.query.timing,
        "minutes": row["minutes"],
        "within_min": within_min,
        "reliability": row.get("reliability"),
        "note": row["note"],
        "parts_min": {} if stages is None else {name: row[f"{name}_min"] for name in PARTS},
        "legs": _path_data(stages or ()),
        "low_confidence": sorted({name for stage in stages or () for name in stage.low_confidence}),
        "provenance": found,
    }


def print_route(study: Study, data: Mapping[str, Any]) -> None:
    """Print a journey."""
    console = console_of()
    names = names_of(study)
    console.print()
    start, end = (names.get(data[side], data[side]) for side in ("origin", "destination"))
    console.print(Text(f"{start} → {end}: {minutes_text(data['minutes'])} min", style="bold"))
    console.print(
        f"{data['scenario']} · {data['clock']} · {data['mode']} · {data['period']} · "
        f"{data['traveller']} traveller · {statistic_text(data)}"
    )
    print_ways(console, data["provenance"])
    if data["within_min"] is not None:
        share = share_text(data["reliability"])
        console.print(f"Within {data['within_min']:g} min: {share} of the {_departures(data)}")
    print_set(console, data["provenance"])
    if data["note"]:
        console.print(data["note"], style="yellow")
    if not data["legs"]:
        return
    table = empty_table("")
    for column in ("at", "min"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("stage", no_wrap=True)
    for column, ratio in (("from", 3), ("to", 3), ("how", 5)):
        table.add_column(column, overflow="fold", ratio=ratio)
    for leg in data["legs"]:
        parts = " + ".join(f"{name} {minutes_text(value)}" for name, value in leg["parts_min"].items())
        lines = " / ".join(names.get(line, line) for line in leg["lines"][:3])
        lines += f" and {len(leg['lines']) - 3} more" if len(leg["lines"]) > 3 else ""  # noqa: PLR2004
        stops = _count(len(leg["stops"]) - 1, "stop") if len(leg["stops"]) > 1 else ""
        how = "; ".join(text for text in (lines, stops, parts if "+" in parts else "") if text)
        table.add_row(
            minutes_text(leg["start_min"]),
            minutes_text(leg["end_min"] - leg["start_min"]),
            leg["kind"],
            names.get(leg["from"], leg["from"]),
            names.get(leg["to"], leg["to"]) if leg["to"] != leg["from"] else "",
            how,
        )
    console.print(table)
    if data["statistic"] == "mean" and data["provenance"]["draws"]:
        console.print("Stages are those of a journey that takes about the mean; the parts are means.")
    parts = ", ".join(f"{name} {minutes_text(value)}" for name, value in data["parts_min"].items() if value)
    console.print(f"Parts, minutes: {parts or 'none'}")
    print_doubts(console, data["low_confidence"])


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
    table = empty_table(_count(len(rows), "goal"))
    table.add_column("goal", no_wrap=True)
    for column, ratio in (("the plan's words", 4), ("limit, min", None), ("checked as, or why not", 4)):
        table.add_column(column, overflow="fold", ratio=ratio, justify="left" if ratio else "right")
    for row in rows:
        how = f"{row['clock']}, {row['mode']}, {row['period']}" if row["runnable"] else row["reason_not"]
        limit = "" if row["limit_min"] is None else f"{row['limit_min']:g}"
        table.add_row(
            row["goal_id"], row["text_seed"], limit, Text(how, style="" if row["runnable"] else "dim")
        )
    console_of().print(table)


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


def print_lacks(rows: Sequence[Mapping[str, str]]) -> None:
    """Print what a region lacks, and what it costs."""
    if not rows:
        return
    table = empty_table("What is missing, and what it costs")
    for column, ratio in (("missing", 2), ("costs", 4), ("mended by", 3)):
        table.add_column(column, overflow="fold", ratio=ratio)
    for row in rows:
        table.add_row(row["what"], row["costs"], row["mend"])
    console_of().print(table)


def print_regions(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print regions with the numbers of their rows."""
    table = empty_table("")
    for column in ("region", "name", "date", "rows", "licence", "hash"):
        table.add_column(column, overflow="fold", no_wrap=column in {"date", "hash"})
    for row in rows:
        counts = ", ".join(f"{name} {count}" for name, count in row["rows"].items() if count)
        table.add_row(
            row["region"], f"{row['name_zh']} {row['name_en']}".strip(), str(row["date"] or ""), counts,
            row["licence"], row["region_hash"],
        )  # fmt: skip
    console_of().print(table)


def print_frame(title: str, frame: pd.DataFrame, *, right: Sequence[str] = ()) -> None:
    """Print a table of few columns; numbers, and columns named in `right`, stand to the right."""
    table = empty_table(title)
    for column in frame:
        justify: JustifyMethod = "right" if frame[column].dtype.kind in "iuf" or column in right else "left"
        name = str(column).replace("_", " ")
        table.add_column(name, overflow="fold", no_wrap=justify == "right", justify=justify)
    blank = frame.isna().to_numpy()
    for number, row in enumerate(frame.itertuples(index=False)):
        table.add_row(*("" if none else str(value) for value, none in zip(row, blank[number], strict=True)))
    console_of().print(table)


# ---------------------------------------------------------------------------------------------------- helpers


def _departures(data: Mapping[str, Any]) -> str:
    """Return what a share is of."""
    return "times to be there" if data["timing"] == "arrive-by" else "departures"


def _print_first_that_fits(console: Console, *tables: Callable[[], Table]) -> None:
    """Print the first table that is no wider than the terminal; else the last, which folds."""
    free = console.options.update(max_width=1000)
    for make in tables:
        table = make()
        if make is tables[-1] or Measurement.get(console, free, table).maximum <= console.width:
            console.print(table)
            return


def _count(number: int, word: str) -> str:
    """Return a number with its noun: 1 stop, 2 stops."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def names_of(study: Study, *, short: bool = False) -> dict[str, str]:
    """Return both names of every place, station, zone and line by id; short: the English one if known."""
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
            both = f"{chinese} {english}".strip()
            names[row] = ((english or chinese) if short else both) or row
    return names
