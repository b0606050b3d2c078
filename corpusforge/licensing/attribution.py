"""Collects the copyright lines and notices that a corpus must carry, by work.

A work is a repository, or a source without repositories.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from corpusforge.licensing.comments import prose_lines
from corpusforge.licensing.evidence_names import Kind
from corpusforge.licensing.header import is_copyright_line
from corpusforge.storage.evidence import EvidenceFile

_LINES_SHOWN = 1000


class Attribution:
    """Collects what licences require to be kept with the material."""

    def __init__(self) -> None:
        self._licenses: dict[str, Counter[str]] = defaultdict(Counter)
        self._lines: dict[str, dict[str, None]] = defaultdict(dict)
        self._notices: dict[str, dict[str, str]] = defaultdict(dict)

    def add_documents(self, work: str, license: str, documents: int) -> None:
        """Count documents of a work that are kept under a licence."""
        self._licenses[work][license] += documents

    def add_copyright(self, work: str, lines: Iterable[str]) -> None:
        self._lines[work] |= dict.fromkeys(lines)

    def add_evidence(self, work: str, file: EvidenceFile) -> None:
        """Take the copyright lines of a licence or notice file, and the text of a notice."""
        if file.text is None or file.kind not in (Kind.LICENSE, Kind.NOTICE):
            return
        self.add_copyright(work, filter(is_copyright_line, prose_lines(file.text)))
        if file.kind == Kind.NOTICE:
            self._notices[work][file.path] = file.text

    def notice(self) -> Iterator[str]:
        """Yield the NOTICE file in pieces, for works with kept documents."""
        yield "This corpus holds material of the works below, under the licences named.\n"
        yield "Texts of the licences: corpus/evidence/, and spdx.org/licenses.\n"
        for work in sorted(self._licenses):
            yield f"\n{'=' * 79}\n{work}\n"
            for license, documents in sorted(self._licenses[work].items()):
                yield f"  {license}: {documents:,} documents\n"
            lines = sorted(self._lines[work])
            yield from (f"{line}\n" for line in lines[:_LINES_SHOWN])
            if len(lines) > _LINES_SHOWN:
                yield f"and {len(lines) - _LINES_SHOWN:,} more lines, in the documents\n"
            for path, text in sorted(self._notices[work].items()):
                yield f"\n--- {path}\n{text.strip()}\n"
