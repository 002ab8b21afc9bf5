"""Teaches the network which evidence to trust."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from songnet.evidence.events import Events
from songnet.models.base import FitProgress
from songnet.models.epochs import run_epoch
from songnet.models.gate_net import AHEAD, NEXT, GateNet

GATHERING = 0.4
"""The share of a fit that gathering the evidence is taken for."""
Chunk = tuple[int, int]
"""The first event of a piece of a session, and the one after its last."""


@dataclass(frozen=True)
class GateTraining:
    """How the network learns."""

    epochs: int = 3
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    warm_up: float = 0.05
    """So much of the training until the rate is at its peak; from there it falls along a cosine."""
    events_per_batch: int = 256
    events_per_chunk: int = 60
    """Longer sessions are cut."""
    ahead_weight: float = 0.5
    """What the second question counts, the first one counting 1."""


def device_named(name: str) -> torch.device:
    """'cpu', 'cuda', or 'auto' for the latter where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


@dataclass(frozen=True)
class FitReports:
    """Tells of a fit that gathers its evidence first, and learns from it then."""

    epochs: int
    on_progress: Callable[[FitProgress], None]

    def gathered(self, share: float) -> None:
        """So much of the evidence is there."""
        self.on_progress(FitProgress(1, self.epochs, GATHERING * share))

    def learned(self, epoch: int, share: float, loss: float | None) -> None:
        """So much of an epoch is done, with such a mean loss."""
        done = GATHERING + (1 - GATHERING) * (epoch - 1 + share) / self.epochs
        self.on_progress(FitProgress(epoch, self.epochs, done, loss))

    def ended(self) -> None:
        """There was nothing to learn from."""
        self.on_progress(FitProgress(1, 1, 1.0))


class GateTrainer:
    """One training on the events of one or several people."""

    def __init__(
        self,
        net: GateNet,
        people: Sequence[Events],
        config: GateTraining,
        *,
        rng_seed: int,
        device: torch.device,
        on_share: Callable[[int, float, float | None], None],
    ) -> None:
        """Prepares.

        Args:
            net: is changed.
            people: the events of each.
            config: how.
            rng_seed: equal seeds give equal networks (for equal numbers of threads).
            device: where to compute.
            on_share: hears after every batch of the epoch, the share of it that is done, and its
                mean loss.
        """
        self._net, self._config, self._device, self._on_share = net, config, device, on_share
        net.to(device)
        self._people = [_Moments(events, device) for events in people]
        self._rng = np.random.default_rng(rng_seed)
        self._chunks = [
            (number, chunk)
            for number, events in enumerate(people)
            for chunk in _cut(events.bounds, config.events_per_chunk)
        ]
        self._events = sum(len(events.counts) for events in people)
        self._optimizer = torch.optim.AdamW(
            net.parameters(),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=True,
        )

    def run(self) -> float | None:
        """Trains; returns the mean loss of the last epoch, in nats per event."""
        loss: float | None = None
        for epoch in range(1, self._config.epochs + 1):
            loss = self._epoch(epoch)
        self._net.to("cpu").eval()
        return loss

    def _epoch(self, epoch: int) -> float | None:
        self._net.train()
        on_share = partial(self._on_share, epoch)
        return run_epoch(epoch, self._shares(epoch), self._step, on_share, 0.0)

    def _shares(self, epoch: int) -> Iterator[tuple[tuple[list[tuple[int, Chunk]], float], float]]:
        """Batches with the share of all epochs before each, and of this one after it."""
        seen = 0
        for batch in self._batches():
            before = (epoch - 1 + seen / self._events) / self._config.epochs
            seen += sum(end - begin for _, (begin, end) in batch)
            yield (batch, before), seen / self._events

    def _batches(self) -> Iterator[list[tuple[int, Chunk]]]:
        batch: list[tuple[int, Chunk]] = []
        size = 0
        for place in self._rng.permutation(len(self._chunks)):
            number, (begin, end) = self._chunks[place]
            batch.append((number, (begin, end)))
            size += end - begin
            if size >= self._config.events_per_batch:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _step(self, asked: tuple[list[tuple[int, Chunk]], float]) -> tuple[float, int]:
        batch, done = asked
        for group in self._optimizer.param_groups:
            group["lr"] = self._config.learning_rate * self._share_of_rate(done)
        self._optimizer.zero_grad()
        losses = []
        events = 0
        for number in sorted({number for number, _ in batch}):
            loss, count = self._loss(
                self._people[number], [chunk for person, chunk in batch if person == number]
            )
            if count:
                losses.append(loss)
                events += count
        if not events:
            return 0.0, 0
        whole = torch.stack(losses).sum()
        (whole / events).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._net.parameters(), self._config.clip_norm)
        self._optimizer.step()
        return float(whole.detach()), events

    def _loss(self, moments: _Moments, chunks: list[Chunk]) -> tuple[Tensor, int]:
        """The sum over the events that have a target among their candidates, and their number."""
        places, states = moments.states(self._net, chunks)  # (N,), (N, H)
        is_judged = moments.is_judged[places]  # (N,)
        places, states = places[is_judged], states[is_judged.to(self._device)]
        if not len(places):
            return torch.zeros(()), 0
        targets = moments.targets[places].to(self._device)  # (N,)
        scores = self._net.scores(
            moments.candidates[places].to(self._device),
            moments.counts[places].to(self._device),
            moments.timed[places].to(self._device),
            states,
        )  # (2, N, C)
        loss = functional.cross_entropy(scores[NEXT], targets, reduction="sum")
        ahead = moments.ahead[places].to(self._device).float()  # (N, C)
        shares = ahead / ahead.sum(dim=1, keepdim=True)
        coming = functional.log_softmax(scores[AHEAD], dim=1)  # (N, C)
        return loss - self._config.ahead_weight * (shares * coming).sum(), len(places)

    def _share_of_rate(self, done: float) -> float:
        warm_up = self._config.warm_up
        if done < warm_up:
            return (done + 0.002) / (warm_up + 0.002)
        return 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up)))


class _Moments:
    """Events as tensors; only what a batch needs goes to the device."""

    def __init__(self, events: Events, device: torch.device) -> None:
        self.candidates = torch.from_numpy(events.candidates)
        self.counts = torch.from_numpy(events.counts.astype(np.int64))
        self.played = torch.from_numpy(events.played)
        self.timeless = torch.from_numpy(events.timeless)
        self.timed = torch.from_numpy(events.timed)
        self.targets = torch.from_numpy(events.targets.astype(np.int64))
        self.ahead = torch.from_numpy(events.ahead)
        is_first = np.zeros(len(events.counts), np.bool_)
        is_first[events.bounds[:-1]] = True
        self.is_judged = torch.from_numpy((events.targets >= 0) & ~is_first)
        self.flags = torch.from_numpy(flags_of(events, is_first))
        self.device = device

    def states(self, net: GateNet, chunks: list[Chunk]) -> tuple[Tensor, Tensor]:
        """The events of some chunks, (N,), and the state of the session at each, (N, H)."""
        longest = max(end - begin for begin, end in chunks)
        begins = np.array([begin for begin, _ in chunks])[:, None]  # (B, 1)
        ends = np.array([end for _, end in chunks])[:, None]  # (B, 1)
        steps = begins + np.arange(longest)  # (B, T)
        is_event = torch.from_numpy(steps < ends)  # (B, T)
        places = torch.from_numpy(np.minimum(steps, ends - 1))  # (B, T)
        before = (places - 1).clamp(min=0)
        states = net.states(
            self.played[before].to(self.device),
            self.flags[places].to(self.device),
            self.timeless[places].to(self.device),
        )
        return places[is_event], states[is_event.to(self.device)]


def flags_of(events: Events, is_first: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """(events, 3) see `FLAGS`: what is known of the track before each event."""
    of_track = np.stack(
        [np.ones(len(is_first), np.bool_), events.known, events.targets >= 0], axis=1
    )
    flags = np.roll(of_track, 1, axis=0).astype(np.float32)
    flags[is_first] = 0
    return flags


def _cut(bounds: npt.NDArray[np.int64], longest: int) -> Iterator[Chunk]:
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        for first in range(begin, end, longest):
            yield first, min(first + longest, end)
