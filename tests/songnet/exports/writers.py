"""How each format tells of plays: the same invented plays, written as each service would."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.songnet.exports.played import NEEDLE, Played
from tests.songnet.exports.samples import account, dumped, extended, lastfm
from tests.songnet.exports.workbooks import deezer, deezer_row


@dataclass(frozen=True)
class Writer:
    """One format's way of telling that songs were played."""

    format: str
    write: Callable[[Sequence[Played]], bytes]
    minutes: bool = False
    """It knows the minute only."""
    durations: bool = True
    artists_elsewhere: bool = False
    """Other documents of the package name the artists that it leaves out."""
    text: bool = True
    """The document is a text, which may come in other encodings."""

    def head(self, plays: Sequence[Played]) -> bytes:
        """What formats look at."""
        document = self.write(plays)
        if self.text:
            return document
        with zipfile.ZipFile(io.BytesIO(document)) as archive:
            return archive.read("xl/workbook.xml")


def csv_text(*rows: Sequence[object]) -> bytes:
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerows(rows)
    return target.getvalue().encode()


def _account(plays: Sequence[Played]) -> bytes:
    return dumped(
        *(
            account(
                endTime=play.end.strftime("%Y-%m-%d %H:%M"),
                artistName=play.artist,
                trackName=play.title,
                msPlayed=60_000,
            )
            for play in plays
        )
    )


def _extended(plays: Sequence[Played]) -> bytes:
    return dumped(
        *(
            extended(
                ts=play.end.strftime("%Y-%m-%dT%H:%M:%SZ"),
                master_metadata_album_artist_name=play.artist,
                master_metadata_track_name=play.title,
                master_metadata_album_album_name=play.album or None,
                ms_played=60_000,
            )
            for play in plays
        )
    )


def _ghan(plays: Sequence[Played]) -> bytes:
    rows = csv_text(
        *(
            (
                play.epoch,
                f"{play.at:%d %b %Y, %H:%M}",
                play.artist,
                "",
                play.album,
                "",
                play.title,
                "",
            )
            for play in plays
        )
    )
    return lastfm() + rows


def _benjamin(plays: Sequence[Played]) -> bytes:
    return csv_text(
        *((play.artist, play.album, play.title, f"{play.at:%d %b %Y %H:%M}") for play in plays)
    )


def _stats(plays: Sequence[Played]) -> bytes:
    scrobbles = [
        {
            "track": play.title,
            "artist": play.artist,
            "album": play.album,
            "albumId": "",
            "date": play.epoch * 1000,
        }
        for play in plays
    ]
    return json.dumps({"username": NEEDLE, "scrobbles": scrobbles}, ensure_ascii=False).encode()


def api_track(play: Played, **changes: Any) -> dict[str, Any]:
    return {
        "artist": {"mbid": "", "#text": play.artist},
        "streamable": "0",
        "image": [
            {"size": size, "#text": "https://example.org/i.png"} for size in ("small", "large")
        ],
        "mbid": "",
        "album": {"mbid": "", "#text": play.album},
        "name": play.title,
        "url": "https://example.org/track",
        "date": {"uts": str(play.epoch), "#text": f"{play.at:%d %b %Y, %H:%M}"},
    } | changes


def api_page(*tracks: dict[str, Any]) -> dict[str, Any]:
    facts = {"user": NEEDLE, "totalPages": "1", "page": "1", "perPage": "200", "total": "1"}
    return {"recenttracks": {"track": list(tracks), "@attr": facts}}


def _api(plays: Sequence[Played]) -> bytes:
    return json.dumps(api_page(*map(api_track, plays)), ensure_ascii=False).encode()


def listen(play: Played, **info: Any) -> dict[str, Any]:
    return {
        "inserted_at": f"{play.at:%Y-%m-%d %H:%M:%S}",
        "listened_at": play.epoch,
        "recording_msid": "00000000-0000-0000-0000-000000000000",
        "user_name": NEEDLE,
        "track_metadata": {
            "track_name": play.title,
            "artist_name": play.artist,
            "release_name": play.album or None,
            "mbid_mapping": None,
            "additional_info": {"duration_ms": 200_000, "submission_client": NEEDLE, **info},
        },
    }


def _listenbrainz(plays: Sequence[Played]) -> bytes:
    return b"".join(json.dumps(listen(play), ensure_ascii=False).encode() + b"\n" for play in plays)


def maloja_scrobble(play: Played, **changes: Any) -> dict[str, Any]:
    return {
        "time": play.epoch,
        "track": {
            "artists": [play.artist, "A guest"] if play.artist else [],
            "title": play.title,
            "album": {"artists": [play.artist], "albumtitle": play.album} if play.album else None,
            "length": 200,
        },
        "duration": 60,
        "origin": f"client:{NEEDLE}",
    } | changes


def _maloja(plays: Sequence[Played]) -> bytes:
    facts = {"export_time": 1_700_000_000, "maloja": {"version": "3.2"}}
    document = {**facts, "scrobbles": [maloja_scrobble(play) for play in plays]}
    return json.dumps(document, ensure_ascii=False).encode()


def watched(play: Played, **changes: Any) -> dict[str, Any]:
    return {
        "header": "YouTube Music",
        "title": f"Watched {play.title}" if play.title else "",
        "titleUrl": "https://music.youtube.com/watch?v\u003d00000000000",
        "subtitles": [{"name": f"{play.artist} - Topic", "url": f"https://example.org/{NEEDLE}"}]
        if play.artist
        else None,
        "time": play.at.isoformat().replace("+00:00", "Z"),
        "products": ["YouTube"],
        "activityControls": [NEEDLE],
    } | changes


def _youtube(plays: Sequence[Played]) -> bytes:
    return dumped(*map(watched, plays))


APPLE_COLUMNS = (
    *("Album Name", "Apple ID Number", "Client IP Address", "Container Artist Name"),
    *("Device Identifier", "End Reason Type", "Event End Timestamp", "Event Start Timestamp"),
    *("Event Type", "IP City", "Media Duration In Milliseconds", "Media Type"),
    *("Play Duration Milliseconds", "Shuffle Play", "Song Name", "User’s Audio Quality"),
)


def apple_row(play: Played, **changes: Any) -> dict[str, Any]:
    return {
        "Album Name": play.album,
        "Apple ID Number": NEEDLE,
        "Client IP Address": NEEDLE,
        "Container Artist Name": play.artist,
        "Device Identifier": NEEDLE,
        "End Reason Type": "NATURAL_END_OF_TRACK",
        "Event End Timestamp": f"{play.end:%Y-%m-%dT%H:%M:%S.000Z}",
        "Event Start Timestamp": f"{play.at:%Y-%m-%dT%H:%M:%S.000Z}",
        "Event Type": "PLAY_END",
        "IP City": NEEDLE,
        "Media Duration In Milliseconds": 212_000,
        "Media Type": "AUDIO",
        "Play Duration Milliseconds": 60_000,
        "Shuffle Play": "SHUFFLE_OFF",
        "Song Name": play.title,
    } | changes


def apple(*rows: dict[str, Any], columns: Sequence[str] = APPLE_COLUMNS) -> bytes:
    return csv_text(columns, *([row.get(name, "") for name in columns] for row in rows))


def _apple(plays: Sequence[Played]) -> bytes:
    return apple(*map(apple_row, plays))


def _deezer(plays: Sequence[Played]) -> bytes:
    return deezer(*map(deezer_row, plays))


WRITERS = (
    Writer("spotify-account", _account, minutes=True),
    Writer("spotify-extended", _extended),
    Writer("lastfm-ghan", _ghan, durations=False),
    Writer("lastfm-benjamin", _benjamin, minutes=True, durations=False),
    Writer("lastfm-stats", _stats, durations=False),
    Writer("lastfm-api", _api, durations=False),
    Writer("listenbrainz", _listenbrainz, durations=False),
    Writer("maloja", _maloja),
    Writer("youtube-music", _youtube, durations=False),
    Writer("apple-music", _apple, artists_elsewhere=True),
    Writer("deezer", _deezer, text=False),
)
