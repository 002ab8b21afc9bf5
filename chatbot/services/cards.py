"""What can be done with a playlist once it is there; all of it its owner alone can do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chatbot.services.errors import UnknownPlaylist
from chatbot.services.playlist_files import WRITERS, FileTrack, file_name, written
from chatbot.services.playlist_records import MadePlaylist
from chatbot.services.playlist_wish import ADVENTUROUS, FAMILIAR, PlaylistRules, PlaylistWish
from chatbot.services.playlists import PlaylistService
from songnet.music import Track
from storage import Storage
from storage.playlists import PlaylistRecord
from storage.postings import Posting

ADVENTURE_STEP = 0.25
LENGTH_STEP = 10
LOOKED_THROUGH = 20
"""Among so many of the newest playlists different ones are looked for."""

Tracks = list[dict[str, Any]]
"""The songs of a playlist as they are kept."""


@dataclass(frozen=True)
class Removed:
    """A song that was taken out of a playlist, and stays away from later ones."""

    playlist: MadePlaylist
    """What is left."""
    title: str
    entry_id: str
    """Under which it can be brought back."""


@dataclass(frozen=True)
class RemovedSong:
    """A song that stays away from a person's playlists."""

    entry_id: str
    title: str
    artist: str


class CardService:
    """Shows, changes and deletes a person's playlists.

    Raises, everywhere: `UnknownPlaylist` where it is gone, `NotYours` where it is another person's.
    """

    def __init__(self, storage: Storage, playlists: PlaylistService, rules: PlaylistRules) -> None:
        self._storage = storage
        self._playlists = playlists
        self._rules = rules

    async def show(self, user_id: int | None, playlist_id: str) -> MadePlaylist:
        """The playlist as it was made."""
        return await self._playlists.shown(await self._playlists.own(user_id, playlist_id))

    async def recent(self, user_id: int, most: int) -> list[MadePlaylist]:
        """The person's own playlists that hold something, newest first."""
        records = await self._storage.playlists.recent(user_id, 2 * most)
        own = [record for record in records if record.tracks]
        return [await self._playlists.shown(record) for record in own[:most]]

    async def different(self, user_id: int, most: int) -> list[MadePlaylist]:
        """The person's newest playlists; of those from the same songs only the newest."""
        by_songs: dict[object, PlaylistRecord] = {}
        for record in await self._storage.playlists.recent(user_id, LOOKED_THROUGH):
            songs = frozenset(seed["track_id"] for seed in record.seeds)
            artists = frozenset(each["artist"] for each in record.options.get("by_artist", []))
            if record.tracks:
                by_songs.setdefault((songs, artists), record)
        return [await self._playlists.shown(record) for record in list(by_songs.values())[:most]]

    async def varied(self, user_id: int | None, playlist_id: str, how: str) -> PlaylistWish:
        """The wish for another playlist like this one; `how` is one of `VARIATIONS`.

        Raises:
            UnknownPlaylist: there is no such way either.
        """
        if how not in VARIATIONS:
            raise UnknownPlaylist
        made = await self.show(user_id, playlist_id)
        return replace(VARIATIONS[how](made, self._rules), varied=how)

    def variations(self, made: MadePlaylist) -> frozenset[str]:
        """The ways in which a playlist can still be varied."""
        at_end = {
            "familiar": made.adventure <= FAMILIAR,
            "adventurous": made.adventure >= ADVENTUROUS,
            "longer": self._length(made) >= self._rules.most_length,
        }
        return frozenset(how for how in VARIATIONS if not at_end.get(how, False))

    def _length(self, made: MadePlaylist) -> int:
        return self._rules.length if made.wish.length is None else made.wish.length

    async def remove(self, user_id: int | None, playlist_id: str, key: str) -> Removed:
        """Takes out a song, by its `track_key`; it stays away from later playlists too.

        Raises:
            UnknownPlaylist: the song is not in it, as where it was removed before.
        """
        record = await self._playlists.own(user_id, playlist_id)
        place = next(
            (n for n, track in enumerate(record.tracks) if track_key(track["track_id"]) == key),
            None,
        )
        if place is None:
            raise UnknownPlaylist
        track = record.tracks[place]
        # First, so that a crash in between loses no wish.
        entry_id = await self._storage.avoided.add(
            record.user_id, track | {"playlist_id": record.id, "position": place}
        )
        playlist = await self._changed(
            record.user_id,
            playlist_id,
            lambda tracks: [each for each in tracks if track_key(each["track_id"]) != key],
        )
        return Removed(playlist, track["title"], entry_id)

    async def without(self, user_id: int | None, playlist_id: str, entry_id: str) -> Removed | None:
        """What `remove` gave; None where the song was brought back since."""
        playlist = await self.show(user_id, playlist_id)
        titles = {song.entry_id: song.title for song in await self.removed(user_id)}
        if entry_id not in titles:
            return None
        return Removed(playlist, titles[entry_id], entry_id)

    async def bring_back(
        self, user_id: int | None, playlist_id: str, entry_id: str
    ) -> MadePlaylist:
        """Puts back a song that was removed; where it was brought back before, changes nothing.

        Its place is known of the playlist that it was removed from last; in another it is the end.
        """
        record = await self._playlists.own(user_id, playlist_id)
        entries = {entry.id: entry for entry in await self._storage.avoided.of_user(record.user_id)}
        entry = entries.get(entry_id)
        if entry is None:
            return await self._playlists.shown(record)
        track = dict(entry.track)
        of, place = track.pop("playlist_id", None), track.pop("position", 0)
        if of != playlist_id:
            place = len(record.tracks)
        await self._storage.avoided.delete(record.user_id, entry_id)

        def back(tracks: Tracks) -> Tracks:
            if any(each["track_id"] == track["track_id"] for each in tracks):
                return tracks
            return [*tracks[:place], track, *tracks[place:]]

        return await self._changed(record.user_id, playlist_id, back)

    async def removed(self, user_id: int | None) -> list[RemovedSong]:
        """The songs that stay away from a person's playlists, the newest first."""
        if user_id is None:
            return []
        entries = await self._storage.avoided.of_user(user_id)
        return [
            RemovedSong(entry.id, entry.track["title"], entry.track["artist"])
            for entry in reversed(entries)
        ]

    async def welcome(self, user_id: int | None, entry_id: str) -> None:
        """Lets a song into later playlists again; one that is welcome already stays so."""
        if user_id is not None:
            await self._storage.avoided.delete(user_id, entry_id)

    async def delete(self, user_id: int | None, playlist_id: str) -> list[Posting]:
        """Deletes a playlist; what was shared of it goes too.

        Returns:
            The messages in which others still see it.
        """
        await self._playlists.own(user_id, playlist_id)
        return await self._storage.playlists.delete(playlist_id)

    async def file(
        self, user_id: int | None, playlist_id: str, ending: str, title: str
    ) -> tuple[str, bytes]:
        """The name and the content of a file; `ending` is a key of `playlist_files.WRITERS`.

        Raises:
            UnknownPlaylist: there is no such kind of file either.
        """
        made = await self.show(user_id, playlist_id)
        if ending not in WRITERS:
            raise UnknownPlaylist
        tracks = [_file_track(made, track) for track in made.tracks]
        name = file_name(title, ending, otherwise=f"playlist-{made.id}")
        return name, written(ending, title, tracks)

    async def _changed(
        self, user_id: int, playlist_id: str, change: Callable[[Tracks], Tracks]
    ) -> MadePlaylist:
        await self._storage.playlists.change_tracks(playlist_id, user_id, change)
        return await self.show(user_id, playlist_id)


def track_key(track_id: str) -> str:
    """A short name of a song within a playlist, for a button: eight characters.

    Places would not do: they change when a song is removed.
    """
    return hashlib.sha256(track_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _again(made: MadePlaylist, _rules: PlaylistRules) -> PlaylistWish:
    return replace(made.wish, another=True, exclude=())


def _familiar(made: MadePlaylist, _rules: PlaylistRules) -> PlaylistWish:
    return replace(made.wish, adventure=max(FAMILIAR, made.adventure - ADVENTURE_STEP))


def _adventurous(made: MadePlaylist, _rules: PlaylistRules) -> PlaylistWish:
    return replace(made.wish, adventure=min(ADVENTUROUS, made.adventure + ADVENTURE_STEP))


def _longer(made: MadePlaylist, rules: PlaylistRules) -> PlaylistWish:
    length = rules.length if made.wish.length is None else made.wish.length
    return replace(made.wish, length=min(rules.most_length, length + LENGTH_STEP))


VARIATIONS: dict[str, Callable[[MadePlaylist, PlaylistRules], PlaylistWish]] = {
    "again": _again,
    "familiar": _familiar,
    "adventurous": _adventurous,
    "longer": _longer,
}
"""Ways to wish for another playlist like one that is there."""


def _file_track(made: MadePlaylist, track: Track) -> FileTrack:
    ms = made.lengths.get(track.track_id)
    return FileTrack(
        title=track.title,
        artist=track.artist,
        url=made.urls[track.track_id],
        album=track.album,
        seconds=None if ms is None else round(ms / 1000),
    )
