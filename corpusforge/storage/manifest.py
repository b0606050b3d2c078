"""Manifests: what a step read, how it was configured, what it wrote and what it counted."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from corpusforge.config import Frozen, parse
from corpusforge.errors import RunError
from corpusforge.storage.files import read_json, write_json
from corpusforge.storage.layout import Layout
from corpusforge.storage.parts import PartEntry


class Manifest(Frozen):
    """The manifest of one step, `corpus/<step>.json`. It is written after all files of the step."""

    stage: str  # name of the step
    version: int
    fingerprint: (
        str  # of version, configuration and inputs; while it is the same, the step is skipped
    )
    config: Any
    inputs: dict[str, str]  # path under output_dir, or source name → checksum
    outputs: tuple[PartEntry, ...]  # in corpus order: sources as configured, then part number
    counts: dict[str, int]
    files: dict[str, str] = Field(default_factory=dict)  # other files: path → checksum
    reasons: dict[str, int] = Field(default_factory=dict)  # dropped or rejected, by reason

    def has_read(self, files: Mapping[str, str]) -> bool:
        """Whether the step read exactly these files, path under output_dir → checksum."""
        return all(self.inputs.get(path) == checksum for path, checksum in files.items())

    @property
    def rows(self) -> int:
        return sum(entry.rows for entry in self.outputs)


def load_manifest(path: Path) -> Manifest | None:
    """Load a manifest; None if the step has not ended.

    Raises:
        RunError: the file is not JSON.
        ConfigError: the file is not a manifest.
    """
    if not path.is_file():
        return None
    return parse(read_json(path), Manifest, where=str(path))


def require_manifest(path: Path) -> Manifest:
    """Load the manifest of a step that must have ended.

    Raises:
        RunError: it has not.
    """
    manifest = load_manifest(path)
    if manifest is None:
        raise RunError(
            f"the {path.stem} step has not been run",
            where=str(path),
            do="run `corpusforge build` first",
        )
    return manifest


def save_manifest(path: Path, manifest: Manifest) -> None:
    write_json(path, manifest.model_dump(mode="json"))


def part_files(
    layout: Layout, file_of: Callable[[str], Path], parts: Iterable[PartEntry]
) -> dict[str, str]:
    """Part files as manifests name inputs: path under output_dir → checksum.

    `file_of` leads from the name of a part to its file, such as `layout.document_file`.
    """
    return {layout.relative(file_of(part.name)): part.checksum for part in parts}
