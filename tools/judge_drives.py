"""Judge the car model of the Guangzhou region against published driving times, and refit its factors.

Run as ``python tools/judge_drives.py FACTS_DIR``. Published times are for judging only: none is copied
into the program. Each drive is made at midday; one whose source names a route uses that route.
"""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from network.parameters import Parameter
from network.reader import read_region
from network.roads import RoadGraph, road_graph

if TYPE_CHECKING:
    from network.region import Region

REGION = Path(__file__).parents[1] / "network" / "regions" / "guangzhou"

#: Words in the source's own description of a drive, and the roads that it therefore uses.
NAMED = {
    "Guangfo Expressway": ("GF",),
    "Guangming": ("S5",),
    "G94": ("G94JZ",),
    "G80": ("G80",),
    "Zhaoqing Bridge": ("ZQB",),
    "Humen Bridge": ("HMB",),
    "Guangle": ("LEGUANG",),
    "Guangshen": ("G4W",),
    "via Shenzhen-Zhongshan link": ("SZL",),
    "via the link": ("SZL",),
}
#: Words that say that a drive was made before a road was there, or goes another way round the estuary.
WITHOUT = {"before the Shenzhen-Zhongshan": ("SZL",), "via Guangshen": ("SZL",)}

EXPRESSWAY = np.round(np.arange(1.0, 1.81, 0.05), 2)
URBAN = np.round(np.arange(0.6, 1.61, 0.1), 2)


@dataclass(frozen=True)
class Drive:
    """A published drive: ends, minutes (middle of the range), kilometres (NaN if not given) and route."""

    name: str
    origin: str
    destination: str
    minutes: float
    km: float
    uses: tuple[str, ...]
    without: tuple[str, ...]
    points: pd.DataFrame
    other_ends: bool

    def error(self, minutes: float, km: float) -> float:
        """Return the relative error of a modelled drive, at equal length where the ends are others."""
        share = self.km / km if self.other_ends else 1.0
        return minutes * share / self.minutes - 1


def main(facts: Path) -> None:
    """Print the drives, the lengths, and what refitting the factors would give."""
    with (facts / "real_drive_times.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    region = read_region(REGION)
    drives = [read_drive(row) for row in rows if usable(row)]
    print_drives(region, drives)
    print_lengths(region, [row for row in rows if row["kind"] == "segment"])
    print_fit(region, drives)


def usable(row: dict[str, str]) -> bool:
    """Whether a row is a drive from place to place with minutes that can be compared."""
    return row["kind"] == "od" and row["usable"] == "yes" and bool(row["minutes_min"])


def read_drive(row: dict[str, str]) -> Drive:
    """Return a row as a drive; ends that are no place of the region become points."""
    text = row["condition"] + " " + row["note"]
    ends = [(row[f"{end}_id"], float(row[f"{end}_lon"]), float(row[f"{end}_lat"])) for end in ("from", "to")]
    points = pd.DataFrame([end for end in ends if ":" in end[0]], columns=["point_id", "lon", "lat"])
    km = [float(row[key]) for key in ("km_min", "km_max") if row[key]]
    return Drive(
        name=f"{row['from_id']} > {row['to_id']}",
        origin=row["from_id"],
        destination=row["to_id"],
        minutes=(float(row["minutes_min"]) + float(row["minutes_max"])) / 2,
        km=mean(km) if len(km) > 1 else float("nan"),
        uses=tuple(road for words, roads in NAMED.items() if words in text for road in roads),
        without=tuple(road for words, roads in WITHOUT.items() if words in text for road in roads),
        points=points,
        other_ends="beyond" in row["note"],
    )


def without_roads(region: Region, roads: tuple[str, ...]) -> Region:
    """Return the region without some roads."""
    links = region.table("road_links")
    return region.replace(tables={"road_links": links[~links["road_id"].isin(roads)]}) if roads else region


def with_factors(region: Region, expressway: float, urban: float) -> Region:
    """Return the region with another expressway factor, and its urban factors times `urban`."""
    numbers = region.parameters
    values = {f"congestion_expressway_{area}": expressway for area in ("inner", "outer")}
    values |= {name: numbers[name] * urban for name in ("congestion_urban_inner", "congestion_urban_outer")}
    rows = {name: Parameter(value, "", "fit", "low") for name, value in values.items()}
    return region.replace(parameters=numbers.replace(**rows))


def drive_time(region: Region, drive: Drive) -> tuple[float, float, str]:
    """Return minutes, kilometres and roads of the fastest way that uses each of the named roads."""
    region = without_roads(region, drive.without)
    graph = road_graph(region, "midday", drive.points)
    links = region.table("road_links")
    tail, head, cost, edge = with_memory(graph, links["road_id"], drive.uses)
    n_nodes = graph.n_nodes << len(drive.uses)
    best = pd.DataFrame({"tail": tail, "head": head, "cost": cost, "edge": edge})
    best = best.sort_values("cost", kind="stable").drop_duplicates(["tail", "head"])
    matrix = csr_array((best["cost"].astype(float), (best["tail"], best["head"])), shape=(n_nodes, n_nodes))
    time_s, before = dijkstra(matrix, indices=graph.origin[drive.origin], return_predecessors=True)
    full = (1 << len(drive.uses)) - 1
    node = graph.destination[drive.destination] + full * graph.n_nodes
    edge_of = best.set_index(["tail", "head"])["edge"].to_dict()
    minutes, km, roads = time_s[node] / 60, 0.0, []
    while before[node] >= 0:
        used = edge_of[int(before[node]), int(node)]
        if graph.link[used] >= 0:
            km += links["length_km"][graph.link[used]]
            roads.append(str(links["road_id"][graph.link[used]]))
        node = before[node]
    roads.reverse()
    way = dict.fromkeys("·" if road.startswith("ART") else road for road in roads)
    return float(minutes), km, " ".join(way)


def with_memory(
    graph: RoadGraph, roads: pd.Series, uses: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the edges of the graph copied for each set of the named roads already used."""
    of_edge = np.where(graph.link >= 0, roads.to_numpy()[graph.link], "")
    bit = sum(
        ((of_edge == road).astype(int) << at for at, road in enumerate(uses)), np.zeros(len(of_edge), int)
    )
    tails, heads, sets = [], [], range(1 << len(uses))
    for done in sets:
        tails.append(graph.tail + done * graph.n_nodes)
        heads.append(graph.head + (done | bit) * graph.n_nodes)
    cost = np.tile(graph.drive_s + graph.toll_s, len(sets))
    return np.concatenate(tails), np.concatenate(heads), cost, np.tile(np.arange(len(bit)), len(sets))


def print_drives(region: Region, drives: list[Drive]) -> None:
    """Print each drive as published and by the model."""
    print(f"Midday drives, the region of {region.about.date}, its own factors")
    print(f"{'drive':32}{'min':>6}{'model':>7}{'error':>8}{'km':>7}{'model':>7}  named -not- | way")
    errors, raw = [], []
    for drive in drives:
        minutes, km, way = drive_time(region, drive)
        errors.append(drive.error(minutes, km))
        raw.append(minutes / drive.minutes - 1)
        route = " ".join((*drive.uses, *(f"-{road}" for road in drive.without))) or "any"
        given = "" if np.isnan(drive.km) else f"{drive.km:.1f}"
        text = f"{drive.name:32}{drive.minutes:6.0f}{minutes:7.1f}{raw[-1]:+8.1%}{given:>7}{km:7.1f}"
        mark = f" * {errors[-1]:+.1%} at equal length" if drive.other_ends else ""
        print(f"{text}  {route} | {way}{mark}")
    print(summary("as published:           ", raw))
    print(summary("* at equal length:      ", errors))
    print("* the published ends lie some 12 km apart from the region's")


def summary(name: str, errors: list[float]) -> str:
    """Return median, mean and signed mean of relative errors as one line."""
    sizes = [abs(error) for error in errors]
    text = f"median {median(sizes):.1%}, mean {mean(sizes):.1%}, signed mean {mean(errors):+.1%}"
    return f"{name}{text} ({len(errors)} drives)"


def print_lengths(region: Region, rows: list[dict[str, str]]) -> None:
    """Print published lengths of stretches beside those of the tables."""
    links = region.table("road_links")
    print("\nLengths along one road, km (published, tables)")
    for row in rows:
        road = re.search(r"along (\w+)", row["condition"])
        assert road
        own = links[links["road_id"] == road[1]]
        order = own["link_id"].str.extract(r"-(\d+)")[0].astype(int).sort_values(kind="stable").index
        chain = own.loc[order]
        place = {node: at for at, node in enumerate([*chain["from_node_id"][:1], *chain["to_node_id"]])}
        first, last = sorted((place[row["from_id"]], place[row["to_id"]]))
        km = chain["length_km"].iloc[first:last].sum()
        note = "" if row["usable"] == "yes" else "  (its input: no test)"
        km_given = float(row["km_min"])
        ends = f"{row['from_id']:>12} - {row['to_id']:12}"
        print(f"{road[1]:7}{ends}{km_given:7.2f}{km:7.2f}{km / km_given - 1:+8.1%}{note}")


def print_fit(region: Region, drives: list[Drive]) -> None:
    """Refit the factors: expressways alone, and with a multiplier of the urban ones; one left out too."""
    print("\nRefit, least mean absolute error; drives * at equal length")
    errors = {
        (expressway, urban): np.array(
            [drive.error(*drive_time(with_factors(region, expressway, urban), drive)[:2]) for drive in drives]
        )
        for expressway in EXPRESSWAY
        for urban in URBAN
    }
    assumed = [drive.error(*drive_time(with_factors(region, 1.15, 1.0), drive)[:2]) for drive in drives]
    print(summary("assumed, expressways 1.15: ", assumed))
    print_one_fit("expressways alone", {pair: error for pair, error in errors.items() if pair[1] == 1.0})
    print_one_fit("expressways and urban", errors)


def print_one_fit(name: str, errors: dict[tuple[float, float], np.ndarray]) -> None:
    """Print the best of some settings, and what each drive shows when it is left out of the choice."""
    pairs = list(errors)
    table = np.array([errors[pair] for pair in pairs])
    loss = np.abs(table)
    fitted = int(loss.mean(axis=1).argmin())
    count = table.shape[1]
    chosen = [int(np.delete(loss, drive, axis=1).mean(axis=1).argmin()) for drive in range(count)]
    found = [sorted(pairs[at][k] for at in chosen) for k in (0, 1)]
    spread = [f"{values[0]:.2f} to {values[-1]:.2f}" for values in found]
    print(f"{name}: factor {pairs[fitted][0]:.2f}, urban x {pairs[fitted][1]:.1f}")
    print(summary("  in sample:     ", list(table[fitted])))
    print(summary("  one left out:  ", [table[at, drive] for drive, at in enumerate(chosen)]))
    print(f"  one left out, factor {spread[0]}, urban x {spread[1]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
