"""What is compared in the ablations is what their names say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.ablations import NOTHING, VARIANTS, Listener, learn
from benchmarks.gates import FAMILIES, NETWORKS, NoState, without
from benchmarks.simulated import LISTENERS, simulate
from songnet.evidence.features import FEATURES
from songnet.evidence.moment_features import MOMENT_FEATURES
from songnet.models.gate_net import FLAGS, GateConfig, GateNet, Scale
from songnet.models.start import SHIPPED
from songnet.sessions import find_sessions

PLAYS = 700
BLIND = [name for name in VARIANTS if VARIANTS[name].blind_to]
"""They differ in nothing but the columns: one stands for all."""


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener(find_sessions(simulate("repeats", PLAYS).frame))


@pytest.mark.parametrize("name", LISTENERS)
def test_a_simulated_listener_is_the_same_each_time(name: str) -> None:
    one, other = simulate(name, 200).frame, simulate(name, 200).frame
    assert len(one) == 200
    assert one.equals(other)


def test_who_repeats_repeats_and_who_hears_albums_goes_on_in_them() -> None:
    def shares(name: str) -> tuple[float, float]:
        frame = simulate(name, 2000).frame
        number = frame["title"].str.extract(r"(\d+)$")[0].astype(int)
        step = np.diff(number)
        return float((step == 0).mean()), float((step == 1).mean())

    repeated, followed = np.array([shares(name) for name in LISTENERS]).T
    names = list(LISTENERS)
    assert names[int(repeated.argmax())] == "repeats"
    assert names[int(followed.argmax())] == "albums"


@pytest.mark.parametrize("name", [name for name in VARIANTS if name not in BLIND[1:]])
def test_every_variant_learns_and_is_judged(listener: Listener, name: str) -> None:
    variant = VARIANTS[name]
    events = listener.events if variant.borders else listener.events_without_borders()
    net, _ = learn(events, variant, SHIPPED, rng_seed=0, epochs=1)
    values = listener.judge(net)
    assert 0 < values["hr@10"] < 1
    assert 0 < values["ndcg@20"] < 1


def _scores(net: GateNet, evidence: torch.Tensor, played: torch.Tensor) -> torch.Tensor:
    moments = torch.zeros(1, played.shape[1], len(MOMENT_FEATURES))
    flags = torch.ones(1, played.shape[1], FLAGS)
    state = net.eval().states(played, flags, moments)[:, -1]
    return net.scores(evidence, torch.tensor([evidence.shape[1]]), moments[:, -1], state).detach()


def test_a_network_is_blind_to_what_it_is_not_to_see(listener: Listener) -> None:
    family = FAMILIES["artists and albums"]
    net = GateNet(GateConfig(), without(Scale.measure(listener.events), family))
    torch.nn.init.normal_(net.weight)
    mean, deviation = Scale.measure(listener.events).of_features
    evidence = mean + deviation * torch.randn(1, 5, len(FEATURES))
    other = evidence.clone()
    other[:, :, [FEATURES.index(column) for column in family]] += 0.1
    played = torch.randn(1, 4, len(FEATURES))
    assert torch.equal(_scores(net, evidence, played), _scores(net, other, played))
    other[:, :, FEATURES.index("p_next")] += 0.1
    assert not torch.equal(_scores(net, evidence, played), _scores(net, other, played))


@pytest.mark.parametrize("network", [GateNet, *NETWORKS.values()])
def test_only_a_network_without_state_forgets_the_session(
    listener: Listener, network: type[GateNet]
) -> None:
    torch.manual_seed(0)
    net = network(GateConfig(), Scale.measure(listener.events))
    for values in net.parameters():
        torch.nn.init.normal_(values, std=0.1)
    evidence = torch.randn(1, 5, len(FEATURES))
    one = _scores(net, evidence, torch.randn(1, 4, len(FEATURES)))
    other = _scores(net, evidence, torch.randn(1, 4, len(FEATURES)))
    assert torch.equal(one, other) == issubclass(network, NoState)


def test_families_name_every_column_once_but_for_what_is_of_all() -> None:
    named = [column for columns in FAMILIES.values() for column in columns]
    assert len(named) == len(set(named))
    assert set(FEATURES) - set(named) == {"prior", "best_rank", "ranks_in_five"}


def test_the_first_variant_changes_nothing() -> None:
    assert next(iter(VARIANTS)) == NOTHING
