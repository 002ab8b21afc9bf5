"""The weights that new models start from, where an operator has named some."""

from __future__ import annotations

import asyncio
from pathlib import Path

from songnet.errors import BrokenModel, ModelError


class UnusableStart(Exception):
    """`SONGNET_MODEL_START` names a file that no training could begin with."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"SONGNET_MODEL_START names {path}, which cannot be used: {why}. Make it again "
            "(songnet-bot pretrain), or leave the setting out."
        )
        self.path = path
        self.why = why


async def check_start(path: Path | None) -> None:
    """Looks at what a training would only find hours later.

    Raises:
        UnusableStart: it is damaged, of another version, or no start at all.
    """
    if path is None:
        return
    try:
        await asyncio.to_thread(_load, path)
    except BrokenModel as error:
        raise UnusableStart(path, error.reason) from error
    except (ModelError, OSError) as error:
        raise UnusableStart(path, str(error).rstrip(".")) from error


def _load(path: Path) -> None:
    from songnet.models import start

    start.load(str(path))
