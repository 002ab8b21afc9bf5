"""The way back to whoever gave a command."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import discord

from chatbot.conversation import platform_replies
from chatbot.conversation.language import speaking
from chatbot.conversation.messages import (
    Message,
    MessageRef,
    MessageUndeliverable,
    Place,
    Platform,
    Progress,
)
from chatbot.frontends.discord.delivery import (
    TOKEN_SECONDS,
    UNREACHABLE,
    USER_MARK,
    Channel,
    Outbox,
)
from chatbot.frontends.discord.rendering import Page, render

log = logging.getLogger(__name__)

UNKNOWN_INTERACTION = 10062
ALREADY_ACKNOWLEDGED = 40060


class ChannelResponder:
    """Answers a message: what is sent goes into its channel. Implements `Responder`."""

    def __init__(self, outbox: Outbox, place: Place) -> None:
        self._outbox = outbox
        self._place = place

    async def send(self, message: Message) -> MessageRef:
        """Sends into the channel."""
        return await self._outbox.post(self._place.chat_id, message)

    async def replace(self, message: Message) -> None:
        """Sends into the channel: no button was pressed."""
        await self.send(message)

    async def publish(self, message: Message) -> MessageRef | None:
        """Refuses: these are direct messages."""
        del message
        raise MessageUndeliverable("nobody else reads in direct messages with the bot")

    async def finish(self) -> None:
        """Nothing stays open."""


class InteractionResponder:
    """Answers a slash command or a press. Implements `Responder`.

    Words go out as follow-ups while the interaction's token lives, for the actor's eyes only where
    that is asked for; later, or where Discord takes no more follow-ups, as ordinary messages. A
    `Progress` is an ordinary message from the start, since it outlives the token. What is private
    falls back to the private channel with the actor and never to a public one.
    """

    def __init__(
        self,
        outbox: Outbox,
        interaction: discord.Interaction[Any],
        place: Place,
        *,
        ephemeral: bool,
    ) -> None:
        self._outbox = outbox
        self._interaction = interaction
        self.place = place
        """Where the exchange takes place."""
        self._ephemeral = ephemeral
        """Follow-ups are for the actor's eyes only."""
        self._token_until = outbox.now() + TOKEN_SECONDS
        self._is_waiting = False
        """Discord shows 'thinking' until the first follow-up."""
        self._sent_elsewhere: MessageRef | None = None

    async def acknowledge(self) -> bool:
        """Tells Discord that the bot is on it; False where the person was told that it is not."""
        interaction = self._interaction
        is_press = interaction.type is discord.InteractionType.component
        try:
            await interaction.response.defer(
                ephemeral=self._ephemeral and not is_press, thinking=not is_press
            )
        except discord.HTTPException as error:
            if error.code in (UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED):
                # Too late, or another process has it: Discord has told the person already.
                log.warning("interaction %s dropped (code %s)", interaction.id, error.code)
                return False
            log.warning("interaction %s not acknowledged (HTTP %s)", interaction.id, error.status)
            self._token_until = 0.0
        except UNREACHABLE as error:
            log.warning(
                "interaction %s not acknowledged (%s)", interaction.id, type(error).__name__
            )
            self._token_until = 0.0
        else:
            self._is_waiting = not is_press
        return True

    async def send(self, message: Message) -> MessageRef:
        """Sends to the actor; see `Responder.send`."""
        if isinstance(message, Progress):
            return await self._send_durably(message)
        private = self._ephemeral or (message.private and not self.place.is_private)
        refs = [await self._send_page(page, private=private) for page in render(message)]
        return refs[0]

    async def replace(self, message: Message) -> None:
        """Edits the message whose button was pressed; see `Responder.replace`."""
        pressed = self._interaction.message
        if pressed is None or not self._token_is_alive:
            await self.send(message)
            return
        page = render(message)[-1]
        try:
            # To the interaction of a press, the pressed message is the original response.
            await self._outbox.change(self._original, pressed.id, page)
        except MessageUndeliverable:
            await self.send(message)

    async def publish(self, message: Message) -> MessageRef | None:
        """Sends into the channel, for everybody there; see `Responder.publish`."""
        if is_bot_chat(self._interaction) or not self._channel_address:
            raise MessageUndeliverable("nobody else reads in direct messages with the bot")
        refs = [await self._publish_page(page) for page in render(message)]
        return refs[0]

    async def finish(self, language: Callable[[], Awaitable[str]]) -> None:
        """Takes 'thinking' away where nothing was said; points to what was sent elsewhere.

        `language` tells in which one the pointer is worded, and is asked for that alone.
        """
        if not self._is_waiting or not self._token_is_alive:
            return
        with contextlib.suppress(discord.HTTPException, MessageUndeliverable, *UNREACHABLE):
            ref = self._sent_elsewhere
            if ref is not None and ref.chat_id != self._channel_address:
                address = f"https://discord.com/channels/@me/{ref.chat_id}/{ref.message_id}"
                with speaking(await language()):
                    (page,) = render(platform_replies.written_in_private(address))
                await self._follow_up(page, private=True)
            else:
                await self._interaction.delete_original_response()

    @property
    def _token_is_alive(self) -> bool:
        return self._outbox.now() < self._token_until

    @property
    def _channel_address(self) -> str:
        return str(self._interaction.channel_id or "")

    @property
    def _private_address(self) -> str:
        """Where the actor alone reads: the chat itself, or the private channel."""
        if self.place.is_private:
            return self.place.chat_id
        return f"{USER_MARK}{self._interaction.user.id}"

    async def _send_durably(self, message: Progress) -> MessageRef:
        try:
            ref = await self._outbox.post(self.place.chat_id, message)
        except MessageUndeliverable:
            if not self._token_is_alive:
                raise
            refs = [
                await self._follow_up(page, private=self._ephemeral) for page in render(message)
            ]
            return refs[0]
        self._sent_elsewhere = ref
        return ref

    async def _send_page(self, page: Page, *, private: bool) -> MessageRef:
        if self._token_is_alive:
            try:
                return await self._follow_up(page, private=private)
            except MessageUndeliverable:
                self._token_until = 0.0
        address = self._private_address if private else self.place.chat_id
        try:
            return await self._outbox.post_pages(address, [page])
        except MessageUndeliverable:
            if private or self.place.is_private:
                raise
            return await self._outbox.post_pages(self._private_address, [page])

    async def _publish_page(self, page: Page) -> MessageRef:
        if self._token_is_alive:
            try:
                return await self._follow_up(page, private=False)
            except MessageUndeliverable:
                self._token_until = 0.0
        return await self._outbox.post_pages(self._channel_address, [page])

    async def _follow_up(self, page: Page, *, private: bool) -> MessageRef:
        """Sends through the interaction's token."""
        if self._is_waiting and private is not self._ephemeral:
            # The first follow-up is as public as the waiting was, whatever it asks for.
            try:
                await self._interaction.delete_original_response()
            except (discord.HTTPException, *UNREACHABLE) as error:
                raise MessageUndeliverable("it cannot be sent to whom it is for") from error
            self._is_waiting = False
        channel = self._token_channel(private=private)
        if self._is_waiting and not page.shows_addresses:
            # What stands where 'thinking' stood can be said again where Discord's answer got lost;
            # a further message would be there twice.
            self._is_waiting = False
            message = await self._outbox.change(self._original, self._interaction.id, page)
        else:
            self._is_waiting = False
            message = await self._outbox.send(channel, page)
        address = self._private_address if private else self._channel_address
        return self._outbox.lend(address, message.id, channel, self._token_until)

    @property
    def _original(self) -> Channel:
        """The way to the interaction's own response, whatever number it has."""

        async def edit(_message_id: int = 0, **changes: Any) -> discord.Message:
            return await self._interaction.edit_original_response(**changes)

        return Channel(send=edit, edit=edit)

    def _token_channel(self, *, private: bool) -> Channel:
        webhook = self._interaction.followup

        async def send(**arguments: Any) -> discord.Message:
            return await webhook.send(**arguments, ephemeral=private, wait=True)

        return Channel(send=send, edit=webhook.edit_message)


def place_of(interaction: discord.Interaction[Any], *, ephemeral: bool) -> Place:
    """Where an interaction takes place.

    An exchange that only the actor sees takes place in the private channel with the actor, wherever
    the command was given: what is said later must not be said in public.
    """
    is_alone = is_bot_chat(interaction)
    can_share = interaction.channel_id is not None and not is_alone
    if ephemeral:
        address = f"{USER_MARK}{interaction.user.id}"
        return Place(Platform.DISCORD, address, is_private=True, can_share=can_share)
    address = str(interaction.channel_id)
    return Place(Platform.DISCORD, address, is_private=is_alone, can_share=can_share)


def is_bot_chat(interaction: discord.Interaction[Any]) -> bool:
    """Whether it comes from the direct messages between one person and the bot."""
    return interaction.guild_id is None and interaction.context.dm_channel
