"""The songnet model: an LSTM over the session that weighs the evidence of the listener's past."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from songnet.evidence.arrays import (
    Float32s,
    Int32s,
    PastArrays,
    Scratch,
    past_arrays,
    scratch_for,
)
from songnet.evidence.definition import EVIDENCE_VERSION
from songnet.evidence.events import Events, prequential_events, session_evidence
from songnet.evidence.standing import MONTH, Standing, standing_at
from songnet.evidence.view import View
from songnet.evidence.walk import SessionEvidence, SessionTracks
from songnet.models import start
from songnet.models.base import (
    FitReport,
    FitTask,
    ModelState,
    NextTrackModel,
    Query,
    Scores,
    rotations_of,
)
from songnet.models.gate_net import AHEAD, FLAGS, NEXT, GateConfig, GateNet, Scale
from songnet.models.gate_training import FitReports, GateTrainer, GateTraining, device_named
from songnet.models.past import Past
from songnet.models.session_steps import SessionSteps, StepCache
from songnet.threads import threads
from songnet.vocabulary import PADDING, EncodedSession, Indexes, Vocabulary

SHIPPED, NOTHING = start.SHIPPED, "nothing"
NO_TIME = -1.0
POSITIONS = 100
"""So many moments of a session are described at a time."""


@dataclass(frozen=True)
class SongnetConfig:
    """What the model is made of, and how it learns."""

    net: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `GateConfig`; only where `start` is `NOTHING`."""
    start: str = SHIPPED
    """`SHIPPED`: from the weights that come with songnet; `NOTHING`: from scratch; else the path of
    a file that `songnet pretrain` wrote."""
    training: Mapping[str, Any] = field(
        default_factory=lambda: {"epochs": 5, "learning_rate": 2e-3}
    )
    """Fields of `GateTraining` for a fit from the shipped start."""
    from_nothing: Mapping[str, Any] = field(
        default_factory=lambda: {"epochs": 6, "learning_rate": 2e-3}
    )
    """The same for a fit from scratch."""
    going_on: Mapping[str, Any] = field(
        default_factory=lambda: {"epochs": 1, "learning_rate": 5e-4}
    )
    """The same for a fit that goes on from an earlier one, with what is new."""
    most_events: int = 24_000
    """Learned from are so many plays, the newest."""
    blocks: int = 10
    """Borders stand after each of so many parts of the plays."""
    window: int = 24
    """A question looks back at so many moments of the session."""
    rest: float = 0.02
    """So much of every prediction goes to popularity, over the whole library."""
    device: str = "auto"
    """Where the network learns: 'cpu', 'cuda', or 'auto' for the latter where there is one."""


class SongnetModel(NextTrackModel):
    """Experts count, an LSTM weighs: see docs/model.md."""

    name = "songnet"
    reads_past = True
    evidence_version = EVIDENCE_VERSION
    share_of_choosing = 0.85
    net: GateNet
    past: Past
    """A fit, or a state, gives both."""

    def __init__(self, vocabulary: Vocabulary, config: Mapping[str, Any] | None = None) -> None:
        """An unfitted model; `config` holds fields of `SongnetConfig`."""
        super().__init__(vocabulary, config)
        self.config = SongnetConfig(**self.settings)

    def fit(self, task: FitTask) -> FitReport:
        """Remembers the plays and learns which evidence to trust, from the shipped start.

        Where the task names a model to go on from, only what it has not seen is learned from.
        """
        self._remember(Past(task.training, len(self.vocabulary)))
        before = task.start if isinstance(task.start, SongnetModel) else None
        training = self._training(before)
        progress = FitReports(max(1, training.epochs), task.on_progress)
        events = prequential_events(
            self._arrays,
            blocks=self.config.blocks,
            most_events=self.config.most_events,
            learned=0 if before is None else len(before.past.tracks),
            rng=np.random.default_rng(task.rng_seed),
            on_share=progress.gathered,
        )
        if before is not None:
            self.net = deepcopy(before.net)
        elif self.config.start == NOTHING:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(task.rng_seed)
                scale = Scale.measure(events) if len(events.counts) else Scale.nothing()
                self.net = GateNet(GateConfig(**self.config.net), scale).eval()
        else:
            self.net = start.load(self.config.start)
        loss = self._learn(events, training, task.rng_seed, progress)
        return FitReport(epochs=training.epochs, loss=loss)

    def _training(self, before: SongnetModel | None) -> GateTraining:
        if before is not None:
            return GateTraining(**self.config.going_on)
        nothing = self.config.start == NOTHING
        return GateTraining(**(self.config.from_nothing if nothing else self.config.training))

    def _learn(
        self, events: Events, training: GateTraining, rng_seed: int, progress: FitReports
    ) -> float | None:
        if not len(events.counts):
            progress.ended()
            return None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(rng_seed)
            trainer = GateTrainer(
                self.net,
                [events],
                training,
                rng_seed=rng_seed,
                device=device_named(self.config.device),
                on_share=progress.learned,
            )
            return trainer.run()

    def score_next(self, query: Query, /) -> Scores:
        """(tracks,) log-probabilities."""
        chosen, logits = self._ask(query)
        return self._over_library(chosen, logits[NEXT])

    def score_positions(self, session: EncodedSession, /, first: int = 0) -> Scores:
        """(time - first, tracks) log-probabilities after each play of a session.

        The evidence of a moment is gathered once, whatever it is needed for.
        """
        scores = np.zeros((len(session.tracks) - first, len(self.vocabulary)), np.float32)
        for begin in range(first, len(session.tracks), POSITIONS):
            end = min(begin + POSITIONS, len(session.tracks))
            seconds = np.concatenate([[NO_TIME], session.started_at[:end]])
            tracks = session.tracks[:end].astype(np.int32)
            evidence, steps = self._gather(tracks, seconds, begin + 1)
            logits = self._logits(tracks, evidence, steps)  # (2, P, C)
            chosen = evidence.chosen[-(end - begin) :]  # (P, C)
            for row in range(end - begin):
                scores[begin - first + row] = self._over_library(chosen[row], logits[NEXT, row])
        return scores

    def score_seeds(self, seeds: Indexes) -> Scores:
        """(tracks,) what comes soon after the seeds as they were named.

        Averaged with the mean over their rotations: people name songs in any order.
        """
        scores = []
        for rotation in rotations_of(seeds):
            chosen, logits = self._ask(Query(rotation))
            scores.append(self._over_library(chosen, logits[AHEAD]))
        mean: Scores = ((scores[0] + np.mean(scores, axis=0)) / 2).astype(np.float32)
        return mean

    def _ask(self, query: Query) -> tuple[Int32s, Float32s]:
        """(C,) the candidates after a session, and (2, C) what the network thinks of them."""
        seconds = np.full(len(query.tracks) + 1, NO_TIME)
        if query.started_at is not None:
            seconds[-1] = query.started_at
        tracks = query.tracks.astype(np.int32)
        evidence, steps = self._gather(tracks, seconds, len(tracks))
        return evidence.chosen[-1], self._logits(tracks, evidence, steps)[:, 0]

    def _gather(
        self, tracks: Int32s, seconds: npt.NDArray[np.float64], first_described: int
    ) -> tuple[SessionEvidence, SessionSteps]:
        """What speaks for the next tracks from a moment on, and how the session went until then.

        What is known from earlier questions is not gathered again.
        """
        first = max(0, first_described - self.config.window)
        earlier = self._steps.begun(tracks, first, first_described)
        first += len(earlier)
        scratch = self._take_scratch()
        evidence = session_evidence(
            View(self._arrays, self._standing, scratch),
            SessionTracks(tracks, seconds, first_wanted=first, first_described=first_described),
        )
        self._scratches.put(scratch)
        steps = SessionSteps.of(evidence, tracks[first:])
        self._steps.keep(tracks, first, steps)
        return evidence, steps.after(earlier) if len(earlier) else steps

    @torch.inference_mode()
    def _logits(self, tracks: Int32s, evidence: SessionEvidence, steps: SessionSteps) -> Float32s:
        """(2, positions, candidates) the network's scores at the moments that were described."""
        moments, window = len(steps.played), self.config.window
        positions = len(evidence.candidates)
        before = tracks[len(tracks) - moments + 1 :]  # (moments - 1,)
        flags = np.zeros((moments, FLAGS), np.float32)
        flags[1:, 0] = 1
        flags[1:, 1] = before != PADDING
        flags[1:, 2] = steps.was_candidate[:-1]
        played = np.concatenate([np.zeros_like(steps.played[:1]), steps.played[:-1]])
        # The oldest moment of a session that goes on from before was gathered for what it says of
        # the track after it, not to be seen itself.
        oldest = 0 if moments == len(tracks) + 1 else 1
        last = np.arange(moments - positions, moments)[:, None]  # (P, 1)
        first = np.maximum(last - window + 1, oldest)  # (P, 1)
        places = first + np.arange(int((last - first).max()) + 1)  # (P, T)
        seen = np.minimum(places, last)  # (P, T)
        with threads(1):  # a question takes a millisecond: nothing to share
            states = self.net.states(
                torch.from_numpy(played[seen]),
                torch.from_numpy(flags[seen]),
                torch.from_numpy(steps.timeless[seen]),
            )  # (P, T, H)
            ends = torch.from_numpy((last - first)[:, 0])  # (P,)
            chosen = evidence.chosen[-positions:]  # (P, C)
            scores: Tensor = self.net.scores(
                torch.from_numpy(evidence.candidates),
                torch.from_numpy(np.count_nonzero(chosen, axis=1)),
                torch.from_numpy(evidence.timed[-positions:]),
                states[torch.arange(positions), ends],
            )  # (2, P, C)
            return scores.numpy()

    def _over_library(self, chosen: Int32s, logits: Float32s) -> Scores:
        """(tracks,) the softmax of the candidates, mixed with popularity."""
        count = int(np.count_nonzero(chosen))
        probabilities = self.config.rest * self._popularity  # (tracks + 1,)
        if count:
            odds = np.exp(logits[:count] - logits[:count].max())
            probabilities[chosen[:count]] += (1 - self.config.rest) * odds / odds.sum()
        scores: Scores = np.log(probabilities[1:]).astype(np.float32)
        return scores

    def state(self) -> ModelState:
        """The weights and the past."""
        weights = {f"net.{name}": value.numpy() for name, value in self.net.state_dict().items()}
        config = asdict(self.config)
        if config["start"] != NOTHING:  # the path of an operator's own is nobody's business
            config["start"] = SHIPPED
        return ModelState(config=config, arrays=self.past.arrays() | weights)

    @classmethod
    def from_state(cls, vocabulary: Vocabulary, state: ModelState) -> Self:
        """Rebuilds a fitted model."""
        model = cls(vocabulary, state.config)
        weights = {
            name.removeprefix("net."): torch.from_numpy(value)
            for name, value in state.arrays.items()
            if name.startswith("net.")
        }
        model.net = start.net_of(weights)
        model._remember(Past.from_arrays(state.arrays, len(vocabulary)))
        return model

    def _remember(self, past: Past) -> None:
        self.past = past
        self._arrays: PastArrays = past_arrays(
            past.sessions, self.vocabulary.artist_of, self.vocabulary.album_of
        )
        self._standing: Standing = standing_at(self._arrays, len(past.tracks))
        month = self._standing.popularity[:, MONTH].astype(np.float64)
        self._popularity = 0.5 * month + 0.5 * past.popularity  # (tracks + 1,)
        self._scratches: SimpleQueue[Scratch] = SimpleQueue()
        self._steps = StepCache()

    def _take_scratch(self) -> Scratch:
        """White paper; each thread that asks at the same time has its own."""
        try:
            return self._scratches.get_nowait()
        except Empty:
            return scratch_for(self._arrays)
