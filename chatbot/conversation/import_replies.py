"""What people read about the imports of their histories, and about the learning (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chatbot.conversation import console_replies
from chatbot.conversation.getting_exports import how_to_get_the_export
from chatbot.conversation.language import N_, _, ngettext, number
from chatbot.conversation.measures import date, duration, limit, plays, songs
from chatbot.conversation.messages import Button, ButtonStyle, Progress, Reply
from chatbot.conversation.playlist_replies import example
from chatbot.services.jobs import IMPORT_TASK, NO_ROOM, Job, JobProgress, JobState

LEAST_JUDGED = 0.4
"""Before this share of a training is done, it has only gathered what it learns from, at another
speed: what is left was said to take half as long as it does."""
FILES_NAMED = 5
"""So many of an import's files are named in its progress message."""
LONGEST_NAME = 60
"""So many characters of a file's name are told in the report of an import."""
PROBLEMS_NAMED = 5
"""So many problems with files are told in the report of an import."""

SKIPPED_WORDS = {
    "podcast": N_("podcast episodes"),
    "audiobook": N_("audiobook chapters"),
    "video": N_("videos outside of YouTube Music"),
    "no_play": N_("rows about something else than a play"),
    "no_metadata": N_("rows without a song's name"),
    "no_artist": N_("plays without an artist"),
    "bad_row": N_("rows that could not be read"),
    "bad_time": N_("rows with an impossible date"),
    "bad_duration": N_("rows with an impossible duration"),
    "duplicate": N_("repeated rows"),
}


def after_the_history(answer: Reply) -> Reply:
    """An answer about playlists, to somebody who has given nothing to learn from."""
    words = _(
        "First I need your listening history, from Spotify or another music service: I make "
        "playlists of your own music, by what I learn from it."
    )
    return replace(
        answer,
        text=f"{words}\n\n{answer.text}",
        buttons=((import_button(),), *answer.buttons),
    )


def import_button() -> Button:
    """The way to the import."""
    return Button(_("Give me your history"), "import", style=ButtonStyle.PRIMARY)


def import_help(largest_bytes: int | None, *, by_path: bool = False) -> Reply:
    """`/import` without a file.

    Args:
        largest_bytes: the largest file that the platform hands over; None where it sets no limit.
        by_path: files are not sent but named, as at the console.
    """
    send = _(
        "Send me the file that Spotify or another music service gave you, just as it is; "
        "several at once are fine, of any services."
    )
    if by_path:
        send += " " + console_replies.how_to_import()
    if largest_bytes is not None:
        # Some platforms refuse a larger one before anybody could say what to do.
        send += " " + _(
            "A file can have up to {size} here. If your zip is larger, unpack it and send the "
            "files that are in it, a few years at a time.",
            size=limit(largest_bytes),
        )
    return Reply(
        f"{send}\n\n{how_to_get_the_export()}",
        title=_("Send me your listening history"),
        private=True,
    )


def import_in_private() -> Reply:
    """An import in a group."""
    return Reply(
        _(
            "A listening history is private: please send it to me in a private chat, and delete it "
            "here if you have posted it."
        ),
        private=True,
    )


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
    if job.task == IMPORT_TASK:
        return _("Import of {files}: {stage}.", files=_some_files(file_names), stage=stage(job))
    if job.state is JobState.QUEUED:
        next_task = _("Learning again") if again else _("Learning")
        return f"{next_task}. {stage(job)}."
    return f"{stage(job)}."


def _some_files(file_names: Sequence[str]) -> str:
    """The first files of an import, with names of a bearable length."""
    named = ", ".join(_shortened(name) for name in file_names[:FILES_NAMED])
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
            return _("Reading {file}", file=file_names[place - 1])
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
    )


def learned(examples: Sequence[str], *, again: bool) -> Reply:
    """A training that no import ended with is done; `again` where it was not the first."""
    words = (
        _("I have learned from your plays again.")
        if again
        else _("I have learned from your plays.")
    )
    invitation = _("Now ask me for a playlist:")
    return Reply(
        f"{words} {invitation}\n{example(examples)}",
        title=_("Ready"),
        private=True,
    )


def not_learned(sentence: str, *, again: bool) -> Reply:
    """A training that no import ended with has failed; `sentence` says why."""
    title = (
        _("I could not learn from your plays again")
        if again
        else _("I could not learn from your plays")
    )
    return Reply(sentence, title=title, private=True)


def import_deleted() -> Progress:
    """The last state where the person deleted everything in the meantime."""
    return Progress(_("Deleted."), title=_("Your listening history"), is_final=True)


def import_report(
    report: Mapping[str, Any],
    sent: Sequence[str],
    examples: Sequence[str],
    problems: Sequence[str],
    *,
    is_learned: bool = True,
    few_plays: bool = False,
) -> Reply:
    """What an import found, and that playlists can be asked for, once it is learned from.

    Args:
        report: `songnet.exports.ImportReport` as JSON, with what the merge gave.
        sent: the names of the files that were sent.
        examples: songs that a playlist could start from.
        problems: sentences about the files that could not be read to their end.
        is_learned: whether the model knows these plays; else a later import is waited for.
        few_plays: whether there were too few to learn habits from, so that they are only counted.
    """
    first, last = (datetime.fromisoformat(report[key]) for key in ("first_play", "last_play"))
    lines = [
        _(
            "{plays} of {songs}, {first} to {last}.",
            plays=plays(report["plays"]),
            songs=songs(report["tracks"]),
            first=date(first),
            last=date(last),
        )
    ]
    if not report["added"] == report["plays"] == report["history_plays"]:
        lines.append(
            ngettext(
                "{count} of them is new; together I now know {plays} of {songs}.",
                "{count} of them are new; together I now know {plays} of {songs}.",
                report["added"],
                plays=plays(report["history_plays"]),
                songs=songs(report["history_tracks"]),
            )
        )
    lines += _short_plays(report)
    artists = ", ".join(f"{artist} ({number(count)})" for artist, count in report["top_artists"])
    lines += [
        *_years(report),
        _("Most played: {artists}.", artists=artists),
        _links(report["uri_share"]),
        *_left_out(report),
        *_named(report),
        *_last_year_only(report),
        *_some(problems),
    ]
    used = {file["file"] for file in report["files"]}
    lines += [_("Nothing for me in '{file}'.", file=name) for name in sent if name not in used]
    if few_plays:
        lines.append(
            _(
                "These are few plays to learn habits from, so I only count them so far. "
                "Send me more of your history when you have it."
            )
        )
    if is_learned:
        lines += ["", _("Now ask me for a playlist:"), example(examples)]
    else:
        lines += ["", _("I tell you when I have learned from all that you sent.")]
    return Reply("\n".join(lines), title=_("Here is what I found"))


def _short_plays(report: Mapping[str, Any]) -> list[str]:
    """How many plays are not learned from; reports of songnet 0.1.0 do not know."""
    counted = report.get("history_counted", report["history_plays"])
    short = report["history_plays"] - counted
    if not short:
        return []
    return [
        ngettext(
            "{count} play under 30 seconds does not count; I learn from the other {others}.",
            "{count} plays under 30 seconds do not count; I learn from the other {others}.",
            short,
            others=counted,
        )
    ]


def _links(share: float) -> str:
    if percent := round(100 * share):
        return _("{percent} % of the plays came with a link.", percent=percent)
    return _("Your history names no links, so I link to a search for each song.")


def _years(report: Mapping[str, Any]) -> list[str]:
    """The plays of each year, where there are several."""
    years = report["plays_per_year"]
    if len(years) < 2:  # noqa: PLR2004 - one year is the whole
        return []
    found = ", ".join(f"{year}: {number(plays)}" for year, plays in years.items())
    return [_("Plays by year: {years}.", years=found)]


def _named(report: Mapping[str, Any]) -> list[str]:
    """How many plays of Apple's got their artist from the rest of the package."""
    named = sum(file.get("named", 0) for file in report["files"])
    missing = report["skipped"].get("no_artist", 0)
    if not named and not missing:
        return []
    words = _(
        "Apple leaves out most artists: {named} of {all} plays got theirs from other files of the "
        "package.",
        named=named,
        all=named + missing,
    )
    if missing and not named:
        words += " " + _("Send the whole package at once, and I find more.")
    return [words]


def _last_year_only(report: Mapping[str, Any]) -> list[str]:
    """That Spotify has more than the twelve months that came."""
    formats = {file["format"] for file in report["files"] if file["plays"]}
    if "spotify-account" not in formats or "spotify-extended" in formats:
        return []
    return [
        _(
            "From Spotify I have the last 12 months only. Your whole life there is in 'Extended "
            "streaming history'; /help spotify tells how to get it."
        )
    ]


def _some(problems: Sequence[str]) -> list[str]:
    """Each sentence once: a zip file may hold thousands of files that are all broken."""
    different = list(dict.fromkeys(problems))
    more = len(different) - PROBLEMS_NAMED
    if more <= 0:
        return different
    words = ngettext(
        "There were problems with {count} more file.",
        "There were problems with {count} more files.",
        more,
    )
    return [*different[:PROBLEMS_NAMED], words]


def _left_out(report: Mapping[str, Any]) -> list[str]:
    """What was left out in all, and of the files that lost most, where there are several."""
    parts = _reasons(report)
    if not parts:
        return []
    lines = [_("Left out of {rows} rows: {parts}.", rows=report["rows"], parts=parts)]
    files = [file for file in report["files"] if file.get("rows")]
    lossy = sorted(
        (file for file in files if any(file["skipped"].values())),
        key=lambda file: -sum(file["skipped"].values()),
    )
    if len(files) > 1:
        lines += [
            _("- {file}: of {rows} rows {parts}.", file=_place(file), rows=file["rows"], parts=why)
            for file in lossy[:FILES_NAMED]
            if (why := _reasons(file))
        ]
    return lines


def _reasons(counted: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{number(count)} {_(SKIPPED_WORDS.get(reason, reason.replace('_', ' ')))}"
        for reason, count in counted["skipped"].items()
        if count
    )


def _place(file: Mapping[str, Any]) -> str:
    """The name of a file without the folders of its archive, which may call it anything."""
    return _shortened(str(file.get("member") or file["file"]).rpartition("/")[2])


def _shortened(name: str) -> str:
    """The name of a file, which may be called anything."""
    shown = "".join(sign for sign in name if sign.isprintable())
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"
