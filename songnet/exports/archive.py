"""Everything that lies in a person's files, one document after another.

Zip files are streamed member by member and never extracted: no name inside an archive ever becomes
a path on this machine. What is unpacked is metered, because the sizes that an archive declares may
be lies. A zip or gzip file inside another is opened too, up to `ExportLimits.nesting`.
"""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, cast

from songnet.errors import BrokenArchive, EncryptedArchive, LimitExceeded
from songnet.exports.inflating import Source, opened_member
from songnet.exports.metering import Budget, Meter, broken_means_broken
from songnet.exports.zip_directory import check_overlap, directory_entries

HEAD_BYTES: Final = 64 * 1024
WORKBOOK: Final = "xl/workbook.xml"
"""The member by which a spreadsheet (xlsx) is known among zip files."""
_CHUNK_BYTES: Final = 512 * 1024
_ENCRYPTED: Final = 0x1


@dataclass(frozen=True)
class ExportFile:
    """A file as it lies on this machine, under the name by which its owner knows it."""

    path: Path
    name: str

    @classmethod
    def of(cls, path: str | Path | ExportFile) -> ExportFile:
        return (
            path if isinstance(path, ExportFile) else cls(Path(path), Path(path).name or str(path))
        )


@dataclass
class Document:
    """One file to look at, wherever it lies."""

    file: str
    """The name of the file that the person gave."""
    member: str
    """Its path inside that file; empty for the file itself."""
    share: float
    """The part of the given file that it makes up, in 0 ... 1; for progress only."""
    stream: io.BufferedReader[Meter] | None
    """None where it cannot be opened."""
    budget: Budget
    problem: BrokenArchive | EncryptedArchive | LimitExceeded | None = None
    """Why it cannot be opened at all."""
    workbook: zipfile.ZipFile | None = None
    """The parts of a spreadsheet, whose `WORKBOOK` is the document itself."""
    head: bytes = field(init=False)
    """The first `HEAD_BYTES`."""

    def __post_init__(self) -> None:
        self.head = b""
        if self.stream is not None:
            try:
                self.head = self.stream.peek(HEAD_BYTES)[:HEAD_BYTES]
            except (BrokenArchive, LimitExceeded) as problem:
                self.problem = problem

    def content(self) -> bytes:
        """Everything.

        Raises:
            BrokenArchive, LimitExceeded: before the end was reached.
        """
        pieces = []
        held = 0
        allowed = self.budget.limits.held_bytes
        for chunk in self.chunks():
            held += len(chunk)
            if held > allowed:
                raise LimitExceeded(self.file, limit="held_bytes", allowed=allowed, found=held)
            pieces.append(chunk)
        return b"".join(pieces)

    def chunks(self) -> Iterator[bytes]:
        """Everything, piece by piece; raises as `content` does."""
        if self.stream is None:
            return
        # What was looked at lies in a buffer; the rest need not be copied through it.
        chunk = self.stream.read1(HEAD_BYTES)
        while chunk:
            yield chunk
            chunk = self.stream.raw.read(_CHUNK_BYTES)

    def has_part(self, name: str) -> bool:
        """Whether the spreadsheet has such a part."""
        return self.workbook is not None and name in self.workbook.NameToInfo

    def part_chunks(self, name: str) -> Iterator[bytes]:
        """A part of a spreadsheet, piece by piece; raises as `content` does."""
        if self.workbook is None or name not in self.workbook.NameToInfo:
            raise BrokenArchive(self.file, reason=f"the spreadsheet has no {name}")
        member = self.workbook.getinfo(name)
        with closing(_member(self.file, self.workbook, member)) as source:
            metered = Meter(source, self.file, member.compress_size, self.budget)
            while chunk := metered.read(_CHUNK_BYTES):
                yield chunk


def documents(export: ExportFile, budget: Budget) -> Iterator[Document]:
    """The documents in a file, an archive or a folder; each is readable until the next.

    Raises:
        BrokenArchive, EncryptedArchive, LimitExceeded: the file as a whole cannot be read.
        OSError: it is not there, or not readable for us.
    """
    if export.path.is_dir():
        yield from _folder(export, budget)
        return
    with export.path.open("rb") as source:
        yield from _opened(_Place(export.name, "", 1.0, 0), source, None, budget)


@dataclass(frozen=True)
class _Place:
    """Where a document lies."""

    file: str
    member: str
    share: float
    depth: int


def _folder(export: ExportFile, budget: Budget) -> Iterator[Document]:
    # A link might lead out of what the person meant to give.
    paths = [path for path in sorted(export.path.rglob("*")) if not path.is_symlink()]
    files = [path for path in paths if path.is_file()]
    budget.spend_entries(export.name, len(files))
    for path in files:
        place = _Place(export.name, path.relative_to(export.path).as_posix(), 1 / len(files), 0)
        try:
            source = path.open("rb")
        except OSError as error:
            problem = BrokenArchive(place.file, reason=error.strerror or str(error))
            yield Document(place.file, place.member, place.share, None, budget, problem)
            continue
        with source:
            yield from _opened(place, source, None, budget)


def _opened(
    place: _Place, source: Source, packed_bytes: int | None, budget: Budget
) -> Iterator[Document]:
    metered = Meter(source, place.file, packed_bytes, budget)
    document = Document(
        place.file, place.member, place.share, io.BufferedReader(metered, HEAD_BYTES), budget
    )
    is_zip = document.head.startswith((b"PK\x03\x04", b"PK\x05\x06"))
    is_gzip = document.head.startswith(b"\x1f\x8b\x08")
    if not is_zip and not is_gzip:
        yield document
        return
    try:
        if place.depth >= budget.limits.nesting:
            raise LimitExceeded(
                place.file, limit="nesting", allowed=budget.limits.nesting, found=place.depth + 1
            )
        with _seekable(document, source, is_file=packed_bytes is None) as archive:
            unpacked = _unzipped if is_zip else _gunzipped
            yield from unpacked(place, archive, budget)
    except (BrokenArchive, EncryptedArchive, LimitExceeded) as problem:
        if place.depth == 0 and not place.member:
            raise
        document.problem = problem
        yield document


@contextmanager
def _seekable(document: Document, source: Source, *, is_file: bool) -> Iterator[IO[bytes]]:
    """The archive itself where it is a file, else a copy in a file without a name."""
    if is_file:
        file = cast("IO[bytes]", source)
        file.seek(0)
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        for chunk in document.chunks():
            copy.write(chunk)
        copy.seek(0)
        yield copy


def _gunzipped(place: _Place, archive: IO[bytes], budget: Budget) -> Iterator[Document]:
    packed_bytes = archive.seek(0, io.SEEK_END)
    archive.seek(0)
    inside = _Place(place.file, place.member, place.share, place.depth + 1)
    with gzip.GzipFile(fileobj=archive) as source:
        yield from _opened(inside, source, packed_bytes, budget)


def _unzipped(place: _Place, archive: IO[bytes], budget: Budget) -> Iterator[Document]:
    declared = directory_entries(place.file, archive, budget.limits)
    budget.spend_entries(place.file, declared)
    with broken_means_broken(place.file):
        opened = zipfile.ZipFile(archive)
    with opened:
        check_overlap(place.file, opened)
        budget.spend_entries(place.file, max(0, len(opened.infolist()) - declared))
        if WORKBOOK in opened.NameToInfo:
            yield from _workbook(place, opened, budget)
            return
        members = [member for member in opened.infolist() if not member.is_dir()]
        total = sum(member.compress_size for member in members) or 1
        for member in members:
            inside = _Place(
                place.file,
                f"{place.member}/{member.filename}" if place.member else member.filename,
                place.share * member.compress_size / total,
                place.depth + 1,
            )
            try:
                source = _member(place.file, opened, member)
            except (BrokenArchive, EncryptedArchive) as problem:
                yield Document(inside.file, inside.member, inside.share, None, budget, problem)
                continue
            with closing(source):
                yield from _opened(inside, source, member.compress_size, budget)


def _workbook(place: _Place, opened: zipfile.ZipFile, budget: Budget) -> Iterator[Document]:
    """A spreadsheet is one document, of whose parts a format reads those that it needs."""
    member = opened.getinfo(WORKBOOK)
    with closing(_member(place.file, opened, member)) as source:
        metered = Meter(source, place.file, member.compress_size, budget)
        yield Document(
            place.file,
            place.member,
            place.share,
            io.BufferedReader(metered, HEAD_BYTES),
            budget,
            workbook=opened,
        )


def _member(file: str, opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Source:
    if member.flag_bits & _ENCRYPTED:
        raise EncryptedArchive(file)
    with broken_means_broken(file):
        return opened_member(opened, member)
