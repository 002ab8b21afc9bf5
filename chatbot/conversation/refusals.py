"""What people read when something cannot be done (pure): one sentence per kind of error.

Errors come as `SongnetError`s, or as the (kind, facts) in which a job keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chatbot.conversation.getting_exports import GUIDES
from chatbot.conversation.language import N_, _, ngettext
from chatbot.conversation.measures import duration, limit, plays, sessions, songs
from chatbot.conversation.messages import Reply
from chatbot.services.errors import (
    LimitReached,
    Refusal,
)
from chatbot.services.jobs import JobFailure

_SEND_INSTEAD = N_(
    "Send the file that Spotify, Apple Music, YouTube Music, Deezer, Last.fm, ListenBrainz or "
    "Maloja gave you, just as it is. /help tells how to get it."
)


def _not_an_export(facts: Mapping[str, Any]) -> str:
    words = _("I found no listening history in '{file}'.", file=facts["file"])
    if facts.get("found"):
        words += " " + _("It seems to be {found}.", found=facts["found"])
    return f"{words} {_(_SEND_INSTEAD)}"


def _wrong_package(facts: Mapping[str, Any]) -> str:
    service = facts.get("service") or "spotify"
    return _(
        "'{file}' holds {package}, but no streaming history. {instead}; /help {service} tells how.",
        file=facts["file"],
        package=facts.get("package") or _("another package"),
        instead=_(GUIDES[service].instead),
        service=service,
    )


def _no_music(facts: Mapping[str, Any]) -> str:
    nameless = (facts.get("skipped") or {}).get("no_artist")
    if nameless:
        return ngettext(
            "'{file}' holds {count} play that names no artist, as Apple writes them. Send the "
            "whole package at once: its other files name the artists. /help apple tells how.",
            "'{file}' holds {count} plays that name no artist, as Apple writes them. Send the "
            "whole package at once: its other files name the artists. /help apple tells how.",
            nameless,
            file=facts["file"],
        )
    return ngettext(
        "'{file}' holds {count} row, and it is no song (podcasts and audiobooks don't count). "
        "Send the files of your music, such as Spotify's Streaming_History_Audio_*.json.",
        "'{file}' holds {count} rows, and none of them is a song (podcasts and audiobooks don't "
        "count). Send the files of your music, such as Spotify's Streaming_History_Audio_*.json.",
        facts.get("rows", 0),
        file=facts["file"],
    )


def _broken(facts: Mapping[str, Any]) -> str:
    return _(
        "'{file}' is damaged or incomplete. Download it once more and send it again.",
        file=facts["file"],
    )


def _encrypted(facts: Mapping[str, Any]) -> str:
    return _(
        "'{file}' is protected by a password, which I cannot open. Unpack it and send me the "
        "files in it.",
        file=facts["file"],
    )


def _limit(facts: Mapping[str, Any]) -> str:
    allowed = facts["allowed"]
    reason = _(_LIMITS.get(facts["limit"], _TOO_LARGE), count=allowed, size=limit(allowed))
    return _(
        "'{file}' is more than I read: {reason}. Unpack it and send me the files in it, one after "
        "another.",
        file=facts["file"],
        reason=reason,
    )


_TOO_LARGE = N_("it is too large")
_LIMITS = {
    "total_bytes": N_("unpacked, everything in it is larger than {size}"),
    "file_bytes": N_("it holds a file that is larger than {size}"),
    "held_bytes": N_("it holds a file that is larger than {size}"),
    "compression_ratio": N_("unpacked, it is more than {count} times its size, as no export is"),
    "entries": N_("it holds more than {count} files"),
    "nesting": N_("it holds zip files in zip files, more than {count} deep"),
    "rows": N_("it holds more than {count} rows"),
}
"""By the name of the limit, a field of `songnet.exports.ExportLimits`."""


def _too_few(facts: Mapping[str, Any]) -> str:
    return _(
        "That is too little to learn from: {plays} of {songs} in {sessions}. I need at least "
        "{least_plays} of {least_songs} in {least_sessions} (what lasted less than half a minute "
        "does not count, and half an hour of silence ends a session). Send a longer history, all "
        "its files at once.",
        plays=plays(facts["plays"]),
        songs=songs(facts["tracks"]),
        sessions=sessions(facts["sessions"]),
        least_plays=plays(facts["least_plays"]),
        least_songs=songs(facts["least_tracks"]),
        least_sessions=sessions(facts["least_sessions"]),
    )


def _training_failed(facts: Mapping[str, Any]) -> str:
    return _(
        "I read your history and keep it, but I could not learn from it. Send a longer history, "
        "and I try again. (For whoever runs this bot: {reason}.)",
        reason=facts.get("reason") or _("the reason is unknown"),
    )


def _broken_history(_facts: Mapping[str, Any]) -> str:
    return _(
        "What I keep of your plays is damaged on my disk, so I can neither add to it nor learn "
        "from it. Nothing else is lost. Whoever runs this bot can bring it back from a backup. If "
        "there is none: /forget, and send me your whole history again."
    )


def _newer_history(_facts: Mapping[str, Any]) -> str:
    return _(
        "What I keep of your plays was written by a newer version of me, so I leave it as it is. "
        "Whoever runs this bot has to install that version again."
    )


def _cancelled(_facts: Mapping[str, Any]) -> str:
    return _("You cancelled it.")


def _crashed(facts: Mapping[str, Any]) -> str:
    return _(
        "The work on it broke off several times, perhaps because this machine has too little "
        "memory, and I gave up (job {job}). Try again later or with fewer files.",
        job=facts.get("job_id") or _("unknown"),
    )


def _bug(facts: Mapping[str, Any]) -> str:
    return _(
        "Something went wrong that should not have. It was noted as {job}; whoever runs this bot "
        "can look it up.",
        job=facts.get("job_id") or _("unknown"),
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


def last_import_sentence(failure: JobFailure) -> str:
    """What became of the last import, where it came to nothing."""
    if failure.kind == "cancelled":
        return _("You cancelled your last import.")
    return _("Your last import did not work: {reason}", reason=failure_sentence(failure))


def refusal_sentence(refusal: Refusal) -> str:
    """Why a sent file was not taken, and what to do."""
    if refusal.reason == "too_large":
        return _too_large(refusal)
    if refusal.reason == "too_many":
        return ngettext(
            "'{file}' was left out: I take {count} file at a time. Send the rest after this.",
            "'{file}' was left out: I take {count} files at a time. Send the rest after this.",
            refusal.limit or 0,
            file=refusal.file,
        )
    if refusal.reason == "empty":
        return _("'{file}' is empty.", file=refusal.file) + f" {_(_SEND_INSTEAD)}"
    return _("'{file}' could not be fetched. Send it once more.", file=refusal.file)


def _too_large(refusal: Refusal) -> str:
    if refusal.limit is None:
        first = _("'{file}' is too large.", file=refusal.file)
    else:
        size = limit(refusal.limit)
        first = _("'{file}' is too large ({size} at most).", file=refusal.file, size=size)
    return f"{first} " + _(
        "Send the files that are in the zip, a few years at a time, each zipped if it is "
        "large itself: that makes it ten times smaller. Whoever runs me can also raise the limit "
        "(on Telegram with a Bot API server of their own), or take the zip in at the console."
    )


def refused_files(refusals: tuple[Refusal, ...]) -> Reply:
    """Some or all of the sent files could not be taken."""
    return Reply("\n".join(map(refusal_sentence, refusals)), private=True)


def _jobs_of_user(error: LimitReached) -> str:
    return ngettext(
        "You have {count} import waiting already, and I keep no more than that in my queue. Send "
        "this again when it is done; /status shows how far I am.",
        "You have {count} imports waiting already, and I keep no more than that in my queue. Send "
        "this again when one of them is done; /status shows how far I am.",
        error.allowed,
    )


def _jobs(_error: LimitReached) -> str:
    return _("So many people are waiting that my queue is full. Send this again in an hour or so.")


def _imports_a_day(error: LimitReached) -> str:
    return ngettext(
        "I take at most {count} import a day from one person. Send this again in {time}; several "
        "files in one message are one import.",
        "I take at most {count} imports a day from one person. Send this again in {time}; several "
        "files in one message are one import.",
        error.allowed,
        time=duration(error.seconds_left or 0),
    )


def _stored_bytes_of_user(error: LimitReached) -> str:
    return _(
        "With this I would keep more than {size} of yours, which is the most for one person. Wait "
        "until your other files are read (/status), or send smaller ones.",
        size=limit(error.allowed),
    )


def _stored_bytes(_error: LimitReached) -> str:
    return _(
        "All the room that I have for people's data is taken. Whoever runs this bot has to make "
        "some; then send this again."
    )


def _free_disk_bytes(_error: LimitReached) -> str:
    return _(
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
    return Reply(_REACHED[error.limit](error) + " " + _("Nothing of it was kept."), private=True)


def no_room() -> Reply:
    """The disk is full."""
    return Reply(
        _(
            "I could not do that, because the disk of the machine that I run on is full. Nothing "
            "that you gave me before is lost. Whoever runs this bot has to make room; then send it "
            "again."
        ),
        private=True,
    )


def went_wrong(incident: str) -> Reply:
    """An error that nobody foresaw."""
    return Reply(
        _(
            "Something went wrong that should not have. It was noted as {incident}; whoever runs "
            "this bot can look it up. Nothing of yours was lost.",
            incident=incident,
        ),
        private=True,
    )
