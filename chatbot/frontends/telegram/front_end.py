"""The Telegram front end: updates in, messages out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from chatbot.conversation.messages import (
    CommandHandler,
    CommandSpec,
    Message,
    MessageRef,
    Platform,
)
from chatbot.frontends.base import CountResponse, FrontEndRefused, Limits, count_nothing
from chatbot.frontends.telegram.attachments import FileSource, download_limit, upload_limit
from chatbot.frontends.telegram.attempts import Attempts
from chatbot.frontends.telegram.connection import Connection, Server
from chatbot.frontends.telegram.intake import Intake
from chatbot.frontends.telegram.rendering import LABEL_UNITS
from chatbot.frontends.telegram.sending import Address, chat_id_of
from chatbot.frontends.telegram.session import Session
from chatbot.frontends.telegram.text import MESSAGE_UNITS
from chatbot.frontends.telegram.timing import Clock, LoopClock, Tempo
from chatbot.frontends.telegram.webhook import WebhookSettings
from chatbot.frontends.telegram.wording import Wording

_DOWNLOAD_TIMEOUT_SECONDS = 30.0
"""For one step of a download (connecting, the next bytes), not for all of it."""


class TelegramFrontEnd:
    """One Telegram bot.

    `edit` and `post` wait until the bot is connected, and work for messages of an earlier run.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str | None = None,
        base_file_url: str | None = None,
        local_mode: bool = False,
        tempo: Tempo | None = None,
        wording: Wording | None = None,
        clock: Clock | None = None,
        webhook: WebhookSettings | None = None,
        count_response: CountResponse = count_nothing,
        journal: Path | None = None,
        update_attempts: int = 3,
    ) -> None:
        """Builds without connecting.

        Args:
            token: What @BotFather gave.
            base_url: Another Bot API server than Telegram's: its root, or PTB's '.../bot'.
            base_file_url: Where that server hands out files; default: its root + '/file/bot'.
            local_mode: That server runs with `--local` and shares this machine's disk: files of up
                to 2,000 MB instead of 20.
            tempo: How fast to go.
            wording: What the operator reads where Telegram refuses.
            clock: What waits.
            webhook: Where Telegram sends updates to; None: it is asked for them.
            count_response: Told the status of every answer of the Bot API.
            journal: The file that knows over restarts which updates are being handled; None keeps
                no such file.
            update_attempts: An update, or an import of gathered files, during which the bot dies so
                often is left out.
        """
        self._token = token
        self._server = Server.at(base_url, base_file_url, local_mode=local_mode)
        self._tempo = tempo or Tempo()
        self._wording = wording or Wording()
        self._clock = clock or LoopClock()
        self._webhook = webhook
        self._count_response = count_response
        self._journal = journal
        self._update_attempts = update_attempts
        self._connection: Connection | None = None
        self._settled = asyncio.Event()
        self._session: Session | None = None
        self._refusal: str | None = None

    @property
    def platform(self) -> Platform:
        """Telegram."""
        return Platform.TELEGRAM

    @property
    def limits(self) -> Limits:
        """What Telegram, or the server of one's own, can carry."""
        return Limits(
            text_characters=MESSAGE_UNITS,
            button_label_characters=LABEL_UNITS,
            attachment_bytes=download_limit(local_mode=self._server.local_mode),
            document_bytes=upload_limit(local_mode=self._server.local_mode),
            seconds_between_edits=self._tempo.edit_seconds_private,
        )

    @property
    def is_connected(self) -> bool:
        """Whether Telegram answered when it was last asked for news."""
        connection = self._connection
        return self._session is not None and connection is not None and connection.is_online

    async def run(self, handler: CommandHandler, commands: tuple[CommandSpec, ...]) -> None:
        """Serves until it is cancelled; what people wrote meanwhile or before is answered.

        Raises:
            FrontEndRefused: Telegram refuses the token, at the start or later.
        """
        try:
            connection = self._connection = Connection(
                self._token,
                self._server,
                self._clock,
                self._tempo,
                self._wording,
                webhook=self._webhook,
                count_response=self._count_response,
            )
            async with httpx.AsyncClient(timeout=_DOWNLOAD_TIMEOUT_SECONDS) as client:
                await self._serve(
                    connection, self._new_session(connection, client, handler, commands)
                )
        except FrontEndRefused as refused:
            self._refusal = str(refused)
            self._settled.set()
            raise

    async def wait_until_ready(self) -> None:
        """Returns once messages can be sent and received.

        Raises:
            FrontEndRefused: Telegram refuses the token.
        """
        await self._ready_session()

    async def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        """Replaces a message at Telegram's pace; posts it anew where it is gone.

        Waits for the pace (see `Tempo`) unless the message is final; a newer edit of the same
        message takes the place of one that waits.

        Raises:
            MessageUndeliverable: the chat is gone or closed to the bot, or a group that must not
                see a private message.
            TelegramUnreachable: the network or Telegram failed too often.
        """
        return await (await self._ready_session()).sender.edit(ref, message)

    async def post(self, chat_id: str, message: Message) -> MessageRef:
        """Sends a new message into a chat.

        Raises:
            MessageUndeliverable: the chat is gone or closed to the bot, or a group that must not
                see a private message.
            TelegramUnreachable: the network or Telegram failed too often.
        """
        sender = (await self._ready_session()).sender
        return await sender.post(Address(chat_id_of(chat_id)), message)

    async def overwrite(self, ref: MessageRef, message: Message) -> None:
        """Takes away what a message says, also one that was sent through inline mode.

        Raises:
            MessageUndeliverable: it is gone, or its chat is closed to the bot.
            TelegramUnreachable: the network or Telegram failed too often.
        """
        await (await self._ready_session()).sender.overwrite(ref, message)

    async def _ready_session(self) -> Session:
        while self._session is None:
            await self._settled.wait()
            if self._refusal is not None:
                raise FrontEndRefused(self._refusal)
        return self._session

    def _new_session(
        self,
        connection: Connection,
        client: httpx.AsyncClient,
        handler: CommandHandler,
        commands: tuple[CommandSpec, ...],
    ) -> Session:
        bot = connection.bot
        files = FileSource(
            bot, client, self._clock, self._tempo, local_mode=self._server.local_mode
        )
        return Session(
            bot,
            files,
            handler,
            commands,
            clock=self._clock,
            tempo=self._tempo,
            most_starts=self._update_attempts,
        )

    async def _serve(self, connection: Connection, session: Session) -> None:
        intake = Intake(session.on_update, Attempts(self._journal, self._update_attempts))
        try:
            await connection.connect()
            try:
                await session.resume()
                async with connection.receiving(intake):
                    await self._serve_updates(connection, session, intake)
            finally:
                await session.finish()  # also where nothing could be received so far
                await connection.confirm(intake)
        finally:
            self._session = None
            await connection.close()

    async def _serve_updates(
        self, connection: Connection, session: Session, intake: Intake
    ) -> None:
        try:
            self._session = session
            self._settled.set()
            await session.set_menu()
            await connection.until_refused()
        finally:
            self._settled.clear()
            intake.close()
            await session.finish()
            await intake.stop()
