"""Messages within Telegram's limits, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.conversation.messages import (
    Button,
    ButtonStyle,
    CardTrack,
    Document,
    Message,
    PlaylistCard,
    Progress,
    Reply,
)
from chatbot.frontends.telegram.rendering import (
    Rendered,
    callback_data,
    keyboard_of,
    parse_callback_data,
    render,
)
from tests.chatbot.loopback import telegram_spec
from tests.chatbot.loopback.telegram_html import parse

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=400)
"""Lone surrogates, controls and all."""


def visible(rendered: Rendered) -> list[str]:
    return [parse(piece)[0] for piece in rendered.pieces]


def assert_sendable(rendered: Rendered) -> None:
    for piece in rendered.pieces:
        piece.encode()
        parameters = {"chat_id": "1", "text": piece, "parse_mode": "HTML"}
        assert telegram_spec.problems("sendMessage", parameters, {}) == []


def test_text_is_escaped_and_the_title_is_bold() -> None:
    rendered = render(Reply("1 < 2 & <b>no</b>", title="A <i>title</i>"))
    (piece,) = rendered.pieces
    assert piece.startswith("<b>A &lt;i&gt;title&lt;/i&gt;</b>\n\n")
    assert visible(rendered) == ["A <i>title</i>\n\n1 < 2 & <b>no</b>"]


def test_a_long_text_is_split_at_line_ends() -> None:
    lines = [f"line {n} " + "x" * 90 for n in range(100)]
    pieces = visible(render(Reply("\n".join(lines))))
    assert len(pieces) == 3
    assert "\n".join(pieces).splitlines() == lines


def test_a_line_that_is_too_long_is_split_at_a_space() -> None:
    text = " ".join(["word"] * 2000)
    pieces = visible(render(Reply(text)))
    assert " ".join(pieces) == text
    assert_sendable(render(Reply(text)))


def test_length_counts_as_telegram_counts_it() -> None:
    assert len(render(Reply("🎵" * 2048)).pieces) == 1
    assert len(render(Reply("🎵" * 2049)).pieces) == 2


def test_escaping_does_not_count_but_the_markup_has_a_limit_of_its_own() -> None:
    assert len(render(Reply("&" * 4096)).pieces) == 1
    url = "https://open.spotify.com/search/" + "%E9%9F%B3" * 300
    tracks = tuple(CardTrack(n, "音", "楽", url) for n in range(1, 21))
    rendered = render(PlaylistCard("P", tracks))
    assert len(rendered.pieces) > 1
    assert_sendable(rendered)


def test_no_piece_has_more_links_than_telegram_shows() -> None:
    tracks = tuple(CardTrack(n, "t", "a", "https://x.y") for n in range(1, 151))
    assert_sendable(render(PlaylistCard("P", tracks)))


def test_a_track_is_a_numbered_link() -> None:
    rendered = render(PlaylistCard("P", (CardTrack(3, "T & t", "A", 'https://x.y/?a=1&b="2"'),)))
    text, entities = parse(rendered.pieces[0])
    assert text == "P\n\n3. T & t - A"
    assert entities[-1].url == 'https://x.y/?a=1&b="2"'


def test_a_track_without_a_link_is_text() -> None:
    assert visible(render(PlaylistCard("P", (CardTrack(1, "T", "A", ""),)))) == ["P\n\n1. T - A"]


def test_seeds_stand_before_the_tracks_and_notes_behind() -> None:
    card = PlaylistCard(
        "P", (CardTrack(1, "T", "A", ""),), (CardTrack(1, "S", "B", ""),), ("not found: x",)
    )
    assert visible(render(card)) == ["P\n\n🌱 S - B\n\n1. T - A\n\nnot found: x"]


def test_a_right_to_left_title_does_not_reorder_its_line() -> None:
    (text,) = visible(render(PlaylistCard("P", (CardTrack(1, "שלום", "A\u202eB", ""),))))
    assert text == "P\n\n1. \u2068שלום\u2069 - AB"


def test_a_title_of_several_lines_is_one_line() -> None:
    (text,) = visible(render(PlaylistCard("P", (CardTrack(1, "a\nb\r\nc", "d\te", ""),))))
    assert text == "P\n\n1. a b c - d e"


def test_progress_has_a_bar_until_it_is_final() -> None:
    (text,) = visible(render(Progress("Reading", title="Import", done=0.5)))
    assert text == "Import\n\nReading\n▰▰▰▰▰▰▱▱▱▱▱▱ 50%"
    assert visible(render(Progress("Ready", done=1, is_final=True))) == ["Ready"]
    assert visible(render(Progress("Queued"))) == ["Queued"]


@pytest.mark.parametrize(("done", "percent"), [(-1, "0%"), (7, "100%"), (0.004, "0%")])
def test_the_bar_stays_in_its_bounds(done: float, percent: str) -> None:
    (text,) = visible(render(Progress("x", done=done)))
    assert text.endswith(f" {percent}")
    assert text.count("▰") + text.count("▱") == 12


def test_a_progress_is_one_message_and_keeps_its_newest_lines() -> None:
    lines = [f"stage {n} " + "x" * 80 for n in range(100)]
    (text,) = visible(render(Progress("\n".join(lines), title="Import", done=0.1)))
    assert text.startswith("Import\n\n")
    assert lines[-1] in text
    assert lines[0] not in text
    assert "10%" in text


def test_buttons_carry_name_and_argument() -> None:
    keyboard = keyboard_of(((Button("Yes", "forget", "7", ButtonStyle.DANGER), Button("No", "n")),))
    assert keyboard is not None
    (row,) = keyboard.to_dict()["inline_keyboard"]
    assert row == [
        {"text": "Yes", "callback_data": "forget 7", "style": "danger"},
        {"text": "No", "callback_data": "n"},
    ]
    assert parse_callback_data("forget 7 8") == ("forget", "7 8")
    assert parse_callback_data("n") == ("n", "")


def test_callback_data_over_the_limit_are_a_clear_error() -> None:
    assert len(callback_data("n" * 20, "a" * 40)) == 61
    with pytest.raises(ValueError, match="at most 63 bytes"):
        callback_data("n", "é" * 32)


def test_rows_that_are_too_wide_are_broken_and_labels_clipped() -> None:
    keyboard = keyboard_of((tuple(Button("x" * 100, "n", str(n)) for n in range(10)),))
    assert keyboard is not None
    assert [len(row) for row in keyboard.inline_keyboard] == [8, 2]
    assert keyboard.inline_keyboard[0][0].text == "x" * 63 + "…"


def test_no_buttons_are_no_keyboard() -> None:
    assert keyboard_of(()) is None
    assert keyboard_of(((),)) is None


def test_a_document_alone_needs_no_text(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("x") / "a.zip"
    assert render(Reply("", document=Document("a.zip", path))).pieces == ()


def test_only_short_texts_fit_a_caption() -> None:
    assert render(Reply("x" * 1024)).fits_caption
    assert not render(Reply("x" * 1025)).fits_caption


_TRACKS = st.builds(CardTrack, st.integers(1, 50), ANY_TEXT, ANY_TEXT, ANY_TEXT)
_MESSAGES = st.one_of(
    st.builds(Reply, text=ANY_TEXT.map(lambda text: "x" + text * 20), title=ANY_TEXT),
    st.builds(
        Progress,
        text=ANY_TEXT.map(lambda text: "x" + text * 20),
        title=ANY_TEXT,
        done=st.none() | st.floats(0, 1),
    ),
    st.builds(
        PlaylistCard,
        title=ANY_TEXT.map(lambda text: "x" + text),
        tracks=st.lists(_TRACKS, max_size=8).map(tuple),
        notes=st.lists(ANY_TEXT, max_size=3).map(tuple),
    ),
)


@settings(max_examples=60, deadline=None)
@given(_MESSAGES)
def test_whatever_comes_telegram_takes_it(message: Message) -> None:
    rendered = render(message)
    assert rendered.pieces
    assert_sendable(rendered)


def test_a_mark_stands_behind_the_link_of_its_song() -> None:
    track = CardTrack(1, "A & B", "C", "https://x.example/1", "B1, <E>")
    (piece,) = render(PlaylistCard("From A", (track,))).pieces
    assert piece.endswith('1. <a href="https://x.example/1">A &amp; B - C</a> (B1, &lt;E&gt;)')


def test_people_are_addressed_by_name_or_by_a_link_to_them() -> None:
    rendered = render(Reply("a playlist?", addressed=("@bob", "<@42>", "@<b>")))
    assert rendered.pieces == ('@bob <a href="tg://user?id=42">👤</a> @&lt;b&gt;\na playlist?',)


def copied(message: Message) -> list[str]:
    """What a tap copies."""
    found = []
    for piece in render(message).pieces:
        text, entities = parse(piece)
        raw = text.encode("utf-16-le")
        found += [
            raw[2 * each.offset : 2 * (each.offset + each.length)].decode("utf-16-le")
            for each in entities
            if each.type == "code"
        ]
    return found


def test_what_is_to_be_typed_is_there_to_be_copied() -> None:
    text = "😀 Write /playlist R&B; <b>. /help shows more."
    assert copied(Reply(text, typed=("/playlist R&B; <b>",))) == ["/playlist R&B; <b>"]
    assert visible(render(Reply(text, typed=("/playlist R&B; <b>",)))) == [text]


def test_of_two_commands_the_longer_is_copied_whole() -> None:
    reply = Reply("/help lastfm, /help last, /help lastly", typed=("/help last", "/help lastfm"))
    assert copied(reply) == ["/help lastfm", "/help last"]


def test_names_that_look_like_commands_stay_plain() -> None:
    card = PlaylistCard("/help apple", (CardTrack(1, "/help apple", "/link A", ""),))
    assert copied(card) == []
    assert copied(Reply("Not in your library: '/link ABCD-1'.", typed=("/help apple",))) == []


def test_what_is_to_be_typed_is_copied_from_a_progress_too() -> None:
    assert copied(Progress("Send it. /help apple tells how.", typed=("/help apple",))) == [
        "/help apple"
    ]


def test_no_message_ends_inside_of_what_is_to_be_typed() -> None:
    typed = "/playlist " + "; ".join(f"Song {n} & more" for n in range(60))
    text = "\n".join(["x" * 1000, *["Try: " + typed] * 5])
    rendered = render(Reply(text, typed=(typed,)))
    assert_sendable(rendered)
    assert len(rendered.pieces) > 1
    assert copied(Reply(text, typed=(typed,))) == [typed] * 5


@given(st.lists(ANY_TEXT, max_size=4), st.integers(1, 400), ANY_TEXT)
@settings(deadline=None)
def test_whatever_is_to_be_typed_the_message_can_be_sent(
    typed: list[str], times: int, text: str
) -> None:
    assert_sendable(render(Reply("Hello " + " ".join([text, *typed] * times), typed=(*typed,))))
