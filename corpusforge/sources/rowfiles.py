"""Plan sources whose files consist of rows: JSON Lines and Parquet."""

from collections.abc import Callable, Iterable

from corpusforge.sources.inputs import Input
from corpusforge.sources.refusal import Refused, refusing_unreadable
from corpusforge.sources.source import Unit
from corpusforge.storage.documents import Reject

# File, part_bytes, rows left of max_rows → units of the file, with `num_rows` in their `spec`.
PlanFile = Callable[[Input, int, int | None], list[Unit]]


def plan_row_files(
    files: Iterable[Input], part_bytes: int, max_rows: int | None, plan_file: PlanFile
) -> tuple[list[Unit], list[Reject]]:
    """Return the units of the first `max_rows` rows of all files, and rejects."""
    units: list[Unit] = []
    rejects: list[Reject] = []
    for file in files:
        if max_rows == 0:
            break
        try:
            with refusing_unreadable():
                if file.path.stat().st_size == 0:
                    raise Refused("empty", "a file of 0 bytes")
                planned = plan_file(file, part_bytes, max_rows)
            units += planned
            if max_rows is not None:
                max_rows -= sum(unit.spec["num_rows"] for unit in planned)
        except Refused as refused:
            rejects.append(refused.at(file.name))
    return units, rejects
