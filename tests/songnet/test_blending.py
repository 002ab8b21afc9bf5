"""Playlists of several people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songnet.blending import (
    HABIT,
    MOST_IN_A_ROW,
    NOBODY,
    BlendedTrack,
    Taste,
    Worth,
    blend,
    choose,
    mixed,
    probabilities,
)


def taste_of(likes: dict[str, float], habits: dict[str, float] | None = None) -> Taste:
    """Every track is another artist's; without habits, what is liked is heard anyway."""
    return Taste(
        list(likes),
        [f"artist of {name}" for name in likes],
        np.array(list(likes.values()), dtype=np.float32),
        np.array([(habits or likes)[name] for name in likes], dtype=np.float32),
    )


def taken(tastes: Sequence[Taste], length: int) -> list[str]:
    worth = Worth.of(tastes)
    return [worth.track_ids[column] for column in choose(worth, length)]


@dataclass(frozen=True)
class Person:
    """Likes tracks as much as is said, and hears them in the order of their names."""

    likes: dict[str, float]

    def taste(self, seeds: Sequence[str]) -> Taste:
        scores = np.array(list(self.likes.values()), dtype=np.float32)
        return taste_of(dict(zip(self.likes, scores, strict=True)))

    def follow_chances(self, track_ids: Sequence[str]) -> np.ndarray:
        chances = np.full((len(track_ids), len(track_ids)), np.nan)
        for a, before in enumerate(track_ids):
            for b, after in enumerate(track_ids):
                if before in self.likes and after in self.likes:
                    chances[a, b] = 0.9 if ord(after[-1]) == ord(before[-1]) + 1 else 0.01
        return chances


ROCK = Person({"shared": 5.0, "rock1": 6.0, "rock2": 5.5, "dull": -3.0, "grey": -4.0})
ROCK_TOO = Person({"shared": 5.0, "rock1": 5.5, "rock2": 6.0, "dull": -3.0, "grey": -4.0})
JAZZ = Person({"shared": 4.0, "jazz1": 5.0, "jazz2": 3.5, "dull": -3.0, "grey": -4.0})


def test_what_everybody_likes_comes_first_and_nobody_is_left_out() -> None:
    chosen = taken([ROCK.taste([]), ROCK_TOO.taste([]), JAZZ.taste([])], 3)
    assert chosen[0] == "shared"
    assert {name[:4] for name in chosen[1:]} == {"rock", "jazz"}


def test_who_finds_little_in_it_gets_more_of_it_than_a_turn_each_would_give() -> None:
    sure = taste_of({"hit": 9.0} | {f"sure{number}": 0.0 for number in range(9)})
    torn = taste_of({f"torn{number}": 0.0 for number in range(10)})
    assert sum(name.startswith("torn") for name in taken([sure, torn], 6)) == 5


def test_three_who_share_nothing_all_get_something() -> None:
    tastes = [taste_of({f"{name}{number}": 0.0 for number in range(9)}) for name in "abc"]
    assert Counter(name[0] for name in taken(tastes, 6)) == {"a": 2, "b": 2, "c": 2}


def test_no_one_track_more_would_have_helped_the_worst_member_more() -> None:
    rng = np.random.default_rng(3)
    names = [f"t{number}" for number in range(30)]
    tastes = [
        taste_of({name: rng.normal() for name in rng.choice(names, 20, replace=False)})
        for _ in range(4)
    ]
    worth = Worth.of(tastes)
    chosen = choose(worth, 12)
    for count in range(12):
        so_far = worth.gains[:, chosen[:count]].sum(axis=1)
        others = [column for column in range(30) if column not in chosen[:count]]
        best = max((so_far + worth.gains[:, column]).min() for column in others)
        assert (so_far + worth.gains[:, chosen[count]]).min() == pytest.approx(best)


def test_what_is_heard_anyway_counts_as_much_as_what_goes_with_the_songs() -> None:
    likes = {"goes along": 2.0, "dull": 0.0, "daily": 0.0}
    habits = {"goes along": 0.0, "dull": 0.0, "daily": 2.0}
    worth = Worth.of([taste_of(likes, habits)])
    after, anyway = (probabilities(np.array(list(x.values()))) for x in (likes, habits))
    assert worth.gains[0] == pytest.approx((1 - HABIT) * after + HABIT * anyway)
    assert set(taken([taste_of(likes, habits)], 2)) == {"goes along", "daily"}


def test_scores_count_up_to_a_constant() -> None:
    scores = np.array([1.0, 2.0, 4.0], dtype=np.float32)
    assert probabilities(scores) == pytest.approx(probabilities(scores + 900))
    assert probabilities(scores).sum() == pytest.approx(1)
    assert probabilities(scores[:0]).tolist() == []


def test_who_knows_a_track_is_told_and_seeds_are_left_out() -> None:
    found = blend([ROCK, JAZZ], ["rock2"], length=4, excluded=["jazz2"])
    assert {track.track_id: track.known_by for track in found} == {
        "shared": (0, 1),
        "rock1": (0,),
        "jazz1": (1,),
        "dull": (0, 1),
    }


def test_tracks_that_were_heard_in_a_row_stand_in_a_row() -> None:
    person = Person({f"t{number}": 1.0 for number in (3, 1, 2, 0)})
    found = blend([person, person], [], length=4)
    assert [track.track_id for track in found] == ["t0", "t1", "t2", "t3"]


def test_no_artist_fills_it_unless_there_is_nobody_else() -> None:
    same = Taste(["a", "b", "c"], ["x", "x", "x"], *[np.array([3, 2, 1], dtype=np.float32)] * 2)
    other = Taste(["d", "e"], ["y", "z"], *[np.array([1, 0], dtype=np.float32)] * 2)
    worth = Worth.of([same, other])
    assert {worth.track_ids[c] for c in choose(worth, 3, most_per_artist=1)} == {"a", "d", "e"}
    assert len(choose(worth, 9, most_per_artist=1)) == 5


def test_an_artist_who_was_named_may_have_twice_as_many() -> None:
    likes = np.arange(9, 0, -1, dtype=np.float32)
    taste = Taste([*"abcdefghi"], [*"xxxxyyyyz"], likes, likes)
    worth = Worth.of([taste, taste], seeds={"a"})
    artists = [worth.artists[column] for column in choose(worth, 4, most_per_artist=1)]
    assert Counter(artists) == {"x": 2, "y": 1, "z": 1}


def one_after_the_other(*counts: int, shared: int = 0) -> list[Person]:
    """People who share so many tracks; what each alone knows they hear in one row."""
    common = {f"shared{number}": 1.0 for number in range(shared)}
    return [
        Person({f"{letter}-{chr(97 + number)}": 1.0 for number in range(count)} | common)
        for letter, count in zip("wxyz", counts, strict=False)
    ]


def longest_run(found: Sequence[BlendedTrack]) -> int:
    alone = [track.known_by for track in found]
    runs = [len(list(run)) for known_by, run in groupby(alone) if len(known_by) == 1]
    return max(runs, default=0)


@pytest.mark.parametrize(
    ("counts", "shared"), [((10, 10), 0), ((12, 4), 0), ((12, 2), 3), ((9, 9, 2), 2), ((12, 0), 3)]
)
def test_nobody_waits_for_more_than_three_songs_that_one_other_knows(
    counts: tuple[int, ...], shared: int
) -> None:
    members = one_after_the_other(*counts, shared=shared)
    found = blend(members, [], length=sum(counts) + shared)
    assert len(found) == sum(counts) + shared
    assert longest_run(found) <= MOST_IN_A_ROW


def test_where_one_knows_nearly_all_the_others_songs_are_spread_evenly() -> None:
    found = blend(one_after_the_other(14, 1, shared=1), [], length=16)
    assert longest_run(found) == 5


def test_what_is_chosen_does_not_depend_on_its_order() -> None:
    members = one_after_the_other(14, 9, shared=4)
    worth = Worth.of([member.taste([]) for member in members])
    chosen = {worth.track_ids[column] for column in choose(worth, 20)}
    assert {track.track_id for track in blend(members, [], length=20)} == chosen


@settings(deadline=None)
@given(st.lists(st.integers(NOBODY, 3), min_size=1, max_size=30), st.integers(1, 4))
def test_an_order_without_long_runs_is_found_wherever_there_is_one(
    owners: list[int], longest: int
) -> None:
    order = mixed(owners, longest)
    assert sorted(order) == list(range(len(owners)))
    counts = Counter(owner for owner in owners if owner != NOBODY)
    if all(count <= longest * (len(owners) - count + 1) for count in counts.values()):
        runs = groupby(owners[rank] for rank in order)
        assert all(owner == NOBODY or len(list(run)) <= longest for owner, run in runs)


@pytest.mark.parametrize("members", [[ROCK], [ROCK] * 6])
def test_one_or_six_are_refused(members: list[Person]) -> None:
    with pytest.raises(ValueError, match="2 to 5 members"):
        blend(members, [], length=5)
