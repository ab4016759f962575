"""Feeds that are broken or mean harm: clear messages by file and row, never another error."""

import contextlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.errors import BadInputError
from network.gtfs import archive, read_day
from tests.gtfs.conftest import FILES

MONDAY = "2030-01-07"


def problems_of(path, day=MONDAY):
    """Return the lines of the one error that reading a feed raises."""
    with pytest.raises(BadInputError) as caught:
        read_day([path], day)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems)
    return lines


def test_ten_kinds_of_damage_give_ten_messages(zipped, files):
    changes = {
        "agency.txt": ("Asia/Shanghai", "Asia/Nowhere"),
        "stops.txt": ("23.4", "123.4"),
        "routes.txt": ("Expresses,101", "Expresses,42"),
        "trips.txt": ("r1,week,t2", "r9,week,t2"),
        "calendar.txt": ("20300101,20301231", "20300101,20291231"),
        "calendar_dates.txt": ("20300109", "20300199"),
        "frequencies.txt": (",600,", ",0,"),
        "transfers.txt": ("b1,b2,,,0,", "b1,b7,,,0,"),
    }
    for name, (old, new) in changes.items():
        assert old in files[name]
        files[name] = files[name].replace(old, new)
    calls = files["stop_times.txt"]
    files["stop_times.txt"] = calls.replace("08:05:30", "8h05").replace(
        "9:20:00,9:20:00", "08:20:00,09:20:00"
    )
    assert problems_of(zipped(files)) == [
        "feed.zip/stops.txt row 6, stop_lat: '123.4' is out of range (a number from -90 to 90)",
        "feed.zip/stop_times.txt row 6, arrival_time: '8h05' is no time (write it as 07:05:00; it may pass 24:00:00)",
        "feed.zip/calendar_dates.txt row 3, date: '20300199' is no day (write it as 20301231)",
        "feed.zip/frequencies.txt row 2, headway_secs: '0' is out of range (a whole number from 1 to 86400)",
        "feed.zip/trips.txt row 3, route_id: 'r9' is not in routes.txt (did you mean r2 or r1?)",
        "feed.zip/transfers.txt row 3, to_stop_id: 'b7' is not in stops.txt (did you mean b or b2 or b1?)",
        "feed.zip/routes.txt row 3, route_type: 42 is no type of route (see the list of routes.txt in the format)",
        "feed.zip/agency.txt row 2, agency_timezone: 'Asia/Nowhere' is no time zone (for example Asia/Shanghai)",
        "feed.zip/calendar.txt row 2, end_date: is before start_date (mend one of the two)",
        "feed.zip/stop_times.txt row 8, arrival_time: is before the departure of the call before (mend one of the two)",
    ]


DAMAGE = {
    "missing file": (
        {"trips.txt": None},
        ["feed.zip/trips.txt: is missing (the format demands it)"],
    ),
    "no calendar": (
        {"calendar.txt": None, "calendar_dates.txt": None},
        ["feed.zip: has neither calendar.txt nor calendar_dates.txt (a feed says on which days its trips run)"],
    ),
    "empty file": (
        {"routes.txt": ""},
        ["feed.zip/routes.txt: is empty (give it a header and rows, or leave it out)"],
    ),
    "no row": (
        {"agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n"},
        ["feed.zip/agency.txt: has no row (the format demands one)"],
    ),
    "missing column": (
        {"stops.txt": ("stop_id,", "id,")},
        ["feed.zip/stops.txt row 1: column 'stop_id' is missing (the format demands it)"],
    ),
    "column twice": (
        {"stops.txt": ("stop_name,", "stop_id,")},
        ["feed.zip/stops.txt row 1: column 'stop_id' stands twice (remove one)"],
    ),
    "too many cells": (
        {"stops.txt": ("a,A,", "a,A, first,")},
        ["feed.zip/stops.txt row 2: has 7 cells, the header 6 (quote cells that hold commas)"],
    ),
    "too few cells": (
        {"stop_times.txt": ("t2,08:00:00,08:00:00,a,10,0,0", "t2,08:00:00")},
        ["feed.zip/stop_times.txt row 5: has 2 cells, the header 7 (give a cell for every column)"],
    ),
    "open quote": (
        {"stops.txt": ("c,C,", 'c,"C,')},
        ["feed.zip/stops.txt row 6: a quote is opened and never closed (close it)"],
    ),
    "not UTF-8": (
        {"stops.txt": b"stop_id,stop_lat,stop_lon\na,23,113\nb\xff,23,113\n"},
        ["feed.zip/stops.txt row 3: is not UTF-8 text (save the file as UTF-8)"],
    ),
    "UTF-16": (
        {"stops.txt": FILES["stops.txt"].encode("utf-16")},
        ["feed.zip/stops.txt row 1: is not UTF-8 text (save the file as UTF-8)"],
    ),
    "blank id": (
        {"trips.txt": ("r2,week,night", "r2,week,night\nr2,week,")},
        ["feed.zip/trips.txt row 6, trip_id: is blank (the format demands it)"],
    ),
    "id twice": (
        {"stops.txt": ("b2,B", "b1,B"), "stop_times.txt": (",b2,", ",b1,"), "transfers.txt": ("b1,b2", "b1,b1")},
        ["feed.zip/stops.txt row 4, stop_id: b1 stands already in a row before (remove one of them)"],
    ),
    "call twice": (
        {"stop_times.txt": (",a,10,", ",a,20,")},
        ["feed.zip/stop_times.txt row 6, trip_id, stop_sequence: t2, 20 stands already in a row before (remove one of them)"],
    ),
    "no position": (
        {"stops.txt": ("c,C,23.4,113.0", "c,C,,113.0")},
        ["feed.zip/stops.txt row 6, stop_lat and stop_lon: are blank (a stop needs a position, in degrees WGS 84)"],
    ),
    "position no number": (
        {"stops.txt": ("c,C,23.4", "c,C,nan")},
        ["feed.zip/stops.txt row 6, stop_lat: 'nan' is no number (a number from -90 to 90)"],
    ),
    "parent that is no station": (
        {"stops.txt": ("b,B,23.1,113.0,1,", "b,B,23.1,113.0,2,"), "transfers.txt": ("a,b,,,2", "a,b1,,,2")},
        [
            "feed.zip/stops.txt row 3, parent_station: is no station (a parent has the location_type 1)",
            "feed.zip/stops.txt row 4, parent_station: is no station (a parent has the location_type 1)",
        ],
    ),
    "call at a station": (
        {"stop_times.txt": (",b2,20", ",b,20")},
        ["feed.zip/stop_times.txt row 6, stop_id: is no stop or platform (trips call at location_type 0)"],
    ),
    "no time at an end": (
        {"stop_times.txt": ("t1,07:40:00,,", "t1,,,")},
        ["feed.zip/stop_times.txt row 4, arrival_time and departure_time: both are blank at the first or last call (give the trip both ends' times)"],
    ),
    "departure before arrival": (
        {"stop_times.txt": ("08:05:30,08:06:00", "08:05:30,08:05:00")},
        ["feed.zip/stop_times.txt row 6, departure_time: is before the arrival (mend one of the two)"],
    ),
    "early over a call without times": (
        {"stop_times.txt": ("t1,07:40:00", "t1,06:40:00")},
        ["feed.zip/stop_times.txt row 4, arrival_time: is before the departure of the call before (mend one of the two)"],
    ),
    "unknown trip in many rows": (
        {"trips.txt": ("r1,week,t1\n", "")},
        ["feed.zip/stop_times.txt row 2, trip_id: 't1' is not in trips.txt, nor in 2 more rows (did you mean t3 or t2?)"],
    ),
    "unknown service": (
        {"trips.txt": ("extra", "more")},
        ["feed.zip/trips.txt row 4, service_id: 'more' is not in calendar.txt or calendar_dates.txt (known: extra, week)"],
    ),
    "headways that overlap": (
        {"frequencies.txt": ("t2,10:00:00", "t2,09:59:00")},
        ["feed.zip/frequencies.txt row 3, start_time: is before the end of the span before (part the two)"],
    ),
    "headways that end before they start": (
        {"frequencies.txt": ("24:10:00", "09:10:00")},
        ["feed.zip/frequencies.txt row 3, end_time: is not after start_time (mend one of the two)"],
    ),
    "time zones": (
        {"agency.txt": ("x,Ex", "y,Why,https://example.org,Asia/Tokyo,en\nx,Ex")},
        ["feed.zip/agency.txt, agency_timezone: the agencies have 2 time zones (a feed has one)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_damage_has_its_message(zipped, files, damage):
    changes, expected = DAMAGE[damage]
    for name, change in changes.items():
        if change is None:
            del files[name]
        elif isinstance(change, tuple):
            assert change[0] in files[name]
            files[name] = files[name].replace(*change, 1)
        else:
            files[name] = change
    assert problems_of(zipped(files)) == expected


def test_the_same_in_many_rows_is_told_in_some_and_counted(zipped, files):
    files["stops.txt"] += "".join(f"s{n},S,north,113,0,\n" for n in range(40))
    lines = problems_of(zipped(files))
    assert len(lines) == 11
    assert lines[0].startswith("feed.zip/stops.txt row 7, stop_lat: 'north' is no number")
    assert lines[-1].startswith("feed.zip/stops.txt row 17, stop_lat: the same in 30 more rows")
    files["stops.txt"] = FILES["stops.txt"] + "a,A,23,113,0,\n" * 12
    lines = problems_of(zipped(files))
    assert len(lines) == 11
    assert "row 17, stop_id: the same in 2 more rows" in lines[-1]
    files["stops.txt"] = FILES["stops.txt"]
    files["transfers.txt"] += "".join(f"z{n},a,,,2,1\n" for n in range(20))
    lines = problems_of(zipped(files))
    assert len(lines) == 11
    assert "10 more ids are not in stops.txt" in lines[-1]


def test_problems_of_several_feeds_stand_together(zipped, files):
    one = zipped(files | {"stops.txt": ""}, "one.zip")
    two = zipped(files | {"routes.txt": ""}, "two.zip")
    with pytest.raises(BadInputError) as caught:
        read_day([one, two, one.with_name("three.zip")], "2030-13-01")
    assert [str(problem).partition(":")[0] for problem in caught.value.problems] == [
        "--date", "one.zip/stops.txt", "two.zip/routes.txt", "three.zip",
    ]  # fmt: skip
    tokyo = zipped(files | {"agency.txt": files["agency.txt"].replace("Shanghai", "Tokyo")}, "tokyo.zip")
    with pytest.raises(BadInputError, match="have several time zones: Asia/Shanghai, Asia/Tokyo"):
        read_day([zipped(files), tokyo], MONDAY)


# ----------------------------------------------------------------------------------------------------- archives


def test_what_is_no_archive(tmp_path):
    file = tmp_path / "feed.zip"
    file.write_bytes(b"stop_id\n")
    assert problems_of(file) == ["feed.zip: is no zip archive (a feed is a zip of .txt files, or a folder)"]
    assert problems_of(tmp_path / "none.zip") == [
        "none.zip: cannot be read: No such file or directory (check its name and rights)"
    ]
    (tmp_path / "empty").mkdir()
    assert len(problems_of(tmp_path / "empty")) == 6


def test_files_in_a_folder_of_the_archive(zipped, files):
    inside = {f"feed/{name}": text for name, text in files.items()}
    assert problems_of(zipped(inside))[0] == (
        "feed.zip: holds its files in the folder 'feed' (zip the files themselves, not their folder)"
    )


@pytest.mark.parametrize(
    "name", ["../stops.txt", "/etc/stops.txt", "x/../../y", "..\\stops.txt", "C:\\stops.txt"]
)
def test_entries_that_lead_out_are_refused(zipped, files, name):
    lines = problems_of(zipped(files | {name: "x"}))
    assert len(lines) == 1
    assert "leads out of the archive" in lines[0]


def test_bombs_are_refused_before_they_are_unpacked(zipped, files):
    lines = problems_of(zipped(files | {"stops.txt": files["stops.txt"] + "\n" * 3_000_000}))
    assert (
        lines[0] == "feed.zip/stops.txt: unpacks to more than 250 times its size (do not trust this archive)"
    )


def test_an_entry_that_lies_about_its_size_is_damaged(zipped, files):
    path = zipped(files)
    raw = path.read_bytes()
    with zipfile.ZipFile(path) as found:
        size = found.getinfo("stops.txt").file_size
    told = size.to_bytes(4, "little")
    assert raw.count(told) >= 2
    path.write_bytes(raw.replace(told, (size - 9).to_bytes(4, "little")))
    assert "feed.zip/stops.txt: is damaged" in problems_of(path)[0]


def test_bounds_of_sizes_and_numbers(zipped, files, monkeypatch, tmp_path):
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 300)
    assert "feed.zip/stop_times.txt: has 0 MiB; a file may have" in problems_of(zipped(files))[0]
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 2**30)
    monkeypatch.setattr(archive, "MAX_FEED_BYTES", 600)
    assert "a feed may have" in problems_of(zipped(files))[0]
    home = tmp_path / "home"
    home.mkdir()
    for name, text in files.items():
        (home / name).write_text(text)
    assert "a feed may have" in problems_of(home)[0]
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    assert (
        problems_of(zipped(files))[0] == "feed.zip: holds 10 files, more than 3 (a feed has one file a table)"
    )


def test_twice_in_an_archive_and_encrypted_and_packed_otherwise(tmp_path, files):
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as one:
        for name, text in files.items():
            one.writestr(name, text)
        with pytest.warns(UserWarning, match="Duplicate name"):
            one.writestr("stops.txt", "x")
    lines = problems_of(path)
    assert "feed.zip/stops.txt: stands twice in the archive (remove one of them)" in lines
    assert "feed.zip/agency.txt: is packed by an unusual method (zip it by deflate, the usual one)" in lines
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as two:
        for name, text in files.items():
            two.writestr(name, text)
    data = bytearray(raw.getvalue())
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1  # the flag of encryption, in the directory's first entry
    path.write_bytes(bytes(data))
    assert problems_of(path)[0] == "feed.zip/agency.txt: is encrypted (make an archive without a password)"


def day_or_none(path):
    """Return the day of a feed, or None where it is refused with messages."""
    with contextlib.suppress(BadInputError):
        return read_day([path], MONDAY)
    return None


def test_a_header_without_a_known_column_is_no_traceback(tmp_path):
    for name, text in (FILES | {"transfers.txt": "f\nrom_stop_id,to_stop_id\n1\n"}).items():
        (tmp_path / name).write_bytes(text.encode())
    day_or_none(tmp_path)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_feed_gives_a_day_or_messages(tmp_path_factory, data):
    files = dict(FILES)
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(files)))
        text = files[name]
        at = data.draw(st.integers(0, len(text)))
        end = min(len(text), at + data.draw(st.integers(0, 12)))
        piece = data.draw(
            st.sampled_from(
                ["", ",", "\n", '"', "-1", "9" * 20, "é", "a", "25:61:00", " ", "\r", ",,", "1e999", "b"]
            )
        )
        files[name] = text[:at] + piece + text[end:]
    home = tmp_path_factory.mktemp("drawn")
    for name, text in files.items():
        (home / name).write_bytes(text.encode())
    found = day_or_none(home)
    if found is not None:
        calls = found.stop_times
        assert (calls["departure_s"] >= calls["arrival_s"]).all()
        assert calls.groupby("trip_id").size().min() > 1
        assert set(calls["stop_id"]) <= set(found.stops["stop_id"])


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whatever_bytes_an_archive_has_give_a_day_or_messages(tmp_path_factory, data):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, text in FILES.items():
            whole.writestr(name, text)
    broken = bytearray(raw.getvalue())
    for _ in range(data.draw(st.integers(1, 5))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("drawn") / "feed.zip"
    path.write_bytes(bytes(broken))
    day_or_none(path)
