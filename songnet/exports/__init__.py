"""Reads the files that music services give to their users; one module per format.

What is kept of a row, and what never enters the program, stands in `songnet.plays.COLUMNS`: the
personal fields of an export (addresses, devices, user names) are not even decoded.
"""

from songnet.exports.archive import ExportFile
from songnet.exports.formats import Service, Skip
from songnet.exports.limits import ExportLimits
from songnet.exports.reading import ReadProgress, read_history
from songnet.exports.report import FileReport, ImportReport, Problem

__all__ = [
    "ExportFile",
    "ExportLimits",
    "FileReport",
    "ImportReport",
    "Problem",
    "ReadProgress",
    "Service",
    "Skip",
    "read_history",
]
