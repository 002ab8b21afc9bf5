"""How a job ended, as it is recorded in the queue."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from chatbot.services.jobs import JobFailure, JobProgress, JobState
from songnet.errors import SongnetError

BUG = "bug"
CRASHED = "crashed"


@dataclass(frozen=True)
class Verdict:
    """A final state with, where it failed, the reason."""

    state: JobState
    failure: JobFailure | None = None

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain values."""
        return {
            "state": self.state.value,
            "failure": asdict(self.failure) if self.failure is not None else None,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Verdict:
        """The inverse of `to_json`."""
        failure = values["failure"]
        return cls(
            state=JobState(values["state"]),
            failure=JobFailure(failure["kind"], failure["facts"]) if failure else None,
        )


DONE = Verdict(JobState.DONE)
CANCELLED = Verdict(JobState.CANCELLED)


def refused(error: SongnetError) -> Verdict:
    """The job cannot be done, for a reason that its user can understand."""
    return Verdict(JobState.FAILED, JobFailure(error.kind, error.facts()))


def bug(job_id: str) -> Verdict:
    """The job failed by our fault."""
    return Verdict(JobState.FAILED, JobFailure(BUG, {"job_id": job_id}))


def crashed(job_id: str, crashes: int) -> Verdict:
    """The job cut down its process again and again."""
    return Verdict(JobState.FAILED, JobFailure(CRASHED, {"job_id": job_id, "crashes": crashes}))


def progress_from_json(values: dict[str, Any] | None) -> JobProgress | None:
    """What `dataclasses.asdict` made of a `JobProgress`."""
    return JobProgress(**values) if values else None
