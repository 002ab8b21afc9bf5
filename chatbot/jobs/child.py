"""Heavy work in a child process that can be killed at once.

The child is a fresh interpreter (nothing is forked), imports only what its function needs, and
never outlives its parent: the kernel kills it on Linux, and everywhere it ends when its pipe
closes. What it logs goes through the parent's logging.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import ctypes
import errno
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection, Pipe
from typing import Any, Generic, TypeVar

from chatbot.logs import quiet_libraries
from songnet.errors import SongnetError
from storage.room import is_out_of_room

T = TypeVar("T")
Send = Callable[[object], None]
"""Sends a message to the parent; from any thread of the child."""

DEFAULT_NICE = 10
"""The child gives way to the bot and its worker."""

_MAIN = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from chatbot.jobs.child import main; main()"  # noqa: E501 - one program
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LEAVE_SECONDS = 5.0
"""How long a child may take to leave after its last word."""


class ChildFailed(Exception):
    """The child's function raised something else than a `SongnetError`."""

    def __init__(self, traceback_text: str) -> None:
        super().__init__(traceback_text)
        self.traceback_text = traceback_text


class ChildCrashed(Exception):
    """The child died without a word."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code

    def __str__(self) -> str:
        if self.exit_code < 0:
            return f"the child process was killed by {signal.Signals(-self.exit_code).name}"
        return f"the child process ended with exit code {self.exit_code} and without a result"


async def run_in_child(
    function: Callable[..., T],
    *args: Any,
    on_message: Callable[[Any], None] | None = None,
    nice: int = DEFAULT_NICE,
) -> T:
    """Runs `function(send, *args)` in a child process and returns its result.

    The function stands in a module; it, the arguments, the messages and the result can be pickled.
    Cancelling the awaiting task kills the child and returns when it is gone.

    Args:
        function: What to run; its first argument is a `Send`.
        args: The further arguments.
        on_message: Called on the event loop with each message that the child sends, in order.
        nice: How much less urgent than this process the child is.

    Raises:
        SongnetError: the function raised it.
        OSError: with `errno.ENOSPC`: the function found no room on the disk.
        ChildFailed: the function raised something else, or its result cannot be pickled.
        ChildCrashed: the child was killed, or left without a result.
    """
    child = _Child(function, args, on_message, nice)
    child.start()
    try:
        await asyncio.wait({child.ended})
    except asyncio.CancelledError:
        child.kill()
        while not child.ended.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({child.ended})
        child.ended.exception()  # seen; the cancellation is what counts
        raise
    return child.ended.result()


class _Child(Generic[T]):
    """The parent's side: a thread that starts, hears and reaps one child.

    A thread of its own, because the kernel ties the child's life to the thread that started it.
    """

    def __init__(
        self,
        function: Callable[..., T],
        args: tuple[Any, ...],
        on_message: Callable[[Any], None] | None,
        nice: int,
    ) -> None:
        self._work = (function, args)
        self._on_message = on_message
        self._nice = nice
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        """What the child logs carries the job's ids, as what its step logs."""
        self.ended: asyncio.Future[T] = self._loop.create_future()
        self._lock = threading.Lock()
        self._killed = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        run = self._context.run
        threading.Thread(target=run, args=(self._serve,), name="child", daemon=True).start()

    def kill(self) -> None:
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    def _serve(self) -> None:
        try:
            result = self._converse()
        except BaseException as error:  # noqa: BLE001 - it is raised where the child is awaited
            self._tell(self._end, None, error)
        else:
            self._tell(self._end, result, None)

    def _converse(self) -> T:
        work = pickle.dumps(self._work)
        connection, theirs = Pipe()
        with connection:
            with theirs, self._lock:
                self._process = process = self._launch(theirs)
                if self._killed:
                    process.kill()
            try:
                connection.send_bytes(work)
                kind, value = self._listen(connection)
            except (EOFError, OSError):
                kind, value = "crashed", None
        try:
            exit_code = process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            exit_code = process.wait()
        match kind:
            case "done":
                return value  # type: ignore[no-any-return]  # what the function returned
            case "refused":
                raise value
            case "full":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from ChildFailed(value)
            case "failed":
                raise ChildFailed(value)
        raise ChildCrashed(exit_code)

    def _launch(self, theirs: Connection) -> subprocess.Popen[bytes]:
        facts = (json.dumps(sys.path), theirs.fileno(), os.getpid(), self._nice)
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", _MAIN, *map(str, facts), str(logging.root.level)],
            stdin=subprocess.DEVNULL,
            stdout=2,  # what it prints must not mix with what we print
            pass_fds=(theirs.fileno(),),
            process_group=0,  # Ctrl-C in a terminal is the parent's affair
        )

    def _listen(self, connection: Connection) -> tuple[str, Any]:
        while True:
            kind, value = pickle.loads(connection.recv_bytes())  # noqa: S301 - from our own child
            if kind == "message":
                self._tell(self._deliver, value)
            elif kind == "log":
                logger = logging.getLogger(value.name)
                if logger.isEnabledFor(value.levelno):
                    logger.handle(value)
            else:
                return kind, value

    def _tell(self, function: Callable[..., None], *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(function, *args)

    def _deliver(self, message: Any) -> None:
        if self._on_message is None or self.ended.done():
            return
        try:
            self._on_message(message)
        except Exception as error:  # noqa: BLE001 - it is raised where the child is awaited
            self.kill()
            self._end(None, error)

    def _end(self, result: Any, error: BaseException | None) -> None:
        if self.ended.done():
            return
        if error is not None:
            self.ended.set_exception(error)
        else:
            self.ended.set_result(result)


def main() -> None:
    """The child's life. Called by the program in `_MAIN` only."""
    fd, parent, nice, log_level = map(int, sys.argv[2:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent(parent)
    os.nice(nice)
    connection = Connection(fd)
    lock = threading.Lock()

    def send(kind: str, value: object) -> None:
        packed = pickle.dumps((kind, value))
        try:
            with lock:
                connection.send_bytes(packed)
        except OSError:
            os._exit(1)  # the parent is gone

    try:
        work = connection.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
    threading.Thread(target=_leave_with_parent, args=(connection,), daemon=True).start()
    logging.root.setLevel(log_level)
    quiet_libraries()
    logging.root.addHandler(_LogSender(send))
    _run(work, send)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # not sys.exit: what was said is said, and native libraries may take long to leave


def _run(work: bytes, send: Callable[[str, object], None]) -> None:
    try:
        function, args = pickle.loads(work)  # noqa: S301 - from our own parent
        send("done", function(lambda message: send("message", message), *args))
    except SongnetError as error:
        send("refused", error)
    except BaseException as error:  # noqa: BLE001 - the parent raises it as `ChildFailed`
        kind = "full" if is_out_of_room(error) else "failed"
        send(kind, traceback.format_exc())


def _die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we could ask for that
        os._exit(1)


def _leave_with_parent(connection: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        connection.recv_bytes()  # the parent sends nothing more, so this returns when it is gone
    os._exit(1)


class _LogSender(QueueHandler):
    """Sends log records to the parent, which knows how to format, redact and filter them."""

    def __init__(self, send: Callable[[str, object], None]) -> None:
        logging.Handler.__init__(self)
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        self._send("log", self.prepare(record))
