"""The tokenizer step: learn a vocabulary from the kept train documents, or adopt a ready model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from corpusforge.config import CorpusExperiment, TokenizerConfig
from corpusforge.engine.run import Run
from corpusforge.engine.step import Made, Step
from corpusforge.errors import RunError
from corpusforge.redaction.facts import fact_inputs, redacting_facts
from corpusforge.storage.files import file_checksum, fingerprint
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, require_manifest
from corpusforge.storage.parts import PartEntry
from corpusforge.tokenizer.load import load_sentencepiece, load_tokenizer
from corpusforge.tokenizer.sample import sample_texts, source_bytes, source_shares
from corpusforge.tokenizer.train import adopt_model, train_tokenizer


@dataclass(frozen=True)
class TokenizerStep(Step):
    """Writes tokenizer.json, and tokenizer.model for SentencePiece."""

    name: ClassVar[str] = "tokenizer"
    version: ClassVar[int] = 2

    def check(self, config: CorpusExperiment) -> None:
        given_model(config.tokenizer)

    def config(self, run: Run) -> Any:
        return run.config.tokenizer.model_dump(mode="json")

    def inputs(self, run: Run, prepared: Any = None) -> dict[str, str]:
        if model := given_model(run.config.tokenizer):
            return {model.name: file_checksum(model)}
        return run.document_files() | run.verdict_files(self.stages_before[-1]) | fact_inputs(run)

    def fingerprint(self, run: Run, inputs: Mapping[str, str]) -> str:
        if run.config.tokenizer.model:
            # A ready model does not change with the documents.
            return fingerprint(self.name, self.version, sorted(inputs.values()))
        return fingerprint(self.name, self.version, self.config(run), inputs, _weights(run))

    def make(self, run: Run, key: str, prepared: Any) -> Made:
        layout, config = run.layout, run.config.tokenizer
        sampled = 0
        if model := given_model(config):
            adopt_model(model, layout.root)
        else:
            parts = run.parts()
            sizes = source_bytes(layout, parts)
            if not sizes:
                raise self._nothing_left(run)
            drawn = source_shares(sizes, _weights(run), config.sample_bytes)
            redacting = redacting_facts(run.config.corpus)
            texts = sample_texts(layout, parts, drawn, config.seed, redacting)
            sampled = train_tokenizer(config, texts, layout.root)
        tokenizer = load_tokenizer(layout.root)
        files = (file for file in self.places(layout) if file.is_file())
        return Made(
            counts={"vocab_size": tokenizer.vocab_size, "sampled_bytes": sampled},
            files={layout.relative(file): file_checksum(file) for file in files},
        )

    def summary(self, manifest: Manifest) -> str:
        pieces, sampled = manifest.counts["vocab_size"], manifest.counts["sampled_bytes"]
        if not sampled:
            return f"{pieces:,} pieces, as given"
        asked = manifest.config["vocab_size"]
        fewer = f" ({asked:,} asked for; the text has no more)" if pieces < asked else ""
        return f"{pieces:,} pieces{fewer} from {sampled / 1e6:,.1f} MB of text"

    def places(self, layout: Layout) -> tuple[Path, ...]:
        return (layout.tokenizer, layout.sentencepiece_model)

    def _nothing_left(self, run: Run) -> RunError:
        of_train = _of_train_sources(run, run.parts())
        total = sum(part.rows for part in of_train)
        if not total:
            return RunError(
                "no document was ingested",
                where=str(run.layout.root),
                expected="train sources with documents in them",
                do="fix corpus.train_sources; corpus/rejects/ says what could not be read",
            )
        verdicts = [require_manifest(run.layout.manifest(stage)) for stage in self.stages_before]
        lost = [
            f"{count:,} {reason}"
            for verdict in verdicts
            for reason, count in verdict.reasons.items()
        ]
        do = (
            "see `corpusforge report`; documents without a licence can be given one with "
            "`license:` on their source, or kept with `license: {unknown: keep}`"
        )
        kept = _of_train_sources(run, verdicts[-1].outputs)
        if held_out := sum(part.counts["kept"] for part in kept):
            lost.append(f"{held_out:,} of {total:,} documents are held out")
            do = (
                "lower split.validation, or try another split.seed: a repository goes to one side "
                "whole"
            )
        return RunError(
            "no train document is left", where=str(run.layout.root), got="; ".join(lost), do=do
        )


def given_model(config: TokenizerConfig) -> Path | None:
    """The ready model of the configuration; None if a vocabulary is learned.

    Raises:
        InputError: it cannot be read or used.
    """
    if not config.model:
        return None
    path = Path(config.model).expanduser()
    load_sentencepiece(path)
    return path


def _weights(run: Run) -> dict[str, float]:
    return {source.name: source.weight for source in run.config.corpus.sources()}


def _of_train_sources(run: Run, parts: Sequence[PartEntry]) -> list[PartEntry]:
    held_out = run.config.corpus.held_out_names()
    return [part for part in parts if part.source not in held_out]


STEP = TokenizerStep()
