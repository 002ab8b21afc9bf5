"""The loopback Discord objects to what Discord would object to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chatbot.loopback.discord_spec import is_available, problems

MESSAGE: dict[str, Any] = {"content": "x", "allowed_mentions": {"parse": []}}
COMMAND: dict[str, Any] = {"name": "help", "description": "d", "type": 1, "options": []}
BUTTON = {"type": 2, "style": 1, "label": "x", "custom_id": "a"}


def found(method: str, path: str, body: Any, query: dict[str, str] | None = None) -> str:
    return "; ".join(problems(method, path, query or {}, body, {}))


def test_a_good_message_passes() -> None:
    assert not found("POST", "/channels/1/messages", MESSAGE)


@pytest.mark.parametrize(
    ("change", "objection"),
    [
        ({"content": "x" * 2_001}, "content of 2001"),
        ({"content": ""}, "an empty message"),
        ({"content": None, "embeds": [{"description": "x" * 3_500}] * 2}, "embeds of 7000"),
        ({"allowed_mentions": {"parse": ["everyone"]}}, "mentions could fire"),
        ({"components": [{"type": 1, "components": [BUTTON, BUTTON]}]}, "two buttons with one"),
        ({"components": [{"type": 1, "components": [BUTTON]}] * 21}, "21 buttons"),
    ],
)
def test_rules_that_the_description_misses(change: dict[str, Any], objection: str) -> None:
    assert objection in found("POST", "/channels/1/messages", {**MESSAGE, **change})


@pytest.mark.parametrize(
    ("change", "objection"),
    [
        ({"name": "Help"}, "does not fit"),
        ({"name": "two words"}, "does not fit"),
        (
            {"options": [{"name": "o", "type": 3, "description": "d", "choices": [{}] * 26}]},
            "more than 25 choices",
        ),
    ],
)
def test_rules_for_commands(change: dict[str, Any], objection: str) -> None:
    assert objection in found("PUT", "/applications/1/commands", [{**COMMAND, **change}])


@pytest.mark.skipif(not is_available(), reason="Discord's API description is not at hand")
@pytest.mark.parametrize(
    ("method", "path", "body", "query", "objection"),
    [
        ("POST", "/nowhere", None, {}, "no such operation"),
        ("POST", "/channels/1/messages", MESSAGE, {"when": "1"}, "unknown query parameter when"),
        ("POST", "/channels/1/messages", {**MESSAGE, "colour": 1}, {}, "unknown field $.colour"),
        (
            "POST",
            "/channels/1/messages",
            {**MESSAGE, "embeds": [{"title": "x", "wide": True}]},
            {},
            "unknown field $.embeds[0].wide",
        ),
        (
            "POST",
            "/channels/1/messages",
            {**MESSAGE, "embeds": [{"title": "x" * 257}]},
            {},
            "$.embeds[0].title",
        ),
        (
            "PUT",
            "/applications/1/commands",
            [{**COMMAND, "description": "d" * 101}],
            {},
            "is too long",
        ),
        ("POST", "/interactions/1/t/callback", {"type": 99}, {}, "$: "),
    ],
)
def test_the_official_description(
    method: str, path: str, body: Any, query: dict[str, str], objection: str
) -> None:
    assert objection in found(method, path, body, query)
