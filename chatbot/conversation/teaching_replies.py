"""What people read about teaching the start of new models (pure)."""

from __future__ import annotations

from datetime import datetime

from chatbot.conversation.language import _
from chatbot.conversation.measures import date
from chatbot.conversation.messages import Button, ButtonStyle, Reply


def teaching_lines(agreed_at: datetime | None) -> list[str]:
    """Whether a person's plays may teach the start of new models, for `/privacy`."""
    if agreed_at is None:
        return []
    return [
        _(
            "You agreed on {day} that what listeners have in common may be learned from your plays "
            "too.",
            day=date(agreed_at),
        )
    ]


def teaching_buttons(agreed_at: datetime | None) -> tuple[tuple[Button, ...], ...]:
    """The button that asks for the consent, or takes it back."""
    if agreed_at is None:
        return ((Button(_("Help new models begin"), "teach"),),)
    return ((Button(_("Take back: help for new models"), "teach", "no", ButtonStyle.DANGER),),)


def teaching_question(least_people: int) -> Reply:
    """Before a person agrees."""
    return Reply(
        _(
            "A new person's model does not begin from nothing, but from what listeners have in "
            "common. If you agree, whoever runs this bot may learn that from your plays too. What "
            "comes of it are some fifty thousand numbers that say which habits to trust when: no "
            "song, artist, name or date is among them. They are only made from {count} people or "
            "more, all of whom agreed, and may be passed on to others; your plays are not. Take it "
            "back under /privacy whenever you like: what is made from then on is made without you, "
            "what was made before stays.",
            count=least_people,
        ),
        title=_("Help new models begin?"),
        buttons=((Button(_("I agree"), "teach", "yes", ButtonStyle.PRIMARY),),),
        private=True,
    )


def teaching_agreed() -> Reply:
    """After it."""
    return Reply(_("Thank you. /privacy shows it, and takes it back."), private=True)


def teaching_taken_back() -> Reply:
    """A consent was taken back."""
    return Reply(_("Done: your plays teach nobody's model but your own from now on."), private=True)
