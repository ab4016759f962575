"""The car model, by hand-computed small regions."""

import csv
from datetime import date
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from network.errors import UnknownNameError
from network.parameters import Parameter, default_parameters
from network.region import About, Region, canonical
from network.roads import road_graph
from network.schema import TABLES, columns

BLANK = {"bool": False, "date": pd.NaT, "float": np.nan, "int": pd.NA}
DTYPE = {"bool": "bool", "date": "datetime64[s]", "float": "float64", "int": "Int64"}
KM_DEG = 1 / 111.32  # of longitude at the equator; EPSG:3857 is true to scale there


def make_table(name, rows):
    wanted = columns(name, About("r").period_names)
    cells = {c.name: [row.get(c.name, c.default or BLANK.get(c.type, "")) for row in rows] for c in wanted}
    for column in wanted:
        if column.type == "bool":
            cells[column.name] = [value in {True, "yes"} for value in cells[column.name]]
    frame = pd.DataFrame({c.name: pd.Series(cells[c.name], dtype=DTYPE.get(c.type, "str")) for c in wanted})
    return canonical(name, frame)


def at_km(x, y):
    return {"lon": x * KM_DEG, "lat": y * KM_DEG}


def make_region(nodes, links, places=(), **numbers):
    rows = {
        "road_nodes": [{"node_id": key} | at_km(*where) for key, where in nodes.items()],
        "road_links": [{"link_id": f"l{at}", "road_id": "r"} | link for at, link in enumerate(links)],
        "places": [{"place_id": key} | at_km(*where) for key, where in dict(places).items()],
    }
    tables = {name: make_table(name, rows.get(name, [])) for name in TABLES}
    parameters = default_parameters().replace(
        **{name: Parameter(value, "", "test", "low") for name, value in numbers.items()}
    )
    return Region(About("r", crs="EPSG:3857", date=date(2026, 11, 1)), tables, parameters)


def make_link(first, second, **more):
    ends = {"from_node_id": first, "to_node_id": second}
    return ends | {"class": "expressway", "length_km": 10.0, "speed_kmh": 100.0} | more


def seconds(graph, origin, destination):
    cost = (graph.drive_s + graph.toll_s).astype(float)
    # parallel edges: the cheaper one counts, and scipy would add them up
    edges = pd.DataFrame({"t": graph.tail, "h": graph.head, "c": cost})
    cheapest = edges.groupby(["t", "h"], as_index=False).min()
    matrix = csr_array((cheapest["c"], (cheapest["t"], cheapest["h"])), shape=(graph.n_nodes, graph.n_nodes))
    return dijkstra(matrix, indices=graph.origin[origin])[graph.destination[destination]]


ABC = {"a": (0, 0), "b": (10, 0), "c": (20, 0), "d": (30, 0)}


def test_link_time_is_length_by_speed_times_congestion_rounded_half_up():
    region = make_region(ABC, [make_link("a", "b")], congestion_expressway_outer=1.15)
    assert seconds(road_graph(region, "midday"), "a", "b") == 414  # 360 s x 1.15
    link = make_link("a", "b", length_km=1.0, speed_kmh=144.0)
    half = make_region(ABC, [link], congestion_expressway_outer=1.5)
    assert seconds(road_graph(half, "midday"), "a", "b") == 38  # 37.5 s


def test_class_and_area_choose_the_factor():
    numbers = {"congestion_urban_inner": 2.0, "congestion_urban_outer": 1.5}
    inner, outer = {"class": "urban", "area": "inner"}, {"class": "urban"}
    links = [make_link("a", "b", **inner), make_link("b", "c", **outer)]
    graph = road_graph(make_region(ABC, links, **numbers), "midday")
    assert seconds(graph, "a", "b") == 720
    assert seconds(graph, "b", "c") == 540


def test_period_changes_the_factor_and_others_fall_back():
    region = make_region(
        ABC, [make_link("a", "b")], congestion_expressway_outer=1.0, congestion_expressway_outer_am_peak=1.25
    )
    assert seconds(road_graph(region, "am-peak"), "a", "b") == 450
    assert seconds(road_graph(region, "midday"), "a", "b") == 360
    with pytest.raises(UnknownNameError):
        road_graph(region, "night")


def test_a_tolled_stretch_costs_one_plaza_in_and_one_out():
    links = [make_link("a", "b"), make_link("b", "c", tolled="yes"), make_link("c", "d")]
    graph = road_graph(make_region(ABC, links, congestion_expressway_outer=1.0, toll_plaza_min=0.5), "midday")
    assert seconds(graph, "a", "d") == 3 * 360 + 2 * 30
    assert seconds(graph, "d", "a") == 3 * 360 + 2 * 30
    assert graph.toll_s.sum() == 4 * 30  # in and out, at b and at c
    assert not (graph.drive_s[graph.toll_s > 0]).any()


def test_going_from_one_tolled_road_to_another_costs_no_plaza():
    links = [make_link("a", "b", tolled="yes"), make_link("b", "c", tolled="yes", road_id="s")]
    graph = road_graph(make_region(ABC, links, congestion_expressway_outer=1.0), "midday")
    assert seconds(graph, "a", "c") == 2 * 360 + 2 * 30


def test_leaving_and_entering_again_costs_four_plazas():
    links = [make_link("a", "b", tolled="yes"), make_link("b", "c"), make_link("c", "d", tolled="yes")]
    graph = road_graph(make_region(ABC, links, congestion_expressway_outer=1.0), "midday")
    assert seconds(graph, "a", "d") == 3 * 360 + 4 * 30


def test_a_slower_free_road_wins_by_the_plazas():
    links = [make_link("a", "b", tolled="yes"), make_link("a", "b", length_km=11.0)]
    graph = road_graph(make_region(ABC, links, congestion_expressway_outer=1.0), "midday")
    assert seconds(graph, "a", "b") == 396  # against 360 + 60


def test_oneway_leads_only_from_first_to_second():
    graph = road_graph(make_region(ABC, [make_link("a", "b", oneway="yes")]), "midday")
    assert np.isfinite(seconds(graph, "a", "b"))
    assert np.isinf(seconds(graph, "b", "a"))


def test_edges_name_their_row_of_the_table():
    region = make_region(ABC, [make_link("a", "b", tolled="yes"), make_link("b", "c")])
    graph, links = road_graph(region, "midday"), region.table("road_links")
    for tail, head, row in zip(graph.tail, graph.head, graph.link, strict=True):
        if row >= 0:
            ends = {links["from_node_id"][row], links["to_node_id"][row]}
            assert {graph.node_ids[tail], graph.node_ids[head]} == ends
            assert graph.tolled[tail] == graph.tolled[head] == links["tolled"][row]
        else:
            assert graph.node_ids[tail] == graph.node_ids[head]
    assert (np.bincount(graph.link[graph.link >= 0]) == 2).all()


LOCAL = {
    "walk_detour": 1.3,
    "local_road_kmh": 30.0,
    "local_road_max_km": 12.0,
    "congestion_connector_outer": 1.0,
}


def make_points(**where):
    rows = [{"point_id": key} | at_km(*place) for key, place in where.items()]
    return pd.DataFrame(rows, columns=["point_id", "lon", "lat"])


def test_points_are_joined_by_local_streets():
    region = make_region(ABC, [make_link("a", "b")], congestion_expressway_outer=1.0, **LOCAL)
    graph = road_graph(region, "midday", make_points(p=(0, 3), q=(10, 1)))
    assert seconds(graph, "p", "b") == 468 + 360  # 3 km x 1.3 at 30 km/h
    assert seconds(graph, "b", "p") == 468 + 360
    assert seconds(graph, "p", "q") == 468 + 360 + 156


def test_points_near_each_other_are_joined_directly_unless_told_not_to():
    region = make_region(ABC, [make_link("a", "b")], **LOCAL)
    points = make_points(p=(0, 10), q=(1, 10))
    assert seconds(road_graph(region, "midday", points), "p", "q") == 156
    assert seconds(road_graph(region, "midday", points, between_points=False), "p", "q") > 3000


def test_a_far_point_is_joined_to_the_nearest_junction_only():
    region = make_region(ABC, [make_link("a", "b")], **LOCAL)
    graph = road_graph(region, "midday", make_points(p=(-50, 0)))
    assert np.count_nonzero(graph.tail == graph.origin["p"]) == 1
    assert seconds(graph, "p", "a") == 7800


def test_no_trip_leads_through_a_point():
    nodes = {"a": (0, 0), "b": (0.5, 0), "c": (8, 0)}
    region = make_region(nodes, [make_link("a", "b"), make_link("b", "c", length_km=80.0)], **LOCAL)
    alone = road_graph(region, "midday")
    crowd = road_graph(region, "midday", make_points(**{f"p{at}": (at, 0.1) for at in range(9)}))
    assert seconds(alone, "a", "c") == seconds(crowd, "a", "c")


def test_points_use_every_junction_in_reach():
    nodes = {f"n{at}": (3 * at, 0) for at in range(8)}
    links = [make_link(f"n{at}", f"n{at + 1}") for at in range(7)]
    graph = road_graph(make_region(nodes, links, **LOCAL), "midday", make_points(p=(0, 1)))
    heads = {graph.node_ids[head] for head in graph.head[graph.tail == graph.origin["p"]]}
    assert heads == {"n0", "n1", "n2", "n3"}  # n4 is 12.04 km away


def test_a_junction_more_never_makes_a_drive_longer():
    nodes = {f"n{at}": (at, 0) for at in range(8)} | {"far": (0, 40)}
    links = [make_link(f"n{at}", f"n{at + 1}") for at in range(7)] + [make_link("n7", "far")]
    points = make_points(p=(2, 1), q=(0, 41))
    before = seconds(road_graph(make_region(nodes, links, **LOCAL), "midday", points), "p", "q")
    crowd = {f"x{at}": (2 + 0.01 * at, 1) for at in range(9)}
    more = [make_link(f"x{at}", f"x{at + 1}") for at in range(8)]
    after = seconds(road_graph(make_region(nodes | crowd, links + more, **LOCAL), "midday", points), "p", "q")
    assert after <= before


def test_places_with_connectors_keep_them_alone():
    connector = {"class": "connector", "length_km": 2.0, "speed_kmh": 30.0}
    links = [make_link("a", "b"), make_link("x", "a", **connector)]
    region = make_region(ABC, links, {"x": (0, 1)}, congestion_expressway_outer=1.0, **LOCAL)
    graph = road_graph(region, "midday", make_points(x=(0, 1), p=(0, 3)))
    assert np.count_nonzero(graph.tail == graph.origin["x"]) == 2  # the connector, and the point next to it
    assert seconds(graph, "x", "b") == 240 + 360
    assert seconds(graph, "x", "p") == seconds(graph, "p", "x") == 312  # 2 km x 1.3 at 30 km/h


def test_places_without_a_link_count_as_points():
    region = make_region(ABC, [make_link("a", "b")], {"x": (0, 3)}, **LOCAL)
    assert seconds(road_graph(region, "midday"), "x", "a") == 468


def test_local_streets_take_the_congestion_of_the_nearest_connector():
    links = [
        make_link("x", "a", **{"class": "connector", "area": "inner"}),
        make_link("d", "y", **{"class": "connector", "area": "outer"}),
    ]
    region = make_region(ABC, links, {"x": (0, 2), "y": (30, 2)}, congestion_connector_inner=1.5, **LOCAL)
    graph = road_graph(region, "midday", make_points(p=(0, -1), q=(30, -1)))
    assert seconds(graph, "p", "a") == 234
    assert seconds(graph, "q", "d") == 156


def test_junctions_without_a_link_are_left_out():
    graph = road_graph(make_region(ABC, [make_link("a", "b")], **LOCAL), "midday", make_points(p=(21, 0)))
    assert set(graph.node_ids) == {"a", "b", "p"}


def test_zero_lengths_and_equal_points_cost_nothing_and_never_less():
    region = make_region(ABC, [make_link("a", "b", length_km=0.0)], **LOCAL)
    graph = road_graph(region, "midday", make_points(p=(0, 0), q=(0, 0)))
    assert graph.drive_s.min() == 0
    assert graph.toll_s.min() >= 0
    assert seconds(graph, "p", "q") == 0
    assert seconds(graph, "a", "b") == 0


def test_a_region_without_roads_gives_local_streets_alone():
    empty = road_graph(make_region({}, []), "midday")
    assert empty.n_nodes == 0
    assert empty.tail.size == 0
    graph = road_graph(make_region({}, [], **LOCAL), "midday", make_points(p=(0, 0), q=(1, 0)))
    assert seconds(graph, "p", "q") == 156


def test_row_order_of_points_does_not_matter():
    region = make_region(ABC, [make_link("a", "b", tolled="yes"), make_link("b", "c")], **LOCAL)
    points = make_points(p=(0, 3), q=(10, 1), r=(18, 2))
    forward = road_graph(region, "midday", points)
    backward = road_graph(region, "midday", points.iloc[::-1])
    for one in points["point_id"]:
        for other in points["point_id"]:
            if one != other:
                assert seconds(forward, one, other) == seconds(backward, one, other)


@pytest.fixture(scope="module")
def shipped():
    folder = files("network").joinpath("regions").joinpath("guangzhou")
    lines = folder.joinpath("road_links.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines))


def test_the_roads_of_2023_lack_what_opened_later(shipped):
    def there(day):
        return {row["link_id"] for row in shipped if row["opened"] <= day}

    before, now = there("2023-12-20"), there("2026-11-01")
    assert {link.rpartition("-")[0] for link in now - before} == {"FQC", "NSL", "SZL", "ZENGTIAN"}
    assert {"FQC-1", "FQC-2", "FQC-3", "FQC-4"} <= before
    assert now == {row["link_id"] for row in shipped}


def test_cards_own_only_their_roads(shipped):
    owned = {(row["road_id"], row["project_id"]) for row in shipped if row["project_id"]}
    assert owned == {("FQC", "exp_foqingcong_north"), ("ZENGTIAN", "exp_zengfo")}


def test_connectors_lead_from_their_own_centre_and_never_between_interchanges(shipped):
    for row in shipped:
        if row["road_id"].startswith("ART-"):
            assert row["class"] == "connector"
            assert row["from_node_id"] == row["road_id"].removeprefix("ART-")


def test_every_node_of_the_shipped_roads_is_connected_in_2023_and_now(shipped):
    for day in ("2023-12-20", "2026-11-01"):
        graph = {}
        for row in shipped:
            if row["opened"] <= day:
                graph.setdefault(row["from_node_id"], set()).add(row["to_node_id"])
                graph.setdefault(row["to_node_id"], set()).add(row["from_node_id"])
        seen, todo = set(), [next(iter(graph))]
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo += graph[node]
        assert seen == set(graph)
