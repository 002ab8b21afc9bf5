from __future__ import annotations

import pandas as pd
import pytest

from songnet.exports.times import iso_times


@pytest.mark.parametrize(
    ("text", "with_zone", "time"),
    [
        ("2024-01-31T18:05:07Z", True, "2024-01-31T18:05:07Z"),
        ("2024-01-31 18:05", False, "2024-01-31T18:05:00Z"),
        ("2024-01-31T18:05:07.250+02:00", True, "2024-01-31T16:05:07.25Z"),
        ("2024-01-31T18:05:07", True, "2024-01-31T18:05:07Z"),
        ("2024-01-31", True, "2024-01-31T00:00:00Z"),
        ("0001-01-01T00:00:00Z", True, "0001-01-01T00:00:00Z"),
        ("2999-12-31T00:00:00Z", True, "2999-12-31T00:00:00Z"),
        ("yesterday", True, None),
        ("2024-02-30T00:00:00Z", True, None),
        ("99999-01-01T00:00:00Z", True, None),
        ("", True, None),
        (None, True, None),
    ],
)
def test_a_time_is_read_beside_plain_ones(text: str, with_zone: bool, time: str | None) -> None:
    plain = "2020-02-02T02:02:02Z" if with_zone else "2020-02-02 02:02"
    times = iso_times([plain, text], with_zone=with_zone)
    assert times.dtype == "datetime64[us, UTC]"
    assert times[0] == pd.Timestamp("2020-02-02T02:02:02Z" if with_zone else "2020-02-02T02:02Z")
    assert times[1] is pd.NaT if time is None else times[1] == pd.Timestamp(time)


def test_no_texts_are_no_times() -> None:
    assert len(iso_times([])) == 0
