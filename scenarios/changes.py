"""The typed changes of a region, as they stand in TOML; names follow those of Conveyal and R5."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_CONFIG = ConfigDict(
    extra="forbid",
    frozen=True,
    strict=True,
    allow_inf_nan=False,
    populate_by_name=True,
    serialize_by_alias=True,
)

MIN_CALLS = 2
"""A service calls at least so often."""

Id = Annotated[str, Field(pattern=r"^[^\s,;|\"']+$", max_length=100)]
Minutes = Annotated[float, Field(ge=0, le=1440)]
Headway = Annotated[float, Field(ge=0.5, le=1440)]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Kmh = Annotated[float, Field(ge=5, le=500)]
Km = Annotated[float, Field(gt=0, le=1000)]
LineClass = Literal["hsr", "intercity", "conventional", "metro", "street"]
StationClass = Literal["hub", "national", "intercity", "metro", "street"]
System = Literal["rail", "metro", "street"]
RoadClass = Literal["expressway", "urban", "connector"]


class Where(BaseModel):
    """Which services, lines or roads a change is for; all that is given must fit."""

    model_config = _CONFIG
    class_: LineClass | None = Field(None, alias="class", description="family of the service")
    line: Id | None = Field(None, description="id of the line")
    service: Id | None = Field(None, description="id of the service")
    road: Id | None = Field(None, description="id of the road")

    @model_validator(mode="after")
    def _not_empty(self) -> Where:
        if not any((self.class_, self.line, self.service, self.road)):
            raise ValueError("names nothing: give class, line, service or road")
        return self


class _Change(BaseModel):
    """What all changes have."""

    model_config = _CONFIG
    source: str = Field(
        "no source given", min_length=1, description="where the change or its numbers come from"
    )
    confidence: Literal["high", "medium", "low"] = Field("low", description="how sure it is")
    committed: bool = Field(
        default=False, description="of a partial card: whether this part is open or under construction"
    )


class Stop(BaseModel):
    """A stop of a new line: a station that is there, or a new one with its position."""

    model_config = _CONFIG
    station: Id = Field(description="id of the station")
    name_zh: str = ""
    name_en: str = ""
    lon: Lon | None = Field(None, description="longitude WGS 84 of a new station")
    lat: Lat | None = Field(None, description="latitude WGS 84 of a new station")
    system: System | None = Field(None, description="of a new station; by the line's class if not given")
    distance_km: Km | None = Field(None, description="track length from the stop before")
    run_min: Minutes | None = Field(
        None, description="from departure at the stop before to arrival; at all stops but the first, or none"
    )
    dwell_min: Minutes = Field(0.0, description="stop between arrival and departure, where run_min is given")
    passes: bool = Field(default=False, description="a waypoint: it counts for the distance, no train calls")
    confidence: Literal["high", "medium", "low"] = "low"


class AddService(_Change):
    """Build a line and run it both ways at a headway; times come from the run-time model."""

    type: Literal["add-service"]
    line: Id = Field(description="id of the new line, or of one that is there")
    name_zh: str = ""
    name_en: str = ""
    class_: LineClass = Field(alias="class")
    max_speed_kmh: Kmh | None = Field(None, description="design speed; of a line that is there, its own")
    length_km: Km | None = Field(None, description="shared out by straight lines where distances are blank")
    stops: list[Stop] = Field(min_length=2, max_length=200)
    headway_min: dict[str, Headway] | None = Field(
        None, description="by period; by default that of planned lines of its class"
    )

    @model_validator(mode="after")
    def _all_timed(self) -> AddService:
        timed = [stop.run_min is not None for stop in self.stops[1:] if not stop.passes]
        if any(timed) and not all(timed):
            raise ValueError("gives run_min at some stops: give it at all but the first, or at none")
        if sum(not stop.passes for stop in self.stops) < MIN_CALLS:
            raise ValueError("has fewer than two stops at which trains call")
        return self


class RemoveService(_Change):
    """Take services away."""

    type: Literal["remove-service"]
    where: Where


class AdjustFrequency(_Change):
    """Set a headway. On a class or line it is that of a route, and today's trains stay."""

    type: Literal["adjust-frequency"]
    where: Where
    headway_min: dict[str, Headway] = Field(min_length=1, description="by period")


class AdjustSpeed(_Change):
    """Run services faster or slower: times in motion are divided by the factor."""

    type: Literal["adjust-speed"]
    where: Where
    factor: float = Field(gt=0.1, le=10)


class AdjustDwellTime(_Change):
    """Set the dwell of timetabled services at every stop between the ends."""

    type: Literal["adjust-dwell-time"]
    where: Where
    dwell_min: float = Field(ge=0, le=60)


class Reroute(_Change):
    """Let services run another way between two of their calls, or on beyond one of their ends.

    Between two calls: `via` and `minutes`, for timetabled services, in the direction given. Beyond an end:
    `extend`, both ways, at the line's own speed.
    """

    type: Literal["reroute"]
    where: Where
    from_station: Id = Field(
        description="call that the new way leaves; an end of the services to extend them"
    )
    to_station: Id | None = Field(None, description="call that it comes back to")
    via: list[Id] = Field(default=[], max_length=100, description="calls on the new way")
    minutes: float | None = Field(
        None, gt=0, le=600, description="from departure at the one to arrival at the other"
    )
    extend: list[Stop] = Field(default=[], max_length=100, description="stops beyond the end, outwards")
    length_km: Km | None = Field(
        None, description="of the extension; shared out by straight lines where distances are blank"
    )

    @model_validator(mode="after")
    def _one(self) -> Reroute:
        between = self.to_station is not None and self.minutes is not None and not self.extend
        beyond = self.to_station is None and bool(self.extend) and not self.via and self.minutes is None
        if not (between or beyond):
            raise ValueError("give either to_station and minutes (and via), or extend")
        return self


class RemoveStops(_Change):
    """Let services pass stations; run times stay."""

    type: Literal["remove-stops"]
    where: Where
    stations: list[Id] = Field(min_length=1, max_length=500)


class AddStation(_Change):
    """Open a station on lines that are there, between two of their stops."""

    type: Literal["add-station"]
    station: Stop
    class_: StationClass | None = Field(None, alias="class")
    line: Id = Field(description="line on which its trains call")
    after: Id = Field(description="stop before the new one")
    before: Id = Field(description="stop behind the new one")
    dwell_min: float = Field(1.0, ge=0, le=60, description="time that calling costs")


class RoadNode(BaseModel):
    """A junction of a new road: one that is there, or a new one with its position."""

    model_config = _CONFIG
    node: Id
    name: str = ""
    lon: Lon | None = None
    lat: Lat | None = None


class RoadJoin(BaseModel):
    """A link that joins a junction of the new road to a junction or place that is there."""

    model_config = _CONFIG
    node: Id
    to: Id
    length_km: Km
    speed_kmh: Kmh = 40


class AddRoad(_Change):
    """Build a road, open both ways."""

    type: Literal["add-road"]
    road: Id
    name_zh: str = ""
    name_en: str = ""
    class_: RoadClass = Field("expressway", alias="class")
    speed_kmh: float = Field(ge=5, le=150)
    tolled: bool = True
    length_km: Km | None = Field(None, description="shared out by straight lines; else straight line × 1.1")
    nodes: list[RoadNode] = Field(min_length=2, max_length=200)
    joins: list[RoadJoin] = Field(default=[], max_length=200)


class ModifyRoad(_Change):
    """Change speed or toll of a road."""

    type: Literal["modify-road"]
    where: Where
    links: list[Id] | None = Field(None, description="ids of links, for a stretch of the road")
    speed_kmh: float | None = Field(None, ge=5, le=150)
    speed_factor: float | None = Field(None, gt=0.1, le=3)
    tolled: bool | None = None


class SetTransfer(_Change):
    """Set or make a walking link between two stations, both ways, or scale all between two kinds."""

    type: Literal["set-transfer"]
    stations: tuple[Id, Id] | None = Field(None, strict=False)
    between: tuple[StationClass, StationClass] | None = Field(None, strict=False)
    walk_m: float | None = Field(None, ge=0, le=5000)
    walk_factor: float | None = Field(None, ge=0, le=5)
    security_waived: bool | None = None

    @model_validator(mode="after")
    def _one(self) -> SetTransfer:
        if (self.stations is None) == (self.between is None):
            raise ValueError("give either stations or between")
        return self


class SetEntry(_Change):
    """Set security on changes between two systems, or a kind of station's walk, security, gate and exit."""

    type: Literal["set-entry"]
    between: tuple[System, System] | None = Field(None, strict=False)
    class_: StationClass | None = Field(None, alias="class")
    security_s: float | None = Field(None, ge=0, le=3600)
    walk_s: float | None = Field(None, ge=0, le=3600)
    exit_s: float | None = Field(None, ge=0, le=3600)

    @model_validator(mode="after")
    def _one(self) -> SetEntry:
        if (self.between is None) == (self.class_ is None):
            raise ValueError("give either between or class")
        if self.between is not None and self.security_s != 0:
            raise ValueError("between systems, security_s = 0 is what can be set: mutual recognition")
        return self


class SetAccess(_Change):
    """Set how stations are reached."""

    type: Literal["set-access"]
    walk_kmh: float | None = Field(None, gt=0, le=20)
    walk_max_km: float | None = Field(None, ge=0, le=50)
    feeder_kmh: float | None = Field(None, gt=0, le=80)
    feeder_wait_min: Minutes | None = None
    feeder_max_km: float | None = Field(None, ge=0, le=100)
    taxi_wait_min: Minutes | None = None


class SetCongestion(_Change):
    """Set or scale the congestion of a road class."""

    type: Literal["set-congestion"]
    class_: RoadClass = Field(alias="class")
    area: Literal["inner", "outer"] | None = None
    period: str | None = Field(None, description="all periods if not given")
    factor: float | None = Field(None, ge=0.5, le=10, description="time / time at the limit")
    scale: float | None = Field(None, gt=0.1, le=10, description="times what it is")

    @model_validator(mode="after")
    def _one(self) -> SetCongestion:
        if (self.factor is None) == (self.scale is None):
            raise ValueError("give either factor or scale")
        return self


class SetParameter(_Change):
    """Set a number of the model."""

    type: Literal["set-parameter"]
    name: Id
    value: float = Field(ge=0, le=1e6)


class Build(_Change):
    """Build a project card, whatever the year."""

    type: Literal["build"]
    project: Id


class Cancel(_Change):
    """Cancel a project card: neither its rows nor its changes are there."""

    type: Literal["cancel"]
    project: Id


class Delay(_Change):
    """Let a project card open later; beyond the scenario's year it is not there."""

    type: Literal["delay"]
    project: Id
    years: int = Field(ge=1, le=50)


TableChange = (
    AddService
    | RemoveService
    | AdjustFrequency
    | AdjustSpeed
    | AdjustDwellTime
    | Reroute
    | RemoveStops
    | AddStation
    | AddRoad
    | ModifyRoad
    | SetTransfer
    | SetEntry
    | SetAccess
    | SetCongestion
    | SetParameter
)
CardChange = Build | Cancel | Delay
ROAD_CHANGES = (AddRoad, ModifyRoad, SetCongestion)
"""What leaves journeys by transit as they are."""

Change = Annotated[TableChange | CardChange, Field(discriminator="type")]
CardsChange = Annotated[TableChange, Field(discriminator="type")]
