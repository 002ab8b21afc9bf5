from __future__ import annotations

import pytest

from chatbot.conversation.commands import find_command
from chatbot.conversation.language import speaking
from chatbot.conversation.personal_answers import BadChoice, parse_choices
from chatbot.conversation.personal_replies import STORED_WORDS, removed_songs, settings_text
from chatbot.services.cards import RemovedSong
from chatbot.services.playlist_wish import PlaylistRules
from chatbot.services.preferences import Choices
from storage.summary import OFFERS, PERSONAL_TABLES


def test_everything_that_is_stored_has_its_words() -> None:
    assert set(STORED_WORDS) == {OFFERS, *(table.name for table in PERSONAL_TABLES)}


def test_choices_are_read_and_taken_back() -> None:
    assert parse_choices("Length=30 adventure=0,7 artists=ANY language=EN timezone=default") == {
        "length": 30,
        "adventure": 0.7,
        "most_per_artist": 0,
        "language": "en",
        "timezone": None,
    }


@pytest.mark.parametrize(
    "words", ["length = 30", "length: 30", "--length 30", "Länge=30", "länge : 30"]
)
def test_a_choice_may_be_written_in_other_ways_and_in_ones_language(words: str) -> None:
    with speaking("de"):
        assert parse_choices(words) == {"length": 30}


def test_what_the_menus_offer_can_be_chosen() -> None:
    spec = find_command("settings")
    assert spec is not None
    for option in spec.options:
        for value in option.values or (option.least, option.most):
            word = "Europe/Berlin" if value is None else value
            assert parse_choices(f"{option.name}={word}")


def test_values_are_read_in_ones_language() -> None:
    with speaking("de"):
        assert parse_choices("abenteuer=vertraut künstler=beliebig länge=standard") == {
            "adventure": 0.0,
            "most_per_artist": 0,
            "length": None,
        }


@pytest.mark.parametrize(
    "words",
    [
        "length=-5",
        "length",
        "=5",
        "adventure=much",
        "language=tlh",
        "adventure=nan",
        f"adventure={'9' * 400}",
        f"length={'9' * 5000}",
        f"artists={'9' * 5000}",
    ],
)
def test_what_cannot_be_read_is_refused(words: str) -> None:
    with pytest.raises(BadChoice):
        parse_choices(words)


def test_buttons_say_what_a_command_takes() -> None:
    *choices, removed = settings_text(Choices(), PlaylistRules()).buttons
    assert [button.name for button in removed] == ["removed"]
    for row in choices:
        for button in row:
            assert len(f"{button.name} {button.argument}".encode()) <= 60
            assert parse_choices(button.argument)


def test_removed_songs_are_shown_in_pages_that_every_platform_takes() -> None:
    songs = [RemovedSong(f"{number:012x}", f"Song {number}", "Artist") for number in range(45)]
    shown: list[str] = []
    page = "0"
    for _ in range(3):
        reply = removed_songs(songs, int(page))
        *numbers, (other,) = reply.buttons
        assert len(reply.buttons) <= 5
        assert all(len(row) <= 5 for row in reply.buttons)
        assert all(len(f"{b.name} {b.argument}".encode()) <= 60 for row in numbers for b in row)
        shown += [button.label for row in numbers for button in row]
        page = other.argument
    assert shown == [str(number) for number in range(1, 46)]
    assert page == "0"
