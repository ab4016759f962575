"""The verb `export network`: a network as GeoPackage or GraphML, written whole or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import networkx as nx
import pandas as pd
import pyogrio

from network.errors import BadInputError
from network.headways import departures_a_day
from onehour.files import output_problems, whole_file
from onehour.layers import network_layers

if TYPE_CHECKING:
    from pathlib import Path

    from onehour.study import Study

ENDINGS = (".gpkg", ".graphml")

_TOLD = ("region", "scenario", "scenario_hash", "region_hash", "state_hash", "set")


def write_network(study: Study, output: Path) -> dict[str, Any]:
    """Write the network of a study to a file; return what was written.

    A ``.gpkg`` file holds the layers of `onehour.layers.network_layers`, the calls as the table
    ``service_stops``, and the provenance as the table ``about``; a ``.graphml`` file `network_graph`.

    Raises
    ------
    BadInputError
        The file cannot be written so; lists every problem.
    """
    if problems := output_problems(output, ENDINGS):
        raise BadInputError(problems)
    found = study.provenance(None)
    with whole_file(output) as file:
        counts = (
            _write_geopackage(study, found, file)
            if output.suffix.lower() == ".gpkg"
            else _write_graphml(network_graph(study), file)
        )
    return {"file": str(output), "rows": counts, **{name: found[name] for name in _TOLD}}


def network_graph(study: Study) -> nx.MultiDiGraph[str]:
    """Return the network of a study as NetworkX's graph, to be read by other programs.

    Returns
    -------
    MultiDiGraph
        Nodes are centres, stations and road junctions (``kind``) with names, ``lon`` and ``lat``. Edges, by
        ``kind``: a ``ride`` from call to call of each service, with ``minutes`` from departure to arrival,
        ``line`` and ``trips_a_day``; a ``walk`` between stations, with ``walk_m``; a ``road``
        link, one a direction, with ``length_km`` and ``speed_kmh``; and ``stands-for`` from a centre to its
        stations and back. The graph's attribute ``onehour`` is the provenance, as JSON.
    """
    region, calls = study.network.region, study.network.tables.calls
    found = json.dumps(study.provenance(None), ensure_ascii=False, sort_keys=True)
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(onehour=found)
    for kind, table, key in (
        ("junction", region.table("road_nodes").rename(columns={"name": "name_zh"}), "node_id"),
        ("station", region.stations, "station_id"),
        ("centre", region.places, "place_id"),
    ):
        named = [name for name in ("name_zh", "name_en", "class", "lon", "lat") if name in table]
        for row in table[[key, *named]].itertuples(index=False, name=None):
            graph.add_node(row[0], kind=kind, **dict(zip(named, row[1:], strict=True)))
    stations, services = region.stations["station_id"].to_list(), region.services
    names, lines = services["service_id"].to_list(), services["line_id"].to_list()
    trips = departures_a_day(region).tolist()
    onward = zip(calls.service[:-1], calls.service[1:], strict=True)
    for call, (service, after) in enumerate(onward):
        if service != after:
            continue
        seconds = int(calls.arrive_s[call + 1] - calls.depart_s[call])
        start, end = stations[calls.station[call]], stations[calls.station[call + 1]]
        graph.add_edge(
            start,
            end,
            kind="ride",
            minutes=seconds / 60,
            service=names[service],
            line=lines[service],
            trips_a_day=trips[service],
        )
    walks = region.transfers
    for start, end, metres in zip(
        walks["from_station_id"], walks["to_station_id"], walks["walk_m"], strict=True
    ):
        graph.add_edge(start, end, kind="walk", walk_m=float(metres))
    roads = region.table("road_links")
    columns = ("from_node_id", "to_node_id", "oneway", "link_id", "length_km", "speed_kmh")
    for start, end, oneway, link, length_km, speed_kmh in roads[list(columns)].to_numpy(object):
        words = {"kind": "road", "link": link, "length_km": float(length_km), "speed_kmh": float(speed_kmh)}
        graph.add_edges_from([(start, end, words)] if oneway else [(start, end, words), (end, start, words)])
    standing = region.table("centre_stations")
    for place, station in zip(standing["place_id"], standing["station_id"], strict=True):
        graph.add_edge(place, station, kind="stands-for")
        graph.add_edge(station, place, kind="stands-for")
    return graph


def _write_graphml(graph: nx.MultiDiGraph[str], file: Path) -> dict[str, int]:
    """Write a graph; return how many nodes and edges it has."""
    nx.write_graphml(graph, file)
    return {"nodes": graph.number_of_nodes(), "edges": graph.number_of_edges()}


def _write_geopackage(study: Study, found: dict[str, Any], file: Path) -> dict[str, int]:
    """Write the layers and tables; return how many rows each has."""
    file.unlink()  # GDAL makes the file itself
    layers = network_layers(study)
    for name, layer in layers.items():
        pyogrio.write_dataframe(_dated(layer), file, layer=name, append=file.exists())
    texts = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in found.items()
    }
    tables = {
        "service_stops": study.network.region.service_stops,
        "about": pd.DataFrame({"name": list(texts), "value": list(texts.values())}),
    }
    for name, table in tables.items():
        pyogrio.write_dataframe(_dated(table), file, layer=name, append=True)
    return {name: len(table) for name, table in (layers | tables).items()}


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its days written as text, YYYY-MM-DD, as in the region's own tables."""
    table = table.copy()
    for column in table.columns[[kind.kind == "M" for kind in table.dtypes]]:
        table[column] = table[column].dt.strftime("%Y-%m-%d").astype("str")
    return table
