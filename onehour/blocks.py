"""Matrices larger than memory: computed in blocks of origins, kept as they are done, taken up again."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from network.errors import BadInputError, Problem, tried
from onehour.block_matrix import BlockMatrix
from onehour.block_store import BlockStore
from onehour.cluster import answers, cluster_problems
from onehour.files import folder_problems, output_problems
from onehour.matrix import MOST_PAIRS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    import pandas as pd

    from onehour.block_matrix import Answer
    from onehour.study import Study

    Found = Generator[tuple[int, Answer], None, None]

BLOCK_PAIRS = 1_000_000
"""Pairs of a block where no number of origins is given."""

MOST_BLOCKS = 20_000


def write_blocks(
    study: Study,
    output: Path,
    origins: Sequence[str] | pd.DataFrame | None = None,
    destinations: Sequence[str] | pd.DataFrame | None = None,
    *,
    block: int | None = None,
    parts: bool = True,
    within_min: float | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    tell: Callable[[int, int], None] | None = None,
    **words: str | None,
) -> pd.DataFrame:
    """Write a matrix in blocks of origins, each as soon as it is found.

    The blocks of a folder, or beside a file ``.parquet`` in a folder ``.parquet.blocks`` until all are there,
    are kept when a run ends early: the same call computes what is missing or damaged, and the files are
    equal, byte for byte, to those of a run that nothing disturbed.

    Parameters
    ----------
    study
        The region under a scenario.
    output
        A folder for a Parquet file a block and a manifest, or a ``.parquet`` file of a row group a block.
    origins, destinations
        As for `onehour.study.Study.matrix`.
    block
        Origins of a block; by default so many that a block has about a million pairs.
    parts
        Whether to find the parts of the times.
    within_min
        Limit, minutes: with a statistic over departures, also the share of them that take no longer.
    workers
        Compute in so many processes on this machine, by Dask; by default in this process.
    cluster
        Address of a Dask scheduler whose workers compute: ``tcp://10.0.0.1:8786``.
    tell
        Called with the numbers of blocks done and of all.
    **words
        clock, mode, period, traveller, statistic, timing, as for `onehour.study.Study.matrix`.

    Returns
    -------
    DataFrame
        One row a block: block, file, first, last (origins), rows, reached, bytes, sha256. In ``attrs`` the
        provenance, and ``output``, ``kept``, ``computed`` (numbers of blocks), ``damaged`` (blocks that were
        there, but not whole).

    Raises
    ------
    BadInputError
        An option, a place or the output cannot be used; lists every problem.
    """
    problems = blocks_problems(output, block=block, workers=workers, cluster=cluster)
    query = tried(lambda: study.share_query(within_min, **words), problems)
    sides = tried(lambda: study.sides(origins, destinations), problems)
    if problems:
        raise BadInputError(problems)
    ends, rows, columns = sides
    size = min(block or max(1, BLOCK_PAIRS // len(columns)), len(rows))
    if size * len(columns) > MOST_PAIRS:
        what = f"{size} × {len(columns)} pairs are more than {MOST_PAIRS:,}"
        raise BadInputError(Problem("--block", what, f"{MOST_PAIRS // len(columns)} origins or less"))
    if len(rows) > size * MOST_BLOCKS:
        what = f"{size} makes more than {MOST_BLOCKS:,} blocks"
        raise BadInputError(Problem("--block", what, f"{-(-len(rows) // MOST_BLOCKS)} origins or more"))
    matrix = BlockMatrix(study, ends, (rows, columns), query, parts=parts, within_min=within_min, block=size)
    question = None if workers is None and cluster is None else matrix.question()
    as_file = output.suffix.lower() == ".parquet"
    store = BlockStore(output.with_name(f"{output.name}.blocks") if as_file else output, matrix)
    kept = len(store.done)
    if question is None or not store.left:
        found: Found = ((number, matrix.answer(number)) for number in store.left)
    else:
        found = answers(question, store.left, workers=workers, cluster=cluster)
    store.save()
    with closing(found):
        for number, answer in found:
            store.add(number, answer)
            if tell is not None:
                tell(len(store.done), matrix.count)
    table = store.table()
    if as_file:
        store.join(output)
        store.remove()
    counts = {"kept": kept, "computed": matrix.count - kept, "damaged": store.damaged}
    table.attrs |= matrix.provenance | {"output": str(output), "blocks": matrix.count} | counts
    return table


def blocks_problems(
    output: Path, *, block: int | None, workers: int | None, cluster: str | None
) -> list[Problem]:
    """Return what is wrong with options of a matrix in blocks, as far as can be seen before the work."""
    if output.suffix and not output.is_dir():
        problems = output_problems(output, (".parquet",))
    else:
        problems = folder_problems(output)
    if block is not None and block < 1:
        problems.append(Problem("--block", f"{block} is no number of origins", "1 or more"))
    return problems + cluster_problems(workers, cluster)
