"""The network that weighs evidence: an LSTM whose state says what to trust now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from songnet.evidence.events import Events
from songnet.evidence.features import FEATURES
from songnet.evidence.moment_features import MOMENT_FEATURES

CLIP = 6.0
"""Features count no further from their mean than so many standard deviations."""
LEAST_DEVIATION = 0.05
FLAGS = 3
"""Of a step: whether there was a track before it, a known one, one among the candidates."""
NEXT, AHEAD = 0, 1
"""The two questions: what comes right next, and what comes within the next plays."""
QUESTIONS = 2
PRIOR_WEIGHT = (1.5, 1.0)
"""Where the weight of the prior mixture starts, for each question."""
NO_CANDIDATE = -1e9


@dataclass(frozen=True)
class GateConfig:
    """The sizes of the network."""

    inputs: int = 64
    state: int = 64
    hidden: int = 48
    narrow: int = 24
    dropout: float = 0.2


@dataclass(frozen=True)
class Scale:
    """Means and standard deviations of the features, of candidates and of moments."""

    of_features: Tensor
    """(2, features)"""
    of_moments: Tensor
    """(2, moment features)"""

    @classmethod
    def nothing(cls) -> Self:
        """Leaves everything as it is."""
        return cls(
            torch.stack([torch.zeros(len(FEATURES)), torch.ones(len(FEATURES))]),
            torch.stack([torch.zeros(len(MOMENT_FEATURES)), torch.ones(len(MOMENT_FEATURES))]),
        )

    @classmethod
    def measure(cls, events: Events, sample: int = 2000, every: int = 4) -> Self:
        """Measures events, spread evenly; `every`-th of their candidates."""
        places = np.linspace(0, len(events.counts) - 1, min(sample, len(events.counts))).astype(int)
        rows = [events.candidates[place, : events.counts[place] : every] for place in places]
        return cls(_moments_of(np.concatenate(rows)), _moments_of(events.timed[places]))

    @classmethod
    def mean(cls, scales: Sequence[Self]) -> Self:
        """The scale of several people, each counting the same."""
        return cls(
            _pooled([scale.of_features for scale in scales]),
            _pooled([scale.of_moments for scale in scales]),
        )


def _pooled(scales: list[Tensor]) -> Tensor:
    means, deviations = torch.stack(scales, dim=1)  # (people, columns) each
    mean = means.mean(dim=0)
    variance = (deviations**2 + means**2).mean(dim=0) - mean**2
    return torch.stack([mean, variance.clamp(min=LEAST_DEVIATION**2).sqrt()])


def _moments_of(rows: npt.NDArray[np.float16]) -> Tensor:
    values = rows.astype(np.float32)
    deviation = np.maximum(values.std(axis=0), LEAST_DEVIATION)
    return torch.from_numpy(np.stack([values.mean(axis=0), deviation]))


class GateNet(nn.Module):
    """Scores candidates by their evidence `x`, in the light of the moment `g` and the state `h`.

    With `z_t` what spoke for the track that was played last and what the moment is like::

        h_t      = LSTM(ReLU(W z_t), h_(t-1))
        score(y) = (w + V h) . x_y + MLP(ReLU(A x_y + G g + U h))

    `V`, `U` and the last layer start at zero, so that the network starts as a linear mixture of
    logarithms, and the LSTM has to earn its say.
    """

    scale_of_features: Tensor
    scale_of_moments: Tensor

    def __init__(self, config: GateConfig, scale: Scale) -> None:
        super().__init__()
        features, moments = len(FEATURES), len(MOMENT_FEATURES)
        self.register_buffer("scale_of_features", scale.of_features.clone())
        self.register_buffer("scale_of_moments", scale.of_moments.clone())
        self.read = nn.Linear(features + FLAGS + moments, config.inputs)
        self.lstm = nn.LSTM(config.inputs, config.state, batch_first=True)
        self.dropout = nn.Dropout(config.dropout)
        self.weight = nn.Parameter(torch.zeros(QUESTIONS, features))
        self.gate = nn.ModuleList(
            _zero(nn.Linear(config.state, features)) for _ in range(QUESTIONS)
        )
        self.of_evidence = nn.Linear(features, config.hidden)
        self.of_moment = nn.Linear(moments, config.hidden, bias=False)
        self.of_state = _zero(nn.Linear(config.state, config.hidden, bias=False))
        self.narrow = nn.Linear(config.hidden, config.narrow)
        self.out = _zero(nn.Linear(config.narrow, QUESTIONS))
        with torch.no_grad():
            self.weight[:, FEATURES.index("prior")] = torch.tensor(PRIOR_WEIGHT)

    def states(self, played: Tensor, flags: Tensor, moments: Tensor) -> Tensor:
        """How the session stands.

        Args:
            played: (B, T, F) the evidence there was for the track before each moment.
            flags: (B, T, 3) see `FLAGS`.
            moments: (B, T, M) what each moment is like, without its time.

        Returns:
            (B, T, H)
        """
        z = scaled(played, self.scale_of_features) * flags[..., 1:2]  # (B, T, F)
        m = scaled(moments, self.scale_of_moments)  # (B, T, M)
        steps = functional.relu(self.read(torch.cat([z, flags, m], dim=-1)))  # (B, T, I)
        state: Tensor = self.dropout(self.read_steps(steps))
        return state

    def read_steps(self, steps: Tensor) -> Tensor:
        """What is remembered of the steps of a session so far: (B, T, I) to (B, T, H)."""
        h, _ = self.lstm(steps)
        remembered: Tensor = h
        return remembered

    def scores(self, candidates: Tensor, counts: Tensor, moments: Tensor, states: Tensor) -> Tensor:
        """Scores the candidates of moments under both questions.

        Args:
            candidates: (N, C, F)
            counts: (N,) how many candidates there are.
            moments: (N, M)
            states: (N, H)

        Returns:
            (2, N, C)
        """
        x = scaled(candidates, self.scale_of_features)  # (N, C, F)
        g = scaled(moments, self.scale_of_moments)  # (N, M)
        shift = self.of_moment(g) + self.of_state(states)  # (N, D)
        hidden = functional.relu(self.shifted(x, shift, counts))  # (N, C, D)
        judged = self.out(functional.relu(self.narrow(hidden)))  # (N, C, 2)
        scores = []
        for question in range(QUESTIONS):
            weights = self.weights(question, states)  # (N, F)
            linear = torch.bmm(x, weights[:, :, None])[..., 0]  # (N, C)
            scores.append(linear + judged[..., question])
        return self.only_candidates(torch.stack(scores), counts)

    def shifted(self, x: Tensor, shift: Tensor, counts: Tensor) -> Tensor:
        """What the MLP makes of candidates `x` (N, C, F) under a shift (N, D): (N, C, D)."""
        del counts  # a network that looks at all candidates together has to know
        hidden: Tensor = self.of_evidence(x) + shift[:, None]
        return hidden

    def weights(self, question: int, states: Tensor) -> Tensor:
        """How far each column is trusted: (N, H) to (N, F)."""
        weights: Tensor = self.weight[question] + self.gate[question](states)
        return weights

    def only_candidates(self, scores: Tensor, counts: Tensor) -> Tensor:
        """Scores (2, N, C) that leave out what is not there."""
        is_candidate = torch.arange(scores.shape[2], device=scores.device) < counts[:, None]
        return scores.masked_fill(~is_candidate, NO_CANDIDATE)


def scaled(rows: Tensor, scale: Tensor) -> Tensor:
    """Rows in standard deviations from the mean, clipped; `scale` is (2, columns)."""
    return ((rows.float() - scale[0]) / scale[1]).clamp(-CLIP, CLIP)


def _zero(layer: nn.Linear) -> nn.Linear:
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
