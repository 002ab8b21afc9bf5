"""Spotify 'Account data': the last twelve months, to the minute, without URIs.

`[{"endTime": "2024-01-31 18:05", "artistName": ..., "trackName": ..., "msPlayed": 201000}, ...]`
in `StreamingHistory_music_0.json` (podcasts and audiobooks have files of their own), before 2023 in
`StreamingHistory0.json` with podcasts under `artistName` too.
"""

from __future__ import annotations

import msgspec

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.formats import Reading, Service, Skip, as_utf8, json_keys
from songnet.exports.json_rows import decode_rows
from songnet.exports.times import iso_times


class _Row(msgspec.Struct, rename="camel", gc=False):
    end_time: str | None = None
    artist_name: str | None = None
    track_name: str | None = None
    ms_played: int | float | None = None
    podcast_name: str | None = None
    episode_name: str | None = None
    audiobook_name: str | None = None
    chapter_name: str | None = None

    def not_music(self) -> Skip | None:
        if self.track_name is not None:
            return None
        if self.podcast_name or self.episode_name:
            return Skip.PODCAST
        return Skip.AUDIOBOOK if self.audiobook_name or self.chapter_name else None


class SpotifyAccount:
    """Reads the streaming history of the 'Account data' package."""

    name = "spotify-account"
    service = Service.SPOTIFY
    package = None

    def recognises(self, head: bytes) -> bool:
        return {"endTime", "msPlayed"} <= json_keys(head)

    def read(self, document: Document) -> Reading:
        rows, bad_rows = decode_rows(as_utf8(document.content()), _Row)
        columns = Columns(
            # `endTime` is the minute in which the play ended, in UTC.
            times=iso_times([row.end_time for row in rows], with_zone=False),
            artist=[row.artist_name for row in rows],
            title=[row.track_name for row in rows],
            ms_played=[row.ms_played for row in rows],
            not_music=[row.not_music() for row in rows],
            minute_precision=True,
        )
        return reading_of(columns, bad_rows=bad_rows)
