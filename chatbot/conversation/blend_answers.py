"""Answers to /blend, and to the buttons of its requests."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from chatbot import logs
from chatbot.conversation import (
    blend_replies,
    playlist_refusals,
    playlist_replies,
    share_replies,
)
from chatbot.conversation.commands import parse_seeds
from chatbot.conversation.language import spoken
from chatbot.conversation.messages import Answer, Command, Platform, Reply, Responder
from chatbot.conversation.retracting import Retracting
from chatbot.services.blends import AnswerToBlend, BlendService, NothingKnown, Person, Waiting
from chatbot.services.errors import (
    AskedElsewhere,
    BlendNotReady,
    BlendUnderWay,
    ModelDamaged,
    NoModel,
    NotInvited,
    NotLearned,
    ServiceError,
    StillTraining,
    UnknownBlend,
)
from songnet.blending import MOST_MEMBERS
from storage.users import Users

MOST_INVITED = MOST_MEMBERS - 1
_ALL_AT_ONCE = frozenset({"@everyone", "@here"})
"""What stands for all people of a chat; none of them could answer for it."""
_NAMES = {
    Platform.DISCORD: re.compile(r"(?!.*\.\.)[\w.]{2,32}", re.ASCII),
    Platform.TELEGRAM: re.compile(r"\w{2,32}", re.ASCII),
}
"""What people can be called: on Discord (since 2023) 2 to 32 letters, digits, '_' and '.', but no
two dots in a row; on Telegram 5 to 32 letters, digits and '_', but it sold some shorter ones."""
_MENTION = re.compile(
    r"<@!?(?P<id>\d+)>"
    r"|(?<!\w)@(?P<name>\.?\w+(?:\.+\w+)*)[.,:!?)]*(?=[\s;]|$)"
    r"|(?P<strange><@[^\s>]*>|(?<!\w)@\w[^\s;]*)"
)
"""A mention as Discord writes it, of one person or of others, or a word with an '@' before it; what
ends a sentence belongs to no name."""


@dataclass(frozen=True)
class Wish:
    """What somebody asks for with `/blend`."""

    invited: tuple[str, ...]
    songs: tuple[str, ...]
    strange: tuple[str, ...] = ()
    """Mentions that can be nobody's name on that platform. No part of one is taken for a name: it
    could be another person's."""


def parse_blend(argument: str, platform: Platform) -> Wish:
    """Whom, and which songs.

    >>> parse_blend("@kim <@!42> Faded; Animals", Platform.TELEGRAM)
    Wish(invited=('@kim', '<@42>'), songs=('Faded', 'Animals'), strange=())
    >>> parse_blend("@john.doe. Faded", Platform.DISCORD)
    Wish(invited=('@john.doe',), songs=('Faded',), strange=())
    >>> parse_blend("@john.doe Faded", Platform.TELEGRAM)
    Wish(invited=(), songs=('Faded',), strange=('@john.doe',))
    """
    invited: dict[str, None] = {}
    strange: list[str] = []
    rule = _NAMES.get(platform, _NAMES[Platform.TELEGRAM])

    def take(match: re.Match[str]) -> str:
        if match["id"]:
            invited[f"<@{match['id']}>"] = None
        elif match["name"] and rule.fullmatch(match["name"]):
            invited[f"@{match['name']}"] = None
        else:
            strange.append(match["strange"] or f"@{match['name']}")
        return " "

    songs = parse_seeds(_MENTION.sub(take, argument))
    return Wish(tuple(invited), tuple(songs), tuple(strange))


class BlendAnswers:
    """Asks people, and shows what they made together."""

    def __init__(
        self,
        users: Users,
        blends: BlendService,
        retracting: Retracting,
        look: Callable[[], None],
        *,
        max_seeds: int,
    ) -> None:
        """`look` is called when a model has to be learned anew."""
        self._users = users
        self._blends = blends
        self._retracting = retracting
        self._look = look
        self._max_seeds = max_seeds

    @property
    def answers(self) -> Mapping[str, Answer]:
        """By the name of the command."""
        return {
            "blend": self._blend,
            "blendyes": self._agree,
            "blendno": self._decline,
            "revoke": self._revoke,
        }

    async def _blend(self, command: Command, responder: Responder) -> None:
        asker = _person(command)
        wish = parse_blend(command.argument, command.actor.platform)
        songs = wish.songs
        invited = [name for name in wish.invited if name.casefold() not in asker.keys]
        mistake = _mistake(wish, invited, command.bots, self._max_seeds)
        if mistake is not None:
            await responder.send(mistake)
        elif command.place.is_private:
            await responder.send(blend_replies.blend_in_group())
        else:
            asking = self._blends.ask(asker, await self._user(command), invited, songs)
            found = await self._attempt(asking, responder)
            if isinstance(found, Waiting):
                request = blend_replies.blend_request(found, asker.name, invited, songs)
                await responder.send(request)
            elif isinstance(found, NothingKnown):
                await responder.send(blend_replies.nothing_known(found))
            elif found is not None:
                ref = await responder.send(share_replies.shared_card(found))
                await self._retracting.share_stands(ref, found.id, spoken())

    async def _agree(self, command: Command, responder: Responder) -> None:
        request = command.argument.strip(), _person(command), await self._user(command)
        try:
            async with self._blends.accepted(*request) as found:
                await self._show(found, responder)
        except UnknownBlend:  # seen by all, so that nobody presses it in vain
            await responder.replace(blend_replies.request_gone())
        except ServiceError as error:
            await self._refuse(error, responder)

    async def _decline(self, command: Command, responder: Responder) -> None:
        request = command.argument.strip(), _person(command), await self._user(command)
        try:
            await self._blends.refuse(*request)
        except UnknownBlend:
            await responder.replace(blend_replies.request_gone())
        except (NotInvited, AskedElsewhere) as error:
            await responder.send(_refusal(error))
        else:
            await responder.replace(blend_replies.blend_refused())

    async def _revoke(self, command: Command, responder: Responder) -> None:
        try:
            stood = await self._blends.revoke(command.argument.strip(), await self._user(command))
        except UnknownBlend as error:
            await responder.send(_refusal(error))
        else:
            self._retracting.take_away(stood)
            await responder.send(blend_replies.revoked())

    async def _show(self, found: AnswerToBlend, responder: Responder) -> None:
        """What came of somebody's 'I agree'."""
        if isinstance(found, Waiting):
            await responder.send(blend_replies.blend_waits(found))
        elif isinstance(found, NothingKnown):
            await responder.replace(blend_replies.nothing_known(found))
        else:
            # Two messages: a card may take several, and but one can be put in the request's place.
            # That one last: where the card does not get through, the button is there to be pressed
            # again.
            ref = await responder.publish(share_replies.shared_card(found))
            await self._retracting.share_stands(ref, found.id, spoken())
            await responder.replace(blend_replies.all_agreed())

    async def _attempt(
        self, work: Awaitable[AnswerToBlend], responder: Responder
    ) -> AnswerToBlend | None:
        """None where it was refused; the person is told why, and only they."""
        try:
            return await work
        except ServiceError as error:
            await self._refuse(error, responder)
            return None

    async def _refuse(self, error: ServiceError, responder: Responder) -> None:
        if isinstance(error, ModelDamaged | NotLearned):
            self._look()
        await responder.send(_refusal(error))

    async def _user(self, command: Command) -> int | None:
        user_id = await self._users.find(command.actor.platform, command.actor.platform_id)
        logs.note(user_id=user_id)
        return user_id


def _mistake(
    wish: Wish, others: Sequence[str], bots: Collection[str], most_songs: int
) -> Reply | None:
    """What is wrong with a wish, if something is; `others` are the people but the asker."""
    mistake = _who_cannot_be_asked(wish, others, bots)
    if mistake is not None:
        return mistake
    if not others:
        return _nobody_else(wish)
    if not wish.songs:
        return blend_replies.names_no_song()
    if len(wish.songs) > most_songs:
        return playlist_replies.too_many_seeds(len(wish.songs), most_songs)
    return None


def _who_cannot_be_asked(wish: Wish, others: Sequence[str], bots: Collection[str]) -> Reply | None:
    all_at_once = [name for name in others if name.casefold() in _ALL_AT_ONCE]
    if wish.strange:
        return blend_replies.nobodys_name(wish.strange[0])
    if all_at_once:
        return blend_replies.not_all_at_once(all_at_once[0], MOST_INVITED)
    if any(name.casefold() in bots for name in others):
        return blend_replies.no_person()
    if len(others) > MOST_INVITED:
        return blend_replies.too_many_people(len(others), MOST_INVITED)
    return None


def _nobody_else(wish: Wish) -> Reply:
    if wish.invited:
        return blend_replies.only_oneself(MOST_INVITED)
    if wish.songs:
        return blend_replies.names_nobody("; ".join(wish.songs), MOST_INVITED)
    return blend_replies.how_to_blend(MOST_INVITED)


def _person(command: Command) -> Person:
    actor = command.actor
    place = command.place.chat_id
    return Person(actor.platform, actor.platform_id, place, actor.handle, actor.name)


def _refusal(error: ServiceError) -> Reply:
    if isinstance(error, StillTraining):
        return playlist_refusals.still_training(error.job)
    if type(error) not in _REFUSALS:
        raise error
    return _REFUSALS[type(error)]()


_REFUSALS: dict[type[ServiceError], Callable[[], Reply]] = {
    NoModel: playlist_refusals.no_model,
    ModelDamaged: playlist_refusals.model_damaged,
    NotLearned: playlist_refusals.not_learned,
    NotInvited: blend_replies.not_invited,
    AskedElsewhere: blend_replies.asked_elsewhere,
    BlendUnderWay: blend_replies.blend_under_way,
    BlendNotReady: blend_replies.blend_not_ready,
    UnknownBlend: blend_replies.blend_gone,
}
