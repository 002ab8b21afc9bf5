"""The composition root: builds every part and wires them; nothing is built at import."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from chatbot.catalogue import SpotifyCatalogue
from chatbot.conversation.account_answers import AccountAnswers
from chatbot.conversation.announcements import Announcements
from chatbot.conversation.blend_answers import BlendAnswers
from chatbot.conversation.commands import COMMANDS
from chatbot.conversation.conversation import Conversation
from chatbot.conversation.messages import Platform
from chatbot.conversation.offers import Offers
from chatbot.conversation.personal_answers import PersonalAnswers
from chatbot.conversation.picture_answers import PictureAnswers
from chatbot.conversation.playlist_answers import PlaylistAnswers
from chatbot.conversation.retracting import Retracting
from chatbot.frontends.base import FrontEnd
from chatbot.jobs.child import run_in_child
from chatbot.jobs.dbos_queue import DbosJobs
from chatbot.jobs.limits import JobLimits
from chatbot.jobs.supervisor import Supervisor, SupervisorLimits
from chatbot.jobs.tasks.base import Task
from chatbot.jobs.tasks.learning import import_task, train_task
from chatbot.monitoring.metrics import Metrics
from chatbot.services.blends import BlendService
from chatbot.services.cards import CardService
from chatbot.services.completion import CompletionService
from chatbot.services.drawing import DrawingService
from chatbot.services.gathered import GatheredService
from chatbot.services.imports import ImportService
from chatbot.services.jobs import Jobs
from chatbot.services.joining import JoiningService
from chatbot.services.learning import ChildRunner, LearningService
from chatbot.services.lengths import TrackLengths
from chatbot.services.limits import ImportLimits
from chatbot.services.links import LinkService
from chatbot.services.newcomers import Newcomers
from chatbot.services.playlist_wish import PlaylistRules
from chatbot.services.playlists import PlaylistService
from chatbot.services.preferences import PreferenceService
from chatbot.services.privacy import PrivacyService
from chatbot.services.recommenders import RecommenderCache
from chatbot.services.relearning import Relearning
from chatbot.services.sharing import SharingService
from chatbot.services.status import StatusService
from chatbot.services.temporary import TemporaryFolders
from chatbot.settings import Settings
from storage import Storage, replacement
from storage.opening import opening

UPDATES_JOURNAL = "telegram-updates"
WORKER_HEAD_START_SECONDS = 2.0
"""So long before the bot kills it, a stopping worker gives up waiting for its step."""


@dataclass(frozen=True)
class Bot:
    """The talking half: what a front end needs."""

    storage: Storage
    jobs: Jobs
    conversation: Conversation
    announcements: Announcements
    retracting: Retracting
    playlists: PlaylistService
    links: LinkService
    metrics: Metrics = field(default_factory=Metrics)

    async def serve(self, front_end: FrontEnd) -> None:
        """Runs one front end until it ends or is cancelled."""
        self.announcements.serve(
            front_end.platform, front_end, front_end.limits.seconds_between_edits
        )
        self.retracting.serve(front_end.platform, front_end)
        limits = front_end.limits
        self.conversation.serve(front_end.platform, limits.document_bytes, limits.attachment_bytes)
        handler = self.metrics.timed(self.conversation, front_end.platform)
        await front_end.run(handler, COMMANDS)


@asynccontextmanager
async def open_storage(settings: Settings) -> AsyncIterator[Storage]:
    """The storage, migrated to this version's schema; what a killed process left is deleted.

    Raises:
        StorageError: it cannot be opened; the message says why.
    """
    with opening("data directory (SONGNET_DATA)"):
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        await asyncio.to_thread(replacement.finish, settings.data)
        await TemporaryFolders(settings.temporary).sweep()
    storage = await Storage.open(settings.database, settings.blobs, settings.keys_url)
    try:
        yield storage
    finally:
        await storage.close()


@asynccontextmanager
async def open_bot(settings: Settings, metrics: Metrics | None = None) -> AsyncIterator[Bot]:
    """The talking half, ready to serve, with its announcements running."""
    async with open_storage(settings) as storage:
        with opening("job queue"):
            jobs = await DbosJobs.open(settings.jobs, job_limits(settings))
        try:
            bot = wire_bot(settings, storage, jobs, metrics)
            following = asyncio.create_task(bot.announcements.run())
            try:
                yield bot
            finally:
                following.cancel()
                await asyncio.gather(
                    following, bot.retracting.close(), bot.links.close(), return_exceptions=True
                )
        finally:
            await jobs.close()


def wire_bot(
    settings: Settings,
    storage: Storage,
    jobs: Jobs,
    metrics: Metrics | None = None,
    *,
    run_in_child: ChildRunner = run_in_child,
) -> Bot:
    """Connects the use cases and the conversation to a storage and a queue.

    `run_in_child` runs what is too heavy for the bot's own process.
    """
    temporary = TemporaryFolders(settings.temporary)
    imports = ImportService(storage, jobs, import_limits(settings), disk=_disk_of(settings))
    recommenders = RecommenderCache(storage, max_bytes=settings.model_cache_bytes)
    relearning = Relearning(storage, jobs)
    preferences = PreferenceService(storage.preferences, PlaylistRules.of(settings))
    announcements = Announcements(storage, jobs, imports, relearning, preferences)
    retracting = Retracting(
        storage.postings,
        most=settings.max_postings_of_playlist,
        lifetime=timedelta(days=settings.posting_days),
        seconds=settings.retract_seconds,
    )
    links = LinkService(build_catalogue(settings), storage.links, settings.spotify_daily_budget)
    lengths = TrackLengths(storage, temporary)
    privacy = PrivacyService(storage, jobs, recommenders, lengths, temporary=temporary)
    newcomers = Newcomers(storage)
    playlists = PlaylistService(
        storage,
        jobs,
        recommenders,
        links,
        relearning,
        lengths=lengths,
        preferences=preferences,
        kept=settings.max_playlists_of_user,
    )
    status = StatusService(storage, jobs, playlists)
    cards = CardService(storage, playlists, preferences.rules)
    sharing = SharingService(storage, playlists)
    completion = CompletionService(storage, recommenders, seconds=settings.suggestion_seconds)
    playlist_answers = PlaylistAnswers(
        users=storage.users,
        newcomers=newcomers,
        playlists=playlists,
        cards=cards,
        sharing=sharing,
        retracting=retracting,
        status=status,
        announcements=announcements,
        temporary=temporary,
        max_seeds=settings.max_seeds,
    )
    joining = JoiningService(
        storage,
        jobs,
        recommenders,
        run_in_child,
        temporary=temporary,
        code_seconds=settings.join_code_seconds,
        max_tries=settings.max_join_tries,
    )
    blends = BlendService(
        storage,
        playlists,
        sharing,
        preferences,
        request_hours=settings.blend_request_hours,
        consent_days=settings.blend_consent_days,
    )
    drawing = DrawingService(
        storage, jobs, run_in_child, temporary=temporary, at_once=settings.max_pictures
    )
    conversation = Conversation(
        users=storage.users,
        newcomers=newcomers,
        imports=imports,
        status=status,
        completion=completion,
        offers=Offers(
            storage.users, playlists, cards, sharing, completion, max_seeds=settings.max_seeds
        ),
        privacy=privacy,
        preferences=preferences,
        gathered=GatheredService(storage, newcomers, hours=settings.telegram_gathered_hours),
        announcements=announcements,
        retracting=retracting,
        max_argument_characters=settings.max_argument_characters,
        more={
            **playlist_answers.answers,
            **AccountAnswers(storage.users, joining, announcements.look).answers,
            **PersonalAnswers(
                storage.users,
                preferences,
                privacy,
                blends,
                cards,
                least_taught_by=settings.pretrain_least_people,
            ).answers,
            **PictureAnswers(storage.users, drawing, preferences).answers,
            **BlendAnswers(
                storage.users, blends, retracting, announcements.look, max_seeds=settings.max_seeds
            ).answers,
        },
    )
    metrics = metrics or Metrics()
    metrics.model_cache_bytes.set_function(lambda: recommenders.byte_size)
    return Bot(storage, jobs, conversation, announcements, retracting, playlists, links, metrics)


def import_limits(settings: Settings) -> ImportLimits:
    """How much the bot takes in."""
    return ImportLimits(
        file_bytes=settings.max_upload_bytes,
        files=settings.max_files,
        jobs_of_user=settings.max_jobs_of_user,
        jobs=settings.max_jobs,
        imports_a_day=settings.max_imports_a_day,
        stored_bytes_of_user=settings.max_stored_bytes_of_user,
        stored_bytes=settings.max_stored_bytes,
        free_disk_bytes=settings.min_free_disk_bytes,
    )


def export_limits(settings: Settings) -> dict[str, int]:
    """What an import may unfold to: fields of `songnet.exports.ExportLimits`."""
    return {
        "total_bytes": settings.max_unpacked_bytes,
        "file_bytes": settings.max_unpacked_file_bytes,
        "entries": settings.max_unpacked_files,
        "compression_ratio": settings.max_compression_ratio,
        "rows": settings.max_rows,
    }


def _disk_of(settings: Settings) -> Path | None:
    """Where uploads go; None where that is no disk of ours."""
    parts = urlsplit(settings.blobs)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def build_catalogue(settings: Settings) -> SpotifyCatalogue | None:
    """Spotify's search, where the operator has an app there."""
    if not (settings.spotify_client_id and settings.spotify_client_secret):
        return None
    return SpotifyCatalogue(
        settings.spotify_client_id, settings.spotify_client_secret.get_secret_value()
    )


def build_tasks(settings: Settings, storage: Storage) -> tuple[Task, ...]:
    """What the worker can run."""
    learning = LearningService(
        storage,
        partial(run_in_child, nice=settings.worker_nice),
        temporary=TemporaryFolders(settings.temporary),
        training_threads=settings.training_threads,
        model_start=str(settings.model_start or "shipped"),
        export_limits=export_limits(settings),
    )
    return import_task(learning), train_task(learning)


def build_front_ends(settings: Settings, metrics: Metrics) -> tuple[FrontEnd, ...]:
    """One front end for every token; without any, the console."""
    front_ends: list[FrontEnd] = []
    if settings.discord_token:
        from chatbot.frontends.discord import DiscordFrontEnd

        front_ends.append(
            DiscordFrontEnd(
                settings.discord_token.get_secret_value(),
                api_url=settings.discord_api_url,
                count_response=metrics.response_counter(Platform.DISCORD),
            )
        )
    if settings.telegram_token:
        from chatbot.frontends.telegram import TelegramFrontEnd, Tempo, WebhookSettings

        webhook = None
        if settings.telegram_webhook_url:
            webhook = WebhookSettings(
                settings.telegram_webhook_url,
                settings.telegram_webhook_address,
                settings.telegram_webhook_port,
            )
        front_ends.append(
            TelegramFrontEnd(
                settings.telegram_token.get_secret_value(),
                base_url=f"{settings.telegram_api_url}/bot",
                base_file_url=f"{settings.telegram_api_url}/file/bot",
                local_mode=settings.telegram_local_files,
                webhook=webhook,
                count_response=metrics.response_counter(Platform.TELEGRAM),
                journal=settings.data / UPDATES_JOURNAL,
                update_attempts=settings.telegram_update_attempts,
                tempo=Tempo(gather_files=settings.telegram_gathered_files),
            )
        )
    if not front_ends:
        from chatbot.frontends.console import ConsoleFrontEnd

        front_ends.append(ConsoleFrontEnd(documents_dir=settings.downloads))
    return tuple(front_ends)


def build_supervisor(settings: Settings) -> Supervisor:
    """Starts and watches the worker processes."""
    return Supervisor(
        [sys.executable, "-m", "chatbot", "worker"],
        settings.workers,
        limits=SupervisorLimits(stop_seconds=settings.stop_seconds),
    )


def job_limits(settings: Settings) -> JobLimits:
    """The operator's choices among the limits of the jobs."""
    return JobLimits(
        crash_limit=settings.job_attempts,
        stall_seconds=settings.job_silence_seconds,
        stop_seconds=max(0.5, settings.stop_seconds - WORKER_HEAD_START_SECONDS),
    )
