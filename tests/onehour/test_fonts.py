"""A font for Chinese names: the machine's own, the carried one, or none."""

import io

import matplotlib as mpl
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from onehour import fonts

NAMES = "广州都市圈 廣州都市圈發展規劃 肇庆东 清远"


def test_the_carried_font_holds_the_names_of_both_scripts():
    path = fonts._carried_font()
    assert path is not None
    known = FT2Font(str(path)).get_charmap()
    assert not [sign for sign in NAMES if ord(sign) not in known]


def test_a_map_shows_the_names_without_warnings():
    path = fonts._carried_font()
    font_manager.fontManager.addfont(path)
    family = font_manager.FontProperties(fname=path).get_name()
    with mpl.rc_context({"font.family": [family, "DejaVu Sans"], "svg.fonttype": "path"}):
        figure = Figure()
        figure.text(0.1, 0.5, NAMES)
        figure.savefig(io.BytesIO(), format="png")  # warns of each sign that no font holds


def test_a_sign_that_no_font_holds_warns():
    figure = Figure()
    figure.text(0.1, 0.5, "广", fontfamily="DejaVu Sans")
    with pytest.warns(UserWarning, match="Glyph 24191"):
        figure.savefig(io.BytesIO(), format="png")


def entry(path, name, **more):
    """Return a font as matplotlib lists it."""
    return font_manager.FontEntry(
        **{"fname": str(path), "name": name, "style": "normal", "weight": 400, **more}
    )


def test_the_machine_s_own_font_comes_first_in_the_order_of_families(monkeypatch, tmp_path):
    for name in ("hei.ttf", "noto.otf", "bold.otf"):
        (tmp_path / name).touch()
    listed = [
        entry(tmp_path / "hei.ttf", "SimHei"),
        entry(tmp_path / "bold.otf", "Noto Sans CJK SC", weight=700),
        entry(tmp_path / "gone.otf", "Noto Sans SC"),
        entry(tmp_path / "noto.otf", "Source Han Sans SC"),
    ]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", listed)
    assert fonts.cjk_font() == tmp_path / "noto.otf"


def test_the_carried_font_stands_in(monkeypatch):
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    assert fonts.cjk_font().name == "NotoSansSC-Regular.otf"


def test_none_is_found_and_the_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(fonts, "_PACKAGE", "a_package_that_is_not_there")
    assert fonts.cjk_font() is None
    assert "\n" not in fonts.NO_FONT
    assert "Noto Sans CJK" in fonts.NO_FONT
