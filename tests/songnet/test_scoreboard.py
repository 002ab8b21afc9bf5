"""What `songnet evaluate` shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from songnet import cli
from songnet.demo import write_demo_export


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder: Path = tmp_path_factory.mktemp("exports")
    paths = [folder / "one.zip", folder / "two.zip"]
    for seed, path in enumerate(paths):
        write_demo_export(path, plays=1200, rng_seed=seed)
    return [str(path) for path in paths]


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["evaluate", *arguments]) == 0
    return capsys.readouterr().out


MODELS = ["--model", "mixture", "--model", "markov"]


def test_models_stand_below_each_other_with_what_they_cost(
    exports: list[str], capsys: pytest.CaptureFixture[str]
):
    out = shown(capsys, exports[0], *MODELS)

    assert "one.zip: " in out
    assert out.index("mixture") < out.index("markov")
    for name in ("hr@10", "ndcg@20 capped", "fit s", "query ms"):
        assert name in out


def test_differences_carry_their_sign(exports: list[str], capsys: pytest.CaptureFixture[str]):
    table = shown(capsys, exports[0], *MODELS).split("better than the mixture by")[1]

    assert "markov" in table
    assert "+0." in table or "-0." in table
    assert "mixture" not in table


def test_several_listeners_have_rows_of_their_own_and_means(
    exports: list[str], capsys: pytest.CaptureFixture[str]
):
    out = shown(capsys, *exports, *MODELS)

    for title in ("one.zip: ", "two.zip: ", "mean over 2 listeners"):
        assert title in out


def test_a_narrow_terminal_gets_narrow_tables(
    exports: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    out = shown(capsys, exports[0], *MODELS)

    assert "…" not in out
    for name in ("hr@10", "r_precision", "query ms"):
        assert name in out


def test_a_model_that_is_named_twice_is_tested_once(
    exports: list[str], capsys: pytest.CaptureFixture[str]
):
    out = shown(capsys, exports[0], "--model", "popularity", "--model", "popularity")

    assert out.count("popularity") == 1
