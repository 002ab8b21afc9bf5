"""Gathered files as they are kept until their person says 'Start' (pure)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from telegram import Document

from chatbot.conversation.messages import Actor, Command, MessageRef, Place, Platform
from chatbot.frontends.telegram.sending import Address
from chatbot.frontends.telegram.updates import IMPORT, Heard, Posted


@dataclass(frozen=True)
class KeptFiles:
    """Files of one private chat."""

    files: tuple[Posted, ...]
    shown: MessageRef | None
    """The message about them; None before there is one."""


def to_json(kept: KeptFiles) -> dict[str, Any]:
    """What `from_json` makes the same files of."""
    actor = kept.files[0].heard.command.actor
    return {
        "person": asdict(actor) | {"platform": actor.platform.value},
        "chat_id": kept.files[0].heard.address.chat_id,
        "message_id": kept.shown.message_id if kept.shown is not None else None,
        "files": [
            {
                "message_id": file.message_id,
                "file_id": file.document.file_id,
                "unique_id": file.document.file_unique_id,
                "name": file.document.file_name,
                "size": file.document.file_size,
            }
            for file in kept.files
        ],
    }


def from_json(content: dict[str, Any]) -> KeptFiles:
    """The files again."""
    actor = Actor(**content["person"] | {"platform": Platform.TELEGRAM})
    chat_id: int = content["chat_id"]
    place = Place(Platform.TELEGRAM, str(chat_id), is_private=True)
    heard = Heard(Command(IMPORT, "", actor, place), Address(chat_id), int(actor.platform_id))
    files = [
        Posted(
            file["message_id"],
            Document(
                file["file_id"],
                file["unique_id"],
                file_name=file["name"],
                file_size=file["size"],
            ),
            heard,
        )
        for file in content["files"]
    ]
    message_id: str | None = content["message_id"]
    shown = None if message_id is None else MessageRef(Platform.TELEGRAM, str(chat_id), message_id)
    return KeptFiles(tuple(files), shown)
