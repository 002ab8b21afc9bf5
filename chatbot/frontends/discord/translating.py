"""The menu of commands in every language that is spoken."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from chatbot.conversation.language import ENGLISH, _, closest, speaking
from chatbot.frontends.discord import markup

NAME_UNITS, DESCRIPTION_UNITS = 32, 100
_KEPT = (Location.command_name, Location.parameter_name)


class CatalogueTranslator(app_commands.Translator):
    """Descriptions, choices and entries of a message's menu, from the bot's own catalogues.

    The names of slash commands and of their options are the same in every language: the bot's
    sentences name them (`/playlist`, `length=30`).
    """

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The words in the locale's language; None for those in English."""
        language = closest(locale.value)
        is_menu_entry = isinstance(context.data, app_commands.ContextMenu)
        if language == ENGLISH or (context.location in _KEPT and not is_menu_entry):
            return None
        with speaking(language):
            words = _(string.message)
        most = NAME_UNITS if is_menu_entry else DESCRIPTION_UNITS
        return markup.clip(words, most) if words != string.message else None
