"""Messages within Discord's limits, and words that stay words."""

from __future__ import annotations

import pytest

from chatbot.conversation.messages import Button, CardTrack, PlaylistCard, Progress, Reply
from chatbot.frontends.discord import markup
from chatbot.frontends.discord.attachments import safe_name
from chatbot.frontends.discord.buttons import custom_id, view_of
from chatbot.frontends.discord.rendering import Page, render, track_line
from tests.chatbot.drivers.discord import read_markup
from tests.chatbot.loopback import discord_spec

NASTY = (
    "@everyone @here <@123456789012345678> <#1> <t:0> <:e:1>",
    "`code` ```block``` **b** __u__ ~~s~~ ||spoiler||",
    "# heading\n## h\n-# small\n- item\n+ item\n> quote\n>>> all\n1. one",
    "[words](https://evil.example) [half",
    r"back\slash \* \\",
    ":smile: a:b c::d",
    "snake_case_name and * star",
)
SCRIPTS = (
    "Ärger " * 40,
    "音楽の夜明け" * 40,
    "أغنية الليل " * 20,
    "שיר " * 60,
    "🎵🎶" * 100,
    "*_`~|" * 40,
)


@pytest.mark.parametrize("text", NASTY)
def test_markup_in_words_is_shown_as_it_was_written(text: str) -> None:
    visible, urls = read_markup(markup.escape(text))
    assert visible == text
    assert urls in ([], ["https://evil.example)"])


@pytest.mark.parametrize("text", NASTY)
def test_no_mention_survives_escaping(text: str) -> None:
    escaped = markup.escape(text)
    assert "@everyone" not in escaped
    assert "@here" not in escaped
    assert escaped.replace("\\<", "").count("<") == 0


def test_addresses_in_words_stay_whole() -> None:
    text = "see https://www.spotify.com/account/privacy_and_*more*/ now"
    assert "https://www.spotify.com/account/privacy_and_*more*/" in markup.escape(text)


def test_direction_overrides_are_dropped_and_right_to_left_titles_kept_to_themselves() -> None:
    line = track_line(CardTrack(1, "abc\u202edef", "שיר", "https://example.org/1"), "1.")
    assert "\u202e" not in line
    assert f"{markup.FIRST_STRONG_ISOLATE}שיר{markup.POP_ISOLATE}" in line


@pytest.mark.parametrize(
    "title", ["Song [Live]", "half [ open", "half ] closed", "][", "[[twice]]", "a](b", r"\]"]
)
def test_a_title_with_brackets_still_links(title: str) -> None:
    visible, urls = read_markup(markup.link(title, "https://example.org/a(b)"))
    wide = visible.replace("［", "[").replace("］", "]")
    assert wide == title
    assert urls == ["https://example.org/a%28b%29"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "https://a b", "spotify:track:1"])
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    assert markup.link("Title", url) == "Title"


def test_a_title_that_looks_like_an_address_does_not_break_its_link() -> None:
    assert "://" not in markup.link("https://fake.example", "https://real.example").split("](")[0]


@pytest.mark.parametrize("title", SCRIPTS)
def test_fifty_long_titles_fit_and_are_all_there(title: str) -> None:
    tracks = tuple(
        CardTrack(number, title[:200], title[:200], f"https://open.spotify.com/track/{number:022}")
        for number in range(1, 51)
    )
    pages = render(PlaylistCard("For you " + title, tracks, seeds=tracks[:3], notes=(title,)))
    texts = [_checked(page) for page in pages]
    visible, urls = read_markup("\n".join(texts))
    assert [url for url in urls if url][-50:] == [track.url for track in tracks]
    expected = " ".join(title[:200].split())
    assert visible.count(expected) >= 100


def test_a_mark_stands_behind_its_song() -> None:
    line = track_line(CardTrack(1, "A", "C", "https://x.example/1", "B1, *E*"), "1.")
    assert line == r"1. [A](https://x.example/1) - C (B1, \*E\*)"


def test_typed_names_are_shown_as_they_were_written_and_numbers_as_mentions() -> None:
    (page,) = render(Reply("words", title="Title", addressed=("@x.__y__", "<@42>", "@everyone")))
    assert page.content == "@x.\\_\\_y\\_\\_ <@42> @\u200beveryone"


def test_a_long_answer_is_split_at_line_ends() -> None:
    lines = [f"line {number} " + "x" * 50 for number in range(100)]
    pages = render(Reply("\n".join(lines)))
    assert len(pages) > 2
    shown = [line for page in pages for line in (page.content or "").split("\n")]
    assert [read_markup(line)[0] for line in shown] == lines


def test_a_line_longer_than_a_message_is_split_without_loss() -> None:
    pages = render(Reply("*" * 5_000))
    assert "".join(read_markup(_checked(page))[0] for page in pages) == "*" * 5_000


def test_a_titled_answer_is_an_embed_with_the_title_once() -> None:
    pages = render(Reply("word " * 2_000, title="Report"))
    titles = [page.embed.title for page in pages if page.embed]
    assert titles == ["Report", *[None] * (len(pages) - 1)]


def test_progress_stays_one_message_and_keeps_its_end() -> None:
    (page,) = render(Progress("stage _\n" * 3_000 + "the last", title="Import", done=0.3))
    text = _checked(page)
    assert "the last" in text
    assert text.endswith("30 %")


@pytest.mark.parametrize(("done", "shown"), [(0.0, "0 %"), (1.0, "100 %"), (7.0, "100 %")])
def test_the_bar_stays_in_its_frame(done: float, shown: str) -> None:
    (page,) = render(Progress("x", done=done))
    assert page.embed is not None
    assert (page.embed.description or "").endswith(shown)


def test_many_buttons_wrap_into_rows_and_further_messages() -> None:
    buttons = tuple(Button(f"b{number}", "pick", str(number)) for number in range(33))
    pages = render(Reply("choose", buttons=(buttons, (buttons[0],))))
    assert [sum(map(len, page.rows)) for page in pages] == [25, 8]
    for page in pages:
        assert all(len(row) <= 5 for row in page.rows)


def test_buttons_stand_under_the_last_page_only() -> None:
    pages = render(Reply("line\n" * 2_000, buttons=((Button("Go", "help"),),)))
    assert [bool(page.rows) for page in pages] == [*[False] * (len(pages) - 1), True]


async def test_a_label_is_clipped_and_never_empty() -> None:
    view = view_of(((Button("🎵" * 100, "help"), Button("", "status")),))
    labels = [item["label"] for item in view.to_components()[0]["components"]]
    assert markup.units(labels[0]) <= 80
    assert labels[1] == "status"


def test_a_button_that_cannot_come_back_is_refused() -> None:
    with pytest.raises(ValueError, match="must fit into 100"):
        custom_id(Button("x", "pick", "y" * 100))


@pytest.mark.parametrize("empty", [Reply(""), Reply(" \n "), PlaylistCard("", ()), Progress("")])
def test_an_empty_message_is_still_one(empty: Reply | PlaylistCard | Progress) -> None:
    (page,) = render(empty)
    _checked(page)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("evil\u202egpj.zip", "evilgpj.zip"),
        ("a\x00b\n.json", "ab .json"),
        ("", "file"),
        ("..", "file"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_file_names_are_names_only(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def _checked(page: Page) -> str:
    """The page's text, after a look at Discord's limits."""
    body = {
        "content": page.content,
        "embeds": [page.embed.to_dict()] if page.embed else [],
        "allowed_mentions": {"parse": []},
    }
    assert not discord_spec.problems("POST", "/channels/1/messages", {}, body, {})
    embed = page.embed
    assert embed is None or markup.units(embed.description or "") <= 4_096
    return page.content or (embed and embed.description) or ""
