"""A small feed of text, to read and to break."""

import csv
import io
import zipfile

import pytest

FILES = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone,agency_lang\nx,Ex,https://example.org,Asia/Shanghai,en\n",
    "stops.txt": (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        "a,A,23.0,113.0,0,\n"
        "b1,B platform 1,23.1,113.0,0,b\n"
        "b2,B platform 2,23.1,113.001,,b\n"
        "b,B,23.1,113.0,1,\n"
        "c,C,23.4,113.0,0,\n"
    ),
    "routes.txt": (
        "route_id,route_short_name,route_long_name,route_type,route_color\n"
        "r1,1,North line,1,00ff00\n"
        "r2,,Expresses,101,\n"
    ),
    "trips.txt": "route_id,service_id,trip_id\nr1,week,t1\nr1,week,t2\nr2,extra,t3\nr2,week,night\n",
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n"
        "t1,,07:00:00,a,1,,1\n"
        "t1,,,b1,2,,\n"
        "t1,07:40:00,,c,3,1,0\n"
        "t2,08:00:00,08:00:00,a,10,0,0\n"
        "t2,08:05:30,08:06:00,b2,20,0,0\n"
        "t3, 9:00:00,9:00:00,a,1,,\n"
        "t3,9:20:00,9:20:00,c,2,,\n"
        "night,23:50:00,23:50:00,a,1,,\n"
        "night,24:30:00,24:30:00,c,2,,\n"
    ),
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "week,1,1,1,1,1,0,0,20300101,20301231\n"
    ),
    "calendar_dates.txt": "service_id,date,exception_type\nextra,20300108,1\nweek,20300109,2\n",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs,exact_times\nt2,06:00:00,10:00:00,600,\nt2,10:00:00,24:10:00,900,0\n",
    "transfers.txt": (
        "from_stop_id,to_stop_id,from_route_id,to_route_id,transfer_type,min_transfer_time\n"
        "a,b,,,2,300\n"
        "b1,b2,,,0,\n"
        "c,c,,,2,120\n"
        "a,b1,,r2,2,360\n"
        "a,c,,,3,\n"
        "c,a,r1,,2,60\n"
    ),
    "pathways.txt": "pathway_id\np\n",
}  # fmt: skip


@pytest.fixture
def files():
    """Return the text of each file of a good feed."""
    return dict(FILES)


@pytest.fixture
def zipped(tmp_path):
    """Return the function that zips files of text or bytes into a feed."""

    def write(files, name="feed.zip"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, text in files.items():
                archive.writestr(file, text)
        return tmp_path / name

    return write


def rows_of(text):
    """Return the rows of a file's text."""
    return list(csv.DictReader(io.StringIO(text)))
