"""Messages as rich shows them in a terminal (pure).

Every word goes in as `Text`, never as markup: a title like '[red]Faded[/red]' is a title.
"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from chatbot.conversation import console_replies
from chatbot.conversation.messages import CardTrack, PlaylistCard, Progress
from chatbot.frontends.console.screen import Shown, button_lines, fresh_lines
from chatbot.frontends.console.text import clean_line, clean_text

BAR_CELLS = 24
NARROWEST_WITH_LINKS = 110
"""Columns from which a playlist's links get a column of their own."""


def rendered(shown: Shown, width: int) -> RenderableType | None:
    """What to print above the prompt; None where nothing is new there."""
    message = shown.message
    parts: list[RenderableType] = []
    if isinstance(message, Progress):
        lines = fresh_lines(shown.previous, message, finished_only=True)
        title = clean_line(message.title)
        parts += [Text(line, style="bold" if line == title else "") for line in lines]
        if not message.is_final:
            return Group(*parts) if parts else None
    else:
        if message.title:
            parts.append(Text(clean_line(message.title), style="bold"))
        if isinstance(message, PlaylistCard):
            parts += _playlist(message, width)
        else:
            parts.append(Text(clean_text(message.text)))
    parts += [Text(line, style="cyan") for line in button_lines(shown)]
    if shown.saved:
        parts.append(Text(shown.saved, style="green"))
    return Group(*parts, Text()) if parts else None


def live_lines(shown: Shown, width: int) -> list[tuple[str, str]]:
    """An unfinished progress as styled lines above the prompt: its stage, a bar, its buttons."""
    progress = shown.message
    assert isinstance(progress, Progress)
    stage = clean_text(progress.text).split("\n")[-1]
    lines = [("bold", _cut(stage, width))]
    if progress.done is not None:
        lines.append(("fg:ansicyan", progress_bar(progress.done)))
    lines += [("fg:ansibrightblack", _cut(line, width)) for line in button_lines(shown)]
    return lines


def progress_bar(done: float) -> str:
    """A bar for a share in 0 ... 1.

    >>> progress_bar(0.5)
    '━━━━━━━━━━━━──────────── 50 %'
    """
    share = min(max(done, 0.0), 1.0)
    full = int(share * BAR_CELLS)
    return "━" * full + "─" * (BAR_CELLS - full) + f" {int(share * 100)} %"


def _playlist(card: PlaylistCard, width: int) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if card.seeds:
        seeds = Text("; ").join(_linked(track) for track in card.seeds)
        parts.append(Text.assemble(console_replies.grown_from(), seeds, style="dim"))
    beside = width >= NARROWEST_WITH_LINKS
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(justify="right", style="dim")
    table.add_column(overflow="fold")
    if beside:
        table.add_column(overflow="fold", style="dim")
    for track in card.tracks:
        url = Text(clean_line(track.url), style="dim")
        # Not every terminal can open a linked word, so that the address is always written out too.
        song = _linked(track) if beside else Text("\n").join([_linked(track), url])
        table.add_row(Text(str(track.position)), song, *([url] if beside else []))
    parts.append(table)
    said = [*card.notes, card.words] if card.words else card.notes
    parts += [Text(clean_text(note)) for note in said]
    return parts


def _linked(track: CardTrack) -> Text:
    url = clean_line(track.url)
    style = Style(link=url) if url.startswith(("https://", "http://")) else Style()
    song = Text(f"{clean_line(track.title)} - {clean_line(track.artist)}", style=style)
    return song.append(f" ({clean_line(track.mark)})", style="") if track.mark else song


def _cut(line: str, width: int) -> str:
    text = Text(line)
    text.truncate(max(width - 1, 1), overflow="ellipsis")
    return text.plain
