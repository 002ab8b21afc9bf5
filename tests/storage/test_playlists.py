from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from storage import Storage, tables
from storage.database import Database
from storage.errors import Conflict, RecordMissing
from storage.keys import Keys
from storage.playlists import Playlists

Tracks = list[dict[str, Any]]

SEEDS = [{"track_id": "a", "artist": "Alan Walker", "title": "Faded"}]
TRACKS = [{"track_id": "b", "artist": "Ólafur Arnalds", "title": "<b>@everyone</b> \U0001f3b5"}]


async def add(
    storage: Storage, playlist_id: str, user_id: int, blend_id: str | None = None
) -> None:
    await storage.playlists.add(
        playlist_id,
        user_id,
        model_id=5,
        seeds=SEEDS,
        tracks=TRACKS,
        options={"length": 20},
        blend_id=blend_id,
    )


async def agree(
    storage: Storage,
    blend_id: str,
    user_id: int,
    other_id: int,
    lifetime: timedelta = timedelta(days=1),
) -> None:
    """Two people agree to a playlist, which the first one gets."""
    await storage.blends.add(blend_id, user_id, {}, lifetime)
    await storage.blends.consent(blend_id, other_id, {})
    await add(storage, f"of-{blend_id}", user_id, blend_id)


async def test_a_playlist_comes_back_as_it_went(storage: Storage, user_id: int) -> None:
    await add(storage, "p", user_id)
    record = await storage.playlists.get("p")
    assert record is not None
    assert (record.id, record.user_id, record.model_id) == ("p", user_id, 5)
    assert (record.seeds, record.tracks, record.options) == (SEEDS, TRACKS, {"length": 20})


async def test_an_unknown_playlist_is_none(storage: Storage) -> None:
    assert await storage.playlists.get("never") is None


async def test_recent_ones_are_the_persons_newest_first(
    storage: Storage, user_id: int, other_id: int
) -> None:
    for playlist_id in ("p1", "p2", "p3"):
        await add(storage, playlist_id, user_id)
    await add(storage, "q", other_id)
    assert [record.id for record in await storage.playlists.recent(user_id, 2)] == ["p3", "p2"]
    assert len(await storage.playlists.of_user(user_id)) == 3


async def test_the_newest_ones_are_kept_and_those_of_others_untouched(
    storage: Storage, user_id: int, other_id: int
) -> None:
    for playlist_id in ("p0", "p1", "p2", "p3"):
        await add(storage, playlist_id, user_id)
    await storage.shares.add("p0", user_id)
    await add(storage, "q", other_id)
    assert await storage.playlists.keep_newest(user_id, 2) == 1
    kept = [record.id for record in await storage.playlists.of_user(user_id)]
    assert kept == ["p3", "p2", "p0"]
    assert len(await storage.playlists.of_user(other_id)) == 1


async def test_a_deleted_playlist_is_gone(storage: Storage, user_id: int) -> None:
    await add(storage, "p", user_id)
    await storage.playlists.delete("p")
    await storage.playlists.delete("p")
    assert await storage.playlists.get("p") is None


async def test_the_same_id_twice_is_a_conflict(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await add(storage, "p", user_id)
    with pytest.raises(Conflict):
        await add(storage, "p", other_id)


async def test_a_playlist_of_nobody_is_refused(storage: Storage) -> None:
    with pytest.raises(RecordMissing):
        await add(storage, "p", 777)


async def test_the_tracks_can_be_changed_by_their_owner(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await add(storage, "p", user_id)
    await storage.playlists.change_tracks("p", other_id, lambda _tracks: [])
    await storage.playlists.change_tracks("gone", user_id, lambda _tracks: [])
    record = await storage.playlists.get("p")
    assert record is not None
    assert record.tracks == TRACKS
    await storage.playlists.change_tracks("p", user_id, lambda tracks: SEEDS + tracks)
    record = await storage.playlists.get("p")
    assert record is not None
    assert (record.tracks, record.seeds) == (SEEDS + TRACKS, SEEDS)


async def test_of_many_changes_at_once_none_undoes_another(
    storage: Storage, keys: Keys, migrated_url: str, user_id: int
) -> None:
    await add(storage, "p", user_id)

    def with_song(number: int) -> Callable[[Tracks], Tracks]:
        return lambda tracks: [*tracks, {"track_id": f"{number}"}]

    other_process = Database.open(migrated_url)
    try:
        doors = (storage.playlists, Playlists(other_process, keys))
        await asyncio.gather(
            *(doors[n % 2].change_tracks("p", user_id, with_song(n)) for n in range(20))
        )
    finally:
        await other_process.close()
    record = await storage.playlists.get("p")
    assert record is not None
    there = {track["track_id"] for track in record.tracks}
    assert there == {"b", *(f"{number}" for number in range(20))}


async def test_a_change_that_fails_changes_nothing(storage: Storage, user_id: int) -> None:
    await add(storage, "p", user_id)

    def fail(_tracks: Tracks) -> Tracks:
        raise ValueError

    with pytest.raises(ValueError):
        await storage.playlists.change_tracks("p", user_id, fail)
    record = await storage.playlists.get("p")
    assert record is not None
    assert record.tracks == TRACKS


async def test_a_playlist_of_several_people_goes_with_their_consent(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await agree(storage, "b", user_id, other_id)
    await add(storage, "p", user_id)
    await storage.blends.delete("b")
    assert [record.id for record in await storage.playlists.of_user(user_id)] == ["p"]


async def test_it_goes_with_each_of_them(storage: Storage, user_id: int, other_id: int) -> None:
    await agree(storage, "b", user_id, other_id)
    await agree(storage, "c", other_id, user_id)
    await add(storage, "p", user_id)
    await storage.delete_user(other_id)
    assert [record.id for record in await storage.playlists.of_user(user_id)] == ["p"]
    assert await storage.blends.of_user(user_id) == []


async def test_of_playlists_of_several_people_the_newest_are_kept_though_all_see_them(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await agree(storage, "b", user_id, other_id)
    await storage.shares.add("of-b", user_id)
    await add(storage, "p", user_id)
    assert await storage.playlists.keep_newest(user_id, 1) == 1
    assert [record.id for record in await storage.playlists.of_user(user_id)] == ["p"]


async def test_nothing_is_kept_of_several_people_who_no_longer_agree(
    storage: Storage, user_id: int
) -> None:
    with pytest.raises(RecordMissing):
        await add(storage, "p", user_id, "gone")


async def test_recent_ones_are_ones_own_however_many_were_made_together_since(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await add(storage, "p", user_id)
    for blend_id in ("b", "c", "d"):
        await agree(storage, blend_id, user_id, other_id)
    assert [record.id for record in await storage.playlists.recent(user_id, 2)] == ["p"]


async def test_what_is_no_longer_agreed_to_is_not_given_out(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await agree(storage, "lasting", user_id, other_id)
    await agree(storage, "ended", user_id, other_id, timedelta(0))
    assert await storage.playlists.get("of-ended") is None
    assert [record.id for record in await storage.playlists.of_user(user_id)] == ["of-lasting"]


async def test_a_sweep_takes_what_is_no_longer_agreed_to(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await agree(storage, "lasting", user_id, other_id)
    await agree(storage, "ended", user_id, other_id, timedelta(0))
    await storage.sweep()
    async with storage.database.reading() as connection:
        playlists = set(await connection.scalars(select(tables.playlists.c.id)))
        consents = set(await connection.scalars(select(tables.blend_members.c.blend_id)))
    assert (playlists, consents) == ({"of-lasting"}, {"lasting"})


async def offer(storage: Storage, playlist_id: str, user_id: int) -> str:
    """A playlist that was made while its owner typed."""
    await storage.playlists.add(
        playlist_id, user_id, model_id=5, seeds=SEEDS, tracks=TRACKS, options={}, is_offered=True
    )
    return await storage.shares.offer(playlist_id, user_id)


async def test_what_was_only_offered_is_counted_apart_and_the_newest_of_it_stay(
    storage: Storage, user_id: int
) -> None:
    for playlist_id in ("p0", "p1"):
        await add(storage, playlist_id, user_id)
        await storage.shares.offer(playlist_id, user_id)
    for playlist_id in ("o0", "o1", "o2"):
        await offer(storage, playlist_id, user_id)
    assert await storage.playlists.offer_again("o0", user_id)
    assert await storage.playlists.keep_newest(user_id, 1) == 3
    kept = [record.id for record in await storage.playlists.of_user(user_id)]
    assert kept == ["o0", "p1"]


async def test_what_was_only_offered_is_not_among_the_recent_ones(
    storage: Storage, user_id: int
) -> None:
    await add(storage, "p", user_id)
    await offer(storage, "o", user_id)
    assert [record.id for record in await storage.playlists.recent(user_id, 5)] == ["p"]


async def test_nobody_elses_playlist_is_offered_again(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await offer(storage, "o", user_id)
    assert not await storage.playlists.offer_again("o", other_id)
    assert not await storage.playlists.offer_again("never", user_id)


async def test_a_meaning_has_one_id_for_each_person(
    storage: Storage, user_id: int, other_id: int
) -> None:
    meaning = {"seeds": ["a", "\ud800"], "length": 20}
    first = await storage.playlists.id_of(user_id, meaning)
    assert first == await storage.playlists.id_of(user_id, dict(reversed(meaning.items())))
    assert first != await storage.playlists.id_of(user_id, meaning | {"length": 30})
    assert first != await storage.playlists.id_of(other_id, meaning)
