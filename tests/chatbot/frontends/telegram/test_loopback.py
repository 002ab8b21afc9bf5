"""The loopback server refuses what the real one refuses; else the other tests would mean little."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.chatbot.loopback import telegram_spec
from tests.chatbot.loopback.telegram_html import BadMarkup, parse, utf16_units

needs_the_description = pytest.mark.skipif(
    not telegram_spec.is_available(), reason="the API description is not beside this checkout"
)


def problems(method: str = "sendMessage", **parameters: Any) -> list[str]:
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in parameters.items()
    }
    return telegram_spec.problems(method, texts, {})


def keyboard(*buttons: dict[str, str]) -> dict[str, Any]:
    return {"inline_keyboard": [list(buttons)]}


def test_a_good_message_passes() -> None:
    button = {"text": "B", "callback_data": "b", "style": "danger"}
    assert problems(chat_id=1, text="<b>hi</b>", parse_mode="HTML") == []
    assert problems(chat_id=1, text="hi", reply_markup=keyboard(button)) == []


@needs_the_description
@pytest.mark.parametrize(
    "parameters",
    [
        {"text": "hi"},
        {"chat_id": 1, "text": "hi", "colour": "red"},
        {"chat_id": [1], "text": "hi", "disable_notification": "maybe"},
        {"chat_id": 1, "text": "hi", "link_preview_options": {"is_disabled": "yes"}},
        {"chat_id": 1, "text": "hi", "reply_parameters": {"allow_sending_without_reply": True}},
        {"chat_id": 1, "text": "hi", "reply_markup": {"inline_keyboard": [{"text": "x"}]}},
        {"chat_id": 1, "text": "hi", "reply_markup": {"inline_keyboards": []}},
    ],
)
def test_the_description_is_kept(parameters: dict[str, Any]) -> None:
    assert problems(**parameters) != []


@needs_the_description
def test_methods_and_scopes_are_known() -> None:
    command = [{"command": "help", "description": "Help"}]
    assert problems("sendMesage", chat_id=1, text="x") != []
    assert problems("setMyCommands", commands=command, scope={"type": "all_private_chats"}) == []
    assert problems("setMyCommands", commands=command, scope={"type": "everybody"}) != []


@pytest.mark.parametrize(
    "parameters",
    [
        {"text": "x" * 4097},
        {"text": "🎵" * 2049},
        {"text": " \n "},
        {"text": "<b>x", "parse_mode": "HTML"},
        {"text": "a & b", "parse_mode": "HTML"},
        {"text": "<b></b>", "parse_mode": "HTML"},
        {"text": "x", "parse_mode": "MarkdownV3"},
        {"text": "<b>x</b>" * 101, "parse_mode": "HTML"},
        {"text": f'<a href="{"x" * 33_000}">x</a>', "parse_mode": "HTML"},
        {"caption": "x" * 1025},
        {"text": "x", "reply_markup": keyboard({"text": "B", "callback_data": "x" * 65})},
        {"text": "x", "reply_markup": keyboard({"text": "B", "callback_data": ""})},
        {"text": "x", "reply_markup": keyboard({"text": "B"})},
        {"text": "x", "reply_markup": keyboard({"text": "B", "callback_data": "a", "url": "b"})},
        {"text": "x", "reply_markup": keyboard({"text": " ", "callback_data": "a"})},
        {"text": "x", "reply_markup": keyboard(*[{"text": "B", "callback_data": "a"}] * 9)},
        {"text": "x", "reply_markup": keyboard({"text": "B", "url": "a", "style": "pink"})},
        {"commands": [{"command": "Help", "description": "x"}]},
        {"commands": [{"command": "help", "description": ""}]},
    ],
)
def test_the_rules_of_the_prose_are_kept(parameters: dict[str, Any]) -> None:
    assert list(problems(chat_id=1, **parameters)) != []


def test_markup_is_parsed_as_telegram_does() -> None:
    text, entities = parse('<b>🎵 <i>a</i></b> &lt;&amp;&#x27; <a href="h?a&amp;b">link</a>')
    assert text == "🎵 a <&' link"
    assert [(e.type, e.offset, e.length, e.url) for e in entities] == [
        ("italic", 3, 1, None),
        ("bold", 0, 4, None),
        ("text_link", 9, 4, "h?a&b"),
    ]
    assert utf16_units(text) == 13


@pytest.mark.parametrize(
    "markup",
    [
        *("<b>", "</b>", "<b><i></b></i>", "<div>x</div>", "<a>x</a>", '<b href="x">x</b>'),
        *("a < b", "a > b", "a & b", "&nbsp;", "<b>x</b", '<a href="x>y</a>'),
    ],
)
def test_bad_markup_is_refused(markup: str) -> None:
    with pytest.raises(BadMarkup):
        parse(markup)
