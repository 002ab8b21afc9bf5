"""From a person's files to one history and a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from songnet.duplicates import Ints, play_numbers
from songnet.errors import (
    BrokenArchive,
    EncryptedArchive,
    ExportError,
    LimitExceeded,
    NoMusic,
    NotAnExport,
    WrongPackage,
)
from songnet.exports.archive import Document, ExportFile, documents
from songnet.exports.artists import name_artists
from songnet.exports.formats import Format, Reading, Skip, as_utf8
from songnet.exports.guessing import what_it_seems
from songnet.exports.limits import ExportLimits
from songnet.exports.metering import Budget
from songnet.exports.registry import format_of
from songnet.exports.report import FileReport, ImportReport, Problem
from songnet.music import History
from songnet.plays import identified

_GRAVITY: Final = (EncryptedArchive, LimitExceeded, BrokenArchive, NoMusic, WrongPackage)
"""If nothing could be read, the first of these that occurred says why."""

NAMED_FILES: Final = 3
"""How many of the files that cannot be read an error names."""


@dataclass(frozen=True)
class ReadProgress:
    """How far the reading is."""

    file: str
    done: float
    """The share of all files, in 0 ... 1."""
    rows: int


OnProgress = Callable[[ReadProgress], object]


@dataclass
class _Part:
    """A document that was looked at."""

    report: FileReport
    reading: Reading
    known: Format | None = None
    seems: str = ""
    error: ExportError | None = None

    def wrong_package(self) -> WrongPackage | None:
        """What the person holds instead of a listening history, if this tells."""
        if self.known is None or self.known.package is None:
            return None
        return WrongPackage(
            self.report.file, package=self.known.package, service=self.known.service
        )


def read_history(
    *paths: str | Path | ExportFile,
    limits: ExportLimits | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[History, ImportReport]:
    """Reads the exports of one person: any number of files, archives and folders, of any format.

    A file that cannot be read does not keep the others from being read; the report tells of it.

    Args:
        paths: what the person gave; an `ExportFile` for a file that is stored under another name.
        limits: what the files may ask of this machine; None for `ExportLimits()`.
        on_progress: called after each document; what it raises ends the reading.

    Raises:
        ExportError: nothing at all could be read; see the subclasses for the reasons.
        OSError: a path does not exist or cannot be read.
    """
    if not paths:
        raise TypeError("read_history needs at least one path")
    exports = [ExportFile.of(path) for path in paths]
    parts = _counted(list(_parts(exports, Budget(limits or ExportLimits()), on_progress)))
    filled = [part for part in parts if len(part.reading.plays)]
    if not filled:
        raise _why_nothing(exports, parts)
    return _history_and_report(filled, parts)


def _parts(
    exports: list[ExportFile], budget: Budget, on_progress: OnProgress | None
) -> Iterator[_Part]:
    sizes = [max(export.path.stat().st_size, 1) for export in exports]
    done = 0.0
    for export, size in zip(exports, sizes, strict=True):
        share = size / sum(sizes)
        try:
            for document in documents(export, budget):
                yield _read(document, budget)
                if on_progress is not None:
                    done_here = done + document.share * share
                    done = min(done_here, 1.0)
                    on_progress(ReadProgress(export.name, done, budget.rows))
                if budget.is_spent:
                    break
        except (BrokenArchive, EncryptedArchive, LimitExceeded) as error:
            yield _failed(FileReport(export.name, ""), error)


def _read(document: Document, budget: Budget) -> _Part:
    report = FileReport(document.file, document.member)
    if document.problem is not None:
        return _failed(report, document.problem)
    head = as_utf8(document.head)
    known = format_of(head)
    if known is None:
        return _Part(report, Reading(), seems=what_it_seems(head))
    report = replace(report, format=known.name)
    try:
        return _read_as(known, document, budget, report)
    except LimitExceeded as error:
        # A parser of text does not know whose text it is.
        return _failed(report, replace(error, file=error.file or document.file))
    except BrokenArchive as error:
        return _failed(report, error)


def _read_as(known: Format, document: Document, budget: Budget, report: FileReport) -> _Part:
    reading = known.read(document)
    budget.spend_rows(document.file, reading.rows)
    report = replace(report, rows=reading.rows, links=len(reading.links))
    return _Part(report, reading, known)


def _failed(report: FileReport, error: ExportError) -> _Part:
    if isinstance(error, BrokenArchive) and report.member:
        error = BrokenArchive(error.file, reason=f"{report.member}: {error.reason}")
    problem = Problem(error.kind, error.facts())
    return _Part(replace(report, problem=problem), Reading(), error=error)


def _counted(parts: list[_Part]) -> list[_Part]:
    """The documents with what became of their rows, which only all of them together tell."""
    named = name_artists([part.reading for part in parts])
    for part, count in zip(parts, named, strict=True):
        skipped = {str(reason): rows for reason, rows in sorted(part.reading.skipped.items())}
        part.report = replace(part.report, skipped=skipped, named=count)
    for file in {part.report.file: None for part in parts}:
        _tell_wrong_package([part for part in parts if part.report.file == file])
    return parts


def _tell_wrong_package(parts: list[_Part]) -> None:
    """Says of a given file without any use, beside others of use, what it is instead."""
    if any(part.reading.rows or part.reading.links or part.reading.songs for part in parts):
        return
    for part in parts:
        wrong = part.wrong_package()
        if wrong is not None:
            part.report = replace(part.report, problem=Problem(wrong.kind, wrong.facts()))
            return


def _history_and_report(filled: list[_Part], parts: list[_Part]) -> tuple[History, ImportReport]:
    records = identified(pd.concat([part.reading.plays for part in filled], ignore_index=True))
    numbers = play_numbers(records)
    sizes = [len(part.reading.plays) for part in filled]
    kept = _kept(numbers, np.repeat(np.arange(len(filled)), sizes), len(filled))
    counts = dict(zip(map(id, filled), kept, strict=True))
    files = tuple(
        _with_plays(part, counts.get(id(part), 0))
        for part in parts
        if part.report.format is not None or part.report.problem is not None
    )
    history = History.from_records(records, _links(parts), numbers)
    return history, _report(history, files, ignored=len(parts) - len(files))


def _links(parts: list[_Part]) -> dict[str, tuple[str, ...]]:
    united: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for track_id, uris in part.reading.links.items():
            united[track_id] = (*united.get(track_id, ()), *uris)
    return united


def _kept(numbers: Ints, documents_of: Ints, count: int) -> list[int]:
    """How many plays each document was the first to have."""
    first = np.full(int(numbers.max()) + 1, count, dtype=np.int64)
    np.minimum.at(first, numbers, documents_of)
    return [int(kept) for kept in np.bincount(first, minlength=count)]


def _with_plays(part: _Part, kept: int) -> FileReport:
    skipped = dict(part.report.skipped)
    if duplicates := len(part.reading.plays) - kept:
        skipped[str(Skip.DUPLICATE)] = duplicates
    return replace(part.report, plays=kept, skipped=skipped)


def _report(history: History, files: tuple[FileReport, ...], *, ignored: int) -> ImportReport:
    period = history.period
    years = history.frame["started_at"].dt.year.value_counts().sort_index()
    return ImportReport(
        files=files,
        rows=sum(file.rows for file in files),
        plays=len(history),
        skipped=_sum(file.skipped for file in files),
        tracks=history.track_count,
        artists=history.artist_count,
        first_play=period[0] if period else None,
        last_play=period[1] if period else None,
        plays_per_year={str(year): int(plays) for year, plays in years.items()},
        top_artists=tuple(history.top_artists()),
        uri_share=history.uri_share,
        ignored_files=ignored,
    )


def _sum(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for some in counts:
        total.update(some)
    return dict(sorted(total.items()))


def _why_nothing(exports: list[ExportFile], parts: list[_Part]) -> ExportError:
    """The error for a call that found no play in any file: the gravest of its reasons."""
    errors: list[ExportError] = [part.error for part in parts if part.error is not None]
    with_rows = [part for part in parts if part.reading.rows]
    if with_rows:
        rows = sum(part.reading.rows for part in with_rows)
        skipped = _sum(part.report.skipped for part in with_rows)
        name = _names(part.report.file for part in with_rows)
        errors.append(NoMusic(name, rows=rows, skipped=skipped))
    wrongs = [wrong for part in parts if (wrong := part.wrong_package()) is not None]
    errors += wrongs
    for kind in _GRAVITY:
        found = [error for error in errors if isinstance(error, kind)]
        if found:
            # What holds for several files is said of all of them, or each would be tried in turn.
            if isinstance(found[0], WrongPackage):
                found = [wrong for wrong in wrongs if wrong.package == found[0].package]
            return replace(found[0], file=_names(error.file for error in found))
    seen = [part for part in parts if not part.report.member]
    alike = {part.seems for part in seen} if len(seen) == len(exports) else {""}
    return NotAnExport(
        _names(export.name for export in exports), found=alike.pop() if len(alike) == 1 else ""
    )


def _names(files: Iterable[str]) -> str:
    """The names of files in a row: 'a.zip', 'a.zip, b.zip', 'a.zip, b.zip, c.zip and 4 more'."""
    names = list(dict.fromkeys(files))
    more = f" and {len(names) - NAMED_FILES} more" if len(names) > NAMED_FILES else ""
    return ", ".join(names[:NAMED_FILES]) + more
