"""The conversation: a command in, replies out, the same on every platform."""

from __future__ import annotations

import asyncio
import difflib
import logging
from collections.abc import Mapping
from contextlib import suppress
from uuid import uuid4

from chatbot import logs
from chatbot.conversation import (
    getting_exports,
    import_replies,
    progress_replies,
    refusals,
    replies,
)
from chatbot.conversation.announcements import Announcements
from chatbot.conversation.commands import COMMANDS, find_command
from chatbot.conversation.language import closest, speaking
from chatbot.conversation.messages import (
    Actor,
    Answer,
    Command,
    Document,
    Message,
    MessageUndeliverable,
    Offer,
    Place,
    Platform,
    Reply,
    Responder,
)
from chatbot.conversation.offers import Offers
from chatbot.conversation.retracting import Retracting
from chatbot.conversation.watching import WatchedResponder, playlist_of
from chatbot.services.completion import CompletionService, Suggestion
from chatbot.services.errors import (
    LimitReached,
    NothingAccepted,
)
from chatbot.services.gathered import GatheredService
from chatbot.services.imports import ImportService
from chatbot.services.jobs import JobFailure
from chatbot.services.newcomers import Newcomers
from chatbot.services.preferences import PreferenceService
from chatbot.services.privacy import PrivacyService
from chatbot.services.status import StatusService
from storage.errors import RecordMissing
from storage.imports import ChatAddress, MessageAddress
from storage.room import is_out_of_room
from storage.users import Users

logger = logging.getLogger(__name__)

LANGUAGE_SECONDS = 1.0
"""After so long a front end speaks as the platform does."""


class Conversation:
    """Answers commands by calling the use cases and wording what they give."""

    def __init__(
        self,
        *,
        users: Users,
        newcomers: Newcomers,
        imports: ImportService,
        status: StatusService,
        privacy: PrivacyService,
        completion: CompletionService,
        offers: Offers,
        announcements: Announcements,
        retracting: Retracting,
        max_argument_characters: int,
        preferences: PreferenceService,
        gathered: GatheredService,
        more: Mapping[str, Answer],
    ) -> None:
        """`more` are the answers of the topics that have a module of their own."""
        self._users = users
        self._newcomers = newcomers
        self._imports = imports
        self._status = status
        self._privacy = privacy
        self._preferences = preferences
        self._completion = completion
        self.gathered = gathered
        self._offers = offers
        self._announcements = announcements
        self._retracting = retracting
        self._max_argument_characters = max_argument_characters
        self._document_bytes: dict[Platform, int | None] = {}
        self._attachment_bytes: dict[Platform, int | None] = {}
        self._answers: dict[str, Answer] = {
            "help": self._help,
            "import": self._import,
            "status": self._show_status,
            "cancel": self._cancel,
            "forget": self._forget,
            "export": self._export,
            **more,
        }

    def serve(
        self, platform: Platform, document_bytes: int | None, attachment_bytes: int | None
    ) -> None:
        """Says how large a file the platform can carry at most, to people and from them."""
        self._document_bytes[platform] = document_bytes
        self._attachment_bytes[platform] = attachment_bytes

    async def handle(self, command: Command, responder: Responder) -> None:
        """Answers one command; whatever goes wrong, the person gets an honest answer."""
        with logs.about(), speaking(closest(command.actor.locale)):
            await self._handle(command, responder)

    async def suggest(
        self, actor: Actor, text: str, *, most: int, characters: int
    ) -> list[Suggestion]:
        """Songs of the person's own library, as endings of what they are typing."""
        try:
            user_id = await self._users.find(actor.platform, actor.platform_id)
            return await self._completion.complete(user_id, text, most=most, characters=characters)
        except Exception:
            logger.exception("no suggestions")
            return []

    async def offer(self, actor: Actor, text: str) -> list[Offer]:
        """The person's own playlists, for a chat of theirs."""
        try:
            with logs.about(), speaking(await self.language(actor)):
                return await self._offers.offer(actor, text)
        except Exception:
            logger.exception("no offers")
            return []

    async def _handle(self, command: Command, responder: Responder) -> None:
        watched = WatchedResponder(responder)
        try:
            with speaking(await self._language(command.actor)):
                await self._answer(command, watched)
        except RecordMissing:
            # Whoever has everything deleted may have asked for more at the same time.
            logger.info("/%s was overtaken by a deletion", command.name)
            with suppress(MessageUndeliverable, ConnectionError):
                await responder.send(replies.forgotten_meanwhile())
        except Exception as error:
            lost = watched.lost_to(error)
            if lost is not None:
                await self._lose(command, lost)
                return
            incident = uuid4().hex[:8]
            logs.note(incident=incident)
            logger.exception("incident %s while answering /%s", incident, command.name)
            full = is_out_of_room(error)
            try:
                await responder.send(refusals.no_room() if full else refusals.went_wrong(incident))
            except Exception:
                logger.exception("incident %s could not be told", incident)

    async def _lose(self, command: Command, lost: Message) -> None:
        """An answer reached nobody: `/status` tells of it."""
        logger.info("an answer on %s could not be delivered", command.place.platform)
        spec, playlist_id = find_command(command.name), playlist_of(lost)
        if spec is None and playlist_id is None:  # a button is there to be pressed once more
            return
        try:
            user_id = await self._user(command)
            await self._status.lose(user_id, spec.name if spec else "playlist", playlist_id)
        except Exception:
            logger.exception("a lost answer could not be noted")

    async def language(self, actor: Actor) -> str:
        """What the person chose, else what their platform says, or said last where it is silent.

        Nothing waits for it for long.
        """
        try:
            async with asyncio.timeout(LANGUAGE_SECONDS):
                return await self._language(actor)
        except Exception as error:  # noqa: BLE001 - said in another language is better than not said
            logger.info("the language of a person is not known (%s)", type(error).__name__)
            return closest(actor.locale)

    async def _language(self, actor: Actor) -> str:
        user_id = await self._users.find(actor.platform, actor.platform_id)
        choices = await self._preferences.of(user_id)
        if user_id is not None and actor.locale not in {None, choices.locale}:
            await self._note_locale(user_id, actor.locale)
        # Words in Discord's direct messages come without a locale.
        return closest(choices.language or actor.locale or choices.locale)

    async def _note_locale(self, user_id: int, locale: str | None) -> None:
        """Remembers what the platform says, for when it is silent; no answer fails by that."""
        try:
            await self._preferences.note_locale(user_id, locale)
        except Exception as error:  # noqa: BLE001 - the next command tells it again
            logger.info("a locale could not be noted (%s)", type(error).__name__)

    async def _answer(self, command: Command, responder: Responder) -> None:
        if len(command.argument) > self._max_argument_characters:
            found, allowed = len(command.argument), self._max_argument_characters
            await responder.send(replies.argument_too_long(found, allowed))
            return
        spec = find_command(command.name)
        answer = self._answers.get(spec.name if spec else command.name)
        if answer is not None:
            await answer(command, responder)
        elif command.name:
            names = [spec.name for spec in COMMANDS]
            near = difflib.get_close_matches(command.name.casefold(), names, n=1)
            await responder.send(replies.unknown_command(command.name, next(iter(near), None)))
        else:
            status = await self._status.of(await self._user(command))
            await responder.send(replies.not_a_command(is_new=status.is_new))

    async def _help(self, command: Command, responder: Responder) -> None:
        # Telegram's links may put anything behind /start.
        service = command.argument.strip() if command.name.casefold() == "help" else ""
        found = getting_exports.guide(service)
        if found is not None:
            await responder.send(getting_exports.service_help(found))
        elif service:
            await responder.send(getting_exports.unknown_service(service))
        else:
            await responder.send(replies.help_text())

    async def _import(self, command: Command, responder: Responder) -> None:
        if not command.attachments:
            largest = self._attachment_bytes.get(command.place.platform)
            by_path = command.place.platform is Platform.CONSOLE
            await responder.send(import_replies.import_help(largest, by_path=by_path))
            return
        if not command.place.is_private:
            await responder.send(import_replies.import_in_private())
            return
        actor = command.actor
        try:
            async with self._newcomers.received(actor.platform, actor.platform_id) as user_id:
                logs.note(user_id=user_id)
                result = await self._imports.accept(
                    user_id, _address(command.place), command.attachments
                )
                await self._preferences.note_locale(user_id, actor.locale)
        except NothingAccepted as error:
            await responder.send(refusals.refused_files(error.refusals))
            return
        except LimitReached as error:
            await responder.send(refusals.limit_reached(error))
            return
        logs.note(job_id=result.job.id)
        message = None
        try:
            names = [file.name for file in result.files]
            ref = await responder.send(progress_replies.import_progress(result.job, names))
            if ref is not None:
                message = MessageAddress(ref.platform, ref.chat_id, ref.message_id)
        except (MessageUndeliverable, ConnectionError):
            # Not lost: the end of the import is told by itself.
            logger.info("an import was accepted, and its chat cannot be told")
        finally:
            # Whatever became of the answer: the files are taken, and are followed from now on.
            await self._announcements.follow(result.import_id, message)
        if result.refusals:
            await responder.send(refusals.refused_files(result.refusals))

    async def _show_status(self, command: Command, responder: Responder) -> None:
        status = await self._status.of(await self._user(command))
        failure = status.last_import.failure if status.last_import else None
        sentence = (
            refusals.last_import_sentence(JobFailure(failure.kind, failure.facts))
            if failure
            else None
        )
        shown = await responder.send(replies.status_text(status, sentence))
        if shown is not None:  # else a group only got the way to the private chat
            await self._status.told(status.undelivered)

    async def _cancel(self, command: Command, responder: Responder) -> None:
        """Everything, or the one job whose button was pressed."""
        user_id = await self._user(command)
        count = await self._status.cancel(user_id, command.argument.strip())
        await responder.send(replies.cancelled(count))

    async def _forget(self, command: Command, responder: Responder) -> None:
        user_id = await self._user(command)
        if user_id is None:
            await responder.send(replies.nothing_stored())
        elif command.argument.strip().casefold() != "yes":
            await responder.send(replies.forget_question())
        else:
            await self._privacy.forget(user_id, self._retracting.take_away)
            await responder.replace(replies.forgotten())

    async def _export(self, command: Command, responder: Responder) -> None:
        user_id = await self._user(command)
        if user_id is None:
            await responder.send(replies.nothing_stored())
            return
        max_bytes = self._document_bytes.get(command.place.platform)
        async with self._privacy.export(user_id, max_bytes) as paths:
            for number, path in enumerate(paths, start=1):
                text = replies.export_text(number, len(paths))
                document = Document(path.name, path)
                await responder.send(Reply(text, document=document, private=True))

    async def _user(self, command: Command) -> int | None:
        """Who asks, if they are known; asking leaves no trace of a stranger."""
        user_id = await self._users.find(command.actor.platform, command.actor.platform_id)
        logs.note(user_id=user_id)
        return user_id


def _address(place: Place) -> ChatAddress:
    return ChatAddress(place.platform, place.chat_id, place.is_private)
