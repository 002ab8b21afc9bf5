"""One import or one training, and what its person was told of it so far.

What is said goes through the chat platforms, which can be slow, closed or down: so every telling
has one task of its own, a failure is tried again later and later, and what was said once is not
said again because noting it failed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from time import monotonic

from chatbot.conversation import import_replies, progress_replies, refusals
from chatbot.conversation.language import _
from chatbot.conversation.messages import (
    MessageRef,
    MessageUndeliverable,
    Messenger,
    Platform,
    Progress,
    Reply,
)
from chatbot.services.jobs import Job, JobFailure, JobState
from storage import Storage
from storage.imports import ChatAddress, ImportRecord, MessageAddress
from storage.notices import NoticeRecord

logger = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0


@dataclass
class Telling:
    """Attempts, one at a time, with growing pauses after failures."""

    storage: Storage
    messenger: Messenger
    is_told: bool = False
    """The end was said; what is left is to note that."""
    _failures: int = 0
    _next_try_at: float = 0.0
    _attempt: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def is_due(self) -> bool:
        """No attempt is under way, and none failed just now."""
        at_work = self._attempt is not None and not self._attempt.done()
        return not at_work and monotonic() >= self._next_try_at

    def start(self, attempt: Coroutine[None, None, None]) -> None:
        """Begins an attempt."""
        self._attempt = asyncio.create_task(self._guard(attempt))

    async def stop(self) -> None:
        """Ends an attempt that is under way."""
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.gather(self._attempt, return_exceptions=True)

    async def _guard(self, attempt: Coroutine[None, None, None]) -> None:
        try:
            await attempt
        except Exception:
            pause = min(FIRST_RETRY_SECONDS * 2**self._failures, LONGEST_RETRY_SECONDS)
            # The whole story once; while it lasts, a line each time.
            logger.warning("telling failed; again in %.0f s", pause, exc_info=self._failures == 0)
            self._failures = min(self._failures + 1, 10)
            self._next_try_at = monotonic() + pause
        else:
            self._failures = 0


@dataclass
class ImportTelling(Telling):
    """Edits an import's progress message, and posts its report."""

    seconds_between_edits: float = 0.0
    ref: MessageRef | None = None
    """Where the progress message stands."""
    is_closed: bool = False
    """The chat took no message: until the end of the import it is not tried again, since platforms
    shut out a bot that keeps knocking."""
    shown: Progress | None = None
    _shown_at: float = -LONGEST_RETRY_SECONDS
    _begun_at: float = field(default_factory=monotonic)

    @property
    def age_seconds(self) -> float:
        """For how long it has been followed."""
        return monotonic() - self._begun_at

    async def first_message(self, record: ImportRecord, job: Job) -> None:
        """The bot died, or the chat failed, before there was a progress message."""
        if record.chat.is_private and not self.is_closed:
            try:
                progress = progress_replies.import_progress(job, record.file_names)
                ref = await self.messenger.post(record.chat.chat_id, progress)
            except MessageUndeliverable:
                logger.info("import %s: its chat is closed; /status shows it", record.id)
                self.is_closed = True
            else:
                await self._remember(record.id, ref)
                return
        # Nothing private goes to a group, and a closed chat hears nothing.
        if job.state.is_final:
            await self.storage.imports.mark_announced(record.id)

    async def progress(self, record: ImportRecord, job: Job) -> None:
        """Shows how far the job is, as often as the platform bears."""
        progress = progress_replies.import_progress(job, record.file_names)
        if self.is_closed or progress == self.shown:
            return
        if monotonic() - self._shown_at < self.seconds_between_edits:
            return
        try:
            await self._show(record.id, progress)
        except MessageUndeliverable:
            logger.info("import %s: its progress cannot be shown", record.id)
            self.is_closed = True

    async def end(self, record: ImportRecord, job: Job) -> None:
        """The last edit and the report, once; then notes that."""
        fresh = await self.storage.imports.get(record.id)
        if fresh is None or fresh.announced_at is not None:
            return
        is_delivered = True
        if not self.is_told:
            try:
                await self._say_end(fresh, job)
            except MessageUndeliverable:
                logger.info("import %s: its end cannot be told; /status shows it", record.id)
                is_delivered = False
            self.is_told = is_delivered
        if is_delivered and job.state is not JobState.DONE:
            # Nothing came of it, so nothing of it is kept: it holds the names of files. The files
            # themselves may still be there, where no worker has seen to a job that never ran.
            await self.storage.uploads.delete_of_import(record.id)
            await self.storage.imports.delete(record.id)
        else:
            await self.storage.imports.mark_announced(record.id)

    async def farewell(self, import_id: str) -> None:
        """The person deleted everything in the meantime."""
        if self.shown is not None and not self.shown.is_final:
            try:
                await self._show(import_id, progress_replies.import_deleted())
            except MessageUndeliverable:
                logger.info("import %s: its message cannot be ended", import_id)

    async def _say_end(self, record: ImportRecord, job: Job) -> None:
        is_learned = await self._is_learned(record)
        last = _last_state(record, job, is_learned=is_learned)
        if self.shown != last:
            await self._show(record.id, last)
        if job.state is JobState.DONE and record.report is not None:
            assert self.ref is not None
            report = await self._report(record, is_learned=is_learned)
            await self.messenger.post(self.ref.chat_id, report)

    async def _is_learned(self, record: ImportRecord) -> bool:
        """Whether the model knows these plays; where not, a later import trains on them too."""
        if record.report is None:
            return False
        active = await self.storage.models.active(record.user_id)
        return active is not None and active.history_version >= record.report["history_version"]

    async def _report(self, record: ImportRecord, *, is_learned: bool) -> Reply:
        assert record.report is not None
        active = await self.storage.models.active(record.user_id)
        problems = [
            refusals.failure_sentence(JobFailure(file["problem"]["kind"], file["problem"]["facts"]))
            for file in record.report["files"]
            if file["problem"]
        ]
        facts = active.facts if active else {}
        return import_replies.import_report(
            record.report,
            record.file_names,
            facts.get("examples", []),
            problems,
            is_learned=is_learned,
            few_plays=is_learned and bool(facts.get("too_few_plays_for")),
        )

    async def _show(self, import_id: str, progress: Progress) -> None:
        """Edits the message, and remembers where it stands where it was posted anew."""
        assert self.ref is not None
        now = await self.messenger.edit(self.ref, progress)
        self.shown, self._shown_at = progress, monotonic()
        if now != self.ref:
            await self._remember(import_id, now)

    async def _remember(self, import_id: str, ref: MessageRef) -> None:
        self.ref = ref
        message = MessageAddress(ref.platform, ref.chat_id, ref.message_id)
        await self.storage.imports.set_message(import_id, message)


@dataclass
class NoticeTelling(Telling):
    """Posts the end of a training that no import asked for."""

    async def end(self, notice: NoticeRecord, job: Job, chat: ChatAddress) -> None:
        """Says it, once; then notes that."""
        if not self.is_told and job.state is not JobState.CANCELLED:
            try:
                await self.messenger.post(chat.chat_id, await self._words(notice, job))
            except MessageUndeliverable:
                logger.info("notice %s cannot be told; /status shows it", notice.id)
        self.is_told = True
        await self.storage.notices.delete(notice.id)

    async def _words(self, notice: NoticeRecord, job: Job) -> Reply:
        active = await self.storage.models.active(notice.user_id)
        if job.state is JobState.DONE and active is not None:
            # Versions count up for each person, also where the model before was damaged and went.
            again = active.version > 1
            return import_replies.learned(active.facts.get("examples", []), again=again)
        failure = job.failure or JobFailure("bug", {"job_id": job.id})
        sentence = refusals.failure_sentence(failure)
        again = active is not None or notice.model_id is not None
        return import_replies.not_learned(sentence, again=again)


def ref_of(message: MessageAddress) -> MessageRef:
    """A stored address as the messengers know it."""
    return MessageRef(Platform(message.platform), message.chat_id, message.message_id)


def _last_state(record: ImportRecord, job: Job, *, is_learned: bool) -> Progress:
    if job.state is JobState.DONE:
        return progress_replies.import_learned() if is_learned else progress_replies.import_read()
    if job.state is JobState.CANCELLED:
        return progress_replies.import_cancelled(is_read=record.report is not None)
    stored = record.failure
    failure = JobFailure(stored.kind, stored.facts) if stored else job.failure
    sentence = refusals.failure_sentence(failure or JobFailure("bug", {"job_id": job.id}))
    return progress_replies.import_ended(sentence + _others(record, failure))


def _others(record: ImportRecord, failure: JobFailure | None) -> str:
    """Of several files only the gravest case is told; the others are named."""
    named = failure.facts.get("file") if failure else None
    others = [name for name in record.file_names if name != named]
    if named is None or not others:
        return ""
    return " " + _("Nor could I use {files}.", files=", ".join(f"'{name}'" for name in others))
