"""The links of a playlist's tracks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from chatbot.catalogue import LinkFiller, SpotifyCatalogue
from songnet.links import track_url
from songnet.music import Track
from storage.links import SpotifyLinks

logger = logging.getLogger(__name__)


class LinkService:
    """Gives every track a link at once, and looks up better ones afterwards.

    The link is the track's page where its URI is known, from the person's own export or from an
    earlier look-up, else a search. Without a catalogue nothing is looked up.
    """

    def __init__(
        self, catalogue: SpotifyCatalogue | None, cache: SpotifyLinks, daily_budget: int
    ) -> None:
        self._catalogue = catalogue
        self._cache = cache
        self._filler = (
            LinkFiller(catalogue, cache, daily_budget=daily_budget) if catalogue else None
        )
        self._filling: set[asyncio.Task[None]] = set()

    async def urls(self, tracks: Sequence[Track]) -> dict[str, str]:
        """The link of every track, by track id."""
        unlinked = [track for track in tracks if track.uri is None]
        found = await self._cache.get_many([track.track_id for track in unlinked])
        if self._filler is not None and len(found) < len(unlinked):
            task = asyncio.create_task(self._fill(self._filler, unlinked))
            self._filling.add(task)
            task.add_done_callback(self._filling.discard)
        return {
            track.track_id: track_url(
                track.artist, track.title, track.uri or found.get(track.track_id)
            )
            for track in tracks
        }

    async def close(self) -> None:
        """Stops what is being looked up."""
        for task in self._filling:
            task.cancel()
        await asyncio.gather(*self._filling, return_exceptions=True)
        if self._catalogue is not None:
            self._catalogue.close()

    async def _fill(self, filler: LinkFiller, tracks: Sequence[Track]) -> None:
        try:
            await filler.fill(tracks)
        except Exception:
            logger.exception("looking up links failed")
