from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import discord
import httpx
import pytest
import telegram
from aiohttp import web
from discord.http import HTTPClient, Route
from telegram.request import HTTPXRequest

from chatbot import logs
from chatbot.catalogue import SpotifyCatalogue
from chatbot.jobs.child import run_in_child
from tests.chatbot.jobs.child_functions import log
from tests.chatbot.loopback.spotify_server import CLIENT_ID, CLIENT_SECRET, spotify_server

# Invented, in the shape of the real ones.
TELEGRAM_TOKEN = "1234567890:AAF-abcdefghijklmnopqrstuvwxyz01234"
DISCORD_TOKEN = (
    base64.b64encode(b"123456789012345678").decode().rstrip("=") + ".GhIjKl." + "m-N_o" * 7 + "pqr"
)
Read = Callable[[], str]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Iterator[Read]:
    """What has come to standard error; the logging is as before afterwards."""
    root = logging.getLogger()
    level = root.level
    hooks = sys.excepthook, threading.excepthook
    levels = {name: logging.getLogger(name).level for name in logs.LIBRARY_LEVELS}
    yield lambda: capsys.readouterr().err
    for handler in only_ours():
        root.removeHandler(handler)
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    for name, library_level in levels.items():
        logging.getLogger(name).setLevel(library_level)


def only_ours() -> list[logging.Handler]:
    return [
        one for one in logging.getLogger().handlers if isinstance(one, logs.StandardErrorHandler)
    ]


def everything() -> None:
    """All that the libraries have to say."""
    for name in logs.LIBRARY_LEVELS:
        logging.getLogger(name).setLevel(logging.DEBUG)


@asynccontextmanager
async def answering(status: int, body: object) -> AsyncIterator[str]:
    """A loopback server that says the same to everything."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def test_a_record_is_a_line_with_time_level_and_logger(printed: Read) -> None:
    logs.configure("INFO")
    logging.getLogger("chatbot.jobs").info("job %s is done", 7)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO chatbot\.jobs: job 7 is done\n", printed()
    )


def test_records_below_the_level_are_left_out(printed: Read) -> None:
    logs.configure("WARNING")
    logging.getLogger("chatbot").info("chatter")
    assert printed() == ""


def test_a_second_configuration_replaces_the_first(printed: Read) -> None:
    logs.configure("INFO", secrets=["first"])
    logs.configure("INFO", secrets=["second"])
    logging.getLogger("chatbot").info("first second")
    assert printed().endswith("chatbot: first [redacted]\n")


def test_a_forged_record_stays_inside_its_own(printed: Read) -> None:
    logs.configure("INFO")
    logging.getLogger("chatbot").info("a\n2026-01-01T00:00:00.000Z INFO root: forged\x1b[2J\r")
    line, forged = printed().splitlines()
    assert line.endswith("chatbot: a")
    assert forged == r"    2026-01-01T00:00:00.000Z INFO root: forged\x1b[2J\x0d"


def test_libraries_are_quiet_by_default(printed: Read) -> None:
    logs.configure("DEBUG")
    for name in logs.LIBRARY_LEVELS:
        logging.getLogger(f"{name}.part").info("much to say")
    assert printed() == ""


@pytest.mark.parametrize(
    "text",
    [
        "the secret is s3cr3t/of ours!",
        "GET https://host/?key=s3cr3t%2Fof%20ours%21",
        f"GET https://api.telegram.org/bot{TELEGRAM_TOKEN}/getMe",
        f"GET https://host/{TELEGRAM_TOKEN.replace(':', '%3A')}",
        f"token {DISCORD_TOKEN} is improper",
        "Authorization: Bot abcdefghijklmnop-leaked-",
        "{'Authorization': 'Bearer abc.leaked', 'X': 'y'}",
        "[(b'authorization', b'Basic bGVha2VkOmxlYWtlZA==')]",
        '"authorization": "abc-leaked-def"',
        "sent bearer AAAA-leaked-AAAA",
        "client_secret=abc-leaked&grant_type=x",
        '{"access_token": "abc-leaked", "expires_in": 3600}',
        "{'refresh_token': 'abc-leaked'}",
        "POST https://discord.com/api/v10/webhooks/123456/aW50ZXJhY3-leaked-b246ODk/messages",
        "POST https://discord.com/api/v10/interactions/123456/aW50ZXJhY3-leaked-b246/callback",
        "GET https://cdn.discordapp.com/attachments/1/2/a.zip?ex=1&is=2&hm=abcleakedabc&",
        "GET https://s3/x?X-Amz-Signature=leaked&X-Amz-Date=1",
        "postgresql+asyncpg://me:leaked@db/songnet",
    ],
)
def test_secrets_are_taken_out(printed: Read, text: str) -> None:
    logs.configure("INFO", secrets=["s3cr3t/of ours!", "", "  "])
    logging.getLogger("chatbot").info("%s", text)
    line = printed()
    assert "[redacted]" in line
    for secret in ("s3cr3t", "leaked", "bGVha2Vk", TELEGRAM_TOKEN[11:], DISCORD_TOKEN[-20:]):
        assert secret not in line


@pytest.mark.parametrize(
    "text",
    [
        "import 7 of user 12: 40,123 plays in 3.4 s",
        "no token: set DISCORD_TOKEN or TELEGRAM_TOKEN",
        "job import-0b9c1e1a-7c1b-4a52-9a9e-1f2d3c4b5a69 is done",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "sqlite+aiosqlite:////data/songnet.sqlite",
        "chatbot.services.playlists.something_long: took 3 ms",
        "GET http://127.0.0.1:8080/health",
    ],
)
def test_what_is_no_secret_stays(printed: Read, text: str) -> None:
    logs.configure("INFO", secrets=["s3cr3t"])
    logging.getLogger("chatbot").info(text)
    assert printed().endswith(f"chatbot: {text}\n")


def test_exceptions_and_stacks_are_redacted_too(printed: Read) -> None:
    logs.configure("INFO", secrets=["s3cr3t"])
    try:
        try:
            raise ValueError("inner s3cr3t")
        except ValueError as error:
            raise RuntimeError("outer s3cr3t") from error
    except RuntimeError:
        logging.getLogger("chatbot").exception("failed with %r", "s3cr3t", stack_info=True)
    text = printed()
    assert text.count("[redacted]") >= 3
    assert "s3cr3t" not in text
    assert all(line.startswith("    ") for line in text.splitlines()[1:])


def test_a_record_that_cannot_be_formatted_does_not_print_its_arguments(
    printed: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure("INFO", secrets=["s3cr3t"])
    # pytest's own handler raises on such a record.
    monkeypatch.setattr(logging.getLogger(), "handlers", only_ours())
    logging.getLogger("chatbot").info("%d songs", "s3cr3t")
    text = printed()
    assert text.startswith("a record of chatbot could not be written: TypeError")
    assert "s3cr3t" not in text


def test_what_nobody_catches_is_redacted(printed: Read) -> None:
    logs.configure("INFO", secrets=["s3cr3t"])
    error = RuntimeError("s3cr3t")
    sys.excepthook(RuntimeError, error, None)
    thread = threading.Thread(target=int, args=("s3cr3t",))
    thread.start()
    thread.join()
    text = printed()
    assert text.count("CRITICAL chatbot: nobody caught this") == 2
    assert "s3cr3t" not in text


def test_an_interrupt_is_no_news(printed: Read) -> None:
    logs.configure("INFO")
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert printed() == ""


def test_warnings_are_logged(printed: Read) -> None:
    logs.configure("INFO", secrets=["s3cr3t"])
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old s3cr3t", stacklevel=1)
    assert "WARNING py.warnings:" in (text := printed())
    assert "s3cr3t" not in text


def test_a_library_with_a_handler_of_its_own_goes_through_ours(printed: Read) -> None:
    dbos = logging.getLogger("dbos")
    dbos.addHandler(logging.StreamHandler())
    dbos.propagate = False
    logs.configure("INFO", secrets=["s3cr3t"])
    dbos.error("s3cr3t")
    assert printed().endswith("ERROR dbos: [redacted]\n")


def test_standard_error_is_looked_up_for_each_record(
    printed: Read, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    logs.configure("INFO")
    with (tmp_path / "other").open("w") as other:
        monkeypatch.setattr(sys, "stderr", other)
        logging.getLogger("chatbot").info("moved")
        monkeypatch.undo()
    assert (tmp_path / "other").read_text().endswith("moved\n")
    assert printed() == ""


# The same with the real libraries, each at its most talkative. No secret is named to `configure`:
# the shapes alone have to do.


async def test_httpx_does_not_print_a_telegram_token(printed: Read) -> None:
    logs.configure("DEBUG")
    everything()
    async with answering(200, {}) as url, httpx.AsyncClient() as client:
        await client.get(
            f"{url}/bot{TELEGRAM_TOKEN}/getMe", headers={"Authorization": "Bearer abc-leaked"}
        )
    text = printed()
    assert "INFO httpx: HTTP Request: GET" in text
    assert "DEBUG httpcore" in text
    assert TELEGRAM_TOKEN not in text
    assert "abc-leaked" not in text


async def test_python_telegram_bot_does_not_print_its_token(printed: Read) -> None:
    logs.configure("DEBUG")
    everything()
    refused = {"ok": False, "error_code": 401, "description": "Unauthorized"}
    async with answering(401, refused) as url:
        bot = telegram.Bot(
            TELEGRAM_TOKEN,
            base_url=f"{url}/bot",
            request=HTTPXRequest(),
            get_updates_request=HTTPXRequest(),
        )
        try:
            await bot.initialize()
        except telegram.error.TelegramError:
            logging.getLogger("chatbot").exception("Telegram does not let us in: %r", bot)
        finally:
            await bot.shutdown()
    text = printed()
    assert "Telegram does not let us in" in text
    assert "[redacted]" in text
    assert TELEGRAM_TOKEN[11:] not in text


async def test_discord_does_not_print_its_token(
    printed: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure("DEBUG")
    everything()
    async with answering(401, {"message": "401: Unauthorized", "code": 0}) as url:
        monkeypatch.setattr(Route, "BASE", url)
        client = HTTPClient(asyncio.get_running_loop())
        try:
            await client.static_login(DISCORD_TOKEN)
        except discord.LoginFailure:
            logging.getLogger("chatbot").exception(
                "Discord does not let us in: %s", client.token or DISCORD_TOKEN
            )
        finally:
            await client.close()
    text = printed()
    assert "DEBUG discord.http: GET" in text
    assert "[redacted]" in text
    assert DISCORD_TOKEN[-20:] not in text


async def test_spotipy_does_not_print_its_tokens(printed: Read) -> None:
    logs.configure("DEBUG")
    everything()
    async with spotify_server() as server:
        spotify = SpotifyCatalogue(
            CLIENT_ID, CLIENT_SECRET, api_url=server.api_url, token_url=server.token_url
        )
        await spotify.find("Alan Walker", "Faded")
        spotify.close()
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    text = printed()
    assert "DEBUG spotipy.client: Sending GET" in text
    for secret in (CLIENT_SECRET, basic, *server.valid_tokens):
        assert secret not in text


def test_records_carry_the_ids_of_what_they_are_about(printed: Read) -> None:
    logs.configure("INFO")
    logger = logging.getLogger("chatbot")
    with logs.about(job_id="import-1"):
        logs.note(user_id=7)
        logger.info("inside")
        with logs.about(user_id=8):
            logger.info("another's")
        logger.info("inside again")
    logger.info("outside")
    assert [line.partition(" INFO ")[2] for line in printed().splitlines()] == [
        "chatbot [job_id=import-1 user_id=7]: inside",
        "chatbot [user_id=8]: another's",
        "chatbot [job_id=import-1 user_id=7]: inside again",
        "chatbot: outside",
    ]


def test_json_records_are_objects_with_the_ids(printed: Read) -> None:
    logs.configure("INFO", style="json")
    with logs.about(user_id=7):
        logs.note(incident="ab12")
        logging.getLogger("chatbot").warning("a\nline of %s", "Zoë\x1b")
    (line,) = printed().splitlines()
    entry = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("time"))
    assert entry == {
        "level": "WARNING",
        "logger": "chatbot",
        "message": "a\nline of Zoë\x1b",
        "user_id": 7,
        "incident": "ab12",
    }
    assert line.isascii()


def test_json_records_are_redacted_with_their_exceptions(printed: Read) -> None:
    logs.configure("INFO", style="json", secrets=["s3cr3t"])
    try:
        raise ValueError(f"s3cr3t and {DISCORD_TOKEN}")
    except ValueError:
        logging.getLogger("chatbot").exception("it holds s3cr3t", stack_info=True)
    (line,) = printed().splitlines()
    entry = json.loads(line)
    assert "ValueError: [redacted] and [redacted]" in entry["exception"]
    assert entry["message"] == "it holds [redacted]"
    assert "s3cr3t" not in line


async def test_tasks_started_inside_carry_the_ids_on(printed: Read) -> None:
    logs.configure("INFO")
    with logs.about(job_id="train-1"):
        task = asyncio.create_task(asyncio.to_thread(logging.getLogger("chatbot").info, "later"))
    await task
    assert printed().endswith("chatbot [job_id=train-1]: later\n")
    assert logs.noted() == {}


async def test_what_a_child_process_logs_carries_its_steps_ids(printed: Read) -> None:
    logs.configure("WARNING")
    with logs.about(job_id="train-1", user_id=7):
        await run_in_child(log)
    assert " WARNING child [job_id=train-1 user_id=7]: song 1 of 2\n" in printed()
