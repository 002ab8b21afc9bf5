"""The import that one writes in an afternoon: `zipfile`, `json` and pandas, and nothing clever.

It does the same clean-up as `songnet.exports` and finds the same plays, for this one format,
without limits, without a word about damaged files, and with everything of a person in memory.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

from songnet.duplicates import EXACT_TOLERANCE_S
from songnet.exports.cleaning import CLOCK_ERROR, EARLIEST, LONGEST_PLAY_MS, SHORT_PLAY_MS
from songnet.identity import LONGEST_TEXT, track_key

_NAMES = {
    "master_metadata_album_artist_name": "artist",
    "master_metadata_track_name": "title",
    "master_metadata_album_album_name": "album",
    "spotify_track_uri": "uri",
}
_KEPT = [
    "started_at", "track_id", "artist", "title", "album", "uri", "ms_played", "skipped", "shuffle",
]  # fmt: skip


def plain_history(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The plays in a zip file of 'Extended streaming history', and a report."""
    with zipfile.ZipFile(path) as archive:
        parts = []
        for name in archive.namelist():
            with archive.open(name) as member:
                parts.append(pd.DataFrame(json.load(member)))
    rows = pd.concat(parts, ignore_index=True).rename(columns=_NAMES)
    skipped: dict[str, int] = {}
    rows = _kept(rows, skipped, podcast=rows["title"].isna() & rows["episode_name"].notna())
    for column in ("artist", "title", "album"):
        rows[column] = _cleaned(rows[column])
    rows = _kept(rows, skipped, no_metadata=rows["artist"].isna() | rows["title"].isna())
    ends = pd.to_datetime(rows["ts"], utc=True, format="ISO8601", errors="coerce")
    latest = pd.Timestamp.now(tz="UTC") + CLOCK_ERROR
    rows = _kept(rows.assign(end=ends), skipped, bad_time=~ends.between(EARLIEST, latest))
    ms_played = pd.to_numeric(rows["ms_played"], errors="coerce")
    rows["ms_played"] = ms_played.astype("Int64")
    rows = _kept(rows, skipped, bad_duration=~ms_played.between(0, LONGEST_PLAY_MS))
    rows["started_at"] = rows["end"] - pd.to_timedelta(rows["ms_played"], unit="ms")
    is_button = rows["reason_end"].isin(["fwdbtn", "backbtn"])
    rows["skipped"] = (rows["ms_played"] < SHORT_PLAY_MS) | is_button
    rows["uri"] = rows["uri"].where(rows["uri"].str.match("^spotify:track:[0-9A-Za-z]{22}$"))
    rows["shuffle"] = rows["shuffle"].astype("boolean")
    rows["track_id"] = _track_ids(rows)
    plays = _without_duplicates(rows, skipped)
    return plays, _report(plays, skipped)


def _kept(rows: pd.DataFrame, skipped: dict[str, int], **reasons: pd.Series) -> pd.DataFrame:
    ((reason, applies),) = reasons.items()
    skipped[reason] = int(applies.sum())
    return rows[~applies]


def _cleaned(names: pd.Series) -> pd.Series:
    cleaned = names.str.replace(r"[\x00-\x1f\x7f-\x9f\s]+", " ", regex=True).str.strip()
    cleaned = cleaned.str.slice(0, LONGEST_TEXT)
    return cleaned.where(cleaned != "")


def _track_ids(rows: pd.DataFrame) -> pd.Series:
    # One key for each distinct pair: whoever tried it for each row did not wait for the end.
    pairs = rows[["artist", "title"]].drop_duplicates()
    pairs["track_id"] = [
        track_key(artist, title)
        for artist, title in zip(pairs["artist"], pairs["title"], strict=True)
    ]
    merged = rows[["artist", "title"]].merge(pairs, on=["artist", "title"], how="left")
    return merged["track_id"].set_axis(rows.index)


def _without_duplicates(rows: pd.DataFrame, skipped: dict[str, int]) -> pd.DataFrame:
    plays = rows[_KEPT].sort_values(["track_id", "started_at"])
    is_same = plays["track_id"] == plays["track_id"].shift()
    is_near = plays["started_at"].diff() <= pd.Timedelta(seconds=EXACT_TOLERANCE_S)
    plays = _kept(plays, skipped, duplicate=is_same & is_near)
    return plays.sort_values(["started_at", "track_id"], ignore_index=True)


def _report(plays: pd.DataFrame, skipped: dict[str, int]) -> dict[str, Any]:
    return {
        "plays": len(plays),
        "skipped": {reason: count for reason, count in sorted(skipped.items()) if count},
        "tracks": plays["track_id"].nunique(),
        "artists": plays["artist"].nunique(),
        "period": (plays["started_at"].min(), plays["started_at"].max()),
        "plays_per_year": plays["started_at"].dt.year.value_counts().sort_index().to_dict(),
        "top_artists": plays["artist"].value_counts().head(5).to_dict(),
        "uri_share": plays["uri"].notna().mean(),
    }
