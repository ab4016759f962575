"""Files are written whole or not at all."""

import os

import pytest

from network.errors import BadInputError
from onehour.files import new_folder_problems, output_problems, whole_file, whole_folder


def test_the_file_takes_its_place_when_all_went_well(tmp_path):
    path = tmp_path / "out.csv"
    with whole_file(path) as file:
        assert file.suffix == ".csv"
        file.write_text("new", encoding="utf-8")
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


def test_the_old_file_stays_when_writing_fails(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(TypeError), whole_file(path) as file:
        file.write_text(0, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_a_full_disk_is_a_message(tmp_path):
    path = tmp_path / "out.csv"
    with pytest.raises(BadInputError, match=r"out\.csv: cannot be written: No space left"), whole_file(path):
        raise OSError(28, "No space left on device")
    assert not any(tmp_path.iterdir())


def test_problems_are_seen_before_the_work(tmp_path):
    assert output_problems(tmp_path / "out.CSV", (".csv",)) == []
    (tmp_path / "folder.csv").mkdir()
    said = [str(one) for one in output_problems(tmp_path / "folder.csv", (".csv",))]
    assert ["is a folder" in text for text in said] == [True]
    both = output_problems(tmp_path / "gone" / "out.txt", (".csv",))
    assert [one.what for one in both] == [
        "has the ending '.txt'",
        f"the folder {tmp_path / 'gone'} is not there",
    ]


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert "cannot be written to" in str(output_problems(tmp_path / "out.csv", (".csv",))[0])
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_takes_its_place_when_all_went_well(tmp_path):
    path = tmp_path / "region"
    path.mkdir()
    with whole_folder(path) as folder:
        (folder / "a.csv").write_text("a", encoding="utf-8")
        assert not any(path.iterdir())
    assert [entry.name for entry in path.iterdir()] == ["a.csv"]
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o777 & ~mask


def test_no_folder_is_left_behind_when_writing_fails(tmp_path):
    with pytest.raises(TypeError), whole_folder(tmp_path / "region") as folder:
        (folder / "a.csv").write_text(0, encoding="utf-8")
    with (
        pytest.raises(BadInputError, match="cannot be written: No space left"),
        whole_folder(tmp_path / "region"),
    ):
        raise OSError(28, "No space left on device")
    assert not any(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("mine")
    assert [one.what for one in new_folder_problems(tmp_path)] == ["is there already"]
    assert [one.what for one in new_folder_problems(tmp_path / "mine")] == ["is there already"]
    assert new_folder_problems(tmp_path / "new") == []
    with pytest.raises(BadInputError, match="cannot be written"), whole_folder(tmp_path) as folder:
        (folder / "a.csv").write_text("a")
    assert (tmp_path / "mine").read_text() == "mine"
