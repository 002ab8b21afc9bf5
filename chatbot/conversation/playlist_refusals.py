"""What people read when there is no playlist for them, or a button does nothing (pure)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatbot.conversation.getting_exports import HELP_COMMANDS, how_to_get_the_export
from chatbot.conversation.import_replies import import_button
from chatbot.conversation.language import _
from chatbot.conversation.messages import Reply
from chatbot.conversation.progress_replies import stage
from chatbot.services.errors import (
    BadWish,
    ModelDamaged,
    NoModel,
    NotLearned,
    NotYours,
    ServiceError,
    StillTraining,
    UnknownPlaylist,
)
from chatbot.services.jobs import Job

NUMBER_CHARACTERS = 20
"""So much is repeated of a number that is out of range."""


def no_model() -> Reply:
    """A playlist is asked for, and there is no history."""
    return Reply(
        _("I have not learned from your listening yet. Send me your history first.")
        + f"\n\n{how_to_get_the_export()}",
        buttons=((import_button(),),),
        private=True,
        typed=HELP_COMMANDS,
    )


def still_training(job: Job) -> Reply:
    """A playlist is asked for, and the first model is on its way."""
    return Reply(
        _(
            "I am still learning from your history. {stage}. I tell you when it is done; then ask "
            "me again.",
            stage=stage(job),
        ),
        private=True,
    )


def model_damaged() -> Reply:
    """A stored model that cannot be used."""
    return Reply(
        _(
            "What I had learned from your plays was damaged on the disk. I have begun to learn "
            "from them again, and tell you when it is done; /status shows how far I am."
        ),
        private=True,
    )


def not_learned() -> Reply:
    """There is a history and no model, as after a training that was cancelled or failed."""
    return Reply(
        _(
            "I know your plays, but I have not learned from them yet. I have begun to, and tell "
            "you when it is done; /status shows how far I am."
        ),
        private=True,
    )


def bad_wish(error: BadWish) -> Reply:
    """Something about a playlist is wished that is out of its range."""
    range_of = {
        "least": _written(error.least),
        "most": _written(error.most),
        "found": _written(error.found),
    }
    words = {
        "seeds": _(
            "You named {found} songs; I start a playlist from at most {allowed}.",
            found=range_of["found"],
            allowed=range_of["most"],
        ),
        "length": _(
            "A playlist has from {least} to {most} songs; you asked for {found}.", **range_of
        ),
        "adventure": _(
            "Adventure goes from {least} (familiar) to {most} (adventurous); you asked for "
            "{found}.",
            **range_of,
        ),
        "most_per_artist": _(
            "The songs of one artist can be limited to {most} at most, {least} for no limit; you "
            "asked for {found}.",
            **range_of,
        ),
    }
    return Reply(words[error.field], private=True)


def _written(number: float) -> str:
    """A number as people write it, shortened: a whole one may be too large for a float."""
    written = f"{number}" if isinstance(number, int) else f"{number:g}"
    if len(written) <= NUMBER_CHARACTERS:
        return written
    return f"{written[:NUMBER_CHARACTERS]}..."


def not_yours() -> Reply:
    """A button of another person's playlist."""
    return Reply(
        _("That is not yours: only who made this playlist can do that. Make one with /playlist."),
        private=True,
    )


def unknown_playlist() -> Reply:
    """A button of a playlist that is gone."""
    return Reply(_("That playlist is gone. Make one with /playlist."), private=True)


_REPLIES: dict[type[ServiceError], Callable[[Any], Reply]] = {
    NoModel: lambda _error: no_model(),
    StillTraining: lambda error: still_training(error.job),
    ModelDamaged: lambda _error: model_damaged(),
    NotLearned: lambda _error: not_learned(),
    NotYours: lambda _error: not_yours(),
    UnknownPlaylist: lambda _error: unknown_playlist(),
    BadWish: bad_wish,
}


def refused(error: ServiceError) -> Reply:
    """Why a playlist cannot be shown, made or changed.

    Raises:
        ServiceError: the same error, where it is none about playlists.
    """
    if type(error) not in _REPLIES:
        raise error
    return _REPLIES[type(error)](error)
