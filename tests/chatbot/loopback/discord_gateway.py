"""Discord's gateway on loopback: sessions that can be resumed, invalidated, cut, and sharded."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.chatbot.loopback.discord_world import APPLICATION_ID, BOT_ID, World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
BAD_TOKEN = 4004
SHARD_SHIFT = 22
"""https://discord.com/developers/docs/events/gateway#sharding"""


@dataclass
class Session:
    id: str
    socket: web.WebSocketResponse
    events: list[dict[str, Any]] = field(default_factory=list)


class Gateway:
    """Answers one bot's connections, one for each shard, and hands it events."""

    def __init__(
        self, world: World, token: str, *, heartbeat_seconds: float = 40, shards: int = 1
    ) -> None:
        self._world = world
        self._token = token
        self.heartbeat_seconds = heartbeat_seconds
        self.url = ""
        self.shards = shards
        self.sessions: dict[int, Session] = {}
        """By shard."""
        self.received: list[dict[str, Any]] = []
        """Every payload from the bot, in order."""
        self.changed = asyncio.Condition()
        self.refuses_resume = False
        self.holds_resume = asyncio.Event()
        """Cleared, a RESUME waits for its answer until it is set."""
        self.holds_resume.set()
        self.close_codes: list[int] = []
        """Codes with which the next identifications are refused."""
        self._numbers = itertools.count(1)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        interval = int(self.heartbeat_seconds * 1000)
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": interval}})
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            await self._receive(socket, json.loads(frame.data))
        return socket

    async def dispatch(self, event: str, data: Any) -> None:
        """Sends an event to its shard; while the bot is away it waits for its RESUME."""
        guild_id = data.get("guild_id")
        shard = (int(guild_id) >> SHARD_SHIFT) % self.shards if guild_id else 0
        assert shard in self.sessions, "no bot has identified"
        await self._dispatch(self.sessions[shard], event, data)

    async def _dispatch(self, session: Session, event: str, data: Any) -> None:
        payload = {"op": DISPATCH, "t": event, "d": data, "s": len(session.events) + 1}
        session.events.append(payload)
        if not session.socket.closed:
            await session.socket.send_json(payload)

    async def cut(self, code: int = 4000, *, shard: int = 0) -> None:
        """Closes a connection of the bot."""
        await self.sessions[shard].socket.close(code=code)

    async def close(self) -> None:
        """Closes all of them."""
        for session in self.sessions.values():
            if not session.socket.closed:
                await session.socket.close()

    async def ask_to_reconnect(self) -> None:
        await self.sessions[0].socket.send_json({"op": RECONNECT, "d": None})

    async def wait_for(self, opcode: int, count: int = 1) -> None:
        """Returns once the bot has sent so many payloads of the kind."""
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(lambda: self.count(opcode) >= count)

    def count(self, opcode: int) -> int:
        return sum(payload["op"] == opcode for payload in self.received)

    async def _receive(self, socket: web.WebSocketResponse, payload: dict[str, Any]) -> None:
        if payload["op"] == HEARTBEAT:
            await socket.send_json({"op": ACK, "d": None})
        elif payload["op"] == IDENTIFY:
            await self._identify(socket, payload["d"])
        async with self.changed:
            self.received.append(payload)
            self.changed.notify_all()
        if payload["op"] == RESUME:
            await self.holds_resume.wait()
            await self._resume(socket, payload["d"])

    async def _identify(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> None:
        if self.close_codes or data["token"] != self._token:
            await socket.close(code=self.close_codes.pop() if self.close_codes else BAD_TOKEN)
            return
        shard, count = data["shard"]
        assert count == self.shards
        session = Session(f"session{next(self._numbers)}", socket)
        self.sessions[shard] = session
        ready = {
            "v": 10,
            "user": self._world.user(BOT_ID),
            "guilds": [],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": data["shard"],
            "application": {"id": APPLICATION_ID, "flags": 0},
        }
        await self._dispatch(session, "READY", ready)

    async def _resume(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> None:
        known = (each for each in self.sessions.values() if each.id == data["session_id"])
        session = next(known, None)
        if self.refuses_resume or session is None:
            await socket.send_json({"op": INVALID, "d": False})
            return
        session.socket = socket
        for event in session.events[data["seq"] :]:
            await socket.send_json(event)
        await self._dispatch(session, "RESUMED", {})
