"""How what a person would recognise is written into the database, and read again.

The one place for it: whoever wants it encrypted changes these two functions and their callers,
and no table.
"""

from __future__ import annotations

import json
from typing import Any


def encode(value: Any) -> bytes:
    """Turns a JSON value into the content of a `personal` column.

    Raises:
        TypeError, ValueError: the value is no JSON value (NaN and infinity are none).
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Exports hold lone surrogates now and then; they come back as they went.
    return text.encode("utf-8", "surrogatepass")


def decode(content: bytes) -> Any:
    """Turns the content of a `personal` column into the JSON value again."""
    return json.loads(content.decode("utf-8", "surrogatepass"))
