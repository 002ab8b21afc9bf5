"""Which files Telegram shows as a photo in the chat; the others are sent as files."""

from __future__ import annotations

import struct
from pathlib import Path

from telegram.constants import FileSizeLimit

PHOTO_BYTES = int(FileSizeLimit.PHOTOSIZE_UPLOAD)
PHOTO_SIDES = 10_000
"""Width and height together (https://core.telegram.org/bots/api#sendphoto)."""
PHOTO_RATIO = 20
SHOWN_SIDE = 1280
"""A photo is scaled down until its longer side is no longer than that."""
LEAST_SCALE = 0.5
"""What would be scaled down further stays a file: the letters of our pictures are 29 pixels high,
and in the picture of fifty songs eleven were left of them."""

_HEAD = struct.Struct(">8s4x4sII")
"""How a PNG file begins: its signature, and a first chunk with width and height."""
_SIGNATURE, _FIRST_CHUNK = b"\x89PNG\r\n\x1a\n", b"IHDR"


def is_photo(path: Path) -> bool:
    """Whether a file is a picture that Telegram takes as a photo, and that is legible as one."""
    with path.open("rb") as file:
        head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or path.stat().st_size > PHOTO_BYTES:
        return False
    signature, chunk, width, height = _HEAD.unpack(head)
    width, height = int(width), int(height)
    if (signature, chunk) != (_SIGNATURE, _FIRST_CHUNK) or not width or not height:
        return False
    shorter, longer = sorted((width, height))
    return (
        width + height <= PHOTO_SIDES
        and longer <= PHOTO_RATIO * shorter
        and longer * LEAST_SCALE <= SHOWN_SIDE
    )
