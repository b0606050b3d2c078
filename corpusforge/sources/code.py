"""Source trees, archives of them, and single files."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from corpusforge.config import CodeSource
from corpusforge.errors import InputError
from corpusforge.sources.archive import is_archive, plan_archive, read_archive
from corpusforge.sources.filelist import Listed, ListedFile, cut_files, read_files
from corpusforge.sources.ignore import IgnoreRules, parse_rules
from corpusforge.sources.inputs import Input, find_inputs
from corpusforge.sources.source import Unit
from corpusforge.sources.tree import list_tree
from corpusforge.storage.documents import Reject
from corpusforge.storage.evidence import EvidenceFile


class CodeDocuments:
    """The text files of source trees and archives, one document each."""

    def __init__(self, config: CodeSource) -> None:
        self._config = config
        self._exclude = IgnoreRules().within("", parse_rules(config.exclude))

    def plan(self, part_bytes: int) -> tuple[list[Unit], list[Reject]]:
        inputs = find_inputs(self._config.path)
        _refuse_overlap(inputs)
        units: list[Unit] = []
        rejects: list[Reject] = []
        for given in inputs:
            if is_archive(given.path):
                planned, set_aside = plan_archive(
                    given, part_bytes, self._exclude, self._config.max_document_bytes
                )
            else:
                planned, set_aside = cut_files(
                    self._list(given), part_bytes, self._config.max_document_bytes
                )
            units += planned
            rejects += set_aside
        return units, rejects

    def read(self, unit: Unit) -> Iterator[pa.RecordBatch | Reject | EvidenceFile]:
        if "archive" in unit.spec:
            return read_archive(unit, self._exclude, self._config.max_document_bytes)
        return read_files(unit, self._config.max_document_bytes)

    def _list(self, given: Input) -> Iterator[Listed]:
        if given.path.is_dir():
            yield from list_tree(given, self._exclude, self._config.max_document_bytes)
        elif given.path.is_file():
            yield ListedFile(str(given.path), given.name, given.name, None, None)
        else:
            raise InputError(
                "an input is neither a file nor a directory",
                where=str(given.path),
                expected="a source tree, an archive or a text file",
            )


def _refuse_overlap(inputs: Sequence[Input]) -> None:
    directories = {given.path for given in inputs if given.path.is_dir()}
    for given in inputs:
        # An archive inside a tree is not read as part of the tree.
        if is_archive(given.path):
            continue
        if outer := directories.intersection(given.path.parents):
            raise InputError(
                "a path is inside another one, so its files would be read twice",
                where=str(given.path),
                got=f"also {min(outer)}",
                do="remove one of the two paths",
            )
