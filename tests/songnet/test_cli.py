"""The command line, as a person uses it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from songnet import cli, display
from songnet.demo import write_demo_export
from songnet.exports.formats import Skip

UNREAD = {"BrokenArchive", "EncryptedArchive", "LimitExceeded", "WrongPackage"}
"""The errors that `read_history` puts into a report."""
SONGS = "Faded; Fearless Pt. II; Don't You Worry Child"


def run(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """The exit code, the standard output and the standard error of a command."""
    capsys.readouterr()
    code = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def run_json(*arguments: object, capsys: pytest.CaptureFixture[str]) -> Any:
    code, out, err = run(*arguments, "--json", capsys=capsys)
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "my_spotify_data.zip"
    write_demo_export(path, plays=1_200)
    return path


@pytest.fixture(scope="module")
def model(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "me.songnet"
    assert cli.main(["train", str(export), "-o", str(path), "--threads", "1"]) == 0
    return path


def test_inspect_says_what_is_there(export: Path, capsys: pytest.CaptureFixture[str]):
    code, out, _ = run("inspect", export, capsys=capsys)

    assert code == 0
    assert "plays of" in out
    assert "spotify" in out.lower()


def test_inspect_says_in_words_what_was_left_out(export: Path, capsys: pytest.CaptureFixture[str]):
    _, out, _ = run("inspect", export, capsys=capsys)

    assert "podcasts" in out
    assert "without a name" in out


@pytest.mark.parametrize(
    ("words", "kinds"), [(display.LEFT_OUT, set(Skip)), (display.PROBLEMS, UNREAD)]
)
def test_inspect_has_words_for_everything(words: dict[str, str], kinds: set[str]):
    assert words.keys() == kinds


def test_inspect_cuts_no_name_in_a_narrow_terminal(
    export: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run("inspect", export, capsys=capsys)

    assert "…" not in out


def test_inspect_counts_every_row(export: Path, capsys: pytest.CaptureFixture[str]):
    report = run_json("inspect", export, capsys=capsys)

    assert report["rows"] == report["plays"] + sum(report["skipped"].values())


def test_train_says_what_was_learned(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    code, out, _ = run("train", export, "-o", tmp_path / "m", "--model", "markov", capsys=capsys)

    assert code == 0
    assert "Learned from" in out
    assert "HR@10" in out
    assert (tmp_path / "m").stat().st_size > 0


def test_train_tells_its_facts_as_json(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    facts = run_json("train", export, "-o", tmp_path / "m", "--model", "markov", capsys=capsys)

    assert facts["trained_on"]["model"] == "markov"
    assert facts["bytes"] == (tmp_path / "m").stat().st_size
    assert facts["import"]["plays"] > 0


def test_train_into_a_folder_that_is_not_there_fails_at_once(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    started = time.process_time()
    code, _, err = run("train", export, "-o", tmp_path / "no" / "m", capsys=capsys)

    assert code == 1
    assert str(tmp_path / "no") in err
    assert time.process_time() - started < 1


def test_train_into_a_folder_instead_of_a_file_fails_at_once(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    started = time.process_time()
    code, _, err = run("train", export, "-o", tmp_path, capsys=capsys)

    assert code == 1
    assert "folder" in err
    assert time.process_time() - started < 1


def test_playlist_shows_twenty_tracks_with_links(model: Path, capsys: pytest.CaptureFixture[str]):
    code, out, err = run("playlist", model, SONGS, capsys=capsys)
    lines = [line for line in out.splitlines() if "https://open.spotify.com/" in line]

    assert (code, err) == (0, "")
    assert [int(line.split()[0]) for line in lines] == list(range(1, 21))


def test_playlist_takes_length_and_seed(model: Path, capsys: pytest.CaptureFixture[str]):
    call = ["playlist", model, SONGS, "--length", 7, "--rng-seed", 3]
    first, again = (run_json(*call, capsys=capsys) for _ in range(2))

    assert first == again
    assert [track["position"] for track in first["tracks"]] == list(range(1, 8))
    assert len(first["seeds"]) == 3


def test_playlist_takes_adventure(model: Path, capsys: pytest.CaptureFixture[str]):
    playlists = [
        run_json("playlist", model, SONGS, "--adventure", adventure, capsys=capsys)["tracks"]
        for adventure in ("0", "1")
    ]
    familiar, adventurous = (
        [track["reasons"][-1]["count"] for track in tracks] for tracks in playlists
    )

    assert sum(familiar) > sum(adventurous)


def test_playlist_tells_whose_songs_stand_for_an_unknown_one(
    model: Path, capsys: pytest.CaptureFixture[str]
):
    code, out, err = run("playlist", model, "Alan Walker - Not written yet", capsys=capsys)

    assert code == 0
    assert "Songs by Alan Walker stand for it" in err
    assert "https://open.spotify.com/" in out


def test_playlist_tells_whose_songs_an_artist_alone_stands_for(
    model: Path, capsys: pytest.CaptureFixture[str]
):
    code, _out, err = run("playlist", model, "alan walker", capsys=capsys)

    assert code == 0
    assert err.startswith("From songs by Alan Walker: ")


def test_playlist_names_unknown_songs_and_goes_on(model: Path, capsys: pytest.CaptureFixture[str]):
    code, out, err = run("playlist", model, f"{SONGS}; qqqq wwww", capsys=capsys)

    assert code == 0
    assert "https://" in out
    assert "Not in the library: 'qqqq wwww'" in err


def test_evaluate_prints_all_models_side_by_side(export: Path, capsys: pytest.CaptureFixture[str]):
    code, out, _ = run("evaluate", export, "--threads", 1, capsys=capsys)

    assert code == 0
    for name in ("lstm", "markov", "popularity", "hr@10", "mrr@20", "ndcg@20"):
        assert name in out


def test_evaluate_cuts_nothing_off_in_a_narrow_terminal(
    export: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run("evaluate", export, "--model", "markov", capsys=capsys)

    assert code == 0
    assert "hr@10" in out
    assert "…" not in out


def test_evaluate_gives_json(export: Path, capsys: pytest.CaptureFixture[str]):
    table = run_json("evaluate", export, "--model", "markov", capsys=capsys)

    assert [row["model"] for row in table["listeners"]] == ["markov"]
    assert 0 <= table["means"]["markov"]["hr@10"]["mean"] <= 1


def test_evaluate_takes_every_export_for_a_listener(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    other = tmp_path / "other.zip"
    write_demo_export(other, plays=600, rng_seed=2)
    call = ["evaluate", export, other, "--model", "popularity"]
    apart = run_json(*call, capsys=capsys)
    merged = run_json(*call, "--merge", capsys=capsys)

    assert [row["listener"] for row in apart["listeners"]] == ["my_spotify_data.zip", "other.zip"]
    assert [row["listener"] for row in merged["listeners"]] == ["my_spotify_data.zip + other.zip"]


def test_demo_export_writes_what_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "demo.zip"
    code, out, _ = run("demo-export", path, capsys=capsys)

    assert code == 0
    assert str(path) in out
    assert run_json("inspect", path, capsys=capsys)["plays"] > 10_000


def test_demo_export_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    real = tmp_path / "my_spotify_data.zip"
    real.write_bytes(b"a real export, for which somebody waited a month")
    code, _, err = run("demo-export", real, capsys=capsys)

    assert code == 1
    assert str(real) in err
    assert real.read_bytes().startswith(b"a real export")


def test_demo_export_tells_its_size_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "demo.zip"
    facts = run_json("demo-export", path, capsys=capsys)

    assert facts == {"file": str(path), "bytes": path.stat().st_size}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        pytest.param(["inspect", "{tmp}/missing.zip"], "missing.zip", id="no such export"),
        pytest.param(["inspect", "{tmp}/text.txt"], "text.txt", id="not an export"),
        pytest.param(["playlist", "{tmp}/missing", "a"], "missing", id="no such model"),
        pytest.param(["playlist", "{tmp}/text.txt", "a"], "text.txt", id="not a model"),
        pytest.param(["playlist", "{model}", " ; "], "No song was named", id="no seeds"),
        pytest.param(["playlist", "{model}", "qqqq"], "'qqqq'", id="unknown seeds"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_one(
    arguments: list[str],
    word: str,
    tmp_path: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
):
    (tmp_path / "text.txt").write_text("Dear diary")
    filled = [argument.format(tmp=tmp_path, model=model) for argument in arguments]
    code, out, err = run(*filled, capsys=capsys)

    assert (code, out) == (1, "")
    assert err.startswith("songnet: ")
    assert err.count("\n") == 1
    assert word in err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["train", "x.zip"],
        ["playlist", "m"],
        ["playlist", "m", "a", "--length", "-1"],
        ["playlist", "m", "a", "--length", "many"],
        ["playlist", "m", "a", "--adventure", "2"],
        ["playlist", "m", "a", "--adventure", "nan"],
        ["playlist", "m", "a", "--adventure", "wild"],
        ["train", "x.zip", "-o", "m", "--threads", "0"],
        ["evaluate", "x.zip", "--model", "nonsense"],
    ],
)
def test_a_wrong_call_is_exit_code_two(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)

    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_ctrl_c_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("songnet.exports.read_history", interrupted)
    code, _, err = run("inspect", tmp_path, capsys=capsys)

    assert code == 130
    assert err.strip() == "songnet: interrupted."


def test_the_module_is_the_command():
    help_text = subprocess.run(
        [sys.executable, "-m", "songnet", "--help"], capture_output=True, text=True, check=True
    ).stdout

    for command in ("inspect", "train", "playlist", "evaluate", "demo-export"):
        assert command in help_text
