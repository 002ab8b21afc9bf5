"""The lock that tells a living worker from a dead one."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.jobs.ownership import ClaimLost, FileOwnership


@pytest.fixture
def ownership(tmp_path: Path) -> FileOwnership:
    return FileOwnership(tmp_path / "locks")


def test_the_living_are_not_taken_over(ownership: FileOwnership) -> None:
    claim = ownership.claim("a")
    with ownership.take_over("a") as is_dead:
        assert not is_dead
    claim.check()
    claim.release()


def test_the_dead_are_taken_over_by_one(ownership: FileOwnership) -> None:
    with ownership.take_over("a") as first, ownership.take_over("a") as second:
        assert (first, second) == (True, False)


def test_nothing_remains_of_the_dead(ownership: FileOwnership, tmp_path: Path) -> None:
    with ownership.take_over("a"):
        pass
    assert list((tmp_path / "locks").iterdir()) == []


def test_a_sweep_leaves_the_living_alone(ownership: FileOwnership, tmp_path: Path) -> None:
    claim = ownership.claim("a")
    (tmp_path / "locks" / "b.lock").touch()
    ownership.sweep()
    assert [path.name for path in (tmp_path / "locks").iterdir()] == ["a.lock"]
    claim.check()
    claim.release()


def test_a_lock_whose_file_was_removed_is_lost(ownership: FileOwnership, tmp_path: Path) -> None:
    claim = ownership.claim("a")
    (tmp_path / "locks" / "a.lock").unlink()
    with pytest.raises(ClaimLost, match="was removed"):
        claim.check()
    claim.release()
