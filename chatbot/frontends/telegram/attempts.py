"""Updates that were begun and not ended, and such as were answered, over all runs of the bot.

Telegram hands out an update again until it is confirmed, so that one that kills the bot would kill
every next one as well. What is begun is written down before, and what has ended after, however it
ended: only the death of the process leaves a beginning without an end. What was answered beside one
that kills comes again with it, and is known by its end; a death between an answer and the line that
tells of it gives that answer twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

_LOGGER = logging.getLogger(__name__)

MOST_REMEMBERED = 1000
"""So many updates without an end are known, and so many that were answered, the newest."""
BEGUN, GIVEN_BACK, ANSWERED = "+", "-", "="
MOST_LINES = 20_000
"""After so many the file is written anew, with nothing in it but what has no end."""


class Attempts:
    """A file with a line for each beginning and each end; signs and numbers only."""

    def __init__(self, path: Path | None, most: int) -> None:
        """Reads what earlier runs left.

        Args:
            path: the file; None remembers nothing.
            most: an update is begun so often at most.
        """
        self._path = path
        self._most = most
        self._begun: Counter[int] = Counter()
        self._answered: dict[int, None] = {}
        self._lines = 0
        if path is not None:
            self._read(path)
            self._compact(path)

    def of(self, number: int) -> int:
        """How often an update was begun without an end."""
        return self._begun[number]

    def is_answered(self, number: int) -> bool:
        """Whether an update has come to its end, in this run or an earlier one."""
        return number in self._answered

    def begin(self, number: int) -> bool:
        """Notes a beginning; False where there were too many."""
        if self._begun[number] >= self._most:
            return False
        self._begun[number] += 1
        self._write(f"{BEGUN}{number}")
        return True

    def end(self, number: int, *, answered: bool) -> None:
        """Notes an end; one that was not `answered` is for the next run."""
        if self._begun.pop(number, 0):
            if answered:
                self._note_answered(number)
            self._write(f"{ANSWERED if answered else GIVEN_BACK}{number}")

    def _write(self, line: str) -> None:
        if self._path is None:
            return
        try:
            if self._lines >= MOST_LINES:
                self._compact(self._path)
                return
            # Not synced: a process that dies loses nothing, and a machine that dies is no update's
            # doing.
            with self._path.open("a", encoding="ascii") as file:
                file.write(f"{line}\n")
            self._lines += 1
        except OSError as error:
            _LOGGER.warning("%s cannot be written: %s", self._path.name, error.strerror)

    def _compact(self, path: Path) -> None:
        lines = [f"{BEGUN}{number}" for number in self._begun.elements()]
        lines += [f"{ANSWERED}{number}" for number in self._answered]
        fresh = path.with_suffix(".new")
        try:
            fresh.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
            fresh.replace(path)
            self._lines = len(lines)
        except OSError as error:
            _LOGGER.warning("%s cannot be written: %s", path.name, error.strerror)

    def _read(self, path: Path) -> None:
        try:
            lines = path.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:  # there is none yet
            return
        begun: Counter[int] = Counter()
        for sign, number in _entries(lines):
            if sign == BEGUN:
                begun[number] += 1
            else:
                begun.pop(number, None)
            if sign == ANSWERED:
                self._note_answered(number)
        newest = sorted(begun)[-MOST_REMEMBERED:]
        self._begun.update({number: begun[number] for number in newest})

    def _note_answered(self, number: int) -> None:
        self._answered[number] = None
        if len(self._answered) > MOST_REMEMBERED:
            del self._answered[next(iter(self._answered))]


def _entries(lines: Iterable[str]) -> Iterable[tuple[str, int]]:
    """What can be read: a line may have been cut off."""
    for line in lines:
        if (
            line[:1] in (BEGUN, GIVEN_BACK, ANSWERED)
            and line[1:].isascii()
            and line[1:].isdecimal()
        ):
            yield line[0], int(line[1:])
