"""A person on Discord: the real discord.py client over a loopback Discord."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from chatbot.frontends.base import FrontEnd
from chatbot.frontends.discord import DiscordFrontEnd
from tests.chatbot.drivers.base import Seen
from tests.chatbot.loopback.discord_server import TOKEN, DiscordServer
from tests.chatbot.loopback.discord_world import PERSON_ID, Channel, Json, Message

SLASH, PRESS, TYPING, FORM = 2, 3, 4, 5
OPENS_A_FORM = 9
MESSAGE_COMMAND = 3
TEXT_OPTION, NUMBER_OPTION, FILE_OPTION = 3, 4, 11
SLASH_FILES = 5

Serve = Callable[[FrontEnd], Awaitable[None]]

MENTION = re.compile(r"<@!?(\d+)>")
INVISIBLE = re.compile("[\u200b\u2068\u2069]")
MARKUP = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    # The way that Discord's clients find masked links (simple-markdown's rule).
    r"|\[(?P<label>(?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]\((?P<link>[^\s()]+)\)"
    r"|`(?P<code>[^`]+)`"
    r"|(?P<address>https?://[^\s<>]+)",
    re.DOTALL,
)


class DiscordDriver:
    """Implements `ChatDriver` in the direct messages with the bot, or in another channel."""

    platform = "discord"

    def __init__(
        self, server: DiscordServer, *, channel: Channel | None = None, person: str = PERSON_ID
    ) -> None:
        self.server = server
        self.world = server.world
        self.person = person
        self.channel = channel or self.world.dm_with(person)
        self.expects_acknowledgement = True
        self._mark = 0

    def elsewhere(self, channel_id: str, person: str = PERSON_ID) -> DiscordDriver:
        """The same Discord, in another channel or as another person."""
        return DiscordDriver(self.server, channel=self.world.channels[channel_id], person=person)

    # ---- ChatDriver

    async def command(self, text: str) -> None:
        """Runs a slash command; what Discord's menu doesn't offer goes out as a message."""
        name, *rest = text.removeprefix("/").split(maxsplit=1) or [""]
        argument = " ".join(rest)
        command = self._menu(name)
        if command is None:
            return await self.say(text)
        values = _filled_in(command["options"], argument)
        if values is None:
            return await self.say(text)
        data = self._slash_data(command, values)
        if mentioned := MENTION.findall(argument):
            data["resolved"] = {"users": {number: self.world.user(number) for number in mentioned}}
        answered = await self._interact(SLASH, data)
        if answered is not None and answered["type"] == OPENS_A_FORM:
            await self._send_form(answered["data"], [])
        return None

    async def say(self, text: str) -> None:
        await self._write(text, [])

    async def send_files(self, *paths: Path) -> None:
        """Attaches files to `/import`, or to a message where they are more than it takes."""
        files = [(path.name, path.read_bytes()) for path in paths]
        command = self._menu("import")
        if command is None or len(files) > SLASH_FILES:
            return await self._write("", files)
        fields = [o["name"] for o in command["options"] if o["type"] == FILE_OPTION]
        uploads = [self.world.attachment(name, content) for name, content in files]
        values = [
            {"name": name, "type": FILE_OPTION, "value": upload["id"]}
            for name, upload in zip(fields, uploads, strict=False)
        ]
        data = self._slash_data(command, values)
        data["resolved"] = {"attachments": {upload["id"]: upload for upload in uploads}}
        await self._interact(SLASH, data)
        return None

    async def fill_form(self, text: str, *paths: Path) -> None:
        """Runs a slash command that opens a form, and sends that with files."""
        command = self._menu(text.removeprefix("/"))
        assert command is not None
        form = await self._interact(SLASH, self._slash_data(command, []))
        assert form is not None
        assert form["type"] == OPENS_A_FORM
        await self._send_form(form["data"], [(path.name, path.read_bytes()) for path in paths])

    async def type(self, text: str) -> list[tuple[str, str]]:
        """Types an argument without sending it; returns the suggestions' names and texts."""
        name, _, argument = text.removeprefix("/").partition(" ")
        command = self._menu(name)
        assert command is not None
        (field,) = (each for each in command["options"] if each.get("autocomplete"))
        value = {"name": field["name"], "type": TEXT_OPTION, "value": argument, "focused": True}
        answered = await self._interact(TYPING, self._slash_data(command, [value]))
        assert answered is not None
        return [(each["name"], each["value"]) for each in answered["data"]["choices"]]

    async def slash(self, name: str, **options: Any) -> None:
        """Runs a slash command with options of any kind."""
        command = self._menu(name)
        assert command is not None
        kinds = {option["name"]: option["type"] for option in command["options"]}
        values = [
            {"name": key, "type": kinds[key], "value": value} for key, value in options.items()
        ]
        await self._interact(SLASH, self._slash_data(command, values))

    async def use_on_message(self, label: str, message: Message) -> None:
        """Chooses an entry of a message's menu."""
        command = self._menu(label)
        assert command is not None
        target = message.payload["id"]
        data = {**self._slash_data(command, []), "type": MESSAGE_COMMAND, "target_id": target}
        data["resolved"] = {"messages": {target: message.payload}}
        await self._interact(SLASH, data)

    async def press(self, label: str) -> None:
        for message in sorted(self._visible(), key=_number, reverse=True):
            for button in _buttons(message):
                if button["label"] == label:
                    data = {"custom_id": button["custom_id"], "component_type": 2}
                    await self._interact(PRESS, data, message)
                    return
        labels = [button["label"] for message in self._visible() for button in _buttons(message)]
        raise AssertionError(f"no button {label!r} on the screen, only {labels}")

    async def wait_for(self, matches: Callable[[Seen], bool], timeout_seconds: float = 60) -> Seen:
        def newest() -> Seen | None:
            recent = [each for each in self._visible() if each.revision > self._mark]
            for message in sorted(recent, key=lambda each: each.revision, reverse=True):
                if matches(seen := as_seen(message)):
                    return seen
            return None

        async with self.world.changed:
            try:
                async with asyncio.timeout(timeout_seconds):
                    await self.world.changed.wait_for(lambda: newest() is not None)
            except TimeoutError:
                screen = "\n---\n".join(seen.text for seen in await self.history())
                raise AssertionError(f"nothing fitting on the screen:\n{screen}") from None
            found = newest()
            assert found is not None
            return found

    async def read_document(self, name: str) -> bytes:
        for message in sorted(self._visible(), key=_number, reverse=True):
            for attachment in message.payload["attachments"]:
                if attachment["filename"] == name:
                    return self.world.files[f"{attachment['id']}/{name}"]
        raise AssertionError(f"no document {name!r} on the screen")

    async def history(self) -> list[Seen]:
        return [as_seen(message) for message in sorted(self._visible(), key=_number)]

    # ---- how it happens

    def _visible(self) -> list[Message]:
        return [
            message
            for message in self.world.messages.values()
            if message.payload["channel_id"] == self.channel.id
            and message.viewer in (None, self.person)
            and not message.is_loading
            and message.payload["author"]["bot"]
        ]

    def _menu(self, name: str) -> Json | None:
        return next((each for each in self.world.commands if each["name"] == name), None)

    def _slash_data(self, command: Json, values: list[Json]) -> Json:
        return {"id": command["id"], "name": command["name"], "type": 1, "options": values}

    async def _send_form(self, form: Json, files: list[tuple[str, bytes]]) -> None:
        uploads = [self.world.attachment(name, content) for name, content in files]
        field = next(each for each in form["components"] if "component" in each)
        inner = {"type": 19, "id": 2, "custom_id": field["component"]["custom_id"]}
        inner["values"] = [upload["id"] for upload in uploads]
        data = {
            "custom_id": form["custom_id"],
            "components": [{"type": 18, "id": 1, "component": inner}],
            "resolved": {"attachments": {upload["id"]: upload for upload in uploads}},
        }
        await self._interact(FORM, data)

    async def _interact(self, kind: int, data: Json, message: Message | None = None) -> Json | None:
        """What people do; returns the bot's first answer."""
        self._mark = self.world.revision
        payload = self.world.interaction_json(kind, self.channel, self.person, data, message)
        interaction = self.world.interactions[payload["token"]]
        await self.server.gateway.dispatch("INTERACTION_CREATE", payload)
        if self.expects_acknowledgement:
            async with asyncio.timeout(3):  # Discord waits no longer
                await interaction.acknowledged.wait()
        return interaction.callback

    async def _write(self, text: str, files: list[tuple[str, bytes]]) -> None:
        self._mark = self.world.revision
        message = await self.world.add_message(
            self.channel, {"content": text}, author=self.person, files=files
        )
        await self.server.gateway.dispatch("MESSAGE_CREATE", message.payload)


@asynccontextmanager
async def discord_driver(
    serve: Serve, server: DiscordServer | None = None
) -> AsyncIterator[DiscordDriver]:
    """A person in a private chat with the bot that `serve` runs.

    Args:
        serve: runs `front_end.run(handler, commands)` until it is cancelled.
        server: the loopback Discord, to be started here.
    """
    async with (server or DiscordServer()).run() as running:
        async with connected(front_end_on(running), serve):
            yield DiscordDriver(running)
        assert not running.violations, "\n".join(running.violations)


def front_end_on(
    server: DiscordServer, token: str = TOKEN, *, stop_seconds: float = 0.0
) -> DiscordFrontEnd:
    """The front end that ships, pointed to a loopback Discord, without its pauses."""
    return DiscordFrontEnd(
        token,
        api_url=server.api_url,
        gateway_url=server.gateway_url,
        seconds_between_identifies=0.0,
        first_pause_seconds=0.0,
        retry_seconds=(0.0, 0.0),
        stop_seconds=stop_seconds,
    )


@asynccontextmanager
async def connected(front_end: DiscordFrontEnd, serve: Serve) -> AsyncIterator[DiscordFrontEnd]:
    """Serves until the block ends; fails where serving ends before."""
    serving = asyncio.ensure_future(serve(front_end))
    ready = asyncio.ensure_future(front_end.wait_until_ready())
    try:
        async with asyncio.timeout(20):
            await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving
            raise AssertionError("the front end stopped by itself")
        yield front_end
    finally:
        for task in (ready, serving):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def as_seen(message: Message) -> Seen:
    """A message as the person reads it."""
    payload = message.payload
    texts = [payload["content"]]
    for embed in payload["embeds"]:
        texts += [embed.get("title"), embed.get("description")]
    words, urls = [], []
    for text in texts:
        if text:
            visible, found = read_markup(text)
            words.append(visible)
            urls += found
    return Seen(
        message_id=payload["id"],
        text="\n".join(words),
        urls=tuple(urls),
        buttons=tuple(button["label"] for button in _buttons(message)),
        documents=tuple(attachment["filename"] for attachment in payload["attachments"]),
    )


def read_markup(text: str) -> tuple[str, list[str]]:
    """The visible words of Discord's Markdown, and the addresses behind them."""
    urls: list[str] = []

    def shown(match: re.Match[str]) -> str:
        if match["escaped"] is not None:
            return match["escaped"]
        if match["label"] is not None:
            urls.append(match["link"])
            return read_markup(match["label"])[0]
        if match["address"] is not None:
            urls.append(match["address"])
            return match["address"]
        return match["code"]

    return INVISIBLE.sub("", MARKUP.sub(shown, text)), urls


def _filled_in(options: list[Json], argument: str) -> list[Json] | None:
    """How somebody fills the fields of a command; None where the form does not take that."""
    by_name = {option["name"]: option for option in options}
    if "timezone" in by_name:
        return _chosen(by_name, argument)
    if "people" in by_name:
        people = [word for word in argument.split() if word.startswith(("@", "<@"))]
        songs = [word for word in argument.split() if word not in people]
        written = {"people": " ".join(people), "songs": " ".join(songs)}
    else:
        field = next((each for each in options if each["type"] == TEXT_OPTION), None)
        if field is not None and field.get("required") and not argument:
            return None
        written = {field["name"]: argument} if field is not None else {}
    return [
        {"name": name, "type": TEXT_OPTION, "value": value}
        for name, value in written.items()
        if value
    ]


def _chosen(by_name: dict[str, Json], argument: str) -> list[Json] | None:
    values = []
    for word in argument.split():
        name, _, value = word.partition("=")
        option = by_name.get(name)
        if option is None or (option["type"] == NUMBER_OPTION and not value.isdecimal()):
            return None
        allowed = [choice["value"] for choice in option.get("choices", ())]
        if allowed and value not in allowed:
            return None
        chosen = int(value) if option["type"] == NUMBER_OPTION else value
        values.append({"name": name, "type": option["type"], "value": chosen})
    return values


def _buttons(message: Message) -> list[Any]:
    return [item for row in message.payload["components"] for item in row["components"]]


def _number(message: Message) -> int:
    return int(message.payload["id"])
