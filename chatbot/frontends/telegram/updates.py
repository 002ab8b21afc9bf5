"""Telegram's updates as what they mean to the bot (pure)."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from telegram import CallbackQuery, Document, Message, MessageEntity, Update, User
from telegram.constants import ChatType

from chatbot.conversation.messages import Actor, Command, MessageRef, Place, Platform
from chatbot.frontends.telegram.rendering import parse_callback_data
from chatbot.frontends.telegram.sending import INLINE_CHAT, Address
from chatbot.frontends.telegram.text import one_line

_COMMAND = re.compile(r"/(?P<name>[^\s/@]+)(?:@(?P<bot>\w+))?(?:\s+(?P<argument>.*))?", re.DOTALL)
IMPORT = "import"
CHOSEN = "chosen"
"""An offer was sent into a chat; Telegram tells where its owner asked for 'inline feedback'."""


@dataclass(frozen=True)
class Heard:
    """A command, or text for the bot."""

    command: Command
    address: Address
    actor_id: int
    pressed_id: int | None = None
    """The message whose button was pressed, if one was."""


@dataclass(frozen=True)
class Posted:
    """A file in the private chat; more may belong to it. One message has one."""

    message_id: int
    document: Document = field(compare=False)
    heard: Heard = field(compare=False)
    """The import, still without its files."""


@dataclass(frozen=True)
class Anonymous:
    """A command of somebody who hides behind a group or a channel: there is no actor."""

    address: Address


Incoming = Heard | Posted | Anonymous


@dataclass(frozen=True)
class Reader:
    """Reads updates for one bot."""

    bot_id: int
    bot_name: str
    commands: AbstractSet[str]
    """Every name and alias of the command table."""

    def read(self, update: Update) -> Incoming | None:
        """What an update means; None for what is none of the bot's business."""
        if update.callback_query is not None:
            return self._read_press(update.callback_query)
        if update.message is not None:
            return self._read_message(update.message)
        if update.chosen_inline_result is not None:
            chosen = update.chosen_inline_result
            heard = _heard(CHOSEN, chosen.result_id, chosen.from_user, Address(chosen.from_user.id))
            return _below(heard, None, chosen.inline_message_id)
        return None

    def _read_press(self, query: CallbackQuery) -> Heard | None:
        if not query.data:
            return None
        name, argument = parse_callback_data(query.data)
        if query.message is None:
            address = Address(query.from_user.id)
        elif query.message.chat.type == ChatType.PRIVATE:
            address = Address(query.message.chat.id)
        else:
            pressed = query.message
            thread_id = _thread_id(pressed) if isinstance(pressed, Message) else None
            address = Address(pressed.chat.id, thread_id, reply_to=pressed.message_id)
        heard = _heard(name, argument, query.from_user, address)
        pressed_id = query.message.message_id if query.message is not None else None
        return _below(heard, pressed_id, query.inline_message_id)

    def _read_message(self, message: Message) -> Incoming | None:
        is_private = message.chat.type == ChatType.PRIVATE
        if is_private:
            address = Address(message.chat.id)
        else:
            address = Address(message.chat.id, _thread_id(message), reply_to=message.message_id)
        said = self._read_private(message) if is_private else self._read_group(message)
        if said is None:
            return None
        user = message.from_user
        if user is None or user.is_bot or (message.sender_chat is not None and not is_private):
            return Anonymous(address)
        heard = _heard(*said, user, address, self._bots(message))
        if is_private and message.document is not None:
            return Posted(message.message_id, message.document, heard)
        return heard

    def _read_private(self, message: Message) -> tuple[str, str] | None:
        """The command's name and argument: everything in a private chat is for the bot."""
        if message.document is not None:
            return IMPORT, ""
        text = _words(message)
        if text is None:
            # A photo or a voice message deserves an answer; a pinned message or a new title none.
            return ("", "") if message.effective_attachment is not None else None
        parsed = _COMMAND.fullmatch(text.strip())
        if parsed is None:
            return "", text.strip()
        return self._named(parsed) if self._is_addressed(parsed) else None

    def _read_group(self, message: Message) -> tuple[str, str] | None:
        """The same for a group, where most of what is said is for others."""
        text = (_words(message) or "").strip()
        parsed = _COMMAND.fullmatch(text)
        if parsed is not None:
            name, argument = self._named(parsed)
            known = parsed["bot"] is not None or name in self.commands
            if not known or not self._is_addressed(parsed):
                return None
            return (IMPORT, "") if message.document is not None else (name, argument)
        mention = f"@{self.bot_name}"
        is_mentioned = text[: len(mention)].lower() == mention.lower()
        if message.document is not None:
            return (IMPORT, "") if is_mentioned or self._is_answer(message) else None
        if is_mentioned and text[len(mention) :][:1] in ("", " ", "\n", ",", ":"):
            return "", text[len(mention) :].lstrip(" ,:\n")
        return None

    def _bots(self, message: Message) -> frozenset[str]:
        """This bot, and those who are mentioned by number; of a name Telegram does not tell."""
        mentioned = [each.user for each in (*message.entities, *message.caption_entities)]
        bots = {f"<@{user.id}>" for user in mentioned if user is not None and user.is_bot}
        return frozenset({f"<@{self.bot_id}>", f"@{self.bot_name.casefold()}", *bots})

    def _named(self, parsed: re.Match[str]) -> tuple[str, str]:
        name, argument = parsed["name"].lower(), (parsed["argument"] or "").strip()
        if name == "start" and name not in self.commands:
            # Telegram's own first word, with a link's payload as its argument.
            return "help", ""
        return name, argument

    def _is_addressed(self, parsed: re.Match[str]) -> bool:
        bot = parsed["bot"]
        return bot is None or bot.lower() == self.bot_name.lower()

    def _is_answer(self, message: Message) -> bool:
        answered = message.reply_to_message
        return (
            answered is not None
            and answered.from_user is not None
            and answered.from_user.id == self.bot_id
        )


def _heard(
    name: str,
    argument: str,
    user: User,
    address: Address,
    bots: frozenset[str] = frozenset(),
) -> Heard:
    actor = Actor(
        Platform.TELEGRAM, str(user.id), user.language_code, user.username, one_line(user.full_name)
    )
    place = Place(Platform.TELEGRAM, str(address.chat_id), address.is_private)
    return Heard(Command(name, argument, actor, place, bots=bots), address, user.id)


def _below(heard: Heard, pressed_id: int | None, inline_id: str | None) -> Heard:
    """The same, heard below a message."""
    ref = None
    if pressed_id is not None:
        ref = MessageRef(Platform.TELEGRAM, str(heard.address.chat_id), str(pressed_id))
    elif inline_id is not None:
        ref = MessageRef(Platform.TELEGRAM, INLINE_CHAT, inline_id)
    return replace(heard, command=replace(heard.command, pressed=ref), pressed_id=pressed_id)


def _words(message: Message) -> str | None:
    """What was written; people without a user name, mentioned by number, as `<@id>`."""
    text = message.text or message.caption
    entities = message.entities if message.text else message.caption_entities
    people = [each for each in entities if each.type == MessageEntity.TEXT_MENTION and each.user]
    if text is None or not people:
        return text
    written = text.encode("utf-16-le", "surrogatepass")  # in whose units Telegram counts
    for entity in sorted(people, key=lambda entity: -entity.offset):
        assert entity.user is not None
        start, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
        person = f" <@{entity.user.id}> ".encode("utf-16-le")
        written = written[:start] + person + written[end:]
    return written.decode("utf-16-le", "surrogatepass")


def _thread_id(message: Message) -> int | None:
    return message.message_thread_id if message.is_topic_message else None
