"""The verb `risk`, on a few futures of Guangzhou."""

import json

import pandas as pd
import pytest

import onehour
from network.errors import BadInputError
from onehour.risk import TABLES, futures, print_risk, write_risk

SCENARIO = """
name = "two-lines"
title = "Two lines"
extends = "today-2026"
[[change]]
type = "build"
project = "gz_gznan_link"
[[change]]
type = "build"
project = "security_mutual_recognition"
"""


OPTIONS = {"first": 2029, "last": 2030, "samples": 8, "seed": 3, "words": {"clock": "station"}}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    file = tmp_path_factory.mktemp("risk") / "two.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    return onehour.load().scenario(str(file))


@pytest.fixture(scope="module")
def found(study):
    return futures(study, **OPTIONS)


def test_a_run_goes_on_from_where_it_was_stopped(study, found, tmp_path):
    def stop(words):
        if words.startswith("Regret: plan"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        futures(study, **OPTIONS, folder=tmp_path / "out", tell=stop)
    again = futures(study, **OPTIONS, folder=tmp_path / "out")
    assert again.searched == 2 * 8  # the last two scenarios, in eight futures each
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name))
    assert futures(study, **OPTIONS, folder=tmp_path / "out").searched == 0


def test_tables_fit_each_other(found):
    assert found.years["year"].tolist() == [2029, 2030]
    assert len(found.pairs) == 2 * found.years["pairs"].iloc[0]
    mean = found.pairs.groupby("year")["share"].sum()
    assert mean.tolist() == pytest.approx(found.years["passing"].tolist())
    assert (found.years["low"] <= found.years["kept_share"]).all()
    assert (found.years["kept_share"] <= found.years["high"]).all()
    assert found.regret["regret_mean"].min() >= 0
    assert found.regret["regret_most"].min() == 0
    assert {"seed", "samples", "inputs_hash", "region_hash", "scenario_hash"} <= set(found.attrs)
    assert set(found.attrs["cards"]) == {"gz_gznan_link", "security_mutual_recognition"}


def test_it_is_written_and_printed(found, tmp_path, capsys):
    files = write_risk(found, tmp_path / "out")
    assert sorted(files) == sorted(path.name for path in (tmp_path / "out").iterdir())
    data = json.loads((tmp_path / "out" / "risk.json").read_text(encoding="utf-8"))
    assert data["provenance"]["seed"] == 3
    assert len(data["pairs"]) == len(found.pairs)
    print_risk(found, files)
    told = capsys.readouterr().out
    assert "越秀区 Yuexiu" in told
    assert "headway-intercity" in told


def test_all_that_is_wrong_is_told(tmp_path):
    study = onehour.load().scenario("today-2026")
    with pytest.raises(BadInputError) as caught:
        futures(study, first=2035, last=2026, samples=100, inputs=tmp_path / "none.toml")
    told = str(caught.value)
    assert "--first" in told
    assert "--samples" in told
    assert "none.toml" in told
