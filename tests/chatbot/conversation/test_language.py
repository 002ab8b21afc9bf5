"""What is spoken, and how numbers and days are written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.conversation import language
from chatbot.conversation.language import _, closest, day, ngettext, number, speaking, spoken

TURNED = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"

msgid "{plays} plays of {artist}"
msgstr "{artist}: {plays}"

msgid "{count} song"
msgid_plural "{count} songs"
msgstr[0] "{count} pesma"
msgstr[1] "{count} pesme"
msgstr[2] "{count} pesama"
"""


@pytest.fixture
def serbian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A language that is there because its file is."""
    (tmp_path / "sr.po").write_text(TURNED)
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    for cached in (language.languages, language._catalogue):
        cached.cache_clear()
    yield
    for cached in (language.languages, language._catalogue):
        cached.cache_clear()


def test_without_a_language_english_is_spoken() -> None:
    assert _("{plays} plays of {artist}", plays=1234, artist="{Kygo}") == "1,234 plays of {Kygo}"
    assert ngettext("{count} song", "{count} songs", 1) == "1 song"
    assert ngettext("{count} song", "{count} songs", 2000) == "2,000 songs"
    assert day(datetime(2026, 1, 2, tzinfo=UTC)) == "2 January 2026"


@pytest.mark.usefixtures("serbian")
def test_a_file_is_a_language() -> None:
    assert language.languages() == ("en", "sr")
    with speaking(closest("sr-RS")):
        assert spoken() == "sr"
        assert _("{plays} plays of {artist}", plays=1234, artist="Kygo") == "Kygo: 1.234"
        assert number(5_000_000) == "5.000.000"
        assert _("not translated yet") == "not translated yet"
    assert spoken() == "en"


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 pesma"), (3, "3 pesme"), (5, "5 pesama"), (21, "21 pesma")]
)
@pytest.mark.usefixtures("serbian")
def test_plurals_are_those_of_the_language(count: int, words: str) -> None:
    with speaking("sr"):
        assert ngettext("{count} song", "{count} songs", count) == words


@pytest.mark.parametrize("locale", [None, "", "xx", "en-US", "tlh-KX"])
def test_an_unknown_locale_gets_english(locale: str | None) -> None:
    assert closest(locale) == "en"
