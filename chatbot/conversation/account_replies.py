"""What people read about joining their accounts and parting them (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.conversation.language import _, ngettext
from chatbot.conversation.measures import duration
from chatbot.conversation.messages import Button, ButtonStyle, Reply
from chatbot.services.errors import TooManyTries
from chatbot.services.joining import Joined

PLATFORMS = {"console": "Console", "discord": "Discord", "telegram": "Telegram"}
"""The names of platforms are the same in every language."""


def platform_name(platform: str) -> str:
    """A platform as people call it."""
    return PLATFORMS.get(platform, platform)


def code_offer(code: str, seconds: float) -> Reply:
    """`/link` without a code."""
    return Reply(
        _(
            "This code joins me on another platform with me here:\n\n/link {code}\n\nSend it to me "
            "there, in a private chat, within {time}; it works once. Never give it to anybody: "
            "whoever has it sees all that I know of you.",
            code=code,
            time=duration(seconds),
        ),
        title=_("One person, two platforms"),
        private=True,
        typed=(f"/link {code}",),
    )


def join_question(code: str, platforms: Sequence[str]) -> Reply:
    """`/link` with a code, before."""
    return Reply(
        _(
            "That code was given out on {platforms}. Join only if that was to you: both accounts "
            "become one, and each sees everything of the other. Your plays are put together and "
            "learned from anew; playlists, settings and consents are kept. /unlink parts the "
            "accounts again, but not the plays.",
            platforms=", ".join(map(platform_name, platforms)),
        ),
        title=_("Join the two accounts?"),
        buttons=((Button(_("That was me: join"), "link", f"{code} yes", ButtonStyle.PRIMARY),),),
        private=True,
    )


def joined(result: Joined) -> Reply:
    """`/link`, after."""
    words = _("Done: I know you as one person on both platforms now.")
    if result.plays:
        plays = ngettext(
            "Together that is {count} play.", "Together that is {count} plays.", result.plays
        )
        words += " " + plays
    if result.is_merged:
        words += " " + _("I learn from all of them now, and tell you when it is done.")
    return Reply(words, private=True)


def code_in_public() -> Reply:
    """A code where others read along."""
    return Reply(
        _(
            "Others can read that code here, so it no longer works. Ask for a new one with /link, "
            "and send it to me in a private chat."
        ),
        private=True,
    )


def wrong_code() -> Reply:
    """A code that is nobody's, used or too old."""
    return Reply(
        _(
            "I don't know that code: it was used already, it is too old, or it is mistyped. /link "
            "gives you a new one."
        ),
        private=True,
    )


def too_many_tries(error: TooManyTries) -> Reply:
    """Too many wrong codes."""
    return Reply(
        _(
            "Those were too many wrong codes. I look at the next one in {time}.",
            time=duration(error.seconds_left),
        ),
        private=True,
    )


def already_joined() -> Reply:
    """A code of one's own."""
    return Reply(
        _("That code is your own. Send it to me on the other platform, in a private chat."),
        private=True,
    )


def accounts_busy() -> Reply:
    """An import or a training is under way."""
    return Reply(
        _(
            "An import or a training of yours is under way (on either platform). Try again when it "
            "is done; /status shows how far it is. Nothing has changed."
        ),
        private=True,
    )


def part_question(here: str, others: Sequence[str]) -> Reply:
    """`/unlink`, before."""
    names = ", ".join(map(platform_name, others))
    keep_here = _("Keep it here ({platform})", platform=platform_name(here))
    return Reply(
        _(
            "I know you as one person here and on {platforms}. Everything that I store (plays, "
            "what I learned, playlists, settings) stays together with one side; to the other I "
            "know nothing any more. Who keeps it?",
            platforms=names,
        ),
        title=_("Part the accounts?"),
        buttons=(
            (Button(keep_here, "unlink", "here"),),
            (Button(_("Keep it on {platform}", platform=names), "unlink", "there"),),
        ),
        private=True,
    )


def parted(*, stays: bool) -> Reply:
    """`/unlink`, after."""
    if stays:
        words = _("Done: everything stays here. The other account is a stranger to me now.")
    else:
        words = _("Done: everything stays with the other account. Here I know nothing of you now.")
    return Reply(words, private=True)


def not_joined() -> Reply:
    """`/unlink` of somebody with one account."""
    return Reply(
        _("I know you on this platform only. /link joins you with another one."), private=True
    )
