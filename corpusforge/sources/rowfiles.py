"""Files of rows, one after another: what JSON Lines and Parquet plan alike."""

from collections.abc import Callable, Iterable

from corpusforge.sources.inputs import Input
from corpusforge.sources.refusal import Refused
from corpusforge.sources.source import Unit
from corpusforge.storage.documents import Reject

# A file, the bytes of a part and the rows that may still be taken → units, and the rows they hold.
PlanFile = Callable[[Input, int, int | None], tuple[list[Unit], int]]


def plan_row_files(
    files: Iterable[Input], part_bytes: int, max_rows: int | None, plan_file: PlanFile
) -> tuple[list[Unit], list[Reject]]:
    """The units of files that hold `max_rows` together, in their order; and the files set aside.

    A file that `plan_file` refuses, or that cannot be read, is a reject.
    """
    units: list[Unit] = []
    rejects: list[Reject] = []
    for file in files:
        if max_rows == 0:
            break
        try:
            if file.path.stat().st_size == 0:
                raise Refused("empty", "a file of 0 bytes")
            planned, rows = plan_file(file, part_bytes, max_rows)
        except OSError as error:
            rejects.append(Reject(file.name, "unreadable", detail=error.strerror or str(error)))
            continue
        except Refused as refused:
            rejects.append(refused.at(file.name))
            continue
        units += planned
        if max_rows is not None:
            max_rows -= rows
    return units, rejects
