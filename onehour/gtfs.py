"""The verb `gtfs export`: a feed on disk, written whole or not at all."""

from __future__ import annotations

import datetime as dt
import zipfile
from typing import TYPE_CHECKING, Any

from network.errors import BadInputError, Problem
from network.gtfs.export import PUBLISHER, URL, Imprint, feed_tables
from onehour.files import output_problems, whole_file

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from onehour.study import Study

ENDINGS = (".zip",)

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of the files in a feed: the earliest that a zip file can hold, so that equal feeds are equal bytes."""

_YEAR = dt.timedelta(days=364)
"""From the first to the last day of a feed."""

_READABLE = 0o644 << 16
_UNIX = 3


def write_feed(
    study: Study,
    output: Path,
    *,
    first_day: dt.date | None = None,
    publisher: str = PUBLISHER,
    url: str = URL,
) -> dict[str, Any]:
    """Write the network of a scenario as a GTFS feed; return what was written.

    Parameters
    ----------
    study
        The region under a scenario.
    output
        A ``.zip`` file; its folder must be there. Equal scenarios give equal bytes.
    first_day
        First of the days, a year of them, on which the trips run; by default the first of January of the
        scenario's year, or the region's date where it has none.
    publisher, url
        Who publishes the feed, and a web address of theirs.

    Raises
    ------
    BadInputError
        The file cannot be written, or no first day is known; lists every problem.
    """
    problems = output_problems(output, ENDINGS) + publisher_problems(url)
    region, scenario = study.network.region, study.scenario
    if region.services.empty:
        problems.append(Problem(region.about.region_id, "has no services", "a feed is made of services"))
    if first_day is None:
        first_day = dt.date(scenario.year, 1, 1) if scenario.year else region.about.date
    if first_day is None:
        what = "neither the scenario has a year nor the region a date"
        problems.append(Problem("--first-day", what, "give the first day on which the trips run"))
    elif first_day > dt.date.max - _YEAR:
        problems.append(Problem("--first-day", f"{first_day} is too late", "give an earlier day"))
    if problems or first_day is None:
        raise BadInputError(problems)
    found = study.provenance(None)
    told = ("region_hash", "scenario_hash", "state_hash", "onehour")
    version = " ".join([scenario.name, *(f"{name}={found[name]}" for name in told)])
    tables = feed_tables(
        region,
        Imprint(
            version=version,
            description=_description(study),
            publisher=publisher,
            url=url,
            first_day=first_day,
            last_day=first_day + _YEAR,
        ),
    )
    with whole_file(output) as file:
        write_tables(tables, file)
    return {
        "file": str(output),
        "rows": {f"{name}.txt": len(table) for name, table in tables.items()},
        "first_day": first_day,
        **{name: found[name] for name in ("region", "scenario", *told, "set")},
    }


def publisher_problems(url: str) -> list[Problem]:
    """Return what is wrong with the web address of a publisher."""
    if url.startswith(("http://", "https://")) and url.isprintable() and " " not in url:
        return []
    return [Problem("--publisher-url", f"{url!r} is no web address", "begin it with https://")]


def _description(study: Study) -> str:
    """Return what the feed is, for people."""
    about, scenario = study.network.region.about, study.scenario
    parts = [
        f"{about.name_en or about.name_zh or about.region_id}, scenario {scenario.name}: {scenario.title}."
    ]
    if by_hand := dict(study.values):
        parts.append("Set by hand: " + ", ".join(f"{name}={by_hand[name]:g}" for name in by_hand) + ".")
    parts.append("Every day is alike. Headways have no known phase.")
    if about.licence:
        parts.append(f"Licence of the data: {about.licence}.")
    return " ".join(parts)


def write_tables(tables: dict[str, pd.DataFrame], file: Path) -> None:
    """Write tables as a feed of fixed times and rights."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables.items():
            entry = zipfile.ZipInfo(f"{name}.txt", _EPOCH)
            entry.compress_type, entry.create_system, entry.external_attr = (
                zipfile.ZIP_DEFLATED,
                _UNIX,
                _READABLE,
            )
            archive.writestr(entry, table.to_csv(index=False, lineterminator="\n").encode())
