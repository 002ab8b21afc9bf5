"""What is counted for a picture, and that names of any script can be drawn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from PIL import Image

from chatbot.services.pictures import (
    DOTS_PER_INCH,
    INCHES,
    CardRequest,
    Lettering,
    Listening,
    PictureWords,
    StatsRequest,
    draw_card,
    draw_stats,
)
from songnet.music import History

SCRIPTS = (
    "Ólafur Arnalds",
    "夜に駆ける",
    "أم كلثوم",
    "Кино",
    "$A$AP $",
    "\U0001f3b5",
    "x" * 200,
    "",
)
WORDS = PictureWords("t", "a", "h", "w", "m", "n", "r", "UTC", tuple("1234567"))
SIZE = tuple(round(inches * DOTS_PER_INCH) for inches in INCHES)


def plays() -> pd.DataFrame:
    started = pd.to_datetime(
        ["2026-01-31T23:30:00Z", "2026-02-01T10:00:00Z", "2026-02-02T10:00:00Z"], utc=True
    )
    return History.from_plays(
        pd.DataFrame({"started_at": started, "artist": "Kino", "title": ["a", "b", "a"]})
    ).frame


def test_hours_and_days_are_those_of_the_time_zone() -> None:
    at_home = Listening.of(plays(), "Europe/Berlin")
    assert at_home.by_hour[0] == 1
    assert at_home.by_hour[11] == 2
    assert list(at_home.by_weekday) == [1, 0, 0, 0, 0, 0, 2]
    assert at_home.months == ["2026-02"]
    assert (at_home.new, at_home.repeated) == ([2], [1])
    assert Listening.of(plays(), "UTC").months == ["2026-01", "2026-02"]


def test_both_pictures_are_drawn_whatever_the_names(tmp_path: Path) -> None:
    frame = plays().loc[[0] * len(SCRIPTS)].assign(artist=[name or "?" for name in SCRIPTS])
    history = History.from_plays(frame)
    history.write_parquet(tmp_path / "history")
    stats, card = tmp_path / "stats.png", tmp_path / "card.png"
    draw_stats(print, StatsRequest(str(tmp_path / "history"), str(stats), "UTC", WORDS))
    draw_card(print, CardRequest(str(card), "From " * 30, tuple((s, s) for s in SCRIPTS), "x"))
    for path in (stats, card):
        with Image.open(path) as picture:
            assert picture.size == SIZE


def test_what_no_font_has_is_left_out() -> None:
    lettering = Lettering()
    assert lettering.short("Ólafur") == "Ólafur"
    assert lettering.short("a\U0010fffdb") == "ab"
    assert lettering.short("\U0010fffd") == "✱"
    assert len(lettering.short("x" * 200)) == 28
