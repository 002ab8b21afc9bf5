"""What stands behind a loopback Bot API server: people, chats, messages, files, updates."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chatbot.loopback.telegram_html import parse, utf16_units

BOT_ID, BOT_NAME = 7000001, "songnet_bot"
DATE = 1_790_000_000


@dataclass(frozen=True)
class Person:
    id: int
    name: str = "Ada"
    language: str = "en"
    username: str | None = None

    def to_json(self) -> dict[str, Any]:
        known = {
            "id": self.id,
            "is_bot": False,
            "first_name": self.name,
            "language_code": self.language,
        }
        return known if self.username is None else known | {"username": self.username}


BOT = {"id": BOT_ID, "is_bot": True, "first_name": "songnet", "username": BOT_NAME}


@dataclass
class Sent:
    """A message of the bot's as people see it now."""

    message_id: int
    chat_id: int
    text: str
    markup: str
    entities: list[dict[str, Any]]
    keyboard: list[list[dict[str, Any]]]
    document: tuple[str, bytes] | None = None
    """A file, or a photo, which is kept with the name under which it came."""
    is_photo: bool = False
    changed_at: int = 0
    edits: list[str] = field(default_factory=list)
    """Earlier texts."""
    reply_to: int | None = None
    thread_id: int | None = None

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [button for row in self.keyboard for button in row]

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(entity["url"] for entity in self.entities if "url" in entity)


@dataclass(frozen=True)
class StoredFile:
    name: str
    content: bytes
    path: str
    """Below the file server's root, or anywhere on this disk for a local server."""


class TelegramWorld:
    """Acts as people do, and keeps what the bot did; `changed` wakes whoever waits."""

    def __init__(self) -> None:
        self.messages: list[Sent] = []
        self.deleted: list[Sent] = []
        self.alerts: list[Sent] = []
        """What somebody alone saw for a moment who had pressed a button; their id is the chat's."""
        self.pressed_by: dict[str, int] = {}
        """Who pressed, by the query's id."""
        self.updates: list[dict[str, Any]] = []
        self.files: dict[str, StoredFile] = {}
        self.started: set[int] = set()
        """People whom the bot may write to."""
        self.closed_chats: set[int] = set()
        """Chats that blocked or removed the bot."""
        self.groups: dict[int, dict[str, Any]] = {}
        self.migrated: dict[int, int] = {}
        self.offered: dict[str, list[dict[str, Any]]] = {}
        """What was offered, by the inline query's id."""
        self.inline: dict[str, Sent] = {}
        """Messages that people sent through inline mode, by their inline message id."""
        self.changes = 0
        self._waiting: asyncio.Condition = asyncio.Condition()
        self._numbers = itertools.count(1)

    # ---- people

    def say(self, person: Person, text: str, *, chat_id: int | None = None, **more: Any) -> int:
        """Somebody writes, in the private chat or in a group; returns the message's id."""
        message: dict[str, Any] = {"text": text}
        if text.startswith("/"):
            length = utf16_units(text.split(maxsplit=1)[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return self._incoming(person, chat_id, message | more)

    def send_file(
        self,
        person: Person,
        name: str | None,
        content: bytes,
        *,
        chat_id: int | None = None,
        claimed_size: int | None = None,
        path: str | None = None,
        album: str | None = None,
        **more: Any,
    ) -> str:
        """Somebody sends a document; returns its file id.

        `claimed_size` stands in for the real one; files of one `album` are sent together.
        """
        number = next(self._numbers)
        file_id = f"file-{number}"
        self.files[file_id] = StoredFile(
            name or "", content, path or f"documents/file_{number}.bin"
        )
        document: dict[str, Any] = {
            "file_id": file_id,
            "file_unique_id": f"unique-{number}",
            "file_size": claimed_size if claimed_size is not None else len(content),
        }
        if name is not None:
            document["file_name"] = name
        if album is not None:
            more["media_group_id"] = album
        self._incoming(person, chat_id, {"document": document} | more)
        return file_id

    def press(self, person: Person, message: Sent, label: str) -> str:
        """Somebody presses a button; returns the query's id."""
        button = next(button for button in message.buttons if button["text"] == label)
        query_id = str(next(self._numbers))
        pressed = {
            "message_id": message.message_id,
            "date": DATE,
            "chat": self.chat(message.chat_id),
            "from": BOT,
            "text": message.text,
        }
        if message.thread_id is not None:
            pressed |= {"message_thread_id": message.thread_id, "is_topic_message": True}
        query = {
            "id": query_id,
            "from": person.to_json(),
            "message": pressed,
            "chat_instance": "1",
            "data": button["callback_data"],
        }
        self.pressed_by[query_id] = person.id
        self.add_update({"callback_query": query})
        return query_id

    def type_inline(self, person: Person, text: str) -> str:
        """Somebody types '@bot text' in any chat; returns the query's id."""
        query_id = str(next(self._numbers))
        query = {"id": query_id, "from": person.to_json(), "query": text, "offset": ""}
        self.add_update({"inline_query": query})
        return query_id

    def choose(self, query_id: str, number: int = 0, *, told_by: Person | None = None) -> str:
        """The person sends one of the offers into a chat without the bot.

        The bot is told by whom, if its owner asked for inline feedback.
        """
        offer = self.offered[query_id][number]
        text, entities = parse(offer["input_message_content"]["message_text"])
        keyboard = offer.get("reply_markup", {}).get("inline_keyboard", [])
        entities_json = [entity.to_json() for entity in entities]
        markup = offer["input_message_content"]["message_text"]
        inline_id = f"inline-{next(self._numbers)}"
        self.inline[inline_id] = Sent(0, 0, text, markup, entities_json, keyboard)
        if told_by is not None:
            chosen = {"result_id": offer["id"], "from": told_by.to_json(), "query": ""}
            self.add_update({"chosen_inline_result": chosen | {"inline_message_id": inline_id}})
        return inline_id

    def press_inline(self, person: Person, inline_id: str, label: str) -> None:
        """Somebody presses a button below such a message."""
        buttons = self.inline[inline_id].buttons
        button = next(button for button in buttons if button["text"] == label)
        query_id = str(next(self._numbers))
        self.pressed_by[query_id] = person.id
        query = {
            "id": query_id,
            "from": person.to_json(),
            "inline_message_id": inline_id,
            "chat_instance": "1",
            "data": button["callback_data"],
        }
        self.add_update({"callback_query": query})

    def add_group(self, chat_id: int, kind: str = "supergroup") -> int:
        self.groups[chat_id] = {"id": chat_id, "type": kind, "title": "Friends"}
        return chat_id

    def chat(self, chat_id: int) -> dict[str, Any]:
        if chat_id < 0:
            return self.groups[chat_id]
        return {"id": chat_id, "type": "private", "first_name": "Ada"}

    def add_update(self, content: dict[str, Any]) -> None:
        self.updates.append({"update_id": next(self._numbers), **content})
        self.change()

    def _incoming(self, person: Person, chat_id: int | None, content: dict[str, Any]) -> int:
        if chat_id is None:
            self.started.add(person.id)
        message_id = next(self._numbers)
        message = {
            "message_id": message_id,
            "date": DATE,
            "chat": self.chat(chat_id if chat_id is not None else person.id),
            "from": person.to_json(),
        }
        self.add_update({"message": message | content})
        return message_id

    # ---- the bot

    def add_message(self, sent: Sent) -> Sent:
        self.messages.append(sent)
        self.change(sent)
        return sent

    def show_alert(self, query_id: str, text: str) -> None:
        alert = Sent(self.next_number(), self.pressed_by[query_id], text, text, [], [])
        self.alerts.append(alert)
        self.change(alert)

    def next_number(self) -> int:
        return next(self._numbers)

    def find(self, chat_id: int, message_id: int) -> Sent | None:
        return next(
            (m for m in self.messages if (m.chat_id, m.message_id) == (chat_id, message_id)), None
        )

    def delete(self, message: Sent) -> None:
        self.messages.remove(message)
        self.deleted.append(message)

    def in_chat(self, chat_id: int) -> list[Sent]:
        return [message for message in self.messages if message.chat_id == chat_id]

    # ---- waiting

    def change(self, message: Sent | None = None) -> None:
        self.changes += 1
        if message is not None:
            message.changed_at = self.changes
        self._wake = asyncio.ensure_future(self._notify())

    async def _notify(self) -> None:
        async with self._waiting:
            self._waiting.notify_all()

    async def wait_until(self, holds: Callable[[], Any], timeout_seconds: float = 20) -> Any:
        """Returns the first truthy value of `holds`; fails after the time."""
        async with asyncio.timeout(timeout_seconds), self._waiting:
            return await self._waiting.wait_for(holds)
