"""How much a person's file may ask of this machine."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class ExportLimits:
    """Limits on one call of `read_history`; `LimitExceeded` names the field that was hit.

    The largest real export known holds 227,000 rows in 155 MB, 12 times smaller when zipped.
    """

    total_bytes: int = 2048 * MEBIBYTE
    """Unpacked bytes of everything together."""
    file_bytes: int = 512 * MEBIBYTE
    """Unpacked bytes of one file."""
    held_bytes: int = 256 * MEBIBYTE
    """Unpacked bytes of one file of a kind that is read as a whole and not row by row."""
    compression_ratio: int = 200
    """Unpacked bytes for each packed byte, judged from `ratio_free_bytes` on."""
    ratio_free_bytes: int = 64 * MEBIBYTE
    entries: int = 10_000
    """Files in all archives and folders together."""
    nesting: int = 3
    """Archives within archives; a zip file alone is 1."""
    rows: int = 5_000_000
    """Rows of all files together."""
