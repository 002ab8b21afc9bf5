"""What holds for every format of exports that holds plays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pytest

from songnet.errors import NoMusic, NotAnExport
from songnet.exports.registry import FORMATS, format_of
from songnet.plays import COLUMNS
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.samples import account, dumped, extended, lastfm, lastfm_line, zipped


@dataclass(frozen=True)
class Sample:
    """One format's way of telling that a song was played."""

    format: str
    document: Callable[[list[tuple[str, str, str]]], bytes]
    """(start in ISO 8601, artist, title) -> a document with a play of 60 s each."""


def _account(plays: list[tuple[str, str, str]]) -> bytes:
    return dumped(
        *(
            account(
                endTime=(pd.Timestamp(start) + pd.Timedelta("60s")).strftime("%Y-%m-%d %H:%M"),
                artistName=artist,
                trackName=title,
                msPlayed=60_000,
            )
            for start, artist, title in plays
        )
    )


def _extended(plays: list[tuple[str, str, str]]) -> bytes:
    return dumped(
        *(
            extended(
                ts=(pd.Timestamp(start) + pd.Timedelta("60s")).strftime("%Y-%m-%dT%H:%M:%SZ"),
                master_metadata_album_artist_name=artist,
                master_metadata_track_name=title,
                ms_played=60_000,
            )
            for start, artist, title in plays
        )
    )


def _lastfm(plays: list[tuple[str, str, str]]) -> bytes:
    return lastfm(
        *(
            lastfm_line(int(pd.Timestamp(start, tz="UTC").timestamp()), f'"{artist}"', f'"{title}"')
            for start, artist, title in plays
        )
    )


SAMPLES = [
    Sample("spotify-account", _account),
    Sample("spotify-extended", _extended),
    Sample("lastfm-ghan", _lastfm),
]
PLAYS = [
    ("2024-01-01T10:00:00", "Alan Walker", "Faded"),
    ("2024-01-01T10:05:00", "Лолита", "Пошлю его на"),
    ("2024-01-01T10:10:00", "宇多田ヒカル", "初恋"),
    ("2024-01-01T10:15:00", "!!!", "???"),
]


@pytest.fixture(params=SAMPLES, ids=lambda sample: sample.format)
def sample(request: pytest.FixtureRequest) -> Sample:
    found: Sample = request.param
    return found


def test_every_format_with_plays_has_a_sample() -> None:
    assert {known.name for known in FORMATS if known.package is None} == {
        sample.format for sample in SAMPLES
    }


def test_it_is_recognised_by_its_content(sample: Sample) -> None:
    known = format_of(sample.document(PLAYS))
    assert known is not None
    assert known.name == sample.format


def test_only_one_format_recognises_it(sample: Sample) -> None:
    document = sample.document(PLAYS)
    assert sum(known.recognises(document) for known in FORMATS) == 1


def test_plays_come_in_order_of_time_with_their_names(sample: Sample, read: Read) -> None:
    history, _ = read(sample.document(PLAYS[::-1]))
    found = history.frame[["artist", "title"]].itertuples(index=False, name=None)
    assert list(found) == [(artist, title) for _, artist, title in PLAYS]


def test_times_are_starts_in_utc(sample: Sample, read: Read) -> None:
    history, _ = read(sample.document(PLAYS))
    expected = [pd.Timestamp(start, tz="UTC") for start, _, _ in PLAYS]
    assert history.frame["started_at"].tolist() == expected


def test_the_table_keeps_its_types(sample: Sample, read: Read) -> None:
    history, _ = read(sample.document(PLAYS))
    assert {name: str(dtype) for name, dtype in history.frame.dtypes.items()} == COLUMNS


def test_reading_it_twice_adds_nothing(sample: Sample, read: Read) -> None:
    once, _ = read(sample.document(PLAYS))
    twice, report = read(sample.document(PLAYS), sample.document(PLAYS))
    assert twice == once
    assert report.skipped == {"duplicate": len(PLAYS)}


def test_a_byte_order_mark_or_utf_16_does_not_matter(sample: Sample, read: Read) -> None:
    document = sample.document(PLAYS)
    plain, _ = read(document)
    assert read(b"\xef\xbb\xbf" + document)[0] == plain
    assert read(document.decode().encode("utf-16"))[0] == plain


def test_names_lie_on_one_line_without_control_characters(sample: Sample, read: Read) -> None:
    history, _ = read(sample.document([("2024-01-01T10:00:00", "A\t B", "  C  D ")]))
    assert history.frame.loc[0, ["artist", "title"]].tolist() == ["A B", "C D"]


def test_rows_without_artist_or_title_are_counted(sample: Sample, read: Read) -> None:
    _, report = read(
        sample.document(
            [*PLAYS, ("2024-02-01T10:00:00", "", "x"), ("2024-02-01T10:00:00", "x", "")]
        )
    )
    assert report.skipped == {"no_metadata": 2}


@pytest.mark.parametrize("start", ["1970-01-01T00:00:00", "1999-01-01T00:00:00", "2199-01-01"])
def test_impossible_times_are_counted(sample: Sample, read: Read, start: str) -> None:
    history, report = read(sample.document([*PLAYS, (start, "A", "B")]))
    assert len(history) == len(PLAYS)
    assert report.skipped == {"bad_time": 1}


def test_only_bad_times_is_no_music(sample: Sample, read: Read) -> None:
    with pytest.raises(NoMusic) as caught:
        read(sample.document([("1970-01-01T00:00:00", "A", "B")]), names=("old.zip",))
    assert (caught.value.file, caught.value.rows) == ("old.zip", 1)
    assert caught.value.skipped == {"bad_time": 1}


def test_the_same_plays_from_another_service_are_the_same(sample: Sample, read: Read) -> None:
    own = sample.document(PLAYS)
    for other in SAMPLES:
        history, _ = read(own, other.document(PLAYS))
        assert len(history) == len(PLAYS), other.format


def test_cut_off_anywhere_it_never_fails_otherwise(sample: Sample, read: Read) -> None:
    document = sample.document(PLAYS * 3)
    for percent in range(0, 100, 5):
        try:
            history, report = read(document[: len(document) * percent // 100])
        except (NoMusic, NotAnExport):
            continue
        assert report.rows == len(history) + sum(report.skipped.values())


def test_in_a_zip_it_reads_the_same(sample: Sample, read: Read) -> None:
    document = sample.document(PLAYS)
    assert read(zipped({"anything.xyz": document}))[0] == read(document)[0]
