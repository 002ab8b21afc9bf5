"""What predicts the next track: one contract, `NextTrackModel`, and one file per model."""

from __future__ import annotations

from songnet.models.base import NextTrackModel

MODEL_NAMES = ("lstm", "markov", "popularity")
"""Every model, the best first."""

TORCHLESS_MODELS = ("markov", "popularity")
"""Those that only count."""


def model_class(name: str) -> type[NextTrackModel]:
    """The model with a name of `MODEL_NAMES`; torch is loaded only for those that need it.

    Raises:
        KeyError: there is no such model.
    """
    match name:
        case "lstm":
            from songnet.models.lstm import LstmModel

            return LstmModel
        case "markov":
            from songnet.models.markov import MarkovModel

            return MarkovModel
        case "popularity":
            from songnet.models.popularity import PopularityModel

            return PopularityModel
    raise KeyError(name)
