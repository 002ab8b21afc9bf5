"""Rows and files as the services write them, all invented."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

URI = "spotify:track:0000000000000000000001"
OTHER_URI = "spotify:track:0000000000000000000002"

PERSONAL = {
    "username": "very-personal-name",
    "platform": "very-personal-device",
    "conn_country": "very-personal-land",
    "ip_addr": "203.0.113.77",
    "ip_addr_decrypted": "203.0.113.78",
    "user_agent_decrypted": "very-personal-agent",
}


def extended(**changes: Any) -> dict[str, Any]:
    """A row of the extended history: Faded, 200 s, ended on 2024-01-01 at 12:00:00."""
    return {
        "ts": "2024-01-01T12:00:00Z",
        **PERSONAL,
        "ms_played": 200_000,
        "master_metadata_track_name": "Faded",
        "master_metadata_album_artist_name": "Alan Walker",
        "master_metadata_album_album_name": "Different World",
        "spotify_track_uri": URI,
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": True,
        "skipped": False,
        "offline": None,
        "offline_timestamp": 1704110400.5,
        "incognito_mode": False,
    } | changes


def podcast(**changes: Any) -> dict[str, Any]:
    return (
        extended(
            master_metadata_track_name=None,
            master_metadata_album_artist_name=None,
            master_metadata_album_album_name=None,
            spotify_track_uri=None,
            episode_name="An episode",
            episode_show_name="A show",
            spotify_episode_uri="spotify:episode:0000000000000000000009",
        )
        | changes
    )


def account(**changes: Any) -> dict[str, Any]:
    """A row of the account data: Faded, 200 s, ended in the minute 2024-01-01 12:00."""
    return {
        "endTime": "2024-01-01 12:00",
        "artistName": "Alan Walker",
        "trackName": "Faded",
        "msPlayed": 200_000,
    } | changes


def account_podcast() -> dict[str, Any]:
    return {
        "endTime": "2024-01-01 13:00",
        "podcastName": "A show",
        "episodeName": "An episode",
        "msPlayed": 200_000,
    }


def lastfm(*lines: str) -> bytes:
    header = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"
    return "\r\n".join([header, *lines, ""]).encode()


def lastfm_line(uts: int = 1_704_110_200, artist: str = "Alan Walker", title: str = "Faded") -> str:
    return f'{uts},"01 Jan 2024, 11:56",{artist},,Different World,,{title},'


def dumped(*rows: Any) -> bytes:
    return json.dumps(list(rows), ensure_ascii=False).encode()


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()
