"""Messages as Telegram shows them (pure): HTML pieces within the limits, and a keyboard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, SwitchInlineQueryChosenChat
from telegram.constants import InlineKeyboardButtonLimit, KeyboardButtonStyle

from chatbot.conversation.messages import (
    Button,
    ButtonStyle,
    CardTrack,
    Message,
    PlaylistCard,
    Progress,
    Reply,
)
from chatbot.frontends.paging import opened
from chatbot.frontends.telegram.text import (
    CAPTION_UNITS,
    MESSAGE_UNITS,
    Line,
    clip,
    fits,
    isolated,
    join,
    link_line,
    one_line,
    pack,
    people_line,
    plain_lines,
    tagged_line,
)

LABEL_UNITS = 64
TITLE_UNITS = 256
NAME_UNITS = 300
"""The longest title or artist in a playlist."""
WORDS_UNITS = 300
"""The longest sentence beside a card's buttons."""
NOTE_UNITS = MESSAGE_UNITS - TITLE_UNITS - WORDS_UNITS - 8
"""The longest line of a note: every page has the title and that sentence, too."""
ROW_BUTTONS = 8
"""Telegram shows at most so many buttons side by side."""
CALLBACK_BYTES = int(InlineKeyboardButtonLimit.MAX_CALLBACK_DATA)

_BAR_CELLS = 12
_STYLES = {
    ButtonStyle.PRIMARY: KeyboardButtonStyle.PRIMARY,
    ButtonStyle.DANGER: KeyboardButtonStyle.DANGER,
    ButtonStyle.SECONDARY: None,
}


@dataclass(frozen=True)
class Rendered:
    """What is sent: one Telegram message for each piece, the keyboard below the last."""

    pieces: tuple[str, ...]
    """HTML; empty when there is nothing but a document."""
    keyboard: InlineKeyboardMarkup | None = None
    fits_caption: bool = False
    """The one piece can stand below a document."""


def render(message: Message, *, in_group: bool = False) -> Rendered:
    """Turns any message into markup.

    Args:
        message: what to say.
        in_group: where there are others already, nothing has to be passed on to another chat.

    Raises:
        ValueError: a button's name and argument take more than Telegram's 64 bytes.
    """
    if isinstance(message, PlaylistCard):
        pieces, rows = opened(_card_pieces(message), message)
        return Rendered(tuple(pieces), keyboard_of(rows, in_group=in_group))
    keyboard = keyboard_of(message.buttons, in_group=in_group)
    if isinstance(message, Progress):
        return Rendered((_progress(message),), keyboard)
    lines = _reply_lines(message)
    return Rendered(tuple(pack(lines)), keyboard, fits(lines, CAPTION_UNITS))


def keyboard_of(
    rows: Iterable[Iterable[Button]], *, in_group: bool = False
) -> InlineKeyboardMarkup | None:
    """The buttons; rows that are too wide are broken."""
    keyboard = []
    for row in rows:
        buttons = [_button(button, in_group=in_group) for button in row]
        keyboard += [buttons[i : i + ROW_BUTTONS] for i in range(0, len(buttons), ROW_BUTTONS)]
    return InlineKeyboardMarkup(keyboard) if keyboard else None


def callback_data(name: str, argument: str) -> str:
    """What Telegram gives back when the button is pressed.

    Raises:
        ValueError: it takes more than 64 bytes.
    """
    data = f"{name} {argument}".rstrip()
    if len(data.encode()) > CALLBACK_BYTES:
        raise ValueError(
            f"a button's name and argument take at most {CALLBACK_BYTES - 1} bytes together; "
            f"the button '{name}' takes {len(data.encode()) - 1}"
        )
    return data


def parse_callback_data(data: str) -> tuple[str, str]:
    """The name and the argument of a pressed button."""
    name, _, argument = data.partition(" ")
    return name, argument


def _button(button: Button, *, in_group: bool) -> InlineKeyboardButton:
    if button.passed_on and not in_group:
        return InlineKeyboardButton(
            clip(one_line(button.label), LABEL_UNITS),
            switch_inline_query_chosen_chat=SwitchInlineQueryChosenChat(
                button.passed_on,
                allow_user_chats=True,
                allow_group_chats=True,
                allow_channel_chats=True,
            ),
        )
    return InlineKeyboardButton(
        clip(one_line(button.label), LABEL_UNITS),
        callback_data=callback_data(button.name, button.argument),
        style=_STYLES[button.style],
    )


def _title_lines(title: str) -> list[Line]:
    return [tagged_line("b", title, TITLE_UNITS), Line()] if title.strip() else []


def _reply_lines(reply: Reply) -> list[Line]:
    people = [people_line(reply.addressed)] if reply.addressed else []
    return [*people, *_title_lines(reply.title), *plain_lines(reply.text, typed=reply.typed)]


def _card_pieces(card: PlaylistCard) -> list[str]:
    """Each piece has the title, and the sentence that belongs to the buttons."""
    lines = [*(_track_line("🌱", seed) for seed in card.seeds), Line()] if card.seeds else []
    lines += [_track_line(f"{track.position}.", track) for track in card.tracks]
    for note in card.notes:
        lines += [Line(), *plain_lines(note, NOTE_UNITS)]
    below = [Line(), *plain_lines(clip(card.words, WORDS_UNITS))] if card.words else []
    return pack(lines, above=_title_lines(card.title), below=below)


def _track_line(before: str, track: CardTrack) -> Line:
    title, artist = (clip(one_line(part), NAME_UNITS) for part in (track.title, track.artist))
    text = f"{isolated(title)} - {isolated(artist)}" if artist else isolated(title)
    mark = f" ({one_line(track.mark)})" if track.mark else ""
    return link_line(f"{before} ", text, track.url, mark)


def _progress(progress: Progress) -> str:
    """One piece, whatever comes: a progress is edited, so its oldest lines give way."""
    head = _title_lines(progress.title)
    body = plain_lines(progress.text, typed=progress.typed)
    tail = [] if progress.done is None or progress.is_final else [_bar(progress.done)]
    while len(body) > 1 and not fits([*head, *body, *tail]):
        del body[0]
    lines = [*head, *body, *tail]
    return join(lines) if fits(lines) else pack([*body])[0]


def _bar(done: float) -> Line:
    share = min(1.0, max(0.0, done))
    full = round(share * _BAR_CELLS)
    text = f"{'▰' * full}{'▱' * (_BAR_CELLS - full)} {share:.0%}"
    return Line(text, len(text))
