"""Which buttons can be pressed, and under which number (pure)."""

from __future__ import annotations

from chatbot.conversation.messages import Button, Message

MAX_MESSAGES = 50


class ButtonBoard:
    """The buttons on the screen.

    The message whose buttons appeared last owns the numbers. An edit that leaves a message's
    buttons as they were takes nothing over: a progress bar that moves must not slip its 'Cancel'
    under the finger of somebody who is about to type the number of another button.
    """

    def __init__(self, max_messages: int = MAX_MESSAGES) -> None:
        self._of_message: dict[str, tuple[Button, ...]] = {}
        self._max_messages = max_messages

    def put(self, message_id: str, message: Message) -> None:
        """Takes note of a message that was sent or edited."""
        buttons = tuple(button for row in message.buttons for button in row)
        if self._of_message.get(message_id, ()) == buttons:
            return
        self._of_message.pop(message_id, None)
        if buttons:
            self._of_message[message_id] = buttons
        while len(self._of_message) > self._max_messages:
            del self._of_message[next(iter(self._of_message))]

    @property
    def newest_first(self) -> tuple[tuple[Button, ...], ...]:
        """The buttons of each message; the first message's have numbers, from 1."""
        return tuple(reversed(self._of_message.values()))

    def has_numbers(self, message_id: str) -> bool:
        """Whether this message's buttons are the numbered ones."""
        return next(reversed(self._of_message), None) == message_id
