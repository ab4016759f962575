"""Statistics over departures on the command line: arriving by, the share in time, settings of the window."""

import openmatrix
import pandas as pd
import pytest


@pytest.fixture
def asked(command, folder):
    """Return the runner of a verb on the line, where a to d takes 28 min and 0 to 9 min of wait."""

    def run(verb, *words):
        done = command(verb, *words, "--region", folder / "line")
        assert (done.status, done.err) == (0, "")
        return done

    return run


def test_check_tells_the_share_in_time(asked):
    data = asked("check", "--json", "--statistic", "p50").json
    pair = next(one for one in data["pairs"] if one["destination"] == "at-d" and one["origin"] == "at-a")
    assert (pair["minutes"], pair["reliability"]) == (32, 1)
    assert "in time" in asked("check").out
    expected = asked("check", "--json", "--statistic", "expected").json
    assert {one["reliability"] for one in expected["pairs"]} == {None}
    assert "in time" not in asked("check", "--statistic", "expected").out


def test_check_by_times_to_be_there(asked):
    done = asked("check", "--arrive-by", "--statistic", "p100")
    assert "random traveller · p100 · arrive-by · limit 60 min" in " ".join(done.out.split())
    data = asked("check", "--arrive-by", "--json").json
    assert data["headline"]["timing"] == data["provenance"]["timing"] == "arrive-by"
    assert len(data["readings"]) > 4


def test_route_by_times_to_be_there(asked):
    words = "at-a", "at-d", "--statistic", "p50", "--arrive-by", "--within", "30", "--period", "am-peak"
    data = asked("route", *words, "--json").json
    assert (data["minutes"], data["timing"], data["within_min"]) == (32, "arrive-by", 30)
    assert data["reliability"] == pytest.approx(0.3)
    assert (data["legs"][-1]["kind"], data["legs"][-1]["from"]) == ("wait", "at-d")
    out = asked("route", *words).out
    assert "Within 30 min: 30 % of the times to be there" in out


def test_route_by_the_mean(asked):
    words = "at-a", "at-d", "--statistic", "mean", "--period", "am-peak"
    data = asked("route", *words, "--json").json
    assert (data["minutes"], data["parts_min"]["wait"]) == (32.5, 4.5)
    assert "takes about the mean" in asked("route", *words).out


def test_matrix_holds_the_share(asked, tmp_path):
    words = "--statistic", "p50", "--within", "30", "--period", "am-peak"
    out = asked("matrix", *words, "--arrive-by", "-o", tmp_path / "m.csv").out
    assert "p50, arrive-by)" in out
    table = pd.read_csv(tmp_path / "m.csv").set_index(["origin", "destination"])
    assert table.loc[("at-a", "at-d"), "reliability"] == pytest.approx(0.3)
    asked("matrix", *words, "-o", tmp_path / "m.omx")
    with openmatrix.open_file(tmp_path / "m.omx") as file:
        shares = file["reliability"]
        assert shares.attrs["unit"] == "share"
        assert shares[0, 3] == pytest.approx(0.3)
    asked("matrix", "--statistic", "p50", "-o", tmp_path / "n.csv")
    assert "reliability" not in pd.read_csv(tmp_path / "n.csv")


def test_settings_of_the_window_are_numbers_of_the_model(asked, command, folder):
    words = ["check", "--json", "--set", "window_step_min=10", "--set", "window_seed=7"]
    data = asked(*words, "--set", "window_draws=3").json
    used = data["provenance"]
    assert (used["draws"], used["seed"], used["departure_step_s"]) == (3, 7, 600)
    pair = next(one for one in data["pairs"] if one["destination"] == "at-d" and one["origin"] == "at-a")
    assert pair["minutes"] == 33  # each of the twelve departures waits 5 min
    no_ride = asked("check", "--json", "--set", "window_max_min=20").json
    pair = next(one for one in no_ride["pairs"] if one["destination"] == "at-d" and one["origin"] == "at-a")
    assert (pair["minutes"], pair["reliability"]) == (None, 0)
    done = command("check", "--region", folder / "line", "--set", "window_draws=2.5")
    assert done.status == 2
    assert "no whole number" in done.err


def test_shares_need_departures(command, folder):
    for words in (
        ["--statistic", "expected"],
        ["--statistic", "p50", "--clock", "in-vehicle"],
        ["--within", "-1"],
    ):
        done = command("route", "at-a", "at-d", "--within", "30", *words, "--region", folder / "line")
        assert done.status == 2
        assert "--within" in done.err
