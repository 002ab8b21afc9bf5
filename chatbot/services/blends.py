"""Playlists of several people, each of whom consented."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

import msgspec

from chatbot.services.blend_making import Blended, make_blend
from chatbot.services.errors import (
    AskedElsewhere,
    BlendNotReady,
    BlendUnderWay,
    NotInvited,
    ServiceError,
    UnknownBlend,
)
from chatbot.services.playlist_records import TOGETHER, Together, stored
from chatbot.services.playlist_wish import PlaylistWish
from chatbot.services.playlists import PlaylistService
from chatbot.services.preferences import PreferenceService
from chatbot.services.sharing import SharedPlaylist, SharingService
from storage import Storage
from storage.blends import BlendRecord, MemberRecord
from storage.errors import RecordMissing
from storage.postings import Posting

ASKER = "asker"
PLACE = "place"
"""The chat in which it was asked, and to which the consents belong. Requests of earlier versions
name none, and hold nowhere."""
ANSWERS = "answers"
"""Which of the named people a member is."""


@dataclass(frozen=True)
class Person:
    """Somebody in a chat of a platform, as the platform and others know them."""

    platform: str
    platform_id: str
    place: str
    """The chat in which they speak. All topics of a Telegram group are one: the same people read
    them. A thread of a Discord channel is another, and so is a group that became a supergroup."""
    handle: str | None = None
    called: str | None = None
    """What others call them, where they have no handle."""

    @property
    def keys(self) -> set[str]:
        """What they may have been called in a request."""
        named = {f"@{self.handle.casefold()}"} if self.handle else set()
        return {f"<@{self.platform_id}>", *named}

    @property
    def name(self) -> str:
        """What others read."""
        if self.handle:
            return f"@{self.handle}"
        return self.called or f"<@{self.platform_id}>"


@dataclass(frozen=True)
class Waiting:
    """A request that not everybody answered yet."""

    id: str
    missing: int
    """So many of the names."""


@dataclass(frozen=True)
class NothingKnown:
    """Nobody's library holds any of the songs."""

    songs: tuple[str, ...]


AnswerToBlend = SharedPlaylist | NothingKnown | Waiting
"""The playlist, or why there is none yet."""


@dataclass(frozen=True)
class GivenConsent:
    """A consent as its person sees it."""

    blend_id: str
    asker: str
    given_at: datetime
    expires_at: datetime


class BlendService:
    """Asks, and makes what everybody agreed to."""

    def __init__(
        self,
        storage: Storage,
        playlists: PlaylistService,
        sharing: SharingService,
        preferences: PreferenceService,
        *,
        request_hours: float,
        consent_days: float,
    ) -> None:
        self._storage = storage
        self._playlists = playlists
        self._sharing = sharing
        self._preferences = preferences
        self._request_lifetime = timedelta(hours=request_hours)
        self._consent_lifetime = timedelta(days=consent_days)
        self._making: set[str] = set()
        self._consenting = asyncio.Lock()

    async def ask(
        self, asker: Person, user_id: int | None, invited: Sequence[str], songs: Sequence[str]
    ) -> AnswerToBlend:
        """A blend with people who are named `<@id>` or `@handle`.

        Those who consented to be blended with exactly these people are not asked again in the same
        chat. In another one they are: others would see the songs.

        Raises:
            NoModel, StillTraining, ModelDamaged, NotLearned: the asker has nothing to give.
        """
        user_id, _ = await self._playlists.recommender(user_id)
        wanted = sorted({name.casefold() for name in invited})
        place = {"platform": asker.platform, PLACE: asker.place}
        request = {**place, "invited": wanted, "songs": list(songs), ASKER: asker.name}
        for earlier in await self._storage.blends.of_user(user_id):
            if earlier.request["invited"] == wanted and place.items() <= earlier.request.items():
                members = await self._storage.blends.members(earlier.id)
                if not _unanswered(earlier, members):
                    return await self._make(earlier, members, asker.name, songs)
                await self._storage.blends.delete(earlier.id)  # the new request takes its place
        blend_id = token_hex(8)
        await self._storage.blends.add(blend_id, user_id, request, self._request_lifetime)
        return Waiting(blend_id, len(wanted))

    @asynccontextmanager
    async def accepted(
        self, blend_id: str, person: Person, user_id: int | None
    ) -> AsyncIterator[AnswerToBlend]:
        """Somebody who was named consents; the last one's consent makes the playlist.

        Inside, the playlist is shown: until that is done no other press makes it once more.

        Raises:
            UnknownBlend: it is gone or too old.
            NotInvited: it asks others, or somebody else answered for their name.
            AskedElsewhere: this is not the chat in which it was asked.
            BlendUnderWay: everybody consented, and it is being made or shown.
            NoModel, StillTraining, ModelDamaged, NotLearned: they have nothing to give yet.
        """
        await self._invited(blend_id, person, user_id)
        user_id, _ = await self._playlists.recommender(user_id)
        async with self._consenting:  # so that no two answer for one name
            blend, answers = await self._invited(blend_id, person, user_id)
            names = {"me": person.name, ASKER: blend.request[ASKER], ANSWERS: answers}
            await self._storage.blends.consent(blend_id, user_id, names)
            members = await self._storage.blends.members(blend_id)
        missing = _unanswered(blend, members)
        if missing:
            yield Waiting(blend_id, len(missing))
            return
        if blend_id in self._making:
            raise BlendUnderWay
        self._making.add(blend_id)
        try:
            await self._storage.blends.keep(blend_id, self._consent_lifetime)
            yield await self._make(blend, members, blend.request[ASKER], blend.request["songs"])
        finally:
            self._making.discard(blend_id)

    async def refuse(self, blend_id: str, person: Person, user_id: int | None) -> None:
        """Somebody who was named does not want to: nothing is made, and nobody is asked again.

        Raises:
            UnknownBlend, NotInvited, AskedElsewhere: as `accepted`.
        """
        await self._invited(blend_id, person, user_id)
        await self._storage.blends.delete(blend_id)

    async def consents(self, user_id: int | None) -> list[GivenConsent]:
        """What a person consented to."""
        if user_id is None:
            return []
        return [
            GivenConsent(entry.blend_id, entry.names[ASKER], entry.created_at, entry.expires_at)
            for entry in await self._storage.blends.consents_of(user_id)
        ]

    async def revoke(self, blend_id: str, user_id: int | None) -> list[Posting]:
        """Takes a consent back, and the blend with it.

        Returns:
            The messages in which the playlists that came of it still stand.

        Raises:
            UnknownBlend: they gave no such consent.
        """
        if blend_id not in {entry.blend_id for entry in await self.consents(user_id)}:
            raise UnknownBlend
        return await self._storage.blends.delete(blend_id)

    async def _invited(
        self, blend_id: str, person: Person, user_id: int | None
    ) -> tuple[BlendRecord, list[str]]:
        """What they were asked, and for which of its names they may answer.

        A name that changed hands stays with whoever answered first. What somebody answered under an
        earlier name of theirs counts on.
        """
        blend = await self._storage.blends.get(blend_id)
        if blend is None or PLACE not in blend.request:
            raise UnknownBlend
        members = await self._storage.blends.members(blend_id)
        own = [member for member in members if member.user_id == user_id]
        others = [member for member in members if member.user_id != user_id]
        called = (person.keys & {*blend.request["invited"]}) - _answered(others)
        is_there = blend.request["platform"] == person.platform
        if not is_there or not called or user_id == blend.user_id:
            raise NotInvited
        if blend.request[PLACE] != person.place:
            raise AskedElsewhere
        return blend, sorted(called | _answered(own))

    async def _make(
        self,
        blend: BlendRecord,
        members: Sequence[MemberRecord],
        asker: str,
        songs: Sequence[str],
    ) -> SharedPlaylist | NothingKnown:
        people = [blend.user_id, *(member.user_id for member in members)]
        try:
            models = [(await self._playlists.recommender(user_id))[1] for user_id in people]
        except ServiceError as error:  # whose it is concerns nobody else
            raise BlendNotReady from error
        wish = await self._preferences.complete(blend.user_id, PlaylistWish(tuple(songs)))
        complete = self._preferences.rules.complete(wish)
        made = await asyncio.to_thread(
            make_blend,
            models,
            songs,
            complete,
            {
                each.track["track_id"]
                for user_id in people
                for each in await self._storage.avoided.of_user(user_id)
            },
        )
        if not made.seeds:
            return NothingKnown(tuple(songs))
        names = (asker, *(member.names["me"] for member in members))
        try:
            return await self._keep(blend, names, made)
        except RecordMissing as error:  # somebody took their consent back at this very moment
            raise UnknownBlend from error

    async def _keep(
        self, blend: BlendRecord, names: tuple[str, ...], made: Blended
    ) -> SharedPlaylist:
        """Stored like any other, and everybody there may vote, or have a version of their own."""
        playlist_id = token_hex(6)
        together = Together(names, made.known_by, made.unknown, made.taken)
        await self._storage.playlists.add(
            playlist_id,
            blend.user_id,
            model_id=None,
            seeds=[stored(track) for track in made.seeds],
            tracks=[stored(track) for track in made.tracks],
            options={TOGETHER: msgspec.to_builtins(together)},
            blend_id=blend.id,
        )
        await self._playlists.trim(blend.user_id)
        share_id = await self._storage.shares.add(playlist_id, blend.user_id)
        return await self._sharing.get(share_id)


def _answered(members: Iterable[MemberRecord]) -> set[str]:
    return {name for member in members for name in member.names.get(ANSWERS, ())}


def _unanswered(blend: BlendRecord, members: Iterable[MemberRecord]) -> set[str]:
    """Names rather than people are counted: one person may have been named twice."""
    return {*blend.request["invited"]} - _answered(members)
