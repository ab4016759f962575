"""Plots: what stands in them, with and without a font for Chinese, and the files that the verb writes."""

import geopandas as gpd
import pytest
import shapely
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from network.errors import BadInputError
from network.testing import line_region, make_region
from onehour import style
from onehour.plots import plot_difference, plot_isochrones
from onehour.study import Area


@pytest.fixture(scope="module")
def study():
    return Area(line_region()).scenario()


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_slack_is_the_limit_less_the_time(study):
    ax = study.plot_slack(words={"statistic": "expected"})
    # 19, 26 and 33 minutes from door to door, as network.testing works out; the limit is 60
    assert sorted(texts(ax)[:12]) == sorted(["+41"] * 6 + ["+34"] * 4 + ["+27"] * 2)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["At A", "At B", "At C", "At D"]
    assert "kept, 12 of 12 pairs within 60 min" in ax.get_title(loc="left")


def test_rows_are_origins_and_columns_destinations(today):
    ax = today.plot_slack()
    origins = [label.get_text().split("\n")[1] for label in ax.get_yticklabels()]
    ends = [label.get_text().split("\n")[1] for label in ax.get_xticklabels()]
    drawn = {
        (origins[round(text.get_position()[1])], ends[round(text.get_position()[0])]): text.get_text()
        for text in ax.texts[:12]
    }
    for row in today.check().itertuples():
        shown = drawn[row.origin_name_en, row.destination_name_en].replace("−", "-")
        assert float(shown) == pytest.approx(row.slack_min, abs=0.5)


def test_bars_stack_to_the_time(study):
    ax = study.plot_parts(words={"statistic": "expected"})
    ends = {round(bar.get_y(), 2): 0.0 for bar in ax.patches}
    for bar in ax.patches:
        ends[round(bar.get_y(), 2)] = max(ends[round(bar.get_y(), 2)], bar.get_x() + bar.get_width())
    assert sorted(round(end, 6) for end in ends.values()) == [19] * 6 + [26] * 4 + [33] * 2
    labels = ax.get_legend_handles_labels()[1]
    assert labels[0].endswith("limit 60 min")
    assert [label.split()[-1] for label in labels[1:]] == ["entry", "wait", "ride", "exit"]


def test_differences_have_their_sign_and_frames(study):
    slow = study.area.scenario(values={"entry_walk_intercity_min": 40})  # 2 min in the study itself
    ax = plot_difference(slow, study)
    assert set(texts(ax)[:12]) == {"+38"}
    frames = [patch for patch in ax.patches if isinstance(patch, Rectangle) and not patch.get_fill()]
    assert len(frames) == 6  # 57 and 64 and 71 minutes: six pairs come within the hour
    back = slow.plot_difference(study)
    assert set(texts(back)[:12]) == {"−38"}
    assert "12 → 6 of 12 pairs" in back.get_title(loc="left")


def test_pairs_without_a_journey_are_hatched():
    places = [
        {"place_id": name, "lon": 113 + at, "lat": 23.0, "level": "core"} for at, name in enumerate("pq")
    ]
    study = Area(make_region({"places": places})).scenario()
    ax = study.plot_slack()
    assert [patch.get_hatch() for patch in ax.patches] == ["///"] * 2
    assert study.plot_parts().patches[:] == []


def test_a_goal_without_a_limit_has_no_slack(today):
    with pytest.raises(BadInputError, match="G07_five_hubs sets no limit"):
        today.plot_slack(goal="G07_five_hubs")


def test_isochrones_are_drawn_the_largest_first(study):
    rings = [shapely.Point(113, 23).buffer(size) for size in (0.05, 0.1, 0.2)]
    table = gpd.GeoDataFrame({"minutes": [15, 30, 60]}, geometry=rings, crs=4326)
    table.attrs["origin"] = "at-a"
    ax = plot_isochrones(table, study)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["≤ 15 min", "≤ 30 min", "≤ 60 min"]
    sizes = [layer.get_paths()[0].get_extents().width for layer in ax.collections[:3]]
    assert sizes == sorted(sizes, reverse=True)
    assert "At A" in ax.get_title(loc="left")


def test_open_lines_are_whole_and_others_dashed(guangzhou):
    ax = guangzhou.scenario("outlook-2035").plot_network()
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[-3:] == ["运营 open", "在建 under construction", "规划 planned"]
    assert any(text == "广州南\nGuangzhou South" for text in texts(ax))
    today = guangzhou.scenario("today-2026").plot_network()
    assert "规划 planned" not in {text.get_text() for text in today.get_legend().get_texts()}


def test_names_do_not_cover_each_other(today):
    ax = today.plot_map()
    boxes = [
        text.get_window_extent() for text in ax.texts if "\n" in text.get_text() and text.get_zorder() == 9
    ]
    assert len(boxes) >= 20
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            shared = Bbox.intersection(one, other)
            area = 0 if shared is None else shared.width * shared.height
            assert area <= 0.15 * max(one.width * one.height, other.width * other.height)


def test_without_a_font_only_english_words_are_drawn(today, tmp_path, monkeypatch):
    monkeypatch.setattr(style, "cjk_font", lambda: None)
    with pytest.warns(UserWarning, match="No font with Chinese"):
        ax = today.plot_map()
    style.save(ax, tmp_path / "map.png")  # a sign that no font holds would warn
    assert "Yuexiu" in texts(ax)
    assert ax.get_title(loc="left").startswith("G02_centres_1h_rail\ntoday-2026: not kept")


@pytest.mark.parametrize("kind", ["network", "slack", "parts"])
def test_the_verb_writes_a_whole_file(command, folder, tmp_path, kind):
    output = tmp_path / "plot.svg"
    done = command("plot", kind, "--region", folder / "line", "-o", output, "--json")
    assert (done.status, done.json["kind"]) == (0, kind)
    first = output.read_bytes()
    assert b"<svg" in first
    command("plot", kind, "--region", folder / "line", "-o", output)
    assert output.read_bytes() == first
    assert [entry.name for entry in tmp_path.iterdir()] == ["plot.svg"]


def test_what_is_wrong_is_told_together(command, tmp_path):
    done = command("plot", "slak", "plan-2039", "-o", tmp_path / "no" / "x.gif", "--clock", "sun")
    assert done.status == 2
    assert done.err.startswith("onehour: 5 problems")
    assert "did you mean slack" in done.err
    done = command("plot", "difference", "base", "-o", tmp_path / "x.png")
    assert done.status == 2
    assert "difference takes 2, not 1" in done.err
