from __future__ import annotations

import os
import subprocess
import sys

import pytest

from chatbot.jobs.relay import ErrorRelay


def test_what_another_process_prints_arrives_in_our_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ErrorRelay() as relay:
        program = "print('a worker speaks')"
        subprocess.run([sys.executable, "-c", program], stdout=relay.write_fd, check=True)
    assert capsys.readouterr().err == "a worker speaks\n"


def test_broken_bytes_do_not_end_it(capsys: pytest.CaptureFixture[str]) -> None:
    with ErrorRelay() as relay:
        os.write(relay.write_fd, b"\xff\xfe\nafter\n")
    assert capsys.readouterr().err.endswith("after\n")
