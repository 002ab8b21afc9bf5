"""Tells people how their imports and trainings fare, also after a restart.

Every import that its sender has not heard the end of is followed: its progress message is edited
as its job goes on, and at the end the report is posted. What is known lives in the storage and in
the queue, so a bot that starts again goes on where it was. An end is told at least once: a bot
that is killed between telling it and noting that tells it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress

from chatbot import logs
from chatbot.conversation.language import closest, speaking
from chatbot.conversation.messages import Messenger, Platform
from chatbot.conversation.telling import (
    ImportTelling,
    NoticeTelling,
    Telling,
    ref_of,
)
from chatbot.services.imports import ImportService
from chatbot.services.jobs import IMPORT_TASK, Jobs
from chatbot.services.preferences import PreferenceService
from chatbot.services.relearning import TRAIN_TASK, Relearning
from storage import Storage
from storage.imports import ChatAddress, ImportRecord, MessageAddress
from storage.notices import NoticeRecord

logger = logging.getLogger(__name__)

LOOKS_AT_ONCE = 8
"""So many jobs are looked up at the same time, however many are followed."""


class Announcements:
    """Follows the unfinished imports of everybody."""

    def __init__(
        self,
        storage: Storage,
        jobs: Jobs,
        imports: ImportService,
        relearning: Relearning,
        preferences: PreferenceService,
        *,
        poll_seconds: float = 0.5,
        idle_seconds: float = 30,
        grace_seconds: float = 60,
    ) -> None:
        self._storage = storage
        self._jobs = jobs
        self._imports = imports
        self._relearning = relearning
        self._preferences = preferences
        self._poll_seconds = poll_seconds
        self._idle_seconds = idle_seconds
        self._grace_seconds = grace_seconds
        self._from_before: frozenset[str] | None = None
        """The imports that another bot left; known from the first look, for no clock tells it."""
        self._messengers: dict[Platform, tuple[Messenger, float]] = {}
        self._followed: dict[str, Telling] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._looking = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._wake = asyncio.Event()

    def serve(self, platform: Platform, messenger: Messenger, seconds_between_edits: float) -> None:
        """From now on the imports of this platform are told of through this messenger."""
        self._messengers[platform] = (messenger, seconds_between_edits)
        self._wake.set()

    async def follow(self, import_id: str, message: MessageAddress | None) -> None:
        """An import was accepted, and its progress message stands there."""
        try:
            if message is not None:
                await self._storage.imports.set_message(import_id, message)
        finally:
            self._wake.set()

    def look(self) -> None:
        """A training without an import was queued, whose end is to be told."""
        self._wake.set()

    async def run(self) -> None:
        """Follows until it is cancelled."""
        try:
            while True:
                self._wake.clear()
                seconds = self._poll_seconds if await self._round() else self._idle_seconds
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), seconds)
        finally:
            for task in self._leaving:
                task.cancel()
            stopping = [telling.stop() for telling in self._followed.values()]
            await asyncio.gather(*stopping, *self._leaving, return_exceptions=True)

    async def _round(self) -> bool:
        """Begins what is due for every import and notice; False where there is none."""
        try:
            records = await self._storage.imports.unannounced()
            notices = await self._storage.notices.all()
            if self._from_before is None:
                self._from_before = frozenset(record.id for record in records)
            for record in records:
                self._follow_import(record)
            for notice in notices:
                await self._follow_notice(notice)
        except Exception:
            logger.exception("following the imports failed; trying again")
            return True
        there = {record.id for record in records} | {notice.id for notice in notices}
        for gone in self._followed.keys() - there:
            self._let_go(gone, self._followed.pop(gone))
        return bool(records or notices)

    def _follow_import(self, record: ImportRecord) -> None:
        served = self._messengers.get(Platform(record.chat.platform))
        if served is None:
            return
        telling = self._followed.get(record.id)
        if not isinstance(telling, ImportTelling):
            telling = ImportTelling(self._storage, served[0], seconds_between_edits=served[1])
            self._followed[record.id] = telling
        if telling.is_due:
            telling.start(self._in_their_language(record.user_id, self._look(telling, record)))

    async def _in_their_language(self, user_id: int, look: Coroutine[None, None, None]) -> None:
        """Nobody asked just now, so what they chose counts, or what their platform told last."""
        try:
            choices = await self._preferences.of(user_id)
        except BaseException:
            look.close()
            raise
        with speaking(closest(choices.language or choices.locale)):
            await look

    async def _look(self, telling: ImportTelling, record: ImportRecord) -> None:
        job_id = f"{IMPORT_TASK}-{record.id}"
        logs.note(job_id=job_id, user_id=record.user_id)  # of this task
        async with self._looking:
            job = await self._jobs.get(job_id)
            if job is None:
                # The bot died between storing the import and queueing it, or the person left.
                if await self._storage.imports.get(record.id) is None:
                    return
                job = await self._imports.enqueue(record.user_id, record.id)
            if job.state.is_final:
                await self._relearning.settle(record.user_id)
        if record.message is None and telling.ref is None:
            if not self._is_on_its_way(telling, record):
                await telling.first_message(record, job)
            return
        if telling.ref is None and record.message is not None:
            telling.ref = ref_of(record.message)
        if job.state.is_final:
            await telling.end(record, job)
        else:
            await telling.progress(record, job)

    def _is_on_its_way(self, telling: ImportTelling, record: ImportRecord) -> bool:
        """Whether the progress message of a fresh import is being posted right now."""
        assert self._from_before is not None  # the first look was taken
        return record.id not in self._from_before and telling.age_seconds < self._grace_seconds

    async def _follow_notice(self, notice: NoticeRecord) -> None:
        telling = self._followed.get(notice.id)
        if telling is None:
            chat = await self._private_chat(notice.user_id)
            served = self._messengers.get(Platform(chat.platform)) if chat else None
            if chat is None:
                await self._storage.notices.delete(notice.id)
            if chat is None or served is None:
                return
            telling = self._followed[notice.id] = NoticeTelling(self._storage, served[0])
        if isinstance(telling, NoticeTelling) and telling.is_due:
            looking = self._look_at_notice(telling, notice)
            telling.start(self._in_their_language(notice.user_id, looking))

    async def _look_at_notice(self, telling: NoticeTelling, notice: NoticeRecord) -> None:
        logs.note(job_id=f"{TRAIN_TASK}-{notice.id}", user_id=notice.user_id)  # of this task
        async with self._looking:
            job = await self._relearning.job(notice)
            chat = await self._private_chat(notice.user_id)
        if job.state.is_final and chat is not None:
            await telling.end(notice, job, chat)

    async def _private_chat(self, user_id: int) -> ChatAddress | None:
        """Where the person gave their history last, and nobody reads along."""
        records = reversed(await self._storage.imports.of_user(user_id))
        return next((record.chat for record in records if record.chat.is_private), None)

    def _let_go(self, subject_id: str, telling: Telling) -> None:
        """Its rows are gone: it was told to its end, or the person deleted everything."""

        async def leave() -> None:
            # First, so that no older edit brings back what was deleted.
            await telling.stop()
            if isinstance(telling, ImportTelling):
                await telling.farewell(subject_id)

        task = asyncio.create_task(leave())
        self._leaving.add(task)
        task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        self._leaving.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.warning("ending a message failed", exc_info=error)
