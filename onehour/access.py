"""Access: what people reach, how unequally, and who lives within the limit of each core."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.areas import zone_areas_km2
from network.ends import ends_of
from network.errors import BadInputError, Problem, UnknownNameError, suggest, tried
from onehour.access_spread import percentile_problems, spread_of
from sim.accessibility import Decay, catchment, minutes_to_reach, reach
from sim.inequality import gini, mean, palma, share_above, theil

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.compile import Query
    from onehour.study import Study, Words

    Floats = NDArray[np.float64]

GROUPS = ("town", "district", "city")
PEOPLE = "population"
RESERVED = ("id", "lon", "lat", "name_zh", "name_en", "district_id", "city", "confidence")
"""Columns of places that are no opportunities."""

_SAME_POINT_DEG = 1e-5


@dataclass(frozen=True, eq=False)
class Access:
    """What the people of a region's zones reach under a scenario.

    Attributes
    ----------
    study
        The region under a scenario.
    query
        Clock, mode, period, traveller and statistic.
    decay
        How much an opportunity counts by the minutes to it; its limit is that of the commuting circles.
    opportunity
        What is reached: a column of `destinations`.
    origins, cores, destinations
        Tables with the columns of `network.ends.Ends.table`; origins are the region's zones, or its centres
        where it has none. Origins with a column city, destinations with the column of opportunities.
    minutes
        Times from origins to destinations, minutes, NaN where there is no journey, [origins, destinations].
    to_cores, from_cores
        The same from origins to cores, and from cores to destinations.
    amount
        Opportunities to the nearest of which the minutes are asked, or None.
    spread
        Where the statistic is one of access itself, over departures: opportunities within the limit, and
        weighted by the decay, float64 [origins, 2]. Else None: access within the statistic of each time.
    """

    study: Study
    query: Query
    decay: Decay
    opportunity: str
    origins: pd.DataFrame
    cores: pd.DataFrame
    destinations: pd.DataFrame
    minutes: Floats
    to_cores: Floats
    from_cores: Floats
    amount: float | None = None
    spread: Floats | None = None

    @cached_property
    def people(self) -> Floats:
        """People at each origin, 0 where they are not known."""
        return _numbers(self.origins[PEOPLE])

    @cached_property
    def opportunities(self) -> Floats:
        """Opportunities at each destination."""
        return _numbers(self.destinations[self.opportunity])

    def towns(self) -> pd.DataFrame:
        """Return a row an origin, sorted by id.

        Returns
        -------
        DataFrame
            origin, name_zh, name_en, city, district_id, population; within: opportunities within the limit;
            within_share: of all there are; weighted: counted by the decay; per_head: by the two-step floating
            catchment area with the decay's weights; nearest_min: minutes until `amount` is in reach, if asked
            for; nearest_core and nearest_core_min: the core that is reached first. Minutes are NaN where
            there is no journey. With a `spread`, within, within_share and weighted are taken from it.
            Provenance stands in ``attrs``.
        """
        weights = self.decay.weights(self.minutes)
        within = reach(Decay("step", self.decay.limit_min).weights(self.minutes), self.opportunities)
        weighted = reach(weights, self.opportunities)
        if self.spread is not None:
            within, weighted = self.spread.T
        total = self.opportunities.sum()
        table = self.origins[["id", "name_zh", "name_en", "city", "district_id", PEOPLE]]
        table = table.rename(columns={"id": "origin"}).reset_index(drop=True)
        table["within"] = within
        table["within_share"] = within / total if total > 0 else np.nan
        table["weighted"] = weighted
        table["per_head"] = catchment(weights, self.opportunities, self.people)
        if self.amount is not None:
            table["nearest_min"] = minutes_to_reach(self.minutes, self.opportunities, self.amount)
        nearest, core = _least(self.to_cores)
        names = np.append(self.cores["id"].to_numpy(object), "")
        table["nearest_core"] = pd.Series(names[core], dtype="str")
        table["nearest_core_min"] = nearest
        table.attrs |= self.provenance()
        return table

    @property
    def usual_groups(self) -> str:
        """Groups that tell most where none are asked for: districts where any is known, else cities."""
        return "district" if (self.origins["district_id"] != "").any() else "city"

    def groups(self, by: str) -> pd.DataFrame:
        """Return the towns, or their people's means by district or city.

        Parameters
        ----------
        by
            ``town``, ``district`` or ``city``.

        Returns
        -------
        DataFrame
            Of towns, as `towns`; else a row a group: its id and names, towns, population, people's means of
            within, within_share, weighted and per_head, the least and the most that a town has within the
            limit, and beyond_core_share: share of people from whom no core is within it.

        Raises
        ------
        UnknownNameError
            There are no such groups.
        """
        if by not in GROUPS:
            raise UnknownNameError("group", by, GROUPS, where="--by")
        towns = self.towns()
        if by == "town":
            return towns
        key = {"district": "district_id", "city": "city"}[by]
        names = self._group_names(by)
        rows = []
        for group, part in towns.groupby(key, sort=True):
            people = _numbers(part[PEOPLE])
            values = {name: mean(part[name], people) for name in _MEANS}
            rows.append(
                {by: group}
                | names.get(str(group), {"name_zh": "", "name_en": ""})
                | {"towns": len(part), PEOPLE: int(people.sum())}
                | values
                | {"within_least": part["within"].min(), "within_most": part["within"].max()}
                | {"beyond_core_share": share_above(part["nearest_core_min"], people, self.decay.limit_min)}
            )
        table = pd.DataFrame(rows)
        table.attrs |= towns.attrs
        return table

    def _group_names(self, by: str) -> dict[str, dict[str, str]]:
        """Return the names of districts or cities."""
        if by == "city":
            return {city: {"name_zh": city, "name_en": ""} for city in self.origins["city"].unique()}
        features = [feature["properties"] for feature in self.study.network.region.districts["features"]]
        return {
            str(one["district_id"]): {"name_zh": str(one["name_zh"]), "name_en": str(one["name_en"])}
            for one in features
        }

    def circles(self) -> pd.DataFrame:
        """Return the commuting circle of each core: the towns from which it is reached within the limit.

        Returns
        -------
        DataFrame
            core, name_zh, name_en, city; towns, area_km2, people: of those from which the core is reached;
            people_share: of all people of the region; other_people: those of them outside the core's city;
            where the opportunity is not population, a column of its name: what is reached from the core.
            A town counts whole: its area is what of its district is nearest to its point (see
            `network.areas.zone_areas_km2`), NaN where that is not known. Provenance stands in ``attrs``.
        """
        within = self.to_cores <= self.decay.limit_min
        area = zone_areas_km2(self.study.network.region).reindex(self.origins["id"]).to_numpy(np.float64)
        table = self.cores[["id", "name_zh", "name_en", "city"]].rename(columns={"id": "core"})
        table = table.reset_index(drop=True)
        elsewhere = self.origins["city"].to_numpy()[:, None] != self.cores["city"].to_numpy()[None, :]
        table["towns"] = within.sum(axis=0)
        table["area_km2"] = [float(area[column].sum()) for column in within.T]
        table["people"] = self.people @ within
        everyone = self.people.sum()
        table["people_share"] = table["people"] / everyone if everyone > 0 else np.nan
        table["other_people"] = self.people @ (within & elsewhere)
        if self.opportunity != PEOPLE:
            near = Decay("step", self.decay.limit_min).weights(self.from_cores)
            table[self.opportunity] = reach(near, self.opportunities)
        table.attrs |= self.provenance()
        return table

    def inequality(self) -> dict[str, float | None]:
        """Return how unequal people are in what they reach, counted by the decay.

        Returns
        -------
        dict
            mean, gini, palma, theil (see `sim.inequality`); beyond_core_share: share of people from whom no
            core is within the limit; beyond_nearest_share: share of those from whom the amount asked for is
            not. None where there is no value.
        """
        table = self.towns()
        limit = self.decay.limit_min
        found = {
            name: measure(table["weighted"], self.people)
            for name, measure in (("mean", mean), ("gini", gini), ("palma", palma), ("theil", theil))
        }
        beyond = share_above(table["nearest_core_min"], self.people, limit)
        found["beyond_core_share"] = beyond if len(self.cores) else np.nan
        if self.amount is not None:
            found["beyond_nearest_share"] = share_above(table["nearest_min"], self.people, limit)
        return {name: None if np.isnan(value) else value for name, value in found.items()}

    def provenance(self) -> dict[str, Any]:
        """Return what the results were computed from, with limit, decay, opportunity and doubtful rows."""
        ends = pd.concat([self.origins, self.destinations])
        doubtful = set(ends.loc[ends["confidence"] == "low", "id"].astype(str))
        known = dict.fromkeys(self.study.network.region.zones["zone_id"], "zones.csv")
        return self.study.provenance(self.query) | {
            "minutes": self.decay.limit_min,
            "decay": self.decay.kind,
            "width_min": self.decay.width_min,
            "decay_words": self.decay.words,
            "opportunity": self.opportunity,
            "opportunities": float(self.opportunities.sum()),
            "nearest": self.amount,
            "percentile_of": "times" if self.spread is None else "access",
            "low_confidence": [f"{known.get(name, 'places.csv')} {name}" for name in sorted(doubtful)],
        }


_MEANS = ("within", "within_share", "weighted", "per_head")


def access(
    study: Study,
    *,
    minutes: float = 60.0,
    opportunity: str = PEOPLE,
    decay: str = "step",
    width: float | None = None,
    nearest: float | None = None,
    to: pd.DataFrame | None = None,
    percentile_of: str = "times",
    words: Words | None = None,
) -> Access:
    """Return what the people of a region's zones reach.

    Parameters
    ----------
    study
        The region under a scenario.
    minutes
        Limit, minutes.
    opportunity
        What is reached: ``population`` of the zones, another opportunity of theirs, or a column of `to`.
    decay, width
        See `sim.accessibility.Decay`.
    nearest
        Amount of opportunities until which the minutes are asked.
    to
        Destinations: a table with the columns id, lon, lat and the opportunity's; by default the zones.
    percentile_of
        What a percentile or mean over departures is of. ``times``: of each time, so that every destination
        has a typical time of its own, and what is within the limit is counted by it. ``access``: of what is
        within the limit at each departure (`sim.statistics.access_percentiles`): within and weighted are
        then its spread, while minutes, circles and per_head stay those of the times.
    words
        clock, mode, period, traveller, statistic, timing; None is the default: door, transit, am-peak,
        random, expected.

    Raises
    ------
    BadInputError
        With all that is wrong.
    """
    problems: list[Problem] = []
    asked = decay_asked(minutes, decay, width, nearest, problems)
    query = tried(lambda: study.query(**(words or {})), problems)
    if query is not None:
        problems += percentile_problems(query, percentile_of)
    origins = _origins(study)
    cores = _with_city(study, _cores(study))
    if to is None:
        destinations = tried(lambda: _own(study, origins, opportunity), problems)
    else:
        destinations = tried(lambda: _given(study, to, opportunity), problems)
    if destinations is not None and to is not None:
        problems += _clashes(pd.concat([origins, cores]), destinations)
    if problems or asked is None or query is None or destinations is None:
        raise BadInputError(problems)
    found = _searched(study, query, asked, opportunity, (origins, cores, destinations), nearest)
    return found if percentile_of == "times" else replace(found, spread=spread_of(found))


def opportunity_problems(study: Study, opportunity: str) -> None:
    """Raise an error where a region's own zones hold nothing of an opportunity.

    Raises
    ------
    BadInputError
        They do not.
    """
    known = [PEOPLE, *study.network.region.opportunities["opportunity"].unique()]
    if opportunity not in known:
        fix = f"{suggest(opportunity, known)}, or give --to FILE.csv with the column"
        raise BadInputError(Problem("--opportunity", f"zones carry no {opportunity!r}", fix))


def _own(study: Study, origins: pd.DataFrame, opportunity: str) -> pd.DataFrame:
    """Return the region's own zones as destinations, with what there is of an opportunity.

    Raises
    ------
    BadInputError
        The region knows of none.
    """
    opportunity_problems(study, opportunity)
    if opportunity == PEOPLE:
        if not (_numbers(origins[PEOPLE]) > 0).any():
            what = "the region's zones and places have no population, so no people are in reach"
            fix = "fill in their population, or give --to FILE.csv and --opportunity COLUMN"
            raise BadInputError(Problem("--opportunity", what, fix))
        return origins
    held = study.network.region.opportunities
    amount = held[held["opportunity"] == opportunity].set_index("zone_id")["amount"]
    table: pd.DataFrame = origins.assign(
        **{opportunity: amount.reindex(origins["id"]).fillna(0.0).to_numpy()}
    )
    return table


def decay_asked(
    minutes: float, decay: str, width: float | None, nearest: float | None, problems: list[Problem]
) -> Decay | None:
    """Return the decay of some options, None where one is wrong; what is wrong is added to `problems`."""
    asked: Decay | None = tried(lambda: Decay(decay, minutes, width), problems)
    if nearest is not None and not (np.isfinite(nearest) and nearest > 0):
        problems.append(Problem("--nearest", f"{nearest:g} is no amount", "a number above 0"))
    return asked


def _searched(
    study: Study,
    query: Query,
    decay: Decay,
    opportunity: str,
    ends: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
    amount: float | None,
) -> Access:
    """Return the answer of one search from origins and cores to destinations and cores."""
    origins, cores, destinations = ends
    starts = pd.concat([origins, cores]).drop_duplicates("id")
    stops = pd.concat([destinations, cores]).drop_duplicates("id")
    table = study.matrix(
        starts,
        stops,
        clock=query.clock,
        mode=query.mode,
        period=query.period,
        traveller=query.traveller,
        statistic=query.statistic,
        timing=query.timing,
    )
    times = table["minutes"].to_numpy(np.float64).reshape(len(starts), len(stops))
    row, column = (pd.Index(sorted(table["id"])) for table in (starts, stops))

    def between(one: pd.DataFrame, other: pd.DataFrame) -> Floats:
        return times[np.ix_(row.get_indexer(one["id"]), column.get_indexer(other["id"]))]

    return Access(
        study, query, decay, opportunity, origins, cores, destinations,
        between(origins, destinations), between(origins, cores), between(cores, destinations), amount,
    )  # fmt: skip


def _origins(study: Study) -> pd.DataFrame:
    """Return the zones of a region, its centres where it has none, sorted by id."""
    zones = study.network.region.zones["zone_id"]
    ids = sorted(zones) if len(zones) else study.centres()
    return _with_city(study, ends_of(study.network.region, ids).table)


def _cores(study: Study) -> pd.DataFrame:
    """Return the cores of the region's area, sorted by id."""
    places = study.network.region.places
    chosen = places["in_area"] & (places["level"] == "core")
    return ends_of(study.network.region, sorted(places.loc[chosen, "place_id"])).table


def _with_city(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return ends with the city that they belong to; blank where it is not known."""
    region = study.network.region
    city = {
        **dict(zip(region.zones["zone_id"], region.zones["city"], strict=True)),
        **dict(zip(region.places["place_id"], region.places["city"], strict=True)),
    }
    return table.assign(city=pd.array([city.get(name, "") or "" for name in table["id"]], dtype="str"))


def _given(study: Study, to: pd.DataFrame, opportunity: str) -> pd.DataFrame:
    """Return destinations of a table, sorted by id, with their opportunities.

    Raises
    ------
    BadInputError
        The column is missing or holds something else than numbers, or an end cannot be used.
    """
    problems: list[Problem] = []
    if opportunity in RESERVED:
        problems.append(Problem("--opportunity", f"{opportunity!r} is no opportunity", "a column of numbers"))
    elif opportunity not in to:
        fix = suggest(opportunity, [str(name) for name in to if name not in RESERVED])
        problems.append(Problem("--to", f"has no column {opportunity!r}", fix))
    else:
        count = pd.to_numeric(to[opportunity], errors="coerce")
        bad = ~(count.ge(0) & np.isfinite(count.astype("float64").fillna(np.nan)))
        problems += [
            Problem(f"--to {name}, {opportunity}", f"{value!r} is no {opportunity}", "a number, 0 or more")
            for name, value in to.loc[bad.fillna(value=True), ["id", opportunity]].itertuples(index=False)
        ]
    ends = tried(lambda: ends_of(study.network.region, to), problems)
    if problems:
        raise BadInputError(problems)
    amounts = pd.to_numeric(to[opportunity]).to_numpy(np.float64)
    table: pd.DataFrame = ends.table.assign(**{opportunity: amounts})
    return table.sort_values("id", ignore_index=True)


def _clashes(known: pd.DataFrame, destinations: pd.DataFrame) -> list[Problem]:
    """Return the destinations whose id is that of a zone or core at another point."""
    both = destinations.merge(known.drop_duplicates("id"), on="id", suffixes=("", "_known"))
    apart = (both["lon"] - both["lon_known"]).abs() + (both["lat"] - both["lat_known"]).abs()
    return [
        Problem(f"--to {name}", "is the id of a zone or core of the region at another point", "rename it")
        for name in both.loc[apart > _SAME_POINT_DEG, "id"]
    ]


def _least(times: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Return the least of each row and its column; NaN and -1 where there is none."""
    if not times.shape[1]:
        return np.full(len(times), np.nan), np.full(len(times), -1)
    filled = np.where(np.isnan(times), np.inf, times)
    least = filled.min(axis=1)
    reached = np.isfinite(least)
    return np.where(reached, least, np.nan), np.where(reached, filled.argmin(axis=1), -1)


def _numbers(column: pd.Series) -> Floats:
    """Return a column of numbers, 0 where there is none."""
    return np.asarray(np.nan_to_num(column.to_numpy(np.float64, na_value=np.nan)))
