"""Answers to /stats, and to the button that draws a playlist."""

from __future__ import annotations

from collections.abc import Mapping

from babel.dates import get_day_names

from chatbot import logs
from chatbot.conversation import playlist_refusals, refusals
from chatbot.conversation.language import _, formats, spoken
from chatbot.conversation.messages import Answer, Command, Document, Reply, Responder
from chatbot.services.drawing import DrawingService
from chatbot.services.errors import NoModel, StillTraining, UnknownPlaylist
from chatbot.services.jobs import JobFailure
from chatbot.services.pictures import PictureWords
from chatbot.services.preferences import PreferenceService
from songnet.errors import BrokenHistory
from storage.users import Users

UNKNOWN_ZONE = "UTC"
_EXAMPLE = "/settings timezone=Europe/Berlin"


class PictureAnswers:
    """Draws, and sends what was drawn."""

    def __init__(
        self, users: Users, drawing: DrawingService, preferences: PreferenceService
    ) -> None:
        self._users = users
        self._drawing = drawing
        self._preferences = preferences

    @property
    def answers(self) -> Mapping[str, Answer]:
        """By the name of the command."""
        return {"stats": self._stats, "picture": self._picture}

    async def _stats(self, command: Command, responder: Responder) -> None:
        user_id = await self._user(command)
        zone = (await self._preferences.of(user_id)).timezone
        try:
            async with self._drawing.stats(
                user_id, zone or UNKNOWN_ZONE, picture_words(zone)
            ) as path:
                words = _("Your listening. Times are those of {zone}.", zone=zone or UNKNOWN_ZONE)
                if zone is None:
                    words += " " + _("Tell me yours: /settings timezone=Europe/Berlin")
                document = Document(path.name, path)
                reply = Reply(words, document=document, private=True, typed=(_EXAMPLE,))
                await responder.send(reply)
        except (NoModel, StillTraining) as error:
            await responder.send(playlist_refusals.refused(error))
        except BrokenHistory as error:
            failure = JobFailure(error.kind, error.facts())
            await responder.send(Reply(refusals.failure_sentence(failure), private=True))

    async def _picture(self, command: Command, responder: Responder) -> None:
        user_id = await self._user(command)
        drawing = self._drawing.card(
            user_id, command.argument.strip(), _("From {songs}"), _("made by songnet")
        )
        try:
            async with drawing as path:
                words = _("Your playlist as a picture, to be passed on.")
                document = Document(path.name, path)
                await responder.send(Reply(words, document=document, private=True))
        except UnknownPlaylist as error:
            await responder.send(playlist_refusals.refused(error))

    async def _user(self, command: Command) -> int | None:
        user_id = await self._users.find(command.actor.platform, command.actor.platform_id)
        logs.note(user_id=user_id)
        return user_id


def picture_words(zone: str | None) -> PictureWords:
    """What stands in the picture, in the language that is spoken."""
    names = get_day_names("abbreviated", "stand-alone", locale=spoken())
    return PictureWords(
        locale=formats(),
        title=_("Your listening"),
        total=_("Plays: {count}, {first} to {last}"),
        artists=_("Most played artists"),
        hours=_("By hour"),
        weekdays=_("By weekday"),
        months=_("By month"),
        new=_("new to you"),
        repeated=_("heard before"),
        times=zone or UNKNOWN_ZONE,
        days=tuple(names[day] for day in range(7)),
    )
