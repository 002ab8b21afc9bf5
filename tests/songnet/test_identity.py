from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songnet.identity import track_key

SAME = [
    ("Faded", "faded"),
    ("Faded", "  Faded "),
    ("Faded", "Faded - Remastered 2011"),
    ("Faded", "Faded - 2011 Remaster"),
    ("Faded", "Faded (Remastered)"),
    ("Faded", "Faded - Remastered Version"),
    ("Faded", "Faded (2011 Digital Remaster)"),
    ("Faded", "Faded (Deluxe Edition)"),
    ("Faded", "Faded (feat. Iselin Solheim)"),
    ("Faded", "Faded [ft. Iselin Solheim]"),
    ("Faded", "Faded feat. Iselin Solheim"),
    ("Faded", "Faded (with Iselin Solheim)"),
    ("Faded", "Faded - Original Mix"),
    ("Faded", "Faded (Official Music Video)"),
    ("Faded", "Faded - Bonus Track"),
    ("Galliyan", 'Galliyan (From "Ek Villain")'),
    ("Don't Stop", "Don’t Stop"),
    ("Señorita", "Senorita"),
    ("Rock & Roll", "Rock and Roll"),
    ("Pt. II", "Pt II"),
    ("Song (Acoustic)", "Song - Acoustic"),
    ("Song (Acoustic)", "Song - Acoustic Version"),
    ("Song - Live", "Song (Live / Remastered 2009)"),
    ("Song - Live", "Song (Remastered Live)"),
]
APART = [
    "Faded",
    "Faded (Live)",
    "Faded - Live at the O2",
    "Faded - Acoustic",
    "Faded - Instrumental",
    "Faded - Tiësto Remix",
    "Faded (Restrung)",
    "Faded - Radio Edit",
    "Faded (Sped Up)",
    "Faded (Demo)",
    "Faded (with Orchestra)",
    "Faded (Original Piano Sketch)",
    "Faded - Bonus Beats",
    "Faded Pt. II",
    "Faded 2",
]
SHORT = [
    "!!!",
    "???",
    "÷",
    "×",
    "+",
    "=",
    "★",
    "-",
    "(Deluxe)",
    "Remastered",
    "feat.",
    "🎵",
    "1999",
]
SCRIPTS = ["初恋", "夢", "か", "が", "й", "и", "пусть", "دل", "दिल", "दाल", "ไทย", "한국", "ελλάδα"]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_decoration_makes_no_other_track(one: str, other: str) -> None:
    assert track_key("A", one) == track_key("A", other)


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(APART, 2)))
def test_versions_stay_apart(one: str, other: str) -> None:
    assert track_key("A", one) != track_key("A", other)


@pytest.mark.parametrize("names", [SHORT, SCRIPTS], ids=["short", "scripts"])
def test_every_name_has_a_key_of_its_own(names: list[str]) -> None:
    assert len({track_key("A", name) for name in names}) == len(names)
    assert len({track_key(name, "A") for name in names}) == len(names)


def test_a_guest_of_the_artist_makes_no_other_track() -> None:
    assert track_key("Lost Sky feat. Chris Linton", "Fearless") == track_key("Lost Sky", "Fearless")


def test_artists_keep_titles_apart() -> None:
    assert track_key("Maroon 5", "Animals") != track_key("Martin Garrix", "Animals")


def test_artist_and_title_do_not_run_together() -> None:
    assert track_key("a b", "c") != track_key("a", "b c")


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_key_is_stable_whatever_the_case(artist: str, title: str) -> None:
    key = track_key(artist, title)
    assert len(key) == 24
    assert key == track_key(f" {artist}", f"{title} ")


def test_endless_names_take_no_time() -> None:
    assert len(track_key("(" * 10**6, " - feat. " * 10**6)) == 24
