"""Every language says everything that English says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from chatbot.conversation import file_replies, language, platform_replies
from chatbot.conversation.commands import COMMANDS
from chatbot.conversation.language import CATALOGUES, _, ngettext, speaking

FORMS = {"_": 1, "N_": 1, "ngettext": 2}
"""By what marks a sentence: how many forms of it are the first arguments."""
PACKAGE = Path(language.__file__).parents[1]
LANGUAGES = sorted(path.stem for path in CATALOGUES.glob("*.po"))


@cache
def marked() -> frozenset[str | tuple[str, str]]:
    """Every sentence in the code."""
    return frozenset(
        message for path in PACKAGE.rglob("*.py") for message in marked_in(path.read_text("utf-8"))
    )


def marked_in(source: str) -> Iterator[str | tuple[str, str]]:
    """The sentences that are marked in a module.

    Read from the syntax tree: babel's own extraction does not look into f-strings, whatever its
    version on this Python, and what it overlooks stays English.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        forms = [
            each.value
            for each in node.args[: FORMS.get(name, 0)]
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if forms and len(forms) == FORMS[name]:
            yield forms[0] if len(forms) == 1 else (forms[0], forms[1])


def catalogue(code: str) -> Catalog:
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def placeholders(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(text) if name is not None}


def forms(message: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


def test_a_sentence_within_an_f_string_is_seen() -> None:
    source = """f"{_('one')}: {ngettext('{count} song', '{count} songs', 2)}" + language._('two')"""
    assert set(marked_in(source)) == {"one", "two", ("{count} song", "{count} songs")}


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
            assert len(_(spec.argument_description)) <= 100 or not spec.argument_description
            for field in (*spec.parts, *spec.options):
                assert 1 <= len(_(field.description)) <= 100
            for option in spec.options:
                assert all(1 <= len(_(value)) <= 100 for value in option.values)
        assert len(_(file_replies.IMPORT_POSTED_FILE)) <= 32
        for words in (platform_replies.FILE_DESCRIPTION, platform_replies.PRIVATE_DESCRIPTION):
            assert 1 <= len(_(words)) <= 100


def test_german_is_spoken() -> None:
    with speaking("de"):
        assert ngettext("{count} song", "{count} songs", 1234) == "1.234 Liedern"
        assert _("I store nothing about you.") == "Ich speichere nichts über dich."
