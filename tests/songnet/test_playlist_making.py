"""From seeds to the tracks of a playlist."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songnet.models.base import FitTask
from songnet.models.markov_backoff import MarkovBackoffModel
from songnet.models.past import Past
from songnet.playlist_making import PlaylistMaker, PlaylistOptions
from songnet.vocabulary import Vocabulary
from tests.songnet.listeners import chain_sessions, sessions_of

TRACKS = 40
ARTIST_OF = {f"Song {number}": f"Artist {number % 10}" for number in range(TRACKS)}
SEEDS = np.array([3, 7, 11])


@pytest.fixture(scope="module")
def model() -> MarkovBackoffModel:
    sessions = sessions_of(chain_sessions(tracks=TRACKS, sessions=60), artist_of=ARTIST_OF)
    vocabulary = Vocabulary.from_sessions(sessions)
    model = MarkovBackoffModel(vocabulary)
    model.fit(FitTask(vocabulary.encode(sessions)))
    return model


@pytest.fixture(scope="module")
def maker(model: MarkovBackoffModel) -> PlaylistMaker:
    return PlaylistMaker(model, model.past)


def test_without_flow_and_cap_it_is_the_ranking(model: MarkovBackoffModel, maker: PlaylistMaker):
    options = PlaylistOptions(length=10, most_per_artist=None, flow=False)
    ranking = np.argsort(-model.score_seeds(SEEDS), kind="stable") + 1
    expected = [track for track in ranking.tolist() if track not in SEEDS][:10]

    assert maker.make(SEEDS, options, SEEDS.tolist()) == expected


def test_flow_changes_the_order_alone(maker: PlaylistMaker):
    plain = maker.make(SEEDS, PlaylistOptions(flow=False))
    assert sorted(maker.make(SEEDS, PlaylistOptions())) == sorted(plain)


def test_what_follows_is_likelier_with_flow(model: MarkovBackoffModel, maker: PlaylistMaker):
    following = dict(pairwise(model.past.tracks.tolist()))

    def habits(tracks: list[int]) -> int:
        return sum(following.get(before) == after for before, after in pairwise(tracks))

    ranked, flowing = (
        sum(
            habits(maker.make(np.array([seed]), PlaylistOptions(flow=flow)))
            for seed in range(1, TRACKS + 1)
        )
        for flow in (False, True)
    )
    assert flowing > ranked


@settings(deadline=None, max_examples=40)
@given(
    length=st.integers(0, 30),
    adventure=st.floats(0, 1),
    cap=st.sampled_from([None, 1, 2, 3]),
    rng_seed=st.sampled_from([None, 1, 2]),
    excluded=st.sets(st.integers(1, TRACKS), max_size=15),
)
def test_every_wish_gives_a_playlist_without_repeats(
    maker: PlaylistMaker,
    *,
    length: int,
    adventure: float,
    cap: int | None,
    rng_seed: int | None,
    excluded: set[int],
):
    options = PlaylistOptions(length, adventure, cap, rng_seed)
    tracks = maker.make(SEEDS, options, excluded)

    assert len(tracks) == len(set(tracks)) == min(length, TRACKS - len(excluded))
    assert not excluded & set(tracks)
    assert tracks == maker.make(SEEDS, options, excluded)


def test_nothing_played_and_no_known_seed_still_gives_a_playlist(model: MarkovBackoffModel):
    empty = PlaylistMaker(model, Past(model.past.sessions, TRACKS))
    assert len(empty.make(np.array([0]), PlaylistOptions(length=5))) == 5
