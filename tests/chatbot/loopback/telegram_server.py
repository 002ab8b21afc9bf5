"""A Bot API server on loopback: what python-telegram-bot talks to in the tests.

It answers as the real one does, keeps every request, and holds each against the API's description;
`violations` must be empty at the end of a test.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.chatbot.loopback import telegram_spec
from tests.chatbot.loopback.telegram_html import parse
from tests.chatbot.loopback.telegram_world import BOT, DATE, Sent, TelegramWorld

TOKEN = "7000001:loopback-token_for-tests-0123456789"
DOWNLOAD_BYTES = 20_000_000
CONNECTION_CUT = 0
"""As the status of a fault: no answer comes at all."""


@dataclass(frozen=True)
class Request:
    method: str
    parameters: dict[str, str]
    files: dict[str, bytes]
    at: float


@dataclass
class Fault:
    """What happens to a coming request instead of its answer."""

    method: str
    status: int
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """An answer with `ok: false`."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = status
        self.parameters = parameters


class TelegramServer:
    """The HTTP side; `world` is what it is about."""

    def __init__(self, world: TelegramWorld, *, now: Callable[[], float] | None = None) -> None:
        self.world = world
        self.token = TOKEN
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.faults: deque[Fault] = deque()
        self._held: dict[str, tuple[asyncio.Event, asyncio.Event]] = {}
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.webhook: dict[str, str] = {}
        self.broken_downloads = 0
        """So many downloads break off in the middle."""
        self.url = ""
        self.local_mode = False
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._polls = 0
        self._answered: set[str] = set()
        """The presses that were answered: Telegram takes one answer to each."""
        self._is_closing = False
        self._methods: dict[str, Callable[..., Awaitable[Any]]] = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "deleteWebhook": self._delete_webhook,
            "sendMessage": self._send_message,
            "sendDocument": self._send_document,
            "sendPhoto": self._send_photo,
            "sendChatAction": self._send_chat_action,
            "editMessageText": self._edit_message_text,
            "answerInlineQuery": self._answer_inline_query,
            "deleteMessage": self._delete_message,
            "setWebhook": self._set_webhook,
            "answerCallbackQuery": self._answer_callback_query,
            "setMyCommands": self._set_my_commands,
            "getMyCommands": self._get_my_commands,
            "getFile": self._get_file,
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator[TelegramServer]:
        app = web.Application(client_max_size=64_000_000)
        app.router.add_route("*", "/bot{token}/{method}", self._on_request)
        app.router.add_get("/file/bot{token}/{path:.*}", self._on_download)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        self.url = f"http://{host}:{port}"
        try:
            yield self
        finally:
            self._is_closing = True
            self.world.change()
            await runner.cleanup()

    def of(self, method: str) -> list[Request]:
        """The requests of one method, oldest first."""
        return [request for request in self.requests if request.method == method]

    def fail(self, method: str, status: int, description: str = "", **parameters: Any) -> None:
        """The next request of the method fails so."""
        self.faults.append(Fault(method, status, description, parameters))

    def hold(self, method: str) -> tuple[asyncio.Event, asyncio.Event]:
        """Requests of the method have arrived when the first event is set; the second answers them."""
        self._held[method] = asyncio.Event(), asyncio.Event()
        return self._held[method]

    # ---- HTTP

    async def _on_request(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        parameters: dict[str, str] = {}
        files: dict[str, bytes] = {}
        names: dict[str, str] = {}
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = value.file.read()
                names[name] = value.filename
            else:
                parameters[name] = str(value)
        recorded = Request(method, parameters, files, self._now())
        self.requests.append(recorded)
        if method in self._held:
            arrived, go_on = self._held[method]
            arrived.set()
            await go_on.wait()
        try:
            if request.match_info["token"] != self.token:
                raise Refused(401, "Unauthorized")
            self._check(recorded)
            result = await self._methods[method](parameters, files, names)
        except Refused as refusal:
            if refusal.status == CONNECTION_CUT:
                assert request.transport is not None
                request.transport.close()
            answer = {"ok": False, "error_code": refusal.status, "description": str(refusal)}
            if refusal.parameters:
                answer["parameters"] = refusal.parameters
            self.world.change()
            return web.json_response(answer, status=refusal.status or web.HTTPOk.status_code)
        if method != "getUpdates":
            self.world.change()
        return web.json_response({"ok": True, "result": result})

    def _check(self, request: Request) -> None:
        for fault in self.faults:
            if fault.method == request.method:
                self.faults.remove(fault)
                raise Refused(fault.status, fault.description, **fault.parameters)
        found = telegram_spec.problems(request.method, request.parameters, request.files)
        if request.method not in self._methods:
            found.append(f"{request.method}: the loopback server does not know it")
        if found:
            self.violations += found
            raise Refused(400, f"Bad Request: {found[0]}")

    async def _on_download(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        stored = next((f for f in self.world.files.values() if f.path == path), None)
        if request.match_info["token"] != self.token or stored is None:
            return web.Response(status=404)
        if not self.broken_downloads:
            return web.Response(body=stored.content)
        self.broken_downloads -= 1
        response = web.StreamResponse(headers={"Content-Length": str(len(stored.content))})
        await response.prepare(request)
        await response.write(stored.content[: len(stored.content) // 2])
        assert request.transport is not None
        request.transport.close()
        return response

    # ---- methods

    async def _get_me(self, *_: Any) -> dict[str, Any]:
        return BOT

    async def _delete_webhook(self, parameters: dict[str, str], *_: Any) -> bool:
        if parameters.get("drop_pending_updates") == "true":
            self.world.updates.clear()
        self.webhook = {}
        return True

    async def _get_updates(self, parameters: dict[str, str], *_: Any) -> list[dict[str, Any]]:
        offset = int(parameters.get("offset", 0))
        updates = self.world.updates
        updates[:] = [update for update in updates if update["update_id"] >= offset]
        self._polls += 1
        poll = self._polls
        self.world.change()

        def is_over() -> bool:
            return bool(self.world.updates) or poll != self._polls or self._is_closing

        try:
            await self.world.wait_until(is_over, float(parameters.get("timeout", 0)) or 0.01)
        except TimeoutError:
            return []
        if poll != self._polls:
            raise Refused(409, "Conflict: terminated by other getUpdates request")
        allowed = json.loads(parameters.get("allowed_updates", "[]"))
        return [u for u in self.world.updates if not allowed or u.keys() & {*allowed}][:100]

    async def _send_message(self, parameters: dict[str, str], *_: Any) -> dict[str, Any]:
        return self._send(parameters, parameters["text"], None)

    async def _send_document(
        self, parameters: dict[str, str], files: dict[str, bytes], names: dict[str, str]
    ) -> dict[str, Any]:
        document = (names["document"], files["document"])
        return self._send(parameters, parameters.get("caption", ""), document)

    async def _send_photo(
        self, parameters: dict[str, str], files: dict[str, bytes], names: dict[str, str]
    ) -> dict[str, Any]:
        photo = (names["photo"], files["photo"])
        return self._send(parameters, parameters.get("caption", ""), photo, is_photo=True)

    def _send(
        self,
        parameters: dict[str, str],
        markup: str,
        document: tuple[str, bytes] | None,
        *,
        is_photo: bool = False,
    ) -> dict[str, Any]:
        chat_id = self._open_chat(parameters)
        text, entities = parse(markup)
        reply = json.loads(parameters.get("reply_parameters", "{}"))
        sent = Sent(
            self.world.next_number(),
            chat_id,
            text.strip(),
            markup,
            [entity.to_json() for entity in entities],
            json.loads(parameters.get("reply_markup", "{}")).get("inline_keyboard", []),
            document,
            is_photo=is_photo,
            reply_to=reply.get("message_id"),
            thread_id=int(parameters["message_thread_id"])
            if "message_thread_id" in parameters
            else None,
        )
        return self._to_json(self.world.add_message(sent))

    async def _send_chat_action(self, parameters: dict[str, str], *_: Any) -> bool:
        self._open_chat(parameters)
        return True

    async def _edit_message_text(self, parameters: dict[str, str], *_: Any) -> Any:
        if "inline_message_id" in parameters:
            sent = self.world.inline.get(parameters["inline_message_id"])
        else:
            chat_id = self._open_chat(parameters)
            sent = self.world.find(chat_id, int(parameters["message_id"]))
        if sent is None:
            raise Refused(400, "Bad Request: message to edit not found")
        text, entities = parse(parameters["text"])
        keyboard = json.loads(parameters.get("reply_markup", "{}")).get("inline_keyboard", [])
        if (sent.markup, sent.keyboard) == (parameters["text"], keyboard):
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup of the message",
            )
        sent.edits.append(sent.text)
        sent.text, sent.markup, sent.keyboard = text.strip(), parameters["text"], keyboard
        sent.entities = [entity.to_json() for entity in entities]
        self.world.change(sent)
        return True if "inline_message_id" in parameters else self._to_json(sent)

    async def _delete_message(self, parameters: dict[str, str], *_: Any) -> bool:
        sent = self.world.find(self._open_chat(parameters), int(parameters["message_id"]))
        if sent is None:
            raise Refused(400, "Bad Request: message to delete not found")
        self.world.delete(sent)
        return True

    async def _answer_inline_query(self, parameters: dict[str, str], *_: Any) -> bool:
        self.world.offered[parameters["inline_query_id"]] = json.loads(parameters["results"])
        return True

    async def _set_webhook(self, parameters: dict[str, str], *_: Any) -> bool:
        self.webhook = parameters
        return True

    def _open_chat(self, parameters: dict[str, str]) -> int:
        chat_id = int(parameters["chat_id"])
        if chat_id in self.world.migrated:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.world.migrated[chat_id],
            )
        if chat_id in self.world.closed_chats:
            why = "bot was blocked by the user" if chat_id > 0 else "bot was kicked from the group"
            raise Refused(403, f"Forbidden: {why}")
        if chat_id > 0 and chat_id not in self.world.started:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        if chat_id < 0 and chat_id not in self.world.groups:
            raise Refused(400, "Bad Request: chat not found")
        return chat_id

    def _to_json(self, sent: Sent) -> dict[str, Any]:
        message: dict[str, Any] = {
            "message_id": sent.message_id,
            "date": DATE,
            "chat": self.world.chat(sent.chat_id),
            "from": BOT,
            "text": sent.text,
        }
        if sent.is_photo:
            size = {"width": 960, "height": 1280}
            message["photo"] = [{"file_id": "sent", "file_unique_id": f"s{sent.message_id}"} | size]
        elif sent.document is not None:
            message["document"] = {"file_id": "sent", "file_unique_id": f"s{sent.message_id}"}
        return message

    async def _answer_callback_query(self, parameters: dict[str, str], *_: Any) -> bool:
        query_id = parameters["callback_query_id"]
        if query_id in self._answered:
            raise Refused(400, "Bad Request: query is too old and response timeout expired")
        self._answered.add(query_id)
        if parameters.get("show_alert") == "true":
            self.world.show_alert(query_id, parameters["text"])
        return True

    async def _set_my_commands(self, parameters: dict[str, str], *_: Any) -> bool:
        self.commands[self._scope(parameters)] = json.loads(parameters["commands"])
        return True

    async def _get_my_commands(self, parameters: dict[str, str], *_: Any) -> list[dict[str, str]]:
        return self.commands.get(self._scope(parameters), [])

    @staticmethod
    def _scope(parameters: dict[str, str]) -> str:
        scope = json.loads(parameters.get("scope", '{"type": "default"}'))["type"]
        language = parameters.get("language_code", "")
        return f"{scope} {language}".strip()

    async def _get_file(self, parameters: dict[str, str], *_: Any) -> dict[str, Any]:
        stored = self.world.files.get(parameters["file_id"])
        if stored is None:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(stored.content) > DOWNLOAD_BYTES and not self.local_mode:
            raise Refused(400, "Bad Request: file is too big")
        return {
            "file_id": parameters["file_id"],
            "file_unique_id": parameters["file_id"],
            "file_size": len(stored.content),
            "file_path": stored.path,
        }


def write_local_file(folder: Path, name: str, content: bytes) -> str:
    """What a local Bot API server has on its disk; returns the path that it tells."""
    path = folder / name
    path.write_bytes(content)
    return str(path)
