"""Spotify's search, for links and nothing else.

Spotify's terms forbid training a model on what its API returns: the answers stay here, and only
the URI of the track that was asked for leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import requests
import spotipy
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.exceptions import SpotifyException, SpotifyOauthError
from spotipy.oauth2 import SpotifyClientCredentials

from chatbot.catalogue.errors import (
    CatalogueError,
    SearchRejected,
    SpotifyBusy,
    SpotifyRefused,
    SpotifyUnavailable,
)
from chatbot.catalogue.matching import Candidate, best_match
from songnet.links import spotify_uri_in

API_URL = "https://api.spotify.com/v1"
TOKEN_URL = "https://accounts.spotify.com/api/token"  # noqa: S105  # an address, not a token
SEARCH_RESULTS = 10
"""The most that Spotify gives at once since March 2026."""
MAX_QUERY_CHARACTERS = 200
UNNAMED_WAIT_SECONDS = 3600.0
"""How long to wait when Spotify asks to, and does not say how long."""


class _Artist(msgspec.Struct):
    name: str


class _Track(msgspec.Struct):
    name: str
    uri: str
    artists: list[_Artist]


class _Page(msgspec.Struct):
    items: list[_Track | None]


class _Answer(msgspec.Struct):
    tracks: _Page


class SpotifyCatalogue:
    """Looks tracks up with the app's own credentials; nobody has to log in.

    One request at a time; the token lives in memory only. `timeout_seconds` bounds the connecting
    and each wait for bytes.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        api_url: str | None = None,
        token_url: str | None = None,
        timeout_seconds: float = 10.0,
    ) -> None:
        self._session = requests.Session()
        self._tokens = MemoryCacheHandler()
        self._auth = SpotifyClientCredentials(
            client_id,
            client_secret,
            requests_session=self._session,
            requests_timeout=timeout_seconds,
            cache_handler=self._tokens,
        )
        self._auth.OAUTH_TOKEN_URL = token_url or TOKEN_URL
        # With spotipy's own retries it sleeps inside the call for the whole Retry-After, which
        # can be hours; without any, the header is lost. So: none, and no status to retry on.
        self._api = spotipy.Spotify(
            auth_manager=self._auth,
            requests_session=self._session,
            requests_timeout=timeout_seconds,
            retries=0,
            status_retries=0,
            status_forcelist=(599,),
        )
        self._api.prefix = (api_url or API_URL).rstrip("/") + "/"
        self._one_at_a_time = asyncio.Lock()

    async def find(self, artist: str, title: str) -> str | None:
        """The `spotify:track:...` of that recording; None where Spotify has none.

        Raises:
            SpotifyBusy: too many requests.
            SpotifyRefused: the credentials do not do.
            SearchRejected: Spotify does not take this search.
            SpotifyUnavailable: no usable answer.
        """
        query = f"{title} {artist}"[:MAX_QUERY_CHARACTERS]
        async with self._one_at_a_time:
            candidates = await asyncio.to_thread(self._search, query)
        match = best_match(artist, title, candidates)
        return spotify_uri_in(match.uri) if match else None

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def _search(self, query: str) -> list[Candidate]:
        try:
            answer = msgspec.convert(self._answer(query), _Answer)
        except msgspec.ValidationError as error:
            raise SpotifyUnavailable(f"the answer is not as expected: {error}") from None
        return [
            Candidate(track.uri, track.name, tuple(artist.name for artist in track.artists))
            for track in answer.tracks.items
            if track is not None
        ]

    def _answer(self, query: str, *, is_second: bool = False) -> Any:
        self._authorise()
        try:
            return self._api.search(query, limit=SEARCH_RESULTS, type="track")
        except SpotifyException as error:
            # `from None`, here and below: the causes quote the query, the address or the headers.
            if error.http_status == HTTPStatus.BAD_REQUEST:
                raise SearchRejected("Spotify does not take this search (HTTP 400)") from None
            if error.http_status != HTTPStatus.UNAUTHORIZED or is_second:
                raise _failure(error.http_status, error.headers) from None
        except requests.RequestException as error:
            raise SpotifyUnavailable(f"no answer ({type(error).__name__})") from None
        # A token can be withdrawn before its time.
        self._tokens.save_token_to_cache(None)
        return self._answer(query, is_second=True)

    def _authorise(self) -> None:
        """Has a token at hand, from memory where it is still good."""
        try:
            self._auth.get_access_token(as_dict=False)
        except SpotifyOauthError as error:
            # Only the error that was being handled tells the status.
            response = getattr(error.__context__, "response", None)
            if response is None:
                raise SpotifyUnavailable("no token") from None
            raise _failure(response.status_code, response.headers) from None
        except requests.RequestException as error:
            raise SpotifyUnavailable(f"no token ({type(error).__name__})") from None
        except (KeyError, TypeError):
            raise SpotifyUnavailable("the token's form is not as expected") from None


def _failure(status: int, headers: Mapping[str, str]) -> CatalogueError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return SpotifyBusy(_seconds(headers.get("Retry-After")))
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return SpotifyRefused(status)
    return SpotifyUnavailable(f"HTTP {status}")


def _seconds(retry_after: str | None) -> float:
    """At least one second; HTTP also allows a date, which Spotify does not send."""
    try:
        return max(float(retry_after or UNNAMED_WAIT_SECONDS), 1.0)
    except ValueError:
        return UNNAMED_WAIT_SECONDS
