"""Playlists: from named songs, through the person's own model, to a card that can be shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from chatbot.services.errors import (
    ModelDamaged,
    NoModel,
    NotLearned,
    StillTraining,
    UnknownPlaylist,
)
from chatbot.services.jobs import Jobs
from chatbot.services.links import LinkService
from chatbot.services.playlist_wish import CompleteWish, PlaylistWish
from chatbot.services.preferences import PreferenceService
from chatbot.services.recommenders import RecommenderCache
from chatbot.services.relearning import Relearning
from songnet.errors import ModelError, Suggestion
from songnet.music import PlaylistTrack, StandIn, Track
from storage import Storage
from storage.errors import BlobMissing, CorruptBlob

if TYPE_CHECKING:
    from songnet.recommender import Recommender
    from storage.models import ModelRecord
    from storage.playlists import PlaylistRecord


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
    tracks: tuple[PlaylistTrack, ...]
    unknown: tuple[UnknownSong, ...]
    urls: dict[str, str]
    """The link of every seed and track, by track id."""
    stand_ins: tuple[StandIn, ...] = ()
    """For the songs that are not in the library, where songs of their artist stood for them."""


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
        preferences: PreferenceService,
        kept: int,
    ) -> None:
        """`kept` is how many of a person's playlists are remembered, the newest."""
        self._storage = storage
        self._jobs = jobs
        self._recommenders = recommenders
        self._links = links
        self._relearning = relearning
        self._preferences = preferences
        self._rules = preferences.rules
        self._kept = kept

    async def make(self, user_id: int | None, wish: PlaylistWish) -> MadePlaylist:
        """A playlist from songs named in words.

        Songs that are not in the library come back with near misses, or with songs of their artist
        that stand for them; the playlist is made from the others.

        Raises:
            BadWish: something is out of its range.
            NoModel, StillTraining, ModelDamaged, NotLearned: there is nothing to answer with.
        """
        wish = await self._preferences.complete(user_id, wish)
        complete = self._rules.complete(wish)
        user_id, record, recommender = await self._active(user_id)
        recent: list[list[str]] = []
        if wish.another:
            newest = await self._storage.playlists.recent(user_id, self._rules.remembered)
            recent = [[track["track_id"] for track in playlist.tracks] for playlist in newest]
        playlist = await asyncio.to_thread(_generate, recommender, wish, complete, recent)
        urls = await self._links.urls((*playlist.seeds, *playlist.tracks))
        made = replace(playlist, id=token_hex(6), urls=urls)
        await self._storage.playlists.add(
            made.id,
            user_id,
            model_id=record.id,
            seeds=[_stored(track) for track in made.seeds],
            tracks=[
                _stored(track) | {"reasons": msgspec.to_builtins(track.reasons)}
                for track in made.tracks
            ],
            options=_options(made, wish, complete),
        )
        await self._storage.playlists.keep_newest(user_id, self._kept)
        return made

    async def recommender(self, user_id: int | None) -> tuple[int, Recommender]:
        """A person's model, from the cache that is bounded.

        Raises:
            NoModel, StillTraining, ModelDamaged, NotLearned: there is none to answer with.
        """
        user_id, _record, recommender = await self._active(user_id)
        return user_id, recommender

    async def wish(self, user_id: int | None, playlist_id: str) -> PlaylistWish:
        """What a playlist was made from, to be wished once more or a little differently.

        Raises:
            UnknownPlaylist: it is gone, or another person's.
        """
        return _wish_of(await self._own(user_id, playlist_id))

    async def make_with_suggestion(
        self, user_id: int | None, playlist_id: str, song: int, choice: int
    ) -> MadePlaylist:
        """The same request once more, with a near miss in place of an unknown song.

        Raises:
            UnknownPlaylist: the request is gone, or another person's.
            NoModel, StillTraining, ModelDamaged, NotLearned: there is nothing to answer with.
        """
        stored = await self._own(user_id, playlist_id)
        unknown = stored.options.get("unknown", [])
        try:
            chosen = unknown[song]["suggestions"][choice]["track_id"]
        except (IndexError, KeyError):
            raise UnknownPlaylist from None
        wish = _wish_of(stored)
        others = tuple(seed for seed in wish.seeds if seed != unknown[song]["query"])
        return await self.make(user_id, replace(wish, seeds=(*others, chosen)))

    async def _own(self, user_id: int | None, playlist_id: str) -> PlaylistRecord:
        stored = await self._storage.playlists.get(playlist_id)
        if stored is None or stored.user_id != user_id:
            raise UnknownPlaylist
        return stored

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


def _generate(
    recommender: Recommender, wish: PlaylistWish, complete: CompleteWish, recent: list[list[str]]
) -> MadePlaylist:
    """Runs in a thread: the playlist without its links, and what was not found."""
    matches = recommender.find_seeds(wish.seeds)
    unknown = tuple(UnknownSong(song.query, song.suggestions) for song in matches.unknown)
    known = [match.track.track_id for match in matches.found]
    named = [*known, *(match.query for match in matches.by_artist)]
    if not named:
        return MadePlaylist("", (), (), unknown, {})
    excluded = _left_out(
        wish.exclude, recent, keep=recommender.trained_on.tracks - len(known) - complete.length
    )
    playlist = recommender.playlist(
        named,
        length=complete.length,
        rng_seed=complete.rng_seed,
        exclude=excluded,
        most_per_artist=complete.most_per_artist,
        adventure=complete.adventure,
    )
    return MadePlaylist("", playlist.seeds, playlist.tracks, unknown, {}, playlist.stand_ins)


def _left_out(exclude: Sequence[str], recent: Sequence[Sequence[str]], *, keep: int) -> set[str]:
    """What must stay out, and as many of the recent playlists, newest first, as leave enough.

    Args:
        exclude: track_ids.
        recent: the track_ids of each playlist, newest first.
        keep: so many may be left out at most.
    """
    left_out = set(exclude)
    for tracks in recent:
        more = left_out.union(tracks)
        if len(more) > keep:
            break
        left_out = more
    return left_out


def _options(made: MadePlaylist, wish: PlaylistWish, complete: CompleteWish) -> dict[str, Any]:
    """What is kept of a request beside its songs; `_wish_of` reads it."""
    return {
        "length": complete.length,
        "wish": {name: value for name, value in asdict(wish).items() if name != "seeds"},
        "unknown": [_stored_unknown(song.query, song.suggestions) for song in made.unknown],
        "by_artist": [
            _stored_unknown(each.query, each.suggestions) | {"artist": each.artist}
            for each in made.stand_ins
        ],
    }


def _wish_of(stored: PlaylistRecord) -> PlaylistWish:
    """The request that a playlist was made from; songnet 0.1.0 kept its length alone."""
    options = stored.options
    seeds = [
        *(seed["track_id"] for seed in stored.seeds),
        *(song["query"] for song in options.get("by_artist", [])),
        *(song["query"] for song in options.get("unknown", [])),
    ]
    wish = options.get("wish", {"length": options.get("length")})
    return PlaylistWish(**wish | {"seeds": tuple(seeds), "exclude": tuple(wish.get("exclude", ()))})


def _stored_unknown(query: str, suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    near = [
        {"track_id": track.track_id, "artist": track.artist, "title": track.title}
        for track in suggestions
    ]
    return {"query": query, "suggestions": near}


def _stored(track: Track) -> dict[str, Any]:
    return {"track_id": track.track_id, "artist": track.artist, "title": track.title}
