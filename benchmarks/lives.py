"""A life of listening as Spotify exports it, invented: as long and as untidy as real ones.

What makes work for a reader is in it in the usual shares: titles with decoration and in several
scripts, several URIs for a recording, podcasts, rows without names, rows stamped 1970, streams that
stand twice, and the personal fields that nobody may keep.
"""

from __future__ import annotations

import json
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

ROWS = 227_000
FILES = 12
TRACKS = 20_000

_TITLES = (
    "Invented song {}",
    "Invented song {} - Remastered 2011",
    "Invented song {} (feat. Somebody Else)",
    "Invented song {} - Live at Nowhere",
    "Erfundenes Lied {} für später",
    "Выдуманная песня {}",
)
_TITLE_SHARES = (0.7, 0.08, 0.08, 0.06, 0.05, 0.03)
_ENDS = ("trackdone", "fwdbtn", "backbtn", "endplay", "logout", "", None)
_END_SHARES = (0.55, 0.3, 0.03, 0.08, 0.02, 0.01, 0.01)


def write_life(path: Path, *, rows: int = ROWS, files: int = FILES, rng_seed: int = 1) -> int:
    """Writes a zip like 'Extended streaming history'; returns the bytes of the JSON in it."""
    rng = np.random.default_rng(rng_seed)
    parts = np.array_split(np.arange(rows), files)
    plays = _plays(rows, rng)
    size = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, part in enumerate(parts):
            content = json.dumps([next(plays) for _ in part], ensure_ascii=False).encode()
            name = f"Spotify Extended Streaming History/Streaming_History_Audio_{number}.json"
            archive.writestr(name, content)
            size += len(content)
    return size


def _plays(rows: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    # Popular tracks often, rare ones seldom.
    tracks = np.minimum(rng.pareto(0.6, rows) * 30, TRACKS - 1).astype(int).tolist()
    kinds = rng.choice(4, rows, p=(0.955, 0.03, 0.005, 0.01)).tolist()
    ends = rng.choice(len(_ENDS), rows, p=_END_SHARES).tolist()
    listened = rng.integers(1_000, 260_000, rows).tolist()
    pauses = rng.exponential(900, rows).astype(int).tolist()
    addresses = rng.integers(0, 256, rows).tolist()
    titles = rng.choice(len(_TITLES), TRACKS, p=_TITLE_SHARES).tolist()
    moment = datetime(2010, 1, 1, 8, tzinfo=UTC)
    before: dict[str, Any] = {}
    for number in range(rows):
        moment += timedelta(seconds=pauses[number], milliseconds=listened[number])
        row = _row(moment, tracks[number], titles[tracks[number]], listened[number])
        row["reason_end"] = _ENDS[ends[number]]
        row["ip_addr_decrypted"] = f"192.0.2.{addresses[number]}"
        row["shuffle"] = addresses[number] % 3 == 0
        row["offline_timestamp"] = int(moment.timestamp()) if ends[number] else None
        if kinds[number] == 1:
            row |= _PODCAST
        elif kinds[number] == 2:
            row |= {"ts": "1970-01-01T00:00:00Z"}
        elif kinds[number] == 3 and before:
            row = before
        before = row
        yield row


_PODCAST = {
    "master_metadata_track_name": None,
    "master_metadata_album_artist_name": None,
    "master_metadata_album_album_name": None,
    "spotify_track_uri": None,
    "episode_name": "An invented episode",
    "episode_show_name": "An invented show",
    "spotify_episode_uri": "spotify:episode:0000000000000000000000",
}


@cache
def _id_of(recording: str) -> str:
    """22 characters, as hard to compress as Spotify's."""
    return b64encode(blake2b(recording.encode(), digest_size=18).digest(), b"xX")[:22].decode()


def _row(moment: datetime, track: int, title: int, ms_played: int) -> dict[str, Any]:
    return {
        "ts": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "username": "invented-listener",
        "platform": "Invented OS (Player)",
        "ms_played": ms_played,
        "conn_country": "ZZ",
        "ip_addr_decrypted": "",
        "user_agent_decrypted": "unknown",
        "master_metadata_track_name": _TITLES[title].format(track),
        "master_metadata_album_artist_name": f"Invented artist {track // 8}",
        "master_metadata_album_album_name": f"Invented album {track // 4}",
        "spotify_track_uri": "spotify:track:" + _id_of(f"{track} {ms_played % 9 == 0}"),
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": None,
        "offline": False,
        "offline_timestamp": None,
        "incognito_mode": False,
    }
