"""The two corners of Spotify's Web API that songnet uses, on loopback.

As documented for Development Mode apps in November 2026: client-credentials tokens, and a search
that takes no `limit` above 10.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

CLIENT_ID = "c1" * 16
CLIENT_SECRET = "5ec2e7" * 5 + "00"
MOST_RESULTS = 10
MOST_OFFSET = 1000

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def spotify_track(track_id: str, title: str, *artists: str) -> dict[str, Any]:
    """A track as the search gives it, less what songnet never reads."""
    return {
        "id": track_id,
        "uri": f"spotify:track:{track_id}",
        "type": "track",
        "name": title,
        "artists": [{"id": f"a{place}", "name": name} for place, name in enumerate(artists)],
        "album": {"name": "An album"},
        "duration_ms": 200_000,
        "is_local": False,
    }


def refusal(status: int, message: str, **headers: str) -> Answer:
    """An error as Spotify words it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = {"error": {"status": status, "message": message}}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(body, status=status, headers=named)

    return answer


@dataclass
class SpotifyServer:
    """Answers every search with `tracks`, unless `next_answers` holds something else."""

    tracks: list[dict[str, Any] | None] = field(default_factory=list)
    next_answers: deque[Answer] = field(default_factory=deque)
    next_token_answers: deque[Answer] = field(default_factory=deque)
    queries: list[str] = field(default_factory=list)
    tokens_given: int = 0
    valid_tokens: set[str] = field(default_factory=set)
    url: str = ""

    @property
    def api_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def token_url(self) -> str:
        return f"{self.url}/api/token"

    async def token(self, request: web.Request) -> web.StreamResponse:
        if self.next_token_answers:
            return await self.next_token_answers.popleft()(request)
        wanted = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        form = await request.post()
        if form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if request.headers.get("Authorization") != f"Basic {wanted}":
            body = {"error": "invalid_client", "error_description": "Invalid client secret"}
            return web.json_response(body, status=400)
        self.tokens_given += 1
        token = f"BQ{self.tokens_given:04d}" + "t" * 120
        self.valid_tokens.add(token)
        return web.json_response(
            {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
        )

    async def search(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(request.query.get("q", ""))
        if self.next_answers:
            return await self.next_answers.popleft()(request)
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or token not in self.valid_tokens:
            return await refusal(401, "The access token expired")(request)
        limit = int(request.query.get("limit", 5))
        if not 1 <= limit <= MOST_RESULTS:
            return await refusal(400, "Invalid limit")(request)
        if not 0 <= int(request.query.get("offset", 0)) <= MOST_OFFSET:
            return await refusal(400, "Invalid offset")(request)
        if not request.query.get("q") or request.query.get("type") != "track":
            return await refusal(400, "Bad search")(request)
        items = self.tracks[:limit]
        return web.json_response({"tracks": {"items": items, "limit": limit, "offset": 0}})


@asynccontextmanager
async def spotify_server() -> AsyncIterator[SpotifyServer]:
    """A server on a free port of the loopback interface."""
    server = SpotifyServer()
    app = web.Application()
    app.router.add_post("/api/token", server.token)
    app.router.add_get("/v1/search", server.search)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        server.url = f"http://{host}:{port}"
        yield server
    finally:
        await runner.cleanup()
