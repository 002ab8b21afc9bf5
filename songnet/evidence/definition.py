"""Which definition of the evidence this songnet has."""

from __future__ import annotations

from typing import Final

EVIDENCE_VERSION: Final = 1
"""Weights that were learned from other evidence say nothing about this one, so that model files and
starts bear this number, and those with another one are refused by name. Whoever changes what any
column means raises it: a test compares the columns with those of this version, and says how."""
FIRST_VERSION: Final = 1
"""What files have that bear none: they are older than the number."""
