"""The past as the arrays that compiled code reads, and the scratch paper that it writes on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from songnet.evidence.experts import EXPERTS
from songnet.places import places_by
from songnet.vocabulary import EncodedSessions, Indexes

Int32s = npt.NDArray[np.int32]
Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]


class PastArrays(NamedTuple):
    """Every play in time order, with lists of the places of each track and of each artist.

    A place is the number of a play, from 0 on. What a walk may know is bounded by a border: it
    looks at places below it only, so that one past serves every border.
    """

    track: Int32s
    """(plays,) vocabulary indexes."""
    seconds: Float64s
    """(plays,) when each play began, since 1970 UTC."""
    session: Int32s
    """(plays,) the number of each play's session."""
    bounds: Int32s
    """(sessions + 1,) the places at which sessions begin."""
    by_track: Int32s
    """(plays,) places, those of track 0 first, each track's in ascending order."""
    track_bounds: Int32s
    """(tracks + 2,): the places of a track are `by_track[track_bounds[t]:track_bounds[t + 1]]`."""
    by_artist: Int32s
    """(plays,) the same by artist."""
    artist_bounds: Int32s
    """(artists + 2,)"""
    artist_of: Int32s
    """(tracks + 1,) from 1 on."""
    album_of: Int32s
    """(tracks + 1,) from 1 on, 0 where it is not known."""


class Scratch(NamedTuple):
    """What one walk at a time writes.

    Between two walks `slot_of`, `values`, `filled`, `agreement`, `shared_by` and `artists` are all
    zero; what the others hold is written before it is read.
    """

    slot_of: Int32s
    """(tracks + 1,) the row of each track in `values`, 0 for one that nothing was said for."""
    values: Float32s
    """(tracks + 2, experts) what each expert says, a row for each track in the order in which they
    were first spoken of: close together, since that is what the walks spend their time on. Row 0
    stays empty."""
    touched: Int32s
    """(tracks + 2,) the tracks of the rows."""
    filled: Int32s
    """(1,) the last row that is used."""
    agreement: Float32s
    """(plays,)"""
    moments: Int32s
    """(plays,) the places with an agreement."""
    similarity: Float32s
    """(sessions,)"""
    shared_by: Int32s
    """(sessions,) which asked track was counted last, from 1 on."""
    latest_shared: Int32s
    """(sessions,) the latest asked track that is shared, and the newest place of it."""
    sessions: Int32s
    """(sessions,) those with a similarity."""
    compared: Float32s
    """(sessions,) their similarities, in that order."""
    priors: Float32s
    """(tracks + 2,) the share of the track of each row in the fixed mixture."""
    among: Float32s
    """(tracks + 1,) what one expert says of each candidate."""
    said: Float32s
    """(tracks + 1,) what it says of those that are ranked among them."""
    artists: Float32s
    """(artists + 1,) how often each artist came after the last one."""


def past_arrays(sessions: EncodedSessions, artist_of: Indexes, album_of: Indexes) -> PastArrays:
    """Lists the places of sessions in a vocabulary with such artists and albums."""
    track = sessions.tracks.astype(np.int32)
    artist = artist_of.astype(np.int32)[track]
    by_track, by_artist = (places_by(numbers).astype(np.int32) for numbers in (track, artist))
    tracks, artists = len(artist_of) - 1, int(artist_of.max(initial=0))
    return PastArrays(
        track=track,
        seconds=np.ascontiguousarray(sessions.started_at, np.float64),
        session=np.repeat(np.arange(len(sessions)), np.diff(sessions.bounds)).astype(np.int32),
        bounds=sessions.bounds.astype(np.int32),
        by_track=by_track,
        track_bounds=np.searchsorted(track[by_track], np.arange(tracks + 2)).astype(np.int32),
        by_artist=by_artist,
        artist_bounds=np.searchsorted(artist[by_artist], np.arange(artists + 2)).astype(np.int32),
        artist_of=artist_of.astype(np.int32),
        album_of=album_of.astype(np.int32),
    )


def scratch_for(past: PastArrays) -> Scratch:
    """Scratch paper for walks through a past."""
    tracks, plays, sessions = len(past.artist_of), len(past.track), len(past.bounds) - 1
    return Scratch(
        slot_of=np.zeros(tracks, np.int32),
        values=np.zeros((tracks + 1, EXPERTS), np.float32),
        touched=np.zeros(tracks + 1, np.int32),
        filled=np.zeros(1, np.int32),
        agreement=np.zeros(plays, np.float32),
        moments=np.zeros(plays, np.int32),
        similarity=np.zeros(sessions, np.float32),
        shared_by=np.zeros(sessions, np.int32),
        latest_shared=np.zeros(sessions, np.int32),
        sessions=np.zeros(sessions, np.int32),
        compared=np.zeros(sessions, np.float32),
        priors=np.zeros(tracks + 1, np.float32),
        among=np.zeros(tracks, np.float32),
        said=np.zeros(tracks, np.float32),
        artists=np.zeros(len(past.artist_bounds) - 1, np.float32),
    )
