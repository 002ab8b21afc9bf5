"""`/health`, `/metrics` and `/status` over HTTP."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from chatbot.monitoring.monitor import Monitor

logger = logging.getLogger(__name__)

SERVICE_UNAVAILABLE = 503


@asynccontextmanager
async def serving(monitor: Monitor, address: str, port: int) -> AsyncIterator[int | None]:
    """Serves while the context lasts.

    Yields:
        The port (another one where `port` is 0); None where it cannot be had: a bot that nobody
        watches is better than none.
    """
    runner = web.AppRunner(build_app(monitor), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, address, port).start()
        except OSError as error:
            logger.warning(
                "health and metrics are not served at %s port %d (%s); the bot goes on without. "
                "Set SONGNET_MONITORING_PORT to a free port, or to 0 for none",
                address, port, error.strerror or type(error).__name__,
            )  # fmt: skip
            yield None
        else:
            yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def build_app(monitor: Monitor) -> web.Application:
    """The three pages; they can only be read."""

    async def health(_request: web.Request) -> web.Response:
        checks = await monitor.checks()
        healthy = all(check.ok for check in checks)
        body = {"healthy": healthy, "checks": [asdict(check) for check in checks]}
        return web.json_response(body, status=200 if healthy else SERVICE_UNAVAILABLE)

    async def metrics(_request: web.Request) -> web.Response:
        await monitor.checks()
        text = generate_latest(monitor.metrics.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def status(_request: web.Request) -> web.Response:
        return web.json_response(await monitor.snapshot())

    app = web.Application()
    app.router.add_get("/health", health)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/status", status)
    return app
