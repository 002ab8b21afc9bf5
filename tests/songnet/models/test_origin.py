"""The published model, and its two faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from songnet.errors import TrainingFailed
from songnet.models.base import FitTask, Query
from songnet.models.origin import OriginAsPublished, OriginConfig, OriginModel, OriginNet, Samples
from songnet.vocabulary import Vocabulary
from tests.songnet.listeners import sessions_of


def samples(sessions: list[list[str]], **config: Any) -> list[str]:
    """Each sample as 'prefix>target'."""
    played = sessions_of(sessions)
    vocabulary = Vocabulary.from_sessions(played)
    cut = Samples.cut(vocabulary.encode(played), OriginConfig(**config))
    titles = np.array(["", *vocabulary.library["title"]])[cut.tracks]
    return [
        f"{''.join(titles[begin:target])}>{titles[target]}"
        for begin, target in zip(cut.begins, cut.targets, strict=True)
    ]


def test_every_prefix_of_every_window_is_a_sample():
    assert samples([list("abc"), list("de")]) == ["a>b", "ab>c", "d>e"]


def test_windows_end_an_hour_after_their_first_play():
    # A play every four minutes: 15 in an hour, whatever the session.
    cut = samples([list("abcdefghijklmnopqr")])

    assert "abcdefghijklmn>o" in cut
    assert cut[-2:] == ["p>q", "pq>r"]


def test_the_published_splitter_drops_the_first_track_of_all_windows_but_the_first():
    cut = samples([list("abc"), list("def"), list("g"), list("hi")], drops_first_tracks=True)

    assert cut == ["a>b", "ab>c", "e>f"]


def test_rows_are_padded_at_their_right_ends():
    played = sessions_of([list("abc")])
    vocabulary = Vocabulary.from_sessions(played)
    a, b, c = vocabulary.indexes(list("abc"))
    inputs, lengths, columns = Samples.cut(vocabulary.encode(played), OriginConfig()).batch(
        np.array([0, 1])
    )

    assert inputs.tolist() == [[a, 0], [a, b]]
    assert lengths.tolist() == [1, 2]
    assert columns.tolist() == [b - 1, c - 1]


def test_looking_weights_up_is_multiplying_a_one_hot_vector():
    torch.manual_seed(0)
    net = OriginNet(tracks=5, hidden=3)
    lstm = torch.nn.LSTM(5, 3, batch_first=True)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(net.input_weights.weight[1:].T)
        lstm.weight_hh_l0.copy_(net.recurrent.weight)
        lstm.bias_ih_l0.copy_(net.recurrent.bias)
        lstm.bias_hh_l0.zero_()
    tracks = torch.tensor([[1, 4, 2], [5, 5, 0]])
    one_hot = torch.nn.functional.one_hot(tracks, 6)[..., 1:].float()

    torch.testing.assert_close(net.states(tracks), lstm(one_hot)[0])


def test_the_faulty_loss_depends_on_the_padding_and_the_right_one_does_not():
    torch.manual_seed(0)
    net = OriginNet(tracks=5, hidden=3)
    short, padded = torch.tensor([[1]]), torch.tensor([[1, 0, 0]])
    length, column = torch.tensor([1]), torch.tensor([2])

    def loss(inputs: torch.Tensor, *, reads_padding: bool) -> float:
        return net.loss(inputs, length, column, reads_padding=reads_padding).item()

    assert loss(padded, reads_padding=False) == loss(short, reads_padding=False)
    assert loss(padded, reads_padding=True) != loss(short, reads_padding=True)


def test_reading_the_padding_teaches_short_prefixes_nothing():
    # Batches mix prefixes of all lengths: those of one track are padded nearly always.
    rng = np.random.default_rng(0)
    pairs = {f"f{n}": f"s{n}" for n in range(4)}
    sessions = [
        [first, pairs[first], *rng.choice(list("uvwxyz"), 6).tolist()]
        for first in rng.choice(list(pairs), 60).tolist()
    ]
    hits = {}
    for reads_padding in (False, True):
        model = fitted(sessions, epochs=5, learning_rate=0.02, reads_padding=reads_padding)
        found = [
            int(np.argmax(model.score_next(Query(model.vocabulary.indexes([first]))))) + 1
            == model.vocabulary.index(second)
            for first, second in pairs.items()
        ]
        hits[reads_padding] = sum(found)

    assert hits[False] == 4
    assert hits[True] < 4


def test_the_published_model_has_both_faults():
    config = OriginAsPublished(Vocabulary.from_sessions(sessions_of([list("ab")]))).config

    assert config.reads_padding
    assert config.drops_first_tracks


def test_training_that_diverges_is_reported():
    with pytest.raises(TrainingFailed, match="loss is"):
        fitted([list("abcd")] * 20, learning_rate=float("inf"))


def fitted(sessions: list[list[str]], **config: Any) -> OriginModel:
    played = sessions_of(sessions)
    vocabulary = Vocabulary.from_sessions(played)
    model = OriginModel(vocabulary, {"hidden": 16} | config)
    model.fit(FitTask(vocabulary.encode(played)))
    return model
