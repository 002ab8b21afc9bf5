"""The columns of the scratch paper: one for each thing that an expert says."""

from __future__ import annotations

(
    NEXT,  # after_track: came right after the last track
    NEXT_OF_LATE,  # the same, weighted by recency
    NEXT_LATEST,  # the same, the twelve latest times only
    AFTER_TWO,  # came where the last two tracks stood
    AFTER_THREE,  # came where the last three tracks stood
    LONGEST,  # the longest run of last tracks that it came after
    LONGEST_SKIP,  # the longest run after which it came second
    LAST_SEEN,  # when it last came after the last track, in seconds
    SOON,  # came two to five plays after the last track
    BEFORE,  # came right before the last track
    NEAR,  # was played within ten plays of the last track
    NEAR_ALL,  # was played within ten plays of any of the last ten tracks
    BREADTH,  # how many of the last ten tracks it was played near to
    AFTER_PREVIOUS,  # came two plays after the track before the last
    SUFFIX,  # suffix kNN
    VSTAN,
    VSKNN,
    AFTER_ARTIST,  # came after any track of the last artist
    SESSION_COUNT,  # plays of it in this session
    SESSION_BACK,  # 1 / (1 + plays since the latest of them)
    NEAR_STAMP,  # no evidence: which of the last ten tracks BREADTH counted last
) = range(21)
EXPERTS = 21
