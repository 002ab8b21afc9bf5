"""What people read about playlists of several people (pure)."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from chatbot.conversation.language import _, ngettext
from chatbot.conversation.measures import date
from chatbot.conversation.messages import Button, ButtonStyle, Reply
from chatbot.conversation.quoting import quoted
from chatbot.services.blends import GivenConsent, NothingKnown, Waiting
from chatbot.services.playlist_records import Together

LABEL_CHARACTERS = 60
NAME_CHARACTERS = 18
"""So much of each of five names is left in the sentence that explains the marks on every page."""


def _example() -> str:
    return _("/blend @someone Faded; Animals")


def how_to_blend(most: int) -> Reply:
    """`/blend` without people or songs."""
    return Reply(
        _(
            "Name up to {count} people, each with an @, and one to several songs: "
            "/blend @someone Faded; Animals. Each of them is asked first.",
            count=most,
        ),
        private=True,
        typed=(_example(),),
    )


def names_nobody(came: str, most: int) -> Reply:
    """Songs, or names without an '@', and no person."""
    return Reply(
        _(
            "I see no @ in '{came}', and so nobody to ask. Put one before each of up to {count} "
            "names: /blend @someone Faded; Animals.",
            came=quoted(came),
            count=most,
        ),
        private=True,
        typed=(_example(),),
    )


def only_oneself(most: int) -> Reply:
    """Nobody but whoever asks."""
    return Reply(
        _(
            "You named yourself alone, and are in it anyway. Name up to {count} others: "
            "/blend @someone Faded; Animals.",
            count=most,
        ),
        private=True,
        typed=(_example(),),
    )


def names_no_song() -> Reply:
    """People, and no song to begin with."""
    return Reply(
        _(
            "You named people and no song. Write one to several behind them, separated by ';': "
            "/blend @someone Faded; Animals."
        ),
        private=True,
        typed=(_example(),),
    )


def not_all_at_once(name: str, most: int) -> Reply:
    """'@everyone': nobody in particular."""
    return Reply(
        _(
            "'{name}' is nobody who could agree. Name each person by themselves, up to {count}: "
            "/blend @someone Faded; Animals.",
            name=name,
            count=most,
        ),
        private=True,
        typed=(_example(),),
    )


def no_person() -> Reply:
    """A bot, perhaps this one."""
    return Reply(
        _(
            "You named a bot, and a bot can agree to nothing. Name people alone: "
            "/blend @someone Faded; Animals."
        ),
        private=True,
        typed=(_example(),),
    )


def nobodys_name(name: str) -> Reply:
    """A mention that cannot be anybody's."""
    return Reply(
        _(
            "'{name}' cannot be anybody's name here. Choose each person as you mention them.",
            name=name,
        ),
        private=True,
    )


def blend_in_group() -> Reply:
    """A blend where nobody else could answer."""
    return Reply(
        _(
            "A playlist of several people needs their consent: ask for it in a group or channel in "
            "which they are, too."
        ),
        private=True,
    )


def blend_request(
    waiting: Waiting, asker: str, invited: Sequence[str], songs: Sequence[str]
) -> Reply:
    """Asks those who were named; what they agree to stands in its second sentence."""
    return Reply(
        _(
            "{asker} asks you for a playlist together, from: {songs}. If you agree, I use what I "
            "learned from your plays for playlists of exactly these people here; everybody in this "
            "chat sees who of you knows which song, and /privacy takes it back.",
            asker=asker,
            songs="; ".join(map(quoted, songs)),
        ),
        title=_("A playlist together?"),
        buttons=(
            (
                Button(_("I agree"), "blendyes", waiting.id, ButtonStyle.PRIMARY),
                Button(_("Rather not"), "blendno", waiting.id),
            ),
        ),
        addressed=tuple(invited),
    )


def blend_waits(waiting: Waiting) -> Reply:
    """Somebody agreed, and others are still to."""
    return Reply(
        ngettext(
            "Thank you. {count} answer is still missing.",
            "Thank you. {count} answers are still missing.",
            waiting.missing,
        ),
        private=True,
    )


def blend_refused() -> Reply:
    """Somebody does not want to. Who, is not said."""
    return Reply(
        _("Not everybody wants to, so nothing is made. What anybody had agreed to is deleted."),
        title=_("No playlist together"),
    )


def not_invited() -> Reply:
    """Another person's request."""
    return Reply(_("That is not for you to answer."), private=True)


def asked_elsewhere() -> Reply:
    """An answer from another chat than the request's."""
    return Reply(
        _("Answer that in the chat in which you were asked: those there were to see the songs."),
        private=True,
    )


def blend_gone() -> Reply:
    """A playlist of several people that is too old, or was refused."""
    return replace(request_gone(), private=True)


def request_gone() -> Reply:
    """What takes the place of a request that is too old, or was refused."""
    return Reply(_("That request is too old, or somebody did not want to. Ask anew with /blend."))


def blend_under_way() -> Reply:
    """A press while the playlist is made."""
    return Reply(_("Everybody agreed, and the playlist is on its way."), private=True)


def blend_not_ready() -> Reply:
    """The model of somebody else in it cannot be used just now."""
    return Reply(
        _(
            "What I learned from one of you cannot be used just now. Ask for it again later, with "
            "/blend and the same people; nobody has to agree again."
        ),
        private=True,
    )


def all_agreed() -> Reply:
    """What takes the place of the request."""
    return Reply(_("Everybody agreed. Here it is:"), title=_("A playlist together"))


def nothing_known(found: NothingKnown) -> Reply:
    """None of the songs is in anybody's library."""
    return Reply(
        _("None of you has played a song of that name: {songs}.", songs="; ".join(found.songs)),
        title=_("I did not find that in your library"),
    )


def title_together(together: Together) -> str:
    """What a playlist of several people is called."""
    return _("{names} together", names=", ".join(together.names))


def marks_together(together: Together) -> tuple[str, ...]:
    """For each of its songs who knows it; nothing where all of them do."""
    signs = _signs(together.names)
    return tuple(
        "" if len(some) == len(signs) else ", ".join(signs[place] for place in some)
        for some in together.known_by
    )


def legend_together(together: Together) -> str:
    """What the marks say, for every page on which some stand."""
    if not any(marks_together(together)):
        return _("All of you know all of these songs.") if together.known_by else ""
    people = zip(_signs(together.names), together.names, strict=True)
    return _(
        "{people}: in brackets stands who of you knows a song, where not all do.",
        people=", ".join(f"{sign} = {_shortened(name)}" for sign, name in people),
    )


def _shortened(name: str) -> str:
    whole = " ".join(name.split())
    return whole if len(whole) <= NAME_CHARACTERS else f"{whole[: NAME_CHARACTERS - 1]}…"


def notes_together(together: Together) -> tuple[str, ...]:
    """Which of several songs were taken, and what was not found."""
    notes = [
        _(
            "'{song}' is the name of different songs of yours: I took '{title}' by {artist}. For "
            "another, write the artist too.",
            song=quoted(each.query),
            title=each.title,
            artist=each.artist,
        )
        for each in together.taken
    ]
    notes += [_("Nobody's library holds '{song}'.", song=quoted(song)) for song in together.unknown]
    return tuple(notes)


def _signs(names: Sequence[str]) -> list[str]:
    """A short sign for each name: its initial, with a number where several begin so.

    A name that begins with no Latin letter has that of its place: letters of several scripts look
    alike.
    """
    initials = [_initial(name) or "ABCDE"[place] for place, name in enumerate(names)]
    return [
        initial
        if initials.count(initial) == 1
        else f"{initial}{initials[: place + 1].count(initial)}"
        for place, initial in enumerate(initials)
    ]


def _initial(name: str) -> str:
    """The Latin letter with which a name begins, without accents; nothing where it is another."""
    first = next(filter(str.isalnum, unicodedata.normalize("NFKD", name)), "").upper()
    return first if first in string.ascii_uppercase else ""


def too_many_people(found: int, allowed: int) -> Reply:
    """More people than a blend takes."""
    return Reply(
        _(
            "You named {found} people; I can make one playlist for you and up to {allowed} others.",
            found=found,
            allowed=allowed,
        ),
        private=True,
    )


def consent_lines(consents: Sequence[GivenConsent]) -> list[str]:
    """Who may mix a person's taste into playlists, for `/privacy`."""
    if not consents:
        return []
    return [
        _("You agreed to playlists together with:"),
        *(
            _(
                "- {asker}, on {day}; it ends by itself on {end}",
                asker=consent.asker,
                day=date(consent.given_at),
                end=date(consent.expires_at),
            )
            for consent in consents
        ),
    ]


def consent_buttons(consents: Sequence[GivenConsent]) -> tuple[tuple[Button, ...], ...]:
    """The buttons that take consents back."""
    return tuple(
        (
            Button(
                _("Take back: {asker}", asker=consent.asker)[:LABEL_CHARACTERS],
                "revoke",
                consent.blend_id,
                ButtonStyle.DANGER,
            ),
        )
        for consent in consents
    )


def revoked() -> Reply:
    """A consent was taken back."""
    return Reply(
        _("Done: I no longer mix your taste with theirs, and what I made of it is deleted."),
        private=True,
    )
