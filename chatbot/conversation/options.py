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

    A title may be 'Length: a story'. So where a space follows a colon, or there is no sign at all,
    what follows has to be a value.

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

    def write(match: re.Match[str]) -> str:
        name = english(match["name"], reads)
        sign = match["sign"]
        is_sure = "=" in sign or sign in {":", "："}
        is_option = is_sure or bool(sign.strip() or match["dashes"])
        return f"{name}=" if is_sure or (is_option and reads[name](match["value"])) else match[0]

    return option.sub(write, argument)
