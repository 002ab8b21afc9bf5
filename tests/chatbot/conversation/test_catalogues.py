"""Every language says everything that English says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from chatbot.conversation import file_replies, language, platform_replies
from chatbot.conversation.commands import COMMANDS
from chatbot.conversation.language import CATALOGUES, _, ngettext, speaking

KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
PACKAGE = Path(language.__file__).parents[1]
LANGUAGES = sorted(path.stem for path in CATALOGUES.glob("*.po"))


@cache
def marked() -> frozenset[str | tuple[str, str]]:
    """Every sentence in the code."""
    found = extract_from_dir(PACKAGE, method_map=[("**.py", "python")], keywords=KEYWORDS)
    return frozenset(message for _file, _line, message, _notes, _context in found)


def catalogue(code: str) -> Catalog:
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def placeholders(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(text) if name is not None}


def forms(message: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


def test_there_are_two_languages_at_least() -> None:
    assert "de" in LANGUAGES
    assert len(marked()) > 200


@pytest.mark.parametrize("code", LANGUAGES)
def test_everything_is_translated(code: str) -> None:
    known = {
        tuple(each.id) if each.pluralizable else each.id for each in catalogue(code) if each.id
    }
    assert not marked() - known, "add these to the catalogue"


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_is_empty_or_doubtful(code: str) -> None:
    texts = catalogue(code)
    assert not texts.obsolete
    for message in texts:
        if message.id:
            assert not message.fuzzy, message.id
            assert all(form.strip() for form in forms(message.string)), message.id
            assert len(forms(message.string)) == (texts.num_plurals if message.pluralizable else 1)


@pytest.mark.parametrize("code", LANGUAGES)
def test_placeholders_commands_and_addresses_are_the_same(code: str) -> None:
    fixed = re.compile(r"/[a-z]+\b(?= )|https?://[^\s,;]+[^\s,;.:]")
    for message in catalogue(code):
        if not message.id:
            continue
        wanted = placeholders(forms(message.id)[-1])
        for form in forms(message.string):
            assert placeholders(form) == wanted, form
            form.format(**dict.fromkeys(wanted, 1))
        assert set(fixed.findall(forms(message.id)[-1])) <= {
            *fixed.findall(forms(message.string)[-1]),
            *re.findall(r"/[a-z]+", forms(message.string)[-1]),
        }


@pytest.mark.parametrize("code", LANGUAGES)
def test_descriptions_fit_into_the_platforms_menus(code: str) -> None:
    with speaking(code):
        for spec in COMMANDS:
            assert 1 <= len(_(spec.description)) <= 100
            assert len(_(spec.argument_description)) <= 100 or not spec.argument
            for option in spec.options:
                assert 1 <= len(_(option.description)) <= 100
                assert all(1 <= len(_(value)) <= 100 for value in option.values)
        assert len(_(file_replies.IMPORT_POSTED_FILE)) <= 32
        for words in (platform_replies.FILE_DESCRIPTION, platform_replies.PRIVATE_DESCRIPTION):
            assert 1 <= len(_(words)) <= 100


def test_german_is_spoken() -> None:
    with speaking("de"):
        assert ngettext("{count} song", "{count} songs", 1234) == "1.234 Liedern"
        assert _("I store nothing about you.") == "Ich speichere nichts über dich."
