"""Classes of lines as GTFS route types, and back.

The extended types tell high-speed, intercity and conventional trains apart, which the basic type 2 does not;
R5, OpenTripPlanner, MOTIS and Visum read them.
"""

from __future__ import annotations

#: Route type that stands for each class in an export.
ROUTE_TYPES = {"hsr": 101, "conventional": 102, "intercity": 106, "metro": 1, "street": 3}

#: Names of the classes, for routes without a line.
CLASS_NAMES = {
    "hsr": ("高铁", "High-speed trains"),
    "intercity": ("城际", "Intercity trains"),
    "conventional": ("普速", "Conventional trains"),
    "metro": ("地铁", "Metro"),
    "street": ("公交", "Buses and trams"),
}

_RAIL = {2: "intercity", 101: "hsr", 102: "conventional", 103: "conventional", 105: "conventional"}
"""Classes of single types; other trains, suburban and regional ones, are walk-up services: ``intercity``."""


def find_class(route_type: int) -> str | None:
    """Return the class of lines of a route type; None if unknown.

    Rail by kind; ``street`` what is boarded from the street: bus, coach, trolleybus, tram; all others
    ``metro``: ferries and cable cars are walk-up services with a place to enter, as the metro is.
    """
    if route_type in _RAIL:
        return _RAIL[route_type]
    if 100 <= route_type < 200:  # noqa: PLR2004
        return "intercity"
    if route_type in {0, 3, 5, 11} or 200 <= route_type < 300 or 700 <= route_type < 1000:  # noqa: PLR2004
        return "street"
    is_known = 0 <= route_type <= 7 or route_type in {11, 12} or 200 <= route_type < 1800  # noqa: PLR2004
    return "metro" if is_known else None
