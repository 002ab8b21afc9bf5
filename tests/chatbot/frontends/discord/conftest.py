"""Nothing but loopback is reached from these tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

Resolve = Callable[..., Awaitable[Any]]


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve: Resolve = aiohttp.TCPConnector._resolve_host

    async def guarded(self: aiohttp.TCPConnector, host: str, port: int, **more: Any) -> Any:
        assert host == "127.0.0.1", f"a test tried to reach {host}:{port}"
        return await resolve(self, host, port, **more)

    monkeypatch.setattr(aiohttp.TCPConnector, "_resolve_host", guarded)
