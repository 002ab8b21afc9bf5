"""The few words that only Telegram needs; everything else is worded by the conversation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """Sentences in plain text."""

    answer_in_private: str = (
        "The answer is for your eyes only, and I may not write to you yet. Open our private chat, "
        "press 'Start', and ask me there."
    )
    anonymous: str = (
        "You write anonymously here, so I cannot tell whose music is asked for. Ask me in our "
        "private chat, or write as yourself."
    )
    private_chat: str = "Open the private chat"
    """The label of the button below these two."""
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
