"""What a person wishes of a playlist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatbot.services.errors import BadWish

if TYPE_CHECKING:
    from chatbot.settings import Settings

FAMILIAR, AS_LISTENED, ADVENTUROUS = 0.0, 0.5, 1.0
"""The ends of `adventure`, and the value that leaves the model's ranking as it is."""
NO_CAP = 0
"""As `most_per_artist`: as many tracks of an artist as it happens."""


@dataclass(frozen=True)
class PlaylistWish:
    """A request for a playlist; what is None is as the operator has set it.

    `dataclasses.replace` turns one wish into another: `replace(wish, another=True)`.
    """

    seeds: tuple[str, ...]
    """Songs in any spelling, track_ids, Spotify links and URIs."""
    length: int | None = None
    adventure: float | None = None
    """0 familiar ... 1 adventurous."""
    most_per_artist: int | None = None
    """`NO_CAP` for no cap."""
    rng_seed: int | None = None
    """Lets chance decide between near-equals, the same way for the same number; None for none."""
    exclude: tuple[str, ...] = ()
    """The track_ids of songs that are not wanted, as far as enough others are left, the first ones
    first; a seed among them still counts as a seed."""
    another: bool = False
    """Leave out what the person's newest playlists held, as far as enough songs are left."""
    private: bool = False
    """The person alone sees it, wherever it is asked for."""
    varied: str = ""
    """How it differs from an earlier playlist, by the name in `chatbot.services.cards.VARIATIONS`;
    for the title alone."""


@dataclass(frozen=True)
class PlaylistRules:
    """What is taken where a wish says nothing, and what can be wished."""

    length: int = 20
    least_length: int = 5
    most_length: int = 50
    adventure: float = AS_LISTENED
    most_per_artist: int = 3
    remembered: int = 5
    """The songs of so many of a person's newest playlists stay out of another one."""
    most_seeds: int = 20
    """A playlist grows from so many songs at most."""

    @classmethod
    def of(cls, settings: Settings) -> PlaylistRules:
        """As the operator has set them."""
        return cls(
            length=settings.playlist_length,
            adventure=settings.playlist_adventure,
            most_per_artist=settings.playlist_most_per_artist,
            remembered=settings.playlists_remembered,
            most_seeds=settings.max_seeds,
        )

    def complete(self, wish: PlaylistWish) -> CompleteWish:
        """Fills in what is not said.

        Raises:
            BadWish: something is out of its range.
        """
        self.check(wish.length, wish.adventure, wish.most_per_artist)
        length = self.length if wish.length is None else wish.length
        adventure = self.adventure if wish.adventure is None else wish.adventure
        cap = self.most_per_artist if wish.most_per_artist is None else wish.most_per_artist
        return CompleteWish(length, adventure, None if cap == NO_CAP else cap, wish.rng_seed)

    def check(
        self, length: int | None, adventure: float | None, most_per_artist: int | None
    ) -> None:
        """Refuses what cannot be wished; None can.

        Raises:
            BadWish: something is out of its range.
        """
        for field, value, least, most in (
            ("length", length, self.least_length, self.most_length),
            ("adventure", adventure, FAMILIAR, ADVENTUROUS),
            ("most_per_artist", most_per_artist, NO_CAP, self.most_length),
        ):
            if value is not None and not least <= value <= most:
                raise BadWish(field, value, least, most)


@dataclass(frozen=True)
class CompleteWish:
    """What `Recommender.playlist` is asked for, beside the songs."""

    length: int
    adventure: float
    most_per_artist: int | None
    rng_seed: int | None
