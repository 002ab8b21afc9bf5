"""How much is taken in: of one person, of all, and as long as the disk has room.

What is being received counts from its first byte, so that many files at once do not slip through
together. Bots that share one storage know only their own: there the limits can be passed by what
the others are receiving at that moment.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Self

from chatbot.services.errors import LimitReached
from chatbot.services.jobs import IMPORT_TASK, Jobs
from storage import Storage

DAY = timedelta(hours=24)
NOW = timedelta(0)
BYTES_BETWEEN_LOOKS_AT_THE_DISK = 16_000_000


@dataclass(frozen=True)
class ImportLimits:
    """The operator's choices; `chatbot.settings` says what each is for."""

    file_bytes: int = 200_000_000
    files: int = 30
    jobs_of_user: int = 10
    jobs: int = 200
    imports_a_day: int = 30
    stored_bytes_of_user: int = 1_000_000_000
    stored_bytes: int = 50_000_000_000
    free_disk_bytes: int = 500_000_000


@dataclass(frozen=True)
class _Moment:
    """A moment by two clocks: one can be set, the other rests while the machine sleeps."""

    wall: datetime
    steady: float

    @classmethod
    def now(cls) -> Self:
        return cls(datetime.now(UTC), monotonic())

    @property
    def age(self) -> timedelta:
        steady = timedelta(seconds=monotonic() - self.steady)
        return max(steady, datetime.now(UTC) - self.wall)


class Admission:
    """One import that is being received."""

    def __init__(self, gate: ImportGate, user_id: int, left_of_user: int, left: int) -> None:
        self._gate = gate
        self._user_id = user_id
        self._left_of_user = left_of_user
        self._left = left
        """Room at the beginning, less what was stored since."""
        self._to_look = BYTES_BETWEEN_LOOKS_AT_THE_DISK
        self.byte_size = 0
        """What was received so far."""

    def make_room(self, other: Admission) -> None:
        """Another import was stored: what it took is not there any more."""
        self._left -= other.byte_size
        if self._user_id == other._user_id:
            self._left_of_user -= other.byte_size

    async def metered(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same chunks, as long as there is room for them.

        Raises:
            LimitReached: there is none.
        """
        async for chunk in chunks:
            await self._take(len(chunk))
            yield chunk

    async def _take(self, count: int) -> None:
        self.byte_size += count
        receiving = self._gate.receiving
        receiving[self._user_id] += count
        limits = self._gate.limits
        if receiving[self._user_id] > self._left_of_user:
            raise LimitReached("stored_bytes_of_user", limits.stored_bytes_of_user)
        if receiving.total() > self._left:
            raise LimitReached("stored_bytes", limits.stored_bytes)
        self._to_look -= count
        if self._to_look <= 0:
            self._to_look = BYTES_BETWEEN_LOOKS_AT_THE_DISK
            await self._gate.check_disk()


class ImportGate:
    """Decides whether one more import is taken in."""

    def __init__(
        self, storage: Storage, jobs: Jobs, limits: ImportLimits, disk: Path | None
    ) -> None:
        """`disk` is a path on the disk that has to have room; None looks at none."""
        self.limits = limits
        self.receiving: Counter[int] = Counter()
        """Bytes of what is being received, by user."""
        self._arriving: Counter[int] = Counter()
        """Imports that are being received, by user."""
        self._admissions: set[Admission] = set()
        self._received: defaultdict[int, list[_Moment]] = defaultdict(list)
        """When imports were received since the start, whatever the clock of the day says."""
        self._storage = storage
        self._jobs = jobs
        self._disk = disk
        self._deciding = asyncio.Lock()

    @asynccontextmanager
    async def admit(self, user_id: int) -> AsyncIterator[Admission]:
        """Receives one import, from its first byte until its job is queued.

        Raises:
            LimitReached: it is not taken, now or on the way.
        """
        async with self._deciding:  # two at once do not both take the last place
            admission = await self._decide(user_id)
            self._arriving[user_id] += 1
            self._admissions.add(admission)
        try:
            yield admission
            self._received[user_id].append(_Moment.now())
            for other in self._admissions - {admission}:
                other.make_room(admission)
        finally:
            self._admissions.remove(admission)
            self._arriving[user_id] -= 1
            self.receiving[user_id] -= admission.byte_size
            self._arriving += Counter()  # without those that are at nothing
            self.receiving += Counter()

    async def _decide(self, user_id: int) -> Admission:
        limits, arriving = self.limits, self._arriving
        waiting = await self._jobs.of_user(user_id)
        if len(waiting) + arriving[user_id] >= limits.jobs_of_user:
            raise LimitReached("jobs_of_user", limits.jobs_of_user)
        if await self._jobs.count_unfinished() + arriving.total() >= limits.jobs:
            raise LimitReached("jobs", limits.jobs)
        await self._check_day(user_id)
        left_of_user = limits.stored_bytes_of_user - await self._storage.usage.bytes_of_user(
            user_id
        )
        if self.receiving[user_id] >= left_of_user:
            raise LimitReached("stored_bytes_of_user", limits.stored_bytes_of_user)
        left = limits.stored_bytes - await self._storage.usage.bytes_in_all()
        if self.receiving.total() >= left:
            raise LimitReached("stored_bytes", limits.stored_bytes)
        await self.check_disk()
        return Admission(self, user_id, left_of_user, left)

    async def _check_day(self, user_id: int) -> None:
        ages = max(await self._ages_stored(user_id), self._ages_received(user_id), key=len)
        limit = self.limits.imports_a_day
        if len(ages) + self._arriving[user_id] >= limit:
            left = DAY - ages[-limit] if len(ages) >= limit else DAY
            raise LimitReached("imports_a_day", limit, left.total_seconds())

    async def _ages_stored(self, user_id: int) -> list[timedelta]:
        """How long ago the imports of the last day came, the oldest first.

        Of those that came to nothing only the queue knows. What bears a time to come, since the
        clock was set back, does not count: it could shut somebody out for as long.
        """
        now = datetime.now(UTC)
        entered = await self._storage.usage.imports_since(user_id, now - DAY)
        jobs = await self._jobs.of_user(user_id, unfinished_only=False)
        queued = sorted(job.created_at for job in jobs if job.task == IMPORT_TASK)
        ages = ([now - moment for moment in moments] for moments in (entered, queued))
        return max(([age for age in some if NOW <= age < DAY] for some in ages), key=len)

    def _ages_received(self, user_id: int) -> list[timedelta]:
        received = self._received.pop(user_id, [])
        kept = [moment for moment in received if moment.age < DAY]
        if kept:
            self._received[user_id] = kept
        return [moment.age for moment in kept]

    async def check_disk(self) -> None:
        """Raises `LimitReached` where the disk is about to be full."""
        if self._disk is None:
            return
        usage = await asyncio.to_thread(shutil.disk_usage, self._disk)
        if usage.free < self.limits.free_disk_bytes:
            raise LimitReached("free_disk_bytes", self.limits.free_disk_bytes)
