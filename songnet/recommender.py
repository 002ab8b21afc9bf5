"""What a person's history was turned into: a model that can be asked, saved and loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
import pandas as pd

from songnet import generation, model_file
from songnet.errors import BrokenModel, NoSeeds, TrainingFailed, UnknownSeeds
from songnet.links import track_url
from songnet.model_file import ModelFile
from songnet.models import model_class
from songnet.models.base import ModelState, NextTrackModel, Query, Scores
from songnet.music import History, Playlist, PlaylistTrack, Track
from songnet.reasons import reasons_for
from songnet.seeds import SeedIndex, SeedMatches
from songnet.sessions import Sessions, check_enough, split_in_time
from songnet.training import TrainingConfig, TrainingProgress, train_model
from songnet.transitions import Transitions
from songnet.vocabulary import Indexes, Vocabulary

DEFAULT_LENGTH = 20
MOST_PER_ARTIST = 3
LIBRARY_TYPES = {
    "track_id": "string",
    "artist": "string",
    "title": "string",
    "album": "string",
    "uri": "string",
    "plays": "int64",
}


@dataclass(frozen=True)
class TrainedOn:
    """What a recommender has learned from, and what that gave."""

    model: str
    plays: int
    """Plays that count."""
    tracks: int
    artists: int
    sessions: int
    first_play: datetime
    last_play: datetime
    epochs: int
    seconds: float
    rng_seed: int
    metrics: dict[str, float]
    """HR@1, HR@10, HR@20 and MRR@20 on the latest plays, before it learned from them too; empty
    where the history was too short to hold some back."""


class Recommender:
    """One person's library and the model over it. Any number of threads may ask it at once."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        model: NextTrackModel,
        transitions: Transitions,
        trained_on: TrainedOn,
    ) -> None:
        self._vocabulary = vocabulary
        self._model = model
        self._transitions = transitions
        self.trained_on = trained_on

    @classmethod
    def train(
        cls,
        history: History,
        *,
        on_progress: Callable[[TrainingProgress], None] | None = None,
        rng_seed: int = 0,
        threads: int | None = None,
        config: TrainingConfig | None = None,
    ) -> Self:
        """Learns from a history.

        The latest tenth of the plays decides how long to learn; the model that is returned has
        learned from all of them.

        Args:
            history: the person's plays.
            on_progress: called often; what it raises ends the training and goes through.
            rng_seed: equal seeds give equal recommenders (for equal numbers of threads).
            threads: how many threads compute; None for one, see `songnet.threads`.
            config: which model, and how.

        Raises:
            TooFewPlays: too little to learn from.
            TrainingFailed: the training did not give a usable model.
        """
        config = config or TrainingConfig()
        sessions = check_enough(history, config.sessions)
        split = split_in_time(
            sessions, training=1 - config.validation, validation=config.validation
        )
        trained = train_model(
            split.training,
            split.validation,
            config,
            rng_seed=rng_seed,
            threads=threads,
            on_progress=on_progress,
        )
        vocabulary = trained.model.vocabulary
        recommender = cls(
            vocabulary,
            trained.model,
            Transitions.count(vocabulary.encode(sessions), len(vocabulary)),
            TrainedOn(
                model=trained.model.name,
                epochs=trained.epochs,
                metrics=trained.metrics,
                seconds=round(trained.seconds, 3),
                rng_seed=rng_seed,
                **_facts_of(sessions),
            ),
        )
        recommender._check_scores()
        return recommender

    @property
    def library(self) -> pd.DataFrame:
        """The tracks that can be recommended, in the order of the scores.

        Columns `track_id`, `artist`, `title`, `album`, `uri`, `plays`.
        """
        return self._vocabulary.library.copy()

    def facts(self) -> dict[str, Any]:
        """`trained_on` as plain JSON values."""
        facts: dict[str, Any] = msgspec.to_builtins(self.trained_on)
        return facts

    def find_seeds(self, texts: Iterable[str]) -> SeedMatches:
        """Looks songs up in the library, by the names that people give them."""
        return self._seeds.find(texts)

    def score_next(self, prefix: Sequence[str], started_at: datetime | None = None) -> Scores:
        """Scores every track of the library as the next one.

        Args:
            prefix: the track_ids of the session so far, oldest first; unknown ones are allowed.
            started_at: when the last of them began.

        Returns:
            (tracks,) float32, log-probabilities up to a constant.
        """
        seconds = None if started_at is None else started_at.timestamp()
        return self._model.score_next(Query(self._vocabulary.indexes(prefix), seconds))

    def playlist(
        self,
        seeds: Sequence[str],
        length: int = DEFAULT_LENGTH,
        rng_seed: int | None = None,
        exclude: Iterable[str] = (),
        *,
        most_per_artist: int | None = MOST_PER_ARTIST,
    ) -> Playlist:
        """Grows a playlist from songs: one ranking of the library, then an order.

        Args:
            seeds: text, track_id, Spotify URI or link, each; those that are unknown are passed over
                as long as one is known.
            length: how many tracks; fewer where the library holds no more.
            rng_seed: lets near-equals change places, the same way for the same number; None for the
                plain ranking.
            exclude: track_ids that are not wanted.
            most_per_artist: at most so many tracks of one artist; None for no cap.

        Raises:
            NoSeeds: no seed was named.
            UnknownSeeds: none of the seeds is in the library.
            ValueError: the length is negative.
        """
        if length < 0:
            raise ValueError(f"a playlist has 0 or more tracks, not {length}")
        tracks = self._known_seeds(seeds)
        indexes = self._vocabulary.indexes([track.track_id for track in tracks])
        excluded = self._vocabulary.indexes(list(exclude))
        artist_of = self._vocabulary.artist_of[1:]
        rng = None if rng_seed is None else np.random.default_rng(rng_seed)
        chosen = generation.choose(
            generation.rank(self._model.score_seeds(indexes), rng),
            artist_of,
            length=length,
            excluded=np.concatenate([indexes, excluded]) - 1,
            most_per_artist=most_per_artist,
        )
        ordered = generation.space_artists(chosen, artist_of)
        return Playlist(
            seeds=tracks,
            tracks=tuple(self._playlist_track(column + 1, indexes) for column in ordered),
        )

    def save(self, path: str | Path) -> None:
        """Writes one file, whole or not at all."""
        model_file.write(Path(path), self.to_bytes())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads what `save` wrote.

        Raises:
            BrokenModel: truncated, changed, or no model file at all.
            UnknownModelVersion: written by another version of songnet.
            OSError: the file cannot be read.
        """
        path = Path(path)
        return cls.from_bytes(path.read_bytes(), path.name)

    def to_bytes(self) -> bytes:
        """The content of a model file."""
        state = self._model.state()
        library = self._vocabulary.library.astype(object)
        library = library.where(library.notna(), None)
        return model_file.encode(
            ModelFile(
                facts={
                    "trained_on": self.facts(),
                    "model_config": state.config,
                    "other_uris": self._vocabulary.other_uris,
                },
                arrays={f"model.{name}": array for name, array in state.arrays.items()}
                | {f"transitions.{k}": array for k, array in self._transitions.arrays().items()},
                library={name: library[name].tolist() for name in LIBRARY_TYPES},
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "model") -> Self:
        """Reads what `to_bytes` gave; `name` is what to call it in an error.

        Raises:
            BrokenModel: truncated, changed, or no model file at all.
            UnknownModelVersion: written by another version of songnet.
        """
        content = model_file.decode(data, name)
        try:
            library = pd.DataFrame(content.library).astype(LIBRARY_TYPES)
            vocabulary = Vocabulary(library, content.facts["other_uris"])
            trained_on = msgspec.convert(content.facts["trained_on"], TrainedOn)
            state = ModelState(content.facts["model_config"], _under("model.", content.arrays))
            model = model_class(trained_on.model).from_state(vocabulary, state)
            transitions = Transitions.from_arrays(
                _under("transitions.", content.arrays), len(vocabulary)
            )
        except (KeyError, TypeError, ValueError, msgspec.MsgspecError) as error:
            raise BrokenModel(name, "its parts do not fit together") from error
        return cls(vocabulary, model, transitions, trained_on)

    @cached_property
    def _seeds(self) -> SeedIndex:
        return SeedIndex(self._vocabulary)

    def _known_seeds(self, seeds: Sequence[str]) -> tuple[Track, ...]:
        matches = self.find_seeds(seeds)
        if not matches.found and not matches.unknown:
            raise NoSeeds
        if not matches.found:
            raise UnknownSeeds(
                tuple(seed.query for seed in matches.unknown),
                tuple(seed.suggestions for seed in matches.unknown),
            )
        return tuple(dict.fromkeys(match.track for match in matches.found))

    def _playlist_track(self, index: int, seeds: Indexes) -> PlaylistTrack:
        track = self._vocabulary.track(index)
        return PlaylistTrack(
            **asdict(track),
            url=track_url(track.artist, track.title, track.uri),
            reasons=reasons_for(index, seeds, self._vocabulary, self._transitions),
        )

    def _check_scores(self) -> None:
        if not np.all(np.isfinite(self._model.score_next(Query(np.zeros(0, np.int64))))):
            raise TrainingFailed(reason="its scores are not finite numbers")


def _facts_of(sessions: Sessions) -> dict[str, Any]:
    times = sessions.plays["started_at"]
    return {
        "plays": len(sessions.plays),
        "tracks": int(sessions.plays["track_id"].nunique()),
        "artists": int(sessions.plays["artist"].str.casefold().nunique()),
        "sessions": len(sessions),
        "first_play": times.iloc[0].to_pydatetime().astimezone(UTC),
        "last_play": times.iloc[-1].to_pydatetime().astimezone(UTC),
    }


def _under(prefix: str, arrays: model_file.Arrays) -> model_file.Arrays:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
