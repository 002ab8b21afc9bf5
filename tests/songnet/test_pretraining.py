"""A start that several people's histories make, and that others begin with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from songnet import Recommender
from songnet.errors import BrokenModel, TooFewPlays, TrainingFailed
from songnet.models import start
from songnet.models.base import FitProgress
from songnet.models.gate_net import GateNet
from songnet.models.gate_training import GateTraining
from songnet.music import History
from songnet.pretraining import PretrainingConfig, pretrain
from songnet.training import TrainingConfig
from tests.songnet.listeners import chain_sessions, history_of

QUICK = PretrainingConfig(training=GateTraining(epochs=1))
MOST_BYTES = 1_000_000


def listener(seed: int, sessions: int = 60) -> History:
    return history_of(chain_sessions(sessions=sessions, seed=seed))


def weights(net: GateNet) -> np.ndarray:
    return np.concatenate([value.numpy().ravel() for value in net.state_dict().values()])


@pytest.fixture(scope="module")
def net() -> GateNet:
    return pretrain([listener(1), listener(2)], QUICK)


def test_equal_numbers_give_equal_starts(net: GateNet):
    again = pretrain([listener(1), listener(2)], QUICK)

    np.testing.assert_array_equal(weights(again), weights(net))


def test_every_listener_counts(net: GateNet):
    other = pretrain([listener(1), listener(3)], QUICK)

    assert not np.array_equal(weights(other), weights(net))


def test_a_model_starts_from_a_file_that_was_written(net: GateNet, tmp_path: Path):
    start.save(net, tmp_path / "start")
    learned_nothing = {"training": {"epochs": 0}, "going_on": {"epochs": 0}}
    config = TrainingConfig(start=str(tmp_path / "start"), model_config=learned_nothing)

    own = Recommender.train(listener(4), config=config)
    shipped = Recommender.train(listener(4), config=replace(config, start="shipped"))

    assert not np.array_equal(own.score_next(["Song 1"]), shipped.score_next(["Song 1"]))
    np.testing.assert_array_equal(weights(start.load(str(tmp_path / "start"))), weights(net))


def test_what_is_no_start_is_refused_by_its_name(tmp_path: Path):
    (tmp_path / "odd").write_bytes(b"{}")

    with pytest.raises(BrokenModel, match="odd"):
        start.load(str(tmp_path / "odd"))


def test_the_start_that_comes_with_songnet_is_small_and_knows_no_track():
    path = Path(start.__file__).with_name(start.NAME)

    assert path.stat().st_size < MOST_BYTES
    assert sum(value.numel() for value in start.load().state_dict().values()) < MOST_BYTES // 4


def test_a_listener_with_too_little_is_refused():
    with pytest.raises(TooFewPlays):
        pretrain([listener(1), history_of([["a", "b"]])], QUICK)


def test_too_few_listeners_with_sessions_that_fit_are_refused():
    short = history_of([list("abcdefghij")] * 30)
    one_long = history_of([list("abcdefghij")] * 30 + [list("abcdefghij") * 20])
    config = PretrainingConfig(most_events=200, training=GateTraining(epochs=1))
    with pytest.raises(TrainingFailed, match="only 1 of the histories"):
        pretrain([short, one_long], config, least_people=2)


def test_progress_goes_from_nothing_to_everything():
    heard: list[FitProgress] = []
    pretrain([listener(1)], QUICK, on_progress=heard.append)

    done = [progress.done for progress in heard]
    assert done == sorted(done)
    assert done[-1] == 1
