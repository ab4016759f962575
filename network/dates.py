"""The region as it is on a day, with single project cards built or cancelled whatever the day.

A row is there on a day when ``opened <= day < closed``; blank means always. A card in `built` brings its
rows whatever the day, a card in `cancelled` takes them away; rows that say ``replaced_by`` a card are there
exactly when the card is not.

A call that drops leaves the track: run times stay, and the length of the way past it is added up. A piece of
track that is missing cuts a service into the parts that remain.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.region import among, seconds_of
from network.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from numpy.typing import NDArray

    from network.region import Region

    Bools = NDArray[np.bool_]

#: Stands between a service and the number of its part: ``x~2`` is the second part of ``x``.
PART = "~"


def region_on(
    region: Region,
    day: date | None,
    *,
    built: frozenset[str] = frozenset(),
    cancelled: frozenset[str] = frozenset(),
) -> Region:
    """Return the region as it is on a day.

    Parameters
    ----------
    region
        The region with all its dated rows.
    day
        The day; None is the region's own date, and where it has none, no row is left out for its date.
    built
        Project cards whose rows are there whatever the day.
    cancelled
        Project cards whose rows are not there whatever the day; stronger than `built`.

    Returns
    -------
    Region
        Its date is `day`. Columns of dates and cards stay. The part of a cut service that begins where
        the whole does keeps the id; the others are called ``<id>~2``, ``<id>~3`` ... in their order.
        Departures of a part, or of a service that lost its first call, count from its own first call.

    Notes
    -----
    Take the region at another day from the whole region, not from what this returns.
    """
    named = _cards(region)
    return _region_on(region, day or region.about.date, (built - cancelled) & named, cancelled & named)


@lru_cache(maxsize=8)
def _region_on(region: Region, day: date | None, built: frozenset[str], cancelled: frozenset[str]) -> Region:
    """Return the region on a day with cards built or cancelled that its rows name."""
    on = _On(day, built, cancelled, _call_owners(region))
    lines = region.table("lines")
    lines = lines[on.rows(lines)]
    stops = region.table("line_stops")
    line_owner = dict(zip(lines["line_id"], lines["project_id"], strict=True))
    stops = stops[stops["line_id"].isin(lines["line_id"])]
    stations = region.stations
    stations = stations[on.stations(stations, stops, line_owner)]
    known = set(stations["station_id"])
    stops = _stops_on(stops, on, known, line_owner)
    lines = lines[among(lines["line_id"], stops["line_id"]) | ~_had_stops(region, lines)]
    services, calls = _services_on(region, on, known, set(lines["line_id"]))
    centres, transfers = region.table("centre_stations"), region.transfers
    walkable = among(transfers["from_station_id"], known) & among(transfers["to_station_id"], known)
    nodes, links = region.table("road_nodes"), region.table("road_links")
    nodes = nodes[~nodes["project_id"].isin(cancelled)]
    ends = set(nodes["node_id"]) | set(region.places["place_id"])
    joined = among(links["from_node_id"], ends) & among(links["to_node_id"], ends)
    return region.replace(
        about=replace(region.about, date=day),
        tables={
            "stations": stations,
            "centre_stations": centres[among(centres["station_id"], known)],
            "transfers": transfers[walkable & on.rows(transfers)],
            "lines": lines,
            "line_stops": stops,
            "services": services,
            "service_stops": calls,
            "road_nodes": nodes,
            "road_links": links[joined & on.rows(links)],
        },
    )


class _On:
    """Which rows are there on a day."""

    def __init__(
        self,
        day: date | None,
        built: frozenset[str],
        cancelled: frozenset[str],
        call_owners: Mapping[tuple[str, pd.Timestamp], frozenset[str]],
    ) -> None:
        self.day = None if day is None else pd.Timestamp(day)
        self.built = built
        self.cancelled = cancelled
        self.call_owners = call_owners

    def since(self, opened: pd.Series) -> Bools:
        """Return where a first day has come."""
        if self.day is None:
            return np.ones(len(opened), bool)
        return (opened.isna() | (opened <= self.day)).to_numpy(bool, copy=True)

    def before(self, closed: pd.Series) -> Bools:
        """Return where a last day has not passed."""
        if self.day is None:
            return np.ones(len(closed), bool)
        return (closed.isna() | (closed > self.day)).to_numpy(bool, copy=True)

    def rows(self, table: pd.DataFrame) -> Bools:
        """Return which rows of a dated table are there."""
        owner = table["project_id"]
        here = self.since(table["opened"]) & self.before(table["closed"])
        here |= owner.isin(self.built).to_numpy(bool)
        if "replaced_by" in table:
            other = table["replaced_by"]
            here &= ~other.isin(self.built).to_numpy(bool)
            here |= other.isin(self.cancelled).to_numpy(bool)
        return np.asarray(here & ~owner.isin(self.cancelled).to_numpy(bool))

    def track(self, opened: pd.Series, owners: pd.Series) -> Bools:
        """Return where a track is there; it has several owners, separated by ``;``."""
        here = self.since(opened)
        if self.built or self.cancelled:
            kinds = {text: frozenset(filter(None, text.split(";"))) for text in owners.unique()}
            brought = [text for text, ids in kinds.items() if ids and ids <= self.built]
            taken = [text for text, ids in kinds.items() if ids & self.cancelled]
            here |= owners.isin(brought).to_numpy(bool)
            here &= ~owners.isin(taken).to_numpy(bool)
        return np.asarray(here)

    def calls(self, calls: pd.DataFrame, owners: list[pd.Series]) -> Bools:
        """Return where a train calls; `owners` are cards, each of which brings the call if it is built."""
        here = self.since(calls["opened"])
        if not (self.built or self.cancelled):
            return here
        for owner in owners:
            here |= owner.isin(self.built).to_numpy(bool)
        for (station, opened), ids in self.call_owners.items():
            mine = ((calls["station_id"] == station) & (calls["opened"] == opened)).to_numpy(bool)
            if ids & self.built:
                here |= mine
            if ids & self.cancelled:
                here &= ~mine
        return here

    def stations(self, stations: pd.DataFrame, stops: pd.DataFrame, line_owner: Mapping[str, str]) -> Bools:
        """Return which stations are there; a line that is built early brings its stations."""
        here = self.rows(stations)
        if self.built:
            early = stops["project_id"].isin(self.built) | stops["line_id"].map(line_owner).isin(self.built)
            brought = among(stations["station_id"], stops.loc[early, "station_id"])
            gone = stations["project_id"].isin(self.cancelled).to_numpy(bool)
            here |= brought & self.before(stations["closed"]) & ~gone
        return np.asarray(here)


@lru_cache(maxsize=8)
def _cards(region: Region) -> frozenset[str]:
    """Return the cards that rows of the region name."""
    columns = ("project_id", "replaced_by", "track_project_id")
    texts = {
        text
        for name in TABLES
        for column, cells in region.table(name).items()
        if column in columns
        for text in cells.unique().tolist()
    }
    return frozenset(card for text in texts for card in text.split(";"))


@lru_cache(maxsize=8)
def _call_owners(region: Region) -> dict[tuple[str, pd.Timestamp], frozenset[str]]:
    """Return the cards that a dated call belongs to, by station and first day.

    A call has no column for its card. It is the card's whose track, and no other's, reaches the station
    from that very day on.
    """
    calls = region.service_stops
    owner = calls["track_project_id"]
    single = (owner != "") & ~owner.str.contains(";", regex=False) & calls["track_opened"].notna()
    same = (calls["service_id"] == calls["service_id"].shift()).to_numpy(bool)
    ends = pd.concat(
        [
            pd.DataFrame({"station": station, "day": calls["track_opened"], "owner": owner})[single & same]
            for station in (calls["station_id"], calls["station_id"].shift())
        ]
    ).drop_duplicates()
    dated = calls.loc[calls["opened"].notna(), ["station_id", "opened"]].drop_duplicates()
    found = dated.merge(ends, left_on=["station_id", "opened"], right_on=["station", "day"])
    owners: dict[tuple[str, pd.Timestamp], frozenset[str]] = {}
    for station, day, card in zip(found["station_id"], found["opened"], found["owner"], strict=True):
        owners[station, day] = owners.get((station, day), frozenset()) | {card}
    return owners


def _had_stops(region: Region, lines: pd.DataFrame) -> Bools:
    return among(lines["line_id"], region.table("line_stops")["line_id"])


def _stops_on(
    stops: pd.DataFrame, on: _On, stations: set[str], line_owner: Mapping[str, str]
) -> pd.DataFrame:
    """Return the stops that are there; what is left of a cut line gets branches of its own."""
    stops = stops.sort_values(["line_id", "branch", "seq"], kind="stable", ignore_index=True)
    first = _starts(stops, ["line_id", "branch"])
    whole = stops["line_id"].map(line_owner)
    owner = stops["project_id"].where(stops["project_id"] != "", whole)
    track = on.track(stops["track_opened"], owner) | first
    call = on.calls(stops, [owner, whole])
    call &= among(stops["station_id"], stations)
    if track.all() and call.all():
        return stops
    part = _numbered(~track, first)
    kept = stops[call].assign(part=part[call])
    starts = _starts(kept, ["line_id", "branch", "part"])
    kept["distance_km"] = np.where(starts, np.nan, _lengths(stops["distance_km"], call))
    kept["track_opened"] = _latest(stops["track_opened"], call).where(~starts)
    kept.loc[starts, "project_id"] = ""
    size = kept.groupby(["line_id", "branch", "part"])["seq"].transform("size")
    kept = kept[size > 1]
    kept = _counted(kept.assign(way=kept["line_id"] + " " + kept["branch"]), "way").drop(columns="way")
    later = kept["part"] > 0
    kept.loc[later, "branch"] += PART + (kept.loc[later, "part"] + 1).astype(str)
    return kept.drop(columns="part")


def _services_on(
    region: Region, on: _On, stations: set[str], lines: set[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return services and calls that are there, services cut where track is missing."""
    services = region.services
    services = services[on.rows(services)].copy()
    services.loc[~services["line_id"].isin(lines), "line_id"] = ""
    calls = region.service_stops
    calls = calls[among(calls["service_id"], services["service_id"])].reset_index(drop=True)
    first = _starts(calls, ["service_id"])
    track = on.track(calls["track_opened"], calls["track_project_id"]) | first
    owner = region.stations.set_index("station_id")["project_id"]
    before = calls["track_project_id"]
    after = before.shift(-1, fill_value="").where(~_shifted(first), "")
    call = on.calls(calls, [before, after, calls["station_id"].map(owner)])
    call &= on.before(calls["closed"]) & among(calls["station_id"], stations)
    if track.all() and call.all():
        return services, calls
    return keep_calls(services, calls, call, track)


def keep_calls(
    services: pd.DataFrame, calls: pd.DataFrame, call: Bools, track: Bools
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return services and calls of which some calls dropped and some track is missing.

    Parameters
    ----------
    services, calls
        Tables ``services`` and ``service_stops``, calls in the order of their key.
    call
        Whether the train calls, per row of `calls`.
    track
        Whether the track from the call before is there; true at first calls.

    Returns
    -------
    tuple
        Services and calls; run times stay, ways add up, and missing track cuts as in `region_on`.
    """
    part = _numbered(~track, _starts(calls, ["service_id"]))
    call = _without_repeats(calls, part, call)
    kept = calls[call].assign(part=part[call])
    starts = _starts(kept, ["service_id", "part"])
    kept["distance_km"] = np.where(starts, np.nan, _lengths(calls["distance_km"], call))
    kept["track_opened"] = _latest(calls["track_opened"], call).where(~starts)
    kept["track_project_id"] = _owners(calls["track_project_id"], call)
    kept.loc[starts, "track_project_id"] = ""
    group = kept.groupby(["service_id", "part"], sort=False)
    kept = _counted(kept[group["seq"].transform("size") > 1], "service_id")
    return _renamed(services, _restarted(kept))


def _without_repeats(calls: pd.DataFrame, part: NDArray[np.int64], call: Bools) -> Bools:
    """Drop a call where the one before, after others dropped, is at the same station."""
    while True:
        rows = np.flatnonzero(call)
        one, two = rows[:-1], rows[1:]
        station, service = calls["station_id"].to_numpy(), calls["service_id"].to_numpy()
        again = (station[one] == station[two]) & (service[one] == service[two]) & (part[one] == part[two])
        if not again.any():
            return call
        call = call.copy()
        call[two[again]] = False


def _counted(kept: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return rows with the parts that are left numbered 1, 2 ...; 0 begins where the whole does."""
    starts = _starts(kept, [key, "part"])
    first = _starts(kept, [key])
    total = np.cumsum(starts)
    begin = np.maximum.accumulate(np.where(first, np.arange(len(kept)), 0))
    if not len(kept):
        return kept
    part = kept["part"].to_numpy()
    return kept.assign(part=total - total[begin] + np.minimum(part[begin], 1))


def _restarted(kept: pd.DataFrame) -> pd.DataFrame:
    """Let the minutes of each part count from its first call; `shift_min` is what was taken off."""
    starts = _starts(kept, ["service_id", "part"])
    first = np.maximum.accumulate(np.where(starts, np.arange(len(kept)), 0))
    # without a departure at the first call, the service has no minutes at all
    shift = kept["depart_min"].fillna(0.0).to_numpy()[first]
    kept = kept.assign(
        shift_min=shift, arrive_min=kept["arrive_min"] - shift, depart_min=kept["depart_min"] - shift
    )
    kept.loc[starts, "arrive_min"] = np.nan
    kept.loc[_shifted(starts), "depart_min"] = np.nan
    return kept


def _renamed(services: pd.DataFrame, kept: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the parts of services their names and departures."""
    parts = kept.drop_duplicates(["service_id", "part"])[["service_id", "part", "shift_min"]]
    merged = services.merge(parts, on="service_id", how="inner")
    merged["service_id"] = _part_names(merged)
    moved = merged["shift_min"] != 0
    merged.loc[moved, "departures"] = [
        later(text, minutes)
        for text, minutes in zip(merged.loc[moved, "departures"], merged.loc[moved, "shift_min"], strict=True)
    ]
    calls = kept.assign(service_id=_part_names(kept))
    return merged.drop(columns=["part", "shift_min"]), calls.drop(columns=["part", "shift_min"])


def _part_names(rows: pd.DataFrame) -> list[str]:
    return [
        f"{service}{PART}{part + 1}" if part else service
        for service, part in zip(rows["service_id"].tolist(), rows["part"].tolist(), strict=True)
    ]


def later(departures: str, minutes: float) -> str:
    """Return departures (``07:05 08:10``) moved by some minutes, rounded to whole ones; may pass 24:00."""
    moved = [seconds_of(text) // 60 + int(np.floor(minutes + 0.5)) for text in departures.split()]
    return " ".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in moved)


def _starts(rows: pd.DataFrame, keys: list[str]) -> Bools:
    """Return where a group of rows begins."""
    out = np.zeros(len(rows), bool)
    out[:1] = True
    for key in keys:
        values = rows[key].to_numpy()
        out[1:] |= values[1:] != values[:-1]
    return out


def _shifted(starts: Bools) -> Bools:
    """Return where a group of rows ends."""
    out = np.ones(len(starts), bool)
    out[:-1] = starts[1:]
    return out


def _numbered(cut: Bools, first: Bools) -> NDArray[np.int64]:
    """Return the number of the part, from 0, that each row belongs to."""
    total = np.cumsum(cut)
    begin = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
    return np.asarray(total - total[begin], np.int64)


def _lengths(distance_km: pd.Series, call: Bools) -> NDArray[np.float64]:
    """Return the way to each kept row from the kept one before; unknown if a piece of it is unknown."""
    values = distance_km.to_numpy(np.float64)
    rows = np.flatnonzero(call)
    if not rows.size:
        return np.zeros(0)
    out = values[rows].copy()
    for k in np.flatnonzero(np.diff(rows, prepend=-1) > 1):
        begin = rows[k - 1] + 1 if k else 0
        out[k] = round(float(values[begin : rows[k] + 1].sum()), 3)
    return out


def _latest(days: pd.Series, call: Bools) -> pd.Series:
    """Return the latest first day of the way to each kept row from the kept one before."""
    rows = np.flatnonzero(call)
    out = days[call].copy()
    for k in np.flatnonzero(np.diff(rows, prepend=-1) > 1):
        begin = rows[k - 1] + 1 if k else 0
        out.iloc[int(k)] = days.iloc[begin : rows[k] + 1].max()
    return out


def _owners(owners: pd.Series, call: Bools) -> list[str]:
    """Return all owners of the way to each kept row from the kept one before."""
    rows = np.flatnonzero(call)
    values = owners.tolist()
    out = [values[row] for row in rows]
    for k in np.flatnonzero(np.diff(rows, prepend=-1) > 1):
        begin = rows[k - 1] + 1 if k else 0
        out[k] = _joined(values[begin : rows[k] + 1])
    return out


def _joined(owners: Iterable[str]) -> str:
    return ";".join(dict.fromkeys(card for text in owners for card in text.split(";") if card))
