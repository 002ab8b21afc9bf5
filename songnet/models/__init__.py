"""What predicts the next track: one contract, `NextTrackModel`, and one file per model."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from songnet.models.base import NextTrackModel

_CLASSES = {
    "lstm": "LstmModel",
    "mixture": "MixtureModel",
    "vstan": "VstanModel",
    "suffix_knn": "SuffixKnnModel",
    "markov_backoff": "MarkovBackoffModel",
    "markov": "MarkovModel",
    "vsknn": "VsknnModel",
    "item_knn": "ItemKnnModel",
    "cache": "SessionCacheModel",
    "recency": "RecencyModel",
    "popularity": "PopularityModel",
}
"""The class of each model; a model has a file of its own name."""

MODEL_NAMES = tuple(_CLASSES)
"""Every model, the better ones first."""

DEFAULT_MODELS = MODEL_NAMES
"""Those that `songnet evaluate` tests unless others are asked for."""
TORCH_MODELS = ("lstm",)
TORCHLESS_MODELS = tuple(name for name in MODEL_NAMES if name not in TORCH_MODELS)
"""Those that only count."""


def model_class(name: str) -> type[NextTrackModel]:
    """The model with a name of `MODEL_NAMES`; torch is loaded only for those that need it.

    Raises:
        KeyError: there is no such model.
    """
    found = getattr(import_module(f"songnet.models.{name}"), _CLASSES[name])
    return cast("type[NextTrackModel]", found)
