"""An LSTM over the tracks of a session.

A track is the sum of three learned vectors: its own, its artist's and its album's, so that a track
that was heard once is known by its company. The same vectors are compared with the LSTM's state
to score the next track (tied weights: Press and Wolf, 2017), with a bias for how often a track is
played. All positions of a session are learned from at once, against the whole library.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from songnet.batches import Batch, Pieces
from songnet.metrics import rank_next_tracks
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
from songnet.threads import threads
from songnet.vocabulary import PADDING, EncodedSession, EncodedSessions, Indexes, Vocabulary

WARM_UP = 0.05


@dataclass(frozen=True)
class LstmConfig:
    """The size of the network and how it is trained."""

    dims: int = 128
    """Length of the vectors of tracks, artists and albums."""
    hidden: int = 128
    """Length of the LSTM's state."""
    dropout: float = 0.3
    """Share of the inputs and of the state that is blanked in training."""
    learning_rate: float = 0.01
    """Reached after a short warm-up, then falling along a cosine to nothing."""
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    """The gradient is shortened to this length."""
    plays_per_batch: int = 256
    """At most; a short history is cut into smaller batches, for the sake of `steps_per_epoch`."""
    least_plays_per_batch: int = 64
    steps_per_epoch: int = 100
    """At least so many, as far as `least_plays_per_batch` allows."""
    plays_per_piece: int = 50
    """Longer sessions are learned from in pieces of so many plays."""
    plays_to_learn: int = 300_000
    """The schedule lasts as many epochs as it takes to see so many plays, within the next two."""
    least_epochs: int = 8
    most_epochs: int = 14
    patience: int = 3
    """So many epochs without a better MRR@20 on the validation part end the training."""


class SessionNet(nn.Module):
    """Session so far -> scores of every track as the next one."""

    artist_of: Tensor
    album_of: Tensor

    def __init__(self, vocabulary: Vocabulary, config: LstmConfig) -> None:
        super().__init__()
        tracks, dims, hidden = len(vocabulary), config.dims, config.hidden
        artist_of = torch.from_numpy(vocabulary.artist_of)  # (V + 1,)
        album_of = torch.from_numpy(vocabulary.album_of)  # (V + 1,)
        self.register_buffer("artist_of", artist_of, persistent=False)
        self.register_buffer("album_of", album_of, persistent=False)
        self.track = nn.Embedding(tracks + 1, dims, padding_idx=PADDING)
        self.artist = nn.Embedding(int(artist_of.max()) + 1, dims, padding_idx=PADDING)
        self.album = nn.Embedding(int(album_of.max()) + 1, dims, padding_idx=PADDING)
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = nn.LSTM(dims, hidden, batch_first=True)
        self.to_track = nn.Linear(hidden, dims)
        self.bias = nn.Parameter(torch.zeros(tracks + 1))
        for embedding in (self.track, self.artist, self.album):
            nn.init.normal_(embedding.weight, std=dims**-0.5)
            with torch.no_grad():
                embedding.weight[PADDING] = 0

    def table(self) -> Tensor:
        """(V + 1, D) the vector of every track; zeros for the padding."""
        return (
            self.track.weight  # (V + 1, D)
            + functional.embedding(self.artist_of, self.artist.weight, PADDING)
            + functional.embedding(self.album_of, self.album.weight, PADDING)
        )

    def states(self, inputs: Tensor, table: Tensor) -> Tensor:
        """What the session so far asks for: (B, T) tracks -> (B, T, D).

        Padding stands at the right end only, where the LSTM meets it after all that matters.
        """
        x = functional.embedding(inputs, table)  # (B, T, D)
        h, _ = self.lstm(self.dropout(x))  # (B, T, H)
        query: Tensor = self.to_track(self.dropout(h))  # (B, T, D)
        return query

    def scores(self, queries: Tensor, table: Tensor) -> Tensor:
        """(N, D) queries -> (N, V) scores; the padding is no track and has none."""
        return functional.linear(queries, table[1:], self.bias[1:])  # (N, V)

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy of the targets, in nats per play; both are (B, T)."""
        table = self.table()  # (V + 1, D)
        is_target = targets != PADDING  # (B, T)
        queries = self.states(inputs, table)[is_target]  # (N, D)
        logits = self.scores(queries, table)  # (N, V)
        return functional.cross_entropy(logits, targets[is_target] - 1)


class LstmModel(NextTrackModel):
    """The network behind the contract of all models."""

    name = "lstm"

    def __init__(self, vocabulary: Vocabulary, config: Mapping[str, Any] | None = None) -> None:
        """An unfitted model; `config` holds fields of `LstmConfig`."""
        super().__init__(vocabulary, config)
        self.config = LstmConfig(**self.settings)
        self.net = SessionNet(vocabulary, self.config)
        self._table = torch.zeros(0)

    def fit(self, task: FitTask) -> FitReport:
        """Trains; with a validation part it stops early and keeps the best epoch."""
        with _seeded(task.rng_seed):
            self.net = SessionNet(self.vocabulary, self.config)
            self._start_from_counts(task.training)
            return _Run(self, task).report()

    def score_next(self, query: Query, /) -> Scores:
        """(tracks,) scores after a session; its time is not looked at."""
        scores: Scores = self._scores(query.tracks, last_only=True)[0]
        return scores

    def score_positions(self, session: EncodedSession, /, first: int = 0) -> Scores:
        """(time - first, tracks) scores after each play of a session, in one pass."""
        return self._scores(session.tracks, last_only=False)[first:]

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
        model.finish()
        return model

    def finish(self) -> None:
        """Makes ready for questions after the weights have changed."""
        self.net.eval()
        with torch.inference_mode():
            self._table = self.net.table()

    @torch.inference_mode()
    def _scores(self, prefix: Indexes, *, last_only: bool) -> Scores:
        inputs = torch.from_numpy(np.concatenate([[PADDING], prefix]))[None]  # (1, time + 1)
        with threads(1):  # a question takes a millisecond: nothing to share
            queries = self.net.states(inputs, self._table)[0]  # (time + 1, D)
            wanted = queries[-1:] if last_only else queries[1:]
            scores: Scores = self.net.scores(wanted, self._table).numpy()  # (1 or time, V)
        return scores

    def _start_from_counts(self, training: EncodedSessions) -> None:
        """Lets the bias start at popularity, which the network would spend an epoch to find."""
        counts = np.bincount(training.tracks, minlength=len(self.vocabulary) + 1) + 1.0
        with torch.no_grad():
            self.net.bias.copy_(torch.from_numpy(np.log(counts / counts.sum())))


class _Run:
    """One training from its first epoch to its last."""

    def __init__(self, model: LstmModel, task: FitTask) -> None:
        self.model, self.net, self.config = model, model.net, model.config
        self.on_progress = task.on_progress
        self.pieces = Pieces.cut(task.training, self.config.plays_per_piece)
        wished = len(task.training.tracks) // self.config.steps_per_epoch
        self.plays_per_batch = min(
            max(wished, self.config.least_plays_per_batch), self.config.plays_per_batch
        )
        self.rng = np.random.default_rng(task.rng_seed)
        self.choose_on = task.validation if task.epochs is None else None
        if self.choose_on is not None and not len(self.choose_on):
            self.choose_on = None
        wished = self.config.plays_to_learn // max(1, len(task.training.tracks))
        schedule = min(max(wished, self.config.least_epochs), self.config.most_epochs)
        self.most_epochs = schedule if task.epochs is None else task.epochs
        # The rate falls as it did when the number of epochs was chosen.
        self.schedule_epochs = max(schedule, self.most_epochs)
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(),
            lr=self.config.learning_rate,
            weight_decay=self.config.weight_decay,
            fused=True,
        )
        self.metrics: dict[str, float] = {}
        self.loss: float | None = None

    def report(self) -> FitReport:
        """Trains, and says what was chosen."""
        if self.choose_on is not None:
            return self._until_best(self.choose_on)
        for epoch in range(1, self.most_epochs + 1):
            self._epoch(epoch)
        self.model.finish()
        return FitReport(epochs=self.most_epochs, loss=self.loss)

    def _until_best(self, validation: EncodedSessions) -> FitReport:
        """Runs until the validation part gets no better, and goes back to the best epoch."""
        best, best_epoch, best_weights = -math.inf, 0, {}
        for epoch in range(1, self.most_epochs + 1):
            self._epoch(epoch)
            self.model.finish()
            self.metrics = rank_next_tracks(self.model, validation).metrics()
            if self.metrics["mrr@20"] > best:
                best, best_epoch = self.metrics["mrr@20"], epoch
                best_weights = {k: v.clone() for k, v in self.net.state_dict().items()}
            self._report(epoch, 1.0)
            if epoch - best_epoch >= self.config.patience:
                break
        self.net.load_state_dict(best_weights)
        self.model.finish()
        return FitReport(epochs=best_epoch, loss=self.loss)

    def _epoch(self, epoch: int) -> None:
        def on_share(share: float, loss: float | None) -> None:
            self.loss = self.loss if loss is None else loss
            self._report(epoch, share)

        self.net.train()
        run_epoch(epoch, self._batches(epoch), self._step, on_share)

    def _batches(self, epoch: int) -> Iterator[tuple[tuple[Batch, int, float], float]]:
        """Batches with their targets and the share of all epochs, and of this one, that is done."""
        seen = 0
        for batch in self.pieces.batches(self.plays_per_batch, self.rng):
            targets = int(np.count_nonzero(batch.targets))
            seen += targets
            if targets:
                share = seen / len(self.pieces.targets)
                yield (batch, targets, (epoch - 1 + share) / self.schedule_epochs), share

    def _step(self, asked: tuple[Batch, int, float]) -> tuple[float, int]:
        batch, targets, done = asked
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * _share_of_rate(done)
        self.optimizer.zero_grad()
        loss = self.net.loss(torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets))
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.net.parameters(), self.config.clip_norm)
        self.optimizer.step()
        return targets * float(loss.detach()), targets

    def _report(self, epoch: int, share_of_epoch: float) -> None:
        self.on_progress(
            FitProgress(
                epoch=epoch,
                epochs=self.most_epochs,
                done=(epoch - 1 + share_of_epoch) / self.most_epochs,
                loss=self.loss,
                metrics=self.metrics,
            )
        )


def _share_of_rate(done: float) -> float:
    """The learning rate, as a share of its peak, when such a share of the training is done."""
    if done < WARM_UP:
        return done / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))


@contextmanager
def _seeded(rng_seed: int) -> Iterator[None]:
    """Draws from a seed of our own, and leaves the caller's generator where it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(rng_seed)
        yield
