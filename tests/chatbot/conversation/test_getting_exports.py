from __future__ import annotations

import pytest

from chatbot.conversation.getting_exports import GUIDES, guide, service_help
from songnet.errors import WrongPackage
from songnet.exports import Service
from songnet.exports.registry import FORMATS


def test_there_is_a_guide_for_every_service() -> None:
    assert GUIDES.keys() == set(Service) == {known.service for known in FORMATS}


@pytest.mark.parametrize("service", list(Service))
def test_a_guide_is_short_and_ends_with_sending_the_file(service: Service) -> None:
    text = service_help(GUIDES[service]).text
    assert len(text) < 700
    assert "send" in text.casefold()
    assert "1. " in text


@pytest.mark.parametrize("service", list(Service))
def test_songnet_says_what_to_ask_each_service_for(service: Service) -> None:
    words = str(WrongPackage("x.zip", "something else", service))
    assert ("Extended streaming history" in words) == (service is Service.SPOTIFY)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("apple", "Apple Music"),
        ("Apple Music", "Apple Music"),
        ("YOUTUBE", "YouTube Music"),
        ("last.fm", "Last.fm"),
        ("google", "YouTube Music"),
    ],
)
def test_people_may_call_a_service_as_they_like(asked: str, name: str) -> None:
    found = guide(asked)
    assert found is not None
    assert found.name == name
