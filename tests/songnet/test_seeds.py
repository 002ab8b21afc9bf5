"""Songs are found however a person writes them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from songnet.names import plain, short_title
from songnet.seeds import (
    LEAST_RESEMBLANCE,
    MOST_SUGGESTIONS,
    PART_WEIGHT,
    SeedIndex,
    queries_in,
)
from songnet.vocabulary import Vocabulary

FADED_ID = "7gHs73wELdeycvS48JfIos"
LIBRARY = [
    # artist, title, uri, plays
    ("Alan Walker", "Faded", f"spotify:track:{FADED_ID}", 50),
    ("ZHU", "Faded", None, 10),
    ("Maroon 5", "Animals", None, 40),
    ("Martin Garrix", "Animals", None, 45),
    ("Sigur Rós", "Sæglópur", None, 5),
    ("Beyoncé", "Déjà Vu (feat. JAY-Z)", None, 7),
    ("Swedish House Mafia", "Don't You Worry Child - Radio Edit", None, 30),
    ("Owl City", "Fearless, Pt. II", None, 3),
    ("Виктор Цой", "Группа крови", None, 9),
    ("宇多田ヒカル", "桜流し", None, 8),
    ("Ed Sheeran", "÷", None, 2),
    ("Radiohead", "Creep", None, 20),
    ("Radiohead", "Karma Police", None, 25),
    ("Radiohead", "No Surprises", None, 15),
    ("Blur", "Fade Away", None, 4),
    ("Queen", "One", None, 4),
    ("Avicii", "Levels - Radio Edit", None, 90),
    ("Nobody", "Levels", None, 1),
]


def index_of(library: list[tuple[str, str, str | None, int]]) -> SeedIndex:
    frame = pd.DataFrame(library, columns=["artist", "title", "uri", "plays"])
    frame["track_id"] = [f"id{row}" for row in range(len(frame))]
    frame["album"] = None
    return SeedIndex(Vocabulary(frame))


@pytest.fixture(scope="module")
def index() -> SeedIndex:
    return index_of(LIBRARY)


def found(index: SeedIndex, query: str) -> str | None:
    matches = index.find([query])
    return str(matches.found[0].track) if matches.found else None


@pytest.mark.parametrize(
    ("query", "track"),
    [
        pytest.param("Faded", "Faded - Alan Walker", id="title"),
        pytest.param("  fAdEd ", "Faded - Alan Walker", id="any case"),
        pytest.param("Faded - ZHU", "Faded - ZHU", id="title - artist"),
        pytest.param("ZHU - Faded", "Faded - ZHU", id="artist - title"),
        pytest.param("zhu faded", "Faded - ZHU", id="artist title"),
        pytest.param("maroon 5 – animals", "Animals - Maroon 5", id="another dash"),
        pytest.param("id2", "Animals - Maroon 5", id="track_id"),
        pytest.param(f"spotify:track:{FADED_ID}", "Faded - Alan Walker", id="uri"),
        pytest.param(
            f"https://open.spotify.com/intl-de/track/{FADED_ID}?si=x",
            "Faded - Alan Walker",
            id="link",
        ),
        pytest.param("saeglopur", "Sæglópur - Sigur Rós", id="letters of another alphabet"),
        pytest.param("deja vu beyonce", "Déjà Vu (feat. JAY-Z) - Beyoncé", id="no accents"),
        pytest.param("Déjà Vu", "Déjà Vu (feat. JAY-Z) - Beyoncé", id="without the guest"),
        pytest.param(
            "dont you worry child",
            "Don't You Worry Child - Radio Edit - Swedish House Mafia",
            id="no apostrophe, no aside",
        ),
        pytest.param(
            "Don’t You Worry Child - Swedish House Mafia",
            "Don't You Worry Child - Radio Edit - Swedish House Mafia",
            id="typographic apostrophe",
        ),
        pytest.param("Fearless Pt. II", "Fearless, Pt. II - Owl City", id="punctuation"),
        pytest.param("группа крови", "Группа крови - Виктор Цой", id="Cyrillic"),
        pytest.param("宇多田ヒカル - 桜流し", "桜流し - 宇多田ヒカル", id="Japanese"),
        pytest.param("÷", "÷ - Ed Sheeran", id="no letters at all"),
        pytest.param("Fadde", "Faded - Alan Walker", id="two letters swapped"),
        pytest.param("Karma Polise", "Karma Police - Radiohead", id="a wrong letter"),
        pytest.param("radiohed - karma plice", "Karma Police - Radiohead", id="two typos"),
        pytest.param("Faded (Official Video)", "Faded - Alan Walker", id="an aside of the asker"),
    ],
)
def test_a_song_is_found_by(index: SeedIndex, query: str, track: str):
    assert found(index, query) == track


def test_of_two_songs_with_one_title_the_most_played_is_meant(index: SeedIndex):
    assert found(index, "Animals") == "Animals - Martin Garrix"


@pytest.mark.parametrize(
    ("query", "track"),
    [
        ("Señorita", "Señorita - Shawn Mendes"),
        ("señorita", "Señorita - Shawn Mendes"),
        ("Sen\u0303orita", "Señorita - Shawn Mendes"),
        ("Señorita - Shawn Mendes", "Señorita - Shawn Mendes"),
        ("Senorita", "Senorita - Vampires"),
        ("Séñorita", "Senorita - Vampires"),
    ],
)
def test_of_names_that_differ_in_accents_the_one_that_is_spelt_so_is_meant(query: str, track: str):
    library = [("Vampires", "Senorita", None, 9), ("Shawn Mendes", "Señorita", None, 1)]
    assert found(index_of(library), query) == track


def test_an_aside_does_not_hide_how_a_title_is_spelt():
    library = [("Vampires", "Senorita", None, 9), ("Mendes", "Señorita - Radio Edit", None, 1)]
    assert found(index_of(library), "Señorita") == "Señorita - Radio Edit - Mendes"


def test_several_links_on_one_line_are_several_songs():
    index = index_of(
        [("A", f"Song {n}", f"spotify:track:{n * 22}", 1) for n in "abc"]  # ids of 22 letters
    )
    links = "https://open.spotify.com/track/{a} <https://open.spotify.com/track/{b}>, {c}".format(
        a="a" * 22, b="b" * 22, c="spotify:track:" + "c" * 22
    )
    matches = index.find([links])
    assert [match.track.title for match in matches.found] == ["Song a", "Song b", "Song c"]


@pytest.mark.parametrize(
    "named",
    ["{link}, Creep", "{link} Creep", "Creep {link}", "Creep & {link}", "{link}\tCreep"],
)
def test_a_copied_link_beside_a_name_is_one_of_two_songs(named: str):
    index = index_of(
        [("Alan Walker", "Faded", f"spotify:track:{'a' * 22}", 1), ("Radiohead", "Creep", None, 1)]
    )
    link = f"https://open.spotify.com/track/{'a' * 22}?si=ab12"  # as Spotify's 'copy link' gives it
    matches = index.find([named.format(link=link)])
    assert {match.track.title for match in matches.found} == {"Faded", "Creep"}
    assert not matches.unknown


def test_further_artists_behind_a_song_are_no_songs_to_begin_with():
    index = index_of([("Major Lazer", "Lean On", None, 2), ("MØ", "Kamikaze", None, 1)])
    matches = index.find(["Lean On - Major Lazer, MØ"])
    assert not [stand_in.artist for stand_in in matches.by_artist if stand_in.query == "MØ"]
    assert len(matches.found) + len(matches.by_artist) + len(matches.unknown) == 1


LISTED = [
    ("Alan Walker", "Faded", None, 9),
    ("Alan Walker", "Alone", None, 8),
    ("Simon & Garfunkel", "The Boxer", None, 7),
    ("Paul", "Simon", None, 6),
    ("Art", "Garfunkel", None, 6),
    ("Owl City", "Fearless, Pt. II", None, 5),
    ("Owl City", "Fearless", None, 5),
    ("Owl City", "Pt. II", None, 5),
    ("Cassie", "Me & U", None, 4),
    ("Prince", "7", None, 3),
    ("Blur", "1. Intro", None, 3),
]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("Faded, Alone", ["Faded", "Alone"]),
        ("Faded & Alone", ["Faded", "Alone"]),
        ("Faded + Alone", ["Faded", "Alone"]),
        ("Faded / Alone", ["Faded", "Alone"]),
        ("Faded/alone", ["Faded", "Alone"]),
        ("Faded، Alone", ["Faded", "Alone"]),
        ("Faded, Alone & 7,", ["Faded", "Alone", "7"]),
        ("Alan Walker - Faded, Me & U", ["Faded", "Me & U"]),
        ("1. Faded", ["Faded"]),
        ("- Faded", ["Faded"]),
        ("1. Faded 2. Alone", ["Faded", "Alone"]),
        ("1) Faded, 2) Alone", ["Faded", "Alone"]),
        ("1. Fadded", ["Faded"]),
        ("1. Intro", ["1. Intro"]),
        ("Alan Walker, Alone", ["Alone"]),
        ("Fearless, Pt. II", ["Fearless, Pt. II"]),
        ("Simon & Garfunkel - The Boxer", ["The Boxer"]),
        ("Me & U", ["Me & U"]),
    ],
)
def test_songs_may_be_listed_in_other_ways(query: str, titles: list[str]):
    matches = index_of(LISTED).find([query])
    assert [match.track.title for match in matches.found] == titles
    assert (matches.by_artist, matches.unknown) == ((), ())


@pytest.mark.parametrize("query", ["Faded, Nowhere", "Faded & Fadde", "& Alone Faded", ","])
def test_what_is_not_known_in_every_part_stays_one_song(query: str):
    matches = index_of(LISTED).find([query])
    assert [seed.query for seed in matches.unknown] == [query]


def test_an_artist_whose_name_holds_a_separator_is_one_artist():
    (stand_in,) = index_of(LISTED).find(["Simon & Garfunkel"]).by_artist
    assert stand_in.artist == "Simon & Garfunkel"


def test_artists_may_be_listed_too():
    matches = index_of(LISTED).find(["Prince, Faded & Blur"])
    assert [each.artist for each in matches.by_artist] == ["Prince", "Blur"]
    assert [match.track.title for match in matches.found] == ["Faded"]


def test_a_link_that_names_no_song_resembles_none():
    index = index_of([("A", "Open Spotify", None, 1), ("open.spotify.com", "Album", None, 1)])
    (unknown,) = index.find(["https://open.spotify.com/album/4aawyAB9vmqN3uQ7FjRGTy"]).unknown
    assert unknown.suggestions == ()


def test_what_is_spelt_differently_can_be_completed():
    library = [("Mendes", "Senorita", None, 9), ("Mendes", "Señorita", None, 1)]
    offered = index_of(library).complete("sen", 5)
    assert [completion.text for completion in offered] == ["Senorita", "Señorita"]


@pytest.mark.parametrize(
    ("query", "respelt"),
    [
        ("Karma Polise", "Karma Police"),
        ("radiohed - karma plice", "Karma Police - Radiohead"),
        ("karma police", ""),
        ("Karma-Police!", ""),
        ("saeglopur", ""),
        ("Karmapolice", ""),
        ("id12", ""),
    ],
)
def test_what_was_taken_for_a_typing_error_is_told(index: SeedIndex, query: str, respelt: str):
    (match,) = index.find([query]).found
    assert match.respelt == respelt


@pytest.mark.parametrize("query", ["Booth Pt. 1", "Booth Pt. 22", "Booth Pt. 2 0"])
def test_a_number_is_no_typing_error(query: str):
    index = index_of([("Drill Zone", "Booth Pt. 2", None, 9)])
    assert found(index, query) is None


def test_another_number_does_not_hide_a_typing_error():
    library = [("Drill Zone", "Boooth Pt. 2", None, 9), ("Drill Zone", "Boath Pt. 1", None, 1)]
    assert found(index_of(library), "Booth Pt. 1") == "Boath Pt. 1 - Drill Zone"


def namesakes(index: SeedIndex, query: str) -> list[str]:
    (match,) = index.find([query]).found
    return [f"{other.title} - {other.artist}" for other in match.namesakes]


@pytest.mark.parametrize("query", ["Animals", "animls", "Animals (Remix)"])
def test_a_title_of_several_artists_names_what_else_it_may_mean(
    index: SeedIndex, query: str
) -> None:
    assert namesakes(index, query) == ["Animals - Maroon 5"]


@pytest.mark.parametrize(
    "query", ["Animals - Maroon 5", "martin garrix animals", "id2", "Creep", "Levels by Nobody"]
)
def test_who_says_by_whom_means_nothing_else(index: SeedIndex, query: str) -> None:
    assert namesakes(index, query) == []


def test_a_whole_title_comes_before_a_shortened_one(index: SeedIndex):
    assert found(index, "Levels") == "Levels - Nobody"


@pytest.mark.parametrize(
    "query", ["Oni", "Thunderstruck", "Radiohead's", "spotify:track:" + "x" * 22]
)
def test_what_is_not_in_the_library_is_not_found(index: SeedIndex, query: str):
    assert found(index, query) is None


def suggestions(index: SeedIndex, query: str) -> list[str]:
    (unknown,) = index.find([query]).unknown
    return [f"{near.title} - {near.artist}" for near in unknown.suggestions]


def test_a_part_of_an_artist_suggests_the_most_played_songs_of_it(index: SeedIndex):
    assert suggestions(index, "radiohe")[:3] == [
        "Karma Police - Radiohead",
        "Creep - Radiohead",
        "No Surprises - Radiohead",
    ]


def test_the_right_title_with_another_artist_is_suggested(index: SeedIndex):
    assert suggestions(index, "Creep - TLC")[0] == "Creep - Radiohead"


def test_a_part_of_a_title_is_suggested(index: SeedIndex):
    assert suggestions(index, "worry child")[0].startswith("Don't You Worry Child")


def test_at_most_five_are_suggested_and_the_best_come_first(index: SeedIndex):
    (unknown,) = index.find(["Fade"]).unknown
    scores = [near.score for near in unknown.suggestions]

    assert len(scores) <= 5
    assert scores == sorted(scores, reverse=True)
    assert {near.title for near in unknown.suggestions[:3]} == {"Faded", "Fade Away"}


def test_nothing_is_suggested_for_what_resembles_nothing(index: SeedIndex):
    assert suggestions(index, "zzzzqqqqxxxx") == []


def test_answers_keep_the_order_of_the_questions(index: SeedIndex):
    matches = index.find(["Creep", "Thunderstruck", "Faded", ""])

    assert [match.query for match in matches.found] == ["Creep", "Faded"]
    assert [seed.query for seed in matches.unknown] == ["Thunderstruck"]


NAMES = st.text(alphabet="abcde ", min_size=1, max_size=14).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(
    library=st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=12, unique=True),
    query=st.one_of(NAMES, st.builds("{} - {}".format, NAMES, NAMES)),
)
def test_no_near_miss_is_lost_to_what_makes_the_search_fast(
    library: list[tuple[str, str]], query: str
) -> None:
    index = index_of([(artist, title, None, 1) for artist, title in library])
    matches = index.find([query])
    for seed in (*matches.unknown, *(each for each in matches.by_artist if not each.is_artist)):
        scores = np.array([resemblance(query, artist, title) for artist, title in library])
        best = np.argsort(-np.round(scores), kind="stable")[:MOST_SUGGESTIONS]
        assert [(near.artist, near.title, near.score) for near in seed.suggestions] == [
            (*library[row], scores[row]) for row in best if scores[row] >= LEAST_RESEMBLANCE
        ]


def resemblance(query: str, artist: str, title: str) -> np.float32:
    """The same by the plainest way: every name of the song against every part of the query."""
    title, core, artist = plain(title), plain(short_title(title)), plain(artist)
    names = [
        form for name in (title, core) for form in (name, f"{name} {artist}", f"{artist} {name}")
    ]
    halves = query.split(" - ", maxsplit=1)
    parts = [(plain(query), 1.0)]
    parts += [(plain(half), PART_WEIGHT) for half in halves if len(halves) > 1]
    scores = [(weight, fuzz.ratio(text, name)) for text, weight in parts for name in names]
    if len(f"{title} {artist}") >= len(plain(query)):
        scores.append((PART_WEIGHT, fuzz.partial_ratio(plain(query), f"{title} {artist}")))
    return max(np.float32(weight) * np.float32(ratio) for weight, ratio in scores)


def test_a_line_of_songs_is_split_at_semicolons_and_line_ends():
    assert queries_in(" a ; b;\n c\n;; ") == ["a", "b", "c"]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("Radiohead - Some New Song", id="artist - title"),
        pytest.param("Some New Song - Radiohead", id="title - artist"),
        pytest.param("some new song by radiohead", id="by"),
        pytest.param("Radiohead feat. Blur - Some New Song", id="with a guest"),
        pytest.param("RADIOHEAD – Some New Song (Live)", id="another dash"),
        pytest.param("Side by side by Radiohead", id="by in the title"),
    ],
)
def test_an_unknown_song_is_known_by_its_artist(index: SeedIndex, query: str):
    matches = index.find([query])
    (stand_in,) = matches.by_artist

    assert (stand_in.query, stand_in.artist) == (query, "Radiohead")
    assert [track.title for track in stand_in.tracks] == ["Karma Police", "Creep", "No Surprises"]
    assert (matches.found, matches.unknown) == ((), ())


def test_of_two_known_artists_the_one_played_more_is_meant(index: SeedIndex):
    (stand_in,) = index.find(["Blur - Radiohead"]).by_artist
    assert stand_in.artist == "Radiohead"


def test_so_many_tracks_stand_for_a_song_at_most():
    of_one = [("Blur", f"Song number {number}", None, number) for number in range(1, 9)]
    (stand_in,) = index_of(of_one).find(["Blur - Unheard of"]).by_artist
    assert [track.title[-1] for track in stand_in.tracks] == ["8", "7", "6"]


@pytest.mark.parametrize("query", ["sigur ros", "SIGUR RÓS", " Sigur  Rós "])
def test_an_artist_alone_stands_for_what_is_played_of_it(query: str):
    songs = [("Sigur Rós", f"Song number {number}", None, number) for number in range(1, 9)]
    (stand_in,) = index_of(songs).find([query]).by_artist
    assert stand_in.is_artist
    assert [track.title[-1] for track in stand_in.tracks] == ["8", "7", "6"]


def test_a_title_wins_over_an_artist_of_that_name():
    library = [("Alphaville", "Radiohead", None, 1), ("Radiohead", "Creep", None, 9)]
    assert found(index_of(library), "Radiohead") == "Radiohead - Alphaville"


def test_an_artist_wins_over_a_title_that_is_spelt_a_little_differently():
    library = [("Alphaville", "Radioheads", None, 1), ("Radiohead", "Creep", None, 9)]
    (stand_in,) = index_of(library).find(["Radiohead"]).by_artist
    assert stand_in.artist == "Radiohead"


def test_an_unknown_song_is_no_artist_alone(index: SeedIndex):
    (stand_in,) = index.find(["Radiohead - Some New Song"]).by_artist
    assert not stand_in.is_artist


@pytest.mark.parametrize("query", ["Nobody knows - this", "Some Radiohead song", "-"])
def test_what_names_no_artist_beside_a_title_is_unknown(index: SeedIndex, query: str):
    matches = index.find([query])
    assert [seed.query for seed in matches.unknown] == [query]
    assert matches.by_artist == ()


def test_near_misses_are_offered_beside_the_artist(index: SeedIndex):
    (stand_in,) = index.find(["Radiohead - Karma Polarised"]).by_artist
    assert "Karma Police" in [near.title for near in stand_in.suggestions]
