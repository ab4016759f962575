"""Fetching streets from a server on this machine that answers as the Overpass API does, or fails to."""

import contextlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import numpy as np
import osmium
import osmnx as ox
import pytest
import shapely

from network.errors import BadInputError
from network.reader import get_region
from network.streets.overpass import area_of, fetch, tiles_of
from network.streets.reading import read_streets
from network.testing import make_region
from tests.network.streets_files import plain_xml

AREA = shapely.box(24.925, 60.160, 24.958, 60.180)
STATUS = (
    "Connected as: 1\nCurrent time: now\nAnnounced endpoint: none\nRate limit: 2\n2 slots available now.\n"
)
_POINT = re.compile(r"(-?\d+\.\d+) (-?\d+\.\d+)")


class Server(ThreadingHTTPServer):
    """A server that answers so many questions, and closes the door on the next."""

    def __init__(self, ways, *, most=10**6, remark=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.ways, self.most, self.remark, self.asked = ways, most, remark, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/api"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, text, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        self.reply(STATUS)

    def do_POST(self):
        data = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0]
        if len(self.server.asked) >= self.server.most:
            self.close_connection = True
            self.connection.close()
            return
        self.server.asked.append((data, self.headers["User-Agent"]))
        lat, lon = np.array(_POINT.findall(data.partition("poly:")[2]), float).T
        found, nodes = [], {}
        for way, points in self.server.ways:
            if any(lon.min() <= x <= lon.max() and lat.min() <= y <= lat.max() for _, x, y in points):
                found.append(way)
                nodes |= {key: {"type": "node", "id": key, "lon": x, "lat": y} for key, x, y in points}
        answer = {"version": 0.6, "elements": [*nodes.values(), *found]}
        if self.server.remark:
            answer |= {"remark": "runtime error: Query timed out"}
        self.reply(json.dumps(answer))


@contextlib.contextmanager
def running(*arguments, **options):
    server = Server(*arguments, **options)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Return the file of whole ways of Helsinki, and these ways as the server knows them."""
    path = plain_xml(tmp_path_factory.mktemp("osm") / "helsinki.osm", lambda _: True)
    ways = []
    for way in (
        osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
    ):
        points = [(point.ref, point.lon, point.lat) for point in way.nodes]
        element = {
            "type": "way",
            "id": way.id,
            "nodes": [point[0] for point in points],
            "tags": dict(way.tags),
        }
        ways.append((element, points))
    return path, ways


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


def test_fetched_tile_by_tile_as_read_from_a_file(city, tmp_path):
    path, ways = city
    steps = []
    before = dict(vars(ox.settings))
    with running(ways) as server:
        found = fetch(
            AREA,
            "drive",
            tmp_path / "tiles",
            url=server.url,
            tile_km=1,
            progress=lambda *at: steps.append(at),
        )
        assert len(server.asked) == len(tiles_of(AREA, 1)) == steps[-1][0] == steps[-1][1]
        assert all(name.startswith("onehour") for _, name in server.asked)
        assert all('["highway"]' in data for data, _ in server.asked)
        again = fetch(AREA, "drive", tmp_path / "tiles", url=server.url, tile_km=1)
        assert len(server.asked) == len(tiles_of(AREA, 1))  # the answers lie there
    known = read_streets(path, "drive")
    assert found.sha256 == again.sha256 == known.sha256
    assert dict(vars(ox.settings)) == before


def test_broken_off_and_taken_up_again(city, tmp_path):
    path, ways = city
    folder = tmp_path / "tiles"
    with running(ways, most=2) as server:
        with pytest.raises(BadInputError, match="cannot be reached") as caught:
            fetch(AREA, "walk", folder, url=server.url, tile_km=1)
        assert "2 of 6 tiles are kept" in str(caught.value)
    answers = sorted(folder.rglob("*.json"))
    assert len(answers) == 2
    answers[0].write_text(answers[0].read_text()[:500])  # broken off by a power cut
    with running(ways) as server:
        found = fetch(AREA, "walk", folder, url=server.url, tile_km=1)
        assert len(server.asked) == 5
    assert found.sha256 == read_streets(path, "walk").sha256


def test_a_server_that_is_away_or_too_busy(city, tmp_path):
    with running(city[1]) as server:
        away = server.url
    with pytest.raises(BadInputError, match=r"cannot be reached \(ConnectionError\); 0 of 1 tiles are kept"):
        fetch(AREA, "walk", tmp_path / "tiles", url=away)
    with running(city[1], remark=True) as server:
        with pytest.raises(BadInputError, match=r"gave no good answer \(it did not finish"):
            fetch(AREA, "walk", tmp_path / "tiles", url=server.url)
        assert not list((tmp_path / "tiles").rglob("*.json"))


def test_a_server_of_something_else(tmp_path, monkeypatch):
    with running([]) as server:
        with pytest.raises(BadInputError, match="holds no streets to walk on"):
            fetch(AREA, "walk", tmp_path / "none", url=server.url)
        monkeypatch.setattr(Handler, "do_POST", lambda self: self.reply("<html>hello</html>"))
        with pytest.raises(BadInputError, match="gave no good answer"):
            fetch(AREA, "walk", tmp_path / "tiles", url=server.url)


def test_the_area_of_a_region():
    guangzhou = area_of(get_region("guangzhou"))
    tiles = tiles_of(guangzhou)
    assert 60 < len(tiles) < 200
    assert shapely.union_all([shapely.box(*vars_of(tile)) for tile in tiles]).buffer(1e-5).contains(guangzhou)
    place = {"place_id": "p", "lon": 113.0, "lat": 23.0}
    box = area_of(make_region({"places": [place]}))
    assert box.contains(shapely.Point(113.02, 23.02))
    assert not box.contains(shapely.Point(113.03, 23))
    with pytest.raises(BadInputError, match="more than 2,000"):
        tiles_of(shapely.box(70, 20, 130, 50))


def vars_of(tile):
    return tile.west, tile.south, tile.east, tile.north
