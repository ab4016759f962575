"""Streets: read, simplified, saved, snapped. Oracles: OSMnx and NetworkX on a real extract, and small maps."""

import bz2
import gzip
import hashlib
import json

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from network.errors import BadInputError
from network.reader import read_region
from network.streets import files
from network.streets.model import ARRAYS, CLASSES
from network.streets.reading import read_streets
from network.streets.speeds import speed_tables, speeds_kmh
from network.streets.ways import way_filter
from network.testing import line_region
from network.writer import write_region
from tests.network.streets_files import HELSINKI, osm_text, plain_xml

#: A cross of two streets with a bend, a one-way loop, a dead end that cannot be left, and a path.
NODES = {
    1: (25.000, 60.000),
    2: (25.001, 60.000),
    3: (25.002, 60.001),
    4: (25.003, 60.000),
    5: (25.003, 60.002),
    6: (25.005, 60.000),
    7: (25.001, 60.002),
    8: (25.100, 60.100),
    9: (25.101, 60.100),
}
WAYS = [
    (11, [1, 2, 3, 4], {"highway": "primary", "maxspeed": "60"}),
    (12, [4, 5], {"highway": "residential"}),
    (13, [5, 7, 2], {"highway": "secondary", "oneway": "yes"}),
    (14, [4, 6], {"highway": "tertiary", "oneway": "-1"}),
    (15, [3, 7], {"highway": "footway"}),
    (16, [8, 9], {"highway": "residential"}),
    (17, [1, 99], {"highway": "residential"}),
]


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "made.osm"
    path.write_text(osm_text(NODES, WAYS), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["walk", "drive"])
def helsinki(request, tmp_path_factory):
    """Return the network, streets, and OSMnx's graph of the same ways: with times, its largest strong part."""
    network = request.param
    path = plain_xml(tmp_path_factory.mktemp("osm") / "helsinki.osm", way_filter(network))
    graph = ox.graph_from_xml(path, bidirectional=network == "walk", simplify=False, retain_all=True)
    table = speed_tables()["china"]
    if network == "walk":
        nx.set_edge_attributes(graph, 4.5, "speed_kph")
    else:
        ox.add_edge_speeds(graph, hwy_speeds=table["kmh"], fallback=table["fallback"])
    graph = ox.truncate.largest_component(ox.add_edge_travel_times(graph), strongly=True)
    return network, read_streets(path, network, speeds="china"), graph


def times_s(streets, sources):
    """Return shortest times over streets by SciPy, s, [sources, nodes]."""
    tail, head, link = streets.directed
    seconds = (streets.length_m * 3.6 / streets.speed_kmh)[link]
    order = np.argsort(seconds)  # of parallel links SciPy must see the quickest alone
    pairs = tail[order].astype(np.int64) * streets.n_nodes + head[order]
    first = order[np.unique(pairs, return_index=True)[1]]
    matrix = coo_array((seconds[first], (tail[first], head[first])), shape=(streets.n_nodes,) * 2)
    return dijkstra(matrix.tocsr(), indices=sources)


def test_shortest_times_are_those_of_osmnx(helsinki):
    _, streets, graph = helsinki
    sources = np.arange(0, streets.n_nodes, max(1, streets.n_nodes // 7))
    found = times_s(streets, sources)
    assert np.isfinite(found).all()
    for row, source in enumerate(streets.node_id[sources].tolist()):
        known = nx.single_source_dijkstra_path_length(graph, source, weight="travel_time")
        assert found[row] == pytest.approx([known[node] for node in streets.node_id.tolist()], abs=0.5)


def test_simplified_as_by_osmnx(helsinki):
    """Both keep the same nodes but for where OSMnx's rule counts parallel ways as one street."""
    _, streets, graph = helsinki
    simple = ox.simplify_graph(graph, edge_attrs_differ=["highway"])
    assert set(streets.node_id.tolist()) >= set(simple.nodes)
    assert streets.n_nodes <= 1.01 * len(simple)
    known = sum(length for *_, length in simple.edges(data="length"))
    assert streets.length_m[streets.directed.link].sum() == pytest.approx(known, rel=0.002)


def test_speeds_are_those_of_osmnx(helsinki):
    network, streets, graph = helsinki
    if network == "walk":
        assert (streets.speed_kmh == 4.5).all()
        return
    known = {frozenset((u, v)): kmh for u, v, kmh in graph.edges(data="speed_kph")}
    straight = np.flatnonzero(np.diff(streets.shape_start) == 2)
    assert len(straight) > 10
    for link in straight.tolist():
        ends = frozenset(streets.node_id[[streets.tail[link], streets.head[link]]].tolist())
        assert streets.speed_kmh[link] == pytest.approx(known[ends], abs=0.01)
    assert len(set(known.values())) > 2


def test_shapes_are_as_long_as_their_links(helsinki):
    _, streets, graph = helsinki
    start, lon, lat = streets.shape_start, streets.shape_lon, streets.shape_lat
    away_m = np.append(ox.distance.great_circle(lat[:-1], lon[:-1], lat[1:], lon[1:]), 0)
    away_m[start[1:] - 1] = 0
    assert np.add.reduceat(away_m, start[:-1]) == pytest.approx(streets.length_m, abs=0.05)
    for row in (0, streets.n_nodes // 2, streets.n_nodes - 1):
        node = graph.nodes[int(streets.node_id[row])]
        assert (streets.node_lon[row], streets.node_lat[row]) == pytest.approx(
            (node["x"], node["y"]), abs=1e-7
        )


def test_a_small_map_to_drive_on(made):
    streets = read_streets(made, "drive")
    names = [CLASSES[code] for code in streets.road_class]
    ends = list(zip(streets.node_id[streets.tail], streets.node_id[streets.head], strict=True))
    assert ends == [(1, 2), (2, 4), (5, 2), (4, 5)]
    assert names == ["primary", "primary", "secondary", "residential"]
    assert streets.oneway.tolist() == [False, False, True, False]
    assert streets.speed_kmh.tolist() == [60, 60, 55, 25]
    assert np.diff(streets.shape_start).tolist() == [2, 3, 3, 2]
    told = streets.summary
    assert told["pieces"] == 9
    assert told["pieces_without_position"] == 1
    assert told["parts_dropped"] == 2  # node 6 can be left, not reached; 8 and 9 lie apart
    assert told["nodes_dropped"] == 3
    assert told["km_with_tagged_limit"] == pytest.approx(streets.length_m[:2].sum() / 1000, abs=0.001)


def test_a_small_map_to_walk_on(made):
    streets = read_streets(made, "walk")
    assert set(streets.node_id) == {1, 2, 3, 4, 5, 6, 7}
    assert not streets.oneway.any()
    footway = streets.road_class == CLASSES.index("footway")
    assert footway.sum() == 1


def test_the_order_of_a_file_does_not_matter(tmp_path):
    forward, backward = tmp_path / "a.osm", tmp_path / "b.osm"
    forward.write_text(osm_text(NODES, WAYS), encoding="utf-8")
    turned = [(key, refs if "oneway" in tags else refs[::-1], tags) for key, refs, tags in WAYS[::-1]]
    backward.write_text(osm_text(dict(reversed(NODES.items())), turned), encoding="utf-8")
    one, other = read_streets(forward, "drive"), read_streets(backward, "drive")
    assert one.sha256 == other.sha256
    for name in ARRAYS:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.mark.parametrize(
    ("tags", "walk", "drive"),
    [
        ({"highway": "residential"}, True, True),
        ({"highway": "motorway"}, False, True),
        ({"highway": "footway"}, True, False),
        ({"highway": "steps"}, True, False),
        ({"highway": "cycleway"}, False, False),
        ({"highway": "service"}, True, False),
        ({"highway": "primary", "access": "private"}, False, False),
        ({"highway": "primary", "foot": "no"}, False, True),
        ({"highway": "primary", "motor_vehicle": "no"}, True, False),
        ({"highway": "pedestrian", "area": "yes"}, False, False),
        ({"name": "no street"}, False, False),
    ],
)
def test_which_ways_belong(tags, walk, drive):
    assert way_filter("walk")(tags) is walk
    assert way_filter("drive")(tags) is drive


def test_a_roundabout_is_one_way(tmp_path):
    nodes = {1: (25.0, 60.0), 2: (25.001, 60.0), 3: (25.001, 60.001), 4: (25.002, 60.0)}
    ways = [
        (1, [1, 2, 3, 1], {"highway": "primary", "junction": "roundabout"}),
        (2, [2, 4], {"highway": "residential"}),
    ]
    path = tmp_path / "round.osm"
    path.write_text(osm_text(nodes, ways), encoding="utf-8")
    streets = read_streets(path, "drive")
    assert streets.node_id.tolist() == [2, 4]
    assert [(*ends, one) for *ends, one in zip(streets.tail, streets.head, streets.oneway, strict=True)] == [
        (0, 0, True),
        (0, 1, False),
    ]


def test_speeds_of_tags():
    found = speeds_kmh(
        ["primary", "primary", "motorway", "primary"], ["", "30 mph", "none", "9999"], "general"
    )
    assert found[:2] == pytest.approx([65, 48.28], abs=0.01)
    assert found[3] == 150
    assert (speeds_kmh([], [], "china") == []).all()
    for table in speed_tables().values():
        assert table["source"]
        assert set(table["kmh"]) <= set(CLASSES)


# -------------------------------------------------------------------------------------------------- snapping


def in_metres(shapes):
    """Return shapes in degrees in the UTM zone of Helsinki."""
    return gpd.GeoSeries(shapes, crs="EPSG:4326").to_crs("EPSG:32635").to_numpy()


def test_snapped_to_the_nearest_street(helsinki):
    _, streets, _ = helsinki
    spread = np.random.default_rng(1)
    box = (
        [streets.shape_lon.min(), streets.shape_lat.min()],
        [streets.shape_lon.max(), streets.shape_lat.max()],
    )
    points = spread.uniform(*box, size=(40, 2))
    found = streets.snap(points, 400.0)
    shape = np.column_stack([streets.shape_lon, streets.shape_lat])
    ends = zip(streets.shape_start[:-1], streets.shape_start[1:], strict=True)
    lines = in_metres([shapely.LineString(shape[first:last]) for first, last in ends])
    for row, at in enumerate(in_metres(shapely.points(points))):
        away_m = shapely.distance(lines, at)
        assert (found.link[row] >= 0) == (away_m.min() <= 400)
        if found.link[row] >= 0:
            assert found.off_m[row] == pytest.approx(away_m.min(), rel=0.003, abs=0.05)
            assert away_m[found.link[row]] == pytest.approx(away_m.min(), rel=0.003, abs=0.05)
            along_m = lines[found.link[row]].project(at)
            assert found.along_m[row] == pytest.approx(along_m, rel=0.01, abs=0.5)


def test_points_that_do_not_snap(made):
    streets = read_streets(made, "walk")
    found = streets.snap(np.array([[25.0, 60.0], [26.0, 61.0], [np.nan, 0.0], [25.0, 60.008]]))
    assert found.lost.tolist() == [1, 2, 3]
    assert found.off_m[0] == pytest.approx(0, abs=1e-3)
    assert found.along_m[0] == pytest.approx(0, abs=1e-3)
    assert streets.snap(np.array([[25.0, 60.008]]), 1000).lost.size == 0
    assert streets.snap(np.zeros((0, 2))).link.size == 0


# ----------------------------------------------------------------------------------------------- files


def test_saved_and_loaded(helsinki, tmp_path):
    network, streets, _ = helsinki
    files.save(streets, tmp_path / "streets.parquet")
    again = files.load(tmp_path / "streets.parquet", network)
    for name in ARRAYS:
        assert np.array_equal(getattr(again, name), getattr(streets, name)), name
    assert (again.source, again.summary, again.sha256) == (streets.source, streets.summary, streets.sha256)
    assert read_streets(tmp_path / "streets.parquet", network).sha256 == streets.sha256


def test_geopandas_opens_the_file(made, tmp_path):
    streets = read_streets(made, "drive")
    files.save(streets, tmp_path / "streets.parquet")
    table = gpd.read_parquet(tmp_path / "streets.parquet")
    assert table.crs == "OGC:CRS84"
    assert (table.geom_type == "LineString").all()
    assert shapely.get_num_points(table.geometry).tolist() == [2, 3, 3, 2]


def test_damage_is_found(made, tmp_path):
    path = tmp_path / "streets.parquet"
    files.save(read_streets(made, "drive"), path)
    whole = path.read_bytes()
    table = pq.read_table(path)
    lengths = table["length_m"].to_numpy().copy()
    lengths[0] += 1
    at = table.schema.get_field_index("length_m")
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(lengths)), path)
    with pytest.raises(BadInputError, match="rows are not those that were written"):
        files.load(path)
    for bad in (
        whole[:-9],
        whole[: len(whole) // 2],
        b"PAR1",
        whole.replace(b"onehour_streets", b"onehour_others_"),
    ):
        path.write_bytes(bad)
        with pytest.raises(BadInputError, match="no file of streets, or damaged"):
            files.opened(path)
    path.write_bytes(whole)
    with pytest.raises(BadInputError, match="there is no network 'walk'"):
        files.load(path, "walk")
    held = json.loads(table.schema.metadata[b"onehour_streets"]) | {"format": 99}
    pq.write_table(table.replace_schema_metadata({"onehour_streets": json.dumps(held)}), path)
    with pytest.raises(BadInputError, match="another version"):
        files.opened(path)


# ------------------------------------------------------------------------------------------- wrong input


def test_packed_xml_reads_as_plain(made, tmp_path):
    text = made.read_bytes()
    (tmp_path / "a.osm.gz").write_bytes(gzip.compress(text))
    (tmp_path / "a.osm.bz2").write_bytes(bz2.compress(text))
    known = read_streets(made, "walk").sha256
    assert {read_streets(tmp_path / f"a.osm.{end}", "walk").sha256 for end in ("gz", "bz2")} == {known}


def test_wrong_files(tmp_path, monkeypatch):
    def told(name, content, network="walk", **more):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(BadInputError) as caught:
            read_streets(path, network, **more)
        return str(caught.value)

    whole = HELSINKI.read_bytes()
    assert "cannot be read as OpenStreetMap data: PBF error" in told("cut.osm.pbf", whole[:300_000])
    assert "cannot be read as OpenStreetMap data" in told("no.osm.pbf", b"no such data" * 99)
    assert "cannot be read as OpenStreetMap data" in told("no.osm", b"<osm><node id='1'")
    assert "is empty" in told("empty.osm", b"")
    assert "is no file" in told("missing.osm.pbf", None)
    assert "none of the endings" in told("streets.shp", b"x")
    text = osm_text(NODES, []).encode()
    assert "holds no streets to walk on" in told("bare.osm", text)
    alone = osm_text(NODES, [(1, [1, 2], {"highway": "primary", "oneway": "yes"})]).encode()
    assert "no streets that join two places both ways" in told("alone.osm", alone, "drive")
    lines = told("bad.txt", b"x", "fly", speeds="light").splitlines()
    assert len(lines) == 3
    monkeypatch.setattr("network.streets.reading.MOST_BYTES", 100)
    assert "GiB, more than" in told("large.osm", text)
    monkeypatch.undo()
    monkeypatch.setattr("network.streets.ways.MOST_POINTS", 10)
    assert "has more than 10 points" in told("many.osm.pbf", whole)


# --------------------------------------------------------------------------------------------- GraphML


def test_graphml_of_osmnx(helsinki, tmp_path):
    network, streets, graph = helsinki
    path = tmp_path / "graph.graphml"
    ox.save_graphml(ox.simplify_graph(graph), path)
    found = read_streets(path, network, speeds="china")
    both = np.intersect1d(found.node_id, streets.node_id)
    assert len(both) > 0.9 * found.n_nodes
    one, other = np.searchsorted(found.node_id, both), np.searchsorted(streets.node_id, both)
    assert times_s(found, one[:3])[:, one] == pytest.approx(times_s(streets, other[:3])[:, other], abs=0.5)


def test_graphml_without_times(tmp_path):
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node, (lon, lat) in NODES.items():
        graph.add_node(node, x=lon, y=lat)
    for start, end in ((1, 2), (2, 1), (2, 4)):
        graph.add_edge(start, end, length=100.0, highway="primary", osmid=5, oneway=False)
    ox.save_graphml(graph, tmp_path / "graph.graphml")
    found = read_streets(tmp_path / "graph.graphml", "drive")
    assert found.node_id.tolist() == [1, 2]
    assert found.speed_kmh.tolist() == [65, 65]
    assert found.summary["nodes_dropped"] == 7


def test_wrong_graphml(tmp_path):
    path = tmp_path / "graph.graphml"
    for content in ("no xml", "<graphml/>", osm_text(NODES, WAYS)):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(BadInputError, match="is no graph that OSMnx saved"):
            read_streets(path, "drive")


# ---------------------------------------------------------------------------------------------- regions


def test_a_region_carries_streets(made, tmp_path, edit):
    home, plain = tmp_path / "region", line_region()
    write_region(plain, home)
    assert read_region(home).hash == plain.hash
    streets = read_streets(made, "walk")
    files.save(streets, home / "streets_walk.parquet")
    region = read_region(home)
    assert region.hash != plain.hash
    assert region.street_networks["walk"].sha256 == streets.sha256
    assert region.streets("walk").sha256 == streets.sha256
    assert region.streets("walk") is region.replace().streets("walk")
    assert region.streets("drive") is None
    write_region(region, tmp_path / "copy")
    assert read_region(tmp_path / "copy").hash == region.hash
    assert plain.replace(streets={"walk": streets}).hash == region.hash
    edit(home / "region.toml", "line", "other")
    (home / "streets_walk.parquet").rename(home / "streets_drive.parquet")
    with pytest.raises(BadInputError, match="holds streets to walk on"):
        read_region(home)
    (home / "streets_drive.parquet").write_bytes(b"nothing")
    with pytest.raises(BadInputError, match="no file of streets"):
        read_region(home)


def test_the_hash_is_of_the_arrays(made):
    streets = read_streets(made, "walk")
    digest = hashlib.sha256(b"walk")
    for name in ARRAYS:
        column = getattr(streets, name)
        digest.update(f"{name} {len(column)}".encode() + column.tobytes())
    assert streets.sha256 == digest.hexdigest()
