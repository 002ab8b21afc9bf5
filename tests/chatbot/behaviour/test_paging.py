"""A card that no message could hold, turned page by page on every platform."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chatbot.behaviour.conftest import LEARNING_SECONDS, World
from tests.chatbot.behaviour.test_cards import tracks
from tests.chatbot.behaviour.test_imports import says
from tests.chatbot.drivers.base import Seen

SONGS = 56
"""So few plays are answered by counts, which learn in no time."""
LONG = "<b>@everyone</b> `x` " + "שיר 歌 🎵 " * 30


def name(number: int) -> str:
    return f"Song {number} {LONG}"[:200].strip()


@pytest.fixture
def long_titles(tmp_path: Path) -> Path:
    """The export of somebody whose songs all have titles of two hundred characters."""
    start = datetime(2026, 5, 1, tzinfo=UTC)
    rows = [
        {
            "endTime": f"{start + timedelta(minutes=4 * number + 60 * (number // 7)):%Y-%m-%d %H:%M}",
            "artistName": f"Artist {number}",
            "trackName": name(number),
            "msPlayed": 200_000,
        }
        for number in range(SONGS)
    ]
    path = tmp_path / "StreamingHistory_music_0.json"
    path.write_text(json.dumps(rows))
    return path


def way_on(seen: Seen) -> str | None:
    return next((label for label in seen.buttons if label.endswith("▶")), None)


async def test_a_card_of_fifty_long_titles_is_one_message_that_is_turned(
    world: World, platform: str, long_titles: Path
) -> None:
    await world.person.send_files(long_titles)
    await world.person.wait_for(says("Now ask me for a playlist"), LEARNING_SECONDS)
    await world.person.command(f"/playlist {name(3)} length=50")
    page = await world.person.wait_for(lambda seen: "Why these?" in seen.buttons)
    card, found, pages = page.message_id, tracks(page), 1
    while (label := way_on(page)) is not None:
        await world.person.press(label)
        back = f"◀ {pages}/"
        page = await world.person.wait_for(
            lambda seen, back=back: any(each.startswith(back) for each in seen.buttons)
        )
        pages += 1
        assert page.message_id == card
        assert "Why these?" in page.buttons
        found += tracks(page)
    numbers = [int(number) for line in found for number in re.findall(r"Artist (\d+)$", line)]
    assert len(numbers) == len(set(numbers)) == 50
    assert (pages > 1) == (platform != "console")
