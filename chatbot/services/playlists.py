"""Playlists: from named songs, through the person's own model, to a card that can be shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NoReturn

from chatbot.services.errors import (
    ModelDamaged,
    NoModel,
    NotLearned,
    StillTraining,
    UnknownPlaylist,
)
from chatbot.services.jobs import Jobs
from chatbot.services.links import LinkService
from chatbot.services.recommenders import RecommenderCache
from chatbot.services.relearning import Relearning
from songnet.errors import ModelError, Suggestion
from songnet.music import Track
from storage import Storage
from storage.errors import BlobMissing, CorruptBlob

if TYPE_CHECKING:
    from songnet.recommender import Recommender
    from storage.models import ModelRecord


@dataclass(frozen=True)
class UnknownSong:
    """A named song that is not in the library, with its near misses, best first."""

    query: str
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True)
class MadePlaylist:
    """A playlist as it was stored. Without tracks where none of the songs was known."""

    id: str
    seeds: tuple[Track, ...]
    tracks: tuple[Track, ...]
    unknown: tuple[UnknownSong, ...]
    urls: dict[str, str]
    """The link of every seed and track, by track id."""


class PlaylistService:
    """Makes and remembers playlists."""

    def __init__(
        self,
        storage: Storage,
        jobs: Jobs,
        recommenders: RecommenderCache,
        links: LinkService,
        relearning: Relearning,
        *,
        length: int,
    ) -> None:
        self._storage = storage
        self._jobs = jobs
        self._recommenders = recommenders
        self._links = links
        self._relearning = relearning
        self._length = length

    async def make(self, user_id: int | None, queries: Sequence[str]) -> MadePlaylist:
        """A playlist from songs named in words.

        Songs that are not in the library come back with near misses; the playlist is made from
        the others.

        Raises:
            NoModel, StillTraining, ModelDamaged, NotLearned: there is nothing to answer with.
        """
        user_id, record, recommender = await self._active(user_id)
        return await self._make(user_id, record, recommender, queries, [])

    async def make_with_suggestion(
        self, user_id: int | None, playlist_id: str, song: int, choice: int
    ) -> MadePlaylist:
        """The same request once more, with a near miss in place of an unknown song.

        Raises:
            UnknownPlaylist: the request is gone, or another person's.
            NoModel, StillTraining, ModelDamaged, NotLearned: there is nothing to answer with.
        """
        user_id, record, recommender = await self._active(user_id)
        stored = await self._storage.playlists.get(playlist_id)
        if stored is None or stored.user_id != user_id:
            raise UnknownPlaylist
        unknown = stored.options.get("unknown", [])
        try:
            chosen = unknown[song]["suggestions"][choice]["track_id"]
        except (IndexError, KeyError):
            raise UnknownPlaylist from None
        known = [seed["track_id"] for seed in stored.seeds]
        others = [entry["query"] for place, entry in enumerate(unknown) if place != song]
        return await self._make(user_id, record, recommender, others, [*known, chosen])

    async def _active(self, user_id: int | None) -> tuple[int, ModelRecord, Recommender]:
        if user_id is None:
            raise NoModel
        record = await self._storage.models.active(user_id)
        if record is None:
            await self._refuse_without_model(user_id)
        try:
            return user_id, record, await self._recommenders.get(record)
        except BlobMissing as error:
            newer = await self._storage.models.active(user_id)
            if newer is not None and newer.id != record.id:  # it was replaced at this very moment
                return user_id, newer, await self._recommenders.get(newer)
            await self._relearning.replace(record, error)
        except (CorruptBlob, ModelError) as error:
            await self._relearning.replace(record, error)
        raise ModelDamaged

    async def _refuse_without_model(self, user_id: int) -> NoReturn:
        jobs = await self._jobs.of_user(user_id)
        if jobs:
            raise StillTraining(jobs[0])
        if await self._storage.histories.get(user_id) is None:
            raise NoModel
        await self._relearning.begin(user_id)
        raise NotLearned

    async def _make(
        self,
        user_id: int,
        record: ModelRecord,
        recommender: Recommender,
        queries: Sequence[str],
        track_ids: Sequence[str],
    ) -> MadePlaylist:
        seeds, tracks, unknown = await asyncio.to_thread(
            _generate, recommender, queries, track_ids, self._length
        )
        urls = await self._links.urls((*seeds, *tracks))
        made = MadePlaylist(token_hex(6), seeds, tracks, unknown, urls)
        await self._storage.playlists.add(
            made.id,
            user_id,
            model_id=record.id,
            seeds=[_stored(track) for track in made.seeds],
            tracks=[_stored(track) for track in made.tracks],
            options={
                "length": self._length,
                "unknown": [
                    {
                        "query": song.query,
                        "suggestions": [
                            {"track_id": near.track_id, "artist": near.artist, "title": near.title}
                            for near in song.suggestions
                        ],
                    }
                    for song in made.unknown
                ],
            },
        )
        return made


def _generate(
    recommender: Recommender, queries: Sequence[str], track_ids: Sequence[str], length: int
) -> tuple[tuple[Track, ...], tuple[Track, ...], tuple[UnknownSong, ...]]:
    """Runs in a thread: seeds, tracks, and the songs that were not found."""
    matches = recommender.find_seeds([*track_ids, *queries])
    unknown = tuple(UnknownSong(song.query, song.suggestions) for song in matches.unknown)
    seeds = tuple(match.track for match in matches.found)
    if not seeds:
        return (), (), unknown
    playlist = recommender.playlist([seed.track_id for seed in seeds], length=length)
    return playlist.seeds, playlist.tracks, unknown


def _stored(track: Track) -> dict[str, Any]:
    return {"track_id": track.track_id, "artist": track.artist, "title": track.title}
