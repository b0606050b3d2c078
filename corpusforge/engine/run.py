"""One command at work in an output_dir: its files, lock, workers, progress and log."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpusforge.config import CorpusExperiment, parse
from corpusforge.engine.executor import LocalExecutor
from corpusforge.engine.progress import Progress
from corpusforge.errors import RunError
from corpusforge.storage.files import read_json, sweep_temporaries, write_json
from corpusforge.storage.layout import Layout
from corpusforge.storage.lock import locked
from corpusforge.storage.manifest import Manifest, load_manifest
from corpusforge.storage.parts import PartEntry


@dataclass(frozen=True)
class Run:
    """What every step is given."""

    config: CorpusExperiment
    layout: Layout
    executor: LocalExecutor
    progress: Progress

    def parts(self) -> tuple[PartEntry, ...]:
        """The document files, in corpus order.

        Raises:
            RunError: nothing has been ingested.
        """
        return self.require("ingest", self.layout.manifest("ingest")).outputs

    def evidence(self, source: str) -> dict[str, str]:
        """The evidence files of a source, by path under output_dir → checksum."""
        files = self.require("ingest", self.layout.manifest("ingest")).files
        prefix = f"{self.layout.relative(self.layout.evidence)}/{source}-"
        # What follows the name of the source is a part number, which no name ends with.
        return {
            path: checksum
            for path, checksum in files.items()
            if path.startswith(prefix) and path[len(prefix) :].removesuffix(".parquet").isdigit()
        }

    def require(self, stage: str, path: Path) -> Manifest:
        """The manifest of an earlier stage.

        Raises:
            RunError: that stage has not ended.
        """
        manifest = load_manifest(path)
        if manifest is None:
            raise RunError(
                f"the {stage} stage has not been run",
                where=str(self.layout.root),
                do=f"run `corpusforge {stage}` or `corpusforge build` first",
            )
        return manifest

    def save_config(self) -> None:
        """Make this configuration the directory's own; commands without a file start from it.

        Called once a step has worked with it, so that a mistake in one command does not stand in
        the way of the next.
        """
        # Where the directory stands is not part of what it holds.
        resolved = self.config.model_dump(mode="json", exclude={"output_dir"})
        if not self.layout.config.is_file() or read_json(self.layout.config) != resolved:
            write_json(self.layout.config, resolved)

    @contextmanager
    def timed(self, stage: str) -> Iterator[dict[str, Any]]:
        """Log a stage's time and memory; the block may add facts to the yielded entry."""
        started = time.monotonic()
        entry: dict[str, Any] = {"stage": stage, "started": datetime.now(UTC).isoformat()}
        yield entry
        entry["seconds"] = round(time.monotonic() - started, 3)
        entry["peak_memory_bytes"] = _peak_memory_bytes()
        entry["workers"] = self.executor.workers
        with self.layout.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry, sort_keys=True) + "\n")
        line = f"{stage + ':':<18}{entry.get('summary', 'done')}"
        self.progress.say(f"{line}  ({entry['seconds']:.1f} s)")


@contextmanager
def open_run(
    output_dir: Path, config: CorpusExperiment | None, workers: int | None, progress: Progress
) -> Iterator[Run]:
    """Begin work in `output_dir`: take its lock and clear a killed run's leftovers.

    Without a `config` the one that the directory was last built with is used.

    Raises:
        RunError: another process is at work there, or there is no configuration yet.
    """
    layout = Layout(output_dir)
    with locked(layout.lock, "corpusforge"):
        sweep_temporaries(layout.root)
        with LocalExecutor(workers) as executor:
            yield Run(config or load_config(layout), layout, executor, progress)


def load_config(layout: Layout) -> CorpusExperiment:
    """The configuration that an output_dir was last worked on with.

    Raises:
        RunError: there is no corpus.
    """
    require_corpus(layout)
    tree = read_json(layout.config)
    return parse(
        {**tree, "output_dir": str(layout.root)}, CorpusExperiment, where=str(layout.config)
    )


def require_corpus(layout: Layout) -> None:
    """Test that an output_dir has a corpus.

    Raises:
        RunError: it has none.
    """
    if not layout.config.is_file():
        raise RunError(
            "there is no corpus here",
            where=str(layout.root),
            expected="a directory with corpus/corpus.json",
            do="start one with `corpusforge ingest` or `corpusforge build`",
        )


def _peak_memory_bytes() -> int:
    """Largest resident set of this process or of any one of its ended workers."""
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return int(max(own, children)) * unit
