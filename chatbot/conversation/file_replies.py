"""What people read while they hand files over (pure)."""

from __future__ import annotations

from chatbot.conversation.language import N_, _
from chatbot.conversation.messages import Reply

IMPORT_POSTED_FILE = N_("Import this file")
"""The entry of a message's own menu, where a platform has one."""
FILES_LABEL = N_("Your files")
"""Above the field of a form; to be translated where it is used."""
FILES_HINT = N_(
    "The zip that Spotify gave you, or up to ten of the files in it. Nobody else sees them."
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
