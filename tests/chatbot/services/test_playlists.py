"""Wishes for playlists: what is filled in, what is refused, and what another one leaves out."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from chatbot.bootstrap import wire_bot
from chatbot.jobs.memory import MemoryJobs
from chatbot.services.errors import BadWish, NotYours, UnknownPlaylist
from chatbot.services.playlist_records import MadePlaylist
from chatbot.services.playlist_wish import NO_CAP, PlaylistRules, PlaylistWish
from chatbot.services.playlists import PlaylistService
from chatbot.settings import Settings
from songnet.music import History
from songnet.recommender import Recommender
from songnet.training import TrainingConfig
from storage import Storage

SONGS = 60
WISH = PlaylistWish(("Song 1", "Song 2"), length=10)
RULES = PlaylistRules()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    numbers = [number % SONGS for number in range(240)]
    plays = pd.DataFrame(
        {
            "started_at": pd.date_range("2024-01-01", periods=240, freq="13min", tz="UTC"),
            "artist": [f"Artist {number % 12}" for number in numbers],
            "title": [f"Song {number}" for number in numbers],
        }
    )
    plays.loc[120:, "started_at"] += pd.Timedelta(days=1)
    path = tmp_path_factory.mktemp("model") / "model"
    Recommender.train(
        History.from_plays(plays), config=TrainingConfig(model="markov_backoff")
    ).save(path)
    return path


@pytest.fixture
async def playlists(
    storage: Storage, model: Path, user_id: int, tmp_path: Path
) -> AsyncIterator[PlaylistService]:
    saved = await storage.models.save(user_id, model, history_version=1, facts={})
    await storage.models.activate(saved.id)
    settings = Settings(_env_file=None, data=tmp_path)  # type: ignore[call-arg]  # pydantic's own
    yield wire_bot(settings, storage, MemoryJobs(())).playlists


def ids(made: MadePlaylist) -> list[str]:
    return [track.track_id for track in made.tracks]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (replace(WISH, length=4), "length"),
        (replace(WISH, length=51), "length"),
        (replace(WISH, adventure=-0.1), "adventure"),
        (replace(WISH, adventure=1.1), "adventure"),
        (replace(WISH, adventure=float("nan")), "adventure"),
        (replace(WISH, most_per_artist=-1), "most_per_artist"),
    ],
)
def test_what_is_out_of_range_is_refused_with_the_range(wish: PlaylistWish, field: str) -> None:
    with pytest.raises(BadWish) as refusal:
        RULES.complete(wish)
    assert refusal.value.field == field
    assert refusal.value.least < refusal.value.most


def test_what_is_not_said_is_as_the_operator_has_set_it() -> None:
    rules = PlaylistRules(length=7, adventure=0.8, most_per_artist=2)
    complete = rules.complete(PlaylistWish(("a",)))
    assert (complete.length, complete.adventure, complete.most_per_artist) == (7, 0.8, 2)


def test_no_cap_is_no_cap() -> None:
    assert RULES.complete(replace(WISH, most_per_artist=NO_CAP)).most_per_artist is None


async def test_length_and_cap_are_as_wished(playlists: PlaylistService, user_id: int) -> None:
    made = await playlists.make(user_id, replace(WISH, length=12, most_per_artist=1))
    artists = [track.artist for track in made.tracks]
    assert len(made.tracks) == len(set(artists)) == 12


async def test_songs_that_are_not_wanted_stay_out_and_seeds_still_count(
    playlists: PlaylistService, user_id: int
) -> None:
    first = await playlists.make(user_id, WISH)
    unwanted = (*ids(first)[:3], first.seeds[0].track_id)
    made = await playlists.make(user_id, replace(WISH, exclude=unwanted))
    assert not set(unwanted) & set(ids(made))
    assert made.seeds == first.seeds


async def test_more_songs_than_a_request_takes_are_refused_however_they_are_listed(
    playlists: PlaylistService, user_id: int
) -> None:
    await playlists.make(user_id, PlaylistWish((", ".join(f"Song {n}" for n in range(20)),)))
    with pytest.raises(BadWish) as refusal:
        await playlists.make(user_id, PlaylistWish((", ".join(f"Song {n}" for n in range(21)),)))
    assert (refusal.value.field, refusal.value.found, refusal.value.most) == ("seeds", 21, 20)


async def test_another_one_holds_nothing_of_the_newest_ones(
    playlists: PlaylistService, user_id: int
) -> None:
    seen: set[str] = set()
    for _ in range(4):
        made = await playlists.make(user_id, replace(WISH, another=True))
        assert len(made.tracks) == 10
        assert not seen & set(ids(made))
        seen |= set(ids(made))


async def test_another_one_is_never_shorter_for_what_was_heard(
    playlists: PlaylistService, user_id: int
) -> None:
    for _ in range(8):  # 80 songs, and the library holds 60
        made = await playlists.make(user_id, replace(WISH, another=True))
        assert len(made.tracks) == 10


async def test_another_one_of_a_small_library_is_another_one(
    playlists: PlaylistService, user_id: int
) -> None:
    made = [
        ids(await playlists.make(user_id, replace(WISH, length=50, another=another)))
        for another in (False, True, True, True, True)
    ]
    songs = [frozenset(tracks) for tracks in made]
    assert {len(tracks) for tracks in songs} == {50}
    assert len(set(songs)) == len(songs)
    # 58 songs may be in it, so 8 of the one before can stay out.
    for before, after in itertools.pairwise(songs):
        assert len(before - after) == 8


async def test_songs_that_are_not_wanted_at_all_leave_room_for_less(
    playlists: PlaylistService, storage: Storage, user_id: int
) -> None:
    first = await playlists.make(user_id, WISH)
    for track_id in ids(first)[:6]:
        await storage.avoided.add(user_id, {"track_id": track_id})
    for _ in range(3):
        made = await playlists.make(user_id, replace(WISH, length=50, another=True))
        assert len(made.tracks) == 50  # of 52


async def test_another_one_keeps_to_the_most_songs_of_one_artist(
    playlists: PlaylistService, user_id: int
) -> None:
    for _ in range(6):
        made = await playlists.make(
            user_id, replace(WISH, length=12, most_per_artist=1, another=True)
        )
        assert len({track.artist for track in made.tracks}) == len(made.tracks) == 12


async def test_a_longer_version_of_another_one_has_its_length(
    playlists: PlaylistService, user_id: int
) -> None:
    for _ in range(5):
        another = await playlists.make(user_id, replace(WISH, length=20, another=True))
    longer = await playlists.make(user_id, replace(another.wish, length=30))
    assert len(longer.tracks) == 30
    assert set(ids(another)) <= set(ids(longer))


async def test_a_playlist_knows_the_wish_that_it_was_made_from(
    playlists: PlaylistService, user_id: int
) -> None:
    wish = PlaylistWish(
        ("Song 1", "Artist 3 - A new one", "zzzz"), length=8, adventure=0.9, rng_seed=4
    )
    made = await playlists.make(user_id, wish)
    kept = await playlists.wish(user_id, made.id)
    assert replace(kept, seeds=()) == replace(wish, seeds=())
    assert kept.seeds == (made.seeds[0].track_id, "Artist 3 - A new one", "zzzz")
    assert ids(await playlists.make(user_id, kept)) == ids(made)


async def test_nobody_learns_the_wish_of_another_person(
    playlists: PlaylistService, user_id: int
) -> None:
    made = await playlists.make(user_id, WISH)
    with pytest.raises(UnknownPlaylist):
        await playlists.wish(user_id + 1, made.id)


async def test_a_wish_of_the_first_release_is_understood(
    playlists: PlaylistService, storage: Storage, user_id: int
) -> None:
    await storage.playlists.add(
        "old",
        user_id,
        model_id=1,
        seeds=[{"track_id": "x", "artist": "A", "title": "B"}],
        tracks=[],
        options={"length": 20, "unknown": [{"query": "C", "suggestions": []}]},
    )
    assert await playlists.wish(user_id, "old") == PlaylistWish(("x", "C"), length=20)


async def test_songs_of_the_artist_stand_for_an_unknown_one(
    playlists: PlaylistService, user_id: int
) -> None:
    made = await playlists.make(user_id, replace(WISH, seeds=("Artist 3 - A new one",)))
    (stand_in,) = made.stand_ins
    assert (stand_in.query, stand_in.artist) == ("Artist 3 - A new one", "Artist 3")
    assert {track.artist for track in stand_in.tracks} == {"Artist 3"}
    assert (made.seeds, made.unknown) == ((), ())
    assert len(made.tracks) == 10


async def test_the_reasons_are_kept_with_the_playlist(
    playlists: PlaylistService, storage: Storage, user_id: int
) -> None:
    made = await playlists.make(user_id, WISH)
    stored = await storage.playlists.get(made.id)
    assert stored is not None
    for track, kept in zip(made.tracks, stored.tracks, strict=True):
        assert [reason["kind"] for reason in kept["reasons"]] == [r.kind for r in track.reasons]
        assert kept["reasons"][-1]["count"] == 4


async def test_a_song_that_is_not_wanted_stays_away_and_still_counts_as_a_seed(
    playlists: PlaylistService, storage: Storage, user_id: int
) -> None:
    first = await playlists.make(user_id, WISH)
    unwanted = first.tracks[0].track_id
    await storage.avoided.add(user_id, {"track_id": unwanted})
    second = await playlists.make(user_id, WISH)
    assert unwanted not in ids(second)
    named = await playlists.make(user_id, replace(WISH, seeds=(unwanted,)))
    assert [seed.track_id for seed in named.seeds] == [unwanted]


async def test_a_playlist_comes_back_as_it_was_made(
    playlists: PlaylistService, user_id: int
) -> None:
    wish = replace(WISH, seeds=("Song 1", "Song 2", "Sonng 3zzz"), adventure=0.75, private=True)
    made = await playlists.make(user_id, wish)
    shown = await playlists.shown(await playlists.own(user_id, made.id))
    assert ids(shown) == ids(made)
    assert [track.reasons for track in shown.tracks] == [track.reasons for track in made.tracks]
    assert (shown.seeds, shown.urls, shown.learned_from) == (
        made.seeds,
        made.urls,
        made.learned_from,
    )
    assert (shown.wish.length, shown.adventure, shown.wish.private) == (10, 0.75, True)
    assert [song.query for song in shown.unknown] == [song.query for song in made.unknown]


async def test_what_stayed_out_of_another_one_stays_out_of_its_longer_version(
    playlists: PlaylistService, user_id: int
) -> None:
    first = await playlists.make(user_id, WISH)
    another = await playlists.make(user_id, replace(WISH, another=True))
    shown = await playlists.shown(await playlists.own(user_id, another.id))
    longer = await playlists.make(user_id, replace(shown.wish, length=15))
    assert not set(ids(first)) & set(ids(longer))
    assert set(ids(another)) <= set(ids(longer))


async def test_another_persons_playlist_is_not_given_out(
    playlists: PlaylistService, storage: Storage, user_id: int
) -> None:
    made = await playlists.make(user_id, WISH)
    other_id = await storage.users.resolve("telegram", "other")
    with pytest.raises(NotYours):
        await playlists.own(other_id, made.id)
    with pytest.raises(UnknownPlaylist):
        await playlists.own(user_id, "gone")
