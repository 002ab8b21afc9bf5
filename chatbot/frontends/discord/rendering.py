"""Replies, progress and playlists as Discord messages (pure).

A `Page` is one message within every limit of Discord's. A message of the conversation becomes one
page or several; the buttons and the document stand on the last. Of a card that can be turned one
page is shown.

Sources: https://discord.com/developers/docs/resources/message#embed-object-embed-limits,
https://discord.com/developers/docs/components/reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import discord

from chatbot.conversation.messages import (
    Button,
    CardTrack,
    Document,
    Message,
    PlaylistCard,
    Progress,
    Reply,
)
from chatbot.frontends.discord import markup
from chatbot.frontends.paging import Rows, opened

CONTENT_UNITS = 2_000
EMBED_TITLE_UNITS = 256
EMBED_DESCRIPTION_UNITS = 4_096
TITLE_UNITS = 400
"""What is shown of a song's title, before escaping; as much again of its artist."""
WORDS_UNITS = 300
"""What is shown of the sentence beside a card's buttons, before escaping."""
ROWS, BUTTONS_PER_ROW = 5, 5
BAR_CELLS = 20
COLOUR = 0x5865F2
SEED_MARK = "🌱"
_PERSON = re.compile(r"<@\d{1,20}>")


@dataclass(frozen=True)
class Page:
    """One Discord message."""

    content: str | None = None
    embed: discord.Embed | None = None
    rows: Rows = ()
    document: Document | None = None

    @property
    def shows_addresses(self) -> bool:
        """Whether Discord would add previews, which a new message alone can do without."""
        return "://" in (self.content or "")


def render(message: Message) -> list[Page]:
    """The pages of a message, at least one."""
    match message:
        case Reply():
            pages = _addressed(_reply_pages(message), message.addressed)
            return _finish(pages, message.buttons, message.document)
        case Progress():
            return _finish([_progress_page(message)], message.buttons)
        case PlaylistCard():
            shown, rows = opened(_card_pages(message), message)
            return _finish(list(shown), rows)


def progress_bar(done: float) -> str:
    """A bar of 20 cells with the percentage.

    >>> progress_bar(0.3)
    '`██████░░░░░░░░░░░░░░` 30 %'
    """
    share = min(max(done, 0.0), 1.0)
    filled = int(share * BAR_CELLS)
    return f"`{'█' * filled}{'░' * (BAR_CELLS - filled)}` {int(share * 100)} %"


def track_line(track: CardTrack, before: str) -> str:
    """`1. [Title](url) - Artist (mark)`, escaped."""
    title = markup.link(markup.clip(track.title, TITLE_UNITS), track.url)
    artist = markup.escape_line(markup.clip(track.artist, TITLE_UNITS))
    mark = f" ({markup.escape_line(track.mark)})" if track.mark else ""
    return f"{before} {title} - {artist}{mark}"


def _reply_pages(reply: Reply) -> list[Page]:
    text = markup.escape(reply.text)
    if reply.title:
        return _embed_pages(reply.title, text)
    return [Page(content=piece) for piece in markup.split(text, CONTENT_UNITS)]


def _addressed(pages: list[Page], people: tuple[str, ...]) -> list[Page]:
    """Says to whom it is said; of those who are mentioned by number Discord shows the name."""
    if not people or not pages:
        return pages
    named = " ".join(
        person if _PERSON.fullmatch(person) else markup.escape_line(person) for person in people
    )
    first, *others = pages
    return [replace(first, content=" ".join(filter(None, [named, first.content]))), *others]


def _embed_pages(title: str, text: str) -> list[Page]:
    """One embed for each message: so 6,000 characters over all its embeds are never reached."""
    first, *others = markup.split(text, EMBED_DESCRIPTION_UNITS) or [""]
    return [_embed_page(title, first), *(_embed_page("", piece) for piece in others)]


def _embed_page(title: str, text: str) -> Page:
    heading = markup.clip_escaped(markup.escape_line(title), EMBED_TITLE_UNITS)
    if not heading and not text:
        text = markup.ZERO_WIDTH_SPACE  # Discord refuses an empty message
    embed = discord.Embed(title=heading or None, description=text or None, colour=COLOUR)
    return Page(embed=embed)


def _progress_page(progress: Progress) -> Page:
    bar = "" if progress.done is None else f"\n{progress_bar(progress.done)}"
    room = EMBED_DESCRIPTION_UNITS - markup.units(bar) - 2
    pieces = markup.split(markup.escape(progress.text), room)
    # It must stay one message to be edited: the latest stages matter most.
    text = pieces[-1] if pieces else ""
    if len(pieces) > 1:
        text = f"…\n{text}"
    (page,) = _embed_pages(progress.title, text + bar)
    return page


def _card_pages(card: PlaylistCard) -> list[Page]:
    """Each page has the title, and the sentence that belongs to the buttons."""
    words = markup.escape(markup.clip(card.words, WORDS_UNITS))
    below = f"\n\n{words}" if words else ""
    room = EMBED_DESCRIPTION_UNITS - markup.units(below)
    pieces = markup.split(_card_text(card), room) or [""]
    return [_embed_page(card.title, f"{piece}{below}") for piece in pieces]


def _card_text(card: PlaylistCard) -> str:
    seeds = [track_line(track, SEED_MARK) for track in card.seeds]
    tracks = [track_line(track, f"{track.position}.") for track in card.tracks]
    notes = [markup.escape(note) for note in card.notes]
    return "\n\n".join("\n".join(block) for block in (seeds, tracks, notes) if block)


def _finish(pages: list[Page], rows: Rows, document: Document | None = None) -> list[Page]:
    """Hangs buttons and document on the last page; too many buttons get pages of their own."""
    sets = _button_sets(rows)
    first = pages[:-1]
    last = pages[-1] if pages else Page()
    if last.content is None and last.embed is None and document is None:
        last = Page(content=markup.ZERO_WIDTH_SPACE)
    last = Page(last.content, last.embed, sets[0] if sets else (), document)
    more = [Page(content="…", rows=row_set) for row_set in sets[1:]]
    return [*first, last, *more]


def _button_sets(rows: Rows) -> list[Rows]:
    """Rows in sets that one message can hold; of buttons that do the same, the first stays."""
    known: set[tuple[str, str]] = set()
    fitting: list[tuple[Button, ...]] = []
    for row in rows:
        kept = []
        for button in row:
            key = (button.name, button.argument)
            if key not in known:
                known.add(key)
                kept.append(button)
        fitting += [
            tuple(kept[start : start + BUTTONS_PER_ROW])
            for start in range(0, len(kept), BUTTONS_PER_ROW)
        ]
    return [tuple(fitting[start : start + ROWS]) for start in range(0, len(fitting), ROWS)]
