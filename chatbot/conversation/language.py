"""The language in which is spoken: sentences, numbers and dates (pure).

Sentences stand in the code in English, marked by `_`, `ngettext` or `N_`. Each file of `languages/`
is a gettext catalogue; a language is added by adding its file. Which one is spoken is a matter of
the task at hand (`speaking`), so that the functions that word something need not be told.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

ENGLISH = "en"
CATALOGUES = Path(__file__).parent / "languages"

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


@cache
def languages() -> tuple[str, ...]:
    """The codes of what can be spoken, English first."""
    return ENGLISH, *sorted(path.stem for path in CATALOGUES.glob("*.po"))


def name_of(language: str) -> str:
    """What a language calls itself."""
    return Locale.parse(language).get_display_name() or language


def closest(locale: str | None) -> str:
    """The language for a platform's locale (`de-AT`, `pt_BR`), English where there is none.

    >>> closest("en-GB"), closest("xx"), closest(None)
    ('en', 'en', 'en')
    """
    wanted = (locale or "").replace("_", "-").casefold()
    by_code = {code.replace("_", "-").casefold(): code for code in languages()}
    return by_code.get(wanted) or by_code.get(wanted.split("-")[0]) or ENGLISH


def spoken() -> str:
    """The language of the task at hand."""
    return _spoken.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speaks a language of `languages()` inside the block."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def _(message: str, /, **values: object) -> str:
    """A sentence in the language that is spoken, its `{placeholders}` filled in.

    Whole numbers among the values are written as the language writes them.
    """
    return _filled(_catalogue(spoken()).gettext(message), values)


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """The same in the right number for `count`, which is one of the values."""
    return _filled(_catalogue(spoken()).ngettext(one, many, count), {"count": count} | values)


def N_(message: str) -> str:  # noqa: N802  # gettext's own name for it
    """Marks a sentence that is translated where it is used, by `_`."""
    return message


def number(value: int) -> str:
    """A whole number for people."""
    return str(format_decimal(value, locale=formats()))


def decimal(value: float) -> str:
    """A number with one digit behind the point."""
    return str(format_decimal(value, "#,##0.0", locale=formats()))


def day(moment: datetime) -> str:
    """A day for people."""
    return str(format_date(moment, "long", locale=formats()))


def month(moment: datetime) -> str:
    """A month of a year for people."""
    return str(format_skeleton("yMMMM", moment, locale=formats()))


def formats() -> str:
    """The locale by whose rules numbers and dates are written."""
    # English dates are written in the order in which most of the world writes them.
    return "en_GB" if spoken() == ENGLISH else spoken()


def _filled(template: str, values: dict[str, object]) -> str:
    if not values:
        return template
    # A bool is an int, and nobody wants to read 'True' as a number.
    return template.format(
        **{
            name: number(value) if isinstance(value, int) and not isinstance(value, bool) else value
            for name, value in values.items()
        }
    )


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == ENGLISH:
        return gettext.NullTranslations()
    compiled = BytesIO()
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
