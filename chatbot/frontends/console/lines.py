"""What a typed line asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatbot.conversation import console_replies
from chatbot.conversation.language import N_
from chatbot.conversation.messages import Button, CommandSpec
from chatbot.frontends.console.files import (
    FoundFiles,
    UnclosedQuote,
    dragged_paths,
    find_files,
    split_paths,
)
from chatbot.frontends.console.text import clean_line

LOCAL_COMMANDS = (
    CommandSpec(
        "press",
        N_("Press a button by its label"),
        "label",
        N_("What stands on the button"),
        argument_required=True,
    ),
    CommandSpec("wait", N_("Go on reading when nothing is under way any more")),
    CommandSpec("quit", N_("Leave"), aliases=("exit",)),
)
"""What the console itself answers; everything else goes to the conversation."""


@dataclass(frozen=True)
class Ask:
    """A command for the conversation."""

    name: str
    argument: str = ""
    found: FoundFiles = field(default_factory=lambda: FoundFiles((), ()))


@dataclass(frozen=True)
class Mistake:
    """Nothing can be done with the line; the sentence says why."""

    sentence: str


@dataclass(frozen=True)
class Settle:
    """Wait until nothing is under way."""


@dataclass(frozen=True)
class Leave:
    """End the chat."""


Buttons = tuple[tuple[Button, ...], ...]
"""The buttons of each message, the newest message first."""
Meaning = Ask | Mistake | Settle | Leave


def understand(line: str, commands: tuple[CommandSpec, ...], buttons: Buttons) -> Meaning | None:
    """What the line asks for; None for an empty one. Looks at the file system."""
    text = line.strip()
    if not text:
        return None
    if text.startswith("/"):
        word, _, rest = text[1:].partition(" ")
        spec = _find(word, commands) or _find(word, LOCAL_COMMANDS)
        if spec is not None:
            return _command(spec, rest.strip(), buttons)
    paths = dragged_paths(text)
    if paths is not None:
        return _files(_import_name(commands), paths)
    if text.startswith("/"):
        return Ask(word.casefold(), rest.strip())
    return _pressed(text, buttons) or Ask("", text)


def _command(spec: CommandSpec, argument: str, buttons: Buttons) -> Meaning:
    if spec in LOCAL_COMMANDS:
        match spec.name:
            case "quit":
                return Leave()
            case "wait":
                return Settle()
            case _:
                return _press(argument, buttons)
    if not spec.takes_files:
        return Ask(spec.name, argument)
    try:
        return _files(spec.name, split_paths(argument))
    except UnclosedQuote:
        return Mistake(console_replies.unclosed_quote(clean_line(argument)))


def _files(name: str, paths: list[str]) -> Meaning:
    found = find_files(paths)
    if paths and not found.files:
        return Mistake(" ".join(found.problems))
    return Ask(name, found=found)


def _pressed(text: str, buttons: Buttons) -> Meaning | None:
    """A number or label of the newest buttons."""
    if not buttons:
        return None
    newest = buttons[0]
    if text.isdecimal():
        number = int(text)
        if 1 <= number <= len(newest):
            return _ask(newest[number - 1])
        return Mistake(console_replies.no_such_number(number, len(newest)))
    return _labelled(text, newest)


def _press(label: str, buttons: Buttons) -> Meaning:
    if label.isdecimal() and (meaning := _pressed(label, buttons)):
        return meaning
    everywhere = tuple(button for of_message in buttons for button in of_message)
    unknown = Mistake(console_replies.no_such_button(clean_line(label)))
    return _labelled(label, everywhere) or unknown


def _labelled(label: str, buttons: tuple[Button, ...]) -> Ask | None:
    wanted = clean_line(label).casefold()
    for button in buttons:
        if clean_line(button.label).casefold() == wanted:
            return _ask(button)
    return None


def _ask(button: Button) -> Ask:
    return Ask(button.name, button.argument)


def _find(word: str, commands: tuple[CommandSpec, ...]) -> CommandSpec | None:
    name = word.casefold()
    return next((spec for spec in commands if name in (spec.name, *spec.aliases)), None)


def _import_name(commands: tuple[CommandSpec, ...]) -> str:
    return next((spec.name for spec in commands if spec.takes_files), "import")
