"""What somebody may mean who is still typing the songs of a request."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.services.recommenders import RecommenderCache
from songnet.errors import ModelError
from songnet.seed_matches import Completion
from storage import Storage
from storage.errors import StorageError
from storage.models import ModelRecord

logger = logging.getLogger(__name__)

_LAST_SEPARATOR = re.compile(r"[;\uff1b\u061b](?=[^;\uff1b\u061b]*$)")
"""A semicolon of any keyboard; see `chatbot.conversation.commands.parse_seeds`."""


@dataclass(frozen=True)
class Suggestion:
    """One way to go on with what is being typed."""

    label: str
    """What is shown: all songs, the last one with its artist."""
    text: str
    """The whole text, with the last song completed."""


@dataclass(frozen=True)
class MeantSongs:
    """What named songs mean, in one library."""

    model_id: int
    """Of the model that knows the library."""
    track_ids: tuple[str, ...]
    standing: tuple[tuple[str, ...], ...]
    """For each song that the library lacks: the songs of its artist that stand for it."""


class CompletionService:
    """Completes the last song of a request from the person's own library."""

    def __init__(self, storage: Storage, recommenders: RecommenderCache, *, seconds: float) -> None:
        """`seconds`: an answer that would take longer is empty instead."""
        self._storage = storage
        self._recommenders = recommenders
        self._seconds = seconds

    async def complete(
        self, user_id: int | None, text: str, *, most: int, characters: int
    ) -> list[Suggestion]:
        """Texts that go on from this one; none for a person without a model, or too late.

        A model that is not in memory begins to be loaded, elsewhere than in the event loop, and is
        there for the next letters if not for these.

        Args:
            user_id: whose library.
            text: songs separated by ';', the last one unfinished or still empty.
            most: so many suggestions at most.
            characters: no suggestion's text is longer. To that end songs are named by their titles
                alone where that is enough.
        """
        if user_id is None:
            return []
        try:
            async with asyncio.timeout(self._seconds):
                record = await self._storage.models.active(user_id)
                if record is None:
                    return []
                return await self._complete(record, text, most, characters)
        except TimeoutError:
            logger.info("suggestions came too late to be shown")
        except (StorageError, ModelError):
            logger.info("suggestions need a model that cannot be used")
        return []

    async def meant(self, user_id: int, songs: Sequence[str]) -> MeantSongs | None:
        """Which songs of the person's library are meant; None where it lacks one of them."""
        record = await self._storage.models.active(user_id)
        if record is None:
            return None
        try:
            recommender = await self._recommenders.get(record)
        except (StorageError, ModelError):
            return None
        matches = await asyncio.to_thread(recommender.find_seeds, songs)
        if matches.unknown:
            return None
        return MeantSongs(
            record.id,
            tuple(match.track.track_id for match in matches.found),
            tuple(tuple(track.track_id for track in each.tracks) for each in matches.by_artist),
        )

    async def _complete(
        self, record: ModelRecord, text: str, most: int, characters: int
    ) -> list[Suggestion]:
        recommender = await self._recommenders.get(record)
        head, last = _split(text)

        def look() -> list[Suggestion]:
            songs = [recommender.shorten(song) for song in head]
            named = {song.casefold() for song in songs}
            # Some are too long, and some are named already.
            found = recommender.complete(last, most + len(head))
            fresh = [found_ for found_ in found if found_.text.casefold() not in named]
            suggestions = [_suggestion(songs, completion) for completion in fresh]
            return [one for one in suggestions if len(one.text) <= characters][:most]

        return await asyncio.to_thread(look)


def _split(text: str) -> tuple[list[str], str]:
    """The finished songs, and the beginning of the last."""
    head, *last = _LAST_SEPARATOR.split(text, maxsplit=1)
    if not last:
        return [], text.strip()
    songs = [" ".join(song.split()) for song in re.split(r"[;\uff1b\u061b]", head)]
    return [song for song in songs if song], last[0].strip()


def _suggestion(songs: list[str], completion: Completion) -> Suggestion:
    track = completion.track
    return Suggestion(
        "; ".join([*songs, f"{track.title} - {track.artist}"]),
        "; ".join([*songs, completion.text]),
    )
