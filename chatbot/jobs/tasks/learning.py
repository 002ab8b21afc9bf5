"""The tasks of learning: reading an import and training, and training alone."""

from __future__ import annotations

from chatbot.jobs.tasks.base import Step, StepContext, Task
from chatbot.services.jobs import IMPORT_TASK, JobFailure, JobState
from chatbot.services.learning import LearningService
from chatbot.services.relearning import TRAIN_TASK


def import_task(learning: LearningService) -> Task:
    """Reads the files of an import, merges them, trains; the subject is the import's id."""

    async def read(context: StepContext) -> None:
        await learning.read(context.user_id, context.subject_id, context.report)

    async def train(context: StepContext) -> None:
        await learning.train_after(context.user_id, context.subject_id, context.report)

    async def ended(context: StepContext, state: JobState, failure: JobFailure | None) -> None:
        if state is not JobState.DONE:
            reason = failure or JobFailure("cancelled")
            await learning.give_up(context.subject_id, reason)

    return Task(IMPORT_TASK, (Step("read", read), Step("train", train)), ended)


def train_task(learning: LearningService) -> Task:
    """Trains on the stored history where the active model has not seen it."""

    async def train(context: StepContext) -> None:
        await learning.train(context.user_id, context.report)

    async def ended(_context: StepContext, _state: JobState, _failure: JobFailure | None) -> None:
        """Nothing to clean up: the history stays, and the model is saved by the step itself."""

    return Task(TRAIN_TASK, (Step("train", train),), ended)
