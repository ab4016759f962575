"""A matrix in blocks of origins: what is asked, in a form that other processes read, and the answers."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from network.ends import ends_of
from network.errors import BadInputError, Problem
from network.graph import PARTS
from onehour.jsons import compact_json
from onehour.provenance import code_hash, version
from onehour.study import load
from scenarios.tomls import content_hash

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.compile import Query
    from network.ends import Ends
    from onehour.study import Study

    Ints = NDArray[np.int64]

_NAMES = ("name_zh", "name_en")


class Answer(NamedTuple):
    """A block: a Parquet file of one row group, how many rows it has, and how many of them a journey."""

    data: bytes
    rows: int
    reached: int


@dataclass(frozen=True, slots=True)
class Question:
    """All that another process needs to find the blocks of a matrix; no table of the region is in it.

    Attributes
    ----------
    region, scenario
        What `onehour.load` and `onehour.Area.scenario` make them of: a shipped name or a path.
    values
        Numbers of the model that were set.
    query
        Clock, mode, period, traveller and statistic.
    ends
        Table of the ends, and which of them are origins and destinations: JSON, compressed by zlib.
    parts
        Whether to find the parts of the times.
    within_min
        Limit of the share of departures to tell, minutes; None for no share.
    block
        Origins of a block.
    hashes
        Hashes by name that must be equal where the region and the scenario are loaded.
    """

    region: str
    scenario: str
    values: tuple[tuple[str, float], ...]
    query: Query
    ends: bytes
    parts: bool
    within_min: float | None
    block: int
    hashes: tuple[tuple[str, str], ...]


class BlockMatrix:
    """Times between ends of trips, a block of origins at a time.

    Parameters
    ----------
    study
        The region under a scenario.
    ends
        Starts and ends of trips.
    sides
        Rows of the origins and of the destinations, each sorted by id.
    query
        Clock, mode, period, traveller and statistic.
    parts
        Whether to find the parts of the times.
    within_min
        Limit of the share of departures to tell, minutes; None for no share.
    block
        Origins of a block.
    """

    def __init__(
        self,
        study: Study,
        ends: Ends,
        sides: tuple[Ints, Ints],
        query: Query,
        *,
        parts: bool,
        within_min: float | None,
        block: int,
    ) -> None:
        self.study, self.ends, self.query = study, ends, query
        self.parts, self.within_min, self.block = parts, within_min, block
        self.rows, self.columns = sides
        self.count = -(-len(self.rows) // block)

    @classmethod
    def of(cls, question: Question) -> BlockMatrix:
        """Load the region and the scenario of a question.

        Raises
        ------
        BadInputError
            They cannot be loaded, or are not those that the question is about; lists every problem.
        """
        study = load(question.region).scenario(question.scenario, values=dict(question.values))
        here = _hashes(study)
        problems = [
            Problem(f"{name}, where a block is computed", f"{here[name]}, not {there}", _SAME[name])
            for name, there in question.hashes
            if here[name] != there
        ]
        if problems:
            raise BadInputError(problems)
        held = json.loads(zlib.decompress(question.ends))
        sides = np.array(held["origins"], np.int64), np.array(held["destinations"], np.int64)
        ends = ends_of(study.network.region, pd.DataFrame(held["table"]))
        return cls(
            study, ends, sides, question.query,
            parts=question.parts, within_min=question.within_min, block=question.block,
        )  # fmt: skip

    @cached_property
    def _ends_json(self) -> bytes:
        """The ends as JSON."""
        held = {
            "table": self.ends.table.to_dict("list"),
            "origins": self.rows.tolist(),
            "destinations": self.columns.tolist(),
        }
        return compact_json(held).encode()

    @property
    def _numbers(self) -> tuple[tuple[str, float], ...]:
        """Numbers of the model that were set."""
        return tuple((name, float(value)) for name, value in sorted(dict(self.study.values).items()))

    def question(self) -> Question:
        """Return what another process needs.

        Raises
        ------
        BadInputError
            The region or the scenario was made in this process: no other can load it.
        """
        study = self.study
        problems = [
            Problem(what, "was made in this process: no worker can load it", fix)
            for what, source, fix in (
                ("region", study.area.source, "write it with network.writer and load the folder"),
                ("scenario", study.source, "load it by its name or its .toml file"),
            )
            if not source
        ]
        if problems:
            raise BadInputError(problems)
        return Question(
            study.area.source, study.source, self._numbers, self.query, zlib.compress(self._ends_json),
            self.parts, self.within_min, self.block, tuple(_hashes(study).items()),
        )  # fmt: skip

    @cached_property
    def described(self) -> dict[str, Any]:
        """What the matrix is, as plain data: equal for two matrices whose blocks are equal."""
        study = self.study
        return {
            "region": study.area.region.about.region_id,
            "scenario": study.scenario.name,
            **_hashes(study),
            "onehour": version(),
            "set": dict(self._numbers),
            **asdict(self.query),
            "origins": len(self.rows),
            "destinations": len(self.columns),
            "places_hash": hashlib.sha256(self._ends_json).hexdigest()[:16],
            "parts": self.parts,
            "within_min": self.within_min,
            "block": self.block,
        }

    @cached_property
    def key(self) -> str:
        """Hash of what the matrix is."""
        return content_hash(self.described)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Provenance of the times."""
        found = self.study.provenance(self.query) | {"matrix": self.key}
        return found if self.within_min is None else found | {"within_min": self.within_min}

    def origins(self, number: int) -> Ints:
        """Return the rows of the origins of a block."""
        return self.rows[number * self.block : (number + 1) * self.block]

    def answer(self, number: int) -> Answer:
        """Return a block; the same bytes whoever computes it."""
        table = self.table(number)
        stream = pa.BufferOutputStream()
        pq.write_table(table, stream, compression="zstd", row_group_size=max(1, len(table)))
        missing = table["minutes"].null_count
        return Answer(stream.getvalue().to_pybytes(), len(table), len(table) - missing)

    def table(self, number: int) -> pa.Table:
        """Return the times of a block in long form, sorted by origin and destination.

        Columns are those of `onehour.study.Study.matrix`, text as dictionaries; those of names are there
        where any end has one. Minutes are null where there is no journey.
        """
        rows, columns = self.origins(number), self.columns
        router = self.study.network.router(self.ends, self.query)
        times = router.times(rows, columns, parts=self.parts, within_min=self.within_min)
        lost = (times.seconds < 0).ravel()
        start = np.repeat(np.arange(len(rows), dtype=np.int32), len(columns))
        end = np.tile(np.arange(len(columns), dtype=np.int32), len(rows))
        sides = (("origin", rows, start), ("destination", columns, end))
        data = {side: self._text("id", at, code) for side, at, code in sides}
        data["minutes"] = pa.array(times.seconds.ravel() / 60, mask=lost)
        for column, name in enumerate(PARTS if self.parts else ()):
            data[f"{name}_min"] = pa.array(times.parts_s[..., column].ravel() / 60, mask=lost)
        if self.within_min is not None and times.within is not None:
            data["reliability"] = pa.array(times.within.ravel(), from_pandas=True)
        if self._is_named:
            for side, at, code in sides:
                data |= {f"{side}_{name}": self._text(name, at, code) for name in _NAMES}
        held = compact_json(self.provenance).encode()
        return pa.table(data).replace_schema_metadata({b"onehour": held, b"PANDAS_ATTRS": held})

    def _text(self, column: str, at: Ints, code: NDArray[np.int32]) -> pa.DictionaryArray:
        """Return a column of the ends in some rows, repeated by `code`."""
        number, words = pd.factorize(self.ends.table[column].to_numpy(object)[at])
        return pa.DictionaryArray.from_arrays(number.astype(np.int32)[code], pa.array(words, pa.string()))

    @cached_property
    def _is_named(self) -> bool:
        return any((self.ends.table[name] != "").any() for name in _NAMES)


@lru_cache(maxsize=1)
def loaded(question: Question) -> BlockMatrix:
    """Return the matrix of a question, loaded once a process."""
    return BlockMatrix.of(question)


def _hashes(study: Study) -> dict[str, str]:
    """Return the hashes of all that the times of a study depend on, but for the question itself."""
    return {
        "region_hash": study.area.region.hash,
        "scenario_hash": study.scenario.hash,
        "code_hash": code_hash(),
    }


_SAME = {
    "region_hash": "let all machines have the same region",
    "scenario_hash": "let all machines have the same scenario",
    "code_hash": "install the same version of onehour on all machines",
}
