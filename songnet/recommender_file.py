"""What a recommender consists of, as the parts of a model file."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import pandas as pd

from songnet import model_file
from songnet.errors import BrokenModel, OtherEvidence
from songnet.evidence.definition import FIRST_VERSION
from songnet.model_file import ModelFile
from songnet.models import model_class
from songnet.models.base import ModelState, NextTrackModel
from songnet.models.past import NO_PLAYS, Past
from songnet.trained_on import TrainedOn
from songnet.vocabulary import Vocabulary

LIBRARY_TYPES = {
    "track_id": "string",
    "artist": "string",
    "title": "string",
    "album": "string",
    "uri": "string",
    "plays": "int64",
}


class Parts(NamedTuple):
    """All of a recommender."""

    vocabulary: Vocabulary
    model: NextTrackModel
    past: Past
    trained_on: TrainedOn


def encode(parts: Parts) -> bytes:
    """The content of a model file."""
    state, past = parts.model.state(), parts.past.arrays()
    library = parts.vocabulary.library.astype(object)
    library = library.where(library.notna(), None)
    return model_file.encode(
        ModelFile(
            facts={
                "trained_on": msgspec.to_builtins(parts.trained_on),
                "model_config": state.config,
                "other_uris": parts.vocabulary.other_uris,
                "evidence_version": parts.model.evidence_version,
            },
            arrays={
                f"model.{name}": array
                for name, array in state.arrays.items()
                if not (parts.model.reads_past and name in past)  # it stands there once
            }
            | {f"past.{name}": array for name, array in past.items()},
            library={name: library[name].tolist() for name in LIBRARY_TYPES},
        )
    )


def decode(data: bytes, name: str) -> Parts:
    """Reads what `encode` gave; `name` is what to call it in an error.

    Raises:
        BrokenModel: truncated, changed, or no model file at all.
        UnknownModelVersion, OtherEvidence: written by another version of songnet.
    """
    content = model_file.decode(data, name)
    try:
        library = pd.DataFrame(content.library).astype(LIBRARY_TYPES)
        vocabulary = Vocabulary(library, content.facts["other_uris"])
        trained_on = msgspec.convert(content.facts["trained_on"], TrainedOn)
        past = Past(NO_PLAYS, len(vocabulary))
        if content.version > 1:  # the first version held none
            past = Past.from_arrays(_under("past.", content.arrays), len(vocabulary))
        kind = model_class(trained_on.model)
        version = int(content.facts.get("evidence_version", FIRST_VERSION))
        if version != kind.evidence_version:
            raise OtherEvidence(name, version, kind.evidence_version)
        shared = past.arrays() if kind.reads_past else {}
        arrays = shared | _under("model.", content.arrays)
        model = kind.from_state(vocabulary, ModelState(content.facts["model_config"], arrays))
    except (LookupError, TypeError, ValueError, msgspec.MsgspecError) as error:
        raise BrokenModel(name, "its parts do not fit together") from error
    return Parts(vocabulary, model, past, trained_on)


def _under(prefix: str, arrays: model_file.Arrays) -> model_file.Arrays:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
