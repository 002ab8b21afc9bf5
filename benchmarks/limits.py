"""How far learning is from what the machine can do: `python -m benchmarks.limits`.

In one run: how fast memory is copied and how fast matrices are multiplied, how long the evidence of
the newest 24,000 plays takes beside one pass over all that it reads and writes, and how long an
epoch of the network takes beside its multiplications at that speed. One thread computes, two walk;
times are those of the processor, so that a busy machine shows less in them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.training import SIZES, invented, timed
from songnet.evidence.arrays import PastArrays, past_arrays
from songnet.evidence.candidates import CANDIDATES
from songnet.evidence.events import Events, prequential_events
from songnet.evidence.warming import warm
from songnet.models.gate_net import GateConfig, GateNet, Scale
from songnet.models.gate_training import GateTrainer, GateTraining
from songnet.sessions import find_sessions
from songnet.vocabulary import Vocabulary

REPEATS = 5
COPIED_BYTES = 256 * 2**20
MATRIX = 2048
PASSES = 3
"""Forward once, backward once for the inputs and once for the weights."""
EVENTS = 24_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, type=int, metavar=("PLAYS", "TRACKS"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    warm()
    for plays, tracks in [options.one] if options.one else SIZES:
        print(f"{plays:,} plays of {tracks:,} tracks")
        for name, value in measure(plays, tracks).items():
            print(f"  {name:52} {value:10.2f}")


def measure(plays: int, tracks: int, *, repeats: int = REPEATS) -> dict[str, float]:
    """All figures of one library."""
    copied = 2 * COPIED_BYTES / best_of(repeats, _copy())  # bytes read and written a second
    multiplied = 2 * MATRIX**3 / best_of(repeats, _multiply())  # FLOP a second
    past = _past_of(plays, tracks)
    events, gathering = timed(
        lambda: prequential_events(
            past, blocks=10, most_events=EVENTS, learned=0, rng=np.random.default_rng(0)
        )
    )
    net = GateNet(GateConfig(), Scale.measure(events))
    trainer = GateTrainer(
        net,
        [events],
        GateTraining(epochs=1),
        rng_seed=0,
        device=torch.device("cpu"),
        on_share=lambda _epoch, _share, _loss: None,
    )
    _, learning = timed(trainer.run)
    one_pass = (_bytes(past) + _bytes(vars(events).values())) / copied
    flops = flops_of_play(net, _judged_share(events))
    at_peak = len(events.counts) * flops / multiplied
    return {
        "memory copied, GB/s": copied / 1e9,
        "matrices multiplied, GFLOP/s": multiplied / 1e9,
        "evidence: bytes read and written once, MB": one_pass * copied / 1e6,
        "evidence: one pass over them, s": one_pass,
        "evidence: gathering, s": gathering,
        "evidence: times one pass": gathering / one_pass,
        "network: MFLOP a play": flops / 1e6,
        "network: an epoch at that speed, s": at_peak,
        "network: an epoch, s": learning,
        "network: times that": learning / at_peak,
    }


def flops_of_play(net: GateNet, judged_share: float = 1.0) -> float:
    """What the matrix products of one learned play cost, forward and backward.

    Args:
        net: the network.
        judged_share: of so many of the plays the candidates are scored; the others only go on.
    """
    of_state = [net.read.weight, *(each for each in net.lstm.parameters() if each.dim() > 1)]
    gates = [each for each in net.gate.parameters() if each.dim() > 1]
    of_moment = [net.of_moment.weight, net.of_state.weight, *gates]
    of_candidate = [net.of_evidence.weight, net.narrow.weight, net.out.weight, net.weight]
    judged = _products(of_moment) + CANDIDATES * _products(of_candidate)
    return 2.0 * PASSES * (_products(of_state) + judged_share * judged)


def _products(weights: Iterable[Tensor]) -> int:
    return sum(weight.numel() for weight in weights)


def _judged_share(events: Events) -> float:
    is_judged = events.targets >= 0
    is_judged[events.bounds[:-1]] = False
    return float(is_judged.mean())


def best_of(repeats: int, run: Callable[[], object]) -> float:
    """The shortest time, in seconds."""
    return min(timed(run)[1] for _ in range(repeats))


def _copy() -> Callable[[], object]:
    source = np.ones(COPIED_BYTES // 8)
    target = np.zeros_like(source)
    return lambda: np.copyto(target, source)


def _multiply() -> Callable[[], object]:
    one, other = torch.rand(MATRIX, MATRIX), torch.rand(MATRIX, MATRIX)
    return lambda: one @ other


def _past_of(plays: int, tracks: int) -> PastArrays:
    sessions = find_sessions(invented(plays, tracks).frame)
    vocabulary = Vocabulary.from_sessions(sessions)
    return past_arrays(vocabulary.encode(sessions), vocabulary.artist_of, vocabulary.album_of)


def _bytes(arrays: Iterable[Any]) -> int:
    return sum(array.nbytes for array in arrays)


if __name__ == "__main__":
    main()
