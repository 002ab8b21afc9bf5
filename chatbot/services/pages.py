"""A dark page as wide as a phone, on which words and charts are placed in inches from its top."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from chatbot.services.lettering import JOINERS, Lettering, available_fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

WIDTH_INCHES = 6.0
MARGIN_INCHES = 0.35
INNER_INCHES = WIDTH_INCHES - 2 * MARGIN_INCHES
GAP_INCHES = 0.2
"""The least between two texts on a line."""
DOTS_PER_INCH = 160
TEXT_POINTS = 13
"""Nothing is smaller: 12 pixels on a screen that is 400 wide."""
HEADING_POINTS = 16
TITLE_POINTS = 19
LONGEST_TEXT = 300
"""More characters are not even measured."""
DARK, LIGHT, MUTED = "#1b1c20", "#f2f3f5", "#a9afb6"


class Page:
    """What is drawn on; every word is shortened to the room that it is given.

    Args:
        height_inches: how long it is.
    """

    def __init__(self, height_inches: float) -> None:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        mpl.rcParams |= {"font.family": available_fonts()}
        # It tells of every font that has no bold letters; its regular ones do.
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
        size = (WIDTH_INCHES, height_inches)
        self.figure: Figure = Figure(figsize=size, dpi=DOTS_PER_INCH, facecolor=DARK)
        self._renderer = FigureCanvasAgg(self.figure).get_renderer()  # type: ignore[no-untyped-call]
        self._height_inches = height_inches
        self._lettering = Lettering()

    def write(
        self,
        words: str,
        x: float,
        y: float,
        width: float,
        *,
        points: int = TEXT_POINTS,
        color: str = LIGHT,
        align: Literal["left", "right"] = "left",
        weight: str = "normal",
    ) -> float:
        """Writes a line and tells its width.

        Args:
            words: may hold anything.
            x: of its left or right end, as `align` says.
            y: of its baseline.
            width: the most that it may take.
            points: its size.
            color: its colour.
            align: where `x` is.
            weight: of the letters.
        """
        text = self._text(words, points, weight)
        text.set(x=x / WIDTH_INCHES, y=1 - y / self._height_inches, ha=align, color=color)
        _shorten(text, lambda: self._inches(text) <= width)
        return self._inches(text)

    def measure(self, words: str, points: int = TEXT_POINTS, weight: str = "normal") -> float:
        """How wide a line would be."""
        text = self._text(words, points, weight)
        width = self._inches(text)
        text.remove()
        return width

    def wrap(self, words: str, width: float, points: int, weight: str = "normal") -> list[str]:
        """Breaks at a space, where a line is too long for the width; at most two lines."""
        first = words.split()
        rest: list[str] = []
        while len(first) > 1 and self.measure(" ".join(first), points, weight) > width:
            rest.insert(0, first.pop())
        return [" ".join(line) for line in (first, rest) if line]

    def chart(self, top: float, height: float) -> Axes:
        """Axes between the margins, with nothing around them but a line below."""
        below = 1 - (top + height) / self._height_inches
        place = (
            MARGIN_INCHES / WIDTH_INCHES, below,
            INNER_INCHES / WIDTH_INCHES, height / self._height_inches,
        )  # fmt: skip
        axes = self.figure.add_axes(place, facecolor=DARK)
        axes.spines[["left", "top", "right"]].set_visible(False)
        axes.spines["bottom"].set_color(MUTED)
        axes.set_yticks([])
        axes.tick_params(axis="x", length=0, labelsize=TEXT_POINTS, labelcolor=MUTED, color=MUTED)
        return axes

    def save(self, picture: str) -> None:
        """As PNG."""
        self.figure.savefig(picture, format="png", facecolor=DARK)

    def _text(self, words: str, points: int, weight: str) -> Text:
        shown = self._lettering.writable(words[:LONGEST_TEXT])
        # Without `parse_math` two dollars would make mathematics of what is between them.
        return self.figure.text(0, 0, shown, fontsize=points, fontweight=weight, parse_math=False)

    def _inches(self, text: Text) -> float:
        return float(text.get_window_extent(self._renderer).width) / DOTS_PER_INCH


def _shorten(text: Text, fits: Callable[[], bool]) -> None:
    """Takes as much from the end as does not fit."""
    whole = text.get_text()
    if fits():
        return
    shortest, longest = 0, len(whole) - 1
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        text.set_text(_cut(whole, middle))
        if fits():
            shortest = middle
        else:
            longest = middle - 1
    text.set_text(_cut(whole, shortest))


def _cut(whole: str, length: int) -> str:
    """The beginning, no letter parted from its accents."""
    while length and (
        unicodedata.category(whole[length]).startswith("M")
        or not JOINERS.isdisjoint(whole[length - 1 : length + 1])
    ):
        length -= 1
    return f"{whole[:length].rstrip()}…"
