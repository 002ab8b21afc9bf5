"""Playlists as files that other players and programs read (pure).

M3U8: https://en.wikipedia.org/wiki/M3U#Extended_M3U. XSPF: https://www.xspf.org/spec.
CSV: RFC 4180, in UTF-8.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from xml.etree import ElementTree as ET

XSPF_NAMESPACE = "http://xspf.org/ns/0/"

FILE_NAME_BYTES = 80
"""So many bytes has the name of a file at most, its ending aside; systems take 255."""
_SIGNS = " ,.'!&()+-_"
_PARTING = "/\\|:;·"
"""What parts a title, and cannot stay."""
_AT_NO_END = " .-,_"
_DEVICES = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"{each}{n}" for each in ("COM", "LPT") for n in range(10)),
}
"""What Windows takes for a device, whatever the ending."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, escaped or not."""


@dataclass(frozen=True)
class FileTrack:
    """A song as a file names it."""

    title: str
    artist: str
    url: str
    album: str | None = None
    seconds: int | None = None
    """How long it lasts, where that is known."""


def m3u8(title: str, tracks: Sequence[FileTrack]) -> str:
    """Extended M3U: two lines for each song, none of which a title can break."""
    lines = ["#EXTM3U", f"#PLAYLIST:{_one_line(title)}"]
    for track in tracks:
        seconds = -1 if track.seconds is None else track.seconds
        words = f"{_one_line(track.artist)} - {_one_line(track.title)}"
        lines += [f"#EXTINF:{seconds},{words}", _one_line(track.url)]
    return "\n".join(lines) + "\n"


def csv_text(_title: str, tracks: Sequence[FileTrack]) -> str:
    """A table with a heading; what is not known is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["position", "title", "artist", "album", "seconds", "url"])
    for position, track in enumerate(tracks, start=1):
        writer.writerow(
            [position, track.title, track.artist, track.album, track.seconds, track.url]
        )
    return text.getvalue()


def json_text(title: str, tracks: Sequence[FileTrack]) -> str:
    """An object with the title and the songs in their order."""
    content = {"title": title, "tracks": [asdict(track) for track in tracks]}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def xspf(title: str, tracks: Sequence[FileTrack]) -> str:
    """XSPF 1; what XML cannot hold is left out."""
    ET.register_namespace("", XSPF_NAMESPACE)
    playlist = ET.Element(_tag("playlist"), version="1")
    _add(playlist, "title", title)
    songs = ET.SubElement(playlist, _tag("trackList"))
    for track in tracks:
        song = ET.SubElement(songs, _tag("track"))
        _add(song, "location", track.url)
        _add(song, "title", track.title)
        _add(song, "creator", track.artist)
        if track.album:
            _add(song, "album", track.album)
        if track.seconds is not None:
            _add(song, "duration", str(track.seconds * 1000))
    ET.indent(playlist, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(playlist, encoding="unicode")}\n'


WRITERS: dict[str, Callable[[str, Sequence[FileTrack]], str]] = {
    "m3u8": m3u8,
    "csv": csv_text,
    "json": json_text,
    "xspf": xspf,
}
"""By the ending of the file's name."""


def written(ending: str, title: str, tracks: Sequence[FileTrack]) -> bytes:
    """The content of a file, in UTF-8; half characters, which no file can hold, become '?'.

    Raises:
        KeyError: there is no such kind of file.
    """
    return WRITERS[ending](title, tracks).encode("utf-8", "replace")


def file_name(title: str, ending: str, otherwise: str) -> str:
    """A file's name that tells what is in it, and that every system takes.

    Letters and digits of any script stay, and a few signs; nothing that is part of a path, ends a
    line, turns the direction of writing or hides.

    Args:
        title: what the playlist is called.
        ending: without the dot.
        otherwise: the name where nothing of the title can stay.

    >>> file_name("From AC/DC", "csv", "playlist-1"), file_name("../..", "csv", "playlist-1")
    ('From AC - DC.csv', 'playlist-1.csv')
    """
    composed = unicodedata.normalize("NFC", title)
    kept = "".join(
        sign if _stays(sign) else " - " if sign in _PARTING else " " for sign in composed
    )
    stem = re.sub(r"( -)+ ", " - ", " ".join(kept.split()))
    stem = stem.encode("utf-8")[:FILE_NAME_BYTES].decode("utf-8", "ignore").strip(_AT_NO_END)
    is_empty = not any(unicodedata.category(sign)[0] in "LN" for sign in stem)
    if is_empty or stem.partition(".")[0].strip().upper() in _DEVICES:
        stem = otherwise
    return f"{stem}.{ending}"


def _stays(sign: str) -> bool:
    return sign in _SIGNS or unicodedata.category(sign)[0] in "LMN"


def _tag(name: str) -> str:
    return f"{{{XSPF_NAMESPACE}}}{name}"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _tag(name)).text = _NOT_IN_XML.sub("", text)


def _one_line(text: str) -> str:
    """White space of every kind, line ends too, as single spaces."""
    return " ".join(text.split())
