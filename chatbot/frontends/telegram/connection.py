"""PTB's application inside our own event loop: connecting, polling, stopping."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from telegram import LinkPreviewOptions, Update
from telegram.constants import ParseMode, UpdateType
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import Application, ApplicationBuilder, Defaults, TypeHandler
from telegram.request import HTTPXRequest

from chatbot.frontends.base import CountResponse, FrontEndRefused, count_nothing
from chatbot.frontends.telegram.requests import rate_limiter
from chatbot.frontends.telegram.timing import Clock, Tempo
from chatbot.frontends.telegram.wording import Wording

_LOGGER = logging.getLogger(__name__)
_TOKEN = re.compile(r"\d{3,20}:[\w-]{20,100}", re.ASCII)
_PUBLIC_SERVER = "https://api.telegram.org"
_REFUSED_STATUSES = (401, 404)
"""404 is what Telegram answers to a token of the wrong shape."""
_FIRST_SERVER_ERROR = 500
_CONCURRENT_UPDATES = 256
_CONNECTIONS = 256
_FIRST_RETRY_SECONDS = 1.0

TelegramApplication = Application[Any, Any, Any, Any, Any, Any]


@dataclass(frozen=True)
class Server:
    """Which Bot API server, and how it hands out files."""

    base_url: str
    base_file_url: str
    local_mode: bool

    @classmethod
    def at(cls, base_url: str | None, base_file_url: str | None, *, local_mode: bool) -> Server:
        """Takes a server's root ('http://localhost:8081') as well as PTB's '.../bot'."""
        root = (base_url or _PUBLIC_SERVER).rstrip("/").removesuffix("/bot")
        return cls(f"{root}/bot", base_file_url or f"{root}/file/bot", local_mode)


class _CountedRequest(HTTPXRequest):
    """Tells the status of every answer."""

    def __init__(self, count_response: CountResponse, **options: Any) -> None:
        super().__init__(**options)
        self._count_response = count_response

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        status, content = await super().do_request(*args, **kwargs)
        self._count_response(status)
        return status, content


class _PollingRequest(_CountedRequest):
    """Notices that the token is refused while the bot runs, which PTB only logs."""

    def __init__(
        self, refused: asyncio.Event, count_response: CountResponse, *, read_timeout: float
    ) -> None:
        super().__init__(count_response, connection_pool_size=1, read_timeout=read_timeout)
        self._refused = refused
        self.is_answered = True

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        try:
            status, content = await super().do_request(*args, **kwargs)
        except Exception:
            self.is_answered = False
            raise
        self.is_answered = status < _FIRST_SERVER_ERROR
        if status in _REFUSED_STATUSES:
            self._refused.set()
        return status, content


class Connection:
    """One bot's connection, from the first request to the last."""

    def __init__(
        self,
        token: str,
        server: Server,
        clock: Clock,
        tempo: Tempo,
        wording: Wording,
        *,
        count_response: CountResponse = count_nothing,
    ) -> None:
        """Builds without connecting.

        Raises:
            FrontEndRefused: the token cannot be one.
        """
        if _TOKEN.fullmatch(token) is None:
            raise FrontEndRefused(wording.malformed)
        self._clock = clock
        self._tempo = tempo
        self._wording = wording
        self._refused = asyncio.Event()
        self._polling_failures = 0
        self._polling = _PollingRequest(self._refused, count_response, read_timeout=10)
        self.application: TelegramApplication = (
            ApplicationBuilder()
            .token(token)
            .base_url(server.base_url)
            .base_file_url(server.base_file_url)
            .local_mode(server.local_mode)
            .defaults(
                Defaults(
                    parse_mode=ParseMode.HTML,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
            )
            .rate_limiter(rate_limiter())
            .concurrent_updates(_CONCURRENT_UPDATES)
            .job_queue(None)
            .request(
                _CountedRequest(
                    count_response,
                    connection_pool_size=_CONNECTIONS,
                    connect_timeout=10,
                    read_timeout=20,
                    write_timeout=20,
                    pool_timeout=20,
                    media_write_timeout=120,
                )
            )
            .get_updates_request(self._polling)
            .build()
        )

    @property
    def is_online(self) -> bool:
        """Whether Telegram answered when it was last asked for news."""
        return self._polling.is_answered

    async def connect(self, on_update: Callable[[Update], Awaitable[None]]) -> None:
        """Connects, however long that takes, and begins to hand out updates.

        Raises:
            FrontEndRefused: Telegram refuses the token.
        """

        async def handle(update: Update, _context: object) -> None:
            await on_update(update)

        self.application.add_handler(TypeHandler(Update, handle))
        await self._initialize()
        await self.application.start()
        await self._start_polling()

    async def until_refused(self) -> None:
        """Returns never, but by raising.

        Raises:
            FrontEndRefused: Telegram has begun to refuse the token.
        """
        await self._refused.wait()
        raise FrontEndRefused(self._wording.refused)

    async def _initialize(self) -> None:
        """Asks who the bot is, until the network is there."""
        pause = _FIRST_RETRY_SECONDS
        while True:
            try:
                await self.application.initialize()
            except InvalidToken:
                break
            except (NetworkError, RetryAfter, TimeoutError) as error:
                _LOGGER.warning(
                    "Telegram cannot be reached (%s); trying again in %.0f s",
                    type(error).__name__,
                    pause,
                )
            else:
                return
            await self._clock.sleep(pause)
            pause = min(2 * pause, self._tempo.connect_seconds)
        # Outside of the handler: PTB's message holds the token, and would be this one's context.
        raise FrontEndRefused(self._wording.refused)

    async def _start_polling(self) -> None:
        assert self.application.updater is not None
        try:
            await self.application.updater.start_polling(
                timeout=self._tempo.poll_seconds,
                bootstrap_retries=-1,
                allowed_updates=[UpdateType.MESSAGE, UpdateType.CALLBACK_QUERY],
                drop_pending_updates=False,
                error_callback=self._on_polling_error,
            )
        except InvalidToken:
            pass
        else:
            return
        raise FrontEndRefused(self._wording.refused)

    def _on_polling_error(self, error: TelegramError) -> None:
        if isinstance(error, Conflict):
            _LOGGER.warning("another program receives this bot's messages; stop it, or that one")
        else:
            _LOGGER.warning("no connection to Telegram (%s); going on", type(error).__name__)

    async def stop_polling(self) -> None:
        """Asks for no more updates, and tells Telegram which ones have arrived."""
        updater = self.application.updater
        if updater is None or not updater.running:
            return
        try:
            await asyncio.wait_for(updater.stop(), self._tempo.stop_seconds)
        except (TelegramError, TimeoutError) as error:
            _LOGGER.info("Telegram did not take the farewell (%s)", type(error).__name__)

    async def stop_handing_out(self) -> None:
        """Returns when everything that has arrived was handed out, and handled."""
        if self.application.running:
            await self.application.stop()

    async def close(self) -> None:
        """Closes the connections."""
        await self.application.shutdown()
        # An application that was never fully initialised does not do it itself.
        await self.application.bot.shutdown()
