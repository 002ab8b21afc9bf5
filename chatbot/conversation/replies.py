"""What people read that belongs to no single topic: help, status, deletion (pure).

Functions take facts and give text or whole messages; nothing here waits, stores or knows a
platform. Imports are worded in `import_replies`, playlists in `playlist_replies`, and the errors of
songnet and of the services in `refusals`, all beside this module.
"""

from __future__ import annotations

from chatbot.conversation.card_replies import title_of
from chatbot.conversation.commands import COMMANDS
from chatbot.conversation.getting_exports import (
    HELP_COMMANDS,
    how_to_get_the_export,
    service_buttons,
)
from chatbot.conversation.import_replies import after_the_history
from chatbot.conversation.language import _
from chatbot.conversation.measures import date, plays, songs
from chatbot.conversation.messages import Button, ButtonStyle, Reply
from chatbot.conversation.progress_replies import job_line
from chatbot.services.status import LostAnswer, Status

LABEL_CHARACTERS = 60


def help_text() -> Reply:
    """What the bot is, its commands, and how to get the export."""
    arguments = {"playlist": " " + _("song 1; song 2; song 3")}
    commands = "\n".join(
        f"/{spec.name}{arguments.get(spec.name, '')} - {_(spec.description)}" for spec in COMMANDS
    )
    return Reply(
        "\n\n".join(
            [
                _(
                    "I learn from your own listening how you go from one song to the next. Send me "
                    "your listening history; then name a few songs, and I make you a playlist of "
                    "your music that goes on from there."
                ),
                commands,
                how_to_get_the_export(),
                _(
                    "Your history stays here and is yours: /export gives it back, /forget deletes "
                    "it."
                ),
            ]
        ),
        title="songnet",
        private=True,
        buttons=service_buttons(),
        typed=(f"/playlist{arguments['playlist']}", *HELP_COMMANDS),
    )


def unknown_command(name: str, suggestion: str | None) -> Reply:
    """A command that is not in the table."""
    if suggestion:
        words = _(
            "I don't know /{name}. Did you mean /{suggestion}? /help shows what I can do.",
            name=name,
            suggestion=suggestion,
        )
    else:
        words = _("I don't know /{name}. /help shows what I can do.", name=name)
    return Reply(words, private=True)


def not_a_command(*, is_new: bool) -> Reply:
    """Text without a command; `is_new` where there is no history to make playlists from."""
    words = _(
        "To get a playlist, write /playlist and a few songs: /playlist Faded; Animals. "
        "/help shows what else I can do."
    )
    asking = Reply(words, private=True, typed=("/playlist Faded; Animals",))
    return after_the_history(asking) if is_new else asking


def argument_too_long(found: int, allowed: int) -> Reply:
    """More text than a command takes."""
    return Reply(
        _(
            "That is {found} characters; I read at most {allowed}. Name fewer songs.",
            found=found,
            allowed=allowed,
        ),
        private=True,
    )


def status_text(status: Status, last_failure: str | None) -> Reply:
    """`/status`; `last_failure` says what became of the last import, if it came to nothing."""
    lines = []
    if status.history:
        history = status.history
        lines.append(
            _(
                "I know {plays} of {songs}, {first} to {last}.",
                plays=plays(history.plays),
                songs=songs(history.tracks),
                first=date(history.first_play),
                last=date(history.last_play),
            )
        )
    if status.model:
        lines.append(
            _("I last learned from them on {day}.", day=date(status.model.created_at)),
        )
    lines += [
        job_line(job, status.file_names.get(job.subject_id, ()), again=status.model is not None)
        for job in status.jobs
    ]
    if last_failure and not status.jobs:
        lines.append(last_failure)
    if not lines:
        lines = [_("I have nothing of yours yet. /import tells how to begin.")]
    if status.undelivered:
        lines += ["", _("This did not reach you:"), *map(_lost, status.undelivered)]
    lost = [each.playlist for each in status.undelivered if each.playlist is not None]
    names = [title_of(made.seeds, made.stand_ins)[:LABEL_CHARACTERS] for made in lost]
    buttons = tuple(
        (Button(name, "card", f"show {made.id}"),) for name, made in zip(names, lost, strict=True)
    )
    return Reply(
        "\n".join(lines),
        title=_("Where we stand"),
        buttons=buttons,
        private=True,
        typed=HELP_COMMANDS,
    )


def _lost(answer: LostAnswer) -> str:
    if answer.playlist is None:
        return _(
            "- the answer to /{command} on {day}. Ask for it once more.",
            command=answer.command,
            day=date(answer.at),
        )
    return _(
        "- a playlist of {day}: {title}. Press its name to see it.",
        day=date(answer.at),
        title=title_of(answer.playlist.seeds, answer.playlist.stand_ins),
    )


def cancelled(count: int) -> Reply:
    """`/cancel`."""
    if count == 0:
        return Reply(_("There is nothing running that I could cancel."), private=True)
    return Reply(_("I stop it. What I knew before stays as it was."), private=True)


def forget_question() -> Reply:
    """`/forget`, before."""
    return Reply(
        _(
            "This deletes everything that I store about you: your history, what I learned from it, "
            "your playlists and your imports. It cannot be undone."
        ),
        title=_("Delete everything?"),
        buttons=((Button(_("Delete everything"), "forget", "yes", ButtonStyle.DANGER),),),
        private=True,
    )


def forgotten() -> Reply:
    """`/forget`, after."""
    return Reply(_("Done: I have deleted everything that I stored about you."), private=True)


def forgotten_meanwhile() -> Reply:
    """A command that was being answered while `/forget` was."""
    return Reply(
        _(
            "Everything that I stored about you was deleted while I was at it; nothing of this was "
            "kept."
        ),
        private=True,
    )


def nothing_stored() -> Reply:
    """`/forget` or `/export` of somebody unknown."""
    return Reply(_("I store nothing about you."), private=True)


def export_text(number: int, count: int) -> str:
    """The words that go with a zip of `/export`."""
    if count == 1:
        return _("Everything that I store about you. README.txt tells what is what.")
    return _(
        "Everything that I store about you (file {number} of {count}). README.txt tells what is "
        "what.",
        number=number,
        count=count,
    )
