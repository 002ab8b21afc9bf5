"""What every implementation of `Jobs` keeps, in memory and with real worker processes."""

from __future__ import annotations

import asyncio

import pytest

from chatbot.services.jobs import JobFailure, JobProgress, JobState
from tests.chatbot.jobs.conftest import DEADLINE_SECONDS, Queue

pytestmark = pytest.mark.parametrize(
    "queue",
    ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
    indirect=True,
)


async def state_at_end(queue: Queue, job_id: str) -> JobState:
    job = await queue.jobs.wait(job_id, DEADLINE_SECONDS)
    assert job is not None
    return job.state


async def test_a_job_knows_what_it_is_about(queue: Queue) -> None:
    job = await queue.jobs.enqueue("wait", user_id=7, subject_id="a")
    assert (job.id, job.task, job.user_id, job.subject_id) == ("wait-a", "wait", 7, "a")
    assert (job.state, job.position) == (JobState.QUEUED, 1)
    assert await queue.jobs.get("wait-a") == job


async def test_an_unknown_job_is_none(queue: Queue) -> None:
    assert await queue.jobs.get("wait-a") is None
    assert await queue.jobs.wait("wait-a", 0.01) is None
    assert await queue.jobs.cancel("wait-a") is False


async def test_a_second_enqueue_returns_the_first_job(queue: Queue) -> None:
    first = await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    assert await queue.jobs.enqueue("wait", user_id=1, subject_id="a") == first
    assert await queue.jobs.of_user(1) == [first]


async def test_the_steps_run_once_in_their_order(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    queue.traces.order("go-a")
    await queue.start_worker()
    assert await state_at_end(queue, "wait-a") is JobState.DONE
    assert queue.traces.lines() == ["prepare a", "work a", "worked a", "ended a done"]
    assert (await queue.jobs.enqueue("wait", user_id=1, subject_id="a")).state is JobState.DONE


async def test_jobs_of_a_user_run_in_the_order_of_arrival(queue: Queue) -> None:
    for subject in "zam":
        await queue.jobs.enqueue("wait", user_id=1, subject_id=subject)
        queue.traces.order(f"go-{subject}")
    await queue.start_worker()
    for subject in "zam":
        assert await state_at_end(queue, f"wait-{subject}") is JobState.DONE
    started = [line for line in queue.traces.lines() if line.startswith("work ")]
    assert started == ["work z", "work a", "work m"]


async def test_somebody_with_one_job_waits_for_at_most_one_of_somebody_with_many(
    queue: Queue,
) -> None:
    for subject in "abcdef":
        await queue.jobs.enqueue("wait", user_id=1, subject_id=subject)
    await queue.start_worker()
    await queue.until_traced("work a")
    late = await queue.jobs.enqueue("wait", user_id=2, subject_id="z")
    assert late.position == 2  # behind the one that runs
    assert await queue.jobs.count_unfinished() == 7
    for subject in "abcdefz":
        queue.traces.order(f"go-{subject}")
    assert await state_at_end(queue, "wait-f") is JobState.DONE
    started = [line for line in queue.traces.lines() if line.startswith("work ")]
    assert started == [f"work {subject}" for subject in "azbcdef"]
    assert await queue.jobs.count_unfinished() == 0


async def test_people_with_many_jobs_take_turns(queue: Queue) -> None:
    for user_id, subjects in ((1, "abc"), (2, "xyz")):
        for subject in subjects:
            await queue.jobs.enqueue("wait", user_id=user_id, subject_id=subject)
            queue.traces.order(f"go-{subject}")
    positions = {job.subject_id: job.position for job in await queue.jobs.of_user(2)}
    assert positions == {"x": 2, "y": 4, "z": 6}
    await queue.start_worker()
    assert await state_at_end(queue, "wait-z") is JobState.DONE
    started = [line for line in queue.traces.lines() if line.startswith("work ")]
    assert started == [f"work {subject}" for subject in "axbycz"]


async def test_the_next_user_has_a_turn_though_the_first_has_more(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.jobs.enqueue("wait", user_id=2, subject_id="b")
    for subject in "ab":
        queue.traces.order(f"go-{subject}")
    await queue.start_worker()
    assert await state_at_end(queue, "wait-a") is JobState.DONE
    assert await state_at_end(queue, "wait-b") is JobState.DONE


async def test_the_position_counts_the_jobs_of_all_users(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.jobs.enqueue("wait", user_id=2, subject_id="b")
    job = await queue.jobs.enqueue("wait", user_id=1, subject_id="c")
    assert job.position == 3
    await queue.jobs.cancel("wait-b")
    job_now = await queue.jobs.get("wait-c")
    assert job_now is not None
    assert job_now.position == 2


async def test_progress_is_seen_while_the_job_runs(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.start_worker()
    await queue.until_traced("work a")
    job = await queue.jobs.get("wait-a")
    while job is not None and job.progress is None:
        await asyncio.sleep(0.01)
        job = await queue.jobs.get("wait-a")
    assert job is not None
    assert job.state is JobState.RUNNING
    assert job.progress == JobProgress("training", 0.25, 12.0, {"epoch": 1})
    assert job.position is None


async def test_only_unfinished_jobs_of_the_user_are_listed(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.jobs.enqueue("wait", user_id=1, subject_id="b")
    await queue.jobs.enqueue("wait", user_id=2, subject_id="c")
    await queue.jobs.cancel("wait-a")
    assert [job.id for job in await queue.jobs.of_user(1)] == ["wait-b"]
    everything = await queue.jobs.of_user(1, unfinished_only=False)
    assert [job.id for job in everything] == ["wait-a", "wait-b"]


async def test_a_wait_that_is_too_short_shows_the_job_as_it_is(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    job = await queue.jobs.wait("wait-a", 0.05)
    assert job is not None
    assert job.state is JobState.QUEUED


async def test_a_waiting_job_is_cancelled_at_once_and_never_runs(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.jobs.enqueue("wait", user_id=1, subject_id="b")
    await queue.start_worker()
    await queue.until_traced("work a")
    assert await queue.jobs.cancel("wait-b") is True
    assert await state_at_end(queue, "wait-b") is JobState.CANCELLED
    await queue.until_traced("ended b cancelled")  # though the job before it still runs
    assert await queue.jobs.cancel("wait-b") is False
    queue.traces.order("go-a")
    assert await state_at_end(queue, "wait-a") is JobState.DONE
    assert "prepare b" not in queue.traces.lines()


async def test_a_running_job_is_cancelled_within_its_step(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.start_worker()
    await queue.until_traced("work a")
    assert await queue.jobs.cancel("wait-a") is True
    job = await queue.jobs.wait("wait-a", 2.0)
    assert job is not None
    assert job.state is JobState.CANCELLED
    assert queue.traces.lines() == ["prepare a", "work a", "cut a", "ended a cancelled"]


async def test_a_refusal_is_kept_with_its_facts(queue: Queue) -> None:
    await queue.jobs.enqueue("refuse", user_id=1, subject_id="a")
    await queue.start_worker()
    job = await queue.jobs.wait("refuse-a", DEADLINE_SECONDS)
    assert job is not None
    assert job.state is JobState.FAILED
    assert job.failure == JobFailure("TrainingFailed", {"reason": "a"})
    assert queue.traces.lines() == ["prepare a", "ended a failed TrainingFailed"]


async def test_a_bug_ends_the_job_once_and_the_next_runs(queue: Queue) -> None:
    await queue.jobs.enqueue("stumble", user_id=1, subject_id="a")
    await queue.jobs.enqueue("wait", user_id=1, subject_id="b")
    queue.traces.order("go-b")
    await queue.start_worker()
    job = await queue.jobs.wait("stumble-a", DEADLINE_SECONDS)
    assert job is not None
    assert (job.state, job.failure) == (JobState.FAILED, JobFailure("bug", {"job_id": "stumble-a"}))
    assert await state_at_end(queue, "wait-b") is JobState.DONE
    assert queue.traces.lines().count("stumble a") == 1


async def test_a_task_that_nobody_knows_fails_as_a_bug(queue: Queue) -> None:
    await queue.jobs.enqueue("unheard-of", user_id=1, subject_id="a")
    await queue.start_worker()
    job = await queue.jobs.wait("unheard-of-a", DEADLINE_SECONDS)
    assert job is not None
    assert job.failure == JobFailure("bug", {"job_id": "unheard-of-a"})


async def test_a_child_that_crashes_again_and_again_fails_the_job(queue: Queue) -> None:
    await queue.jobs.enqueue("lose_child", user_id=1, subject_id="a")
    await queue.start_worker()
    job = await queue.jobs.wait("lose_child-a", DEADLINE_SECONDS)
    assert job is not None
    assert job.failure == JobFailure("crashed", {"job_id": "lose_child-a", "crashes": 3})
    assert queue.traces.lines() == [*["lose_child a"] * 3, "ended a failed crashed"]


async def test_the_end_is_told_again_where_telling_failed(queue: Queue) -> None:
    await queue.jobs.enqueue("end_badly", user_id=1, subject_id="a")
    await queue.start_worker()
    assert await state_at_end(queue, "end_badly-a") is JobState.DONE
    assert queue.traces.lines() == ["ended a done"] * 2


async def test_deleting_stops_everything_of_the_user_and_nothing_else(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.start_worker()
    await queue.until_traced("work a")
    await queue.jobs.enqueue("wait", user_id=1, subject_id="b")
    await queue.jobs.enqueue("wait", user_id=2, subject_id="c")
    await queue.jobs.delete_of_user(1)
    assert "cut a" in queue.traces.lines()
    assert await queue.jobs.of_user(1, unfinished_only=False) == []
    assert await queue.jobs.get("wait-b") is None
    queue.traces.order("go-c")
    assert await state_at_end(queue, "wait-c") is JobState.DONE
    assert "prepare b" not in queue.traces.lines()


async def test_a_deleted_job_can_be_enqueued_anew(queue: Queue) -> None:
    await queue.jobs.enqueue("wait", user_id=1, subject_id="a")
    await queue.jobs.delete_of_user(1)
    assert (await queue.jobs.enqueue("wait", user_id=1, subject_id="a")).state is JobState.QUEUED
