"""Answers to /privacy and /settings: what is stored, and what a person chose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any
from zoneinfo import available_timezones

from chatbot import logs
from chatbot.conversation import personal_replies, playlist_refusals, teaching_replies
from chatbot.conversation.commands import TAKEN_BACK
from chatbot.conversation.language import languages, speaking, spoken
from chatbot.conversation.messages import Answer, Command, Reply, Responder
from chatbot.conversation.options import english, in_one_form
from chatbot.conversation.personal_replies import ADVENTURE_NAMES
from chatbot.services.blends import BlendService
from chatbot.services.cards import CardService
from chatbot.services.errors import BadWish
from chatbot.services.playlist_wish import NO_CAP
from chatbot.services.preferences import Choices, PreferenceService
from chatbot.services.pretraining import consent
from chatbot.services.privacy import Overview, PrivacyService
from storage.users import Users


class BadChoice(Exception):
    """A choice that cannot be read; without a value, one that is not there."""

    def __init__(self, name: str, value: str | None) -> None:
        super().__init__(name)
        self.name = name
        self.value = value


class PersonalAnswers:
    """Shows people what concerns them, privately."""

    def __init__(
        self,
        users: Users,
        preferences: PreferenceService,
        privacy: PrivacyService,
        blends: BlendService,
        cards: CardService,
        *,
        least_taught_by: int,
    ) -> None:
        """`least_taught_by`: a start for new models is learned from so many people at least."""
        self._users = users
        self._preferences = preferences
        self._privacy = privacy
        self._blends = blends
        self._cards = cards
        self._least_taught_by = least_taught_by

    @property
    def answers(self) -> Mapping[str, Answer]:
        """By the name of the command."""
        return {
            "privacy": self._show_privacy,
            "settings": self._show_settings,
            "removed": self._show_removed,
            "welcome": self._welcome,
            "teach": self._teach,
        }

    async def _show_privacy(self, command: Command, responder: Responder) -> None:
        user_id = await self._user(command)
        overview = await self._privacy.overview(user_id)
        consents = await self._blends.consents(user_id)
        agreed_at = (await self._preferences.of(user_id)).pretraining
        await responder.send(
            personal_replies.privacy_text(
                overview, consents, None if agreed_at is None else datetime.fromisoformat(agreed_at)
            )
        )

    async def _teach(self, command: Command, responder: Responder) -> None:
        """Asks for the consent to learn from somebody's plays for all, takes it, or takes it back.

        Only a person of whom there is something to learn can agree.
        """
        answer, user_id = command.argument.strip().casefold(), await self._user(command)
        if user_id is None:
            await responder.send(personal_replies.privacy_text(Overview(None)))
        elif answer == "yes":
            await self._preferences.change(user_id, consent(agrees=True))
            await responder.replace(teaching_replies.teaching_agreed())
        elif answer == "no":
            await self._preferences.change(user_id, consent(agrees=False))
            await responder.send(teaching_replies.teaching_taken_back())
        else:
            await responder.send(teaching_replies.teaching_question(self._least_taught_by))

    async def _show_settings(self, command: Command, responder: Responder) -> None:
        actor = command.actor
        try:
            changes = parse_choices(command.argument)
        except BadChoice as bad:
            await responder.send(
                personal_replies.bad_setting(bad.name, bad.value)
                if bad.value is not None
                else personal_replies.unknown_setting(bad.name)
            )
            return
        if not changes:
            user_id = await self._user(command)
            await self._show(await self._preferences.of(user_id), responder)
            return
        user_id = await self._users.resolve(actor.platform, actor.platform_id)
        logs.note(user_id=user_id)
        try:
            choices = await self._preferences.change(user_id, changes)
        except BadWish as error:
            await responder.send(playlist_refusals.bad_wish(error))
            return
        await self._show(choices, responder, replaces=True)

    async def _show_removed(self, command: Command, responder: Responder) -> None:
        """The songs that a person removed; '{page}' from 0."""
        await self._removed(command, command.argument.strip(), responder.send)

    async def _welcome(self, command: Command, responder: Responder) -> None:
        """'{entry} {page}': one of them is wanted again."""
        entry_id, _, page = command.argument.strip().partition(" ")
        await self._cards.welcome(await self._user(command), entry_id)
        await self._removed(command, page, responder.replace)

    async def _removed(
        self, command: Command, page: str, send: Callable[[Reply], Awaitable[object]]
    ) -> None:
        songs = await self._cards.removed(await self._user(command))
        await send(personal_replies.removed_songs(songs, int(page) if page.isdecimal() else 0))

    async def _user(self, command: Command) -> int | None:
        user_id = await self._users.find(command.actor.platform, command.actor.platform_id)
        logs.note(user_id=user_id)
        return user_id

    async def _show(
        self, choices: Choices, responder: Responder, *, replaces: bool = False
    ) -> None:
        send = responder.replace if replaces else responder.send
        # From now on, and not only from the next answer on.
        with speaking(choices.language or spoken()):
            await send(personal_replies.settings_text(choices, self._preferences.rules))


def parse_choices(argument: str) -> dict[str, Any]:
    """Fields of `Choices` from `name=value` words; None where a choice is taken back.

    They are read in the spoken language and in English.

    >>> parse_choices("length=30 artists=any adventure=familiar")
    {'length': 30, 'most_per_artist': 0, 'adventure': 0.0}

    Raises:
        BadChoice: something cannot be read.
    """
    changes: dict[str, Any] = {}
    for word in in_one_form(argument, dict.fromkeys(_READERS, _is_value)).split():
        name, equals, value = word.partition("=")
        name = name.casefold()
        if not equals or name not in _READERS:
            raise BadChoice(word, None)
        field, read = _READERS[name]
        try:
            taken_back = english(value, [TAKEN_BACK]) == TAKEN_BACK
            changes[field] = None if taken_back else read(value)
        except ValueError:
            raise BadChoice(name, value) from None
    return changes


def _is_value(_value: str) -> bool:
    """There are no songs here: what follows a name is meant as its value."""
    return True


def _whole(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise ValueError
    return int(value)


def _cap(value: str) -> int:
    return NO_CAP if english(value, ["any"]) == "any" else _whole(value)


def _adventure(value: str) -> float:
    by_word = {word: number for number, word in ADVENTURE_NAMES.items()}
    word = english(value, by_word)
    if word in by_word:
        return by_word[word]
    number = float(value.replace(",", "."))
    if not isfinite(number):
        raise ValueError
    return number


def _one_of(values: Callable[[], object]) -> Callable[[str], str]:
    def read(value: str) -> str:
        known: Any = values()
        by_name = {name.casefold(): name for name in known}
        if value.casefold() not in by_name:
            raise ValueError
        return str(by_name[value.casefold()])

    return read


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "length": ("length", _whole),
    "adventure": ("adventure", _adventure),
    "artists": ("most_per_artist", _cap),
    "language": ("language", _one_of(languages)),
    "timezone": ("timezone", _one_of(available_timezones)),
}
"""By the name that people write: the field of `Choices`, and what reads its value."""
