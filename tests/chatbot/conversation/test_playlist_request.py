"""What is read of the text after /playlist."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatbot.conversation.commands import find_command
from chatbot.conversation.language import speaking
from chatbot.conversation.playlist_request import NAMES, BadOption, parse_request
from chatbot.services.playlist_wish import NO_CAP, PlaylistWish

FADED = PlaylistWish(("Faded",))
NINES = "9" * 10_000
"""More digits than Python makes a number of."""


@pytest.mark.parametrize(
    ("argument", "wish"),
    [
        ("Faded", FADED),
        ("Faded length=30", replace(FADED, length=30)),
        ("length=30; Faded", replace(FADED, length=30)),
        ("Faded;LENGTH=30", replace(FADED, length=30)),
        ("Faded；length=30；Lily", PlaylistWish(("Faded", "Lily"), length=30)),
        ("Faded length=30 Lily", PlaylistWish(("Faded Lily",), length=30)),
        ("Faded adventure=familiar", replace(FADED, adventure=0.0)),
        ("Faded adventure=Adventurous", replace(FADED, adventure=1.0)),
        ("Faded adventure=0,25", replace(FADED, adventure=0.25)),
        ("Faded artists=2", replace(FADED, most_per_artist=2)),
        ("Faded artists=any", replace(FADED, most_per_artist=NO_CAP)),
        ("Faded private=yes", replace(FADED, private=True)),
        ("Faded private=no", FADED),
        ("length=30", PlaylistWish((), length=30)),
        ("E=MC2", PlaylistWish(("E=MC2",))),
        ("1+1=2; x=y", PlaylistWish(("1+1=2", "x=y"))),
        ("https://open.spotify.com/track/1?length=3", PlaylistWish(("https://open.spotify.com/track/1?length=3",))),
    ],
)  # fmt: skip
def test_choices_stand_wherever_one_writes_them(argument: str, wish: PlaylistWish) -> None:
    assert parse_request(argument) == wish


@pytest.mark.parametrize(
    ("argument", "wish"),
    [
        ("Faded length = 30", replace(FADED, length=30)),
        ("Faded length= 30", replace(FADED, length=30)),
        ("Faded length:30", replace(FADED, length=30)),
        ("Faded length: 30", replace(FADED, length=30)),
        ("Faded --length 30", replace(FADED, length=30)),
        ("Faded —length 30", replace(FADED, length=30)),
        ("Faded --length=30 -artists: 2", replace(FADED, length=30, most_per_artist=2)),
        ("Faded länge=30", replace(FADED, length=30)),
        ("Faded Abenteuer: vertraut", replace(FADED, adventure=0.0)),
        ("Faded abenteuer=familiar", replace(FADED, adventure=0.0)),
        ("Faded adventure=Abenteuerlich", replace(FADED, adventure=1.0)),
        ("Faded künstler=beliebig", replace(FADED, most_per_artist=NO_CAP)),
        ("Faded privat=ja", replace(FADED, private=True)),
        ("Faded adventure: 0,25, artists: 2", replace(FADED, adventure=0.25, most_per_artist=2)),
        ("Faded length=30, private=yes", replace(FADED, length=30, private=True)),
        ("Mode: Length", PlaylistWish(("Mode: Length",))),
        ("Adventure:Time", PlaylistWish(("Adventure:Time",))),
        ("Private: No Entry", PlaylistWish(("Private: No Entry",))),
        ("Length: a story", PlaylistWish(("Length: a story",))),
        ("Private: length=30", PlaylistWish(("Private:",), length=30)),
        ("Length", PlaylistWish(("Length",))),
        ("The length 30", PlaylistWish(("The length 30",))),
        ("Arm length\n= 30", PlaylistWish(("Arm length", "= 30"))),
    ],
)
def test_choices_may_be_written_in_other_ways_and_in_ones_language(
    argument: str, wish: PlaylistWish
) -> None:
    with speaking("de"):
        assert parse_request(argument) == wish


@pytest.mark.parametrize("word", ["länge=30", "Länge: 30"])
def test_words_of_another_language_are_part_of_a_title(word: str) -> None:
    assert parse_request(word) == PlaylistWish((word,))


@pytest.mark.parametrize(
    ("argument", "name", "value", "meant"),
    [
        ("Faded lenght=30", "lenght", "30", "length"),
        ("Faded artist=2", "artist", "2", "artists"),
        ("Faded length=", "length", "", "length"),
        ("Faded length=ten", "length", "ten", "length"),
        ("Faded length = ten", "length", "ten", "length"),
        ("Faded length=-5", "length", "-5", "length"),
        ("Faded length=²", "length", "²", "length"),
        ("Faded adventure=nan", "adventure", "nan", "adventure"),
        ("Faded adventure=-inf", "adventure", "-inf", "adventure"),
        (f"Faded adventure={NINES}", "adventure", NINES, "adventure"),
        (f"Faded length={NINES}", "length", NINES, "length"),
        (f"Faded artists={NINES}", "artists", NINES, "artists"),
        ("Faded private=perhaps", "private", "perhaps", "private"),
    ],
)
def test_what_cannot_be_read_is_named(argument: str, name: str, value: str, meant: str) -> None:
    with pytest.raises(BadOption) as refusal:
        parse_request(argument)
    error = refusal.value
    assert (error.name, error.value, error.meant) == (name, value, meant)


def test_what_the_menus_offer_about_playlists_can_be_read() -> None:
    spec = find_command("playlist")
    assert spec is not None
    for option in spec.options:
        assert option.name in NAMES
        for value in option.values or (option.least, option.most):
            parse_request(f"Faded {option.name}={value}")
