"""The map: files whole, names drawn, pairs coloured by the verdict."""

import pytest
from matplotlib.figure import Figure

from network.testing import line_region
from onehour.map import plot_map
from onehour.study import Area


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_map_is_written(command, folder, tmp_path, ending):
    output = tmp_path / f"map.{ending}"
    done = command("map", "--region", folder / "line", "-o", output, "--json")
    assert (done.status, done.err) == (0, "")
    assert done.json["file"] == str(output)
    assert "kept, 12 of 12 pairs within 60 min" in done.json["title"]
    head = output.read_bytes()[:200]
    assert head.startswith(b"\x89PNG") if ending == "png" else b"<?xml" in head
    assert [entry.name for entry in tmp_path.iterdir()] == [output.name]


def test_wrong_words_draw_nothing(command, folder, tmp_path):
    done = command(
        "map", "--region", folder / "line", "-o", tmp_path / "m.gif", "--goal", "G99", "--mode", "x"
    )
    assert done.status == 2
    assert done.err.startswith("onehour: 3 problems")
    assert not any(tmp_path.iterdir())


def test_axes_of_one_s_own_hold_the_arcs():
    study = Area(line_region()).scenario()
    ax = Figure().add_subplot()
    assert study.plot_map(ax=ax) is ax
    assert "base: 兑现 kept" in ax.get_title(loc="left")
    names = {text.get_text() for text in ax.texts}
    assert "At A" in names
    slow = Area(line_region()).scenario(values={"entry_walk_intercity_min": 60})
    assert "not kept, 0 of 12" in plot_map(slow).get_title(loc="left")
