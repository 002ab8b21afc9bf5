"""Finds links for tracks that came without one: later, and within a daily budget."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from chatbot.catalogue.errors import (
    SearchRejected,
    SpotifyBusy,
    SpotifyRefused,
    SpotifyUnavailable,
)
from songnet.music import Track

logger = logging.getLogger(__name__)

DAILY_BUDGET = 400
"""Requests a day; from about 600 on, Spotify was seen to close for many hours."""
PAUSE_WHEN_REFUSED = timedelta(days=1)
PAUSE_WHEN_UNAVAILABLE = timedelta(minutes=10)


class Catalogue(Protocol):
    """Who knows the tracks; `SpotifyCatalogue` is the one that ships."""

    async def find(self, artist: str, title: str) -> str | None:
        """The track's URI; None where there is no such track. Raises `CatalogueError`."""


class LinkCache(Protocol):
    """What was looked up before; `storage.links.SpotifyLinks` is the one that ships."""

    async def get_many(self, keys: Sequence[str]) -> dict[str, str | None]:
        """What is known: a URI, or None where the look-up found nothing; no entry: not known."""

    async def put(self, key: str, uri: str | None, looked_up_at: datetime) -> None:
        """Keeps what a look-up found."""

    async def spend(self, day: date, budget: int) -> bool:
        """Counts one request of that day; False where the budget is used up."""


class Stop(StrEnum):
    """Why the filling stopped before its end."""

    BUDGET = "budget"
    BUSY = "busy"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Filled:
    """What one round of look-ups came to."""

    found: int
    not_found: int
    left: int
    """Tracks that are still to be looked up."""
    stop: Stop | None = None


def _now() -> datetime:
    return datetime.now(UTC)


class LinkFiller:
    """Looks up what has no URI, once for everybody.

    What Spotify could not be asked is never kept as 'not found'. After a 429 nothing is asked until
    the time that Spotify named has passed.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        cache: LinkCache,
        *,
        daily_budget: int = DAILY_BUDGET,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._catalogue = catalogue
        self._cache = cache
        self._daily_budget = daily_budget
        self._now = now
        self._closed_until = datetime.min.replace(tzinfo=UTC)
        self._closed_by = Stop.BUSY
        self._one_at_a_time = asyncio.Lock()

    async def fill(self, tracks: Iterable[Track]) -> Filled:
        """Looks up, in their order, the tracks that have no URI and were never looked up."""
        wanted = _without_uri(tracks)
        async with self._one_at_a_time:
            looked_up = await self._cache.get_many(list(wanted)) if wanted else {}
            missing = [track for key, track in wanted.items() if key not in looked_up]
            found = not_found = rejected = 0
            for position, track in enumerate(missing):
                try:
                    uri, stop = await self._look_up(track)
                except SearchRejected:
                    rejected += 1
                    continue
                if stop is not None:
                    left = len(missing) - position + rejected
                    return Filled(found, not_found, left, stop)
                found += uri is not None
                not_found += uri is None
            return Filled(found, not_found, rejected)

    async def _look_up(self, track: Track) -> tuple[str | None, Stop | None]:
        now = self._now()
        if now < self._closed_until:
            return None, self._closed_by
        if not await self._cache.spend(now.date(), self._daily_budget):
            return None, Stop.BUDGET
        try:
            uri = await self._catalogue.find(track.artist, track.title)
        except SpotifyBusy as busy:
            return None, self._close(Stop.BUSY, timedelta(seconds=busy.retry_after_seconds), busy)
        except SpotifyRefused as refusal:
            return None, self._close(Stop.REFUSED, PAUSE_WHEN_REFUSED, refusal)
        except SpotifyUnavailable as error:
            return None, self._close(Stop.UNAVAILABLE, PAUSE_WHEN_UNAVAILABLE, error)
        await self._cache.put(track.track_id, uri, now)
        return uri, None

    def _close(self, stop: Stop, pause: timedelta, reason: Exception) -> Stop:
        self._closed_until = self._now() + pause
        self._closed_by = stop
        logger.warning("no look-ups until %s: %s", self._closed_until.isoformat(), reason)
        return stop


def _without_uri(tracks: Iterable[Track]) -> dict[str, Track]:
    return {track.track_id: track for track in tracks if not track.uri}
