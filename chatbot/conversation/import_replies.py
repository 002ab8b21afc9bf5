"""What people read about the imports of their histories, and what was learned from them (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chatbot.conversation import console_replies
from chatbot.conversation.getting_exports import (
    HELP_COMMANDS,
    how_to_get_the_export,
    service_buttons,
)
from chatbot.conversation.language import N_, _, ngettext, number
from chatbot.conversation.measures import date, limit, plays, songs
from chatbot.conversation.messages import Button, ButtonStyle, Reply
from chatbot.conversation.playlist_replies import example
from chatbot.conversation.progress_replies import FILES_NAMED, shortened

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
        buttons=service_buttons(),
        typed=HELP_COMMANDS,
    )


def import_in_private() -> Reply:
    """A file that was posted where others are."""
    return Reply(
        _(
            "A listening history is private: please send it to me in a private chat, and delete it "
            "here if you have posted it."
        ),
        private=True,
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
        typed=(example(examples),),
    )


def not_learned(sentence: str, *, again: bool) -> Reply:
    """A training that no import ended with has failed; `sentence` says why."""
    title = (
        _("I could not learn from your plays again")
        if again
        else _("I could not learn from your plays")
    )
    return Reply(sentence, title=title, private=True, typed=HELP_COMMANDS)


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
    typed = (example(examples), *HELP_COMMANDS)
    return Reply("\n".join(lines), title=_("Here is what I found"), typed=typed)


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
    return shortened(str(file.get("member") or file["file"]).rpartition("/")[2])
