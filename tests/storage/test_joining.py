"""Two people become one, and one becomes two; all at once or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage import Storage, joining, preferences, tables
from storage.errors import Conflict, RecordMissing
from storage.imports import ChatAddress
from storage.joining import NOT_MOVED, MergedHistory, Pair
from storage.users import Identity

NOW = datetime(2026, 1, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SONG = {"track_id": "a", "artist": "Ólafur Arnalds", "title": "Saman"}


async def with_plays(storage: Storage, user_id: int, file: Path, content: bytes) -> None:
    """Somebody with a history, an import, a playlist and preferences of theirs."""
    file.write_bytes(content)
    await storage.histories.replace(
        user_id, file, plays=1, tracks=1, first_play=NOW, last_play=NOW, expected_version=0
    )
    chat = ChatAddress("telegram", f"chat-{user_id}", is_private=True)
    await storage.imports.create(f"i-{user_id}", user_id, chat, [])
    await storage.imports.set_report(f"i-{user_id}", {"plays": 1, "history_version": 1})
    await storage.imports.mark_announced(f"i-{user_id}")
    await storage.playlists.add(
        f"p-{user_id}", user_id, model_id=None, seeds=[SONG], tracks=[], options={}
    )
    await storage.preferences.change(user_id, length=user_id, **{f"only-{user_id}": True})


@pytest.fixture
async def both(storage: Storage, user_id: int, other_id: int, tmp_path: Path) -> Pair:
    """The one keeps, the other leaves; the code is the leaver's."""
    await with_plays(storage, user_id, tmp_path / "one", b"one")
    await with_plays(storage, other_id, tmp_path / "other", b"other")
    await storage.join_codes.put(other_id, "CODE", MINUTE)
    return Pair(user_id, other_id, 1, 1)


@pytest.fixture
def merged(tmp_path: Path) -> MergedHistory:
    path = tmp_path / "merged"
    path.write_bytes(b"one and other")
    return MergedHistory(path, 2, 2, NOW, NOW)


async def state(storage: Storage, both: Pair) -> list[Any]:
    """Everything of both, for a comparison."""
    return [
        [await storage.everything_of(number) for number in (both.keeper_id, both.leaver_id)],
        sorted(blob.key for blob in await storage.blobs.list("users/")),
        sorted(await storage.keys.user_ids()),
    ]


async def test_everything_of_the_one_is_the_others(
    storage: Storage, both: Pair, merged: MergedHistory, tmp_path: Path
) -> None:
    await storage.joining.join("CODE", both, merged)
    found = await storage.everything_of(both.keeper_id)
    assert {entry["platform"] for entry in found["identities"]} == {"discord", "telegram"}
    assert await storage.users.find("telegram", "t-1") == both.keeper_id
    keeper, leaver = both.keeper_id, both.leaver_id
    assert {entry["id"] for entry in found["imports"]} == {f"i-{keeper}", f"i-{leaver}"}
    assert {entry["id"]: entry["seeds"] for entry in found["playlists"]} == {
        f"p-{keeper}": [SONG],
        f"p-{leaver}": [SONG],
    }
    assert found["preferences"]["chosen"] == {
        "length": keeper,
        f"only-{keeper}": True,
        f"only-{leaver}": True,
    }
    assert found["history"]["version"] == 2
    assert found["history"]["plays"] == 2
    moved = next(entry for entry in found["imports"] if entry["id"] == f"i-{leaver}")
    assert moved["report"] == {"plays": 1, "history_version": 2}
    assert len(found["notices"]) == 1
    await storage.histories.fetch(both.keeper_id, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == b"one and other"


@pytest.mark.parametrize("consent", sorted(preferences.CONSENTS))
@pytest.mark.parametrize(
    ("agreed", "holds"),
    [(set(), False), ({"keeper"}, False), ({"leaver"}, False), ({"keeper", "leaver"}, True)],
)
async def test_a_consent_holds_where_both_gave_it(
    storage: Storage,
    both: Pair,
    merged: MergedHistory,
    consent: str,
    agreed: set[str],
    *,
    holds: bool,
) -> None:
    people = {"keeper": both.keeper_id, "leaver": both.leaver_id}
    for name, user_id in people.items():
        await storage.preferences.change(user_id, **{consent: "2026-01-02"})
        if name not in agreed:  # taken back
            await storage.preferences.change(user_id, **{consent: None})
    await storage.joining.join("CODE", both, merged)
    assert await storage.preferences.with_chosen(consent) == ([both.keeper_id] if holds else [])


@pytest.mark.parametrize("consent", sorted(preferences.CONSENTS))
async def test_a_consent_ends_with_one_who_never_chose_anything(
    storage: Storage, user_id: int, other_id: int, consent: str
) -> None:
    await storage.preferences.change(user_id, **{consent: "2026-01-02"})
    await storage.join_codes.put(other_id, "CODE", MINUTE)
    await storage.joining.join("CODE", Pair(user_id, other_id, 0, 0), None)
    assert await storage.preferences.with_chosen(consent) == []


async def test_of_the_one_who_goes_nothing_is_left(
    storage: Storage, both: Pair, merged: MergedHistory
) -> None:
    await storage.joining.join("CODE", both, merged)
    assert await storage.users.created_at(both.leaver_id) is None
    assert await storage.keys.user_ids() == {both.keeper_id}
    keys = [blob.key for blob in await storage.blobs.list("users/")]
    assert len(keys) == 1
    assert keys[0].startswith(f"users/{both.keeper_id}/histories/000002")
    async with storage.database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            if "user_id" in table.c:
                owners = await connection.scalars(table.select().with_only_columns(table.c.user_id))
                assert both.leaver_id not in set(owners), table.name


def test_what_is_not_moved_is_a_table() -> None:
    assert set(tables.metadata.tables) >= NOT_MOVED


@pytest.mark.parametrize("changed", ["keeper_version", "leaver_version"])
async def test_a_history_that_changed_meanwhile_refuses_it_and_nothing_changes(
    storage: Storage, both: Pair, merged: MergedHistory, changed: str
) -> None:
    before = await state(storage, both)
    with pytest.raises(Conflict):
        await storage.joining.join("CODE", replace(both, **{changed: 9}), merged)
    assert await state(storage, both) == before


async def test_an_import_under_way_refuses_it_and_nothing_changes(
    storage: Storage, both: Pair, merged: MergedHistory
) -> None:
    await storage.imports.create("new", both.keeper_id, ChatAddress("discord", "c", True), [])
    before = await state(storage, both)
    with pytest.raises(Conflict):
        await storage.joining.join("CODE", both, merged)
    assert await state(storage, both) == before


@pytest.mark.parametrize("step", ["_merge_preferences", "_move", "_switch"])
async def test_a_failure_in_the_middle_changes_nothing(
    storage: Storage,
    both: Pair,
    merged: MergedHistory,
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = await state(storage, both)
    whole = getattr(joining, step)

    async def fails(*args: object) -> None:
        await whole(*args)
        raise OSError("the power went")

    monkeypatch.setattr(joining, step, fails)
    with pytest.raises(OSError, match="the power went"):
        await storage.joining.join("CODE", both, merged)
    assert await state(storage, both) == before


async def test_a_crash_after_it_is_made_good_by_a_sweep(
    storage: Storage, both: Pair, merged: MergedHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(_user_ids: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(storage.keys, "destroy", dies)
        with pytest.raises(asyncio.CancelledError):
            await storage.joining.join("CODE", both, merged)
    assert len(await storage.keys.user_ids()) == 2
    await storage.sweep(min_age=timedelta(0))
    assert await storage.keys.user_ids() == {both.keeper_id}
    assert len(await storage.blobs.list("users/")) == 1


async def test_a_code_works_once_for_all_who_come_at_the_same_time(
    storage: Storage, both: Pair, merged: MergedHistory
) -> None:
    outcomes = await asyncio.gather(
        *(storage.joining.join("CODE", both, merged) for _ in range(2)),
        storage.joining.enter("CODE", "console", "me"),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, RecordMissing)]
    assert len(refused) == 2


@pytest.mark.parametrize("code", ["WRONG", "OLD", "OF-SOMEBODY-ELSE"])
async def test_a_code_of_neither_changes_nothing(
    storage: Storage, both: Pair, merged: MergedHistory, code: str
) -> None:
    third = await storage.users.resolve("console", "me")
    await storage.join_codes.put(third, "OF-SOMEBODY-ELSE", MINUTE)
    await storage.join_codes.put(both.keeper_id, "OLD", -MINUTE)
    before = await state(storage, both)
    with pytest.raises(RecordMissing):
        await storage.joining.join(code, both, merged)
    assert await state(storage, both) == before


async def test_a_stranger_becomes_the_person_of_the_code(storage: Storage, user_id: int) -> None:
    await storage.join_codes.put(user_id, "CODE", MINUTE)
    assert await storage.joining.enter("CODE", "console", "me") == user_id
    assert await storage.users.find("console", "me") == user_id
    with pytest.raises(RecordMissing):
        await storage.joining.enter("CODE", "console", "you")


async def test_a_code_is_found_until_it_is_too_old(storage: Storage, user_id: int) -> None:
    await storage.join_codes.put(user_id, "FIRST", MINUTE)
    await storage.join_codes.put(user_id, "CODE", MINUTE)
    found = await storage.join_codes.find("CODE")
    assert found is not None
    assert found.user_id == user_id
    assert await storage.join_codes.find("FIRST") is None
    await storage.join_codes.void("CODE")
    assert await storage.join_codes.find("CODE") is None
    await storage.join_codes.put(user_id, "OLD", -MINUTE)
    assert await storage.join_codes.find("OLD") is None


@pytest.mark.parametrize("stays", [True, False])
async def test_one_side_keeps_everything_and_the_other_is_a_stranger(
    storage: Storage, both: Pair, merged: MergedHistory, stays: bool
) -> None:
    await storage.joining.join("CODE", both, merged)
    assert await storage.joining.part(both.keeper_id, "discord", "d-1", stays=stays) == 1
    left = Identity("discord", "d-1") if stays else Identity("telegram", "t-1")
    assert await storage.users.identities(both.keeper_id) == [left]
    assert (await storage.everything_of(both.keeper_id))["history"]["plays"] == 2


@pytest.mark.parametrize("stays", [True, False])
async def test_the_chats_of_who_went_are_forgotten(
    storage: Storage, both: Pair, merged: MergedHistory, stays: bool
) -> None:
    await storage.joining.join("CODE", both, merged)
    await storage.joining.part(both.keeper_id, "discord", "d-1", stays=stays)
    record = await storage.imports.get(f"i-{both.leaver_id}")
    assert record is not None
    known = ChatAddress("telegram", f"chat-{both.leaver_id}", True)
    assert record.chat == (ChatAddress("telegram", "", False) if stays else known)


async def test_the_last_account_cannot_be_parted(storage: Storage, user_id: int) -> None:
    for stays in (True, False):
        with pytest.raises(Conflict):
            await storage.joining.part(user_id, "discord", "d-1", stays=stays)
    with pytest.raises(RecordMissing):
        await storage.joining.part(user_id, "telegram", "t-1", stays=True)
    assert await storage.users.find("discord", "d-1") == user_id
