"""A region: immutable tables with a content hash, and its state on a date."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.errors import UnknownNameError
from network.parameters import Parameters, default_parameters
from network.schema import TABLES, keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import shapely
    from numpy.typing import NDArray

    from network.streets.files import StreetsFile
    from network.streets.model import Streets


@dataclass(frozen=True, slots=True)
class Period:
    """A part of the day: name, first and last second after midnight (the last one not included)."""

    name: str
    start_s: int
    end_s: int

    @property
    def length_s(self) -> int:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class About:
    """What ``region.toml`` says of a region."""

    region_id: str
    name_zh: str = ""
    name_en: str = ""
    crs: str = "EPSG:32649"
    time_zone: str = "Asia/Shanghai"
    date: date | None = None
    service_start_s: int = 23_400
    service_end_s: int = 81_000
    periods: tuple[Period, ...] = (Period("am-peak", 25_200, 32_400), Period("midday", 36_000, 57_600))
    licence: str = ""
    attribution: str = ""
    notes: tuple[str, ...] = ()

    @property
    def period_names(self) -> tuple[str, ...]:
        """Names of the periods in their order."""
        return tuple(period.name for period in self.periods)

    def period(self, name: str) -> Period:
        """Return the period called `name`.

        Raises
        ------
        UnknownNameError
            The region has no such period.
        """
        for period in self.periods:
            if period.name == name:
                return period
        raise UnknownNameError("period", name, self.period_names)


@dataclass(frozen=True, eq=False)
class Region:
    """The tables of a region. Never edited: every change makes a new region.

    A table is a DataFrame with the columns of the schema, sorted by its key; each access hands out a copy of
    its own. A shallow copy would not do: the arrays of nullable whole numbers can be written to through it.
    """

    about: About
    _tables: Mapping[str, pd.DataFrame]
    parameters: Parameters = field(default_factory=default_parameters)
    _districts: str = '{"type": "FeatureCollection", "features": []}'
    _streets: Mapping[str, StreetsFile | Streets] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame:
        """Return the table called `name`, sorted by its key."""
        return self._tables[name].copy()

    @property
    def districts(self) -> dict[str, Any]:
        """Boundaries of the districts, as a GeoJSON FeatureCollection of its own."""
        districts: dict[str, Any] = json.loads(self._districts)
        return districts

    @property
    def district_shapes(self) -> tuple[tuple[str, ...], shapely.STRtree]:
        """Ids of the districts, and a tree of their shapes, degrees; read once."""
        return _district_shapes(self._districts)

    @property
    def street_networks(self) -> dict[str, StreetsFile | Streets]:
        """Street networks that the region has, by name; of files the footer alone is read."""
        return dict(self._streets)

    def streets(self, network: str) -> Streets | None:
        """Return the streets of a network, read when they are first asked for; None without any.

        Raises
        ------
        BadInputError
            Their file has changed or is damaged.
        """
        held = self._streets.get(network)
        return held.streets if held is not None else None

    @property
    def places(self) -> pd.DataFrame:
        """Centres and other named places."""
        return self.table("places")

    @property
    def zones(self) -> pd.DataFrame:
        """Towns with their population."""
        return self.table("zones")

    @property
    def opportunities(self) -> pd.DataFrame:
        """What else there is in the zones: jobs, schools; one row a zone and opportunity."""
        return self.table("opportunities")

    @property
    def stations(self) -> pd.DataFrame:
        """Rail and metro stations."""
        return self.table("stations")

    @property
    def transfers(self) -> pd.DataFrame:
        """Walking links between stations, one row a direction."""
        return self.table("transfers")

    @property
    def services(self) -> pd.DataFrame:
        """Stop patterns."""
        return self.table("services")

    @property
    def service_stops(self) -> pd.DataFrame:
        """Calls of the stop patterns."""
        return self.table("service_stops")

    def replace(
        self,
        *,
        tables: Mapping[str, pd.DataFrame] | None = None,
        parameters: Parameters | None = None,
        about: About | None = None,
        streets: Mapping[str, StreetsFile | Streets] | None = None,
    ) -> Region:
        """Return a region with other tables, parameters or streets; the rest is shared with this one."""
        merged = dict(self._tables)
        for name, frame in (tables or {}).items():
            merged[name] = canonical(name, frame)
        return Region(
            about or self.about,
            merged,
            parameters or self.parameters,
            self._districts,
            self._streets if streets is None else dict(streets),
        )

    @cached_property
    def hash(self) -> str:
        """Hash of everything that can change a result; row order does not count."""
        digest = hashlib.sha256()
        digest.update(repr(self.about).encode())
        digest.update(json.dumps([(n, p.value) for n, p in self.parameters.as_table()]).encode())
        digest.update(self._districts.encode())
        for name in TABLES:
            frame = self._tables[name]
            if frame.empty:
                continue
            digest.update(f"{name} {len(frame)}".encode())
            for column in sorted(frame.columns):
                digest.update(column.encode())
                digest.update(_bytes_of(frame[column]))
        for name, held in sorted(self._streets.items()):
            digest.update(f"streets {name} {held.sha256}".encode())
        return digest.hexdigest()[:16]


@lru_cache(maxsize=4)
def _district_shapes(districts: str) -> tuple[tuple[str, ...], shapely.STRtree]:
    import shapely  # noqa: PLC0415 - slow to load, and few need it

    features = json.loads(districts)["features"]
    names = tuple(str(feature["properties"]["district_id"]) for feature in features)
    return names, shapely.STRtree([shapely.geometry.shape(feature["geometry"]) for feature in features])


def canonical(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` sorted by the key of `table`, with a fresh index."""
    return frame.sort_values(list(keys(table)), kind="stable", ignore_index=True).copy()


def positions(ids: Iterable[str], wanted: Iterable[str]) -> NDArray[np.int64]:
    """Return the place of each of `wanted` in `ids`, -1 where it is not there."""
    return np.asarray(pd.Index(list(ids)).get_indexer(pd.Index(list(wanted))), np.int64)


def among(cells: pd.Series[str] | NDArray[Any], known: Iterable[str]) -> NDArray[np.bool_]:
    """Return where cells are among those that are known; pandas' isin is slow where many are."""
    known = set(known.tolist() if isinstance(known, pd.Series) else known)
    return np.array([cell in known for cell in cells.tolist()], bool)


def _bytes_of(column: pd.Series[Any]) -> bytes:
    """Return bytes that are equal for columns of equal cells, whatever type holds them."""
    if column.dtype.kind == "M":
        days: bytes = column.astype("datetime64[s]").to_numpy().astype("int64").tobytes()
        return days
    if column.dtype.kind in "biuf":
        numbers = column.to_numpy("float64", na_value=np.nan)
        return (np.where(np.isnan(numbers), np.nan, numbers) + 0.0).tobytes()
    return "\x1f".join(column.fillna("").astype(str).tolist()).encode()


def seconds_of(clock: time | str) -> int:
    """Return seconds after midnight of a clock time; text may pass 24:00."""
    if isinstance(clock, time):
        return clock.hour * 3600 + clock.minute * 60 + clock.second
    hours, _, minutes = clock.partition(":")
    return int(hours) * 3600 + int(minutes) * 60
