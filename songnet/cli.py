"""The command line: `songnet inspect | train | playlist | evaluate | demo-export`.

Results go to the standard output, progress and notes to the standard error. The exit code is 0 when
it worked, 1 when songnet refused (one line says why), 2 for a wrong call and 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from songnet.errors import SongnetError
from songnet.models import DEFAULT_MODELS, MODEL_NAMES, SLOW_MODELS
from songnet.wording import counted

EXIT_REFUSED = 1
EXIT_INTERRUPTED = 130
PEERS = ("popularity", "markov", "mixture")
"""What `songnet train` compares a model with, on its listener's own latest plays."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
    except SongnetError as error:
        return _refuse(str(error))
    except OSError as error:
        name = f" '{error.filename}'" if error.filename else ""
        return _refuse(f"Cannot use the file{name}: {error.strerror or error}.")
    except KeyboardInterrupt:
        sys.stderr.write("\nsongnet: interrupted.\n")
        return EXIT_INTERRUPTED
    return 0


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"songnet: {sentence}\n")
    return EXIT_REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="songnet", description="Learns how one person goes from one song to the next."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    inspect = _command(commands, "inspect", _inspect, "say what is in an export, and what is not")
    _takes_exports(inspect, "files, archives or folders of one person")

    train = _command(commands, "train", _train, "learn from exports, and write a model file")
    _takes_exports(train, "files, archives or folders of one person")
    train.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the model file to write"
    )
    train.add_argument(
        "--model", choices=MODEL_NAMES, default="songnet", help="which model (default: %(default)s)"
    )
    train.add_argument(
        "--update",
        type=Path,
        metavar="MODEL",
        help="an earlier model of this person: go on from it where the history only goes on",
    )
    _takes_start(train)
    _takes_training_options(train)

    pretrain = _command(
        commands, "pretrain", _pretrain, "make a start for models from several people's exports"
    )
    _takes_exports(pretrain, "one file, archive or folder per listener, who has agreed to it")
    pretrain.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the start to write"
    )
    _takes_training_options(pretrain)

    playlist = _command(commands, "playlist", _playlist, "make a playlist from a few songs")
    playlist.add_argument("model", type=Path, metavar="MODEL", help="a model file")
    playlist.add_argument(
        "songs", metavar="SONGS", help="names, ids or links of songs, separated by ';'"
    )
    playlist.add_argument(
        "--length", type=_count, default=20, metavar="N", help="tracks (default: %(default)s)"
    )
    playlist.add_argument(
        "--most-per-artist",
        type=_count,
        default=3,
        metavar="N",
        help="tracks of one artist at most (default: %(default)s)",
    )
    playlist.add_argument(
        "--adventure",
        type=_share,
        default=0.5,
        metavar="X",
        help="0 for what is heard often ... 1 for what is heard seldom (default: %(default)s, as "
        "the model ranks)",
    )
    playlist.add_argument(
        "--rng-seed", type=_count, metavar="N", help="let chance decide between near-equals"
    )

    evaluate = _command(commands, "evaluate", _evaluate, "measure how well the next track is known")
    _takes_exports(evaluate, "one file, archive or folder per listener")
    evaluate.add_argument(
        "--merge", action="store_true", help="all exports are of one and the same listener"
    )
    evaluate.add_argument(
        "--model",
        dest="models",
        action="append",
        choices=(*MODEL_NAMES, "all"),
        help="which model; may be given several times (default: all, which are all but the slow "
        f"{' and '.join(SLOW_MODELS)})",
    )
    _takes_start(evaluate)
    _takes_training_options(evaluate)

    demo = _command(commands, "demo-export", _demo_export, "write the export of an invented person")
    demo.add_argument("path", type=Path, metavar="PATH", help="the zip file to write")
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], None], summary: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + "."
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=run)
    return parser


def _takes_exports(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("exports", nargs="+", metavar="EXPORT", help=what)


def _takes_start(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--start",
        default="shipped",
        metavar="FILE",
        help="what the songnet model starts from: a file that `songnet pretrain` wrote, or "
        "'nothing' (default: %(default)s)",
    )


def _takes_training_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rng-seed", type=_count, default=0, metavar="N", help="default: %(default)s"
    )
    parser.add_argument(
        "--threads", type=_positive, default=1, metavar="N", help="default: %(default)s"
    )


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 on, not '{text}'")
    return int(text)


def _positive(text: str) -> int:
    if not _count(text):
        raise argparse.ArgumentTypeError("expected a whole number from 1 on, not '0'")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, not '{text}'")
    return share


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def _inspect(options: argparse.Namespace) -> None:
    from songnet.exports import read_history

    _, report = read_history(*options.exports)
    if options.json:
        _print_json(report.to_json())
    else:
        from songnet import display

        display.show_import(report)


def _train(options: argparse.Namespace) -> None:
    from songnet import display
    from songnet.exports import read_history

    _check_output(options.output)
    history, report = read_history(*options.exports)
    from songnet.recommender import Recommender
    from songnet.training import TrainingConfig

    before = Recommender.load(options.update) if options.update else None
    with display.training_bar(visible=not options.json) as on_progress:
        recommender = Recommender.train(
            history,
            on_progress=on_progress,
            rng_seed=options.rng_seed,
            threads=options.threads,
            config=TrainingConfig(
                model=options.model,
                start=options.start,
                compared_with=[name for name in PEERS if name != options.model],
            ),
            start=before,
        )
    recommender.save(options.output)
    if options.json:
        _print_json(
            {
                "file": str(options.output),
                "bytes": options.output.stat().st_size,
                "trained_on": recommender.facts(),
                "import": report.to_json(),
            }
        )
    else:
        display.show_trained(recommender.trained_on, options.output)


def _pretrain(options: argparse.Namespace) -> None:
    from songnet import display
    from songnet.exports import read_history

    _check_output(options.output)
    histories = [read_history(path)[0] for path in options.exports]
    from songnet.models import start
    from songnet.pretraining import pretrain

    with display.pretraining_bar(visible=not options.json) as on_progress:
        net = pretrain(
            histories,
            rng_seed=options.rng_seed,
            threads=options.threads,
            on_progress=on_progress,
        )
    start.save(net, options.output)
    size = options.output.stat().st_size
    if options.json:
        _print_json({"file": str(options.output), "bytes": size, "listeners": len(histories)})
    else:
        listeners = counted(len(histories), "listener")
        sys.stdout.write(f"{options.output}: a start from {listeners}, {size:,} bytes.\n")


def _check_output(path: Path) -> None:
    """Before minutes of work, not after them.

    Raises:
        OSError: nothing can be written there.
    """
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(2, "there is no such folder", str(path.parent))
    if path.is_dir():
        raise IsADirectoryError(21, "it is a folder; name a file in it", str(path))


def _playlist(options: argparse.Namespace) -> None:
    from songnet import display
    from songnet.recommender import Recommender
    from songnet.seeds import queries_in

    recommender = Recommender.load(options.model)
    queries = queries_in(options.songs)
    playlist = recommender.playlist(
        queries,
        length=options.length,
        rng_seed=options.rng_seed,
        most_per_artist=options.most_per_artist or None,
        adventure=options.adventure,
    )
    unknown = recommender.find_seeds(queries).unknown
    if options.json:
        _print_json(display.playlist_json(playlist, unknown))
    else:
        display.show_playlist(playlist, unknown)


def _evaluate(options: argparse.Namespace) -> None:
    from songnet import display
    from songnet.evaluation import as_json, evaluate
    from songnet.exports import read_history
    from songnet.training import TrainingConfig

    groups = [options.exports] if options.merge else [[path] for path in options.exports]
    histories = {
        " + ".join(Path(path).name for path in group): read_history(*group)[0] for group in groups
    }
    with display.evaluation_bar(visible=not options.json) as on_progress:
        evaluation = evaluate(
            histories,
            _models(options.models or ["all"]),
            TrainingConfig(start=options.start),
            rng_seed=options.rng_seed,
            threads=options.threads,
            on_progress=on_progress,
        )
    if options.json:
        _print_json(as_json(evaluation))
    else:
        from songnet.scoreboard import show_evaluation

        show_evaluation(evaluation)


def _models(wished: Sequence[str]) -> tuple[str, ...]:
    """Each once, in the order in which they were asked for."""
    names = [name for wish in wished for name in (DEFAULT_MODELS if wish == "all" else (wish,))]
    return tuple(dict.fromkeys(names))


def _demo_export(options: argparse.Namespace) -> None:
    from songnet.demo import write_demo_export

    # The name that a person thinks of first is that of the real export in the same folder.
    if options.path.exists():
        raise FileExistsError(17, "it is there already; name a new file", str(options.path))
    write_demo_export(options.path)
    size = options.path.stat().st_size
    if options.json:
        _print_json({"file": str(options.path), "bytes": size})
    else:
        sys.stdout.write(f"{options.path}: the export of an invented listener, {size:,} bytes.\n")


if __name__ == "__main__":
    sys.exit(main())
