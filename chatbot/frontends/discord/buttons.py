"""Buttons that survive a restart: what they do stands in their id, not in the bot's memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self, cast

import discord

from chatbot.conversation.messages import Button, ButtonStyle
from chatbot.frontends.discord import markup

if TYPE_CHECKING:
    from chatbot.frontends.discord.client import BotClient

LABEL_UNITS = 80
CUSTOM_ID_UNITS = 100
STYLES = {
    ButtonStyle.PRIMARY: discord.ButtonStyle.primary,
    ButtonStyle.SECONDARY: discord.ButtonStyle.secondary,
    ButtonStyle.DANGER: discord.ButtonStyle.danger,
}
_TEMPLATE = re.compile(r"command:(?P<name>[^:]*):(?P<argument>.*)", re.DOTALL)


class CommandButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=_TEMPLATE):
    """A button whose press is a command."""

    def __init__(self, button: discord.ui.Button[Any], name: str, argument: str) -> None:
        super().__init__(button)
        self.name = name
        self.argument = argument

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py's signature
        item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """Builds the pressed button anew from its id."""
        return cls(cast("discord.ui.Button[Any]", item), match["name"], match["argument"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Gives the command on behalf of whoever pressed."""
        client = cast("BotClient", interaction.client)
        client.receive_press(interaction, self.name, self.argument)


def custom_id(button: Button) -> str:
    """What Discord hands back when the button is pressed.

    Raises:
        ValueError: name and argument are longer than the conversation promises.
    """
    identity = f"command:{button.name}:{button.argument}"
    if ":" in button.name or markup.units(identity) > CUSTOM_ID_UNITS:
        raise ValueError(
            f"a button's name (without ':') and argument must fit into {CUSTOM_ID_UNITS} "
            f"characters with 'command::', got {identity!r}: put an id into the argument"
        )
    return identity


def view_of(rows: tuple[tuple[Button, ...], ...]) -> discord.ui.View:
    """The rows as discord.py wants them.

    The view is stopped before it is sent: discord.py then keeps nothing of it in memory, and sets
    no timer for private messages. Presses find `CommandButton` by its template.
    """
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(rows):
        for button in row:
            label = markup.clip(markup.clean(button.label) or button.name, LABEL_UNITS)
            item: discord.ui.Button[Any] = discord.ui.Button(
                label=label, style=STYLES[button.style], custom_id=custom_id(button), row=number
            )
            view.add_item(CommandButton(item, button.name, button.argument))
    view.stop()
    return view
