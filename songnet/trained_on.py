"""What a recommender has learned from, and what that gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from songnet.sessions import Sessions


@dataclass(frozen=True)
class TrainedOn:
    """What a recommender has learned from, and what that gave."""

    model: str
    plays: int
    """Plays that count."""
    tracks: int
    artists: int
    sessions: int
    first_play: datetime
    last_play: datetime
    epochs: int
    seconds: float
    rng_seed: int
    metrics: dict[str, float]
    """HR@1, HR@10, HR@20 and MRR@20 on the latest plays, before it learned from them too; empty
    where the history was too short to hold some back."""
    compared: dict[str, dict[str, float]] = field(default_factory=dict)
    """What other models reached on the same plays, where that was asked for."""
    too_few_plays_for: str | None = None
    """The model that was wished for, where there were too few plays for it."""


def facts_of(sessions: Sessions) -> dict[str, Any]:
    """The fields of `TrainedOn` that its plays say."""
    times = sessions.plays["started_at"]
    return {
        "plays": len(sessions.plays),
        "tracks": int(sessions.plays["track_id"].nunique()),
        "artists": int(sessions.plays["artist"].str.casefold().nunique()),
        "sessions": len(sessions),
        "first_play": times.iloc[0].to_pydatetime().astimezone(UTC),
        "last_play": times.iloc[-1].to_pydatetime().astimezone(UTC),
    }
