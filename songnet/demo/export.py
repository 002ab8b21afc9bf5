"""The invented listener's history as the zip file that Spotify would send.

Titles, artists and albums are real; everything about the listener is invented, and no song has a
Spotify URI, since a made-up one would lead nowhere. The file has the troubles of real ones:
podcasts, rows without metadata, plays told twice in overlapping files, a video history, a PDF.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from songnet.demo.listener import Listener, Listening

FOLDER: Final = "Spotify Extended Streaming History"
MOST_PLAYS: Final = 100_000

_SAVED_AT: Final = (2025, 1, 2, 3, 4, 6)
"""The time in the zip file's directory: the same seed gives the same bytes."""
_PDF: Final = b"%PDF-1.4\n% An invented listener. Nothing of this person exists.\n%%EOF\n"
_ABOUT_THE_LISTENER: Final = {
    # Invented; the addresses belong to nobody (RFC 5737), the country code to no country.
    "username": "invented-listener",
    "platform": "Invented Player 1.0",
    "conn_country": "ZZ",
    "ip_addr": "192.0.2.17",
    "user_agent_decrypted": "InventedAgent/1.0",
}
_PODCAST_SHARE: Final = 0.03
_NULL_SHARE: Final = 0.015
_VIDEO_SHARE: Final = 0.01
_OVERLAP: Final = 0.06
"""The part of the history that the third audio file tells again."""

Row = dict[str, Any]


@dataclass(frozen=True)
class DemoContents:
    """What `write_demo_export` wrote."""

    plays: int
    """Different plays of songs."""
    repeated: int
    """Plays told a second time."""
    podcasts: int
    null_rows: int

    @property
    def rows(self) -> int:
        return self.plays + self.repeated + self.podcasts + self.null_rows


def write_demo_export(path: str | Path, *, rng_seed: int = 1, plays: int = 12_000) -> DemoContents:
    """Writes an 'Extended streaming history' of an invented listener over two years.

    The same arguments give the same bytes (with the same version of zlib).

    Raises:
        ValueError: `plays` is not in 1 ... 100,000.
        OSError: the file cannot be written.
    """
    if not 1 <= plays <= MOST_PLAYS:
        raise ValueError(f"plays must be in 1 ... {MOST_PLAYS:,}; it is {plays:,}")
    rng = Random(rng_seed)  # noqa: S311 - an invented history, not a secret
    audio: list[Row] = []
    video: list[Row] = []
    podcasts = null_rows = 0
    for listening in Listener(rng_seed).listen(plays):
        (video if rng.random() < _VIDEO_SHARE else audio).append(_song_row(listening))
        if rng.random() < _PODCAST_SHARE:
            audio.append(_podcast_row(listening.started_at, rng))
            podcasts += 1
        if rng.random() < _NULL_SHARE:
            audio.append(_row(listening.started_at, 0))
            null_rows += 1
    repeated = _write(Path(path), audio, video)
    told_again = sum(row["master_metadata_track_name"] is not None for row in repeated)
    told_podcasts = sum(row["episode_name"] is not None for row in repeated)
    return DemoContents(
        plays,
        told_again,
        podcasts + told_podcasts,
        null_rows + len(repeated) - told_again - told_podcasts,
    )


def _write(path: Path, audio: list[Row], video: list[Row]) -> list[Row]:
    """Writes the zip file; returns the rows that two files tell."""
    half = len(audio) // 2
    overlap = audio[half : half + int(len(audio) * _OVERLAP)]
    files = {
        "Streaming_History_Audio_2023-2024_0.json": audio[:half] + overlap,
        "Streaming_History_Audio_2024_1.json": audio[half:],
        "Streaming_History_Video_2023-2024.json": video,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in files.items():
            archive.writestr(_entry(name), _json(rows), compresslevel=6)
        archive.writestr(_entry("ReadMeFirst_ExtendedStreamingHistory.pdf"), _PDF)
    return overlap


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{FOLDER}/{name}", date_time=_SAVED_AT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    # Otherwise the system on which it is written leaves its mark.
    entry.create_system = 3
    return entry


def _json(rows: Iterable[Row]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(list(rows)), indent=2)


def _song_row(listening: Listening) -> Row:
    song = listening.song
    row = _row(listening.started_at, listening.ms_played)
    return row | {
        "master_metadata_track_name": song.title,
        "master_metadata_album_artist_name": song.artist,
        "master_metadata_album_album_name": song.album,
        "reason_end": "fwdbtn" if listening.skipped else "trackdone",
        "shuffle": listening.shuffle,
    }


def _podcast_row(started_at: datetime, rng: Random) -> Row:
    number = rng.randrange(1, 200)
    return _row(started_at, rng.randrange(60_000, 3_000_000)) | {
        "episode_name": f"Invented episode {number}",
        "episode_show_name": "An invented podcast",
        "reason_end": "endplay",
    }


def _row(started_at: datetime, ms_played: int) -> Row:
    ended_at = started_at + timedelta(milliseconds=ms_played)
    return {
        "ts": ended_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **_ABOUT_THE_LISTENER,
        "ms_played": ms_played,
        "master_metadata_track_name": None,
        "master_metadata_album_artist_name": None,
        "master_metadata_album_album_name": None,
        "spotify_track_uri": None,
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "audiobook_title": None,
        "audiobook_uri": None,
        "audiobook_chapter_uri": None,
        "audiobook_chapter_title": None,
        "reason_start": "trackdone",
        "reason_end": "",
        "shuffle": None,
        # As in real exports, where it said nothing for years.
        "skipped": False,
        "offline": None,
        "offline_timestamp": int(started_at.timestamp()),
        "incognito_mode": False,
    }
