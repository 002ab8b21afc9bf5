from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.catalogue.matching import Candidate, best_match, normalised


def matches(wanted: tuple[str, str], found: tuple[str, ...]) -> bool:
    title, *artists = found
    candidate = Candidate("spotify:track:x", title, tuple(artists))
    return best_match(wanted[1], wanted[0], [candidate]) is not None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("Faded", "Alan Walker"), ("Faded", "Alan Walker")),
        (("faded", "ALAN WALKER"), ("Faded", "Alan Walker")),
        (("Don't Stop Me Now", "Queen"), ("Don’t Stop Me Now - Remastered 2011", "Queen")),
        (("Heroes", "David Bowie"), ("Heroes - 2017 Remaster", "David Bowie")),
        (("Café", "Beyonce"), ("Cafe", "Beyoncé")),
        (("Titanium (feat. Sia)", "David Guetta"), ("Titanium", "David Guetta", "Sia")),
        (("Titanium", "David Guetta"), ("Titanium (feat. Sia)", "David Guetta", "Sia")),
        (("It Ain't Me (with Selena Gomez)", "Kygo"), ("It Ain't Me", "Kygo", "Selena Gomez")),
        (("Yellow Submarine", "Beatles"), ("Yellow Submarine", "The Beatles")),
        (("Numb", "Linkin Park"), ("Numb (Album Version)", "Linkin Park")),
        (("Levels", "Avicii"), ("Levels - Original Mix", "Avicii")),
        (("Let It Go", "Idina Menzel"), ('Let It Go - From "Frozen"', "Idina Menzel")),
        (("Live and Let Die", "Wings"), ("Live And Let Die", "Wings")),
        (("Tik Tok", "Ke$ha"), ("TiK ToK", "Kesha")),
        (("Someone Like You - Live", "Adele"), ("Someone Like You (Live)", "Adele")),
        (("Faded - Tiësto Remix", "Alan Walker"), ("Faded (Tiësto Remix)", "Alan Walker")),
        (("(Don't Fear) The Reaper", "BÖC"), ("(Don't Fear) The Reaper", "BÖC")),
        (("Песня", "Кино"), ("песня", "Кино")),
        (("千本桜", "黒うさP"), ("千本桜", "黒うさP")),
        (
            ("Simon & Garfunkel Song", "Simon & Garfunkel"),
            ("Simon and Garfunkel Song", "Simon and Garfunkel"),
        ),
        (("Stay", "Zedd, Alessia Cara"), ("Stay", "Zedd", "Alessia Cara")),
    ],
)
def test_the_same_recording_is_recognised(wanted: tuple[str, str], found: tuple[str, ...]) -> None:
    assert matches(wanted, found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("Faded", "Alan Walker"), ("Faded - Tiësto Remix", "Alan Walker")),
        (("Faded", "Alan Walker"), ("Faded (Live at Tomorrowland)", "Alan Walker")),
        (("Faded", "Alan Walker"), ("Faded - Live - 2018 Remaster", "Alan Walker")),
        (("Faded", "Alan Walker"), ("Faded - Instrumental Version", "Alan Walker")),
        (("Faded", "Alan Walker"), ("Faded (Sped Up)", "Alan Walker")),
        (("Faded", "Alan Walker"), ("Faded (Karaoke Version)", "Alan Walker")),
        (("Faded", "Alan Walker"), ("Faded", "Karaoke Stars")),
        (("Faded", "Alan Walker"), ("Fade", "Alan Walker")),
        (("Faded", "Alan Walker"), ("Alone", "Alan Walker")),
        (("Faded (Tiësto Remix)", "Alan Walker"), ("Faded (Dash Berlin Remix)", "Alan Walker")),
        (("Faded (Tiësto Remix)", "Alan Walker"), ("Faded", "Alan Walker")),
        (("Fearless Pt. II", "Lost Sky"), ("Fearless Pt. I", "Lost Sky")),
        (("Symphony No. 5 in C minor", "X"), ("Symphony No. 6 in C minor", "X")),
        (("Love Story", "Taylor Swift"), ("Love Story (Taylor's Version)", "Taylor Swift")),
        (("Animals", "Maroon 5"), ("Animals", "Martin Garrix")),
        (("Numb", "Linkin Park"), ("Numb / Encore", "Linkin Park", "JAY-Z")),
        (("Песня", "Кино"), ("Группа", "Кино")),
    ],
)
def test_another_recording_is_refused(wanted: tuple[str, str], found: tuple[str, ...]) -> None:
    assert not matches(wanted, found)


def test_the_plain_recording_is_preferred_to_its_remaster() -> None:
    remaster = Candidate("1", "Heroes - 2017 Remaster", ("David Bowie",))
    plain = Candidate("2", "Heroes", ("David Bowie",))
    assert best_match("David Bowie", "Heroes", [remaster, plain]) is plain


def test_spotifys_order_decides_between_equals() -> None:
    first, second = (Candidate(uri, "Faded", ("Alan Walker",)) for uri in "12")
    assert best_match("Alan Walker", "Faded", [first, second]) is first


def test_nothing_found_matches_nothing() -> None:
    assert best_match("Alan Walker", "Faded", []) is None


def test_a_candidate_without_artists_matches_nothing() -> None:
    assert not matches(("Faded", "Alan Walker"), ("Faded",))


@given(title=st.text(min_size=1), artist=st.text(min_size=1))
def test_any_title_can_be_compared(title: str, artist: str) -> None:
    best_match(artist, title, [Candidate("1", title, (artist,)), Candidate("2", artist, (title,))])


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
