"""Pictures for people: their listening, and a playlist. Drawn in a child process.

Legible on a phone in dark mode: light on dark, portrait, nothing smaller than `TEXT_POINTS`. Names
in any script that a font of the machine has; characters that none has are left out, see
`Lettering`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from chatbot.services.learning import Send

INCHES = (6.0, 11.0)
DOTS_PER_INCH = 160
TEXT_POINTS = 11
TITLE_POINTS = 14
NAME_CHARACTERS = 28
TOP_ARTISTS = 8
MONTHS_SHOWN = 24
CARD_TRACKS = 25
DARK, LIGHT, MUTED = "#1b1c20", "#f2f3f5", "#9aa0a6"
NEW, KNOWN = "#f6b93b", "#5b8def"
FONTS = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "Noto Sans Devanagari",
    "Noto Emoji",
)
"""In this order, those of them that the machine has; the first comes with matplotlib."""


@dataclass(frozen=True)
class PictureWords:
    """What stands in a picture of somebody's listening, in their language."""

    title: str
    artists: str
    hours: str
    weekdays: str
    months: str
    new: str
    repeated: str
    times: str
    """Which time zone the hours are in."""
    days: tuple[str, ...]
    """Seven, Monday first."""


@dataclass(frozen=True)
class StatsRequest:
    """What the drawing child is given."""

    history: str
    picture: str
    timezone: str
    words: PictureWords


@dataclass(frozen=True)
class CardRequest:
    """A playlist to be drawn."""

    picture: str
    title: str
    tracks: tuple[tuple[str, str], ...]
    """(title, artist) of each."""
    footer: str


@dataclass(frozen=True)
class Listening:
    """What the picture shows, counted."""

    artists: Sequence[tuple[str, int]]
    by_hour: Sequence[int]
    """(24,)"""
    by_weekday: Sequence[int]
    """(7,), Monday first."""
    months: Sequence[str]
    new: Sequence[int]
    """(months,) plays of songs that had not been played before."""
    repeated: Sequence[int]
    """(months,) the others."""

    @classmethod
    def of(cls, plays: pd.DataFrame, timezone: str) -> Listening:
        """Counts plays, at the times of a time zone."""
        times = plays["started_at"].dt.tz_convert(ZoneInfo(timezone))
        months = times.dt.tz_localize(None).dt.to_period("M")
        is_new = ~plays["track_id"].duplicated()
        shown = sorted(months.unique())[-MONTHS_SHOWN:]
        artists = plays["artist"].value_counts().head(TOP_ARTISTS)
        return cls(
            [(str(name), int(count)) for name, count in artists.items()],
            _counts(times.dt.hour, 24),
            _counts(times.dt.day_of_week, 7),
            [str(month) for month in shown],
            [int((is_new & (months == month)).sum()) for month in shown],
            [int((~is_new & (months == month)).sum()) for month in shown],
        )


def draw_stats(_send: Send, request: StatsRequest) -> None:
    """Runs in a child process: one picture of somebody's listening, as PNG.

    Raises:
        BrokenHistory: the history cannot be read.
    """
    from songnet.music import History

    frame = History.read_parquet(Path(request.history)).frame
    listening = Listening.of(frame, request.timezone)
    words = request.words
    figure, lettering = _figure(), Lettering()
    grid = figure.add_gridspec(4, 1, height_ratios=[8, 4, 4, 5])
    figure.suptitle(words.title, fontsize=TITLE_POINTS + 4, fontweight="bold", color=LIGHT)
    axes = [figure.add_subplot(grid[row]) for row in range(4)]
    _draw_artists(axes[0], listening, words.artists, lettering)
    _draw_bars(axes[1], range(24), listening.by_hour, f"{words.hours} ({words.times})")
    axes[1].set_xticks(range(0, 24, 3), [f"{hour}" for hour in range(0, 24, 3)])
    _draw_bars(axes[2], range(7), listening.by_weekday, words.weekdays)
    axes[2].set_xticks(range(7), list(words.days))
    _draw_months(axes[3], listening, words)
    _save(figure, request.picture)


def draw_card(_send: Send, request: CardRequest) -> None:
    """Runs in a child process: a playlist as a picture, as PNG."""
    figure, lettering = _figure(), Lettering()
    axes = figure.add_subplot()
    axes.axis("off")
    axes.set_xlim(0, 1)
    tracks = request.tracks[:CARD_TRACKS]
    axes.set_ylim(len(tracks) + 1.5, -1)
    title = lettering.short(request.title, NAME_CHARACTERS + 8)
    axes.text(0, -0.6, title, fontsize=TITLE_POINTS + 4, fontweight="bold", color=LIGHT)
    for number, (song, artist) in enumerate(tracks, start=1):
        axes.text(0.05, number, f"{number}", ha="right", color=MUTED, fontsize=TEXT_POINTS)
        axes.text(0.08, number, lettering.short(song), color=LIGHT, fontsize=TEXT_POINTS)
        artist = lettering.short(artist, NAME_CHARACTERS - 8)  # noqa: PLW2901 - the same, readable
        axes.text(1, number, artist, ha="right", color=MUTED, fontsize=TEXT_POINTS)
    axes.text(0, len(tracks) + 1, request.footer, color=NEW, fontsize=TEXT_POINTS)
    _save(figure, request.picture)


class Lettering:
    """Names as far as the fonts of this machine can write them."""

    @cached_property
    def characters(self) -> frozenset[int]:
        """Every character that one of the fonts has."""
        from matplotlib import font_manager

        found: set[int] = set()
        for name in available_fonts():
            path = font_manager.findfont(name, fallback_to_default=False)
            found |= set(font_manager.get_font(path).get_charmap())
        return frozenset(found)

    def short(self, name: str, characters: int = NAME_CHARACTERS) -> str:
        """A name without what cannot be written, at most so long; a star where nothing is left."""
        kept = "".join(letter for letter in name if ord(letter) in self.characters).strip()
        kept = kept.replace("$", r"\$")  # else matplotlib reads mathematics
        return (kept if len(kept) <= characters else f"{kept[: characters - 1]}…") or "✱"


def available_fonts() -> list[str]:
    """Those of `FONTS` that the machine has."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return [name for name in FONTS if name in installed]


def _figure() -> Figure:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    mpl.rcParams |= {
        "font.family": available_fonts(),
        "text.color": LIGHT,
        "axes.edgecolor": DARK,
        "axes.facecolor": DARK,
        "axes.labelcolor": LIGHT,
        "xtick.color": MUTED,
        "ytick.color": LIGHT,
        "xtick.labelsize": TEXT_POINTS,
        "ytick.labelsize": TEXT_POINTS,
    }
    layout = ConstrainedLayoutEngine(w_pad=0.2, h_pad=0.15)
    return Figure(figsize=INCHES, dpi=DOTS_PER_INCH, facecolor=DARK, layout=layout)


def _save(figure: Figure, picture: str) -> None:
    figure.savefig(picture, format="png", facecolor=DARK)


def _draw_artists(axes: Axes, listening: Listening, title: str, lettering: Lettering) -> None:
    names = [lettering.short(name) for name, _ in listening.artists]
    counts = [count for _, count in listening.artists]
    places = range(len(names))
    axes.barh(places, counts, color=KNOWN)
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xticks([])
    for place, count in zip(places, counts, strict=True):
        axes.text(count, place, f" {count}", va="center", color=LIGHT, fontsize=TEXT_POINTS)
    axes.set_xlim(0, 1.2 * max(counts, default=1))
    _entitle(axes, title)


def _draw_bars(axes: Axes, places: Sequence[int], counts: Sequence[int], title: str) -> None:
    axes.bar(places, counts, color=KNOWN)
    axes.set_yticks([])
    _entitle(axes, title)


def _draw_months(axes: Axes, listening: Listening, words: PictureWords) -> None:
    places = range(len(listening.months))
    axes.bar(places, listening.repeated, color=KNOWN, label=words.repeated)
    axes.bar(places, listening.new, bottom=listening.repeated, color=NEW, label=words.new)
    step = max(1, -(-len(listening.months) // 6))
    axes.set_xticks(list(places)[::step], list(listening.months)[::step])
    axes.set_yticks([])
    axes.legend(
        loc="upper left", ncols=2, frameon=False, labelcolor=LIGHT, fontsize=TEXT_POINTS,
        bbox_to_anchor=(0, -0.15),
    )  # fmt: skip
    _entitle(axes, words.months)


def _entitle(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=TITLE_POINTS, color=LIGHT)
    axes.tick_params(length=0)


def _counts(values: Any, count: int) -> list[int]:
    found: Mapping[int, int] = values.value_counts().to_dict()
    return [int(found.get(place, 0)) for place in range(count)]
