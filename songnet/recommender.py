"""What a person's history was turned into: a model that can be asked, saved and loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypedDict

import msgspec
import numpy as np
import pandas as pd

from songnet import model_file, recommender_file
from songnet.adventure import PLAIN_ADVENTURE
from songnet.blending import Taste
from songnet.errors import NoSeeds, TrainingFailed, UnknownSeeds
from songnet.flow import Flow
from songnet.links import track_url
from songnet.models.base import NextTrackModel, Query, Scores
from songnet.models.past import Floats, Past
from songnet.music import History, Playlist, PlaylistTrack, Track
from songnet.playlist_making import (
    DEFAULT_LENGTH,
    MOST_PER_ARTIST,
    PlaylistMaker,
    PlaylistOptions,
)
from songnet.reasons import Reasons
from songnet.recommender_file import Parts
from songnet.seed_matches import Completion, SeedMatch, SeedMatches
from songnet.seeds import SeedIndex
from songnet.sessions import Sessions, check_enough, split_in_time
from songnet.trained_on import TrainedOn, facts_of
from songnet.training import (
    TrainingConfig,
    TrainingProgress,
    train_model,
    update_model,
    with_enough,
)
from songnet.vocabulary import PADDING, Indexes, Vocabulary

MICROSECONDS = 1e6


class Settings(TypedDict):
    """What every training is told."""

    rng_seed: int
    threads: int | None
    on_progress: Callable[[TrainingProgress], None] | None


class Recommender:
    """One person's library and the model over it. Any number of threads may ask it at once."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        model: NextTrackModel,
        past: Past,
        trained_on: TrainedOn,
    ) -> None:
        self._vocabulary = vocabulary
        self._model = model
        self._past = past
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
        start: Recommender | None = None,
    ) -> Self:
        """Learns from a history.

        What the earlier plays teach is judged on the latest tenth; the model that is returned has
        learned from all of them.

        Args:
            history: the person's plays.
            start: an earlier recommender of this person: where the history only goes on from what
                it has learned from, it goes on too, which takes a fraction of the time.
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
        wished, config = config.model, with_enough(sessions, config)
        settings: Settings = {
            "rng_seed": rng_seed,
            "threads": threads,
            "on_progress": on_progress,
        }
        known = start.plays_in(sessions) if start and start.trained_on.model == config.model else 0
        if start and known:
            first = int(np.searchsorted(sessions.starts, known))  # a session may have gone on
            new = sessions.part(first, len(sessions))
            trained = update_model(start._model, sessions, new, config, **settings)  # noqa: SLF001 - its own class
        else:
            split = split_in_time(
                sessions, training=1 - config.validation, validation=config.validation
            )
            trained = train_model(split.training, split.validation, config, **settings)
        vocabulary = trained.model.vocabulary
        recommender = cls(
            vocabulary,
            trained.model,
            Past(vocabulary.encode(sessions), len(vocabulary)),
            TrainedOn(
                model=trained.model.name,
                epochs=trained.epochs,
                metrics=trained.metrics or (start.trained_on.metrics if start and known else {}),
                compared=trained.compared,
                too_few_plays_for=None if config.model == wished else wished,
                seconds=round(trained.seconds, 3),
                rng_seed=rng_seed,
                **facts_of(sessions),
            ),
        )
        recommender._check_scores()
        return recommender

    def plays_in(self, sessions: Sessions) -> int:
        """How many plays a history begins with that this was trained on.

        0 where the history is another one, or does not go on from there: a later import can bring
        older plays.
        """
        known = self._past.sessions
        plays = len(known.tracks)
        if not 0 < plays < len(sessions.plays):
            return 0
        begun = sessions.plays.iloc[:plays]
        tracks = self._vocabulary.indexes(begun["track_id"].tolist())
        seconds = begun["started_at"].astype("int64").to_numpy() / MICROSECONDS
        if not (np.array_equal(tracks, known.tracks) and np.array_equal(seconds, known.started_at)):
            return 0
        return plays

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
        texts = list(texts)
        if texts and all(text in self._vocabulary for text in texts):
            # Who names track_ids need not wait until all names are read.
            tracks = [self._vocabulary.track(self._vocabulary.index(text)) for text in texts]
            return SeedMatches(tuple(map(SeedMatch, texts, tracks)), ())
        return self._seeds.find(texts)

    def complete(self, beginning: str, most: int) -> tuple[Completion, ...]:
        """The tracks of the library that somebody may mean who has typed so much."""
        return self._seeds.complete(beginning, most)

    def shorten(self, text: str) -> str:
        """The shortest name of the track that a text names exactly; else the text as it is."""
        return self._seeds.shorten(text)

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
        adventure: float = PLAIN_ADVENTURE,
    ) -> Playlist:
        """Grows a playlist from songs: one ranking of the library, then an order that flows.

        Args:
            seeds: text, track_id, Spotify URI or link, each; those that are unknown are passed over
                as long as one is known. For a song that the library does not hold, but whose artist
                it does, songs of that artist stand.
            length: how many tracks; fewer where the library holds no more.
            rng_seed: lets near-equals change places, the same way for the same number; None for the
                plain ranking.
            exclude: track_ids that are not wanted; a seed among them still counts as a seed.
            most_per_artist: at most so many tracks of one artist; None for no cap.
            adventure: 0 for what is heard often, 1 for what is heard seldom; .5 leaves the ranking
                as the model gives it.

        Raises:
            NoSeeds: no seed was named.
            UnknownSeeds: none of the seeds is in the library, nor its artist.
            ValueError: the length is negative, or `adventure` not in 0 ... 1.
        """
        options = PlaylistOptions(length, adventure, most_per_artist, rng_seed)
        matches = self._known_seeds(seeds)
        tracks = tuple(dict.fromkeys(match.track for match in matches.found))
        named = self._indexes_of(tracks)
        standing = self._indexes_of([track for each in matches.by_artist for track in each.tracks])
        grown_from = np.concatenate([named, np.setdiff1d(standing, named)])
        excluded = np.concatenate([named, self._vocabulary.indexes(list(exclude))])
        ordered = self._maker.make(grown_from, options, excluded.tolist())
        return Playlist(
            seeds=tracks,
            tracks=tuple(
                self._playlist_track(index, grown_from, previous)
                for previous, index in zip([PADDING, *ordered], ordered, strict=False)
            ),
            stand_ins=matches.by_artist,
        )

    def taste(self, seeds: Sequence[str]) -> Taste:
        """Scores of the library for a blend with other people; see `songnet.blending`.

        Args:
            seeds: track_ids, of which those count that the library holds.
        """
        known = [name for name in seeds if name in self._vocabulary]
        library = self._vocabulary.library
        return Taste(
            library["track_id"].tolist(),
            library["artist"].tolist(),
            self._model.score_seeds(self._vocabulary.indexes(known)),
            self._model.score_seeds(self._vocabulary.indexes([])),
        )

    def track(self, track_id: str) -> Track:
        """A track of the library.

        Raises:
            KeyError: the library does not hold it.
        """
        index = self._vocabulary.index(track_id)
        if index == PADDING:
            raise KeyError(track_id)
        return self._vocabulary.track(index)

    def follow_chances(self, track_ids: Sequence[str]) -> Floats:
        """How likely tracks are to follow each other, in this listener's past.

        Args:
            track_ids: (tracks,) each once.

        Returns:
            (before, after) in 0 ... 1, NaN where one is not in the library.
        """
        indexes = self._vocabulary.indexes(track_ids)
        known = np.flatnonzero(indexes != PADDING)
        chances = np.full((len(indexes), len(indexes)), np.nan)
        flow = Flow(self._past, self._vocabulary.artist_of)
        chances[np.ix_(known, known)] = flow.chances(indexes[known])
        return chances

    def save(self, path: str | Path) -> None:
        """Writes one file, whole or not at all."""
        model_file.write(Path(path), self.to_bytes())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads what `save` wrote.

        Raises:
            BrokenModel: truncated, changed, or no model file at all.
            UnknownModelVersion, OtherEvidence: written by another version of songnet.
            OSError: the file cannot be read.
        """
        path = Path(path)
        return cls.from_bytes(path.read_bytes(), path.name)

    def to_bytes(self) -> bytes:
        """The content of a model file."""
        return recommender_file.encode(
            Parts(self._vocabulary, self._model, self._past, self.trained_on)
        )

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "model") -> Self:
        """Reads what `to_bytes` gave; `name` is what to call it in an error.

        Raises:
            BrokenModel: truncated, changed, or no model file at all.
            UnknownModelVersion, OtherEvidence: written by another version of songnet.
        """
        return cls(*recommender_file.decode(data, name))

    @cached_property
    def _seeds(self) -> SeedIndex:
        return SeedIndex(self._vocabulary)

    @cached_property
    def _maker(self) -> PlaylistMaker:
        return PlaylistMaker(self._model, self._past)

    @cached_property
    def _reasons(self) -> Reasons:
        return Reasons(self._past, self._vocabulary)

    def _known_seeds(self, seeds: Sequence[str]) -> SeedMatches:
        matches = self.find_seeds(seeds)
        if matches.found or matches.by_artist:
            return matches
        if not matches.unknown:
            raise NoSeeds
        raise UnknownSeeds(
            tuple(seed.query for seed in matches.unknown),
            tuple(seed.suggestions for seed in matches.unknown),
        )

    def _indexes_of(self, tracks: Sequence[Track]) -> Indexes:
        return self._vocabulary.indexes([track.track_id for track in tracks])

    def _playlist_track(self, index: int, seeds: Indexes, previous: int) -> PlaylistTrack:
        track = self._vocabulary.track(index)
        return PlaylistTrack(
            **vars(track),
            url=track_url(track.artist, track.title, track.uri),
            reasons=self._reasons.of(index, seeds, previous),
        )

    def _check_scores(self) -> None:
        if not np.all(np.isfinite(self._model.score_next(Query(np.zeros(0, np.int64))))):
            raise TrainingFailed(reason="its scores are not finite numbers")
