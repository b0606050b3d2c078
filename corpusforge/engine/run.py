"""The context of one command: configuration, paths, workers, progress, lock and log."""

import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from corpusforge.config import CorpusExperiment, parse
from corpusforge.engine.executor import Executor
from corpusforge.engine.live_rows import LiveRows
from corpusforge.engine.local_executor import LocalExecutor
from corpusforge.engine.progress import Progress
from corpusforge.errors import RunError
from corpusforge.storage.files import read_json, sweep_temporaries, write_json
from corpusforge.storage.layout import Layout
from corpusforge.storage.lock import locked
from corpusforge.storage.manifest import part_files, require_manifest
from corpusforge.storage.parts import PartEntry


@dataclass(frozen=True)
class Run:
    """Context passed to every step."""

    config: CorpusExperiment
    layout: Layout
    executor: Executor
    progress: Progress

    def parts(self) -> tuple[PartEntry, ...]:
        """The document files, in corpus order.

        Raises:
            RunError: nothing has been ingested.
        """
        return require_manifest(self.layout.manifest("ingest")).outputs

    def document_files(self) -> dict[str, str]:
        """The document files as an input: path under output_dir → checksum."""
        return part_files(self.layout, self.layout.document_file, self.parts())

    def verdict_files(self, stage: str) -> dict[str, str]:
        """The verdicts of a stage as an input: path under output_dir → checksum.

        Raises:
            RunError: the stage has not been run.
        """
        verdicts = require_manifest(self.layout.manifest(stage))
        return part_files(self.layout, partial(self.layout.verdict_file, stage), verdicts.outputs)

    def fact_files(self, fact: str) -> dict[str, str]:
        """The files of a fact as an input: path under output_dir → checksum.

        Raises:
            RunError: the fact has not been computed.
        """
        computed = require_manifest(self.layout.fact_manifest(fact))
        return part_files(self.layout, partial(self.layout.fact_file, fact), computed.outputs)

    def evidence_files(self) -> dict[str, dict[str, str]]:
        """The evidence files of each source, in corpus order: path under output_dir → checksum."""
        ingest = require_manifest(self.layout.manifest("ingest"))
        directory = f"{self.layout.relative(self.layout.evidence)}/"
        by_source: dict[str, dict[str, str]] = {part.source: {} for part in ingest.outputs}
        for path, checksum in ingest.files.items():
            if path.startswith(directory):
                source = path.removeprefix(directory).rpartition("-")[0]
                by_source[source][path] = checksum
        return by_source

    def live_rows(self, stage: str | None, facts: Mapping[str, tuple[str, ...]]) -> LiveRows:
        """The rows that a stage and all earlier ones keep, with columns of `facts`."""
        return LiveRows(self.layout, self.parts(), facts, stage, self.executor, self.progress)

    def save_config(self) -> None:
        """Save the configuration; later commands without a configuration file start from it.

        Called after the steps have run, so that a mistake in one command does not block the next.
        """
        # A moved directory holds the same corpus.
        resolved = self.config.model_dump(mode="json", exclude={"output_dir"})
        if not self.layout.config.is_file() or read_json(self.layout.config) != resolved:
            write_json(self.layout.config, resolved)

    @contextmanager
    def timed(self, step: str) -> Iterator[dict[str, Any]]:
        """Log the time and memory of a step; the block may add to the yielded entry."""
        started = time.monotonic()
        entry: dict[str, Any] = {"stage": step, "started": datetime.now(UTC).isoformat()}
        yield entry
        entry["seconds"] = round(time.monotonic() - started, 3)
        entry["peak_memory_bytes"] = _peak_memory_bytes()
        entry["workers"] = self.executor.workers
        with self.layout.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry, sort_keys=True) + "\n")
        line = f"{step + ':':<18}{entry.get('summary', 'done')}"
        self.progress.say(f"{line}  ({entry['seconds']:.1f} s)")


@contextmanager
def open_run(
    output_dir: Path, config: CorpusExperiment | None, workers: int | None, progress: Progress
) -> Iterator[Run]:
    """Lock `output_dir` and remove what a killed command left half-written.

    `config` defaults to the configuration that the directory was last built with.

    Raises:
        RunError: another process works there, or there is no configuration yet.
    """
    layout = Layout(output_dir)
    with locked(layout.lock, "corpusforge"), LocalExecutor(workers) as executor:
        sweep_temporaries(layout.root)
        yield Run(config or load_config(layout), layout, executor, progress)


def load_config(layout: Layout) -> CorpusExperiment:
    """Load the configuration that an output_dir was last built with.

    Raises:
        RunError: there is no corpus.
    """
    require_corpus(layout)
    tree = read_json(layout.config)
    return parse(
        {**tree, "output_dir": str(layout.root)}, CorpusExperiment, where=str(layout.config)
    )


def require_corpus(layout: Layout) -> None:
    """Check that an output_dir has a corpus.

    Raises:
        RunError: it has none.
    """
    if not layout.config.is_file():
        raise no_corpus_error(layout)


def no_corpus_error(layout: Layout) -> RunError:
    return RunError(
        "there is no corpus here",
        where=str(layout.root),
        expected="a directory with corpus/corpus.json",
        do="start one with `corpusforge ingest` or `corpusforge build`",
    )


def _peak_memory_bytes() -> int:
    """Return the largest resident set of this process and of its ended workers."""
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return int(max(own, children)) * unit
