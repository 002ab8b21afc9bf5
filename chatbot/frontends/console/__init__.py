"""The chat in a terminal, or over a pipe."""

from chatbot.frontends.console.front_end import ConsoleFrontEnd

__all__ = ["ConsoleFrontEnd"]
