"""The Discord front end: connects, stays connected, and says why where it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from chatbot.conversation.messages import (
    CommandHandler,
    CommandSpec,
    Message,
    MessageRef,
    Platform,
)
from chatbot.frontends.base import CountResponse, FrontEndRefused, Limits, count_nothing
from chatbot.frontends.discord.buttons import LABEL_UNITS
from chatbot.frontends.discord.client import STOP_SECONDS, BotClient
from chatbot.frontends.discord.delivery import DOCUMENT_BYTES, RETRY_SECONDS, Outbox
from chatbot.frontends.discord.rendering import CONTENT_UNITS

log = logging.getLogger(__name__)

ATTACHMENT_BYTES = 10 * 1024 * 1024
"""What everybody can upload. Paying members and boosted servers upload more, and that is taken."""
SECONDS_BETWEEN_EDITS = 2.5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
INVALID_TOKEN, DISALLOWED_INTENTS = 4004, 4014
REFUSALS = {
    INVALID_TOKEN: "Discord refuses the token.",
    4010: "Discord refuses the shard; this is a bug of the bot.",
    4011: "Discord asks for more shards than were started; start the bot again.",
    4013: "Discord refuses the intents; this is a bug of the bot.",
    DISALLOWED_INTENTS: "Discord refuses the intents; this is a bug of the bot.",
}
"""Close codes after which connecting again is useless; see
https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway."""
ADVICE = (
    "Create a new one in the Developer Portal (your application > Bot > Reset Token) "
    "and set DISCORD_TOKEN to it."
)


class DiscordFrontEnd:
    """A bot on Discord. Implements `FrontEnd`.

    Args:
        token: the bot's token.
        api_url: where the REST API is, with its version (`https://discord.com/api/v10`); for a
            proxy or a test server. It holds for the whole process while `run` runs.
        gateway_url: where the gateway is, when the API's own answer is not to be used for new
            sessions.
        seconds_between_identifies: the pause before a further shard or a new session identifies.
        first_pause_seconds: the pause before the first new connection after discord.py gave up.
        retry_seconds: the pauses between attempts of one request while Discord stumbles.
        stop_seconds: how long running commands may go on when the bot stops.
        count_response: told the status of every answer of the REST API.
    """

    def __init__(
        self,
        token: str,
        *,
        api_url: str | None = None,
        gateway_url: str | None = None,
        seconds_between_identifies: float = 5.0,
        first_pause_seconds: float = FIRST_PAUSE_SECONDS,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
        stop_seconds: float = STOP_SECONDS,
        count_response: CountResponse = count_nothing,
    ) -> None:
        self._token = token.strip()
        self._api_url = api_url
        self._gateway_url = gateway_url
        self._seconds_between_identifies = seconds_between_identifies
        self._first_pause_seconds = first_pause_seconds
        self._retry_seconds = retry_seconds
        self._stop_seconds = stop_seconds
        self._count_response = count_response
        self._client: BotClient | None = None
        self._outbox: Outbox | None = None
        self._ready = asyncio.Event()

    @property
    def platform(self) -> Platform:
        """Discord."""
        return Platform.DISCORD

    @property
    def limits(self) -> Limits:
        """What Discord carries everywhere; see `ATTACHMENT_BYTES` for where it carries more."""
        return Limits(
            text_characters=CONTENT_UNITS,
            button_label_characters=LABEL_UNITS,
            attachment_bytes=ATTACHMENT_BYTES,
            document_bytes=DOCUMENT_BYTES,
            seconds_between_edits=SECONDS_BETWEEN_EDITS,
        )

    @property
    def is_connected(self) -> bool:
        """Whether the gateway is open."""
        return self._ready.is_set() and self._client is not None and self._client.is_online

    async def run(self, handler: CommandHandler, commands: tuple[CommandSpec, ...]) -> None:
        """Connects and serves until it is cancelled; see `FrontEnd.run`.

        Lost connections are resumed by discord.py; what it gives up on is connected anew here,
        after growing pauses.
        """
        if not self._token or not self._token.isascii() or not self._token.isprintable():
            raise FrontEndRefused(f"The Discord token is not one. {ADVICE}")
        pause = self._first_pause_seconds
        with self._addresses():
            while True:
                client = self.build_client(handler, commands)
                try:
                    await self._serve(client)
                except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                    if self._ready.is_set():
                        pause = self._first_pause_seconds
                    log.warning("Discord: %s; again in %s s", type(error).__name__, pause)
                finally:
                    self._ready.clear()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def wait_until_ready(self) -> None:
        """Returns once the gateway is open."""
        await self._ready.wait()

    async def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        """Replaces a message; see `Messenger.edit`.

        Raises:
            MessageUndeliverable: it is gone, and its chat is gone or closed.
            ConnectionError: Discord cannot be reached just now.
        """
        return await (await self._connected()).edit(ref, message)

    async def post(self, chat_id: str, message: Message) -> MessageRef:
        """Sends a message into a chat; see `Messenger.post`.

        Raises:
            MessageUndeliverable: the chat is gone or closed to the bot.
            ConnectionError: Discord cannot be reached just now.
        """
        return await (await self._connected()).post(chat_id, message)

    async def overwrite(self, ref: MessageRef, message: Message) -> None:
        """Takes away what a message says; see `Messenger.overwrite`.

        Raises:
            MessageUndeliverable: it is gone, or the bot is not in its channel.
            ConnectionError: Discord cannot be reached just now.
        """
        await (await self._connected()).overwrite(ref, message)

    def build_client(self, handler: CommandHandler, commands: tuple[CommandSpec, ...]) -> BotClient:
        """A client that is not connected yet, and that this front end sends through."""
        client = BotClient(
            handler,
            commands,
            when_ready=self._ready.set,
            seconds_between_identifies=self._seconds_between_identifies,
            retry_seconds=self._retry_seconds,
            stop_seconds=self._stop_seconds,
            count_response=self._count_response,
        )
        self._client = client
        self._outbox = client.outbox
        return client

    async def _connected(self) -> Outbox:
        await self._ready.wait()
        assert self._outbox is not None
        return self._outbox

    async def _serve(self, client: BotClient) -> None:
        try:
            async with client:
                await client.start(self._token)
        except discord.LoginFailure as error:
            raise FrontEndRefused(f"{REFUSALS[INVALID_TOKEN]} {ADVICE}") from error
        except discord.PrivilegedIntentsRequired as error:
            raise FrontEndRefused(REFUSALS[DISALLOWED_INTENTS]) from error
        except discord.ConnectionClosed as error:
            if error.code in REFUSALS:
                advice = f" {ADVICE}" if error.code == INVALID_TOKEN else ""
                raise FrontEndRefused(REFUSALS[error.code] + advice) from error
            raise

    @contextlib.contextmanager
    def _addresses(self) -> Iterator[None]:
        """Points discord.py, which knows one Discord for each process, to the given addresses."""
        api, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
        try:
            if self._api_url is not None:
                Route.BASE = self._api_url
            if self._gateway_url is not None:
                DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._gateway_url)
            yield
        finally:
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = api, gateway
