"""What the workers print, passed on through this process's own standard error.

A console that draws its prompt replaces `sys.stderr`, so that lines appear above the prompt; what a
worker wrote to the terminal itself would fall into the middle of it.
"""

from __future__ import annotations

import os
import sys
import threading
from types import TracebackType
from typing import Self

CLOSE_SECONDS = 1.0
"""How long closing waits for the last lines."""


class ErrorRelay:
    """A pipe into `sys.stderr`, open while its context lasts."""

    def __init__(self) -> None:
        self._read_fd, self.write_fd = os.pipe()
        # A daemon: a process that keeps its end open must not keep this one from leaving.
        self._thread = threading.Thread(target=self._pass_on, name="workers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self.write_fd)
        self._thread.join(CLOSE_SECONDS)

    def _pass_on(self) -> None:
        with open(self._read_fd, errors="replace", encoding="utf-8") as lines:  # noqa: PTH123  # a descriptor
            for line in lines:
                try:
                    sys.stderr.write(line)
                    sys.stderr.flush()
                except (OSError, ValueError):  # nobody reads any more; the workers go on
                    continue
