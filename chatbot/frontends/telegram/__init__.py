"""Telegram, through python-telegram-bot."""

from chatbot.frontends.telegram.front_end import TelegramFrontEnd

__all__ = ["TelegramFrontEnd"]
