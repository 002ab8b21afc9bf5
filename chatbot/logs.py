"""Logging to standard error, without anything that must stay secret."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO
from urllib.parse import quote

REDACTED = "[redacted]"

LIBRARY_LEVELS = {
    # At DEBUG it prints every statement with its values.
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "dbos": logging.WARNING,
    "discord": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "matplotlib": logging.WARNING,
    # At DEBUG it prints every step of compiling, which then takes minutes.
    "numba": logging.WARNING,
    # Its errors quote the search, which is what somebody listens to; they reach us as exceptions.
    "spotipy": logging.CRITICAL,
    "telegram": logging.WARNING,
    # At CRITICAL they quote updates, which is what people wrote; those reach us as exceptions.
    "telegram.Bot": logging.CRITICAL + 1,
    "telegram.ext.ExtBot": logging.CRITICAL + 1,
    "urllib3": logging.WARNING,
}
"""How much the libraries say: on their way to and from a server they print tokens and messages."""

FORMATS = ("text", "json")
"""One readable line, or one JSON object, for each record."""

_facts: ContextVar[dict[str, str | int]] = ContextVar("facts of the records", default={})  # noqa: B039  # never changed in place
_SENSITIVE_FIELDS = "client_secret|(?:access_|refresh_)?token|password|api_key"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_SHAPES = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        # A Telegram bot token, also as a part of an address: bot123456:AA...
        (r"\d{6,}(?::|%3A)[\w-]{30,}", REDACTED),
        # A Discord bot token: an id, a time and a signature, each in base64.
        (r"(?<![\w-])[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}", REDACTED),
        # `Authorization: Bot ...`, also as a dictionary's or a list's repr.
        (
            r"(authorization\b['\"]?\s*[:=,]\s*(?:b?['\"])?)((?:bearer|basic|bot)\s+)?[^\s'\",;}\])]+",
            rf"\g<1>\g<2>{REDACTED}",
        ),
        (r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", rf"\g<1> {REDACTED}"),
        # `client_secret=...`, `"token": "..."`; but not 'token: refused' in a sentence.
        (
            rf"((?:{_SENSITIVE_FIELDS})(?:=|['\"]\s*[:,=]\s*)(?:b?['\"])?)[^\s'\"&,;}}\])]+",
            rf"\g<1>{REDACTED}",
        ),
        # Who holds an interaction's or a webhook's token may answer in the bot's name.
        (r"(/(?:webhooks|interactions)/\d+/)[\w%.-]{20,}", rf"\g<1>{REDACTED}"),
        # The signature of an address that hands out somebody's file.
        (
            r"([?&](?:hm|sig|signature|x-amz-(?:signature|credential|security-token))=)[^&\s'\"]+",
            rf"\g<1>{REDACTED}",
        ),
        # postgresql://user:password@host
        (r"(://[^\s:/@]*:)[^\s/@]+@", rf"\g<1>{REDACTED}@"),
    )
)


class Redactor:
    """Takes secrets out of text: the given ones, and whatever is shaped like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if secret.strip()}
        written = known | {quote(secret, safe="") for secret in known}
        # The longest first: a secret may hold another one.
        ordered = sorted(written, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """The text with `[redacted]` in the place of each secret.

        >>> Redactor()("GET https://api.telegram.org/bot1234567:" + "A" * 35 + "/getMe")
        'GET https://api.telegram.org/bot[redacted]/getMe'
        """
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text


@contextmanager
def about(*, job_id: str | None = None, user_id: int | None = None) -> Iterator[None]:
    """What is logged inside belongs to this job and this user; what was noted before rests.

    Only our own ids: never a platform's id, a name, a title or a file's name.
    """
    before = _facts.set(_given(job_id=job_id, user_id=user_id))
    try:
        yield
    finally:
        _facts.reset(before)


def note(
    *, job_id: str | None = None, user_id: int | None = None, incident: str | None = None
) -> None:
    """Adds what has just become known, for the rest of the surrounding `about`."""
    _facts.set(_facts.get() | _given(job_id=job_id, user_id=user_id, incident=incident))


def noted() -> dict[str, str | int]:
    """What the records of this task carry."""
    return dict(_facts.get())


def _given(**facts: str | int | None) -> dict[str, str | int]:
    return {name: fact for name, fact in facts.items() if fact is not None}


class RedactingFormatter(logging.Formatter):
    """`2026-11-03T08:15:00.123Z INFO chatbot.jobs [user_id=7]: ...`, a traceback indented below it.

    The finished text is redacted, so that it does not matter whether a secret came in the message,
    in its arguments, in an exception or in a stack.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(about)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, and below it the lines of its traceback."""
        facts = " ".join(f"{name}={fact}" for name, fact in _facts.get().items())
        record.about = f" [{facts}]" if facts else ""
        text = self._redactor(super().format(record))
        # What a message quotes could hold a line end, and behind it a forged record; or an escape
        # sequence for the terminal that shows the log.
        return _CONTROL.sub(_written_out, text).replace("\n", "\n    ")

    def formatTime(  # noqa: N802  # logging's name
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """ISO 8601 in UTC, to the millisecond."""
        del datefmt
        return _moment(record)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, exception, and the ids of `about`."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record's line; everything outside of ASCII is escaped."""
        entry: dict[str, str | int] = {
            "time": _moment(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self._redactor(record.getMessage()),
            **_facts.get(),
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            entry["exception"] = self._redactor(record.exc_text)
        if record.stack_info:
            entry["stack"] = self._redactor(record.stack_info)
        return json.dumps(entry)


class StandardErrorHandler(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is at that moment: the console moves it above its prompt."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # as logging's own last resort does
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Says that a record could not be written; logging's own way prints its arguments."""
        kind = sys.exception()
        try:
            sys.stderr.write(
                f"a record of {record.name} could not be written: {type(kind).__name__} "
                f"({record.pathname}:{record.lineno})\n"
            )
        except (OSError, ValueError):
            return


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _written_out(control: re.Match[str]) -> str:
    return f"\\x{ord(control[0]):02x}"


def configure(level: str | int, *, secrets: Iterable[str] = (), style: str = "text") -> None:
    """Sends every record from `level` on to standard error, redacted; a second call replaces.

    What nobody catches goes the same way, on the main thread and on the others.

    Args:
        level: The lowest level that is printed.
        secrets: What must not be printed.
        style: One of `FORMATS`.
    """
    handler = StandardErrorHandler()
    redactor = Redactor(secrets)
    handler.setFormatter(
        JsonFormatter(redactor) if style == "json" else RedactingFormatter(redactor)
    )
    root = logging.getLogger()
    for earlier in [one for one in root.handlers if isinstance(one, StandardErrorHandler)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(level)
    quiet_libraries()
    _route_through_root("dbos")
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def quiet_libraries() -> None:
    """Sets the levels of the libraries: in every process, also one that logs through another."""
    for name, level in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(level)


def _route_through_root(name: str) -> None:
    """For a library that brings a handler of its own, unless its logger has one."""
    logger = logging.getLogger(name)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.addHandler(logging.NullHandler())
    logger.propagate = True


def _log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("chatbot").critical("nobody caught this", exc_info=(kind, error, traceback))


def _log_uncaught_in_thread(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is None:
        return
    logging.getLogger("chatbot").critical(
        "nobody caught this",
        exc_info=(failure.exc_type, failure.exc_value, failure.exc_traceback),
    )
