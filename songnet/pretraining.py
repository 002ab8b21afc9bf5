"""What listeners have in common: one network taught on several histories, to start from.

The evidence is counted in each person's own past and knows no track by name, so that what is
learned about it from one person holds for others; nobody's tracks are in the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from songnet import threads as torch_threads
from songnet.errors import TrainingFailed
from songnet.evidence.arrays import past_arrays
from songnet.evidence.events import Events, prequential_events
from songnet.models.base import FitProgress, unheard
from songnet.models.gate_net import GateConfig, GateNet, Scale
from songnet.models.gate_training import FitReports, GateTrainer, GateTraining, device_named
from songnet.music import History
from songnet.sessions import SessionRules, check_enough
from songnet.vocabulary import Vocabulary


@dataclass(frozen=True)
class PretrainingConfig:
    """What is made, and how."""

    net: GateConfig = field(default_factory=GateConfig)
    training: GateTraining = field(
        default_factory=lambda: GateTraining(epochs=4, learning_rate=2e-3, events_per_batch=384)
    )
    sessions: SessionRules = field(default_factory=SessionRules)
    most_events: int = 120_000
    """In all, shared evenly; they take 16 kB of memory each."""
    most_events_of_one: int = 40_000
    blocks: int = 10
    device: str = "auto"


def pretrain(
    histories: Sequence[History],
    config: PretrainingConfig | None = None,
    *,
    least_people: int = 1,
    rng_seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[FitProgress], None] = unheard,
) -> GateNet:
    """Teaches a network on the histories of several people.

    Who has no sessions that fit into their share of the events is left out.

    Raises:
        TooFewPlays: one of them is too short to learn from.
        TrainingFailed: fewer than `least_people` are left to learn from, or it did not give usable
            weights.
    """
    config = config or PretrainingConfig()
    each = min(config.most_events_of_one, config.most_events // max(1, len(histories)))
    progress = FitReports(config.training.epochs, on_progress)
    people = []
    for number, history in enumerate(histories):
        events = _events(history, each, config, rng_seed + number)
        if len(events.counts):  # else its sessions are longer than its share
            people.append(events)
        progress.gathered((number + 1) / len(histories))
    if len(people) < least_people:
        reason = f"only {len(people)} of the histories have sessions to learn from"
        raise TrainingFailed(reason=reason)

    used = threads or torch_threads.DEFAULT_THREADS
    with torch_threads.threads(used), torch.random.fork_rng(devices=[]):
        torch.manual_seed(rng_seed)
        net = GateNet(config.net, Scale.mean([Scale.measure(events) for events in people]))
        GateTrainer(
            net,
            people,
            config.training,
            rng_seed=rng_seed,
            device=device_named(config.device),
            on_share=progress.learned,
        ).run()
    return net


def _events(history: History, most: int, config: PretrainingConfig, rng_seed: int) -> Events:
    sessions = check_enough(history, config.sessions)
    vocabulary = Vocabulary.from_sessions(sessions)
    past = past_arrays(vocabulary.encode(sessions), vocabulary.artist_of, vocabulary.album_of)
    return prequential_events(
        past,
        blocks=config.blocks,
        most_events=most,
        learned=0,
        rng=np.random.default_rng(rng_seed),
    )
