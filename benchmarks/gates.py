"""Other networks in the place of the songnet model's, to see what each part is worth."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from songnet.evidence.features import FEATURES
from songnet.evidence.moment_features import MOMENT_FEATURES
from songnet.models.gate_net import NEXT, QUESTIONS, GateConfig, GateNet, Scale, scaled

FAMILIES = {
    "the last track's successors": (
        "p_next", "p_next_of_late", "p_next_latest", "count_next", "age_of_transition",
        "was_next", "rank_next",
    ),
    "longer matches": (
        "p_after_two", "p_after_three", "count_after_two", "count_after_three", "longest",
        "longest_skip", "p_suffix", "sum_suffix", "rank_suffix",
    ),
    "sessions like this one": ("p_vstan", "sum_vstan", "rank_vstan", "p_vsknn", "rank_vsknn"),
    "what is played near": (
        "p_soon", "p_before", "p_near", "p_near_all", "p_after_previous", "count_near", "breadth",
        "rank_near_all",
    ),
    "artists and albums": (
        "p_after_artist", "p_artist", "p_artist_back_off", "same_artist", "same_album",
        "artist_of_last_five", "album_of_last_five", "artist_month", "artist_count",
        "share_of_artist",
    ),
    "popularity and age": (
        "p_week", "p_month", "p_quarter", "p_year", "p_ever", "trend", "count", "age_last",
        "age_first", "gap_of_plays", "rank_month",
    ),
    "the running session": (
        "in_session", "session_back", "is_last", "self_repeat", "session_repeat", "opening",
    ),
    "hour and weekend": ("hour_ratio", "weekend_ratio"),
}  # fmt: skip
"""Columns of the feature table by where their evidence comes from; 'prior' is of all of them."""
RANKS = tuple(name for name in FEATURES if "rank" in name)
POSITIONS = 128
"""The most steps that attention is asked for."""


def without(scale: Scale, columns: tuple[str, ...]) -> Scale:
    """A scale by which these columns say nothing, whatever they hold."""
    blind = scale.of_features.clone()
    blind[1, [FEATURES.index(column) for column in columns]] = float("inf")
    return Scale(blind, scale.of_moments)


class MlpGate(GateNet):
    """Sees the last step only: an MLP where the LSTM was."""

    def __init__(self, config: GateConfig, scale: Scale) -> None:
        super().__init__(config, scale)
        self.of_step = nn.Linear(config.inputs, config.state)

    def read_steps(self, steps: Tensor) -> Tensor:
        return torch.tanh(self.of_step(steps))


class Attention(GateNet):
    """Attends to all steps so far."""

    def __init__(self, config: GateConfig, scale: Scale) -> None:
        super().__init__(config, scale)
        self.attention = nn.MultiheadAttention(config.inputs, 4, batch_first=True, dropout=0.1)
        self.place = nn.Parameter(torch.zeros(POSITIONS, config.inputs))
        self.of_step = nn.Linear(2 * config.inputs, config.state)

    def read_steps(self, steps: Tensor) -> Tensor:
        count = steps.shape[1]
        placed = steps + self.place[:count]  # (B, T, I)
        is_later = torch.triu(torch.ones(count, count, dtype=torch.bool), 1)
        seen, _ = self.attention(placed, placed, steps, attn_mask=is_later, need_weights=False)
        return torch.tanh(self.of_step(torch.cat([steps, seen], dim=-1)))


class NoState(GateNet):
    """Knows nothing of how the session went."""

    def read_steps(self, steps: Tensor) -> Tensor:
        return steps.new_zeros(*steps.shape[:2], self.lstm.hidden_size)


class Linear(NoState):
    """A linear mixture of the logarithms: always the same weights."""

    def scores(self, candidates: Tensor, counts: Tensor, moments: Tensor, states: Tensor) -> Tensor:
        del moments, states
        x = scaled(candidates, self.scale_of_features)  # (N, C, F)
        return self.only_candidates(torch.einsum("ncf,qf->qnc", x, self.weight), counts)


class SetNet(GateNet):
    """Looks at a candidate in the light of the mean of all of them (Zaheer et al., 2017)."""

    def __init__(self, config: GateConfig, scale: Scale) -> None:
        super().__init__(config, scale)
        self.of_set = nn.Linear(config.hidden, config.hidden, bias=False)
        nn.init.zeros_(self.of_set.weight)

    def shifted(self, x: Tensor, shift: Tensor, counts: Tensor) -> Tensor:
        hidden = super().shifted(x, shift, counts)  # (N, C, D)
        is_candidate = torch.arange(x.shape[1]) < counts[:, None]  # (N, C)
        seen = functional.relu(hidden) * is_candidate[..., None]
        mean = seen.sum(dim=1) / counts[:, None].clamp(min=1)  # (N, D)
        lit: Tensor = hidden + self.of_set(mean)[:, None]
        return lit


class FamilyGate(GateNet):
    """One gate for each family of evidence instead of one for each column."""

    def __init__(self, config: GateConfig, scale: Scale) -> None:
        super().__init__(config, scale)
        families = torch.zeros(len(FAMILIES), len(FEATURES))
        for row, columns in enumerate(FAMILIES.values()):
            families[row, [FEATURES.index(column) for column in columns]] = 1
        self.register_buffer("families", families)
        self.of_family = nn.ModuleList(
            nn.Linear(config.state, len(FAMILIES)) for _ in range(QUESTIONS)
        )
        for layer in self.of_family:
            nn.init.zeros_(layer.weight)  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def weights(self, question: int, states: Tensor) -> Tensor:
        factors = self.of_family[question](states) @ self.families  # (N, F)
        weights: Tensor = self.weight[question] * (1 + factors)
        return weights


class Calibrated(GateNet):
    """Says how sure it is: a temperature from the moment and the state."""

    def __init__(self, config: GateConfig, scale: Scale) -> None:
        super().__init__(config, scale)
        self.sharpness = nn.Linear(config.state + len(MOMENT_FEATURES), QUESTIONS)
        nn.init.zeros_(self.sharpness.weight)
        nn.init.zeros_(self.sharpness.bias)

    def scores(self, candidates: Tensor, counts: Tensor, moments: Tensor, states: Tensor) -> Tensor:
        plain = super().scores(candidates, counts, moments, states)  # (2, N, C)
        g = scaled(moments, self.scale_of_moments)  # (N, M)
        sharpness = torch.exp(self.sharpness(torch.cat([states, g], dim=-1)))  # (N, 2)
        return plain * sharpness.T[..., None]


class OneQuestion(GateNet):
    """Knows but one question: what comes right next."""

    def scores(self, candidates: Tensor, counts: Tensor, moments: Tensor, states: Tensor) -> Tensor:
        scores = super().scores(candidates, counts, moments, states)  # (2, N, C)
        return scores[NEXT].expand_as(scores)


NETWORKS: dict[str, type[GateNet]] = {
    "attention instead of the LSTM": Attention,
    "an MLP that sees the last step only": MlpGate,
    "no state: MLP over the evidence alone": NoState,
    "a linear mixture of the logarithms": Linear,
    "a summary of all candidates added": SetNet,
    "a gate for each family of evidence": FamilyGate,
    "a temperature of its own for each moment": Calibrated,
}
