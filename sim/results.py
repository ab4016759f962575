"""What searches find between ends of trips: times with parts, and the stages of journeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a journey: a ride, a walk, a drive, a change.

    Attributes
    ----------
    kind
        Word of `network.graph.LinkKind` in lower case.
    start, end
        Ids of the place, station or road junction where it begins and ends.
    parts_s
        Seconds by part, those above 0 only.
    lines
        Lines whose services one may take, those of the quickest first; roads of a drive.
    services
        Services that one may take, the quickest first.
    stops
        Stations at which the quickest service calls, both ends included.
    low_confidence
        Rows of the region that the stage rests on and that are of low confidence: ``services.csv gz-l3…``.
    """

    kind: str
    start: str
    end: str
    parts_s: dict[str, int]
    lines: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    low_confidence: tuple[str, ...] = ()

    @property
    def seconds(self) -> int:
        """Seconds of all parts."""
        return sum(self.parts_s.values())


@dataclass(frozen=True, eq=False, slots=True)
class Times:
    """Times and parts from origins to destinations.

    Attributes
    ----------
    seconds
        Whole seconds, -1 where there is no journey, int64 [origins, destinations].
    parts_s
        Seconds by part, int64 [origins, destinations, parts]; columns are `network.graph.PARTS`. They sum to
        `seconds`; zeros where there is no journey. Without columns where no parts were asked for.
    alternative
        Which of the router's alternatives each time comes from, int64 [origins, destinations].
    within
        Share of the departures that take no longer than a limit, float64 [origins, destinations]; None where
        the times are not over departures, NaN where no limit was given.
    """

    seconds: Ints
    parts_s: Ints
    alternative: Ints
    within: NDArray[np.float64] | None = None
