"""What a loopback Discord knows: people, channels, messages, interactions."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

EPHEMERAL = 64
LOADING = 128
SUPPRESS_EMBEDS = 4
BOT_ID, APPLICATION_ID, PERSON_ID, OTHER_ID = "900", "901", "1001", "1002"
DM, GUILD_TEXT, GROUP_DM = 1, 0, 3
CONTEXTS = {GUILD_TEXT: 0, DM: 1, GROUP_DM: 2}
TIMESTAMP = "2026-11-20T12:00:00.000000+00:00"
GUILD_ID = "500"

Json = dict[str, Any]


class Refusal(Exception):
    """An error as Discord words it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message}


UNKNOWN_CHANNEL = Refusal(404, 10003, "Unknown Channel")
UNKNOWN_MESSAGE = Refusal(404, 10008, "Unknown Message")
UNKNOWN_WEBHOOK = Refusal(404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = Refusal(404, 10062, "Unknown interaction")
ALREADY_ACKNOWLEDGED = Refusal(400, 40060, "Interaction has already been acknowledged.")
DM_CLOSED = Refusal(403, 50007, "Cannot send messages to this user")
MISSING_ACCESS = Refusal(403, 50001, "Missing Access")
TOKEN_EXPIRED = Refusal(401, 50027, "Invalid Webhook Token")


@dataclass
class Channel:
    id: str
    type: int
    person: str | None = None
    """The other side of a direct message."""
    refusal: Refusal | None = None
    """Why the bot cannot post here."""
    guild_id: str = GUILD_ID
    """The server of a server's channel."""


@dataclass
class Interaction:
    id: str
    token: str
    type: int
    channel: Channel
    user: str
    is_open: bool = True
    """Neither too late to acknowledge nor past its fifteen minutes."""
    callback: Json | None = None
    """The first answer: a deferral, suggestions, a form."""
    original_id: str | None = None
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Message:
    payload: Json
    viewer: str | None = None
    """The one person who sees it; None for everybody in the channel."""
    revision: int = 0

    @property
    def is_loading(self) -> bool:
        return bool(self.payload["flags"] & LOADING)


class World:
    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, Message] = {}
        self.interactions: dict[str, Interaction] = {}
        self.files: dict[str, bytes] = {}
        self.commands: list[Json] = []
        self.changed = asyncio.Condition()
        self.revision = 0
        self.locale = "en-US"
        """The language of everybody's Discord."""
        self.cdn_url = ""
        self.bots = {BOT_ID}
        self._ids = itertools.count(10_000)
        self.channels["600"] = Channel("600", GUILD_TEXT)
        self.channels["700"] = Channel("700", GROUP_DM, refusal=MISSING_ACCESS)

    def new_id(self) -> str:
        return str(next(self._ids))

    # ---- people and channels

    def user(self, user_id: str) -> Json:
        return {
            "id": user_id,
            "username": f"user{user_id}",
            "discriminator": "0",
            "global_name": None,
            "avatar": None,
            "bot": user_id in self.bots,
        }

    def dm_with(self, person: str) -> Channel:
        for channel in self.channels.values():
            if channel.person == person:
                return channel
        channel = Channel(self.new_id(), DM, person)
        self.channels[channel.id] = channel
        return channel

    def channel_json(self, channel: Channel) -> Json:
        payload: Json = {"id": channel.id, "type": channel.type, "last_message_id": None}
        if channel.person is not None:
            payload["recipients"] = [self.user(channel.person)]
        if channel.type == GUILD_TEXT:
            payload |= {"name": "music", "position": 0, "permission_overwrites": [], "nsfw": False}
            payload |= {"guild_id": channel.guild_id}
        if channel.type == GROUP_DM:
            payload |= {"recipients": [], "name": None, "icon": None, "owner_id": PERSON_ID}
        return payload

    # ---- messages

    async def add_message(
        self,
        channel: Channel,
        body: Json,
        *,
        author: str = BOT_ID,
        viewer: str | None = None,
        files: Sequence[tuple[str, bytes]] = (),
    ) -> Message:
        payload: Json = {
            "id": self.new_id(),
            "channel_id": channel.id,
            "type": 0,
            "author": self.user(author),
            "timestamp": TIMESTAMP,
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "pinned": False,
            "content": body.get("content") or "",
            "embeds": [{"type": "rich", **embed} for embed in body.get("embeds") or ()],
            "components": body.get("components") or [],
            "flags": body.get("flags") or 0,
            "attachments": [self.attachment(name, content) for name, content in files],
        }
        message = Message(payload, viewer)
        self.messages[payload["id"]] = message
        await self.touch(message)
        return message

    async def change_message(
        self, message: Message, body: Json, files: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        payload = message.payload
        payload["flags"] &= ~LOADING
        for name in ("content", "embeds", "components"):
            if name in body:
                payload[name] = body[name] or ("" if name == "content" else [])
        if "attachments" in body:
            payload["attachments"] = [self.attachment(name, content) for name, content in files]
        payload["edited_timestamp"] = TIMESTAMP
        await self.touch(message)

    async def delete_message(self, message_id: str) -> None:
        if self.messages.pop(message_id, None) is None:
            raise UNKNOWN_MESSAGE
        await self.touch(None)

    async def touch(self, message: Message | None) -> None:
        async with self.changed:
            self.revision += 1
            if message is not None:
                message.revision = self.revision
            self.changed.notify_all()

    def message_in(self, channel: Channel, message_id: str) -> Message:
        message = self.messages.get(message_id)
        if message is None or message.payload["channel_id"] != channel.id or message.viewer:
            raise UNKNOWN_MESSAGE
        return message

    def attachment(self, name: str, content: bytes) -> Json:
        key = f"{self.new_id()}/{name}"
        self.files[key] = content
        url = f"{self.cdn_url}/{key}"
        return {
            "id": key.split("/", maxsplit=1)[0],
            "filename": name,
            "size": len(content),
            "url": url,
            "proxy_url": url,
            "content_type": "application/octet-stream",
        }

    # ---- interactions

    def interaction_json(
        self, kind: int, channel: Channel, user: str, data: Json, message: Message | None = None
    ) -> Json:
        interaction = Interaction(self.new_id(), f"token{self.new_id()}", kind, channel, user)
        self.interactions[interaction.token] = interaction
        payload: Json = {
            "id": interaction.id,
            "application_id": APPLICATION_ID,
            "type": kind,
            "data": data,
            "channel": self.channel_json(channel),
            "channel_id": channel.id,
            "token": interaction.token,
            "version": 1,
            "locale": self.locale,
            "attachment_size_limit": 10 * 1024 * 1024,
            "authorizing_integration_owners": {"1": user},
            "context": CONTEXTS[channel.type],
            "entitlements": [],
            "app_permissions": "0",
        }
        if channel.type == GUILD_TEXT:
            payload["guild_id"] = channel.guild_id
            payload["guild"] = {"id": channel.guild_id, "locale": "en-US", "features": []}
            payload["member"] = {
                "user": self.user(user),
                "roles": [],
                "joined_at": TIMESTAMP,
                "permissions": "0",
                "deaf": False,
                "mute": False,
                "flags": 0,
            }
        else:
            payload["user"] = self.user(user)
        if message is not None:
            payload["message"] = message.payload
            # What answers a press stands in for the message under which it happened.
            interaction.original_id = message.payload["id"]
        return payload
