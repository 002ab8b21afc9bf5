"""Two people who turn out to be one, and one who parts into two again.

Everything happens in one transaction: a crash leaves two people or one, and never half of both.
What it leaves besides (a secret and bytes without a row) `Storage.sweep` takes.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import uuid4

from sqlalchemy import LargeBinary, Row, Table, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import personal, preferences, tables
from storage.blobs import BlobInfo, Blobs
from storage.database import Database
from storage.errors import Conflict, DatabaseBusy, RecordMissing
from storage.join_codes import PURPOSE
from storage.keys import Keys
from storage.sealing import Secret

logger = logging.getLogger(__name__)

NOT_MOVED = {"histories", "models", "uploads", "preferences", "join_codes"}
"""Tables whose rows do not simply change hands: a merged history takes the place of both, what was
learned from the one that goes is learned anew, and of both people's preferences one set is made."""


@dataclass(frozen=True)
class MergedHistory:
    """The plays of both, as a local file, and what it was made from."""

    parquet: Path
    plays: int
    tracks: int
    first_play: datetime
    last_play: datetime


@dataclass(frozen=True)
class Pair:
    """Who stays and who goes into them, with the versions of their histories, 0 for none."""

    keeper_id: int
    leaver_id: int
    keeper_version: int
    leaver_version: int


class Joining:
    """Makes one person of two, and two of one."""

    def __init__(self, database: Database, blobs: Blobs, keys: Keys) -> None:
        self._database = database
        self._blobs = blobs
        self._keys = keys

    async def enter(self, code: str, platform: str, platform_id: str) -> int:
        """Uses a code for somebody who is not known yet; returns the person they now are.

        Raises:
            RecordMissing: the code is nobody's, used or too old.
            Conflict: they are known by now.
        """
        lookup = await self._keys.lookup()
        try:
            async with self._database.transaction() as connection:
                user_id = await self._use(connection, code)
                secret = await self._keys.secret(user_id)
                await connection.execute(
                    insert(tables.identities).values(
                        platform=platform,
                        platform_id_hmac=lookup.digest(platform, platform_id),
                        platform_id=personal.encode(secret, platform_id),
                        user_id=user_id,
                    )
                )
                return user_id
        except IntegrityError as error:
            raise Conflict(f"a person of {platform}", 0, 1) from error

    async def join(self, code: str, pair: Pair, merged: MergedHistory | None) -> None:
        """Uses a code: all that the one has becomes the other's, who learns from it anew.

        Args:
            code: of one of them.
            pair: who.
            merged: both histories in one, where both have one.

        Raises:
            RecordMissing: the code is nobody's, used or too old, or one of them is gone.
            Conflict: a history has changed, or somebody's import is under way.
        """
        if pair.leaver_version and merged is None:
            raise ValueError("Expected both histories in one, found that of one person only.")
        blob = None
        if merged is not None:
            name = f"{pair.keeper_version + 1:06d}-{uuid4().hex}.parquet"
            key = f"users/{pair.keeper_id}/histories/{name}"
            blob = await self._blobs.put_file(key, merged.parquet)
        try:
            replaced = await self._join(code, pair, merged, blob)
        except Exception:
            await self._delete_blobs([blob.key] if blob else [])
            raise
        await self._keys.destroy([pair.leaver_id])
        await self._delete_blobs(replaced)
        await self._blobs.delete_prefix(f"users/{pair.leaver_id}/")
        with suppress(DatabaseBusy):  # somebody is at work; the next sweep will do
            await self._database.erase_traces()

    async def part(self, user_id: int, platform: str, platform_id: str, *, stays: bool) -> int:
        """Leaves a person with this account only, or with all but this one; returns how many went.

        The chats of those that went are forgotten, so that nothing is told there any more.

        Raises:
            RecordMissing: the account is not the person's.
            Conflict: an import is under way, or there is nothing to part.
        """
        identities = tables.identities.c
        digest = (await self._keys.lookup()).digest(platform, platform_id)
        secret = await self._keys.secret(user_id)
        this = and_(identities.platform == platform, identities.platform_id_hmac == digest)
        async with self._database.transaction() as connection:
            await _lock(connection, [user_id])
            owned = await connection.scalar(
                select(func.count()).where(this, identities.user_id == user_id)
            )
            if not owned:
                raise RecordMissing("account")
            await _refuse_imports(connection, [user_id])
            gone = await connection.execute(
                delete(tables.identities).where(
                    identities.user_id == user_id, ~this if stays else this
                )
            )
            left = await connection.scalars(
                select(identities.platform).where(identities.user_id == user_id)
            )
            platforms = set(left)
            if not gone.rowcount or not platforms:
                raise Conflict(f"accounts of user {user_id}", 2, 1)
            await _forget_chats(connection, user_id, secret, platforms)
            return gone.rowcount

    async def _join(
        self, code: str, pair: Pair, merged: MergedHistory | None, blob: BlobInfo | None
    ) -> list[str]:
        """The transaction; returns the keys of the blobs that are of no more use."""
        keeper = await self._keys.secret(pair.keeper_id)
        leaver = await self._keys.secret(pair.leaver_id)
        async with self._database.transaction() as connection:
            await _lock(connection, [pair.keeper_id, pair.leaver_id])
            if await self._use(connection, code) not in (pair.keeper_id, pair.leaver_id):
                raise RecordMissing("code")
            await _refuse_imports(connection, [pair.keeper_id, pair.leaver_id])
            replaced = await _check_history(connection, pair.keeper_id, pair.keeper_version)
            await _check_history(connection, pair.leaver_id, pair.leaver_version)
            await _merge_preferences(connection, pair, keeper, leaver)
            for table in tables.metadata.sorted_tables:
                if "user_id" in table.c and table.name not in NOT_MOVED:
                    await _move(connection, table, pair, keeper, leaver)
            if merged is not None and blob is not None:
                await _switch(connection, pair, merged, blob)
            await connection.execute(
                delete(tables.users).where(tables.users.c.id == pair.leaver_id)
            )
        return [replaced] if replaced and blob else []

    async def _use(self, connection: AsyncConnection, code: str) -> int:
        """Whose code it was: it is used up where the transaction succeeds."""
        digest = (await self._keys.lookup()).digest(PURPOSE, code)
        user_id: int | None = await connection.scalar(
            delete(tables.join_codes)
            .where(
                tables.join_codes.c.code_hmac == digest,
                tables.join_codes.c.expires_at > datetime.now(UTC),
            )
            .returning(tables.join_codes.c.user_id)
        )
        if user_id is None:
            raise RecordMissing("code")
        return user_id

    async def _delete_blobs(self, keys: list[str]) -> None:
        try:
            await self._blobs.delete(keys)
        except Exception:  # the rows are right; that a sweep has to come changes nothing
            logger.warning("The blobs %s could not be deleted.", keys, exc_info=True)


async def _lock(connection: AsyncConnection, user_ids: list[int]) -> None:
    """Keeps everybody else from these people's rows; always in the same order."""
    users = tables.users.c
    found = await connection.scalars(
        select(users.id).where(users.id.in_(user_ids)).order_by(users.id).with_for_update()
    )
    if len(list(found)) != len(user_ids):
        raise RecordMissing("user")


async def _refuse_imports(connection: AsyncConnection, user_ids: list[int]) -> None:
    imports = tables.imports.c
    waiting = await connection.scalar(
        select(func.count()).where(imports.user_id.in_(user_ids), imports.announced_at.is_(None))
    )
    if waiting:
        raise Conflict(f"imports of {user_ids}", 0, waiting)


async def _check_history(connection: AsyncConnection, user_id: int, expected: int) -> str | None:
    """The key of a history's blob."""
    histories = tables.histories.c
    row = (
        await connection.execute(
            select(histories.version, histories.blob_key).where(histories.user_id == user_id)
        )
    ).one_or_none()
    found = row.version if row else 0
    if found != expected:
        raise Conflict(f"history of user {user_id}", expected, found)
    return row.blob_key if row else None


async def _merge_preferences(
    connection: AsyncConnection, pair: Pair, keeper: Secret, leaver: Secret
) -> None:
    """Makes one set of two: the keeper's choice counts, and a consent only where both gave it.

    Whoever took one back has nothing under its name, which the other's must not fill again.
    """
    theirs = await preferences.stored(connection, leaver, pair.leaver_id)
    own = await preferences.stored(connection, keeper, pair.keeper_id)
    missing = {name for name in preferences.CONSENTS if not (name in theirs and name in own)}
    chosen = {name: value for name, value in (theirs | own).items() if name not in missing}
    if chosen != own:
        await preferences.put(connection, keeper, pair.keeper_id, chosen)


async def _move(
    connection: AsyncConnection, table: Table, pair: Pair, keeper: Secret, leaver: Secret
) -> None:
    """Gives the one's rows to the other, sealed anew; what the other has already stays theirs."""
    rows = await connection.execute(table.select().where(table.c.user_id == pair.leaver_id))
    for row in list(rows):
        moved: dict[str, Any] = {"user_id": pair.keeper_id} | {
            column.name: keeper.seal(leaver.unseal(row._mapping[column.name]))  # noqa: SLF001 - public, in spite of its name
            for column in table.c
            if isinstance(column.type, LargeBinary) and row._mapping[column.name] is not None  # noqa: SLF001
        }
        if table is tables.imports and row.report is not None:
            moved["report"] = _of_version(keeper, moved["report"], pair.keeper_version + 1)
        if not await _has_twin(connection, table, row, pair.keeper_id):
            await connection.execute(update(table).where(_is(table, row)).values(moved))


def _of_version(keeper: Secret, report: bytes, version: int) -> bytes:
    """An import's report that speaks of the merged history: versions are counted by person."""
    return personal.encode(keeper, personal.decode(keeper, report) | {"history_version": version})


def _is(table: Table, row: Row[Any], **others: object) -> Any:
    values = {**row._mapping, **others}  # noqa: SLF001
    return and_(*(column == values[column.name] for column in table.primary_key.columns))


async def _has_twin(
    connection: AsyncConnection, table: Table, row: Row[Any], keeper_id: int
) -> bool:
    if "user_id" not in table.primary_key.columns:
        return False
    twin = _is(table, row, user_id=keeper_id)
    return bool(await connection.scalar(select(func.count()).select_from(table).where(twin)))


async def _switch(
    connection: AsyncConnection, pair: Pair, merged: MergedHistory, blob: BlobInfo
) -> None:
    """Makes the merged history the current one, and has it learned from: a notice is followed."""
    now = datetime.now(UTC)
    facts = {name: value for name, value in asdict(merged).items() if name != "parquet"}
    await connection.execute(
        update(tables.histories)
        .where(tables.histories.c.user_id == pair.keeper_id)
        .values(
            version=pair.keeper_version + 1,
            blob_key=blob.key,
            sha256=blob.sha256,
            byte_size=blob.byte_size,
            updated_at=now,
            **facts,
        )
    )
    await connection.execute(
        insert(tables.notices).values(
            id=f"joined-{token_hex(8)}", user_id=pair.keeper_id, model_id=None, created_at=now
        )
    )


async def _forget_chats(
    connection: AsyncConnection, user_id: int, secret: Secret, platforms: set[str]
) -> None:
    imports = tables.imports
    rows = await connection.execute(
        select(imports.c.id, imports.c.chat).where(imports.c.user_id == user_id)
    )
    for row in list(rows):
        chat = personal.decode(secret, row.chat)
        if chat["platform"] not in platforms:
            nowhere = chat | {"chat_id": "", "is_private": False}
            await connection.execute(
                update(imports)
                .where(imports.c.id == row.id)
                .values(chat=personal.encode(secret, nowhere), message=None)
            )
    postings = tables.postings
    posted = await connection.execute(
        select(postings.c.id, postings.c.message).where(postings.c.user_id == user_id)
    )
    elsewhere = [
        row.id
        for row in posted
        if personal.decode(secret, row.message)["platform"] not in platforms
    ]
    await connection.execute(delete(postings).where(postings.c.id.in_(elsewhere)))
    gathered = tables.gathered
    waiting = await connection.execute(
        select(gathered.c.id, gathered.c.files).where(gathered.c.user_id == user_id)
    )
    unwanted = [
        row.id
        for row in waiting
        if personal.decode(secret, row.files).get("person", {}).get("platform") not in platforms
    ]
    await connection.execute(delete(gathered).where(gathered.c.id.in_(unwanted)))
