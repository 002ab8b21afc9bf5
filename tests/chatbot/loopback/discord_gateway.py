"""Discord's gateway on loopback: sessions that can be resumed, invalidated, cut."""

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


@dataclass
class Session:
    id: str
    socket: web.WebSocketResponse
    events: list[dict[str, Any]] = field(default_factory=list)


class Gateway:
    """Answers one bot's connections and hands it events."""

    def __init__(self, world: World, token: str, *, heartbeat_seconds: float = 40) -> None:
        self._world = world
        self._token = token
        self.heartbeat_seconds = heartbeat_seconds
        self.url = ""
        self.session: Session | None = None
        self.received: list[dict[str, Any]] = []
        """Every payload from the bot, in order."""
        self.changed = asyncio.Condition()
        self.refuses_resume = False
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
        """Sends an event; while the bot is away it waits for its RESUME."""
        assert self.session is not None, "no bot has identified"
        session = self.session
        payload = {"op": DISPATCH, "t": event, "d": data, "s": len(session.events) + 1}
        session.events.append(payload)
        if not session.socket.closed:
            await session.socket.send_json(payload)

    async def cut(self, code: int = 4000) -> None:
        """Closes the bot's connection."""
        assert self.session is not None
        await self.session.socket.close(code=code)

    async def ask_to_reconnect(self) -> None:
        assert self.session is not None
        await self.session.socket.send_json({"op": RECONNECT, "d": None})

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
        elif payload["op"] == RESUME:
            await self._resume(socket, payload["d"])
        async with self.changed:
            self.received.append(payload)
            self.changed.notify_all()

    async def _identify(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> None:
        if self.close_codes or data["token"] != self._token:
            await socket.close(code=self.close_codes.pop() if self.close_codes else BAD_TOKEN)
            return
        self.session = Session(f"session{next(self._numbers)}", socket)
        ready = {
            "v": 10,
            "user": self._world.user(BOT_ID),
            "guilds": [],
            "session_id": self.session.id,
            "resume_gateway_url": self.url,
            "shard": data["shard"],
            "application": {"id": APPLICATION_ID, "flags": 0},
        }
        await self.dispatch("READY", ready)

    async def _resume(self, socket: web.WebSocketResponse, data: dict[str, Any]) -> None:
        session = self.session
        if self.refuses_resume or session is None or data["session_id"] != session.id:
            await socket.send_json({"op": INVALID, "d": False})
            return
        session.socket = socket
        for event in session.events[data["seq"] :]:
            await socket.send_json(event)
        await self.dispatch("RESUMED", {})
