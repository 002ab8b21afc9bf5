"""What is done with a playlist when several buttons are pressed at once, or on several cards."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatbot.bootstrap import wire_bot
from chatbot.jobs.memory import MemoryJobs
from chatbot.services.cards import CardService, track_key
from chatbot.services.playlist_records import MadePlaylist
from chatbot.services.playlist_wish import PlaylistRules
from chatbot.settings import Settings
from storage import Storage

SONGS = [{"track_id": f"t{n}", "artist": "A", "title": f"Song {n}"} for n in range(20)]


@pytest.fixture
async def cards(storage: Storage, user_id: int, tmp_path: Path) -> CardService:
    """Two playlists of the same songs, in opposite orders."""
    for playlist_id, tracks in (("p", SONGS), ("q", SONGS[::-1])):
        await storage.playlists.add(
            playlist_id, user_id, model_id=None, seeds=[], tracks=tracks, options={}
        )
    settings = Settings(_env_file=None, data=tmp_path)  # type: ignore[call-arg]  # pydantic's own
    playlists = wire_bot(settings, storage, MemoryJobs(())).playlists
    return CardService(storage, playlists, PlaylistRules())


def ids(made: MadePlaylist) -> list[str]:
    return [track.track_id for track in made.tracks]


async def kept(storage: Storage, playlist_id: str) -> list[str]:
    record = await storage.playlists.get(playlist_id)
    assert record is not None
    return [track["track_id"] for track in record.tracks]


async def test_of_many_songs_that_are_removed_at_once_none_stays(
    cards: CardService, storage: Storage, user_id: int
) -> None:
    away = [f"t{n}" for n in range(0, 20, 2)]
    await asyncio.gather(*(cards.remove(user_id, "p", track_key(song)) for song in away))
    assert await kept(storage, "p") == [f"t{n}" for n in range(1, 20, 2)]
    assert {song.title for song in await cards.removed(user_id)} == {
        f"Song {n}" for n in range(0, 20, 2)
    }


async def test_of_many_songs_that_are_brought_back_at_once_none_is_missing(
    cards: CardService, storage: Storage, user_id: int
) -> None:
    removed = [await cards.remove(user_id, "p", track_key(f"t{n}")) for n in range(10)]
    await asyncio.gather(*(cards.bring_back(user_id, "p", each.entry_id) for each in removed))
    assert sorted(await kept(storage, "p")) == sorted(f"t{n}" for n in range(20))
    assert await cards.removed(user_id) == []


@pytest.mark.parametrize(("first", "last"), [("p", "q"), ("q", "p")])
async def test_a_song_that_was_removed_from_two_playlists_is_brought_back_where_one_asks(
    cards: CardService, storage: Storage, user_id: int, first: str, last: str
) -> None:
    whole = await kept(storage, last)
    await cards.remove(user_id, first, track_key("t3"))
    removed = await cards.remove(user_id, last, track_key("t3"))
    made = await cards.bring_back(user_id, last, removed.entry_id)
    assert ids(made) == await kept(storage, last) == whole
    assert await cards.removed(user_id) == []
    # Where it was before, nobody asked for it.
    assert "t3" not in await kept(storage, first)


async def test_it_is_brought_back_where_it_was_removed_first_too(
    cards: CardService, storage: Storage, user_id: int
) -> None:
    removed = await cards.remove(user_id, "p", track_key("t3"))
    await cards.remove(user_id, "q", track_key("t3"))
    made = await cards.bring_back(user_id, "p", removed.entry_id)
    # Its place is known where it was removed last; elsewhere it comes at the end.
    assert ids(made) == await kept(storage, "p") == [*removed_from(SONGS, "t3"), "t3"]
    assert await cards.removed(user_id) == []


async def test_a_song_that_is_brought_back_twice_is_there_once(
    cards: CardService, storage: Storage, user_id: int
) -> None:
    removed = await cards.remove(user_id, "p", track_key("t3"))
    await asyncio.gather(*(cards.bring_back(user_id, "p", removed.entry_id) for _ in range(5)))
    assert await kept(storage, "p") == [song["track_id"] for song in SONGS]


def removed_from(songs: list[dict[str, str]], track_id: str) -> list[str]:
    return [song["track_id"] for song in songs if song["track_id"] != track_id]
