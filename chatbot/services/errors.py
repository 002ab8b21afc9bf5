"""What a use case refuses, with the facts; `chatbot.conversation.replies` words it.

ServiceError
├── NothingAccepted      none of the sent files could be taken
├── LimitReached         there is no room for one more import
├── NoModel              the person has not given a history yet
├── StillTraining        the first model is on its way
├── ModelDamaged         the stored model cannot be used; it is being trained again
├── NotLearned           there is a history and no model; it is being trained now
├── UnknownPlaylist      a button of a playlist that is gone
│   └── NotYours         a button of another person's playlist
├── BadWish              a wish for a playlist that is out of its range
├── WrongCode            a code for joining accounts that is nobody's, used or too old
├── TooManyTries         too many wrong codes
├── AlreadyJoined        a code of one's own
├── NotJoined            there are no two accounts to part
├── UnknownBlend         a playlist of several people that is gone, or was never asked for
├── BlendNotReady        a model that a playlist of several people needs cannot be used just now
├── NotInvited           a request that asks others
└── AccountsBusy         accounts cannot be joined or parted while an import is under way
"""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.services.jobs import Job


class ServiceError(Exception):
    """Anything that a use case refuses."""


@dataclass(frozen=True)
class Refusal:
    """A sent file that was not taken."""

    file: str
    reason: str
    """`too_large`, `gone`, `too_many` or `empty`."""
    limit: int | None = None


class NothingAccepted(ServiceError):
    """None of the sent files could be taken."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__(f"{len(refusals)} files refused")
        self.refusals = refusals


class LimitReached(ServiceError):
    """There is no room for one more import.

    `limit` is a field of `chatbot.services.limits.ImportLimits`, `allowed` its value;
    `seconds_left` says when there is room again, where that is known.
    """

    def __init__(self, limit: str, allowed: int, seconds_left: float | None = None) -> None:
        super().__init__(f"{limit}: {allowed}")
        self.limit = limit
        self.allowed = allowed
        self.seconds_left = seconds_left


class NoModel(ServiceError):
    """The person has not given a history yet."""


class StillTraining(ServiceError):
    """The first model is on its way."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.id)
        self.job = job


class ModelDamaged(ServiceError):
    """The stored model cannot be used; it is being trained again."""


class NotLearned(ServiceError):
    """There is a history and no model; it is being trained now."""


class UnknownPlaylist(ServiceError):
    """A button of a playlist that is gone."""


class NotYours(UnknownPlaylist):
    """A button of another person's playlist."""


class BadWish(ServiceError):
    """Something about a playlist is wished that is out of its range.

    `field` is one of `chatbot.services.playlist_wish.PlaylistWish`.
    """

    def __init__(self, field: str, found: float, least: float, most: float) -> None:
        super().__init__(f"{field}: {found}")
        self.field = field
        self.found = found
        self.least = least
        self.most = most


class WrongCode(ServiceError):
    """A code for joining accounts that is nobody's, used or too old."""


class TooManyTries(ServiceError):
    """Too many wrong codes; `seconds_left` says when the next one is looked at."""

    def __init__(self, seconds_left: float) -> None:
        super().__init__(f"{seconds_left:.0f} s")
        self.seconds_left = seconds_left


class AlreadyJoined(ServiceError):
    """A code of one's own."""


class NotJoined(ServiceError):
    """There are no two accounts to part."""


class AccountsBusy(ServiceError):
    """Accounts cannot be joined or parted while an import or a training is under way."""


class UnknownBlend(ServiceError):
    """A playlist of several people that is gone, or was never asked for."""


class NotInvited(ServiceError):
    """A request that asks others."""


class AskedElsewhere(ServiceError):
    """An answer from another chat than the one in which the request stands."""


class BlendUnderWay(ServiceError):
    """A playlist of several people that another press is making, or just being shown."""


class BlendNotReady(ServiceError):
    """A model that a playlist of several people needs cannot be used just now."""
