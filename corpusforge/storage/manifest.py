"""Manifests: what a stage read, how it was configured, what it wrote and what it counted."""

from pathlib import Path
from typing import Any

from pydantic import Field

from corpusforge.config import Frozen, parse
from corpusforge.storage.files import read_json, write_json
from corpusforge.storage.parts import PartEntry


class Manifest(Frozen):
    """One stage's manifest, `corpus/<stage>.json`, written when all its files stand."""

    stage: str
    version: int
    fingerprint: str  # of version, configuration and inputs: unchanged, the stage is skipped
    config: Any
    inputs: dict[str, str]  # path under output_dir, or source name → checksum
    outputs: tuple[PartEntry, ...]  # in corpus order: sources as configured, then part number
    counts: dict[str, int]
    files: dict[str, str] = Field(default_factory=dict)  # other files: path → checksum
    reasons: dict[str, int] = Field(default_factory=dict)  # why documents did not go on

    def has_read(self, directory: str, outputs: tuple[PartEntry, ...]) -> bool:
        """Whether the stage was run on these part files of a directory under output_dir."""
        return all(
            self.inputs.get(f"{directory}/{part.name}.parquet") == part.checksum for part in outputs
        )

    @property
    def rows(self) -> int:
        return sum(entry.rows for entry in self.outputs)


def load_manifest(path: Path) -> Manifest | None:
    """A stage's manifest, or None where the stage has not ended.

    Raises:
        RunError: the file is not JSON.
        ConfigError: the file is no manifest.
    """
    if not path.is_file():
        return None
    return parse(read_json(path), Manifest, where=str(path))


def save_manifest(path: Path, manifest: Manifest) -> None:
    write_json(path, manifest.model_dump(mode="json"))


def is_current(path: Path, fingerprint: str, directory: Path) -> Manifest | None:
    """The manifest, if the stage ended with this fingerprint and its part files are still there.

    Presence and size are tested here; `corpusforge verify` reads the checksums.
    """
    manifest = load_manifest(path)
    if manifest is None or manifest.fingerprint != fingerprint:
        return None
    for entry in manifest.outputs:
        file = directory / f"{entry.name}.parquet"
        if not file.is_file() or file.stat().st_size != entry.num_bytes:
            return None
    return manifest
