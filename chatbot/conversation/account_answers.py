"""Answers to /link and /unlink: one person on several platforms."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from chatbot import logs
from chatbot.conversation import account_replies, refusals
from chatbot.conversation.messages import Answer, Command, Reply, Responder
from chatbot.services.errors import (
    AccountsBusy,
    AlreadyJoined,
    NotJoined,
    ServiceError,
    TooManyTries,
    WrongCode,
)
from chatbot.services.jobs import JobFailure
from chatbot.services.joining import Account, Joined, JoiningService
from songnet.errors import SongnetError
from storage.users import Users

logger = logging.getLogger(__name__)


class AccountAnswers:
    """Joins and parts accounts, in private chats only."""

    def __init__(self, users: Users, joining: JoiningService, look: Callable[[], None]) -> None:
        """`look` is called when there is something to be learned and told of."""
        self._users = users
        self._joining = joining
        self._look = look

    @property
    def answers(self) -> Mapping[str, Answer]:
        """By the name of the command."""
        return {"link": self._link, "unlink": self._unlink}

    async def _link(self, command: Command, responder: Responder) -> None:
        account = _account(command)
        code, _space, confirmed = command.argument.strip().partition(" ")
        if not code:
            offer = await self._joining.offer(account)
            seconds = (offer.expires_at - datetime.now(UTC)).total_seconds()
            await responder.send(account_replies.code_offer(offer.code, seconds))
        elif not command.place.is_private:
            await self._joining.void(code)
            await responder.send(account_replies.code_in_public())
        elif confirmed.strip().casefold() != "yes":
            await responder.send(await self._question(code, account))
        else:
            await self._join(code, account, responder)

    async def _question(self, code: str, account: Account) -> Reply:
        try:
            platforms = await self._joining.look(code, account)
        except ServiceError as error:
            return _refusal(error)
        return account_replies.join_question(code, platforms)

    async def _join(self, code: str, account: Account, responder: Responder) -> None:
        """What has joined them is done with; after a refusal the button is there to be pressed."""
        try:
            # Also where the answer is cut short: what is begun goes on to its end.
            result = await asyncio.shield(self._joined(code, account))
        except ServiceError as error:
            await responder.send(_refusal(error))
        except SongnetError as error:
            logger.warning("accounts could not be joined: %s", error)
            failure = JobFailure(error.kind, error.facts())
            await responder.send(Reply(refusals.failure_sentence(failure), private=True))
        else:
            await responder.replace(account_replies.joined(result))

    async def _joined(self, code: str, account: Account) -> Joined:
        result = await self._joining.join(code, account)
        self._look()
        return result

    async def _unlink(self, command: Command, responder: Responder) -> None:
        account = _account(command)
        choice = command.argument.strip().casefold()
        user_id = await self._users.find(account.platform, account.platform_id)
        logs.note(user_id=user_id)
        known = await self._users.identities(user_id) if user_id is not None else []
        others = [
            entry.platform
            for entry in known
            if (entry.platform, entry.platform_id) != (account.platform, account.platform_id)
        ]
        if not others:
            await responder.send(account_replies.not_joined())
        elif choice not in ("here", "there"):
            await responder.send(account_replies.part_question(account.platform, others))
        else:
            stays = choice == "here"
            try:
                await self._joining.part(account, stays=stays)
            except (AccountsBusy, NotJoined) as error:
                await responder.send(_refusal(error))
            else:
                await responder.replace(account_replies.parted(stays=stays))


def _account(command: Command) -> Account:
    return Account(command.actor.platform, command.actor.platform_id)


def _refusal(error: ServiceError) -> Reply:
    if isinstance(error, TooManyTries):
        return account_replies.too_many_tries(error)
    words = {
        WrongCode: account_replies.wrong_code,
        AlreadyJoined: account_replies.already_joined,
        AccountsBusy: account_replies.accounts_busy,
        NotJoined: account_replies.not_joined,
    }
    return words[type(error)]()
