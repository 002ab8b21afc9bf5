"""The person's own files: found for an import, written for an export."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from chatbot.conversation import console_replies
from chatbot.conversation.messages import AttachmentUnavailable, Document
from chatbot.frontends.console.text import clean_line

CHUNK_BYTES = 1 << 20
MAX_FILES_IN_FOLDERS = 200


@dataclass(frozen=True)
class LocalFile:
    """A file on this machine, handed out in pieces that are read in a thread."""

    path: Path
    size: int | None

    @property
    def name(self) -> str:
        return clean_line(self.path.name)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The content in pieces of up to `CHUNK_BYTES`.

        Raises:
            AttachmentUnavailable: it cannot be read (any more).
        """
        try:
            file = await asyncio.to_thread(self.path.open, "rb")
        except OSError as error:
            raise AttachmentUnavailable("gone") from error
        try:
            while True:
                try:
                    piece = await asyncio.to_thread(file.read, CHUNK_BYTES)
                except OSError as error:
                    raise AttachmentUnavailable("gone") from error
                if not piece:
                    return
                yield piece
        finally:
            file.close()


@dataclass(frozen=True)
class FoundFiles:
    """What a list of paths comes to."""

    files: tuple[LocalFile, ...]
    problems: tuple[str, ...]
    """A sentence for each path that gave nothing."""


class UnclosedQuote(Exception):
    """A line with a quotation mark that is never closed."""


def split_paths(argument: str) -> list[str]:
    """The paths in what was typed or dragged in: quoted, escaped, or one with bare spaces.

    Raises:
        UnclosedQuote: a quotation mark opens and never closes.
    """
    whole = argument.strip()
    if whole and as_path(whole).exists():
        return [whole]
    try:
        # On Windows a backslash separates folders, and escapes nothing.
        words = shlex.split(whole, posix=os.name != "nt")
    except ValueError as error:
        raise UnclosedQuote from error
    return [word.strip("\"'") if os.name == "nt" else word for word in words]


def dragged_paths(line: str) -> list[str] | None:
    """The paths, where a line is nothing but paths; None where it is anything else.

    A word that happens to be the name of a folder here ('docs') is no path: a folder must be
    written as one, with a separator.
    """
    try:
        words = split_paths(line)
    except UnclosedQuote:
        return None
    if words and all(_is_written_as_path(word) or as_path(word).is_file() for word in words):
        return words
    return None


def as_path(word: str) -> Path:
    """A typed word as a path: `~`, and the `file://` form in which some desktops drag files in."""
    if word.startswith("file://"):
        return Path(url2pathname(urlparse(word).path))
    try:
        return Path(word).expanduser()
    except RuntimeError:  # `~nobody`: there is no such user
        return Path(word)


def find_files(words: list[str], *, max_files_in_folders: int = MAX_FILES_IN_FOLDERS) -> FoundFiles:
    """The files that the paths name; a folder stands for every file in it and below.

    Hidden files, and folders behind links, are passed over.
    """
    files: dict[Path, LocalFile] = {}
    problems = []
    for word in words:
        path = as_path(word)
        shown = clean_line(word)
        try:
            if path.is_dir():
                inside = _files_below(path, max_files_in_folders + 1)
                if len(inside) > max_files_in_folders:
                    problems.append(console_replies.too_many_files(shown, max_files_in_folders))
                    continue
                if not inside:
                    problems.append(console_replies.empty_folder(shown))
                files |= inside
            elif path.is_file():
                files[path] = LocalFile(path, path.stat().st_size)
            elif path.exists():
                problems.append(console_replies.no_file_or_folder(shown))
            else:
                problems.append(console_replies.no_such_file(shown))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            problems.append(console_replies.unreadable(shown, reason))
    return FoundFiles(tuple(files.values()), tuple(problems))


def save_document(document: Document, folder: Path) -> Path:
    """Copies a document into a folder, under a name that was free; returns where it lies.

    A folder that is not there is made.

    Raises:
        OSError: it cannot be written there.
    """
    name = Path(clean_line(document.name)).name or "document"
    folder.mkdir(parents=True, exist_ok=True)
    with document.path.open("rb") as source:
        for path in _free_names(folder / name):
            try:
                # 'x': also what appears between the look and the writing is never overwritten.
                target = open(path, "xb", opener=_private)  # noqa: SIM115  # closed by the with below
            except FileExistsError:
                continue
            try:
                with target:
                    shutil.copyfileobj(source, target, CHUNK_BYTES)
            except OSError:
                path.unlink(missing_ok=True)
                raise
            return path
    raise AssertionError("names never run out")


def _private(path: str, flags: int) -> int:
    """What the bot hands out is for its owner's eyes, whatever the umask says."""
    return os.open(path, flags, mode=0o600)


def _free_names(path: Path) -> Iterator[Path]:
    yield path
    number = 0
    while True:
        number += 1
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _files_below(folder: Path, most: int) -> dict[Path, LocalFile]:
    found: dict[Path, LocalFile] = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and path.is_file():
                found[path] = LocalFile(path, path.stat().st_size)
            if len(found) >= most:
                return found
    return found


def _is_written_as_path(word: str) -> bool:
    """`/a/b`, `./a`, `~/a`, `file:///a`, `C:/a`; but `/word` may be a mistyped command."""
    if word.startswith(("./", "../", "~/", "file://")):
        return True
    if word.startswith("/") and "/" not in word[1:]:
        return as_path(word).exists()
    return Path(word).is_absolute()
