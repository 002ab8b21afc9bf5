"""Learning again from the stored history, where there is no model that can be used."""

from __future__ import annotations

import logging
from secrets import token_hex

from chatbot.services.jobs import Job, Jobs
from storage import Storage
from storage.models import ModelRecord
from storage.notices import NoticeRecord

logger = logging.getLogger(__name__)

TRAIN_TASK = "train"


class Relearning:
    """Queues a training, and sees to it that its person hears of the end."""

    def __init__(self, storage: Storage, jobs: Jobs) -> None:
        self._storage = storage
        self._jobs = jobs

    async def replace(self, damaged: ModelRecord, error: Exception) -> None:
        """A model that cannot be used is made anew; asked twice, it is made once."""
        logger.warning(
            "model %d of user %d cannot be used (%s: %s); learning again from the history",
            damaged.id,
            damaged.user_id,
            type(error).__name__,
            error,
        )
        notice = await self._storage.notices.add(
            f"after-{damaged.id}", damaged.user_id, model_id=damaged.id
        )
        await self.go_on(notice)

    async def begin(self, user_id: int) -> None:
        """A model is made where there is none, as after a training that was cancelled."""
        notice = await self._storage.notices.add(f"again-{token_hex(8)}", user_id, model_id=None)
        await self.go_on(notice)

    async def settle(self, user_id: int) -> None:
        """Begins the training that one import left to a later one, which then came to nothing.

        To be called when an import has ended; done again, it changes nothing.
        """
        history = await self._storage.histories.get(user_id)
        active = await self._storage.models.active(user_id)
        learned = active.history_version if active else 0
        if history is None or learned >= history.version:
            return
        owed = any(
            entry.report is not None
            and entry.failure is None
            and entry.report["history_version"] > learned
            for entry in await self._storage.imports.of_user(user_id)
        )
        if owed and not await self._jobs.of_user(user_id):
            notice_id = f"owed-{user_id}-{history.version}"
            await self.go_on(await self._storage.notices.add(notice_id, user_id, model_id=None))

    async def go_on(self, notice: NoticeRecord) -> Job:
        """What follows the notice; done a second time, as after a crash, it changes nothing."""
        if notice.model_id is not None:
            await self._storage.models.delete(notice.model_id)
        return await self._jobs.enqueue(TRAIN_TASK, user_id=notice.user_id, subject_id=notice.id)

    async def job(self, notice: NoticeRecord) -> Job:
        """The training as it stands; it is queued where a crash came before that."""
        return await self._jobs.get(f"{TRAIN_TASK}-{notice.id}") or await self.go_on(notice)
