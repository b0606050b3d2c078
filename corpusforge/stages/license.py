"""The license stage: keep what the policy allows to be trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from corpusforge.config import LicenseConfig
from corpusforge.licensing.policy import Answer, check_names, decide
from corpusforge.stages.stage import LiveRows


@dataclass(frozen=True)
class LicenseStage:
    """Decides once for each distinct expression. `taken` records the alternative used."""

    config: LicenseConfig
    name: ClassVar[str] = "license"
    version: ClassVar[int] = 1
    columns: ClassVar[tuple[str, ...]] = ()
    facts: ClassVar[Mapping[str, tuple[str, ...]]] = {"license": ("expression",)}
    extra: ClassVar[tuple[pa.Field, ...]] = (pa.field("taken", pa.string()),)

    def __post_init__(self) -> None:
        check_names(self.config)

    def survey(self, parts: LiveRows) -> None:
        """Every row is decided alone."""

    def decide(self, rows: pa.Table, first: int, survey: None) -> dict[str, pa.Array]:
        encoded = rows["expression"].combine_chunks().dictionary_encode(null_encoding="encode")
        decisions = [decide(name, self.config) for name in encoded.dictionary.to_pylist()]
        keeps, reasons = [], []
        for decision in decisions:
            unknown = decision.answer is Answer.UNKNOWN
            keep = decision.answer is Answer.ALLOW or (unknown and self.config.unknown == "keep")
            keeps.append(keep)
            reasons.append(None if keep else _reason(decision.answer, decision.because))
        taken = [decision.taken or None for decision in decisions]
        return {
            "keep": pa.array(keeps, pa.bool_()).take(encoded.indices),
            "reason": pa.array(reasons, pa.string()).take(encoded.indices),
            "taken": pa.array(taken, pa.string()).take(encoded.indices),
        }


def _reason(answer: Answer, because: str) -> str:
    return f"license {'unknown' if answer is Answer.UNKNOWN else 'denied'}: {because}"
