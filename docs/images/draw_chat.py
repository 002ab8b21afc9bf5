"""Draws chat.svg, the README's picture of a chat: `python docs/images/draw_chat.py`.

The words come from the bot itself, the figures and songs from a run of `make demo`. A test draws it
again and compares, so the picture never shows what the bot does not say.
"""  # noqa: INP001 - a script beside its picture, not a package

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from chatbot.conversation import card_replies, import_replies, measures, progress_replies
from chatbot.services.jobs import Job, JobProgress, JobState
from chatbot.services.playlist_records import MadePlaylist
from songnet.music import Track
from songnet.training import Phase

PICTURE = Path(__file__).with_name("chat.svg")

FILE, FILE_BYTES = "my_spotify_data.zip", 499_136
REPORT = {
    "rows": 13_290,
    "plays": 12_000,
    "tracks": 477,
    "history_plays": 12_000,
    "history_tracks": 477,
    "added": 12_000,
    "first_play": "2023-01-01T22:24:59.666000Z",
    "last_play": "2024-12-30T22:39:23Z",
    "top_artists": [
        ("Pritam", 855),
        ("Alan Walker", 639),
        ("Taylor Swift", 560),
        ("Maroon 5", 531),
        ("Vishal-Shekhar", 431),
    ],
    "skipped": {"duplicate": 710, "no_metadata": 190, "podcast": 390},
    "plays_per_year": {"2023": 6_280, "2024": 5_720},
    "uri_share": 0.0,
    "files": [{"file": FILE, "format": "spotify-extended", "plays": 12_000}],
}
EXAMPLES = ("Faded", "Manchala", "Beete Lamhein")
SEEDS = (
    ("Faded", "Alan Walker"),
    ("Fearless Pt. II", "Lost Sky"),
    ("Don't You Worry Child", "Swedish House Mafia"),
)
TRACKS = (
    ("Infectious", "Tobu"),
    ("Heading Home", "Alan Walker"),
    ("Ocean", "Martin Garrix"),
    ("On My Way", "Alan Walker"),
    ("Symbolism", "Electro-Light"),
    ("Where We Started", "Lost Sky"),
    ("Doorie", "Atif Aslam"),
    ("Sick Boy", "The Chainsmokers"),
    ("In the End", "Linkin Park"),
    ("Shelter", "Porter Robinson"),
    ("Paris", "The Chainsmokers"),
    ("Higher", "Tobu"),
    ("Time Lapse", "TheFatRat"),
    ("Wonderwall", "Oasis"),
    ("Well Meet Again", "TheFatRat"),
    ("Warriors", "League of Legends"),
    ("In the Name of Love", "Martin Garrix"),
    ("Shine", "Spektrem"),
    ("Fearless", "Lost Sky"),
    ("Feel Good", "Syn Cole"),
)
LEARNING = JobProgress(
    "training", 0.45, 14, {"phase": Phase.CHOOSING.value, "epoch": 11, "epochs": 16}
)

PANE_WIDTH, GAP, MARGIN = 470, 16, 14
LINE, SMALL = 21, 10
BAR_WIDTH = 330
CHARACTERS = 54
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
STYLE = f"""
text {{ font: 14px {FONT}; fill: #e4e6eb; white-space: pre }}
.title {{ font-weight: 600; fill: #ffffff }}
.link {{ fill: #7ab7ff; text-decoration: underline }}
.quiet {{ fill: #a8adb7 }}
.pane {{ fill: #1e2026; stroke: #3c404b }}
.bot {{ fill: #2b2e37 }}
.person {{ fill: #34508f }}
.track {{ fill: #454a57 }}
.bar {{ fill: #5b8cff }}
.seed {{ fill: #57c785 }}
"""


@dataclass
class Pane:
    """A chat window that is filled from top to bottom."""

    left: float
    shapes: list[str] = field(default_factory=list)
    overlay: list[str] = field(default_factory=list)
    y: float = MARGIN

    def bubble(self, lines: list[str], *, by_person: bool = False, extra: float = 0) -> float:
        """Draws a bubble around lines of SVG text; returns the y below its last line."""
        wide = PANE_WIDTH - 2 * MARGIN - (24 if by_person else 0)
        x = self.left + (PANE_WIDTH - MARGIN - wide if by_person else MARGIN)
        height = len(lines) * LINE + extra + 2 * SMALL
        kind = "person" if by_person else "bot"
        self.shapes.append(
            f'<rect class="{kind}" x="{x}" y="{self.y}" width="{wide}" height="{height}" rx="10"/>'
        )
        y = self.y + SMALL
        for line in lines:
            y += LINE
            self.shapes.append(f'<text x="{x + 14}" y="{y - 6}">{line}</text>')
        self.y += height + SMALL
        return y

    def bar(self, y: float, done: float) -> None:
        """Draws a progress bar with its percentage."""
        place = f'x="{self.left + MARGIN + 14}" y="{y}" height="10" rx="5"'
        self.shapes += [
            f'<rect class="track" {place} width="{BAR_WIDTH}"/>',
            f'<rect class="bar" {place} width="{BAR_WIDTH * done:.0f}"/>',
            (
                f'<text class="quiet" x="{self.left + MARGIN + 28 + BAR_WIDTH}" y="{y + 10}">'
                f"{done * 100:.0f} %</text>"
            ),
        ]

    def button(self, y: float, label: str) -> None:
        """Draws a button."""
        x = self.left + MARGIN + 14
        self.shapes += [
            f'<rect class="track" x="{x}" y="{y}" width="80" height="26" rx="6"/>',
            f'<text x="{x + 40}" y="{y + 18}" text-anchor="middle">{escape(label)}</text>',
        ]

    def seeds(self, y: float, count: int) -> None:
        """Marks lines as seeds; to be drawn over the bubble that comes next."""
        for number in range(count):
            centre = f'cx="{self.left + MARGIN + 20}" cy="{y + number * LINE + 10}"'
            self.overlay.append(f'<circle class="seed" {centre} r="4"/>')


def words(text: str, kind: str = "") -> str:
    """A run of text of one kind."""
    return f'<tspan class="{kind}">{escape(text)}</tspan>' if kind else escape(text)


def wrap(text: str, width: int = CHARACTERS) -> list[str]:
    """Breaks at spaces; room enough for the widest common font."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            if line and len(line) + 1 + len(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
    return lines


def import_pane() -> Pane:
    """A history is sent, read and learned from."""
    pane = Pane(0)
    size = f'<tspan class="quiet" dx="10">{measures.megabytes(FILE_BYTES)}</tspan>'
    pane.bubble([words(FILE) + size], by_person=True)
    job = Job("", "import", 1, "", JobState.RUNNING, datetime(2026, 1, 1, tzinfo=UTC))
    learning = progress_replies.import_progress(replace(job, progress=LEARNING), (FILE,))
    assert learning.done is not None
    y = pane.bubble(title_and_text(learning.title, learning.text), extra=54)
    pane.bar(y + 4, learning.done)
    pane.button(y + 24, learning.buttons[0][0].label)
    ready = progress_replies.import_learned()
    pane.bubble(title_and_text(ready.title, ready.text))
    found = import_replies.import_report(REPORT, (FILE,), EXAMPLES, ())
    pane.bubble(title_and_text(found.title, found.text))
    return pane


def playlist_pane() -> Pane:
    """A playlist is asked for."""
    pane = Pane(PANE_WIDTH + GAP)
    pane.bubble([words(f"/playlist {'; '.join(title for title, _ in SEEDS)}")], by_person=True)
    seeds, tracks = _tracks(SEEDS), _tracks(TRACKS)
    urls = dict.fromkeys((track.track_id for track in (*seeds, *tracks)), "")
    card = card_replies.playlist_card(MadePlaylist("", seeds, tracks, (), urls), ())
    heading = [words(line, "title") for line in wrap(card.title)]
    lines = [words(f"{row.title}", "link") + words(f" - {row.artist}") for row in card.seeds]
    songs = [
        words(f"{row.position}. ") + words(row.title, "link") + words(f" - {row.artist}")
        for row in card.tracks
    ]
    pane.seeds(pane.y + SMALL + len(heading) * LINE, len(lines))
    pane.bubble([*heading, *(f'<tspan dx="18">{line}</tspan>' for line in lines), *songs])
    return pane


def title_and_text(title: str, text: str) -> list[str]:
    """A message's lines."""
    return [words(title, "title"), *map(words, wrap(text))]


def _tracks(names: tuple[tuple[str, str], ...]) -> tuple[Track, ...]:
    return tuple(Track(f"{title}/{artist}", artist, title) for title, artist in names)


def draw() -> str:
    """The picture as SVG."""
    panes = (import_pane(), playlist_pane())
    width = 2 * PANE_WIDTH + GAP
    height = max(pane.y for pane in panes) + MARGIN - SMALL
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" '
            'role="img" aria-labelledby="title">'
        ),
        (
            '<title id="title">A chat with songnet: a listening history is sent, learned from, and '
            "answered with a playlist</title>"
        ),
        f"<style>{STYLE}</style>",
    ]
    for pane in panes:
        parts.append(
            f'<rect class="pane" x="{pane.left + 0.5}" y="0.5" width="{PANE_WIDTH - 1}" '
            f'height="{height - 1:.0f}" rx="12"/>'
        )
        parts += [*pane.shapes, *pane.overlay]
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
