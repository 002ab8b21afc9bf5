"""One run of the front end: updates become commands, commands get their way back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from telegram import Bot, CallbackQuery, Update
from telegram.error import TelegramError

from chatbot.conversation.messages import CommandHandler, CommandSpec, MessageUndeliverable
from chatbot.frontends.telegram.attachments import FileSource, TelegramAttachment, upload_limit
from chatbot.frontends.telegram.gathering import Gathering
from chatbot.frontends.telegram.menu import set_menu
from chatbot.frontends.telegram.pacing import EditPacing
from chatbot.frontends.telegram.requests import Requests, TelegramUnreachable
from chatbot.frontends.telegram.responder import TelegramResponder
from chatbot.frontends.telegram.sending import Address, Sender
from chatbot.frontends.telegram.timing import Clock, Tempo
from chatbot.frontends.telegram.updates import Anonymous, Heard, Posted, Reader
from chatbot.frontends.telegram.wording import Wording

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
        wording: Wording,
    ) -> None:
        self._bot = bot
        self._files = files
        self._handler = handler
        self._commands = commands
        self._names = frozenset(name for spec in commands for name in (spec.name, *spec.aliases))
        self._tempo = tempo
        self._wording = wording
        self._tasks: set[asyncio.Task[Any]] = set()
        self._gathering: Gathering[Posted] = Gathering(
            clock,
            quiet_seconds=tempo.gather_seconds,
            most_items=tempo.gather_files,
            deliver=self._import,
        )
        self.sender = Sender(
            bot,
            Requests(clock, tempo),
            EditPacing(clock, tempo.seconds_between_edits),
            document_bytes=upload_limit(local_mode=bot.local_mode),
        )

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
            if update.callback_query is not None:
                self._start(self._acknowledge(update.callback_query))
            await self._dispatch(update)
        except Exception:
            _LOGGER.exception("update %d failed", update.update_id)
        finally:
            self._tasks.discard(task)

    async def finish(self, handled: Coroutine[Any, Any, None]) -> None:
        """Gives what runs a little time, and then ends it.

        Args:
            handled: Ends when PTB has handed out everything and `on_update` has returned for it.
        """
        self._gathering.close()
        handing_out = asyncio.create_task(handled, name="telegram:finish")
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self._tempo.stop_seconds
        while (seconds := deadline - clock.time()) > 0 and self._unfinished(handing_out):
            await asyncio.wait(self._unfinished(handing_out), timeout=seconds)
        while unfinished := self._unfinished(handing_out):
            for task in unfinished - {handing_out}:
                task.cancel()
            await asyncio.wait(unfinished, return_when=asyncio.FIRST_COMPLETED)
        await handing_out

    def _unfinished(self, handing_out: asyncio.Task[None]) -> set[asyncio.Task[Any]]:
        return {task for task in (handing_out, *self._tasks) if not task.done()}

    async def _dispatch(self, update: Update) -> None:
        incoming = Reader(self._bot.id, self._bot.username, self._names).read(update)
        match incoming:
            case Heard():
                await self._handle(incoming)
            case Posted(heard=heard):
                self._gathering.add(heard.address.chat_id, incoming)
            case Anonymous(address=address):
                responder = self._responder(address, actor_id=0)
                await responder.point_to_private_chat(self._wording.anonymous)

    async def _handle(self, heard: Heard) -> None:
        responder = self._responder(heard.address, heard.actor_id, heard.pressed_id)
        await self._handler.handle(heard.command, responder)

    def _import(self, files: list[Posted]) -> None:
        heard = files[0].heard
        attachments = tuple(TelegramAttachment(self._files, file.document) for file in files)
        command = replace(heard.command, attachments=attachments)
        self._start(self._handle(replace(heard, command=command)))

    async def _acknowledge(self, query: CallbackQuery) -> None:
        """Ends the little clock on a pressed button, at once and whatever the command takes."""
        try:
            await query.answer()
        except TelegramError as error:
            # Too old after a pause of the bot, for example; the command is carried out anyway.
            _LOGGER.debug("a pressed button was not acknowledged (%s)", type(error).__name__)

    def _responder(
        self, address: Address, actor_id: int, pressed_id: int | None = None
    ) -> TelegramResponder:
        return TelegramResponder(
            self.sender,
            address,
            actor_id,
            bot_name=self._bot.username,
            wording=self._wording,
            pressed_id=pressed_id,
        )

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs something that outlives its update."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (MessageUndeliverable, TelegramUnreachable) as error:
            _LOGGER.warning("an answer was not delivered (%s)", type(error).__name__)
        except Exception:
            _LOGGER.exception("a command failed")
