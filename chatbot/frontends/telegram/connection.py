"""A bot's connection to Telegram: from who it is to its last farewell."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from telegram import LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter
from telegram.ext import Defaults
from telegram.request import HTTPXRequest

from chatbot.frontends.base import CountResponse, FrontEndRefused, count_nothing
from chatbot.frontends.telegram.intake import Intake
from chatbot.frontends.telegram.polling import Polling, ReceivingBot
from chatbot.frontends.telegram.requests import rate_limiter
from chatbot.frontends.telegram.timing import Clock, Tempo
from chatbot.frontends.telegram.webhook import Webhook, WebhookSettings
from chatbot.frontends.telegram.wording import Wording

_LOGGER = logging.getLogger(__name__)
_TOKEN = re.compile(r"\d{3,20}:[\w-]{20,100}", re.ASCII)
_PUBLIC_SERVER = "https://api.telegram.org"
_REFUSED_STATUSES = (401, 404)
"""404 is what Telegram answers to a token of the wrong shape."""
_FIRST_SERVER_ERROR = 500
_CONNECTIONS = 256
_FIRST_RETRY_SECONDS = 1.0


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
        webhook: WebhookSettings | None = None,
        count_response: CountResponse = count_nothing,
    ) -> None:
        """Builds without connecting; with `webhook` Telegram is not asked for updates.

        Raises:
            FrontEndRefused: the token cannot be one.
        """
        if _TOKEN.fullmatch(token) is None:
            raise FrontEndRefused(wording.malformed)
        self._clock = clock
        self._tempo = tempo
        self._wording = wording
        self._webhook = webhook
        self._refused = asyncio.Event()
        self._requests = _PollingRequest(self._refused, count_response, read_timeout=10)
        self.bot = ReceivingBot(
            token,
            base_url=server.base_url,
            base_file_url=server.base_file_url,
            local_mode=server.local_mode,
            defaults=Defaults(
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            ),
            rate_limiter=rate_limiter(tempo.messages_a_second),
            request=_CountedRequest(
                count_response,
                connection_pool_size=_CONNECTIONS,
                connect_timeout=10,
                read_timeout=20,
                write_timeout=20,
                pool_timeout=20,
                media_write_timeout=120,
            ),
            get_updates_request=self._requests,
        )

    @property
    def is_online(self) -> bool:
        """Whether Telegram answered when it was last asked for news."""
        return self._requests.is_answered

    async def connect(self) -> None:
        """Connects, however long that takes.

        Raises:
            FrontEndRefused: Telegram refuses the token.
        """
        await self._persist(self.bot.initialize)

    @asynccontextmanager
    async def receiving(self, intake: Intake) -> AsyncIterator[None]:
        """Hands out updates inside the block, and says at its end which ones were taken.

        Raises:
            FrontEndRefused: Telegram refuses the token or the webhook's address.
        """
        if self._webhook is not None:
            webhook = Webhook(self.bot, intake, self._webhook)
            async with AsyncExitStack() as listening:
                try:
                    await listening.enter_async_context(webhook.running(self._persist_or_refuse))
                except BadRequest as error:
                    raise FrontEndRefused(f"{self._wording.webhook} {error.message}") from None
                except OSError as error:
                    raise FrontEndRefused(f"{self._wording.port} {error.strerror}") from None
                yield
            return
        # A webhook of an earlier setting would keep every update away.
        await self._persist(self.bot.delete_webhook)
        asking = asyncio.create_task(Polling(self.bot, intake, self._clock, self._tempo).run())
        try:
            yield
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def until_refused(self) -> None:
        """Returns never, but by raising.

        Raises:
            FrontEndRefused: Telegram has begun to refuse the token.
        """
        await self._refused.wait()
        raise FrontEndRefused(self._wording.refused)

    async def confirm(self, intake: Intake) -> None:
        """Tells Telegram which updates it can forget."""
        if self._webhook is None and not self._refused.is_set():
            await Polling(self.bot, intake, self._clock, self._tempo).confirm()

    async def close(self) -> None:
        """Closes the connections."""
        await self.bot.shutdown()

    async def _persist_or_refuse(self, request: Callable[[], Awaitable[object]]) -> None:
        """As `_persist`, but for what Telegram refuses: another attempt would not mend it.

        Raises:
            BadRequest: it is refused.
        """
        await self._persist(request, final=(BadRequest,))

    async def _persist(
        self,
        request: Callable[[], Awaitable[object]],
        *,
        final: tuple[type[BadRequest], ...] = (),
    ) -> None:
        """Makes a request until it succeeds.

        What is `final` ends it, although PTB counts refusals among the network's errors.

        Raises:
            FrontEndRefused: Telegram refuses the token.
        """
        pause = _FIRST_RETRY_SECONDS
        while True:
            try:
                await request()
            except InvalidToken:
                break
            except final:
                raise
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
