"""Cards of fifty songs fit every limit of the platforms, whatever the songs are called."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.conversation import (
    card_replies,
    personal_replies,
    playlist_replies,
    replies,
    share_replies,
)
from chatbot.conversation.messages import Button, Message, PlaylistCard
from chatbot.frontends.discord import markup
from chatbot.frontends.discord import rendering as discord_rendering
from chatbot.frontends.discord.buttons import custom_id
from chatbot.frontends.telegram import rendering as telegram_rendering
from chatbot.services.cards import VARIATIONS, Removed, RemovedSong
from chatbot.services.playlist_records import (
    AmbiguousSong,
    LearnedFrom,
    MadePlaylist,
    TakenSong,
    Together,
    UnknownSong,
)
from chatbot.services.sharing import SharedPlaylist
from chatbot.services.status import LostAnswer, Status
from songnet.errors import Suggestion
from songnet.music import PlaylistTrack, Reason, Track
from storage.undelivered import MOST_OF_USER
from tests.chatbot.drivers.discord import read_markup
from tests.chatbot.loopback import discord_spec, telegram_spec
from tests.chatbot.loopback.telegram_html import parse

SONGS = 50
PEOPLE = ((0,), (1,), (2, 3), (0, 1, 2, 3, 4), (4,), (1, 2, 3, 4))
PLAYLIST_ID, SHARE_ID = "0123456789ab", "0123456789abcdef"
URL = "https://open.spotify.com/track/"
NASTY = (
    "@everyone",
    "<@123>",
    "<b>&amp;</b>",
    "`x`",
    "**",
    "[a](b)",
    "\u202e",
    "\u200f",
    "||",
    "\n",
)
SCRIPTS = (
    "az",
    "ÀÿŒ",
    "аяЁ",
    "את",
    "ءي",
    "一龥",
    "ぁん",
    "가힣",
    "กฮ",
    "अह",
    "🎵🎶",
    "\ud800",
    "\x00",
)
TITLES = (
    st.lists(
        st.one_of(
            st.sampled_from(NASTY), st.sampled_from(SCRIPTS), st.characters(exclude_categories=())
        ),
        min_size=1,
        max_size=8,
    )
    .map(lambda pieces: ("".join(pieces) * 200)[:200])
    .filter(
        # A name without anything to see is no name: exports drop such rows.
        lambda text: any(sign.isprintable() and not sign.isspace() for sign in text)
    )
)
"""Two hundred characters of any script."""


@st.composite
def playlists(draw: st.DrawFn) -> MadePlaylist:
    names = draw(st.lists(TITLES, min_size=3, max_size=6))
    tracks = tuple(
        PlaylistTrack(
            f"t{number}",
            names[number % len(names)],
            names[-number % len(names)],
            reasons=(Reason("followed", 3, "t1", last_at=datetime(2026, 5, 1, tzinfo=UTC)),),
        )
        for number in range(SONGS)
    )
    seeds = tuple(Track(f"s{number}", name, name) for number, name in enumerate(names))
    near = tuple(Suggestion(f"n{number}", name, name, 90.0) for number, name in enumerate(names))
    songs = [*tracks, *seeds]
    return MadePlaylist(
        PLAYLIST_ID,
        seeds,
        tracks,
        (UnknownSong(names[0], near[:5]),),
        {song.track_id: f"{URL}{song.track_id}" for song in songs},
        ambiguous=(AmbiguousSong(names[1], seeds[0], near[:5]),),
        lengths={track.track_id: 200_000 for track in tracks[::2]},
        learned_from=LearnedFrom(datetime(2026, 5, 1, tzinfo=UTC), 12_345),
    )


def messages(made: MadePlaylist) -> list[Message]:
    """Everything that is shown of a playlist."""
    shared = SharedPlaylist(SHARE_ID, made.seeds, made.tracks, made.urls, 1000, 1000)
    names = tuple(track.title for track in made.tracks[:5])
    known_by = tuple(PEOPLE[number % len(PEOPLE)] for number in range(SONGS))
    taken = tuple(TakenSong(name, name, name) for name in names)
    together = Together(names, known_by, names[:3], taken)
    blended = replace(shared, playlist_id=PLAYLIST_ID, together=together)
    removed = [RemovedSong(PLAYLIST_ID, track.title, track.artist) for track in made.tracks]
    lost = LostAnswer(SHARE_ID, "playlist", datetime(2026, 5, 1, tzinfo=UTC), made)
    question = playlist_replies.question(made)
    assert question is not None
    return [
        card_replies.playlist_card(made, VARIATIONS),
        card_replies.removal(made),
        card_replies.removal(made, 2),
        card_replies.after_removal(Removed(made, made.tracks[0].title, PLAYLIST_ID), VARIATIONS),
        card_replies.why(made),
        card_replies.save_as(made),
        share_replies.shared_card(shared),
        share_replies.shared_card(blended),
        share_replies.gone_card(),
        share_replies.what_to_share([made] * 5),
        personal_replies.removed_songs(removed, 1),
        replies.status_text(Status(None, None, (), None, (lost,) * MOST_OF_USER), None),
        playlist_replies.nothing_found(made),
        playlist_replies.empty_playlist(999_999, [made.tracks[0].title] * 3, [made] * 3),
        question,
    ]


def links(urls: list[str]) -> list[str]:
    """What the songs of a card lead to, in their order."""
    return [url.removeprefix(URL) for url in urls if url.startswith(URL)]


def pages_of(
    message: Message, show: Callable[[Message], tuple[list[Button], list[str]]]
) -> list[str]:
    """Turns a message's pages from the first to the last; the links of all of them."""
    if not isinstance(message, PlaylistCard) or message.turning is None:
        show(message)
        return []
    urls: list[str] = []
    turning, label = message.turning, "▶"
    while label.endswith("▶"):
        buttons, found = show(replace(message, turning=turning))
        urls += found
        ways = [button for button in buttons if button.name == turning.name and _turns(button)]
        at = [turning.page - 1] if turning.page else []
        label = ways[-1].label if ways else ""
        at += [turning.page + 1] if label.endswith("▶") else []
        assert [way.argument for way in ways] == [f"{turning.argument} {page}" for page in at]
        turning = replace(turning, page=turning.page + 1)
    return links(urls)


def _turns(button: Button) -> bool:
    return button.label.startswith("◀") or button.label.endswith("▶")


def shown_on_discord(message: Message) -> tuple[list[Button], list[str]]:
    """The buttons and links of what Discord is sent, after a look at its limits."""
    pages = discord_rendering.render(message)
    urls: list[str] = []
    for page in pages:
        embed = page.embed
        body = {
            "content": page.content,
            "embeds": [embed.to_dict()] if embed else [],
            "allowed_mentions": {"parse": []},
        }
        assert not discord_spec.problems("POST", "/channels/1/messages", {}, body, {})
        text = page.content or (embed and embed.description) or ""
        assert markup.units(text) <= (4096 if embed else 2000)
        assert "@everyone" not in text
        assert not re.search(r"(?<!\\)<@", text)
        assert "\u202e" not in text
        assert text.count(markup.FIRST_STRONG_ISOLATE) == text.count(markup.POP_ISOLATE)
        assert len(page.rows) <= 5
        assert all(len(row) <= 5 for row in page.rows)
        assert all(len(custom_id(button)) <= 100 for row in page.rows for button in row)
        visible, found = read_markup(text)
        urls += found
    if isinstance(message, PlaylistCard):
        assert len(pages) == 1
        assert pages[0].embed is not None
        assert pages[0].embed.title
        assert visible.endswith(message.words[-30:])
    return [button for page in pages for row in page.rows for button in row], urls


@settings(max_examples=12, deadline=None, derandomize=True)
@given(playlists())
def test_discord_takes_every_card(made: MadePlaylist) -> None:
    songs = [track.track_id for track in (*made.seeds, *made.tracks)]
    for message in messages(made):
        found = pages_of(message, shown_on_discord)
        assert not found or found == songs


def shown_on_telegram(message: Message) -> tuple[list[Button], list[str]]:
    """The buttons and links of what Telegram is sent, after a look at its limits."""
    rendered = telegram_rendering.render(message)
    urls: list[str] = []
    for piece in rendered.pieces:
        parameters = {"chat_id": "1", "text": piece, "parse_mode": "HTML"}
        assert telegram_spec.problems("sendMessage", parameters, {}) == []
        text, entities = parse(piece)
        assert len(text.encode("utf-16-le")) // 2 <= 4096
        assert "\u202e" not in text
        urls += [entity.url for entity in entities if entity.url]
    if isinstance(message, PlaylistCard):
        assert len(rendered.pieces) == 1
        assert text.endswith(message.words[-30:])
    keyboard = rendered.keyboard
    buttons = [button for row in keyboard.inline_keyboard for button in row] if keyboard else []
    assert all(len(str(button.callback_data).encode()) <= 64 for button in buttons)
    assert len(buttons) <= 100
    pressed = [(button.text, *str(button.callback_data).partition(" ")[::2]) for button in buttons]
    return [Button(*each) for each in pressed], urls


@settings(max_examples=12, deadline=None, derandomize=True)
@given(playlists())
def test_telegram_takes_every_card(made: MadePlaylist) -> None:
    songs = [track.track_id for track in (*made.seeds, *made.tracks)]
    for message in messages(made):
        found = pages_of(message, shown_on_telegram)
        assert not found or found == songs
