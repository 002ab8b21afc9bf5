"""The menu of commands that Telegram shows beside the text field."""

from __future__ import annotations

from collections.abc import Iterable

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)

from chatbot.conversation.language import ENGLISH, _, languages, speaking
from chatbot.conversation.messages import CommandSpec


async def set_menu(bot: Bot, commands: Iterable[CommandSpec]) -> None:
    """Registers the commands for private chats and for groups in every language that we speak.

    Only where they have changed.

    Raises:
        TelegramError: Telegram cannot be reached, or refuses them.
    """
    commands = tuple(commands)
    scopes: tuple[tuple[BotCommandScope, list[CommandSpec]], ...] = (
        (BotCommandScopeAllPrivateChats(), list(commands)),
        (
            BotCommandScopeAllGroupChats(),
            [spec for spec in commands if spec.among_others or not spec.private_only],
        ),
    )
    for language in languages():
        code = None if language == ENGLISH else language  # English is for everybody else
        with speaking(language):
            for scope, specs in scopes:
                entries = [_entry(spec) for spec in specs]
                known = await bot.get_my_commands(scope=scope, language_code=code)
                if list(known) != entries:
                    await bot.set_my_commands(entries, scope=scope, language_code=code)


def _entry(spec: CommandSpec) -> BotCommand:
    return BotCommand(spec.name, _(spec.description))
