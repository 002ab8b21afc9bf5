from __future__ import annotations

from datetime import UTC, datetime

from storage import Storage
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
