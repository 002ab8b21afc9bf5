"""What is said of songs that were not found."""

from __future__ import annotations

import pytest

from chatbot.conversation.playlist_replies import empty_playlist, missing, not_found, nothing_found
from chatbot.services.playlist_records import MadePlaylist, UnknownSong

ADVICE = "write title and artist instead"
LINK = "https://open.spotify.com/track/7gHs73wELdeycvS48JfIos?si=1"


@pytest.mark.parametrize(
    "query",
    [
        LINK,
        "open.spotify.com/track/7gHs73wELdeycvS48JfIos",
        "spotify:track:7gHs73wELdeycvS48JfIos",
        "https://www.deezer.com/track/3135556",
    ],
)
def test_who_sent_a_link_hears_what_to_write_instead(query: str) -> None:
    assert ADVICE in missing(query)
    assert ADVICE in not_found(UnknownSong(query, ()))


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://open.spotify.com/album/4aawyAB9vmqN3uQ7FjRGTy?si=x", "is a whole album"),
        ("<https://open.spotify.com/playlist/37i9dQZF1DXcBWIGoYBM5M>", "is a whole playlist"),
        ("spotify:artist:7vk5e3vY1uw9plTHJAMwjN", "write the artist's name"),
        ("https://spotify.link/AbCdEfGhI", "copy the long address"),
        ("https://youtu.be/60ItHLz5WEA", "leads to YouTube"),
    ],
)
def test_who_sent_another_kind_of_link_hears_what_it_is(link: str, words: str) -> None:
    assert words in missing(link)
    assert "Not in your library" not in missing(link)


def test_also_where_nothing_else_was_named() -> None:
    made = MadePlaylist("p", (), (), (UnknownSong(LINK, ()),), {})
    assert ADVICE in nothing_found(made).text


def test_who_wrote_a_title_does_not() -> None:
    assert ADVICE not in missing("Faded: a spotify song")


def test_what_to_begin_with_takes_no_more_rows_than_every_platform_shows() -> None:
    recent = [MadePlaylist(f"p{number}", (), (), (), {}) for number in range(3)]
    rows = empty_playlist(1, ["Faded", "Lily", "Play"], recent).buttons
    assert [len(row) for row in rows] == [3, 1, 1, 1]
