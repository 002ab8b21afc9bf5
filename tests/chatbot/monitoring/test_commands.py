"""What the commands for operators print where there is nothing to tell yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.monitoring import commands
from chatbot.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(None).model_copy(update={"data": tmp_path / "data", "monitoring_port": 0})


async def test_before_the_first_start_nothing_is_called_bad(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await commands.show_status(settings, as_json=False) == 0
    printed = capsys.readouterr().out
    assert "Nothing is stored yet" in printed
    assert "BAD" not in printed
    assert not settings.data.exists()
