from __future__ import annotations

import asyncio
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from aiohttp import web

from chatbot.catalogue import (
    CatalogueError,
    SearchRejected,
    SpotifyBusy,
    SpotifyCatalogue,
    SpotifyRefused,
    SpotifyUnavailable,
)
from tests.chatbot.loopback.spotify_server import (
    CLIENT_ID,
    CLIENT_SECRET,
    SpotifyServer,
    refusal,
    spotify_server,
    spotify_track,
)

FADED = "0" * 21 + "F"
REMIX = "0" * 21 + "R"


@pytest.fixture
async def server() -> AsyncIterator[SpotifyServer]:
    async with spotify_server() as running:
        running.tracks = [
            spotify_track(REMIX, "Faded - Tiësto Remix", "Alan Walker"),
            None,
            spotify_track(FADED, "Faded", "Alan Walker"),
        ]
        yield running


@contextmanager
def catalogue(
    server: SpotifyServer, *, secret: str = CLIENT_SECRET, timeout_seconds: float = 10
) -> Iterator[SpotifyCatalogue]:
    made = SpotifyCatalogue(
        CLIENT_ID,
        secret,
        api_url=server.api_url,
        token_url=server.token_url,
        timeout_seconds=timeout_seconds,
    )
    try:
        yield made
    finally:
        made.close()


async def failure_of(spotify: SpotifyCatalogue) -> CatalogueError:
    with pytest.raises(CatalogueError) as caught:
        await spotify.find("Alan Walker", "Faded")
    return caught.value


async def test_a_track_is_found_and_its_remix_is_not_taken_for_it(server: SpotifyServer) -> None:
    with catalogue(server) as spotify:
        assert await spotify.find("Alan Walker", "Faded") == f"spotify:track:{FADED}"
    assert server.queries == ["Faded Alan Walker"]


async def test_a_track_that_spotify_does_not_have_is_none(server: SpotifyServer) -> None:
    with catalogue(server) as spotify:
        assert await spotify.find("Nobody", "Nothing") is None


async def test_no_results_are_none(server: SpotifyServer) -> None:
    server.tracks = []
    with catalogue(server) as spotify:
        assert await spotify.find("Alan Walker", "Faded") is None


async def test_a_link_that_is_no_track_is_not_taken(server: SpotifyServer) -> None:
    track = spotify_track(FADED, "Faded", "Alan Walker")
    server.tracks = [{**track, "uri": "spotify:local:Alan+Walker::Faded:200"}]
    with catalogue(server) as spotify:
        assert await spotify.find("Alan Walker", "Faded") is None


async def test_one_token_serves_many_searches(server: SpotifyServer) -> None:
    with catalogue(server) as spotify:
        await asyncio.gather(*(spotify.find("Alan Walker", "Faded") for _ in range(3)))
    assert (server.tokens_given, len(server.queries)) == (1, 3)


async def test_a_withdrawn_token_is_replaced(server: SpotifyServer) -> None:
    with catalogue(server) as spotify:
        await spotify.find("Alan Walker", "Faded")
        server.valid_tokens.clear()
        assert await spotify.find("Alan Walker", "Faded") == f"spotify:track:{FADED}"
    assert server.tokens_given == 2


async def test_the_token_is_kept_in_memory_only(
    server: SpotifyServer, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with catalogue(server) as spotify:
        await spotify.find("Alan Walker", "Faded")
    assert list(tmp_path.iterdir()) == []


async def test_a_long_title_is_cut_to_what_a_search_takes(server: SpotifyServer) -> None:
    with catalogue(server) as spotify:
        await spotify.find("Alan Walker", "F" * 1000)
    assert len(server.queries[0]) == 200


async def test_a_wait_of_hours_is_told_at_once(server: SpotifyServer) -> None:
    server.next_answers.append(refusal(429, "API rate limit exceeded", Retry_After="68400"))
    with catalogue(server) as spotify:
        async with asyncio.timeout(5):
            failure = await failure_of(spotify)
    assert isinstance(failure, SpotifyBusy)
    assert failure.retry_after_seconds == 68400
    assert len(server.queries) == 1


@pytest.mark.parametrize("header", [{}, {"Retry_After": "soon"}])
async def test_a_wait_without_a_time_is_an_hour(
    server: SpotifyServer, header: dict[str, str]
) -> None:
    server.next_answers.append(refusal(429, "API rate limit exceeded", **header))
    with catalogue(server) as spotify:
        failure = await failure_of(spotify)
    assert isinstance(failure, SpotifyBusy)
    assert failure.retry_after_seconds == 3600


async def test_a_busy_token_address_is_busy_too(server: SpotifyServer) -> None:
    server.next_token_answers.append(refusal(429, "slow down", Retry_After="30"))
    with catalogue(server) as spotify:
        failure = await failure_of(spotify)
    assert isinstance(failure, SpotifyBusy)
    assert failure.retry_after_seconds == 30


async def test_a_wrong_secret_is_refused(server: SpotifyServer) -> None:
    with catalogue(server, secret="wrong" * 6) as spotify:
        failure = await failure_of(spotify)
    assert isinstance(failure, SpotifyRefused)
    assert "SPOTIFY_CLIENT_SECRET" in str(failure)
    assert server.queries == []


async def test_a_closed_address_is_refused(server: SpotifyServer) -> None:
    server.next_answers.append(refusal(403, "Forbidden"))
    with catalogue(server) as spotify:
        failure = await failure_of(spotify)
    assert isinstance(failure, SpotifyRefused)
    assert failure.status == 403


async def test_a_token_that_never_does_is_refused_after_one_more_try(server: SpotifyServer) -> None:
    server.next_answers.extend([refusal(401, "no"), refusal(401, "no")])
    with catalogue(server) as spotify:
        assert isinstance(await failure_of(spotify), SpotifyRefused)
    assert len(server.queries) == 2


async def test_a_search_that_spotify_does_not_take_is_told_apart(server: SpotifyServer) -> None:
    server.next_answers.append(refusal(400, "Invalid limit"))
    with catalogue(server) as spotify:
        assert isinstance(await failure_of(spotify), SearchRejected)


async def test_the_server_refuses_more_than_ten_results(server: SpotifyServer) -> None:
    with catalogue(server) as spotify, pytest.MonkeyPatch.context() as patch:
        patch.setattr("chatbot.catalogue.spotify.SEARCH_RESULTS", 11)
        assert isinstance(await failure_of(spotify), SearchRejected)


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_broken_server_is_asked_once(server: SpotifyServer, status: int) -> None:
    server.next_answers.append(refusal(status, "oh no"))
    with catalogue(server) as spotify:
        failure = await failure_of(spotify)
    assert isinstance(failure, SpotifyUnavailable)
    assert len(server.queries) == 1


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", '{"tracks": null}', '{"tracks": {"items": [{"name": 3}]}}']
)
async def test_an_answer_without_sense_is_no_answer(server: SpotifyServer, body: str) -> None:
    async def nonsense(request: web.Request) -> web.StreamResponse:
        return web.Response(text=body, content_type="application/json")

    server.next_answers.append(nonsense)
    with catalogue(server) as spotify:
        assert isinstance(await failure_of(spotify), SpotifyUnavailable)


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"access_token": "x"}'])
async def test_a_token_without_sense_is_no_token(server: SpotifyServer, body: str) -> None:
    async def nonsense(request: web.Request) -> web.StreamResponse:
        return web.Response(text=body, content_type="application/json")

    server.next_token_answers.append(nonsense)
    with catalogue(server) as spotify:
        assert isinstance(await failure_of(spotify), SpotifyUnavailable)


async def test_a_silent_server_is_given_up(server: SpotifyServer) -> None:
    released = asyncio.Event()

    async def silence(request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    server.next_answers.append(silence)
    with catalogue(server, timeout_seconds=0.1) as spotify:
        failure = await failure_of(spotify)
    released.set()
    assert isinstance(failure, SpotifyUnavailable)
    assert "Timeout" in str(failure)


async def test_nobody_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with catalogue(SpotifyServer(url=f"http://127.0.0.1:{port}")) as spotify:
        failure = await failure_of(spotify)
    assert isinstance(failure, SpotifyUnavailable)


async def test_the_event_loop_goes_on_meanwhile(server: SpotifyServer) -> None:
    asked, released = asyncio.Event(), asyncio.Event()

    async def wait(request: web.Request) -> web.StreamResponse:
        asked.set()
        await released.wait()
        return web.json_response({"tracks": {"items": []}})

    server.next_answers.append(wait)
    with catalogue(server) as spotify:
        finding = asyncio.create_task(spotify.find("Alan Walker", "Faded"))
        async with asyncio.timeout(30):
            await asked.wait()
            released.set()
            assert await finding is None


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
async def test_failures_name_neither_the_search_nor_a_secret(
    server: SpotifyServer, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    server.next_answers.extend([refusal(status, "Faded"), refusal(status, "Faded")])
    caplog.set_level(logging.INFO, "chatbot")
    with catalogue(server) as spotify:
        failure = await failure_of(spotify)
    told = "".join(traceback.format_exception(failure)) + str(failure.__dict__)
    assert "Faded" not in told.replace('find("Alan Walker", "Faded")', "")
    assert CLIENT_SECRET not in told
    assert not any(token in told for token in server.valid_tokens)
