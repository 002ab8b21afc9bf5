"""Playlists that their owners show to others: the same songs for everybody, votes, own versions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatbot.services.errors import UnknownPlaylist
from chatbot.services.playlist_records import Together
from chatbot.services.playlist_wish import PlaylistWish
from chatbot.services.playlists import PlaylistService
from songnet.music import StandIn, Track
from storage import Storage
from storage.playlists import PlaylistRecord
from storage.shares import ShareRecord

if TYPE_CHECKING:
    from songnet.recommender import Recommender

STAND_INS = 3
"""So many songs of a playlist stand for one that its owner named and does not have."""


@dataclass(frozen=True)
class SharedPlaylist:
    """All that others see of a playlist.

    Neither what was not found, nor what the owner plays how often, nor how it was wished.
    """

    id: str
    """Of the share; the playlist's own id stays with its owner."""
    seeds: tuple[Track, ...]
    tracks: tuple[Track, ...]
    urls: dict[str, str]
    votes_up: int
    votes_down: int
    stand_ins: tuple[StandIn, ...] = ()
    """Whose songs stood for a song; neither what was named instead nor which songs they were."""
    playlist_id: str = ""
    """Only of a playlist of several people, whose card has all buttons for the one who asked."""
    together: Together | None = None


class SharingService:
    """Shares playlists, and answers what everybody may do with a shared one."""

    def __init__(self, storage: Storage, playlists: PlaylistService) -> None:
        self._storage = storage
        self._playlists = playlists

    async def share(self, user_id: int | None, playlist_id: str) -> SharedPlaylist:
        """Shares a playlist; shared again, it is the same share.

        Raises:
            UnknownPlaylist: it is gone, or empty, or one of several people: they agreed that those
                see it who were there.
            NotYours: it is another person's.
        """
        record = await self._sharable(user_id, playlist_id)
        return await self.get(await self._storage.shares.add(record.id, record.user_id))

    async def offer(self, user_id: int | None, playlist_id: str) -> SharedPlaylist:
        """What others will see if the person sends it into a chat, which they may leave alone.

        It counts as shared as soon as anything is asked of the share: nobody else knows its id
        before it was sent.

        Raises:
            UnknownPlaylist, NotYours: as for `share`.
        """
        record = await self._sharable(user_id, playlist_id)
        share_id = await self._storage.shares.offer(record.id, record.user_id)
        return await self._shown(*await self._find(share_id))

    async def _sharable(self, user_id: int | None, playlist_id: str) -> PlaylistRecord:
        record = await self._playlists.own(user_id, playlist_id)
        if not record.tracks or record.blend_id is not None:
            raise UnknownPlaylist
        return record

    async def get(self, share_id: str) -> SharedPlaylist:
        """What others see.

        Raises:
            UnknownPlaylist: its owner has deleted it.
        """
        return await self._shown(*await self._sent(share_id))

    async def _shown(self, share: ShareRecord, record: PlaylistRecord) -> SharedPlaylist:
        made = await self._playlists.shown(record)
        return SharedPlaylist(
            share.id,
            made.seeds,
            tuple(_bare(track) for track in made.tracks),
            made.urls,
            share.votes_up,
            share.votes_down,
            tuple(StandIn("", each.artist, ()) for each in made.stand_ins),
            record.id if made.together else "",
            made.together,
        )

    async def vote(self, user_id: int, share_id: str, *, is_up: bool) -> SharedPlaylist:
        """Keeps a person's vote, in place of an earlier one.

        Raises:
            UnknownPlaylist: its owner has deleted it.
        """
        await self._sent(share_id)
        await self._storage.shares.vote(share_id, user_id, is_up=is_up)
        return await self.get(share_id)

    async def wish(self, share_id: str, user_id: int | None) -> PlaylistWish:
        """The wish for a playlist from the same songs, for whoever likes to have their own.

        Of several songs with one title, those that they do not know are left out where they know
        another: what was meant is answered. Where it grew from other songs of an artist, those
        count of them that it holds: everybody sees them, unlike what its owner had named.

        Raises:
            UnknownPlaylist: its owner has deleted it.
            NoModel, StillTraining, ModelDamaged, NotLearned: they have nothing to make it with.
        """
        _, record = await self._sent(share_id)
        _, recommender = await self._playlists.recommender(user_id)
        artists = {each["artist"] for each in record.options.get("by_artist", [])}
        standing = [track for track in record.tracks if track["artist"] in artists][:STAND_INS]
        songs = [*record.seeds, *standing] or record.tracks[:STAND_INS]
        titles = {f"{song['title']} - {song['artist']}": song["title"] for song in songs}
        named = await asyncio.to_thread(_without_namesakes, recommender, titles)
        return PlaylistWish(named, private=True)

    async def _sent(self, share_id: str) -> tuple[ShareRecord, PlaylistRecord]:
        """What somebody asks about, which was sent into a chat therefore."""
        share, record = await self._find(share_id)
        if share.is_offered:
            await self._storage.shares.choose(share_id)
        return share, record

    async def _find(self, share_id: str) -> tuple[ShareRecord, PlaylistRecord]:
        share = await self._storage.shares.get(share_id)
        record = await self._storage.playlists.get(share.playlist_id) if share else None
        if share is None or record is None:
            raise UnknownPlaylist
        return share, record


def _without_namesakes(recommender: Recommender, titles: Mapping[str, str]) -> tuple[str, ...]:
    """Runs in a thread: the names of songs, of which `titles` gives the title."""
    from songnet.names import plain, short_title

    plain_titles = {name: plain(short_title(title)) for name, title in titles.items()}
    known = {match.query for match in recommender.find_seeds(titles).found}
    answered = {plain_titles[name] for name in known}
    return tuple(name for name in titles if name in known or plain_titles[name] not in answered)


def _bare(track: Track) -> Track:
    """Without the counts from its listener's history."""
    return Track(track.track_id, track.artist, track.title, track.album, track.uri)
