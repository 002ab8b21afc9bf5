"""What a file seems to be that holds no listening history, in a few words for its owner."""

from __future__ import annotations

from typing import Final

_SIGNS: Final = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"RIFF", "a sound or an image"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
    (b"fLaC", "a sound file"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"SQLite format 3", "a database"),
    (b"\xd0\xcf\x11\xe0", "an old or a protected Office file"),
)
_TEXT_SIGNS: Final = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<", "XML"),
    (b"{", "JSON of another kind"),
    (b"[", "JSON of another kind"),
)


def what_it_seems(head: bytes) -> str:
    """A few words for the beginning of a file; empty where nothing can be said."""
    start = head.lstrip()[:64].lower()
    if not start:
        return "an empty file"
    for sign, words in _SIGNS:
        if head.startswith(sign):
            return words
    if b"spreadsheetml" in head[:1024]:
        return "a spreadsheet"
    for sign, words in _TEXT_SIGNS:
        if start.startswith(sign):
            return words
    # The head may end inside a character, which 'ignore' forgives; a NUL byte is in no text.
    text = head.decode("utf-8", "ignore")
    is_text = "\0" not in text and len(text.encode()) > len(head) - 4
    return "text" if is_text else ""
