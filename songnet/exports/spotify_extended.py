"""Spotify 'Extended streaming history': the whole life of an account, to the second.

Rows of `Streaming_History_Audio_*.json`, `Streaming_History_Video_*.json` and, in older packages,
`endsong_*.json`. Of their two dozen keys only those below are decoded: what tells of the person
(address, country, device, user name) never enters the program.
"""

from __future__ import annotations

from operator import attrgetter

import msgspec
import pyarrow as pa

from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, as_floats, reading_of
from songnet.exports.coded import CodedTexts
from songnet.exports.formats import Reading, Service, Skip, json_keys
from songnet.exports.json_rows import read_rows
from songnet.exports.times import iso_times

_NAMES = ("artist", "title", "album", "uri")
_SCHEMA = pa.schema(
    {
        "ts": pa.large_string(),
        "ms_played": pa.float64(),
        "by_button": pa.bool_(),
        "shuffle": pa.bool_(),
        "not_music": pa.string(),
    }
)
_BUTTONS = frozenset({"fwdbtn", "backbtn"})


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
        """What a row without a title is."""
        if self.episode or self.episode_uri:
            return Skip.PODCAST
        return Skip.AUDIOBOOK if self.audiobook_title or self.audiobook_uri else None


class SpotifyExtended:
    """Reads every generation of the 'Extended streaming history' package."""

    name = "spotify-extended"
    service = Service.SPOTIFY
    package = None

    def recognises(self, head: bytes) -> bool:
        keys = json_keys(head)
        return {"ts", "ms_played"} <= keys and not keys.isdisjoint(_Row.__struct_encode_fields__)

    def read(self, document: Document) -> Reading:
        names = CodedTexts(len(_NAMES))
        batches = []
        bad_rows = 0
        for rows, bad in read_rows(document, _Row):
            names.extend(map(attrgetter(*_NAMES), rows), len(rows))
            batches.append(_batch(rows))
            bad_rows += bad
        table = pa.Table.from_batches(batches, _SCHEMA)
        artist, title, album, uri = names.columns()
        columns = Columns(
            times=iso_times(table["ts"]),
            artist=artist,
            title=title,
            album=album,
            uri=uri,
            ms_played=table["ms_played"],
            # The export's own `skipped` was false in every row for years.
            ended_by_button=table["by_button"].to_numpy(),
            shuffle=table["shuffle"],
            not_music=table["not_music"],
        )
        return reading_of(columns, bad_rows=bad_rows)


def _batch(rows: list[_Row]) -> pa.RecordBatch:
    """Column by column, so that the objects of a batch go before the next one comes."""
    return pa.record_batch(
        [
            pa.array([row.ts for row in rows], pa.large_string()),
            as_floats([row.ms_played for row in rows]),
            pa.array([row.reason_end in _BUTTONS for row in rows], pa.bool_()),
            _as_flags([row.shuffle for row in rows]),
            pa.array([row.not_music() if row.title is None else None for row in rows], pa.string()),
        ],
        schema=_SCHEMA,
    )


def _as_flags(values: list[bool | int | str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.bool_())
    except pa.ArrowException:
        known = [value if isinstance(value, bool) else None for value in values]
        return pa.array(known, pa.bool_())
