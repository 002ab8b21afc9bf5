from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from songnet.errors import BrokenHistory, HistoryError, UnknownHistoryVersion
from songnet.music import COLUMNS, History

PLAYS = pd.DataFrame(
    {
        "started_at": ["2024-01-02T00:00:00Z", "2024-01-01T00:00:00+02:00", "2024-01-03"],
        "artist": ["B", "A", "B"],
        "title": ["two", "one", "two - Remastered"],
    }
)


def plays(**columns: object) -> pd.DataFrame:
    return PLAYS.assign(**columns)


def test_three_columns_are_enough() -> None:
    history = History.from_plays(PLAYS)
    assert {name: str(dtype) for name, dtype in history.frame.dtypes.items()} == COLUMNS
    assert history.frame["title"].tolist() == ["one", "two", "two - Remastered"]
    assert history.frame["started_at"][0] == pd.Timestamp("2023-12-31T22:00:00Z")
    assert history.track_count == 2


def test_times_without_a_zone_are_utc() -> None:
    times = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"])
    history = History.from_plays(plays(started_at=times))
    assert history.frame["started_at"][0] == pd.Timestamp("2024-01-01T00:00:00Z")


def test_given_track_ids_stay() -> None:
    history = History.from_plays(plays(track_id=["x", "y", None]))
    assert history.frame["track_id"].tolist()[:2] == ["y", "x"]
    assert len(history.frame["track_id"][2]) == 24


def test_from_plays_drops_nothing() -> None:
    assert len(History.from_plays(pd.concat([PLAYS, PLAYS]))) == 6


def test_the_given_table_is_left_alone() -> None:
    table = PLAYS.copy()
    History.from_plays(table)
    pd.testing.assert_frame_equal(table, PLAYS)


@pytest.mark.parametrize(
    ("table", "expected", "found"),
    [
        (PLAYS.drop(columns="artist"), "columns started_at, artist, title", "started_at, title"),
        (pd.DataFrame(), "columns", "no columns"),
        (plays(started_at=[1, 2, 3]), "ISO 8601", "int64"),
        (plays(started_at=[1.0, 2.0, 3.0]), "ISO 8601", "float64"),
        (plays(started_at=["yesterday", "x", "y"]), "ISO 8601", "yesterday"),
        (plays(started_at=[None, "2024-01-01", None]), "every play", "2 without"),
        (plays(artist=["A", None, "B"]), "artist", "1 without"),
        (plays(title=["A", "  ", "B"]), "title", "1 empty"),
        (plays(title=[1, 2, 3]), "text in the column title", "int64"),
        (plays(ms_played=[1, 2, -3]), "ms_played in 0", "-3"),
        (plays(ms_played=[1, 2, 10**15]), "ms_played in 0", "10"),
        (plays(ms_played=["a", "b", "c"]), "Int64 values in the column ms_played", "a"),
        (plays(ms_played=[1.5, 2, 3]), "Int64 values", ""),
        (plays(skipped=["yes", "no", "no"]), "boolean values in the column skipped", ""),
        (PLAYS.set_axis(["artist", "artist", "title"], axis=1), "columns", ""),
    ],
)
def test_a_wrong_table_is_refused(table: pd.DataFrame, expected: str, found: str) -> None:
    with pytest.raises(HistoryError) as caught:
        History.from_plays(table)
    assert expected in caught.value.expected
    assert found in caught.value.found


def test_an_empty_history_is_a_history() -> None:
    empty = History.empty()
    assert len(empty) == 0
    assert empty.period is None
    assert empty.top_artists() == []
    assert len(empty.tracks()) == 0
    assert empty.uri_share == 0.0
    assert empty.merge(empty) == empty
    assert History.from_plays(PLAYS.iloc[:0]) == empty


def test_counts() -> None:
    history = History.from_plays(PLAYS)
    assert history.top_artists() == [("B", 2), ("A", 1)]
    assert history.top_artists(1) == [("B", 2)]
    assert history.artist_count == 2
    assert history.period == (
        datetime(2023, 12, 31, 22, tzinfo=UTC),
        datetime(2024, 1, 3, tzinfo=UTC),
    )


def test_the_library_has_the_most_frequent_wording() -> None:
    again = plays(started_at=["2025-01-01", "2025-01-02", "2025-01-03"], uri=["u2", None, "u1"])
    third = PLAYS.iloc[:1].assign(started_at="2026-01-01", uri="u2", album="an album")
    library = History.from_plays(pd.concat([PLAYS, again, third])).tracks()
    assert library["plays"].tolist() == [5, 2]
    assert library.loc[0, ["artist", "title", "album", "uri"]].tolist() == [
        "B",
        "two",
        "an album",
        "u2",
    ]
    assert library.loc[1, ["artist", "title"]].tolist() == ["A", "one"]
    assert library.loc[1, ["album", "uri"]].isna().all()


def test_parquet_gives_back_the_same(tmp_path: Path) -> None:
    history = History.from_plays(plays(skipped=[True, None, False], ms_played=[1, None, 3])).merge(
        links={"some": ("u1", "u2")}
    )
    history.write_parquet(tmp_path / "history.parquet")
    assert History.read_parquet(tmp_path / "history.parquet") == history
    buffer = io.BytesIO()
    history.write_parquet(buffer)
    buffer.seek(0)
    assert History.read_parquet(buffer) == history


def test_an_empty_history_survives_parquet(tmp_path: Path) -> None:
    History.empty().write_parquet(tmp_path / "empty.parquet")
    assert History.read_parquet(tmp_path / "empty.parquet") == History.empty()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.parquet"
    History.from_plays(PLAYS).write_parquet(path)
    whole = path.read_bytes()
    for percent in range(0, 100, 10):
        path.write_bytes(whole[: len(whole) * percent // 100])
        with pytest.raises(BrokenHistory):
            History.read_parquet(path)


def test_a_file_of_a_newer_songnet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.parquet"
    History.from_plays(PLAYS).write_parquet(path)
    table = parquet.read_table(path)
    metadata = dict(table.schema.metadata) | {b"songnet.version": b"99"}
    parquet.write_table(table.replace_schema_metadata(metadata), path)
    with pytest.raises(UnknownHistoryVersion) as caught:
        History.read_parquet(path)
    assert (caught.value.version, caught.value.known) == ("99", ("1",))


def test_a_file_without_a_version_is_of_the_first_one(tmp_path: Path) -> None:
    path = tmp_path / "history.parquet"
    history = History.from_plays(PLAYS)
    history.write_parquet(path)
    table = parquet.read_table(path)
    metadata = dict(table.schema.metadata)
    del metadata[b"songnet.version"]
    parquet.write_table(table.replace_schema_metadata(metadata), path)
    assert History.read_parquet(path) == history


def test_another_parquet_file_is_refused(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"x": [1]}), tmp_path / "other.parquet")
    with pytest.raises(BrokenHistory, match="without started_at"):
        History.read_parquet(tmp_path / "other.parquet")


def test_a_missing_file_is_no_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        History.read_parquet(tmp_path / "nothing.parquet")


_RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "started_at": st.integers(0, 60).map(
                lambda n: pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(n * 5, unit="s")
            ),
            "artist": st.just("A"),
            "title": st.sampled_from(["x", "x - Remastered", "y"]),
            "album": st.sampled_from([None, "a", "b"]),
            "uri": st.sampled_from([None, "u1", "u2"]),
            "ms_played": st.sampled_from([None, 0, 7]),
            "skipped": st.sampled_from([None, True, False]),
            "shuffle": st.sampled_from([None, True, False]),
            "minute_precision": st.booleans(),
        }
    ),
    min_size=1,
    max_size=8,
).map(lambda rows: History.from_plays(pd.DataFrame(rows)))


@settings(max_examples=20, deadline=None)
@given(_RECORDS, _RECORDS, _RECORDS)
def test_merging_is_commutative_associative_and_idempotent(
    one: History, two: History, three: History
) -> None:
    whole = one.merge(two, three)
    assert three.merge(one, two) == whole
    assert one.merge(two).merge(three) == whole
    assert one.merge(two.merge(three)) == whole
    assert whole.merge(whole, two) == whole


def test_it_is_light_to_import() -> None:
    program = (
        "import sys, songnet.music, songnet.exports, songnet.demo; print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
