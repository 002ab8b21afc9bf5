"""Slash commands, built from the conversation's own table."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, cast

import discord
from discord import app_commands

from chatbot.conversation.messages import CommandSpec

log = logging.getLogger(__name__)

FILE_OPTIONS = ("file", "file2", "file3", "file4", "file5")
FILE_DESCRIPTION = "A file: the zip that you were sent, or one of the files in it"
DESCRIPTION_CHARACTERS = 100
EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
EVERY_INSTALL = app_commands.AppInstallationType(guild=True, user=True)

Receive = Callable[["discord.Interaction[Any]", str, str, "tuple[discord.Attachment, ...]"], None]
"""Takes a slash command: the interaction, the name, the argument, the files."""


class BotTree(app_commands.CommandTree[Any]):
    """A command tree that answers also what it doesn't know (a menu older than the bot)."""

    def __init__(self, client: discord.Client, receive: Receive) -> None:
        super().__init__(client, allowed_contexts=EVERYWHERE, allowed_installs=EVERY_INSTALL)
        self._receive = receive

    async def on_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /
    ) -> None:
        """Hands on the bare name where discord.py finds no fitting command; logs anything else."""
        stale = (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)
        if isinstance(error, stale) and not interaction.response.is_done():
            data = cast("Mapping[str, Any]", interaction.data or {})
            self._receive(interaction, str(data.get("name", "")), "", ())
        else:
            log.error("command of interaction %s failed", interaction.id, exc_info=error)


def add_commands(tree: BotTree, table: tuple[CommandSpec, ...], receive: Receive) -> None:
    """Adds a slash command for each row of the table."""
    for spec in table:
        tree.add_command(_build(spec, receive))


async def sync_if_changed(tree: BotTree) -> bool:
    """Tells Discord the commands where they differ from what it has; says whether they did.

    Discord counts creations (200 a day), so an unchanged table costs one question only.
    """
    application_id = tree.client.application_id
    assert application_id is not None
    # discord.py 2.7.1's own `fetch_commands` loses a context and an install type on the way.
    raw = await tree.client.http.get_global_commands(application_id)
    known = [_essence(cast("Mapping[str, Any]", command)) for command in raw]
    wanted = [_essence(command.to_dict(tree)) for command in tree.get_commands()]
    if sorted(known, key=itemgetter("name")) == sorted(wanted, key=itemgetter("name")):
        return False
    await tree.sync()
    return True


def _build(spec: CommandSpec, receive: Receive) -> app_commands.Command[Any, Any, Any]:
    async def callback(interaction: discord.Interaction[Any], **options: Any) -> None:
        argument = options.pop(spec.argument, None) or ""
        files = tuple(file for file in options.values() if file is not None)
        receive(interaction, spec.name, argument, files)

    # discord.py reads a command's options from its callback's signature.
    callback.__signature__ = inspect.Signature(_parameters(spec))  # type: ignore[attr-defined]
    descriptions = dict.fromkeys(FILE_OPTIONS, FILE_DESCRIPTION) if spec.takes_files else {}
    if spec.argument:
        descriptions[spec.argument] = spec.argument_description or spec.argument
    described = app_commands.describe(
        **{name: text[:DESCRIPTION_CHARACTERS] for name, text in descriptions.items()}
    )
    return app_commands.Command(
        name=spec.name,
        description=spec.description[:DESCRIPTION_CHARACTERS],
        callback=cast("Any", described(callback)),
    )


def _parameters(spec: CommandSpec) -> list[inspect.Parameter]:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("interaction", kind, annotation=discord.Interaction)]
    if spec.argument and spec.argument_required:
        parameters.append(inspect.Parameter(spec.argument, kind, annotation=str))
    elif spec.argument:
        parameters.append(
            inspect.Parameter(spec.argument, kind, annotation=str | None, default=None)
        )
    if spec.takes_files:
        parameters += [
            inspect.Parameter(name, kind, annotation=discord.Attachment | None, default=None)
            for name in FILE_OPTIONS
        ]
    return parameters


def _essence(command: Mapping[str, Any]) -> dict[str, Any]:
    """What the table decides about a command, whichever side it comes from."""
    return {
        "name": command["name"],
        "type": command.get("type", 1),
        "description": command["description"],
        "contexts": sorted(command.get("contexts") or ()),
        "integration_types": sorted(command.get("integration_types") or ()),
        "options": [
            (option["name"], option["type"], option["description"], bool(option.get("required")))
            for option in command.get("options", ())
        ],
    }
