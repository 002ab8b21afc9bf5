"""Playlists: from named songs, through the person's own model, to a card that can be shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NoReturn

from chatbot.services.errors import (
    BadWish,
    ModelDamaged,
    NoModel,
    NotLearned,
    NotYours,
    StillTraining,
    UnknownPlaylist,
)
from chatbot.services.in_common import in_common
from chatbot.services.jobs import Jobs
from chatbot.services.leaving_out import heard, leave_out
from chatbot.services.lengths import TrackLengths
from chatbot.services.links import LinkService
from chatbot.services.playlist_records import (
    AmbiguousSong,
    LearnedFrom,
    MadePlaylist,
    RespeltSong,
    UnknownSong,
    from_record,
    stored,
    to_options,
    to_tracks,
    tracks_of,
    wish_of,
)
from chatbot.services.playlist_wish import CompleteWish, PlaylistWish
from chatbot.services.preferences import PreferenceService
from chatbot.services.recommenders import RecommenderCache
from chatbot.services.relearning import Relearning
from songnet.errors import ModelError
from songnet.music import Track
from storage import Storage
from storage.errors import BlobMissing, Conflict, CorruptBlob
from storage.playlists import PlaylistRecord

if TYPE_CHECKING:
    from chatbot.services.completion import MeantSongs
    from songnet.recommender import Recommender
    from storage.models import ModelRecord


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
        lengths: TrackLengths,
        preferences: PreferenceService,
        kept: int,
    ) -> None:
        """`kept` is how many of a person's playlists are remembered, the newest."""
        self._storage = storage
        self._jobs = jobs
        self._recommenders = recommenders
        self._links = links
        self._relearning = relearning
        self._lengths = lengths
        self._preferences = preferences
        self._rules = preferences.rules
        self._kept = kept

    async def make(
        self,
        user_id: int | None,
        wish: PlaylistWish,
        *,
        instead: Sequence[Track] = (),
        offered_as: str | None = None,
    ) -> MadePlaylist:
        """A playlist from songs named in words; `offered_as` is the id of one of `offered`.

        Songs that are not in the library come back with near misses, or with songs of their artist
        that stand for them; the playlist is made from the others. Where there are none, it is made
        from what the library shares with the songs `instead`, see `in_common`.

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
        unwanted = [each.track["track_id"] for each in await self._storage.avoided.of_user(user_id)]
        playlist, left_out = await asyncio.to_thread(
            _generate,
            recommender,
            wish,
            complete,
            recent,
            unwanted,
            instead=instead,
            most_seeds=self._rules.most_seeds,
        )
        songs = (*playlist.seeds, *playlist.tracks)
        made = replace(
            playlist,
            id=offered_as or token_hex(6),
            urls=await self._links.urls(songs),
            # What was left out this time stays out where it is wished a little differently.
            wish=replace(playlist.wish, exclude=left_out, another=False),
            adventure=complete.adventure,
            lengths=await self._lengths.of(user_id, [track.track_id for track in songs]),
            learned_from=LearnedFrom(record.created_at, recommender.trained_on.plays),
        )
        await self._storage.playlists.add(
            made.id,
            user_id,
            model_id=record.id,
            seeds=[stored(track) for track in made.seeds],
            tracks=to_tracks(made),
            options=to_options(made),
            is_offered=offered_as is not None,
        )
        await self.trim(user_id)
        return made

    async def offered(self, user_id: int, wish: PlaylistWish, meant: MeantSongs) -> str:
        """The id of the playlist that a person would send who types this.

        It is made where there is none that was made by the same model of the same songs, with the
        same options, and without the same songs; so a different spelling makes no second one.

        Raises:
            BadWish: something is out of its range.
            NoModel, StillTraining, ModelDamaged, NotLearned: there is nothing to answer with.
        """
        wish = await self._preferences.complete(user_id, wish)
        unwanted = [each.track["track_id"] for each in await self._storage.avoided.of_user(user_id)]
        meaning = {
            "meant": asdict(meant),
            "options": asdict(self._rules.complete(wish)),
            "left_out": sorted({*wish.exclude, *unwanted}),
        }
        playlist_id = await self._storage.playlists.id_of(user_id, meaning)
        if not await self._storage.playlists.offer_again(playlist_id, user_id):
            with suppress(Conflict):  # it was typed twice at the same moment
                await self.make(user_id, wish, offered_as=playlist_id)
        return playlist_id

    async def trim(self, user_id: int) -> None:
        """Lets the oldest go of more playlists than are kept of a person."""
        await self._storage.playlists.keep_newest(user_id, self._kept)

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
        return wish_of(await self.own(user_id, playlist_id))

    async def shown(self, record: PlaylistRecord) -> MadePlaylist:
        """A playlist as it was kept, to be shown again."""
        return from_record(record, await self._links.urls(tracks_of(record)))

    async def make_with_suggestion(
        self, user_id: int | None, playlist_id: str, song: int, choice: int
    ) -> MadePlaylist:
        """The same request once more, with a near miss in place of an unknown song.

        Raises:
            UnknownPlaylist: the request is gone, or another person's.
            NoModel, StillTraining, ModelDamaged, NotLearned: there is nothing to answer with.
        """
        record = await self.own(user_id, playlist_id)
        return await self._make_instead(record, record.options.get("unknown", []), song, choice)

    async def make_with_namesake(
        self, user_id: int | None, playlist_id: str, song: int, choice: int
    ) -> MadePlaylist:
        """The same request once more, with another artist's song of the same title.

        Raises:
            UnknownPlaylist: the request is gone, or another person's.
            NoModel, StillTraining, ModelDamaged, NotLearned: there is nothing to answer with.
        """
        record = await self.own(user_id, playlist_id)
        return await self._make_instead(record, record.options.get("ambiguous", []), song, choice)

    async def _make_instead(
        self, record: PlaylistRecord, songs: list[dict[str, Any]], song: int, choice: int
    ) -> MadePlaylist:
        try:
            chosen = songs[song]["suggestions"][choice]["track_id"]
        except (IndexError, KeyError):
            raise UnknownPlaylist from None
        wish = wish_of(record)
        others = tuple(seed for seed in wish.seeds if seed != songs[song]["query"])
        return await self.make(record.user_id, replace(wish, seeds=(*others, chosen)))

    async def own(self, user_id: int | None, playlist_id: str) -> PlaylistRecord:
        """A person's own playlist; whose it is decides here, whoever holds its id.

        Raises:
            UnknownPlaylist: it is gone.
            NotYours: it is another person's.
        """
        record = await self._storage.playlists.get(playlist_id)
        if record is None:
            raise UnknownPlaylist
        if record.user_id != user_id:
            raise NotYours
        return record

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
    recommender: Recommender,
    wish: PlaylistWish,
    complete: CompleteWish,
    recent: list[list[str]],
    unwanted: list[str],
    *,
    instead: Sequence[Track],
    most_seeds: int,
) -> tuple[MadePlaylist, tuple[str, ...]]:
    """Runs in a thread: the playlist without its links, and the track_ids that were left out."""
    matches = recommender.find_seeds(wish.seeds)
    count = len(matches.found) + len(matches.by_artist) + len(matches.unknown)
    if count > max(most_seeds, len(wish.seeds)):  # what was named as one song may list several
        raise BadWish("seeds", count, 1, most_seeds)
    unknown = tuple(UnknownSong(song.query, song.suggestions) for song in matches.unknown)
    if not (matches.found or matches.by_artist) and (songs := in_common(recommender, instead)):
        wish, unknown = replace(wish, seeds=songs), ()
        matches = recommender.find_seeds(songs)
    known = [match.track.track_id for match in matches.found]
    named = [*known, *(match.query for match in matches.by_artist)]
    if not named:
        return MadePlaylist("", (), (), unknown, {}, wish=wish), wish.exclude
    ambiguous = tuple(
        AmbiguousSong(match.query, match.track, match.namesakes)
        for match in matches.found
        if match.namesakes
    )
    respelt = tuple(
        RespeltSong(match.query, match.respelt) for match in matches.found if match.respelt
    )
    excluded = _left_out(recommender, wish, complete, recent, {*known, *unwanted})
    playlist = recommender.playlist(
        named,
        length=complete.length,
        rng_seed=complete.rng_seed,
        exclude=[*excluded, *unwanted],
        most_per_artist=complete.most_per_artist,
        adventure=complete.adventure,
    )
    made = MadePlaylist(
        "",
        playlist.seeds,
        playlist.tracks,
        unknown,
        {},
        playlist.stand_ins,
        ambiguous,
        respelt,
        wish,
    )
    return made, excluded


def _left_out(
    recommender: Recommender,
    wish: PlaylistWish,
    complete: CompleteWish,
    recent: list[list[str]],
    away: set[str],
) -> tuple[str, ...]:
    """What is not wished for this time; `away` is what cannot be in the playlist at all."""
    if not wish.exclude and not recent:
        return ()
    library = recommender.library
    names = library["artist"].str.casefold()
    return leave_out(
        [*wish.exclude, *heard(recent)],
        {
            track_id: artist
            for track_id, artist in zip(library["track_id"], names, strict=True)
            if track_id not in away
        },
        length=complete.length,
        most_per_artist=complete.most_per_artist,
    )
