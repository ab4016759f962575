"""A study: a region under a scenario, and what one asks of it. Results are DataFrames with provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import scenarios
from network.compile import Query
from network.ends import ends_of
from network.errors import BadInputError, Problem, UnknownNameError, tried
from network.graph import PARTS
from network.lacks import Lack, lacks_of
from network.reader import get_region, list_regions
from network.roads import can_drive
from onehour.provenance import provenance
from onehour.readings import READING_COLUMNS, reading_queries, reading_row
from sim.check import Verdict, check
from sim.journeys import Network
from sim.processes import shared_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import geopandas as gpd
    import networkx as nx
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from network.ends import Ends
    from network.region import Region
    from onehour.compare import Comparison
    from onehour.risk import Futures
    from scenarios import Card, Goal, Scenario
    from sim.results import Stage

    Ints = NDArray[np.int64]

DEFAULT_REGION = "guangzhou"

Words = Mapping[str, str | None]
"""clock, mode, period, traveller, statistic; None is the default."""

_QUERY = ("clock", "mode", "period", "traveller", "statistic", "timing")


def load(region: str = DEFAULT_REGION) -> Area:
    """Return a shipped region by its name, or the region in a folder.

    Raises
    ------
    BadInputError
        (a `ValueError`) There is no such region, or its folder has problems; all of them are listed.
    """
    return Area(get_region(region), region if region in list_regions() else str(Path(region).resolve()))


@dataclass(frozen=True, eq=False)
class Area:
    """A region with its scenarios, project cards and goals.

    Attributes
    ----------
    region
        The region as its tables are, with all dates.
    source
        What `load` makes it of in another process: a shipped name or the path of a folder; blank where it was
        made in this one.
    """

    region: Region
    source: str = ""

    @property
    def default_scenario(self) -> str:
        """Scenario that is taken where none is named: ``plan-2030`` where it is shipped, else ``base``."""
        names = scenarios.list_scenarios(self.region.about.region_id)
        return "plan-2030" if "plan-2030" in names else "base"

    def scenario(self, name: str | None = None, *, values: Mapping[str, float] | None = None) -> Study:
        """Return the study of a scenario.

        Parameters
        ----------
        name
            A shipped scenario, or the path of a ``.toml`` file.
        values
            Numbers of the model by name that replace those of the region: ``{"walk_kmh": 5}``.

        Raises
        ------
        BadInputError
            The scenario or a value cannot be used; lists every problem.
        """
        problems: list[Problem] = []
        numbers, periods = self.region.parameters, self.region.about.period_names
        tried(lambda: numbers.with_values(values or {}, periods=periods, source="--set"), problems)
        chosen = self.default_scenario if name is None else name
        found = tried(lambda: scenarios.get_scenario(chosen, self.region), problems)
        if problems:
            raise BadInputError(problems)
        source = str(Path(chosen).resolve()) if chosen.endswith(".toml") else chosen
        return Study(self, found, dict(values or {}), source)

    def query(self, **words: str | None) -> Query:
        """Return a query; words left out or None take the defaults, a region's own first period if need be.

        Raises
        ------
        BadInputError
            Words are unknown, or the clock does not go with the mode; lists every problem.
        """
        about = self.region.about
        chosen = {name: word for name, word in words.items() if word is not None}
        if "period" not in chosen and Query().period not in about.period_names:
            chosen["period"] = about.period_names[0]
        wrong: list[BadInputError] = []
        try:
            query = Query(**chosen)
            if not query.is_reading:
                what = f"no journey by {query.mode} is timed from station to station"
                wrong.append(BadInputError(Problem("--clock", what, "use in-vehicle or door")))
        except BadInputError as error:
            wrong.append(error)
        if "period" in chosen and chosen["period"] not in about.period_names:
            wrong.append(UnknownNameError("period", chosen["period"], about.period_names, where="--period"))
        if wrong:
            raise wrong[0] if len(wrong) == 1 else BadInputError(p for one in wrong for p in one.problems)
        return query

    def goal(self, name: str | None = None) -> Goal:
        """Return a goal by its id; without one, the region's headline goal.

        Raises
        ------
        UnknownNameError
            There is no such goal.
        """
        region_id = self.region.about.region_id
        return scenarios.headline_goal(region_id) if name is None else scenarios.get_goal(name, region_id)

    def check_words(self, words: Words, goal: str | None = None) -> None:
        """Raise an error with every word of a query, and the goal, that is unknown.

        Raises
        ------
        BadInputError
            With all that is wrong.
        """
        problems: list[Problem] = []
        read = {} if words.get("statistic") else {"timing": None}  # the goal's own statistic may go with it
        checks: tuple[Callable[[], object], ...] = (
            lambda: self.query(**{**words, **read}),
            lambda: self.goal(goal),
        )
        for check_one in checks:
            tried(check_one, problems)
        if problems:
            raise BadInputError(problems)

    def scenarios(self) -> pd.DataFrame:
        """Return the shipped scenarios: name, title, year, day, cards and changes they hold, hash."""
        rows = []
        for name in scenarios.list_scenarios(self.region.about.region_id):
            one = scenarios.get_scenario(name, self.region)
            rows.append(
                {
                    "scenario": one.name,
                    "title": one.title,
                    "year": one.year,
                    "day": one.day,
                    "cards": len(one.cards),
                    "changes": len(one.changes),
                    "scenario_hash": one.hash,
                }
            )
        return pd.DataFrame(rows).astype({"year": "Int64"})

    def projects(self) -> list[Card]:
        """Return the project cards."""
        return list(scenarios.list_cards(self.region.about.region_id))

    def lacks(self) -> pd.DataFrame:
        """Return what the region lacks, what it costs, and what would mend it, the dearest first."""
        return pd.DataFrame(lacks_of(self.region), columns=Lack._fields)

    def goals(self) -> list[Goal]:
        """Return the goals of the plan."""
        return list(scenarios.list_goals(self.region.about.region_id))


@dataclass(frozen=True, eq=False)
class Study:
    """A region under a scenario.

    Attributes
    ----------
    area
        The region with its dates, before the scenario.
    scenario
        The scenario.
    values
        Numbers of the model that were set for this study alone.
    source
        What `Area.scenario` makes the scenario of in another process: a shipped name or the path of a file;
        blank where it was made in this one.
    """

    area: Area
    scenario: Scenario
    values: Mapping[str, float]
    source: str = ""

    @cached_property
    def applied(self) -> scenarios.Applied:
        """What applying the scenario gave: the region's state, and what each change touched."""
        return self.scenario.apply(self.area.region)

    @cached_property
    def network(self) -> Network:
        """The region in the scenario's state, ready for searches."""
        region = self.applied.region
        if self.values:
            periods = region.about.period_names
            numbers = region.parameters.with_values(self.values, periods=periods, source="--set")
            region = region.replace(parameters=numbers)
        return Network(region)

    def beside(self, name: str) -> Study:
        """Return the study of another scenario, with the same numbers set."""
        return self.area.scenario(name, values=self.values)

    def siblings(self, scenarios: Sequence[Scenario]) -> Iterator[Study]:
        """Give the studies of other scenarios, with the same numbers set, built side by side."""
        region = self.area.region
        made = shared_out(lambda number: scenarios[number].apply(region), len(scenarios))
        for scenario, applied in zip(scenarios, made, strict=True):
            study = Study(self.area, scenario, self.values)
            vars(study)["applied"] = applied  # what the cached property would have found
            yield study

    def query(self, **words: str | None) -> Query:
        """Return a query; see `Area.query`.

        Raises
        ------
        BadInputError
            As of `Area.query`; or the mode needs a car, and nothing is known of the region's roads.
        """
        query = self.area.query(**words)
        if query.mode != "transit" and not can_drive(self.network.region):
            what = f"the region has neither roads nor streets, so no way by {query.mode} is known"
            raise BadInputError(
                Problem("--mode", what, "use transit, or give it streets: onehour region new --osm")
            )
        return query

    # ------------------------------------------------------------------------------------------------ check

    def goal(self, name: str | None = None) -> Goal:
        """Return a goal by its id; without one, the region's headline goal. See `Area.goal`."""
        return self.area.goal(name)

    def verdict(self, goal: str | None = None, *, paths: bool = False, words: Words | None = None) -> Verdict:
        """Return whether a goal is kept, by pair.

        Parameters
        ----------
        goal
            Id of a goal; by default the headline one.
        paths
            Whether to find the journeys too.
        words
            clock, mode, period, traveller, statistic in place of the goal's own.
        """
        aim = self.goal(goal)
        pairs = aim.pairs_in(self.network.region)
        return self._judge(pairs, self.query_of(aim, words or {}), aim.limit_min, paths=paths)

    def query_of(self, aim: Goal, words: Words) -> Query:
        """Return the query that a goal is read by: words that are given, else the goal's own."""
        return self.query(**self._asked(aim, words, _QUERY))

    def planning_words(self, aim: Goal, words: Words) -> dict[str, str | None]:
        """Return the words by which many networks are judged: those given, else the goal's own.

        A goal's percentile or mean over a window gives way to ``expected``: a thousandth of the time.
        """
        asked = self._asked(aim, words, _QUERY)
        if words.get("statistic") is None and self.query(**asked).over_departures:
            asked |= {"statistic": "expected", "timing": None}
        return asked

    def check(self, goal: str | None = None, **words: str | None) -> pd.DataFrame:
        """Return the pairs of a goal with minutes, slack, parts, and whether each is kept.

        Parameters
        ----------
        goal
            Id of a goal; by default the headline one.
        **words
            clock, mode, period, traveller, statistic in place of the goal's own.

        Returns
        -------
        DataFrame
            Sorted by origin and destination; the verdict and the provenance stand in ``attrs``.
        """
        verdict = self.verdict(goal, words=words)
        table = self.named(verdict.table)
        table.attrs |= self.provenance(verdict.query) | {
            "goal": self.goal(goal).goal_id,
            "limit_min": verdict.limit_min,
            "kept": verdict.kept,
            "passing": verdict.passing,
            "pairs": verdict.pairs,
            "people_share": verdict.people_share,
        }
        return table

    def readings(self, goal: str | None = None, **words: str | None) -> pd.DataFrame:
        """Return the verdict under every reading: clock × mode × pairs, and further ones.

        Parameters
        ----------
        goal
            Id of the goal whose limit, period and statistic are read; by default the headline one.
        **words
            period, traveller, statistic in place of the goal's own.

        Returns
        -------
        DataFrame
            One row a reading: clock, mode, traveller, pairs asked for, pairs passing, share of people, worst
            pair and its minutes.
        """
        aim = self.goal(goal)
        base = self._asked(aim, words, ("period", "traveller", "statistic", "timing"))
        ends = self._ends(self.centres())
        rows = []
        for reading in reading_queries(self.network.region):
            query = self.query(**(base | reading.words))
            verdict = check(self.network, ends, reading.pairs, query, limit_min=aim.limit_min)
            rows.append(reading_row(reading, verdict))
        table = pd.DataFrame(rows, columns=list(READING_COLUMNS))
        table.attrs |= self.provenance(None) | {"limit_min": aim.limit_min}
        return table

    def _asked(self, aim: Goal, words: Words, names: Sequence[str]) -> dict[str, str | None]:
        """Return the words of a query: those given, else the goal's own where the region has its period."""
        asked = {name: getattr(aim, name) if words.get(name) is None else words[name] for name in names}
        periods = self.area.region.about.period_names
        if words.get("period") is None and asked["period"] not in periods:
            asked["period"] = None
        return asked

    def _judge(
        self, pairs: Sequence[tuple[str, str]], query: Query, limit_min: float | None, *, paths: bool = False
    ) -> Verdict:
        ends = self._ends(sorted({name for pair in pairs for name in pair}))
        return check(self.network, ends, pairs, query, limit_min=limit_min, paths=paths)

    def compare(
        self, other: Study | str, goal: str | None = None, *, cell_m: float | None = None, **words: str | None
    ) -> Comparison:
        """Return how another scenario differs from this one under a goal.

        Parameters
        ----------
        other
            The scenario after: a study of the same region, or the name of a scenario.
        goal
            Id of a goal; by default the headline one.
        cell_m
            Side of the cells of the surfaces that areas come from, m; by the region's size if not given.
        **words
            clock, mode, period, traveller, statistic in place of the goal's own.

        Returns
        -------
        Comparison
            Pairs, towns, places and areas as tables with provenance, and a summary.

        Raises
        ------
        BadInputError
            There is no such scenario or goal, a word is unknown, or the side no sensible length.
        """
        from onehour.compare import compare  # noqa: PLC0415 - geopandas is heavy

        after = self.beside(other) if isinstance(other, str) else other
        return compare(self, after, goal, cell_m=cell_m, words=words)

    # ----------------------------------------------------------------------------------------------- matrix

    def matrix(
        self,
        origins: Sequence[str] | pd.DataFrame | None = None,
        destinations: Sequence[str] | pd.DataFrame | None = None,
        *,
        clock: str = "door",
        mode: str = "transit",
        period: str | None = None,
        traveller: str = "random",
        statistic: str = "expected",
        timing: str = "depart-after",
        parts: bool = True,
        within_min: float | None = None,
    ) -> pd.DataFrame:
        """Return the times from origins to destinations with their parts, in long form.

        Parameters
        ----------
        origins, destinations
            Ids of places, stations or zones, points written ``lon,lat``, or a table with the columns id, lon,
            lat. By default the region's centres; destinations by default the origins.
        clock, mode, period, traveller, statistic, timing
            See `network.compile.Query`; the period is ``midday`` if not given, where the region has one.
        parts
            Whether to find the parts of the times.
        within_min
            Limit, minutes: with a statistic over departures, also the share of them that take no longer.

        Returns
        -------
        DataFrame
            Sorted by origin and destination: origin, destination, minutes (NaN where there is no journey), a
            column ``<part>_min`` a part, names; with `within_min` also reliability, the share. Provenance in
            ``attrs``.

        Raises
        ------
        BadInputError
            A place or a word is unknown, or a share is asked for where there are no departures.
        """
        ends, rows, columns = self.sides(origins, destinations)
        words = {
            "clock": clock,
            "mode": mode,
            "period": period,
            "traveller": traveller,
            "statistic": statistic,
            "timing": timing,
        }
        query = self.share_query(within_min, **words)
        times = self.network.router(ends, query).times(rows, columns, parts=parts, within_min=within_min)
        seconds = times.seconds.ravel()
        reached = seconds >= 0
        ids = np.array(ends.ids, dtype=object)
        table = pd.DataFrame(
            {
                "origin": np.repeat(ids[rows], len(columns)),
                "destination": np.tile(ids[columns], len(rows)),
                "minutes": np.where(reached, seconds / 60, np.nan),
            }
        ).astype({"origin": "str", "destination": "str"})
        parts_s = times.parts_s.reshape(len(seconds), -1)
        for column, name in enumerate(PARTS if parts else ()):
            table[f"{name}_min"] = np.where(reached, parts_s[:, column] / 60, np.nan)
        if within_min is not None and times.within is not None:
            table["reliability"] = times.within.ravel()
        table = self._named(table, ends)
        table.attrs |= self.provenance(query)
        if within_min is not None:
            table.attrs["within_min"] = within_min
        return table

    def matrix_blocks(
        self,
        output: Path | str,
        origins: Sequence[str] | pd.DataFrame | None = None,
        destinations: Sequence[str] | pd.DataFrame | None = None,
        **options: Any,
    ) -> pd.DataFrame:
        """Write the times from origins to destinations in blocks of origins: more than fits into memory.

        Parameters
        ----------
        output
            A folder of Parquet files, or one file ``.parquet``. The same call takes up what was interrupted.
        origins, destinations
            As for `matrix`.
        **options
            block, parts, within_min, workers, cluster, tell, and the words of a query: see
            `onehour.blocks.write_blocks`.

        Returns
        -------
        DataFrame
            One row a block: block, file, first, last (origins), rows, reached, bytes, sha256; provenance, and
            how many blocks were kept and computed, in ``attrs``.
        """
        from onehour.blocks import write_blocks  # noqa: PLC0415 - knows studies

        return write_blocks(self, Path(output), origins, destinations, **options)

    def sides(
        self, origins: Sequence[str] | pd.DataFrame | None, destinations: Sequence[str] | pd.DataFrame | None
    ) -> tuple[Ends, Ints, Ints]:
        """Return the ends of a matrix, and the rows of its origins and destinations, sorted by id."""
        start = self.centres() if origins is None else origins
        end = start if destinations is None else destinations
        start_ends, end_ends = self._ends(start), self._ends(end)
        apart = start_ends.table.merge(end_ends.table, on="id").query("lon_x != lon_y or lat_x != lat_y")[
            "id"
        ]
        if len(apart):
            raise BadInputError(
                Problem(f"places {name}", "stands at two points", "give each point an id of its own")
                for name in apart
            )
        ends = self._joined(start_ends, end_ends)
        return ends, ends.rows(sorted(start_ends.ids)), ends.rows(sorted(end_ends.ids))

    def route(
        self, origin: str, destination: str, *, within_min: float | None = None, **words: str | None
    ) -> tuple[Verdict, tuple[Stage, ...] | None]:
        """Return time and stages of the journey between two places.

        Parameters
        ----------
        origin, destination
            Id of a place, station or zone, or a point ``lon,lat``.
        within_min
            Limit, minutes: with a statistic over departures, also the share of them that take no longer.
        **words
            clock, mode, period, traveller, statistic, timing; the period is ``midday`` if not given.

        Returns
        -------
        verdict : Verdict
            One row: minutes and parts; with `within_min` also the reliability.
        stages : tuple of Stage or None
            None where there is no journey.
        """
        query = self.share_query(within_min, **words)
        verdict = self._judge([(origin, destination)], query, within_min, paths=True)
        return verdict, verdict.paths[0]

    def free_query(self, **words: str | None) -> Query:
        """Return the query of a matrix, route or isochrone: at ``midday`` if nothing else is said.

        Raises
        ------
        BadInputError
            As of `Area.query`.
        """
        period = words.get("period")
        if period is None and "midday" in self.area.region.about.period_names:
            period = "midday"
        return self.query(**{**words, "period": period})

    def share_query(self, within_min: float | None, **words: str | None) -> Query:
        """Return a query as `free_query` does; raise an error if no share within minutes can go with it."""
        query = self.free_query(**words)
        if within_min is None:
            return query
        problems = []
        if not within_min > 0:
            problems.append(Problem("--within", f"{within_min:g} is no limit", "minutes above 0"))
        if not query.by_window:
            what = f"{query.statistic}, {query.mode}, {query.clock} has no departures to take a share of"
            problems.append(Problem("--within", what, "ask for --statistic p50 by transit, station or door"))
        if problems:
            raise BadInputError(problems)
        return query

    # ----------------------------------------------------------------------------------------------- surface

    def surface(self, place: str, *, cell_m: float | None = None, **words: str | None) -> xr.DataArray:
        """Return the minutes from a place to the centre of each cell of the region.

        Parameters
        ----------
        place
            Id of a place, station or zone, or a point ``lon,lat``.
        cell_m
            Side of the square cells, m; by the region's size if not given.
        **words
            clock, mode, period, traveller, statistic; the period is ``midday`` if not given.

        Returns
        -------
        DataArray
            Minutes, float32 [y, x], by the centres of the cells in the region's metric CRS, m, both
            ascending; NaN where there is no journey and outside of the region. Provenance in ``attrs``.

        Raises
        ------
        BadInputError
            The place is unknown or outside of the region, the side no sensible length, or a word unknown.
        """
        from onehour.isochrone import surface  # noqa: PLC0415 - geopandas is heavy

        return surface(self, place, cell_m=cell_m, words=words)

    def isochrone(
        self,
        place: str,
        minutes: Sequence[float] = (15, 30, 45, 60),
        *,
        cell_m: float | None = None,
        **words: str | None,
    ) -> gpd.GeoDataFrame:
        """Return what can be reached from a place within limits, as nested polygons with holes.

        Parameters
        ----------
        place
            Id of a place, station or zone, or a point ``lon,lat``.
        minutes
            Limits, ascending.
        cell_m
            Side of the square cells of the surface, m; by the region's size if not given.
        **words
            clock, mode, period, traveller, statistic; the period is ``midday`` if not given.

        Returns
        -------
        GeoDataFrame
            One row a limit, in EPSG:4326: minutes, area_km2, origin, its names, scenario and the words of the
            query; each polygon holds those before it. Provenance in ``attrs``.

        Raises
        ------
        BadInputError
            As of `surface`, or the limits are not ascending.
        """
        from onehour.isochrone import isochrones  # noqa: PLC0415

        return isochrones(self, place, minutes, cell_m=cell_m, words=words)

    def centres(self) -> list[str]:
        """Return the ids of the region's centres; of its stations where it has no places."""
        places = self.network.region.places
        ids = places.loc[places["in_area"], "place_id"]
        return sorted(ids if len(ids) else self.network.region.stations["station_id"])

    @property
    def graph(self) -> nx.MultiDiGraph[int]:
        """The graph between the centres, door to door by transit in the morning peak, as NetworkX's."""
        router = self.network.graph_router(self._ends(self.centres()), self.query())
        return router.graphs[0].to_networkx()

    def access(self, *, by: str = "town", **options: Any) -> pd.DataFrame:
        """Return what people reach, by town, district or city; see `onehour.access.access` for the options.

        Returns
        -------
        DataFrame
            See `onehour.access.Access.groups`; provenance, and the inequality under its name, in ``attrs``.
        """
        from onehour.access import access  # noqa: PLC0415 - imports this module's users

        found = access(self, **options)
        table = found.groups(by)
        table.attrs["inequality"] = found.inequality()
        return table

    def circles(self, **options: Any) -> pd.DataFrame:
        """Return the commuting circle of each core; see `onehour.access.Access.circles`."""
        from onehour.access import access  # noqa: PLC0415

        return access(self, **options).circles()

    def breakeven(self, goal: str | None = None, **words: str | None) -> pd.DataFrame:
        """Return what would make each failing pair of a goal pass, and break each passing one.

        Parameters
        ----------
        goal
            Id of a goal; by default the headline one.
        **words
            clock, mode, period, traveller, statistic in place of the goal's own.

        Returns
        -------
        DataFrame
            See `onehour.breakeven.breakeven`.
        """
        from onehour.breakeven import breakeven  # noqa: PLC0415 - prints too

        return breakeven(self, goal, words)

    def risk(self, goal: str | None = None, **options: Any) -> Futures:
        """Return how surely a goal is kept in drawn futures; takes a minute.

        Parameters
        ----------
        goal
            Id of a goal; by default the headline one.
        **options
            first, last, samples, seed, inputs, words, folder, tell: see `onehour.risk.futures`.

        Returns
        -------
        Futures
            Tables by year, pair, uncertain input and scenario.
        """
        from onehour.risk import futures  # noqa: PLC0415 - matplotlib is heavy

        return futures(self, goal, **options)

    def timeline(self, goal: str | None = None, **options: Any) -> pd.DataFrame:
        """Return the verdict of each year as the scenario's cards open; takes a minute.

        Parameters
        ----------
        goal
            Id of a goal; by default the headline one.
        **options
            first, last (years), words, folder, tell: see `onehour.timeline.course`, whose answer also has the
            tables of pairs and of turns.

        Returns
        -------
        DataFrame
            See `onehour.timeline.Course.years`; who turned which pair stands in ``attrs["turns"]``.
        """
        from onehour.timeline import course  # noqa: PLC0415 - makes studies

        found = course(self, goal, **options)
        table = found.years()
        table.attrs["turns"] = found.turns().to_dict("records")
        return table

    def attribute(self, cards: str | Sequence[str] = "auto", **options: Any) -> pd.DataFrame:
        """Return what each card of the scenario earns of a goal over a base; takes some seconds to minutes.

        Parameters
        ----------
        cards
            Ids of cards, ``auto`` or ``all``.
        **options
            groups, metric, base, goal, words, orders, seed, level, folder, tell: see
            `onehour.attribution.shares`, whose answer also has the interactions.

        Returns
        -------
        DataFrame
            See `onehour.attribution.Shares.table`; interactions stand in ``attrs["interactions"]``.
        """
        from onehour.attribution import shares  # noqa: PLC0415 - knows studies

        found = shares(self, cards, **options)
        table = found.table()
        table.attrs["interactions"] = found.interactions().to_dict("records")
        return table

    def buildout(self, cards: str | Sequence[str] = "auto", **options: Any) -> pd.DataFrame:
        """Return the smallest, cheapest or earliest sets of the scenario's cards that keep a goal.

        Parameters
        ----------
        cards
            Ids of cards, ``auto`` or ``all``.
        **options
            minimise, pairs, base, goal, words, most, budget, folder, tell: see `onehour.buildout.plan`.

        Returns
        -------
        DataFrame
            See `onehour.buildout.Plan.table`; what is proven, and the pairs that miss the limit even with all
            cards (``missed``), stand in ``attrs``.
        """
        from onehour.buildout import plan  # noqa: PLC0415 - knows studies

        found = plan(self, cards, **options)
        table = found.table()
        table.attrs["missed"] = found.missed().to_dict("records")
        return table

    def plot_map(self, **options: Any) -> Axes:
        """Plot the network and the pairs that fail; see `onehour.map.plot_map`."""
        from onehour.map import plot_map  # noqa: PLC0415 - matplotlib is heavy

        return plot_map(self, **options)

    def plot_network(self, **options: Any) -> Axes:
        """Plot the network by mode and status; see `onehour.map.plot_network`."""
        from onehour.map import plot_network  # noqa: PLC0415

        return plot_network(self, **options)

    def plot_slack(self, **options: Any) -> Axes:
        """Plot the slack of all pairs as a heat map; see `onehour.plots.plot_slack`."""
        from onehour.plots import plot_slack  # noqa: PLC0415

        return plot_slack(self, **options)

    def plot_parts(self, **options: Any) -> Axes:
        """Plot the parts of the pairs' times as bars; see `onehour.plots.plot_parts`."""
        from onehour.plots import plot_parts  # noqa: PLC0415

        return plot_parts(self, **options)

    def plot_difference(self, before: Study, **options: Any) -> Axes:
        """Plot what the pairs gain over another scenario; see `onehour.plots.plot_difference`."""
        from onehour.plots import plot_difference  # noqa: PLC0415

        return plot_difference(before, self, **options)

    def provenance(self, query: Query | None) -> dict[str, Any]:
        """Return what a result was computed from."""
        return provenance(self, query)

    # ------------------------------------------------------------------------------------------------ tables

    def _ends(self, wanted: Sequence[str] | pd.DataFrame) -> Ends:
        return ends_of(self.network.region, wanted)

    def _joined(self, one: Ends, other: Ends) -> Ends:
        """Return the ends of both, each id once."""
        if one.ids == other.ids:
            return one
        table = pd.concat([one.table, other.table], ignore_index=True).drop_duplicates(
            "id", ignore_index=True
        )
        return ends_of(self.network.region, table)

    def named(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table of pairs, by origin and destination, with the names of both ends."""
        return self._named(table, self._ends(self._ids(table)))

    @staticmethod
    def _ids(table: pd.DataFrame) -> list[str]:
        return sorted({*table["origin"], *table["destination"]})

    @staticmethod
    def _named(table: pd.DataFrame, ends: Ends) -> pd.DataFrame:
        """Return a table of pairs with the names of both ends."""
        names = ends.table.set_index("id")
        table = table.copy()
        for end in ("origin", "destination"):
            for name in ("name_zh", "name_en"):
                table[f"{end}_{name}"] = names[name].reindex(table[end]).to_numpy()
        return table
