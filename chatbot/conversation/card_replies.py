"""The card that shows a playlist to its owner, and what its buttons answer (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from chatbot.conversation.language import _, day, ngettext, spoken
from chatbot.conversation.measures import playing_time
from chatbot.conversation.messages import (
    Button,
    ButtonStyle,
    CardTrack,
    PlaylistCard,
    Reply,
    Turning,
)
from chatbot.conversation.playlist_replies import by_artist, grown_from, missing, not_found, respelt
from chatbot.conversation.reason_replies import because
from chatbot.services.cards import Removed, track_key
from chatbot.services.playlist_files import WRITERS
from chatbot.services.playlist_records import MadePlaylist
from songnet.music import StandIn, Track

NUMBERS_A_ROW = 5
NUMBERS_A_PAGE = 20
"""With the row below them the most buttons that every platform takes at once, in rows of five."""
TITLE_CHARACTERS = 80
"""So much is shown of a song's title within a sentence beside the buttons."""

Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True)
class Readers:
    """Who reads a card."""

    alone: bool = True
    """Nobody but its owner; others see nothing of the library but the songs."""
    can_share: bool = True
    """Its owner can show it to others from where it stands."""
    share_id: str = ""
    """Of the share from which others may have their own version, where they read the card too."""


ALONE = Readers()


def playlist_card(
    made: MadePlaylist, variations: Collection[str], page: int = 0, *, readers: Readers = ALONE
) -> PlaylistCard:
    """A playlist with its links, what was not found, and what can be done with it.

    Args:
        made: the playlist.
        variations: how it can be varied, see `chatbot.services.cards.VARIATIONS`.
        page: which page is shown where a platform cannot hold it whole, from 0.
        readers: who reads along.
    """
    turning = Turning("card", f"turn {made.id}", page)
    return _card(made, _buttons(made, variations, readers), turning, readers=readers)


def title_of(seeds: Sequence[Track], stand_ins: Sequence[StandIn] = ()) -> str:
    """What a playlist is called."""
    return _("From {songs}", songs=grown_from(seeds, stand_ins))


def card_title(made: MadePlaylist) -> str:
    """What a playlist is called, and how it differs from the one that it was made from."""
    title = title_of(made.seeds, made.stand_ins)
    how = _variation_names().get(made.wish.varied)
    # In front: a long title is cut at its end.
    return f"{how} · {title}" if how else title


def card_tracks(
    tracks: Sequence[Track], urls: Mapping[str, str], marks: Sequence[str] = ()
) -> tuple[CardTrack, ...]:
    """The lines of a card; where there are marks, one for each song."""
    return tuple(
        CardTrack(position, track.title, track.artist, urls[track.track_id], mark)
        for position, (track, mark) in enumerate(
            zip(tracks, marks or repeat(""), strict=False), start=1
        )
    )


def removal(
    made: MadePlaylist, numbers: int = 0, page: int = 0, *, readers: Readers = ALONE
) -> PlaylistCard:
    """The card while a song is chosen that is to go.

    Args:
        made: the playlist.
        numbers: which twenty songs have a button, from 0.
        page: which page is shown where a platform cannot hold the card whole, from 0.
        readers: as for `playlist_card`.
    """
    start = numbers * NUMBERS_A_PAGE if numbers * NUMBERS_A_PAGE < len(made.tracks) else 0
    tracks = made.tracks[start : start + NUMBERS_A_PAGE]
    choices = [
        Button(str(number), "card", f"drop {made.id} {track_key(track.track_id)}")
        for number, track in enumerate(tracks, start=start + 1)
    ]
    last = [Button(_("Back"), "card", f"back {made.id}")]
    if len(made.tracks) > NUMBERS_A_PAGE:
        following = start + NUMBERS_A_PAGE
        number = following // NUMBERS_A_PAGE if following < len(made.tracks) else 0
        last.append(Button(_("Other numbers"), "card", f"remove {made.id} {number}"))
    rows = [
        tuple(choices[place : place + NUMBERS_A_ROW])
        for place in range(0, len(choices), NUMBERS_A_ROW)
    ]
    question = _("Which song should go? It stays away from your later playlists too.")
    turning = Turning("card", f"remove {made.id} {start // NUMBERS_A_PAGE}", page)
    return _card(made, (*rows, tuple(last)), turning, question, readers=readers)


def after_removal(
    removed: Removed, variations: Collection[str], page: int = 0, *, readers: Readers = ALONE
) -> PlaylistCard:
    """The card without a song, which can be brought back; the rest as for `playlist_card`."""
    made = removed.playlist
    undo = Button(
        _("Bring back '{song}'", song=removed.title), "card", f"undo {made.id} {removed.entry_id}"
    )
    title = removed.title
    if len(title) > TITLE_CHARACTERS:
        title = f"{title[:TITLE_CHARACTERS]}…"
    words = _("'{song}' is gone, and stays away from your later playlists.", song=title)
    turning = Turning("card", f"gone {made.id} {removed.entry_id}", page)
    rows = ((undo,), *_buttons(made, variations, readers))
    return _card(made, rows, turning, words, readers=readers)


def why(made: MadePlaylist) -> Reply:
    """For each track the strongest reason, in counts from the person's own plays."""
    names = {track.track_id: track for track in (*made.seeds, *made.tracks)}
    lines = [
        f"{number}. {track.title} - {track.artist}: {because(track, names)}"
        for number, track in enumerate(made.tracks, start=1)
    ]
    lines += ["", _("Plays under 30 seconds do not count.")]
    return Reply("\n".join(lines), title=_("Why these?"), private=True)


def save_as(made: MadePlaylist) -> Reply:
    """Which kind of file."""
    buttons = tuple(Button(ending, "card", f"file {made.id} {ending}") for ending in WRITERS)
    return Reply(
        _(
            "Which file? m3u8, xspf and csv are for services that move playlists from one music "
            "service to another, csv also for spreadsheets, json for programs. They hold links to "
            "open, which no player plays."
        ),
        buttons=(buttons,),
        private=True,
    )


def deleted() -> Reply:
    """A playlist was deleted."""
    return Reply(_("This playlist is deleted, and what you shared of it too."))


def _card(
    made: MadePlaylist, buttons: Rows, turning: Turning, words: str = "", *, readers: Readers
) -> PlaylistCard:
    return PlaylistCard(
        title=card_title(made),
        tracks=card_tracks(made.tracks, made.urls),
        seeds=card_tracks(made.seeds, made.urls),
        notes=(
            *_facts(made, readers),
            *(respelt(song) for song in made.respelt),
            *(_of_the_library(made) if readers.alone or made.wish.private else _missing(made)),
        ),
        words=words,
        buttons=buttons,
        turning=turning,
        playlist_id=made.id,
        private=made.wish.private,
    )


def _of_the_library(made: MadePlaylist) -> list[str]:
    """What became of the named songs, with what else is in the library."""
    return [
        *(by_artist(each) for each in made.stand_ins),
        *(not_found(song) for song in made.unknown),
    ]


def _missing(made: MadePlaylist) -> list[str]:
    """The named songs that are not in the library, where others read along."""
    queries = [each.query for each in made.stand_ins if not each.is_artist]
    return [missing(query) for query in (*queries, *(song.query for song in made.unknown))]


def _facts(made: MadePlaylist, readers: Readers) -> list[str]:
    """How long it lasts, and for its owner alone what the model had learned from."""
    facts = []
    known = [made.lengths[t.track_id] for t in made.tracks if t.track_id in made.lengths]
    unknown = len(made.tracks) - len(known)
    if known:
        words = _("Plays for {time}.", time=playing_time(sum(known) / 1000))
        if unknown:
            words = ngettext(
                "Plays for {time}, without {count} song whose length I don't know.",
                "Plays for {time}, without {count} songs whose length I don't know.",
                unknown,
                time=playing_time(sum(known) / 1000),
            )
        facts.append(words)
    if made.learned_from is not None and (readers.alone or made.wish.private):
        facts.append(
            ngettext(
                "Learned on {day} from {count} play.",
                "Learned on {day} from {count} plays.",
                made.learned_from.plays,
                day=day(made.learned_from.created_at),
            )
        )
    return facts


def taste_button(share_id: str) -> Button:
    """For everybody: their own version of what another sees; it says in which language that is."""
    return Button(_("With my taste"), "taste", f"{share_id} {spoken()}", ButtonStyle.PRIMARY)


def _variation_names() -> dict[str, str]:
    return {
        "again": _("Another one"),
        "familiar": _("More familiar"),
        "adventurous": _("More adventurous"),
        "longer": _("Longer"),
    }


def _buttons(made: MadePlaylist, variations: Collection[str], readers: Readers) -> Rows:
    varied = {
        how: Button(label, "card", f"{how} {made.id}")
        for how, label in _variation_names().items()
        if how in variations
    }
    longer = [varied.pop("longer")] if "longer" in varied else []
    share = Button(_("Share"), "share", made.id, passed_on=f"share {made.id}")
    rows = (
        tuple(varied.values()),
        (
            *longer,
            Button(_("Remove a song"), "card", f"remove {made.id}"),
            Button(_("Why these?"), "card", f"why {made.id}"),
            *((taste_button(readers.share_id),) if readers.share_id else ()),
        ),
        (
            Button(_("Save as file"), "card", f"save {made.id}"),
            Button(_("As a picture"), "picture", made.id),
            *((share,) if readers.can_share else ()),
            Button(_("Delete"), "card", f"delete {made.id}", ButtonStyle.DANGER),
        ),
    )
    return tuple(row for row in rows if row) if made.tracks else (rows[-1][-1:],)
