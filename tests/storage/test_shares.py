from __future__ import annotations

import pytest

from storage import Storage
from storage.errors import RecordMissing


@pytest.fixture
async def share_id(storage: Storage, user_id: int) -> str:
    """A playlist that a person has shared."""
    await storage.playlists.add("p", user_id, model_id=1, seeds=[], tracks=[], options={})
    return await storage.shares.add("p", user_id)


async def votes(storage: Storage, share_id: str) -> tuple[int, int]:
    share = await storage.shares.get(share_id)
    assert share is not None
    return share.votes_up, share.votes_down


async def test_a_shared_playlist_is_found_under_its_share(
    storage: Storage, share_id: str, user_id: int
) -> None:
    share = await storage.shares.get(share_id)
    assert share is not None
    assert (share.playlist_id, share.user_id) == ("p", user_id)
    assert (share.votes_up, share.votes_down) == (0, 0)
    assert await storage.shares.of_user(user_id) == [share]


async def test_sharing_again_is_the_same_share(
    storage: Storage, share_id: str, user_id: int
) -> None:
    assert await storage.shares.add("p", user_id) == share_id


async def test_an_unknown_share_is_none(storage: Storage, share_id: str) -> None:
    assert await storage.shares.get("p") is None


async def test_what_is_not_there_cannot_be_shared(storage: Storage, user_id: int) -> None:
    with pytest.raises(RecordMissing):
        await storage.shares.add("never", user_id)


async def test_everybody_has_one_vote_and_may_change_it(
    storage: Storage, share_id: str, user_id: int, other_id: int
) -> None:
    await storage.shares.vote(share_id, user_id, is_up=True)
    await storage.shares.vote(share_id, other_id, is_up=True)
    await storage.shares.vote(share_id, other_id, is_up=True)
    assert await votes(storage, share_id) == (2, 0)
    await storage.shares.vote(share_id, other_id, is_up=False)
    assert await votes(storage, share_id) == (1, 1)
    (vote,) = await storage.shares.votes_of(other_id)
    assert (vote.share_id, vote.is_up) == (share_id, False)


async def test_votes_on_one_share_are_not_another_ones(
    storage: Storage, share_id: str, user_id: int
) -> None:
    await storage.playlists.add("q", user_id, model_id=1, seeds=[], tracks=[], options={})
    other = await storage.shares.add("q", user_id)
    await storage.shares.vote(other, user_id, is_up=True)
    assert await votes(storage, share_id) == (0, 0)
    assert await votes(storage, other) == (1, 0)


async def test_a_vote_on_nothing_is_refused(storage: Storage, user_id: int) -> None:
    with pytest.raises(RecordMissing):
        await storage.shares.vote("never", user_id, is_up=True)


async def test_the_share_and_its_votes_go_with_the_playlist(
    storage: Storage, share_id: str, other_id: int
) -> None:
    await storage.shares.vote(share_id, other_id, is_up=True)
    await storage.playlists.delete("p")
    assert await storage.shares.get(share_id) is None
    assert await storage.shares.votes_of(other_id) == []


async def test_a_vote_goes_with_whoever_gave_it(
    storage: Storage, share_id: str, other_id: int
) -> None:
    await storage.shares.vote(share_id, other_id, is_up=True)
    await storage.delete_user(other_id)
    assert await votes(storage, share_id) == (0, 0)


async def test_a_share_goes_with_its_owner(
    storage: Storage, share_id: str, user_id: int, other_id: int
) -> None:
    await storage.shares.vote(share_id, other_id, is_up=True)
    await storage.delete_user(user_id)
    assert await storage.shares.get(share_id) is None
    assert await storage.shares.votes_of(other_id) == []


async def test_what_is_offered_becomes_shared_when_it_is_chosen(
    storage: Storage, user_id: int
) -> None:
    await storage.playlists.add(
        "typed", user_id, model_id=1, seeds=[], tracks=[], options={}, is_offered=True
    )
    share_id = await storage.shares.offer("typed", user_id)
    offered = await storage.shares.get(share_id)
    assert offered is not None
    assert offered.is_offered
    assert await storage.shares.offer("typed", user_id) == share_id
    await storage.shares.choose(share_id)
    chosen = await storage.shares.get(share_id)
    assert chosen is not None
    assert not chosen.is_offered
    assert chosen.created_at > offered.created_at
    assert [record.id for record in await storage.playlists.recent(user_id, 5)] == ["typed"]


async def test_what_is_shared_stays_so_when_it_is_offered_or_chosen_again(
    storage: Storage, share_id: str, user_id: int
) -> None:
    before = await storage.shares.get(share_id)
    assert await storage.shares.offer("p", user_id) == share_id
    await storage.shares.choose(share_id)
    await storage.shares.choose("never")
    assert await storage.shares.get(share_id) == before


async def test_what_is_offered_is_shared_by_sharing_it(storage: Storage, user_id: int) -> None:
    await storage.playlists.add("q", user_id, model_id=1, seeds=[], tracks=[], options={})
    share_id = await storage.shares.offer("q", user_id)
    assert await storage.shares.add("q", user_id) == share_id
    share = await storage.shares.get(share_id)
    assert share is not None
    assert not share.is_offered
