"""One style for all pictures: colours that people with any colour vision tell apart, fonts, map furniture."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

from onehour.files import whole_file
from onehour.fonts import NO_FONT, cjk_font
from onehour.provenance import attribution

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

    from onehour.study import Study

ENDINGS = (".png", ".svg", ".pdf")

# Okabe and Ito's colours, and two of Tol's, which people with any colour vision tell apart.
MODE_COLOURS = {
    "hsr": "#D55E00",
    "intercity": "#0072B2",
    "conventional": "#8C6BB1",
    "metro": "#009E73",
    "street": "#B07C2A",
    "expressway": "#B5B5B5",
}
MODE_NAMES = {
    "hsr": ("高铁", "high-speed rail"),
    "intercity": ("城际", "intercity rail"),
    "conventional": ("普速", "conventional rail"),
    "metro": ("地铁", "metro"),
    "street": ("公交", "bus, tram"),
    "expressway": ("高速公路", "expressway"),
}
STATUS_LINES: dict[str, Any] = {"open": "-", "construction": (0, (4, 1.2)), "planned": (0, (1, 1.1))}
STATUS_NAMES = {
    "open": ("运营", "open"),
    "construction": ("在建", "under construction"),
    "planned": ("规划", "planned"),
}
PART_COLOURS = {
    "access": "#999933",
    "entry": "#DDCC77",
    "wait": "#CC6677",
    "ride": "#0072B2",
    "transfer": "#AA4499",
    "exit": "#88CCEE",
    "egress": "#44AA99",
    "drive": "#555555",
    "toll": "#E69F00",
    "park": "#BBBBBB",
}
PART_NAMES = {
    "access": ("到站", "access"),
    "entry": ("进站", "entry"),
    "wait": ("候车", "wait"),
    "ride": ("乘车", "ride"),
    "transfer": ("换乘", "transfer"),
    "exit": ("出站", "exit"),
    "egress": ("离站", "egress"),
    "drive": ("驾车", "drive"),
    "toll": ("收费", "toll"),
    "park": ("停车", "park"),
}
FAIL, KEEP, INK, FAINT, LAND, BORDER = "#CC1111", "#117733", "#222222", "#666666", "#F6F4EE", "#BDB6A5"
HALO = [withStroke(linewidth=2, foreground="white")]

#: Orange below nought, white at it, blue above it.
DIVERGING = LinearSegmentedColormap.from_list(
    "onehour", ["#A63D00", "#F0B27A", "#FFFFFF", "#85B8DB", "#004B7A"]
)

_RC: dict[Any, Any] = {
    "font.size": 9.0,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "legend.framealpha": 0.95,
    "legend.fontsize": 8,
}


@dataclass(frozen=True, slots=True)
class Style:
    """How texts are drawn.

    Attributes
    ----------
    chinese
        Whether a font with Chinese characters is there. Where it is not, only English words are drawn.
    """

    chinese: bool

    def both(self, chinese: str, english: str, *, between: str = " ") -> str:
        """Return a text in both languages, the Chinese words first, or in the one that can be drawn."""
        words = (chinese if self.chinese else "", english)
        return between.join(word for word in words if word) or (chinese if chinese.isascii() else "")

    def names(self, study: Study, *, between: str = "\n") -> dict[str, str]:
        """Return the names of places, stations and zones by id."""
        region = study.network.region
        found = {}
        for table, key in (("zones", "zone_id"), ("stations", "station_id"), ("places", "place_id")):
            frame = region.table(table)
            for name, chinese, english in zip(frame[key], frame["name_zh"], frame["name_en"], strict=True):
                found[str(name)] = self.both(chinese, english, between=between) or str(name)
        return found


@contextmanager
def styled() -> Iterator[Style]:
    """Give the style to all that is drawn within; warn where no font has Chinese characters."""
    font = cjk_font()
    family = ["DejaVu Sans"]
    if font is None:
        warnings.warn(NO_FONT, stacklevel=4)
    else:
        font_manager.fontManager.addfont(str(font))
        family.insert(0, font_manager.FontProperties(fname=str(font)).get_name())
    with mpl.rc_context({**_RC, "font.family": family}):
        yield Style(chinese=font is not None)


def save(ax: Axes, output: Path) -> None:
    """Write the figure of axes to a file, whole or not at all; equal figures give equal files.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("the axes belong to no figure")
    form = output.suffix[1:].lower()
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
    with mpl.rc_context({"svg.hashsalt": "onehour"}), whole_file(output) as file:
        figure.savefig(file, dpi=160, format=form, metadata=undated)


def map_figure_axes(width: float, height: float) -> Axes:
    """Return axes that fill a new figure of a size in inches, but for a title and a line of sources."""
    return Figure(figsize=(width, height)).add_axes((0.02, 0.45 / height, 0.96, 1 - 1.4 / height))


def chart_axes(width: float, height: float, *, compress: bool = False) -> Axes:
    """Return axes of a new figure of a size in inches that makes room for what stands around them.

    Parameters
    ----------
    width, height
        Inches.
    compress
        Whether the axes keep their shape, as those of a map or of square cells do.
    """
    engine = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.18, compress=compress)
    return Figure(figsize=(width, height), layout=engine).add_subplot()


def source_line(study: Study, provenance: Mapping[str, Any]) -> str:
    """Return scenario, reading, hashes and attribution as the line below a picture."""
    found = provenance
    query = [found[name] for name in ("clock", "mode", "period", "traveller", "statistic") if name in found]
    own = [f"{name}={value:g}" for name, value in found["set"].items()]
    words = [
        f"scenario {found['scenario']} {found['scenario_hash']}",
        ", ".join(query),
        f"set {', '.join(own)}" if own else "",
        f"region {found['region']} {found['region_hash']}",
        f"onehour {found['onehour']}",
        attribution(study.area.region),
    ]
    return " · ".join(word for word in words if word)


def add_source(ax: Axes, text: str) -> None:
    """Write the line of sources along the lower edge of the figure of `ax`."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return
    lines = _wrapped(text, int(figure.get_figwidth() * 24))
    if figure.get_layout_engine() is not None:
        figure.supxlabel(lines, x=0.01, ha="left", fontsize=6, color=FAINT)
        return
    below = 0.01, 0.06 / figure.get_figheight()
    ax.annotate(
        lines, below, xycoords="figure fraction", fontsize=6, color=FAINT, va="bottom", annotation_clip=False
    )


def _wrapped(text: str, width: int) -> str:
    """Return a text in lines of at most `width` letters, broken at spaces."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def add_scale(ax: Axes) -> None:
    """Add a scale bar of a round length and a north arrow in the lower right corner of a map in metres."""
    left, right = ax.get_xlim()
    low, high = ax.get_ylim()
    target = (right - left) / 5
    step = 10 ** np.floor(np.log10(target))
    length = float(max(step * factor for factor in (1, 2, 5) if step * factor <= target))
    x, y = right - 0.04 * (right - left) - length, low + 0.035 * (high - low)
    ax.plot([x, x + length], [y, y], color="black", linewidth=2.5, zorder=10, path_effects=HALO)
    word = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"  # noqa: PLR2004
    ax.text(
        x + length / 2, y + 0.008 * (high - low), word, ha="center", fontsize=8, path_effects=HALO, zorder=10
    )
    ax.annotate(
        "N", xy=(x + length, y + 0.10 * (high - low)), xytext=(x + length, y + 0.045 * (high - low)),
        ha="center", fontsize=9, arrowprops={"arrowstyle": "-|>", "color": "black"}, zorder=10,
        path_effects=HALO,
    )  # fmt: skip


_PLACES = tuple(
    (reach, east, north)
    for reach in (1.0, 2.2)
    for east, north in ((1, 0), (1, 1), (1, -1), (-1, 0), (-1, 1), (-1, -1), (0, 1), (0, -1))
)
_MOST_COVERED = 0.15


def add_labels(ax: Axes, labels: Iterable[tuple[tuple[float, float], str, float]]) -> list[Annotation]:
    """Name points so that names do not cover each other or the points, the first ones first.

    Parameters
    ----------
    ax
        Where; its limits must be set.
    labels
        Position, text, and size in points of each.

    Returns
    -------
    list of Annotation
        Those that found room within the axes; the others are left out.
    """
    ax.apply_aspect()
    wanted = list(labels)
    points = [ax.transData.transform(spot) for spot, _, _ in wanted]
    dots = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in points]
    taken: list[Bbox] = []
    shown = []
    for (spot, text, size), own in zip(wanted, dots, strict=True):
        others = [*taken, *(dot for dot in dots if dot is not own)]
        note = ax.annotate(
            text, spot, xytext=(0, 0), textcoords="offset points", fontsize=size, path_effects=HALO, zorder=9
        )
        covered = {place: _covered(ax, note, place, others) for place in _PLACES}
        best = min(covered, key=lambda place: covered[place])
        if covered[best] > _MOST_COVERED:
            note.remove()
            continue
        _put(note, best)
        taken.append(note.get_window_extent())
        shown.append(note)
    return shown


def _put(note: Annotation, place: tuple[float, int, int]) -> None:
    """Move a name to one of the places around its point."""
    reach, east, north = place
    note.set_position((7 * reach * east, 5 * reach * north))
    note.set(ha=("right", "center", "left")[east + 1], va=("top", "center", "bottom")[north + 1])
    note.set_multialignment(("right", "center", "left")[east + 1])


def _covered(ax: Axes, note: Annotation, place: tuple[float, int, int], others: Iterable[Bbox]) -> float:
    """Return what share of a name at a place lies over others; infinity where it leaves the axes."""
    _put(note, place)
    box, frame = note.get_window_extent(), ax.bbox
    if box.x0 < frame.x0 or box.x1 > frame.x1 or box.y0 < frame.y0 or box.y1 > frame.y1:
        return float("inf")
    shared = (Bbox.intersection(box, other) for other in others)
    return sum(one.width * one.height for one in shared if one is not None) / (box.width * box.height)
