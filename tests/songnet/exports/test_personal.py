"""What tells of the person is not in anything that is kept, said or logged, whatever the format."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from songnet.errors import SongnetError
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.played import NEEDLE, Played
from tests.songnet.exports.samples import PERSONAL, dumped, extended, zipped
from tests.songnet.exports.writers import WRITERS, Writer, apple, apple_row

PLAYS = [
    Played("2024-01-01T10:00:00", "Alan Walker", "Faded", "Different World"),
    Played("1970-01-01T10:00:00", "Alan Walker", "Alone"),
    Played("2024-01-01T10:05:00", "Alan Walker", ""),
]
PERSONAL_DOCUMENTS = {
    "Userdata.json": json.dumps(
        {"username": NEEDLE, "createdFromFacebook": 1, "birthdate": NEEDLE}
    ),
    "user.json": json.dumps({"user_id": NEEDLE, "username": NEEDLE}),
    "feedback.jsonl": json.dumps({"recording_msid": NEEDLE, "user_name": NEEDLE}),
    "search.json": json.dumps([{"searchTime": "2024", "searchQuery": NEEDLE}]),
    "Contacts.csv": f"Name,Phone\n{NEEDLE},{NEEDLE}\n",
    "Account Details.csv": f"Apple ID Number,Device\n{NEEDLE},{NEEDLE}\n",
}


def everything(read: Read, folder: Path, *documents: bytes) -> bytes:
    """All that a reading leaves: the stored history, the table, the report and its words."""
    history, report = read(*documents, names=tuple(f"file {n}" for n in range(len(documents))))
    history.write_parquet(folder / "history.parquet")
    table = history.frame.to_csv() + repr(vars(history)) + repr(report)
    return (
        (folder / "history.parquet").read_bytes()
        + json.dumps(report.to_json()).encode()
        + table.encode()
    )


@pytest.fixture(autouse=True)
def _all_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.format)
def test_no_needle_survives(
    writer: Writer,
    read: Read,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    document = writer.write(PLAYS)
    others = {name: content.encode() for name, content in PERSONAL_DOCUMENTS.items()}
    found = everything(read, tmp_path, zipped({"history": document, **others}))
    said = "".join(capfd.readouterr()) + caplog.text
    for needle in (NEEDLE, *PERSONAL.values(), *PERSONAL):
        assert needle.encode() not in found
        assert needle not in said


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.format)
def test_the_needles_are_there_to_be_found(writer: Writer) -> None:
    document = writer.write(PLAYS)
    told = {"spotify-account", "lastfm-ghan", "lastfm-benjamin"}  # nothing personal is in them
    if writer.text and writer.format not in told:
        assert NEEDLE.encode() in document


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.format)
def test_no_needle_is_in_what_is_said_of_a_broken_file(writer: Writer, read: Read) -> None:
    document = writer.write(PLAYS)
    try:
        _, report = read(document[: len(document) * 2 // 3], names=("half",))
    except SongnetError as error:
        said = f"{error!s}{error!r}{error.__cause__!r}{error.__context__!r}"
    else:
        said = repr(report)
    assert NEEDLE not in said


def test_a_wrong_value_is_not_quoted(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    """Validation errors like to show what they found."""
    bad = extended(ms_played=NEEDLE, ts=[NEEDLE])
    row = apple_row(PLAYS[0], **{"Play Duration Milliseconds": NEEDLE})
    _, report = read(dumped(extended(), bad), apple(row))
    assert NEEDLE not in repr(report) + caplog.text
