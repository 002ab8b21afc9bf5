"""What the parts of the songnet model are worth.

    python -m benchmarks.ablations EXPORT...          # all variants, and simulated listeners
    python -m benchmarks.ablations EXPORT EXPORT:2/4  # the second quarter by itself too
    python -m benchmarks.ablations --variant "nothing" --variant "averaged weights" --seeds 3

Every listener's network learns from nothing (but for the variant that starts from `--start`) on the
training part, and is judged on the validation part: HR@10, MRR@20, NDCG@20 of playlists from three
seeds, plain and as they are made, and seconds of processor time for learning. A row is the mean
over listeners, real ones and simulated ones apart. No test part is looked at.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.gates import FAMILIES, NETWORKS, RANKS, OneQuestion, without
from benchmarks.simulated import LISTENERS, simulate
from songnet.evaluation import score_playlists
from songnet.evidence.arrays import past_arrays
from songnet.evidence.events import Events, gather_events, prequential_events
from songnet.evidence.prequential import plan
from songnet.evidence.standing import standing_at
from songnet.exports import read_history
from songnet.metrics import rank_next_tracks
from songnet.models import start
from songnet.models.base import ModelState
from songnet.models.gate_net import GateConfig, GateNet, Scale
from songnet.models.gate_training import GateTrainer, GateTraining
from songnet.models.past import Past
from songnet.models.songnet import SongnetConfig, SongnetModel
from songnet.sessions import Sessions, check_enough, split_in_time
from songnet.threads import threads
from songnet.vocabulary import EncodedSessions, Vocabulary

COLUMNS = ("hr@10", "mrr@20", "ndcg@20", "ndcg@20 capped", "seconds")
NOTHING = "nothing"
CPU = torch.device("cpu")
PART = re.compile(r"(?P<path>.+):(?P<number>\d+)/(?P<of>\d+)")
AVERAGED = 0.4
"""The share of a training, its end, over which weights are averaged."""


@dataclass(frozen=True)
class Variant:
    """What is different from the songnet model as it is."""

    network: type[GateNet] = GateNet
    blind_to: tuple[str, ...] = ()
    """Columns of the evidence that it does not see."""
    training: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `GateTraining`."""
    sizes: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `GateConfig`."""
    borders: bool = True
    starts: bool = False
    """Whether it starts from what listeners have in common."""
    averaged: bool = False
    """Whether the weights are means over the end of the training (Izmailov et al., 2018)."""


VARIANTS: dict[str, Variant] = {
    NOTHING: Variant(),
    "with a start from others": Variant(starts=True),
    **{name: Variant(network=network) for name, network in NETWORKS.items()},
    **{f"without {name}": Variant(blind_to=columns) for name, columns in FAMILIES.items()},
    "without ranks": Variant(blind_to=RANKS),
    "averaged weights": Variant(averaged=True),
    "a network of twice the width": Variant(sizes={"hidden": 96, "narrow": 32}),
    "playlists ask what comes next": Variant(network=OneQuestion, training={"ahead_weight": 0.0}),
    "evidence from the whole training part (no borders)": Variant(borders=False),
}


class Listener:
    """One listener's training events, and what is asked of the networks that learn from them."""

    def __init__(self, sessions: Sessions) -> None:
        split = split_in_time(sessions)
        self._vocabulary = Vocabulary.from_sessions(split.training)
        training = self._vocabulary.encode(split.training)
        self._judged = self._vocabulary.encode(split.validation)
        self._past = Past(training, len(self._vocabulary))
        self.events = self._events(training)
        self._training = training

    def _events(self, training: EncodedSessions) -> Events:
        arrays = past_arrays(training, self._vocabulary.artist_of, self._vocabulary.album_of)
        return prequential_events(
            arrays,
            blocks=SongnetConfig().blocks,
            most_events=SongnetConfig().most_events,
            learned=0,
            rng=np.random.default_rng(0),
        )

    def events_without_borders(self) -> Events:
        """The same moments, seen by somebody who knows the whole training part."""
        vocabulary, config = self._vocabulary, SongnetConfig()
        arrays = past_arrays(self._training, vocabulary.artist_of, vocabulary.album_of)
        planned = plan(
            arrays.bounds,
            blocks=config.blocks,
            most_events=config.most_events,
            learned=0,
            rng=np.random.default_rng(0),
        )
        end = standing_at(arrays, len(arrays.track))
        return gather_events(
            arrays, planned.sessions, [end] * len(planned.sessions), planned.has_time
        )

    def judge(self, net: GateNet) -> dict[str, float]:
        """What a network reaches on the validation part."""
        state = ModelState(
            {"start": "nothing"},
            self._past.arrays() | {f"net.{k}": v.numpy() for k, v in _plain().items()},
        )
        model = SongnetModel.from_state(self._vocabulary, state)
        model.net = net
        values = rank_next_tracks(model, self._judged).metrics()
        playlists = score_playlists(model, self._past, self._judged)
        for name in ("ndcg@20", "ndcg@20 capped"):
            values[name] = float(np.mean([row[name] for row in playlists]))
        return values


def _plain() -> dict[str, torch.Tensor]:
    return GateNet(GateConfig(), Scale.nothing()).state_dict()


def learn(
    events: Events, variant: Variant, beginning: str, *, rng_seed: int, epochs: int | None = None
) -> tuple[GateNet, float]:
    """A network of this variant, and the processor time that it took."""
    torch.manual_seed(rng_seed)
    if variant.starts:
        net, plain = start.load(beginning), GateTraining(**SongnetConfig().training)
    else:
        scale = without(Scale.measure(events), variant.blind_to)
        net = variant.network(replace(GateConfig(), **variant.sizes), scale)
        plain = GateTraining(**SongnetConfig().from_nothing)
    config = replace(plain, **{"epochs": epochs or plain.epochs, **variant.training})
    averaged = torch.optim.swa_utils.AveragedModel(net)

    def on_share(epoch: int, share: float, _loss: float | None) -> None:
        done = (epoch - 1 + share) / config.epochs
        if variant.averaged and done > 1 - AVERAGED:
            averaged.update_parameters(net)

    began = time.process_time()
    GateTrainer(net, [events], config, rng_seed=rng_seed, device=CPU, on_share=on_share).run()
    if variant.averaged:
        net.load_state_dict(averaged.module.state_dict())
    return net.eval(), time.process_time() - began


def measure(listener: Listener, variant: Variant, beginning: str, seeds: int) -> dict[str, float]:
    """The means over some trainings."""
    events = listener.events if variant.borders else listener.events_without_borders()
    rows = []
    for rng_seed in range(seeds):
        net, seconds = learn(events, variant, beginning, rng_seed=rng_seed)
        rows.append(listener.judge(net) | {"seconds": seconds})
    return {name: float(np.mean([row[name] for row in rows])) for name in COLUMNS}


def listeners(
    exports: list[str], *, simulated: bool
) -> dict[str, tuple[str, Callable[[], Sessions]]]:
    """By name: of which kind each is, and how to get its sessions."""
    found: dict[str, tuple[str, Callable[[], Sessions]]] = {
        export: ("real", partial(_real, export)) for export in exports
    }
    for name in LISTENERS if simulated else ():
        found[name] = ("simulated", partial(_simulated, name))
    return found


def _real(export: str) -> Sessions:
    """The sessions of an export, or of a part of it: 'PATH:1/4'."""
    path, part = export, None
    if match := PART.fullmatch(export):
        path, part = match["path"], (int(match["number"]), int(match["of"]))
    sessions = check_enough(read_history(Path(path))[0])
    if part is None:
        return sessions
    number, of = part
    wanted = np.linspace(0, len(sessions.plays), of + 1)[:-1]
    bounds = [*np.searchsorted(sessions.starts, wanted).tolist(), len(sessions)]
    return sessions.part(bounds[number - 1], bounds[number])


def _simulated(name: str) -> Sessions:
    return check_enough(simulate(name))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("export", nargs="*", help="one for each real listener")
    parser.add_argument("--variant", action="append", choices=list(VARIANTS))
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each")
    parser.add_argument("--start", default=start.SHIPPED, help="of `songnet pretrain`")
    parser.add_argument("--no-simulated", action="store_true")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    found = listeners(options.export, simulated=not options.no_simulated)
    rows: dict[str, dict[str, dict[str, float]]] = {}
    kinds = {name: kind for name, (kind, _) in found.items()}
    with threads(1):
        for name, (_, sessions) in found.items():
            listener = Listener(sessions())
            for variant in options.variant or VARIANTS:
                of_variant = measure(listener, VARIANTS[variant], options.start, options.seeds)
                rows.setdefault(variant, {})[name] = of_variant
                if not options.json:
                    print(name, variant, *_cells(of_variant), sep=" | ", flush=True)
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for kind in sorted(set(kinds.values())):
        print(f"\n| what is changed, {kind} listeners | {' | '.join(COLUMNS)} |")
        print("|---" * (len(COLUMNS) + 1) + "|")
        for variant, by_listener in rows.items():
            of_kind = [row for name, row in by_listener.items() if kinds[name] == kind]
            means = {name: float(np.mean([row[name] for row in of_kind])) for name in COLUMNS}
            print(f"| {variant} | {' | '.join(_cells(means))} |")


def _cells(row: Mapping[str, float]) -> list[str]:
    return [f"{row[name]:.4f}" for name in COLUMNS[:-1]] + [f"{row['seconds']:.1f}"]


if __name__ == "__main__":
    main()
