"""What the children in the tests run; imported by them."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from pathlib import Path

from chatbot.jobs.child import Send
from songnet.errors import TrainingFailed


def add(send: Send, first: int, second: int) -> int:
    return first + second


def count(send: Send, numbers: int) -> str:
    for number in range(numbers):
        send(number)
    return "counted"


def measure(send: Send, payload: bytes) -> int:
    return len(payload)


def give_way(send: Send) -> int:
    return os.nice(0)


def refuse(send: Send) -> None:
    raise TrainingFailed(reason="too quiet")


def stumble(send: Send) -> None:
    raise ZeroDivisionError("by design")


def die(send: Send, exit_code: int) -> None:
    os._exit(exit_code)


def crash(send: Send) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def give_a_lambda(send: Send) -> object:
    return lambda: None


def log(send: Send) -> None:
    logging.getLogger("child").warning("song %d of %d", 1, 2)
    print("printed words must not reach stdout")  # noqa: T201 - that is the test


def log_as_library(send: Send, name: str) -> None:
    logging.getLogger(name).debug("one of a million steps")
    logging.getLogger(name).warning("a word of weight")


def ignore_interrupts(send: Send) -> str:
    os.kill(os.getpid(), signal.SIGINT)
    return "unmoved"


def process_group(send: Send) -> int:
    return os.getpgrp()


def sleep(send: Send) -> None:
    send(os.getpid())
    time.sleep(600)


def spin(send: Send) -> None:
    send(os.getpid())
    while True:
        pass


def sleep_stubbornly(send: Send) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleep(send)


def leave_a_thread(send: Send) -> str:
    threading.Thread(target=time.sleep, args=(600,)).start()
    return "left"


def write_own_id(send: Send, path: Path) -> None:
    path.write_text(str(os.getpid()))
    time.sleep(600)
