from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.conversation.commands import parse_seeds
from chatbot.conversation.import_replies import import_report
from chatbot.conversation.progress_replies import stage
from chatbot.conversation.replies import status_text
from chatbot.services.jobs import Job, JobProgress, JobState
from chatbot.services.status import Status
from songnet.exports import read_history
from tests.songnet.exports.samples import dumped, extended, podcast

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def _job(
    task: str = "import",
    state: JobState = JobState.RUNNING,
    *,
    position: int | None = None,
    progress: JobProgress | None = None,
) -> Job:
    return Job(f"{task}-7", task, 1, "7", state, NOW, position=position, progress=progress)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (_job(state=JobState.QUEUED, position=3), "Waiting: number 3 in the queue"),
        (_job(), "Reading"),
        (_job("train"), "Learning from your plays"),
        (_job(progress=JobProgress("reading", 0.5, None, {"number": 1})), "Reading a.zip"),
        (_job(progress=JobProgress("training")), "Learning from your plays"),
        (
            _job(progress=JobProgress("training", 0.459, 90, {"epoch": 2, "epochs": 9})),
            "Learning from your plays: 45 %, about 2 min left",
        ),
        (_job(progress=JobProgress("training", 0.9)), "Learning from your plays: 90 %"),
        # So early an estimate would be a guess.
        (_job(progress=JobProgress("training", 0.35, 4)), "Learning from your plays: 35 %"),
        (_job(progress=JobProgress("saving")), "Saving what I learned"),
    ],
)  # fmt: skip
def test_a_job_stands_somewhere(job: Job, words: str) -> None:
    assert stage(job, ["a.zip"]) == words


def test_status_tells_which_import_is_how_far() -> None:
    waiting = replace(_job(state=JobState.QUEUED, position=2), subject_id="8")
    names = {"7": ("a.zip",), "8": tuple(f"{number}.json" for number in range(8))}
    status = Status(None, None, (_job(), waiting), None, file_names=names)
    assert status_text(status, None).text == (
        "Import of a.zip: Reading.\n"
        "Import of 0.json, 1.json, 2.json, 3.json, 4.json and 3 more: "
        "Waiting: number 2 in the queue."
    )


def test_status_tells_a_training_that_waits() -> None:
    waiting = _job("train", JobState.QUEUED, position=2)
    text = status_text(Status(None, None, (waiting,), None), None).text
    assert text == "Learning. Waiting: number 2 in the queue."


def test_a_file_with_a_monstrous_name_is_told_short() -> None:
    text = status_text(
        Status(None, None, (_job(),), None, file_names={"7": ("\x1b[2J" + "x" * 70_000,)}), None
    ).text
    assert len(text) < 100
    assert "\x1b" not in text


def test_status_tells_why_the_last_import_came_to_nothing() -> None:
    assert status_text(Status(None, None, (), None), "It broke.").text == "It broke."


def test_one_play_of_one_song_is_no_plural() -> None:
    text = import_report(
        REPORT | {"added": 1, "history_plays": 1, "history_tracks": 1}, [], [], []
    ).text
    assert "1 of them is new; together I now know 1 play of 1 song." in text


def test_a_suggested_title_with_a_semicolon_stays_one_song() -> None:
    text = import_report(REPORT, [], ["Rain; Sun", "Stay"], []).text
    line = text.splitlines()[-1]
    assert parse_seeds(line.removeprefix("/playlist ")) == ["Rain, Sun", "Stay"]


REPORT = {
    "plays": 90, "tracks": 30, "rows": 100, "skipped": {"podcast": 7, "bad_row": 0, "duplicate": 3},
    "first_play": "2023-01-05T10:00:00Z", "last_play": "2024-02-01T10:00:00Z",
    "top_artists": [["Alan Walker", 1200], ["Kygo", 3]], "files": [{"file": "a.zip", "format": "spotify-extended", "plays": 90}],
    "plays_per_year": {"2023": 80, "2024": 10}, "uri_share": 0.4,
    "added": 90, "history_plays": 90, "history_tracks": 30,
}  # fmt: skip


def test_the_first_report_tells_what_was_found() -> None:
    assert import_report(REPORT, ["a.zip", "b.pdf"], ["Faded", "Stay"], []).text == (
        "90 plays of 30 songs, 5 January 2023 to 1 February 2024.\n"
        "Plays by year: 2023: 80, 2024: 10.\n"
        "Most played: Alan Walker (1,200), Kygo (3).\n"
        "40 % of the plays came with a link.\n"
        "Left out of 100 rows: 7 podcast episodes, 3 repeated rows.\n"
        "Nothing for me in 'b.pdf'.\n"
        "\n"
        "Now ask me for a playlist:\n"
        "/playlist Faded; Stay"
    )


def test_a_service_that_gives_no_links_is_no_percentage() -> None:
    text = import_report(REPORT | {"uri_share": 0.0}, [], [], []).text
    assert "Your history names no links" in text
    assert "%" not in text


def test_of_several_files_those_that_lost_most_are_named() -> None:
    files = [
        {"file": "a.zip", "member": f"MyData/{n}.json", "format": "spotify-extended", "plays": 1,
         "rows": 10, "skipped": {"podcast": n}}
        for n in range(9)
    ]  # fmt: skip
    text = import_report(REPORT | {"files": files}, [], [], []).text
    assert [line for line in text.splitlines() if line.startswith("- ")] == [
        f"- {n}.json: of 10 rows {n} podcast episodes." for n in (8, 7, 6, 5, 4)
    ]
    alone = import_report(REPORT | {"files": files[-1:]}, [], [], []).text
    assert not [line for line in alone.splitlines() if line.startswith("- ")]


def test_a_file_may_be_called_anything() -> None:
    files = [
        {"file": "a.zip", "member": f"x\n\x1b[2J{n}" + "x" * 70_000, "format": "lastfm-ghan",
         "plays": 1, "rows": 10, "skipped": {"bad_row": 1}}
        for n in range(2)
    ]  # fmt: skip
    text = import_report(REPORT | {"files": files}, [], [], []).text
    assert len(text) < 1000
    assert "\x1b" not in text


def test_a_single_year_is_not_counted_apart() -> None:
    assert "year" not in import_report(REPORT | {"plays_per_year": {"2024": 90}}, [], [], []).text


def test_who_sent_spotifys_last_year_hears_of_the_whole_life() -> None:
    account = {"file": "a.zip", "format": "spotify-account", "plays": 90}
    extended = {"file": "a.zip", "format": "spotify-extended", "plays": 90}
    assert "/help spotify" in import_report(REPORT | {"files": [account]}, [], [], []).text
    assert "/help" not in import_report(REPORT | {"files": [account, extended]}, [], [], []).text


def test_it_is_told_how_many_of_apples_artists_were_found() -> None:
    file = {"file": "a.zip", "format": "apple-music", "plays": 90, "named": 80}
    report = REPORT | {"files": [file], "skipped": {"no_artist": 20}}
    assert "80 of 100 plays got theirs" in import_report(report, [], [], []).text


def test_a_later_report_tells_what_is_new() -> None:
    later = REPORT | {"added": 12, "history_plays": 1200, "history_tracks": 300}
    text = import_report(later, ["a.zip"], [], []).text
    assert "12 of them are new; together I now know 1,200 plays of 300 songs." in text


def test_it_is_told_how_many_plays_are_too_short_to_count() -> None:
    text = import_report(REPORT | {"history_counted": 80}, [], [], []).text
    assert "10 plays under 30 seconds do not count; I learn from the other 80." in text
    assert "seconds" not in import_report(REPORT | {"history_counted": 90}, [], [], []).text


def test_the_same_problem_is_told_once_and_many_are_counted() -> None:
    problems = ["'a.zip' is damaged."] * 3000 + [f"'{number}' is damaged." for number in range(6)]
    told = [
        line
        for line in import_report(REPORT, ["a.zip"], [], problems).text.splitlines()
        if "damaged" in line or "problems" in line
    ]
    assert len(told) == 6
    assert told[0] == "'a.zip' is damaged."
    assert told[-1] == "There were problems with 2 more files."


def test_few_plays_are_said_to_be_counted_only():
    few = import_report(REPORT, [], [], [], few_plays=True).text

    assert "only count" in few
    assert "only count" not in import_report(REPORT, [], [], []).text


def test_the_numbers_of_a_messy_import_add_up_in_the_chat(tmp_path: Path) -> None:
    path = tmp_path / "messy.json"
    rows = [
        *(extended(ts=f"2024-01-{day:02}T12:00:00Z") for day in range(1, 29)),
        *[podcast()] * 5, extended(ts="1970-01-01T00:00:00Z"), extended(ms_played=-1),
        extended(master_metadata_track_name=None), extended(ms_played="x"), extended(),
    ]  # fmt: skip
    path.write_bytes(dumped(*rows))
    history, report = read_history(path)
    facts = {"added": len(history), "history_plays": len(history), "history_tracks": 1}
    text = import_report(report.to_json() | facts, ["messy.json"], [], []).text
    plays = int(re.findall(r"^(\d+) plays", text)[0])
    all_rows, *left_out = map(int, re.findall(r"\d+", re.findall(r"Left out of .*", text)[0]))
    assert all_rows == len(rows) == plays + sum(left_out)
