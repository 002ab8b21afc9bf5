"""How many threads compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

DEFAULT_THREADS = 1
"""The nets are small. A second thread saves a third of the time on an idle machine; on a busy one
the two wait for each other at every step (measured: 425 s instead of 15 s)."""


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Lets torch compute with so many threads, and gives the caller's number back."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
