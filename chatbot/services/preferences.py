"""What a person chose for themselves, and what holds where they chose nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from chatbot.services.playlist_wish import PlaylistRules

if TYPE_CHECKING:
    from chatbot.services.playlist_wish import PlaylistWish
    from storage.preferences import Preferences


@dataclass(frozen=True)
class Choices:
    """What a person chose; None is 'nothing chosen'."""

    language: str | None = None
    locale: str | None = None
    """What their platform told last: no choice, but needed where they are told something later."""
    timezone: str | None = None
    """An IANA name: `Europe/Berlin`."""
    length: int | None = None
    adventure: float | None = None
    most_per_artist: int | None = None
    pretraining: str | None = None
    """When they agreed that the start of new models is learned from their plays too, ISO 8601; see
    `chatbot.services.pretraining`."""


class PreferenceService:
    """Reads and changes choices."""

    def __init__(self, preferences: Preferences, rules: PlaylistRules) -> None:
        self._preferences = preferences
        self.rules = rules

    async def of(self, user_id: int | None) -> Choices:
        """What a person chose; a stranger has chosen nothing."""
        record = await self._preferences.get(user_id) if user_id is not None else None
        return _choices(record.chosen if record else {})

    async def change(self, user_id: int, changes: Mapping[str, Any]) -> Choices:
        """Changes fields of `Choices`, None for 'nothing chosen'.

        Raises:
            BadWish: something is out of its range; nothing is changed.
            RecordMissing: the person is gone.
        """
        self.rules.check(**{name: changes.get(name) for name in PLAYLIST_FIELDS})
        return _choices(await self._preferences.change(user_id, **changes))

    async def note_locale(self, user_id: int, locale: str | None) -> None:
        """Remembers the locale that a platform told, where that is news."""
        if locale is not None and (await self.of(user_id)).locale != locale:
            await self._preferences.change(user_id, locale=locale)

    async def complete(self, user_id: int | None, wish: PlaylistWish) -> PlaylistWish:
        """Fills in a wish what it does not say and the person chose."""
        chosen = asdict(await self.of(user_id))
        return replace(
            wish,
            **{
                name: chosen[name]
                for name in PLAYLIST_FIELDS
                if getattr(wish, name) is None and chosen[name] is not None
            },
        )


PLAYLIST_FIELDS = ("length", "adventure", "most_per_artist")


def _choices(stored: Mapping[str, Any]) -> Choices:
    known = Choices.__dataclass_fields__
    return Choices(**{name: value for name, value in stored.items() if name in known})
