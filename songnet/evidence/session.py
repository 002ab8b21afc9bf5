"""What this session has held: a cache (Kuhn and De Mori, IEEE PAMI 1990)."""

from __future__ import annotations

from songnet.evidence.arrays import Int32s
from songnet.evidence.compiled import part
from songnet.evidence.experts import SESSION_BACK, SESSION_COUNT
from songnet.evidence.view import View, touch


@part
def session_cache(view: View, recent: Int32s) -> None:
    """Counts the plays of each track of the session, and how far back the latest lies."""
    for back in range(len(recent)):
        track = recent[back]
        if track != 0:
            values = view.scratch.values[touch(view, track)]
            values[SESSION_COUNT] += 1.0
            if values[SESSION_BACK] == 0.0:
                values[SESSION_BACK] = 1.0 / (1.0 + back)
