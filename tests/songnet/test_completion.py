"""Songs from the beginning of what is typed."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songnet.completion import Beginnings
from songnet.seeds import SeedIndex
from songnet.vocabulary import LIBRARY_COLUMNS, Vocabulary

ROWS = [
    ("Faded", "Alan Walker", 90),
    ("Animals", "Martin Garrix", 80),
    ("Animals", "Maroon 5", 70),
    ("Fade Out Lines - The Avener Rework", "The Avener", 60),
    ("Walk; Don't Run", "The Ventures", 50),
    ("Sólo", "Demi Lovato", 40),
    ("Solo", "Clean Bandit", 30),
    ("Faded", "Alan Walker", 20),
    ("Music For The Fading", "Nobody", 10),
    ("夜に駆ける", "YOASOBI", 5),
]


@pytest.fixture(scope="module")
def index() -> SeedIndex:
    rows = [
        (f"id{number}", artist, title, "x", None) for number, (title, artist, _) in enumerate(ROWS)
    ]
    library = pd.DataFrame(rows, columns=list(LIBRARY_COLUMNS))
    return SeedIndex(Vocabulary(library.assign(plays=[plays for *_, plays in ROWS])))


def texts(index: SeedIndex, beginning: str, most: int = 25) -> list[str]:
    return [completion.text for completion in index.complete(beginning, most)]


def test_the_most_played_come_first(index: SeedIndex) -> None:
    assert texts(index, "fad") == [
        "Faded",
        "Fade Out Lines - The Avener Rework",
        "Music For The Fading",
    ]


def test_nothing_typed_fits_everything(index: SeedIndex) -> None:
    assert texts(index, "", most=2) == ["Faded", "Animals - Martin Garrix"]


def test_a_title_of_two_artists_keeps_its_artist(index: SeedIndex) -> None:
    assert texts(index, "animals") == ["Animals - Martin Garrix", "Animals - Maroon 5"]


@pytest.mark.parametrize("typed", ["maroon", "animals mar", "mar ani", "ANIMALS - maroon 5"])
def test_title_and_artist_in_any_order(index: SeedIndex, typed: str) -> None:
    assert "Animals - Maroon 5" in texts(index, typed)


@pytest.mark.parametrize("typed", ["solo d", "SÓLO d"])
def test_accents_and_case_are_no_matter(index: SeedIndex, typed: str) -> None:
    assert texts(index, typed) == ["Sólo - Demi Lovato"]


def test_other_scripts(index: SeedIndex) -> None:
    assert texts(index, "夜に") == ["夜に駆ける"]


def test_a_typing_error_is_forgiven_where_nothing_fits(index: SeedIndex) -> None:
    assert texts(index, "animlas")[:1] == ["Animals - Martin Garrix"]


def test_nothing_like_it(index: SeedIndex) -> None:
    assert texts(index, "zzzzzzzz") == []


def test_a_semicolon_in_a_title_does_not_part_it(index: SeedIndex) -> None:
    assert texts(index, "walk") == ["Walk Don't Run", "Faded"]


def test_every_completion_finds_its_track(index: SeedIndex) -> None:
    for completion in index.complete("", 25):
        (found,) = index.find([completion.text]).found
        assert found.track == completion.track


@pytest.mark.parametrize(
    ("text", "shortened"),
    [
        ("Faded - Alan Walker", "Faded"),
        ("Animals - Maroon 5", "Animals - Maroon 5"),
        ("unheard of", "unheard of"),
    ],
)
def test_a_name_is_as_short_as_it_can_be(index: SeedIndex, text: str, shortened: str) -> None:
    assert index.shorten(text) == shortened


WORDS = st.text(alphabet="ab ", min_size=1, max_size=8).map(lambda text: " ".join(text.split()))
NAMES = WORDS.filter(bool)


@settings(max_examples=100, deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=20), beginning=NAMES, most=st.integers(1, 25))
def test_what_begins_so_is_found_as_by_looking_at_every_name(
    names: list[str], beginning: str, most: int
) -> None:
    begins = [name.startswith(beginning) for name in names]
    inside = [f" {beginning}" in f" {name}" for name in names]
    each = [all(f" {word}" in f" {name}" for word in beginning.split()) for name in names]
    ways = [[place for place, fits in enumerate(way) if fits] for way in (begins, inside, each)]
    expected = list(dict.fromkeys(place for way in ways for place in way))[:most]

    found = Beginnings(names).complete(beginning, most)

    assert found[: len(expected)] == expected
    assert len(found) == len(expected) or not expected
