"""Pictures for people: their listening, and a playlist. Drawn in a child process.

Legible on a phone in dark mode: light on dark, portrait, nothing smaller than `pages.TEXT_POINTS`.
Names in any script that a font of the machine has; a mark stands for the others, see
`lettering.Lettering`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from babel.numbers import format_decimal

from chatbot.services.pages import (
    GAP_INCHES,
    HEADING_POINTS,
    INNER_INCHES,
    LIGHT,
    MARGIN_INCHES,
    MUTED,
    TITLE_POINTS,
    WIDTH_INCHES,
    Page,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from chatbot.services.learning import Send

TOP_ARTISTS = 8
NEW, KNOWN = "#f6b93b", "#5b8def"
RIGHT = WIDTH_INCHES - MARGIN_INCHES

TITLE_INCHES = 0.75
HEADING_INCHES = 0.55
ARTIST_INCHES = 0.5
CHART_INCHES = 1.2
BELOW_CHART_INCHES = 0.5
LEGEND_INCHES = 0.4
ROW_INCHES = 0.37
LINE_INCHES = 0.36
"""Of a title."""

FEWEST_MONTHS = 6
"""So many have room, that one month is not one huge bar."""
MONTHS_NAMED = 24
"""Of more than these only the years are named."""
MONTHS_APART = 60
"""Of more than these the bars touch each other: they would be all gap."""
NUMBER_INCHES = 0.35
ARTIST_SHARE = 0.4
"""Of a row, for an artist whose song needs the rest of it."""


@dataclass(frozen=True)
class PictureWords:
    """What stands in a picture of somebody's listening, in their language."""

    locale: str
    """By whose rules numbers and months are written."""
    title: str
    total: str
    """With `{count}`, and the months `{first}` and `{last}`."""
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
    """From the first to the last, also those without plays."""
    new: Sequence[int]
    """(months,) plays of songs that had not been played before."""
    repeated: Sequence[int]
    """(months,) the others."""

    @property
    def total(self) -> int:
        """All plays."""
        return sum(self.new) + sum(self.repeated)

    @classmethod
    def of(cls, plays: pd.DataFrame, timezone: str) -> Listening:
        """Counts plays, at the times of a time zone."""
        times = plays["started_at"].dt.tz_convert(ZoneInfo(timezone))
        months = times.dt.tz_localize(None).dt.to_period("M")
        is_new = ~plays["track_id"].duplicated()
        shown = _whole_range(months)
        artists = plays["artist"].value_counts().head(TOP_ARTISTS)
        return cls(
            [(str(name), int(count)) for name, count in artists.items()],
            _counts(times.dt.hour, range(24)),
            _counts(times.dt.day_of_week, range(7)),
            shown,
            _counts(months[is_new].astype(str), shown),
            _counts(months[~is_new].astype(str), shown),
        )


def draw_stats(_send: Send, request: StatsRequest) -> None:
    """Runs in a child process: one picture of somebody's listening, as PNG.

    Raises:
        BrokenHistory: the history cannot be read.
    """
    from songnet.music import History

    frame = History.read_parquet(Path(request.history)).frame
    listening = Listening.of(frame, request.timezone)
    stats_page(listening, request.words).save(request.picture)


def draw_card(_send: Send, request: CardRequest) -> None:
    """Runs in a child process: a playlist as a picture, as PNG."""
    card_page(request).save(request.picture)


def stats_page(listening: Listening, words: PictureWords) -> Page:
    """The picture of somebody's listening."""
    chart = HEADING_INCHES + CHART_INCHES + BELOW_CHART_INCHES
    artists = HEADING_INCHES + ARTIST_INCHES * len(listening.artists)
    page = Page(TITLE_INCHES + LINE_INCHES + artists + 3 * chart + LEGEND_INCHES)
    page.write(words.title, MARGIN_INCHES, 0.55, INNER_INCHES, points=TITLE_POINTS, weight="bold")
    top = TITLE_INCHES + LINE_INCHES
    if listening.months:
        page.write(
            words.total.format(
                count=format_decimal(listening.total, locale=words.locale),
                first=_month_name(listening.months[0], words.locale),
                last=_month_name(listening.months[-1], words.locale),
            ),
            MARGIN_INCHES, 0.55 + LINE_INCHES, INNER_INCHES, color=MUTED,
        )  # fmt: skip
    _draw_artists(page, top, listening, words)
    top += artists
    axes = _draw_bars(page, top, listening.by_hour, words.hours, words.times)
    axes.set_xticks(range(0, 24, 3), [f"{hour}" for hour in range(0, 24, 3)])
    top += chart
    axes = _draw_bars(page, top, listening.by_weekday, words.weekdays)
    axes.set_xticks(range(7), list(words.days))
    _draw_months(page, top + chart, listening, words)
    return page


def card_page(request: CardRequest) -> Page:
    """The picture of a playlist: all of it, as high as it needs."""
    measuring = Page(1)
    lines = measuring.wrap(request.title, INNER_INCHES, TITLE_POINTS, "bold")
    above = TITLE_INCHES + LINE_INCHES * (len(lines) - 1) + 0.1
    page = Page(above + ROW_INCHES * (len(request.tracks) + 1) + 0.35)
    for place, line in enumerate(lines):
        page.write(
            line, MARGIN_INCHES, 0.55 + LINE_INCHES * place, INNER_INCHES,
            points=TITLE_POINTS, weight="bold",
        )  # fmt: skip
    for number, (song, artist) in enumerate(request.tracks, start=1):
        _write_track(page, above + ROW_INCHES * (number - 0.25), number, song, artist)
    below = above + ROW_INCHES * (len(request.tracks) + 1)
    page.write(request.footer, MARGIN_INCHES, below, INNER_INCHES, color=NEW)
    return page


def month_ticks(
    months: Sequence[str], month_inches: float, name_inches: float, year_inches: float
) -> list[tuple[float, str]]:
    """(place, words) of what is named below the months: months, or where they are many, years.

    Args:
        months: such as 2024-02, without gaps.
        month_inches: how wide one is.
        name_inches: how much the name of a month needs.
        year_inches: how much a year needs.
    """
    if len(months) <= MONTHS_NAMED:
        step = next((step for step in (1, 2, 3, 6) if step * month_inches >= name_inches), 12)
        # Where its bar begins; from the first month on, so that there is always one.
        return [(place - 0.4, months[place]) for place in range(0, len(months), step)]
    step = next((s for s in (1, 2, 5, 10, 20) if 12 * s * month_inches >= year_inches), 50)
    return [
        (place - 0.5, f"{year:04}")  # where the year begins
        for place, (year, month) in enumerate((int(each[:4]), int(each[5:])) for each in months)
        if month == 1 and year % step == 0
    ]


def _draw_artists(page: Page, top: float, listening: Listening, words: PictureWords) -> None:
    _entitle(page, top, words.artists)
    if not listening.artists:
        return
    top += HEADING_INCHES
    counts = [count for _, count in listening.artists]
    axes = page.chart(top, ARTIST_INCHES * len(counts))
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    # Names stand above their bars, so that a long one takes no room from any chart.
    axes.barh([place + 0.7 for place in range(len(counts))], counts, height=0.26, color=KNOWN)
    axes.set_xlim(0, max(counts))
    axes.set_ylim(len(counts), 0)
    for place, (name, count) in enumerate(listening.artists):
        baseline = top + ARTIST_INCHES * (place + 0.4)
        room = INNER_INCHES - GAP_INCHES
        plays = format_decimal(count, locale=words.locale)
        room -= page.write(plays, RIGHT, baseline, INNER_INCHES, color=MUTED, align="right")
        page.write(name, MARGIN_INCHES, baseline, room)


def _draw_bars(page: Page, top: float, counts: Sequence[int], title: str, beside: str = "") -> Axes:
    _entitle(page, top, title, beside)
    axes = page.chart(top + HEADING_INCHES, CHART_INCHES)
    axes.bar(range(len(counts)), counts, color=KNOWN)
    axes.set_xlim(-0.5, len(counts) - 0.5)
    return axes


def _draw_months(page: Page, top: float, listening: Listening, words: PictureWords) -> None:
    _entitle(page, top, words.months)
    top += HEADING_INCHES
    axes = page.chart(top, CHART_INCHES)
    places = range(len(listening.months))
    width = 0.8 if len(places) <= MONTHS_APART else 1.0
    axes.bar(places, listening.repeated, width, color=KNOWN)
    axes.bar(places, listening.new, width, bottom=listening.repeated, color=NEW)
    slots = max(len(places), FEWEST_MONTHS)
    axes.set_xlim(-0.5, slots - 0.5)
    _name_months(page, axes, listening.months, INNER_INCHES / slots, words.locale)
    if len(places) > MONTHS_NAMED:
        axes.tick_params(axis="x", length=4)
    baseline = top + CHART_INCHES + BELOW_CHART_INCHES + 0.2
    left, room = MARGIN_INCHES, INNER_INCHES / 2
    for color, name in ((KNOWN, words.repeated), (NEW, words.new)):
        left += page.write("■", left, baseline, room, color=color) + 0.08
        left += page.write(name, left, baseline, room - 0.5) + 2 * GAP_INCHES


def _name_months(
    page: Page, axes: Axes, months: Sequence[str], month_inches: float, locale: str
) -> None:
    """Words from the left end of their bars on, none of which leaves the chart."""
    names = {month: _month_name(month, locale) for month in months[: MONTHS_NAMED + 1]}
    needed = [max(map(page.measure, each), default=0.0) for each in (names.values(), ["2000"])]
    room = [inches + 0.75 * GAP_INCHES for inches in needed]
    ticks = [
        (place, names.get(name, name)) for place, name in month_ticks(months, month_inches, *room)
    ]
    fitting = [
        (place, name)
        for place, name in ticks
        if (place + 0.5) * month_inches + page.measure(name) <= INNER_INCHES
    ]
    axes.set_xticks([place for place, _ in fitting], [name for _, name in fitting])
    for label in axes.get_xticklabels():
        label.set_horizontalalignment("left")


def _month_name(month: str, locale: str) -> str:
    """A month such as 2024-02, in words."""
    first = date(int(month[:4]), int(month[5:]), 1)
    return str(format_skeleton("yMMM", first, locale=locale))


def _write_track(page: Page, baseline: float, number: int, song: str, artist: str) -> None:
    """One row; where it is too narrow for both, the artist gives way first."""
    left = MARGIN_INCHES + NUMBER_INCHES
    page.write(f"{number}", left, baseline, NUMBER_INCHES + 0.1, color=MUTED, align="right")
    left += 0.12
    room = RIGHT - left - GAP_INCHES
    for_artist = max(ARTIST_SHARE * room, room - page.measure(song))
    taken = page.write(artist, RIGHT, baseline, for_artist, color=MUTED, align="right")
    page.write(song, left, baseline, room - taken, color=LIGHT)


def _entitle(page: Page, top: float, title: str, beside: str = "") -> None:
    """A heading, and at the right what explains it: whole, or what is behind its last slash."""
    baseline = top + 0.4
    room = INNER_INCHES - GAP_INCHES
    room -= page.write(title, MARGIN_INCHES, baseline, INNER_INCHES, points=HEADING_POINTS)
    if not beside:
        return
    if page.measure(beside) > room:
        beside = beside.rpartition("/")[2].replace("_", " ")
    page.write(beside, RIGHT, baseline, room, color=MUTED, align="right")


def _whole_range(months: pd.Series) -> list[str]:
    import pandas as pd

    if months.empty:
        return []
    return [str(month) for month in pd.period_range(months.min(), months.max(), freq="M")]


def _counts(values: Any, places: Sequence[Any]) -> list[int]:
    found: Mapping[Any, int] = values.value_counts().to_dict()
    return [int(found.get(place, 0)) for place in places]
