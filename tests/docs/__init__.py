"""The documents are kept true: what they show is run, and what they name exists."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
