"""A step of a build, and the work that is the same for all steps.

A step says what it reads, how it is configured and how its files are made. The rest happens here,
once: compare fingerprints, skip what is up to date, remove the old manifest before its files
change, write the new one after all files are complete.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from corpusforge.config import CorpusExperiment
from corpusforge.engine.run import Run
from corpusforge.storage.files import fingerprint
from corpusforge.storage.layout import Layout
from corpusforge.storage.manifest import Manifest, load_manifest, part_files, save_manifest
from corpusforge.storage.parts import PartEntry


@dataclass(frozen=True)
class Made:
    """The result of a step. It becomes the step's manifest."""

    outputs: tuple[PartEntry, ...] = ()  # part files, in corpus order
    counts: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # other files: path → checksum
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """One step of a build. Picklable, without state: what it needs is in the run."""

    # stages that decide before this step, in order; set by pipeline.py
    stages_before: tuple[str, ...] = ()

    # its inputs are outside the run; only `prepare` can tell whether they changed
    reads_outside: ClassVar[bool] = False

    @property
    @abstractmethod
    def name(self) -> str:
        """Name in the log and in the manifest."""

    @property
    @abstractmethod
    def version(self) -> int:
        """Increase this when the step makes different files from the same inputs."""

    @abstractmethod
    def config(self, run: Run) -> Any:
        """The part of the configuration that decides what is made, as JSON-able values."""

    def prepare(self, run: Run) -> Any:
        """Do everything that may fail before any file is written: the earlier files then stay
        valid."""
        return None

    @abstractmethod
    def inputs(self, run: Run, prepared: Any = None) -> dict[str, str]:
        """What the step reads: path under output_dir, or name → checksum.

        `prepared` is the result of `prepare`, for a step that reads outside the run.

        Raises:
            RunError: an earlier step has not been run.
        """

    @abstractmethod
    def make(self, run: Run, key: str, prepared: Any) -> Made:
        """Make the files that are missing.

        `key` is the fingerprint of version, configuration and inputs. Part files that carry the
        right stamp are finished and are kept.
        """

    @abstractmethod
    def summary(self, manifest: Manifest) -> str:
        """The result in a few words."""

    @abstractmethod
    def places(self, layout: Layout) -> tuple[Path, ...]:
        """The files that the step writes, or directories of them."""

    def part_file(self, layout: Layout, part: str) -> Path:
        """The file of one part, for steps that write part files."""
        raise NotImplementedError(f"{self.name} writes no part files")

    def manifest_file(self, layout: Layout) -> Path:
        return layout.manifest(self.name)

    def is_enabled(self, config: CorpusExperiment) -> bool:
        return True

    def check(self, config: CorpusExperiment) -> None:
        """Find mistakes in the configuration. Called for every step before any of them works.

        Raises:
            UserError: the step cannot work with this configuration.
        """
        return None

    def fingerprint(self, run: Run, inputs: Mapping[str, str]) -> str:
        return fingerprint(self.name, self.version, self.config(run), inputs)

    def written(self, layout: Layout, manifest: Manifest) -> dict[str, str]:
        """Every file that the manifest names: path under output_dir → checksum."""
        return {
            **part_files(layout, partial(self.part_file, layout), manifest.outputs),
            **manifest.files,
        }

    def is_complete(self, layout: Layout, manifest: Manifest) -> bool:
        """Whether the files of a manifest exist, part files with their size.

        `corpusforge verify` compares checksums.
        """
        sizes = ((self.part_file(layout, part.name), part.num_bytes) for part in manifest.outputs)
        return all(file.is_file() and file.stat().st_size == size for file, size in sizes) and all(
            (layout.root / file).is_file() for file in manifest.files
        )


def execute(run: Run, step: Step) -> Manifest:
    """Bring one step up to date and log it."""
    path = step.manifest_file(run.layout)
    with run.timed(step.name) as entry:
        manifest = load_manifest(path)
        prepared = step.prepare(run) if step.reads_outside else None
        inputs = step.inputs(run, prepared)
        key = step.fingerprint(run, inputs)
        if manifest and manifest.fingerprint == key and step.is_complete(run.layout, manifest):
            entry["summary"] = "up to date"
            return manifest
        if not step.reads_outside:
            prepared = step.prepare(run)
        # Remove the manifest first, so that nothing relies on files that are about to change.
        path.unlink(missing_ok=True)
        made = step.make(run, key, prepared)
        manifest = Manifest(
            stage=step.name,
            version=step.version,
            fingerprint=key,
            config=step.config(run),
            inputs=inputs,
            outputs=made.outputs,
            counts=dict(made.counts),
            files=dict(made.files),
            reasons=dict(made.reasons),
        )
        save_manifest(path, manifest)
        entry["summary"] = step.summary(manifest)
        return manifest


def is_up_to_date(run: Run, step: Step) -> bool:
    """Whether nothing in the run that a step depends on has changed since it ended.

    The inputs of a step that reads outside the run are not looked at.
    """
    manifest = load_manifest(step.manifest_file(run.layout))
    if manifest is None:
        return False
    if step.reads_outside:
        unchanged = manifest.config == step.config(run)
    else:
        unchanged = manifest.fingerprint == step.fingerprint(run, step.inputs(run))
    return unchanged and step.is_complete(run.layout, manifest)
