"""Tells people how their imports and trainings fare, also after a restart.

Every import that its sender has not heard the end of is followed: its progress message is edited
as its job goes on, and at the end the report is posted. What is known lives in the storage and in
the queue, so a bot that starts again goes on where it was. An end is told at least once: a bot
that is killed between telling it and noting that tells it again.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic

from chatbot import logs
from chatbot.conversation import refusals, replies
from chatbot.conversation.messages import (
    Message,
    MessageRef,
    MessageUndeliverable,
    Messenger,
    Platform,
    Progress,
    Reply,
)
from chatbot.services.imports import IMPORT_TASK, ImportService
from chatbot.services.jobs import Job, JobFailure, Jobs, JobState
from chatbot.services.relearning import TRAIN_TASK, Relearning
from storage import Storage
from storage.imports import ChatAddress, ImportRecord, MessageAddress
from storage.notices import NoticeRecord

logger = logging.getLogger(__name__)


@dataclass
class _Followed:
    """What was shown of an import so far, and where."""

    messenger: Messenger
    ref: MessageRef
    shown: Progress | None = None
    shown_at: float = 0.0
    editing: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def is_busy(self) -> bool:
        return self.editing is not None and not self.editing.done()


class Announcements:
    """Follows the unfinished imports of everybody."""

    def __init__(
        self,
        storage: Storage,
        jobs: Jobs,
        imports: ImportService,
        relearning: Relearning,
        *,
        poll_seconds: float = 0.5,
        grace_seconds: float = 60,
    ) -> None:
        self._storage = storage
        self._jobs = jobs
        self._imports = imports
        self._relearning = relearning
        self._poll_seconds = poll_seconds
        self._grace = timedelta(seconds=grace_seconds)
        self._started_at = datetime.now(UTC)
        self._messengers: dict[Platform, tuple[Messenger, float]] = {}
        self._followed: dict[str, _Followed] = {}
        self._wake = asyncio.Event()

    def serve(self, platform: Platform, messenger: Messenger, seconds_between_edits: float) -> None:
        """From now on the imports of this platform are told of through this messenger."""
        self._messengers[platform] = (messenger, seconds_between_edits)
        self._wake.set()

    async def follow(self, import_id: str, message: MessageAddress | None) -> None:
        """An import was accepted, and its progress message stands there."""
        if message is not None:
            await self._storage.imports.set_message(import_id, message)
        self._wake.set()

    def look(self) -> None:
        """A training without an import was queued, whose end is to be told."""
        self._wake.set()

    async def run(self) -> None:
        """Follows until it is cancelled."""
        try:
            while True:
                self._wake.clear()
                busy = await self._round_or_later()
                # With nothing to follow it waits until something is accepted.
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._poll_seconds if busy else None)
        finally:
            editing = [one.editing for one in self._followed.values() if one.editing]
            for task in editing:
                task.cancel()
            await asyncio.gather(*editing, return_exceptions=True)

    async def _round_or_later(self) -> bool:
        try:
            return await self._round()
        except Exception:
            logger.exception("following the imports failed; trying again")
            return True

    async def _round(self) -> bool:
        """Looks at every import and notice once; False where there is none."""
        records = await self._storage.imports.unannounced()
        notices = await self._storage.notices.all()
        await asyncio.gather(
            *(self._look(record) for record in records),
            *(self._look_at_notice(notice) for notice in notices),
        )
        for gone in self._followed.keys() - {record.id for record in records}:
            followed = self._followed.pop(gone)
            if followed.shown is not None and not followed.shown.is_final:
                await self._edit(gone, followed, replies.import_deleted())
        return bool(records or notices)

    async def _look(self, record: ImportRecord) -> None:
        logs.note(job_id=f"{IMPORT_TASK}-{record.id}", user_id=record.user_id)  # of this task
        job = await self._jobs.get(f"{IMPORT_TASK}-{record.id}")
        if job is None:
            # The bot died between storing the import and queueing it.
            job = await self._imports.enqueue(record.user_id, record.id)
        if job.state.is_final:
            await self._relearning.settle(record.user_id)
        served = self._messengers.get(Platform(record.chat.platform))
        if served is None:
            return
        messenger, seconds_between_edits = served
        if record.message is None:
            await self._first_message(messenger, record, job)
            return
        message = record.message
        ref = MessageRef(Platform(message.platform), message.chat_id, message.message_id)
        followed = self._followed.setdefault(record.id, _Followed(messenger, ref))
        if followed.is_busy:
            return
        if job.state.is_final:
            followed.editing = asyncio.create_task(self._announce_end(followed, record, job))
            return
        progress = replies.import_progress(job, record.file_names)
        due = monotonic() - followed.shown_at >= seconds_between_edits
        if progress != followed.shown and due:
            followed.editing = asyncio.create_task(self._edit(record.id, followed, progress))

    async def _first_message(self, messenger: Messenger, record: ImportRecord, job: Job) -> None:
        """The bot died, or the chat failed, before there was a progress message."""
        now = datetime.now(UTC)
        if record.created_at > self._started_at and now - record.created_at < self._grace:
            return
        if not record.chat.is_private:
            # Nothing private goes to a group; `/status` tells.
            if job.state.is_final:
                await self._storage.imports.mark_announced(record.id)
            return
        try:
            ref = await messenger.post(
                record.chat.chat_id, replies.import_progress(job, record.file_names)
            )
        except MessageUndeliverable:
            if job.state.is_final:
                await self._storage.imports.mark_announced(record.id)
            return
        await self._remember(record.id, ref)

    async def _edit(self, import_id: str, followed: _Followed, message: Progress) -> None:
        """Edits the progress message; a failure is tried again with the next change."""
        followed.shown, followed.shown_at = message, monotonic()
        try:
            await self._replace(import_id, followed, message)
        except MessageUndeliverable:
            logger.info("import %s: its progress cannot be shown", import_id)
        except Exception:
            logger.warning("import %s: editing its progress failed", import_id, exc_info=True)

    async def _announce_end(self, followed: _Followed, record: ImportRecord, job: Job) -> None:
        """The last edit and the report; what failed for a passing reason is tried again."""
        fresh = await self._storage.imports.get(record.id)
        if fresh is None or fresh.announced_at is not None:
            return
        last, is_told = _last_state(fresh, job, await self._is_learned(fresh)), True
        try:
            if followed.shown != last:
                await self._replace(record.id, followed, last)
                followed.shown = last
            if job.state is JobState.DONE and fresh.report is not None:
                await followed.messenger.post(followed.ref.chat_id, await self._report(fresh))
        except MessageUndeliverable:
            logger.info("import %s: its end cannot be told; /status shows it", record.id)
            is_told = False
        except Exception:
            logger.warning("import %s: telling its end failed", record.id, exc_info=True)
            return
        if is_told and job.state is not JobState.DONE:
            # Nothing came of it, so nothing of it is kept: it holds the names of files. The files
            # themselves may still be there, where no worker has seen to a job that never ran.
            await self._storage.uploads.delete_of_import(record.id)
            await self._storage.imports.delete(record.id)
        else:
            await self._storage.imports.mark_announced(record.id)

    async def _is_learned(self, record: ImportRecord) -> bool:
        """Whether the model knows these plays; where not, a later import trains on them too."""
        if record.report is None:
            return False
        active = await self._storage.models.active(record.user_id)
        return active is not None and active.history_version >= record.report["history_version"]

    async def _report(self, record: ImportRecord) -> Reply:
        assert record.report is not None
        active = await self._storage.models.active(record.user_id)
        problems = [
            refusals.failure_sentence(JobFailure(file["problem"]["kind"], file["problem"]["facts"]))
            for file in record.report["files"]
            if file["problem"]
        ]
        examples = active.facts.get("examples", []) if active else []
        return replies.import_report(record.report, record.file_names, examples, problems)

    async def _look_at_notice(self, notice: NoticeRecord) -> None:
        logs.note(job_id=f"{TRAIN_TASK}-{notice.id}", user_id=notice.user_id)  # of this task
        job = await self._relearning.job(notice)
        if not job.state.is_final:
            return
        chat = await self._private_chat(notice.user_id)
        if chat is not None and job.state is not JobState.CANCELLED:
            served = self._messengers.get(Platform(chat.platform))
            if served is None or not await self._tell(notice, job, chat, served[0]):
                return
        await self._storage.notices.delete(notice.id)

    async def _private_chat(self, user_id: int) -> ChatAddress | None:
        """Where the person gave their history last, and nobody reads along."""
        records = reversed(await self._storage.imports.of_user(user_id))
        return next((record.chat for record in records if record.chat.is_private), None)

    async def _tell(
        self, notice: NoticeRecord, job: Job, chat: ChatAddress, messenger: Messenger
    ) -> bool:
        """Posts the end of a training; False where it is to be tried again."""
        active = await self._storage.models.active(notice.user_id)
        if job.state is JobState.DONE and active is not None:
            reply = replies.learned_again(active.facts.get("examples", []))
        else:
            failure = job.failure or JobFailure("bug", {"job_id": job.id})
            reply = replies.not_learned_again(refusals.failure_sentence(failure))
        try:
            await messenger.post(chat.chat_id, reply)
        except MessageUndeliverable:
            logger.info("notice %s cannot be told; /status shows it", notice.id)
        except Exception:
            logger.warning("telling notice %s failed", notice.id, exc_info=True)
            return False
        return True

    async def _replace(self, import_id: str, followed: _Followed, message: Message) -> None:
        """Edits the message, and remembers where it stands where it was posted anew."""
        now = await followed.messenger.edit(followed.ref, message)
        if now != followed.ref:
            followed.ref = now
            await self._remember(import_id, now)

    async def _remember(self, import_id: str, ref: MessageRef) -> None:
        message = MessageAddress(ref.platform, ref.chat_id, ref.message_id)
        await self._storage.imports.set_message(import_id, message)


def _last_state(record: ImportRecord, job: Job, is_learned: bool) -> Progress:
    if job.state is JobState.DONE and is_learned:
        return replies.import_ended(job.state, "I have learned from your plays.")
    if job.state is JobState.DONE:
        return replies.import_ended(
            job.state, "I learn from these plays together with the files that you sent after them."
        )
    if job.state is JobState.CANCELLED and record.report is not None:
        return replies.import_ended(
            job.state, "I had read these plays already and keep them; I learn from them next time."
        )
    if job.state is JobState.CANCELLED:
        return replies.import_ended(job.state, "The file is deleted; nothing else has changed.")
    stored = record.failure
    failure = JobFailure(stored.kind, stored.facts) if stored else job.failure
    return replies.import_ended(
        job.state, refusals.failure_sentence(failure or JobFailure("bug", {"job_id": job.id}))
    )
