"""Playlists of several people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from songnet.blending import Taste, Worth, blend, choose, z_normalised


@dataclass(frozen=True)
class Person:
    """Likes tracks as much as is said, and hears them in the order of their names."""

    likes: dict[str, float]

    def taste(self, seeds: Sequence[str]) -> Taste:
        scores = np.array(list(self.likes.values()), dtype=np.float32)
        return Taste(list(self.likes), [f"artist of {name}" for name in self.likes], scores)

    def follow_chances(self, track_ids: Sequence[str]) -> np.ndarray:
        chances = np.full((len(track_ids), len(track_ids)), np.nan)
        for a, before in enumerate(track_ids):
            for b, after in enumerate(track_ids):
                if before in self.likes and after in self.likes:
                    chances[a, b] = 0.9 if ord(after[-1]) == ord(before[-1]) + 1 else 0.01
        return chances


ROCK = Person({"shared": 5.0, "rock1": 6.0, "rock2": 5.5, "dull": -3.0, "grey": -4.0})
JAZZ = Person({"shared": 58.0, "jazz1": 60.0, "jazz2": 55.0, "dull": -30.0, "grey": -40.0})


def test_what_everybody_likes_comes_first_and_nobody_is_left_out() -> None:
    worth = Worth.of([ROCK.taste([]), JAZZ.taste([])])
    chosen = [worth.track_ids[column] for column in choose(worth, 5)]
    assert chosen[0] == "shared"
    assert set(chosen[1:]) == {"rock1", "rock2", "jazz1", "jazz2"}
    assert {name[:4] for name in chosen[1:3]} == {"rock", "jazz"}


def test_a_model_that_is_surer_counts_no_more() -> None:
    scores = np.array([1.0, 2.0, 4.0], dtype=np.float32)
    assert np.allclose(z_normalised(scores), z_normalised(50 * scores - 7), atol=1e-5)
    assert z_normalised(np.ones(3, dtype=np.float32)).tolist() == [0, 0, 0]


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
    same = Taste(["a", "b", "c"], ["x", "x", "x"], np.array([3, 2, 1], dtype=np.float32))
    other = Taste(["d", "e"], ["y", "z"], np.array([1, 0], dtype=np.float32))
    worth = Worth.of([same, other])
    assert {worth.track_ids[c] for c in choose(worth, 3, most_per_artist=1)} == {"a", "d", "e"}
    assert len(choose(worth, 9, most_per_artist=1)) == 5


@pytest.mark.parametrize("members", [[ROCK], [ROCK] * 6])
def test_one_or_six_are_refused(members: list[Person]) -> None:
    with pytest.raises(ValueError, match="2 to 5 members"):
        blend(members, [], length=5)
