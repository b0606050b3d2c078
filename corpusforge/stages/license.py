"""The license stage: keeps what the policy allows and nobody opted out."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import CorpusExperiment, LicenseConfig, LicenseOverride
from corpusforge.licensing.expression import read_declaration
from corpusforge.licensing.globs import compile_globs
from corpusforge.licensing.optout import OptOut, parse_opt_out
from corpusforge.licensing.policy import NO_LICENSE, Answer, Decision, check_policy, decide
from corpusforge.stages.stage import StageStep


@dataclass(frozen=True)
class LicenseStage:
    """Decides by licence, once for each distinct expression.

    `taken` is the expression with the alternatives that were taken.
    """

    config: LicenseConfig
    name: ClassVar[str] = "license"
    version: ClassVar[int] = 2
    columns: ClassVar[tuple[str, ...]] = ("id", "source", "path", "repository", "content_hash")
    facts: ClassVar[Mapping[str, tuple[str, ...]]] = {"license": ("expression",)}
    extra: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("taken", pa.string()),
        pa.field("override", pa.string()),  # the reason of the override that set the licence
    )

    def __post_init__(self) -> None:
        check_policy(self.config)
        parse_opt_out(self.config.opt_out)

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self:
        return cls(config.corpus.license)

    @cached_property
    def _opt_out(self) -> OptOut:
        return parse_opt_out(self.config.opt_out)

    @cached_property
    def _rules(self) -> LicenseConfig:
        # Decisions are cached by their configuration, and opt-out lists can be long.
        return self.config.model_copy(update={"opt_out": ()})

    @cached_property
    def _overrides(self) -> tuple[LicenseOverride, ...]:
        return self.config.full_policy.overrides

    def decide(self, rows: pa.Table) -> dict[str, pa.Array]:
        expression = rows["expression"].combine_chunks()
        overridden = pa.nulls(len(rows), pa.string())
        for override in self._overrides:
            named = _named(rows, override)
            license = None if override.license == NO_LICENSE else read_declaration(override.license)
            expression = pc.if_else(named, pa.scalar(license, pa.string()), expression)
            overridden = pc.if_else(named, pa.scalar(override.reason), overridden)
        encoded = expression.dictionary_encode(null_encoding="encode")
        decisions = [decide(name, self._rules) for name in encoded.dictionary.to_pylist()]
        reasons = [self._reason(decision) for decision in decisions]
        taken = [decision.taken or None for decision in decisions]
        reason = pa.array(reasons, pa.string()).take(encoded.indices)
        if self.config.opt_out:
            reason = pc.coalesce(self._opt_out.reasons(rows), reason)
        return {
            "keep": pc.is_null(reason),
            "reason": reason,
            "taken": pa.array(taken, pa.string()).take(encoded.indices),
            "override": overridden,
        }

    def _reason(self, decision: Decision) -> str | None:
        """Return the reason why documents are dropped; None if they are kept."""
        match decision.answer:
            case Answer.ALLOW:
                return None
            case Answer.DENY:
                return f"license denied: {decision.because}"
        match self.config.of_unknown:
            case "keep":
                return None
            case "quarantine":
                return f"license quarantined: {decision.because}"
        return f"license unknown: {decision.because}"


def _named(rows: pa.Table, override: LicenseOverride) -> pa.Array:
    """Mark the rows that an override names."""
    named = np.ones(len(rows), bool)
    for column, value in (("source", override.source), ("repository", override.repository)):
        if value is not None:
            named &= pc.fill_null(pc.equal(rows[column], value), False).to_numpy()
    if override.path is not None:
        pattern = compile_globs((override.path,), crosses_directories=False)
        paths = rows["path"].to_pylist()
        fits = [path is not None and pattern.fullmatch(path) is not None for path in paths]
        named &= np.array(fits, bool)
    return pa.array(named)


STEP = StageStep(LicenseStage)
