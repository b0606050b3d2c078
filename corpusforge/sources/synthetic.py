"""The synthetic source: generated dialogues as documents."""

import json
from collections.abc import Iterator, Sequence

from corpusforge.config import SyntheticSource
from corpusforge.dialogues import render
from corpusforge.sources.source import Document, Unit, in_batches
from corpusforge.storage.documents import Reject
from corpusforge.storage.files import fingerprint
from corpusforge.synthetic.generator import VERSION, generate_dialogue

# The approximate size of an example's text, to convert bytes to numbers of examples when planning.
_EXAMPLE_BYTES = 1024


class SyntheticDialogues:
    """Dialogues 0 to `examples - 1` of a seed; each is generated independently of the others."""

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

    @in_batches
    def read(self, unit: Unit) -> Iterator[Document]:
        first, count = unit.spec["first"], unit.spec["count"]
        for number in range(first, first + count):
            dialogue = generate_dialogue(self._config.seed, number)
            meta = {"task": dialogue.task, "topic": dialogue.topic, "checks": dialogue.checks}
            yield Document(
                str(number),
                render(dialogue.messages),
                messages=_json(dialogue.messages),
                language=dialogue.language,
                meta=_json(meta),
            )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
