from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from chatbot.conversation.getting_exports import guide
from chatbot.conversation.playlist_refusals import bad_wish, still_training
from chatbot.conversation.refusals import (
    failure_sentence,
    last_import_sentence,
    refusal_sentence,
)
from chatbot.services.errors import BadWish, Refusal
from chatbot.services.jobs import Job, JobFailure, JobState
from songnet import errors
from songnet.exports import ExportLimits, Service

_EXAMPLES = [
    errors.NotAnExport("holiday.pdf", "a PDF"),
    errors.WrongPackage("my_spotify_data.zip", "account data without streaming history"),
    errors.NoMusic("podcasts.json", 120, {"podcast": 120}),
    errors.BrokenArchive("half.zip", "truncated"),
    errors.EncryptedArchive("secret.zip"),
    errors.LimitExceeded("huge.zip", "total_bytes", 10, 11),
    errors.TooFewPlays(3, 3, 1, 20, 10, 2),
    errors.TrainingFailed("the loss became infinite"),
    errors.BrokenHistory("a damaged one"),
    errors.UnknownHistoryVersion("2", ("1",)),
]


def _job(task: str) -> Job:
    return Job(f"{task}-7", task, 1, "7", JobState.RUNNING, datetime(2026, 1, 2, tzinfo=UTC))


def _told(error: errors.SongnetError) -> str:
    facts = json.loads(json.dumps(error.facts()))  # as they come back from the queue
    return failure_sentence(JobFailure(error.kind, facts))


@pytest.mark.parametrize("error", _EXAMPLES, ids=lambda error: error.kind)
def test_every_refusal_has_its_own_sentence(error: errors.SongnetError) -> None:
    sentence = _told(error)
    assert "should not have" not in sentence
    if isinstance(error, errors.ExportError):
        assert error.file in sentence


def test_the_sentences_differ() -> None:
    assert len({_told(error) for error in _EXAMPLES}) == len(_EXAMPLES)


def test_no_kind_of_error_that_a_job_can_meet_is_without_a_sentence() -> None:
    told = {type(error) for error in _EXAMPLES}
    met = {*errors.ExportError.__subclasses__(), errors.TooFewPlays, errors.TrainingFailed}
    met |= set(errors.StoredHistoryError.__subclasses__())
    assert met <= told


@pytest.mark.parametrize("service", list(Service))
def test_whose_package_it_is_decides_what_to_ask_for(service: Service) -> None:
    sentence = _told(errors.WrongPackage("x.zip", "something else", service))
    assert guide(service) is not None
    assert f"/help {service} tells how" in sentence
    assert ("Spotify" in sentence) == (service is Service.SPOTIFY)


def test_too_few_plays_says_the_least() -> None:
    sentence = _told(errors.TooFewPlays(3, 3, 1, 20, 10, 2))
    assert "at least 20 plays of 10 songs in 2 sessions" in sentence


# `ratio_free_bytes` is no limit of its own: it says from where on the ratio is judged.
_LIMITS = {field.name for field in dataclasses.fields(ExportLimits)} - {"ratio_free_bytes"}


@pytest.mark.parametrize("limit", sorted(_LIMITS))
def test_a_limit_is_told_in_words(limit: str) -> None:
    sentence = _told(errors.LimitExceeded("huge.zip", limit, 5_000_000, 6_000_000))
    assert "it is too large" not in sentence
    assert "_" not in sentence
    assert "5" in sentence


def test_a_cancelled_import_is_not_told_as_a_bug() -> None:
    assert failure_sentence(JobFailure("cancelled")) == "You cancelled it."


def test_a_cancelled_import_is_remembered_as_one() -> None:
    assert last_import_sentence(JobFailure("cancelled")) == "You cancelled your last import."


def test_an_import_that_failed_is_remembered_with_the_reason() -> None:
    sentence = last_import_sentence(JobFailure("crashed", {"job_id": "import-1"}))
    assert sentence.startswith("Your last import did not work: The work on it broke off")


def test_one_session_is_no_plural() -> None:
    assert "1 session. I need" in _told(errors.TooFewPlays(3, 3, 1, 20, 10, 2))


@pytest.mark.parametrize("task", ["import", "train"])
def test_what_is_told_unasked_is_promised(task: str) -> None:
    assert "I tell you when it is done" in still_training(_job(task)).text


def test_a_bug_is_told_with_the_job_that_the_log_names() -> None:
    assert "import-77" in failure_sentence(JobFailure("bug", {"job_id": "import-77"}))


@pytest.mark.parametrize("reason", ["too_large", "too_many", "empty", "gone"])
def test_a_refused_file_is_named(reason: str) -> None:
    assert "'a.zip'" in refusal_sentence(Refusal("a.zip", reason, 20_000_000))


@pytest.mark.parametrize("field", ["length", "adventure", "most_per_artist"])
def test_a_wish_out_of_range_is_told_the_range(field: str) -> None:
    sentence = bad_wish(BadWish(field, 99, 5, 50)).text
    assert all(number in sentence for number in ("99", "5", "50"))


def test_more_songs_than_a_request_takes_are_told_the_limit() -> None:
    assert (
        "21 songs; I start a playlist from at most 20" in bad_wish(BadWish("seeds", 21, 1, 20)).text
    )


@pytest.mark.parametrize("field", ["length", "adventure", "most_per_artist"])
@pytest.mark.parametrize("digits", [400, 4000])
def test_a_number_that_never_ends_is_told_by_its_beginning(field: str, digits: int) -> None:
    sentence = bad_wish(BadWish(field, int("7" * digits), 5, 50)).text
    assert f" {'7' * 20}..." in sentence
    assert len(sentence) < 200


@pytest.mark.parametrize(("found", "words"), [(1_000_000, "1000000"), (1.5, "1.5"), (-0.1, "-0.1")])
def test_a_number_is_told_as_it_was_written(found: float, words: str) -> None:
    assert f"asked for {words}." in bad_wish(BadWish("adventure", found, 0, 1)).text
