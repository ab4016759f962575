"""Classes of lines as GTFS route types, and back.

The extended types tell high-speed, intercity and conventional trains apart, which the basic type 2 does not;
R5, OpenTripPlanner, MOTIS and Visum read them.
"""

from __future__ import annotations

#: Route type that stands for each class in an export.
ROUTE_TYPES = {"hsr": 101, "conventional": 102, "intercity": 106, "metro": 1}

#: Names of the classes, for routes without a line.
CLASS_NAMES = {
    "hsr": ("高铁", "High-speed trains"),
    "intercity": ("城际", "Intercity trains"),
    "conventional": ("普速", "Conventional trains"),
    "metro": ("地铁", "Metro"),
}

_BASIC = {2: "conventional", 12: "metro"}
_EXTENDED = (
    (100, 101, "conventional"),
    (101, 102, "hsr"),
    (102, 106, "conventional"),
    (106, 107, "intercity"),
    (107, 109, "conventional"),
    (109, 110, "intercity"),
    (110, 118, "conventional"),
)


def find_class(route_type: int) -> str | None:
    """Return the class of lines of a route type: rail by kind, all others ``metro``; None if unknown.

    Buses, trams, ferries and cable cars are walk-up services without a gate, as the metro is.
    """
    if route_type in _BASIC:
        return _BASIC[route_type]
    for low, end, kind in _EXTENDED:
        if low <= route_type < end:
            return kind
    known = 0 <= route_type <= 7 or route_type == 11 or 200 <= route_type < 1800  # noqa: PLR2004
    return "metro" if known else None


def is_street(route_type: int) -> bool:
    """Return whether vehicles of a route type are boarded from the street: bus, coach, trolleybus, tram."""
    return route_type in {0, 3, 5, 11} or 200 <= route_type < 300 or 700 <= route_type < 1000  # noqa: PLR2004
