"""The numbers, as Prometheus has them."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.metrics import MetricWrapperBase

from chatbot.conversation.commands import find_command
from chatbot.conversation.messages import (
    Actor,
    Command,
    CommandHandler,
    Offer,
    Platform,
    Responder,
)
from chatbot.frontends.base import CountResponse
from chatbot.services.completion import Suggestion
from chatbot.services.gathered import GatheredService

TOO_MANY_REQUESTS = 429
SUGGESTIONS, OFFERS = "suggestions", "offers"
"""What is typed and completed, or offered, counts as commands of these names."""
_LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_COMMAND_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_JOB_BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400)


class Metrics:
    """Everything that is counted in one bot, in a registry of its own.

    No label ever holds a person's, a chat's or a song's id or name: their values are few and known.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        gauge = partial(Gauge, registry=self.registry)
        counter = partial(Counter, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry)
        ProcessCollector(registry=self.registry)
        self.loop_lag = histogram(
            "songnet_loop_lag_seconds",
            "How late the bot's event loop was at a beat of 10 ms.",
            buckets=_LAG_BUCKETS,
        )
        self.check = gauge("songnet_check_ok", "1 where a check of /health passes.", ["check"])
        self.queue = gauge("songnet_queue_jobs", "Jobs that wait or run.", ["state"])
        self.job_seconds = histogram(
            "songnet_job_seconds",
            "Jobs that ended, from their arrival to their end.",
            ["task", "outcome"],
            buckets=_JOB_BUCKETS,
        )
        self.stage_seconds = histogram(
            "songnet_job_stage_seconds",
            "Steps of jobs that ended.",
            ["stage", "outcome"],
            buckets=_JOB_BUCKETS,
        )
        self.job_failures = counter("songnet_job_failures", "Jobs that failed, by why.", ["kind"])
        self.errors = counter("songnet_errors", "Errors that the bot logged, by kind.", ["kind"])
        self.requests = counter(
            "songnet_platform_requests", "Answers of a platform's API.", ["platform", "status"]
        )
        self.rate_limited = counter(
            "songnet_platform_rate_limited", "Answers 'too many requests' (429).", ["platform"]
        )
        self.connected = gauge(
            "songnet_platform_connected", "1 while a front end is connected.", ["platform"]
        )
        self.command_seconds = histogram(
            "songnet_command_seconds",
            "Commands, from their arrival to their last answer.",
            ["platform", "command"],
            buckets=_COMMAND_BUCKETS,
        )
        self.model_cache_bytes = gauge(
            "songnet_model_cache_bytes", "Memory of the models that are kept loaded."
        )
        self.stored = gauge("songnet_stored", "Rows that are stored, by what they are.", ["what"])

    def response_counter(self, platform: Platform) -> CountResponse:
        """What a front end tells the status of each answer of its platform."""
        limited = self.rate_limited.labels(platform.value)

        def count(status: int) -> None:
            self.requests.labels(platform.value, str(status)).inc()
            if status == TOO_MANY_REQUESTS:
                limited.inc()

        return count

    def timed(self, handler: CommandHandler, platform: Platform) -> CommandHandler:
        """The same handler, with its time taken."""
        return _TimedHandler(handler, self.command_seconds, platform)


class _TimedHandler:
    def __init__(
        self, handler: CommandHandler, command_seconds: Histogram, platform: Platform
    ) -> None:
        self._handler = handler
        self._command_seconds = command_seconds
        self._platform = platform

    @property
    def gathered(self) -> GatheredService:
        """See `CommandHandler.gathered`."""
        return self._handler.gathered

    async def handle(self, command: Command, responder: Responder) -> None:
        """See `CommandHandler.handle`."""
        spec = find_command(command.name)
        name = spec.name if spec else "other"
        with self._command_seconds.labels(self._platform.value, name).time():
            await self._handler.handle(command, responder)

    async def language(self, actor: Actor) -> str:
        """See `CommandHandler.language`."""
        return await self._handler.language(actor)

    async def suggest(
        self, actor: Actor, text: str, *, most: int, characters: int
    ) -> list[Suggestion]:
        """See `CommandHandler.suggest`."""
        with self._command_seconds.labels(self._platform.value, SUGGESTIONS).time():
            return await self._handler.suggest(actor, text, most=most, characters=characters)

    async def offer(self, actor: Actor, text: str) -> list[Offer]:
        """See `CommandHandler.offer`."""
        with self._command_seconds.labels(self._platform.value, OFFERS).time():
            return await self._handler.offer(actor, text)


class ErrorCounter(logging.Handler):
    """Counts what is logged as an error, by the exception's class."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(logging.ERROR)
        self._errors = metrics.errors

    def emit(self, record: logging.LogRecord) -> None:
        """Counts one record."""
        kind = record.exc_info[0] if record.exc_info else None
        self._errors.labels(kind.__name__ if kind else "logged").inc()


def samples(metric: MetricWrapperBase, suffix: str) -> list[tuple[dict[str, str], float]]:
    """The (labels, value) of a metric's series whose names end so (`_total`, `_count`, `_sum`)."""
    found: list[tuple[dict[str, Any], float]] = [
        (sample.labels, sample.value)
        for family in metric.collect()
        for sample in family.samples
        if sample.name.endswith(suffix)
    ]
    return found
