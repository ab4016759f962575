"""Uncertain inputs: what may turn out otherwise than a scenario says, with distributions and sources."""

from __future__ import annotations

from importlib.resources import as_file
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from network.errors import BadInputError, Problem
from scenarios.cards import Status
from scenarios.changes import LineClass
from scenarios.tomls import content_hash, data_folder, read_model

Number = Annotated[float, Field(ge=-100, le=100)]
Part = Literal["access", "entry", "transfer", "exit", "egress"]


class Uncertain(BaseModel):
    """One uncertain input.

    A ``delay`` is years added to the opening of each card of the given status, drawn card by card. The others
    multiply: ``ride`` times in the vehicles and ``headway`` headways of classes of lines, ``part`` parts of
    each journey.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    name: str = Field(pattern=r"^[a-z0-9-]+$", max_length=60)
    kind: Literal["delay", "ride", "headway", "part"]
    status: tuple[Status, ...] = Field((), strict=False, description="of cards, for a delay")
    class_: tuple[LineClass, ...] = Field((), strict=False, alias="class", description="of lines")
    parts: tuple[Part, ...] = Field((), strict=False, description="of journeys")
    distribution: Literal["uniform", "triangular"]
    low: Number
    mode: Number | None = Field(None, description="most likely value, for a triangular one")
    high: Number
    unit: Literal["years", "factor"]
    source: str = Field(min_length=1)
    confidence: Literal["high", "medium", "low"] = "low"

    @model_validator(mode="after")
    def _fits(self) -> Uncertain:
        given = {"delay": self.status, "ride": self.class_, "headway": self.class_, "part": self.parts}
        word = {"delay": "status", "ride": "class", "headway": "class", "part": "parts"}[self.kind]
        if not given[self.kind]:
            raise ValueError(f"a {self.kind} needs {word}")
        if (self.unit == "years") != (self.kind == "delay"):
            raise ValueError("a delay is in years, anything else a factor")
        if self.kind != "delay" and self.low <= 0:
            raise ValueError("a factor is above 0")
        if (self.mode is None) == (self.distribution == "triangular"):
            raise ValueError("a triangular distribution has a mode, a uniform one has none")
        middle = self.low if self.mode is None else self.mode
        if not (self.low <= middle <= self.high and self.low < self.high):
            raise ValueError("low, mode and high do not ascend")
        return self


class _File(BaseModel):
    """A file of uncertain inputs."""

    model_config = ConfigDict(extra="forbid")
    input: list[Uncertain] = Field(min_length=1)


def get_uncertain(region_id: str, path: Path | None = None) -> tuple[Uncertain, ...]:
    """Return the uncertain inputs of a region, or those in a file.

    Parameters
    ----------
    region_id
        The region.
    path
        A ``.toml`` file with a table ``[[input]]`` each; by default that shipped for the region.

    Raises
    ------
    BadInputError
        The region has none, or the file cannot be used; lists every problem.
    """
    problems: list[Problem] = []
    if path is not None:
        found = read_model(path, _File, problems)
    else:
        shipped = data_folder(region_id).joinpath("uncertain.toml")
        if not shipped.is_file():
            what = f"none are shipped for the region {region_id}"
            raise BadInputError(Problem("uncertain inputs", what, "give a file of them"))
        with as_file(shipped) as file:
            found = read_model(file, _File, problems)
    inputs = () if found is None else tuple(found.input)
    names = [one.name for one in inputs]
    problems += [
        Problem(f"input {name}", "stands twice", "remove one")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if problems:
        raise BadInputError(problems)
    return inputs


def uncertain_hash(inputs: tuple[Uncertain, ...]) -> str:
    """Return the hash of uncertain inputs."""
    return content_hash([one.model_dump(mode="json") for one in inputs])
