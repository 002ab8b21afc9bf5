"""Whose turn it is: people stand in a line, and each brings one job at a time.

Who has had a turn goes to the end of the line, however many jobs they still have; so somebody with
one job waits for at most one job of everybody who stood there before.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """A job that nobody has taken."""

    job_id: str
    user_id: int
    since: float
    """When it arrived, on the clock of `free_since`."""


def in_turn(
    waiting: Sequence[Waiting], *, busy: Collection[int], free_since: Mapping[int, float]
) -> list[Waiting]:
    """The waiting jobs in the order in which they get their turn, as things stand.

    Args:
        waiting: in the order of arrival; so do each user's jobs run.
        busy: users of whom a job runs or is about to. They join the line when it has ended.
        free_since: when the last job of a user ended.

    >>> jobs = [Waiting("a2", 1, 1.0), Waiting("a3", 1, 2.0), Waiting("b1", 2, 5.0)]
    >>> [job.job_id for job in in_turn(jobs, busy={}, free_since={1: 7.0})]
    ['b1', 'a2', 'a3']
    """
    jobs_of: defaultdict[int, deque[Waiting]] = defaultdict(deque)
    for job in waiting:
        jobs_of[job.user_id].append(job)

    def place(user_id: int) -> tuple[bool, float, float]:
        last = free_since.get(user_id, 0.0)
        return user_id in busy, max(last, jobs_of[user_id][0].since), last

    line = deque(sorted(jobs_of, key=place))
    ordered = []
    while line:
        user_id = line.popleft()
        ordered.append(jobs_of[user_id].popleft())
        if jobs_of[user_id]:
            line.append(user_id)
    return ordered
