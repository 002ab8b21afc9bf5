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

from tests.fuzz.seeds import write_seeds, write_words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.fuzz")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what was found")
    options, given = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        seeds = Path(temporary) / "seeds"
        seeds.mkdir()
        write_seeds(seeds, options.target, [name for name in TARGETS if name != "every"])
        words = Path(temporary) / "words"
        write_words(words, options.target)
        folders = [str(options.corpus)] if options.corpus else []
        if options.corpus:
            options.corpus.mkdir(parents=True, exist_ok=True)
        atheris.Setup(
            [sys.argv[0], f"-dict={words}", *given, *folders, str(seeds)],
            TARGETS[options.target],
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
