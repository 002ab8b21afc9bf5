"""Discord."""

from chatbot.frontends.discord.front_end import DiscordFrontEnd

__all__ = ["DiscordFrontEnd"]
