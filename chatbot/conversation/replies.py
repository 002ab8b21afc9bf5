"""Every sentence that people read (pure).

Functions take facts and give text or whole messages; nothing here waits, stores or knows a
platform. Errors of songnet and of the services are worded in `chatbot.conversation.refusals`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chatbot.conversation.commands import COMMANDS
from chatbot.conversation.messages import (
    Button,
    ButtonStyle,
    CardTrack,
    PlaylistCard,
    Progress,
    Reply,
)
from chatbot.services.imports import IMPORT_TASK
from chatbot.services.jobs import NO_ROOM, Job, JobProgress, JobState
from chatbot.services.playlists import MadePlaylist, UnknownSong
from chatbot.services.status import Status
from songnet.music import Track

FILES_NAMED = 5
"""So many of an import's files are named in its progress message."""
QUERY_CHARACTERS = 80
"""So much is repeated of a song that was not found."""

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


def help_text() -> Reply:
    """What the bot is, its commands, and how to get the export."""
    commands = "\n".join(
        f"/{spec.name}{' song 1; song 2; song 3' if spec.name == 'playlist' else ''}"
        f" - {spec.description}"
        for spec in COMMANDS
    )
    return Reply(
        "I learn from your own listening how you go from one song to the next. Send me your "
        "listening history; then name a few songs, and I make you a playlist of your music that "
        f"goes on from there.\n\n{commands}\n\n{HOW_TO_GET_THE_EXPORT}\n\n"
        "Your history stays here and is yours: /export gives it back, /forget deletes it.",
        title="songnet",
        private=True,
    )


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


def unknown_command(name: str, suggestion: str | None) -> Reply:
    """A command that is not in the table."""
    near = f" Did you mean /{suggestion}?" if suggestion else ""
    return Reply(f"I don't know /{name}.{near} /help shows what I can do.", private=True)


def not_a_command() -> Reply:
    """Text without a command."""
    return Reply(
        "To get a playlist, write /playlist and a few songs: /playlist Faded; Animals. "
        "/help shows what else I can do.",
        private=True,
    )


def empty_playlist(examples: Sequence[str]) -> Reply:
    """`/playlist` without songs."""
    return Reply(
        "Name one to several songs that the playlist should go on from, separated by ';'. "
        f"For example:\n{_example(examples)}",
        private=True,
    )


def argument_too_long(found: int, allowed: int) -> Reply:
    """More text than a command takes."""
    return Reply(
        f"That is {found:,} characters; I read at most {allowed:,}. Name fewer songs.",
        private=True,
    )


def too_many_seeds(found: int, allowed: int) -> Reply:
    """More songs than a request takes."""
    return Reply(
        f"You named {found} songs; I start a playlist from at most {allowed}.", private=True
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
        f"I have learned from your plays again. Now ask me for a playlist:\n{_example(examples)}",
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
    period = f"{_date(first)} to {_date(last)}"
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
    lines += ["", f"Now ask me for a playlist:\n{_example(examples)}"]
    return Reply("\n".join(lines), title="Here is what I found")


def _example(songs: Sequence[str]) -> str:
    return f"/playlist {'; '.join(songs) or 'Faded; Animals - Maroon 5'}"


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


def playlist_card(made: MadePlaylist) -> PlaylistCard:
    """A playlist with its links, and what was not found."""
    return PlaylistCard(
        title="From " + ", ".join(track.title for track in made.seeds),
        tracks=_card_tracks(made.tracks, made.urls),
        seeds=_card_tracks(made.seeds, made.urls),
        notes=tuple(_not_found(song) for song in made.unknown),
        buttons=_suggestion_buttons(made),
        playlist_id=made.id,
    )


def nothing_found(made: MadePlaylist) -> Reply:
    """None of the named songs is in the library."""
    lines = [_not_found(song) for song in made.unknown]
    if len(made.unknown) == 1 and "," in made.unknown[0].query:
        lines.append("If these are several songs, separate them with ';'.")
    return Reply(
        "\n".join([*lines, "", "I can only start from songs that you have played yourself."]),
        title="I did not find that in your library",
        buttons=_suggestion_buttons(made),
    )


def _not_found(song: UnknownSong) -> str:
    near = "; ".join(f"{track.title} - {track.artist}" for track in song.suggestions)
    query = textwrap.shorten(song.query, QUERY_CHARACTERS, placeholder="...")
    return f"Not in your library: '{query}'." + (f" Near to it: {near}." if near else "")


def _suggestion_buttons(made: MadePlaylist) -> tuple[tuple[Button, ...], ...]:
    return tuple(
        (Button(f"{near.title} - {near.artist}"[:60], "pick", f"{made.id} {place} {choice}"),)
        for place, song in enumerate(made.unknown[:1])
        for choice, near in enumerate(song.suggestions)
    )


def _card_tracks(tracks: Sequence[Track], urls: Mapping[str, str]) -> tuple[CardTrack, ...]:
    return tuple(
        CardTrack(position, track.title, track.artist, urls[track.track_id])
        for position, track in enumerate(tracks, start=1)
    )


def status_text(status: Status, last_failure: str | None) -> Reply:
    """`/status`; `last_failure` says why the last import did not work, if so."""
    lines = []
    if status.history:
        history = status.history
        lines.append(
            f"I know {history.plays:,} plays of {history.tracks:,} songs, "
            f"{_date(history.first_play)} to {_date(history.last_play)}."
        )
    if status.model:
        lines.append(f"I last learned from them on {_date(status.model.created_at)}.")
    lines += [
        f"{'Import' if job.task == IMPORT_TASK else 'Learning again'}: {stage(job)}."
        for job in status.jobs
    ]
    if last_failure and not status.jobs:
        lines.append(f"Your last import did not work: {last_failure}")
    if not lines:
        lines = ["I have nothing of yours yet. /import tells how to begin."]
    return Reply("\n".join(lines), title="Where we stand", private=True)


def cancelled(count: int) -> Reply:
    """`/cancel`."""
    if count == 0:
        return Reply("There is nothing running that I could cancel.", private=True)
    return Reply("I stop it. What I knew before stays as it was.", private=True)


def forget_question() -> Reply:
    """`/forget`, before."""
    return Reply(
        "This deletes everything that I store about you: your history, what I learned from it, "
        "your playlists and your imports. It cannot be undone.",
        title="Delete everything?",
        buttons=((Button("Delete everything", "forget", "yes", ButtonStyle.DANGER),),),
        private=True,
    )


def forgotten() -> Reply:
    """`/forget`, after."""
    return Reply("Done: I have deleted everything that I stored about you.", private=True)


def forgotten_meanwhile() -> Reply:
    """A command that was being answered while `/forget` was."""
    return Reply(
        "Everything that I stored about you was deleted while I was at it; nothing of this was "
        "kept.",
        private=True,
    )


def nothing_stored() -> Reply:
    """`/forget` or `/export` of somebody unknown."""
    return Reply("I store nothing about you.", private=True)


def export_text(number: int, count: int) -> str:
    """The words that go with a zip of `/export`."""
    part = f" (file {number} of {count})" if count > 1 else ""
    return f"Everything that I store about you{part}. README.txt tells what is what."


def megabytes(count: int) -> str:
    """A file's size for people."""
    if count < 1e5:  # noqa: PLR2004  # below, a tenth of a megabyte says nothing
        return f"{max(1, round(count / 1e3))} kB"
    return f"{count / 1e6:.1f} MB"


def duration(seconds: float) -> str:
    """A rough time for people."""
    if seconds < 60:  # noqa: PLR2004  # a minute
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:  # noqa: PLR2004  # from one hour and a half on, minutes are too exact
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 3600)} hours"


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
