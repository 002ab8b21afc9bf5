"""Invented exports of any size: every title is a number."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

ROWS_PER_FILE = 16_000
"""About what Spotify puts into one."""
TRACKS_PER_SESSION = 12
SHARE_OF_HABIT = 0.6
"""So often the next track is the one that followed the last time: something can be learned."""


def write_export(path: Path, *, rows: int, tracks: int, rng_seed: int = 1) -> int:
    """Writes a zip like 'Extended streaming history'; returns the bytes of the JSON in it."""
    size = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, part in enumerate(_parts(rows, tracks, np.random.default_rng(rng_seed))):
            content = json.dumps(part).encode()
            archive.writestr(f"Export/Streaming_History_Audio_{number}.json", content)
            size += len(content)
    return size


def _parts(rows: int, tracks: int, rng: np.random.Generator) -> Iterator[list[dict[str, Any]]]:
    part = []
    for number, (moment, track) in enumerate(
        zip(_moments(rows), _played(rows, tracks, rng), strict=True)
    ):
        part.append(_row(moment, track))
        if len(part) == ROWS_PER_FILE or number == rows - 1:
            yield part
            part = []


def _moments(rows: int) -> Iterator[datetime]:
    moment = datetime(2014, 1, 1, 8, tzinfo=UTC)
    for number in range(rows):
        yield moment
        is_last = (number + 1) % TRACKS_PER_SESSION == 0
        moment += timedelta(hours=3) if is_last else timedelta(minutes=3, seconds=20)


def _played(rows: int, tracks: int, rng: np.random.Generator) -> Iterator[int]:
    """Popular tracks often, rare ones seldom (Zipf), in chains."""
    drawn = np.minimum(rng.zipf(1.3, rows) % tracks, tracks - 1)
    is_habit = rng.random(rows) < SHARE_OF_HABIT
    followed: dict[int, int] = {}
    before = 0
    for draw, habit in zip(drawn.tolist(), is_habit.tolist(), strict=True):
        track = (
            followed.get(before, draw)
            if habit
            else int(rng.integers(tracks))
            if draw == 1
            else draw
        )
        followed[before] = track
        before = track
        yield track


def _row(moment: datetime, track: int) -> dict[str, Any]:
    return {
        "ts": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "username": "invented-listener",
        "platform": "Invented Player 1.0",
        "ms_played": 195_000,
        "conn_country": "ZZ",
        "ip_addr_decrypted": "192.0.2.17",
        "user_agent_decrypted": "InventedAgent/1.0",
        "master_metadata_track_name": f"Invented song number {track}",
        "master_metadata_album_artist_name": f"Invented artist {track // 8}",
        "master_metadata_album_album_name": f"Invented album {track // 4}",
        "spotify_track_uri": f"spotify:track:{track:022d}",
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": None,
        "offline": False,
        "offline_timestamp": int(moment.timestamp()),
        "incognito_mode": False,
    }
