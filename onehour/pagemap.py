"""The map of the page: paths, dots and names in whole units, for an inline SVG that pans and zooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from network.distances import metric_xy
from onehour.layers import STATUSES, network_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from onehour.study import Study

SCALES = (0.35, 0.6, 1.0, 2.0, 4.0, 8.0)
"""Scales from which on a name is shown; 1 is the whole map 1,000 pixels wide."""

_UNIT_M = 20
_PX = 1000
_MOST_ARCS = 60
_LARGE_PX, _SMALL_PX, _TINY_PX = 14, 12, 10


@dataclass(frozen=True, slots=True)
class _Frame:
    """Turns metres into whole units of the drawing, the upper left corner being 0, 0."""

    left: float
    top: float
    width: int
    height: int

    def units(self, xy: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.rint((xy - (self.left, self.top)) / (_UNIT_M, -_UNIT_M)).astype(np.int64)


def page_map(study: Study, pairs: Sequence[Mapping[str, Any]], name: Callable[[str], str]) -> dict[str, Any]:
    """Return what a page draws of a study's network and of the pairs of a goal.

    Parameters
    ----------
    study
        The region under a scenario.
    pairs
        Pairs as `onehour.report.check_data` gives them; of very many the slowest are drawn.
    name
        Gives a place's or station's name by its id.

    Returns
    -------
    dict
        ``width``, ``height``; ``districts``, ``roads``, ``lines``, ``rail`` and ``metro`` (stations),
        ``centres``, ``hubs``, ``arcs``: SVG path data in units of 20 m; ``labels``: position, text, size in
        pixels, and the index in `SCALES` from which on there is room for it.
    """
    region = study.network.region
    area = region.places[region.places["in_area"]]
    spots = _spots(study)
    shown = [spots[one] for one in area["place_id"]] or list(spots.values()) or [np.zeros(2)]
    frame = _frame(np.array(shown))
    stations = region.stations
    hubs = stations.loc[stations["class"] == "hub", "station_id"].tolist()
    judged = {pair[end] for pair in pairs for end in ("origin", "destination")}
    cores = set(area.loc[area["level"] == "core", "place_id"]) | (
        judged if len(judged) < len(area) else set()
    )
    centres = sorted(area["place_id"], key=lambda one: (one not in cores, one))
    labels = [
        (spots[one], name(one), _LARGE_PX if one in cores else _SMALL_PX) for one in centres if one in spots
    ]
    labels += [(spots[one], name(one), _TINY_PX) for one in hubs]
    rest = stations.loc[stations["system"].eq("rail") & ~stations["station_id"].isin(hubs), "station_id"]
    labels += [(spots[one], name(one), _TINY_PX) for one in rest]
    return {
        "width": frame.width,
        "height": frame.height,
        "districts": _path(frame, _layer(study, "districts")),
        "roads": _roads(study, frame),
        "lines": _lines(study, frame),
        "rail": _dots(frame, spots, stations.loc[stations["system"] == "rail", "station_id"]),
        "metro": _dots(frame, spots, stations.loc[stations["system"] == "metro", "station_id"]),
        "hubs": _dots(frame, spots, hubs),
        "centres": _dots(frame, spots, area["place_id"]),
        "cores": _dots(frame, spots, sorted(cores & set(spots))),
        "arcs": _arcs(frame, spots, pairs),
        "labels": _labels(frame, labels),
    }


def _frame(xy: NDArray[np.float64]) -> _Frame:
    """Return the frame around points, with a margin."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    extent = float((high - low).max())
    margin = 0.08 * extent + (min(4000.0, 0.15 * extent) or 4000.0)
    width, height = np.ceil((high - low + 2 * margin) / _UNIT_M).astype(int).tolist()
    return _Frame(float(low[0] - margin), float(high[1] + margin), width, height)


def _spots(study: Study) -> dict[str, NDArray[np.float64]]:
    """Return the metric position of each place and station."""
    region = study.network.region
    found: dict[str, NDArray[np.float64]] = {}
    for table, key in ((region.stations, "station_id"), (region.places, "place_id")):
        found |= dict(zip(table[key], metric_xy(region, table), strict=True))
    return found


def _layer(study: Study, name: str) -> Any:
    return network_layer(study, name).to_crs(study.network.region.about.crs)


def _roads(study: Study, frame: _Frame) -> list[dict[str, str]]:
    """Return the paths of expressways and urban fast roads by status."""
    roads = _layer(study, "roads")
    roads = roads[roads["class"] != "connector"]
    paths = [(status, _path(frame, roads[roads["status"] == status])) for status in STATUSES]
    return [{"status": status, "d": path} for status, path in paths if path]


def _lines(study: Study, frame: _Frame) -> list[dict[str, str]]:
    """Return the path of each line: those of the street first, metro lines last."""
    lines = _layer(study, "lines")
    order = lines["class"].map({"street": 0, "metro": 2}).fillna(1).sort_values(kind="stable").index
    return [
        {
            "id": lines.at[row, "line_id"],
            "mode": lines.at[row, "class"],
            "status": lines.at[row, "status"],
            "d": _path(frame, lines.loc[[row]]),
        }
        for row in order
    ]


def _path(frame: _Frame, layer: Any) -> str:
    """Return the path data of all shapes of a layer."""
    parts: Any = shapely.get_parts(layer.geometry.to_numpy()) if len(layer) else ()
    words = []
    for part in parts:
        closed = part.geom_type == "Polygon"
        for ring in [part.exterior, *part.interiors] if closed else [part]:
            xy = frame.units(np.asarray(ring.coords)[:, :2])
            steps = np.diff(xy, axis=0)
            steps = steps[np.any(steps != 0, axis=1)]
            words.append(f"M{xy[0, 0]} {xy[0, 1]}l" + " ".join(f"{x} {y}" for x, y in steps.tolist()))
            words.append("z" if closed else "")
    return "".join(words)


def _dots(frame: _Frame, spots: Mapping[str, NDArray[np.float64]], ids: Iterable[str]) -> str:
    """Return the path data of dots: lines of no length with round ends."""
    return "".join("M{} {}h0".format(*frame.units(spots[one])) for one in ids if one in spots)


def _arcs(
    frame: _Frame, spots: Mapping[str, NDArray[np.float64]], pairs: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return an arc a pair, which bends to the right of its direction; of very many the slowest."""
    shown = list(pairs)
    if len(shown) > _MOST_ARCS:
        shown = sorted(shown, key=lambda pair: -np.nan_to_num(pair["minutes"], nan=np.inf))[:_MOST_ARCS]
    arcs = []
    for pair in shown:
        if pair["origin"] in spots and pair["destination"] in spots:
            start, end = (frame.units(spots[pair[side]]) for side in ("origin", "destination"))
            east, south = end - start
            over = (start + end) // 2 + np.rint(0.16 * np.array([-south, east])).astype(int)
            arcs.append(
                {"d": "M{} {}Q{} {} {} {}".format(*start, *over, *end), "kept": pair["kept"], "pair": pair}
            )
    return arcs


def _labels(frame: _Frame, wanted: Sequence[tuple[NDArray[np.float64], str, int]]) -> list[dict[str, Any]]:
    """Return names with the first of `SCALES` at which each covers no other; without room, none."""
    anchors = [frame.units(spot) for spot, _, _ in wanted]
    boxes = [_box(text, size) for _, text, size in wanted]
    level: dict[int, int] = {}
    for number, scale in enumerate(SCALES):
        px = scale * _PX / frame.width
        for at, (_, _, size) in enumerate(wanted):
            if at in level or (size == _TINY_PX and scale < 1):
                continue
            here = boxes[at] + np.tile(anchors[at] * px, 2)
            others = np.array([boxes[other] + np.tile(anchors[other] * px, 2) for other in level])
            if not len(others) or not _touch(here, others):
                level[at] = number
    return [
        {
            "x": int(anchors[at][0]),
            "y": int(anchors[at][1]),
            "text": wanted[at][1],
            "size": wanted[at][2],
            "from": number,
        }
        for at, number in sorted(level.items())
    ]


def _box(text: str, size: int) -> NDArray[np.float64]:
    """Return the box of a name right of its point: left, top, right, bottom, px."""
    width = size * sum(1.0 if ord(sign) > 0x2E7F else 0.58 for sign in text)  # noqa: PLR2004 - wide signs
    return np.array([-4.0, -0.7 * size, 8.0 + width, 0.7 * size])


def _touch(box: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Whether a box and any of others share a point; boxes are left, top, right, bottom."""
    return bool(np.all((box[:2] < others[:, 2:]) & (others[:, :2] < box[2:]), axis=1).any())
