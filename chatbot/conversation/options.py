"""Choices as people write them, brought into the one form `name=value` (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from chatbot.conversation.language import N_, _

_WORDS = (
    N_("length"),
    N_("adventure"),
    N_("artists"),
    N_("private"),
    N_("language"),
    N_("timezone"),
    N_("yes"),
    N_("no"),
    N_("any"),
    N_("default"),
)
"""Names and values, beside those of `adventure`, that may be written in the spoken language."""


def english(word: str, known: Iterable[str]) -> str:
    """The one of some English words that was written, in either language; else the word itself.

    >>> english("Familiar", ["familiar", "balanced"])
    'familiar'
    """
    written = word.casefold()
    by_word = {_(each).casefold(): each for each in known}
    return by_word.get(written, written)


def in_one_form(argument: str, reads: Mapping[str, Callable[[str], bool]]) -> str:
    """Writes 'length: 10', '--length 10' and what stands for it in the spoken language alike.

    A title may be 'Length: a story' or 'Private: No Entry'. So what follows a colon, or two dashes,
    has to be a value and the last of its song. A comma behind a value separates it from the next.

    Args:
        argument: what was written.
        reads: by an option's name whether something is a value for it.

    >>> in_one_form("Faded length = 10", {"length": str.isdigit})
    'Faded length=10'
    >>> in_one_form("Mode: Length; Length: a story", {"length": str.isdigit})
    'Mode: Length; Length: a story'
    """
    names = "|".join(re.escape(form) for name in reads for form in {name, _(name)})
    option = re.compile(
        rf"(?<![^\s;；؛])(?P<dashes>[-–—]{{0,2}})(?P<name>{names})"
        r"(?P<sign>[^\S\r\n]*[=:：][^\S\r\n]*|[^\S\r\n]+)(?=(?P<value>[^\s;；؛]*))",
        re.IGNORECASE,
    )
    end = re.compile(rf"\s*(?:[;；؛]|\Z|[-–—]{{0,2}}(?:{names})\s*[=:：\s])", re.IGNORECASE)

    def write(match: re.Match[str]) -> str:
        name, sign = english(match["name"], reads), match["sign"]
        is_value = reads[name](match["value"].rstrip(",")) and end.match(
            argument, match.end("value")
        )
        is_meant = "=" in sign or ((sign.strip() or match["dashes"]) and is_value)
        return f"{name}=" if is_meant else match[0]

    written = option.sub(write, argument)
    return re.sub(rf"\b((?:{names})=[^\s;；؛]*?),+(?=[\s;；؛]|\Z)", r"\1", written)
