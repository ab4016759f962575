"""GTFS feeds: a region as the tables of a feed, and feeds as the long tables of a day or as a region.

`network.gtfs.export` makes a feed's tables, `network.gtfs.reader` reads feeds for a day, and
`network.gtfs.regions` makes a region of what was read. The format is described at
https://gtfs.org/documentation/schedule/reference/
"""

from network.gtfs.reader import ServiceDay, read_day, read_timetable

__all__ = ["ServiceDay", "read_day", "read_timetable"]
