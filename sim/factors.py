"""Factors: what times and headways are multiplied by, to ask what would be needed and what may go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from network.errors import BadInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SCALED_PARTS = ("access", "entry", "transfer", "exit", "egress")
"""Parts of a journey that a factor may multiply, beside rides and waits; gates are never multiplied."""


@dataclass(frozen=True, eq=False, slots=True)
class Factors:
    """What times are multiplied by, one value a choice, or one for all.

    Attributes
    ----------
    ride
        Of times in the vehicle, by line, float64 [choices] each; lines that are left out keep theirs.
    headway
        Of headways, by line, likewise: 2 is half as many departures.
    part
        Of the parts in `SCALED_PARTS`, by name, likewise.
    number
        Of numbers of the model, by name without a period, likewise; for journeys by road alone.

    Raises
    ------
    BadInputError
        A factor is not above 0 or not finite, or a part has no factor.
    """

    ride: Mapping[str, Floats] = field(default_factory=dict)
    headway: Mapping[str, Floats] = field(default_factory=dict)
    part: Mapping[str, Floats] = field(default_factory=dict)
    number: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the factors."""
        problems = [
            Problem("factors", f"{name!r} is no part that is multiplied", f"use {', '.join(SCALED_PARTS)}")
            for name in self.part
            if name not in SCALED_PARTS
        ]
        for kind in self.kinds:
            for name, values in kind.items():
                given = np.asarray(values, np.float64)
                if not (np.isfinite(given) & (given > 0)).all():
                    problems.append(Problem(f"factors, {name}", "is not above 0", "1 changes nothing"))
        if problems:
            raise BadInputError(problems)

    @property
    def kinds(self) -> tuple[Mapping[str, Floats], ...]:
        """Factors of all kinds."""
        return self.ride, self.headway, self.part, self.number

    @property
    def parts(self) -> Floats:
        """Factors of the parts, [choices or 1, parts]."""
        return _columns(self.part, SCALED_PARTS)

    @staticmethod
    def by_line(values: Mapping[str, Floats], lines: Sequence[str]) -> Floats:
        """Return factors by line, [choices or 1, lines]."""
        return _columns(values, lines)

    def taken(self, rows: NDArray[np.int64]) -> Factors:
        """Return the factors of some of the choices."""
        return Factors(*(_taken(kind, rows) for kind in self.kinds))


def _taken(kind: Mapping[str, Floats], rows: NDArray[np.int64]) -> dict[str, Floats]:
    """Return the values of some of the choices; one for all stays."""
    arrays = {name: np.atleast_1d(np.asarray(values, np.float64)) for name, values in kind.items()}
    return {name: values[rows] if values.size > 1 else values for name, values in arrays.items()}


def _columns(values: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    """Return values by name as columns, 1 where a name has none."""
    given = {name: np.atleast_1d(np.asarray(value, np.float64)) for name, value in values.items()}
    rows = max((value.size for value in given.values()), default=1)
    table = np.ones((rows, len(names)))
    for column, name in enumerate(names):
        if name in given:
            table[:, column] = given[name]
    return table
