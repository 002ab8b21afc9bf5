"""What people read about how far an import or a training is (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.conversation.getting_exports import HELP_COMMANDS
from chatbot.conversation.language import N_, _, ngettext
from chatbot.conversation.measures import duration
from chatbot.conversation.messages import Button, Progress
from chatbot.services.jobs import IMPORT_TASK, NO_ROOM, Job, JobProgress, JobState

LEAST_JUDGED = 0.4
"""Before this share of a training is done, it has only gathered what it learns from, at another
speed: what is left was said to take half as long as it does."""
FILES_NAMED = 5
"""So many of an import's files are named at once."""
LONGEST_NAME = 60
"""So many characters of a file's name are told in the report of an import."""


def import_progress(job: Job, files: Sequence[str]) -> Progress:
    """An import on its way: what was accepted, and where it stands."""
    taken = _("Got {files}", files=_some_files(files))
    return Progress(
        f"{taken}\n{stage(job, files)}",
        title=_("Your listening history"),
        done=job.progress.done if job.progress else None,
        buttons=((Button(_("Cancel"), "cancel", job.id),),),
    )


def job_line(job: Job, file_names: Sequence[str], *, again: bool) -> str:
    """What a job is about and where it stands, for `/status`; its person alone sees it.

    Args:
        job: the job.
        file_names: the files of an import, as they were sent.
        again: whether something was learned before.
    """
    if job.task == IMPORT_TASK and file_names:
        return _("Import of {files}: {stage}.", files=_some_files(file_names), stage=stage(job))
    if job.state is JobState.QUEUED and job.task != IMPORT_TASK:
        next_task = _("Learning again") if again else _("Learning")
        return f"{next_task}. {stage(job)}."
    return f"{stage(job)}."


def _some_files(file_names: Sequence[str]) -> str:
    """The first files of an import, with names of a bearable length."""
    named = ", ".join(shortened(name) for name in file_names[:FILES_NAMED])
    more = len(file_names) - FILES_NAMED
    if more <= 0:
        return named
    return ngettext("{files} and {count} more", "{files} and {count} more", more, files=named)


def stage(job: Job, file_names: Sequence[str] = ()) -> str:
    """One line about where a job stands; an import's job knows its files by number."""
    if job.state is JobState.QUEUED:
        if job.position is None:
            return _("Waiting for its turn")
        return _("Waiting: number {position} in the queue", position=job.position)
    progress = job.progress or JobProgress("reading" if job.task == IMPORT_TASK else "training")
    if progress.stage == "reading":
        place = progress.detail.get("number", 0)
        if 0 < place <= len(file_names):
            return _("Reading {file}", file=shortened(file_names[place - 1]))
        return _("Reading")
    if progress.stage in _STAGES:
        return _(_STAGES[progress.stage])
    return _training_stage(progress)


def _training_stage(progress: JobProgress) -> str:
    """The share of the whole training; the time that is left, once there is enough to judge by."""
    if progress.done is None:
        return _("Learning from your plays")
    words = _("Learning from your plays: {percent} %", percent=int(100 * progress.done))
    if progress.seconds_left is None or progress.done < LEAST_JUDGED:
        return words
    return _("{stage}, {time} left", stage=words, time=duration(progress.seconds_left))


_STAGES = {
    "saving": N_("Saving what I learned"),
    NO_ROOM: N_(
        "Waiting: the disk of the machine that I run on is full. I go on when there is room"
    ),
}


def import_learned() -> Progress:
    """The last state of an import's progress message, where its plays are learned from."""
    return import_ended(_("I have learned from your plays."), _("Ready."))


def import_read() -> Progress:
    """The last state where the plays are read, and a later import is to be learned from as well."""
    return import_ended(
        _(
            "I have read it. I learn from these plays together with the files that you sent after "
            "them, and tell you when I have."
        )
    )


def import_cancelled(*, is_read: bool) -> Progress:
    """The last state where it was cancelled, perhaps after the plays were merged."""
    words = (
        _("I had read these plays already and keep them; I learn from them next time.")
        if is_read
        else _("The file is deleted; nothing else has changed.")
    )
    return import_ended(words, _("Cancelled."))


def import_ended(sentence: str, head: str = "") -> Progress:
    """The last state of an import's progress message."""
    return Progress(
        " ".join(part for part in (head, sentence) if part),
        title=_("Your listening history"),
        is_final=True,
        typed=HELP_COMMANDS,
    )


def import_deleted() -> Progress:
    """The last state where the person deleted everything in the meantime."""
    return Progress(_("Deleted."), title=_("Your listening history"), is_final=True)


def shortened(name: str) -> str:
    """The name of a file, which may be called anything."""
    shown = "".join(sign for sign in name if sign.isprintable())
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"
