"""Applying changes to a region: all problems gathered first, then a new region, never the old one edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from network.checks import check_references, cross_check
from network.errors import BadInputError, Problem
from network.schema import TABLES
from scenarios import changes as kinds
from scenarios import frequency, lines, roads, services, settings, stations
from scenarios.draft import Draft, Touched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from network.region import Region

__all__ = ["Applied", "Touched", "apply_changes"]

_HOW: dict[type, Callable[[Draft, Any, str], Touched]] = {
    kinds.AddService: lines.add_service,
    kinds.AddStation: stations.add_station,
    kinds.RemoveService: services.remove_service,
    kinds.AdjustSpeed: services.adjust_speed,
    kinds.AdjustDwellTime: services.adjust_dwell_time,
    kinds.RemoveStops: services.remove_stops,
    kinds.Reroute: services.reroute,
    kinds.AdjustFrequency: frequency.adjust_frequency,
    kinds.AddRoad: roads.add_road,
    kinds.ModifyRoad: roads.modify_road,
    kinds.SetCongestion: roads.set_congestion,
    kinds.SetTransfer: settings.set_transfer,
    kinds.SetEntry: settings.set_entry,
    kinds.SetAccess: settings.set_access,
    kinds.SetParameter: settings.set_parameter,
}

#: What is built comes first, what is set on all that is there comes last: a headway covers new lines too.
_LATE = (
    kinds.AdjustFrequency,
    kinds.SetEntry,
    kinds.SetTransfer,
    kinds.SetAccess,
    kinds.SetCongestion,
    kinds.SetParameter,
)


@dataclass(frozen=True, eq=False, slots=True)
class Applied:
    """A region after a scenario.

    Attributes
    ----------
    region
        The new region.
    touched
        What each change touched, in the order in which they were made.
    """

    region: Region
    touched: tuple[Touched, ...]

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Sources of the changes that are of low confidence, each once."""
        return tuple(dict.fromkeys(one.source for one in self.touched if one.confidence == "low"))


def apply_changes(region: Region, changes: Sequence[tuple[str, kinds.TableChange]]) -> Applied:
    """Make changes on a copy of a region.

    Parameters
    ----------
    region
        The region at the scenario's date.
    changes
        Pairs of the card or scenario that a change stands in, and the change.

    Raises
    ------
    BadInputError
        A change cannot be made or matches nothing, or what comes out is no good region; lists every problem.
    """
    draft = Draft(region)
    problems: list[Problem] = []
    touched: list[Touched] = []
    for by, change in sorted(changes, key=lambda pair: isinstance(pair[1], _LATE)):
        try:
            touched.append(_HOW[type(change)](draft, change, by))
        except BadInputError as error:
            problems += [
                Problem(_place(by, change.type, problem.where), problem.what, problem.fix)
                for problem in error.problems
            ]
    if not problems:
        made = draft.finished()
        tables = {name: made.table(name) for name in TABLES}
        found = check_references(tables) or cross_check(tables, made.about)
        problems += [
            Problem(f"after all changes, {problem.where}", problem.what, problem.fix) for problem in found
        ]
    if problems:
        raise BadInputError(problems)
    return Applied(made, tuple(touched))


def _place(by: str, kind: str, where: str) -> str:
    """Return where a problem of a change stands: scenario or card, kind of change, and key."""
    return ", ".join(dict.fromkeys((by, kind, where.removeprefix(f"{kind}, "))))
