"""Playlists that a person can put into a chat of theirs, where a platform knows such a thing."""

from __future__ import annotations

from chatbot.conversation import share_replies
from chatbot.conversation.messages import Actor, Offer
from chatbot.conversation.playlist_request import BadOption, parse_request
from chatbot.services.cards import CardService
from chatbot.services.completion import CompletionService
from chatbot.services.errors import ServiceError
from chatbot.services.playlists import PlaylistService
from chatbot.services.sharing import SharingService
from storage.users import Users

MOST_RECENT = 10
"""So many of the newest playlists are offered."""
SHARE = "share"
"""What a button passes on begins with it; the playlist's id follows."""


class Offers:
    """Offers what is there, or makes what is typed. Whether it is sent is known later, or never."""

    def __init__(
        self,
        users: Users,
        playlists: PlaylistService,
        cards: CardService,
        sharing: SharingService,
        completion: CompletionService,
        *,
        max_seeds: int,
    ) -> None:
        self._users = users
        self._playlists = playlists
        self._cards = cards
        self._sharing = sharing
        self._completion = completion
        self._max_seeds = max_seeds

    async def offer(self, actor: Actor, text: str) -> list[Offer]:
        """See `CommandHandler.offer`; nothing for whom there is nothing."""
        user_id = await self._users.find(actor.platform, actor.platform_id)
        if user_id is None:
            return []
        try:
            return [await self._offered(user_id, each) for each in await self._ids(user_id, text)]
        except (ServiceError, BadOption):
            return []

    async def _ids(self, user_id: int, text: str) -> list[str]:
        words = " ".join(text.split())
        first, _, rest = words.partition(" ")
        if not words:
            return [made.id for made in await self._cards.recent(user_id, MOST_RECENT)]
        if first == SHARE and rest and " " not in rest:
            return [rest]
        return await self._typed(user_id, words)

    async def _typed(self, user_id: int, words: str) -> list[str]:
        """A playlist from songs that all are known: half a title makes none."""
        wish = parse_request(words)
        if not 1 <= len(wish.seeds) <= self._max_seeds:
            return []
        meant = await self._completion.meant(user_id, wish.seeds)
        if meant is None:
            return []
        return [await self._playlists.offered(user_id, wish, meant)]

    async def _offered(self, user_id: int, playlist_id: str) -> Offer:
        shared = await self._sharing.offer(user_id, playlist_id)
        words = share_replies.described(shared)
        return Offer(shared.id, share_replies.shared_card(shared), words)
