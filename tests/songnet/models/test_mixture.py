"""The weights of the mixture: what they are, and what they must reach."""

from __future__ import annotations

import numpy as np
import pytest

from songnet.models.base import FitProgress, FitTask, Query
from songnet.models.mixture import PARTS, MixtureModel, mixture_weights
from songnet.training import TrainingConfig, train_model
from songnet.vocabulary import EncodedSessions, Vocabulary
from tests.songnet.listeners import chain_sessions, sessions_of

SESSIONS = chain_sessions(tracks=20, sessions=80)
TRAINING, VALIDATION = sessions_of(SESSIONS[:60]), sessions_of(SESSIONS[60:])


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.from_sessions(TRAINING)


@pytest.fixture(scope="module")
def weighed(vocabulary: Vocabulary) -> MixtureModel:
    model = MixtureModel(vocabulary)
    model.fit(FitTask(vocabulary.encode(TRAINING), vocabulary.encode(VALIDATION)))
    return model


def of_targets(model: MixtureModel, vocabulary: Vocabulary) -> np.ndarray:
    return model.probabilities_of_targets(vocabulary.encode(VALIDATION), lambda _share: None)


def test_weights_sum_to_one(weighed: MixtureModel):
    assert weighed.weights.sum() == pytest.approx(1)
    assert weighed.weights.min() >= 0


def test_on_its_validation_part_it_is_no_worse_than_its_best_part(
    weighed: MixtureModel, vocabulary: Vocabulary
):
    probabilities = of_targets(weighed, vocabulary)  # (events, parts)
    of_parts = np.log(probabilities).mean(axis=0)

    assert np.log(probabilities @ weighed.weights).mean() >= of_parts.max()


def test_the_parts_never_look_into_the_validation_part(
    weighed: MixtureModel, vocabulary: Vocabulary
):
    learned_from = vocabulary.encode(TRAINING)

    for part in weighed.parts:
        np.testing.assert_array_equal(part.past.tracks, learned_from.tracks)


def test_what_a_part_thought_of_an_event_does_not_know_what_was_played(
    weighed: MixtureModel, vocabulary: Vocabulary
):
    # With the last play changed, all else that is asked about stays as it was.
    played = vocabulary.encode(VALIDATION)
    changed = played.tracks.copy()
    changed[-1] = changed[-1] % len(vocabulary) + 1
    other = EncodedSessions(changed, played.started_at, played.bounds)
    before, after = (
        weighed.probabilities_of_targets(sessions, lambda _share: None)
        for sessions in (played, other)
    )

    np.testing.assert_array_equal(before[:-1], after[:-1])
    assert not np.array_equal(before[-1], after[-1])


def test_a_score_is_the_weighted_sum_of_the_parts(weighed: MixtureModel):
    query = Query(np.array([3, 1]))
    of_parts = [part.probabilities(query)[1:] for part in weighed.parts]

    np.testing.assert_allclose(
        np.exp(weighed.score_next(query)), weighed.weights @ np.array(of_parts), rtol=1e-5
    )


def test_one_round_of_expectation_and_maximisation_by_hand():
    # Of the first event the first part is responsible for 3/4, of the second one for 1/2.
    weights = mixture_weights(np.array([[0.3, 0.1], [0.2, 0.2]]), rounds=1)

    assert weights == pytest.approx([5 / 8, 3 / 8])


def test_a_part_that_is_always_better_gets_everything():
    weights = mixture_weights(np.array([[0.4, 0.1], [0.3, 0.2]]), rounds=1000, tolerance=0)

    assert weights == pytest.approx([1, 0], abs=1e-6)


def test_the_parts_that_know_the_order_are_trusted_most(weighed: MixtureModel):
    weights = weighed.named_weights()
    ordered = weights["markov_backoff"] + weights["suffix_knn"] + weights["vstan"]

    assert ordered > 0.8


def test_the_weights_of_the_validation_part_go_into_the_final_model(vocabulary: Vocabulary):
    chosen = MixtureModel(vocabulary).fit(
        FitTask(vocabulary.encode(TRAINING), vocabulary.encode(VALIDATION))
    )
    final = train_model(TRAINING, VALIDATION, TrainingConfig(model="mixture")).model

    assert isinstance(final, MixtureModel)
    assert final.named_weights() == pytest.approx(chosen.chosen["weights"])
    assert len(final.past.tracks) == len(TRAINING.plays) + len(VALIDATION.plays)


def test_without_a_validation_part_all_parts_count_alike(vocabulary: Vocabulary):
    model = MixtureModel(vocabulary)
    model.fit(FitTask(vocabulary.encode(TRAINING)))

    assert set(model.weights) == {1 / len(PARTS)}


def test_given_weights_are_kept(vocabulary: Vocabulary):
    model = MixtureModel(vocabulary, {"weights": {"vstan": 3, "cache": 1}})
    model.fit(FitTask(vocabulary.encode(TRAINING), vocabulary.encode(VALIDATION)))

    assert model.named_weights()["vstan"] == 0.75


def test_few_of_many_events_are_weighed_spread_over_all(vocabulary: Vocabulary):
    model = MixtureModel(vocabulary, {"most_events": 7})
    model.fit(FitTask(vocabulary.encode(TRAINING)))
    every = MixtureModel(vocabulary)
    every.fit(FitTask(vocabulary.encode(TRAINING)))
    few, many = of_targets(model, vocabulary), of_targets(every, vocabulary)

    assert len(few) == 7
    np.testing.assert_array_equal(few[[0, -1]], many[[0, -1]])


@pytest.mark.parametrize(
    "config", [{"weights": {"nonsense": 1}}, {"parts": {"nonsense": {}}}, {"weights": {"vstan": 0}}]
)
def test_what_cannot_be_mixed_is_refused(vocabulary: Vocabulary, config: dict[str, object]):
    with pytest.raises(ValueError, match=r"parts of the mixture|expected weights"):
        MixtureModel(vocabulary, config)


def test_what_a_listener_raises_ends_the_weighing(vocabulary: Vocabulary):
    class Stop(Exception):
        pass

    def stop(_progress: FitProgress) -> None:
        raise Stop

    model = MixtureModel(vocabulary)
    with pytest.raises(Stop):
        model.fit(
            FitTask(vocabulary.encode(TRAINING), vocabulary.encode(VALIDATION), on_progress=stop)
        )
    assert set(model.weights) == {1 / len(PARTS)}


def test_a_sessions_first_track_is_no_event(vocabulary: Vocabulary):
    model = MixtureModel(vocabulary)
    model.fit(FitTask(vocabulary.encode(TRAINING)))
    played = vocabulary.encode(sessions_of([["Song 1", "Song 2", "never heard"], ["Song 3"]]))
    (only,) = model.probabilities_of_targets(played, lambda _share: None)
    after_song_1 = Query(played.tracks[:1], float(played.started_at[0]))

    assert only.tolist() == [
        part.probabilities(after_song_1)[played.tracks[1]] for part in model.parts
    ]
