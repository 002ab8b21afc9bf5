"""Discord's REST API and content network on loopback, for the real discord.py client.

Every request is recorded and held against Discord's own description of its API. What is wrong with
one is answered as Discord would, and kept in `violations`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from tests.chatbot.loopback import discord_spec
from tests.chatbot.loopback.discord_cdn import ContentNetwork
from tests.chatbot.loopback.discord_gateway import Gateway
from tests.chatbot.loopback.discord_world import (
    ALREADY_ACKNOWLEDGED,
    APPLICATION_ID,
    BOT_ID,
    EPHEMERAL,
    LOADING,
    PERSON_ID,
    TOKEN_EXPIRED,
    UNKNOWN_CHANNEL,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    Channel,
    Interaction,
    Json,
    Message,
    Refusal,
    World,
)

TOKEN = "loopback-token-that-must-never-be-logged"
API = "/api/v10"
DEFERRED = 5


@dataclass(frozen=True)
class Call:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    files: tuple[tuple[str, bytes], ...]
    authorization: str | None


@dataclass
class Fault:
    """An answer that the next fitting request gets instead of the right one."""

    method: str
    path: str
    status: int
    body: Json
    headers: dict[str, str]
    after: bool = False
    """The request is carried out first: only the answer is lost."""
    hit: asyncio.Event = field(default_factory=asyncio.Event)


class DiscordServer:
    def __init__(self, *, heartbeat_seconds: float = 40, shards: int = 1) -> None:
        self.world = World()
        self.gateway = Gateway(
            self.world, TOKEN, heartbeat_seconds=heartbeat_seconds, shards=shards
        )
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.faults: list[Fault] = []
        self.cdn = ContentNetwork(self.world)
        self.api_url = ""
        self.gateway_url = ""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[DiscordServer]:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_get("/cdn/{key:.*}", self.cdn.serve)
        app.router.add_route("*", API + "/{path:.*}", self._api)
        runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.api_url = f"http://127.0.0.1:{port}{API}"
        self.gateway_url = self.gateway.url = f"ws://127.0.0.1:{port}/gateway/"
        self.world.cdn_url = f"http://127.0.0.1:{port}/cdn"
        try:
            yield self
        finally:
            await self.gateway.close()
            await runner.cleanup()

    def fail_next(
        self,
        method: str,
        path: str,
        status: int,
        *,
        code: int = 0,
        body: Json | None = None,
        headers: dict[str, str] | None = None,
        after: bool = False,
    ) -> Fault:
        """Refuses the next fitting request, or loses the answer to it."""
        words = body or {"code": code, "message": "refused by the test"}
        fault = Fault(method, path, status, words, headers or {}, after)
        self.faults.append(fault)
        return fault

    def calls_to(self, method: str, path: str) -> list[Call]:
        return [
            call
            for call in self.calls
            if call.method == method and re.fullmatch(path, call.path) is not None
        ]

    # ---- requests

    async def _api(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix(API)
        body, files = await _read(request)
        call = Call(
            request.method,
            path,
            dict(request.query),
            body,
            tuple(files),
            request.headers.get("Authorization"),
        )
        self.calls.append(call)
        found = discord_spec.problems(call.method, path, call.query, body, dict(files))
        if found:
            self.violations += found
            return _json({"code": 50035, "message": "; ".join(found)}, status=400)
        for fault in self.faults:
            if fault.method == call.method and re.fullmatch(fault.path, path):
                self.faults.remove(fault)
                if fault.after:
                    await self._route(call)
                fault.hit.set()
                return _json(fault.body, status=fault.status, headers=fault.headers)
        try:
            return await self._route(call)
        except Refusal as refusal:
            return _json(refusal.body, status=refusal.status)

    async def _route(self, call: Call) -> web.Response:
        for method, pattern, handler in ROUTES:
            match = re.fullmatch(pattern, call.path)
            if method == call.method and match is not None:
                uses_token = call.path.startswith(("/interactions", "/webhooks"))
                if not uses_token and call.authorization != f"Bot {TOKEN}":
                    raise Refusal(401, 0, "401: Unauthorized")
                answer = await handler(self, call, *match.groups())
                return web.Response(status=204) if answer is None else _json(answer)
        raise Refusal(404, 0, f"the loopback server has no {call.method} {call.path}")

    async def _me(self, call: Call) -> Json:
        return {**self.world.user(BOT_ID), "verified": True, "flags": 0}

    async def _application(self, call: Call) -> Json:
        return {
            "id": APPLICATION_ID,
            "name": "songnet",
            "icon": None,
            "description": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": self.world.user(PERSON_ID),
            "verify_key": "",
            "flags": 0,
        }

    async def _gateway_bot(self, call: Call) -> Json:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        return {
            "url": self.gateway_url,
            "shards": self.gateway.shards,
            "session_start_limit": limit,
        }

    async def _get_commands(self, call: Call) -> list[Json]:
        if call.query.get("with_localizations") == "true":
            return self.world.commands
        localized = ("name_localizations", "description_localizations")
        return [
            {name: value for name, value in command.items() if name not in localized}
            for command in self.world.commands
        ]

    async def _put_commands(self, call: Call) -> list[Json]:
        more = {"application_id": APPLICATION_ID, "version": "1"}
        self.world.commands = [
            {"description": "", **command, **more, "id": self.world.new_id()}
            for command in call.body
        ]
        return self.world.commands

    # ---- interactions

    async def _callback(self, call: Call, interaction_id: str, token: str) -> Json:
        interaction = self.world.interactions.get(token)
        if interaction is None or interaction.id != interaction_id or not interaction.is_open:
            raise UNKNOWN_INTERACTION
        if interaction.callback is not None:
            raise ALREADY_ACKNOWLEDGED
        interaction.callback = call.body
        if call.body["type"] == DEFERRED:
            flags = (call.body.get("data") or {}).get("flags", 0)
            viewer = interaction.user if flags & EPHEMERAL else None
            original = await self.world.add_message(
                interaction.channel, {"flags": flags | LOADING}, viewer=viewer
            )
            interaction.original_id = original.payload["id"]
        interaction.acknowledged.set()
        return {
            "interaction": {
                "id": interaction.id,
                "type": interaction.type,
                "response_message_id": interaction.original_id,
            }
        }

    async def _follow_up(self, call: Call, token: str) -> Json:
        interaction = self._open_interaction(token)
        if interaction.callback is None:
            raise UNKNOWN_WEBHOOK
        original = self.world.messages.get(interaction.original_id or "")
        if original is not None and original.is_loading:
            # The first follow-up fills the waiting message, which keeps its visibility.
            await self.world.change_message(original, call.body, list(call.files))
            return original.payload
        viewer = interaction.user if (call.body.get("flags") or 0) & EPHEMERAL else None
        message = await self.world.add_message(
            interaction.channel, call.body, viewer=viewer, files=list(call.files)
        )
        return message.payload

    async def _edit_follow_up(self, call: Call, token: str, message_id: str) -> Json:
        message = self._message_of(self._open_interaction(token), message_id)
        await self.world.change_message(message, call.body, list(call.files))
        return message.payload

    async def _delete_follow_up(self, call: Call, token: str, message_id: str) -> None:
        message = self._message_of(self._open_interaction(token), message_id)
        await self.world.delete_message(message.payload["id"])

    def _open_interaction(self, token: str) -> Interaction:
        interaction = self.world.interactions.get(token)
        if interaction is None:
            raise UNKNOWN_WEBHOOK
        if not interaction.is_open:
            raise TOKEN_EXPIRED
        return interaction

    def _message_of(self, interaction: Interaction, message_id: str) -> Message:
        actual = interaction.original_id if message_id == "@original" else message_id
        message = self.world.messages.get(actual or "")
        if message is None:
            raise UNKNOWN_MESSAGE
        return message

    # ---- channels

    async def _open_dm(self, call: Call) -> Json:
        return self.world.channel_json(self.world.dm_with(str(call.body["recipient_id"])))

    async def _post(self, call: Call, channel_id: str) -> Json:
        message = await self.world.add_message(
            self._channel(channel_id), call.body, files=list(call.files)
        )
        return message.payload

    async def _edit(self, call: Call, channel_id: str, message_id: str) -> Json:
        message = self.world.message_in(self._channel(channel_id), message_id)
        await self.world.change_message(message, call.body, list(call.files))
        return message.payload

    async def _delete(self, call: Call, channel_id: str, message_id: str) -> None:
        message = self.world.message_in(self._channel(channel_id), message_id)
        await self.world.delete_message(message.payload["id"])

    def _channel(self, channel_id: str) -> Channel:
        channel = self.world.channels.get(channel_id)
        if channel is None:
            raise UNKNOWN_CHANNEL
        if channel.refusal is not None:
            raise channel.refusal
        return channel


ROUTES: list[tuple[str, str, Callable[..., Awaitable[Any]]]] = [
    ("GET", "/users/@me", DiscordServer._me),
    ("GET", "/oauth2/applications/@me", DiscordServer._application),
    ("GET", "/gateway/bot", DiscordServer._gateway_bot),
    ("GET", f"/applications/{APPLICATION_ID}/commands", DiscordServer._get_commands),
    ("PUT", f"/applications/{APPLICATION_ID}/commands", DiscordServer._put_commands),
    ("POST", "/interactions/([^/]+)/([^/]+)/callback", DiscordServer._callback),
    ("POST", f"/webhooks/{APPLICATION_ID}/([^/]+)", DiscordServer._follow_up),
    (
        "PATCH",
        f"/webhooks/{APPLICATION_ID}/([^/]+)/messages/([^/]+)",
        DiscordServer._edit_follow_up,
    ),
    (
        "DELETE",
        f"/webhooks/{APPLICATION_ID}/([^/]+)/messages/([^/]+)",
        DiscordServer._delete_follow_up,
    ),
    ("POST", "/users/@me/channels", DiscordServer._open_dm),
    ("POST", "/channels/([^/]+)/messages", DiscordServer._post),
    ("PATCH", "/channels/([^/]+)/messages/([^/]+)", DiscordServer._edit),
    ("DELETE", "/channels/([^/]+)/messages/([^/]+)", DiscordServer._delete),
]


async def _read(request: web.Request) -> tuple[Any, list[tuple[str, bytes]]]:
    """The JSON body and the files of a request."""
    if request.content_type != "multipart/form-data":
        text = await request.text()
        return (json.loads(text) if text else None), []
    body, files = None, []
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        if part.name == "payload_json":
            body = json.loads(await part.text())
        else:
            files.append((part.filename or "", await part.read()))
    return body, files


def _json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # discord.py knows JSON only under the bare content type.
    return web.Response(
        body=json.dumps(body).encode(),
        status=status,
        headers={"Content-Type": "application/json", **(headers or {})},
    )
