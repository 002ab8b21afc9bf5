"""Discord's events as commands."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import aiohttp
import discord

from chatbot.conversation import file_replies
from chatbot.conversation.language import speaking
from chatbot.conversation.messages import (
    Actor,
    Command,
    CommandHandler,
    CommandSpec,
    MessageRef,
    MessageUndeliverable,
    Place,
    Platform,
    Reply,
)
from chatbot.frontends.base import CountResponse, count_nothing
from chatbot.frontends.discord.attachments import DiscordAttachment
from chatbot.frontends.discord.buttons import CommandButton
from chatbot.frontends.discord.commands import (
    CHOICE_UNITS,
    CHOICES,
    BotTree,
    add_commands,
    sync_if_changed,
)
from chatbot.frontends.discord.delivery import RETRY_SECONDS, UNREACHABLE, Outbox
from chatbot.frontends.discord.forms import files_form, sent_form
from chatbot.frontends.discord.responder import (
    ALREADY_ACKNOWLEDGED,
    UNKNOWN_INTERACTION,
    ChannelResponder,
    InteractionResponder,
    is_bot_chat,
    place_of,
)
from chatbot.services.completion import Suggestion

log = logging.getLogger(__name__)

LONGEST_RATE_LIMIT_SECONDS = 60.0
STOP_SECONDS = 5.0
"""How long running commands may go on when the bot stops: Discord does not hand them out again."""
SYNC_SECONDS = 60.0
INTENTS = discord.Intents(guilds=True, dm_messages=True)
"""Neither is privileged; files and words in direct messages come without the content intent."""


class BotClient(discord.AutoShardedClient):
    """The connection: hands every command to the handler, each in a task of its own.

    Nothing is cached but what discord.py cannot do without, so memory does not grow with servers.
    """

    def __init__(
        self,
        handler: CommandHandler,
        commands: tuple[CommandSpec, ...],
        *,
        when_ready: Callable[[], None] = lambda: None,
        seconds_between_identifies: float = 5.0,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
        stop_seconds: float = STOP_SECONDS,
        count_response: CountResponse = count_nothing,
    ) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # no voice here
        super().__init__(
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            guild_ready_timeout=0.0,  # nothing here waits for the list of servers
            max_ratelimit_timeout=LONGEST_RATE_LIMIT_SECONDS,
            http_trace=_counting(count_response),
        )
        self._away: set[int] = set()
        """The shards whose connection is lost; discord.py opens it again."""
        self.outbox = Outbox(self, retry_seconds=retry_seconds)
        self.tree = BotTree(self, self)
        add_commands(self.tree, commands, self)
        self._handler = handler
        self._private_names = {
            name for spec in commands if spec.private_only for name in (spec.name, *spec.aliases)
        }
        self._when_ready = when_ready
        self._seconds_between_identifies = seconds_between_identifies
        self._stop_seconds = stop_seconds
        self._downloads: aiohttp.ClientSession | None = None
        self._running: set[asyncio.Task[None]] = set()

    # ---- what discord.py calls

    async def setup_hook(self) -> None:
        """Prepares what needs the event loop; brings Discord's list of commands up to date."""
        self._downloads = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self.add_dynamic_items(CommandButton)
        await self.tree.speak_all_languages()
        try:
            changed = await asyncio.wait_for(sync_if_changed(self.tree), SYNC_SECONDS)
        except (discord.DiscordException, OSError, TimeoutError) as error:
            # An old menu is better than no bot: unknown commands are answered, too.
            log.warning("the slash commands could not be brought up to date: %s", error)
        else:
            log.info("slash commands %s", "updated" if changed else "unchanged")

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Discord lets one shard identify at a time, every five seconds."""
        del shard_id
        if not initial:
            await asyncio.sleep(self._seconds_between_identifies)

    async def on_ready(self) -> None:
        """All shards are connected."""
        self._when_ready()

    async def on_shard_connect(self, shard_id: int) -> None:
        """A shard has a new session."""
        self._away.discard(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """A shard goes on with its session."""
        self._away.discard(shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """A shard has lost its connection."""
        self._away.add(shard_id)

    @property
    def is_online(self) -> bool:
        """Whether every shard is connected, as far as discord.py knows."""
        return self.is_ready() and not self._away

    async def on_message(self, message: discord.Message) -> None:
        """Words and files in the private chat with the bot."""
        said = (discord.MessageType.default, discord.MessageType.reply)
        if message.guild is not None or message.author.bot or message.type not in said:
            return
        name, argument = _parse(message.content, has_files=bool(message.attachments))
        address = str(message.channel.id)
        place = Place(Platform.DISCORD, address, is_private=True, can_share=False)
        actor = Actor(Platform.DISCORD, str(message.author.id))
        command = Command(name, argument, actor, place, self._attachments(message.attachments))
        responder = ChannelResponder(self.outbox, place)
        self._start(self._handle(command, responder, message.id))

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Forms that were sent; discord.py itself hands on commands and presses."""
        sent = sent_form(interaction)
        if sent is not None:
            name, files = sent
            self.receive_slash(interaction, name, "", files)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Logs what went wrong, without the event itself: that holds people's words."""
        del args, kwargs
        log.error("event %s failed", event_method, exc_info=sys.exc_info())

    async def close(self) -> None:
        """Lets the commands that still run come to their end for a while, then leaves."""
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self._stop_seconds
        while (running := self._others()) and (seconds := deadline - clock.time()) > 0:
            await asyncio.wait(running, timeout=seconds)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._downloads is not None:
            await self._downloads.close()
        await super().close()

    def _others(self) -> set[asyncio.Task[None]]:
        """What runs beside the current task."""
        return {task for task in self._running if task is not asyncio.current_task()}

    # ---- commands

    def receive_slash(
        self,
        interaction: discord.Interaction[Any],
        name: str,
        argument: str,
        files: Sequence[discord.Attachment],
        *,
        private: bool = False,
    ) -> None:
        """Takes a slash command, or the form that one has opened."""
        private = private or name in self._private_names
        ephemeral = private and not is_bot_chat(interaction)
        self._receive(interaction, name, argument, files, ephemeral=ephemeral)

    async def ask_for_files(self, interaction: discord.Interaction[Any], name: str) -> None:
        """Opens a form for the files; where that fails, the command goes on without any."""
        try:
            with speaking(await self._handler.language(_actor(interaction))):
                form = files_form(name, interaction.filesize_limit)
            await interaction.response.send_modal(form)
        except (discord.HTTPException, *UNREACHABLE) as error:
            log.warning("form of interaction %s: %s", interaction.id, type(error).__name__)
            code = error.code if isinstance(error, discord.HTTPException) else 0
            if code not in (UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED):
                self.receive_slash(interaction, name, "", ())

    def receive_posted_files(
        self, interaction: discord.Interaction[Any], name: str, message: discord.Message
    ) -> None:
        """Takes the files of a message, from whoever has written it; others are told off."""
        ephemeral = not is_bot_chat(interaction)
        if message.author.id != interaction.user.id:
            self._reply(interaction, file_replies.posted_by_another, ephemeral=ephemeral)
        elif not message.attachments:
            self._reply(interaction, file_replies.no_file_there, ephemeral=ephemeral)
        else:
            first = file_replies.posted_in_public if ephemeral else None
            self._receive(
                interaction, name, "", message.attachments, ephemeral=ephemeral, first=first
            )

    async def suggest(self, interaction: discord.Interaction[Any], text: str) -> list[Suggestion]:
        """Ways to go on with what is being typed."""
        return await self._handler.suggest(
            _actor(interaction), text, most=CHOICES, characters=CHOICE_UNITS
        )

    def receive_press(
        self, interaction: discord.Interaction[Any], name: str, argument: str
    ) -> None:
        """Takes a press of a button; under a private message everything stays private."""
        message = interaction.message
        seen_by_one = message is not None and message.flags.ephemeral
        pressed = None
        if message is not None and not seen_by_one:
            address = str(interaction.channel_id)
            pressed = MessageRef(Platform.DISCORD, address, str(message.id))
        ephemeral = (name in self._private_names or seen_by_one) and not is_bot_chat(interaction)
        self._receive(interaction, name, argument, (), ephemeral=ephemeral, pressed=pressed)

    def _receive(
        self,
        interaction: discord.Interaction[Any],
        name: str,
        argument: str,
        files: Sequence[discord.Attachment],
        *,
        ephemeral: bool,
        first: Callable[[], Reply] | None = None,
        pressed: MessageRef | None = None,
    ) -> None:
        responder = self._responder(interaction, ephemeral=ephemeral)
        attachments = self._attachments(files)
        command = Command(
            name,
            argument,
            _actor(interaction),
            responder.place,
            attachments,
            pressed,
            self._bots(interaction),
        )
        self._start(self._answer(command, responder, interaction, first))

    def _bots(self, interaction: discord.Interaction[Any]) -> frozenset[str]:
        """This bot, and those of whom Discord tells where they are mentioned."""
        data: Any = interaction.data or {}
        mentioned = data.get("resolved", {}).get("users", {}).values()
        bots = {f"<@{each['id']}>" for each in mentioned if each.get("bot")}
        if self.user is not None:
            bots |= {f"<@{self.user.id}>", f"@{self.user.name.casefold()}"}
        return frozenset(bots)

    def _reply(
        self, interaction: discord.Interaction[Any], reply: Callable[[], Reply], *, ephemeral: bool
    ) -> None:
        """Answers without a command."""
        responder = self._responder(interaction, ephemeral=ephemeral)
        self._start(self._answer(None, responder, interaction, reply))

    def _responder(
        self, interaction: discord.Interaction[Any], *, ephemeral: bool
    ) -> InteractionResponder:
        ephemeral = ephemeral or interaction.channel_id is None  # a channel of an unknown kind
        place = place_of(interaction, ephemeral=ephemeral)
        return InteractionResponder(self.outbox, interaction, place, ephemeral=ephemeral)

    def _attachments(self, files: Iterable[discord.Attachment]) -> tuple[DiscordAttachment, ...]:
        assert self._downloads is not None
        return tuple(DiscordAttachment.of(file, self._downloads) for file in files)

    async def _answer(
        self,
        command: Command | None,
        responder: InteractionResponder,
        interaction: discord.Interaction[Any],
        first: Callable[[], Reply] | None,
    ) -> None:
        if not await responder.acknowledge():
            return
        if first is not None:
            with (
                speaking(await self._handler.language(_actor(interaction))),
                contextlib.suppress(MessageUndeliverable, ConnectionError),
            ):
                await responder.send(first())
        if command is not None:
            await self._handle(command, responder, interaction.id)
        await responder.finish(lambda: self._handler.language(_actor(interaction)))

    async def _handle(
        self, command: Command, responder: InteractionResponder | ChannelResponder, event_id: int
    ) -> None:
        try:
            await self._handler.handle(command, responder)
        except Exception:
            log.exception("event %s: the handler failed", event_id)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a command's task failed", exc_info=error)


def _counting(count_response: CountResponse) -> aiohttp.TraceConfig:
    """Lets discord.py's HTTP client tell the status of every answer."""

    async def count(
        _session: aiohttp.ClientSession, _context: object, end: aiohttp.TraceRequestEndParams
    ) -> None:
        count_response(end.response.status)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(count)
    return trace


def _actor(interaction: discord.Interaction[Any]) -> Actor:
    user = interaction.user
    return Actor(Platform.DISCORD, str(user.id), interaction.locale.value, user.name)


def _parse(text: str, *, has_files: bool) -> tuple[str, str]:
    """The name and the argument of a direct message."""
    words = text.strip()
    if words.startswith("/"):
        name, *argument = words[1:].split(maxsplit=1) or [""]
        return name.lower(), " ".join(argument)
    return ("import" if has_files else ""), words
