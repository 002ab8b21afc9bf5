from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.settings import Settings, WrongSetting, environment_name, load_settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(environment_name(field), raising=False)
    monkeypatch.chdir(tmp_path)


def test_everything_lives_in_one_directory_by_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SONGNET_DATA", str(tmp_path))
    settings = load_settings()
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path}/songnet.sqlite"
    assert settings.jobs == f"sqlite:///{tmp_path}/jobs.sqlite"
    assert settings.blobs == f"file://{tmp_path}/blobs"


def test_a_postgresql_database_holds_the_queue_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGNET_DATABASE_URL", "postgresql+asyncpg://me@db/songnet")
    assert load_settings().jobs == "postgresql+asyncpg://me@db/songnet"


def test_the_env_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TELEGRAM_TOKEN=1:secret\nSONGNET_WORKERS=3\n")
    settings = load_settings()
    assert settings.workers == 3
    assert settings.secrets == ("1:secret",)


def test_an_empty_token_is_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "")
    assert load_settings().discord_token is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SONGNET_WORKERS", "many", "SONGNET_WORKERS: expected a whole number"),
        ("SONGNET_PLAYLIST_LENGTH", "500", "SONGNET_PLAYLIST_LENGTH: expected at most 50"),
        ("SONGNET_DATABASE_URL", "mysql://x", "SONGNET_DATABASE_URL: cannot be used. `sqlite"),
        ("SONGNET_WORKRES", "2", "SONGNET_WORKRES: unknown, did you mean SONGNET_WORKERS?"),
        ("SPOTIFY_CLIENT_ID", "abc", "SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET are needed"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting) as caught:
        load_settings()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelt_name_in_the_env_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SONGNET_LOGLEVEL=DEBUG\n")
    with pytest.raises(WrongSetting, match="did you mean SONGNET_LOG_LEVEL"):
        load_settings()


def test_a_token_never_shows_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "1:secret")
    monkeypatch.setenv("SONGNET_WORKERS", "none")
    with pytest.raises(WrongSetting) as caught:
        load_settings()
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(caught.value.__cause__)


def test_every_setting_has_a_description() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_a_chat_in_a_terminal_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGNET_LOG_LEVEL", "")  # is set below, and goes with the test
    assert load_settings().for_terminal().log_level == "WARNING"
    assert load_settings().log_level == "WARNING"  # as a worker reads it


def test_a_chosen_log_level_holds_in_a_terminal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGNET_LOG_LEVEL", "INFO")
    assert load_settings().for_terminal().log_level == "INFO"
