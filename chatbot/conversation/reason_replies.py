"""Why a track stands in a playlist, in words (pure): counts that its listener can check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatbot.conversation.language import _, month, ngettext
from songnet import reasons
from songnet.music import PlaylistTrack, Reason, Track


def because(track: PlaylistTrack, names: Mapping[str, Track]) -> str:
    """The strongest reason that can be told, as a sentence.

    Args:
        track: the track.
        names: the songs that a reason may speak of, by track_id.
    """
    for reason in track.reasons:
        other = names.get(reason.track_id or "")
        if reason.kind == reasons.PLAYS or other is not None:
            words = _words(reason, track, other)
            if words:
                return words
    return _("it fits the songs that you named.")


def _words(reason: Reason, track: Track, other: Track | None) -> str:
    count = reason.count
    values: dict[str, Any] = {
        "song": other.title if other else "",
        "artist": track.artist,
        "other": other.artist if other else "",
        "of": reason.of,
    }
    if reason.kind == reasons.FOLLOWED:
        words = ngettext(
            "you played it right after '{song}' {count} time",
            "you played it right after '{song}' {count} times",
            count,
            **values,
        )
    elif reason.kind == reasons.PRECEDED:
        words = ngettext(
            "you played it right before '{song}' {count} time",
            "you played it right before '{song}' {count} times",
            count,
            **values,
        )
    elif reason.kind == reasons.TOGETHER:
        words = ngettext(
            "you played it in {count} of the {of} sessions with '{song}'",
            "you played it in {count} of the {of} sessions with '{song}'",
            count,
            **values,
        )
    else:
        words = _more_words(reason, values)
    if not words:
        return ""
    if reason.last_at is None:
        return f"{words}."
    return _("{words}, last in {month}.", words=words, month=month(reason.last_at))


def _more_words(reason: Reason, values: dict[str, Any]) -> str:
    count = reason.count
    if reason.kind == reasons.SAME_ALBUM:
        return ngettext(
            "it is from the album of '{song}', which you played {count} time",
            "it is from the album of '{song}', whose songs you played {count} times",
            count,
            **values,
        )
    if reason.kind == reasons.ARTIST_FOLLOWED:
        return ngettext(
            "you went on from {other} to {artist} {count} time",
            "you went on from {other} to {artist} {count} times",
            count,
            **values,
        )
    if reason.kind == reasons.SAME_ARTIST:
        return ngettext(
            "it is by {artist}, whom you played {count} time",
            "it is by {artist}, whom you played {count} times",
            count,
            **values,
        )
    if reason.kind == reasons.PLAYS:
        return ngettext(
            "you played it {count} time", "you played it {count} times", count, **values
        )
    return ""
