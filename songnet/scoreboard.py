"""An evaluation as tables on the standard output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.markup import escape
from rich.table import Table

from songnet.display import standard_output
from songnet.evaluation import (
    NEXT_TRACK_METRICS,
    PLAYLIST_METRICS,
    REFERENCE,
    Evaluation,
    Result,
)
from songnet.resampling import Mean

WIDTH_OF_ALL = 190
"""Columns from which a table holds everything; below, it is told in several."""
COSTS = ("epochs", "fit s", "query ms")
GROUPS = (NEXT_TRACK_METRICS, PLAYLIST_METRICS, COSTS)
Rows = Mapping[str, Mapping[str, str]]
"""By model, then by column."""


def show_evaluation(evaluation: Evaluation) -> None:
    """For every listener the models below each other, then the differences and the means.

    The intervals of a listener are over sessions, those of the means over listeners.
    """
    console = standard_output()
    groups = GROUPS if console.width < WIDTH_OF_ALL else (sum(GROUPS, ()),)
    listeners = list(dict.fromkeys(result.listener for result in evaluation.results))
    for listener in listeners:
        results = [result for result in evaluation.results if result.listener == listener]
        first = results[0]
        title = (
            f"{listener}: {first.events:,} next tracks, {first.outside:,} more outside the library "
            f"of {first.tracks:,}, {first.playlists:,} playlists"
        )
        rows = {result.model: _cells(result) for result in results}
        gains = {result.model: _means(result.differences, "+") for result in results}
        for table in (
            *_tables(title, rows, groups),
            *_tables(f"{listener}: better than the {REFERENCE} by", gains, groups),
        ):
            console.print(table)
    if len(listeners) > 1:
        over = f"{len(listeners)} listeners"
        rows = {model: _means(means) for model, means in evaluation.means.items()}
        gains = {model: _means(means, "+") for model, means in evaluation.differences.items()}
        for table in (
            *_tables(f"mean over {over}", rows, groups),
            *_tables(f"mean over {over}: better than the {REFERENCE} by", gains, groups),
        ):
            console.print(table)


def _tables(title: str, rows: Rows, groups: Sequence[Sequence[str]]) -> Iterator[Table]:
    """One table for each group of columns of which any row has any."""
    for group in groups:
        columns = [name for name in group if any(name in row for row in rows.values())]
        if columns:
            table = Table("model", *columns, title=escape(title), title_justify="left")
            for model, row in rows.items():
                if row:
                    table.add_row(model, *(row.get(name, "-") for name in columns))
            yield table


def _cells(result: Result) -> dict[str, str]:
    costs = (str(result.epochs), f"{result.fit_seconds:.1f}", f"{result.query_ms:.2f}")
    return _means(result.intervals) | dict(zip(COSTS, costs, strict=True))


def _means(means: Mapping[str, Mean], sign: str = "") -> dict[str, str]:
    return {name: _interval(mean, sign) for name, mean in means.items()}


def _interval(mean: Mean, sign: str) -> str:
    if mean.low is None or mean.high is None:
        return f"{mean.mean:{sign}.3f}"
    return f"{mean.mean:{sign}.3f}\n{mean.low:{sign}.3f}..{mean.high:{sign}.3f}"
