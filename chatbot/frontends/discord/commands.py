"""Slash commands, built from the conversation's own table."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol, cast

import discord
from discord import app_commands

from chatbot.conversation import file_replies, platform_replies
from chatbot.conversation.messages import CommandSpec, OptionSpec, PartSpec
from chatbot.frontends.discord import markup
from chatbot.frontends.discord.translating import CatalogueTranslator
from chatbot.services.completion import Suggestion

log = logging.getLogger(__name__)

FILE_OPTIONS = ("file", "file2", "file3", "file4", "file5")
PRIVATE_OPTION = "private"
DESCRIPTION_CHARACTERS = 100
CHOICES, CHOICE_UNITS = 25, 100
EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
EVERY_INSTALL = app_commands.AppInstallationType(guild=True, user=True)

Interaction = discord.Interaction[Any]
Files = Sequence[discord.Attachment]


class Receiver(Protocol):
    """Takes what people do with the commands."""

    def receive_slash(
        self, interaction: Interaction, name: str, argument: str, files: Files, *, private: bool
    ) -> None:
        """Takes a slash command; with `private` the person wants to be the only one to see."""

    async def ask_for_files(self, interaction: Interaction, name: str) -> None:
        """Opens the form for the files of a command that came without."""

    def receive_posted_files(
        self, interaction: Interaction, name: str, message: discord.Message
    ) -> None:
        """Takes the files of a message that somebody pointed to."""

    async def suggest(self, interaction: Interaction, text: str) -> list[Suggestion]:
        """Ways to go on with what is being typed."""


class BotTree(app_commands.CommandTree[Any]):
    """A command tree that answers also what it doesn't know (a menu older than the bot)."""

    def __init__(self, client: discord.Client, receiver: Receiver) -> None:
        super().__init__(client, allowed_contexts=EVERYWHERE, allowed_installs=EVERY_INSTALL)
        self._receiver = receiver

    async def speak_all_languages(self) -> None:
        """Shows each person the descriptions of the commands in the language of their Discord."""
        await self.set_translator(CatalogueTranslator())

    async def on_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /
    ) -> None:
        """Hands on the bare name where discord.py finds no fitting command; logs anything else."""
        stale = (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)
        if isinstance(error, stale) and interaction.type is discord.InteractionType.autocomplete:
            return  # the menu is older than the bot, and nothing was sent yet
        if isinstance(error, stale) and not interaction.response.is_done():
            data = cast("Mapping[str, Any]", interaction.data or {})
            name = str(data.get("name", ""))
            self._receiver.receive_slash(interaction, name, "", (), private=False)
        else:
            log.error("command of interaction %s failed", interaction.id, exc_info=error)


def add_commands(tree: BotTree, table: tuple[CommandSpec, ...], receiver: Receiver) -> None:
    """Adds a slash command for each row of the table, and what is reached from a message."""
    for spec in table:
        tree.add_command(_build(spec, receiver))
        if spec.takes_files:
            tree.add_command(_build_message_command(spec, receiver))


async def sync_if_changed(tree: BotTree) -> bool:
    """Tells Discord the commands where they differ from what it has; says whether they did.

    Discord counts creations (200 a day), so an unchanged table costs one question only. Discord's
    own list is asked rather than a hash of an earlier one kept: it cannot be out of date.
    """
    application_id = tree.client.application_id
    assert application_id is not None
    # discord.py 2.7.1's own `fetch_commands` loses a context and an install type on the way.
    # It cannot be asked for translations either.
    address = discord.http.Route(
        "GET", "/applications/{application_id}/commands", application_id=application_id
    )
    raw = await tree.client.http.request(address, params={"with_localizations": "true"})
    translator = tree.translator or app_commands.Translator()
    known = [_essence(command) for command in raw]
    wanted = [
        _essence(await command.get_translated_payload(tree, translator))
        for command in tree.get_commands(type=None)
    ]
    if sorted(known, key=itemgetter("name")) == sorted(wanted, key=itemgetter("name")):
        return False
    await tree.sync()
    return True


def choices_of(suggestions: Sequence[Suggestion]) -> list[app_commands.Choice[str]]:
    """At most 25 choices; of a long list of songs the end is shown, which is what is new."""
    return [
        app_commands.Choice(
            name=markup.clip_start(markup.clean(one.label), CHOICE_UNITS), value=one.text
        )
        for one in suggestions[:CHOICES]
        if markup.units(one.text) <= CHOICE_UNITS
    ]


def _build(spec: CommandSpec, receiver: Receiver) -> app_commands.Command[Any, Any, Any]:
    async def callback(interaction: discord.Interaction[Any], **given: Any) -> None:
        files = tuple(file for name in FILE_OPTIONS if (file := given.get(name)) is not None)
        if spec.takes_files and not files:
            await receiver.ask_for_files(interaction, spec.name)
            return
        private = bool(given.get(PRIVATE_OPTION))
        argument = _argument(spec, given, _old_argument(spec, interaction))
        receiver.receive_slash(interaction, spec.name, argument, files, private=private)

    # discord.py reads a command's options from its callback's signature.
    parameters = _parameters(spec)
    callback.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameter for parameter, _ in parameters]
    )
    describe = app_commands.describe(
        **{
            parameter.name: description[:DESCRIPTION_CHARACTERS]
            for parameter, description in parameters[1:]
        }
    )
    described = app_commands.choices(
        **{option.name: _choices(option) for option in spec.options if option.values}
    )(describe(callback))
    command: app_commands.Command[Any, Any, Any] = app_commands.Command(
        name=spec.name,
        description=spec.description[:DESCRIPTION_CHARACTERS],
        callback=cast("Any", described),
    )

    async def complete(
        interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        return choices_of(await receiver.suggest(interaction, current))

    for field in _fields(spec):
        if field.is_suggested:
            command.autocomplete(field.name)(cast("Any", complete))
    return command


def _build_message_command(spec: CommandSpec, receiver: Receiver) -> app_commands.ContextMenu:
    async def callback(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        receiver.receive_posted_files(interaction, spec.name, message)

    return app_commands.ContextMenu(
        name=file_replies.IMPORT_POSTED_FILE, callback=cast("Any", callback)
    )


def _fields(spec: CommandSpec) -> tuple[PartSpec, ...]:
    """The text fields that the argument is written into."""
    if spec.parts or spec.takes_options_only or not spec.argument:
        return spec.parts
    described = spec.argument_description or spec.argument
    return (PartSpec(spec.argument, described, spec.argument_is_suggested),)


def _argument(spec: CommandSpec, given: Mapping[str, Any], old: str) -> str:
    """What is typed elsewhere: the argument, then the options as words."""
    words = [old, *(str(given.get(field.name) or "") for field in _fields(spec))]
    words += [
        # A word holds no space: 'America/New York' is America/New_York.
        f"{option.name}={'_'.join(str(given[option.name]).split())}"
        for option in spec.options
        if given.get(option.name) is not None
    ]
    return " ".join(word for word in words if word)


def _old_argument(spec: CommandSpec, interaction: Interaction) -> str:
    """The argument as one text, as a menu has it that is older than the command's fields."""
    is_field = any(field.name == spec.argument for field in _fields(spec))
    return "" if is_field else str(getattr(interaction.namespace, spec.argument, None) or "")


def _parameters(spec: CommandSpec) -> list[tuple[inspect.Parameter, str]]:
    """The parameters of a command's callback, each with its description."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD

    def optional(name: str, annotation: Any) -> inspect.Parameter:
        return inspect.Parameter(name, kind, annotation=annotation, default=None)

    parameters = [(inspect.Parameter("interaction", kind, annotation=discord.Interaction), "")]
    for field in _fields(spec):
        needed = inspect.Parameter(field.name, kind, annotation=str)
        shown = needed if spec.argument_required else optional(field.name, str | None)
        parameters.append((shown, field.description))
    parameters += [
        (optional(option.name, _type_of(option)), option.description) for option in spec.options
    ]
    if spec.takes_files:
        files = discord.Attachment | None
        parameters += [
            (optional(name, files), platform_replies.FILE_DESCRIPTION) for name in FILE_OPTIONS
        ]
    if not spec.private_only and not spec.for_others:
        parameters.append(
            (optional(PRIVATE_OPTION, bool | None), platform_replies.PRIVATE_DESCRIPTION)
        )
    return parameters


def _type_of(option: OptionSpec) -> Any:
    if option.values or option.least is None:
        return str | None  # with choices, see `_choices`, or free
    return app_commands.Range[int, option.least, option.most] | None


def _choices(option: OptionSpec) -> list[app_commands.Choice[str]]:
    return [
        app_commands.Choice(name=app_commands.locale_str(shown), value=value)
        for value, shown in zip(option.values, option.shown or option.values, strict=True)
    ]


def _translations(named: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What stands in other languages: (which, language, words)."""
    return sorted(
        (field, language, words)
        for field in ("name_localizations", "description_localizations")
        for language, words in (named.get(field) or {}).items()
    )


def _essence(command: Mapping[str, Any]) -> dict[str, Any]:
    """What the table decides about a command, whichever side it comes from."""
    return {
        "name": command["name"],
        "type": command.get("type", 1),
        "description": command.get("description") or "",
        "translated": _translations(command),
        "contexts": sorted(command.get("contexts") or ()),
        "integration_types": sorted(command.get("integration_types") or ()),
        "options": [
            (
                option["name"],
                option["type"],
                option["description"],
                _translations(option),
                bool(option.get("required")),
                bool(option.get("autocomplete")),
                option.get("min_value"),
                option.get("max_value"),
                [
                    (choice["value"], _translations(choice))
                    for choice in option.get("choices") or ()
                ],
            )
            for option in command.get("options") or ()
        ],
    }
