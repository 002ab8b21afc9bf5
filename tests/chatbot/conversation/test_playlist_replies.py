"""What is said of songs that were not found."""

from __future__ import annotations

import pytest

from chatbot.conversation.playlist_replies import missing, not_found, nothing_found
from chatbot.services.playlist_records import MadePlaylist, UnknownSong

ADVICE = "write title and artist instead"
LINK = "https://open.spotify.com/track/7gHs73wELdeycvS48JfIos?si=1"


@pytest.mark.parametrize(
    "query",
    [
        LINK,
        "open.spotify.com/track/7gHs73wELdeycvS48JfIos",
        "spotify:track:7gHs73wELdeycvS48JfIos",
        "https://youtu.be/60ItHLz5WEA",
    ],
)
def test_who_sent_a_link_hears_what_to_write_instead(query: str) -> None:
    assert ADVICE in missing(query)
    assert ADVICE in not_found(UnknownSong(query, ()))


def test_also_where_nothing_else_was_named() -> None:
    made = MadePlaylist("p", (), (), (UnknownSong(LINK, ()),), {})
    assert ADVICE in nothing_found(made).text


def test_who_wrote_a_title_does_not() -> None:
    assert ADVICE not in missing("Faded: a spotify song")
