"""What goes in and out of a conversation; no platform is known here.

In: a `Command` of an `Actor` in a `Place`, perhaps with `Attachment`s.
Out: `Reply`, `Progress` and `PlaylistCard`, which each front end renders natively. Text is plain:
the front ends escape it for their platform, and split it at line ends where it is too long.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from chatbot.services.completion import Suggestion
from chatbot.services.files import SentFile, SentFileUnavailable
from chatbot.services.gathered import GatheredService


class Platform(StrEnum):
    CONSOLE = "console"
    DISCORD = "discord"
    TELEGRAM = "telegram"


@dataclass(frozen=True)
class Actor:
    """Who speaks."""

    platform: Platform
    platform_id: str
    locale: str | None = None
    handle: str | None = None
    """The name by which others mention them, without the '@', where the platform has one."""
    name: str | None = None
    """What others call them there, where they can be mentioned without a handle."""


@dataclass(frozen=True)
class Place:
    """Where it is said."""

    platform: Platform
    chat_id: str
    is_private: bool
    """Nobody but the actor and the bot reads along."""
    can_share: bool = True
    """Others can be shown something from here: they are where it is said, or the platform lets
    people choose a chat to pass it on to."""


@dataclass(frozen=True)
class MessageRef:
    """The durable address of a message that the bot sent: it can be edited after a restart."""

    platform: Platform
    chat_id: str
    message_id: str


Attachment = SentFile
"""A file that an actor sent; nothing is downloaded before its `chunks` are read."""

AttachmentUnavailable = SentFileUnavailable
"""What `chunks` raises where the platform does not hand the file out."""


@dataclass(frozen=True)
class Command:
    """What an actor asks for."""

    name: str
    """Without the slash, lower case; `import` for files that came without a word; empty for text
    that is no command."""
    argument: str
    actor: Actor
    place: Place
    attachments: tuple[Attachment, ...] = ()
    pressed: MessageRef | None = None
    """The message whose button was pressed, where it can be changed later."""
    bots: frozenset[str] = frozenset()
    """Who is known to be no person, as people mention them (`<@id>`, or `@handle` in lower case):
    this bot, and those of whom the platform tells it."""


class ButtonStyle(StrEnum):
    PRIMARY = "primary"
    SECONDARY = "secondary"
    DANGER = "danger"


@dataclass(frozen=True)
class Button:
    """Pressing it is the same as giving the command.

    `name` and `argument` together take at most 60 bytes in UTF-8 (Telegram's callback data hold
    64), and they carry ids, never personal text.
    """

    label: str
    name: str
    argument: str = ""
    style: ButtonStyle = ButtonStyle.SECONDARY
    passed_on: str = ""
    """Where the platform lets people choose a chat to pass something on to (Telegram), pressing the
    button does that, with this text for the bot, and gives no command."""


@dataclass(frozen=True)
class Document:
    """A file for the actor."""

    name: str
    path: Path
    """Where it lies until it is sent; whoever made it deletes it after `Responder.send` returns."""


@dataclass(frozen=True)
class Reply:
    """Words."""

    text: str
    title: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    """Rows of buttons."""
    document: Document | None = None
    addressed: tuple[str, ...] = ()
    """People to whom it is said, as the actor mentioned them: `<@id>` or `@handle`."""
    private: bool = False
    """For the actor's eyes only; where a platform cannot do that, it goes to the private chat."""
    typed: tuple[str, ...] = ()
    """What people are to type of the text, as it stands there: commands with an argument. Where a
    platform makes a command of its first word alone (Telegram), the whole is there to be copied."""


@dataclass(frozen=True)
class Progress:
    """A message that grows: it is edited until `is_final`."""

    text: str
    """One line per stage, the current one last."""
    title: str = ""
    done: float | None = None
    """The share of the current stage that is done, in 0 ... 1; drawn as a bar."""
    is_final: bool = False
    buttons: tuple[tuple[Button, ...], ...] = ()
    typed: tuple[str, ...] = ()
    """See `Reply`."""


@dataclass(frozen=True)
class CardTrack:
    """A line of a playlist card."""

    position: int
    title: str
    artist: str
    url: str
    mark: str = ""
    """Stands in brackets behind it, and is explained in one of the card's notes."""


PAGE_DIGITS = 3
"""More pages has no card, and more digits no room in a button."""


@dataclass(frozen=True)
class Turning:
    """The way to the other pages of a card that is too long for one message of a platform."""

    name: str
    argument: str
    page: int = 0
    """Which page is shown, from 0; where there are fewer, the last."""

    def to(self, page: int, label: str) -> Button:
        """A button that shows another page: the same command, with the page's number at its end."""
        return Button(label, self.name, f"{self.argument} {page}")


def page_number(word: str) -> int:
    """The page in a button's argument; 0 where there is none that could be one."""
    return int(word) if word.isdecimal() and len(word) <= PAGE_DIGITS else 0


@dataclass(frozen=True)
class PlaylistCard:
    """A playlist: one message, whose pages can be turned where a platform cannot hold it whole."""

    title: str
    tracks: tuple[CardTrack, ...]
    seeds: tuple[CardTrack, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences below the list ('not found: ...')."""
    words: str = ""
    """One short sentence that stands beside the buttons, whichever page is shown."""
    buttons: tuple[tuple[Button, ...], ...] = ()
    turning: Turning | None = None
    """Without one, a card that is too long becomes several messages."""
    playlist_id: str = ""
    private: bool = False


Message = Reply | Progress | PlaylistCard


class Responder(Protocol):
    """The way back to the actor of one command."""

    async def send(self, message: Message) -> MessageRef | None:
        """Sends a message; returns the address under which it can be edited later.

        Of what takes several messages it is the first one's; a `Progress`, and a `PlaylistCard`
        that can be turned, are always one.

        Raises:
            MessageUndeliverable: the chat is gone or closed to the bot.
        """

    async def replace(self, message: Message) -> None:
        """Replaces the message whose button gave the command; sends it where that cannot be done.

        A button stands on the last part of a message that takes several. That part is replaced, by
        the last part of `message`.

        Raises:
            MessageUndeliverable: neither is possible.
        """

    async def publish(self, message: Message) -> MessageRef | None:
        """Sends a message for everybody in the chat in which the command was given.

        The one way out of a private exchange: for what the actor chose to share there. Returns
        what `send` does.

        Raises:
            MessageUndeliverable: nobody else reads in this chat, or it is closed to the bot.
        """


Answer = Callable[[Command, Responder], Awaitable[None]]
"""Answers one command; `Conversation` knows one for each name."""


class MessageUndeliverable(Exception):
    """The chat is gone, or closed to the bot, for good."""


class Messenger(Protocol):
    """Edits and posts without a command at hand: for what happens later."""

    async def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        """Replaces a message; posts it anew where it is gone. Returns where it stands now.

        Raises:
            MessageUndeliverable: neither is possible.
        """

    async def post(self, chat_id: str, message: Message) -> MessageRef:
        """Sends a new message into a chat.

        Raises:
            MessageUndeliverable: the chat is gone or closed to the bot.
        """

    async def overwrite(self, ref: MessageRef, message: Message) -> None:
        """Takes away what a message says: shows something else there, and nothing anywhere else.

        Raises:
            MessageUndeliverable: it is gone, or out of the bot's reach for good.
            ConnectionError: the platform cannot be reached just now.
        """


class CommandHandler(Protocol):
    """What a front end talks to: `Conversation` is the one that ships."""

    @property
    def gathered(self) -> GatheredService:
        """Where files are kept that wait for a person's word, if they come one by one."""

    async def handle(self, command: Command, responder: Responder) -> None:
        """Answers one command; never raises but `asyncio.CancelledError`."""

    async def language(self, actor: Actor) -> str:
        """In which language a front end's own sentences are said; raises only `CancelledError`."""

    async def suggest(
        self, actor: Actor, text: str, *, most: int, characters: int
    ) -> list[Suggestion]:
        """Ways to go on with an unfinished argument; never raises but `CancelledError`.

        Args:
            actor: who types.
            text: what stands there so far.
            most: so many at most.
            characters: the longest text that the platform takes.
        """

    async def offer(self, actor: Actor, text: str) -> list[Offer]:
        """Playlists that a person can put into a chat; never raises but `CancelledError`.

        Args:
            actor: who types.
            text: nothing, for the newest ones; a button's `passed_on`; or songs, for a new one.
        """


@dataclass(frozen=True)
class Offer:
    """A playlist that a person can put into a chat of theirs."""

    id: str
    """At most 64 characters."""
    card: PlaylistCard
    description: str
    """One line about it, for the person alone."""


@dataclass(frozen=True)
class OptionSpec:
    """A choice that people may make: the word `name=value` in a command's argument."""

    name: str
    description: str
    """At most 100 characters."""
    least: int | None = None
    most: int | None = None
    """With both bounds it takes a whole number."""
    values: tuple[str, ...] = ()
    """Else one of these words; without bounds or words, one that is written freely."""
    shown: tuple[str, ...] = ()
    """What a form shows in place of `values`, where it is not the same."""


@dataclass(frozen=True)
class PartSpec:
    """A piece of a command's argument, for platforms with a field for each."""

    name: str
    description: str
    """At most 100 characters."""
    is_suggested: bool = False
    """As `CommandSpec.argument_is_suggested`."""


@dataclass(frozen=True)
class CommandSpec:
    """A row of the command table, from which every front end builds its menu."""

    name: str
    description: str
    """At most 100 characters."""
    argument: str = ""
    """The argument's name, in one word; empty for none."""
    argument_description: str = ""
    argument_required: bool = False
    argument_is_suggested: bool = False
    """`CommandHandler.suggest` knows ways to go on with it, where a platform asks while one types.
    """
    parts: tuple[PartSpec, ...] = ()
    """The argument in pieces; a platform with a field for each writes them one after another."""
    options: tuple[OptionSpec, ...] = ()
    """A platform with a form for them writes the words itself."""
    takes_options_only: bool = False
    """The argument is nothing but options: a form for them has no further field for it."""
    takes_files: bool = False
    private_only: bool = False
    """Answered privately; asked for in a group, only the actor sees the answer."""
    among_others: bool = False
    """Of `private_only` ones: there is a use for it where others are, so that their menu has it."""
    for_others: bool = False
    """It is said to others, too: nobody is offered to be the only one who sees the answer."""
    aliases: tuple[str, ...] = field(default=())
