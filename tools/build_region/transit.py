"""Build the transit tables of the embedded region from the facts.

Usage: ``python tools/build_region/transit.py FACTS_DIR network/regions/guangzhou``

Writes stations, centre_stations, transfers, lines, line_stops, services and service_stops, and prints
what was mended and what is in doubt. The tables are kept with the code; nobody needs the facts to use them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from facts import Places, Report, read_facts
from lines import build_lines, mend_commercial_speeds, metro_line_stops, rail_line_stops
from metro import build_metro_services
from rail import build_rail_services
from stations import build_centre_stations, build_stations, build_transfers, complexes, is_wide, width_km

COLUMNS = {
    "stations": "station_id name_zh name_en system class city district_id lon lat opened closed project_id",
    "centre_stations": "place_id station_id why",
    "transfers": "from_station_id to_station_id walk_m security_waived",
    "lines": "line_id name_zh name_en class max_speed_kmh commercial_speed_kmh length_km opened project_id",
    "line_stops": "line_id seq station_id branch distance_km opened track_opened project_id",
    "services": "service_id line_id name class train_class departures first_departure last_departure "
    "headway_am_peak_min headway_midday_min headway_pm_peak_min headway_evening_min "
    "opened closed project_id replaced_by",
    "service_stops": "service_id seq station_id arrive_min depart_min distance_km opened closed "
    "track_opened track_project_id",
}
#: Tables whose rows name their source; calls have that of their line or service.
SOURCED = ("stations", "transfers", "lines", "services")


def build(facts: Path, report: Report) -> dict[str, pd.DataFrame]:
    """Return the seven tables."""
    rail_stations, metro_stations = read_facts(facts, "rail_stations"), read_facts(facts, "metro_stations")
    rail_lines, metro_lines = read_facts(facts, "rail_lines"), read_facts(facts, "metro_lines")
    places = Places(pd.concat([rail_stations, metro_stations]))

    metro_stops = read_facts(facts, "metro_line_stops"), read_facts(facts, "metro_stop_distances")
    parts = [
        rail_line_stops(read_facts(facts, "rail_line_stops"), rail_lines, places, report),
        metro_line_stops(*metro_stops, metro_lines, places, report),
    ]
    line_stops = pd.concat(parts, ignore_index=True).fillna({"branch": ""})
    metro_lines = mend_commercial_speeds(metro_lines, line_stops, report)
    lines = build_lines(rail_lines, metro_lines, line_stops)
    names = dict(zip(rail_stations["station_id"], rail_stations["name_en"], strict=True))
    timetable = read_facts(facts, "rail_services"), read_facts(facts, "rail_service_stops")
    trains = build_rail_services(*timetable, lines, line_stops, places, names, report)
    metro = build_metro_services(read_facts(facts, "metro_patterns"), metro_lines, line_stops, report)
    services, service_stops = (pd.concat(pair, ignore_index=True) for pair in zip(trains, metro, strict=True))

    stations = build_stations(
        rail_stations,
        metro_stations,
        line_stops,
        _national(services, service_stops),
        facts / "districts.geojson",
    )
    transfers = build_transfers(stations, line_stops, places)
    _report_complexes(transfers, places, report)
    return {
        "stations": stations,
        "centre_stations": build_centre_stations(read_facts(facts, "centre_stations"), stations, report),
        "transfers": transfers,
        "lines": lines,
        "line_stops": line_stops,
        "services": services,
        "service_stops": service_stops,
    }


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the tables as CSV, km and minutes to two decimals."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        last = ["source"] * (name in SOURCED) + ["confidence"] * (name != "centre_stations")
        frame = table.reindex(columns=[*COLUMNS[name].split(), *last]).copy()
        for column in frame.select_dtypes("float"):
            frame[column] = frame[column].map(
                lambda value: "" if pd.isna(value) else f"{value:.2f}".rstrip("0").rstrip(".")
            )
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        print(f"{name}.csv: {len(frame)} rows")


def _national(services: pd.DataFrame, service_stops: pd.DataFrame) -> set[str]:
    """Return the stations at which high-speed or conventional trains call today."""
    long_distance = services.loc[
        services["class"].isin(["hsr", "conventional"]) & (services["replaced_by"] == ""), "service_id"
    ]
    return set(service_stops.loc[service_stops["service_id"].isin(long_distance), "station_id"])


def _report_complexes(transfers: pd.DataFrame, places: Places, report: Report) -> None:
    for group in complexes(transfers):
        wide = "  TOO WIDE" if is_wide(group, places) else ""
        report.add("complexes", f"{' + '.join(group)}: {width_km(group, places) * 1000:.0f} m{wide}")


def main() -> None:
    """Build the tables and print the report."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    report = Report()
    write(build(Path(sys.argv[1]), report), Path(sys.argv[2]))
    report.show()


if __name__ == "__main__":
    main()
