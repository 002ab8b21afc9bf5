from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from songnet.exports import ExportFile, ExportLimits, ImportReport, read_history
from songnet.music import History

Read = Callable[..., tuple[History, ImportReport]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads contents as if they had been uploaded: under ids, with display names."""
    count = 0

    def read_contents(
        *contents: bytes, names: tuple[str, ...] = (), **options: Any
    ) -> tuple[History, ImportReport]:
        nonlocal count
        files = []
        for position, content in enumerate(contents):
            count += 1
            path = tmp_path / f"upload-{count}"
            path.write_bytes(content)
            name = names[position] if names else f"file {position + 1}"
            files.append(ExportFile(path, name))
        return read_history(*files, **options)

    return read_contents


@pytest.fixture
def small_limits() -> ExportLimits:
    return ExportLimits(
        total_bytes=400_000,
        file_bytes=300_000,
        compression_ratio=20,
        ratio_free_bytes=100_000,
        entries=10,
        nesting=2,
        rows=100,
    )
