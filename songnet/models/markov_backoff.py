"""What came after this track; where little did, what comes after its artist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songnet.models.base import Query
from songnet.models.counts import CountConfig, CountModel
from songnet.models.past import Floats, Past
from songnet.transitions import Transitions
from songnet.vocabulary import PADDING, EncodedSessions


@dataclass(frozen=True)
class MarkovBackoffConfig(CountConfig):
    """How much has to be seen before it is believed."""

    artist_weight: float = 2.0
    """What the artists say counts as so many plays after the last track."""
    popularity_weight: float = 5.0
    """What popularity says of the next artist counts as so many plays after the last artist."""


class MarkovBackoffModel(CountModel):
    """A first-order Markov chain that backs off to a chain of artists, and that to popularity.

    With `a(y)` the artist of `y` and `x` the last track::

        p(y | x)    = (n(x, y) + k c(y | x)) / (n(x) + k)
        c(y | x)    = p(a(y) | a(x)) n(y) / n(a(y))
        p(b | a)    = (n(a, b) + m p(b)) / (n(a) + m)

    `k` is `artist_weight`, `m` is `popularity_weight`. Dirichlet priors (MacKay and Peto, 'A
    hierarchical Dirichlet language model', 1995) over a class-based bigram with artists as classes
    (Brown et al., 'Class-based n-gram models of natural language', 1992).
    """

    name = "markov_backoff"
    config_class = MarkovBackoffConfig
    _config: MarkovBackoffConfig

    def remember(self, past: Past) -> None:
        """Counts the pairs of tracks and of artists."""
        super().remember(past)
        self._artist_of = self.vocabulary.artist_of  # (tracks + 1,)
        artists = int(self._artist_of.max(initial=0))
        by_artist = EncodedSessions(
            self._artist_of[past.tracks], past.started_at, past.sessions.bounds
        )
        self._after_track = Transitions.count(past.sessions, past.vocabulary_size)
        self._after_artist = Transitions.count(by_artist, artists)
        self._artist_share = np.bincount(
            self._artist_of, past.popularity, minlength=artists + 1
        )  # (artists + 1,) of all plays
        share = self._artist_share[self._artist_of]
        share[PADDING] = 1
        self._share_within = past.popularity / share  # (tracks + 1,) of the artist's plays

    def evidence(self, query: Query, /) -> Floats:
        """(tracks + 1,) the probabilities themselves: they need no further smoothing."""
        last = int(query.tracks[-1]) if len(query.tracks) else PADDING
        if last == PADDING:
            return self.past.popularity
        config = self._config
        artists, counts = self._after_artist.after(int(self._artist_of[last]))
        of_artist = config.popularity_weight * self._artist_share  # (artists + 1,)
        of_artist[artists] += counts
        of_artist /= counts.sum() + config.popularity_weight
        evidence: Floats = config.artist_weight * of_artist[self._artist_of] * self._share_within
        tracks, counts = self._after_track.after(last)
        evidence[tracks] += counts
        evidence /= counts.sum() + config.artist_weight
        return evidence

    def probabilities(self, query: Query, /) -> Floats:
        """(tracks + 1,) the evidence as it is."""
        return self.evidence(query)
