"""What people read about playlists, and the cards that show them (pure)."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from chatbot.conversation.commands import seeds_text
from chatbot.conversation.language import _
from chatbot.conversation.messages import Button, CardTrack, PlaylistCard, Reply
from chatbot.services.playlists import MadePlaylist, UnknownSong
from songnet.music import StandIn, Track

QUERY_CHARACTERS = 80
"""So much is repeated of a song that was not found."""


def empty_playlist(examples: Sequence[str]) -> Reply:
    """`/playlist` without songs."""
    return Reply(
        _(
            "Name one to several songs that the playlist should go on from, separated by ';'. For "
            "example:"
        )
        + f"\n{example(examples)}",
        private=True,
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


def playlist_card(made: MadePlaylist) -> PlaylistCard:
    """A playlist with its links, and what was not found."""
    artists = dict.fromkeys(stand_in.artist for stand_in in made.stand_ins)
    grown_from = [
        *(track.title for track in made.seeds),
        *(_("songs by {artist}", artist=artist) for artist in artists),
    ]
    return PlaylistCard(
        title=_("From {songs}", songs=", ".join(grown_from)),
        tracks=_card_tracks(made.tracks, made.urls),
        seeds=_card_tracks(made.seeds, made.urls),
        notes=(
            *(_by_artist(each) for each in made.stand_ins),
            *(_not_found(song) for song in made.unknown),
        ),
        buttons=_suggestion_buttons(made),
        playlist_id=made.id,
    )


def nothing_found(made: MadePlaylist) -> Reply:
    """None of the named songs is in the library."""
    lines = [_not_found(song) for song in made.unknown]
    if len(made.unknown) == 1 and "," in made.unknown[0].query:
        lines.append(_("If these are several songs, separate them with ';'."))
    return Reply(
        "\n".join([*lines, "", _("I can only start from songs that you have played yourself.")]),
        title=_("I did not find that in your library"),
        buttons=_suggestion_buttons(made),
    )


def _by_artist(stand_in: StandIn) -> str:
    titles = ", ".join(track.title for track in stand_in.tracks)
    query = textwrap.shorten(stand_in.query, QUERY_CHARACTERS, placeholder="...")
    words = _("Not in your library: '{song}'.", song=query)
    instead = _(
        "I went by what you play of {artist}: {songs}.", artist=stand_in.artist, songs=titles
    )
    return f"{words} {instead}"


def _not_found(song: UnknownSong) -> str:
    near = "; ".join(f"{track.title} - {track.artist}" for track in song.suggestions)
    query = textwrap.shorten(song.query, QUERY_CHARACTERS, placeholder="...")
    words = _("Not in your library: '{song}'.", song=query)
    return words + " " + _("Near to it: {songs}.", songs=near) if near else words


def _suggestion_buttons(made: MadePlaylist) -> tuple[tuple[Button, ...], ...]:
    return tuple(
        (Button(f"{near.title} - {near.artist}"[:60], "pick", f"{made.id} {place} {choice}"),)
        for place, song in enumerate(made.unknown[:1])
        for choice, near in enumerate(song.suggestions)
    )


def _card_tracks(tracks: Sequence[Track], urls: Mapping[str, str]) -> tuple[CardTrack, ...]:
    return tuple(
        CardTrack(position, track.title, track.artist, urls[track.track_id])
        for position, track in enumerate(tracks, start=1)
    )
