"""Changes of walking links, security, access, and other numbers of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from network.errors import BadInputError, Problem, UnknownNameError
from scenarios.draft import Touched

if TYPE_CHECKING:
    from scenarios.changes import SetAccess, SetEntry, SetParameter, SetTransfer
    from scenarios.draft import Draft


def set_transfer(draft: Draft, change: SetTransfer, by: str) -> Touched:
    """Set or make a walking link, or scale all between two kinds of stations."""
    if change.walk_m is None and change.walk_factor is None and change.security_waived is None:
        fix = "give walk_m, walk_factor or security_waived"
        raise BadInputError(Problem("set-transfer", "changes nothing", fix))
    links = draft.tables["transfers"].copy()
    rows = links.index[_links_meant(draft, change)]
    if not len(rows):
        return _new_link(draft, change, by)
    if change.walk_m is not None:
        links.loc[rows, "walk_m"] = change.walk_m
    if change.walk_factor is not None:
        links.loc[rows, "walk_m"] = (links.loc[rows, "walk_m"] * change.walk_factor).round()
    if change.security_waived is not None:
        links.loc[rows, "security_waived"] = change.security_waived
    draft.tables["transfers"] = links
    words, count = f"{len(rows)} walking links", {"transfers": len(rows)}
    return Touched(by, change.type, words, count, change.source, change.confidence)


def _links_meant(draft: Draft, change: SetTransfer) -> list[bool]:
    """Return which walking links a change is for."""
    links = draft.tables["transfers"]
    ends = list(zip(links["from_station_id"], links["to_station_id"], strict=True))
    if change.stations is not None:
        known = draft.station_ids()
        for name in change.stations:
            if name not in known:
                raise UnknownNameError("station", name, sorted(known), where="stations")
        return [set(pair) == set(change.stations) for pair in ends]
    kinds = dict(zip(draft.tables["stations"]["station_id"], draft.tables["stations"]["class"], strict=True))
    meant = sorted(change.between or ())
    return [sorted((kinds[one], kinds[two])) == meant for one, two in ends]


def _new_link(draft: Draft, change: SetTransfer, by: str) -> Touched:
    """Make a walking link, both ways, where there is none."""
    if change.stations is None:
        raise BadInputError(Problem("between", "no walking link joins stations of these kinds"))
    one, two = change.stations
    if change.walk_m is None:
        raise BadInputError(Problem("stations", f"no link joins {one} and {two}", "give walk_m"))
    common = {
        "walk_m": change.walk_m,
        "security_waived": bool(change.security_waived),
        "project_id": by,
        "source": change.source,
        "confidence": change.confidence,
    }
    pairs = ((one, two), (two, one))
    count = draft.add(
        "transfers", [{"from_station_id": start, "to_station_id": end, **common} for start, end in pairs]
    )
    words = "a new walking link"
    return Touched(by, change.type, words, {"transfers": count}, change.source, change.confidence)


def set_entry(draft: Draft, change: SetEntry, by: str) -> Touched:
    """Waive security between systems, or set what passing a kind of station takes."""
    if change.between is not None:
        links = draft.tables["transfers"].copy()
        systems = draft.tables["stations"].set_index("station_id")["system"]
        ends = links["from_station_id"].map(systems), links["to_station_id"].map(systems)
        one, two = change.between
        fit = ((ends[0] == one) & (ends[1] == two)) | ((ends[0] == two) & (ends[1] == one))
        if not fit.any():
            raise BadInputError(Problem("between", f"no link joins {one} and {two}", "see transfers.csv"))
        links.loc[fit, "security_waived"] = True
        draft.tables["transfers"] = links
        words = f"security waived on {int(fit.sum())} walking links"
        return Touched(
            by, change.type, words, {"transfers": int(fit.sum())}, change.source, change.confidence
        )
    given = {
        "entry_security": change.security_s,
        "entry_walk": change.walk_s,
        "exit": change.exit_s,
    }
    values = {f"{name}_{change.class_}_min": value / 60 for name, value in given.items() if value is not None}
    return _numbers(draft, values, change, by)


def set_access(draft: Draft, change: SetAccess, by: str) -> Touched:
    """Set how stations are reached."""
    names = ("walk_kmh", "walk_max_km", "feeder_kmh", "feeder_wait_min", "feeder_max_km", "taxi_wait_min")
    values = {name: getattr(change, name) for name in names if getattr(change, name) is not None}
    return _numbers(draft, values, change, by)


def set_parameter(draft: Draft, change: SetParameter, by: str) -> Touched:
    """Set a number of the model."""
    return _numbers(draft, {change.name: change.value}, change, by)


def _numbers(
    draft: Draft, values: dict[str, float], change: SetEntry | SetAccess | SetParameter, by: str
) -> Touched:
    """Set numbers of the model."""
    if not values:
        raise BadInputError(Problem(change.type, "changes nothing", "give at least one number"))
    periods = draft.about.period_names
    draft.parameters = draft.parameters.with_values(
        values, periods=periods, source=change.source, where=change.type
    )
    words = ", ".join(f"{name} = {value:g}" for name, value in values.items())
    return Touched(by, change.type, words, {"parameters": len(values)}, change.source, change.confidence)
