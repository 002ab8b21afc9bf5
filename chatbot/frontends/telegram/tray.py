"""Files that wait for a press of 'Start', over restarts of the bot."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from chatbot.conversation import file_replies, refusals
from chatbot.conversation.language import speaking
from chatbot.conversation.messages import (
    Actor,
    CommandHandler,
    MessageRef,
    MessageUndeliverable,
)
from chatbot.frontends.telegram.attachments import safe_name
from chatbot.frontends.telegram.gathering import Gathering
from chatbot.frontends.telegram.kept import KeptFiles, from_json, to_json
from chatbot.frontends.telegram.requests import TelegramUnreachable
from chatbot.frontends.telegram.responder import TelegramResponder
from chatbot.frontends.telegram.sending import Sender
from chatbot.frontends.telegram.timing import Clock, Tempo
from chatbot.frontends.telegram.updates import Heard, Posted

_LOGGER = logging.getLogger(__name__)

PARTS_OF_AN_EXPORT = (".json", ".csv")
"""One file of these kinds waits for others."""


@dataclass
class _Kept:
    """What is known of the files of a chat beside themselves."""

    id: str
    shown: MessageRef | None = None
    is_stored: bool = False
    """False while it is not known; where it stays so, the files are in memory alone."""


class FileTray:
    """What becomes of gathered files: kept and shown, and imported or dropped. Implements `Tray`.

    They are kept before they are shown, and until their import is handed over: a bot that dies in
    between imports them in its next run, rather twice than not at all.
    """

    def __init__(
        self,
        handler: CommandHandler,
        sender: Sender,
        take_in: Callable[[Sequence[Posted]], Awaitable[None]],
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        *,
        clock: Clock,
        tempo: Tempo,
        most_starts: int,
    ) -> None:
        """`take_in` imports files; `start` runs something that outlives its update."""
        self._handler = handler
        self._store = handler.gathered
        self._sender = sender
        self._take_in = take_in
        self._start = start
        self._start_seconds = tempo.start_seconds
        self._most_starts = most_starts
        self._kept: dict[int, _Kept] = {}
        """By chat."""
        self._gathering: Gathering[Posted] = Gathering(
            clock,
            self,
            quiet_seconds=tempo.gather_seconds,
            start_seconds=tempo.start_seconds,
            most_items=tempo.gather_files,
        )

    def add(self, file: Posted) -> asyncio.Future[None]:
        """Takes a file; the future ends when its update can be confirmed."""
        return self._gathering.add(file.heard.address.chat_id, file)

    async def press(self, heard: Heard, responder: TelegramResponder) -> None:
        """'Start', or 'Drop them', below the files that were gathered."""
        chat_id, actor = heard.address.chat_id, heard.command.actor
        is_start = heard.command.argument == file_replies.START
        if is_start and self._gathering.start(chat_id):
            return
        is_dropped = not is_start and self._gathering.drop(chat_id)
        kept = self._kept.pop(chat_id, None)
        with speaking(await self._handler.language(actor)):
            try:
                if kept is not None:
                    await self._end(kept, actor)
            except Exception:
                incident = uuid4().hex[:8]
                _LOGGER.exception("incident %s while files were dropped", incident)
                await responder.send(refusals.went_wrong(incident))
                return
            message = file_replies.dropped() if is_dropped else file_replies.gathered_no_more()
            await responder.replace(message)

    async def restore(self) -> None:
        """Takes up what an earlier run had kept: it waits on, or its import is begun anew."""
        for record in await self._store.waiting():
            files = from_json(record.files)
            kept = _Kept(record.id, files.shown, is_stored=True)
            chat_id = files.files[0].heard.address.chat_id
            if record.starts >= self._most_starts:
                self._start(self._leave_out(files, kept))
            elif record.starts or chat_id in self._kept:
                self._start(self._import(files.files, kept))
            else:
                self._kept[chat_id] = kept
                self._gathering.restore(chat_id, files.files, are_shown=kept.shown is not None)

    def close(self) -> None:
        """Imports what is there, and from now on everything at once: the front end stops."""
        self._gathering.close()

    # ---- as a tray

    def waits(self, items: Sequence[Posted]) -> bool:
        """One zip file is a whole export; other files of one rarely come alone."""
        name = safe_name(items[0].document.file_name).lower()
        return len(items) > 1 or name.endswith(PARTS_OF_AN_EXPORT)

    async def show(self, items: Sequence[Posted]) -> bool:
        """Keeps the files that are there, and shows them with a button that begins the import."""
        heard = items[0].heard
        chat_id = heard.address.chat_id
        kept = self._kept.setdefault(chat_id, _Kept(self._store.new_id()))
        if not await self._keep(kept, items):
            return False
        names = [safe_name(item.document.file_name) for item in items]
        with speaking(await self._handler.language(heard.command.actor)):
            message = file_replies.gathered(names, round(self._start_seconds))
        before = kept.shown
        try:
            if before is None:
                kept.shown = await self._sender.post(heard.address, message)
            else:
                kept.shown = await self._sender.edit(before, message)
        except (MessageUndeliverable, TelegramUnreachable) as error:
            _LOGGER.warning("files were not confirmed (%s)", type(error).__name__)
        if kept.shown != before:
            await self._keep(kept, items)
        return True

    def deliver(self, items: Sequence[Posted]) -> asyncio.Task[None]:
        """Imports the files."""
        kept = self._kept.pop(items[0].heard.address.chat_id, None)
        return self._start(self._import(items, kept))

    # ---- keeping

    async def _keep(self, kept: _Kept, items: Sequence[Posted]) -> bool:
        """Whether they are kept; where not, as on a full disk, the import can say why."""
        actor = items[0].heard.command.actor
        owner = (actor.platform, actor.platform_id)
        content = to_json(KeptFiles(tuple(items), kept.shown))
        try:
            if kept.is_stored:
                return await self._store.change(kept.id, *owner, content)
            await self._store.keep(kept.id, *owner, content)
        except Exception as error:  # noqa: BLE001 - whatever it is, the files can be taken in at once
            _LOGGER.warning("gathered files cannot be kept (%s)", type(error).__name__)
            return False
        kept.is_stored = True
        return True

    async def _import(self, items: Sequence[Posted], kept: _Kept | None) -> None:
        heard = items[0].heard
        if kept is not None and not await self._begin(kept):
            await self._tell_gone(heard, kept)
            return
        if kept is not None and kept.shown is not None:
            await self._sender.remove(kept.shown)
        await self._take_in(items)
        if kept is not None:
            await self._end(kept, heard.command.actor)

    async def _begin(self, kept: _Kept) -> bool:
        """Whether they are to be imported: not those that their person had deleted meanwhile."""
        try:
            return await self._store.begin(kept.id) or not kept.is_stored
        except Exception as error:  # noqa: BLE001 - the import will say what is wrong
            _LOGGER.warning("gathered files cannot be looked for (%s)", type(error).__name__)
            return True

    async def _end(self, kept: _Kept, actor: Actor) -> None:
        await self._store.end(kept.id, actor.platform, actor.platform_id)

    async def _leave_out(self, files: KeptFiles, kept: _Kept) -> None:
        heard = files.files[0].heard
        _LOGGER.error("gathered files are left out: the bot died each time they were imported")
        await self._end(kept, heard.command.actor)
        await self._tell_gone(heard, kept)

    async def _tell_gone(self, heard: Heard, kept: _Kept) -> None:
        with speaking(await self._handler.language(heard.command.actor)):
            message = file_replies.gathered_no_more()
        if kept.shown is None:
            await self._sender.post(heard.address, message)
        else:
            await self._sender.edit(kept.shown, message)
