"""What the command line shows: tables on the standard output, progress on the standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.style import Style
from rich.table import Column, Table
from rich.text import Text

from songnet.wording import counted

if TYPE_CHECKING:
    from songnet.evaluation import Heard, Judging
    from songnet.exports import ImportReport
    from songnet.models.base import FitProgress
    from songnet.music import Playlist, Reason
    from songnet.seed_matches import UnknownSeed
    from songnet.trained_on import TrainedOn
    from songnet.training import TrainingProgress

LEFT_OUT = {
    "podcast": "podcasts",
    "audiobook": "audiobooks",
    "video": "videos",
    "no_play": "no plays",
    "no_metadata": "without a name",
    "no_artist": "without an artist",
    "bad_row": "unreadable",
    "bad_time": "with an impossible date",
    "bad_duration": "with an impossible length",
    "duplicate": "repeated",
}
"""By `songnet.exports.Skip`."""
PROBLEMS = {
    "BrokenArchive": "damaged",
    "EncryptedArchive": "needs a password",
    "LimitExceeded": "too large",
    "WrongPackage": "holds no listening history",
}
"""By the kind of a file's problem."""


def show_import(report: ImportReport) -> None:
    """What was read from a person's files, and what was not."""
    console = standard_output()
    period = ""
    if report.first_play is not None and report.last_play is not None:
        period = f", {report.first_play:%Y-%m-%d} to {report.last_play:%Y-%m-%d}"
    console.print(
        f"{counted(report.plays, 'play')} of {counted(report.tracks, 'track')} by "
        f"{counted(report.artists, 'artist')}{period}",
        highlight=False,
    )
    table = Table(Column("file", overflow="fold"), "format", "rows", "plays", "left out")
    for file in report.files:
        why = ", ".join(
            f"{count:,} {LEFT_OUT.get(reason, reason)}"
            for reason, count in sorted(file.skipped.items())
        )
        problem = PROBLEMS.get(file.problem.kind, file.problem.kind) if file.problem else ""
        table.add_row(
            escape(file.name),
            file.format or "",
            f"{file.rows:,}",
            f"{file.plays:,}",
            problem or why,
        )
    console.print(table)
    if report.ignored_files:
        console.print(f"Files that hold nothing for songnet: {report.ignored_files}.")
    years = ", ".join(f"{year}: {plays:,}" for year, plays in report.plays_per_year.items())
    console.print(f"Plays by year: {years}. With a link: {report.uri_share:.0%}.", highlight=False)
    if report.top_artists:
        top = ", ".join(f"{artist} ({plays:,})" for artist, plays in report.top_artists)
        console.print(f"Most played: {top}", markup=False, highlight=False, soft_wrap=False)


def show_trained(facts: TrainedOn, path: Path) -> None:
    """What a model has learned from, and what it reached."""
    console = standard_output()
    console.print(
        f"Learned from {counted(facts.plays, 'play')} of {counted(facts.tracks, 'track')} in "
        f"{counted(facts.sessions, 'session')}, {counted(facts.epochs, 'epoch')}, "
        f"{facts.seconds:.0f} s.",
        highlight=False,
    )
    if facts.too_few_plays_for:
        console.print(
            f"Too few plays for the {facts.too_few_plays_for} model: "
            f"this one counts ({facts.model}).",
            highlight=False,
        )
    if facts.metrics:
        console.print("On the latest plays, before it had seen them:", highlight=False)
        for name, metrics in {facts.model: facts.metrics, **facts.compared}.items():
            reached = ", ".join(f"{metric.upper()} {x:.3f}" for metric, x in metrics.items())
            console.print(f"  {name:12} {reached}", highlight=False)
    console.print(f"Saved as {path}.", markup=False, highlight=False)


def playlist_json(playlist: Playlist, unknown: Sequence[UnknownSeed]) -> dict[str, Any]:
    """A playlist as plain JSON values; times are ISO 8601 in UTC."""
    plain: dict[str, Any] = msgspec.to_builtins(
        {
            "seeds": playlist.seeds,
            "tracks": playlist.tracks,
            "stand_ins": playlist.stand_ins,
            "unknown": unknown,
        }
    )
    plain["tracks"] = [
        {"position": position, **track} for position, track in enumerate(plain["tracks"], start=1)
    ]
    return plain


def show_playlist(playlist: Playlist, unknown: Sequence[UnknownSeed]) -> None:
    """The tracks in order, each with its link and its strongest reason."""
    console = standard_output()
    link = Column("link", overflow="fold")  # what is cut off opens nothing
    table = Table("", "track", "why", link, box=None, header_style="")
    for position, track in enumerate(playlist.tracks, start=1):
        why = _words(track.reasons[0], playlist) if track.reasons else ""
        table.add_row(
            str(position), escape(str(track)), escape(why), Text(track.url, Style(link=track.url))
        )
    console.print(table)
    notes = Console(stderr=True, soft_wrap=True)
    for each in playlist.stand_ins:
        titles = ", ".join(track.title for track in each.tracks)
        sentence = (
            f"From songs by {each.artist}"
            if each.is_artist
            else f"Not in the library: '{each.query}'. Songs by {each.artist} stand for it"
        )
        notes.print(f"{sentence}: {titles}.", markup=False, highlight=False)
    for seed in unknown:
        near = "; ".join(f"{track.title} - {track.artist}" for track in seed.suggestions)
        hint = f" Near: {near}." if near else ""
        notes.print(f"Not in the library: '{seed.query}'.{hint}", markup=False, highlight=False)


def _words(reason: Reason, playlist: Playlist) -> str:
    known = (*playlist.seeds, *playlist.tracks, *(t for s in playlist.stand_ins for t in s.tracks))
    other = next((track for track in known if track.track_id == reason.track_id), None)
    artist = other.artist if other else ""
    last = f", last in {reason.last_at:%b %Y}" if reason.last_at else ""
    words = {
        "followed": f"{reason.count} x right after {other}{last}",
        "preceded": f"{reason.count} x right before {other}{last}",
        "together": f"in {reason.count} of {reason.of} sessions with {other}{last}",
        "same_album": f"from the album of {other}",
        "artist_followed": f"its artist {reason.count} x right after {artist}{last}",
        "same_artist": f"by the artist of {other}",
        "plays": f"played {reason.count} x{last}",
    }
    return words.get(reason.kind, reason.kind)


@contextmanager
def training_bar(*, visible: bool) -> Iterator[Callable[[TrainingProgress], None]]:
    """A progress bar for one training; nothing where nobody is there to see it."""
    with _bar(visible=visible) as bar:
        task = bar.add_task("learning", total=1.0)

        def on_progress(progress: TrainingProgress) -> None:
            bar.update(task, completed=progress.done, description=_stage(progress))

        yield on_progress


@contextmanager
def pretraining_bar(*, visible: bool) -> Iterator[Callable[[FitProgress], None]]:
    """A progress bar for a start; nothing where nobody is there to see it."""
    with _bar(visible=visible) as bar:
        task = bar.add_task("learning", total=1.0)
        yield lambda progress: bar.update(task, completed=progress.done)


@contextmanager
def evaluation_bar(*, visible: bool) -> Iterator[Heard]:
    """A progress bar for each model and listener of an evaluation."""
    with _bar(visible=visible) as bar:
        tasks: dict[tuple[str, str], Any] = {}

        def on_progress(
            listener: str, model: str, progress: TrainingProgress | Judging | None
        ) -> None:
            name = escape(f"{listener}: {model}")
            key = (listener, model)
            if key not in tasks:
                tasks[key] = bar.add_task(name, total=1.0)
            if progress is None:
                bar.update(tasks[key], completed=1.0, description=name)
            else:
                description = f"{name}, {_stage(progress)}"
                bar.update(tasks[key], completed=progress.done, description=description)

        yield on_progress


def _stage(progress: TrainingProgress | Judging) -> str:
    from songnet.evaluation import Judging

    if isinstance(progress, Judging):
        return "testing"
    left = progress.seconds_left
    time_left = "" if left is None else f", at most {left:.0f} s left"
    return f"{progress.phase} {progress.epoch}/{progress.epochs}{time_left}"


def _bar(*, visible: bool) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        console=console,
        disable=not (visible and console.is_terminal),
        transient=True,
    )


def standard_output() -> Console:
    """The standard output; as wide as its lines are where nobody looks at it."""
    console = Console(soft_wrap=True)
    return console if console.is_terminal else Console(soft_wrap=True, width=200)
