"""Answers about playlists: asking, choosing what was meant, the buttons of a card.

A button carries the id of what it is about. Whose that is, the services decide from the storage, so
that buttons outlive the bot and nobody presses another person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatbot import logs
from chatbot.conversation import (
    card_replies,
    import_replies,
    playlist_refusals,
    playlist_replies,
    share_replies,
)
from chatbot.conversation.announcements import Announcements
from chatbot.conversation.card_replies import Readers
from chatbot.conversation.messages import (
    Answer,
    Command,
    Document,
    MessageRef,
    PlaylistCard,
    Reply,
    Responder,
    page_number,
)
from chatbot.conversation.playlist_request import BadOption, parse_request
from chatbot.conversation.retracting import Retracting
from chatbot.conversation.share_answers import ShareAnswers
from chatbot.services.cards import VARIATIONS, CardService, Removed
from chatbot.services.errors import (
    ModelDamaged,
    NotLearned,
    ServiceError,
    UnknownPlaylist,
)
from chatbot.services.newcomers import Newcomers
from chatbot.services.playlist_records import MadePlaylist
from chatbot.services.playlist_wish import PlaylistWish
from chatbot.services.playlists import PlaylistService
from chatbot.services.sharing import SharingService
from chatbot.services.status import StatusService
from chatbot.services.temporary import TemporaryFolders
from songnet.music import Track
from storage.users import Users

OFFERED = 3
"""So many earlier playlists are offered where no song is named."""


class PlaylistAnswers:
    """Answers commands by calling the use cases of playlists and wording what they give."""

    def __init__(
        self,
        *,
        users: Users,
        newcomers: Newcomers,
        playlists: PlaylistService,
        cards: CardService,
        sharing: SharingService,
        retracting: Retracting,
        status: StatusService,
        announcements: Announcements,
        temporary: TemporaryFolders,
        max_seeds: int,
    ) -> None:
        self._users = users
        self._playlists = playlists
        self._cards = cards
        self._sharing = sharing
        self._retracting = retracting
        self._status = status
        self._announcements = announcements
        self._temporary = temporary
        self._max_seeds = max_seeds
        answers = {
            "playlist": self._playlist,
            "favourite": self._favourite,
            "pick": self._pick,
            "instead": self._pick,
            "card": self._card,
            **ShareAnswers(
                newcomers=newcomers,
                cards=cards,
                sharing=sharing,
                retracting=retracting,
                find_user=self._user,
                make=self._make_own,
            ).answers,
        }
        self.answers: dict[str, Answer] = {
            name: self._refusing(answer) for name, answer in answers.items()
        }
        """By the name of the command or button."""

    def _refusing(self, answer: Answer) -> Answer:
        """The same answer; what a use case refuses is told."""

        async def answer_or_refuse(command: Command, responder: Responder) -> None:
            try:
                await answer(command, responder)
            except ServiceError as error:
                await responder.send(playlist_refusals.refused(error))
                if isinstance(error, ModelDamaged | NotLearned):
                    self._announcements.look()  # it is being learned again
            except BadOption as error:
                await responder.send(playlist_replies.bad_option(error))

        return answer_or_refuse

    # ---- asking

    async def _playlist(self, command: Command, responder: Responder) -> None:
        user_id = await self._user(command)
        wish = parse_request(command.argument)
        if len(wish.seeds) > self._max_seeds:
            found, allowed = len(wish.seeds), self._max_seeds
            await responder.send(playlist_replies.too_many_seeds(found, allowed))
        elif wish.seeds:
            made = await self._playlists.make(user_id, wish)
            await self._show(made, command, responder, asks=True)
        else:
            await responder.send(await self._how_to_ask(user_id))

    async def _how_to_ask(self, user_id: int | None) -> Reply:
        recent = await self._cards.different(user_id, OFFERED) if user_id is not None else []
        model_id, examples = await self._examples(user_id)
        asking = playlist_replies.empty_playlist(model_id, examples, recent)
        if (await self._status.of(user_id)).is_new:
            return import_replies.after_the_history(asking)
        return asking

    async def _favourite(self, command: Command, responder: Responder) -> None:
        """One of the songs that were offered: '{model} {number}'."""
        model, number = _words(command, 2)
        user_id = await self._user(command)
        model_id, examples = await self._examples(user_id)
        if str(model_id) != model or not number.isdecimal() or int(number) >= len(examples):
            raise UnknownPlaylist
        wish = PlaylistWish((examples[int(number)],))
        await self._make(user_id, wish, command, responder)

    async def _pick(self, command: Command, responder: Responder) -> None:
        """Another song was meant: '{playlist} {song} {choice}'.

        It takes the place of one that was not found (`pick`), or of a namesake (`instead`).
        """
        playlist_id, *places = _words(command, 3)
        if not all(place.isdecimal() for place in places):
            raise UnknownPlaylist
        song, choice = map(int, places)
        user_id = await self._user(command)
        is_namesake = command.name == "instead"
        make = (
            self._playlists.make_with_namesake
            if is_namesake
            else self._playlists.make_with_suggestion
        )
        card = await self._retracting.card(playlist_id)
        made = await make(user_id, playlist_id, song, choice)
        if card is None or not await self._put_right(user_id, made, card, responder):
            await self._show(made, command, responder, asks=True)

    async def _put_right(
        self, user_id: int | None, made: MadePlaylist, ref: MessageRef, responder: Responder
    ) -> bool:
        """Puts a playlist in the place of the one before, where others read it.

        False where that cannot be done, as where the bot has no access there any more.
        """
        variations, readers = self._cards.variations(made), await self._others(user_id, made)
        card = card_replies.playlist_card(made, variations, readers=readers)
        if not await self._retracting.put_in_place(ref, card, made.id):
            return False
        await responder.replace(playlist_replies.question(made) or playlist_replies.put_right())
        return True

    async def _make(
        self, user_id: int | None, wish: PlaylistWish, command: Command, responder: Responder
    ) -> None:
        made = await self._playlists.make(user_id, wish)
        await self._show(made, command, responder, asks=False)

    async def _make_own(
        self,
        user_id: int | None,
        wish: PlaylistWish,
        songs: Sequence[Track],
        command: Command,
        responder: Responder,
    ) -> None:
        """A version of what somebody else made, for a wish or else from what both play.

        What another named is not asked about.
        """
        made = await self._playlists.make(user_id, wish, instead=songs)
        if not made.tracks:
            await responder.send(share_replies.nothing_in_common())
            return
        missed = tuple(replace(song, suggestions=()) for song in made.unknown)
        card = await self._shown(replace(made, unknown=missed, ambiguous=()), command)
        if made.wish.seeds != wish.seeds:
            card = replace(card, words=share_replies.from_what_both_play())
        await responder.send(card)

    async def _show(
        self, made: MadePlaylist, command: Command, responder: Responder, *, asks: bool
    ) -> None:
        """`asks`: which songs were meant that were typed; whoever varies a playlist knows them."""
        if not (made.tracks or made.seeds or made.stand_ins):
            await responder.send(playlist_replies.nothing_found(made))
            return
        await self._send(made, command, responder)
        question = playlist_replies.question(made) if asks else None
        if question is not None:
            await responder.send(question)

    async def _send(self, made: MadePlaylist, command: Command, responder: Responder) -> None:
        ref = await responder.send(await self._shown(made, command))
        await self._stands(ref, made.id, command)

    async def _stands(self, ref: MessageRef | None, playlist_id: str, command: Command) -> None:
        """Remembers a card that others read too; what its owner alone reads stands nowhere else."""
        place = command.place
        if ref is not None and not place.is_private and ref.chat_id == place.chat_id:
            await self._retracting.stands(ref, playlist_id)

    async def _shown(self, made: MadePlaylist, command: Command, page: int = 0) -> PlaylistCard:
        variations, readers = self._cards.variations(made), await self._readers(made, command)
        return card_replies.playlist_card(made, variations, page, readers=readers)

    async def _readers(self, made: MadePlaylist, command: Command) -> Readers:
        """Where others read along, they may have a version of their own, as of what is shared."""
        if command.place.is_private or made.wish.private or not made.tracks:
            place = command.place
            return Readers(alone=place.is_private, can_share=place.can_share)
        return await self._others(await self._user(command), made)

    async def _others(self, user_id: int | None, made: MadePlaylist) -> Readers:
        return Readers(alone=False, share_id=(await self._sharing.offer(user_id, made.id)).id)

    # ---- the buttons of a card

    async def _card(self, command: Command, responder: Responder) -> None:
        """'{what} {playlist} ...': one of the card's buttons."""
        what, playlist_id, which, _page = _padded(command)
        user_id = await self._user(command)
        if what in VARIATIONS:
            wish = await self._cards.varied(user_id, playlist_id, what)
            await self._make(user_id, wish, command, responder)
        elif what in {"remove", "drop", "undo", "back", "turn", "gone"}:
            await self._change(user_id, command, responder)
            await self._stands(command.pressed, playlist_id, command)
        elif what == "show":
            made = await self._cards.show(user_id, playlist_id)
            await self._send(made, command, responder)
        elif what == "why":
            made = await self._cards.show(user_id, playlist_id)
            await responder.send(card_replies.why(made))
        elif what == "save":
            made = await self._cards.show(user_id, playlist_id)
            await responder.send(card_replies.save_as(made))
        elif what == "file":
            await self._send_file(user_id, playlist_id, which, responder)
        elif what == "delete":
            stood = await self._cards.delete(user_id, playlist_id)
            self._retracting.take_away(stood, but=command.pressed)
            await responder.replace(card_replies.deleted())
        else:
            raise UnknownPlaylist

    async def _change(self, user_id: int | None, command: Command, responder: Responder) -> None:
        """What changes the card where it stands."""
        what, playlist_id, which, page = _padded(command)
        if what == "remove":
            made = await self._cards.show(user_id, playlist_id)
            readers = await self._readers(made, command)
            card = card_replies.removal(
                made, page_number(which), page_number(page), readers=readers
            )
            await responder.replace(card)
        elif what == "drop":
            removed = await self._cards.remove(user_id, playlist_id, which)
            await responder.replace(await self._without(removed, command))
        elif what == "gone" and (without := await self._cards.without(user_id, playlist_id, which)):
            await responder.replace(await self._without(without, command, page_number(page)))
        elif what == "undo":
            made = await self._cards.bring_back(user_id, playlist_id, which)
            await responder.replace(await self._shown(made, command))
        else:
            made = await self._cards.show(user_id, playlist_id)
            await responder.replace(await self._shown(made, command, page_number(which)))

    async def _without(self, removed: Removed, command: Command, page: int = 0) -> PlaylistCard:
        variations = self._cards.variations(removed.playlist)
        readers = await self._readers(removed.playlist, command)
        return card_replies.after_removal(removed, variations, page, readers=readers)

    async def _send_file(
        self, user_id: int | None, playlist_id: str, ending: str, responder: Responder
    ) -> None:
        made = await self._cards.show(user_id, playlist_id)
        name, content = await self._cards.file(
            user_id, playlist_id, ending, card_replies.card_title(made)
        )
        async with self._temporary.folder() as directory:
            path = directory / name
            path.write_bytes(content)
            await responder.send(Reply("", document=Document(name, path), private=True))

    # ---- who asks

    async def _user(self, command: Command) -> int | None:
        """Who asks, if they are known; asking leaves no trace of a stranger."""
        user_id = await self._users.find(command.actor.platform, command.actor.platform_id)
        logs.note(user_id=user_id)
        return user_id

    async def _examples(self, user_id: int | None) -> tuple[int, Sequence[str]]:
        """The model, and what its person plays most."""
        model = (await self._status.of(user_id)).model
        return (model.id, model.facts.get("examples", [])) if model else (0, [])


def _padded(command: Command) -> tuple[str, str, str, str]:
    """Four words of a button's argument, empty ones where there are fewer."""
    first, second, third, fourth, *_ = [*command.argument.split(), "", "", "", ""]
    return first, second, third, fourth


def _words(command: Command, count: int) -> list[str]:
    """The words of a button's argument.

    Raises:
        UnknownPlaylist: they are not so many: it is no button of ours.
    """
    words = command.argument.split()
    if len(words) != count:
        raise UnknownPlaylist
    return words
