"""The facts whose spans are left out or replaced when documents are tokenized."""

from corpusforge.config import CorpusConfig
from corpusforge.engine.run import Run
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import load_manifest

LINES, SECRETS = "lines", "secrets"
CUT = ("cut_documents", "cut_lines", "cut_bytes")  # counts of the lines fact


def redacting_facts(corpus: CorpusConfig) -> tuple[str, ...]:
    """Names of the facts that this configuration uses to redact documents."""
    return (*([LINES] * bool(corpus.dedup.lines)), *([SECRETS] * corpus.secrets.enabled))


def fact_inputs(run: Run) -> dict[str, str]:
    """The files of these facts as an input: path under output_dir → checksum.

    Raises:
        RunError: one of the facts has not been computed.
    """
    inputs: dict[str, str] = {}
    for fact in redacting_facts(run.config.corpus):
        inputs |= run.fact_files(fact)
    return inputs


def applied_facts(layout: Layout, part: str) -> tuple[str, ...]:
    """Names of the facts that were used to redact the shards of a document file."""
    made = load_manifest(layout.manifest("tokenize"))
    inputs = made.inputs if made is not None else {}
    return tuple(
        fact for fact in (LINES, SECRETS) if layout.relative(layout.fact_file(fact, part)) in inputs
    )
