"""Telegram, through python-telegram-bot."""

from chatbot.frontends.telegram.front_end import TelegramFrontEnd
from chatbot.frontends.telegram.timing import Tempo
from chatbot.frontends.telegram.webhook import WebhookSettings

__all__ = ["TelegramFrontEnd", "Tempo", "WebhookSettings"]
