"""The measurements of learning measure: small libraries, no figure believed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import limits, origin
from songnet.evidence.candidates import CANDIDATES
from songnet.evidence.features import FEATURES
from songnet.evidence.moment_features import MOMENT_FEATURES
from songnet.models.gate_net import FLAGS, GateConfig, GateNet, Scale

PLAYS, TRACKS = 600, 40


def test_the_distances_to_the_machine_are_measured_in_one_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "COPIED_BYTES", 2**20)
    monkeypatch.setattr(limits, "MATRIX", 64)
    figures = limits.measure(PLAYS, TRACKS, repeats=3)

    assert all(np.isfinite(value) and value > 0 for value in figures.values())
    gathered = figures["evidence: gathering, s"] / figures["evidence: one pass over them, s"]
    assert figures["evidence: times one pass"] == pytest.approx(gathered)


def test_the_products_of_the_network_are_counted_as_torch_counts_them():
    net = GateNet(GateConfig(), Scale.nothing())
    recurrent = sum(weight.numel() for weight in net.lstm.parameters() if weight.dim() > 1)
    with FlopCounterMode(display=False) as counted:
        states = net.states(
            torch.zeros(1, 1, len(FEATURES)),
            torch.zeros(1, 1, FLAGS),
            torch.zeros(1, 1, len(MOMENT_FEATURES)),
        )
        net.scores(
            torch.zeros(1, CANDIDATES, len(FEATURES)),
            torch.tensor([CANDIDATES]),
            torch.zeros(1, len(MOMENT_FEATURES)),
            states[:, 0],
        )

    forward = counted.get_total_flops()  # it knows no LSTM
    assert limits.flops_of_play(net) == limits.PASSES * (forward + 2 * recurrent)


def test_the_origin_is_extrapolated_from_what_it_did():
    figures = origin.measure(PLAYS // 2, TRACKS, 0.0)

    assert figures["the origin was trained"] != "100.00 %"
    ratio = figures["the origin, s"] / figures["songnet, s"]
    assert figures["the origin over songnet"] == pytest.approx(ratio)
