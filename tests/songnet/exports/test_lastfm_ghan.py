from __future__ import annotations

from tests.songnet.exports.conftest import Read
from tests.songnet.exports.samples import lastfm, lastfm_line


def test_there_are_no_durations_and_so_no_skips(read: Read) -> None:
    history, _ = read(lastfm(lastfm_line()))
    assert history.frame[["ms_played", "skipped", "shuffle", "uri"]].isna().all(axis=None)
    assert history.frame["album"].tolist() == ["Different World"]


def test_ragged_rows_are_counted(read: Read) -> None:
    history, report = read(lastfm(lastfm_line(), "1,2,3", lastfm_line() + ",,,", lastfm_line(1)))
    assert len(history) == 1
    assert report.skipped == {"bad_row": 2, "bad_time": 1}


def test_what_is_no_time_is_a_bad_time(read: Read) -> None:
    lines = [lastfm_line().replace("1704110200", bad) for bad in ("", "x", "nan", "1e300", "-5")]
    _, report = read(lastfm(lastfm_line(), *lines))
    assert report.skipped == {"bad_time": 5}


def test_a_field_beyond_all_measure_is_a_bad_row(read: Read) -> None:
    _, report = read(lastfm(lastfm_line(), lastfm_line(title="x" * 200_000)))
    assert report.skipped == {"bad_row": 1}


def test_quotes_and_commas_in_names(read: Read) -> None:
    history, _ = read(lastfm(lastfm_line(artist='"Earth, Wind & Fire"', title='"""Heroes"""')))
    assert history.frame.loc[0, ["artist", "title"]].tolist() == ["Earth, Wind & Fire", '"Heroes"']
