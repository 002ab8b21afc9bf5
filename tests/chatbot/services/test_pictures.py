"""What is counted for a picture, and that all of it can be read, whatever the names."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from chatbot.conversation.language import speaking
from chatbot.conversation.picture_answers import picture_words
from chatbot.services.lettering import UNWRITABLE
from chatbot.services.pages import DOTS_PER_INCH, TEXT_POINTS, WIDTH_INCHES
from chatbot.services.pictures import (
    CardRequest,
    Listening,
    StatsRequest,
    card_page,
    draw_card,
    draw_stats,
    month_ticks,
    stats_page,
)
from songnet.music import History

NAMES = (
    "The Presidents of the United",
    "The Presidents of the United States of America and Friends, 2",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "夜に駆ける YOASOBI",
    "أم كلثوم",
    "נעמי שמר",
    "$A$AP $ \\frac{",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3b5",
)
SPANS = {
    "one play": ["2026-02-03T10:00Z"],
    "two months": ["2025-12-31T10:00Z", "2026-01-01T10:00Z"],
    "thirteen months": ["2025-01-31T10:00Z", "2026-01-01T10:00Z"],
    "nine years": ["2015-02-01T10:00Z", "2024-05-01T10:00Z"],
    "twenty years": ["2005-03-01T10:00Z", "2025-08-01T10:00Z"],
    "fifty years": ["1975-03-01T10:00Z", "2025-08-01T10:00Z"],
}
ZONES = ("UTC", "America/Argentina/Buenos_Aires", "America/Argentina/ComodRivadavia")


def plays(times: list[str], artists: list[str], titles: list[str]) -> pd.DataFrame:
    started = pd.to_datetime(times, utc=True)
    return History.from_plays(
        pd.DataFrame({"started_at": started, "artist": artists, "title": titles})
    ).frame


def three_plays() -> pd.DataFrame:
    times = ["2026-01-31T23:30:00Z", "2026-02-01T10:00:00Z", "2026-02-02T10:00:00Z"]
    return plays(times, ["Kino"] * 3, ["a", "b", "a"])


def listening(times: list[str], names: tuple[str, ...]) -> Listening:
    counted = Listening.of(plays(times, ["x"] * len(times), ["a"] * len(times)), "UTC")
    artists = [(name, 123_456 - 999 * place) for place, name in enumerate(names)]
    return Listening(
        artists, counted.by_hour, counted.by_weekday, counted.months, counted.new, counted.repeated
    )


def extents(figure: Figure) -> dict[Text, Bbox]:
    """Where every text is that can be seen."""
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    seen = [text for text in texts if text.get_visible() and text.get_text().strip()]
    return {text: text.get_window_extent() for text in seen}


def illegible(figure: Figure) -> list[str]:
    """Everything that is wrong with the texts of a picture."""
    found = extents(figure)
    page = figure.bbox
    wrong = [
        f"outside: {text.get_text()}"
        for text, box in found.items()
        if box.x0 < page.x0 or box.x1 > page.x1 or box.y0 < page.y0 or box.y1 > page.y1
    ]
    wrong += [
        f"overlap: {one.get_text()} | {other.get_text()}"
        for (one, box), (other, other_box) in combinations(found.items(), 2)
        if box.overlaps(other_box)
    ]
    bars = [bar.get_window_extent() for axes in figure.axes for bar in axes.patches]
    wrong += [
        f"on a bar: {text.get_text()}" for text, box in found.items() if box.count_overlaps(bars)
    ]
    small = [text.get_text() for text in found if float(text.get_fontsize()) < TEXT_POINTS]
    return wrong + [f"small: {text}" for text in small]


def words_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in extents(figure)]


def test_hours_and_days_are_those_of_the_time_zone() -> None:
    at_home = Listening.of(three_plays(), "Europe/Berlin")
    assert at_home.by_hour[0] == 1
    assert at_home.by_hour[11] == 2
    assert list(at_home.by_weekday) == [1, 0, 0, 0, 0, 0, 2]
    assert at_home.months == ["2026-02"]
    assert (at_home.new, at_home.repeated) == ([2], [1])
    assert Listening.of(three_plays(), "UTC").months == ["2026-01", "2026-02"]


def test_months_without_plays_are_months_too() -> None:
    counted = Listening.of(
        plays(["2015-11-01T00:00Z", "2016-02-01T00:00Z"], ["x", "x"], ["a", "a"]), "UTC"
    )
    assert counted.months == ["2015-11", "2015-12", "2016-01", "2016-02"]
    assert (counted.new, counted.repeated) == ([1, 0, 0, 0], [0, 0, 0, 1])


def test_nothing_played_counts_as_nothing() -> None:
    nothing = Listening.of(three_plays().head(0), "UTC")
    assert (nothing.months, nothing.artists) == ([], [])
    assert not illegible(stats_page(nothing, picture_words(None)).figure)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("span", SPANS)
def test_statistics_can_be_read(span: str, language: str) -> None:
    with speaking(language):
        words = picture_words(ZONES[-1])
    assert not illegible(stats_page(listening(SPANS[span], NAMES), words).figure)


@pytest.mark.parametrize(
    ("language", "found"),
    [
        ("en", {"Plays: 2, Jan 2025 to Jan 2026", "123,456", "Jan 2025"}),
        ("de", {"Wiedergaben: 2, Jan. 2025 bis Jan. 2026", "123.456", "Jan. 2025"}),
    ],
)
def test_numbers_and_months_are_written_as_people_write_them(
    language: str, found: set[str]
) -> None:
    with speaking(language):
        words = picture_words(None)
    figure = stats_page(listening(SPANS["thirteen months"], ("Kino",)), words).figure
    assert found <= {*words_of(figure)}


@pytest.mark.parametrize("span", SPANS)
def test_no_month_leaves_the_chart(span: str) -> None:
    figure = stats_page(listening(SPANS[span], ("Kino",)), picture_words(None)).figure
    chart = figure.axes[-1].get_window_extent()
    labels = [box for text, box in extents(figure).items() if text.get_text()[-4:].isdecimal()]
    below = [box for box in labels if box.y1 < chart.y0]
    assert below
    assert all(chart.x0 - 1 <= box.x0 and box.x1 <= chart.x1 + 1 for box in below)


@pytest.mark.parametrize("zone", ZONES)
def test_the_time_zone_is_told_in_full(zone: str) -> None:
    figure = stats_page(listening(SPANS["one play"], ("Kino",)), picture_words(zone)).figure
    assert zone in words_of(figure)


def test_of_a_time_zone_without_room_the_place_is_told() -> None:
    words = picture_words(f"America/{'Long_' * 12}/North_Pole")
    figure = stats_page(listening(SPANS["one play"], ("Kino",)), words).figure
    assert "North Pole" in words_of(figure)
    assert not illegible(figure)


def test_a_long_name_takes_no_room_from_the_charts() -> None:
    words = picture_words(None)
    short, long = (
        stats_page(listening(SPANS["one play"], (name,)), words).figure for name in ("A", NAMES[1])
    )
    places = [[axes.get_position().bounds for axes in figure.axes] for figure in (short, long)]
    assert places[0] == places[1]
    assert all(bounds[2] > 0.85 for bounds in places[0])


def test_one_month_is_named() -> None:
    assert month_ticks(["2026-02"], 0.9, 0.9, 0.6) == [(-0.4, "2026-02")]


def test_of_many_months_some_are_named() -> None:
    months = Listening.of(plays(SPANS["thirteen months"], ["x"] * 2, ["a"] * 2), "UTC").months
    assert month_ticks(months, 0.4, 0.9, 0.6) == [
        (-0.4, "2025-01"), (2.6, "2025-04"), (5.6, "2025-07"), (8.6, "2025-10"), (11.6, "2026-01"),
    ]  # fmt: skip


def test_of_many_years_some_are_named_where_they_begin() -> None:
    months = Listening.of(plays(SPANS["twenty years"], ["x"] * 2, ["a"] * 2), "UTC").months
    assert len(months) == 246
    ticks = month_ticks(months, 5.3 / 246, 0.9, 0.6)
    assert [name for _, name in ticks] == ["2010", "2015", "2020", "2025"]
    assert all(months[int(place + 0.5)] == f"{name}-01" for place, name in ticks)


@pytest.mark.parametrize("count", [0, 1, 5, 50])
def test_every_track_of_a_playlist_can_be_read(count: int) -> None:
    pairs = [(song, artist) for song in NAMES for artist in reversed(NAMES)]
    figure = card_page(CardRequest("", "From " * 30, tuple(pairs[:count]), "songnet")).figure
    assert not illegible(figure)
    numbers = [words for words in words_of(figure) if words.isdecimal()]
    assert numbers == [f"{number}" for number in range(1, count + 1)]


def test_a_picture_is_as_high_as_its_tracks_need() -> None:
    heights = [
        card_page(CardRequest("", "x", (("a", "b"),) * count, "x")).figure.get_figheight()
        for count in (5, 50)
    ]
    assert heights[0] < WIDTH_INCHES < heights[1]


def test_a_row_holds_as_much_of_a_title_as_there_is_room_for() -> None:
    title = "Bohemian Rhapsody - Remastered 2011"
    figure = card_page(CardRequest("", "x", ((title, "Queen"), (NAMES[1], "Queen")), "x")).figure
    assert title in words_of(figure)
    (cut,) = [box for text, box in extents(figure).items() if text.get_text().endswith("…")]
    queen = [box for text, box in extents(figure).items() if text.get_text() == "Queen"][1]
    assert queen.x0 - cut.x1 < 0.5 * DOTS_PER_INCH


def test_a_title_takes_two_lines() -> None:
    title = "From Bohemian Rhapsody, Stairway to Heaven"
    words = words_of(card_page(CardRequest("", title, (), "x")).figure)
    assert " ".join(words[:2]) == title


def test_dollars_are_no_mathematics() -> None:
    assert "$A$AP $" in words_of(card_page(CardRequest("", "$A$AP $", (), "x")).figure)


def test_what_no_font_has_is_marked() -> None:
    figure = card_page(CardRequest("", "a\U0010fffd b", (), "x")).figure
    assert f"a{UNWRITABLE} b" in words_of(figure)


def test_both_pictures_are_written_as_files(tmp_path: Path) -> None:
    History.from_plays(three_plays()).write_parquet(tmp_path / "history")
    stats, card = tmp_path / "stats.png", tmp_path / "card.png"
    words = picture_words(None)
    draw_stats(print, StatsRequest(str(tmp_path / "history"), str(stats), "UTC", words))
    draw_card(print, CardRequest(str(card), "x", (("a", "b"),), "x"))
    for path in (stats, card):
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert picture.width == WIDTH_INCHES * DOTS_PER_INCH
