"""What people read about the imports of their histories, and about the learning (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chatbot.conversation.measures import date, duration
from chatbot.conversation.messages import Button, Progress, Reply
from chatbot.conversation.playlist_replies import example
from chatbot.services.imports import IMPORT_TASK
from chatbot.services.jobs import NO_ROOM, Job, JobProgress, JobState

FILES_NAMED = 5
"""So many of an import's files are named in its progress message."""
PROBLEMS_NAMED = 5
"""So many problems with files are told in the report of an import."""

HOW_TO_GET_THE_EXPORT = """\
How to get your history from Spotify:
1. Open https://www.spotify.com/account/privacy and log in.
2. Under 'Download your data' choose 'Extended streaming history' (your whole life on Spotify; it \
takes up to 30 days), or 'Account data' (the last 12 months; it takes about 5 days), or both.
3. Press 'Request data' and confirm in the e-mail that Spotify sends you.
4. When the second e-mail comes, download the zip file and send it to me here, just as it is."""

SKIPPED_WORDS = {
    "podcast": "podcast episodes",
    "audiobook": "audiobook chapters",
    "no_metadata": "rows without a song's name",
    "bad_row": "rows that could not be read",
    "bad_time": "rows with an impossible date",
    "bad_duration": "rows with an impossible duration",
    "duplicate": "repeated rows",
}


def import_help() -> Reply:
    """`/import` without a file."""
    return Reply(
        "Send me the zip file that Spotify gave you, or the JSON files in it; several at once are "
        f"fine.\n\n{HOW_TO_GET_THE_EXPORT}",
        title="Send me your listening history",
        private=True,
    )


def import_in_private() -> Reply:
    """An import in a group."""
    return Reply(
        "A listening history is private: please send it to me in a private chat, and delete it "
        "here if you have posted it.",
        private=True,
    )


def import_progress(job: Job, files: Sequence[str]) -> Progress:
    """An import on its way: what was accepted, and where it stands."""
    got = ", ".join(files[:FILES_NAMED])
    more = f" and {len(files) - FILES_NAMED} more" if len(files) > FILES_NAMED else ""
    return Progress(
        f"Got {got}{more}\n{stage(job, files)}",
        title="Your listening history",
        done=job.progress.done if job.progress else None,
        buttons=((Button("Cancel", "cancel", job.id),),),
    )


def stage(job: Job, file_names: Sequence[str] = ()) -> str:
    """One line about where a job stands; an import's job knows its files by number."""
    if job.state is JobState.QUEUED:
        if job.position is None:
            return "Waiting for its turn"
        return f"Waiting: number {job.position} in the queue"
    progress = job.progress or JobProgress("reading" if job.task == IMPORT_TASK else "training")
    if progress.stage == "reading":
        number = progress.detail.get("number", 0)
        return f"Reading {file_names[number - 1]}" if 0 < number <= len(file_names) else "Reading"
    if progress.stage in _STAGES:
        return _STAGES[progress.stage]
    epoch, epochs = progress.detail.get("epoch"), progress.detail.get("epochs")
    if not epochs:
        return "Learning from your plays"
    round_ = "Learning on everything" if progress.detail.get("phase") == "final" else "Learning"
    left = f", {duration(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    return f"{round_}: epoch {epoch} of {epochs}{left}"


_STAGES = {
    "saving": "Saving what I learned",
    NO_ROOM: "Waiting: the disk of the machine that I run on is full. I go on when there is room",
}


def import_ended(state: JobState, sentence: str) -> Progress:
    """The last state of an import's progress message."""
    head = {JobState.DONE: "Ready.", JobState.CANCELLED: "Cancelled."}.get(state, "")
    return Progress(
        " ".join(part for part in (head, sentence) if part),
        title="Your listening history",
        is_final=True,
    )


def learned_again(examples: Sequence[str]) -> Reply:
    """A training without an import is done."""
    return Reply(
        f"I have learned from your plays again. Now ask me for a playlist:\n{example(examples)}",
        title="Ready",
        private=True,
    )


def not_learned_again(sentence: str) -> Reply:
    """A training without an import has failed; `sentence` says why."""
    return Reply(sentence, title="I could not learn from your plays again", private=True)


def import_deleted() -> Progress:
    """The last state where the person deleted everything in the meantime."""
    return Progress("Deleted.", title="Your listening history", is_final=True)


def import_report(
    report: Mapping[str, Any], sent: Sequence[str], examples: Sequence[str], problems: Sequence[str]
) -> Reply:
    """What an import found, and that playlists can be asked for.

    Args:
        report: `songnet.exports.ImportReport` as JSON, with what the merge gave.
        sent: the names of the files that were sent.
        examples: songs that a playlist could start from.
        problems: sentences about the files that could not be read to their end.
    """
    first, last = (datetime.fromisoformat(report[key]) for key in ("first_play", "last_play"))
    period = f"{date(first)} to {date(last)}"
    lines = [f"{report['plays']:,} plays of {report['tracks']:,} songs, {period}."]
    if not report["added"] == report["plays"] == report["history_plays"]:
        lines.append(
            f"{report['added']:,} of them are new; together I now know "
            f"{report['history_plays']:,} plays of {report['history_tracks']:,} songs."
        )
    artists = ", ".join(f"{artist} ({plays:,})" for artist, plays in report["top_artists"])
    lines += [f"Most played: {artists}.", *_left_out(report), *_some(problems)]
    used = {file["file"] for file in report["files"]}
    lines += [f"Nothing for me in '{name}'." for name in sent if name not in used]
    lines += ["", f"Now ask me for a playlist:\n{example(examples)}"]
    return Reply("\n".join(lines), title="Here is what I found")


def _some(problems: Sequence[str]) -> list[str]:
    """Each sentence once: a zip file may hold thousands of files that are all broken."""
    different = list(dict.fromkeys(problems))
    more = len(different) - PROBLEMS_NAMED
    rest = [f"There were problems with {more:,} more files."] if more > 0 else []
    return [*different[:PROBLEMS_NAMED], *rest]


def _left_out(report: Mapping[str, Any]) -> list[str]:
    parts = [
        f"{count:,} {SKIPPED_WORDS.get(reason, reason.replace('_', ' '))}"
        for reason, count in report["skipped"].items()
        if count
    ]
    return [f"Left out of {report['rows']:,} rows: {', '.join(parts)}."] if parts else []
