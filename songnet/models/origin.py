"""The model that this project began with, as it was published.

One-hot tracks, an LSTM of 128, a layer to the library; windows of one hour from a window's first
play; every prefix of every window is a sample of its own, sixteen of them are padded to a batch.
Its audio features are left out, for no export has them. It is here to be compared with.

Two faults of the published code can be had as they were:

- `reads_padding` (`output[:, -1]`): of a padded batch it read the output at the last column, which
  for all but the longest rows is padding. What it learned there is never asked for again.
- `drops_first_tracks`: what split the plays into windows lost the first song of every window but
  the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from songnet.models.base import (
    FitProgress,
    FitReport,
    FitTask,
    ModelState,
    NextTrackModel,
    Query,
    Scores,
)
from songnet.models.epochs import run_epoch
from songnet.models.past import Floats
from songnet.threads import threads
from songnet.vocabulary import PADDING, EncodedSession, EncodedSessions, Indexes, Vocabulary


@dataclass(frozen=True)
class OriginConfig:
    """The published recipe."""

    hidden: int = 128
    epochs: int = 11
    batch_size: int = 16
    """Samples, each a prefix and the track after it."""
    learning_rate: float = 0.001
    """Adam's own default."""
    window_minutes: float = 60.0
    reads_padding: bool = False
    """Reads the output of shorter rows after their padding, as published."""
    drops_first_tracks: bool = False
    """Loses the first track of every window but the first, as published."""


@dataclass(frozen=True)
class Samples:
    """Every prefix of every window, as a range of one flat array of plays."""

    tracks: Indexes
    """(plays,)"""
    begins: Indexes
    """(samples,) where each prefix begins."""
    targets: Indexes
    """(samples,) the place of the track to predict, which is where the prefix ends."""

    @classmethod
    def cut(cls, sessions: EncodedSessions, config: OriginConfig) -> Samples:
        """Cuts the plays into windows, whatever their sessions were, and those into prefixes."""
        starts = _window_starts(sessions.started_at, 60 * config.window_minutes)
        plays = len(sessions.tracks)
        firsts = np.repeat(starts, np.diff(starts, append=plays))  # (plays,)
        if config.drops_first_tracks:
            firsts = np.where(firsts > 0, firsts + 1, firsts)
        places = np.arange(plays)
        targets = places[(places > firsts) & (sessions.tracks != PADDING)]
        return cls(sessions.tracks, firsts[targets], targets)

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, numbers: Indexes) -> tuple[Tensor, Tensor, Tensor]:
        """Pads some prefixes at their right ends.

        Returns:
            (B, T) inputs, (B,) lengths, (B,) columns of the targets.
        """
        begins = self.begins[numbers]
        lengths = self.targets[numbers] - begins  # (B,)
        steps = np.arange(lengths.max())  # (T,)
        places = np.where(steps < lengths[:, None], begins[:, None] + steps, -1)  # (B, T)
        inputs = np.where(places >= 0, self.tracks[places], PADDING)
        columns = self.tracks[self.targets[numbers]] - 1
        return torch.from_numpy(inputs), torch.from_numpy(lengths), torch.from_numpy(columns)


class OriginNet(nn.Module):
    """One-hot prefix -> scores of every track as the next one."""

    def __init__(self, tracks: int, hidden: int) -> None:
        super().__init__()
        bound = hidden**-0.5  # as torch starts an LSTM
        # A one-hot vector times the input weights is one of their columns, which is looked up.
        self.input_weights = nn.Embedding(tracks + 1, 4 * hidden, padding_idx=PADDING)
        self.recurrent = nn.Linear(hidden, 4 * hidden)
        self.to_tracks = nn.Linear(hidden, tracks)
        nn.init.uniform_(self.input_weights.weight, -bound, bound)
        nn.init.uniform_(self.recurrent.weight, -bound, bound)
        nn.init.uniform_(self.recurrent.bias, -bound, bound)
        with torch.no_grad():
            self.input_weights.weight[PADDING] = 0
        self.hidden = hidden

    def states(self, inputs: Tensor) -> Tensor:
        """(B, T) tracks -> (B, T, H); padding is a vector of zeros, as it was."""
        driven = self.input_weights(inputs)  # (B, T, 4H)
        h = c = driven.new_zeros(len(inputs), self.hidden)  # (B, H)
        states = []
        for step in range(inputs.shape[1]):
            gates = driven[:, step] + self.recurrent(h)  # (B, 4H)
            enter, forget, content, leave = gates.chunk(4, dim=1)
            c = torch.sigmoid(forget) * c + torch.sigmoid(enter) * torch.tanh(content)
            h = torch.sigmoid(leave) * torch.tanh(c)
            states.append(h)
        return torch.stack(states, dim=1)

    def loss(
        self, inputs: Tensor, lengths: Tensor, columns: Tensor, *, reads_padding: bool
    ) -> Tensor:
        """Mean cross-entropy of the targets, in nats per sample."""
        states = self.states(inputs)  # (B, T, H)
        last = torch.full_like(lengths, states.shape[1]) if reads_padding else lengths
        read = states[torch.arange(len(states)), last - 1]  # (B, H)
        return functional.cross_entropy(self.to_tracks(read), columns)


class OriginModel(NextTrackModel):
    """The published network behind the contract of all models."""

    name = "origin"

    def __init__(self, vocabulary: Vocabulary, config: Mapping[str, Any] | None = None) -> None:
        """An unfitted model; `config` holds fields of `OriginConfig`."""
        super().__init__(vocabulary, config)
        self.config = OriginConfig(**self.settings)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.net = OriginNet(len(vocabulary), self.config.hidden)

    def fit(self, task: FitTask) -> FitReport:
        """Trains for the published number of epochs; it never stopped early."""
        epochs = self.config.epochs if task.epochs is None else task.epochs
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(task.rng_seed)
            self.net = OriginNet(len(self.vocabulary), self.config.hidden)
            loss = self._train(task, epochs)
        return FitReport(epochs=epochs, loss=loss)

    def _train(self, task: FitTask, epochs: int) -> float | None:
        samples = Samples.cut(task.training, self.config)
        if not len(samples):
            self._know_counts_alone(task.training)
        optimizer = torch.optim.Adam(self.net.parameters(), lr=self.config.learning_rate)
        rng = np.random.default_rng(task.rng_seed)

        def learn(numbers: Indexes) -> tuple[float, int]:
            optimizer.zero_grad()
            mean = self.net.loss(*samples.batch(numbers), reads_padding=self.config.reads_padding)
            mean.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            return len(numbers) * float(mean.detach()), len(numbers)

        loss = None
        self.net.train()
        for epoch in range(1, epochs + 1):

            def on_share(share: float, loss: float | None, epoch: int = epoch) -> None:
                done = (epoch - 1 + share) / epochs
                task.on_progress(FitProgress(epoch, epochs, done, loss))

            batches = _batches(len(samples), self.config.batch_size, rng)
            loss = run_epoch(epoch, batches, learn, on_share)
        self.net.eval()
        return loss

    def _know_counts_alone(self, training: EncodedSessions) -> None:
        """Where no track follows another there is nothing to learn from but how often each is."""
        counts = np.bincount(training.tracks, minlength=len(self.vocabulary) + 1)[1:] + 1.0
        with torch.no_grad():
            self.net.to_tracks.weight.zero_()
            self.net.to_tracks.bias.copy_(torch.from_numpy(np.log(counts / counts.sum())))

    def score_next(self, query: Query, /) -> Scores:
        """(tracks,) scores after a session; its time is not looked at."""
        scores: Scores = self._scores(query.tracks)[-1]
        return scores

    def score_positions(self, session: EncodedSession, /, first: int = 0) -> Scores:
        """(time - first, tracks) scores after each play of a session, in one pass."""
        return self._scores(session.tracks)[first:]

    @torch.inference_mode()
    def _scores(self, prefix: Indexes) -> Scores:
        # Before the first track it had no question; a column of padding stands for one.
        inputs = torch.from_numpy(prefix if len(prefix) else np.zeros(1, np.int64))[None]
        with threads(1):
            scores: Scores = self.net.to_tracks(self.net.states(inputs)[0]).numpy()
        return scores

    def state(self) -> ModelState:
        """The weights."""
        arrays = {name: value.numpy() for name, value in self.net.state_dict().items()}
        return ModelState(config=asdict(self.config), arrays=arrays)

    @classmethod
    def from_state(cls, vocabulary: Vocabulary, state: ModelState) -> Self:
        """Rebuilds a fitted model."""
        model = cls(vocabulary, state.config)
        weights = {name: torch.from_numpy(value) for name, value in state.arrays.items()}
        try:
            model.net.load_state_dict(weights)
        except RuntimeError as error:
            raise ValueError("the weights do not fit the network") from error
        model.net.eval()
        return model


class OriginAsPublished(OriginModel):
    """The same with both of its faults."""

    name = "origin_as_published"

    def __init__(self, vocabulary: Vocabulary, config: Mapping[str, Any] | None = None) -> None:
        """An unfitted model; `config` holds fields of `OriginConfig`."""
        faults = {"reads_padding": True, "drops_first_tracks": True}
        super().__init__(vocabulary, faults | dict(config or {}))


def _window_starts(started_at: Floats, seconds: float) -> Indexes:
    """(windows,) the place at which each window begins."""
    starts, place = [], 0
    while place < len(started_at):
        starts.append(place)
        place = int(np.searchsorted(started_at, started_at[place] + seconds))
    return np.array(starts, np.int64)


def _batches(samples: int, size: int, rng: np.random.Generator) -> Iterator[tuple[Indexes, float]]:
    """All samples once in a random order, with the share that is done after each batch."""
    order = rng.permutation(samples)
    for begin in range(0, samples, size):
        yield order[begin : begin + size], min(1.0, (begin + size) / samples)
