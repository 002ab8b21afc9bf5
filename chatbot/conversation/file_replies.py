"""What people read while they hand files over (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.conversation.language import N_, _, ngettext
from chatbot.conversation.messages import Button, ButtonStyle, Reply

IMPORT_POSTED_FILE = N_("Import this file")
"""The entry of a message's own menu, where a platform has one."""
FILES_LABEL = N_("Your files")
"""Above the field of a form; to be translated where it is used."""
FILES_HINT = N_(
    "The zip that Spotify gave you, or up to ten of the files in it. Nobody else sees them."
)
GATHERED, START, DROP = "gathered", "start", "drop"
"""The buttons below files that are gathered: its own command and arguments."""
FILES_NAMED = 20


def gathered(names: Sequence[str], seconds: int) -> Reply:
    """Files that came one after another, before their import; it begins by itself after a while."""
    lines = [f"- {name}" for name in names[:FILES_NAMED]]
    if len(names) > FILES_NAMED:
        more = len(names) - FILES_NAMED
        lines.append(ngettext("and {count} more", "and {count} more", more))
    return Reply(
        "\n".join(lines)
        + "\n\n"
        + _("Send more, or press 'Start'. In {seconds} s I begin by myself.", seconds=seconds),
        title=ngettext("{count} file so far", "{count} files so far", len(names)),
        buttons=(
            (
                Button(_("Start"), GATHERED, START, ButtonStyle.PRIMARY),
                Button(_("Drop them"), GATHERED, DROP),
            ),
        ),
        private=True,
    )


def dropped() -> Reply:
    """The person does not want the gathered files imported after all."""
    return Reply(_("I have forgotten these files."), private=True)


def gathered_no_more() -> Reply:
    """The press of a button below files that are not there any more, or at work already."""
    return Reply(
        _(
            "These files are at work already, or gone. /status shows what I have; send them again "
            "if they are missing."
        ),
        private=True,
    )


def posted_by_another() -> Reply:
    """A person wants to import what another one has posted."""
    return Reply(
        _("That file is another person's. I take a listening history only from its owner."),
        private=True,
    )


def no_file_there() -> Reply:
    """The message that a person pointed to has no file."""
    return Reply(
        _("There is no file in that message. Choose the message with your zip or JSON files."),
        private=True,
    )


def posted_in_public() -> Reply:
    """The file that is imported stands where others can take it."""
    return Reply(
        _(
            "Others can download the file from that message, and it says when and where you "
            "listened to what: please delete the message. I take the file in now; next time use "
            "/import, which nobody else sees, or our private chat."
        ),
        title=_("Your file is public"),
        private=True,
    )
