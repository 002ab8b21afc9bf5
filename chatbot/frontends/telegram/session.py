"""One run of the front end: updates become commands, commands get their way back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

from telegram import Bot, CallbackQuery, InlineQuery, Update
from telegram.constants import ChatAction, ChatType
from telegram.error import TelegramError

from chatbot.conversation import platform_replies
from chatbot.conversation.commands import ANSWERED_BY_PICTURES
from chatbot.conversation.file_replies import GATHERED
from chatbot.conversation.language import speaking
from chatbot.conversation.messages import (
    Actor,
    CommandHandler,
    CommandSpec,
    MessageUndeliverable,
    Platform,
)
from chatbot.frontends.telegram import inline
from chatbot.frontends.telegram.activity import ActiveResponder, Activity
from chatbot.frontends.telegram.attachments import FileSource, TelegramAttachment, upload_limit
from chatbot.frontends.telegram.menu import set_menu
from chatbot.frontends.telegram.pacing import EditPacing
from chatbot.frontends.telegram.presses import Press
from chatbot.frontends.telegram.requests import Requests, TelegramUnreachable
from chatbot.frontends.telegram.responder import TelegramResponder
from chatbot.frontends.telegram.sending import Address, Sender
from chatbot.frontends.telegram.timing import Clock, Tempo
from chatbot.frontends.telegram.tray import FileTray
from chatbot.frontends.telegram.updates import Anonymous, Heard, Posted, Reader

_LOGGER = logging.getLogger(__name__)


class Session:
    """Everything that needs to know who the bot is, and lives as long as its connection."""

    def __init__(
        self,
        bot: Bot,
        files: FileSource,
        handler: CommandHandler,
        commands: tuple[CommandSpec, ...],
        *,
        clock: Clock,
        tempo: Tempo,
        most_starts: int,
    ) -> None:
        """An import of gathered files during which the bot died `most_starts` times is left out."""
        self._bot = bot
        self._files = files
        self._handler = handler
        self._commands = commands
        self._names = frozenset(name for spec in commands for name in (spec.name, *spec.aliases))
        self._clock = clock
        public = [spec for spec in commands if not spec.private_only]
        self._public_names = frozenset(n for spec in public for n in (spec.name, *spec.aliases))
        """What is answered where it was asked."""
        self._tempo = tempo
        self._tasks: set[asyncio.Task[Any]] = set()
        self._requests = Requests(clock, tempo)
        self.sender = Sender(
            bot,
            self._requests,
            EditPacing(clock, tempo.seconds_between_edits),
            document_bytes=upload_limit(local_mode=bot.local_mode),
        )
        self._tray = FileTray(
            handler,
            self.sender,
            self._import,
            self._start,
            clock=clock,
            tempo=tempo,
            most_starts=most_starts,
        )

    async def resume(self) -> None:
        """Takes up what an earlier run could not bring to its end; raises nothing."""
        try:
            await self._tray.restore()
        except Exception:
            _LOGGER.exception("files that wait for their person's word were not looked for")

    async def set_menu(self) -> None:
        """Registers the commands; people can type them all the same where that fails."""
        try:
            await set_menu(self._bot, self._commands)
        except TelegramError as error:
            _LOGGER.warning("the menu of commands was not set (%s)", type(error).__name__)

    async def on_update(self, update: Update) -> None:
        """Handles one update to its end; raises nothing but `asyncio.CancelledError`."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            query = update.callback_query
            if update.inline_query is not None:
                await self._offer(update.inline_query)
            elif query is not None and query.inline_message_id is not None:
                await self._press_inline(query, update)
            elif query is not None:
                await self._press(query, update)
            else:
                await self._dispatch(update)
        except Exception:
            _LOGGER.exception("update %d failed", update.update_id)
        finally:
            self._tasks.discard(task)

    async def finish(self) -> None:
        """Gives what runs a little time, and then ends it; nothing new may come meanwhile."""
        self._tray.close()
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self._tempo.stop_seconds
        while self._tasks and (seconds := deadline - clock.time()) > 0:
            await asyncio.wait(self._tasks, timeout=seconds)
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    # ---- updates

    async def _offer(self, query: InlineQuery) -> None:
        person = query.from_user
        actor = Actor(Platform.TELEGRAM, str(person.id), person.language_code)
        offers = await self._handler.offer(actor, query.query)
        with speaking(await self._handler.language(actor)):
            await inline.answer(query, offers, platform_replies.open_private_chat())

    async def _press_inline(self, query: CallbackQuery, update: Update) -> None:
        """A button below what was sent through inline mode, in a chat that the bot is not in."""
        heard, press = self._reader().read(update), Press(query)
        responder = inline.InlineResponder(self._bot, self.sender, query, press)
        async with press.handled(self._clock, self._tempo.acknowledge_seconds):
            if isinstance(heard, Heard):
                await self._handler.handle(heard.command, responder)

    async def _press(self, query: CallbackQuery, update: Update) -> None:
        """A button in the private chat, or in a group, where its answer may be for one alone."""
        press = Press(query)
        if query.message is None or query.message.chat.type == ChatType.PRIVATE:
            self._start(press.acknowledge())
            await self._dispatch(update)
            return
        async with press.handled(self._clock, self._tempo.acknowledge_seconds):
            await self._dispatch(update, press)

    def _reader(self) -> Reader:
        return Reader(self._bot.id, self._bot.username, self._names)

    async def _dispatch(self, update: Update, press: Press | None = None) -> None:
        incoming = self._reader().read(update)
        match incoming:
            case Heard(command=command) if command.name == GATHERED:
                await self._tray.press(incoming, self._responder_to(incoming))
            case Heard():
                await self._handle(incoming, press)
            case Posted():
                await self._tray.add(incoming)
            case Anonymous(address=address):
                responder = self._responder(address, actor_id=0)
                await responder.point_to_private_chat(platform_replies.anonymous())

    async def _import(self, files: Sequence[Posted]) -> None:
        heard = files[0].heard
        attachments = tuple(TelegramAttachment(self._files, file.document) for file in files)
        await self._handle(replace(heard, command=replace(heard.command, attachments=attachments)))

    async def _handle(self, heard: Heard, press: Press | None = None) -> None:
        responder = self._responder_to(heard, press)
        if not heard.address.is_private and heard.command.name not in self._public_names:
            await self._handler.handle(heard.command, responder)
            return
        is_drawn = heard.command.name in ANSWERED_BY_PICTURES
        action = ChatAction.UPLOAD_PHOTO if is_drawn else ChatAction.TYPING
        activity = Activity(
            self._bot,
            self._requests,
            self._clock,
            self._tempo,
            address=heard.address,
            action=action,
        )
        async with activity.shown():
            await self._handler.handle(heard.command, ActiveResponder(responder, activity))

    def _responder_to(self, heard: Heard, press: Press | None = None) -> TelegramResponder:
        return self._responder(heard.address, heard.actor_id, heard.pressed_id, press)

    def _responder(
        self,
        address: Address,
        actor_id: int,
        pressed_id: int | None = None,
        press: Press | None = None,
    ) -> TelegramResponder:
        return TelegramResponder(
            self.sender,
            address,
            actor_id,
            bot_name=self._bot.username,
            pressed_id=pressed_id,
            press=press,
        )

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs something that outlives its update."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (MessageUndeliverable, TelegramUnreachable) as error:
            _LOGGER.warning("an answer was not delivered (%s)", type(error).__name__)
        except Exception:
            _LOGGER.exception("a command failed")
