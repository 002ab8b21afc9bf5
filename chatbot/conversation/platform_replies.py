"""What people read that a platform needs and others do not (pure)."""

from __future__ import annotations

from chatbot.conversation.language import N_, _
from chatbot.conversation.messages import Reply

FILE_DESCRIPTION = N_("A file: the zip that you were sent, or one of the files in it")
PRIVATE_DESCRIPTION = N_("Only you see the answer")
"""Of options of Discord's commands; translated where they are used."""


def answer_in_private() -> str:
    """In a group, where an answer is for one person whom the bot may not write to."""
    return _(
        "The answer is for your eyes only, and I may not write to you yet. Open our private chat, "
        "press 'Start', and ask me there."
    )


def written_in_private(address: str) -> Reply:
    """In a channel, where the answer went to the private chat with whoever asked there."""
    words = _("I have written to you in our private chat: {address}", address=address)
    return Reply(words, private=True)


def anonymous() -> str:
    """To somebody who writes as a group or a channel."""
    return _(
        "You write anonymously here, so I cannot tell whose music is asked for. Ask me in our "
        "private chat, or write as yourself."
    )


def open_private_chat() -> str:
    """The label of a button."""
    return _("Open the private chat")
