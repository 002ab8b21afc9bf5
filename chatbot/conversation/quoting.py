"""What people wrote, repeated within a sentence (pure)."""

from __future__ import annotations

QUERY_CHARACTERS = 80
"""So much is repeated of a name."""
QUOTES = " \"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a\u300c\u300d"
"""Around a name that somebody wrote, on any keyboard."""


def quoted(query: str) -> str:
    """A name as somebody wrote it, to stand between quotes within a sentence."""
    bare = " ".join((query.strip(QUOTES) or query).split())  # it stands between others
    return bare if len(bare) <= QUERY_CHARACTERS else f"{bare[:QUERY_CHARACTERS].rstrip()}…"
