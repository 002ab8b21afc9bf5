"""Which page of a card is shown, and which buttons lead to the others."""

from __future__ import annotations

import pytest

from chatbot.conversation.messages import Button, PlaylistCard, Turning, page_number
from chatbot.frontends.paging import opened

PAGES = ("one", "two", "three")
ROW = (Button("Why these?", "card", "why p1"),)


def card(page: int, rows: int = 1) -> PlaylistCard:
    return PlaylistCard("P", (), buttons=(ROW,) * rows, turning=Turning("turn", "s1", page))


@pytest.mark.parametrize(
    ("page", "shown", "ways"),
    [
        (0, "one", [("2/3 ▶", "s1 1")]),
        (1, "two", [("◀ 1/3", "s1 0"), ("3/3 ▶", "s1 2")]),
        (2, "three", [("◀ 2/3", "s1 1")]),
        (99, "three", [("◀ 2/3", "s1 1")]),
    ],
)
def test_one_page_is_shown_and_its_neighbours_are_a_press_away(
    page: int, shown: str, ways: list[tuple[str, str]]
) -> None:
    pages, rows = opened(PAGES, card(page))
    assert pages == (shown,)
    assert [(button.label, button.argument) for button in rows[0]] == ways
    assert {button.name for button in rows[0]} == {"turn"}
    assert rows[1:] == (ROW,)


def test_a_card_of_one_page_has_nothing_to_turn() -> None:
    assert opened(("one",), card(4)) == (("one",), (ROW,))


def test_a_card_that_cannot_be_turned_is_shown_whole() -> None:
    assert opened(PAGES, PlaylistCard("P", (), buttons=(ROW,))) == (PAGES, (ROW,))


def test_where_all_rows_are_taken_the_last_one_takes_the_ways() -> None:
    _, rows = opened(PAGES, card(1, rows=5))
    assert len(rows) == 5
    assert [button.label for button in rows[-1]] == ["Why these?", "◀ 1/3", "3/3 ▶"]


@pytest.mark.parametrize(
    ("word", "page"), [("0", 0), ("12", 12), ("", 0), ("-1", 0), ("x", 0), ("9" * 50, 0)]
)
def test_what_can_be_no_page_is_the_first(word: str, page: int) -> None:
    assert page_number(word) == page
