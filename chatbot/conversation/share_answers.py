"""Answers about shared playlists: sharing one, and the buttons that everybody may press."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from chatbot import logs
from chatbot.conversation import share_replies
from chatbot.conversation.language import speaking, spoken
from chatbot.conversation.messages import (
    Answer,
    Command,
    MessageUndeliverable,
    Responder,
    page_number,
)
from chatbot.conversation.retracting import Retracting
from chatbot.services.cards import CardService
from chatbot.services.errors import NotYours, UnknownPlaylist
from chatbot.services.newcomers import Newcomers
from chatbot.services.playlist_records import is_playlist_id
from chatbot.services.playlist_wish import PlaylistWish
from chatbot.services.sharing import SharedPlaylist, SharingService
from songnet.music import Track

TO_SHARE = 5
"""So many are offered for sharing."""


class ShareAnswers:
    """Answers what is shared; who may press what, the services decide."""

    def __init__(
        self,
        *,
        newcomers: Newcomers,
        cards: CardService,
        sharing: SharingService,
        retracting: Retracting,
        find_user: Callable[[Command], Awaitable[int | None]],
        make: Callable[
            [int | None, PlaylistWish, Sequence[Track], Command, Responder], Awaitable[None]
        ],
    ) -> None:
        """`find_user` says who asks; `make` answers with a playlist for a wish, or from songs."""
        self._newcomers = newcomers
        self._cards = cards
        self._sharing = sharing
        self._retracting = retracting
        self._user = find_user
        self._make = make
        self.answers: dict[str, Answer] = {
            "share": self._share,
            "taste": self._below_shared(self._taste),
            "vote": self._below_shared(self._vote),
            "turn": self._below_shared(self._turn),
            "chosen": self._chosen,
        }
        """By the name of the command or button."""

    def _below_shared(self, answer: Answer) -> Answer:
        """The same answer; what is pressed below a shared playlist that is gone takes that away."""

        async def answer_or_take_away(command: Command, responder: Responder) -> None:
            try:
                await answer(command, responder)
            except NotYours:
                raise
            except UnknownPlaylist:
                with speaking(share_replies.language_of(command.argument)):
                    card = share_replies.gone_card()
                await responder.replace(card)

        return answer_or_take_away

    async def _share(self, command: Command, responder: Responder) -> None:
        """A playlist for everybody here: its id, or its number among those that are offered."""
        user_id = await self._user(command)
        playlist_id = command.argument.strip()
        if not is_playlist_id(playlist_id):
            recent = await self._cards.recent(user_id, TO_SHARE) if user_id is not None else []
            number = int(playlist_id) if playlist_id.isdecimal() else 0
            if not 1 <= number <= len(recent):
                can_share = command.place.can_share
                await responder.send(share_replies.what_to_share(recent, can_share=can_share))
                return
            playlist_id = recent[number - 1].id
        shared = await self._sharing.share(user_id, playlist_id)
        try:
            ref = await responder.publish(share_replies.shared_card(shared))
        except MessageUndeliverable:
            await responder.send(share_replies.nobody_here())
        else:
            await self._retracting.share_stands(ref, shared.id, spoken())

    async def _taste(self, command: Command, responder: Responder) -> None:
        """Under a shared playlist: one's own version of it. '{share} {language}'."""
        share_id = _words(command)[0]
        user_id = await self._user(command)
        wish = await self._sharing.wish(share_id, user_id)
        await self._stands(share_id, command)
        songs = (await self._sharing.get(share_id)).tracks
        await self._make(user_id, wish, songs, command, responder)

    async def _vote(self, command: Command, responder: Responder) -> None:
        """'{share} up {page} {language}', or 'down'; older cards lack what stands at the end."""
        share_id, way, page, *_ = _words(command)
        if way not in {"up", "down"}:
            raise UnknownPlaylist
        actor = command.actor
        async with self._newcomers.received(actor.platform, actor.platform_id) as user_id:
            logs.note(user_id=user_id)
            shared = await self._sharing.vote(user_id, share_id, is_up=way == "up")
        await self._show(shared, page, command, responder)

    async def _turn(self, command: Command, responder: Responder) -> None:
        """'{share} {language} {page}': another page of a shared playlist, for everybody there.

        Older cards name no language.
        """
        share_id, language, page, *_ = _words(command)
        shared = await self._sharing.get(share_id)
        await self._show(shared, page or language, command, responder)

    async def _show(
        self, shared: SharedPlaylist, page: str, command: Command, responder: Responder
    ) -> None:
        """The card is everybody's: whoever pressed, it stays in its language."""
        with speaking(share_replies.language_of(command.argument)):
            card = share_replies.shared_card(shared, page_number(page))
        await responder.replace(card)
        await self._stands(shared.id, command)

    async def _chosen(self, command: Command, _responder: Responder) -> None:
        """What was offered was sent into a chat, as a platform tells: nothing is to be said."""
        with suppress(UnknownPlaylist):
            shared = await self._sharing.get(command.argument.strip())
            await self._stands(shared.id, command)

    async def _stands(self, share_id: str, command: Command) -> None:
        """Who presses tells where the card is: also in chats that the bot is not in."""
        language = share_replies.language_of(command.argument)
        await self._retracting.share_stands(command.pressed, share_id, language)


def _words(command: Command) -> list[str]:
    """The words of a button's argument, and at least three: empty ones where there are fewer."""
    return [*command.argument.split(), "", "", ""]
