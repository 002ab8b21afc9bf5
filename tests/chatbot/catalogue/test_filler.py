from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from chatbot.catalogue import (
    Filled,
    LinkFiller,
    SearchRejected,
    SpotifyBusy,
    SpotifyRefused,
    SpotifyUnavailable,
    Stop,
)
from songnet.music import Track

TRACKS = [Track(f"t{number}", f"Artist {number}", f"Title {number}") for number in range(4)]
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def uri(number: int) -> str:
    return f"spotify:track:{number:022d}"


@dataclass
class Shelf:
    """A catalogue by hand: URIs or failures by title."""

    holds: dict[str, str | Exception | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def find(self, artist: str, title: str) -> str | None:
        self.asked.append(title)
        found = self.holds.get(title)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class Memory:
    """A cache in memory."""

    uris: dict[str, str | None] = field(default_factory=dict)
    times: dict[str, datetime] = field(default_factory=dict)
    spent: dict[date, int] = field(default_factory=dict)

    async def get_many(self, keys: Sequence[str]) -> dict[str, str | None]:
        return {key: self.uris[key] for key in keys if key in self.uris}

    async def put(self, key: str, uri: str | None, looked_up_at: datetime) -> None:
        self.uris[key] = uri
        self.times[key] = looked_up_at

    async def spend(self, day: date, budget: int) -> bool:
        if self.spent.get(day, 0) >= budget:
            return False
        self.spent[day] = self.spent.get(day, 0) + 1
        return True


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def shelf() -> Shelf:
    return Shelf({f"Title {number}": uri(number) for number in range(3)})


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def filler(shelf: Shelf, memory: Memory, clock: Clock) -> LinkFiller:
    return LinkFiller(shelf, memory, daily_budget=10, now=clock)


async def test_gaps_are_filled_and_what_is_not_there_is_kept_as_such(
    filler: LinkFiller, memory: Memory
) -> None:
    assert await filler.fill(TRACKS) == Filled(found=3, not_found=1, left=0)
    assert memory.uris == {"t0": uri(0), "t1": uri(1), "t2": uri(2), "t3": None}
    assert set(memory.times.values()) == {NOON}


async def test_nothing_is_looked_up_twice(filler: LinkFiller, shelf: Shelf) -> None:
    await filler.fill(TRACKS)
    assert await filler.fill(TRACKS) == Filled(0, 0, 0)
    assert len(shelf.asked) == 4


async def test_a_track_with_a_uri_is_not_looked_up(filler: LinkFiller, shelf: Shelf) -> None:
    await filler.fill([Track("t", "A", "B", uri=uri(9))])
    assert shelf.asked == []


async def test_the_budget_ends_a_day_and_the_next_day_goes_on(
    shelf: Shelf, memory: Memory, clock: Clock
) -> None:
    filler = LinkFiller(shelf, memory, daily_budget=3, now=clock)
    assert await filler.fill(TRACKS) == Filled(3, 0, left=1, stop=Stop.BUDGET)
    clock.time += timedelta(days=1)
    assert await filler.fill(TRACKS) == Filled(0, 1, left=0)


async def test_busy_stops_at_once_and_is_never_kept_as_not_found(
    filler: LinkFiller, shelf: Shelf, memory: Memory
) -> None:
    shelf.holds["Title 1"] = SpotifyBusy(68400)
    assert await filler.fill(TRACKS) == Filled(1, 0, left=3, stop=Stop.BUSY)
    assert memory.uris == {"t0": uri(0)}
    assert shelf.asked == ["Title 0", "Title 1"]


@pytest.mark.parametrize(
    ("failure", "stop", "pause"),
    [
        (SpotifyBusy(68400), Stop.BUSY, timedelta(hours=19)),
        (SpotifyRefused(403), Stop.REFUSED, timedelta(days=1)),
        (SpotifyUnavailable("gone"), Stop.UNAVAILABLE, timedelta(minutes=10)),
    ],
)
async def test_after_a_failure_nothing_is_asked_until_its_time_has_passed(
    *,
    filler: LinkFiller,
    shelf: Shelf,
    memory: Memory,
    clock: Clock,
    failure: Exception,
    stop: Stop,
    pause: timedelta,
) -> None:
    shelf.holds["Title 0"] = failure
    await filler.fill(TRACKS)
    shelf.holds["Title 0"] = uri(0)
    spent = dict(memory.spent)
    clock.time += pause - timedelta(seconds=1)
    assert await filler.fill(TRACKS) == Filled(0, 0, left=4, stop=stop)
    assert (shelf.asked, memory.spent) == (["Title 0"], spent)
    clock.time += timedelta(seconds=1)
    assert await filler.fill(TRACKS) == Filled(3, 1, left=0)


async def test_a_search_that_is_not_taken_does_not_hold_up_the_others(
    filler: LinkFiller, shelf: Shelf, memory: Memory
) -> None:
    shelf.holds["Title 0"] = SearchRejected("no")
    assert await filler.fill(TRACKS) == Filled(2, 1, left=1)
    assert "t0" not in memory.uris


async def test_the_log_names_no_track(
    filler: LinkFiller, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.holds["Title 0"] = SpotifyBusy(60)
    await filler.fill(TRACKS)
    assert "no look-ups until 2026-11-03T12:01:00+00:00" in caplog.text
    assert "Title" not in caplog.text
