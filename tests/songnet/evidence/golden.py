"""What the evidence of one small past is, in each version of its definition.

`python -m tests.songnet.evidence.golden` writes down what it is now, under the version that
`songnet.evidence.definition` names. A version that is written down already is left as it is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from songnet.evidence.definition import EVIDENCE_VERSION
from songnet.evidence.events import session_evidence
from songnet.evidence.features import FEATURES
from songnet.evidence.moment_features import MOMENT_FEATURES
from songnet.evidence.walk import SessionTracks
from tests.songnet.evidence.small import START, TRACKS, index, past_of, view_of

FOLDER = Path(__file__).with_name("golden")
WORDS = ["".join(TRACKS[(n * n * 7 + 3 * i * i + i) % 26] for i in range(9)) for n in range(14)]
SESSION = "abz?cab"


def evidence() -> dict[str, Any]:
    """The columns, and what they say: of what was played, of each moment, of the candidates."""
    past = past_of(*WORDS, artists="aabbccddeeffgg" * 2, albums="aaabbb??cccd" * 3, days_between=2)
    tracks = np.array([index(letter) for letter in SESSION], np.int32)
    seconds = START + 40 * 86_400 + 200.0 * np.arange(len(tracks) + 1)
    found = session_evidence(view_of(past, border=110), SessionTracks(tracks, seconds, 0, 0))
    return {
        "features": list(FEATURES),
        "moment_features": list(MOMENT_FEATURES),
        "chosen": found.chosen[-1][found.chosen[-1] > 0].tolist(),
        "played": _rounded(found.played),
        "timed": _rounded(found.timed),
        "candidates": _rounded(found.candidates.mean(axis=1)),
    }


def of_version(version: int) -> dict[str, Any]:
    """What was written down."""
    known: dict[str, Any] = json.loads((FOLDER / f"{version}.json").read_text())
    return known


def _rounded(rows: np.ndarray) -> list[list[float]]:
    return [[float(f"{value:.6g}") for value in row] for row in rows]


def main() -> None:
    path = FOLDER / f"{EVIDENCE_VERSION}.json"
    if path.exists():
        sys.exit(f"{path} stays as it is: raise EVIDENCE_VERSION in songnet/evidence/definition.py")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(evidence()))


if __name__ == "__main__":
    main()
