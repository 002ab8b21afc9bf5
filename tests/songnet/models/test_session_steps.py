"""What was gathered for one question serves the next, and changes no answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from songnet.evidence.walk import SessionTracks
from songnet.models import songnet as module
from songnet.models.base import FitTask, Query
from songnet.models.session_steps import StepCache
from songnet.models.songnet import SongnetModel
from songnet.vocabulary import Vocabulary
from tests.songnet.listeners import chain_sessions, sessions_of

SESSION = np.array([3, 1, 4, 1, 5, 9, 2, 6, 0, 5, 3, 5, 8, 9, 7, 9])


@pytest.fixture(scope="module")
def fitted() -> SongnetModel:
    sessions = sessions_of(chain_sessions(tracks=15, sessions=40, length=8))
    model = SongnetModel(Vocabulary.from_sessions(sessions), {"window": 6})
    model.fit(FitTask(model.vocabulary.encode(sessions)))
    return model


@pytest.fixture
def model(fitted: SongnetModel) -> SongnetModel:
    return SongnetModel.from_state(fitted.vocabulary, fitted.state())


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many moments each question walked through."""
    counts: list[int] = []
    plain = module.session_evidence

    def counted(view: Any, session: SessionTracks) -> Any:
        counts.append(len(session.tracks) + 1 - session.first_wanted)
        return plain(view, session)

    monkeypatch.setattr(module, "session_evidence", counted)
    return counts


def test_a_session_that_goes_on_is_not_walked_again(model: SongnetModel, gathered: list[int]):
    for length in range(1, len(SESSION) + 1):
        model.score_next(Query(SESSION[:length]))

    # What came since the last question, and what is asked now.
    assert gathered == [2] * len(SESSION)


def test_another_time_of_day_walks_one_moment_only(model: SongnetModel, gathered: list[int]):
    for seconds in (None, 1.7e9, 1.7e9 + 3600):
        model.score_next(Query(SESSION, seconds))

    assert gathered == [7, 1, 1]  # the window, and the moment before it


@pytest.mark.parametrize("seconds", [None, 1.7e9])
def test_what_was_kept_changes_no_bit_of_an_answer(model: SongnetModel, seconds: float | None):
    def fresh() -> SongnetModel:
        return SongnetModel.from_state(model.vocabulary, model.state())

    for length in range(1, len(SESSION) + 1):
        query = Query(SESSION[:length], seconds)
        np.testing.assert_array_equal(model.score_next(query), fresh().score_next(query))


def test_sessions_that_differ_before_are_not_taken_for_each_other(model: SongnetModel):
    other = np.concatenate([[7], SESSION[1:]])
    fresh = SongnetModel.from_state(model.vocabulary, model.state())
    model.score_next(Query(SESSION))

    np.testing.assert_array_equal(model.score_next(Query(other)), fresh.score_next(Query(other)))


def test_a_longer_session_with_the_same_end_is_another_one(model: SongnetModel):
    end = np.tile(SESSION, 4)  # more than is looked at
    longer = np.concatenate([[1, 2], end])
    fresh = SongnetModel.from_state(model.vocabulary, model.state())
    model.score_next(Query(end))

    np.testing.assert_array_equal(model.score_next(Query(longer)), fresh.score_next(Query(longer)))


def test_only_so_much_is_kept(model: SongnetModel):
    model._steps = StepCache(most=10)
    for first in range(1, 15):
        model.score_next(Query(np.roll(SESSION, first)))

    assert len(model._steps) == 10
