"""Nobody changes what the evidence means without another version of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save as save_tensors

from songnet import Recommender
from songnet.errors import OtherEvidence
from songnet.evidence.definition import EVIDENCE_VERSION
from songnet.models import start
from songnet.models.songnet import SongnetModel
from songnet.training import TrainingConfig
from tests.songnet.evidence import golden
from tests.songnet.listeners import chain_sessions, history_of

MEND = (
    "The evidence is another one than that of version {version}. If that is meant: raise "
    "EVIDENCE_VERSION (songnet/evidence/definition.py), `python -m tests.songnet.evidence.golden`, "
    "and make songnet/models/start.safetensors anew. Models of the old version are then learned "
    "again."
)


@pytest.fixture(scope="module")
def now() -> dict[str, object]:
    return golden.evidence()


@pytest.mark.parametrize("part", ["features", "moment_features", "chosen"])
def test_the_columns_are_those_of_the_version(now: dict[str, object], part: str):
    known = golden.of_version(EVIDENCE_VERSION)[part]

    assert now[part] == known, MEND.format(version=EVIDENCE_VERSION)


@pytest.mark.parametrize("part", ["played", "timed", "candidates"])
def test_the_columns_say_what_they_said_in_the_version(now: dict[str, object], part: str):
    known = golden.of_version(EVIDENCE_VERSION)[part]
    message = MEND.format(version=EVIDENCE_VERSION)

    np.testing.assert_allclose(now[part], known, rtol=1e-3, atol=1e-4, err_msg=message)


def learned(**config: object) -> Recommender:
    return Recommender.train(history_of(chain_sessions()), config=TrainingConfig(**config))


@pytest.fixture
def of_the_future(monkeypatch: pytest.MonkeyPatch) -> int:
    """What is written from now on bears a later version."""
    version = EVIDENCE_VERSION + 1
    monkeypatch.setattr(SongnetModel, "evidence_version", version)
    monkeypatch.setattr(start, "EVIDENCE_VERSION", version)
    return version


def test_a_model_of_other_evidence_is_refused_by_name(
    of_the_future: int, monkeypatch: pytest.MonkeyPatch
):
    data = learned(model_config={"training": {"epochs": 0}, "start": "nothing"}).to_bytes()
    monkeypatch.undo()

    with pytest.raises(OtherEvidence, match=rf"'me' .* version {of_the_future}"):
        Recommender.from_bytes(data, "me")


def test_a_model_that_only_counts_has_no_evidence_to_be_of_another_version(of_the_future: int):
    data = learned(model="mixture").to_bytes()

    assert Recommender.from_bytes(data).trained_on.model == "mixture"


def test_a_start_of_other_evidence_is_refused_by_name(
    of_the_future: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(start, "EVIDENCE_VERSION", EVIDENCE_VERSION)
    net = start.load()
    monkeypatch.setattr(start, "EVIDENCE_VERSION", of_the_future)
    start.save(net, tmp_path / "theirs")
    monkeypatch.undo()

    with pytest.raises(OtherEvidence, match=rf"'theirs' .* version {of_the_future}"):
        start.load(str(tmp_path / "theirs"))


def test_a_start_without_a_number_is_of_the_first_version(tmp_path: Path):
    weights = {name: value.contiguous() for name, value in start.load().state_dict().items()}
    (tmp_path / "without").write_bytes(save_tensors(weights))
    again = start.load(str(tmp_path / "without")).state_dict()

    for name, value in start.load().state_dict().items():
        np.testing.assert_array_equal(again[name], value)
