"""The protocol: who learns from what, and what is scored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from songnet.errors import TooFewPlays
from songnet.evaluation import (
    Judging,
    as_json,
    evaluate,
    evaluate_listener,
    playlist_tasks,
    score_playlists,
)
from songnet.models.base import ModelState
from songnet.models.past import Past
from songnet.models.popularity import PopularityModel
from songnet.resampling import bootstrap_mean
from songnet.training import TrainingConfig
from songnet.vocabulary import Vocabulary
from tests.songnet.listeners import chain_sessions, history_of, sessions_of

MARKOV = TrainingConfig(model="markov")


def ranking_model(tracks: Sequence[str]) -> PopularityModel:
    """A model that always ranks the tracks in this order."""
    vocabulary = Vocabulary.from_sessions(sessions_of([list(tracks)]))
    order = {track: float(-place) for place, track in enumerate(tracks)}
    scores = np.array([order[track] for track in vocabulary.library["track_id"]], np.float32)
    return PopularityModel.from_state(vocabulary, ModelState({}, {"scores": scores}))


def test_the_library_is_what_came_before_the_test_part():
    # 100 plays: the test part holds the last ten, of which five are new.
    played = [["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]] * 9
    result = evaluate_listener(history_of([*played, ["a", "b", "c", "d", "e", *"vwxyz"]]), MARKOV)

    assert (result.plays, result.tracks) == (100, 10)
    assert (result.events, result.outside) == (4, 5)
    assert result.metrics["hr@1"] == 1


def test_the_final_model_has_seen_the_validation_part():
    # 'k' and 'l' are heard in the validation part and not before.
    history = history_of([*[list("abcdefghij")] * 8, ["k", "l"] * 5, ["k", "l"] * 5])

    assert evaluate_listener(history, MARKOV).metrics["hr@1"] == 1


def test_the_test_part_is_never_learned_from():
    usual = ["a", *"bcdefghi", "j"]
    backwards = history_of([*[usual] * 9, usual[::-1]])

    assert evaluate_listener(backwards, MARKOV).metrics["hr@1"] == 0


def test_playlists_grow_from_three_seeds_of_sessions_of_eight():
    model = ranking_model("abcdefghij")
    played = model.vocabulary.encode(sessions_of([list("jihgfedc"), list("abcdefg"), list("ab")]))
    (only,) = score_playlists(model, Past(played, len(model.vocabulary)), played)

    # Ranked are a, b, c ... g; wanted are g, f, e, d, c.
    hits = 1 / np.log2([4, 5, 6, 7, 8])
    ideal = (1 / np.log2([2, 3, 4, 5, 6])).sum()
    assert only["ndcg@20"] == pytest.approx(hits.sum() / ideal)
    assert only["r_precision"] == pytest.approx(3 / 5)
    assert only["recall@20"] == 1


def test_seeds_and_unknown_tracks_are_not_wanted():
    model = ranking_model("abcdefghij")
    played = model.vocabulary.encode(sessions_of([list("abcabcxy"), list("abcabcxd")]))
    (only,) = score_playlists(model, Past(played, len(model.vocabulary)), played)

    assert only["ndcg@20"] == 1


def test_seeds_can_be_taken_from_every_few_plays_on():
    vocabulary = Vocabulary.from_sessions(sessions_of([list("abcdefghij")]))
    played = vocabulary.encode(sessions_of([list("abcdefghij"), list("abcdefg")]))
    tasks = list(playlist_tasks(played, every=2))

    index = vocabulary.index
    assert [seeds.tolist() for seeds, _ in tasks] == [
        [index(title) for title in seeds] for seeds in ("abc", "cde")
    ]
    assert [len(wanted) for _, wanted in tasks] == [7, 5]


def test_the_cap_on_artists_shows_in_a_measure_of_its_own():
    # All tracks are by one artist: the cap must rise, and nothing is lost but the order.
    model = ranking_model("abcdefghij")
    played = model.vocabulary.encode(sessions_of([list("abcdefgh")]))
    (only,) = score_playlists(model, Past(played, len(model.vocabulary)), played)

    assert only["ndcg@20 capped"] == only["ndcg@20"]


def test_models_are_compared_on_the_same_events():
    evaluation = evaluate(
        {"one": history_of(chain_sessions(tracks=20, sessions=60))}, ["markov", "popularity"]
    )
    markov, popularity = evaluation.results

    assert markov.events == popularity.events > 0
    assert markov.metrics["hr@1"] > 0.6 > popularity.metrics["hr@1"]


def test_means_go_over_listeners():
    histories = {
        name: history_of(chain_sessions(tracks=20, sessions=60, seed=seed))
        for seed, name in enumerate(["one", "two"])
    }
    evaluation = evaluate(histories, ["markov"])
    values = [result.metrics["hr@1"] for result in evaluation.results]
    mean = evaluation.means["markov"]["hr@1"]

    assert mean.mean == pytest.approx(np.mean(values))
    assert mean.low == pytest.approx(min(values))
    assert mean.high == pytest.approx(max(values))


def test_one_listener_has_no_interval():
    assert bootstrap_mean([0.5]).low is None


def test_an_interval_holds_the_mean_and_narrows_with_more_listeners():
    few = bootstrap_mean([0.1, 0.2, 0.3])
    many = bootstrap_mean([0.1, 0.2, 0.3] * 20)

    assert few.low < few.mean < few.high
    assert many.high - many.low < few.high - few.low


def test_the_json_holds_every_result():
    evaluation = evaluate({"one": history_of(chain_sessions(tracks=12, sessions=40))}, ["markov"])
    plain = as_json(evaluation)

    assert plain["listeners"][0]["listener"] == "one"
    assert plain["listeners"][0]["metrics"] == evaluation.results[0].metrics
    assert plain["means"]["markov"]["hr@1"]["mean"] == evaluation.results[0].metrics["hr@1"]


def test_too_short_a_history_is_refused():
    with pytest.raises(TooFewPlays):
        evaluate_listener(history_of([["a", "b"]]), MARKOV)


def test_a_test_part_without_events_claims_nothing():
    result = evaluate_listener(history_of([list("abcdefgh"), list("ijkl")]), MARKOV)

    assert (result.events, result.metrics) == (0, {})


def test_progress_names_the_listener_and_the_model():
    heard = set()
    evaluate(
        {"one": history_of(chain_sessions(tracks=12, sessions=40))},
        ["markov", "popularity"],
        on_progress=lambda listener, model, _progress: heard.add((listener, model)),
    )

    assert heard == {("one", "markov"), ("one", "popularity")}


def test_every_model_is_compared_with_the_mixture_on_the_same_events():
    evaluation = evaluate(
        {"one": history_of(chain_sessions(tracks=20, sessions=60))}, ["mixture", "popularity"]
    )
    mixture, popularity = evaluation.results
    difference = popularity.differences["hr@1"]

    assert mixture.differences == {}
    assert difference.mean == pytest.approx(popularity.metrics["hr@1"] - mixture.metrics["hr@1"])
    assert difference.low is not None
    assert difference.high is not None
    assert difference.low < difference.mean < difference.high < 0
    assert evaluation.differences["popularity"]["hr@1"].mean == pytest.approx(difference.mean)
    assert "mixture" not in evaluation.differences


def test_a_difference_is_surer_than_what_it_is_between():
    # Pairing takes out what is hard for both: a model is exactly as good as itself.
    evaluation = evaluate(
        {"one": history_of(chain_sessions(tracks=20, sessions=60))}, ["mixture", "markov"]
    )
    markov = evaluation.results[1]
    gain, own = markov.differences["hr@10"], markov.intervals["hr@10"]

    assert None not in (gain.low, gain.high, own.low, own.high)
    assert gain.high - gain.low < own.high - own.low  # type: ignore[operator]


def test_without_the_mixture_nothing_is_compared():
    evaluation = evaluate(
        {"one": history_of(chain_sessions(tracks=12, sessions=40))}, ["markov", "popularity"]
    )

    assert evaluation.differences == {}
    assert all(result.differences == {} for result in evaluation.results)


def test_a_question_is_timed():
    result = evaluate_listener(history_of(chain_sessions(tracks=12, sessions=40)), MARKOV)

    assert 0 < result.query_ms < 1000


def test_the_test_is_heard_of_as_well():
    heard: list[object] = []
    evaluate_listener(
        history_of(chain_sessions(tracks=12, sessions=40)), MARKOV, on_progress=heard.append
    )
    last = heard[-1]

    assert isinstance(last, Judging)
    assert last.done == 1
