"""The one reader of the environment and of `.env`."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Annotated, Self

import platformdirs
from dotenv import dotenv_values
from pydantic import AfterValidator, Field, FilePath, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

MEGABYTE = 1_000_000
PREFIX = "SONGNET_"


class WrongSetting(Exception):
    """A setting cannot be used; the message names it and says what was expected."""


def _expanded(path: Path) -> Path:
    return path.expanduser().absolute()


class Settings(BaseSettings):
    """Everything that an operator can choose; the README lists it, and a test compares."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    discord_token: SecretStr | None = Field(
        None, validation_alias="DISCORD_TOKEN", description="The Discord bot's token."
    )
    telegram_token: SecretStr | None = Field(
        None, validation_alias="TELEGRAM_TOKEN", description="The Telegram bot's token."
    )
    spotify_client_id: str | None = Field(
        None,
        validation_alias="SPOTIFY_CLIENT_ID",
        description="A Spotify app's id: tracks without a link are then looked up.",
    )
    spotify_client_secret: SecretStr | None = Field(
        None, validation_alias="SPOTIFY_CLIENT_SECRET", description="The Spotify app's secret."
    )

    data: Annotated[Path, AfterValidator(_expanded)] = Field(
        Path(platformdirs.user_data_dir("songnet", appauthor=False)),
        description="The directory that holds everything; default: the user's data folder.",
    )
    database_url: str | None = Field(
        None,
        pattern=r"^(sqlite\+aiosqlite|postgresql\+asyncpg)://",
        description="`sqlite+aiosqlite:///...` or `postgresql+asyncpg://...`; default: "
        "`songnet.sqlite` in the data directory.",
    )
    jobs_url: str | None = Field(
        None,
        pattern=r"^(sqlite|postgresql(\+\w+)?)://",
        description="The job queue's database; default: `jobs.sqlite` in the data directory, or "
        "the PostgreSQL of the database URL.",
    )
    blobs_url: str | None = Field(
        None,
        pattern=r"^(file|s3)://",
        description="`file:///...` or `s3://bucket/prefix`; default: `blobs` in the data "
        "directory.",
    )
    keys_url: str | None = Field(
        None,
        pattern=r"^(file|s3)://",
        description="Where each person's encryption key stands until `/forget`, `file:///...` or "
        "`s3://bucket/prefix`; default: `keys` beside the blobs.",
    )

    workers: int = Field(1, ge=1, le=64, description="Worker processes that the bot starts.")
    worker_nice: int = Field(
        10, ge=0, le=19, description="How far workers stand back for the bot (0 ... 19)."
    )
    training_threads: int = Field(
        1,
        ge=1,
        le=256,
        description="Threads of one training; more only where cores stand idle: on a busy machine "
        "two threads that wait for each other took 425 s where one took 15 s.",
    )
    model_start: FilePath | None = Field(
        None,
        description="A file that `songnet-bot pretrain` or `songnet pretrain` wrote, for new "
        "models to start from; without one they start from what comes with songnet.",
    )
    pretrain_least_people: int = Field(
        10,
        ge=2,
        description="From so many people who agreed to it `songnet-bot pretrain` learns at least: "
        "the fewer there are, the more what they have in common tells of each.",
    )
    job_attempts: int = Field(
        3, ge=1, le=20, description="How often a job may kill its worker before it fails."
    )
    job_silence_seconds: float = Field(
        600, gt=0, description="A job without progress for so long is taken for hung."
    )
    stop_seconds: float = Field(
        8, gt=0, le=60, description="How long a stop waits before it kills what still runs."
    )

    max_upload_bytes: int = Field(
        200 * MEGABYTE, ge=1, description="The largest file that is accepted."
    )
    max_files: int = Field(30, ge=1, description="The most files in one import.")
    max_unpacked_bytes: int = Field(
        2000 * MEGABYTE, ge=1, description="The most bytes in all archives of an import, unpacked."
    )
    max_unpacked_file_bytes: int = Field(
        500 * MEGABYTE, ge=1, description="The largest file in an archive, unpacked."
    )
    max_unpacked_files: int = Field(
        10_000, ge=1, description="The most files in all archives of an import."
    )
    max_compression_ratio: int = Field(
        200,
        ge=1,
        description="How many bytes one byte of an archive may become, once it is 64 MB.",
    )
    max_rows: int = Field(5_000_000, ge=1, description="The most rows of all files of an import.")
    max_jobs_of_user: int = Field(
        10, ge=1, description="The most imports and trainings of one person that wait or run."
    )
    max_jobs: int = Field(
        200, ge=1, description="The most imports and trainings of all people that wait or run."
    )
    max_imports_a_day: int = Field(
        30, ge=1, description="The most imports of one person in 24 hours."
    )
    max_stored_bytes_of_user: int = Field(
        1000 * MEGABYTE,
        ge=1,
        description="The most bytes of one person: waiting files, history and model.",
    )
    max_stored_bytes: int = Field(
        50_000 * MEGABYTE,
        ge=1,
        description="The most bytes of all people: waiting files, histories and models.",
    )
    min_free_disk_bytes: int = Field(
        500 * MEGABYTE, ge=0, description="With less free disk space no import is taken."
    )
    playlist_length: int = Field(20, ge=5, le=50, description="Tracks in a playlist.")
    playlist_adventure: float = Field(
        0.5,
        ge=0,
        le=1,
        description="0 for songs that people hear often, 1 for ones that they hear seldom; 0.5 is "
        "as they listen.",
    )
    playlist_most_per_artist: int = Field(
        3, ge=0, le=50, description="The most tracks of one artist in a playlist; 0 for no limit."
    )
    playlists_remembered: int = Field(
        5,
        ge=0,
        le=100,
        description="The tracks of so many of a person's newest playlists stay out of another one.",
    )
    max_playlists_of_user: int = Field(
        200,
        ge=1,
        description="So many playlists of one person are kept, the newest, and as many that were "
        "only offered in inline mode; shared ones stay.",
    )
    max_postings_of_playlist: int = Field(
        50,
        ge=1,
        description="Of so many messages in which others see a playlist the address is kept, to "
        "take it from there when it is deleted: those sent or pressed last.",
    )
    posting_days: float = Field(
        365,
        gt=0,
        description="How long such an address is kept after the message was sent or one of its "
        "buttons was pressed.",
    )
    retract_seconds: float = Field(
        600,
        gt=0,
        description="How long the bot tries to take what was deleted from the chats; the rest goes "
        "when somebody presses a button there.",
    )
    max_seeds: int = Field(20, ge=1, le=100, description="The most seed songs in one request.")
    max_argument_characters: int = Field(
        2000, ge=100, description="The longest text after a command."
    )
    suggestion_seconds: float = Field(
        1.5,
        gt=0,
        le=2.5,
        description="Songs that are suggested while one types come within so many seconds or not "
        "at all; Discord waits 3.",
    )
    join_code_seconds: float = Field(
        600, gt=0, description="How long a code of `/link` can be used."
    )
    max_join_tries: int = Field(
        5, ge=1, description="The most wrong codes from one account in that time."
    )
    blend_request_hours: float = Field(
        24, gt=0, description="How long a request of `/blend` can be answered."
    )
    blend_consent_days: float = Field(
        90, gt=0, description="How long the consent to a blend holds, unless it is taken back."
    )
    max_pictures: int = Field(
        1, ge=1, description="The most pictures (`/stats`, playlists) that are drawn at once."
    )
    model_cache_bytes: int = Field(
        256 * MEGABYTE, ge=0, description="Memory for models that are kept loaded."
    )
    spotify_daily_budget: int = Field(
        400, ge=0, description="The most Spotify look-ups a day; Spotify blocks at about 600."
    )

    telegram_api_url: str = Field(
        "https://api.telegram.org",
        pattern=r"^https?://",
        description="The Bot API server; one of your own lifts the 20 MB limit.",
    )
    telegram_local_files: bool = Field(
        False, description="Your Bot API server runs with `--local` on this machine."
    )
    telegram_update_attempts: int = Field(
        3,
        ge=1,
        description="A message during which the bot dies so often is left out, and so are files "
        "that waited for 'Start'; else each next start would be handed them again.",
    )
    telegram_gathered_files: int = Field(
        100,
        ge=1,
        le=1000,
        description="So many files, sent one by one, become an import without waiting for 'Start'.",
    )
    telegram_gathered_hours: float = Field(
        24,
        gt=0,
        description="Files that wait for 'Start' outlive a bot that is down for so long; after "
        "that they have to be sent again.",
    )
    telegram_webhook_url: str | None = Field(
        None,
        pattern=r"^https://",
        description="Telegram sends updates to this address of yours, instead of being asked for "
        "them; your proxy hands it on to the port below.",
    )
    telegram_webhook_address: str = Field(
        "127.0.0.1", description="Where the bot listens for what Telegram sends, without TLS."
    )
    telegram_webhook_port: int = Field(8443, ge=1, le=65535, description="The port of that.")
    discord_api_url: str | None = Field(
        None, pattern=r"^https?://", description="Another Discord API address (for tests)."
    )
    downloads: Annotated[Path, AfterValidator(_expanded)] = Field(
        Path(), description="Where the console puts files that the bot sends."
    )
    monitoring_address: str = Field(
        "127.0.0.1",
        description="Where `/health` and `/metrics` are served; who can reach it can read them.",
    )
    monitoring_port: int = Field(
        9786, ge=0, le=65535, description="Their port; `0` serves neither."
    )
    log_level: str = Field(
        "INFO",
        pattern=r"^(DEBUG|INFO|WARNING|ERROR)$",
        description="How much is logged; a chat in a terminal, where the log would stand between "
        "the answers, starts at `WARNING`.",
    )
    log_format: str = Field(
        "text",
        pattern=r"^(text|json)$",
        description="`text`: lines for people; `json`: an object a line, for machines.",
    )

    @property
    def has_token(self) -> bool:
        """Whether it talks on a platform; else it is a chat in this terminal."""
        return self.discord_token is not None or self.telegram_token is not None

    def for_terminal(self) -> Self:
        """The same for a chat in a terminal: quiet, unless the operator chose how much to log.

        The workers inherit that through the environment.
        """
        if "log_level" in self.model_fields_set:
            return self
        os.environ[environment_name("log_level")] = "WARNING"
        return self.model_copy(update={"log_level": "WARNING"})

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.data / 'songnet.sqlite'}"

    @property
    def jobs(self) -> str:
        if self.jobs_url:
            return self.jobs_url
        if self.database.startswith("postgresql"):
            return self.database
        return f"sqlite:///{self.data / 'jobs.sqlite'}"

    @property
    def blobs(self) -> str:
        return self.blobs_url or (self.data / "blobs").as_uri()

    @property
    def temporary(self) -> Path:
        """Files that live no longer than one job or one answer."""
        return self.data / "tmp"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never reach a log."""
        held = (self.discord_token, self.telegram_token, self.spotify_client_secret)
        return tuple(secret.get_secret_value() for secret in held if secret is not None)


def load_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Reads the environment and `.env`.

    Raises:
        WrongSetting: naming every setting that is unknown or cannot be used.
    """
    problems = _unknown_names(env_file)
    try:
        settings = Settings(_env_file=env_file)  # type: ignore[call-arg]  # pydantic-settings' own
    except ValidationError as error:
        problems += [_sentence(detail) for detail in error.errors(include_input=False)]
        raise WrongSetting("; ".join(problems)) from None
    if bool(settings.spotify_client_id) != bool(settings.spotify_client_secret):
        problems.append("SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET are needed together")
    if problems:
        raise WrongSetting("; ".join(problems))
    return settings


def environment_name(field: str) -> str:
    """The name under which a field of `Settings` is set."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else PREFIX + field.upper()


def _sentence(detail: ErrorDetails) -> str:
    """One setting's trouble, without its value: that may be a secret."""
    location = detail["loc"][0] if detail["loc"] else "settings"
    if location not in Settings.model_fields:
        return f"{location}: {detail['msg']}"
    field = str(location)
    bounds = detail.get("ctx", {})
    expected = {
        "int_parsing": "expected a whole number",
        "float_parsing": "expected a number",
        "bool_parsing": "expected true or false",
        "greater_than": f"expected more than {bounds.get('gt')}",
        "greater_than_equal": f"expected at least {bounds.get('ge')}",
        "less_than_equal": f"expected at most {bounds.get('le')}",
        "string_pattern_mismatch": f"cannot be used. {Settings.model_fields[field].description}",
    }.get(detail["type"], detail["msg"])
    return f"{environment_name(field)}: {expected}"


def _unknown_names(env_file: Path | None) -> list[str]:
    """A misspelt name would be a setting silently left at its default."""
    known = {environment_name(field) for field in Settings.model_fields}
    given = set(os.environ)
    if env_file is not None and env_file.is_file():
        given |= set(dotenv_values(env_file))
    problems = []
    for name in sorted(given):
        if name.startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name, known, n=1)
            problems.append(f"{name}: unknown" + (f", did you mean {near[0]}?" if near else ""))
    return problems
