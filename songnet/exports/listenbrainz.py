"""Plays as ListenBrainz exports them: JSON lines, to the second.

`listens/<year>/<month>.jsonl` in `listenbrainz_<user>_<epoch>.zip`; a line is `{"listened_at",
"track_metadata": {"track_name", "artist_name", "release_name", "additional_info"}}`, where players
put into `additional_info` what they know: `duration_ms`, `duration_played`, `spotify_id`.

Source: https://listenbrainz.readthedocs.io/en/latest/users/json.html
"""

from __future__ import annotations

import io
import re
from typing import Final

import msgspec

from songnet.errors import LimitExceeded
from songnet.exports.archive import Document
from songnet.exports.cleaning import Columns, reading_of
from songnet.exports.epochs import times_of_epochs
from songnet.exports.formats import Reading, Service, as_utf8, json_keys
from songnet.exports.json_lists import rows_of_list
from songnet.exports.json_rows import MOST_ROWS, NOT_DECODED

_SPOTIFY_LINK: Final = re.compile(
    r"(?:https?://open\.spotify\.com/(?:intl-\w+/)?track/|spotify:track:)?([0-9A-Za-z]{22})(?:\?.*)?"
)
_MS_PER_S: Final = 1000


class _Info(msgspec.Struct, gc=False):
    duration_played: int | float | str | None = None
    spotify_id: str | None = None


class _Track(msgspec.Struct, gc=False):
    track_name: str | None = None
    artist_name: str | None = None
    release_name: str | None = None
    additional_info: msgspec.Raw = msgspec.Raw(b"null")

    def info(self) -> _Info:
        """What the player added, which may be of any type; anything odd is as if not there."""
        try:
            return msgspec.json.decode(self.additional_info, type=_Info | None) or _Info()
        except NOT_DECODED:
            return _Info()


class _Row(msgspec.Struct, gc=False):
    listened_at: int | float | str | None = None
    track_metadata: _Track | None = None


class ListenBrainz:
    """Reads the listens of a ListenBrainz export."""

    name = "listenbrainz"
    service = Service.LISTENBRAINZ
    package = None

    def recognises(self, head: bytes) -> bool:
        return {"listened_at", "track_metadata"} <= json_keys(head)

    def read(self, document: Document) -> Reading:
        rows, bad_rows = _rows(as_utf8(document.content()))
        tracks = [row.track_metadata or _Track() for row in rows]
        infos = [track.info() for track in tracks]
        columns = Columns(
            times=times_of_epochs([row.listened_at for row in rows]),
            artist=[track.artist_name for track in tracks],
            title=[track.track_name for track in tracks],
            album=[track.release_name for track in tracks],
            uri=[_uri(info.spotify_id) for info in infos],
            ms_played=[_ms_played(info) for info in infos],
            times_are_starts=True,
        )
        return reading_of(columns, bad_rows=bad_rows)


def _rows(data: bytes) -> tuple[list[_Row], int]:
    """A line is a row; a file that was made into a list by hand is read as well."""
    if data.lstrip()[:1] == b"[":
        return rows_of_list(data, _Row)
    rows: list[_Row] = []
    lines = 0
    for line in filter(bytes.strip, io.BytesIO(data)):
        lines += 1
        if lines > MOST_ROWS:
            raise LimitExceeded("", limit="rows", allowed=MOST_ROWS, found=lines)
        if (row := _row(line)) is not None:
            rows.append(row)
    return rows, lines - len(rows)


def _row(line: bytes) -> _Row | None:
    try:
        return msgspec.json.decode(line, type=_Row)
    except NOT_DECODED:
        return None


def _ms_played(info: _Info) -> float | None:
    """How long it was heard, in milliseconds; `duration_ms` is the song's own length."""
    played = info.duration_played
    return played * _MS_PER_S if isinstance(played, int | float) else None


def _uri(spotify_id: str | None) -> str | None:
    found = _SPOTIFY_LINK.fullmatch(spotify_id or "")
    return f"spotify:track:{found[1]}" if found else None
