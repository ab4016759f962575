"""The numbers of the model: defaults of the package, overridden by a region, a scenario or a what-if."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from network.errors import BadInputError, Problem, UnknownNameError, suggest

_KEYS = ("value", "unit", "source", "confidence")

#: Least and largest value by the end of the name: beyond them no time can be told.
_BOUNDS = {
    "_kmh": (0.1, 1000.0),
    "_min": (0.0, 1440.0),
    "_km": (0.0, 1000.0),
    "_m": (0.0, 1e6),
    "_detour": (1.0, 10.0),
    "_rides": (1.0, 20.0),
    "_draws": (1.0, 10_000.0),
    "_seed": (0.0, 2.0**31),
}
_WHOLE = ("_rides", "_draws", "_seed")
_FACTOR = (0.1, 100.0)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number with its unit, source and confidence."""

    value: float
    unit: str
    source: str
    confidence: str


class Parameters(Mapping[str, float]):
    """Immutable mapping from parameter name to number.

    A name may carry a period: ``parameters.at("congestion_urban_inner", "am-peak")`` is
    ``congestion_urban_inner_am_peak`` where that is set, else ``congestion_urban_inner``.
    """

    def __init__(self, rows: Mapping[str, Parameter]) -> None:
        self._rows = dict(rows)

    def __getitem__(self, name: str) -> float:
        """Return the number called `name`."""
        try:
            return self._rows[name].value
        except KeyError:
            raise UnknownNameError("parameter", name, self._rows) from None

    def __contains__(self, name: object) -> bool:
        """Return whether there is a number called `name`."""
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._rows)

    def __len__(self) -> int:
        """Return the number of parameters."""
        return len(self._rows)

    def at(self, name: str, period: str) -> float:
        """Return the number called `name` in `period`."""
        own = f"{name}_{period.replace('-', '_')}"
        return self[own if own in self._rows else name]

    def row(self, name: str) -> Parameter:
        """Return the number called `name` with its unit, source and confidence."""
        self[name]
        return self._rows[name]

    def replace(self, **rows: Parameter) -> Parameters:
        """Return a copy with `rows` in place of the old ones."""
        return Parameters({**self._rows, **rows})

    def with_values(
        self, values: Mapping[str, float], *, periods: tuple[str, ...], source: str, where: str = ""
    ) -> Parameters:
        """Return a copy with other numbers, checked as those of a file are; `where` names it in problems.

        Raises
        ------
        BadInputError
            A name is unknown, or a number is negative or not finite.
        """
        rows = {
            name: {
                "value": value,
                "unit": self._rows[_plain(name, periods, self._rows)].unit
                if _plain(name, periods, self._rows) in self._rows
                else "",
                "source": source,
                "confidence": "low",
            }
            for name, value in values.items()
        }
        return Parameters(self._rows).merged(rows, periods=periods, where=where or source)

    def merged(self, table: Mapping[str, Any], *, periods: tuple[str, ...], where: str) -> Parameters:
        """Return a copy with the entries of a TOML table, `where` naming it in problems."""
        problems: list[Problem] = []
        rows = dict(self._rows)
        for name, entry in table.items():
            plain = _plain(name, periods, self._rows)
            if plain not in self._rows:
                problems.append(
                    Problem(f"{where}, {name}", "unknown parameter", suggest(name, list(self._rows)))
                )
                continue
            if not isinstance(entry, Mapping) or "value" not in entry:
                problems.append(
                    Problem(f"{where}, {name}", "has no value", "write value, unit, source, confidence")
                )
                continue
            unknown = [key for key in entry if key not in _KEYS]
            if unknown:
                problems.append(
                    Problem(f"{where}, {name}", f"unknown key {unknown[0]!r}", suggest(unknown[0], _KEYS))
                )
                continue
            value = entry["value"]
            low, high = _bounds(plain)
            if not _is_number(value) or not low <= value <= high:
                unit = self._rows[plain].unit
                problems.append(
                    Problem(f"{where}, {name}", f"{value!r} is out of range", f"{low:g} to {high:g} {unit}")
                )
                continue
            if plain.endswith(_WHOLE) and value != int(value):
                problems.append(Problem(f"{where}, {name}", f"{value!r} is no whole number", "round it"))
                continue
            confidence = str(entry.get("confidence", "low"))
            if confidence not in {"high", "medium", "low"}:
                problems.append(
                    Problem(f"{where}, {name}", f"confidence {confidence!r}", "use high, medium or low")
                )
                continue
            unit = str(entry.get("unit", self._rows[plain].unit))
            if unit != self._rows[plain].unit:
                problems.append(
                    Problem(f"{where}, {name}", f"unit {unit!r}", f"give it in {self._rows[plain].unit!r}")
                )
                continue
            rows[name] = Parameter(float(value), unit, str(entry.get("source", where)), confidence)
        if problems:
            raise BadInputError(problems)
        return Parameters(rows)

    def as_table(self) -> list[tuple[str, Parameter]]:
        """Return name and parameter, sorted by name."""
        return sorted(self._rows.items())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bounds(name: str) -> tuple[float, float]:
    """Return the least and the largest value of a parameter."""
    return next((bounds for end, bounds in _BOUNDS.items() if name.endswith(end)), _FACTOR)


def _plain(name: str, periods: tuple[str, ...], known: Mapping[str, object]) -> str:
    if name in known:
        return name
    for period in periods:
        end = f"_{period.replace('-', '_')}"
        if name.endswith(end):
            return name.removesuffix(end)
    return name


@cache
def default_parameters() -> Parameters:
    """Return the package's numbers, from ``network/parameters.toml``."""
    text = files("network").joinpath("parameters.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return Parameters(
        {
            name: Parameter(float(row["value"]), row["unit"], row["source"], row["confidence"])
            for name, row in table.items()
        }
    )
