"""The secrets fact: the spans of each document that are secrets, by kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.config import CorpusExperiment, SecretsConfig
from corpusforge.facts.fact import FactStep
from corpusforge.redaction.secrets import kinds
from corpusforge.redaction.secrets.kinds import DOCUMENTS_WITH_SECRETS, FOUND_PREFIX
from corpusforge.redaction.spans import SECRET_SPAN, spans_schema


@dataclass(frozen=True)
class SecretsFact:
    """The spans to redact, in bytes of the text; they are applied when tokenizing."""

    config: SecretsConfig
    name: ClassVar[str] = "secrets"
    version: ClassVar[int] = 1
    releases_the_lock: ClassVar[bool] = True  # except for texts with an anchor
    columns: ClassVar[tuple[str, ...]] = ("text",)
    live_only: ClassVar[bool] = False
    schema: ClassVar[pa.Schema] = spans_schema(SECRET_SPAN)
    count_names: ClassVar[tuple[str, ...]] = (DOCUMENTS_WITH_SECRETS,)

    @classmethod
    def from_config(cls, config: CorpusExperiment) -> Self | None:
        secrets = config.corpus.secrets
        return cls(secrets) if secrets.enabled else None

    def compute(self, documents: pa.Table) -> pa.Table:
        from corpusforge.redaction.secrets.find import find_secrets

        wanted = [*kinds.CREDENTIALS]
        wanted += [kinds.EMAILS] if self.config.emails else []
        wanted += [kinds.IP_ADDRESSES] if self.config.ip_addresses else []
        chunks = [find_secrets(texts, wanted) for texts in documents["text"].chunks]
        spans = pa.chunked_array(chunks, self.schema.field("spans").type)
        return pa.table([spans], schema=self.schema)

    def counts(self, columns: pa.Table) -> Mapping[str, int]:
        """Count documents with secrets, and secrets by kind."""
        spans = columns["spans"].combine_chunks()
        by_kind = pc.value_counts(spans.flatten().field("kind")).to_pylist()
        found = {f"{FOUND_PREFIX}{entry['values']}": entry["counts"] for entry in by_kind}
        having = pc.sum(pc.greater(pc.list_value_length(spans), 0)).as_py() or 0
        return {DOCUMENTS_WITH_SECRETS: having, **found}

    @staticmethod
    def summary(counts: Mapping[str, int]) -> str:
        found = sum(count for name, count in counts.items() if name.startswith(FOUND_PREFIX))
        having = counts[DOCUMENTS_WITH_SECRETS]
        return f"{found:,} found in {having:,} of {counts['documents']:,} documents"


STEP = FactStep(SecretsFact)
