from __future__ import annotations

import json
from typing import Any

import pytest

from songnet.errors import NotAnExport
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.played import Played
from tests.songnet.exports.samples import URI, zipped
from tests.songnet.exports.writers import listen

FADED = Played("2024-01-01T11:56:00", "Alan Walker", "Faded", "Different World")
ALONE = Played("2024-02-01T12:30:00", "Alan Walker", "Alone")


def lines(*listens: Any) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in listens)


def test_the_zip_is_read_month_by_month(read: Read) -> None:
    history, report = read(
        zipped(
            {
                "user.json": b'{"user_id": 1, "username": "someone"}',
                "listens/2024/1.jsonl": lines(listen(FADED)),
                "listens/2024/2.jsonl": lines(listen(ALONE)),
                "feedback.jsonl": b"",
            }
        )
    )
    assert history.frame["title"].tolist() == ["Faded", "Alone"]
    assert [file.member for file in report.files] == [
        "listens/2024/1.jsonl",
        "listens/2024/2.jsonl",
    ]


@pytest.mark.parametrize(
    ("spotify_id", "uri"),
    [
        ("https://open.spotify.com/track/0000000000000000000001", URI),
        ("http://open.spotify.com/track/0000000000000000000001?si=x", URI),
        (URI, URI),
        ("0000000000000000000001", URI),
        ("https://example.org/track/1", None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_the_players_word_gives_the_link(read: Read, spotify_id: object, uri: str | None) -> None:
    history, _ = read(lines(listen(FADED, spotify_id=spotify_id)))
    found = history.frame["uri"]
    assert found.isna().all() if uri is None else found.tolist() == [uri]


def test_the_length_of_a_song_is_not_how_long_it_was_heard(read: Read) -> None:
    history, _ = read(lines(listen(FADED), listen(ALONE, duration_played=12)))
    assert history.frame["ms_played"].isna().tolist() == [True, False]
    assert history.frame["ms_played"].tolist()[1] == 12_000
    assert history.frame["skipped"].tolist()[1] is True
    assert history.frame["started_at"].tolist() == [FADED.at, ALONE.at]


def test_a_bad_line_costs_one_line(read: Read) -> None:
    history, report = read(lines(listen(FADED), "x", None, 7) + b"\n{torn\n" + lines(listen(ALONE)))
    assert len(history) == 2
    assert report.skipped == {"bad_row": 4}


@pytest.mark.parametrize("info", [None, [], "x", {"duration_played": {}}, {"spotify_id": []}])
def test_odd_additions_of_players_do_no_harm(read: Read, info: object) -> None:
    row = listen(FADED)
    row["track_metadata"]["additional_info"] = info
    assert len(read(lines(row))[0]) == 1


def test_feedback_alone_is_no_history(read: Read) -> None:
    with pytest.raises(NotAnExport):
        read(b'{"recording_msid": "x", "score": 1}')
