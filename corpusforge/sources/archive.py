"""Archives, read without unpacking. No member is written to disk or can exhaust the machine.

An archive is one repository. Its .gitignore files have no effect. A .zip is cut into ranges of
members. A tar is a stream, so it is one unit.
"""

import posixpath
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Self, cast

from corpusforge.licensing.evidence_names import Kind, evidence_kind
from corpusforge.sources.evidencefile import MAX_EVIDENCE_BYTES, UNREAD_EVIDENCE, evidence_file
from corpusforge.sources.ignore import IgnoreRules
from corpusforge.sources.inputs import Input, public_name
from corpusforge.sources.languages import may_be_text
from corpusforge.sources.refusal import Refused, refusing_unreadable
from corpusforge.sources.source import Document, Unit, cut, in_batches
from corpusforge.sources.streams import check_expansion, read_blocks
from corpusforge.sources.textfile import read_text
from corpusforge.sources.tree import SKIPPED_DIRECTORIES
from corpusforge.storage.documents import Reject
from corpusforge.storage.evidence import EvidenceFile
from corpusforge.storage.files import file_checksum, fingerprint

_ZIPS = (".zip", ".whl")
_TARS = (
    ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tgz", ".tbz2", ".txz", ".tzst", ".tar",
)  # fmt: skip
# A tar header may announce a name or attributes of any length. Real ones are short.
_MAX_HEADER_BYTES = 1 << 20
_LONG_HEADERS = frozenset(
    {
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    }
)
# Reject reasons of a licence file that exists but cannot be read.
_UNREADABLE = frozenset({"link", "special-file", "oversized", "encrypted", "corrupt"})
_ENCRYPTED = 1  # bit of a zip member's flags
# Exceptions of the standard library for damaged or hostile archives, in addition to its own errors.
_BROKEN = (ValueError, OverflowError, RecursionError, EOFError, struct.error, zlib.error)
# A negative file offset raises OSError.
_BROKEN_ZIP = (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, *_BROKEN)


def is_archive(path: Path) -> bool:
    """Return whether a file is an archive, by its name."""
    return path.name.lower().endswith((*_ZIPS, *_TARS)) and path.is_file()


@dataclass(frozen=True)
class _Admitted:
    """A member to read, as evidence, as a document, or as both."""

    path: str
    kind: Kind | None  # kind of evidence, if it is evidence
    refused: Refused | None  # why it is not a document, if it is not


class _MemberFilter:
    """Decides by name, kind and size which members to read."""

    def __init__(self, exclude: IgnoreRules, max_file_bytes: int) -> None:
        self._exclude = exclude
        self._max_file_bytes = max_file_bytes
        self._seen: set[str] = set()

    def admit(self, name: str, num_bytes: int) -> "_Admitted":
        """Return how to read a member. Its path becomes valid Unicode without "./".

        Raises:
            Refused: "unsafe-name", "duplicate-name", "version-control", "cache",
                "installed-packages", "excluded", "unknown-type" or "oversized".
        """
        steps = name.replace("\\", "/").split("/")
        if ".." in steps or not steps[0] or steps[0].endswith(":") or "\0" in name:
            raise Refused("unsafe-name")
        path = posixpath.normpath(name)
        if path in self._seen:
            raise Refused("duplicate-name")
        self._seen.add(path)
        for step in path.split("/")[:-1]:
            if reason := SKIPPED_DIRECTORIES.get(step):
                raise Refused(reason)
        refused = self._refused(path, num_bytes)
        kind = evidence_kind(path)
        if refused and (kind is None or num_bytes > MAX_EVIDENCE_BYTES):
            raise refused
        return _Admitted(public_name(path), kind, refused)

    def _refused(self, path: str, num_bytes: int) -> Refused | None:
        """Return why a member is not a document."""
        if self._exclude.ignore_under(path):
            return Refused("excluded")
        if not may_be_text(path):
            return Refused("unknown-type")
        if num_bytes > self._max_file_bytes:
            return Refused("oversized", f"{num_bytes:,} bytes")
        return None


def plan_archive(
    given: Input, part_bytes: int, exclude: IgnoreRules, max_file_bytes: int
) -> tuple[list[Unit], list[Reject]]:
    """Return the units of an archive, or a reject if the archive cannot be read."""
    parts = [slice(0, None)]
    try:
        with refusing_unreadable():
            num_bytes = given.path.stat().st_size
            checksum = file_checksum(given.path)
        if num_bytes == 0:
            raise Refused("empty", "a file of 0 bytes")
        if _is_zip(given.path):
            with zipfile.ZipFile(given.path) as archive:
                members = _zip_members(archive, _MemberFilter(exclude, max_file_bytes))
            sizes = [0 if isinstance(member, Reject) else member[0].file_size for member in members]
            # Reading a member stops at its declared size, so this bounds the actual size as well.
            check_expansion(num_bytes, sum(sizes))
            parts = list(cut(sizes, part_bytes))
    except Refused as refused:
        return [], [refused.at(given.name)]
    except _BROKEN_ZIP as error:
        return [], [Reject(given.name, "corrupt", detail=str(error))]
    units = [
        Unit(
            spec={
                "archive": str(given.path),
                "name": given.name,
                "start": part.start,
                "stop": part.stop,
            },
            checksum=fingerprint(given.name, checksum, part.start, part.stop),
            num_bytes=num_bytes // len(parts),
        )
        for part in parts
    ]
    return units, []


@in_batches
def read_archive(
    unit: Unit, exclude: IgnoreRules, max_file_bytes: int
) -> Iterator[Document | Reject | EvidenceFile]:
    """Yield the documents, rejects and evidence of a unit from `plan_archive`."""
    path = Path(unit.spec["archive"])
    name: str = unit.spec["name"]
    repository = _without_suffix(name)
    member_filter = _MemberFilter(exclude, max_file_bytes)
    if _is_zip(path):
        members = _read_zip(path, member_filter, unit.spec["start"], unit.spec["stop"])
    else:
        members = _read_tar(path, member_filter)
    for member in members:
        if isinstance(member, Reject):
            inside = f"{name}/{member.path}" if member.path else name
            yield replace(member, path=inside)
            if member.reason in _UNREADABLE and (kind := evidence_kind(member.path)):
                yield from _evidence(inside, repository, kind, member.reason)
            continue
        admitted, data = member
        inside = f"{name}/{admitted.path}"
        if admitted.kind:
            yield from _evidence(inside, repository, admitted.kind, data)
        try:
            if admitted.refused:
                raise admitted.refused
            text, language = read_text(admitted.path, data)
            yield Document(inside, text, path=inside, repository=repository, language=language)
        except Refused as refused:
            yield refused.at(inside)


def _evidence(
    path: str, repository: str, kind: Kind, data: bytes | str
) -> Iterator[EvidenceFile | Reject]:
    evidence = evidence_file(path, repository, kind, data)
    yield evidence
    if evidence.problem:
        yield Reject(path, UNREAD_EVIDENCE, detail=evidence.problem)


def _read_zip(
    path: Path, member_filter: _MemberFilter, start: int, stop: int | None
) -> Iterator[tuple[_Admitted, bytes] | Reject]:
    try:
        with refusing_unreadable():
            file = path.open("rb")
        with file, zipfile.ZipFile(file) as archive:
            for member in _zip_members(archive, member_filter)[start:stop]:
                yield member if isinstance(member, Reject) else _read_member(archive, *member)
    except Refused as refused:
        yield refused.at("")
    except _BROKEN_ZIP as error:
        yield Reject("", "corrupt", detail=str(error))


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, admitted: _Admitted
) -> tuple[_Admitted, bytes] | Reject:
    try:
        with archive.open(info) as handle:
            # Without a size, all of the data would be decompressed before it is cut.
            return admitted, handle.read(info.file_size)
    except _BROKEN_ZIP as error:
        return Reject(admitted.path, "corrupt", detail=str(error))


def _zip_members(
    archive: zipfile.ZipFile, member_filter: _MemberFilter
) -> list[tuple[zipfile.ZipInfo, _Admitted] | Reject]:
    members: list[tuple[zipfile.ZipInfo, _Admitted] | Reject] = []
    for info in archive.infolist():
        if info.filename.endswith("/"):
            continue
        try:
            mode = info.external_attr >> 16
            if stat.S_ISLNK(mode):
                raise Refused("link")
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise Refused("special-file")
            admitted = member_filter.admit(info.filename, info.file_size)
            if info.flag_bits & _ENCRYPTED:
                raise Refused("encrypted")
            # Decompressors of other methods cannot stop at a size. No tool uses them by default.
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused("unsupported-compression", f"method {info.compress_type}")
            members.append((info, admitted))
        except Refused as refused:
            members.append(refused.at(public_name(info.filename)))
    return members


def _read_tar(
    path: Path, member_filter: _MemberFilter
) -> Iterator[tuple[_Admitted, bytes] | Reject]:
    blocks = _BlockFile(read_blocks(path))
    try:
        with tarfile.open(
            fileobj=cast(IO[bytes], blocks), mode="r|", tarinfo=_TarMember
        ) as archive:
            for info in archive:
                # Otherwise the archive keeps every member in memory.
                archive.members.clear()  # type: ignore[attr-defined]
                if info.isdir():
                    continue
                try:
                    if info.issym() or info.islnk():
                        raise Refused("link")
                    if not info.isreg():
                        raise Refused("special-file")
                    admitted = member_filter.admit(info.name, info.size)
                except Refused as refused:
                    yield refused.at(public_name(info.name))
                    continue
                handle = archive.extractfile(info)
                assert handle is not None, "a regular member has data"
                yield admitted, handle.read()
    except Refused as refused:
        yield refused.at("")
    except (tarfile.TarError, *_BROKEN) as error:
        yield Reject("", "truncated" if blocks.ended else "corrupt", detail=str(error))


class _BlockFile:
    """A file for `tarfile` to read, made of blocks of bytes."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.ended = False
        self._blocks = blocks
        self._block = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, and no bytes only at the end."""
        if not self._block:
            block = next(self._blocks, b"")
            self.ended = not block
            self._block = memoryview(block)
        piece, self._block = self._block[:size], self._block[size:]
        return bytes(piece)


class _TarMember(tarfile.TarInfo):
    """A member that refuses huge headers, and damage that tarfile takes for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        if len(buf) < tarfile.BLOCKSIZE:
            raise Refused("truncated", "no end-of-archive mark")
        try:
            member = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if not any(buf):
                raise  # the end-of-archive mark, which tarfile handles
            raise Refused("corrupt", str(error)) from error
        if member.type in _LONG_HEADERS and member.size > _MAX_HEADER_BYTES:
            raise Refused("bomb", f"a header of {member.size:,} bytes")
        return member


def _is_zip(path: Path) -> bool:
    return path.name.lower().endswith(_ZIPS)


def _without_suffix(name: str) -> str:
    suffix = next(suffix for suffix in (*_ZIPS, *_TARS) if name.lower().endswith(suffix))
    return name[: -len(suffix)]
