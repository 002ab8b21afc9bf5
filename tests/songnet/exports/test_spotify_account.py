from __future__ import annotations

import pandas as pd
import pytest

from songnet.errors import NoMusic
from tests.songnet.exports.conftest import Read
from tests.songnet.exports.samples import account, account_podcast, dumped, extended


def test_a_play_starts_its_length_before_its_end(read: Read) -> None:
    history, _ = read(dumped(account()))
    assert history.frame["started_at"][0] == pd.Timestamp("2024-01-01T11:56:40Z")
    assert history.frame["minute_precision"].all()


def test_a_short_play_counts_as_skipped(read: Read) -> None:
    history, _ = read(dumped(account(msPlayed=29_999)))
    assert history.frame["skipped"].tolist() == [True]


def test_podcasts_are_counted(read: Read) -> None:
    _, report = read(dumped(account(), account_podcast()))
    assert report.skipped == {"podcast": 1}


def test_podcasts_alone_are_no_music(read: Read) -> None:
    with pytest.raises(NoMusic) as caught:
        read(dumped(account_podcast()))
    assert caught.value.skipped == {"podcast": 1}


def test_the_extended_history_tells_the_same_plays_better(read: Read) -> None:
    """The minute is cut off in the one, the seconds are known in the other."""
    exact = extended(ts="2024-01-01T12:00:45Z")
    history, report = read(dumped(account()), dumped(exact))
    assert len(history) == 1
    assert history.frame["started_at"][0] == pd.Timestamp("2024-01-01T11:57:25Z")
    assert not history.frame["minute_precision"][0]
    assert [file.plays for file in report.files] == [1, 0]
