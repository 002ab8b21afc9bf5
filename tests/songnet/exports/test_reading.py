from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from songnet.errors import BrokenArchive, ExportError, NoMusic, NotAnExport, WrongPackage
from songnet.exports import ImportReport, ReadProgress, read_history
from songnet.music import History
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.samples import (
    PERSONAL,
    URI,
    account,
    account_podcast,
    dumped,
    extended,
    lastfm,
    lastfm_line,
    podcast,
    zipped,
)

MIXED = {
    "MyData/1.json": dumped(
        extended(), podcast(), extended(ts="2023-12-31T23:59:00Z"), None, extended(ms_played=-1)
    ),
    "MyData/2.json": dumped(account(), account_podcast(), account(trackName="Alone")),
    "MyData/3.csv": lastfm(lastfm_line(), lastfm_line(86_400), "ragged"),
    "MyData/library.json": json.dumps(
        {"tracks": [{"artist": "Alan Walker", "album": "x", "track": "Alone", "uri": URI}]}
    ).encode(),
    "MyData/ReadMe.pdf": b"%PDF-1.4",
    "MyData/.DS_Store": b"\0\0\0\1Bud1",
}


def test_the_report_adds_up_for_each_file_and_in_all(read: Read) -> None:
    history, report = read(zipped(MIXED), names=("all.zip",))
    for part in (report, *report.files):
        assert part.rows == part.plays + sum(part.skipped.values())
    assert report.rows == sum(file.rows for file in report.files) == 11
    assert report.plays == sum(file.plays for file in report.files) == len(history) == 3
    assert report.skipped == {
        "bad_duration": 1,
        "bad_row": 2,
        "bad_time": 1,
        "duplicate": 2,
        "podcast": 2,
    }


def test_the_report_tells_what_was_found(read: Read) -> None:
    _, report = read(zipped(MIXED), names=("all.zip",))
    assert (report.tracks, report.artists, report.ignored_files) == (2, 1, 2)
    assert report.top_artists == (("Alan Walker", 3),)
    assert report.plays_per_year == {"2023": 1, "2024": 2}
    assert report.first_play == pd.Timestamp("2023-12-31T23:55:40Z")
    assert report.last_play == pd.Timestamp("2024-01-01T11:56:40Z")
    assert report.uri_share == 1.0
    assert [(file.member, file.format, file.plays) for file in report.files] == [
        ("MyData/1.json", "spotify-extended", 2),
        ("MyData/2.json", "spotify-account", 1),
        ("MyData/3.csv", "lastfm-ghan", 0),
        ("MyData/library.json", "spotify-saved-tracks", 0),
    ]


def test_the_report_survives_json(read: Read) -> None:
    _, report = read(zipped(MIXED), b"PK\x03\x04 broken")
    assert ImportReport.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_a_file_goes_by_the_name_that_its_owner_knows(read: Read) -> None:
    _, report = read(dumped(extended()), names=("endsong_0.json",))
    assert [file.name for file in report.files] == ["endsong_0.json"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\x89PNG\r\n", "an image"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b'{"some": "thing"}', "JSON of another kind"),
        ("Grüße".encode() * 20_000, "text"),
        (b"\0\1\2\3", ""),
        (b"Rar!\x1a\x07", "a RAR archive"),
    ],
)
def test_what_is_no_export_is_named(read: Read, content: bytes, found: str) -> None:
    with pytest.raises(NotAnExport) as caught:
        read(content, names=("thing",))
    assert (caught.value.file, caught.value.found) == ("thing", found)


def test_a_podcast_file_does_not_sink_the_music(read: Read) -> None:
    history, report = read(dumped(podcast()), dumped(extended()))
    assert len(history) == 1
    assert report.skipped == {"podcast": 1}


def test_podcasts_alone_are_no_music(read: Read) -> None:
    with pytest.raises(NoMusic) as caught:
        read(zipped({"1.json": dumped(podcast()), "2.json": dumped(podcast())}), names=("p.zip",))
    assert (caught.value.rows, caught.value.skipped) == (2, {"podcast": 2})


def test_no_music_says_more_than_a_wrong_package(read: Read) -> None:
    with pytest.raises(NoMusic):
        read(zipped({"1.json": b'{"inferences": []}', "2.json": dumped(podcast())}))


def test_a_wrong_package_says_more_than_no_export(read: Read) -> None:
    with pytest.raises(WrongPackage):
        read(b"%PDF-1.4", b'{"inferences": []}')


@pytest.mark.parametrize(
    ("contents", "kind", "file"),
    [
        ((b"%PDF", b"%PDF"), NotAnExport, "1, 2"),
        ((b"PK\x03\x04", b"%PDF", b"PK\x03\x04"), BrokenArchive, "1, 3"),
        ((dumped(podcast()), b"%PDF", dumped(podcast())), NoMusic, "1, 3"),
        ((b"%PDF",) * 5, NotAnExport, "1, 2, 3 and 2 more"),
    ],
)
def test_several_files_of_no_use_are_named_together(
    read: Read, contents: tuple[bytes, ...], kind: type[ExportError], file: str
) -> None:
    with pytest.raises(kind) as caught:
        read(*contents, names=tuple(str(number + 1) for number in range(len(contents))))
    assert caught.value.file == file


def test_what_one_file_seems_to_be_is_not_said_of_another(read: Read) -> None:
    with pytest.raises(NotAnExport) as caught:
        read(b"\0\1\2", b"%PDF", names=("a.bin", "b.pdf"))
    assert (caught.value.file, caught.value.found) == ("a.bin, b.pdf", "")


def test_a_missing_file_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_history(tmp_path / "nothing.zip")


def test_without_files_there_is_nothing_to_read() -> None:
    with pytest.raises(TypeError):
        read_history()


def test_progress_rises_to_one(read: Read) -> None:
    seen: list[ReadProgress] = []
    read(zipped(MIXED), dumped(extended()), on_progress=seen.append)
    shares = [progress.done for progress in seen]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert seen[-1].rows == 12


def test_what_progress_raises_ends_the_reading(read: Read) -> None:
    class Cancelled(Exception):
        pass

    def cancel(progress: ReadProgress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read(dumped(extended()), on_progress=cancel)


def test_nothing_personal_survives(read: Read, tmp_path: Path) -> None:
    history, report = read(zipped({"1.json": dumped(extended(), extended(ms_played="bad"))}))
    history.write_parquet(tmp_path / "history.parquet")
    everything = (
        (tmp_path / "history.parquet").read_bytes()
        + json.dumps(report.to_json()).encode()
        + history.frame.to_csv().encode()
        + repr(vars(history)).encode()
    )
    for value in PERSONAL.values():
        assert value.encode() not in everything
    for field in PERSONAL:
        assert field.encode() not in everything


# A few tracks at a few times: duplicates, near-duplicates and chains of them are frequent.
_SECONDS = st.integers(0, 40).map(lambda number: number * 7)
_EXTENDED = st.builds(
    lambda seconds, title, ms, uri, skip: extended(
        ts=(pd.Timestamp("2024-01-01") + pd.Timedelta(seconds, unit="s")).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        ),
        master_metadata_track_name=title,
        master_metadata_album_album_name=None if skip else "An album",
        ms_played=ms,
        spotify_track_uri=uri,
        reason_end="fwdbtn" if skip else "trackdone",
    ),
    _SECONDS,
    st.sampled_from(["Faded", "faded - Remastered 2011", "Alone"]),
    st.sampled_from([0, 5_000, 40_000, None]),
    st.sampled_from([None, URI, URI[:-1] + "5"]),
    st.booleans(),
)
_ACCOUNT = st.builds(
    lambda minute, title, ms: account(
        endTime=f"2024-01-01 00:0{minute}", trackName=title, msPlayed=ms
    ),
    st.integers(0, 5),
    st.sampled_from(["Faded", "Alone"]),
    st.sampled_from([0, 5_000, 40_000]),
)
_LIBRARY = st.sampled_from(
    [
        json.dumps(
            {"tracks": [{"artist": "Alan Walker", "album": "x", "track": title, "uri": uri}]}
        ).encode()
        for title in ("Faded", "Alone")
        for uri in (URI, URI[:-1] + "7")
    ]
)
_DOCUMENTS = st.lists(
    st.one_of(
        st.lists(_EXTENDED, min_size=1, max_size=6).map(lambda rows: dumped(*rows)),
        st.lists(_ACCOUNT, min_size=1, max_size=6).map(lambda rows: dumped(*rows)),
        _LIBRARY,
    ),
    min_size=1,
    max_size=4,
)
_PLAY = dumped(extended(ts="2020-01-01T00:00:00Z", master_metadata_track_name="Other"))


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_DOCUMENTS, _DOCUMENTS, st.randoms(use_true_random=False))
def test_no_order_or_grouping_of_imports_matters(
    read: Read, some: list[bytes], others: list[bytes], chance: object
) -> None:
    """Each import holds a play of its own, since an import without any play is an error."""
    some, others = [_PLAY, *some], [_PLAY, *others]
    together, _ = read(*some, *others)
    mixed = [*some, *others]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = read(*some)[0], read(*others)[0]
    assert read(*mixed)[0] == together
    assert one.merge(other) == together
    assert other.merge(one) == together
    assert together.merge(one) == together
    assert one.merge(one) == one
    assert History.empty().merge(one) == one
