"""What the operator reads where Telegram refuses; people read what the conversation words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """Sentences in plain text."""

    webhook: str = "Telegram does not take SONGNET_TELEGRAM_WEBHOOK_URL. It says:"
    port: str = "SONGNET_TELEGRAM_WEBHOOK_PORT cannot be listened on:"
    refused: str = (
        "Telegram refuses TELEGRAM_TOKEN. Copy the token of your bot from @BotFather "
        "(/mybots -> your bot -> API Token) once more."
    )
    malformed: str = (
        "TELEGRAM_TOKEN does not look like a bot's token. Expected: digits, a colon and 30 or more "
        "letters, such as 123456789:AAF..., as @BotFather shows it."
    )
