"""What every model keeps, run over every model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from songnet.models import MODEL_NAMES, model_class
from songnet.models.base import (
    MOST_ROTATIONS,
    FitProgress,
    FitTask,
    NextTrackModel,
    Query,
    rotations_of,
)
from songnet.sessions import Sessions
from songnet.vocabulary import PADDING, EncodedSession, Vocabulary
from tests.songnet.listeners import chain_sessions, sessions_of

SMALL: dict[str, dict[str, Any]] = {
    "songnet": {"window": 4},
    "lstm": {"dims": 16, "hidden": 16, "most_epochs": 2},
    "origin": {"hidden": 8, "epochs": 1, "batch_size": 64},
    "origin_as_published": {"hidden": 8, "epochs": 1, "batch_size": 64},
}


def fresh(name: str, sessions: Sessions) -> NextTrackModel:
    return model_class(name)(Vocabulary.from_sessions(sessions), SMALL.get(name))


def fitted(name: str, sessions: Sessions, **task: Any) -> NextTrackModel:
    model = fresh(name, sessions)
    model.fit(FitTask(training=model.vocabulary.encode(sessions), **task))
    return model


@pytest.fixture(scope="module")
def played() -> Sessions:
    return sessions_of(chain_sessions(tracks=15, sessions=40, length=8))


@pytest.fixture(scope="module", params=MODEL_NAMES)
def model(request: pytest.FixtureRequest, played: Sessions) -> NextTrackModel:
    return fitted(request.param, played)


def test_it_bears_the_name_by_which_it_is_found(model: NextTrackModel):
    assert model_class(model.name) is type(model)


def test_every_track_gets_a_finite_score(model: NextTrackModel):
    scores = model.score_next(Query(np.array([1, 2])))

    assert scores.dtype == np.float32
    assert scores.shape == (len(model.vocabulary),)
    assert np.all(np.isfinite(scores))


@pytest.mark.parametrize("prefix", [[], [PADDING], [1, PADDING], [PADDING, 1], [3] * 300])
def test_any_prefix_can_be_asked_for(model: NextTrackModel, prefix: list[int]):
    scores = model.score_next(Query(np.array(prefix, dtype=np.int64), 1.7e9))

    assert np.all(np.isfinite(scores))


def test_a_session_scored_at_once_is_scored_as_play_by_play(model: NextTrackModel):
    tracks = np.array([1, 5, PADDING, 2, 2, 9])
    times = 1.7e9 + 240.0 * np.arange(len(tracks))
    at_once = model.score_positions(EncodedSession(tracks, times))
    one_by_one = [
        model.score_next(Query(tracks[: last + 1], times[last])) for last in range(len(tracks))
    ]

    np.testing.assert_allclose(at_once, one_by_one, rtol=1e-4, atol=1e-5)


def test_no_position_knows_what_comes_after_it(model: NextTrackModel):
    times = 1.7e9 + 240.0 * np.arange(5)
    one = model.score_positions(EncodedSession(np.array([1, 2, 3, 4, 5]), times))
    other = model.score_positions(EncodedSession(np.array([1, 2, 3, 9, 8]), times))

    np.testing.assert_allclose(one[:3], other[:3], rtol=1e-4, atol=1e-5)


def test_the_order_in_which_seeds_are_rotated_does_not_matter(model: NextTrackModel):
    if model.name == "songnet":
        pytest.skip("it trusts the order in which seeds are named by half")
    one, other = (model.score_seeds(np.array(seeds)) for seeds in ([1, 2, 3], [3, 1, 2]))

    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_one_seed_is_a_session_of_one(model: NextTrackModel):
    if model.name == "songnet":
        pytest.skip("of seeds it asks what comes soon, not what comes next")
    np.testing.assert_array_equal(
        model.score_seeds(np.array([4])), model.score_next(Query(np.array([4])))
    )


def test_asking_changes_nothing(model: NextTrackModel):
    query = Query(np.array([1, 2]))
    first = model.score_next(query)
    first_as_it_was = first.copy()
    model.score_next(Query(np.array([3])))
    first += 1  # a caller may do with its scores what it likes

    np.testing.assert_array_equal(model.score_next(query), first_as_it_was)


def test_a_rebuilt_model_scores_exactly_the_same(model: NextTrackModel):
    state = model.state()
    rebuilt = type(model).from_state(model.vocabulary, state)

    for prefix in ([], [1], [4, 2, 7]):
        query = Query(np.array(prefix, dtype=np.int64))
        np.testing.assert_array_equal(rebuilt.score_next(query), model.score_next(query))


def test_a_state_of_another_library_is_refused(model: NextTrackModel):
    other = Vocabulary.from_sessions(sessions_of([["x", "y"], ["z"]]))

    with pytest.raises((KeyError, ValueError)):
        type(model).from_state(other, model.state())


def test_equal_seeds_give_equal_models(model: NextTrackModel, played: Sessions):
    again = fitted(model.name, played)

    query = Query(np.array([1, 2]))
    np.testing.assert_array_equal(again.score_next(query), model.score_next(query))


def test_fitting_leaves_the_callers_generators_alone(model: NextTrackModel, played: Sessions):
    np.random.seed(1)  # noqa: NPY002 - it is this generator that must not be touched
    fitted(model.name, played)
    drawn = np.random.random()  # noqa: NPY002

    np.random.seed(1)  # noqa: NPY002
    assert np.random.random() == drawn  # noqa: NPY002


def test_it_never_learns_from_the_validation_part(model: NextTrackModel, played: Sessions):
    epochs = 1
    others = model.vocabulary.encode(sessions_of([["Song 1", "Song 9", "Song 3"]] * 20))

    without = fitted(model.name, played, epochs=epochs)
    beside = fitted(model.name, played, epochs=epochs, validation=others)

    query = Query(np.array([1]))
    np.testing.assert_array_equal(without.score_next(query), beside.score_next(query))


def test_progress_ends_at_one(model: NextTrackModel, played: Sessions):
    heard: list[FitProgress] = []
    fitted(model.name, played, on_progress=heard.append)

    assert heard[-1].done == 1
    assert [progress.done for progress in heard] == sorted(progress.done for progress in heard)


def test_what_a_listener_raises_ends_the_fit(model: NextTrackModel, played: Sessions):
    class Stop(Exception):
        pass

    def stop(_progress: FitProgress) -> None:
        raise Stop

    with pytest.raises(Stop):
        fitted(model.name, played, on_progress=stop)


def test_sessions_of_one_play_can_be_learned_from(model: NextTrackModel):
    lonely = fitted(model.name, sessions_of([["a"], ["b"], ["a"]]))
    scores = lonely.score_next(Query(np.zeros(0, np.int64)))

    assert scores[lonely.vocabulary.index("a") - 1] > scores[lonely.vocabulary.index("b") - 1]


def test_positions_can_be_asked_from_one_on(model: NextTrackModel):
    times = 1.7e9 + 240.0 * np.arange(6)
    session = EncodedSession(np.array([1, 5, 3, 2, 2, 9]), times)

    np.testing.assert_allclose(
        model.score_positions(session, 4), model.score_positions(session)[4:], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("seeds", [1, 3, MOST_ROTATIONS])
def test_each_seed_is_the_first_of_a_rotation(seeds: int):
    rotations = rotations_of(np.arange(seeds))

    assert [int(rotation[0]) for rotation in rotations] == [
        -shift % seeds for shift in range(seeds)
    ]


def test_many_seeds_are_asked_no_more_often_than_some():
    rotations = rotations_of(np.arange(95))

    assert len(rotations) == MOST_ROTATIONS
    gaps = np.diff(sorted(int(rotation[0]) for rotation in rotations))
    assert gaps.min() >= 4 and gaps.max() <= 5


def test_no_seed_is_one_question():
    assert len(rotations_of(np.zeros(0, np.int64))) == 1
