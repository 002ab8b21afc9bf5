"""Spotify 'Extended streaming history': the whole life of an account, to the second.

Rows of `Streaming_History_Audio_*.json`, `Streaming_History_Video_*.json` and, in older packages,
`endsong_*.json`. Of their two dozen keys only those below are decoded: what tells of the person
(address, country, device, user name) never enters the program.
"""

from __future__ import annotations

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.formats import Reading, Skip, as_utf8, json_keys
from songnet.exports.json_rows import decode_rows
from songnet.exports.times import iso_times

_BUTTONS = pa.array(["fwdbtn", "backbtn"])


class _Row(
    msgspec.Struct,
    gc=False,
    rename={
        "title": "master_metadata_track_name",
        "artist": "master_metadata_album_artist_name",
        "album": "master_metadata_album_album_name",
        "uri": "spotify_track_uri",
        "episode": "episode_name",
        "episode_uri": "spotify_episode_uri",
    },
):
    ts: str | None = None
    ms_played: int | float | None = None
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    uri: str | None = None
    episode: str | None = None
    episode_uri: str | None = None
    audiobook_title: str | None = None
    audiobook_uri: str | None = None
    reason_end: str | None = None
    shuffle: bool | int | str | None = None
    """Boolean or null in every known generation; anything else is taken for unknown."""

    def not_music(self) -> Skip | None:
        if self.title is not None:
            return None
        if self.episode or self.episode_uri:
            return Skip.PODCAST
        return Skip.AUDIOBOOK if self.audiobook_title or self.audiobook_uri else None


class SpotifyExtended:
    """Reads every generation of the 'Extended streaming history' package."""

    name = "spotify-extended"
    package = None

    def recognises(self, head: bytes) -> bool:
        keys = json_keys(head)
        return {"ts", "ms_played"} <= keys and not keys.isdisjoint(_Row.__struct_encode_fields__)

    def read(self, document: Document) -> Reading:
        rows, bad_rows = decode_rows(as_utf8(document.content()), _Row)
        titles = [row.title for row in rows]
        ends = pa.array([row.reason_end for row in rows], pa.string())
        columns = Columns(
            times=iso_times([row.ts for row in rows]),
            artist=[row.artist for row in rows],
            title=titles,
            album=[row.album for row in rows],
            uri=[row.uri for row in rows],
            ms_played=[row.ms_played for row in rows],
            # The export's own `skipped` was false in every row for years.
            ended_by_button=pc.is_in(ends, _BUTTONS).to_numpy(zero_copy_only=False),
            shuffle=[row.shuffle if isinstance(row.shuffle, bool) else None for row in rows],
            not_music=[row.not_music() for row in rows] if None in titles else None,
        )
        return reading_of(columns, bad_rows=bad_rows)
