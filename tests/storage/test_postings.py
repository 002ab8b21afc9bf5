"""Where others see playlists is remembered, and handed out with the deletion alone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import insert, update

from storage import Storage, personal, tables
from storage.errors import RecordMissing
from storage.joining import Pair
from storage.postings import Posting

HERE = Posting("telegram", "-100", "7", "en")
THERE = Posting("discord", "600", "8", "de")
DAY = timedelta(days=1)
ROUNDS = 10
"""In fewer, writers may miss each other by chance."""


@pytest.fixture
async def playlist_id(storage: Storage, user_id: int) -> str:
    await storage.playlists.add("p", user_id, model_id=1, seeds=[], tracks=[], options={})
    return "p"


async def put(storage: Storage, message: Posting = HERE, *, most: int = 5) -> None:
    await storage.postings.add("p", message, most=most, lifetime=DAY)


async def messages(storage: Storage, user_id: int) -> list[Posting]:
    return [record.message for record in await storage.postings.of_user(user_id)]


async def put_blend(storage: Storage, asker: int, member: int) -> None:
    """A playlist of two people, which the first asked for."""
    await storage.blends.add("b", asker, {}, DAY)
    await storage.blends.consent("b", member, {})
    await storage.playlists.add(
        "p", asker, model_id=None, seeds=[], tracks=[], options={}, blend_id="b"
    )
    await put(storage)


@pytest.mark.usefixtures("playlist_id")
async def test_a_message_is_its_owners(storage: Storage, user_id: int, other_id: int) -> None:
    await put(storage)
    (record,) = await storage.postings.of_user(user_id)
    assert (record.playlist_id, record.user_id, record.message) == ("p", user_id, HERE)
    assert await messages(storage, other_id) == []


async def test_a_share_leads_to_its_playlist(
    storage: Storage, user_id: int, playlist_id: str
) -> None:
    share_id = await storage.shares.add(playlist_id, user_id)
    await storage.postings.add_to_share(share_id, HERE, most=5, lifetime=DAY)
    (record,) = await storage.postings.of_user(user_id)
    assert record.playlist_id == playlist_id


@pytest.mark.usefixtures("playlist_id")
async def test_a_message_is_remembered_once_as_it_was_heard_of_last(
    storage: Storage, user_id: int
) -> None:
    await put(storage)
    (before,) = await storage.postings.of_user(user_id)
    again = Posting(HERE.platform, HERE.chat_id, HERE.message_id, "de")
    await put(storage, again)
    (record,) = await storage.postings.of_user(user_id)
    assert record.message == again
    assert record.expires_at > before.expires_at


@pytest.mark.usefixtures("playlist_id")
async def test_a_message_belongs_to_the_playlist_that_stands_there_now(
    storage: Storage, user_id: int
) -> None:
    await put(storage)
    await storage.playlists.add("q", user_id, model_id=1, seeds=[], tracks=[], options={})
    await storage.postings.add("q", HERE, most=5, lifetime=DAY)
    (record,) = await storage.postings.of_user(user_id)
    assert record.playlist_id == "q"


@pytest.mark.usefixtures("playlist_id")
async def test_of_too_many_those_stay_of_which_was_heard_last(
    storage: Storage, user_id: int
) -> None:
    third = Posting("telegram", "-100", "9", "en")
    for message in (HERE, THERE, HERE, third):
        await put(storage, message, most=2)
    assert await messages(storage, user_id) == [HERE, third]


async def test_another_playlists_messages_are_not_counted(
    storage: Storage, user_id: int, playlist_id: str
) -> None:
    await storage.playlists.add("q", user_id, model_id=1, seeds=[], tracks=[], options={})
    await put(storage, most=1)
    await storage.postings.add("q", THERE, most=1, lifetime=DAY)
    assert await messages(storage, user_id) == [HERE, THERE]
    assert await storage.playlists.delete(playlist_id) == [HERE]


async def test_what_is_gone_stands_nowhere(storage: Storage) -> None:
    with pytest.raises(RecordMissing):
        await put(storage)
    with pytest.raises(RecordMissing):
        await storage.postings.add_to_share("never", HERE, most=5, lifetime=DAY)


@pytest.mark.usefixtures("playlist_id")
async def test_a_sweep_forgets_what_is_too_old(storage: Storage, user_id: int) -> None:
    await put(storage)
    await storage.postings.add("p", THERE, most=5, lifetime=-DAY)
    await storage.sweep()
    assert await messages(storage, user_id) == [HERE]


async def test_who_deletes_a_playlist_learns_where_it_stood(
    storage: Storage, user_id: int, playlist_id: str
) -> None:
    await put(storage)
    await put(storage, THERE)
    assert await storage.playlists.delete(playlist_id) == [THERE, HERE]
    assert await messages(storage, user_id) == []
    assert await storage.playlists.delete(playlist_id) == []


async def test_a_deletion_waits_for_what_is_being_remembered_and_tells_it(
    storage: Storage, user_id: int, playlist_id: str
) -> None:
    secret = await storage.keys.secret(user_id)
    row = {
        "id": "being written",
        "playlist_id": playlist_id,
        "user_id": user_id,
        "message": personal.encode(secret, asdict(HERE)),
        "expires_at": datetime.now(UTC) + DAY,
    }
    async with storage.database.transaction() as connection:
        await connection.execute(insert(tables.postings).values(row))
        deleting = asyncio.create_task(storage.playlists.delete(playlist_id))
        done, _ = await asyncio.wait({deleting}, timeout=0.3)
        assert not done
    assert await deleting == [HERE]


@pytest.mark.usefixtures("playlist_id")
async def test_it_is_told_when_the_rows_are_gone_and_before_anything_else(
    storage: Storage, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(storage)
    told: list[Posting] = []

    async def fails(_user_ids: object) -> None:
        raise OSError("the power went")

    monkeypatch.setattr(storage.keys, "destroy", fails)
    with pytest.raises(OSError, match="the power went"):
        await storage.delete_user(user_id, told.extend)
    assert told == [HERE]
    assert await storage.users.created_at(user_id) is None


@pytest.mark.usefixtures("playlist_id")
async def test_an_address_that_cannot_be_read_holds_no_deletion_up(
    storage: Storage, user_id: int
) -> None:
    await put(storage)
    async with storage.database.transaction() as connection:
        await connection.execute(update(tables.postings).values(message=b"\x01damaged"))
    told: list[Posting] = []
    await storage.delete_user(user_id, told.extend)
    assert told == []
    assert await storage.keys.user_ids() == set()


@pytest.mark.parametrize("leaves", ["asker", "member"])
async def test_what_several_agreed_to_goes_with_each_of_them(
    storage: Storage, user_id: int, other_id: int, leaves: str
) -> None:
    await put_blend(storage, user_id, other_id)
    told: list[Posting] = []
    await storage.delete_user(user_id if leaves == "asker" else other_id, told.extend)
    assert told == [HERE]
    assert await storage.playlists.get("p") is None


async def test_what_several_agreed_to_goes_with_the_agreement(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await put_blend(storage, user_id, other_id)
    assert await storage.blends.delete("b") == [HERE]


@pytest.mark.usefixtures("playlist_id")
async def test_of_somebody_else_nothing_is_told(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await put(storage)
    told: list[Posting] = []
    await storage.delete_user(other_id, told.extend)
    assert told == []
    assert await messages(storage, user_id) == [HERE]


@pytest.mark.usefixtures("playlist_id")
async def test_it_can_be_read_by_whoever_the_accounts_are_joined_to(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await put(storage)
    await storage.join_codes.put(user_id, "CODE", DAY)
    await storage.joining.join("CODE", Pair(other_id, user_id, 0, 0), None)
    assert await messages(storage, other_id) == [HERE]
    told: list[Posting] = []
    await storage.delete_user(other_id, told.extend)
    assert told == [HERE]


@pytest.mark.usefixtures("playlist_id")
async def test_chats_of_an_account_that_parted_are_forgotten(
    storage: Storage, user_id: int, other_id: int
) -> None:
    await storage.join_codes.put(user_id, "CODE", DAY)
    await storage.joining.join("CODE", Pair(user_id, other_id, 0, 0), None)
    for message in (HERE, THERE):
        await put(storage, message)
    await storage.joining.part(user_id, "discord", "d-1", stays=True)
    assert await messages(storage, user_id) == [THERE]


async def test_a_deletion_and_what_comes_meanwhile_do_not_wait_for_each_other(
    storage: Storage,
) -> None:
    for person in range(ROUNDS):
        user_id = await storage.users.resolve("telegram", f"leaver {person}")
        playlist_id = f"p{person}"
        await storage.playlists.add(
            playlist_id, user_id, model_id=1, seeds=[], tracks=[], options={}
        )

        async def keep_coming(number: int) -> None:
            with suppress(RecordMissing):
                for message in count():  # new ones: their foreign keys are looked up
                    posting = Posting("telegram", str(number), str(message), "en")
                    await storage.postings.add(playlist_id, posting, most=50, lifetime=DAY)  # noqa: B023

        coming = [asyncio.create_task(keep_coming(number)) for number in range(6)]
        while len(await storage.postings.of_user(user_id)) < len(coming):
            await asyncio.sleep(0)
        await storage.delete_user(user_id)
        await asyncio.gather(*coming)
