"""What people read about themselves: what is stored, and what they chose (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chatbot.conversation.account_replies import platform_name
from chatbot.conversation.blend_replies import consent_buttons, consent_lines
from chatbot.conversation.language import N_, _, languages, name_of, number
from chatbot.conversation.measures import date
from chatbot.conversation.messages import Button, ButtonStyle, Reply
from chatbot.conversation.teaching_replies import teaching_buttons, teaching_lines
from chatbot.services.blends import GivenConsent
from chatbot.services.cards import RemovedSong
from chatbot.services.playlist_wish import NO_CAP, PlaylistRules
from chatbot.services.preferences import Choices
from chatbot.services.privacy import Overview

STORED_WORDS = {
    "identities": N_("accounts: the number under which a platform knows you"),
    "histories": N_("history of your plays: song, time, how long, skipped, shuffle"),
    "models": N_("what I learned from your plays"),
    "imports": N_("imports: the names of your files, what was read, the chat"),
    "uploads": N_("files that wait to be read; then they are deleted"),
    "playlists": N_("playlists that I made for you"),
    "shares": N_("playlists that you shared"),
    "postings": N_("messages in which others see your playlists: the chat, so that they go too"),
    "offers": N_("playlists that you were offered for a chat, and did not send as far as I know"),
    "votes": N_("votes on shared playlists"),
    "avoided": N_("songs that you removed from a playlist"),
    "notices": N_("things that I am about to tell you"),
    "undelivered": N_("answers that did not reach you, until /status tells you"),
    "gathered": N_("files that wait for your word"),
    "preferences": N_("your settings and consents, and the language of your platform"),
    "blends": N_("playlists with others that you asked for"),
    "blend_members": N_("playlists with others to which you agreed"),
    "join_codes": N_("a code of /link, as a hash; it goes when it is used or too old"),
}
"""By table, and what stands beside them; a test holds that none is missing."""
ADVENTURE_NAMES = {
    0.0: N_("familiar"),
    0.5: N_("balanced"),
    1.0: N_("adventurous"),
}
LENGTHS_OFFERED = (10, 20, 30, 50)
SONGS_A_PAGE, NUMBERS_A_ROW = 20, 5
"""Of removed songs; with a row below them the most buttons that every platform takes at once."""
CAPS_OFFERED = (1, 2, 3, NO_CAP)


def privacy_text(
    overview: Overview,
    consents: Sequence[GivenConsent] = (),
    teaches_since: datetime | None = None,
) -> Reply:
    """`/privacy`."""
    if overview.since is None:
        return Reply(_("I store nothing about you."), private=True)
    lines = [_("I know you since {day}. This is what I store:", day=date(overview.since)), ""]
    for table, stored in overview.stored.items():
        words = _(STORED_WORDS[table]) if table in STORED_WORDS else table
        when = ""
        if stored.first is not None and stored.last is not None:
            when = " " + _("(last {day})", day=date(stored.last))
        lines.append(f"- {number(stored.rows)} · {words}{when}")
    if overview.history is not None:
        history = overview.history
        lines += [
            "",
            _(
                "Your plays: {plays}, from {first} to {last}.",
                plays=history.plays,
                first=date(history.first_play),
                last=date(history.last_play),
            ),
        ]
    platforms = ", ".join(map(platform_name, overview.platforms))
    lines += [
        _("You are known on: {platforms}.", platforms=platforms),
        *consent_lines(consents),
        *teaching_lines(teaches_since),
        "",
        _(
            "All of it stays until /forget, or until what the list says. It is sealed under a key "
            "of your own, and nobody else sees it unless you share it or consent. The files that "
            "you send are deleted once they are read; what an export tells of addresses and "
            "devices is never read. /export gives you everything."
        ),
    ]
    return Reply(
        "\n".join(lines),
        title=_("What I store about you"),
        buttons=(
            *consent_buttons(consents),
            *((_removed_button(),) if "avoided" in overview.stored else ()),
            *teaching_buttons(teaches_since),
            (
                Button(_("Give me everything"), "export"),
                Button(_("Delete everything"), "forget", "", ButtonStyle.DANGER),
            ),
        ),
        private=True,
    )


def removed_songs(songs: Sequence[RemovedSong], page: int) -> Reply:
    """The songs that stay away from playlists, each of which can be wanted again."""
    if not songs:
        return Reply(_("No song stays away from your playlists."), private=True)
    start = page * SONGS_A_PAGE if page * SONGS_A_PAGE < len(songs) else 0
    shown = list(enumerate(songs, start=1))[start : start + SONGS_A_PAGE]
    numbers = [
        Button(str(place), "welcome", f"{song.entry_id} {start // SONGS_A_PAGE}")
        for place, song in shown
    ]
    rows = [tuple(numbers[at : at + NUMBERS_A_ROW]) for at in range(0, len(numbers), NUMBERS_A_ROW)]
    if len(songs) > SONGS_A_PAGE:
        following = start + SONGS_A_PAGE
        number_of_page = following // SONGS_A_PAGE if following < len(songs) else 0
        rows.append((Button(_("Other songs"), "removed", str(number_of_page)),))
    lines = [f"{place}. {song.title} - {song.artist}" for place, song in shown]
    words = _("Press the number of a song that may be in your playlists again.")
    return Reply(
        "\n".join([*lines, "", words]),
        title=_("Songs that you removed"),
        buttons=tuple(rows),
        private=True,
    )


def _removed_button() -> tuple[Button, ...]:
    return (Button(_("Songs that you removed"), "removed"),)


def settings_text(choices: Choices, rules: PlaylistRules) -> Reply:
    """`/settings`, before and after a change."""
    lines = [
        _("Language: {language}", language=_language(choices)),
        _("Songs in a playlist: {length}", length=choices.length or rules.length),
        _("Familiar or adventurous: {adventure}", adventure=_adventure(choices, rules)),
        _("Songs of one artist at most: {cap}", cap=_cap(choices, rules)),
        _("Time zone: {zone}", zone=choices.timezone or _("UTC (none chosen)")),
        "",
        _(
            "Press a button, or write what you want: /settings length=30 adventure=0.7 artists=2 "
            "timezone=Europe/Berlin. The value 'default' takes a choice back. A playlist takes "
            "these where you say nothing else."
        ),
    ]
    return Reply(
        "\n".join(lines),
        title=_("Your settings"),
        buttons=(*_choices_to_press(), _removed_button()),
        private=True,
        typed=("/settings length=30 adventure=0.7 artists=2 timezone=Europe/Berlin",),
    )


def _choices_to_press() -> tuple[tuple[Button, ...], ...]:
    return (
        tuple(Button(name_of(code), "settings", f"language={code}") for code in languages()),
        tuple(
            Button(_("{count} songs", count=length), "settings", f"length={length}")
            for length in LENGTHS_OFFERED
        ),
        tuple(
            Button(_(word), "settings", f"adventure={word}") for word in ADVENTURE_NAMES.values()
        ),
        tuple(
            Button(
                _("{count} per artist", count=cap) if cap else _("any number per artist"),
                "settings",
                f"artists={cap}" if cap else "artists=any",
            )
            for cap in CAPS_OFFERED
        ),
    )


def bad_setting(name: str, value: str) -> Reply:
    """A choice that cannot be read."""
    words = {
        "length": N_("a whole number of songs"),
        "adventure": N_("familiar, balanced, adventurous, or a number from 0 to 1"),
        "artists": N_("a whole number, or 'any'"),
        "language": N_("one of: {languages}"),
        "timezone": N_("a name such as Europe/Berlin or America/New_York"),
    }
    expected = _(words[name], languages=", ".join(languages()))
    return Reply(
        _(
            "I cannot take '{value}' for {name}: I expect {expected}. Nothing has changed.",
            value=value[:40],
            name=name,
            expected=expected,
        ),
        private=True,
    )


def unknown_setting(found: str) -> Reply:
    """Something that is no choice at all."""
    return Reply(
        _(
            "'{found}' is no setting that I know. There are: length, adventure, artists, language, "
            "timezone; for example /settings length=30.",
            found=found[:40],
        ),
        private=True,
        typed=("/settings length=30",),
    )


def _language(choices: Choices) -> str:
    if choices.language is None:
        return _("as on your platform")
    return name_of(choices.language)


def _adventure(choices: Choices, rules: PlaylistRules) -> str:
    value = rules.adventure if choices.adventure is None else choices.adventure
    return _(ADVENTURE_NAMES[value]) if value in ADVENTURE_NAMES else f"{value:g}"


def _cap(choices: Choices, rules: PlaylistRules) -> str:
    cap = rules.most_per_artist if choices.most_per_artist is None else choices.most_per_artist
    return number(cap) if cap != NO_CAP else _("any number")
