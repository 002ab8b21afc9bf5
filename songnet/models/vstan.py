"""What came after the shared tracks in sessions like this one, of late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songnet.models.base import Query
from songnet.models.counts import CountConfig, CountModel
from songnet.models.neighbours import distinct_newest_first, find_neighbours
from songnet.models.past import Floats


@dataclass(frozen=True)
class VstanConfig(CountConfig):
    """Which sessions are asked, and how their plays count."""

    neighbours: int = 500
    sample: int = 2500
    """They are sought among so many sessions, the newest that share a track."""
    reach: int = 20
    """So many plays of the running session are compared."""
    session_decay: float = 2.0
    """A track `i` tracks back counts `exp(-i / session_decay)`."""
    neighbour_days: float = 365.0
    """A neighbour that began `t` days ago counts `exp(-t / neighbour_days)`."""
    item_decay: float = 1.5
    """What came `d` plays after the shared track counts `exp(-(d - 1) / item_decay)`."""
    item_reach: int = 10
    """So many plays after it are evidence."""


class VstanModel(CountModel):
    """Vector multiplication session kNN with sequence and time.

    With the distinct tracks `x_0, x_1, ...` of this session, the latest first::

        similarity(s) = sum over i with x_i in s of exp(-i / session_decay) idf(x_i)
        evidence(y)   = sum over the neighbours s of
                        similarity(s) exp(-days(s) / neighbour_days) exp(-first(s) / session_decay)
                        sum over d of exp(-(d - 1) / item_decay) [y came d plays after x_first(s)]

    where `x_first(s)` is the latest track that `s` shares and `idf` the logarithm of all plays over
    those of the track. Garg et al., 'Sequence and time aware neighborhood for session-based
    recommendations' (SIGIR 2019), with the additions of Ludewig et al., 'Empirical analysis of
    session-based recommendation algorithms' (UMUAI 2021). One thing differs: only what came after
    the shared track counts, not what came before, since playing has a direction.
    """

    name = "vstan"
    config_class = VstanConfig
    _config: VstanConfig

    def evidence(self, query: Query, /) -> Floats:
        """(tracks + 1,) sums over the neighbours."""
        config, past = self._config, self.past
        tracks = distinct_newest_first(query.tracks, config.reach)  # (n,)
        late = np.exp(-np.arange(len(tracks)) / config.session_decay)  # (n,)
        idf = np.log((len(past.tracks) + 1) / (past.counts[tracks] + 1))  # (n,)
        sessions, similarity, latest_shared = find_neighbours(
            past, tracks, late * idf, newest=config.sample, most=config.neighbours
        )
        weight_of = np.zeros(len(past.sessions))
        half_life = config.neighbour_days * np.log(2)
        begun = past.sessions.bounds[sessions]
        weight_of[sessions] = similarity * past.recency(begun, query.started_at, half_life)
        latest_of = np.full(len(past.sessions), -1)
        latest_of[sessions] = latest_shared
        places, which = past.places_of_each(tracks)
        session_of = past.session_of[places]
        is_shared = latest_of[session_of] == which
        places, which, session_of = places[is_shared], which[is_shared], session_of[is_shared]
        steps = np.arange(1, config.item_reach + 1)
        after = past.beside(places, steps)  # (places, item_reach)
        weights = weight_of[session_of] * late[which]  # (places,)
        return past.total(after, weights[:, None] * np.exp(-(steps - 1) / config.item_decay))
