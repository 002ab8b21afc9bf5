"""A recommender from its training to its playlists."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from songnet import Recommender
from songnet.errors import (
    BrokenModel,
    NoSeeds,
    TooFewPlays,
    TrainingFailed,
    UnknownModelVersion,
    UnknownSeeds,
)
from songnet.metrics import rank_next_tracks
from songnet.model_file import decode, encode
from songnet.music import History
from songnet.sessions import find_sessions
from songnet.training import Phase, TrainingConfig, TrainingProgress
from tests.songnet.listeners import START, chain_sessions, history_of

SMALL = TrainingConfig(model_config={"training": {"epochs": 2}})
ARTISTS = {f"Song {number}": f"Artist {number % 8}" for number in range(40)}
SEEDS = ["Song 3", "Song 17"]


@pytest.fixture(scope="module")
def history() -> History:
    return history_of(chain_sessions(sessions=80), artist_of=ARTISTS)


@pytest.fixture(scope="module")
def recommender(history: History) -> Recommender:
    return Recommender.train(history, config=SMALL, threads=1)


def test_the_library_holds_every_track_with_its_plays(history: History, recommender: Recommender):
    library = recommender.library

    assert list(library.columns) == ["track_id", "artist", "title", "album", "uri", "plays"]
    assert library["plays"].sum() == len(history)
    assert library["track_id"].is_unique


def test_scores_stand_as_the_rows_of_the_library_do(recommender: Recommender):
    scores = recommender.score_next(SEEDS, START.to_pydatetime())

    assert scores.dtype == np.float32
    assert scores.shape == (len(recommender.library),)


def test_a_taste_changes_with_the_songs_and_its_habits_do_not(recommender: Recommender):
    ids = recommender.library["track_id"].tolist()
    none, one, other = (recommender.taste(songs) for songs in ([], ids[:1], ids[5:6]))
    assert not np.allclose(one.scores, other.scores)
    assert np.array_equal(one.habits, other.habits)
    assert np.array_equal(none.scores, none.habits)


def test_the_library_cannot_be_changed_from_outside(recommender: Recommender):
    library = recommender.library
    library["title"] = "x"

    assert "x" not in recommender.library["title"].tolist()


def test_a_prefix_may_hold_unknown_tracks(recommender: Recommender):
    assert np.all(np.isfinite(recommender.score_next(["unknown", *SEEDS])))


def test_facts_tell_what_was_learned_from(history: History, recommender: Recommender):
    facts = recommender.trained_on

    assert (facts.model, facts.plays, facts.tracks, facts.artists) == (
        "songnet",
        len(history),
        40,
        8,
    )
    assert facts.sessions == 80
    assert facts.first_play == START
    assert facts.epochs == 2
    assert set(facts.metrics) == {"hr@1", "hr@10", "hr@20", "mrr@20"}


def test_a_playlist_is_as_long_as_wanted_without_repeats_and_seeds(recommender: Recommender):
    playlist = recommender.playlist(SEEDS, length=15)
    ids = [track.track_id for track in playlist]

    assert len(playlist) == len(set(ids)) == 15
    assert not set(ids) & set(SEEDS)
    assert [seed.track_id for seed in playlist.seeds] == SEEDS


def test_a_playlist_has_twenty_tracks_where_nothing_else_is_said(recommender: Recommender):
    assert len(recommender.playlist(SEEDS)) == 20


def test_no_artist_has_more_than_three_tracks_or_follows_itself(recommender: Recommender):
    artists = [track.artist for track in recommender.playlist(SEEDS)]

    assert max(artists.count(artist) for artist in artists) <= 3
    assert all(one != other for one, other in pairwise(artists))


def test_the_cap_on_artists_can_be_lifted(recommender: Recommender):
    library = recommender.library["track_id"]
    seed = library.tolist().index("Song 3") + 1
    ranking = np.argsort(-recommender._model.score_seeds(np.array([seed])), kind="stable")
    best = [library[row] for row in ranking if library[row] != "Song 3"][:10]
    playlist = recommender.playlist(["Song 3"], length=10, most_per_artist=None)

    assert sorted(track.track_id for track in playlist) == sorted(best)


def test_excluded_tracks_stay_out(recommender: Recommender):
    unwanted = [track.track_id for track in recommender.playlist(SEEDS)][:5]
    playlist = recommender.playlist(SEEDS, exclude=unwanted)

    assert not {track.track_id for track in playlist} & set(unwanted)


def test_the_same_question_gets_the_same_answer(recommender: Recommender):
    assert recommender.playlist(SEEDS) == recommender.playlist(SEEDS)
    assert recommender.playlist(SEEDS, rng_seed=5) == recommender.playlist(SEEDS, rng_seed=5)


def test_other_numbers_give_other_playlists(recommender: Recommender):
    playlists = {
        tuple(track.track_id for track in recommender.playlist(SEEDS, rng_seed=number))
        for number in range(10)
    }

    assert len(playlists) > 1


def test_a_seed_that_is_unknown_does_not_keep_the_others_from_working(recommender: Recommender):
    assert recommender.playlist(["Song 3", "no such song"]).seeds[0].title == "Song 3"


def test_a_seed_named_twice_is_one(recommender: Recommender):
    assert len(recommender.playlist(["Song 3", "song 3 - artist 3"]).seeds) == 1


def test_no_seeds_are_refused(recommender: Recommender):
    with pytest.raises(NoSeeds):
        recommender.playlist(["", "  "])


def test_unknown_seeds_are_refused_with_near_misses(recommender: Recommender):
    with pytest.raises(UnknownSeeds) as refusal:
        recommender.playlist(["Artist 33", "zzzz"])

    near, nothing = refusal.value.suggestions
    assert refusal.value.queries == ("Artist 33", "zzzz")
    assert {track.artist for track in near} == {"Artist 3"}
    assert nothing == ()


def test_songs_of_the_artist_stand_for_an_unknown_one(recommender: Recommender):
    playlist = recommender.playlist(["Artist 3 - Song from tomorrow"])
    (stand_in,) = playlist.stand_ins

    assert playlist.seeds == ()
    assert {track.artist for track in stand_in.tracks} == {"Artist 3"}
    assert len(playlist) == 20


def test_a_stand_in_is_no_seed_and_may_be_in_the_playlist(recommender: Recommender):
    playlist = recommender.playlist(["Artist 3 - Song from tomorrow"], length=40)
    everything = {track.track_id for track in playlist}

    assert {track.track_id for track in playlist.stand_ins[0].tracks} <= everything


def test_who_names_track_ids_need_not_wait_for_the_names(recommender: Recommender):
    fresh = Recommender.from_bytes(recommender.to_bytes())
    by_id = fresh.find_seeds(SEEDS)

    assert "_seeds" not in vars(fresh)
    assert by_id == fresh.find_seeds([*SEEDS, " "])


def test_an_excluded_seed_still_counts_as_a_seed(recommender: Recommender):
    assert recommender.playlist(SEEDS, exclude=SEEDS) == recommender.playlist(SEEDS)


def test_more_adventure_gives_more_that_is_seldom_heard():
    often, seldom = list("abcdefghijkl"), list("mnopqrstuvwx")
    titles = [*(often * 4), *seldom]
    artist_of = {title: f"Artist {number}" for number, title in enumerate(often + seldom)}
    sessions = [titles[first::12] for first in range(12)] * 3
    recommender = Recommender.train(
        history_of(sessions, artist_of=artist_of), config=TrainingConfig(model="markov_backoff")
    )
    shares = [
        np.mean(
            [
                track.track_id in seldom
                for track in recommender.playlist(["a"], length=8, adventure=adventure)
            ]
        )
        for adventure in (0, 0.25, 0.5, 0.75, 1)
    ]

    assert shares == sorted(shares)
    assert shares[0] < shares[-1]


@pytest.mark.parametrize("adventure", [-0.1, 1.5, float("nan")])
def test_what_is_no_adventure_is_refused(recommender: Recommender, adventure: float):
    with pytest.raises(ValueError, match="0 \\(familiar\\)"):
        recommender.playlist(SEEDS, adventure=adventure)


def test_a_negative_length_is_refused(recommender: Recommender):
    with pytest.raises(ValueError, match="-1"):
        recommender.playlist(SEEDS, length=-1)


def test_reasons_are_counts_that_can_be_checked(recommender: Recommender, history: History):
    titles = history.frame["title"]
    after = titles.shift(-1)
    same_session = history.frame["started_at"].diff().shift(-1) < pd.Timedelta(minutes=30)

    for track in recommender.playlist(SEEDS):
        reasons = {reason.kind: reason for reason in track.reasons}
        assert reasons["plays"].count == (titles == track.title).sum()
        if "followed" in reasons:
            seed = reasons["followed"].track_id
            pairs = (titles == seed) & (after == track.title) & same_session
            assert reasons["followed"].count == pairs.sum()
        assert ("same_artist" in reasons) == (track.artist in {ARTISTS[seed] for seed in SEEDS})


def test_every_track_has_a_link(recommender: Recommender):
    assert all(
        track.url.startswith("https://open.spotify.com/") for track in recommender.playlist(SEEDS)
    )


def test_a_loaded_recommender_answers_exactly_the_same(recommender: Recommender, tmp_path: Path):
    recommender.save(tmp_path / "me.songnet")
    loaded = Recommender.load(tmp_path / "me.songnet")

    np.testing.assert_array_equal(loaded.score_next(SEEDS), recommender.score_next(SEEDS))
    assert loaded.playlist(SEEDS, rng_seed=1) == recommender.playlist(SEEDS, rng_seed=1)
    assert loaded.trained_on == recommender.trained_on
    pd.testing.assert_frame_equal(loaded.library, recommender.library)


def test_a_loaded_recommender_saves_the_same_bytes(recommender: Recommender):
    data = recommender.to_bytes()

    assert Recommender.from_bytes(data).to_bytes() == data


@pytest.mark.parametrize("model", ["markov", "popularity"])
def test_every_model_can_be_saved_and_loaded(history: History, model: str):
    trained = Recommender.train(history, config=TrainingConfig(model=model))
    loaded = Recommender.from_bytes(trained.to_bytes())

    np.testing.assert_array_equal(loaded.score_next(SEEDS), trained.score_next(SEEDS))


def test_a_truncated_file_is_refused_by_its_name(recommender: Recommender, tmp_path: Path):
    path = tmp_path / "me.songnet"
    path.write_bytes(recommender.to_bytes()[:-1])

    with pytest.raises(BrokenModel, match=r"me\.songnet"):
        Recommender.load(path)


def test_a_damaged_file_is_refused_by_its_name(recommender: Recommender):
    data = bytearray(recommender.to_bytes())
    data[-100] ^= 1

    with pytest.raises(BrokenModel, match="'blob 7'"):
        Recommender.from_bytes(bytes(data), "blob 7")


def test_a_file_of_another_version_is_refused_by_its_name(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("songnet.model_file.VERSION", 99)

    with pytest.raises(UnknownModelVersion, match="'blob 7' has version 99"):
        Recommender.from_bytes(recommender.to_bytes(), "blob 7")


@pytest.mark.parametrize("missing", ["model.net.weight", "past.started_at"])
def test_a_file_without_a_part_is_refused(recommender: Recommender, missing: str):
    content = decode(recommender.to_bytes(), "me")
    del content.arrays[missing]

    with pytest.raises(BrokenModel, match="do not fit"):
        Recommender.from_bytes(encode(content), "me")


def test_a_song_is_found_by_every_uri_that_it_was_played_under():
    frame = history_of([list("abcdefghijk")] * 6).frame
    uris = [f"spotify:track:{digit * 22}" for digit in "12"]
    is_a = frame["title"] == "a"
    frame.loc[is_a, "uri"] = [uris[0], uris[1]] * 3
    trained = Recommender.train(
        History.from_plays(frame), config=TrainingConfig(model="popularity")
    )
    loaded = Recommender.from_bytes(trained.to_bytes())

    for recommender in (trained, loaded):
        found = recommender.find_seeds(uris).found
        assert [match.track.title for match in found] == ["a", "a"]


def test_many_threads_may_ask_at_once(recommender: Recommender):
    fresh = Recommender.from_bytes(recommender.to_bytes())
    questions = [["Song 3"], ["Song 17"], SEEDS] * 10
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(fresh.playlist, questions))

    assert answers == [recommender.playlist(seeds) for seeds in questions]


def test_equal_seeds_give_equal_recommenders(history: History, recommender: Recommender):
    again = Recommender.train(history, config=SMALL, threads=1)

    np.testing.assert_array_equal(again.score_next(SEEDS), recommender.score_next(SEEDS))


def test_other_seeds_give_other_recommenders(history: History, recommender: Recommender):
    other = Recommender.train(history, config=SMALL, threads=1, rng_seed=1)

    assert not np.array_equal(other.score_next(SEEDS), recommender.score_next(SEEDS))


def test_progress_goes_from_choosing_to_the_final_fit(history: History):
    heard: list[TrainingProgress] = []
    Recommender.train(history, config=SMALL, threads=1, on_progress=heard.append)
    phases = list(dict.fromkeys(progress.phase for progress in heard))

    assert phases == [Phase.CHOOSING, Phase.FINAL]
    assert [p.done for p in heard] == sorted(p.done for p in heard)
    assert (heard[-1].done, heard[-1].seconds_left) == (1, 0)
    assert set(heard[-1].metrics) == {"hr@1", "hr@10", "hr@20", "mrr@20"}


def test_what_a_listener_of_progress_raises_ends_the_training(history: History):
    class Cancelled(Exception):
        pass

    def cancel(_progress: TrainingProgress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        Recommender.train(history, config=SMALL, on_progress=cancel)


def test_the_least_history_can_be_learned_from():
    least = history_of([list("abcde"), list("fghij")])
    recommender = Recommender.train(least, config=SMALL, threads=1)

    assert recommender.trained_on.metrics == {}
    assert len(recommender.playlist(["a"])) == 9


def test_sessions_of_one_song_each_can_be_learned_from():
    lonely = history_of([[letter] for letter in "abcdefghijkl"])

    assert len(Recommender.train(lonely, config=SMALL, threads=1).playlist(["a"])) == 11


def test_too_few_plays_are_refused():
    with pytest.raises(TooFewPlays):
        Recommender.train(history_of([list("abc"), list("def")]), config=SMALL)


def test_plays_under_thirty_seconds_are_not_learned_from():
    history = history_of([list("abcdefghijk")] * 5)
    frame = history.frame
    frame.loc[frame["title"] == "k", "ms_played"] = 5_000
    recommender = Recommender.train(History.from_plays(frame), config=SMALL, threads=1)

    assert "k" not in recommender.library["title"].tolist()


def test_a_training_that_diverges_is_refused(history: History):
    config = TrainingConfig(model_config={"training": {"learning_rate": float("inf")}})

    with pytest.raises(TrainingFailed):
        Recommender.train(history, config=config)


def part_of(history: History, plays: int) -> History:
    return History.from_plays(history.frame.iloc[:plays])


def test_new_plays_are_learned_from_where_the_history_goes_on(history: History):
    early = Recommender.train(part_of(history, 800), config=SMALL)
    heard: list[TrainingProgress] = []
    updated = Recommender.train(history, config=SMALL, start=early, on_progress=heard.append)

    assert {progress.phase for progress in heard} == {Phase.FINAL}
    assert updated.trained_on.plays == len(history)
    assert len(updated.library) == 40
    assert set(updated.trained_on.metrics) == {"hr@1", "hr@10", "hr@20", "mrr@20"}


def test_an_update_leaves_the_earlier_recommender_as_it_was(history: History):
    early = Recommender.train(part_of(history, 800), config=SMALL)
    before = early.to_bytes()
    Recommender.train(history, config=SMALL, start=early)

    assert early.to_bytes() == before


def test_a_history_that_brings_older_plays_is_learned_from_as_a_whole(history: History):
    late = Recommender.train(History.from_plays(history.frame.iloc[100:]), config=SMALL)
    updated = Recommender.train(history, config=SMALL, start=late)

    np.testing.assert_array_equal(
        updated.score_next(SEEDS), Recommender.train(history, config=SMALL).score_next(SEEDS)
    )


def test_where_there_are_few_plays_they_are_counted():
    few = Recommender.train(history_of([list("abcdefghij")] * 3), config=SMALL)

    assert few.trained_on.model == "mixture"
    assert few.trained_on.too_few_plays_for == "songnet"


def test_what_others_reach_on_the_same_plays_is_told_where_it_is_asked_for(history: History):
    config = TrainingConfig(model="markov", compared_with=["popularity", "mixture"])
    compared = Recommender.train(history, config=config).trained_on.compared

    assert list(compared) == ["popularity", "mixture"]
    assert compared["mixture"]["hr@1"] > compared["popularity"]["hr@1"]


def test_an_update_is_judged_on_sessions_of_which_nothing_was_known(history: History):
    early = Recommender.train(part_of(history, 800 - 3), config=SMALL)  # in the midst of a session
    judged: list[int] = []

    def listen(progress: TrainingProgress) -> None:
        judged.append(len(progress.metrics))

    updated = Recommender.train(history, config=SMALL, start=early, on_progress=listen)
    alone = History.from_plays(history.frame.iloc[804:])

    assert judged
    assert updated.trained_on.metrics == judge(early, alone)


def judge(recommender: Recommender, history: History) -> dict[str, float]:
    encoded = recommender._vocabulary.encode(find_sessions(history.frame))
    return rank_next_tracks(recommender._model, encoded).metrics()
