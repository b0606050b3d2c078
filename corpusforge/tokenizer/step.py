"""The tokenizer step: learn a vocabulary from the kept train documents, or adopt a given one."""

from collections.abc import Sequence
from pathlib import Path

from corpusforge.config import TokenizerConfig
from corpusforge.engine.run import Run
from corpusforge.errors import RunError
from corpusforge.redaction.apply import fact_inputs, redacting_facts
from corpusforge.storage.files import file_checksum, fingerprint
from corpusforge.storage.manifest import Manifest, is_current, save_manifest
from corpusforge.storage.parts import PartEntry
from corpusforge.tokenizer.load import load_sentencepiece, load_tokenizer
from corpusforge.tokenizer.sample import sample_texts, source_bytes, source_shares
from corpusforge.tokenizer.train import adopt_model, train_tokenizer

VERSION = 2


class TokenizerStep:
    """Writes tokenizer.json, and tokenizer.model for SentencePiece."""

    name = "tokenizer"
    reads_outside = False

    def current(self, run: Run) -> Manifest | None:
        layout = run.layout
        key = self._fingerprint(run, self._inputs(run))
        manifest = is_current(layout.manifest(self.name), key, layout.root)
        if manifest is None or not all((layout.root / path).is_file() for path in manifest.files):
            return None
        return manifest

    def summary(self, manifest: Manifest) -> str:
        pieces, sampled = manifest.counts["vocab_size"], manifest.counts["sampled_bytes"]
        if not sampled:
            return f"{pieces:,} pieces, as given"
        asked = manifest.config["vocab_size"]
        fewer = f" ({asked:,} asked for; the text has no more)" if pieces < asked else ""
        return f"{pieces:,} pieces{fewer} from {sampled / 1e6:,.1f} MB of text"

    def make(self, run: Run) -> Manifest:
        layout, config = run.layout, run.config.tokenizer
        layout.manifest(self.name).unlink(missing_ok=True)
        sampled = 0
        if model := given_model(config):
            adopt_model(model, layout.root)
        else:
            parts = run.parts()
            sizes = source_bytes(layout, parts)
            if not sizes:
                raise _nothing_left(run)
            drawn = source_shares(sizes, _weights(run), config.sample_bytes)
            redacting = redacting_facts(run.config.corpus)
            texts = sample_texts(layout, parts, drawn, config.seed, redacting)
            sampled = train_tokenizer(config, texts, layout.root)
        tokenizer = load_tokenizer(layout.root)
        files = [layout.tokenizer, layout.sentencepiece_model]
        inputs = self._inputs(run)
        manifest = Manifest(
            stage=self.name,
            version=VERSION,
            fingerprint=self._fingerprint(run, inputs),
            config=config.model_dump(mode="json"),
            inputs=inputs,
            outputs=(),
            files={layout.relative(f): file_checksum(f) for f in files if f.is_file()},
            counts={"vocab_size": tokenizer.vocab_size, "sampled_bytes": sampled},
        )
        save_manifest(layout.manifest(self.name), manifest)
        return manifest

    def _inputs(self, run: Run) -> dict[str, str]:
        if model := given_model(run.config.tokenizer):
            return {model.name: file_checksum(model)}
        inputs = {f"corpus/documents/{part.name}.parquet": part.checksum for part in run.parts()}
        split = run.require("split", run.layout.manifest("split"))
        for part in split.outputs:
            inputs[f"corpus/verdicts/split/{part.name}.parquet"] = part.checksum
        return inputs | fact_inputs(run)

    def _fingerprint(self, run: Run, inputs: dict[str, str]) -> str:
        config = run.config.tokenizer
        if config.model:
            # A given model stays what it is, whatever the documents.
            return fingerprint(self.name, VERSION, sorted(inputs.values()))
        return fingerprint(
            self.name, VERSION, config.model_dump(mode="json"), inputs, _weights(run)
        )


def given_model(config: TokenizerConfig) -> Path | None:
    """The ready model that is configured; None where a vocabulary is to be learned.

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


def _nothing_left(run: Run) -> RunError:
    of_train = _of_train_sources(run, run.parts())
    total = sum(part.rows for part in of_train)
    if not total:
        return RunError(
            "no document was ingested",
            where=str(run.layout.root),
            expected="train sources with documents in them",
            do="mend corpus.train_sources; corpus/rejects/ says what could not become a document",
        )
    lost = []
    for stage in ("license", "dedup"):
        manifest = run.require(stage, run.layout.manifest(stage))
        lost += [f"{count:,} {reason}" for reason, count in manifest.reasons.items()]
    do = (
        "see `corpusforge report`; documents without a licence can be given one with "
        "`license:` on their source, or kept with `license: {unknown: keep}`"
    )
    split = run.require("split", run.layout.manifest("split"))
    if held_out := sum(part.counts["kept"] for part in _of_train_sources(run, split.outputs)):
        lost.append(f"{held_out:,} of {total:,} documents are held out")
        do = (
            "lower split.validation, or try another split.seed: a repository goes to one side whole"
        )
    return RunError(
        "no train document is left", where=str(run.layout.root), got="; ".join(lost), do=do
    )


def _of_train_sources(run: Run, parts: Sequence[PartEntry]) -> list[PartEntry]:
    held_out = run.config.corpus.held_out_names()
    return [part for part in parts if part.source not in held_out]
