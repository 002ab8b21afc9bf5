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

from chatbot.conversation.messages import CommandSpec


async def set_menu(bot: Bot, commands: Iterable[CommandSpec]) -> None:
    """Registers the commands for private chats and for groups, where they have changed.

    Raises:
        TelegramError: Telegram cannot be reached, or refuses them.
    """
    commands = tuple(commands)
    scopes: tuple[tuple[BotCommandScope, list[BotCommand]], ...] = (
        (BotCommandScopeAllPrivateChats(), [_entry(spec) for spec in commands]),
        (
            BotCommandScopeAllGroupChats(),
            [_entry(spec) for spec in commands if not spec.private_only],
        ),
    )
    for scope, entries in scopes:
        if list(await bot.get_my_commands(scope=scope)) != entries:
            await bot.set_my_commands(entries, scope=scope)


def _entry(spec: CommandSpec) -> BotCommand:
    return BotCommand(spec.name, spec.description)
