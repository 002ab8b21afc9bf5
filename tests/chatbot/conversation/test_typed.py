"""What people are to type stands in the text as it is named beside it, in every language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatbot.conversation import (
    account_replies,
    blend_replies,
    getting_exports,
    import_replies,
    playlist_refusals,
    playlist_replies,
    replies,
)
from chatbot.conversation.commands import find_command
from chatbot.conversation.language import languages, speaking
from chatbot.conversation.messages import Reply

REPLIES: dict[str, Callable[[], Reply]] = {
    "help": replies.help_text,
    "no command": lambda: replies.not_a_command(is_new=True),
    "unknown service": lambda: getting_exports.unknown_service("netflix"),
    "how to import": lambda: import_replies.import_help(20_000_000),
    "nothing learned": playlist_refusals.no_model,
    "no song": lambda: playlist_replies.empty_playlist(1, ["Faded - Alan Walker"], []),
    "learned": lambda: import_replies.learned(["Faded", "Ob-La-Di; Ob-La-Da"], again=False),
    "code": lambda: account_replies.code_offer("ZABM-1234", 600),
    "how to blend": lambda: blend_replies.how_to_blend(4),
    "a blend of nobody": lambda: blend_replies.names_nobody("Faded", 4),
    "a blend with oneself": lambda: blend_replies.only_oneself(4),
    "a blend of no song": blend_replies.names_no_song,
    "a blend with everybody": lambda: blend_replies.not_all_at_once("@all", 4),
    "a blend with a bot": blend_replies.no_person,
}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", REPLIES)
def test_it_stands_in_the_text(name: str, language: str) -> None:
    with speaking(language):
        reply = REPLIES[name]()
    assert reply.typed
    assert all(typed in reply.text for typed in reply.typed)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", REPLIES)
def test_it_is_a_command_with_an_argument(name: str, language: str) -> None:
    with speaking(language):
        commands = [typed.split(" ", 1) for typed in REPLIES[name]().typed]
    assert all(find_command(command.removeprefix("/")) for command, _argument in commands)
