"""Feeds a parser with bytes, led by the lines that they reach: `python -m tests.fuzz TARGET`.

`python -m tests.fuzz spotify-extended --corpus /tmp/corpus -max_total_time=3600` runs for an hour;
options that begin with one dash go to libFuzzer. What breaks a parser is written to `crash-...`; it
becomes a case in `tests/songnet/exports` with its mending.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["songnet.exports", "songnet.identity", "songnet.plays"]):
    from tests.fuzz.targets import TARGETS

from tests.fuzz.seeds import write_seeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.fuzz")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what was found")
    options, given = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        seeds = Path(temporary)
        write_seeds(seeds, options.target, len(TARGETS) - 1)
        folders = [str(options.corpus)] if options.corpus else []
        atheris.Setup(
            [sys.argv[0], *given, *folders, str(seeds)],
            TARGETS[options.target],
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
