"""Links to songs, and songs in links."""

from __future__ import annotations

import pytest

from songnet.links import LinkKind, link_kind, spotify_uri_in, track_url

ID = "7gHs73wELdeycvS48JfIos"


def test_a_uri_becomes_the_page_of_the_track():
    assert track_url("A", "T", f"spotify:track:{ID}") == f"https://open.spotify.com/track/{ID}"


@pytest.mark.parametrize("uri", [None, "", "spotify:local:a:b:c:1", "spotify:episode:" + ID])
def test_without_a_track_uri_the_link_is_a_search(uri: str | None):
    assert track_url("A", "T", uri) == "https://open.spotify.com/search/T%20A"


def test_a_search_escapes_whatever_a_title_holds():
    url = track_url("AC/DC", "What? 50% & más #1 夜")

    assert url == (
        "https://open.spotify.com/search/What%3F%2050%25%20%26%20m%C3%A1s%20%231%20%E5%A4%9C%20AC%2FDC"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"spotify:track:{ID}",
        f" https://open.spotify.com/track/{ID} ",
        f"https://open.spotify.com/track/{ID}?si=abc&x=1",
        f"http://open.spotify.com/intl-pt/track/{ID}",
        f"open.spotify.com/intl-pt-br/track/{ID}#top",
        f"https://open.spotify.com/embed/track/{ID}",
        f"<https://open.spotify.com/track/{ID}>",
    ],
)
def test_a_track_is_found_in_every_form_of_its_address(text: str):
    assert spotify_uri_in(text) == f"spotify:track:{ID}"


@pytest.mark.parametrize(
    "text",
    [
        "Faded",
        f"spotify:album:{ID}",
        f"https://open.spotify.com/album/{ID}",
        f"https://example.org/track/{ID}",
        f"spotify:track:{ID}x",
    ],
)
def test_other_text_names_no_track(text: str):
    assert spotify_uri_in(text) is None


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        (f"https://open.spotify.com/track/{ID}", LinkKind.TRACK),
        (f"spotify:track:{ID}", LinkKind.TRACK),
        (f"https://open.spotify.com/intl-de/album/{ID}?si=x", LinkKind.ALBUM),
        (f"spotify:album:{ID}", LinkKind.ALBUM),
        (f"<https://open.spotify.com/playlist/{ID}>", LinkKind.PLAYLIST),
        (f"https://open.spotify.com/user/somebody/playlist/{ID}", LinkKind.PLAYLIST),
        (f"open.spotify.com/artist/{ID}", LinkKind.ARTIST),
        ("https://spotify.link/AbCdEfGhI", LinkKind.SHORT),
        ("https://youtu.be/dQw4w9WgXcQ", LinkKind.YOUTUBE),
        ("https://music.youtube.com/watch?v=dQw4w9WgXcQ", LinkKind.YOUTUBE),
        (f"https://open.spotify.com/episode/{ID}", LinkKind.OTHER),
        ("https://example.org/", LinkKind.OTHER),
        ("Faded", None),
        ("Faded https://example.org/", None),
        ("spotify", None),
    ],
)
def test_a_link_says_what_it_leads_to(link: str, kind: LinkKind | None):
    assert link_kind(link) == kind
