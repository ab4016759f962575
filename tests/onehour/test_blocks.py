"""Matrices in blocks: equal to the matrix at once, whatever ends the run before it is done."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from distributed import Client, LocalCluster

import onehour
from network.distances import metric_xy
from network.errors import BadInputError
from network.testing import line_region
from onehour import cluster as clusters
from onehour.block_matrix import BlockMatrix
from onehour.block_store import MANIFEST
from onehour.cluster import _answered, _checked_workers
from onehour.study import Area
from sim.grid import grid_of

PLACES = pd.DataFrame(
    {
        "id": ["q", "p", "far", "r", "s"],
        "lon": [113.0, 113.0, 100.0, 113.05, 113.1],
        "lat": [23.09, 23.0, 10.0, 23.0, 23.0],
        "name_en": ["Q", "same", "", "same", ""],
    }
)


@pytest.fixture(scope="module")
def line(folder):
    """Return the study of the tiny region `line`, loaded from its folder."""
    return onehour.load(str(folder / "line")).scenario()


@pytest.fixture(scope="module")
def whole(today, tmp_path_factory):
    """Return a folder of the towns' matrix that nothing disturbed, in blocks of ten origins."""
    home = tmp_path_factory.mktemp("whole") / "towns"
    today.matrix_blocks(home, zones(today), block=10)
    return home


def zones(study):
    return sorted(study.network.region.zones["zone_id"])


def contents(home):
    return {file.name: file.read_bytes() for file in home.iterdir()}


def plain(table):
    """Return a table without categories, as `Study.matrix` makes it."""
    words = [name for name in table if isinstance(table[name].dtype, pd.CategoricalDtype)]
    return table.astype(dict.fromkeys(words, "str"))


# -------------------------------------------------------------------------------------------- equal to the whole


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"clock": "station", "statistic": "p50", "within_min": 60.0},
        {"clock": "in-vehicle", "mode": "any"},
        {"mode": "car", "period": "am-peak"},
    ],
    ids=str,
)
def test_blocks_hold_the_matrix(today, tmp_path, words):
    study, ids = today, [*today.centres()[:6], "cr-guangzhou-south"]
    expected = study.matrix(ids, ids[::-1], **words)
    for output in (tmp_path / "many", tmp_path / "one.parquet"):
        told = []
        table = study.matrix_blocks(
            output, ids, ids, block=2, tell=lambda done, of, told=told: told.append((done, of)), **words
        )
        pd.testing.assert_frame_equal(plain(pd.read_parquet(output)), expected)
        count = -(-len(ids) // 2)
        assert told == [(number, count) for number in range(1, count + 1)]
        assert (table["rows"].sum(), table["reached"].sum()) == (len(expected), expected["minutes"].count())
    file = pq.ParquetFile(tmp_path / "one.parquet")
    assert file.num_row_groups == count
    assert json.loads(file.schema_arrow.metadata[b"onehour"])["scenario_hash"] == study.scenario.hash
    assert not (tmp_path / "one.parquet.blocks").exists()


@pytest.mark.parametrize("statistic", ["expected", "p50"])
def test_places_without_a_journey_without_names_and_without_parts(line, tmp_path, statistic):
    expected = line.matrix(PLACES, ["at-a", "at-d"], statistic=statistic)
    named = line.matrix_blocks(tmp_path / "named", PLACES, ["at-a", "at-d"], block=2, statistic=statistic)
    pd.testing.assert_frame_equal(plain(pd.read_parquet(tmp_path / "named")), expected)
    assert expected["minutes"].isna().sum() == len(expected) - named["reached"].sum() == 2
    bare = PLACES.drop(columns="name_en")
    line.matrix_blocks(tmp_path / "bare", bare, bare, block=3, parts=False, statistic=statistic)
    found = pd.read_parquet(tmp_path / "bare")
    assert list(found) == ["origin", "destination", "minutes"]
    np.testing.assert_array_equal(found["minutes"], line.matrix(bare, bare, statistic=statistic)["minutes"])
    at_once = line.matrix(bare, bare, parts=False)
    assert not [name for name in at_once if name.endswith("_min")]


def test_shares_of_departures_are_told_in_blocks_too(line, command, folder, tmp_path):
    words = ["matrix", "--region", folder / "line", "--statistic", "p50", "--within", "20", "-o"]
    assert command(*words, tmp_path / "m", "--block", "3").status == 0
    found = pd.read_parquet(tmp_path / "m")
    expected = line.matrix(statistic="p50", within_min=20)
    np.testing.assert_array_equal(found["reliability"], expected["reliability"])
    assert 0 < expected["reliability"].mean() < 1
    done = command(*words, tmp_path / "m", "--block", "3", "--no-parts")
    assert "another matrix: parts True, not False (choose" in done.err


def test_the_size_of_a_block_is_chosen_and_bounded(line, tmp_path):
    assert len(line.matrix_blocks(tmp_path / "a", PLACES)) == 1
    many = pd.DataFrame({"id": [f"p{n:05}" for n in range(20_001)], "lon": 113.0, "lat": 23.0})
    with pytest.raises(BadInputError, match=r"20001 × 501 pairs are more than 10,000,000 \(19960 origins or"):
        line.matrix_blocks(tmp_path / "b", many, many[:501], block=30_000)
    with pytest.raises(BadInputError, match="1 makes more than 20,000 blocks"):
        line.matrix_blocks(tmp_path / "b", many, many[:501], block=1)
    assert not (tmp_path / "b").exists()


def test_one_id_at_two_points_is_refused(line):
    other = PLACES.assign(lon=113.2)
    with pytest.raises(BadInputError, match="q: stands at two points") as caught:
        line.matrix(PLACES, other)
    assert len(caught.value.problems) == len(PLACES)


def test_cells_are_places_at_their_centres(today):
    grid = grid_of(today.area.region, 3000)
    cells = grid.cells()
    assert cells["id"].is_unique
    assert cells["id"].is_monotonic_increasing
    xy = metric_xy(today.area.region, cells)
    corner = cells["id"].str.extract(r"N(\d{7})E(\d{7})").astype(float)
    np.testing.assert_allclose(xy[:, 0], corner[1] + 1500, atol=0.02)
    np.testing.assert_allclose(xy[:, 1], corner[0] + 1500, atol=0.02)
    assert len(cells) == grid.inside.sum()
    assert grid.holds(xy).all()


# ------------------------------------------------------------------------------------------------- interrupted


def test_a_worker_that_dies_changes_nothing(today, whole, tmp_path):
    killed = []

    def kill(done, _):
        if not killed:
            killed.append(done)
            os.kill(pids[0], signal.SIGKILL)

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as local:
        with Client(local) as client:
            pids = sorted(client.run(os.getpid).values())
            assert len(pids) == 2
        table = today.matrix_blocks(
            tmp_path / "towns", zones(today), block=10, cluster=local.scheduler_address, tell=kill
        )
    assert killed == [1]
    assert table.attrs["computed"] == 28
    assert contents(tmp_path / "towns") == contents(whole)


def test_a_run_that_is_killed_is_taken_up(today, command, tmp_path):
    words = ["matrix", "today-2026", "--from", "zones", "--block", "10", "-o"]
    output, blocks = tmp_path / "towns.parquet", tmp_path / "towns.parquet.blocks"
    run = subprocess.Popen([sys.executable, "-m", "onehour", *words, output], cwd=Path(__file__).parents[2])
    while len(list(blocks.glob("block-*"))) < 3:
        assert run.poll() is None
        time.sleep(0.01)
    run.kill()
    run.wait()
    assert not output.exists()
    done = command(*words, output, "--json")
    assert (done.status, done.err) == (0, "")
    assert done.json["kept"] >= 2
    assert done.json["kept"] + done.json["computed"] == done.json["blocks"] == 28
    assert sorted(file.name for file in tmp_path.iterdir()) == ["towns.parquet"]
    today.matrix_blocks(tmp_path / "other.parquet", zones(today), block=10)
    assert output.read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_damaged_blocks_are_computed_anew_and_told(command, folder, tmp_path):
    output = tmp_path / "m"
    words = ["matrix", "--region", folder / "line", "--block", "1", "-o", output]
    assert "4 blocks: 0 were there, 4 computed" in command(*words).out
    before = contents(output)
    (output / "block-000001.parquet").write_bytes(before["block-000001.parquet"][:-9])
    (output / "block-000003.parquet").unlink()
    assert "4 blocks: 2 were there, 2 computed, 2 of them damaged before" in command(*words).out
    assert contents(output) == before
    assert "4 blocks: 4 were there, 0 computed" in command(*words).out


def test_a_full_disk_keeps_what_is_done(line, tmp_path, monkeypatch):
    real = Path.write_bytes

    def full(self, data):
        if len(list(self.parent.glob("block-*"))) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BadInputError, match="No space left on device"):
        line.matrix_blocks(tmp_path / "m", block=1)
    monkeypatch.undo()
    assert sorted(contents(tmp_path / "m")) == [MANIFEST, "block-000000.parquet", "block-000001.parquet"]
    assert line.matrix_blocks(tmp_path / "m", block=1).attrs["kept"] == 2


# ------------------------------------------------------------------------------------------------- wrong input


def test_blocks_of_another_matrix_are_refused(line, tmp_path):
    line.matrix_blocks(tmp_path / "m", block=2)
    before = contents(tmp_path / "m")
    with pytest.raises(
        BadInputError, match=r"another matrix: clock door, not station; block 2, not 1 \(choose"
    ):
        line.matrix_blocks(tmp_path / "m", clock="station", block=1)
    faster = line.area.scenario(values={"walk_kmh": 5})
    with pytest.raises(BadInputError, match=r"another matrix: set {}, not {'walk_kmh': 5.*}"):
        faster.matrix_blocks(tmp_path / "m", block=2)
    with pytest.raises(BadInputError, match="another matrix: origins 4, not 2; places_hash"):
        line.matrix_blocks(tmp_path / "m", ["at-a", "at-b"], line.centres(), block=2)
    assert contents(tmp_path / "m") == before


@pytest.mark.parametrize(
    "text", ["", "[]", '{"matrix": {}, "done": [1]}', '{"done": []}', "[" * 9999, "\x00"]
)
def test_what_is_no_manifest_is_refused(line, tmp_path, text):
    (tmp_path / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match="is no manifest of blocks"):
        line.matrix_blocks(tmp_path)


def test_folders_of_other_things_are_refused(line, tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"holds other files, as thesis.docx"):
        line.matrix_blocks(tmp_path)
    assert list(contents(tmp_path)) == ["thesis.docx"]


def test_a_cluster_that_does_not_answer_is_told(command, folder, tmp_path):
    for address in ("tcp://127.0.0.1:9", "nowhere://x"):
        done = command("matrix", "--region", folder / "line", "-o", tmp_path / "m", "--cluster", address)
        assert done.status == 2
        assert f"--cluster {address}: no Dask scheduler answers within 5 s" in done.err


def test_a_plain_installation_says_what_to_install(command, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "find_spec", lambda _: None)
    for option in (("--workers", "2"), ("--cluster", "tcp://127.0.0.1:9")):
        done = command("matrix", "--region", folder / "line", "-o", tmp_path / "m", *option)
        assert done.status == 2
        assert f"{option[0]}: Dask is not installed (pip install 'onehour[dask]')" in done.err
    assert not list(tmp_path.iterdir())


def test_every_wrong_option_is_told_at_once(command, folder, tmp_path):
    done = command(
        "matrix", "--region", folder / "line", "--from", "towns", "--zones", "-o", tmp_path / "no" / "m.csv",
        "--block", "0", "--workers", "0", "--cluster", "x", "--clock", "sun",
    )  # fmt: skip
    assert done.status == 2
    for words in (
        "--from: stands beside --zones", "has the ending '.csv'", "is not there",
        "--block: 0 is no number", "--workers: stands beside --cluster", "--workers: 0 is no number", "'sun'",
    ):  # fmt: skip
        assert words in done.err
    done = command("matrix", "--region", folder / "line", "--from", "towns", "-o", tmp_path / "m.csv")
    assert "--from: 'towns' is no set of places (centres, zones, stations, cells, or a file .csv" in done.err
    done = command(
        "matrix", "--region", folder / "line", "--from", "cells", "--cell-m", "0", "-o", tmp_path / "m"
    )
    assert "--cell-m: 0 is no side of a cell" in done.err
    assert not list(tmp_path.iterdir())


def test_more_pairs_than_fit_at_once_ask_for_blocks(command, tmp_path):
    done = command("matrix", "--from", "cells", "--cell-m", "2000", "-o", tmp_path / "m.parquet")
    assert done.status == 2
    assert "pairs are too many at once (compute them in blocks: --block 100)" in done.err


def test_what_no_worker_can_load_is_refused(line, tmp_path):
    with pytest.raises(BadInputError, match="region: was made in this process"):
        Area(line_region()).scenario().matrix_blocks(tmp_path / "m", workers=1)
    ends, rows, columns = line.sides(None, None)
    matrix = BlockMatrix(line, ends, (rows, columns), line.query(), parts=True, within_min=None, block=2)
    question = matrix.question()
    assert _answered(question, 1) == matrix.answer(1)
    other = type(question)(
        **{name: getattr(question, name) for name in question.__slots__}
        | {"hashes": (("region_hash", "0"), ("code_hash", "1"))}
    )
    assert [problem.where for problem in _answered(other, 0)] == [
        "region_hash, where a block is computed",
        "code_hash, where a block is computed",
    ]


def test_workers_with_several_threads_are_refused():
    class Cluster:
        def nthreads(self):
            return {"tcp://a:1": 1, "tcp://b:2": 4}

    with pytest.raises(BadInputError, match=r"tcp://b:2 has 4 threads \(start workers with --nthreads 1"):
        _checked_workers(Cluster(), "--cluster x")
