"""Holds every request against Telegram's API description, and against what stands in its prose.

The description lies beside a checkout (`../shared/specs`); where it does not, only the rules written
down here are checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from tests.chatbot.loopback.telegram_html import BadMarkup, Entity, parse, utf16_units

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "telegram-bot-api.json"
TEXT_UNITS, CAPTION_UNITS, CALLBACK_BYTES, MARKUP_BYTES = 4096, 1024, 64, 32_768
OFFERS = 50
ENTITIES, ROW_BUTTONS, BUTTONS, DOCUMENT_BYTES = 100, 8, 100, 50_000_000
PHOTO_BYTES, PHOTO_SIDES, PHOTO_RATIO = 10_000_000, 10_000, 20
ACTIONS = ("typing", "upload_photo", "upload_document")
"""Of those that there are, what a bot without voice and video has a use for."""
STYLES = ("danger", "success", "primary")


def is_available() -> bool:
    return SPEC.is_file()


def problems(method: str, parameters: Mapping[str, str], files: Mapping[str, bytes]) -> list[str]:
    """What Telegram would object to in a request; `parameters` are as they came: text."""
    found = list(_against_spec(method, parameters, files)) if is_available() else []
    # The rules of the prose take the right shape for granted.
    found = found or list(_against_rules(parameters, files))
    return [f"{method}: {problem}" for problem in found]


# ---- the machine-readable description


@cache
def _spec() -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(SPEC.read_text(encoding="utf-8"))
    return spec


def _against_spec(
    method: str, parameters: Mapping[str, str], files: Mapping[str, bytes]
) -> Iterator[str]:
    described = _spec()["methods"].get(method)
    if described is None:
        yield "no such method"
        return
    fields = {field["name"]: field for field in described.get("fields", [])}
    given = {*parameters, *files}
    yield from (f"unknown field '{name}'" for name in given - fields.keys())
    for name, field in fields.items():
        if name in files:
            if "InputFile" not in field["types"]:
                yield f"'{name}' is a file, expected {field['types']}"
        elif name in parameters:
            if not any(_is_text_of(kind, parameters[name]) for kind in field["types"]):
                yield f"'{name}' is {parameters[name][:200]!r}, expected {field['types']}"
        elif field["required"]:
            yield f"'{name}' is missing"


def _is_text_of(kind: str, text: str) -> bool:
    """Whether a parameter's text stands for a value of the kind."""
    if kind == "String":
        return True
    if kind == "InputFile":
        return False
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return _is_of(kind, value)


_PLAIN: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Boolean": (bool,),
    "Float": (int, float),
    "Integer": (int,),
}


def _is_of(kind: str, value: Any) -> bool:
    """Whether a JSON value is of the kind: required fields, types, no unknown fields."""
    if kind.startswith("Array of "):
        inner = kind.removeprefix("Array of ")
        return isinstance(value, list) and all(_is_of(inner, item) for item in value)
    if kind in _PLAIN:
        is_bool = isinstance(value, bool)
        return isinstance(value, _PLAIN[kind]) and is_bool == (kind == "Boolean")
    described = _spec()["types"].get(kind, {})
    if described.get("subtypes"):
        return any(_is_of(subtype, value) for subtype in described["subtypes"])
    fields = {field["name"]: field for field in described.get("fields", [])}
    return (
        isinstance(value, dict)
        and value.keys() <= fields.keys()
        and all(name in value for name, field in fields.items() if field["required"])
        and all(_is_field(fields[name], item) for name, item in value.items())
    )


def _is_field(field: Mapping[str, Any], value: Any) -> bool:
    return any(_is_of(kind, value) for kind in field["types"]) and _has_the_right_tag(field, value)


def _has_the_right_tag(field: Mapping[str, Any], value: Any) -> bool:
    """'Scope type, must be all_private_chats': what tells subtypes apart stands in the prose."""
    _, _, tag = field["description"].partition("must be ")
    if field["name"] not in ("type", "source", "status") or not tag or " " in tag.strip():
        return True
    return bool(value == tag.strip(' ".“”'))


# ---- what stands in the prose only


def _against_rules(parameters: Mapping[str, str], files: Mapping[str, bytes]) -> Iterator[str]:
    for name, most in (("text", TEXT_UNITS), ("caption", CAPTION_UNITS)):
        if name in parameters:
            is_answer = "callback_query_id" in parameters
            yield from _text_problems(parameters, name, 200 if is_answer else most)
    if "reply_markup" in parameters:
        yield from _keyboard_problems(json.loads(parameters["reply_markup"]))
    yield from _offer_problems(json.loads(parameters.get("results", "[]")))
    for command in json.loads(parameters.get("commands", "[]")):
        name = command["command"]
        if not (1 <= len(name) <= 32 and name.replace("_", "a").isalnum() and name.islower()):
            yield f"command name {name!r}"
        if not 1 <= len(command["description"]) <= 256:
            yield f"description of {name!r}"
    if parameters.get("action", "typing") not in ACTIONS:
        yield f"action {parameters['action']!r}"
    yield from _file_problems(files)


def _file_problems(files: Mapping[str, bytes]) -> Iterator[str]:
    for content in files.values():
        if not 0 < len(content) <= DOCUMENT_BYTES:
            yield f"a file of {len(content)} bytes"
    if "photo" in files:
        yield from _photo_problems(files["photo"])


def _photo_problems(content: bytes) -> Iterator[str]:
    try:
        with Image.open(BytesIO(content)) as picture:
            width, height = picture.size
    except UnidentifiedImageError:
        yield "a photo that is no picture"
        return
    if len(content) > PHOTO_BYTES:
        yield f"a photo of {len(content)} bytes"
    if width + height > PHOTO_SIDES or max(width, height) > PHOTO_RATIO * min(width, height):
        yield f"a photo of {width} x {height} pixels"


def _offer_problems(offers: list[dict[str, Any]]) -> Iterator[str]:
    if len(offers) > OFFERS:
        yield f"{len(offers)} offers"
    if len({offer["id"] for offer in offers}) < len(offers):
        yield "two offers with one id"
    for offer in offers:
        content = offer["input_message_content"]
        named = {"text": content["message_text"], "parse_mode": content.get("parse_mode", "")}
        yield from _text_problems({k: v for k, v in named.items() if v}, "text", TEXT_UNITS)
        yield from _keyboard_problems(offer.get("reply_markup", {}))
        if not 1 <= len(offer["id"].encode()) <= CALLBACK_BYTES:
            yield f"an offer's id of {len(offer['id'].encode())} bytes"


def _text_problems(parameters: Mapping[str, str], name: str, most: int) -> Iterator[str]:
    markup = parameters[name]
    entities: list[Entity] = []
    text = markup
    if parameters.get("parse_mode") == "HTML":
        try:
            text, entities = parse(markup)
        except BadMarkup as error:
            yield f"can't parse entities: {error}"
            return
    elif "parse_mode" in parameters:
        yield f"parse_mode {parameters['parse_mode']!r}"
    units = utf16_units(text)
    if not text.strip():
        yield f"{name} is empty"
    if units > most:
        yield f"{name} of {units} units, allowed are {most}"
    if len(markup.encode()) > MARKUP_BYTES:
        yield f"{name} of {len(markup.encode())} bytes is too long"
    if len(entities) > ENTITIES:
        yield f"{len(entities)} entities, of which {ENTITIES} are shown"


def _keyboard_problems(markup: Mapping[str, Any]) -> Iterator[str]:
    rows = markup.get("inline_keyboard", [])
    if sum(map(len, rows)) > BUTTONS:
        yield "more than 100 buttons"
    for row in rows:
        if not 1 <= len(row) <= ROW_BUTTONS:
            yield f"a row of {len(row)} buttons"
        for button in row:
            kinds = button.keys() - {"text", "style", "icon_custom_emoji_id"}
            if len(kinds) != 1:
                yield f"a button must have exactly one of its kinds: {sorted(kinds)}"
            if not button["text"].strip():
                yield "a button without a label"
            if not 1 <= len(button.get("callback_data", "x").encode()) <= CALLBACK_BYTES:
                yield f"callback data of {len(button['callback_data'].encode())} bytes"
            if button.get("style", "primary") not in STYLES:
                yield f"style {button['style']!r}"
