"""What people reach: a line by hand, Guangzhou against the matrix in plain pandas, and the command."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from network.errors import BadInputError
from network.testing import line_region
from network.writer import write_region
from onehour import Area
from onehour.access import access

JOBS = "id,lon,lat,jobs,other\nat-b,113.0,{b},30,x\nnew,113.0,{d},50,y\n"


def one_core_region():
    """Return the line of four stations, of which only the first is a core; the last has 4000 people."""
    region = line_region()
    places = region.places
    places = places.assign(
        level=["core", "district", "district", "district"],
        city=["A", "A", "B", "B"],
        population=[1000, 1000, 1000, 4000],
    )
    return region.replace(tables={"places": places})


@pytest.fixture(scope="module")
def line():
    return Area(one_core_region()).scenario()


@pytest.fixture(scope="module")
def jobs(line):
    """Return 30 jobs at the second station and 50 at the fourth's point."""
    spots = line.network.region.places.set_index("place_id")[["lon", "lat"]]
    rows = [("at-b", *spots.loc["at-b"], 30), ("new", *spots.loc["at-d"], 50)]
    return pd.DataFrame(rows, columns=["id", "lon", "lat", "jobs"])


# Door to door: 0, 19, 26 and 33 minutes to the same, the next, the second and the third station.


def test_people_within_a_limit(line):
    table = line.access(minutes=26)
    assert table["origin"].tolist() == ["at-a", "at-b", "at-c", "at-d"]
    assert table["within"].tolist() == [3000, 7000, 7000, 6000]
    assert table["within_share"].tolist() == pytest.approx([3 / 7, 1, 1, 6 / 7])
    assert table["nearest_core"].tolist() == ["at-a"] * 4
    assert table["nearest_core_min"].tolist() == [0, 19, 26, 33]
    assert line.access(minutes=25.9)["within"].tolist() == [2000, 3000, 6000, 5000]


# With a wait of 0 to 9 minutes, all equally often, they are 0, 14, 21 and 28 minutes and the wait.


@pytest.mark.parametrize(
    ("statistic", "times", "of_access"),
    [
        ("p40", 3000, 2000),
        ("p41", 3000, 3000),
        ("p60", 3000, 3000),
        ("p61", 2000, 3000),
        ("mean", 3000, 2600),
    ],
)
def test_two_readings_of_a_percentile(line, statistic, times, of_access):
    for timing in ("depart-after", "arrive-by"):
        words = {"statistic": statistic, "timing": timing}
        table = line.access(minutes=26, words=words)
        assert table["within"].iloc[[0, 3]].tolist() == [times, times + 3000]
        assert table.attrs["percentile_of"] == "times"
        table = line.access(minutes=26, words=words, percentile_of="access")
        assert table["within"].iloc[[0, 3]].tolist() == [of_access, of_access + 3000]
        assert table["weighted"].iloc[[0, 3]].tolist() == [of_access, of_access + 3000]
        assert table["within_share"].iloc[0] == pytest.approx(of_access / 7000)
        assert table.attrs["percentile_of"] == "access"


def test_a_percentile_of_access_needs_departures(line):
    with pytest.raises(BadInputError, match="expected, transit, door has no departures"):
        line.access(percentile_of="access")
    with pytest.raises(BadInputError, match=r"--percentile-of.*known: access, times"):
        line.access(percentile_of="x")


def test_minutes_until_people_are_in_reach(line):
    assert line.access(nearest=5000)["nearest_min"].tolist() == [33, 26, 19, 19]
    assert line.access(nearest=7001)["nearest_min"].isna().all()


def test_weights_by_a_decay(line):
    table = line.access(minutes=19, decay="exponential")
    half = {0: 1, 1: 0.5, 2: 2 ** (-26 / 19), 3: 2 ** (-33 / 19)}
    people = [1000, 1000, 1000, 4000]
    for row, value in enumerate(table["weighted"]):
        assert value == pytest.approx(sum(n * half[abs(row - at)] for at, n in enumerate(people)))
    assert table.attrs["decay_words"] == "half-life 19 min"


def test_jobs_of_a_table_and_their_sharing(line, jobs):
    table = line.access(minutes=19, opportunity="jobs", to=jobs)
    assert table["within"].tolist() == [30, 30, 80, 50]
    # b's 30 jobs are shared by a, b and c; the 50 at d by c and d
    assert table["per_head"].tolist() == pytest.approx([0.01, 0.01, 0.02, 0.01])
    assert line.circles(minutes=26, opportunity="jobs", to=jobs)["jobs"].tolist() == [30]


def test_enhanced_sharing_weighs_zones_of_time(line, jobs):
    table = line.access(minutes=30, opportunity="jobs", to=jobs, decay="zones")
    first = 30 / (0.68 * 1000 + 1000 + 0.68 * 1000 + 0.22 * 4000)
    second = 50 / (0.22 * 1000 + 0.68 * 1000 + 4000)
    shares = [0.68 * first, first + 0.22 * second, 0.68 * first + 0.68 * second, 0.22 * first + second]
    assert table["per_head"].tolist() == pytest.approx(shares)


def test_the_circle_of_a_core(line):
    circle = line.circles(minutes=26).iloc[0]
    assert (circle["core"], circle["towns"], circle["people"], circle["other_people"]) == (
        "at-a",
        3,
        3000,
        1000,
    )
    assert circle["people_share"] == pytest.approx(3 / 7)
    assert np.isnan(circle["area_km2"])


def test_groups_are_means_over_people(line):
    table = line.access(minutes=26, by="city").set_index("city")
    assert table.loc["B", "within"] == pytest.approx((7000 * 1000 + 6000 * 4000) / 5000)
    assert table.loc["B", ["within_least", "within_most"]].tolist() == [6000, 7000]
    assert table.loc["B", "beyond_core_share"] == pytest.approx(0.8)
    assert table["population"].tolist() == [2000, 5000]


def test_inequality_stands_beside_the_table(line):
    found = line.access(minutes=26, nearest=5000).attrs["inequality"]
    assert found["mean"] == pytest.approx((3000 + 7000 + 7000 + 4 * 6000) / 7)
    assert found["beyond_core_share"] == pytest.approx(4 / 7)
    assert found["beyond_nearest_share"] == pytest.approx(1 / 7)
    apart = [abs(x - y) for x in (3, 7, 7, 6, 6, 6, 6) for y in (3, 7, 7, 6, 6, 6, 6)]
    assert found["gini"] == pytest.approx(sum(apart) / 49 / (2 * 41 / 7))


def test_a_region_without_cores_has_no_circles():
    region = line_region()
    region = region.replace(tables={"places": region.places.assign(level="district")})
    study = Area(region).scenario()
    assert study.circles().empty
    table = study.access()
    assert table["nearest_core_min"].isna().all()
    assert set(table["nearest_core"]) == {""}


def test_what_cannot_be_reached_is_null(line):
    far = pd.DataFrame({"id": ["far"], "lon": [100.0], "lat": [10.0], "jobs": [5]})
    table = line.access(opportunity="jobs", to=far, nearest=1)
    assert table["nearest_min"].isna().all()
    assert table["within"].tolist() == [0, 0, 0, 0]


def test_all_that_is_wrong_is_told_together(line, jobs):
    with pytest.raises(BadInputError) as error:
        access(line, minutes=0, opportunity="jobs", decay="cubic", nearest=-1, words={"clock": "sun"})
    assert [problem.where for problem in error.value.problems] == [
        "--decay", "--minutes", "--nearest", "--clock", "--opportunity",
    ]  # fmt: skip
    moved = jobs.assign(lat=jobs["lat"] + 0.1)
    with pytest.raises(BadInputError, match="at another point"):
        access(line, opportunity="jobs", to=moved)
    with pytest.raises(BadInputError, match=r"no column 'job'.*jobs"):
        access(line, opportunity="job", to=jobs)
    with pytest.raises(BadInputError) as error:
        access(line, opportunity="jobs", to=jobs.assign(jobs=[-1, np.nan], lon=[500, 113.0]))
    assert len(error.value.problems) == 3
    with pytest.raises(BadInputError, match="no opportunity"):
        access(line, opportunity="lon", to=jobs)
    with pytest.raises(BadInputError, match="no group 'county'"):
        line.access(by="county")


def test_guangzhou_agrees_with_the_matrix_in_plain_pandas(today):
    zones = today.area.region.zones.set_index("zone_id")
    cores = ["fs-chancheng", "gz-yuexiu", "qy-qingcheng", "zq-duanzhou"]
    pairs = today.matrix(sorted(zones.index), period="am-peak")
    near = pairs[pairs["minutes"] <= 45]
    people = near["destination"].map(zones["population"]).groupby(near["origin"]).sum()
    table = today.access(minutes=45).set_index("origin")
    assert table["within"].tolist() == people.reindex(table.index).tolist()
    to_cores = today.matrix(sorted(zones.index), cores, period="am-peak")
    inside = to_cores[to_cores["minutes"] <= 45]
    circles = today.circles(minutes=45).set_index("core")
    people = inside["origin"].map(zones["population"]).groupby(inside["destination"]).sum()
    assert circles["people"].tolist() == people.reindex(circles.index, fill_value=0).tolist()
    least = to_cores.groupby("origin")["minutes"].min()
    pd.testing.assert_series_equal(table["nearest_core_min"], least.reindex(table.index), check_names=False)
    nearest = to_cores.dropna(subset="minutes").sort_values("minutes").drop_duplicates("origin")
    nearest = nearest.set_index("origin")["destination"].reindex(table.index, fill_value="")
    assert table["nearest_core"].tolist() == nearest.tolist()
    assert ((circles["area_km2"] > 0) == (circles["towns"] > 0)).all()


def test_a_longer_limit_never_counts_less(today):
    counts = [today.access(minutes=minutes)["within"].to_numpy() for minutes in (0.5, 30, 60, 90)]
    assert all((more >= less).all() for less, more in pairwise(counts))
    assert (counts[0] > 0).all()


# -------------------------------------------------------------------------------------------------- the verb


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a folder with the region and a file of jobs."""
    home = tmp_path_factory.mktemp("access")
    region = one_core_region()
    write_region(region, home / "line")
    lat = region.places.set_index("place_id")["lat"]
    (home / "jobs.csv").write_text(JOBS.format(b=lat["at-b"], d=lat["at-d"]), encoding="utf-8")
    return home


def test_the_command_prints_data_and_writes_rows(command, home, tmp_path):
    words = ["--region", home / "line", "--to", home / "jobs.csv", "--opportunity", "jobs", "--minutes", 19]
    for ending in ("parquet", "csv"):
        output = tmp_path / f"out.{ending}"
        done = command("access", *words, "--by", "town", "-o", output, "--json")
        assert (done.status, done.err) == (0, "")
        assert [row["within"] for row in done.json["rows"]] == [30, 30, 80, 50]
        assert done.json["circles"][0]["area_km2"] is None
    held = json.loads(pq.read_schema(tmp_path / "out.parquet").metadata[b"onehour"])
    assert (held["minutes"], held["opportunity"], held["period"], held["seed"]) == (
        19,
        "jobs",
        "am-peak",
        None,
    )
    assert held["state_hash"]
    assert pd.read_csv(tmp_path / "out.csv")["within"].tolist() == [30, 30, 80, 50]


@pytest.mark.parametrize("by", ["town", "district", "city"])
def test_the_command_prints_tables(command, home, by):
    words = ["--to", home / "jobs.csv", "--opportunity", "jobs", "--decay", "gaussian", "--nearest", 40]
    done = command("access", "--region", home / "line", "--by", by, *words)
    assert done.status == 0
    for text in ("jobs, 80 in all", "weight 1/2 at 60 min", "Commuting circles", "At A", "per head", "gini"):
        assert text in done.out


def test_the_command_tells_the_reading(command, home):
    words = ["access", "--region", home / "line", "--minutes", 26, "--statistic", "p41", "--by", "town"]
    assert "traveller · p41\n" in command(*words).out
    done = command(*words, "--percentile-of", "access", "--arrive-by")
    assert "traveller · p41 of access · arrive-by Opportunity" in " ".join(done.out.split())
    done = command("access", "--region", home / "line", "--percentile-of", "access")
    assert (done.status, "--percentile-of" in done.err) == (2, True)


def test_wrong_options_are_told_together(command, home, tmp_path):
    (tmp_path / "bad.csv").write_text("id,lon,lat,jobs\na,113,23,\nb,113,23,-4\n", encoding="utf-8")
    done = command(
        "access", "--region", home / "line", "--minutes", -3, "--decay", "step", "--width", 4, "--by", "moon",
        "--to", tmp_path / "bad.csv", "--opportunity", "jobs", "--clock", "x", "-o", tmp_path / "no" / "x.txt",
    )  # fmt: skip
    assert done.status == 2
    for text in (
        "8 problems",
        "--minutes",
        "--width",
        "--by",
        "bad.csv row 2, jobs",
        "bad.csv row 3, jobs",
        "--clock",
    ):
        assert text in done.err
    done = command("access", "--region", home / "line", "--opportunity", "jobs")
    assert (done.status, "give --to FILE.csv" in done.err) == (2, True)
    done = command("access", "--region", home / "line", "--to", home / "jobs.csv", "--opportunity", "other")
    assert (done.status, "'x' is no other" in done.err) == (2, True)
