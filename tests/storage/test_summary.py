from __future__ import annotations

from datetime import UTC, datetime

from storage import Storage
from storage.census import count_rows
from storage.summary import Stored, count_of_user


async def test_rows_are_counted_by_table_for_one_person(
    storage: Storage, user_id: int, other_id: int
) -> None:
    for name in ("a", "b"):
        await storage.playlists.add(name, user_id, model_id=None, seeds=[], tracks=[], options={})
    await storage.playlists.add("c", other_id, model_id=None, seeds=[], tracks=[], options={})
    found = await count_of_user(storage.database, user_id)
    assert set(found) == {"identities", "playlists"}
    assert found["identities"] == Stored(1, None, None)
    playlists = found["playlists"]
    assert playlists.rows == 2
    assert playlists.first is not None
    assert playlists.last is not None
    assert playlists.first <= playlists.last <= datetime.now(UTC)


async def test_what_was_only_offered_counts_as_nothing_else(storage: Storage, user_id: int) -> None:
    await storage.playlists.add("mine", user_id, model_id=None, seeds=[], tracks=[], options={})
    await storage.playlists.add(
        "typed", user_id, model_id=None, seeds=[], tracks=[], options={}, is_offered=True
    )
    await storage.playlists.add(  # and the bot died before it was shown
        "cut off", user_id, model_id=None, seeds=[], tracks=[], options={}, is_offered=True
    )
    for name in ("mine", "typed"):
        await storage.shares.offer(name, user_id)
    counted = await count_of_user(storage.database, user_id)
    assert {name: stored.rows for name, stored in counted.items() if name != "identities"} == {
        "playlists": 1,
        "offers": 3,
    }
    everybody = await count_rows(storage.database)
    assert (everybody["shares"], everybody["playlists"]) == (0, 1)
