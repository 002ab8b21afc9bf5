"""Holds every request against Discord's official API description, and against what that misses.

The description lies beside a checkout (`../shared/specs`); where it does not, only the rules written
down here are checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "discord-openapi.json"
BODILESS = ("GET", "DELETE")
NOT_IN_THE_SPEC = {"dm_permission", "nsfw", "flags", "tts"}
"""Sent by discord.py unasked; known to Discord, not to its description everywhere."""

COMMAND_NAME = re.compile(r"^[-_'\w]{1,32}$")
SUGGESTIONS, FORM = 8, 9
"""Kinds of callbacks that are no message."""
CHOICE_UNITS, FORM_FILES = 100, 10
CONTENT_UNITS, EMBED_SUM_UNITS, COMPONENTS, CHOICES = 2_000, 6_000, 40, 25
DOCUMENT_BYTES = 10 * 1024 * 1024


def is_available() -> bool:
    return SPEC.is_file()


def problems(
    method: str, path: str, query: dict[str, str], body: Any, files: dict[str, bytes]
) -> list[str]:
    """What Discord would object to in a request; `path` is relative to the API's root."""
    found = list(_against_rules(path, body, files))
    if is_available():
        found += _against_spec(method, path, query, body)
    return [f"{method} {path}: {problem}" for problem in found]


# ---- the official description


@cache
def _spec() -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(SPEC.read_text(encoding="utf-8"))
    return spec


@cache
def _operations() -> list[tuple[re.Pattern[str], str]]:
    """Path patterns, those with the fewest variables first."""
    paths = sorted(_spec()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), path) for path in paths]


@cache
def _validator(path: str, method: str) -> Draft202012Validator | None:
    body = _spec()["paths"][path][method].get("requestBody")
    if body is None:
        return None
    schema = body["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": _spec()["components"]})


def _against_spec(method: str, path: str, query: dict[str, str], body: Any) -> Iterator[str]:
    known = [
        template
        for pattern, template in _operations()
        if pattern.fullmatch(path) and method.lower() in _spec()["paths"][template]
    ]
    if not known:
        yield "no such operation"
        return
    operation = _spec()["paths"][known[0]][method.lower()]
    names = {parameter.get("name") for parameter in operation.get("parameters", ())}
    for name in query.keys() - names:
        yield f"unknown query parameter {name}"
    validator = _validator(known[0], method.lower())
    if method in BODILESS or validator is None:
        return
    for error in validator.iter_errors(_with_words_for_ids(body)):
        yield f"{error.json_path}: {error.message[:300]}"
    for name in _unknown([validator.schema], body, "$"):
        yield f"unknown field {name}"


def _with_words_for_ids(body: Any) -> Any:
    """discord.py sends some ids as numbers, which Discord takes, against its description."""
    if not isinstance(body, dict):
        return body
    changed = dict(body)
    if "recipient_id" in body:
        changed["recipient_id"] = str(body["recipient_id"])
    if body.get("attachments"):
        changed["attachments"] = [{**each, "id": str(each["id"])} for each in body["attachments"]]
    return changed


def _unknown(schemas: list[Any], value: Any, where: str) -> Iterator[str]:
    """Fields that no alternative of the description has (it forbids none of them itself)."""
    alternatives = list(_alternatives(schemas))
    if isinstance(value, list):
        items = [schema["items"] for schema in alternatives if "items" in schema]
        for position, item in enumerate(value):
            yield from _unknown(items, item, f"{where}[{position}]")
    elif isinstance(value, dict):
        objects = [schema for schema in alternatives if "properties" in schema]
        if not objects:
            return
        for name, field in value.items():
            fields = [each["properties"][name] for each in objects if name in each["properties"]]
            if fields:
                yield from _unknown(fields, field, f"{where}.{name}")
            elif name not in NOT_IN_THE_SPEC:
                yield f"{where}.{name}"


def _alternatives(schemas: list[Any]) -> Iterator[Any]:
    for schema in schemas:
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            yield from _alternatives([_spec()["components"]["schemas"][name]])
        else:
            yield schema
        for word in ("oneOf", "anyOf", "allOf"):
            yield from _alternatives(schema.get(word, []))


# ---- what the description misses


def _against_rules(path: str, body: Any, files: dict[str, bytes]) -> Iterator[str]:
    for name, content in files.items():
        if len(content) > DOCUMENT_BYTES:
            yield f"{name} has {len(content)} bytes"
    if path.endswith("/commands") and isinstance(body, list):
        for command in body:
            yield from _against_command_rules(command)
    if isinstance(body, dict):
        message = body.get("data", body) if "/interactions/" in path else body
        if "/interactions/" in path and body.get("type") == SUGGESTIONS:
            yield from _against_choice_rules(message["choices"])
        elif "/interactions/" in path and body.get("type") == FORM:
            yield from _against_form_rules(message)
        elif isinstance(message, dict) and (message.keys() & {"content", "embeds", "components"}):
            yield from _against_message_rules(message)


def _against_command_rules(command: dict[str, Any]) -> Iterator[str]:
    names = [command["name"], *(option["name"] for option in command.get("options", ()))]
    if command.get("type", 1) != 1:  # the menu of a message may have names in words
        if not 1 <= len(command["name"]) <= 32:
            yield f"the name {command['name']!r}"
        return
    for name in names:
        if not COMMAND_NAME.fullmatch(name) or name != name.lower():
            yield f"the command name {name!r} does not fit Discord's pattern"
    for option in command.get("options", ()):
        if option.get("autocomplete") and option.get("choices"):
            yield f"{option['name']} has choices and suggestions"
        if len(option.get("choices") or ()) > CHOICES:
            yield f"{option['name']} has more than {CHOICES} choices"


def _against_choice_rules(choices: list[dict[str, Any]]) -> Iterator[str]:
    if len(choices) > CHOICES:
        yield f"{len(choices)} choices"
    for choice in choices:
        if not (choice["name"].strip() and 1 <= _units(choice["name"]) <= CHOICE_UNITS):
            yield f"a choice's name of {_units(choice['name'])} units"
        if not 1 <= _units(choice["value"]) <= CHOICE_UNITS:
            yield f"a choice's value of {_units(choice['value'])} units"


def _against_form_rules(form: dict[str, Any]) -> Iterator[str]:
    inner = [each.get("component", {}) for each in form["components"]]
    if len(inner) + sum(map(bool, inner)) > COMPONENTS:
        yield f"a form of {len(inner)} fields"
    if any(each.get("max_values", 1) > FORM_FILES for each in inner):
        yield f"a form that takes more than {FORM_FILES} files"


def _against_message_rules(message: dict[str, Any]) -> Iterator[str]:
    if _units(message.get("content") or "") > CONTENT_UNITS:
        yield f"content of {_units(message['content'])} units"
    embeds = message.get("embeds") or []
    if (total := sum(map(_embed_units, embeds))) > EMBED_SUM_UNITS:
        yield f"embeds of {total} units"
    if not any(_embed_units(embed) for embed in embeds) and not (
        (message.get("content") or "").strip(" \n") or message.get("attachments")
    ):
        yield "an empty message"
    if message.get("allowed_mentions") != {"parse": []}:
        yield f"mentions could fire: {message.get('allowed_mentions')}"
    buttons = [item for row in message.get("components") or () for item in row["components"]]
    if len(buttons) + len(message.get("components") or ()) > COMPONENTS:
        yield f"{len(buttons)} buttons"
    identities = [button["custom_id"] for button in buttons]
    if len(set(identities)) < len(identities):
        yield "two buttons with one custom_id"


def _embed_units(embed: dict[str, Any]) -> int:
    texts = [embed.get("title"), embed.get("description"), embed.get("footer", {}).get("text")]
    texts += [field[part] for field in embed.get("fields", ()) for part in ("name", "value")]
    return sum(_units(text or "") for text in texts)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
