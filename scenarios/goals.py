"""Goals of a plan: its own words, and how they are read: pairs, limit, clock, mode, period, statistic."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file
from itertools import permutations
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from network.errors import BadInputError, Problem, UnknownNameError
from scenarios.tomls import data_folder, read_model

if TYPE_CHECKING:
    from network.region import Region


class Pairs(BaseModel):
    """Which places a goal is about; both directions of each pair count."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    between: Literal["cores", "centres"] | tuple[str, ...] | None = None
    from_: Literal["cores", "centres"] | tuple[str, ...] | None = Field(None, alias="from")
    to: Literal["cores", "centres"] | tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one(self) -> Pairs:
        if (self.between is None) == (self.from_ is None or self.to is None):
            raise ValueError("give either between, or from and to")
        return self


class Goal(BaseModel):
    """A goal of a plan."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    goal_id: str
    text_seed: str = Field(description="the plan's own words")
    section: str = ""
    scope: str = ""
    limit_min: Annotated[float, Field(gt=0)] | None = None
    year: int | None = None
    clock: Literal["in-vehicle", "station", "door"] = "door"
    mode: Literal["transit", "car", "park-and-ride", "any"] = "transit"
    period: str = "am-peak"
    traveller: Literal["random", "planned"] = "random"
    statistic: str = "p50"
    timing: Literal["depart-after", "arrive-by"] = "depart-after"
    pairs: Pairs | None = None
    reason_not: str = Field("", description="why the goal cannot be checked")
    ambiguities: str = ""
    notes: str = ""

    @model_validator(mode="after")
    def _one(self) -> Goal:
        if (self.pairs is None) == (not self.reason_not):
            raise ValueError(f"{self.goal_id}: give either pairs or reason_not")
        return self

    @property
    def runnable(self) -> bool:
        """Whether the goal can be checked."""
        return self.pairs is not None

    def pairs_in(self, region: Region) -> tuple[tuple[str, str], ...]:
        """Return the ordered pairs of places and stations that the goal is about, in both directions.

        Raises
        ------
        BadInputError
            The goal cannot be checked, or the region has fewer than two of its places.
        """
        if self.pairs is None:
            what = f"cannot be checked: {self.reason_not}"
            raise BadInputError(
                Problem(f"goal {self.goal_id}", what, "`onehour goals` lists those that can be")
            )
        if self.pairs.between is not None:
            names = _names(region, self.pairs.between)
            found = set(permutations(names, 2))
        else:
            start, end = _names(region, self.pairs.from_ or ()), _names(region, self.pairs.to or ())
            found = {(one, other) for one in start for other in end if one != other}
            found |= {(other, one) for one, other in found}
        if not found:
            known = {*region.places["place_id"], *region.stations["station_id"]}
            named = [part for part in (self.pairs.between, self.pairs.from_, self.pairs.to) if part]
            lost = sorted({name for part in named if isinstance(part, tuple) for name in part} - known)
            what, fix = "the region has fewer than two of its places", "give places.csv with in_area = yes"
            if lost:
                what, fix = f"{', '.join(lost)} is not there", "take a scenario that builds it"
            raise BadInputError(Problem(f"goal {self.goal_id}", what, fix))
        return tuple(sorted(found))


class _File(BaseModel):
    """A file of goals."""

    model_config = ConfigDict(extra="forbid")
    goal: tuple[Goal, ...]


HEADLINE = "G02_centres_1h_rail"
"""Goal that is judged where none is named, of the regions that ship it."""

#: The goal of a region that ships none: every place within an hour of every other.
ANY_REGION = Goal.model_validate(
    {
        "goal_id": "all-places-60",
        "text_seed": "every place to every place within 60 minutes",
        "scope": "all places of the region",
        "limit_min": 60,
        "pairs": {"between": "centres"},
    }
)


def _names(region: Region, which: str | tuple[str, ...]) -> list[str]:
    """Return the ids of places and stations that a word or a list stands for, those that are there."""
    places = region.places
    if isinstance(which, tuple):
        known = {*places["place_id"], *region.stations["station_id"]}
        return [name for name in which if name in known]
    inside = places[places["in_area"]]
    cores = inside[inside["level"] == "core"]
    chosen = cores if which == "cores" and len(cores) > 1 else inside
    return sorted(chosen["place_id"])


@cache
def list_goals(region_id: str) -> tuple[Goal, ...]:
    """Return the goals of a region's plan; of a region without a plan, the one of `ANY_REGION`.

    Raises
    ------
    BadInputError
        The file of goals is wrong; lists every problem.
    """
    entry = data_folder(region_id).joinpath("goals.toml")
    if not entry.is_file():
        return (ANY_REGION,)
    problems: list[Problem] = []
    with as_file(entry) as path:
        found = read_model(path, _File, problems)
    if found is None:
        raise BadInputError(problems)
    return found.goal


def headline_goal(region_id: str) -> Goal:
    """Return the goal that is judged where none is named: `HEADLINE`, or the first of the region's."""
    goals = list_goals(region_id)
    return next((goal for goal in goals if goal.goal_id == HEADLINE), goals[0])


def get_goal(goal_id: str, region_id: str) -> Goal:
    """Return a goal by its id.

    Raises
    ------
    UnknownNameError
        There is no such goal.
    """
    goals = {goal.goal_id: goal for goal in list_goals(region_id)}
    if goal_id not in goals:
        raise UnknownNameError("goal", goal_id, goals, where="--goal")
    return goals[goal_id]
