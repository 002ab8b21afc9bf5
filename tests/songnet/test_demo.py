from __future__ import annotations

import itertools
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from songnet.demo import catalogue, write_demo_export
from songnet.demo.export import DemoContents
from songnet.exports import ImportReport, read_history
from songnet.identity import track_key
from songnet.music import History

ORIGIN = [
    ("Faded", "Alan Walker"),
    ("Fearless Pt. II", "Lost Sky"),
    ("Don't You Worry Child", "Swedish House Mafia"),
    ("Manchala", "Vishal-Shekhar"),
    ("Infectious", "Tobu"),
    ("Tera Ban Jaunga", "Akhil Sachdeva"),
    ("Heading Home", "Alan Walker"),
    ("Animals", "Maroon 5"),
    ('Galliyan (From "Ek Villain")', "Ankit Tiwari"),
    ("Link", "Jim Yosef"),
    ("Burn", "Ellie Goulding"),
    ("Stereo Love - Edit", "Edward Maya"),
    ("Green Light", "Lorde"),
    ("Saathiya", "A.R. Rahman"),
    ("Make Me Move", "Culture Code"),
    ("Love Story (Taylor’s Version)", "Taylor Swift"),
    ("Phoenix (Blanke Remix)", "League of Legends"),
    ("Candyland", "Tobu"),
    ("Sunburst", "Tobu"),
    ("Until We Get There", "Lucius"),
    ("Beete Lamhein", "KK"),
    ("Main Hoon Na(Sad)", "Abhijeet"),
    ("Ae Dil Hai Mushkil Title Track", "Pritam"),
    ("Tere Liye - Hip Hop Mix", "Sachin Gupta"),
    ("this is me trying", "Taylor Swift"),
    ("Hamari Sansoon Men", "Noor Jehan"),
    ('Bolna (From "Kapoor & Sons (Since 1921)")', "Tanishk Bagchi"),
    ("Yakeen", "Atif Aslam"),
    ("Heat Waves", "Meric Again"),
    ("Infinity", "Jaymes Young"),
    ("Well Meet Again", "TheFatRat"),
    ("Walk Thru Fire", "Vicetone"),
    ("So Close To Magic", "Aquilo"),
    ("Lose You To Love Me", "Selena Gomez"),
    ("The World We Knew", "Daniel Olsén"),
    ("Dancing With Your Ghost", "Sasha Alex Sloan"),
    ("Superheroes", "The Script"),
    ("Theyre Just Ghosts", "Motion Blur"),
]
"""The songs of the two playlists that the origin shows; two of its forty lines repeat a song."""


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoContents]:
    path = tmp_path_factory.mktemp("demo") / "my_spotify_data.zip"
    return path, write_demo_export(path)


@pytest.fixture(scope="module")
def imported(export: tuple[Path, DemoContents]) -> tuple[History, ImportReport]:
    return read_history(export[0])


def test_the_songs_of_the_origin_are_known() -> None:
    known = {(song.title, song.artist) for song in catalogue()}
    assert [song for song in ORIGIN if song not in known] == []


def test_no_two_songs_are_one_track() -> None:
    keys = Counter(track_key(song.artist, song.title) for song in catalogue())
    assert keys.most_common(1)[0][1] == 1


def test_the_import_finds_what_was_written(
    export: tuple[Path, DemoContents], imported: tuple[History, ImportReport]
) -> None:
    contents, (history, report) = export[1], imported
    assert len(history) == contents.plays == 12_000
    assert report.rows == contents.rows
    assert report.skipped == {
        "duplicate": contents.repeated,
        "no_metadata": contents.null_rows,
        "podcast": contents.podcasts,
    }
    assert report.problems == ()


def test_every_origin_song_is_played(imported: tuple[History, ImportReport]) -> None:
    played = set(imported[0].frame["track_id"])
    assert {track_key(artist, title) for title, artist in ORIGIN} <= played


def test_it_lasts_two_years(imported: tuple[History, ImportReport]) -> None:
    assert sorted(imported[1].plays_per_year) == ["2023", "2024"]


def test_no_uri_is_invented(imported: tuple[History, ImportReport]) -> None:
    assert imported[1].uri_share == 0.0


def test_there_are_sessions_and_skips(imported: tuple[History, ImportReport]) -> None:
    frame = imported[0].frame
    gaps = frame["started_at"].diff().dt.total_seconds() > 30 * 60
    assert 500 < gaps.sum() < 2_000
    assert 0.1 < frame["skipped"].mean() < 0.2


def test_the_next_song_can_be_learned(imported: tuple[History, ImportReport]) -> None:
    """What followed most often before follows again in more than half of the cases."""
    tracks = imported[0].frame["track_id"].tolist()
    border = len(tracks) * 4 // 5
    followers: dict[str, Counter[str]] = {}
    for one, following in itertools.pairwise(tracks[:border]):
        followers.setdefault(one, Counter())[following] += 1
    hits = [
        followers[one].most_common(1)[0][0] == following
        for one, following in itertools.pairwise(tracks[border:])
        if one in followers
    ]
    assert 0.5 < sum(hits) / len(hits) < 0.8


def test_hours_have_moods(imported: tuple[History, ImportReport]) -> None:
    frame = imported[0].frame
    moods = {track_key(song.artist, song.title): song.mood for song in catalogue()}
    mood = frame["track_id"].map(moods)
    evening = mood[frame["started_at"].dt.hour.between(18, 19)]
    night = mood[frame["started_at"].dt.hour < 1]
    assert evening.mode()[0] == "edm"
    assert night.mode()[0] == "sad"


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, rng_seed in (("a", 5), ("b", 5), ("c", 6)):
        write_demo_export(tmp_path / name, rng_seed=rng_seed, plays=200)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


def test_it_has_the_form_of_a_real_one(export: tuple[Path, DemoContents]) -> None:
    with zipfile.ZipFile(export[0]) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if name.endswith(".json")]
        rows = [row for name in names for row in json.loads(archive.read(name))]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert all(row["ts"].endswith("Z") for row in rows)


@pytest.mark.parametrize("plays", [0, -1, 100_001])
def test_an_impossible_size_is_refused(tmp_path: Path, plays: int) -> None:
    with pytest.raises(ValueError, match="plays must be in"):
        write_demo_export(tmp_path / "x.zip", plays=plays)


@pytest.mark.parametrize("plays", [1, 40_000])
def test_any_size_in_between_is_read_as_it_was_written(tmp_path: Path, plays: int) -> None:
    contents = write_demo_export(tmp_path / "x.zip", plays=plays)
    history, report = read_history(tmp_path / "x.zip")
    assert (len(history), report.rows) == (plays, contents.rows)
