"""One person on several platforms: joining their accounts with a one-time code, and parting them.

Whoever has more plays stays, and everything of the other becomes theirs. The plays of both are
merged as those of two imports are, and learned from anew.
"""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from chatbot.services.errors import AccountsBusy, AlreadyJoined, NotJoined, TooManyTries, WrongCode
from chatbot.services.jobs import Jobs
from chatbot.services.learning import ChildRunner, Send
from chatbot.services.recommenders import RecommenderCache
from chatbot.services.temporary import TemporaryFolders
from storage import Storage
from storage.errors import Conflict, RecordMissing
from storage.histories import HistoryRecord
from storage.joining import MergedHistory, Pair

logger = logging.getLogger(__name__)

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without what is easily taken for something else."""
CODE_CHARACTERS = 8
"""40 bits: with a few tries a person and a few minutes nobody guesses one."""
PEOPLE_REMEMBERED = 10_000
"""Of whose wrong codes is known, in memory only: strangers leave no trace."""
ATTEMPTS = 3
"""A history that changes while it is merged is merged again so often."""


@dataclass(frozen=True)
class Account:
    """Where somebody writes from."""

    platform: str
    platform_id: str


@dataclass(frozen=True)
class Offer:
    """A code as its person gets it."""

    code: str
    expires_at: datetime


@dataclass(frozen=True)
class Joined:
    """What came of a join."""

    plays: int
    """In the history now, 0 without one."""
    is_merged: bool
    """Both had one: it is learned from anew."""


@dataclass(frozen=True)
class MergeRequest:
    """What the merging child is given."""

    first: str
    second: str
    merged: str


def merge_histories(_send: Send, request: MergeRequest) -> MergedHistory:
    """Runs in a child process: two histories in one.

    Raises:
        BrokenHistory: one of them cannot be read.
    """
    from songnet.music import History

    first, second = (History.read_parquet(Path(path)) for path in (request.first, request.second))
    merged = first.merge(second)
    merged.write_parquet(Path(request.merged))
    assert merged.period is not None
    return MergedHistory(Path(request.merged), len(merged), merged.track_count, *merged.period)


class JoiningService:
    """Joins and parts accounts."""

    def __init__(
        self,
        storage: Storage,
        jobs: Jobs,
        recommenders: RecommenderCache,
        run_in_child: ChildRunner,
        *,
        temporary: TemporaryFolders,
        code_seconds: float,
        max_tries: int,
    ) -> None:
        self._storage = storage
        self._jobs = jobs
        self._recommenders = recommenders
        self._run_in_child = run_in_child
        self._temporary = temporary
        self._code_lifetime = timedelta(seconds=code_seconds)
        self._tries = Tries(max_tries, code_seconds)

    async def offer(self, account: Account) -> Offer:
        """A code that joins another account with this one."""
        user_id = await self._storage.users.resolve(account.platform, account.platform_id)
        letters = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARACTERS))
        record = await self._storage.join_codes.put(user_id, letters, self._code_lifetime)
        return Offer(f"{letters[:4]}-{letters[4:]}", record.expires_at)

    async def void(self, code: str) -> None:
        """Takes a code out of use that others may have read."""
        await self._storage.join_codes.void(_letters(code))

    async def look(self, code: str, account: Account) -> list[str]:
        """The platforms of the person whose code that is.

        Raises:
            WrongCode: it is nobody's, used or too old.
            TooManyTries: there were too many wrong ones from this account.
            AlreadyJoined: it is their own.
        """
        self._tries.check(account)
        found = await self._storage.join_codes.find(_letters(code))
        if found is None:
            self._tries.count(account)
            raise WrongCode
        me = await self._storage.users.find(account.platform, account.platform_id)
        if me == found.user_id:
            raise AlreadyJoined
        return [entry.platform for entry in await self._storage.users.identities(found.user_id)]

    async def join(self, code: str, account: Account) -> Joined:
        """Uses a code.

        Raises:
            WrongCode, TooManyTries, AlreadyJoined: as `look`.
            AccountsBusy: an import or a training of one of them is under way.
            BrokenHistory: a stored history cannot be read; nothing has changed.
        """
        for _attempt in range(ATTEMPTS):
            await self.look(code, account)
            try:
                return await self._join(_letters(code), account)
            except Conflict as conflict:
                logger.info("joining is tried again: %s", conflict)
            except RecordMissing:
                raise WrongCode from None
        raise AccountsBusy

    async def part(self, account: Account, *, stays: bool) -> None:
        """Everything stays with this account, or with all others.

        Raises:
            NotJoined: there is no other account.
            AccountsBusy: an import is under way.
        """
        user_id = await self._storage.users.find(account.platform, account.platform_id)
        if user_id is None or len(await self._storage.users.identities(user_id)) == 1:
            raise NotJoined
        try:
            await self._storage.joining.part(
                user_id, account.platform, account.platform_id, stays=stays
            )
        except Conflict:
            raise AccountsBusy from None
        except RecordMissing:
            raise NotJoined from None

    async def _join(self, code: str, account: Account) -> Joined:
        storage = self._storage
        owner = await storage.join_codes.find(code)
        if owner is None:
            raise RecordMissing("code")
        me = await storage.users.find(account.platform, account.platform_id)
        if me is None:
            await storage.joining.enter(code, account.platform, account.platform_id)
            history = await storage.histories.get(owner.user_id)
            return Joined(history.plays if history else 0, is_merged=False)
        for user_id in (me, owner.user_id):
            if await self._jobs.of_user(user_id):
                raise AccountsBusy
        histories = [
            (user_id, await storage.histories.get(user_id)) for user_id in (me, owner.user_id)
        ]
        # Whoever has less goes: less is left to be done, and their answers are fewer.
        (leaver, goes), (keeper, stays) = sorted(histories, key=_weight)
        pair = Pair(keeper, leaver, stays.version if stays else 0, goes.version if goes else 0)
        joined = await self._merge(code, pair, stays, goes)
        await self._jobs.delete_of_user(leaver)
        self._recommenders.forget(leaver)
        return joined

    async def _merge(
        self, code: str, pair: Pair, stays: HistoryRecord | None, goes: HistoryRecord | None
    ) -> Joined:
        if goes is None:
            await self._storage.joining.join(code, pair, None)
            return Joined(stays.plays if stays else 0, is_merged=False)
        async with self._temporary.folder() as directory:
            paths = [directory / "keeper.parquet", directory / "leaver.parquet"]
            for user_id, path in zip((pair.keeper_id, pair.leaver_id), paths, strict=True):
                await self._storage.histories.fetch(user_id, path)
            request = MergeRequest(str(paths[0]), str(paths[1]), str(directory / "merged.parquet"))
            merged = await self._run_in_child(merge_histories, request)
            await self._storage.joining.join(code, pair, merged)
        return Joined(merged.plays, is_merged=True)


class Tries:
    """Wrong codes by account, as long as they count."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._wrong: OrderedDict[Account, list[float]] = OrderedDict()

    def check(self, account: Account) -> None:
        """Raises `TooManyTries` where there were too many of late."""
        since = monotonic() - self._seconds
        recent = [moment for moment in self._wrong.get(account, []) if moment > since]
        if len(recent) >= self._most:
            raise TooManyTries(recent[0] - since)

    def count(self, account: Account) -> None:
        """Notes a wrong one."""
        self._wrong.setdefault(account, []).append(monotonic())
        del self._wrong[account][: -self._most]
        self._wrong.move_to_end(account)
        while len(self._wrong) > PEOPLE_REMEMBERED:
            self._wrong.popitem(last=False)


def _letters(code: str) -> str:
    """A code as people type it: small, in parts, with what surrounds it."""
    return "".join(letter for letter in code.upper() if letter in ALPHABET)


def _weight(person: tuple[int, HistoryRecord | None]) -> tuple[int, int]:
    user_id, history = person
    return history.plays if history else 0, -user_id
