from __future__ import annotations

import pytest

from chatbot.conversation.personal_answers import BadChoice, parse_choices
from chatbot.conversation.personal_replies import STORED_WORDS, settings_text
from chatbot.services.playlist_wish import PlaylistRules
from chatbot.services.preferences import Choices
from storage.summary import PERSONAL_TABLES


def test_everything_that_is_stored_has_its_words() -> None:
    assert set(STORED_WORDS) == {table.name for table in PERSONAL_TABLES}


def test_choices_are_read_and_taken_back() -> None:
    assert parse_choices("Length=30 adventure=0,7 artists=ANY language=EN timezone=default") == {
        "length": 30,
        "adventure": 0.7,
        "most_per_artist": 0,
        "language": "en",
        "timezone": None,
    }


@pytest.mark.parametrize("words", ["length=-5", "length", "=5", "adventure=much", "language=tlh"])
def test_what_cannot_be_read_is_refused(words: str) -> None:
    with pytest.raises(BadChoice):
        parse_choices(words)


def test_buttons_say_what_a_command_takes() -> None:
    for row in settings_text(Choices(), PlaylistRules()).buttons:
        for button in row:
            assert len(f"{button.name} {button.argument}".encode()) <= 60
            assert parse_choices(button.argument)
