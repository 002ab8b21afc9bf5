"""What people read about shared playlists (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.conversation.blend_replies import (
    legend_together,
    marks_together,
    notes_together,
    title_together,
)
from chatbot.conversation.card_replies import card_tracks, taste_button, title_of
from chatbot.conversation.language import _, languages, ngettext, spoken
from chatbot.conversation.messages import Button, ButtonStyle, PlaylistCard, Reply, Turning
from chatbot.services.playlist_records import MadePlaylist
from chatbot.services.sharing import SharedPlaylist

LABEL_CHARACTERS = 60
TITLES_NAMED = 3


def shared_card(shared: SharedPlaylist, page: int = 0) -> PlaylistCard:
    """A playlist that its owner shows to everybody, with what everybody can do.

    Its buttons say in which language it is, so that it stays so whoever presses them.

    Args:
        shared: the playlist.
        page: which page is shown where a platform cannot hold it whole, from 0; who votes stays
            on it.
    """
    together, language = shared.together, spoken()
    return PlaylistCard(
        title=title_together(together) if together else title_of(shared.seeds, shared.stand_ins),
        tracks=card_tracks(
            shared.tracks, shared.urls, marks_together(together) if together else ()
        ),
        seeds=card_tracks(shared.seeds, shared.urls),
        buttons=(
            (taste_button(shared.id),),
            (
                Button(f"👍 {shared.votes_up}", "vote", f"{shared.id} up {page} {language}"),
                Button(f"👎 {shared.votes_down}", "vote", f"{shared.id} down {page} {language}"),
            ),
            *((_of_whoever_asked(shared.playlist_id),) if together else ()),
        ),
        notes=notes_together(together) if together else (),
        words=legend_together(together) if together else "",
        turning=Turning("turn", f"{shared.id} {language}", page),
    )


def language_of(argument: str) -> str:
    """The language of the shared card one of whose buttons this is the argument of.

    Cards of before do not say it: they take that of whoever presses first.
    """
    return next((word for word in argument.split() if word in languages()), spoken())


def gone_card() -> PlaylistCard:
    """What takes the place of a shared playlist that is gone; who deleted what is not said."""
    words = _("Whoever shared it has deleted it. Make one of your own with /playlist.")
    return PlaylistCard(title=_("This playlist is gone"), tracks=(), notes=(words,))


def _of_whoever_asked(playlist_id: str) -> tuple[Button, ...]:
    """Below a playlist of several people, which has no other card; others are told off."""
    return (
        Button(_("Save as file"), "card", f"save {playlist_id}"),
        Button(_("As a picture"), "picture", playlist_id),
        Button(_("Delete"), "card", f"delete {playlist_id}", ButtonStyle.DANGER),
    )


def described(shared: SharedPlaylist) -> str:
    """One line about a shared playlist."""
    titles = ", ".join(track.title for track in shared.tracks[:TITLES_NAMED])
    return ngettext(
        "{count} song: {titles}", "{count} songs: {titles} ...", len(shared.tracks), titles=titles
    )


def what_to_share(recent: Sequence[MadePlaylist], *, can_share: bool = True) -> Reply:
    """`/share`: which playlist.

    Args:
        recent: the newest, in the order of their numbers.
        can_share: whether others can be shown one from here, see `Place`.
    """
    if not recent:
        return Reply(
            _("You have no playlist yet that you could share. Make one with /playlist."),
            private=True,
        )
    labels = [
        f"{number}. {title_of(made.seeds, made.stand_ins)}"[:LABEL_CHARACTERS]
        for number, made in enumerate(recent, start=1)
    ]
    if not can_share:
        words = _(
            "There is nobody else here. Write /share and the number of a playlist where the others "
            "are: /share 1"
        )
        return Reply("\n".join([words, *labels]), private=True)
    rows = tuple(
        (Button(label, "share", made.id, passed_on=f"share {made.id}"),)
        for label, made in zip(labels, recent, strict=True)
    )
    words = _(
        "Which playlist shall everybody see? They see its songs and nothing else. Press it, or "
        "write /share and its number where the others are: /share 1"
    )
    return Reply(words, buttons=rows, private=True, typed=("/share 1",))


def from_what_both_play() -> str:
    """Below the title of an own version of a playlist that grew from songs one does not play."""
    return _("You don't play the songs that it grew from, so I went by what you share with it.")


def nothing_in_common() -> Reply:
    """There is no own version of somebody's playlist."""
    return Reply(
        _("You play no song and no artist of this playlist. Name songs of yours with /playlist."),
        title=_("That is not your music"),
        private=True,
    )


def nobody_here() -> Reply:
    """A playlist was to be shared where there is nobody else."""
    return Reply(
        _(
            "There is nobody else here who could see it. Write /share where others are, or save it "
            "as a file."
        ),
        private=True,
    )
