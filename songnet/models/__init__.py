"""What predicts the next track: one contract, `NextTrackModel`, and one file per model."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from songnet.models.base import NextTrackModel

_CLASSES = {
    "songnet": ("songnet", "SongnetModel"),
    "lstm": ("lstm", "LstmModel"),
    "mixture": ("mixture", "MixtureModel"),
    "vstan": ("vstan", "VstanModel"),
    "suffix_knn": ("suffix_knn", "SuffixKnnModel"),
    "markov_backoff": ("markov_backoff", "MarkovBackoffModel"),
    "markov": ("markov", "MarkovModel"),
    "vsknn": ("vsknn", "VsknnModel"),
    "item_knn": ("item_knn", "ItemKnnModel"),
    "cache": ("cache", "SessionCacheModel"),
    "recency": ("recency", "RecencyModel"),
    "popularity": ("popularity", "PopularityModel"),
    "origin": ("origin", "OriginModel"),
    "origin_as_published": ("origin", "OriginAsPublished"),
}
"""The file and the class of each model."""

MODEL_NAMES = tuple(_CLASSES)
"""Every model, the better ones first."""

SLOW_MODELS = ("origin", "origin_as_published")
"""Those that take minutes for a small library and hours for a large one."""
DEFAULT_MODELS = tuple(name for name in MODEL_NAMES if name not in SLOW_MODELS)
"""Those that `songnet evaluate` tests unless others are asked for."""
TORCH_MODELS = ("songnet", "lstm", *SLOW_MODELS)
TORCHLESS_MODELS = tuple(name for name in MODEL_NAMES if name not in TORCH_MODELS)
"""Those that only count."""


def model_class(name: str) -> type[NextTrackModel]:
    """The model with a name of `MODEL_NAMES`; torch is loaded only for those that need it.

    Raises:
        KeyError: there is no such model.
    """
    file, class_name = _CLASSES[name]
    found = getattr(import_module(f"songnet.models.{file}"), class_name)
    return cast("type[NextTrackModel]", found)
