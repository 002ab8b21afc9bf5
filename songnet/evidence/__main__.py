"""`python -m songnet.evidence` compiles once what every start would wait for otherwise."""

from __future__ import annotations

from songnet.evidence.warming import warm

if __name__ == "__main__":
    warm()
