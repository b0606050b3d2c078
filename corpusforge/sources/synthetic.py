"""The synthetic source: generated conversations as documents."""

import json
from collections.abc import Iterator, Sequence

import pyarrow as pa

from corpusforge.config import SyntheticSource
from corpusforge.dialogues import render
from corpusforge.sources.source import Unit
from corpusforge.storage.documents import DocumentBuilder, Reject
from corpusforge.storage.files import fingerprint
from corpusforge.synthetic.dialogue import VERSION, dialogue

# About what the text of an example takes; it turns bytes into numbers of examples when planning.
_EXAMPLE_BYTES = 1024


class SyntheticDialogues:
    """Conversations `0` to `examples - 1` of a seed; each can be made without the others."""

    def __init__(self, config: SyntheticSource) -> None:
        self._config = config

    def plan(self, part_bytes: int) -> tuple[Sequence[Unit], Sequence[Reject]]:
        per_unit = max(part_bytes // _EXAMPLE_BYTES, 1)
        total, seed = self._config.examples, self._config.seed
        units = []
        for first in range(0, total, per_unit):
            count = min(per_unit, total - first)
            checksum = fingerprint("synthetic", VERSION, seed, first, count)
            units.append(Unit({"first": first, "count": count}, checksum, count * _EXAMPLE_BYTES))
        return units, ()

    def read(self, unit: Unit) -> Iterator[pa.RecordBatch | Reject]:
        builder = DocumentBuilder()
        first, count = unit.spec["first"], unit.spec["count"]
        for number in range(first, first + count):
            talk = dialogue(self._config.seed, number)
            meta = {"task": talk.task, "topic": talk.topic, "checks": talk.checks}
            batch = builder.add(
                str(number),
                render(talk.messages),
                messages=_json(talk.messages),
                language=talk.language,
                meta=_json(meta),
            )
            if batch is not None:
                yield batch
        if (batch := builder.flush()) is not None:
            yield batch


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
