"""What people read when something cannot be done (pure): one sentence per kind of error.

Errors come as `SongnetError`s, or as the (kind, facts) in which a job keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chatbot.conversation.import_replies import HOW_TO_GET_THE_EXPORT, stage
from chatbot.conversation.measures import duration, megabytes
from chatbot.conversation.messages import Reply
from chatbot.services.errors import LimitReached, Refusal
from chatbot.services.jobs import Job, JobFailure

_SEND_INSTEAD = (
    "Send the zip file that Spotify gave you, or the JSON files in it "
    "(such as Streaming_History_Audio_*.json). /import tells how to get it."
)


def _not_an_export(facts: Mapping[str, Any]) -> str:
    seems = f" It seems to be {facts['found']}." if facts.get("found") else ""
    return f"I found no listening history in '{facts['file']}'.{seems} {_SEND_INSTEAD}"


def _wrong_package(facts: Mapping[str, Any]) -> str:
    package = facts.get("package") or "another package"
    return (
        f"'{facts['file']}' holds {package}, but no streaming history. Ask Spotify for "
        "'Extended streaming history'; /import tells how."
    )


def _no_music(facts: Mapping[str, Any]) -> str:
    return (
        f"'{facts['file']}' holds {facts.get('rows', 0):,} rows, and none of them is a song "
        "(podcasts and audiobooks don't count). Send the files of your music, such as "
        "Streaming_History_Audio_*.json."
    )


def _broken(facts: Mapping[str, Any]) -> str:
    return (
        f"'{facts['file']}' is damaged or incomplete. Download it from Spotify once more and send "
        "it again."
    )


def _encrypted(facts: Mapping[str, Any]) -> str:
    return (
        f"'{facts['file']}' is protected by a password, which I cannot open. Unpack it and send me "
        "the JSON files."
    )


def _limit(facts: Mapping[str, Any]) -> str:
    words = _LIMITS.get(facts["limit"], "it is too large")
    return (
        f"'{facts['file']}' is more than I read: "
        f"{words.format(count=facts['allowed'], size=megabytes(facts['allowed']))}. "
        "Unpack it and send me the JSON files in it, one after another."
    )


_LIMITS = {
    "total_bytes": "unpacked, everything in it is larger than {size}",
    "file_bytes": "it holds a file that is larger than {size}",
    "compression_ratio": "unpacked, it is more than {count:,} times its size, as no export is",
    "entries": "it holds more than {count:,} files",
    "nesting": "it holds zip files in zip files, more than {count:,} deep",
    "rows": "it holds more than {count:,} rows",
}
"""By the name of the limit, a field of `songnet.exports.ExportLimits`."""


def _too_few(facts: Mapping[str, Any]) -> str:
    return (
        f"That is too little to learn from: {facts['plays']:,} plays of {facts['tracks']:,} songs "
        f"in {facts['sessions']:,} sessions. I need at least {facts['least_plays']:,} plays of "
        f"{facts['least_tracks']:,} songs in {facts['least_sessions']:,} sessions (what lasted "
        "less than half a minute does not count, and half an hour of silence ends a session). Send "
        "a longer history, all its files at once."
    )


def _training_failed(facts: Mapping[str, Any]) -> str:
    return (
        "I read your history and keep it, but I could not learn from it. Send a longer history, "
        "and I try again. (For whoever runs this bot: "
        f"{facts.get('reason', 'the reason is unknown')}.)"
    )


def _broken_history(_facts: Mapping[str, Any]) -> str:
    return (
        "What I keep of your plays is damaged on my disk, so I can neither add to it nor learn "
        "from it. Nothing else is lost. Whoever runs this bot can bring it back from a backup. If "
        "there is none: /forget, and send me your whole history again."
    )


def _newer_history(_facts: Mapping[str, Any]) -> str:
    return (
        "What I keep of your plays was written by a newer version of me, so I leave it as it is. "
        "Whoever runs this bot has to install that version again."
    )


def _cancelled(_facts: Mapping[str, Any]) -> str:
    return "You cancelled it."


def _crashed(facts: Mapping[str, Any]) -> str:
    return (
        "The work on it broke off several times, perhaps because this machine has too little "
        f"memory, and I gave up (job {facts.get('job_id', 'unknown')}). Try again later or with "
        "fewer files."
    )


def _bug(facts: Mapping[str, Any]) -> str:
    return (
        "Something went wrong that should not have. It was noted as "
        f"{facts.get('job_id', 'unknown')}; whoever runs this bot can look it up."
    )


_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "NotAnExport": _not_an_export,
    "WrongPackage": _wrong_package,
    "NoMusic": _no_music,
    "BrokenArchive": _broken,
    "EncryptedArchive": _encrypted,
    "LimitExceeded": _limit,
    "TooFewPlays": _too_few,
    "TrainingFailed": _training_failed,
    "BrokenHistory": _broken_history,
    "UnknownHistoryVersion": _newer_history,
    "crashed": _crashed,
    "cancelled": _cancelled,
}


def failure_sentence(failure: JobFailure) -> str:
    """Why a job failed, and what to do."""
    return _SENTENCES.get(failure.kind, _bug)(failure.facts)


def refusal_sentence(refusal: Refusal) -> str:
    """Why a sent file was not taken, and what to do."""
    if refusal.reason == "too_large":
        size = f" ({megabytes(refusal.limit)} at most)" if refusal.limit else ""
        return (
            f"'{refusal.file}' is too large{size}. Unpack the zip file and send the JSON files in "
            "it, or a few of them at a time."
        )
    if refusal.reason == "too_many":
        return (
            f"'{refusal.file}' was left out: I take {refusal.limit} files at a time. Send the rest "
            "after this."
        )
    if refusal.reason == "empty":
        return f"'{refusal.file}' is empty. {_SEND_INSTEAD}"
    return f"'{refusal.file}' could not be fetched. Send it once more."


def refused_files(refusals: tuple[Refusal, ...]) -> Reply:
    """Some or all of the sent files could not be taken."""
    return Reply("\n".join(map(refusal_sentence, refusals)), private=True)


def _jobs_of_user(error: LimitReached) -> str:
    return (
        f"You have {error.allowed} imports waiting already, and I keep no more than that in my "
        "queue. Send this again when one of them is done; /status shows how far I am."
    )


def _jobs(_error: LimitReached) -> str:
    return "So many people are waiting that my queue is full. Send this again in an hour or so."


def _imports_a_day(error: LimitReached) -> str:
    return (
        f"I take at most {error.allowed} imports a day from one person. Send this again in "
        f"{duration(error.seconds_left or 0)}; several files in one message are one import."
    )


def _stored_bytes_of_user(error: LimitReached) -> str:
    return (
        f"With this I would keep more than {megabytes(error.allowed)} of yours, which is the most "
        "for one person. Wait until your other files are read (/status), or send smaller ones."
    )


def _stored_bytes(_error: LimitReached) -> str:
    return (
        "All the room that I have for people's data is taken. Whoever runs this bot has to make "
        "some; then send this again."
    )


def _free_disk_bytes(_error: LimitReached) -> str:
    return (
        "The disk that I write to is nearly full. Whoever runs this bot has to make room; then "
        "send this again."
    )


_REACHED: dict[str, Callable[[LimitReached], str]] = {
    "jobs_of_user": _jobs_of_user,
    "jobs": _jobs,
    "imports_a_day": _imports_a_day,
    "stored_bytes_of_user": _stored_bytes_of_user,
    "stored_bytes": _stored_bytes,
    "free_disk_bytes": _free_disk_bytes,
}


def limit_reached(error: LimitReached) -> Reply:
    """There is no room for one more import."""
    return Reply(f"{_REACHED[error.limit](error)} Nothing of it was kept.", private=True)


def no_model() -> Reply:
    """A playlist is asked for, and there is no history."""
    return Reply(
        "I have not learned from your listening yet. Send me your history first.\n\n"
        f"{HOW_TO_GET_THE_EXPORT}",
        private=True,
    )


def still_training(job: Job) -> Reply:
    """A playlist is asked for, and the first model is on its way."""
    return Reply(
        f"I am still learning from your history. {stage(job)}. I tell you when it is done; then "
        "ask me again.",
        private=True,
    )


def model_damaged() -> Reply:
    """A stored model that cannot be used."""
    return Reply(
        "What I had learned from your plays was damaged on the disk. I have begun to learn from "
        "them again, and tell you when it is done; /status shows how far I am.",
        private=True,
    )


def not_learned() -> Reply:
    """There is a history and no model, as after a training that was cancelled or failed."""
    return Reply(
        "I know your plays, but I have not learned from them yet. I have begun to, and tell you "
        "when it is done; /status shows how far I am.",
        private=True,
    )


def unknown_playlist() -> Reply:
    """A button of a playlist that is gone, or another person's."""
    return Reply(
        "That playlist is not yours, or it is gone. Make one with /playlist.", private=True
    )


def no_room() -> Reply:
    """The disk is full."""
    return Reply(
        "I could not do that, because the disk of the machine that I run on is full. Nothing that "
        "you gave me before is lost. Whoever runs this bot has to make room; then send it again.",
        private=True,
    )


def went_wrong(incident: str) -> Reply:
    """An error that nobody foresaw."""
    return Reply(
        f"Something went wrong that should not have. It was noted as {incident}; whoever runs this "
        "bot can look it up. Nothing of yours was lost.",
        private=True,
    )
