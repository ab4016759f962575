"""The verb `scenario new`: a commented scenario, with a card in it, that applies as it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from network.distances import metric_xy
from network.errors import BadInputError, Problem
from network.rides import departures_a_day
from onehour.files import output_problems, whole_file

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from network.region import Region
    from onehour.study import Area, Study

ENDINGS = (".toml",)

_NEAR_M, _FAR_M = 3_000.0, 20_000.0
_KMH = {"street": 20.0, "metro": 35.0, "intercity": 60.0, "conventional": 60.0, "hsr": 120.0}
_TOP_KMH = {"street": 50, "metro": 80, "intercity": 160, "conventional": 120, "hsr": 250}
_KINDS = {"conventional": "intercity"}

_TEXT = """\
# A scenario of your own for the region {region}. It applies as it stands:
#
#   onehour check {file}{option}
#   onehour compare {base} {file}{option}
#
# A scenario is what it extends, then cards (projects), then changes. What is commented out shows what else
# there is; docs/scenarios.md tells all. `onehour schema` prints the JSON Schema, by which editors help.

name    = {name}
title   = "A line of my own"
extends = {extends}   # a scenario of the region (see `onehour scenarios`), or a file beside this one
{year}
# ---------------------------------------------------------------- a card: a project that is built

[[card]]
project_id = "my_line"
name_en    = "A line of my own"
kind       = {kind}
# opens_to = "2031"          # on a timeline it counts from here on
# cost_cny = 1_200_000_000   # for the cheapest build-out

[[card.change]]
type          = "add-service"
line          = "my-line"
class         = {line_class}          # hsr, intercity, conventional, metro, or street: buses and trams
max_speed_kmh = {top}
headway_min   = {{ {headways} }}
source        = "assumed"
confidence    = "low"
stops = [                      # stations of the region; a new one has lon and lat; both ways are served
    {{ station = {start} }},{start_name}
    {{ station = {end}, run_min = {run} }},{end_name}
    # {{ station = "new-stop", name_en = "New stop", lon = {lon}, lat = {lat}, run_min = 5 }},
]

# ---------------------------------------------------------------- changes of what is there

# [[change]]
# type        = "adjust-frequency"
# where       = {{ class = {line_class} }}   # or line = "…", or service = "…"
# headway_min = {{ {first_period} = 5 }}
# source      = "assumed"

# [[change]]
# type   = "adjust-speed"      # bus lanes, say: times in motion are divided by the factor
# where  = {{ class = {line_class} }}
# factor = 1.2

# [[change]]
# type     = "set-access"
# walk_kmh = 5

# [[change]]
# type  = "set-parameter"      # any number of parameters.toml
# name  = "change_{line_word}_min"
# value = 2
"""


def write_template(area: Area, output: Path, option: str = "") -> dict[str, Any]:
    """Write a scenario for a region to begin with; return what was written.

    Parameters
    ----------
    area
        The region.
    output
        A ``.toml`` file that is not there yet; its folder must be.
    option
        The option by which commands name the region, for the comments: `` --region my-region``.

    Raises
    ------
    BadInputError
        The file cannot be written or is there already, or the region has no two stations; lists all.
    """
    problems = output_problems(output, ENDINGS)
    if output.is_file():
        problems.append(Problem(str(output), "is there already", "choose another file, or remove it first"))
    study = area.scenario()
    served = _by_trips(study)
    if len(served) < 2:  # noqa: PLR2004 - a line has two ends
        what = "has fewer than two stations with service, so a line has no ends"
        problems.append(Problem(area.region.about.region_id, what, "give it stations and services"))
    if problems:
        raise BadInputError(problems)
    with whole_file(output) as file:
        file.write_text(_text(study, served, output, option), encoding="utf-8")
        applied = area.scenario(str(file)).applied
    return {
        "file": str(output),
        "region": area.region.about.region_id,
        "extends": study.scenario.name,
        "touched": [touched.words for touched in applied.touched if touched.by == "my_line"],
    }


def _by_trips(study: Study) -> pd.DataFrame:
    """Return the stations with service, those with most trips first."""
    region = study.network.region
    trips = dict(zip(region.services["service_id"], departures_a_day(region), strict=True))
    calls = region.service_stops
    a_day = calls["service_id"].map(trips).groupby(calls["station_id"]).sum()
    stations = region.stations.assign(trips=region.stations["station_id"].map(a_day).fillna(0.0))
    served = stations[stations["trips"] > 0]
    return served.sort_values(["trips", "station_id"], ascending=[False, True], ignore_index=True)


def _text(study: Study, served: pd.DataFrame, output: Path, option: str) -> str:
    """Return the scenario: a line from the busiest station to the busiest one some way off."""
    region, scenario = study.network.region, study.scenario
    away_m = np.hypot(*(metric_xy(region, served) - metric_xy(region, served.iloc[:1])).T)
    fit = np.flatnonzero((away_m >= _NEAR_M) & (away_m <= _FAR_M))
    end = int(fit[0]) if fit.size else 1
    line_class = _usual_class(region)
    lon, lat = (float(served[name].iloc[[0, end]].mean()) for name in ("lon", "lat"))
    periods = region.about.period_names
    return _TEXT.format(
        region=region.about.region_id,
        file=output.name,
        option=option,
        base=scenario.name,
        name=_quoted(output.stem.replace(" ", "-")),
        extends=_quoted(scenario.name),
        year=f"year    = {scenario.year}\n" if scenario.year else "# year  = 2035\n",
        kind=_quoted(_KINDS.get(line_class, line_class)),
        line_class=_quoted(line_class),
        line_word=line_class if line_class in {"metro", "street"} else "rail",
        top=_TOP_KMH[line_class],
        headways=", ".join(f"{name} = {10 if 'peak' in name else 15}" for name in periods),
        first_period=periods[0],
        start=_quoted(served["station_id"].iloc[0]),
        end=_quoted(served["station_id"].iloc[end]),
        start_name=_comment(served.iloc[0]),
        end_name=_comment(served.iloc[end]),
        run=round(max(1.0, 60 * away_m[end] / 1000 * 1.2 / _KMH[line_class]), 1),
        lon=round(lon, 4),
        lat=round(lat, 4),
    )


def _usual_class(region: Region) -> str:
    """Return the class that most trips of a region are of."""
    trips = region.services.assign(trips=departures_a_day(region)).groupby("class")["trips"].sum()
    return str(trips.idxmax())


def _comment(station: pd.Series[Any]) -> str:
    """Return the name of a station as a comment."""
    name = " ".join(f"{station['name_zh']} {station['name_en']}".split())
    return f"   # {name}" if name else ""


def _quoted(text: str) -> str:
    """Return the text as a TOML string; JSON's are a part of them."""
    return json.dumps(text, ensure_ascii=False)
