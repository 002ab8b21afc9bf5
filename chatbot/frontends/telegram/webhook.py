"""Updates that Telegram sends by itself, to an address of the operator's.

A proxy in front of it ends TLS; see https://core.telegram.org/bots/webhooks.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web
from telegram import Bot, Update

from chatbot.frontends.telegram.intake import Intake
from chatbot.frontends.telegram.polling import ALLOWED_UPDATES

_LOGGER = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
BODY_BYTES = 4_000_000
CONNECTIONS = 100
"""The most that Telegram opens at a time; as many updates are handled before it sends more."""
HANDLE_SECONDS = 20.0
"""So long Telegram is left waiting for the end of a command; then it is told that all is well."""


SHUTDOWN_SECONDS = 1.0
"""For the last answers; what they are about has ended by then."""


@dataclass(frozen=True)
class WebhookSettings:
    """Where Telegram sends to, and where this process listens."""

    url: str
    """As Telegram reaches it: `https://bot.example.org/telegram`."""
    address: str = "127.0.0.1"
    port: int = 8443


def secret_of(token: str) -> str:
    """What Telegram adds to each request, so that nobody else can make one.

    Made from the bot's token, which both sides know, so that there is nothing more to set.
    """
    return hmac.new(token.encode(), b"songnet telegram webhook", hashlib.sha256).hexdigest()


Persist = Callable[[Callable[[], Awaitable[object]]], Awaitable[None]]
"""Makes a request until Telegram can be reached."""


class Webhook:
    """A small web server that takes updates from Telegram, and from nobody else.

    An update is answered when it is handled; what is not answered Telegram sends once more.
    """

    def __init__(self, bot: Bot, intake: Intake, settings: WebhookSettings) -> None:
        self._bot = bot
        self._intake = intake
        self._settings = settings
        self._secret = secret_of(bot.token)

    @asynccontextmanager
    async def running(self, persist: Persist) -> AsyncIterator[None]:
        """Listens, and has told Telegram where.

        The address stays registered afterwards, so that Telegram keeps what comes meanwhile.

        Args:
            persist: makes a request until Telegram can be reached.

        Raises:
            OSError: the port cannot be had.
            BadRequest: Telegram refuses the address.
        """
        app = web.Application(client_max_size=BODY_BYTES)
        app.router.add_post(urlsplit(self._settings.url).path or "/", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._settings.address, self._settings.port).start()
            await persist(
                lambda: self._bot.set_webhook(
                    self._settings.url,
                    secret_token=self._secret,
                    allowed_updates=ALLOWED_UPDATES,
                    max_connections=CONNECTIONS,
                )
            )
            _LOGGER.info("listening for Telegram on port %d", runner.addresses[0][1])
            yield
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return web.Response(status=web.HTTPForbidden.status_code)
        if self._intake.is_closed:  # for the next run of the bot
            return web.Response(status=web.HTTPServiceUnavailable.status_code)
        try:
            content = json.loads(await request.read())
        except ValueError:
            content = None
        if not isinstance(content, dict) or not isinstance(content.get("update_id"), int):
            return web.Response(status=web.HTTPBadRequest.status_code)
        try:
            update = Update.de_json(content, self._bot)
        except Exception as error:  # noqa: BLE001 - whatever PTB raises over a field it did not expect
            number = content["update_id"]
            _LOGGER.error("update %d is left out (%s)", number, type(error).__name__)  # noqa: TRY400 - its traceback may quote what people wrote
            return web.Response()
        handling = self._intake.begin(update)
        if handling is not None:
            await asyncio.wait({handling}, timeout=HANDLE_SECONDS)
        is_lost = handling is not None and handling.cancelled()
        return web.Response(
            status=web.HTTPServiceUnavailable.status_code if is_lost else web.HTTPOk.status_code
        )
