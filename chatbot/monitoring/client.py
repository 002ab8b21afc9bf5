"""Asks a bot that runs on this machine, through its loopback port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from chatbot.monitoring.monitor import instance_of
from chatbot.settings import Settings

TIMEOUT_SECONDS = 15.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # where to ask then


@dataclass(frozen=True)
class NoAnswer:
    """Why there is no answer of this data directory's bot, as a sentence."""

    reason: str


async def ask_status(settings: Settings) -> dict[str, Any] | NoAnswer:
    """The `/status` of the running bot."""
    if not settings.monitoring_port:
        return NoAnswer("The bot's port is switched off (SONGNET_MONITORING_PORT is 0).")
    url = url_of(settings)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{url}/status") as response,
        ):
            answer = await response.json()
    except TimeoutError:
        return NoAnswer(f"The bot at {url} does not answer within {TIMEOUT_SECONDS:.0f} seconds.")
    except aiohttp.ClientConnectorError:
        return NoAnswer(f"No bot runs: nobody answers at {url}.")
    except (aiohttp.ClientError, ValueError):
        return NoAnswer(f"What answers at {url} is not songnet. {_OTHER_PORT}")
    if not isinstance(answer, dict) or answer.get("instance") != instance_of(settings.data):
        return NoAnswer(
            f"What answers at {url} is not the bot of this data directory. {_OTHER_PORT}"
        )
    return answer


_OTHER_PORT = "Give each bot a port of its own with SONGNET_MONITORING_PORT."


def url_of(settings: Settings) -> str:
    """Where the bot of these settings serves."""
    address = _ANYWHERE.get(settings.monitoring_address, settings.monitoring_address)
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{settings.monitoring_port}"
