"""Real streets of OpenStreetMap: read, simplified, saved, and points snapped to them.

`network.streets.reading` makes `Streets` of a file, `network.streets.files` saves and loads them. What
searches over them is `sim.access`.
"""

from network.streets.model import Streets

__all__ = ["Streets"]
