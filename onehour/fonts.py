"""A font that draws Chinese names on maps: one that the machine has, else the one installed beside."""

from __future__ import annotations

import base64
import io
from importlib.util import find_spec
from pathlib import Path

#: Families that draw simplified and traditional Chinese, best first.
FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans CJK JP",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "SimHei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
)

#: What to show where `cjk_font` finds none.
NO_FONT = (
    "No font with Chinese characters was found: maps show boxes in place of Chinese names. "
    "Install the package pylopdf-fonts-zh-cn, or the font Noto Sans CJK."
)

_LAST_WESTERN = 0x2E7F
_PACKAGE, _FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"


def cjk_font() -> Path | None:
    """Return the file of a font that draws Chinese, or None where there is none; then show `NO_FONT`.

    Notes
    -----
    Make it known to matplotlib by ``font_manager.fontManager.addfont(path)``, then use its family
    ``font_manager.FontProperties(fname=path).get_name()``.
    """
    return _known_font() or _carried_font()


def embedded_font(text: str) -> str | None:
    """Return a font with the Chinese characters of a text as a ``data:`` address in WOFF, for pages.

    None where the text has none, or no font is there.
    """
    signs = {sign for sign in text if ord(sign) > _LAST_WESTERN}
    file = cjk_font()
    if not signs or file is None:
        return None
    from fontTools import subset  # noqa: PLC0415 - heavy, and only pages need it

    options = subset.Options(flavor="woff", hinting=False, layout_features=[], notdef_outline=True)
    options.name_IDs = [0, 1, 2, 13, 14]  # who made it, its name, and its licence
    font = subset.load_font(str(file), options, dontLoadGlyphNames=True, lazy=True)
    maker = subset.Subsetter(options)
    maker.populate(text="".join(sorted(signs)))
    maker.subset(font)
    held = io.BytesIO()
    font["head"].modified = font["head"].created  # equal texts give equal fonts
    font.recalcTimestamp = False
    subset.save_font(font, held, options)
    font.close()
    return f"data:font/woff;base64,{base64.b64encode(held.getvalue()).decode()}"


def _known_font() -> Path | None:
    """Return the font of the best family that matplotlib knows."""
    from matplotlib import font_manager  # noqa: PLC0415 - heavy, and only maps need it

    fonts: dict[str, str] = {}
    for font in font_manager.fontManager.ttflist:
        if font.style == "normal" and int(font.weight) in {350, 400, 500}:
            fonts.setdefault(font.name, font.fname)
    for family in FAMILIES:
        if family in fonts and Path(fonts[family]).is_file():
            return Path(fonts[family])
    return None


def _carried_font() -> Path | None:
    """Return the font that came with the dependencies."""
    spec = find_spec(_PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (Path(folder) / _FILE).is_file():
            return Path(folder) / _FILE
    return None
