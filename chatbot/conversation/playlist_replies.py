"""What people read about asking for playlists (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.conversation.commands import seeds_text
from chatbot.conversation.language import N_, _
from chatbot.conversation.messages import Button, Reply
from chatbot.conversation.playlist_request import (
    ADVENTURE,
    ADVENTURE_WORDS,
    ARTISTS,
    LENGTH,
    PRIVATE,
    BadOption,
)
from chatbot.conversation.quoting import QUERY_CHARACTERS, quoted
from chatbot.services.playlist_records import MadePlaylist, RespeltSong, UnknownSong
from songnet.errors import Suggestion
from songnet.links import LinkKind, link_kind
from songnet.music import StandIn, Track

LABEL_CHARACTERS = 60

OTHER_LINKS = {
    LinkKind.ALBUM: N_("'{song}' is a whole album: name a song of it."),
    LinkKind.PLAYLIST: N_("'{song}' is a whole playlist: name one to several songs of it."),
    LinkKind.ARTIST: N_("'{song}' is an artist's page: write the artist's name instead."),
    LinkKind.SHORT: N_("'{song}' is a short link: open it, and copy the long address."),
    LinkKind.YOUTUBE: N_("'{song}' leads to YouTube: write title and artist instead."),
}
"""What is said of links that mean no song of Spotify's."""

Rows = tuple[tuple[Button, ...], ...]


def empty_playlist(model_id: int, examples: Sequence[str], recent: Sequence[MadePlaylist]) -> Reply:
    """`/playlist` without songs: how to ask, and what to begin with at once.

    Args:
        model_id: whose favourites `examples` are.
        examples: what the person plays most.
        recent: their newest playlists from different songs.
    """
    lines = [
        _(
            "Name one to several songs that the playlist should go on from, separated by ';'. For "
            "example:"
        ),
        example(examples),
        "",
        options_text(),
    ]
    favourites = tuple(
        Button(song[:LABEL_CHARACTERS], "favourite", f"{model_id} {number}")
        for number, song in enumerate(examples)
    )
    # Side by side, for Discord takes five rows of a message.
    rows = [favourites] if favourites else []
    rows += [(Button(_recent_label(made), "card", f"again {made.id}"),) for made in recent]
    if rows:
        lines += ["", _("Or begin with one of these:")]
    typed = (example(examples),)
    return Reply("\n".join(lines), buttons=tuple(rows), private=True, typed=typed)


def grown_from(seeds: Sequence[Track], stand_ins: Sequence[StandIn] = ()) -> str:
    """The songs and artists that a playlist grew from."""
    artists = dict.fromkeys(stand_in.artist for stand_in in stand_ins)
    return ", ".join(
        [
            *(track.title for track in seeds),
            *(_("songs by {artist}", artist=artist) for artist in artists),
        ]
    )


def options_text() -> str:
    """What can be chosen about a playlist, in words."""
    return _(
        "You can add: length=30 (songs), adventure=familiar, balanced or adventurous, artists=2 "
        "(the most songs of one artist), private=yes (you alone see it)."
    )


def example(songs: Sequence[str]) -> str:
    """A command to try, from songs that are there."""
    return f"/playlist {seeds_text(songs) or 'Faded; Animals - Maroon 5'}"


def too_many_seeds(found: int, allowed: int) -> Reply:
    """More songs than a request takes."""
    return Reply(
        _(
            "You named {found} songs; I start a playlist from at most {allowed}.",
            found=found,
            allowed=allowed,
        ),
        private=True,
    )


def bad_option(error: BadOption) -> Reply:
    """A choice that cannot be read."""
    written = f"{error.name}={error.value}"[:QUERY_CHARACTERS]
    if error.name.casefold() != error.meant:
        words = _(
            "I don't know '{written}'. Did you mean {meant}=?", written=written, meant=error.meant
        )
        return Reply(f"{words} {options_text()}", private=True)
    expected = {
        LENGTH: _("a number of songs, such as length=30"),
        ADVENTURE: _(
            "{words}, or a number from 0 (familiar) to 1 (adventurous)",
            words=", ".join(ADVENTURE_WORDS),
        ),
        ARTISTS: _("the most songs of one artist, such as artists=2, or artists=any"),
        PRIVATE: _("private=yes or private=no"),
    }[error.meant]
    return Reply(
        _("I cannot read '{written}'. It takes {expected}.", written=written, expected=expected),
        private=True,
    )


def nothing_found(made: MadePlaylist) -> Reply:
    """None of the named songs is in the library; what is near to them, its owner alone sees."""
    lines = [not_found(song) for song in made.unknown]
    if len(made.unknown) == 1 and "," in made.unknown[0].query:
        lines.append(_("If these are several songs, separate them with ';'."))
    return Reply(
        "\n".join([*lines, "", _("I can only start from songs that you have played yourself.")]),
        title=_("I did not find that in your library"),
        buttons=_choices(made, "pick", [song.suggestions for song in made.unknown]),
        private=True,
    )


def question(made: MadePlaylist) -> Reply | None:
    """Which song was meant, where that is not sure; the first such song is asked for.

    The answers are songs of the library, which nobody else is shown.
    """
    for song, suggestions in enumerate(each.suggestions for each in made.unknown):
        if suggestions:
            return _which(made, made.unknown[song].query, "pick", song, suggestions)
    for song, ambiguous in enumerate(made.ambiguous):
        taken = _("I took {artist}'s.", artist=ambiguous.taken.artist)
        return _which(made, ambiguous.query, "instead", song, ambiguous.others, taken=taken)
    return None


def put_right() -> Reply:
    """What was meant was answered apart from the others, who read the card."""
    return Reply(_("Thank you: the card there shows the right songs now."), private=True)


def missing(query: str) -> str:
    """A named song that is not in the library; one that is may be named by a link it has not."""
    kind = link_kind(query)
    if kind in OTHER_LINKS:
        return _(OTHER_LINKS[kind], song=quoted(query))
    words = _("Not in your library: '{song}'.", song=quoted(query))
    if kind is None:
        return words
    advice = _("I do not know the link of every song; write title and artist instead.")
    return f"{words} {advice}"


def not_found(song: UnknownSong) -> str:
    """A named song that is not in the library, and what is near to it there."""
    near = "; ".join(f"{track.title} - {track.artist}" for track in song.suggestions)
    words = missing(song.query)
    return words + " " + _("Near to it: {songs}.", songs=near) if near else words


def by_artist(stand_in: StandIn) -> str:
    """An artist who was named alone, or with a song that is not in the library."""
    words = "" if stand_in.is_artist else missing(stand_in.query)
    if not stand_in.tracks:
        return words
    titles = ", ".join(track.title for track in stand_in.tracks)
    instead = _(
        "I went by what you play of {artist}: {songs}.", artist=stand_in.artist, songs=titles
    )
    return f"{words} {instead}".strip()


def respelt(song: RespeltSong) -> str:
    """A named song that was found by forgiving typing errors."""
    return _("I took '{taken}' for '{song}'.", taken=quoted(song.taken), song=quoted(song.query))


def _which(
    made: MadePlaylist,
    query: str,
    name: str,
    song: int,
    suggestions: Sequence[Suggestion],
    *,
    taken: str = "",
) -> Reply:
    rows = _choices(made, name, [suggestions], first=song)
    words = [_("Which song did you mean by '{song}'?", song=quoted(query))]
    if taken:
        words.append(taken)
    if len(made.seeds) + len(made.stand_ins) + len(made.unknown) > 1:
        words.append(_("The others stay."))
    return Reply(" ".join(words), buttons=rows, private=True)


def _choices(
    made: MadePlaylist, name: str, songs: Sequence[Sequence[Suggestion]], *, first: int = 0
) -> Rows:
    """The near misses of the first of these songs."""
    return tuple(
        (_choice(made, name, place, choice, near),)
        for place, suggestions in enumerate(songs[:1], start=first)
        for choice, near in enumerate(suggestions)
    )


def _choice(made: MadePlaylist, name: str, song: int, choice: int, near: Suggestion) -> Button:
    label = f"{near.title} - {near.artist}"[:LABEL_CHARACTERS]
    return Button(label, name, f"{made.id} {song} {choice}")


def _recent_label(made: MadePlaylist) -> str:
    return _("Again from {songs}", songs=grown_from(made.seeds, made.stand_ins))[:LABEL_CHARACTERS]
