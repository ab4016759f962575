"""Every error that the program raises on purpose.

OnehourError
├── BadInputError      what the user gave (files, names, options): lists every problem; also a ValueError
│   └── UnknownNameError   a name that is not there; also a KeyError
└── UnreachableError   a journey was asked for that does not exist; also a LookupError
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input, and what would mend it.

    Attributes
    ----------
    where
        File, with row and column or key: ``stations.csv row 4, lon``.
    what
        What is wrong.
    fix
        What would mend it; may be empty.
    """

    where: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        """Return the problem as one line."""
        return f"{self.where}: {self.what}" + (f" ({self.fix})" if self.fix else "")


class OnehourError(Exception):
    """Base of all errors raised on purpose."""


class BadInputError(OnehourError, ValueError):
    """What the user gave cannot be used; `problems` lists all that was found."""

    def __init__(self, problems: Iterable[Problem] | Problem) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how an error of this kind is made again in another process."""
        return _made_again, (type(self), self.problems)


def _made_again(kind: type[BadInputError], problems: tuple[Problem, ...]) -> BadInputError:
    error = kind.__new__(kind)
    BadInputError.__init__(error, problems)
    return error


class UnknownNameError(BadInputError, KeyError):
    """A name that is not among the known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        fix = suggest(name, list(known))
        super().__init__(Problem(where or kind, f"there is no {kind} {name!r}", fix))

    def __str__(self) -> str:
        """Return the message without KeyError's quotes."""
        return "\n".join(str(problem) for problem in self.problems)


class UnreachableError(OnehourError, LookupError):
    """No journey leads from the origin to the destination."""


def tried(make: Callable[[], Any], problems: list[Problem]) -> Any:
    """Return what `make` returns, or None with what is wrong added to `problems`."""
    try:
        return make()
    except BadInputError as error:
        problems += error.problems
        return None


MOST_TOLD = 10
"""So many rows with the same thing wrong are told one by one; of the rest, their number."""


def told(file: str, rows: Sequence[int], what: str, fix: str, *, column: str = "") -> list[Problem]:
    """Return a problem for each of the first rows of a file that have it, and one that counts the rest."""
    place = f", {column}" if column else ""
    found = [Problem(f"{file} row {row}{place}", what, fix) for row in rows[:MOST_TOLD]]
    if len(rows) > MOST_TOLD:
        more = f"the same in {len(rows) - MOST_TOLD} more rows"
        found.append(Problem(f"{file} row {rows[MOST_TOLD]}{place}", more, fix))
    return found


def suggest(name: str, known: Sequence[str]) -> str:
    """Return the sentence that offers the known names nearest to `name`."""
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return "did you mean " + " or ".join(near) + "?"
    if len(known) <= 12:  # noqa: PLR2004 - a list that fits on a line
        return "known: " + ", ".join(sorted(known)) if known else "none is known"
    return f"{len(known)} are known"
